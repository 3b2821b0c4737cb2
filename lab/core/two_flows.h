/* SPDX-License-Identifier: GPL-2.0 */
/*
 * two_flows.h - the flows of two captures: found by key, packets kept
 *
 * Private to the analysis of two captures (two*.c).
 */
#ifndef OVSLAB_CORE_TWO_FLOWS_H
#define OVSLAB_CORE_TWO_FLOWS_H

#include "bpf/flow.h"
#include "core/two.h"

#define TWO_NONE UINT32_MAX

/* A flow at one tap. */
struct two_side {
	struct obs_packet *packet;	/* [n]; seq and len; UDP: seq is the payload's hash */
	uint32_t n, room;
	struct flow_state *over;	/* beyond a bound: figures instead of packets */
};

struct two_flow {
	struct obs_key key;
	struct two_side side[2];	/* by enum two_point */
	uint32_t isn;			/* sequence number after the SYN */
	uint32_t next;			/* later flow with this key, or TWO_NONE */
	uint32_t now[2], last;		/* of the first one with a key: the one that is
					 * under way at each tap, or TWO_NONE if it is
					 * beyond the bound; the latest */
	uint32_t out;			/* the flow that it left as: itself, if nothing was
					 * rewritten; TWO_NONE if it is another one's out */
	bool has_isn;
	uint8_t bounds;			/* enum analysis_bound */
};

struct two_notes;

struct two {
	struct two_options opt;
	struct two_flow *flow;		/* [n], by first frame */
	uint32_t n, room;
	uint32_t *table;		/* [slots]: index + 1 of the first flow with a key */
	uint32_t slots;			/* a power of 2 */
	uint32_t cached[2];		/* the first one with the key of the last frame */
	struct two_notes *notes;	/* upcalls; NULL: not known. Owned */
	uint64_t packets;		/* kept */
	uint64_t unjudged;
	uint8_t bounds;
};

/** two_flow_of() - the flow of a frame; TWO_NONE if it has none, or beyond the bound */
int two_flow_of(struct two *t, enum two_point point, const struct frame *f, uint32_t *ret);

/** two_keep() - keep a data packet, or count it if a bound is met; 0 or -ENOMEM */
int two_keep(struct two *t, enum two_point point, uint32_t flow, const struct obs_packet *p);

/** two_side_free() - release its packets */
void two_side_free(struct two_side *s);

/** two_pair_rewritten() - pair flows of one tap alone with those of the other; or -ENOMEM */
int two_pair_rewritten(struct two *t, struct analysis *ret);

/** two_is_reverse() - whether it goes from the egress tap to the ingress tap */
bool two_is_reverse(const struct two_side *in, const struct two_side *out);

#endif
