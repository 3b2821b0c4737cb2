/* SPDX-License-Identifier: GPL-2.0 */
/*
 * analysis.h - what 'analyze' finds, as plain data
 *
 * The same shapes for one point, two points and bare ranks. Flows and events are
 * handed over one by one, as they are final, so that their number costs no memory
 * unless somebody keeps them.
 */
#ifndef OVSLAB_CORE_ANALYSIS_H
#define OVSLAB_CORE_ANALYSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hist.h"
#include "core/observe.h"
#include "core/reorder.h"
#include "core/reorder_stream.h"

enum analysis_mode { ANALYSIS_RANKS, ANALYSIS_ONE_POINT, ANALYSIS_TWO_POINT };

enum analysis_class {
	ANALYSIS_REORDERED,		/* late: others overtook it (RFC 4737 3.3) */
	ANALYSIS_EARLY,			/* a mover that jumped ahead, not late itself */
	ANALYSIS_RETRANSMITTED,		/* by the sender */
	ANALYSIS_DUPLICATED,		/* bytes that were seen before */
	ANALYSIS_LOST,			/* two points: entered and did not leave */
	ANALYSIS_AMBIGUOUS,		/* one point: the evidence does not tell */
	ANALYSIS_CLASSES
};

enum analysis_evidence {
	ANALYSIS_BY_TAPS,		/* two points: both were seen */
	ANALYSIS_BY_RANK,		/* bare ranks */
	ANALYSIS_BY_IP_ID,
	ANALYSIS_BY_TIMESTAMP,		/* TCP timestamps, RFC 7323 */
	ANALYSIS_BY_ACK,		/* duplicate ACKs or SACK, and the time they need */
	ANALYSIS_BY_BYTES,		/* all its bytes had been seen */
	ANALYSIS_BY_NOTHING,
	ANALYSIS_EVIDENCES
};

/* Two points: which way a packet took through the switch. */
enum analysis_way {
	ANALYSIS_UNTOLD,		/* nobody noted it, or it may be another one */
	ANALYSIS_DIRECT,
	ANALYSIS_UPCALLED,		/* through vswitchd */
	ANALYSIS_WAYS
};

struct analysis_event {
	uint64_t frame;			/* one point, ranks: number from 1. Two: at the
					 * egress, 0 if it did not get there */
	uint64_t frame_in;		/* two points: at the ingress; else 0 */
	uint64_t time_ns;		/* of @frame, or of @frame_in if that is 0 */
	uint64_t flow;			/* id of its flow */
	struct obs_key key;
	uint64_t start, end;		/* bytes in the flow, from its first at 0; ranks */
	uint64_t extent;		/* packets (RFC 4737 4.2.3); 0 if it is not late */
	int64_t displacement;		/* RFC 5236: late > 0, early < 0 */
	uint64_t late_ns;		/* RFC 4737 4.3.3 */
	uint64_t transit_ns;		/* two points */
	uint8_t what;			/* enum analysis_class */
	uint8_t evidence;		/* enum analysis_evidence */
	uint8_t way;			/* enum analysis_way */
	bool moved;			/* outside a longest increasing subsequence */
	bool psh;
};

/* One flow direction. */
struct analysis_flow {
	uint64_t id;			/* from 1, by first packet */
	struct obs_key key;
	struct obs_key key_out;		/* two points: as it left; else like @key */
	uint64_t packets, bytes;	/* data, duplicates left out (L) */
	uint64_t reordered, movers, retransmitted, duplicated, lost, ambiguous;
	uint64_t unjudged;		/* one point: UDP packets whose IP IDs do not count up */
	uint64_t extent_max;
	uint64_t first_ns, last_ns;
	uint64_t psh;			/* data packets with PSH (two points: ingress) */
	uint64_t upcalled;		/* two points: of the packets that entered */
	uint8_t first_psh;		/* enum reorder_psh */
	bool began_at_psh;		/* reordered, but order was kept among all that was
					 * sent before its first PSH packet (reorder.h) */
	bool upcalls_known;		/* of each packet that entered */
	bool complete;			/* seen from its SYN */
	bool exact;			/* else a bound was met: the counts are lower bounds */
};

struct analysis_sink {
	void (*flow)(void *arg, const struct analysis_flow *flow);	/* may be NULL */
	void (*event)(void *arg, const struct analysis_event *event);	/* may be NULL */
	void *arg;
};

/* How one input was read. */
struct analysis_input {
	const char *name;		/* the caller's */
	uint64_t records;		/* in the file */
	uint64_t judged;		/* TCP (or UDP) data packets */
	uint64_t kinds[8];		/* by enum frame_kind */
	uint64_t truncated_at;		/* byte offset of damage */
	bool damaged;
	bool unpacked;			/* @truncated_at counts bytes after gunzip */
};

/* Why something is not exact: bounds that were met. */
enum analysis_bound {
	ANALYSIS_MANY_FLOWS = 1,	/* packets of further flows are not judged */
	ANALYSIS_MANY_PACKETS = 2,	/* in total: flows that had more are counted only */
	ANALYSIS_LONG_FLOW = 4,		/* in one flow: likewise */
	ANALYSIS_NO_ORDER = 8,		/* a flow's packets contradict each other, or
					 * overlap without end: likewise */
};

struct analysis {
	uint8_t mode;			/* enum analysis_mode */
	uint8_t bounds;			/* enum analysis_bound, or'ed */
	uint64_t flows, flows_reordered;
	uint64_t psh_flows;		/* flows with a PSH packet */
	uint64_t flows_began_at_psh;	/* of flows_reordered */
	/* packets, reordered, movers, ... of all flows; m.duplicates are packets */
	struct reorder_metrics m;
	uint64_t retransmitted, lost, lost_bytes, ambiguous;
	uint64_t duplicated;
	uint64_t unjudged;		/* packets of flows beyond the bound; one point: UDP
					 * packets whose IP IDs do not count up */
	uint64_t keepalives;		/* one point: TCP keep-alives and zero-window probes
					 * of one byte, in none of the figures above */
	uint64_t ingress_reordered;	/* two points: out of order before the switch */
	uint64_t unmatched;		/* two points: left without having entered */
	uint64_t evidence[ANALYSIS_EVIDENCES];	/* what decided about late packets */
	struct hist transit_ns;		/* two points */
	bool upcalls_known;		/* it was noted which packets went through vswitchd: */
	struct hist transit_way_ns[ANALYSIS_WAYS];	/* the same packets; else empty */
	const char *upcalls_why_not;	/* the caller's, if that was tried and not possible */
	uint64_t upcalls, upcalls_found;	/* notes; those that a judged packet has */
	uint64_t transit_negative;	/* left before they entered: the clocks differ */
	/* Two points, flows that are not among @flows: seen at the egress tap alone, or
	 * going the other way, from there to the ingress tap. */
	uint64_t flows_only_out, flows_reverse;
	uint64_t flows_only_in;		/* among @flows: all of it lost, or gone elsewhere */
	uint64_t flows_rewritten;	/* paired though addresses or ports differ */
	uint64_t flows_ambiguous;	/* could be paired with more than one: not paired */
	uint64_t flows_expired;		/* idle, or the oldest beyond the bound */
	uint64_t inexact_flows;		/* met a bound of their own */
	bool exact;
};

/** analysis_is_turned() - two points: most packets of the ingress left the switch there */
static inline bool analysis_is_turned(const struct analysis *a, const struct analysis_input *ingress)
{
	return a->flows_reverse && 2 * (a->m.packets + a->lost) < ingress->judged;
}

#endif
