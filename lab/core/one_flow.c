// SPDX-License-Identifier: GPL-2.0
/*
 * one_flow.c - a flow's arrivals: to the stream's metrics, to events and totals
 *
 * Theory of operation. Packets in order are only counted, and told to the stream in
 * one piece when a hole opens. While holes are open each arrival is told by itself
 * and noted, so that what the stream finds when its window closes can be given its
 * frame number and its evidence.
 */
#include "core/one_flow.h"

#include <errno.h>

#define LONE UINT64_MAX			/* tag of one_flow_arrive() without a window */

static struct obs_key key_of(const struct one_conn *c, const struct one_half *h)
{
	bool reverse = !(c->flags & ONE_HALF_DIR) != (h == &c->half);
	struct obs_key k = c->key;

	if (!reverse)
		return k;
	memcpy(k.saddr, c->key.daddr, sizeof(k.saddr));
	memcpy(k.daddr, c->key.saddr, sizeof(k.daddr));
	k.sport = c->key.dport;
	k.dport = c->key.sport;
	return k;
}

static uint64_t since_origin(uint64_t rank)
{
	return rank > ONE_ORIGIN ? rank - ONE_ORIGIN : 0;
}

/* ---- what the stream finds ----------------------------------------------- */

static const struct one_arrival *arrival_of(const struct one *o, uint64_t tag)
{
	const struct one_disorder *d = o->half->disorder;

	if (tag == LONE)
		return &o->lone;
	if (!d || tag < d->base || tag - d->base >= d->n_arrivals)
		return NULL;
	return &d->arrival[tag - d->base];
}

/* The first late packet tells what was the first to overtake: see reorder.h. */
static void note_first(const struct one *o, struct one_half *h, const struct reorder_found *found)
{
	const struct one_arrival *overtaker = found->extent ? arrival_of(o, found->overtaker) : NULL;

	if (h->flags & ONE_REORDERED)
		return;
	h->flags |= ONE_REORDERED;
	if (h->psh && overtaker && overtaker->start >= h->first_psh)
		h->flags |= ONE_BEGAN_AT_PSH;
}

static void note_found(const struct one *o, struct one_half *h,
		       const struct reorder_found *found)
{
	h->movers += found->moved;
	if (h->psh && found->rank == h->first_psh)
		h->first_psh_fate = found->reordered ? REORDER_PSH_LATE : REORDER_PSH_EARLY;
	if (!found->reordered)
		return;
	h->reordered++;
	if (found->extent > h->extent_max)
		h->extent_max = found->extent < UINT32_MAX ? found->extent : UINT32_MAX;
	note_first(o, h, found);
}

static void on_found(void *arg, const struct reorder_found *found)
{
	struct one *o = arg;
	const struct one_arrival *a = arrival_of(o, found->tag);
	struct analysis_event e;

	note_found(o, o->half, found);
	if (!a || !o->opt.sink.event)
		return;
	e = (struct analysis_event){
		.frame = a->number, .time_ns = a->time_ns,
		.flow = o->half->number, .key = key_of(o->conn, o->half),
		.start = since_origin(a->start), .end = since_origin(a->start) + a->len,
		.extent = found->extent, .displacement = found->displacement,
		.late_ns = found->late_ns,
		.what = found->reordered ? ANALYSIS_REORDERED : ANALYSIS_EARLY,
		.evidence = found->reordered ? a->evidence : ANALYSIS_BY_RANK,
		.moved = found->moved, .psh = a->psh,
	};
	o->opt.sink.event(o->opt.sink.arg, &e);
}

/* The stream is about to judge arrivals of @h. */
static const struct reorder_sink *sink(struct one *o, struct one_conn *c, struct one_half *h)
{
	o->conn = c;
	o->half = h;
	o->to = (struct reorder_sink){ .sum = &o->a.m, .found = on_found, .arg = o };
	return &o->to;
}

static void free_disorder(struct one *o, struct one_half *h)
{
	one_disorder_free(h->disorder, &o->budget);
	h->disorder = NULL;
	h->flags &= ~ONE_DISORDER;
}

/*
 * Nothing is looked up any more once the stream's window has closed. It closes with the
 * last hole, or before: what the stream still awaits has a hole here.
 */
static void tidy(struct one *o, struct one_half *h)
{
	struct one_disorder *d = h->disorder;

	if (!d)
		return;
	if (!h->stream.window)
		one_disorder_forget(d);
	if (!d->n_holes && !h->stream.window)
		free_disorder(o, h);
}

/* What came for holes that the stream had given up is of the flow that it judged. */
static void note_bound(struct one *o, struct one_half *h)
{
	if (o->a.m.beyond != o->beyond)
		h->flags |= ONE_INEXACT;
	o->beyond = o->a.m.beyond;
}

