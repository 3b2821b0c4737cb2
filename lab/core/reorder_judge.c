// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_judge.c - the metrics of the packets in a window
 *
 * Theory of operation. Packets in order have ascending ranks, so only the late ones
 * are sorted, and merged with them. The packet j of RFC 4737 4.2.3 is the first in
 * order with a higher rank: it is found by halving. What overtook a packet is what
 * was in order since j, a difference of running sums, and late packets with higher
 * ranks before it, kept in a Fenwick tree. Neighbours that are neighbours by rank
 * too move together, which makes few units for reorder_movers(). Packets whose
 * hole had been given up take part by their position only.
 */
#include "core/reorder_window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder.h"

#define SMALL 4096			/* bytes of scratch that need no allocation */

struct packet {
	uint64_t rank, end, time_ns, bytes, tag, index;
	uint32_t place;			/* by rank, from 0; gone ones have none */
	uint32_t slot;			/* late: by rank among the late, from 1 */
	uint32_t unit;			/* of those that move together */
	bool late, gone, moved;
	bool opened;			/* a discontinuity (4.5.3) */
};

struct judge {
	struct reorder_state *s;
	const struct reorder_sink *sink;
	uint64_t first;
	uint32_t threshold;
	uint32_t n, n_top, n_late, depth;
	uint32_t present;		/* packets that are not gone, while walking */
	struct packet *p;		/* [n] in order of arrival */
	uint64_t *top_bytes;		/* [n + 1]: payload in order before each */
	uint64_t *late_bytes;		/* [n_late + 1]: Fenwick tree by slot */
	uint64_t *number;		/* [n]: packet numbers, for RFC 5236 */
	struct reorder_unit *unit;	/* [n] */
	uint32_t *top, *late;		/* packets in order; late ones, by rank */
	uint32_t *order;		/* both, by rank */
	uint32_t *stack;		/* packets with ever higher ranks */
	bool *unit_moved;		/* [n] */
};

/* ---- memory -------------------------------------------------------------- */

static size_t scratch_size(size_t n)
{
	return n * sizeof(struct packet) + (n + 1) * 3 * sizeof(uint64_t) +
	       n * sizeof(struct reorder_unit) + n * 4 * sizeof(uint32_t) +
	       n * sizeof(bool);
}

/* The next array in the scratch memory; those of larger elements come first. */
static void *carve(char **at, size_t n, size_t size)
{
	void *array = *at;

	*at += n * size;
	return array;
}

static void carve_all(struct judge *j, char *at)
{
	j->p = carve(&at, j->n, sizeof(*j->p));
	j->top_bytes = carve(&at, j->n + 1, sizeof(*j->top_bytes));
	j->late_bytes = carve(&at, j->n + 1, sizeof(*j->late_bytes));
	j->number = carve(&at, j->n + 1, sizeof(*j->number));
	j->unit = carve(&at, j->n, sizeof(*j->unit));
	j->top = carve(&at, j->n, sizeof(*j->top));
	j->late = carve(&at, j->n, sizeof(*j->late));
	j->order = carve(&at, j->n, sizeof(*j->order));
	j->stack = carve(&at, j->n, sizeof(*j->stack));
	j->unit_moved = carve(&at, j->n, sizeof(*j->unit_moved));
}

/* ---- the window as packets ----------------------------------------------- */

static void expand(struct packet *p, const struct reorder_arrival *a, bool gone)
{
	uint64_t rank = a->start, bytes = 0;

	for (uint64_t k = 0; k < a->packets; k++, p++) {
		uint64_t end = a->end, sum = a->bytes;

		if (k + 1 < a->packets) {
			end = a->start + reorder_share(a->end - a->start, a->packets, k + 1);
			sum = reorder_share(a->bytes, a->packets, k + 1);
		}
		*p = (struct packet){ .rank = rank, .end = end, .time_ns = a->time_ns,
				      .bytes = sum - bytes, .tag = a->tag, .index = k,
				      .gone = gone };
		rank = end;
		bytes = sum;
	}
}

/* Late or in order (RFC 4737 3.3), and the running sums. */
static void classify(struct judge *j)
{
	uint64_t next = j->first, bytes = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		struct packet *p = &j->p[i];

		j->top_bytes[i] = bytes;
		if (p->gone)
			continue;
		p->late = p->rank < next;
		if (p->late) {
			j->late[j->n_late++] = i;
			continue;
		}
		j->top[j->n_top++] = i;
		next = p->end;
		bytes += p->bytes;
	}
	j->top_bytes[j->n] = bytes;
}

