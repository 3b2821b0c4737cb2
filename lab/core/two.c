// SPDX-License-Identifier: GPL-2.0
/*
 * two.c - two captures of the same traffic: frames in, an analysis out
 */
#include "core/two.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/two_flows.h"
#include "core/two_judge.h"
#include "core/two_upcalls.h"
#include "core/util.h"

#define NOTED_VLANS 2			/* behind more, Open vSwitch's kernel looks no farther */
#define MAX_PACKETS (64ull << 20)
#define MAX_FLOW_PACKETS (16ull << 20)
#define MAX_FLOWS (4ull << 20)

static uint64_t at_most(uint64_t value, uint64_t usual, uint64_t max)
{
	value = value ?: usual;
	return value < max ? value : max;
}

int two_new(const struct two_options *opt, struct two **ret)
{
	struct two *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	if (opt)
		t->opt = *opt;
	t->opt.max_packets = at_most(t->opt.max_packets, MAX_PACKETS, UINT64_MAX);
	t->opt.max_flow_packets = at_most(t->opt.max_flow_packets, MAX_FLOW_PACKETS,
					  UINT32_MAX / 2);
	t->opt.max_flows = at_most(t->opt.max_flows, MAX_FLOWS, UINT32_MAX / 4);
	t->cached[TWO_IN] = t->cached[TWO_OUT] = TWO_NONE;
	*ret = t;
	return 0;
}

void two_free(struct two *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->n; i++) {
		for (int p = TWO_IN; p <= TWO_OUT; p++) {
			two_side_free(&t->flow[i].side[p]);
			free(t->flow[i].side[p].over);
		}
	}
	two_notes_free(t->notes);
	free(t->flow);
	free(t->table);
	free(t);
}

/* ---- frames -------------------------------------------------------------- */

static uint32_t payload_hash(const struct two *t, const struct frame *f)
{
	if (t->opt.id == TWO_ID_IPID || !f->payload)
		return 0;
	return (uint32_t)XXH3_64bits(f->payload, f->payload_captured);
}

int two_push(struct two *t, enum two_point point, const struct frame *f)
{
	struct obs_packet p = { .time_ns = f->time_ns, .number = f->number,
				.ip_id = f->ip_id, .len = f->len,
				.unnoted = f->extended || f->n_vlan > NOTED_VLANS };
	uint32_t flow;
	int rc;

	if (f->kind != FRAME_TCP && f->kind != FRAME_UDP)
		return 0;
	rc = two_flow_of(t, point, f, &flow);
	if (rc || !f->len)
		return rc;
	if (flow == TWO_NONE) {
		t->unjudged++;
		return 0;
	}
	if (f->kind == FRAME_TCP) {
		p.seq = f->seq + !!(f->tcp_flags & PKT_SYN);	/* TCP Fast Open */
		p.psh = !!(f->tcp_flags & PKT_PSH);
	} else {
		p.seq = payload_hash(t, f);
	}
	return two_keep(t, point, flow, &p);
}

int two_upcalls(struct two *t, const struct two_upcalls *u)
{
	two_notes_free(t->notes);
	t->notes = two_notes_new(u);
	return t->notes ? 0 : -ENOMEM;
}

/* ---- flows --------------------------------------------------------------- */

static bool is_empty(const struct two_side *s)
{
	return !s->n && !s->over;
}

static void first_last(const struct two_side *s, uint64_t *first, uint64_t *last)
{
	if (s->over || s->n) {
		uint64_t from = s->over ? s->over->first_ns : s->packet[0].time_ns;
		uint64_t to = s->over ? s->over->last_ns : s->packet[s->n - 1].time_ns;

		*first = !*first || from < *first ? from : *first;
		*last = to > *last ? to : *last;
	}
}

static void add_flow(struct analysis *a, const struct two_flow *flow,
		     const struct analysis_flow *f)
{
	a->flows++;
	a->flows_reordered += f->reordered > 0;
	a->psh_flows += f->psh > 0;
	a->flows_began_at_psh += f->began_at_psh;
	a->retransmitted += f->retransmitted;
	a->lost += f->lost;
	a->duplicated += f->duplicated;
	a->evidence[ANALYSIS_BY_TAPS] += f->reordered;
	a->inexact_flows += !f->exact;
	a->exact &= f->exact;
	a->flows_only_in += is_empty(&flow->side[TWO_OUT]);
}

static int judge(struct two *t, struct two_judge *j, struct two_flow *flow, uint64_t id)
{
	struct analysis_flow f = { .id = id, .key = flow->key, .complete = flow->has_isn,
				   .key_out = t->flow[flow->out].key };
	int rc;

	j->flow = flow;
	j->in = &flow->side[TWO_IN];
	j->out = &t->flow[flow->out].side[TWO_OUT];
	j->ret = &f;			/* cppcheck-suppress autoVariables; until we return */
	first_last(j->in, &f.first_ns, &f.last_ns);
	first_last(j->out, &f.first_ns, &f.last_ns);
	rc = two_upcalls_of(j);
	if (!rc)
		rc = flow->key.proto == IPPROTO_UDP ? two_judge_udp(j) : two_judge_tcp(j);
	if (rc)
		return rc;
	add_flow(j->sum, flow, &f);
	if (t->opt.sink.flow)
		t->opt.sink.flow(t->opt.sink.arg, &f);
	return 0;
}

/* A flow that did not enter here: traffic of others, or of the other direction. */
static bool is_foreign(const struct two *t, const struct two_flow *flow,
		       struct analysis *a)
{
	const struct two_side *in = &flow->side[TWO_IN], *out;

	if (flow->out == TWO_NONE)
		return true;
	out = &t->flow[flow->out].side[TWO_OUT];
	if (is_empty(in)) {
		a->flows_only_out += !is_empty(out);
		a->unmatched += out->over ? out->over->packets : out->n;
		return true;
	}
	if (t->opt.clocks_differ || !two_is_reverse(in, out))
		return false;
	a->flows_reverse++;
	return true;
}

static int judge_all(struct two *t, struct analysis *a)
{
	struct two_judge j = { .opt = &t->opt, .sum = a, .notes = t->notes };
	uint64_t id = 0;
	int rc = 0;

	two_upcalls_begin(t);
	for (uint32_t i = 0; rc == 0 && i < t->n; i++) {
		struct two_flow *flow = &t->flow[i];

		if (!is_foreign(t, flow, a))
			rc = judge(t, &j, flow, ++id);
		two_side_free(&flow->side[TWO_IN]);
		if (flow->out != TWO_NONE)
			two_side_free(&t->flow[flow->out].side[TWO_OUT]);
	}
	if (t->notes)
		two_upcalls_end(t->notes, a);
	two_judge_free(&j);
	return rc;
}

int two_end(struct two *t, struct analysis *ret)
{
	int rc = 0;

	*ret = (struct analysis){ .mode = ANALYSIS_TWO_POINT, .bounds = t->bounds,
				  .unjudged = t->unjudged, .exact = !t->bounds };
	ret->m.threshold = t->opt.limits.threshold ?: REORDER_LIMITS_DEFAULT.threshold;
	free(t->table);
	t->table = NULL;
	if (t->opt.rewrites)
		rc = two_pair_rewritten(t, ret);
	return rc ?: judge_all(t, ret);
}