static int done(struct one *o, struct one_half *h, int rc)
{
	note_bound(o, h);
	tidy(o, h);
	if (rc < 0 && !o->rc)
		o->rc = rc;
	return rc < 0 ? rc : 0;
}

int one_flow_skip(struct one *o, struct one_conn *c, struct one_half *h, uint64_t start,
		  uint64_t end)
{
	return done(o, h, reorder_skip(&h->stream, start, end, &o->opt.limits, sink(o, c, h)));
}

/* ---- bounds -------------------------------------------------------------- */

/* Give up hole @i; what a retransmission filled is no loss. */
static void drop(struct one *o, struct one_conn *c, struct one_half *h, uint32_t i)
{
	struct one_hole hole = h->disorder->hole[i];

	if (hole.state == ONE_HOLE_OPEN && hole.end > h->given_up)
		h->given_up = hole.end;
	one_hole_drop(h->disorder, i);
	one_flow_skip(o, c, h, hole.start, hole.end);
}

void one_flow_forget(struct one *o, struct one_conn *c, struct one_half *h)
{
	int rc = reorder_flush(&h->stream, &o->opt.limits, sink(o, c, h));

	if (rc < 0 && !o->rc)
		o->rc = rc;
	note_bound(o, h);
	free_disorder(o, h);
	reorder_init(&h->stream, h->told);
}

/* A bound was met. */
static void give_up(struct one *o, struct one_conn *c, struct one_half *h)
{
	h->flags |= ONE_INEXACT;
	h->given_up = h->told;
	one_flow_forget(o, c, h);
}

struct one_verdict one_flow_doubt(struct one_half *h, uint64_t start, struct one_verdict v)
{
	if (v.what != ANALYSIS_DUPLICATED || start >= h->given_up)
		return v;
	h->flags |= ONE_INEXACT;
	return (struct one_verdict){ ANALYSIS_AMBIGUOUS, ANALYSIS_BY_NOTHING };
}

bool one_flow_reserve(struct one *o, struct one_conn *c, struct one_half *h)
{
	while (h->disorder && h->disorder->n_holes + 2 > o->opt.max_holes) {
		h->flags |= ONE_INEXACT;
		drop(o, c, h, 0);
	}
	if (h->disorder && one_hole_room(h->disorder, 2, &o->budget))
		give_up(o, c, h);
	return h->disorder;
}

static bool begin_disorder(struct one *o, struct one_half *h)
{
	h->disorder = one_disorder_new(&o->budget);
	if (!h->disorder)
		return false;
	h->flags |= ONE_DISORDER;
	return true;
}

bool one_flow_hole(struct one *o, struct one_conn *c, struct one_half *h,
		   struct one_hole *hole)
{
	if (h->disorder)
		one_flow_reserve(o, c, h);
	if ((!h->disorder && !begin_disorder(o, h)) ||
	    one_hole_room(h->disorder, 1, &o->budget)) {
		give_up(o, c, h);
		return false;
	}
	hole->due += h->disorder->position;
	one_hole_add(h->disorder, hole);
	return true;
}

int one_flow_settle(struct one *o, struct one_conn *c, struct one_half *h)
{
	struct one_disorder *d = h->disorder;
	uint64_t due = UINT64_MAX;

	if (!d || d->position < d->due)
		return 0;
	for (uint32_t i = d->n_holes; i-- && h->disorder;) {
		if (d->hole[i].due > d->position) {
			due = d->hole[i].due < due ? d->hole[i].due : due;
			continue;
		}
		drop(o, c, h, i);
	}
	if (h->disorder)
		d->due = due;
	return o->rc;
}

/* ---- arrivals ------------------------------------------------------------ */

int one_flow_tell(struct one *o, struct one_conn *c, struct one_half *h)
{
	bool tcp = one_conn_tcp(c);
	struct reorder_arrival a = {
		.start = h->told, .end = h->max, .packets = h->pending,
		.time_ns = h->last_ns, .tag = LONE,
		.bytes = tcp ? h->max - h->told : h->udp.bytes,
	};

	if (!h->pending)
		return 0;
	h->packets += a.packets;
	h->bytes += a.bytes;
	h->told = h->max;
	h->pending = 0;
	if (!tcp)
		h->udp.bytes = 0;
	return done(o, h, reorder_push(&h->stream, &a, &o->opt.limits, sink(o, c, h)));
}

/* It is late, but the stream no longer knows its hole: no extent, and no mover. */
static void count_stray(struct one *o, const struct reorder_arrival *a)
{
	const struct reorder_found found = {
		.tag = LONE, .rank = a->start, .reordered = true,
	};

	o->a.m.packets++;
	o->a.m.reordered++;
	on_found(o, &found);
}