static int by_rank(const void *a, const void *b, void *arg)
{
	const struct packet *p = arg;
	uint64_t x = p[*(const uint32_t *)a].rank, y = p[*(const uint32_t *)b].rank;

	return x < y ? -1 : x > y;
}

static void sort(struct judge *j)
{
	uint32_t t = 0, l = 0;

	qsort_r(j->late, j->n_late, sizeof(*j->late), by_rank, j->p);
	for (uint32_t k = 0; k < j->n_top + j->n_late; k++) {
		bool late = t == j->n_top ||
			    (l < j->n_late &&
			     j->p[j->late[l]].rank < j->p[j->top[t]].rank);
		uint32_t i = late ? j->late[l++] : j->top[t++];

		j->order[k] = i;
		j->p[i].place = k;
		j->p[i].slot = late ? l : 0;
	}
}

/* ---- RFC 5236 and movers ------------------------------------------------- */

/* Ranks that are packet numbers already: each packet has one. */
static bool numbered(const struct judge *j)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (!j->p[i].gone && j->p[i].end - j->p[i].rank != 1)
			return false;
	return true;
}

/* Packet numbers in order of arrival; a hole in bytes is one missing packet. */
static uint64_t number(struct judge *j)
{
	bool keep = numbered(j);
	uint64_t n = 0, end = j->first;
	uint32_t m = j->n_top + j->n_late;
	uint32_t at = 0;

	for (uint32_t k = 0; k < m; k++) {
		struct packet *p = &j->p[j->order[k]];

		n += p->rank > end;
		end = p->end;
		j->unit[k].rank = keep ? p->rank : n++;
	}
	for (uint32_t i = 0; i < j->n; i++)
		if (!j->p[i].gone)
			j->number[at++] = j->unit[j->p[i].place].rank;
	return keep ? j->first : 0;
}

static void densities(struct judge *j)
{
	uint64_t early[REORDER_THRESHOLD_MAX + 2], first = number(j);
	struct reorder_metrics *m = j->sink->sum;
	uint32_t n = j->n_top + j->n_late;

	reorder_density_add(j->number, n, first, j->threshold, early, m->density);
	reorder_buffer_density_add(j->number, n, first, j->threshold, early, m->buffer);
}

static int movers(struct judge *j)
{
	const struct packet *last = NULL;
	uint32_t units = 0;
	uint64_t moved;

	for (uint32_t i = 0; i < j->n; i++) {
		struct packet *p = &j->p[i];

		if (p->gone)
			continue;
		if (last && last->place + 1 == p->place)
			j->unit[units - 1].weight++;
		else
			j->unit[units++] = (struct reorder_unit){ p->place, 1 };
		p->unit = units - 1;
		last = p;
	}
	if (reorder_movers(j->unit, units, j->unit_moved, &moved))
		return -ENOMEM;
	j->sink->sum->movers += moved;
	for (uint32_t i = 0; i < j->n; i++)
		j->p[i].moved = !j->p[i].gone && j->unit_moved[j->p[i].unit];
	return 0;
}

/* ---- RFC 4737 ------------------------------------------------------------ */

/* The first in order that overtook (4.2.3). */
static uint32_t first_above(const struct judge *j, uint64_t rank)
{
	uint32_t lo = 0, hi = j->n_top;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (j->p[j->top[mid]].rank > rank)
			hi = mid;
		else
			lo = mid + 1;
	}
	return j->top[lo];
}

/* Payload of late packets before with higher ranks; then count this one, too. */
static uint64_t late_bytes_above(struct judge *j, const struct packet *p)
{
	uint64_t sum = 0;

	for (uint32_t k = j->n_late; k; k -= k & -k)
		sum += j->late_bytes[k];
	for (uint32_t k = p->slot; k; k -= k & -k)
		sum -= j->late_bytes[k];
	for (uint32_t k = p->slot; k <= j->n_late; k += k & -k)
		j->late_bytes[k] += p->bytes;
	return sum;
}

