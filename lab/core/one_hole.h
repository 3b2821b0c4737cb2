/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_hole.h - what a flow that is out of order remembers: holes and arrivals
 *
 * Private to the one-point analysis. Allocated when a hole opens and released
 * when the last one is settled; all flows together keep to one budget.
 */
#ifndef OVSLAB_CORE_ONE_HOLE_H
#define OVSLAB_CORE_ONE_HOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct one_budget {
	size_t used, max;		/* bytes */
};

enum one_hole_state {
	ONE_HOLE_OPEN,
	ONE_HOLE_FILLED,		/* by a retransmission: the original may come */
	ONE_HOLE_ACKED,			/* the receiver has it, this capture does not */
};

/* Ranks [start, end) that were jumped over, and by whom. */
struct one_hole {
	uint64_t start, end;
	uint64_t opened_ns;		/* when the overtaker came */
	uint64_t below_ns;		/* when the packet before the hole did; 0 unknown */
	uint64_t due;			/* position at which it is given up */
	uint32_t id_sum;		/* IP IDs passed by the flow up to the overtaker */
	uint32_t ts;			/* of the overtaker */
	uint32_t filler_ts;		/* of the retransmission */
	uint16_t id, below_id, filler_id;	/* IP IDs; 0 unknown */
	uint8_t state;			/* enum one_hole_state */
	bool has_ts;
};

/* An arrival within a window, until the stream has judged it. */
struct one_arrival {
	uint64_t number, time_ns;
	uint64_t start;
	uint32_t len;
	uint8_t evidence;
	bool psh;
};

struct one_disorder {
	struct one_hole *hole;		/* [n_holes], ascending */
	struct one_arrival *arrival;	/* [n_arrivals]; the first has tag @base */
	uint32_t n_holes, holes_room;
	uint32_t n_arrivals, arrivals_room;
	uint64_t base;
	uint64_t position;		/* arrivals since the first hole opened */
	uint64_t due;			/* the least of the holes', or earlier */
	uint64_t asked_ns;		/* last duplicate ACK or SACK; 0 none */
};

/** one_disorder_new() - NULL if out of memory or over the budget */
struct one_disorder *one_disorder_new(struct one_budget *b);
void one_disorder_free(struct one_disorder *d, struct one_budget *b);

/**
 * one_disorder_note() - keep an arrival
 * @most:	how many may be looked up; older ones are forgotten
 *
 * Return: 0, or -ENOMEM, also if over the budget.
 */
int one_disorder_note(struct one_disorder *d, const struct one_arrival *a, uint32_t most,
		      struct one_budget *b);

/** one_disorder_unnote() - the stream did not take the last arrival */
void one_disorder_unnote(struct one_disorder *d);

/** one_disorder_forget() - the stream has judged all arrivals so far */
void one_disorder_forget(struct one_disorder *d);

/** one_hole_room() - make room for @n more holes; -ENOMEM also if over the budget */
int one_hole_room(struct one_disorder *d, uint32_t n, struct one_budget *b);

/** one_hole_add() - @h lies above all others; there is room */
void one_hole_add(struct one_disorder *d, const struct one_hole *h);

/** one_hole_find() - the first at or after index @i that overlaps; n_holes if none */
uint32_t one_hole_find(const struct one_disorder *d, uint32_t i, uint64_t start,
		       uint64_t end);

/** one_hole_drop() - take out hole @i */
void one_hole_drop(struct one_disorder *d, uint32_t i);

/**
 * one_hole_cut() - take [start, end) out of hole @i, of which it is a part
 * @filled:	left in its place, if not NULL
 *
 * Needs room for 2 more.
 */
void one_hole_cut(struct one_disorder *d, uint32_t i, uint64_t start, uint64_t end,
		  const struct one_hole *filled);

#endif
