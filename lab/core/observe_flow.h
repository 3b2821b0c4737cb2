/* SPDX-License-Identifier: GPL-2.0 */
/*
 * observe_flow.h - a flow as the probes' code keeps it (bpf/flow.h), as an observation
 */
#ifndef OVSLAB_CORE_OBSERVE_FLOW_H
#define OVSLAB_CORE_OBSERVE_FLOW_H

#include "bpf/flow.h"
#include "core/observe.h"

_Static_assert((int)OBS_PSH == (int)FLOW_PSH &&
	       (int)OBS_FIRST_PSH == (int)FLOW_FIRST_PSH &&
	       (int)OBS_IDS_COUNT == (int)FLOW_IDS_COUNT, "the same flags");

/** obs_event_of() - an event, by the index that it has in its life */
static inline struct obs_event obs_event_of(const struct flow_event *e)
{
	return (struct obs_event){
		.index = e->index, .time_ns = e->time_ns, .seq = e->seq,
		.prev_end = e->prev_end, .len = e->len, .ip_id = e->ip_id,
		.flags = e->flags & (FLOW_PSH | FLOW_FIRST_PSH | FLOW_IDS_COUNT),
	};
}

/** obs_point_fill() - the figures of a flow of one life; its events stay */
static inline void obs_point_fill(struct obs_point *p, const struct flow_state *s)
{
	p->packets = s->packets;
	p->wire_packets = s->wire_packets;
	p->bytes = s->bytes;
	p->psh = s->psh;
	p->late = s->late;
	p->first_ns = s->first_ns;
	p->last_ns = s->last_ns;
	p->has_psh = s->psh > 0;
	p->first_psh_seq = s->first_psh_seq;
	p->last_end = s->next_seq;
}

#endif
