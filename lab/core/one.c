// SPDX-License-Identifier: GPL-2.0
/*
 * one.c - one capture: what was reordered before it, and what was sent again
 *
 * Owns the connections: when they begin, end, expire and are replaced. Segments
 * are judged in one_tcp.c and one_udp.c.
 */
#include "core/one.h"

#include <errno.h>
#include <stdlib.h>

#include "core/one_tcp.h"
#include "core/one_udp.h"

#define TICK_SHIFT 30			/* a tick is 2^30 ns */
#define TICKS_BACK 1024			/* how far a capture's time may step back */
#define LATE_SYN (1u << 20)		/* bytes from a SYN to the first data seen */
#define WINDOW_MAX (1u << 24)		/* arrivals; beyond it is the budget's to say */
#define BATCH 32

struct one *one_new(const struct one_options *opt)
{
	struct one *o = calloc(1, sizeof(*o));

	if (!o || one_table_init(&o->table, opt->seed)) {
		free(o);
		return NULL;
	}
	o->opt = *opt;
	if (!o->opt.max_flows)
		o->opt.max_flows = 1;
	if (o->opt.max_holes < 4)
		o->opt.max_holes = 4;
	if (o->opt.limits.window > WINDOW_MAX)
		o->opt.limits.window = WINDOW_MAX;
	if (o->opt.limits.threshold > REORDER_THRESHOLD_MAX)
		o->opt.limits.threshold = REORDER_THRESHOLD_MAX;
	o->budget.max = opt->max_disorder_bytes;
	o->idle_ticks = opt->idle_ns >> TICK_SHIFT < INT16_MAX ?
			(opt->idle_ns >> TICK_SHIFT) + 1 : INT16_MAX;
	o->a.mode = ANALYSIS_ONE_POINT;
	o->a.m.threshold = o->opt.limits.threshold;
	return o;
}

/* ---- the end of connections ---------------------------------------------- */

/* Return: how many flows it was. */
static uint32_t end_conn(struct one *o, struct one_conn *c)
{
	struct one_half *peer = one_conn_peer(&o->table, c);
	uint32_t n = 0;

	if (c->half.flags & ONE_USED) {
		one_flow_end(o, c, &c->half);
		n++;
	}
	if (peer) {
		one_flow_end(o, c, peer);
		n++;
	}
	one_table_remove(&o->table, c);
	return n;
}

static void expire(struct one *o, uint64_t tick)
{
	struct one_conn *c;

	o->tick = tick;
	while ((c = one_table_oldest(&o->table))) {
		uint16_t age = (uint16_t)tick - c->tick;

		if (age <= o->idle_ticks || age >= UINT16_MAX - TICKS_BACK)
			return;
		o->a.flows_expired += end_conn(o, c);
	}
}

/* One more connection or direction is wanted; @keep is not to go for it. */
static void make_room(struct one *o, const struct one_conn *keep)
{
	uint32_t n;

	while (o->table.n_conns + o->table.n_peers >= o->opt.max_flows) {
		struct one_conn *c = one_table_oldest(&o->table);

		if (c == keep && c)
			one_table_touch(&o->table, c, o->tick);
		c = one_table_oldest(&o->table);
		if (!c || c == keep)
			return;
		n = end_conn(o, c);
		o->a.flows_expired += n;
		o->evicted |= n > 0;
	}
}

void one_free(struct one *o)
{
	struct one_conn *c;

	if (!o)
		return;
	o->opt.sink = (struct analysis_sink){ 0 };
	while ((c = one_table_oldest(&o->table)))
		end_conn(o, c);
	one_table_release(&o->table);
	free(o);
}

int one_end(struct one *o, struct analysis *ret)
{
	struct one_conn *c;

	while ((c = one_table_oldest(&o->table)))
		end_conn(o, c);
	*ret = o->a;
	ret->m.duplicates = ret->duplicated;
	ret->exact = !ret->inexact_flows && !o->evicted;
	return o->rc;
}

/* ---- their beginning ----------------------------------------------------- */

