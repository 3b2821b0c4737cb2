// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_stream.c - a stream of arrivals, judged window by window
 *
 * Owns the windows: which ranks are missing, which packets came since the first of
 * them. The arithmetic of a window is in reorder.c and reorder_density.c.
 */
#include "core/reorder_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder.h"
#include "core/util.h"

#define GIVEN_UP_MAX 64

/* Ranks [start, end) that have not come. */
struct hole {
	uint64_t start, end;
};

struct holes {
	struct hole *hole;		/* [n], ascending, apart from each other */
	size_t n, room;
};

struct packet {
	uint64_t start, end, time_ns, bytes, tag, index;
	bool late;
	bool stray;			/* late, of a hole that had been given up */
};

struct reorder_window {
	struct packet *packet;		/* [n] in order of arrival */
	size_t n, room;
	struct holes open;		/* waited for */
	struct holes given_up;		/* at most GIVEN_UP_MAX */
	uint64_t base;			/* lowest rank that is missing at its begin */
	uint64_t settled;		/* arrivals in order since nothing is missing */
	bool numbers;			/* ranks are packet numbers: one rank, one packet */
};

/* ---- holes --------------------------------------------------------------- */

/* The first hole that ends beyond @rank; @h->n if there is none. */
static size_t hole_at(const struct holes *h, uint64_t rank)
{
	size_t lo = 0, hi = h->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (h->hole[mid].end > rank)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static bool holes_have(const struct holes *h, uint64_t rank)
{
	size_t i = hole_at(h, rank);

	return i < h->n && h->hole[i].start <= rank;
}

static int holes_insert(struct holes *h, size_t at, struct hole hole)
{
	if (h->n == h->room) {
		size_t room = h->room ? 2 * h->room : 8;
		struct hole *more = reallocarray(h->hole, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		h->hole = more;
		h->room = room;
	}
	memmove(&h->hole[at + 1], &h->hole[at], (h->n - at) * sizeof(hole));
	h->hole[at] = hole;
	h->n++;
	return 0;
}

static void holes_drop(struct holes *h, size_t at)
{
	h->n--;
	memmove(&h->hole[at], &h->hole[at + 1], (h->n - at) * sizeof(h->hole[0]));
}

/* Take [start, end) out of the holes that it touches. */
static int holes_fill(struct holes *h, uint64_t start, uint64_t end)
{
	size_t i = hole_at(h, start);

	while (i < h->n && h->hole[i].start < end) {
		struct hole *o = &h->hole[i], rest = { end, o->end };

		if (o->start >= start && o->end <= end) {
			holes_drop(h, i);
		} else if (o->start < start && o->end > end) {
			o->end = start;
			return holes_insert(h, i + 1, rest);
		} else if (o->start < start) {
			o->end = start;
			i++;
		} else {
			o->start = end;
			i++;
		}
	}
	return 0;
}

/* ---- windows ------------------------------------------------------------- */

static void window_free(struct reorder_window *w)
{
	if (!w)
		return;
	free(w->packet);
	free(w->open.hole);
	free(w->given_up.hole);
	free(w);
}

static bool is_open(const struct reorder_window *w)
{
	return w && (w->open.n || w->n);
}

/*
 * Begin to wait for [next, start). The window outlives its last hole by as many
 * arrivals in order as RFC 5236 looks ahead, so that its verdicts do not hang on
 * where a window ends.
 */
static int open_hole(struct reorder_state *s, uint64_t start)
{
	struct reorder_window *w = s->window;

	if (!w)
		w = s->window = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	if (!is_open(w)) {
		w->base = s->next;
		w->numbers = true;
	}
	return holes_insert(&w->open, w->open.n, (struct hole){ s->next, start });
}

static int append(struct reorder_window *w, const struct packet *p)
{
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 32;
		struct packet *more = reallocarray(w->packet, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->packet = more;
		w->room = room;
	}
	w->packet[w->n++] = *p;
	return 0;
}

/* ---- judging a window ---------------------------------------------------- */

/* What a window's packets are to each other. */
struct judged {
	struct reorder_stream s;	/* reorder.c: extents, bytes, n, movers */
	uint64_t *number;		/* [n]: from the window's base, missing ones counted */
	size_t *place;			/* [n]: among those that came */
};

static int by_start(const void *a, const void *b, void *arg)
{
	const struct packet *p = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (p[i].start != p[j].start)
		return p[i].start < p[j].start ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* Count what is missing between two ranks: bytes do not tell how many packets. */
static uint64_t missing(const struct reorder_window *w, uint64_t end, uint64_t start)
{
	if (start <= end)
		return 0;
	return w->numbers ? start - end : 1;
}

static int number_packets(const struct reorder_window *w, struct judged *j)
{
	_cleanup_free_ size_t *order = calloc(w->n, sizeof(*order));
	uint64_t number = 0, end = w->base;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		order[i] = i;
	qsort_r(order, w->n, sizeof(*order), by_start, w->packet);
	for (size_t i = 0; i < w->n; i++) {
		const struct packet *p = &w->packet[order[i]];

		j->place[order[i]] = i;
		if (p->stray)
			continue;
		number += missing(w, end, p->start);
		j->number[order[i]] = number++;
		end = p->end > end ? p->end : end;
	}
	return 0;
}

/* Strays are further from their place than any threshold. */
static size_t drop_strays(const struct reorder_window *w, uint64_t *number)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (!w->packet[i].stray)
			number[n++] = number[i];
	return n;
}

static int add_densities(const struct reorder_window *w, const struct judged *j,
			 struct reorder_metrics *m)
{
	uint64_t rd[2 * REORDER_THRESHOLD_MAX + 1], rbd[REORDER_THRESHOLD_MAX + 1];
	size_t n = drop_strays(w, j->number);
	int rc = reorder_density(j->number, n, 0, m->threshold, rd);

	if (rc == 0)
		rc = reorder_buffer_density(j->number, n, 0, m->threshold, rbd);
	if (rc)
		return rc;
	for (uint32_t i = 0; i <= 2 * m->threshold; i++)
		m->density[i] += rd[i];
	for (uint32_t i = 0; i <= m->threshold; i++)
		m->buffer[i] += rbd[i];
	return 0;
}

static int judge_packets(const struct reorder_window *w, struct judged *j)
{
	_cleanup_free_ struct reorder_sample *a = calloc(w->n, sizeof(*a));

	j->number = calloc(w->n, sizeof(*j->number));
	j->place = calloc(w->n, sizeof(*j->place));
	if (!a || !j->number || !j->place)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		a[i] = (struct reorder_sample){ w->packet[i].start, w->packet[i].time_ns,
						w->packet[i].bytes };
	return reorder_stream(a, w->n, &j->s) ?: number_packets(w, j);
}

static void note_gap(struct reorder_state *s, uint64_t position, uint64_t time_ns,
		     struct reorder_metrics *m)
{
	uint64_t before = s->last_gap;

	if (before == position + 1)
		return;
	m->discontinuities++;
	if (before && position + 1 > before) {
		hist_put(&m->gap, position + 1 - before, 1);
		if (time_ns > s->last_gap_ns)
			hist_put(&m->gap_ns, time_ns - s->last_gap_ns, 1);
	}
	s->last_gap = position + 1;
	s->last_gap_ns = time_ns;
}

/* A late packet; @p is NULL where nothing above it is in the window any more. */
static void note_late(struct reorder_state *s, const struct reorder_packet *p,
		      struct reorder_metrics *m, struct reorder_found *found)
{
	const struct reorder_window *w = s->window;

	m->reordered++;
	m->runs++;
	m->run_squares += s->run * s->run;
	hist_put(&m->run, s->run, 1);
	s->run = 0;
	found->reordered = true;
	if (!p)
		return;
	hist_put(&m->extent, p->extent, 1);
	hist_put(&m->late_ns, p->late_ns, 1);
	hist_put(&m->late_bytes, p->late_bytes, 1);
	if (p->n)
		hist_put(&m->n, p->n, 1);
	note_gap(s, s->position + p->first_above, w->packet[p->first_above].time_ns, m);
	found->extent = p->extent;
	found->late_ns = p->late_ns;
	found->late_bytes = p->late_bytes;
	found->n = p->n;
	found->overtaker = w->packet[p->first_above].tag;
}

static void note_packets(struct reorder_state *s, const struct judged *j,
			 const struct reorder_sink *sink)
{
	const struct reorder_window *w = s->window;
	struct reorder_metrics *m = sink->sum;
	size_t next = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct packet *p = &w->packet[i];
		const struct reorder_packet *late = NULL;
		struct reorder_found found = {
			.tag = p->tag, .rank = p->start, .index = p->index, .moved = j->s.moved[i],
			.displacement = (int64_t)i - (int64_t)j->place[i],
		};

		if (next < j->s.n_list && j->s.list[next].at == i)
			late = &j->s.list[next++];
		if (p->late) {
			note_late(s, late, m, &found);
		} else {
			m->in_order++;
			s->run++;
		}
		if (sink->found && (found.reordered || found.moved))
			sink->found(sink->arg, &found);
	}
	m->packets += w->n;
	m->movers += j->s.movers;
}

/* Judge what is in the window, and empty it; its holes stay. */
static int judge(struct reorder_state *s, const struct reorder_sink *sink)
{
	struct reorder_window *w = s->window;
	struct judged j = { 0 };
	int rc = w->n ? judge_packets(w, &j) : 0;

	if (rc == 0 && w->n)
		rc = add_densities(w, &j, sink->sum);
	if (rc == 0 && w->n)
		note_packets(s, &j, sink);
	s->position += w->n;
	w->n = 0;
	reorder_stream_free(&j.s);
	free(j.number);
	free(j.place);
	return rc;
}

static int close_window(struct reorder_state *s, const struct reorder_sink *sink)
{
	int rc = judge(s, sink);

	if (s->window->given_up.n)
		return rc;
	window_free(s->window);
	s->window = NULL;
	return rc;
}

/* The limit is met: judge, and wait for nothing that is missing any longer. */
static int cut_window(struct reorder_state *s, const struct reorder_sink *sink)
{
	struct reorder_window *w = s->window;
	int rc = judge(s, sink);

	sink->sum->cut += w->open.n > 0;
	for (size_t i = 0; i < w->open.n && rc == 0; i++) {
		if (w->given_up.n == GIVEN_UP_MAX)
			holes_drop(&w->given_up, 0);
		rc = holes_insert(&w->given_up, w->given_up.n, w->open.hole[i]);
	}
	w->open.n = 0;
	return rc;
}

/* ---- arrivals ------------------------------------------------------------ */

void reorder_init(struct reorder_state *s, uint64_t first)
{
	*s = (struct reorder_state){ .next = first };
}

static void count_in_order(struct reorder_state *s, const struct reorder_arrival *a,
			   struct reorder_metrics *m)
{
	s->next = a->end;
	s->run += a->packets;
	s->position += a->packets;
	m->packets += a->packets;
	m->in_order += a->packets;
	m->density[m->threshold] += a->packets;
	m->buffer[0] += a->packets;
}

/* One packet, while a window is open or because it opens one. */
static int push_packet(struct reorder_state *s, const struct packet *p,
		       const struct reorder_limits *limits, const struct reorder_sink *sink)
{
	struct packet kept = *p;
	struct reorder_window *w;
	int rc = 0;

	w = s->window;
	kept.late = p->start < s->next;
	kept.stray = kept.late && w && holes_have(&w->given_up, p->start);
	if (kept.late && !kept.stray && !(w && holes_have(&w->open, p->start))) {
		sink->sum->duplicates++;
		return REORDER_DUPLICATE;
	}
	if (kept.late) {
		rc = holes_fill(&w->open, p->start, p->end) ?:
		     holes_fill(&w->given_up, p->start, p->end);
	} else {
		if (p->start > s->next)
			rc = open_hole(s, p->start);
		s->next = p->end;
	}
	w = s->window;
	if (rc == 0)
		rc = append(w, &kept);
	if (rc)
		return rc;
	if (!kept.stray)
		w->numbers &= p->end - p->start == 1;
	w->settled = w->open.n || kept.late ? 0 : w->settled + 1;
	if (!w->open.n && (kept.stray || w->settled > limits->threshold))
		rc = close_window(s, sink);
	else if (w->n >= limits->window)
		rc = cut_window(s, sink);
	return rc ?: kept.late ? REORDER_LATE : REORDER_IN_ORDER;
}

int reorder_push(struct reorder_state *s, const struct reorder_arrival *a,
		 const struct reorder_limits *limits, const struct reorder_sink *sink)
{
	uint64_t size = a->end - a->start;
	int verdict = REORDER_IN_ORDER, rc = 0;

	for (uint64_t k = 0; k < a->packets && rc >= 0; k++) {
		struct packet p = {
			.start = a->start + size * k / a->packets,
			.end = a->start + size * (k + 1) / a->packets,
			.time_ns = a->time_ns, .tag = a->tag, .index = k,
			.bytes = a->bytes * (k + 1) / a->packets - a->bytes * k / a->packets,
		};

		if (p.start == s->next && !is_open(s->window)) {
			struct reorder_arrival rest = *a;

			rest.start = p.start;
			rest.packets -= k;
			count_in_order(s, &rest, sink->sum);
			break;
		}
		rc = push_packet(s, &p, limits, sink);
		if (rc == REORDER_LATE || (rc == REORDER_DUPLICATE && k == 0))
			verdict = rc;
	}
	return rc < 0 ? rc : verdict;
}

int reorder_skip(struct reorder_state *s, uint64_t start, uint64_t end,
		 const struct reorder_limits *limits, const struct reorder_sink *sink)
{
	struct reorder_window *w = s->window;
	int rc = 0;

	if (end > s->next) {
		if (start > s->next)
			rc = open_hole(s, start);
		s->next = end;
	}
	w = s->window;
	if (!w || rc)
		return rc;
	rc = holes_fill(&w->open, start, end) ?: holes_fill(&w->given_up, start, end);
	if (rc == 0 && !w->open.n && !w->n)
		rc = close_window(s, sink);
	return rc;
}

int reorder_flush(struct reorder_state *s, const struct reorder_limits *limits,
		  const struct reorder_sink *sink)
{
	int rc = s->window ? judge(s, sink) : 0;

	window_free(s->window);
	s->window = NULL;
	return rc;
}

/* ---- totals -------------------------------------------------------------- */

void reorder_metrics_merge(struct reorder_metrics *into, const struct reorder_metrics *from)
{
	into->packets += from->packets;
	into->duplicates += from->duplicates;
	into->reordered += from->reordered;
	into->in_order += from->in_order;
	into->runs += from->runs;
	into->run_squares += from->run_squares;
	into->discontinuities += from->discontinuities;
	into->movers += from->movers;
	into->cut += from->cut;
	hist_merge(&into->extent, &from->extent);
	hist_merge(&into->late_ns, &from->late_ns);
	hist_merge(&into->late_bytes, &from->late_bytes);
	hist_merge(&into->gap, &from->gap);
	hist_merge(&into->gap_ns, &from->gap_ns);
	hist_merge(&into->run, &from->run);
	hist_merge(&into->n, &from->n);
	for (uint32_t i = 0; i <= 2 * into->threshold; i++)
		into->density[i] += from->density[i];
	for (uint32_t i = 0; i <= into->threshold; i++)
		into->buffer[i] += from->buffer[i];
}

double reorder_n_degree(const struct reorder_metrics *m, uint64_t n)
{
	uint64_t below = 0;

	for (uint64_t v = 0; v < n && v < 64; v++)
		below += m->n.bucket[v];
	return reorder_ratio(m->n.count - below, m->packets);
}

double reorder_mean_buffer(const struct reorder_metrics *m)
{
	uint64_t arrivals = 0, sum = 0;

	for (uint32_t i = 0; i <= m->threshold; i++) {
		arrivals += m->buffer[i];
		sum += i * m->buffer[i];
	}
	return reorder_ratio(sum, arrivals);
}
