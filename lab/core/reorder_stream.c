// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_stream.c - arrivals one at a time: windows opened, filled and closed
 *
 * Owns what is known of a stream: what is missing, what was given up, and where runs
 * and gaps began. The figures of a closed window are made by reorder_judge.c.
 */
#include "core/reorder_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder_window.h"
#include "core/search.h"

#define FIRST_ARRIVALS 16
#define GIVEN_UP_MAX 64

struct interval {
	uint64_t start, end;
};

/* Holes that were given up: the highest ones, ascending. */
struct reorder_given_up {
	uint64_t forgotten;		/* of holes below this nothing is known */
	uint32_t n;
	struct interval hole[GIVEN_UP_MAX];
};

/* What all functions for a call need. */
struct call {
	struct reorder_state *s;
	const struct reorder_limits *limits;
	const struct reorder_sink *sink;
};

static uint32_t threshold(const struct reorder_limits *limits)
{
	return limits->threshold < REORDER_THRESHOLD_MAX ? limits->threshold :
							   REORDER_THRESHOLD_MAX;
}

static uint64_t window_max(const struct call *c)
{
	return c->limits->window ? c->limits->window : 1;
}

/* How many packets the window still takes; at least one while it is open. */
static uint64_t room(const struct call *c)
{
	return window_max(c) - c->s->window->packets;
}

void reorder_init(struct reorder_state *s, uint64_t first)
{
	*s = (struct reorder_state){ .next = first, .last_gap = REORDER_NO_GAP };
}

/* ---- counting ------------------------------------------------------------ */

/* What arrived in order since the last time. */
static void count_in_order(const struct call *c)
{
	struct reorder_metrics *m = c->sink->sum;
	uint64_t n = c->s->position - c->s->counted;

	m->threshold = threshold(c->limits);
	m->packets += n;
	m->in_order += n;
	m->density[m->threshold] += n;
	m->buffer[0] += n;
	c->s->counted = c->s->position;
}

static uint64_t add_square(uint64_t sum, uint64_t run)
{
	uint64_t square;

	if (__builtin_mul_overflow(run, run, &square) ||
	    __builtin_add_overflow(sum, square, &sum))
		return UINT64_MAX;
	return sum;
}

void reorder_count_late(struct reorder_state *s, uint64_t at, uint64_t packets,
			const struct reorder_found *f, struct reorder_metrics *m)
{
	uint64_t run = at - s->run_from;

	m->reordered += packets;
	m->runs += packets;
	m->run_squares = add_square(m->run_squares, run);
	hist_put(&m->run, run, 1);
	hist_put(&m->run, 0, packets - 1);
	hist_put(&m->extent, f->extent, packets);
	hist_put(&m->late_ns, f->late_ns, packets);
	hist_put(&m->late_bytes, f->late_bytes, packets);
	if (f->n)
		hist_put(&m->n, f->n, packets);
	s->run_from = at + packets;
}

/* ---- windows ------------------------------------------------------------- */

static int open_window(struct reorder_state *s)
{
	struct reorder_window *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->first = s->next;
	s->window = w;
	return 0;
}

static void window_free(struct reorder_window *w)
{
	free(w->a);
	reorder_holes_free(&w->holes);
	free(w);
}

/* Judge the window and let go of it; what is missing is no longer awaited. */
static int close_window(const struct call *c)
{
	struct reorder_window *w = c->s->window;
	int rc;

	count_in_order(c);
	rc = reorder_judge(w, c->s, threshold(c->limits), c->sink);
	window_free(w);
	c->s->window = NULL;
	return rc;
}

static int keep(struct reorder_window *w, const struct reorder_arrival *a)
{
	if (w->n == w->size) {
		size_t size = w->size ? 2 * w->size : FIRST_ARRIVALS;
		struct reorder_arrival *array = reallocarray(w->a, size, sizeof(*array));

		if (!array)
			return -ENOMEM;
		w->a = array;
		w->size = size;
	}
	w->a[w->n++] = *a;
	w->packets += a->packets;
	return 0;
}

/* Divide an arrival after @packets of its packets. */
static struct reorder_arrival take_first(struct reorder_arrival *a, uint64_t packets)
{
	struct reorder_arrival first = *a;

	if (packets < a->packets) {
		first.end = a->start + reorder_share(a->end - a->start, a->packets, packets);
		first.bytes = reorder_share(a->bytes, a->packets, packets);
	}
	first.packets = packets < a->packets ? packets : a->packets;
	a->start = first.end;
	a->packets -= first.packets;
	a->bytes -= first.bytes;
	return first;
}

/* ---- holes that were given up -------------------------------------------- */

static void forget_below(struct reorder_given_up *g, uint64_t rank)
{
	if (rank > g->forgotten)
		g->forgotten = rank;
}