int one_flow_arrive(struct one *o, struct one_conn *c, struct one_half *h,
		    const struct frame *f, uint64_t start, uint64_t end, uint8_t evidence)
{
	bool psh = f->tcp_flags & 8 && one_conn_tcp(c), noted;
	struct reorder_arrival a = {
		.start = start, .end = end, .packets = 1, .time_ns = f->time_ns, .tag = LONE,
		.bytes = one_conn_tcp(c) ? end - start : f->len,
	};
	int rc;

	o->lone = (struct one_arrival){
		.number = f->number, .time_ns = f->time_ns, .start = start,
		.len = end - start, .evidence = evidence, .psh = psh,
	};
	if (psh)
		one_flow_psh(h, start);
	h->packets += a.packets;
	h->bytes += a.bytes;
	if (end > h->told)
		h->told = end;
	noted = h->disorder && !one_disorder_note(h->disorder, &o->lone, o->opt.limits.window,
						  &o->budget);
	if (noted)
		a.tag = h->disorder->base + h->disorder->n_arrivals - 1;
	rc = reorder_push(&h->stream, &a, &o->opt.limits, sink(o, c, h));
	if (rc == REORDER_DUPLICATE) {
		count_stray(o, &a);
		if (noted)
			one_disorder_unnote(h->disorder);
	}
	rc = done(o, h, rc);
	if (h->disorder && !noted)
		give_up(o, c, h);
	return rc;
}

void one_flow_count(struct one *o, struct one_conn *c, struct one_half *h,
		    const struct frame *f, uint64_t start, struct one_verdict v)
{
	struct analysis_event e = {
		.frame = f->number, .time_ns = f->time_ns, .flow = h->number,
		.start = since_origin(start), .end = since_origin(start) +
			 (one_conn_tcp(c) ? f->len : 1),
		.what = v.what, .evidence = v.evidence,
		.psh = f->tcp_flags & 8 && one_conn_tcp(c),
	};

	h->retransmitted += v.what == ANALYSIS_RETRANSMITTED;
	h->duplicated += v.what == ANALYSIS_DUPLICATED;
	h->ambiguous += v.what == ANALYSIS_AMBIGUOUS;
	o->a.evidence[v.evidence]++;
	if (!o->opt.sink.event)
		return;
	e.key = key_of(c, h);
	o->opt.sink.event(o->opt.sink.arg, &e);
}

/* ---- begin and end ------------------------------------------------------- */

void one_flow_begin(struct one *o, struct one_half *h, uint64_t time_ns)
{
	h->flags = ONE_USED;
	h->number = ++o->n_numbered;
	h->max = h->told = ONE_ORIGIN;
	h->first_ns = h->last_ns = time_ns;
	h->first_psh_fate = REORDER_PSH_IN_ORDER;
	h->tcp.timed_ns = 0;
	reorder_init(&h->stream, ONE_ORIGIN);
}

static void report(struct one *o, const struct one_conn *c, const struct one_half *h)
{
	struct analysis_flow flow = {
		.id = h->number, .key = key_of(c, h),
		.packets = h->packets, .bytes = h->bytes,
		.reordered = h->reordered, .movers = h->movers,
		.retransmitted = h->retransmitted, .duplicated = h->duplicated,
		.ambiguous = h->ambiguous, .extent_max = h->extent_max,
		.first_ns = h->first_ns,
		.last_ns = h->late_ns > h->last_ns ? h->late_ns : h->last_ns,
		.psh = h->psh,
		.first_psh = h->psh ? h->first_psh_fate : REORDER_PSH_NONE,
		.began_at_psh = h->flags & ONE_BEGAN_AT_PSH,
		.complete = h->flags & ONE_COMPLETE,
		.exact = !(h->flags & ONE_INEXACT),
		.unjudged = one_conn_tcp(c) ? 0 : h->udp.unjudged,
	};

	flow.key_out = flow.key;
	if (o->opt.sink.flow)
		o->opt.sink.flow(o->opt.sink.arg, &flow);
}

static void add_totals(struct analysis *a, const struct one_conn *c, const struct one_half *h)
{
	a->flows++;
	a->flows_reordered += h->reordered > 0;
	a->psh_flows += h->psh > 0;
	a->flows_began_at_psh += h->reordered && h->flags & ONE_BEGAN_AT_PSH;
	a->retransmitted += h->retransmitted;
	a->duplicated += h->duplicated;
	a->ambiguous += h->ambiguous;
	a->inexact_flows += !!(h->flags & ONE_INEXACT);
	if (!one_conn_tcp(c))
		a->unjudged += h->udp.unjudged;
}

int one_flow_end(struct one *o, struct one_conn *c, struct one_half *h)
{
	int rc = one_flow_tell(o, c, h), rc2;

	rc2 = reorder_flush(&h->stream, &o->opt.limits, sink(o, c, h));
	if (rc2 < 0 && !o->rc)
		o->rc = rc2;
	note_bound(o, h);
	one_disorder_free(h->disorder, &o->budget);
	h->disorder = NULL;
	report(o, c, h);
	add_totals(&o->a, c, h);
	return rc < 0 ? rc : rc2;
}
