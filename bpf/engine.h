/* SPDX-License-Identifier: GPL-2.0 */
/*
 * engine.h - runs a packet through the stages of a place (BPF only)
 *
 * Theory of operation. A packet is parsed once, and again after a stage that changed
 * it, for the next one. Its connection is looked up and advanced once, before the first
 * stage, if any stage keeps state and means this flow: so all stages see the same
 * offset, and what an earlier one drops is counted all the same.
 *
 * Each stage is a function of its own, made by a macro with a constant index: what its
 * knobs say is known to the verifier then, which drops the code of all that is off. The
 * knobs must not be known to the compiler, who would take their initial values for the
 * last: engine_knobs() hides where the pointer comes from.
 */
#ifndef OVSLAB_BPF_ENGINE_H
#define OVSLAB_BPF_ENGINE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "stage.h"
#include "conn.h"
#include "kinds/kinds.h"
#include "match.h"
#ifdef IO_TC
#include "skb.h"
#endif
#include "trigger.h"

const volatile struct stages knobs = { .magic = STAGE_MAGIC };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAGES);
	__type(key, __u32);
	__type(value, struct stage_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stage_heads);
} heads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LOG_EVENTS);
	__type(key, __u32);
	__type(value, struct log_event);
} log SEC(".maps");

/* A packet on its way through the stages. */
struct engine {
	struct io io;
	struct pkt p;			/* family 0: not IP, or malformed */
	union conn_name name;		/* these three if a stage keeps state only */
	struct conn_pos pos;
	struct conn *conn;		/* NULL: none */
};

/* What a stage did, as bits. */
enum engine_did { ENGINE_CHANGED = 1, ENGINE_DROPPED = 2 };

PKT_FN const struct stage *engine_knobs(__u32 i)
{
	const struct stage *s = (const struct stage *)&knobs.stage[i];

	asm volatile("" : "+r"(s));
	return s;
}

