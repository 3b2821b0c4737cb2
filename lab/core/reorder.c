// SPDX-License-Identifier: GPL-2.0
/*
 * reorder.c - reordering of one stream of ranks: RFC 4737, movers, distributions
 *
 * Owns the arithmetic of the metrics; knows nothing of taps or TCP. The densities
 * of RFC 5236 are in reorder_density.c, two points in reorder_two.c.
 */
#include "core/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

/* ---- distributions ------------------------------------------------------- */

static unsigned int bucket_of(uint64_t value)
{
	unsigned int b = 63 - (unsigned int)__builtin_clzll(value | 1);

	return b < REORDER_BUCKETS ? b : REORDER_BUCKETS - 1;
}

void reorder_hist_add(struct reorder_hist *h, uint64_t lo, uint64_t hi)
{
	uint64_t n = hi - lo + 1;

	if (hi < lo)
		return;
	h->count += n;
	h->sum += n % 2 ? (lo + hi) / 2 * n : n / 2 * (lo + hi);
	if (hi > h->max)
		h->max = hi;
	while (lo <= hi) {
		unsigned int b = bucket_of(lo);
		uint64_t end = b == REORDER_BUCKETS - 1 ? hi : (2ull << b) - 1;

		if (end > hi)
			end = hi;
		h->bucket[b] += end - lo + 1;
		lo = end + 1;
	}
}

void reorder_hist_merge(struct reorder_hist *into, const struct reorder_hist *from)
{
	into->count += from->count;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
	for (unsigned int b = 0; b < REORDER_BUCKETS; b++)
		into->bucket[b] += from->bucket[b];
}

double reorder_hist_mean(const struct reorder_hist *h)
{
	return h->count ? (double)h->sum / (double)h->count : 0;
}

double reorder_ratio(uint64_t reordered, uint64_t packets)
{
	return packets ? (double)reordered / (double)packets : 0;
}

/* ---- movers -------------------------------------------------------------- */

static int by_rank(const void *a, const void *b, void *arg)
{
	const struct reorder_unit *u = arg;
	uint64_t x = u[*(const size_t *)a].rank, y = u[*(const size_t *)b].rank;

	return x < y ? -1 : x > y;
}

/* For each unit, its place (from 1) among all ranks; NULL if out of memory. */
static size_t *places(const struct reorder_unit *u, size_t n)
{
	_cleanup_free_ size_t *order = calloc(n, sizeof(*order));
	size_t *place = calloc(n, sizeof(*place));

	if (!order || !place) {
		free(place);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_rank, (void *)u);
	for (size_t i = 0; i < n; i++)
		place[order[i]] = i + 1;
	return place;
}

/* The heaviest chain that ends at a unit: a node of the Fenwick tree of maxima. */
struct chain {
	uint64_t score;
	size_t last;			/* unit + 1; 0 = the empty chain */
};

static struct chain heaviest_below(const struct chain *tree, size_t place)
{
	struct chain best = { 0, 0 };

	for (size_t p = place - 1; p; p -= p & -p)
		if (tree[p].score > best.score)
			best = tree[p];
	return best;
}

static void offer(struct chain *tree, size_t n, size_t place, struct chain c)
{
	for (size_t p = place; p <= n; p += p & -p)
		if (c.score > tree[p].score)
			tree[p] = c;
}

/*
 * What keeping a unit is worth: its weight first; among equals, keep what RFC
 * 4737 calls in order. Packets beyond 2^32 would overflow: then weight alone.
 */
static uint64_t worth(uint64_t weight, bool in_order, uint64_t total)
{
	if (total >= UINT32_MAX)
		return weight;
	return weight * (total + 1) + (in_order ? weight : 0);
}

