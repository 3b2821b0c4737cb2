// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_two.c - what a switch did to the order of packets, from its two taps
 *
 * Theory of operation. Each packet that enters the switch is a transmission with
 * a rank; a retransmission by the sender is one of its own. The flow's bytes are
 * cut into cells (reorder_map.c), and the egress runs are walked in order of
 * arrival: each cell of each run is matched with a transmission of that cell that
 * has not left yet. Where there are several (a retransmission), causality decides,
 * then the IP ID, then: what fills a hole is the later transmission, so that the
 * sender's repetition is not blamed on the switch. The matched ranks, in egress
 * order, are then judged as one stream (RFC 4737), in stretches of packets.
 */
#include "core/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder_map.h"
#include "core/util.h"

/* One flow at work. */
struct two {
	const struct obs_flow *flow;
	struct reorder_runs in, out;
	struct reorder_map map;
	struct reorder_unit *unit;	/* matched stretches, in egress order */
	bool *psh;			/* [n]: the flow's first PSH packet */
	bool *moved;			/* [n] */
	uint64_t *max, *at;		/* [n]: highest rank so far; arrival position */
	size_t n;
	uint64_t next_exp;		/* rank above all that have left */
	bool same_units;
	struct reorder_flow *ret;
};

static void two_free(struct two *t)
{
	free(t->in.run);
	free(t->out.run);
	reorder_map_free(&t->map);
	free(t->unit);
	free(t->psh);
	free(t->moved);
	free(t->max);
	free(t->at);
}

/* ---- matching ------------------------------------------------------------ */

/* What is known of a packet that left the switch at the start of a cell. */
struct sighting {
	const struct reorder_run *run;
	size_t cell;
	size_t run_cell;		/* where its run begins */
};

/* Senders count IP IDs by wire packet; it says nothing for IPv6. */
static bool ip_id_at(const struct two *t, const struct reorder_run *r, size_t run_cell,
		     size_t cell, uint16_t *ret)
{
	if (t->flow->key.family != 4 || !r->has_ip_id)
		return false;
	if (run_cell != cell && !t->same_units)
		return false;
	*ret = (uint16_t)(r->ip_id + t->map.before[cell] - t->map.before[run_cell]);
	return true;
}

static bool same_ip_id(const struct two *t, const struct reorder_tx *tx,
		       const struct sighting *s)
{
	const struct reorder_run *r = &t->in.run[tx->run];
	uint16_t in = 0, out = 0;

	return ip_id_at(t, r, reorder_map_cell(&t->map, r->start), s->cell, &in) &&
	       ip_id_at(t, s->run, s->run_cell, s->cell, &out) && in == out;
}

struct choice {
	struct reorder_tx *in_order, *last, *same_id;
	unsigned int n, n_same_id;
};

static void consider(const struct two *t, const struct sighting *s,
		     struct reorder_tx *tx, struct choice *c)
{
	if (!c->in_order && tx->rank >= t->next_exp)
		c->in_order = tx;
	c->last = tx;
	c->n++;
	if (same_ip_id(t, tx, s)) {
		c->same_id = tx;
		c->n_same_id++;
	}
}

/* The transmission that was seen leaving; NULL: all of this cell left before. */
static struct reorder_tx *match(struct two *t, const struct sighting *s)
{
	struct choice any = { 0 }, able = { 0 };
	const struct choice *c = &able;

	for (size_t k = t->map.at[s->cell]; k < t->map.at[s->cell + 1]; k++) {
		struct reorder_tx *tx = &t->map.tx[t->map.of[k]];

		if (tx->left)
			continue;
		consider(t, s, tx, &any);
		if (t->in.run[tx->run].time_ns <= s->run->until_ns)
			consider(t, s, tx, &able);
	}
	if (!able.n)
		c = &any;
	if (c->n_same_id == 1)
		return c->same_id;
	return c->in_order ? c->in_order : c->last;
}

static bool continues(const struct two *t, const struct reorder_tx *before,
		      const struct reorder_tx *tx)
{
	return before && before->run == tx->run && before->cell + 1 == tx->cell &&
	       before->rank + before->weight == tx->rank &&
	       !t->in.run[tx->run].first_psh;
}