/* Whether WHAT(i, ...) is true for the index of any stage. */
#define ENGINE_ANY(WHAT, ...) ({						\
	__u32 n = knobs.n;							\
										\
	(n > 0 && WHAT(0, ##__VA_ARGS__)) || (n > 1 && WHAT(1, ##__VA_ARGS__)) ||	\
	(n > 2 && WHAT(2, ##__VA_ARGS__)) || (n > 3 && WHAT(3, ##__VA_ARGS__));	\
})

/* ---- the packet and its connection ---- */

#ifdef IO_XDP
PKT_FN int engine_find_plain(struct io *io, struct pkt *p)
{
	void *data = (void *)(long)io->ctx->data, *end = (void *)(long)io->ctx->data_end;

	return pkt_parse_plain(data, end, end - data, p);
}

PKT_FN int engine_find(struct io *io, struct pkt *p)
{
	void *data = (void *)(long)io->ctx->data, *end = (void *)(long)io->ctx->data_end;

	return pkt_parse(data, end, end - data, p);
}
#else
PKT_FN int engine_find_plain(struct io *io, struct pkt *p)
{
	struct __sk_buff *skb = io->skb;

	return pkt_parse_plain((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, p);
}

PKT_FN int engine_find(struct io *io, struct pkt *p)
{
	return skb_parse(io->skb, p);
}
#endif

static __attribute__((noinline)) int engine_find_any(struct engine *e)
{
	e->p = (struct pkt){ 0 };
	if (engine_find(&e->io, &e->p))
		e->p.family = 0;
	return 0;
}

PKT_FN int engine_sees_tags(__u32 i)
{
	const struct stage *s = engine_knobs(i);

	return s->kind == STAGE_VLAN || (s->match.on & MATCH_VLAN);
}

PKT_FN int engine_doubles(__u32 i)
{
	return engine_knobs(i)->kind == STAGE_DUP;
}

PKT_FN void engine_parse(struct engine *e)
{
	if (engine_find_plain(&e->io, &e->p))
		engine_find_any(e);
	if (ENGINE_ANY(engine_sees_tags) && e->p.family)
		io_vlan(&e->io, &e->p.vlan_tci);
}

/* The two addresses are beside each other. */
PKT_FN int engine_name(struct engine *e)
{
	struct { __u8 saddr[4], daddr[4]; } ip;
	struct conn_key *key = &e->name.key;
	const struct pkt *p = &e->p;

	key->sport = p->sport;
	key->dport = p->dport;
	key->proto = p->proto;
	key->family = p->family;
	if (p->family == 6)
		return io_load(&e->io, p->l3_off + IPV6_SADDR, key->saddr, 32);
	if (io_load(&e->io, p->l3_off + IPV4_SADDR, &ip, sizeof(ip)))
		return -1;
	__builtin_memcpy(key->saddr, ip.saddr, 4);
	__builtin_memcpy(key->daddr, ip.daddr, 4);
	return 0;
}

/* For the next stage, after one that changed the packet. */
static __attribute__((noinline)) int engine_parse_again(struct engine *e)
{
	engine_parse(e);
	return 0;
}

PKT_FN int engine_keeps_state(__u32 i)
{
	return stage_keeps_state(engine_knobs(i));
}

PKT_FN int engine_wants_state(__u32 i, struct engine *e)
{
	return engine_keeps_state(i) && match_flow(&engine_knobs(i)->match, &e->io, &e->p);
}

PKT_FN void engine_track(struct engine *e)
{
	e->conn = 0;
	if (!ENGINE_ANY(engine_keeps_state))
		return;
	e->name = (union conn_name){ 0 };
	e->pos = (struct conn_pos){ 0 };
	if (!e->p.family || !ENGINE_ANY(engine_wants_state, e))
		return;
	if (!engine_name(e) && conn_can_track(&e->p))
		e->conn = conn_track(&e->name, &e->p, &e->pos);
}

/* ---- the log ---- */

PKT_FN void engine_log_fill(struct log_event *event, const struct engine *e)
{
	const struct pkt *p = &e->p;

	event->time_ns = bpf_ktime_get_ns();
	event->offset = e->conn ? e->pos.offset : ~0ULL;
	__builtin_memcpy(event->saddr, e->name.key.saddr, 32);
	event->sport = p->sport;
	event->dport = p->dport;
	event->connection = e->conn ? e->pos.ordinal : 0;
	event->seq = p->seq;
	event->len = p->payload;
	event->ip_id = p->ip_id;
	event->family = p->family;
	event->proto = p->proto;
}

/*
 * Zero first, the serial last, and both by operations that order all memory: a reader
 * who finds the same serial before and after copying has one event, and whole.
 */
static __attribute__((noinline)) int engine_log(const struct engine *e, __u32 at,
						const struct kind_edit *edit, __u32 flags)
{
	__u32 zero = 0, slot;
	struct stage_heads *head = bpf_map_lookup_elem(&heads, &zero);
	struct log_event *event;
	__u64 serial;

	if (!head)
		return 0;
	serial = __sync_fetch_and_add(&head->serial, 1) + 1;
	slot = (serial - 1) % LOG_EVENTS;
	event = bpf_map_lookup_elem(&log, &slot);
	if (!event)
		return 0;
	__sync_lock_test_and_set(&event->serial, 0);
	engine_log_fill(event, e);
	event->before = edit->before;
	event->after = edit->after;
	event->stage = at;
	event->kind = knobs.stage[at % STAGES].kind;
	event->flags = flags;
	event->pad = 0;
	__sync_lock_test_and_set(&event->serial, serial);
	return 0;
}

PKT_FN void engine_record(struct engine *e, const struct stage *s, __u32 i,
			  const struct kind_edit *edit, __u32 flags)
{
	if (!(s->flags & STAGE_LOG))
		return;
	if (s->flags & STAGE_DRY_RUN)
		flags |= LOG_DRY_RUN;
	if (e->pos.flags & CONN_AGAIN)
		flags |= LOG_AGAIN;
	if (e->conn && e->pos.server != e->p.dport)
		flags |= LOG_FROM_SERVER;
	engine_log(e, i, edit, flags);
}

/* ---- which ---- */

/* A generator for each CPU, seeded by the kernel's, which would be a dear call each time. */
PKT_FN __u64 engine_next(struct stage_counters *n)
{
	if (!n->random)
		n->random = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	return choose_next(&n->random);
}

PKT_FN __u64 engine_random(const struct engine *e, struct stage_counters *n,
			   const struct stage *s)
{
	if (!(s->flags & STAGE_SEEDED))
		return engine_next(n);
	return trigger_seeded(s->trigger.seed, e->pos.ordinal, e->pos.server, e->pos.id);
}

/* By a rule that would choose the same bytes each time they are sent. */
PKT_FN int engine_spares_again(const struct engine *e, const struct stage *s)
{
	const struct trigger *t = &s->trigger;

	return kind_destroys(s) && (t->nth || t->every > 1 || (s->flags & STAGE_SEEDED)) &&
	       (e->pos.flags & CONN_AGAIN);
}

PKT_FN int engine_draws(const struct engine *e, struct stage_counters *n,
			const struct stage *s, __u32 i, __u64 *random)
{
	const struct trigger *t = &s->trigger;

	if ((t->from || t->to) && !trigger_in_range(t, e->pos.offset))
		return 0;
	if (engine_spares_again(e, s))
		return 0;
	if (t->nth || t->every)
		return conn_counts(&e->conn->stage[i], t, &e->pos);
	if (!trigger_is_drawn(t))
		return 1;
	*random = engine_random(e, n, s);
	return choose_one_of(*random, t->ratio);
}

PKT_FN __u64 *engine_taken(__u32 i)
{
	__u32 zero = 0;
	struct stage_heads *head = bpf_map_lookup_elem(&heads, &zero);

	return head ? &head->taken[i] : 0;
}

PKT_FN int engine_take(const struct stage *s, __u32 i)
{
	__u64 *taken;

	if (!s->trigger.limit)
		return 1;
	taken = engine_taken(i);
	return taken && trigger_take(taken, s->trigger.limit);
}

PKT_FN void engine_give_back(const struct stage *s, __u32 i)
{
	__u64 *taken = s->trigger.limit ? engine_taken(i) : 0;

	if (taken)
		trigger_give_back(taken);
}

PKT_FN int engine_may_still(const struct stage *s)
{
	return !s->trigger.until_ns || !trigger_expired(&s->trigger, bpf_ktime_get_ns());
}

/* Return: KIND_NO if the packet must not be chosen, though another one might. */
PKT_FN enum kind_may engine_may(struct engine *e, const struct stage *s, __u32 i)
{
	enum kind_may may = kind_may(s, &e->p);

	if (!stage_keeps_state(s) || (s->flags & STAGE_DRY_RUN) || !e->conn)
		return may;
	return kind_pass(&e->io, &e->p, s, &e->conn->stage[i].kind) == KIND_NO ? KIND_NO : may;
}

/* ---- what is done ---- */

/* Return: enum engine_did */
PKT_FN int engine_edit(struct engine *e, struct stage_counters *n, const struct stage *s,
		       __u32 i, __u64 random)
{
	struct kind_edit edit = { .state = e->conn ? &e->conn->stage[i].kind : 0 };
	int rc = 0;

	if (kind_uses_random(s) && !trigger_is_drawn(&s->trigger))
		random = engine_random(e, n, s);
	if (!(s->flags & STAGE_DRY_RUN))
		rc = kind_edit(&e->io, &e->p, s, random, &edit);
	if (rc) {
		n->failed += rc < 0;
		engine_give_back(s, i);
		return 0;
	}
	n->mangled++;
	engine_record(e, s, i, &edit, 0);
	if (edit.verdict == KIND_DROP)
		return ENGINE_DROPPED;
	return s->flags & STAGE_DRY_RUN ? 0 : ENGINE_CHANGED;
}

PKT_FN int engine_clear(struct engine *e, struct stage_counters *n, const struct stage *s,
			__u32 i)
{
	struct kind_edit edit = { 0 };
	int rc = s->flags & STAGE_DRY_RUN ? 0 : kind_clear(&e->io, &e->p, s, &edit);

	if (rc) {
		n->failed += rc < 0;
		return 0;
	}
	n->cleared++;
	engine_record(e, s, i, &edit, LOG_CLEARED);
	return s->flags & STAGE_DRY_RUN ? 0 : ENGINE_CHANGED;
}

PKT_FN int engine_chosen(const struct engine *e, struct stage_counters *n,
			 const struct stage *s, __u32 i, __u64 *random)
{
	if (stage_keeps_state(s) && !e->conn) {
		n->untracked++;
		return 0;
	}
	return engine_draws(e, n, s, i, random) && engine_may_still(s) && engine_take(s, i);
}

/*
 * A packet that the kind can do something with, or that others of its stage are cleared
 * for. If it is chosen and is so already, it stays so, and is one of the limit's.
 */
PKT_FN int engine_decide(struct engine *e, struct stage_counters *n, const struct stage *s,
			 __u32 i, enum kind_may may)
{
	__u64 random = 0;

	if (kind_takes_part(s, &e->p, may) && engine_chosen(e, n, s, i, &random))
		return may == KIND_YES ? engine_edit(e, n, s, i, random) : 0;
	return kind_clears(s, &e->p) ? engine_clear(e, n, s, i) : 0;
}

PKT_FN void engine_count_connection(const struct engine *e, struct stage_counters *n,
				    const struct stage *s)
{
	if (!stage_keeps_state(s))
		return;
	n->connections += !!(e->pos.flags & CONN_NEW);
	n->midway += !!(e->pos.flags & CONN_MIDWAY);
	n->forgotten += !!(e->pos.flags & CONN_FORGOT);
}

/* @i by value: a constant whose address is taken is one no more. */
PKT_FN struct stage_counters *engine_counters(__u32 i)
{
	return bpf_map_lookup_elem(&counters, &i);
}

PKT_FN int engine_stage(struct engine *e, __u32 i)
{
	struct stage_counters *n = engine_counters(i);
	const struct stage *s = engine_knobs(i);
	enum kind_may may;

	if (!n)
		return 0;
	n->seen++;
	if (!e->p.family || !match_flow(&s->match, &e->io, &e->p))
		return 0;
	engine_count_connection(e, n, s);
	if (!match_packet(&s->match, &e->io, &e->p))
		return 0;
	may = engine_may(e, s, i);
	n->already += may == KIND_ALREADY;
	n->eligible += may == KIND_YES;
	return engine_decide(e, n, s, i, may);
}

/* The first one is part of the program, since a call costs as much as all it does. */
#define ENGINE_STAGE(I)							\
static __attribute__((noinline)) int engine_stage_##I(struct engine *e)	\
{									\
	return engine_stage(e, I);					\
}

ENGINE_STAGE(1)
ENGINE_STAGE(2)
ENGINE_STAGE(3)

_Static_assert(STAGES == 4, "one function for each");

/* After a stage that @did something: whether the packet goes on to stage @next of @n. */
PKT_FN int engine_goes_on(struct engine *e, int did, __u32 next, __u32 n)
{
	if (next >= n || (did & ENGINE_DROPPED))
		return 0;
	if (did & ENGINE_CHANGED)
		engine_parse_again(e);
	return 1;
}

/**
 * engine_run() - all stages, in order
 * @e:	of which @e->io is filled
 *
 * Return: KIND_PASS or KIND_DROP
 */
PKT_FN enum kind_verdict engine_run(struct engine *e)
{
	__u32 n = knobs.n;
	int did;

	if (!n)
		return KIND_PASS;
	engine_parse(e);
	engine_track(e);
	did = engine_stage(e, 0);
	if (engine_goes_on(e, did, 1, n))
		did = engine_stage_1(e);
	if (engine_goes_on(e, did, 2, n))
		did = engine_stage_2(e);
	if (engine_goes_on(e, did, 3, n))
		did = engine_stage_3(e);
	return did & ENGINE_DROPPED ? KIND_DROP : KIND_PASS;
}

#endif
