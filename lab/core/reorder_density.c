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
#include "core/reorder_window.h"

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
