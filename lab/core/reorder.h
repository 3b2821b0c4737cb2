/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder.h - reordering metrics: of whole sequences, and across a switch
 *
 * Packets are given by the order in which they were sent ("rank"). A stream of any
 * length is judged by reorder_stream.h. Two points (reorder_two.c): the ranks come
 * from the ingress tap, the order of arrival from the egress tap, so that what is
 * found is what the switch between them did.
 */
#ifndef OVSLAB_CORE_REORDER_H
#define OVSLAB_CORE_REORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/observe.h"
#include "core/reorder_stream.h"

/* ---- distributions ------------------------------------------------------- */

#define REORDER_BUCKETS 32

/* A distribution of values >= 1: bucket b counts those in [2^b, 2^(b+1)). */
struct reorder_hist {
	uint64_t count, sum, max;
	uint64_t bucket[REORDER_BUCKETS];	/* the last one is open-ended */
};

/** reorder_hist_add() - count @value, which is at least 1 */
void reorder_hist_add(struct reorder_hist *h, uint64_t value);

/** reorder_hist_merge() - add @from to @into */
void reorder_hist_merge(struct reorder_hist *into, const struct reorder_hist *from);

/** reorder_hist_mean() - 0 if nothing was counted */
double reorder_hist_mean(const struct reorder_hist *h);

/** reorder_ratio() - reordered / L (RFC 4737 section 4.1.3); 0 of nothing is 0 */
double reorder_ratio(uint64_t reordered, uint64_t packets);

/* ---- stretches of packets ------------------------------------------------ */

/* Packets of ranks rank ... rank + weight - 1 that arrived one after another. */
struct reorder_unit {
	uint64_t rank;
	uint64_t weight;
};

/**
 * reorder_movers() - the fewest packets whose removal leaves the rest in order
 * @u:		units in order of arrival; their ranks do not overlap
 * @ret_moved:	[n]: which units moved. Of equally good answers the one that
 *		blames reordered packets (RFC 4737) rather than overtakers
 * @ret_movers:	their weight
 *
 * O(n log n): a heaviest increasing subsequence over a Fenwick tree.
 *
 * Return: 0, or -ENOMEM.
 */
int reorder_movers(const struct reorder_unit *u, size_t n, bool *ret_moved,
		   uint64_t *ret_movers);

/* ---- across the switch --------------------------------------------------- */

enum reorder_psh {
	REORDER_PSH_NONE,		/* no packet of the flow had PSH */
	REORDER_PSH_LOST,		/* the packet did not leave the switch */
	REORDER_PSH_IN_ORDER,
	REORDER_PSH_LATE,		/* it was overtaken: reordered itself */
	REORDER_PSH_EARLY,		/* it jumped ahead of earlier packets */
	REORDER_PSH_UNKNOWN,		/* not tracked: see @exact */
};

/* Figures of one flow, or their totals. Unit: a packet as it entered the switch. */
struct reorder_figures {
	uint64_t packets;		/* delivered, duplicates left out (L) */
	uint64_t reordered;		/* made late by the switch (RFC 4737 3.3) */
	uint64_t movers;
	uint64_t retransmitted;		/* by the sender: bytes seen at ingress before */
	uint64_t ingress_reordered;	/* out of order before the switch saw them */
	uint64_t lost, lost_bytes;	/* entered the switch, did not leave it */
	uint64_t duplicated;		/* left the switch once more than they entered: */
	uint64_t duplicated_bytes;	/* packets as the egress tap saw them */
	uint64_t unseen, unseen_bytes;	/* left the switch without having entered it */
	uint64_t estimated;		/* what the events of the probes do not tell: cuts
					 * placed by packet size, copies that mix */
	struct reorder_hist extent;	/* packets (RFC 4737 4.2.3) */
	uint64_t ingress_packets, egress_packets;	/* as the taps saw them */
	uint64_t ingress_wire_packets, egress_wire_packets;
	uint64_t ingress_bytes, egress_bytes;
	uint64_t ingress_psh, egress_psh;
};