static int out_of_memory(struct one *o)
{
	if (!o->rc)
		o->rc = -ENOMEM;
	return -ENOMEM;
}

static struct one_conn *add_conn(struct one *o, const struct frame *f, struct one_ref ref)
{
	make_room(o, NULL);
	return one_table_add(&o->table, ref, &f->key, o->tick);
}

/* The direction @dir carries its first data, from sequence number @seq on. */
static struct one_half *begin_half(struct one *o, struct one_conn *c, uint32_t dir,
				   const struct frame *f, uint32_t seq)
{
	struct one_half *h = &c->half;
	bool syn = c->flags & ONE_ISN_0 << dir && seq - c->isn[dir] - 1 < LATE_SYN;

	if (h->flags & ONE_USED) {
		make_room(o, c);
		h = one_table_add_peer(&o->table, c);
		if (!h)
			return NULL;
	} else {
		if (!(c->flags & ONE_SYN_SEEN) || !(c->flags & ONE_SYN_DIR) != !dir)
			h->id = h->id_score = h->first_ts_ns = 0;
		c->flags = (c->flags & ~(ONE_HALF_DIR | ONE_SYN_SEEN | ONE_SYN_TIMED)) |
			   (dir ? ONE_HALF_DIR : 0);
	}
	one_flow_begin(o, h, f->time_ns);
	h->seq = syn ? c->isn[dir] + 1 : seq;
	h->flags |= syn ? ONE_COMPLETE : 0;
	return h;
}

/* ---- SYN ----------------------------------------------------------------- */

static void note_syn(struct one_conn *c, uint32_t dir, const struct frame *f)
{
	c->isn[dir] = f->seq;
	c->flags |= ONE_ISN_0 << dir;
	if (f->tcp_flags & ONE_ACK || c->half.flags & ONE_USED)
		return;
	c->flags |= ONE_SYN_SEEN | ONE_SYN_TIMED | (dir ? ONE_SYN_DIR : 0);
	c->half.id = f->ip_id;
	if (f->has_ts)
		one_tcp_first_ts(&c->half, f);
	c->half.tcp.timed_ns = f->time_ns;
}

static uint32_t first_seq(const struct one_half *h)
{
	return h->seq - (uint32_t)(h->max - ONE_ORIGIN);
}

/* A SYN of a direction whose ISN is not known: of this connection, come late? */
static bool is_late_syn(const struct one *o, struct one_conn *c, uint32_t dir,
			const struct frame *f)
{
	const struct one_half *h = one_conn_half(&o->table, c, dir);

	if (!h)
		return f->tcp_flags & ONE_ACK || !one_conn_half(&o->table, c, !dir) ||
		       c->flags & ONE_ISN_0 << !dir;
	return first_seq(h) - (f->seq + 1) < LATE_SYN;
}

static struct one_conn *on_syn(struct one *o, struct one_conn *c, const struct frame *f,
			       struct one_ref ref)
{
	bool known = c && c->flags & ONE_ISN_0 << ref.dir;
	struct one_half *h;

	if (known && c->isn[ref.dir] == f->seq) {
		c->flags &= ~ONE_SYN_TIMED;
		return c;
	}
	if (c && (known || !is_late_syn(o, c, ref.dir, f))) {
		end_conn(o, c);
		c = NULL;
	}
	if (!c)
		c = add_conn(o, f, ref);
	if (!c)
		return NULL;
	note_syn(c, ref.dir, f);
	h = one_conn_half(&o->table, c, ref.dir);
	if (h && first_seq(h) == f->seq + 1)
		h->flags |= ONE_COMPLETE;
	return c;
}

/* Before any data: what the side that sent the SYN sends next. */
static void after_syn(struct one_conn *c, uint32_t dir, const struct frame *f)
{
	struct one_half *h = &c->half;

	if (!(c->flags & ONE_SYN_SEEN) || !(c->flags & ONE_SYN_DIR) != !dir ||
	    f->tcp_flags & (ONE_SYN | ONE_RST))
		return;
	if (!f->len)
		one_tcp_learn(h, f->ip_id);
	if (c->flags & ONE_SYN_TIMED && f->tcp_flags & ONE_ACK &&
	    f->time_ns > h->tcp.timed_ns && f->time_ns - h->tcp.timed_ns < UINT32_MAX)
		h->loop_ns = f->time_ns - h->tcp.timed_ns;
	c->flags &= ~ONE_SYN_TIMED;
}