/* The first hole that ends above @rank; g->n if there is none. */
static uint32_t given_up_from(const struct reorder_given_up *g, uint64_t rank)
{
	return (uint32_t)SEARCH_ABOVE(g->hole, g->n, end, rank);
}

/* Put @n holes in the place of hole @i; the lowest are forgotten if it gets full. */
static void replace(struct reorder_given_up *g, uint32_t i, const struct interval *hole,
		    uint32_t n)
{
	struct interval all[GIVEN_UP_MAX + 1];
	uint32_t total = g->n - 1 + n, drop = total > GIVEN_UP_MAX;

	memcpy(all, g->hole, i * sizeof(*all));
	memcpy(all + i, hole, n * sizeof(*all));
	memcpy(all + i + n, g->hole + i + 1, (g->n - i - 1) * sizeof(*all));
	if (drop)
		forget_below(g, all[0].end);
	g->n = total - drop;
	memcpy(g->hole, all + drop, g->n * sizeof(*all));
}

/* Take [start, end) out of hole @i, which it overlaps. */
static void fill_given_up(struct reorder_given_up *g, uint32_t i, uint64_t start, uint64_t end)
{
	struct interval hole = g->hole[i], rest[2];
	uint32_t n = 0;

	if (hole.start < start)
		rest[n++] = (struct interval){ hole.start, start };
	if (end < hole.end)
		rest[n++] = (struct interval){ end, hole.end };
	replace(g, i, rest, n);
}

/* The holes of a window, above those that were given up before. */
static int give_up(struct reorder_state *s)
{
	const struct reorder_holes *holes = &s->window->holes;
	const struct reorder_hole *hole = reorder_holes_below(holes, UINT64_MAX);
	struct reorder_given_up *g = s->given_up;
	uint32_t n = holes->n < GIVEN_UP_MAX ? holes->n : GIVEN_UP_MAX, drop;

	if (!g)
		g = s->given_up = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	drop = g->n + n > GIVEN_UP_MAX ? g->n + n - GIVEN_UP_MAX : 0;
	if (drop)
		forget_below(g, g->hole[drop - 1].end);
	g->n -= drop;
	memmove(g->hole, g->hole + drop, g->n * sizeof(*g->hole));
	g->n += n;
	for (uint32_t i = g->n; hole && n--; ) {
		g->hole[--i] = (struct interval){ hole->start, hole->end };
		hole = hole->start ? reorder_holes_below(holes, hole->start - 1) : NULL;
	}
	if (hole)
		forget_below(g, hole->end);
	return 0;
}

/* The window met its limit. */
static int cut_window(const struct call *c)
{
	int rc = give_up(c->s), rc2 = close_window(c);

	c->sink->sum->cut++;
	return rc ? rc : rc2;
}

/* A window that has changed closes if nothing is missing, or at its limit. */
static int settle(const struct call *c)
{
	const struct reorder_window *w = c->s->window;

	if (!w->holes.n)
		return close_window(c);
	if (!room(c) || w->holes.n > window_max(c))
		return cut_window(c);
	return 0;
}

/* ---- arrivals ------------------------------------------------------------ */

/* Late, and no window knows how late; @index: its first packet's in its arrival. */
static void count_beyond(const struct call *c, const struct reorder_arrival *a, uint64_t index)
{
	struct reorder_metrics *m = c->sink->sum;
	struct reorder_found f = { .tag = a->tag, .reordered = true };

	count_in_order(c);
	reorder_count_late(c->s, c->s->position, a->packets, &f, m);
	m->packets += a->packets;
	m->beyond += a->packets;
	c->s->position += a->packets;
	c->s->counted = c->s->position;
	for (uint64_t k = 0; c->sink->found && k < a->packets; k++) {
		f.rank = a->start + reorder_share(a->end - a->start, a->packets, k);
		f.index = index + k;
		c->sink->found(c->sink->arg, &f);
	}
}

/* In a hole that was given up: in an open window it has a position. */
static int beyond(const struct call *c, struct reorder_arrival *a, uint64_t index)
{
	struct reorder_arrival first;
	int rc = 0;

	if (c->s->window) {
		first = take_first(a, room(c));
		rc = keep(c->s->window, &first);
		if (rc)
			count_beyond(c, &first, index);
		else
			rc = settle(c);
		index += first.packets;
	}
	if (a->packets)
		count_beyond(c, a, index);
	return rc ? rc : REORDER_LATE;
}

/* Above all that came. */
static int ahead(const struct call *c, struct reorder_arrival *a)
{
	struct reorder_arrival whole = *a, first;
	struct reorder_state *s = c->s;
	int rc = s->window ? 0 : open_window(s);

	if (!rc && a->start > s->next)
		rc = reorder_holes_add(&s->window->holes, s->next, a->start);
	if (!rc) {
		first = take_first(a, room(c));
		rc = keep(s->window, &first);
	}
	if (rc) {
		if (s->window)
			close_window(c);
		s->position += whole.packets;
		s->next = whole.end;
		return rc;
	}
	s->next = first.end;
	rc = settle(c);
	s->next = whole.end;
	s->position += a->packets;
	return rc ? rc : REORDER_IN_ORDER;
}

