// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-connect.c - TCP connections opened and closed, one after the other
 *
 * No data: what counts is how the attempt ended, by errno. Each waits for its own limit,
 * which is shorter than the kernel's for a SYN that nobody answers.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/limits.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"

struct attempts {
	struct sockaddr_storage to;
	socklen_t to_len;
	uint64_t attempts, limit_s, seconds;
	uint64_t connected, unreachable, refused, timed_out, other;
	int other_errno;		/* the first one */
};

/* Wait for the answer. Return: 0 or the errno of the attempt. */
static int await_answer(int fd, int64_t limit_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0, n;

	do {
		int64_t left = limit_ns - now_ns();

		n = poll(&p, 1, left > 0 ? (int)(left / 1000000) + 1 : 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? errno : ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static int attempt(const struct attempts *a)
{
	_cleanup_close_ int fd = socket(a->to.ss_family,
					SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int64_t limit = now_ns() + (int64_t)a->limit_s * INT64_C(1000000000);

	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)&a->to, a->to_len) == 0)
		return 0;
	return errno == EINPROGRESS ? await_answer(fd, limit) : errno;
}

/* EACCES is how ICMPv6 "administratively prohibited" arrives: RFC 4443, section 3.1. */
static void count(struct attempts *a, int error)
{
	switch (error) {
	case 0:
		a->connected++;
		break;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
		a->unreachable++;
		break;
	case ECONNREFUSED:
		a->refused++;
		break;
	case ETIMEDOUT:
		a->timed_out++;
		break;
	default:
		a->other++;
		a->other_errno = a->other_errno ? a->other_errno : error;
	}
}

static json_t *attempts_json(const struct attempts *a, double seconds)
{
	json_t *doc = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f}",
				"schema", "ovslab.guest-connect/1",
				"attempts", (json_int_t)a->attempts,
				"connected", (json_int_t)a->connected,
				"unreachable", (json_int_t)a->unreachable,
				"refused", (json_int_t)a->refused,
				"timed_out", (json_int_t)a->timed_out,
				"other", (json_int_t)a->other, "seconds", seconds);

	if (doc && a->other)
		json_object_set_new(doc, "other_error", json_string(strerror(a->other_errno)));
	return doc;
}

int guest_connect(int argc, char **argv, json_t **ret, struct err *err)
{
	struct attempts a = { .attempts = TRAFFIC_ATTEMPTS, .limit_s = CONNECT_LIMIT_S,
			      .seconds = 120 };
	const char *target = NULL;
	const struct guest_opt opts[] = {
		{ "--connect", OPT_TEXT, &target, 0, 0 },
		{ "--attempts", OPT_NUMBER, &a.attempts, 1, CONNECT_ATTEMPTS_MAX },
		{ "--limit", OPT_NUMBER, &a.limit_s, 1, 60 },
		{ "--seconds", OPT_NUMBER, &a.seconds, 1, CONNS_SECONDS_MAX },
		{ 0 },
	};
	int rc = guest_options(argc, argv, opts, err) ?:
		 guest_address(target, &a.to, &a.to_len, err);
	int64_t start = now_ns();
	int64_t end = start + (int64_t)a.seconds * INT64_C(1000000000);

	for (uint64_t i = 0; i < a.attempts && rc == 0; i++) {
		if (now_ns() > end)
			return err_set(err, STATUS_BENCH, ETIMEDOUT,
				       "attempt %llu of %llu: the limit of %llu s is over",
				       (unsigned long long)i + 1, (unsigned long long)a.attempts,
				       (unsigned long long)a.seconds);
		count(&a, attempt(&a));
	}
	if (rc)
		return rc;
	*ret = attempts_json(&a, (now_ns() - start) / 1e9);
	return *ret ? 0 : -ENOMEM;
}