/* ---- frames -------------------------------------------------------------- */

static bool has_data(const struct frame *f)
{
	return f->len && !(f->tcp_flags & ONE_RST);
}

static int tcp(struct one *o, struct one_conn *c, const struct frame *f, struct one_ref ref)
{
	uint32_t seq = f->seq;
	struct one_half *own, *other;

	if (f->tcp_flags & ONE_SYN) {
		c = on_syn(o, c, f, ref);
		seq++;
	} else if (!c && has_data(f)) {
		c = add_conn(o, f, ref);
	}
	if (!c)
		return has_data(f) || f->tcp_flags & ONE_SYN ? out_of_memory(o) : 0;
	own = one_conn_half(&o->table, c, ref.dir);
	other = one_conn_half(&o->table, c, !ref.dir);
	if (other && f->tcp_flags & ONE_ACK)
		one_tcp_ack(o, c, other, f);
	if (!own && !other)
		after_syn(c, ref.dir, f);
	if (!has_data(f) || (own && one_tcp_fast(own, f)))
		return 0;
	if (!own)
		own = begin_half(o, c, ref.dir, f, seq);
	return own ? one_tcp_data(o, c, own, f, seq) : out_of_memory(o);
}

static int udp(struct one *o, struct one_conn *c, const struct frame *f, struct one_ref ref)
{
	struct one_half *h;

	if (!c)
		c = add_conn(o, f, ref);
	if (!c)
		return out_of_memory(o);
	h = one_conn_half(&o->table, c, ref.dir);
	if (!h)
		h = begin_half(o, c, ref.dir, f, 0);
	return h ? one_udp(o, c, h, f) : out_of_memory(o);
}

/* @c: a guess whose connection it is, or NULL. */
static int push(struct one *o, const struct frame *f, struct one_ref ref, struct one_conn *c)
{
	if (f->time_ns >> TICK_SHIFT != o->tick)
		expire(o, f->time_ns >> TICK_SHIFT);
	if (!c || !one_conn_is(c, &f->key, ref.dir))
		c = one_table_find(&o->table, ref, &f->key);
	if (c && c->tick != (uint16_t)o->tick)
		one_table_touch(&o->table, c, o->tick);
	return f->kind == FRAME_TCP ? tcp(o, c, f, ref) : udp(o, c, f, ref);
}

static bool is_judged(const struct frame *f)
{
	return f->kind == FRAME_TCP || f->kind == FRAME_UDP;
}

struct ahead {
	struct one_ref ref;
	struct one_conn *conn;		/* a guess */
};

/* The slots first, then what they point to: each miss overlaps the others. */
static void fetch(const struct one_table *t, const struct frame *f, size_t n, struct ahead *a)
{
	for (size_t i = 0; i < n; i++) {
		a[i].ref = one_table_ref(t, &f[i].key);
		__builtin_prefetch(&t->slot[a[i].ref.hash & t->mask]);
	}
	for (size_t i = 0; i < n; i++) {
		a[i].conn = one_table_peek(t, a[i].ref);
		if (!a[i].conn)
			continue;
		__builtin_prefetch(a[i].conn);
		__builtin_prefetch(&a[i].conn->half, 1);
	}
}

int one_push_many(struct one *o, const struct frame *f, size_t n)
{
	int rc = 0;

	for (size_t k; n; f += k, n -= k) {
		struct ahead a[BATCH];

		k = n < BATCH ? n : BATCH;
		fetch(&o->table, f, k, a);
		for (size_t i = 0; i < k; i++)
			if (is_judged(&f[i]) && push(o, &f[i], a[i].ref, a[i].conn) && !rc)
				rc = -ENOMEM;
	}
	return rc;
}

int one_push(struct one *o, const struct frame *f)
{
	return one_push_many(o, f, 1);
}
