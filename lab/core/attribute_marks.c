// SPDX-License-Identifier: GPL-2.0
/*
 * attribute_marks.c - which packets of a flow are the mangled ones
 *
 * Theory of operation: a mangler's log knows bytes by TCP's 32-bit sequence number, and
 * by their offset in the connection where it has seen its beginning. The runs of the
 * ingress tap are in 64-bit sequence numbers. The first mark of a flow is placed by its
 * offset from the flow's first byte, if that is where the connection began; others by
 * how far their offset is from the mark before, or else by the nearest number that ends
 * in these 32 bits. Runs are then looked up by their bytes: sorted by where they start,
 * with the highest end so far beside each, so that the walk back ends early.
 *
 * Which transmission of bytes that entered more than once it was, its IP ID tells: a
 * repetition is a run of its own.
 */
#include "core/attribute_marks.h"

#include <errno.h>
#include <stdlib.h>

#include "core/reorder_stream.h"
#include "core/search.h"
#include "core/util.h"

#define MARK_BYTES_MAX (512u << 10)	/* of one packet, also of BIG TCP */

/* ---- bytes, runs, packets ------------------------------------------------ */

uint64_t attribute_packet_at(const struct obs_point *in, const struct reorder_runs *runs,
			     uint64_t at)
{
	size_t i = SEARCH_LAST(runs->run, runs->n, at, at);
	struct reorder_cut cut = reorder_run_cut(&runs->run[i], at - runs->run[i].at);

	return in->events[i].index + cut.n - cut.inside;
}

struct by_bytes {
	struct run_bytes {
		uint64_t start;
		uint64_t reach;		/* the highest end up to there */
		const struct reorder_run *run;
	} *v;				/* [n], by start */
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct run_bytes *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start ? 1 : x->run < y->run ? -1 : x->run > y->run;
}

/* .v is to be freed. */
static int by_bytes(const struct reorder_runs *runs, struct by_bytes *ret)
{
	struct by_bytes b = { calloc(runs->n + 1, sizeof(*b.v)), runs->n };
	uint64_t reach = 0;

	if (!b.v)
		return -ENOMEM;
	for (size_t i = 0; i < b.n; i++)
		b.v[i] = (struct run_bytes){ .start = runs->run[i].start, .run = &runs->run[i] };
	qsort(b.v, b.n, sizeof(*b.v), by_start);
	for (size_t i = 0; i < b.n; i++)
		b.v[i].reach = reach = b.v[i].run->end > reach ? b.v[i].run->end : reach;
	*ret = b;
	return 0;
}

/* The first or the last run to arrive that has this byte; NULL if none has it. */
static const struct reorder_run *run_of(const struct by_bytes *b, uint64_t pos, bool last)
{
	const struct reorder_run *found = NULL;

	for (size_t i = SEARCH_ABOVE(b->v, b->n, start, pos); i-- && b->v[i].reach > pos;) {
		const struct reorder_run *r = b->v[i].run;

		if (r->end > pos && (!found || (last ? r > found : r < found)))
			found = r;
	}
	return found;
}

/* The one that begins with this byte and this IP ID; NULL if not just one does. */
static const struct reorder_run *run_by_id(const struct obs_point *in,
					   const struct reorder_runs *runs,
					   const struct by_bytes *b, uint64_t pos, uint16_t id)
{
	const struct reorder_run *found = NULL;

	for (size_t i = SEARCH_ABOVE(b->v, b->n, start, pos); i-- && b->v[i].start == pos;) {
		const struct reorder_run *r = b->v[i].run;

		if (in->events[r - runs->run].ip_id != id)
			continue;
		if (found)
			return NULL;
		found = r;
	}
	return found;
}

/* The run that arrived next, if this byte is in it. */
static const struct reorder_run *run_after(const struct reorder_runs *runs,
					   const struct reorder_run *r, uint64_t pos)
{
	bool goes_on = r && r + 1 < runs->run + runs->n && r[1].start <= pos && pos < r[1].end;

	return goes_on ? r + 1 : NULL;
}

/* ---- spans ----------------------------------------------------------------- */

