// SPDX-License-Identifier: GPL-2.0
/*
 * inject_log.c - the logs of a lab's manglers
 *
 * Theory of operation: an event that is being written just now has a serial, and nothing
 * else yet. A look ends before it, so that nobody misses it; a look that finds it so
 * again, at least LOOK_MS later, takes it for lost.
 */
#include "run/inject_log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/base64.h"
#include "core/util.h"
#include "host/bpf_mangle.h"
#include "run/guest.h"
#include "run/inject_place.h"

#define LOOK_MS 20

/* What a look gave, from whichever machine. */
struct look {
	struct log_got got;
	uint64_t id;
	int64_t unix_ns;
};

/* ---- on the host ------------------------------------------------------------------ */

static int look_here(const struct inject_at *at, uint64_t after, bool finished,
		     struct log_event *to, struct look *ret, struct err *err)
{
	struct mangle_log log;
	int rc = mangle_log_open(at->node->tap, at->place, &log, err);

	*ret = (struct look){ .got.last = after };
	if (rc == -ENOENT) {
		err_reset(err);
		return 0;
	}
	if (rc)
		return rc;
	log_read(log.events, log.slots, after, finished, to, INJECT_LOG_PAGE, &ret->got);
	ret->id = log.id;
	ret->unix_ns = wall_ns() - now_ns();
	mangle_log_close(&log);
	return 0;
}

/* ---- in a guest: its answer is untrusted --------------------------------------------- */

static bool get(const json_t *doc, const char *name, uint64_t *ret)
{
	const json_t *value = json_object_get(doc, name);

	*ret = (uint64_t)json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* Whole events, each of which can be one, in their order. */
static int take_events(const char *text, struct log_event *to, struct look *look, uint64_t after)
{
	_cleanup_free_ char *bytes = NULL;
	size_t len = 0;

	if (!text || base64_decode(text, &bytes, &len) || len % sizeof(*to) ||
	    len / sizeof(*to) > INJECT_LOG_PAGE || len / sizeof(*to) != look->got.n)
		return -EBADMSG;
	memcpy(to, bytes, len);
	for (size_t i = 0; i < look->got.n; i++) {
		if (!log_event_ok(&to[i]) || to[i].serial <= after || to[i].serial > look->got.last)
			return -EBADMSG;
		after = to[i].serial;
	}
	return 0;
}

static int take_look(const json_t *doc, uint64_t after, struct log_event *to, struct look *ret)
{
	uint64_t n, monotonic, wall;

	if (!get(doc, "id", &ret->id) || !get(doc, "n", &n) || !get(doc, "last", &ret->got.last) ||
	    !get(doc, "lost", &ret->got.lost) || !get(doc, "monotonic_ns", &monotonic) ||
	    !get(doc, "unix_ns", &wall))
		return -EBADMSG;
	if (ret->got.last < after)	/* it began anew */
		after = 0;
	ret->got.n = n;
	ret->got.more = json_is_true(json_object_get(doc, "more"));
	ret->unix_ns = (int64_t)(wall - monotonic);
	return take_events(json_string_value(json_object_get(doc, "events")), to, ret, after);
}

static int look_there(const struct job *job, const struct lab *lab, const struct inject_at *at,
		      uint64_t after, bool finished, struct log_event *to, struct look *ret,
		      struct err *err)
{
	char from[24], max[16];
	const char *const words[] = {
		"--hook", mangle_hook_name(mangle_place_hook(at->place)), "--from", from,
		"--max", max, finished ? "--finished" : NULL, NULL,
	};
	json_t *doc = NULL;
	int rc;

	snprintf(from, sizeof(from), "%" PRIu64, after);
	snprintf(max, sizeof(max), "%d", INJECT_LOG_PAGE);
	*ret = (struct look){ 0 };
	rc = inject_guest_call(job, lab, at->node, "mangle", "log", words, &doc, err);
	if (rc == 0 && take_look(doc, after, to, ret) < 0)
		rc = guest_garbled(at->node, err);
	json_decref(doc);
	return rc;
}

/* ---- either ---------------------------------------------------------------------------- */

static int look(const struct job *job, const struct lab *lab, const struct inject_at *at,
		uint64_t after, bool finished, struct log_event *to, struct look *ret,
		struct err *err)
{
	return inject_at_guest(at->place) ?
		look_there(job, lab, at, after, finished, to, ret, err) :
		look_here(at, after, finished, to, ret, err);
}

int inject_log_read(const struct job *job, const struct lab *lab, struct inject_log *log,
		    struct log_event *to, size_t *ret_n, bool *ret_more, struct err *err)
{
	struct inject_at at;
	struct look l = { 0 };
	int rc = inject_at_find(lab, log->place, &at, err);

	if (rc == 0 && log->stuck)
		rc = wait_ms(job, LOOK_MS);
	if (rc == 0)
		rc = look(job, lab, &at, log->after, log->stuck, to, &l, err);
	if (rc < 0)
		return rc;
	log->stuck = !l.got.n && l.got.more && l.got.last == log->after;
	log->after = l.got.last;
	log->lost += l.got.lost;
	log->unix_ns = l.unix_ns;
	log->id = l.id;
	*ret_n = l.got.n;
	*ret_more = l.got.more;
	return 0;
}

/* ---- several --------------------------------------------------------------------------- */

static bool has_reader(const struct inject_logs *logs, const char *place)
{
	for (unsigned int i = 0; i < logs->n; i++)
		if (strcmp(logs->log[i].place, place) == 0)
			return true;
	return false;
}

static void add_reader(struct inject_logs *logs, const char *place)
{
	struct inject_log *log = &logs->log[logs->n++];

	*log = (struct inject_log){ 0 };
	snprintf(log->place, sizeof(log->place), "%s", place);
}

int inject_logs_open(const struct job *job, const struct lab *lab, const char *place,
		     struct inject_logs *ret, struct err *err)
{
	struct inject_at at;
	int rc = place ? inject_at_find(lab, place, &at, err) : 0;

	ret->n = 0;
	if (rc == 0)
		rc = inject_list(job, lab, ret->list, &ret->n_list, err);
	if (rc)
		return rc;
	if (place)
		add_reader(ret, at.name);
	for (unsigned int i = 0; !place && i < ret->n_list; i++)
		if (inject_keeps_log(&ret->list[i]) && !has_reader(ret, ret->list[i].place))
			add_reader(ret, ret->list[i].place);
	return 0;
}

/* By its number, where the mangler that wrote it has gone. */
static const struct mangle_kind *kind_of(const struct inject_logs *logs, const char *place,
					 const struct log_event *e)
{
	for (unsigned int i = 0; i < logs->n_list; i++) {
		const struct mangle_report *r = &logs->list[i].report;

		if (r->index == e->stage && r->spec.kind->number == e->kind &&
		    strcmp(logs->list[i].place, place) == 0)
			return r->spec.kind;
	}
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++)
		if (kind->number == e->kind)
			return kind;
	return NULL;
}

