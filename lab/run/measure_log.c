// SPDX-License-Identifier: GPL-2.0
/*
 * measure_log.c - what manglers logged during a run, joined with the run
 *
 * Theory of operation: the events of a run are those between the log's heads before and
 * after it, so no clock is needed. A packet is the same in the log and at the ingress
 * tap if addresses, ports and bytes are.
 */
#include "run/measure_log.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "run/inject_log.h"
#include "run/inject_place.h"

struct joining {
	const struct job *job;
	const struct lab *lab;
	const struct lab_node *from;
	const struct measure_span *span;
	struct run *run;
	struct measure_marks *marks;
	size_t room;
};

/* ---- marks -------------------------------------------------------------------- */

static bool is_mark(const struct log_event *e)
{
	return e->proto == IPPROTO_TCP && e->len && !(e->flags & (LOG_DRY_RUN | LOG_CLEARED));
}

static struct attribute_mark mark_of(const struct log_event *e)
{
	struct attribute_mark mark = {
		.key = { .sport = e->sport, .dport = e->dport, .proto = e->proto, .family = e->family },
		.seq = e->seq, .len = e->len, .offset = e->offset, .again = e->flags & LOG_AGAIN,
	};

	memcpy(mark.key.saddr, e->saddr, sizeof(mark.key.saddr));
	memcpy(mark.key.daddr, e->daddr, sizeof(mark.key.daddr));
	return mark;
}

static int add_mark(struct joining *j, const struct log_event *e)
{
	struct measure_marks *m = j->marks;

	if (m->n == j->room) {
		size_t room = j->room ? 2 * j->room : 1024;
		struct attribute_mark *v = reallocarray(m->v, room, sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->v = v;
		j->room = room;
	}
	m->v[m->n++] = mark_of(e);
	return 0;
}

/* ---- one place ------------------------------------------------------------------ */

static bool before_switch(const struct joining *j, const char *place)
{
	struct inject_at at;

	return inject_at_find(j->lab, place, &at, NULL) == 0 && at.node == j->from &&
	       (at.place == PLACE_NODE_EGRESS || at.place == PLACE_TAP_XDP);
}

static uint64_t head_of(const struct injection *list, unsigned int n, const char *place)
{
	for (unsigned int i = 0; i < n; i++)
		if (strcmp(list[i].place, place) == 0)
			return list[i].report.log_head;
	return 0;
}

/* The injection of the run that wrote it. */
static void count_event(const struct joining *j, const char *place, const struct log_event *e)
{
	for (unsigned int i = 0; i < j->span->n_after; i++) {
		const struct injection *v = &j->span->after[i];

		if (v->report.index == e->stage && strcmp(v->place, place) == 0)
			j->run->injections[i].logged++;
	}
}

static int take_page(struct joining *j, const char *place, const struct log_event *page, size_t n,
		     uint64_t head)
{
	bool marks = before_switch(j, place);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n && page[i].serial <= head; i++) {
		count_event(j, place, &page[i]);
		if (marks && is_mark(&page[i]))
			rc = add_mark(j, &page[i]);
	}
	return rc;
}

/* What was lost may be of any mangler at the place. */
static void tell_lost(struct joining *j, const struct inject_log *log)
{
	for (unsigned int i = 0; log->lost && i < j->span->n_after; i++)
		if (strcmp(j->span->after[i].place, log->place) == 0 && j->run->injections[i].logs)
			j->run->injections[i].logged_lost = log->lost;
	if (!log->lost)
		return;
	run_add_note(j->run, "%llu events of the log of %s were overwritten during the run: it has "
		     "room for %d", (unsigned long long)log->lost, log->place, LOG_EVENTS);
	if (before_switch(j, log->place))
		j->marks->lost += log->lost;
}

static int join_place(struct joining *j, const char *place, struct err *err)
{
	_cleanup_free_ struct log_event *page = calloc(INJECT_LOG_PAGE, sizeof(*page));
	struct inject_log log = { .after = head_of(j->span->before, j->span->n_before, place) };
	uint64_t head = head_of(j->span->after, j->span->n_after, place);
	bool more = true;
	size_t n;
	int rc = page ? 0 : -ENOMEM;

	snprintf(log.place, sizeof(log.place), "%s", place);
	while (rc == 0 && more && log.after < head) {
		rc = inject_log_read(j->job, j->lab, &log, page, &n, &more, err);
		if (rc == 0)
			rc = take_page(j, place, page, n, head);
	}
	if (rc == 0)
		tell_lost(j, &log);
	return rc;
}

static bool is_first(const struct joining *j, unsigned int i)
{
	for (unsigned int k = 0; k < i; k++)
		if (j->run->injections[k].logs &&
		    strcmp(j->span->after[k].place, j->span->after[i].place) == 0)
			return false;
	return true;
}

int measure_logs(const struct job *job, const struct lab *lab, const struct lab_node *from,
		 const struct measure_span *span, struct run *run, struct measure_marks *ret,
		 struct err *err)
{
	struct joining j = { job, lab, from, span, run, ret, 0 };
	int rc = 0;

	*ret = (struct measure_marks){ 0 };
	if (run->n_injections != span->n_after)
		return -ENOMEM;		/* one could not be added */
	for (unsigned int i = 0; i < span->n_after; i++) {
		run->injections[i].logs = inject_keeps_log(&span->after[i]);
		run->injections[i].saturated = span->after[i].report.saturated;
	}
	for (unsigned int i = 0; rc == 0 && i < span->n_after; i++)
		if (run->injections[i].logs && is_first(&j, i))
			rc = join_place(&j, span->after[i].place, err);
	if (rc) {
		free(ret->v);
		*ret = (struct measure_marks){ 0 };
	}
	return rc;
}