static int add_span(struct attribute_spans *s, size_t *room, uint64_t from, uint64_t to)
{
	if (s->n == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct attribute_span *v = reallocarray(s->v, more, sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		*room = more;
	}
	s->v[s->n++] = (struct attribute_span){ .from = from, .to = to };
	return 0;
}

static int by_from(const void *a, const void *b)
{
	const struct attribute_span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Ascending and apart, each with the sum of those before. */
static void settle(struct attribute_spans *s)
{
	uint64_t before = 0;
	size_t n = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_from);
	for (size_t i = 0; i < s->n; i++) {
		if (n && s->v[i].from <= s->v[n - 1].to) {
			if (s->v[i].to > s->v[n - 1].to)
				s->v[n - 1].to = s->v[i].to;
		} else {
			s->v[n++] = s->v[i];
		}
	}
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		s->v[i].before = before;
		before += s->v[i].to - s->v[i].from;
	}
}

/* How many of the packets below @index are in the spans. */
static uint64_t below(const struct attribute_spans *s, uint64_t index)
{
	size_t n = index ? SEARCH_ABOVE(s->v, s->n, from, index - 1) : 0;
	const struct attribute_span *last = n ? &s->v[n - 1] : NULL;

	return last ? last->before + (index < last->to ? index : last->to) - last->from : 0;
}

uint64_t attribute_count(const struct attribute_spans *s, uint64_t index, uint64_t n)
{
	return below(s, index + n) - below(s, index);
}

/* ---- who is marked --------------------------------------------------------- */

int attribute_psh(const struct obs_point *in, struct attribute_spans *ret)
{
	size_t room = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < in->n_events; i++)
		if (in->events[i].flags & OBS_PSH)
			rc = add_span(ret, &room, in->events[i].index, in->events[i].index + 1);
	settle(ret);
	return rc;
}

/* Where the mark before was put. */
struct reference {
	bool known;
	uint64_t pos, offset;
};

static uint64_t place(const struct reorder_runs *runs, const struct attribute_mark *m,
		      struct reference *last)
{
	bool has_offset = m->offset != ATTRIBUTE_NO_OFFSET;
	uint64_t first = runs->run[0].start, pos;

	if (has_offset && last->known)
		pos = last->pos + (m->offset - last->offset);
	else if (has_offset && m->seq - (uint32_t)m->offset == (uint32_t)first)
		pos = first + m->offset;
	else
		pos = reorder_extend(last->pos ? last->pos : first, m->seq);
	if ((uint32_t)pos != m->seq)	/* an offset that belongs to another connection */
		pos = reorder_extend(first, m->seq);
	*last = (struct reference){ has_offset, pos, m->offset };
	return pos;
}

/* A mark may reach over several runs: a packet that was cut behind the mangler. */
static int add_mark(const struct obs_point *in, const struct reorder_runs *runs,
		    const struct by_bytes *b, uint64_t pos, const struct attribute_mark *m,
		    struct attribute_spans *ret, size_t *room)
{
	uint64_t end = pos + (m->len < MARK_BYTES_MAX ? m->len : MARK_BYTES_MAX);
	const struct reorder_run *r, *by_id = m->ip_id ? run_by_id(in, runs, b, pos, m->ip_id) : NULL;
	int rc = 0;

	while (rc == 0 && pos < end && (r = by_id ?: run_of(b, pos, m->again)) != NULL) {
		uint64_t upto = r->end < end ? r->end : end, at = r->at + (pos - r->start);

		rc = add_span(ret, room, attribute_packet_at(in, runs, at),
			      attribute_packet_at(in, runs, at + (upto - pos) - 1) + 1);
		pos = upto;
		by_id = run_after(runs, by_id, pos);
	}
	return rc;
}

int attribute_logged(const struct obs_point *in, const struct reorder_runs *runs,
		     const struct attribute_mark *marks, size_t n, struct attribute_spans *ret)
{
	struct reference last = { 0 };
	struct by_bytes b;
	size_t room = 0;
	int rc = runs->n ? by_bytes(runs, &b) : 0;

	if (rc || !runs->n)
		return rc;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_mark(in, runs, &b, place(runs, &marks[i], &last), &marks[i], ret, &room);
	free(b.v);
	settle(ret);
	return rc;
}