static int duplicate(const struct call *c, const struct reorder_arrival *a)
{
	const struct reorder_given_up *g = c->s->given_up;

	c->sink->sum->duplicates += a->packets;
	if (g && a->start < g->forgotten)
		c->sink->sum->beyond += a->packets;
	return REORDER_DUPLICATE;
}

/* Below the window: it may have been awaited once. */
static int behind(const struct call *c, struct reorder_arrival *a, uint64_t index)
{
	struct reorder_given_up *g = c->s->given_up;
	uint32_t i = g ? given_up_from(g, a->start) : 0;

	if (!g || i == g->n || a->start < g->hole[i].start || a->end > g->hole[i].end)
		return duplicate(c, a);
	fill_given_up(g, i, a->start, a->end);
	return beyond(c, a, index);
}

/* In a hole of the window. */
static int late(const struct call *c, const struct reorder_hole *hole, struct reorder_arrival *a)
{
	struct reorder_window *w = c->s->window;
	struct reorder_arrival first = take_first(a, room(c));
	int rc = keep(w, &first);

	if (!rc)
		rc = reorder_holes_fill(&w->holes, hole, first.start, first.end);
	if (rc)
		close_window(c);
	else
		rc = settle(c);
	if (!rc && a->packets)
		rc = behind(c, a, first.packets);
	return rc < 0 ? rc : REORDER_LATE;
}

int reorder_push_slow(struct reorder_state *s, const struct reorder_arrival *a,
		      const struct reorder_limits *limits, const struct reorder_sink *sink)
{
	struct call c = { s, limits, sink };
	struct reorder_arrival rest = *a;
	const struct reorder_hole *hole;

	if (a->end <= a->start || !a->packets || a->packets > a->end - a->start)
		return -EINVAL;
	if (a->start >= s->next)
		return ahead(&c, &rest);
	if (!s->window || a->start < s->window->first)
		return behind(&c, &rest, 0);
	hole = reorder_holes_below(&s->window->holes, a->start);
	if (!hole || a->end > hole->end)
		return duplicate(&c, a);
	return late(&c, hole, &rest);
}

/* ---- what will not come, and the end ------------------------------------- */

static void skip_given_up(struct reorder_given_up *g, uint64_t start, uint64_t end)
{
	uint32_t i = given_up_from(g, start);

	while (i < g->n && g->hole[i].start < end) {
		uint64_t hole_end = g->hole[i].end;

		fill_given_up(g, i, start, end);
		if (hole_end >= end)
			break;
		i = given_up_from(g, hole_end);
	}
}

static int skip_missing(struct reorder_holes *holes, uint64_t start, uint64_t end)
{
	while (end > start) {
		const struct reorder_hole *hole = reorder_holes_below(holes, end - 1);
		uint64_t low;

		if (!hole || hole->end <= start)
			break;
		low = hole->start > start ? hole->start : start;
		if (reorder_holes_fill(holes, hole, low, hole->end < end ? hole->end : end))
			return -ENOMEM;
		end = low;
	}
	return 0;
}

int reorder_skip(struct reorder_state *s, uint64_t start, uint64_t end,
		 const struct reorder_limits *limits, const struct reorder_sink *sink)
{
	struct call c = { s, limits, sink };
	int rc = 0;

	if (end <= start)
		return -EINVAL;
	if (s->given_up)
		skip_given_up(s->given_up, start, end);
	if (start > s->next && !s->window)
		rc = open_window(s);
	if (!rc && start > s->next)
		rc = reorder_holes_add(&s->window->holes, s->next, start);
	else if (!rc && s->window)
		rc = skip_missing(&s->window->holes, start, end);
	if (end > s->next)
		s->next = end;
	if (!rc && s->window)
		rc = settle(&c);
	return rc;
}

int reorder_flush(struct reorder_state *s, const struct reorder_limits *limits,
		  const struct reorder_sink *sink)
{
	struct call c = { s, limits, sink };
	int rc = 0;

	count_in_order(&c);
	if (s->window)
		rc = close_window(&c);
	free(s->given_up);
	s->given_up = NULL;
	return rc;
}

/* ---- totals -------------------------------------------------------------- */

double reorder_mean_buffer(const struct reorder_metrics *m)
{
	uint64_t count = 0;
	double sum = 0;

	for (uint32_t b = 0; b <= m->threshold; b++) {
		count += m->buffer[b];
		sum += (double)b * (double)m->buffer[b];
	}
	return count ? sum / (double)count : 0;
}
