// SPDX-License-Identifier: GPL-2.0
/*
 * two_judge.c - one TCP flow of two captures: figures, events, transit
 *
 * The packets of each tap go through the live probe's own code, and the judge of
 * both (reorder_two.c) tells what became of which bytes; here bytes are packets.
 */
#include "core/two_judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/observe_flow.h"
#include "core/util.h"

void two_judge_free(struct two_judge *j)
{
	free(j->event[TWO_IN]);
	free(j->event[TWO_OUT]);
	free(j->left_as);
	free(j->way);
}

/* ---- events -------------------------------------------------------------- */

static void tell(const struct two_judge *j, struct analysis_event e)
{
	e.flow = j->ret->id;
	e.key = j->flow->key;
	e.evidence = ANALYSIS_BY_TAPS;
	j->opt->sink.event(j->opt->sink.arg, &e);
}

static uint64_t transit_of(const struct obs_packet *in, const struct obs_packet *out)
{
	return out->time_ns > in->time_ns ? out->time_ns - in->time_ns : 0;
}

static enum analysis_way way_of(const struct two_judge *j, uint32_t i)
{
	return j->way ? j->way[i] : ANALYSIS_UNTOLD;
}

void two_event(const struct two_judge *j, uint32_t i, struct analysis_event e)
{
	const struct obs_packet *in = &j->in->packet[i], *out = NULL;

	if (!j->opt->sink.event)
		return;
	if (j->left_as[i])
		out = &j->out->packet[j->left_as[i] - 1];
	e.frame_in = in->number;
	e.frame = out ? out->number : 0;
	e.time_ns = out ? out->time_ns : in->time_ns;
	if (out && !j->opt->clocks_differ)
		e.transit_ns = transit_of(in, out);
	e.psh = in->psh;
	e.way = way_of(j, i);
	tell(j, e);
}

void two_event_out(const struct two_judge *j, uint32_t i, struct analysis_event e)
{
	const struct obs_packet *out = &j->out->packet[i];

	if (!j->opt->sink.event)
		return;
	e.frame = out->number;
	e.time_ns = out->time_ns;
	e.psh = out->psh;
	tell(j, e);
}

void two_transit(const struct two_judge *j, uint32_t i, uint32_t e)
{
	uint64_t in = j->in->packet[i].time_ns, out = j->out->packet[e].time_ns;

	if (j->opt->clocks_differ)
		return;
	if (out < in) {
		j->sum->transit_negative++;
		return;
	}
	hist_put(&j->sum->transit_ns, out - in, 1);
	if (j->way)
		hist_put(&j->sum->transit_way_ns[j->way[i]], out - in, 1);
}

/* ---- what the judge tells ------------------------------------------------ */

static uint64_t start_of(const struct two_side *s, size_t i)
{
	return i ? s->packet[i - 1].end : 0;
}

/* Packets of a stretch left: each with the packet that carried its first byte. */
static void on_left(struct two_judge *j, const struct reorder_stretch *s)
{
	const struct obs_packet *in = j->in->packet, *out = j->out->packet;
	uint64_t end = s->in_at + (s->end - s->start);
	size_t i = obs_packet_at(in, j->in->n, s->in_at);
	size_t e = obs_packet_at(out, j->out->n, s->out_at);

	for (uint64_t at = s->in_at; at < end; at = in[i++].end) {
		while (out[e].end <= s->out_at + (at - s->in_at))
			e++;
		if (at == start_of(j->in, i))
			two_transit(j, (uint32_t)i, (uint32_t)e);
		if (j->opt->sink.event && !j->left_as[i])
			j->left_as[i] = (uint32_t)e + 1;
	}
}

/* Each packet of a stretch at ingress, but no piece of one that was told before. */
static void on_each(struct two_judge *j, const struct reorder_stretch *s, uint64_t *told,
		    enum analysis_class what)
{
	const struct obs_packet *in = j->in->packet;
	uint64_t end = s->in_at + (s->end - s->start), at = s->in_at;

	for (size_t i = obs_packet_at(in, j->in->n, at); at < end; at = in[i++].end) {
		uint64_t upto = in[i].end < end ? in[i].end : end;

		if (i + 1 > *told)
			two_event(j, (uint32_t)i, (struct analysis_event){
				.what = what, .start = s->start + (at - s->in_at),
				.end = s->start + (upto - s->in_at) });
		*told = i + 1;
	}
}

static void on_twice(struct two_judge *j, const struct reorder_stretch *s)
{
	const struct obs_packet *out = j->out->packet;
	uint64_t end = s->out_at + (s->end - s->start), at = s->out_at;

	for (size_t i = obs_packet_at(out, j->out->n, at); at < end; at = out[i++].end) {
		uint64_t upto = out[i].end < end ? out[i].end : end;

		if (at == start_of(j->out, i))
			two_event_out(j, (uint32_t)i, (struct analysis_event){
				.what = ANALYSIS_DUPLICATED,
				.start = s->start + (at - s->out_at),
				.end = s->start + (upto - s->out_at) });
	}
}

