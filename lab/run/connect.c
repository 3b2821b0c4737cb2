// SPDX-License-Identifier: GPL-2.0
/*
 * connect.c - connections that are only opened: how do the attempts end?
 *
 * Nothing is started in the receiver: what listens there, or what answers in its place,
 * is what the attempts are to meet.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "core/util.h"
#include "run/guest.h"
#include "run/traffic_parts.h"

/* A number that a guest gave; one that cannot be is too many. */
static uint64_t number(const json_t *doc, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(doc, name));

	return n < 0 || n > CONNECT_ATTEMPTS_MAX ? CONNECT_ATTEMPTS_MAX + 1 : (uint64_t)n;
}

static int take_result(const struct flow *f, const json_t *doc, struct err *err)
{
	const struct run_connect c = {
		.attempts = f->opts->attempts, .connected = number(doc, "connected"),
		.unreachable = number(doc, "unreachable"), .refused = number(doc, "refused"),
		.timed_out = number(doc, "timed_out"), .other = number(doc, "other"),
	};
	const char *other = json_string_value(json_object_get(doc, "other_error"));
	double seconds = json_number_value(json_object_get(doc, "seconds"));

	if (c.connected + c.unreachable + c.refused + c.timed_out + c.other != c.attempts)
		return guest_garbled(f->from, err);
	f->run->connect = c;
	f->run->traffic.seconds = seconds > 0 ? seconds : 0;
	if (other)
		run_add_note(f->run, "an attempt ended with: %.80s", other);
	return 0;
}

int connect_run(const struct flow *f, struct err *err)
{
	char target[TRAFFIC_TARGET], attempts[16], limit[16], seconds[16];
	const char *argv[] = { GUEST_HELPER, "connect", "--connect",
			       traffic_target(f, f->opts->port, target), "--attempts", attempts,
			       "--limit", limit, "--seconds", seconds, NULL };
	json_t *doc = NULL;
	int rc;

	snprintf(attempts, sizeof(attempts), "%u", f->opts->attempts);
	snprintf(limit, sizeof(limit), "%d", CONNECT_LIMIT_S);
	snprintf(seconds, sizeof(seconds), "%d", traffic_seconds_left(f->job));
	f->flows->dport = (uint16_t)f->opts->port;
	f->run->traffic.port = f->opts->port;
	f->run->traffic.attempts = f->opts->attempts;
	f->run->traffic.limit_s = CONNECT_LIMIT_S;
	rc = traffic_attend(f, argv, &doc, err);
	if (rc == 0)
		rc = take_result(f, doc, err);
	json_decref(doc);
	return rc;
}
