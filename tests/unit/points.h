/* SPDX-License-Identifier: GPL-2.0 */
/*
 * points.h - what a tap sees, through the probes' own code
 */
#ifndef OVSLAB_TESTS_UNIT_POINTS_H
#define OVSLAB_TESTS_UNIT_POINTS_H

#include <assert.h>
#include <stdlib.h>

#include "core/observe_flow.h"

/* A packet comes by; obs_point_fill() after the last. */
static inline void point_push(struct obs_point *p, struct flow_state *s,
			      const struct flow_packet *packet, int each_psh)
{
	struct flow_event e;

	if (!flow_push(s, packet, each_psh, &e))
		return;
	p->events = realloc(p->events, (p->n_events + 1) * sizeof(*p->events));
	assert(p->events);
	p->events[p->n_events++] = obs_event_of(&e);
}

/* Both taps' events. */
static inline void points_free(struct obs_flow *flow)
{
	free(flow->in.events);
	free(flow->out.events);
}

#endif
