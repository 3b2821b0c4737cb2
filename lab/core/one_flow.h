/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_flow.h - a flow's arrivals: to the stream's metrics, to events and totals
 *
 * Private to the one-point analysis. Knows ranks, not protocols.
 */
#ifndef OVSLAB_CORE_ONE_FLOW_H
#define OVSLAB_CORE_ONE_FLOW_H

#include "core/one.h"
#include "core/one_judge.h"
#include "core/one_table.h"

/* Ranks of a flow begin here, so that none below its first packet is negative. */
#define ONE_ORIGIN (1ull << 32)

/* How many arrivals a hole that is filled, or acknowledged, is remembered. */
#define ONE_REMEMBER 256

struct one {
	struct one_options opt;
	struct one_table table;
	struct one_budget budget;
	uint64_t tick;			/* of the last frame */
	uint32_t idle_ticks;
	uint32_t n_numbered;		/* flows so far */
	int rc;				/* first failure */
	bool evicted;			/* flows ended for want of room */
	const struct one_conn *conn;	/* whose arrivals the stream judges just now */
	struct one_half *half;
	struct one_arrival lone;	/* one that no window holds */
	struct reorder_sink to;
	uint64_t beyond;		/* a.m.beyond, as far as a flow was blamed for it */
	struct analysis a;
};

/** one_flow_begin() - @h, zeroed but for what a handshake left, carries data */
void one_flow_begin(struct one *o, struct one_half *h, uint64_t time_ns);

/** one_flow_end() - through the sink; @h may be begun anew after it was zeroed */
int one_flow_end(struct one *o, struct one_conn *c, struct one_half *h);

/** one_flow_psh() - a packet of rank @start has PSH */
static inline void one_flow_psh(struct one_half *h, uint64_t start)
{
	if (!h->psh++ || start < h->first_psh)
		h->first_psh = start;
}

/** one_flow_tell() - the stream learns of what is pending: h->told becomes h->max */
int one_flow_tell(struct one *o, struct one_conn *c, struct one_half *h);

/**
 * one_flow_hole() - @hole opens above all that was told; its due counts from now
 *
 * Where a bound forbids it the flow becomes inexact, and what is remembered of it is
 * given up.
 *
 * Return: false if so; then the caller skips the hole, after the arrival that
 * jumped over it.
 */
bool one_flow_hole(struct one *o, struct one_conn *c, struct one_half *h,
		   struct one_hole *hole);

/** one_flow_forget() - have judged what is open, and begin anew behind it */
void one_flow_forget(struct one *o, struct one_conn *c, struct one_half *h);

/** one_flow_arrive() - @f brought ranks [start, end), in order or late by @evidence */
int one_flow_arrive(struct one *o, struct one_conn *c, struct one_half *h,
		    const struct frame *f, uint64_t start, uint64_t end, uint8_t evidence);

/** one_flow_skip() - [start, end) will not arrive as a packet of the stream */
int one_flow_skip(struct one *o, struct one_conn *c, struct one_half *h, uint64_t start,
		  uint64_t end);

/** one_flow_count() - @f is none of the stream's: retransmitted, duplicated, ambiguous */
void one_flow_count(struct one *o, struct one_conn *c, struct one_half *h,
		    const struct frame *f, uint64_t start, struct one_verdict v);

/**
 * one_flow_doubt() - what to say of a packet at @start that fills no hole, as far as
 * is known: not duplicated where a hole may have been, that was given up
 */
struct one_verdict one_flow_doubt(struct one_half *h, uint64_t start, struct one_verdict v);

/**
 * one_flow_reserve() - room to cut one hole, within the flow's bound
 *
 * The lowest holes are given up for it. Holes may have moved: look them up again.
 * Return: whether anything is remembered still.
 */
bool one_flow_reserve(struct one *o, struct one_conn *c, struct one_half *h);

/** one_flow_settle() - give up the holes that are due, and forget what is over */
int one_flow_settle(struct one *o, struct one_conn *c, struct one_half *h);

#endif
