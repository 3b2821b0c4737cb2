// SPDX-License-Identifier: GPL-2.0
/*
 * reorder.c - what is common to the metrics: movers, distributions
 *
 * Owns the arithmetic; knows nothing of taps or TCP. One stream is judged in
 * reorder_stream.c, two points in reorder_two.c.
 */
#include "core/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

/* ---- distributions ------------------------------------------------------- */

void reorder_hist_add(struct reorder_hist *h, uint64_t value)
{
	unsigned int b = 63 - (unsigned int)__builtin_clzll(value | 1);

	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
	h->bucket[b < REORDER_BUCKETS ? b : REORDER_BUCKETS - 1]++;
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

/* At most two units: the lighter one, or the late one. */
static void few_movers(const struct reorder_unit *u, size_t n, bool *ret_moved,
		       uint64_t *ret_movers)
{
	bool swapped = n == 2 && u[1].rank < u[0].rank;
	bool first = swapped && u[0].weight < u[1].weight;

	for (size_t i = 0; i < n; i++)
		ret_moved[i] = swapped && first == !i;
	if (swapped)
		*ret_movers = u[!first].weight;
}

int reorder_movers(const struct reorder_unit *u, size_t n, bool *ret_moved,
		   uint64_t *ret_movers)
{
	_cleanup_free_ struct chain *tree = NULL;
	_cleanup_free_ size_t *prev = NULL, *place = NULL;

	*ret_movers = 0;
	if (n <= 2) {
		few_movers(u, n, ret_moved, ret_movers);
		return 0;
	}
	tree = calloc(n + 1, sizeof(*tree));
	prev = calloc(n + 1, sizeof(*prev));
	place = places(u, n);
	if (!tree || !prev || !place)
		return -ENOMEM;
	memset(ret_moved, true, n * sizeof(*ret_moved));
	for (size_t k = keep_heaviest(u, n, place, tree, prev); k; k = prev[k - 1])
		ret_moved[k - 1] = false;
	for (size_t i = 0; i < n; i++)
		*ret_movers += ret_moved[i] ? u[i].weight : 0;
	return 0;
}
