/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_stream.h - RFC 4737 and RFC 5236 over a stream, one arrival at a time
 *
 * Theory of operation. While nothing is missing below the highest rank seen, an
 * arrival in order changes a few counters and leaves no trace. The first gap opens
 * a window: arrivals are kept until every hole in it is filled or given up. A
 * closed window is judged as a whole (reorder_judge.c): all before it is lower and
 * all after it higher, so that extents, movers (a longest increasing subsequence)
 * and densities of the stream are the sums over its windows. Runs and gaps span
 * windows: their beginnings are carried along.
 *
 * The densities of RFC 5236 begin anew with each window, at the rank that its first
 * hole begins with. For the buffer that makes no difference. The reorder density
 * differs from one of the whole stream only where the RFC's algorithm, having taken
 * a packet for lost that came later than the threshold, counts on from a wrong
 * index. It wants packet numbers: where every packet in a window takes one rank,
 * ranks are numbers; else packets are numbered by rank, and a hole that nothing
 * filled is one missing packet.
 *
 * A window has a limit. When it is met, the window is judged as it is and its holes
 * are given up. What still comes for one is late, but it is not known what overtook
 * it: it is reordered with no extent, no n, and is no mover.
 */
#ifndef OVSLAB_CORE_REORDER_STREAM_H
#define OVSLAB_CORE_REORDER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hist.h"

#define REORDER_THRESHOLD_MAX 64

struct reorder_limits {
	uint32_t window;	/* packets, and holes, kept while a hole is open; at
				 * least 1. An arrival takes 48 bytes of memory */
	uint32_t threshold;	/* DT and BT of RFC 5236, <= REORDER_THRESHOLD_MAX */
};

#define REORDER_LIMITS_DEFAULT ((struct reorder_limits){ .window = 8192, .threshold = 16 })

/* Totals over any number of streams. Large (about 110 KB): one for an analysis. */
struct reorder_metrics {
	uint64_t packets;		/* L: arrivals without duplicates (RFC 4737 3.6) */
	uint64_t duplicates;		/* arrivals of ranks that had arrived */
	uint64_t reordered;		/* 3.3 */
	uint64_t in_order;		/* a of 4.6.3 */
	uint64_t runs, run_squares;	/* x and q of 4.6.3 */
	uint64_t discontinuities;	/* 4.5.3 */
	uint64_t movers;		/* outside a longest increasing subsequence */
	struct hist extent;		/* packets (4.2.3) */
	struct hist late_ns;		/* 4.3.3 */
	struct hist late_bytes;		/* 4.4.3 */
	struct hist gap, gap_ns;	/* 4.5.4 */
	struct hist run;		/* packets in order before each reordered one */
	struct hist n;			/* n of the packets with n >= 1 (5.3) */
	uint32_t threshold;		/* DT and BT below */
	uint64_t density[2 * REORDER_THRESHOLD_MAX + 1];	/* RD: displacement d at d + threshold */
	uint64_t buffer[REORDER_THRESHOLD_MAX + 1];	/* RBD */
	uint64_t cut;			/* windows that met the limit */
	uint64_t beyond;		/* packets that came after their hole was given up:
					 * reordered, with no extent, or taken for duplicates
					 * if even the hole was forgotten. While this is 0,
					 * cut windows changed nothing but densities, at
					 * their edges */
};

/*
 * What arrived: @packets packets of ranks [start, end), in order among themselves.
 * Ranks may be packet numbers (end = start + packets) or bytes of a TCP flow in
 * 64 bits (RFC 4737 section 6).
 */
struct reorder_arrival {
	uint64_t start, end;
	uint64_t packets;
	uint64_t time_ns;		/* of arrival */
	uint64_t bytes;			/* payload of all of them */
	uint64_t tag;			/* the caller's */
};

