/* SPDX-License-Identifier: GPL-2.0 */
/*
 * two_judge.h - one flow of two captures: figures, events, transit
 *
 * Private to the analysis of two captures (two*.c).
 */
#ifndef OVSLAB_CORE_TWO_JUDGE_H
#define OVSLAB_CORE_TWO_JUDGE_H

#include "core/two_flows.h"

/* What is reused from flow to flow. */
struct two_judge {
	const struct two_options *opt;
	struct analysis *sum;
	struct obs_event *event[2];	/* [room_events], by enum two_point */
	size_t room_events[2];
	uint32_t *left_as;		/* [room_left]: at egress, of each packet at */
	size_t room_left;		/* ingress; index + 1, or 0 */
	uint8_t *way;			/* [room_way]: enum analysis_way of each of them; */
	size_t room_way;		/* NULL: not known */
	struct two_notes *notes;	/* upcalls, or NULL */
	/* the flow at work */
	const struct two_flow *flow;
	const struct two_side *in, *out;
	struct analysis_flow *ret;
	uint64_t told[2];		/* packets up to here were told as lost, as sent
					 * again: pieces of one are told once */
};

/**
 * two_judge_tcp() - judge a flow by its bytes
 * @j:		flow, in, out and ret are set
 *
 * Converts the packets of both sides for good. Return: 0, or -ENOMEM.
 */
int two_judge_tcp(struct two_judge *j);

/** two_judge_udp() - judge a flow by its packets' identity; 0, or -ENOMEM */
int two_judge_udp(struct two_judge *j);

/** two_judge_free() - release what is reused */
void two_judge_free(struct two_judge *j);

/** two_transit() - count the time of packet @i at ingress, @e at egress */
void two_transit(const struct two_judge *j, uint32_t i, uint32_t e);

/** two_room_left() - clear left_as for this flow; 0, or -ENOMEM */
int two_room_left(struct two_judge *j);

/**
 * two_event() - an event about packet @i at ingress, if somebody wants to know
 * @e:		what its kind has besides: what, extent, displacement, ...
 */
void two_event(const struct two_judge *j, uint32_t i, struct analysis_event e);

/** two_event_out() - one about packet @i at egress, of which none is known at ingress */
void two_event_out(const struct two_judge *j, uint32_t i, struct analysis_event e);

#endif