static size_t keep_heaviest(const struct reorder_unit *u, size_t n,
			    const size_t *place, struct chain *tree, size_t *prev)
{
	uint64_t total = 0, next_exp = 0;

	for (size_t i = 0; i < n; i++)
		total += u[i].weight;
	for (size_t i = 0; i < n; i++) {
		struct chain c = heaviest_below(tree, place[i]);

		prev[i] = c.last;
		c.score += worth(u[i].weight, u[i].rank >= next_exp, total);
		c.last = i + 1;
		offer(tree, n, place[i], c);
		if (u[i].rank >= next_exp)
			next_exp = u[i].rank + 1;
	}
	return heaviest_below(tree, n + 1).last;
}

int reorder_movers(const struct reorder_unit *u, size_t n, bool *ret_moved,
		   uint64_t *ret_movers)
{
	_cleanup_free_ struct chain *tree = calloc(n + 1, sizeof(*tree));
	_cleanup_free_ size_t *prev = calloc(n + 1, sizeof(*prev));
	_cleanup_free_ size_t *place = places(u, n);

	*ret_movers = 0;
	if (!n)
		return 0;
	if (!tree || !prev || !place)
		return -ENOMEM;
	memset(ret_moved, true, n * sizeof(*ret_moved));
	for (size_t k = keep_heaviest(u, n, place, tree, prev); k; k = prev[k - 1])
		ret_moved[k - 1] = false;
	for (size_t i = 0; i < n; i++)
		*ret_movers += ret_moved[i] ? u[i].weight : 0;
	return 0;
}

/* ---- RFC 4737 ------------------------------------------------------------ */

/* A stream without its duplicates, and what the single passes over it need. */
struct pass {
	const struct reorder_sample **p;	/* [n] */
	struct reorder_unit *unit;	/* [n]: weight 1 */
	size_t n;
	size_t *place;			/* [n]: from 1 */
	uint64_t *max;			/* [n]: highest rank up to here */
	uint64_t *bytes;		/* [n + 1]: Fenwick tree of payload by place */
	size_t *stack;			/* positions with ever higher ranks */
	size_t depth;
};

static void pass_free(struct pass *w)
{
	free(w->p);
	free(w->unit);
	free(w->place);
	free(w->max);
	free(w->bytes);
	free(w->stack);
}

static int pass_alloc(struct pass *w, size_t n)
{
	w->p = calloc(n + 1, sizeof(*w->p));
	w->unit = calloc(n + 1, sizeof(*w->unit));
	w->max = calloc(n + 1, sizeof(*w->max));
	w->bytes = calloc(n + 1, sizeof(*w->bytes));
	w->stack = calloc(n + 1, sizeof(*w->stack));
	return w->p && w->unit && w->max && w->bytes && w->stack ? 0 : -ENOMEM;
}

static int by_rank_then_arrival(const void *a, const void *b, void *arg)
{
	const struct reorder_sample *s = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (s[i].rank != s[j].rank)
		return s[i].rank < s[j].rank ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* Keep the first arrival of each rank (RFC 4737 section 3.6). */
static int drop_duplicates(const struct reorder_sample *a, size_t n, struct pass *w)
{
	_cleanup_free_ size_t *order = calloc(n + 1, sizeof(*order));
	_cleanup_free_ bool *dup = calloc(n + 1, sizeof(*dup));

	if (!order || !dup)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_rank_then_arrival, (void *)a);
	for (size_t i = 1; i < n; i++)
		dup[order[i]] = a[order[i]].rank == a[order[i - 1]].rank;
	for (size_t i = 0; i < n; i++) {
		if (dup[i])
			continue;
		w->p[w->n] = &a[i];
		w->unit[w->n++] = (struct reorder_unit){ a[i].rank, 1 };
	}
	return 0;
}

/* Maxima only grow, so the minimal j is found by halving. */
size_t reorder_first_above(const uint64_t *max, size_t n, uint64_t rank)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (max[mid] > rank)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* All that arrived before with a higher rank lies within the extent (4.4.3). */
static uint64_t bytes_above(const struct pass *w, size_t place)
{
	uint64_t sum = 0;

	for (size_t p = w->n; p; p -= p & -p)
		sum += w->bytes[p];
	for (size_t p = place; p; p -= p & -p)
		sum -= w->bytes[p];
	return sum;
}