/* A packet that is reordered, or a mover, or both. */
struct reorder_found {
	uint64_t tag;			/* of its arrival */
	uint64_t rank;			/* its start */
	uint64_t index;			/* its place within that arrival, from 0 */
	uint64_t overtaker;		/* tag of the packet j of 4.2.3, if reordered */
	uint64_t extent;		/* packets */
	uint64_t late_ns, late_bytes;
	uint64_t n;			/* it is 1- to n-reordered; may be 0 */
	int64_t displacement;		/* place by arrival - place by rank: that of
					 * RFC 5236, with no threshold */
	bool reordered, moved;
};

struct reorder_sink {
	struct reorder_metrics *sum;
	/* once for each, in order of arrival, when its window closes; may be NULL */
	void (*found)(void *arg, const struct reorder_found *found);
	void *arg;
};

struct reorder_window;
struct reorder_given_up;

/* One stream: 64 bytes. What its members count is for the functions below only. */
struct reorder_state {
	uint64_t next;			/* NextExp: the end of the highest rank seen */
	uint64_t position;		/* packets without duplicates, up to the window */
	uint64_t counted;		/* of these, the ones in the metrics */
	uint64_t run_from;		/* position after the last reordered packet */
	uint64_t last_gap;		/* for 4.5.4: position and time of the last */
	uint64_t last_gap_ns;		/* discontinuity */
	struct reorder_window *window;	/* NULL while nothing is missing */
	struct reorder_given_up *given_up;	/* NULL while nothing was given up */
};

/**
 * reorder_extend() - a 32-bit sequence number in 64 bits (RFC 4737 section 6)
 * @max:	the highest one seen, in 64 bits; a stream should begin at 2^32 or
 *		above, so that nothing is below 0
 *
 * Return: the number nearest to @max that ends in @seq.
 */
static inline uint64_t reorder_extend(uint64_t max, uint32_t seq)
{
	return max + (uint64_t)(int64_t)(int32_t)(seq - (uint32_t)max);
}

/**
 * reorder_init() - begin a stream
 * @first:	lowest rank that may come; the ranks from it to the first arrival are a
 *		hole. Where nothing is known of what was before, the first arrival's
 */
void reorder_init(struct reorder_state *s, uint64_t first);

enum reorder_verdict { REORDER_IN_ORDER, REORDER_LATE, REORDER_DUPLICATE };

int reorder_push_slow(struct reorder_state *s, const struct reorder_arrival *a,
		      const struct reorder_limits *limits, const struct reorder_sink *sink);

/**
 * reorder_push() - the next arrival
 * @limits:	the same in all calls for a stream
 *
 * An arrival that overlaps what has arrived is to be trimmed by the caller; if not,
 * all of it is a duplicate. What is in order is in the metrics when the next window
 * closes, or at reorder_flush().
 *
 * Return: enum reorder_verdict; -EINVAL (no packets, or fewer ranks than packets) and
 * nothing is counted; -ENOMEM: the arrival, or its window, is counted in part.
 */
static inline int reorder_push(struct reorder_state *s, const struct reorder_arrival *a,
			       const struct reorder_limits *limits,
			       const struct reorder_sink *sink)
{
	if (a->start != s->next || s->window || a->end <= a->start ||
	    a->packets - 1 >= a->end - a->start)
		return reorder_push_slow(s, a, limits, sink);
	s->next = a->end;
	s->position += a->packets;
	return REORDER_IN_ORDER;
}

/**
 * reorder_skip() - ranks [start, end) will not come, or came as something else
 *
 * A hole that a retransmission filled, say. Closes the window if it was the last.
 *
 * Return: 0; -EINVAL; -ENOMEM as reorder_push().
 */
int reorder_skip(struct reorder_state *s, uint64_t start, uint64_t end,
		 const struct reorder_limits *limits, const struct reorder_sink *sink);

/**
 * reorder_flush() - the stream has ended: judge what is open, and release it
 *
 * Return: 0, or -ENOMEM as reorder_push(); all is released in any case.
 */
int reorder_flush(struct reorder_state *s, const struct reorder_limits *limits,
		  const struct reorder_sink *sink);

/** reorder_mean_buffer() - sum of i * RBD[i], packets (RFC 5236) */
double reorder_mean_buffer(const struct reorder_metrics *m);

#endif
