/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one.h - one capture: what was reordered before it, and what was sent again
 *
 * Theory of operation. A TCP segment below the highest byte seen either fills a
 * hole or repeats bytes. What fills a hole is judged by evidence, in this order:
 *
 *   IP ID       where the sender counts: between the packet before the hole and
 *               the one that jumped over it = reordered, after it = retransmitted
 *   timestamp   RFC 7323, against the packet that jumped: smaller = reordered,
 *               larger = retransmitted, equal = it does not tell
 *   ACKs        sooner after the packet before the hole than the shortest round
 *               trip: no sender can repeat so fast = reordered. After a duplicate
 *               ACK or a SACK, and more than a round trip after the jump =
 *               retransmitted
 *   nothing     ambiguous, a class of its own
 *
 * Bytes that were all seen: sent anew by its IP ID or timestamp, or asked for by
 * duplicate ACKs = retransmitted; otherwise duplicated. One case is neither: a
 * retransmission filled the hole, and then the original arrives. It was overtaken,
 * so it is reordered; for that a filled hole is remembered for a while. And where
 * an open hole was given up, for it lasted too long, nobody knows any more whether
 * bytes below had been seen: what would be duplicated there is ambiguous.
 *
 * Packets are packets as captured: what GRO merged is one. Each TCP packet with
 * data is counted once, in m.packets, retransmitted, duplicated, ambiguous or
 * keepalives. A UDP flow is ranked by its IP IDs; where they do not count up its
 * packets are counted as unjudged.
 */
#ifndef OVSLAB_CORE_ONE_H
#define OVSLAB_CORE_ONE_H

#include <stddef.h>
#include <stdint.h>

#include "core/analysis.h"
#include "core/frame.h"

struct one_options {
	uint64_t seed;			/* of the hash: drawn anew for files of strangers */
	uint32_t max_flows;		/* beyond it the longest idle one is ended */
	uint64_t idle_ns;		/* a flow that is silent for so long has ended;
					 * kept to the second of the capture's time */
	uint32_t max_holes;		/* of one flow, open or remembered */
	size_t max_disorder_bytes;	/* of all flows, for holes and windows */
	struct reorder_limits limits;
	struct analysis_sink sink;
};

#define ONE_OPTIONS_DEFAULT ((struct one_options){	\
	.max_flows = 1000000,				\
	.idle_ns = 300ull * 1000000000,			\
	.max_holes = 256,				\
	.max_disorder_bytes = 32u << 20,		\
	.limits = REORDER_LIMITS_DEFAULT,		\
})

struct one;

/**
 * one_new() - begin
 * @opt:	copied
 *
 * Return: to be released with one_free(); NULL if out of memory.
 */
struct one *one_new(const struct one_options *opt);
void one_free(struct one *o);

/**
 * one_push() - the next frame, in order of capture; both directions if there are
 *
 * Frames that are neither TCP nor UDP are passed over.
 *
 * Return: 0, or -ENOMEM (the frame is not counted, or not wholly).
 */
int one_push(struct one *o, const struct frame *f);

/**
 * one_push_many() - one_push() for each of @f, with their flows fetched ahead
 *
 * Faster where flows interleave. Pays from about 8 frames on.
 */
int one_push_many(struct one *o, const struct frame *f, size_t n);

/**
 * one_end() - end all flows, through the sink, and read the totals
 *
 * Flows come in no particular order, each after its events; an event of a late
 * packet comes when the holes around it are settled, so frame numbers may step
 * back. An event's bytes count from the first of its flow (from its SYN, if that
 * was seen; a packet below the first of a flow joined midway begins at 0), those
 * of UDP are IP IDs since the first.
 *
 * Return: 0, or -ENOMEM (of any call so far).
 */
int one_end(struct one *o, struct analysis *ret);

#endif
