// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_two.c - what a switch did to the order of packets, from its two taps
 *
 * Theory of operation. Each packet that enters the switch is a transmission with
 * a rank; a retransmission by the sender is one of its own. The flow's bytes are
 * cut into cells (reorder_map.c), and what left is matched with what entered
 * (reorder_match.c). The matched ranks, in egress order, are then judged as one
 * stream (reorder_stream.c), in stretches of packets. Live probes give the runs
 * alone; captures give each packet too, so that what is else placed by the mean
 * packet size is exact, and the times of late packets are their own.
 */
#include "core/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder_match.h"
#include "core/util.h"

/* One flow at work. */
struct two {
	const struct obs_flow *flow;
	const struct reorder_options *opt;
	struct reorder_runs in, out;
	struct reorder_map map;
	struct reorder_match match;
	struct reorder_limits limits;
	struct reorder_sink sink;
	uint32_t psh_tx;		/* the first PSH packet, or REORDER_NO_TX */
	bool psh_late, psh_early;	/* a piece of it was found so */
	size_t first_overtaker;		/* of what left; n if none */
	struct reorder_flow *ret;
};

static void two_free(struct two *t)
{
	free(t->in.run);
	free(t->out.run);
	reorder_map_free(&t->map);
	free(t->match.passed);
}

static void note(const struct two *t, enum reorder_note what, const struct reorder_stretch *s)
{
	if (t->opt && t->opt->hooks.note)
		t->opt->hooks.note(t->opt->hooks.arg, what, s);
}

/* ---- what left, as a stream of ranks ------------------------------------- */

static bool is_late(const struct reorder_passed *p, uint64_t next)
{
	return p->rank < next;
}

/* Packets of other stretches that it was overtaken by, or overtook. */
static uint64_t displacement(const struct two *t, size_t i, bool late)
{
	const struct reorder_passed *p = t->match.passed;
	uint64_t packets = 0;

	for (size_t k = late ? 0 : i + 1; k < (late ? i : t->match.n); k++)
		if (late == (p[k].rank > p[i].rank))
			packets += p[k].s.packets;
	return packets;
}

static void judge_psh(struct two *t, size_t i, const struct reorder_found *f)
{
	struct reorder_flow *ret = t->ret;
	bool *known = f->reordered ? &t->psh_late : &t->psh_early;
	uint64_t packets;

	if (*known)
		return;			/* a further piece: pieces can be as many as packets */
	*known = true;
	ret->first_psh = t->psh_late ? REORDER_PSH_LATE : REORDER_PSH_EARLY;
	packets = displacement(t, i, f->reordered);
	if (packets > ret->displacement)
		ret->displacement = packets;
}

static void on_found(void *arg, const struct reorder_found *f)
{
	struct two *t = arg;
	const struct reorder_passed *p = &t->match.passed[f->tag];
	struct reorder_figures *sum = &t->ret->f;

	sum->movers += f->moved;
	if (f->reordered) {
		sum->reordered++;
		reorder_hist_add(&sum->extent, f->extent);
		if (f->overtaker < t->first_overtaker)
			t->first_overtaker = f->overtaker;
	}
	if (p->first_psh)
		judge_psh(t, f->tag, f);
	if (t->opt && t->opt->hooks.found)
		t->opt->hooks.found(t->opt->hooks.arg, &p->s, f->rank - p->rank, f);
}

/* The packets of a late stretch one by one, each at its time. */
static int push_each(struct two *t, struct reorder_state *s, size_t i)
{
	const struct reorder_passed *p = &t->match.passed[i];
	const struct obs_point *in = &t->flow->in, *out = &t->flow->out;
	uint64_t at = p->s.in_at, end = at + (p->s.end - p->s.start);
	size_t k = obs_packet_at(in->packet, in->packets, at);
	size_t e = obs_packet_at(out->packet, out->packets, p->s.out_at);
	int rc = 0;

	for (uint64_t n = 0; rc >= 0 && n < p->s.packets; n++) {
		uint64_t upto = n + 1 == p->s.packets ? end : in->packet[k++].end;

		while (out->packet[e].end <= p->s.out_at + (at - p->s.in_at))
			e++;
		rc = reorder_push(s, &(struct reorder_arrival){
			.start = p->rank + n, .end = p->rank + n + 1, .packets = 1,
			.time_ns = out->packet[e].time_ns, .bytes = upto - at, .tag = i,
		}, &t->limits, &t->sink);
		at = upto;
	}
	return rc < 0 ? rc : 0;
}