static void on_note(void *arg, enum reorder_note what, const struct reorder_stretch *s)
{
	struct two_judge *j = arg;

	switch (what) {
	case REORDER_LEFT:
		on_left(j, s);
		break;
	case REORDER_LOST:
		if (j->opt->sink.event)
			on_each(j, s, &j->told[0], ANALYSIS_LOST);
		break;
	case REORDER_AGAIN:
		if (j->opt->sink.event)
			on_each(j, s, &j->told[1], ANALYSIS_RETRANSMITTED);
		break;
	case REORDER_TWICE:
		if (j->opt->sink.event)
			on_twice(j, s);
		break;
	case REORDER_UNSEEN:
		break;
	}
}

static void on_found(void *arg, const struct reorder_stretch *s, uint64_t k,
		     const struct reorder_found *f)
{
	struct two_judge *j = arg;
	const struct obs_packet *in = j->in->packet;
	size_t i = obs_packet_at(in, j->in->n, s->in_at) + k;
	uint64_t end = s->in_at + (s->end - s->start), start = start_of(j->in, i);

	if (!j->opt->sink.event)
		return;
	start = start > s->in_at ? start : s->in_at;
	end = in[i].end < end ? in[i].end : end;
	two_event(j, (uint32_t)i, (struct analysis_event){
		.what = f->reordered ? ANALYSIS_REORDERED : ANALYSIS_EARLY,
		.start = s->start + (start - s->in_at), .end = s->start + (end - s->in_at),
		.extent = f->extent, .displacement = f->displacement,
		.late_ns = f->late_ns, .moved = f->moved });
}

/* ---- the probe, on what was captured ------------------------------------- */

static int keep_event(struct two_judge *j, enum two_point point, size_t n,
		      const struct flow_event *e)
{
	struct obs_event **v = &j->event[point];

	if (n == j->room_events[point]) {
		size_t room = n ? 2 * n : 64;
		struct obs_event *more = reallocarray(*v, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		*v = more;
		j->room_events[point] = room;
	}
	(*v)[n] = obs_event_of(e);
	return 0;
}

/* Replaces seq and len by end. */
static int observe(struct two_judge *j, enum two_point point, const struct two_side *side,
		   struct obs_point *ret)
{
	struct flow_state s = { 0 };
	struct flow_event e;
	size_t n = 0;
	int rc = 0;

	if (side->over) {
		obs_point_fill(ret, side->over);
		return 0;
	}
	for (uint32_t i = 0; rc == 0 && i < side->n; i++) {
		struct obs_packet *p = &side->packet[i];
		struct flow_packet packet = { p->time_ns, p->seq, p->len, 0,
					      (uint16_t)p->ip_id, p->psh };

		if (flow_push(&s, &packet, 0, &e))
			rc = keep_event(j, point, n++, &e);
		p->end = s.bytes;
	}
	obs_point_fill(ret, &s);
	ret->events = j->event[point];
	ret->n_events = n;
	ret->packet = side->packet;
	return rc;
}

int two_room_left(struct two_judge *j)
{
	if (!j->opt->sink.event)
		return 0;
	if (j->in->n > j->room_left) {
		free(j->left_as);
		j->room_left = j->in->n + j->in->n / 2;
		j->left_as = malloc(j->room_left * sizeof(*j->left_as));
		if (!j->left_as) {
			j->room_left = 0;
			return -ENOMEM;
		}
	}
	if (j->in->n)
		memset(j->left_as, 0, j->in->n * sizeof(*j->left_as));
	return 0;
}

static void fill_flow(const struct reorder_flow *f, const struct obs_flow *obs,
		      struct analysis_flow *ret)
{
	ret->packets = f->f.packets;
	ret->bytes = obs->out.bytes - f->f.duplicated_bytes;
	ret->reordered = f->f.reordered;
	ret->movers = f->f.movers;
	ret->retransmitted = f->f.retransmitted;
	ret->duplicated = f->f.duplicated;
	ret->lost = f->f.lost;
	ret->extent_max = f->f.extent.max;
	ret->first_psh = (uint8_t)f->first_psh;
	ret->began_at_psh = f->began_at_psh;
	ret->psh = obs->in.psh;
	ret->exact = f->exact;
}

int two_judge_tcp(struct two_judge *j)
{
	const struct reorder_options opt = {
		.limits = j->opt->limits, .clocks_differ = j->opt->clocks_differ,
		.hooks = { .note = on_note, .found = on_found, .arg = j },
	};
	struct obs_flow obs = { .key = j->flow->key };
	struct reorder_flow f = { 0 };
	uint64_t beyond = j->sum->m.beyond;
	int rc = observe(j, TWO_IN, j->in, &obs.in) ?: observe(j, TWO_OUT, j->out, &obs.out);

	if (!rc)
		rc = two_room_left(j);
	j->told[0] = j->told[1] = 0;
	if (!rc)
		rc = reorder_two_flow(&obs, false, &opt, &j->sum->m, &f);
	if (rc)
		return rc;
	fill_flow(&f, &obs, j->ret);
	j->sum->lost_bytes += f.f.lost_bytes;
	j->sum->ingress_reordered += f.f.ingress_reordered;
	j->sum->unmatched += f.f.unseen;
	if (!f.exact && !f.f.unseen_bytes && !j->in->over && !j->out->over &&
	    j->sum->m.beyond == beyond)
		j->sum->bounds |= ANALYSIS_NO_ORDER;
	return 0;
}