/* Walk one egress run; @last is the transmission matched before. */
static void walk_run(struct two *t, const struct reorder_run *r,
		     struct reorder_tx **last)
{
	struct sighting s = { .run = r, .run_cell = reorder_map_cell(&t->map, r->start) };
	size_t end = reorder_map_cell(&t->map, r->end);

	for (s.cell = s.run_cell; s.cell < end; s.cell++) {
		uint64_t bytes = t->map.pos[s.cell + 1] - t->map.pos[s.cell];
		struct reorder_tx *tx = match(t, &s);

		if (!tx && t->map.at[s.cell] == t->map.at[s.cell + 1])
			t->ret->f.unseen_bytes += bytes;
		else if (!tx)
			t->ret->f.duplicated_bytes += bytes;
		if (!tx)
			continue;
		tx->left = true;
		if (continues(t, *last, tx)) {
			t->unit[t->n - 1].weight += tx->weight;
		} else {
			t->psh[t->n] = t->in.run[tx->run].first_psh;
			t->unit[t->n++] = (struct reorder_unit){ tx->rank, tx->weight };
		}
		if (tx->rank + tx->weight > t->next_exp)
			t->next_exp = tx->rank + tx->weight;
		*last = tx;
	}
}

static int walk(struct two *t)
{
	struct reorder_tx *last = NULL;
	size_t n = t->map.n_tx + 1;

	t->unit = calloc(n, sizeof(*t->unit));
	t->psh = calloc(n, sizeof(*t->psh));
	t->moved = calloc(n, sizeof(*t->moved));
	t->max = calloc(n, sizeof(*t->max));
	t->at = calloc(n, sizeof(*t->at));
	if (!t->unit || !t->psh || !t->moved || !t->max || !t->at)
		return -ENOMEM;
	for (size_t i = 0; i < t->out.n; i++)
		walk_run(t, &t->out.run[i], &last);
	return 0;
}

/* ---- figures ------------------------------------------------------------- */

/* Arrivals before unit @i with a higher rank, or after it with a lower one. */
static uint64_t displacement(const struct two *t, size_t i, bool late)
{
	uint64_t packets = 0;

	for (size_t k = late ? 0 : i + 1; k < (late ? i : t->n); k++)
		if (late == (t->unit[k].rank > t->unit[i].rank))
			packets += t->unit[k].weight;
	return packets;
}

static void judge_psh(struct two *t, size_t i, bool late)
{
	enum reorder_psh fate = late ? REORDER_PSH_LATE :
				t->moved[i] ? REORDER_PSH_EARLY : REORDER_PSH_IN_ORDER;
	uint64_t packets = fate == REORDER_PSH_IN_ORDER ? 0 : displacement(t, i, late);

	if (t->ret->first_psh != REORDER_PSH_LATE && fate != REORDER_PSH_IN_ORDER)
		t->ret->first_psh = fate;
	if (t->ret->first_psh == REORDER_PSH_LOST)
		t->ret->first_psh = fate;
	if (packets > t->ret->displacement)
		t->ret->displacement = packets;
}

/* The packets of a late unit have extents that grow by one (RFC 4737 4.2.3). */
static void judge_late(struct two *t, size_t i)
{
	struct reorder_figures *f = &t->ret->f;
	size_t j = reorder_first_above(t->max, i, t->unit[i].rank);
	uint64_t extent = t->at[i] - t->at[j], weight = t->unit[i].weight;

	f->reordered += weight;
	reorder_hist_add(&f->extent, extent, extent + weight - 1);
}

static int judge(struct two *t)
{
	struct reorder_figures *f = &t->ret->f;
	int rc = reorder_movers(t->unit, t->n, t->moved, &f->movers);

	for (size_t i = 0; i < t->n; i++) {
		uint64_t max = i ? t->max[i - 1] : 0, rank = t->unit[i].rank;
		bool late = i && rank < max;

		t->max[i] = late ? max : rank;
		t->at[i] = f->packets;
		f->packets += t->unit[i].weight;
		if (late)
			judge_late(t, i);
		if (t->psh[i])
			judge_psh(t, i, late);
	}
	return rc;
}