/* The events that were read, to be freed, as they grow. */
struct gathered {
	struct inject_event *v;
	size_t n, room;
};

static int gather(const struct inject_logs *logs, const struct inject_log *log,
		  const struct log_event *events, size_t n, struct gathered *to)
{
	if (to->n + n > to->room) {
		size_t room = 2 * to->room + n;
		struct inject_event *v = reallocarray(to->v, room, sizeof(*v));

		if (!v)
			return -ENOMEM;
		to->v = v;
		to->room = room;
	}
	for (size_t i = 0; i < n; i++)
		to->v[to->n++] = (struct inject_event){
			.e = events[i], .place = log->place,
			.kind = kind_of(logs, log->place, &events[i]),
			.unix_ns = log->unix_ns + (int64_t)events[i].time_ns,
		};
	return 0;
}

static int read_one(const struct job *job, const struct lab *lab, const struct inject_logs *logs,
		    struct inject_log *log, struct gathered *to, struct err *err)
{
	_cleanup_free_ struct log_event *page = calloc(INJECT_LOG_PAGE, sizeof(*page));
	bool more = true;
	size_t n = 0, before = to->n;
	int rc = page ? 0 : -ENOMEM;

	while (rc == 0 && more && to->n - before <= 2 * LOG_EVENTS) {
		rc = inject_log_read(job, lab, log, page, &n, &more, err);
		if (rc == 0)
			rc = gather(logs, log, page, n, to);
	}
	return rc;
}

static int by_time(const void *a, const void *b)
{
	const struct inject_event *x = a, *y = b;

	if (x->unix_ns != y->unix_ns)
		return x->unix_ns < y->unix_ns ? -1 : 1;
	return x->e.serial < y->e.serial ? -1 : x->e.serial > y->e.serial;
}

int inject_logs_read(const struct job *job, const struct lab *lab, struct inject_logs *logs,
		     struct inject_event **ret, size_t *ret_n, struct err *err)
{
	struct gathered all = { 0 };
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < logs->n; i++)
		rc = read_one(job, lab, logs, &logs->log[i], &all, err);
	if (rc) {
		free(all.v);
		return rc;
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_time);
	*ret = all.v;
	*ret_n = all.n;
	return 0;
}

uint64_t inject_logs_lost(const struct inject_logs *logs)
{
	uint64_t lost = 0;

	for (unsigned int i = 0; i < logs->n; i++)
		lost += logs->log[i].lost;
	return lost;
}