static int push(struct two *t, struct reorder_state *s, size_t i)
{
	const struct reorder_passed *p = &t->match.passed[i];
	int rc;

	if (is_late(p, s->next) && t->flow->in.packet && t->flow->out.packet)
		return push_each(t, s, i);
	rc = reorder_push(s, &(struct reorder_arrival){
		.start = p->rank, .end = p->rank + p->s.packets, .packets = p->s.packets,
		.time_ns = p->time_ns, .bytes = p->s.end - p->s.start, .tag = i,
	}, &t->limits, &t->sink);
	return rc < 0 ? rc : 0;
}

static int judge(struct two *t)
{
	struct reorder_state s;
	int rc = 0, flushed;

	reorder_init(&s, 0);
	t->first_overtaker = t->match.n;
	for (size_t i = 0; rc == 0 && i < t->match.n; i++) {
		const struct reorder_passed *p = &t->match.passed[i];

		t->ret->f.packets += p->s.packets;
		if (p->first_psh && t->ret->first_psh == REORDER_PSH_LOST)
			t->ret->first_psh = REORDER_PSH_IN_ORDER;
		note(t, REORDER_LEFT, &p->s);
		rc = push(t, &s, i);
	}
	flushed = reorder_flush(&s, &t->limits, &t->sink);
	return rc ?: flushed < 0 ? flushed : 0;
}

static void judge_beginning(struct two *t)
{
	if (t->first_overtaker < t->match.n && t->psh_tx != REORDER_NO_TX)
		t->ret->began_at_psh = t->match.passed[t->first_overtaker].tx >= t->psh_tx;
}

/* ---- what entered -------------------------------------------------------- */

static struct reorder_stretch stretch_of(const struct two *t, const struct reorder_tx *tx,
					 uint64_t packets)
{
	const struct reorder_run *r = &t->in.run[tx->run];
	const uint64_t *pos = t->map.pos;

	return (struct reorder_stretch){ .start = pos[tx->cell] - pos[0],
					 .end = pos[tx->cell + 1] - pos[0],
					 .in_at = r->at + (pos[tx->cell] - r->start),
					 .packets = packets };
}

/* Late at ingress: bytes that had entered before are the sender's repetition. */
static void judge_entered(struct two *t, size_t i)
{
	struct reorder_figures *f = &t->ret->f;
	const struct reorder_tx *tx = &t->map.tx[i], *before = i ? tx - 1 : tx;
	bool piece = i && tx->inside && before->cell + 1 == tx->cell;
	struct reorder_stretch s = stretch_of(t, tx, tx->weight);

	if (t->psh_tx == REORDER_NO_TX && t->in.run[tx->run].first_psh)
		t->psh_tx = (uint32_t)i;
	if (tx->again) {
		f->retransmitted += tx->weight - (piece && before->again);
		note(t, REORDER_AGAIN, &s);
	} else if (t->in.run[tx->run].late) {
		f->ingress_reordered += tx->weight - (piece && !before->again &&
						      t->in.run[before->run].late);
	}
	if (tx->left)
		return;
	f->lost += tx->weight - (piece && !before->left);
	f->lost_bytes += s.end - s.start;
	note(t, REORDER_LOST, &s);
}

/* ---- flows --------------------------------------------------------------- */

/* Packets that began below the highest end seen before them. */
static uint64_t late_packets(const struct reorder_runs *s)
{
	uint64_t n = 0, max = s->n ? s->run[0].start : 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct reorder_run *r = &s->run[i];

		if (r->late)
			n += r->n;
		else if (r->start < max)
			n += reorder_run_cut(r, max - r->start).n;
		max = r->end > max ? r->end : max;
	}
	return n;
}

/*
 * Events lost in threes can cancel out in the byte count, but not in the probes'
 * late counters, so where events are known to be missing both must agree.
 */
static bool tracked(const struct two *t, bool missing)
{
	return !missing || (late_packets(&t->in) == t->flow->in.late &&
			    late_packets(&t->out) == t->flow->out.late);
}

static uint64_t excess(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* A record of it went to another flow: its figures are lower bounds. */
static bool gave_away(const struct obs_flow *flow)
{
	return flow->in.evicted || flow->out.evicted;
}

/*
 * Without the order of arrival: the probes' late counters alone. Where a record was
 * given away they are not all there, and a difference says nothing.
 */
static void fall_back(const struct obs_flow *flow, struct reorder_metrics *sum,
		      struct reorder_flow *ret)
{
	struct reorder_figures *f = &ret->f;

	ret->exact = false;
	ret->first_psh = flow->in.has_psh ? REORDER_PSH_UNKNOWN : REORDER_PSH_NONE;
	f->packets = flow->out.packets;
	f->retransmitted = flow->in.late;
	if (!gave_away(flow)) {
		f->reordered = excess(flow->out.late, flow->in.late);
		f->lost = excess(flow->in.packets, flow->out.packets);
		f->lost_bytes = excess(flow->in.bytes, flow->out.bytes);
	}
	sum->packets += f->packets;
	sum->reordered += f->reordered;
	sum->in_order += f->packets - f->reordered;
}

/* Whether a packet is the same packet at both taps: no GRO, no GSO between. */
static bool counts_same_units(const struct obs_flow *f)
{
	if (f->in.bytes == f->out.bytes)
		return f->in.packets == f->out.packets;
	return f->in.packets == f->in.wire_packets &&
	       f->out.packets == f->out.wire_packets;
}

static bool has_psh_run(const struct reorder_runs *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->run[i].first_psh)
			return true;
	return false;
}

