// SPDX-License-Identifier: GPL-2.0
/*
 * two_result.c - an analysis of two points in the shape of a run's result
 *
 * A flow's events come before the flow itself, and no other flow's come between.
 */
#include "core/two_result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

static void on_event(void *arg, const struct analysis_event *e)
{
	struct two_result *t = arg;

	if (e->what == ANALYSIS_REORDERED && e->extent)
		reorder_hist_add(&t->extent, e->extent);
}

static struct reorder_flow *one_more(struct two_result *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	struct reorder_flow *flow;

	if (t->n < t->room)
		return &t->flow[t->n++];
	flow = reallocarray(t->flow, room, sizeof(*flow));
	if (!flow) {
		t->failed = true;
		return NULL;
	}
	t->flow = flow;
	t->room = room;
	return &t->flow[t->n++];
}

static void on_flow(void *arg, const struct analysis_flow *f)
{
	struct two_result *t = arg;
	struct reorder_flow *to = one_more(t);

	if (!to)
		return;
	*to = (struct reorder_flow){
		.key = f->key, .exact = f->exact, .first_psh = f->first_psh,
		.began_at_psh = f->began_at_psh,
		.f = {
			.packets = f->packets, .reordered = f->reordered, .movers = f->movers,
			.retransmitted = f->retransmitted, .lost = f->lost,
			.duplicated = f->duplicated, .extent = t->extent,
			.ingress_packets = f->packets + f->lost,
			.egress_packets = f->packets + f->duplicated,
			.ingress_bytes = f->bytes, .egress_bytes = f->bytes,
			.ingress_psh = f->psh,
		},
	};
	to->f.ingress_wire_packets = to->f.ingress_packets;
	to->f.egress_wire_packets = to->f.egress_packets;
	t->extent = (struct reorder_hist){ 0 };
}

struct analysis_sink two_result_sink(struct two_result *t)
{
	return (struct analysis_sink){ .flow = on_flow, .event = on_event, .arg = t };
}

static void add_flow(struct reorder_figures *sum, const struct reorder_figures *f)
{
	reorder_hist_merge(&sum->extent, &f->extent);
	sum->ingress_packets += f->ingress_packets;
	sum->egress_packets += f->egress_packets;
	sum->ingress_bytes += f->ingress_bytes;
	sum->egress_bytes += f->egress_bytes;
	sum->ingress_psh += f->ingress_psh;
}

static struct reorder_figures totals(const struct two_result *t, const struct analysis *a)
{
	struct reorder_figures sum = {
		.packets = a->m.packets, .reordered = a->m.reordered, .movers = a->m.movers,
		.retransmitted = a->retransmitted, .ingress_reordered = a->ingress_reordered,
		.lost = a->lost, .lost_bytes = a->lost_bytes, .duplicated = a->duplicated,
		.unseen = a->unmatched,
	};

	for (size_t i = 0; i < t->n; i++)
		add_flow(&sum, &t->flow[i].f);
	sum.ingress_bytes += a->lost_bytes;
	sum.egress_packets += a->unmatched;
	sum.ingress_wire_packets = sum.ingress_packets;
	sum.egress_wire_packets = sum.egress_packets;
	return sum;
}

int two_result_end(struct two_result *t, const struct analysis *a, struct reorder_result *ret)
{
	struct reorder_metrics *m = malloc(sizeof(*m));

	if (!m || t->failed) {
		free(m);
		return -ENOMEM;
	}
	*m = a->m;
	*ret = (struct reorder_result){
		.source = REORDER_BY_CAPTURE, .f = totals(t, a), .exact = a->exact,
		.flows = t->n, .flows_reordered = a->flows_reordered, .flow = t->flow, .m = m,
	};
	t->flow = NULL;
	t->n = t->room = 0;
	return 0;
}

void two_result_free(struct two_result *t)
{
	free(t->flow);
	*t = (struct two_result){ 0 };
}
