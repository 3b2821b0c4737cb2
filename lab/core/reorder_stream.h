/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_stream.h - RFC 4737 and RFC 5236 over a stream, one arrival at a time
 *
 * Theory of operation. While nothing is missing below the highest rank seen, an
 * arrival in order changes a few counters and leaves no trace. The first gap opens
 * a window: arrivals are kept until every hole in it is filled or given up. A
 * closed window is judged as a whole, with the exact algorithms of reorder.c and
 * reorder_density.c: all before it is lower and all after it higher, so that
 * extents, movers (a longest increasing subsequence) and densities of the stream
 * are the sums over its windows.
 */
#ifndef OVSLAB_CORE_REORDER_STREAM_H
#define OVSLAB_CORE_REORDER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hist.h"

#define REORDER_THRESHOLD_MAX 64

struct reorder_limits {
	uint32_t window;	/* arrivals kept while a hole is open; then the window
				 * is judged as it is and its holes are given up */
	uint32_t threshold;	/* DT and BT of RFC 5236, <= REORDER_THRESHOLD_MAX */
};

#define REORDER_LIMITS_DEFAULT ((struct reorder_limits){ .window = 8192, .threshold = 16 })

/* Totals over any number of streams. Large (about 130 KB): one for an analysis. */
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
	uint64_t cut;			/* windows that met the limit: figures that look
					 * back further than that are lower bounds */
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
	int64_t displacement;		/* RFC 5236: late > 0, early < 0 */
	bool reordered, moved;
};

struct reorder_sink {
	struct reorder_metrics *sum;
	/* once for each, in order of arrival, when its window closes; may be NULL */
	void (*found)(void *arg, const struct reorder_found *found);
	void *arg;
};

struct reorder_window;

/* One stream; 40 bytes or so, so that a million fit. Zeroed and initialised. */
struct reorder_state {
	uint64_t next;			/* NextExp: the end of the highest rank seen */
	uint64_t run;			/* packets in order since the last reordered */
	uint64_t last_gap;		/* for 4.5.4: position and time of the last */
	uint64_t last_gap_ns;		/* discontinuity */
	uint64_t position;		/* arrivals without duplicates so far */
	struct reorder_window *window;	/* NULL while nothing is missing */
};

/**
 * reorder_init() - begin a stream
 * @first:	lowest rank that may come; the ranks from it to the first arrival are a
 *		hole. Where nothing is known of what was before, the first arrival's
 */
void reorder_init(struct reorder_state *s, uint64_t first);

enum reorder_verdict { REORDER_IN_ORDER, REORDER_LATE, REORDER_DUPLICATE };

/**
 * reorder_push() - the next arrival
 * @limits:	the same in all calls for a stream
 *
 * An arrival that overlaps what has arrived is to be trimmed by the caller; if not,
 * all of it is a duplicate. One that lies below a window that was given up is late,
 * with no extent.
 *
 * Return: enum reorder_verdict, or -ENOMEM (the arrival is counted, its window lost).
 */
int reorder_push(struct reorder_state *s, const struct reorder_arrival *a,
		 const struct reorder_limits *limits, const struct reorder_sink *sink);

/**
 * reorder_skip() - ranks [start, end) will not come, or came as something else
 *
 * A hole that a retransmission filled, say. Closes the window if it was the last.
 */
int reorder_skip(struct reorder_state *s, uint64_t start, uint64_t end,
		 const struct reorder_limits *limits, const struct reorder_sink *sink);

/** reorder_flush() - the stream has ended: judge what is open, and release it */
int reorder_flush(struct reorder_state *s, const struct reorder_limits *limits,
		  const struct reorder_sink *sink);

/** reorder_metrics_merge() - add @from to @into; the thresholds must be equal */
void reorder_metrics_merge(struct reorder_metrics *into, const struct reorder_metrics *from);

/** reorder_n_degree() - share of packets that are n-reordered (RFC 4737 5.3) */
double reorder_n_degree(const struct reorder_metrics *m, uint64_t n);

/** reorder_mean_buffer() - sum of i * RBD[i], packets (RFC 5236) */
double reorder_mean_buffer(const struct reorder_metrics *m);

#endif
