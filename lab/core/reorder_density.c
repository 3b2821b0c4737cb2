// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_density.c - RFC 5236: reorder density and buffer-occupancy density
 *
 * Theory of operation. RD gives each arrival a receive index that counts as the
 * ranks do, so that the displacement of a packet that kept its place is 0. A rank
 * that has not arrived dt arrivals after its turn is lost and its index is
 * skipped. RBD plays a receiver that releases packets in order and buffers early
 * ones, at most bt; an overflow gives up on the packet that is waited for.
 */
#include "core/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder_window.h"
#include "core/util.h"

static int by_value(const void *a, const void *b, void *arg)
{
	const uint64_t *s = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (s[i] != s[j])
		return s[i] < s[j] ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* @rank without its duplicates; NULL if out of memory. */
static uint64_t *distinct(const uint64_t *rank, size_t n, size_t *ret_n)
{
	_cleanup_free_ size_t *order = calloc(n + 1, sizeof(*order));
	_cleanup_free_ bool *dup = calloc(n + 1, sizeof(*dup));
	uint64_t *out = calloc(n + 1, sizeof(*out));

	if (!order || !dup || !out) {
		free(out);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_value, (void *)rank);
	for (size_t i = 1; i < n; i++)
		dup[order[i]] = rank[order[i]] == rank[order[i - 1]];
	*ret_n = 0;
	for (size_t i = 0; i < n; i++)
		if (!dup[i])
			out[(*ret_n)++] = rank[i];
	return out;
}

static bool holds(const uint64_t *set, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] == value)
			return true;
	return false;
}

static bool take(uint64_t *set, size_t *n, uint64_t value)
{
	for (size_t i = 0; i < *n; i++) {
		if (set[i] != value)
			continue;
		set[i] = set[--*n];
		return true;
	}
	return false;
}

static uint64_t lowest(const uint64_t *set, size_t n, uint64_t low)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] < low)
			low = set[i];
	return low;
}

/* The lowest rank of @set above @index, and below @low. */
static uint64_t lowest_above(const uint64_t *set, size_t n, uint64_t index, uint64_t low)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] > index && set[i] < low)
			low = set[i];
	return low;
}

/*
 * Skip the receive indices of lost packets: those neither among the early ones
 * (at most dt) nor within the next dt + 1 arrivals.
 */
static uint64_t skip_lost(const uint64_t *window, size_t n, const uint64_t *early,
			  size_t n_early, uint64_t index)
{
	uint64_t low;

	if (holds(window, n, index) || holds(early, n_early, index))
		return index;
	low = lowest_above(window, n, index, UINT64_MAX);
	low = lowest_above(early, n_early, index, low);
	return low == UINT64_MAX ? index : low;
}

void reorder_density_add(const uint64_t *rank, size_t n, uint64_t first, uint32_t dt,
			 uint64_t *early, uint64_t *rd)
{
	uint64_t index = first;
	size_t n_early = 0;

	for (size_t i = 0; i < n; i++) {
		size_t ahead = n - i < (size_t)dt + 1 ? n - i : (size_t)dt + 1;
		int64_t d;

		index = skip_lost(rank + i, ahead, early, n_early, index);
		d = (int64_t)(index - rank[i]);
		if (d < -(int64_t)dt || d > (int64_t)dt)
			continue;
		rd[d + dt]++;
		if (d < 0 && n_early <= dt)
			early[n_early++] = rank[i];
		take(early, &n_early, index++);
	}
}

int reorder_density(const uint64_t *rank, size_t n, uint64_t first, uint32_t dt,
		    uint64_t *ret_rd)
{
	size_t m;
	_cleanup_free_ uint64_t *s = distinct(rank, n, &m);
	_cleanup_free_ uint64_t *early = calloc((size_t)dt + 2, sizeof(*early));

	if (!s || !early)
		return -ENOMEM;
	memset(ret_rd, 0, (2 * (size_t)dt + 1) * sizeof(*ret_rd));
	reorder_density_add(s, m, first, dt, early, ret_rd);
	return 0;
}

/* A receiver of RFC 5236 section 7. */
struct receiver {
	uint64_t *early;		/* [size] */
	size_t n, size;
	uint64_t expected;
};

/* Return: true if @rank was accepted; then r->n packets are buffered. */
static bool receive(struct receiver *r, uint64_t rank)
{
	if (rank < r->expected || holds(r->early, r->n, rank))
		return false;
	if (rank != r->expected && r->n < r->size) {
		r->early[r->n++] = rank;
		return true;
	}
	if (rank != r->expected)		/* overflow: the awaited one is lost */
		r->expected = lowest(r->early, r->n, rank);
	while (rank == r->expected || take(r->early, &r->n, r->expected))
		r->expected++;
	if (rank > r->expected)
		r->early[r->n++] = rank;
	return true;
}

void reorder_buffer_density_add(const uint64_t *rank, size_t n, uint64_t first,
				uint32_t bt, uint64_t *early, uint64_t *rbd)
{
	struct receiver r = { .early = early, .size = bt, .expected = first };

	for (size_t i = 0; i < n; i++)
		if (receive(&r, rank[i]))
			rbd[r.n]++;
}

int reorder_buffer_density(const uint64_t *rank, size_t n, uint64_t first,
			   uint32_t bt, uint64_t *ret_rbd)
{
	_cleanup_free_ uint64_t *early = calloc((size_t)bt + 1, sizeof(*early));

	if (!early)
		return -ENOMEM;
	memset(ret_rbd, 0, ((size_t)bt + 1) * sizeof(*ret_rbd));
	reorder_buffer_density_add(rank, n, first, bt, early, ret_rbd);
	return 0;
}