static int track(struct two *t, bool missing)
{
	const struct obs_flow *flow = t->flow;
	const struct obs_point *base = flow->in.n_events ? &flow->in : &flow->out;
	bool same_units = counts_same_units(flow);
	uint64_t anchor = 1ull << 32;
	int rc;

	anchor |= base->n_events ? base->events[0].seq : 0;
	rc = gave_away(flow) ? -EBADMSG : reorder_runs(&flow->in, anchor, true, &t->in);
	if (!rc)
		rc = reorder_runs(&flow->out, anchor, false, &t->out);
	if (!rc && !tracked(t, missing))
		rc = -EBADMSG;
	if (!rc)
		rc = reorder_map(&t->in, &t->out, same_units, &t->map);
	if (rc)
		return rc;
	t->match = (struct reorder_match){ .in = &t->in, .out = &t->out, .map = &t->map,
					   .ip_ids = flow->key.family == 4,
					   .clocks_differ = t->opt && t->opt->clocks_differ,
					   .same_units = same_units,
					   .wire_units = flow->in.packets == flow->in.wire_packets };
	return reorder_match(&t->match, t->opt ? &t->opt->hooks : NULL);
}

static int judge_tracked(struct two *t, struct reorder_metrics *sum)
{
	struct reorder_figures *f = &t->ret->f;
	uint64_t beyond = sum->beyond;
	int rc;

	t->ret->first_psh = !t->flow->in.has_psh ? REORDER_PSH_NONE :
			    has_psh_run(&t->in) ? REORDER_PSH_LOST : REORDER_PSH_UNKNOWN;
	rc = judge(t);
	t->psh_tx = REORDER_NO_TX;
	for (size_t i = 0; i < t->map.n_tx; i++)
		judge_entered(t, i);
	judge_beginning(t);
	f->duplicated = t->match.duplicated;
	f->duplicated_bytes = t->match.duplicated_bytes;
	f->unseen = t->match.unseen;
	f->unseen_bytes = t->match.unseen_bytes;
	f->estimated = t->map.estimated;
	sum->duplicates += f->duplicated;
	t->ret->exact = !f->unseen_bytes && sum->beyond == beyond;
	return rc;
}

/* ---- flows to which nothing happened ------------------------------------- */

/* One run after another, from the same first byte to the same last one. */
static bool unbroken(const struct obs_point *p)
{
	for (size_t k = 1; k < p->n_events; k++)
		if (p->events[k].seq != p->events[k].prev_end)
			return false;
	return p->n_events && !p->events[0].index && !p->late &&
	       p->last_end - p->events[0].seq == (uint32_t)p->bytes;
}

static bool untouched(const struct obs_flow *f)
{
	return !gave_away(f) && unbroken(&f->in) && unbroken(&f->out) &&
	       f->in.bytes == f->out.bytes && f->in.events[0].seq == f->out.events[0].seq;
}

static int judge_untouched(struct two *t)
{
	const struct obs_flow *f = t->flow;
	struct reorder_passed all = { .s = { .end = f->in.bytes, .packets = f->in.packets },
				      .time_ns = f->out.first_ns };
	struct reorder_state s;
	int rc, flushed;

	t->match = (struct reorder_match){ .passed = &all, .n = 1 };
	t->ret->f.packets = f->in.packets;
	t->ret->first_psh = f->in.has_psh ? REORDER_PSH_IN_ORDER : REORDER_PSH_NONE;
	note(t, REORDER_LEFT, &all.s);
	reorder_init(&s, 0);
	rc = push(t, &s, 0);
	flushed = reorder_flush(&s, &t->limits, &t->sink);
	t->match = (struct reorder_match){ 0 };
	return rc ?: flushed < 0 ? flushed : 0;
}