struct reorder_flow {
	struct obs_key key;
	struct reorder_figures f;
	bool exact;			/* else: late counters, no extents, no movers */
	enum reorder_psh first_psh;
	uint64_t displacement;		/* packets that it was overtaken by, or overtook */
	bool began_at_psh;		/* reordered, and order was kept among all that
					 * entered before the first PSH packet: the first
					 * one to overtake was it, or entered after it */
};

/* What the packets were seen by. */
enum reorder_source { REORDER_BY_PROBES, REORDER_BY_CAPTURE };

struct reorder_result {
	enum reorder_source source;
	struct reorder_figures f;
	bool exact;			/* every flow is */
	uint64_t flows, flows_reordered;
	uint64_t psh_flows;		/* with a PSH packet that left the switch */
	uint64_t psh_late, psh_early;	/* flows whose first PSH packet moved */
	uint64_t psh_began;		/* flows with began_at_psh */
	uint64_t psh_max_displacement;
	struct reorder_flow *flow;	/* [flows]; owned */
	struct reorder_metrics *m;	/* all of RFC 4737 and 5236; owned; NULL in a
					 * result that was read from a file */
};

/*
 * Bytes that passed a tap as one stretch. A packet at a tap is found by the bytes that
 * arrived there before it (struct obs_packet, end).
 */
struct reorder_stretch {
	uint64_t start, end;		/* in the flow, its lowest byte is 0 */
	uint64_t in_at, out_at;		/* bytes that entered, and left, before them; of
					 * the flow, at that tap */
	uint64_t packets;		/* as they entered; twice and unseen: as they left */
};

enum reorder_note {
	REORDER_LEFT,			/* entered and left, in one piece */
	REORDER_LOST,			/* entered; out_at says nothing */
	REORDER_AGAIN,			/* entered, not for the first time; likewise */
	REORDER_TWICE,			/* left once more than they entered; in_at says */
	REORDER_UNSEEN,			/* left without having entered; nothing */
};

/* Who wants to know more than totals. NULL where not. */
struct reorder_hooks {
	/* all LEFT of a flow come first, in order of leaving, but for TWICE and UNSEEN */
	void (*note)(void *arg, enum reorder_note what, const struct reorder_stretch *s);
	/* packet @k of stretch @s is reordered, or a mover */
	void (*found)(void *arg, const struct reorder_stretch *s, uint64_t k,
		      const struct reorder_found *f);
	void *arg;
};

struct reorder_options {
	/* which flows to judge; NULL = all */
	bool (*keep)(const struct obs_flow *flow, void *arg);
	void *arg;
	struct reorder_limits limits;	/* zeroed: no limit, REORDER_LIMITS_DEFAULT.threshold */
	struct reorder_hooks hooks;
	bool clocks_differ;		/* the taps' times do not compare */
};

/**
 * reorder_two_point() - what the switch did to the order of packets
 * @obs:	what both probes saw
 * @opt:	NULL for all flows
 * @ret:	filled on success; release with reorder_result_free()
 *
 * Where events are missing, a flow falls back to the difference of the probes'
 * late counters and its @exact is false.
 *
 * Return: 0, or -ENOMEM.
 */
int reorder_two_point(const struct observation *obs,
		      const struct reorder_options *opt,
		      struct reorder_result *ret);
void reorder_result_free(struct reorder_result *r);

/**
 * reorder_two_flow() - the same for one flow
 * @missing:	events of the observation were dropped
 * @opt:	limits and hooks; NULL for none
 * @sum:	its metrics are added there
 *
 * Return: 0, or -ENOMEM.
 */
int reorder_two_flow(const struct obs_flow *flow, bool missing,
		     const struct reorder_options *opt, struct reorder_metrics *sum,
		     struct reorder_flow *ret);

#endif