/* Late at ingress: bytes that had entered before are the sender's repetition. */
static void judge_ingress(struct two *t)
{
	struct reorder_figures *f = &t->ret->f;

	for (size_t c = 0; c + 1 < t->map.n_pos; c++) {
		for (size_t k = t->map.at[c]; k < t->map.at[c + 1]; k++) {
			const struct reorder_tx *tx = &t->map.tx[t->map.of[k]];

			if (k > t->map.at[c])
				f->retransmitted += tx->weight;
			else if (t->in.run[tx->run].late)
				f->ingress_reordered += tx->weight;
			if (tx->left)
				continue;
			f->lost += tx->weight;
			f->lost_bytes += t->map.pos[c + 1] - t->map.pos[c];
		}
	}
}

/* ---- flows --------------------------------------------------------------- */

/* Packets that began below the highest end seen before them. */
static uint64_t late_packets(const struct reorder_runs *s)
{
	uint64_t n = 0, max = s->n ? s->run[0].start : 0;
	bool sure;

	for (size_t i = 0; i < s->n; i++) {
		const struct reorder_run *r = &s->run[i];

		if (r->late)
			n += r->n;
		else if (r->start < max)
			n += reorder_run_packets(r, max - r->start, &sure);
		max = r->end > max ? r->end : max;
	}
	return n;
}

/*
 * Events lost in threes can cancel out in the byte count, but not in the probes'
 * late counters, so where events are known to be missing both must agree.
 */
static bool tracked(const struct two *t, const struct observation *obs)
{
	return !obs->events_dropped ||
	       (late_packets(&t->in) == t->flow->in.late &&
		late_packets(&t->out) == t->flow->out.late);
}

static uint64_t excess(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Without the order of arrival: the probes' late counters alone. */
static void fall_back(const struct obs_flow *flow, struct reorder_flow *ret)
{
	struct reorder_figures *f = &ret->f;

	ret->exact = false;
	ret->first_psh = flow->in.has_psh ? REORDER_PSH_UNKNOWN : REORDER_PSH_NONE;
	f->packets = flow->out.packets;
	f->reordered = excess(flow->out.late, flow->in.late);
	f->retransmitted = flow->in.late;
	f->lost = excess(flow->in.packets, flow->out.packets);
	f->lost_bytes = excess(flow->in.bytes, flow->out.bytes);
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

static int track(struct two *t, const struct observation *obs)
{
	const struct obs_flow *flow = t->flow;
	const struct obs_point *base = flow->in.n_events ? &flow->in : &flow->out;
	uint64_t anchor = 1ull << 32;
	int rc;

	anchor |= base->n_events ? base->events[0].seq : 0;
	rc = reorder_runs(&flow->in, anchor, true, &t->in);
	if (!rc)
		rc = reorder_runs(&flow->out, anchor, false, &t->out);
	if (!rc && !tracked(t, obs))
		rc = -EBADMSG;
	if (!rc)
		rc = reorder_map(&t->in, &t->out, t->same_units, &t->map);
	if (!rc)
		rc = walk(t);
	return rc;
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

static int judge_flow(const struct observation *obs, const struct obs_flow *flow,
		      struct reorder_flow *ret)
{
	struct two t = { .flow = flow, .ret = ret, .same_units = counts_same_units(flow) };
	int rc;

	*ret = (struct reorder_flow){ .key = flow->key, .exact = true };
	note_point(flow, &ret->f);
	rc = track(&t, obs);
	if (!rc) {
		ret->first_psh = !flow->in.has_psh ? REORDER_PSH_NONE :
				 has_psh_run(&t.in) ? REORDER_PSH_LOST :
				 REORDER_PSH_UNKNOWN;
		rc = judge(&t);
		judge_ingress(&t);
		ret->f.estimated = t.map.estimated;
		ret->exact = !ret->f.unseen_bytes;
	} else if (rc != -ENOMEM) {
		fall_back(flow, ret);
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
	sum->duplicated_bytes += f->duplicated_bytes;
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
	struct reorder_result r = { .exact = !obs->flows_saturated };

	r.flow = calloc(obs->n_flows + 1, sizeof(*r.flow));
	if (!r.flow)
		return -ENOMEM;
	for (size_t i = 0; i < obs->n_flows; i++) {
		const struct obs_flow *flow = &obs->flows[i];
		int rc;

		if (!flow->in.packets && !flow->out.packets)
			continue;
		if (opt && opt->keep && !opt->keep(flow, opt->arg))
			continue;
		rc = judge_flow(obs, flow, &r.flow[r.flows]);
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
	*r = (struct reorder_result){ 0 };
}