static void note_point(const struct obs_flow *flow, struct reorder_figures *f)
{
	f->ingress_packets = flow->in.packets;
	f->egress_packets = flow->out.packets;
	f->ingress_wire_packets = flow->in.wire_packets;
	f->egress_wire_packets = flow->out.wire_packets;
	f->ingress_bytes = flow->in.bytes;
	f->egress_bytes = flow->out.bytes;
	f->ingress_psh = flow->in.psh;
	f->egress_psh = flow->out.psh;
}

static struct reorder_limits limits_of(const struct reorder_options *opt)
{
	struct reorder_limits l = opt ? opt->limits : (struct reorder_limits){ 0 };

	l.window = l.window ?: UINT32_MAX;
	l.threshold = l.threshold ?: REORDER_LIMITS_DEFAULT.threshold;
	return l;
}

int reorder_two_flow(const struct obs_flow *flow, bool missing,
		     const struct reorder_options *opt, struct reorder_metrics *sum,
		     struct reorder_flow *ret)
{
	struct two t = { .flow = flow, .opt = opt, .ret = ret, .limits = limits_of(opt) };
	int rc;

	t.sink = (struct reorder_sink){ .sum = sum, .found = on_found, .arg = &t };
	*ret = (struct reorder_flow){ .key = flow->key, .exact = true };
	note_point(flow, &ret->f);
	if (!missing && untouched(flow))
		return judge_untouched(&t);
	rc = track(&t, missing);
	if (!rc) {
		rc = judge_tracked(&t, sum);
	} else if (rc != -ENOMEM) {
		fall_back(flow, sum, ret);
		rc = 0;
	}
	two_free(&t);
	return rc;
}

/* ---- totals -------------------------------------------------------------- */

static void add_figures(struct reorder_figures *sum, const struct reorder_figures *f)
{
	sum->packets += f->packets;
	sum->reordered += f->reordered;
	sum->movers += f->movers;
	sum->retransmitted += f->retransmitted;
	sum->ingress_reordered += f->ingress_reordered;
	sum->lost += f->lost;
	sum->lost_bytes += f->lost_bytes;
	sum->duplicated += f->duplicated;
	sum->duplicated_bytes += f->duplicated_bytes;
	sum->unseen += f->unseen;
	sum->unseen_bytes += f->unseen_bytes;
	sum->estimated += f->estimated;
	reorder_hist_merge(&sum->extent, &f->extent);
	sum->ingress_packets += f->ingress_packets;
	sum->egress_packets += f->egress_packets;
	sum->ingress_wire_packets += f->ingress_wire_packets;
	sum->egress_wire_packets += f->egress_wire_packets;
	sum->ingress_bytes += f->ingress_bytes;
	sum->egress_bytes += f->egress_bytes;
	sum->ingress_psh += f->ingress_psh;
	sum->egress_psh += f->egress_psh;
}

static void add_flow(struct reorder_result *r, const struct reorder_flow *flow)
{
	add_figures(&r->f, &flow->f);
	r->exact &= flow->exact;
	r->flows++;
	r->flows_reordered += flow->f.reordered > 0;
	r->psh_late += flow->first_psh == REORDER_PSH_LATE;
	r->psh_early += flow->first_psh == REORDER_PSH_EARLY;
	r->psh_began += flow->began_at_psh;
	r->psh_flows += flow->first_psh == REORDER_PSH_LATE ||
			flow->first_psh == REORDER_PSH_EARLY ||
			flow->first_psh == REORDER_PSH_IN_ORDER;
	if (flow->displacement > r->psh_max_displacement)
		r->psh_max_displacement = flow->displacement;
}

int reorder_two_point(const struct observation *obs,
		      const struct reorder_options *opt,
		      struct reorder_result *ret)
{
	struct reorder_result r = {
		.exact = !obs->flows_saturated,
		.flow = calloc(obs->n_flows + 1, sizeof(*r.flow)),
		.m = calloc(1, sizeof(*r.m)),
	};

	if (!r.flow || !r.m) {
		reorder_result_free(&r);
		return -ENOMEM;
	}
	r.m->threshold = limits_of(opt).threshold;
	for (size_t i = 0; i < obs->n_flows; i++) {
		const struct obs_flow *flow = &obs->flows[i];
		int rc;

		if (!flow->in.packets && !flow->out.packets)
			continue;
		if (opt && opt->keep && !opt->keep(flow, opt->arg))
			continue;
		rc = reorder_two_flow(flow, obs->events_dropped > 0, opt, r.m,
				      &r.flow[r.flows]);
		if (rc) {
			reorder_result_free(&r);
			return rc;
		}
		add_flow(&r, &r.flow[r.flows]);
	}
	*ret = r;
	return 0;
}

void reorder_result_free(struct reorder_result *r)
{
	if (!r)
		return;
	free(r->flow);
	free(r->m);
	*r = (struct reorder_result){ 0 };
}