/* How many arrivals right before position @i have higher ranks (5.3). */
static uint64_t stack_push(struct pass *w, size_t i)
{
	size_t below;

	while (w->depth && w->unit[w->stack[w->depth - 1]].rank > w->unit[i].rank)
		w->depth--;
	below = w->depth ? w->stack[w->depth - 1] + 1 : 0;
	w->stack[w->depth++] = i;
	return i - below;
}

static void note_gap(const struct pass *w, const struct reorder_packet *p,
		     struct reorder_stream *s)
{
	const struct reorder_packet *before = p - 1;

	if (s->n_list && before->first_above == p->first_above)
		return;
	s->discontinuities++;
	if (!s->n_list || p->first_above < before->first_above)
		return;
	reorder_hist_add(&s->gap, p->first_above - before->first_above,
			 p->first_above - before->first_above);
	if (w->p[p->first_above]->time_ns > w->p[before->first_above]->time_ns) {
		uint64_t ns = w->p[p->first_above]->time_ns -
			      w->p[before->first_above]->time_ns;

		reorder_hist_add(&s->gap_ns, ns, ns);
	}
}

static void note_reordered(struct pass *w, size_t i, uint64_t n, uint64_t run,
			   struct reorder_stream *s)
{
	struct reorder_packet *p = &s->list[s->n_list];
	uint64_t rank = w->unit[i].rank;
	size_t j = reorder_first_above(w->max, i, rank);

	*p = (struct reorder_packet){
		.at = i, .first_above = j, .rank = rank, .extent = i - j,
		.late_ns = w->p[i]->time_ns - w->p[j]->time_ns,
		.late_bytes = bytes_above(w, w->place[i]), .n = n, .run = run,
	};
	note_gap(w, p, s);
	s->n_list++;
	s->reordered++;
	s->run_squares += run * run;
	reorder_hist_add(&s->extent, p->extent, p->extent);
	if (n)
		reorder_hist_add(&s->n, n, n);
}

static void judge_all(struct pass *w, struct reorder_stream *s)
{
	uint64_t run = 0;

	for (size_t i = 0; i < w->n; i++) {
		uint64_t rank = w->unit[i].rank, n = stack_push(w, i);
		uint64_t max = i ? w->max[i - 1] : rank;

		w->max[i] = rank > max ? rank : max;
		if (rank < max) {
			note_reordered(w, i, n, run, s);
			run = 0;
		} else {
			s->in_order++;
			run++;
		}
		for (size_t p = w->place[i]; p <= w->n; p += p & -p)
			w->bytes[p] += w->p[i]->bytes;
	}
}

static int stream(const struct reorder_sample *a, size_t n, struct pass *w,
		  struct reorder_stream *s)
{
	if (pass_alloc(w, n) || drop_duplicates(a, n, w))
		return -ENOMEM;
	s->packets = w->n;
	s->duplicates = n - w->n;
	s->list = calloc(w->n + 1, sizeof(*s->list));
	s->moved = calloc(w->n + 1, sizeof(*s->moved));
	w->place = places(w->unit, w->n ? w->n : 1);
	if (!s->list || !s->moved || !w->place)
		return -ENOMEM;
	judge_all(w, s);
	return reorder_movers(w->unit, w->n, s->moved, &s->movers);
}

int reorder_stream(const struct reorder_sample *a, size_t n,
		   struct reorder_stream *ret)
{
	struct reorder_stream s = { 0 };
	struct pass w = { 0 };
	int rc = stream(a, n, &w, &s);

	pass_free(&w);
	if (rc)
		reorder_stream_free(&s);
	else
		*ret = s;
	return rc;
}

void reorder_stream_free(struct reorder_stream *s)
{
	if (!s)
		return;
	free(s->list);
	free(s->moved);
	*s = (struct reorder_stream){ 0 };
}

double reorder_degree(const struct reorder_stream *s, uint64_t n)
{
	uint64_t m = 0;

	for (size_t i = 0; i < s->n_list; i++)
		m += s->list[i].n >= n;
	return reorder_ratio(m, s->packets);
}