/* How many arrivals right before packet @i have higher ranks (5.3). */
static uint32_t higher_before(struct judge *j, uint32_t i)
{
	uint32_t below;

	while (j->depth && j->p[j->stack[j->depth - 1]].rank > j->p[i].rank)
		j->depth--;
	below = j->depth ? j->stack[j->depth - 1] + 1 : 0;
	j->stack[j->depth++] = i;
	return i - below;
}

static void judge_late(struct judge *j, uint32_t i, struct reorder_found *f)
{
	const struct packet *p = &j->p[i];
	uint32_t above = first_above(j, p->rank);
	struct packet *o = &j->p[above];

	o->opened = true;
	f->overtaker = o->tag;
	f->extent = i - above;
	f->late_ns = p->time_ns > o->time_ns ? p->time_ns - o->time_ns : 0;
	f->late_bytes = j->top_bytes[i] - j->top_bytes[above] + late_bytes_above(j, p);
}

static void judge_packet(struct judge *j, uint32_t i)
{
	const struct packet *p = &j->p[i];
	uint32_t n = higher_before(j, i);
	struct reorder_found f = {
		.tag = p->tag, .rank = p->rank, .index = p->index,
		.reordered = p->late || p->gone, .moved = p->moved,
		.displacement = p->gone ? 0 : (int64_t)j->present - p->place,
	};

	j->present += !p->gone;
	if (p->late) {
		judge_late(j, i, &f);
		f.n = n;
	}
	j->sink->sum->beyond += p->gone;
	if (f.reordered)
		reorder_count_late(j->s, j->s->position + i, 1, &f, j->sink->sum);
	if ((f.reordered || f.moved) && j->sink->found)
		j->sink->found(j->sink->arg, &f);
}

/* Gaps between successive discontinuities (4.5.4), also across windows. */
static void gaps(struct judge *j)
{
	struct reorder_metrics *m = j->sink->sum;
	struct reorder_state *s = j->s;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct packet *p = &j->p[i];
		uint64_t at = s->position + i;

		if (!p->opened)
			continue;
		m->discontinuities++;
		if (s->last_gap != REORDER_NO_GAP) {
			hist_put(&m->gap, at - s->last_gap, 1);
			hist_put(&m->gap_ns, p->time_ns > s->last_gap_ns ?
				 p->time_ns - s->last_gap_ns : 0, 1);
		}
		s->last_gap = at;
		s->last_gap_ns = p->time_ns;
	}
}

/* ---- a window ------------------------------------------------------------ */

static int judge_all(struct judge *j, const struct reorder_window *w)
{
	struct reorder_metrics *m = j->sink->sum;
	struct packet *p = j->p;
	int rc;

	for (size_t i = 0; i < w->n; p += w->a[i++].packets)
		expand(p, &w->a[i], w->a[i].start < w->first);
	j->n = (uint32_t)(p - j->p);
	classify(j);
	sort(j);
	densities(j);
	rc = movers(j);
	memset(j->late_bytes, 0, (j->n_late + 1) * sizeof(*j->late_bytes));
	for (uint32_t i = 0; i < j->n; i++)
		judge_packet(j, i);
	gaps(j);
	m->packets += j->n;
	m->in_order += j->n_top;
	return rc;
}

/* Without memory: the ratio, and nothing else. */
static void judge_plainly(struct judge *j, const struct reorder_window *w)
{
	struct reorder_metrics *m = j->sink->sum;
	uint64_t next = w->first;

	m->packets += j->n;
	for (size_t i = 0; i < w->n; i++) {
		if (w->a[i].start < next) {
			m->reordered += w->a[i].packets;
			continue;
		}
		m->in_order += w->a[i].packets;
		next = w->a[i].end;
	}
	j->s->run_from = j->s->position + j->n;
}

int reorder_judge(const struct reorder_window *w, struct reorder_state *s,
		  uint32_t threshold, const struct reorder_sink *sink)
{
	struct judge j = { .s = s, .sink = sink, .first = w->first,
			   .threshold = threshold, .n = (uint32_t)w->packets };
	uint64_t small[SMALL / sizeof(uint64_t)];
	size_t size = scratch_size(j.n);
	void *scratch = size <= sizeof(small) ? small : malloc(size);
	int rc = -ENOMEM;

	if (scratch) {
		carve_all(&j, scratch);
		rc = judge_all(&j, w);
	} else {
		judge_plainly(&j, w);
	}
	s->position += j.n;
	s->counted = s->position;
	if (scratch != small)
		free(scratch);
	return rc;
}
