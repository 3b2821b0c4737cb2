/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_window.h - arrivals that are kept while something below them is missing
 *
 * Private to the streaming metrics: reorder_stream.c fills windows, and
 * reorder_judge.c judges them.
 */
#ifndef OVSLAB_CORE_REORDER_WINDOW_H
#define OVSLAB_CORE_REORDER_WINDOW_H

#include "core/reorder_holes.h"
#include "core/reorder_stream.h"

/*
 * Ranks below @first are in arrivals of holes that were given up. The other ranks
 * do not overlap.
 */
struct reorder_window {
	uint64_t first;			/* NextExp when it opened */
	struct reorder_arrival *a;	/* [size], in order of arrival; owned */
	size_t n, size;
	uint64_t packets;		/* in @a; fewer than 2^32 */
	struct reorder_holes holes;
};

/**
 * reorder_judge() - all metrics of the packets in a window
 * @w:		the window
 * @s:		its stream, at the window's beginning; moved on to its end
 * @threshold:	DT and BT, <= REORDER_THRESHOLD_MAX
 *
 * Return: 0; -ENOMEM: only what needs no memory was counted.
 */
int reorder_judge(const struct reorder_window *w, struct reorder_state *s,
		  uint32_t threshold, const struct reorder_sink *sink);

#define REORDER_NO_GAP UINT64_MAX

/**
 * reorder_count_late() - late packets that arrived one after another
 * @at:		position of the first
 * @packets:	all with the same extent, late time, bytes and n
 */
void reorder_count_late(struct reorder_state *s, uint64_t at, uint64_t packets,
			const struct reorder_found *f, struct reorder_metrics *m);

/* What the first @k of @packets have of ranks, or of payload, evenly cut. */
static inline uint64_t reorder_share(uint64_t total, uint64_t packets, uint64_t k)
{
	uint64_t rest = total % packets;

	return total / packets * k + (k < rest ? k : rest);
}

/**
 * reorder_density_add() - RD of RFC 5236 section 6: displacements, late ones > 0
 * @rank:	distinct ranks in order of arrival; consecutive numbers as sent
 * @n:		how many
 * @first:	rank of the first packet that was sent
 * @dt:		displacement threshold; what is further away is lost or discarded
 * @early:	[dt + 2], for its own use
 * @rd:		[2 * dt + 1] counts, displacement d at index d + dt: added to
 */
void reorder_density_add(const uint64_t *rank, size_t n, uint64_t first, uint32_t dt,
			 uint64_t *early, uint64_t *rd);

/**
 * reorder_buffer_density_add() - RBD of RFC 5236 section 7
 * @bt:		buffer size, packets
 * @early:	[bt + 1], for its own use
 * @rbd:	[bt + 1] counts of arrivals that left so many packets buffered: added to
 *
 * When an arrival overflows the buffer and is not released with it, it is
 * stored: the algorithm printed in 7.2 forgets it.
 */
void reorder_buffer_density_add(const uint64_t *rank, size_t n, uint64_t first,
				uint32_t bt, uint64_t *early, uint64_t *rbd);

#endif
