/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn.h - what is kept of a connection: where its packets are in it, what was chosen
 *
 * A connection is one direction of a TCP connection, or of what has the same addresses
 * and ports in another protocol. The first half runs natively, the second has the maps.
 *
 * Theory of operation. Packets of one connection may pass on several CPUs at once, and
 * its record has no lock: each word is advanced by one atomic operation, and what a packet
 * gets from it is its own. So of new bytes one packet is the first, each count is given
 * out once, and who loses a race CONN_TRIES times goes on without state, which is counted.
 *
 * The table is ours: the kernel's hash maps cost a call and the hash of the whole name,
 * more than all the rest, and its LRU forgets without a word. A set of CONN_WAYS records
 * is found by a hash, a record in it by its tag, which is that hash. Only who begins a
 * connection locks its set. If there is no room in it, first goes what has ended, then
 * what was idle for longest, or nearly ("clock"), which is counted. Who still holds that
 * record writes into the next connection's: one packet's worth, of one that was idle.
 */
#ifndef OVSLAB_BPF_CONN_H
#define OVSLAB_BPF_CONN_H

#include "kinds/kind.h"
#include "pkt.h"
#include "stage.h"

#define CONN_TRIES	4
#define CONN_CHOSEN	4	/* chosen packets that a stage remembers, for retransmissions */

#define CONN_WAYS	8	/* records of a set */
#define CONN_SETS	(CONNS_MAX / CONN_WAYS)
#define CONN_LOCK_TRIES	128

/* What names a packet in its connection, the same in each run. Else: its offset. */
#define CONN_ID_SYN	(1ULL << 63)
#define CONN_ID_BARE	(1ULL << 62)	/* plus the number of the packet without payload */

struct conn_key {
	__u8 saddr[16], daddr[16];	/* IPv4: the first 4 bytes */
	__u16 sport, dport;		/* host order; 0: the protocol has none */
	__u8 proto, family;
	__u16 pad;
};

_Static_assert(sizeof(struct conn_key) == 40, "no holes: it is hashed");

/* As words. */
union conn_name {
	struct conn_key key;
	__u64 word[5];
};

/* What one stage keeps of a connection. */
struct conn_stage {
	__u64 count;			/* packets that nth and every have counted */
	__u64 chosen[CONN_CHOSEN];	/* conn_pos.id + 1; 0: none */
	struct kind_state kind;
};

struct conn {
	union conn_name name;
	__u64 next;			/* offset after the last byte seen */
	__u64 bare;			/* packets without payload so far */
	__u32 base;			/* TCP: sequence number of offset 0 */
	__u32 ordinal;			/* among those to @server, from 1 */
	__u16 server;
	__u8 by_syn;			/* @base is what its SYN said */
	__u8 pad[5];
	struct conn_stage stage[STAGES];
};

enum conn_flags {
	CONN_NEW = 1,
	CONN_MIDWAY = 2,		/* new, TCP, and not by its SYN */
	CONN_FORGOT = 4,		/* new, in place of one that may go on */
	CONN_AGAIN = 8,			/* bytes seen before */
};

/* Which records of a set are whose. */
struct conn_set {
	__u64 tag[CONN_WAYS];		/* conn_tag(); 0: free */
	__u8 used[CONN_WAYS];		/* since the hand came by */
	__u8 ended[CONN_WAYS];		/* FIN or RST was seen */
	__u32 lock;			/* 1: somebody begins a connection */
	__u32 hand;
};

/* Where a packet is in its connection. */
struct conn_pos {
	__u64 offset;			/* of its payload; ~0 if there is no state */
	__u64 id;
	__u32 len;			/* of its payload */
	__u32 ordinal;			/* 0 if there is no state */
	__u16 server;
	__u16 flags;			/* enum conn_flags */
};

PKT_FN int conn_is_syn(const struct pkt *p)
{
	return pkt_is_tcp(p) && (p->tcp_flags & PKT_SYN);
}

/* Sequence number of the first byte of payload. */
PKT_FN __u32 conn_data_seq(const struct pkt *p)
{
	return p->seq + !!(p->tcp_flags & PKT_SYN);
}

/** conn_tag() - a hash of the name, not 0; names that share one are told apart later */
PKT_FN __u64 conn_tag(const union conn_name *n)
{
	__u64 h = n->word[4];

	for (int i = 0; i < 4; i++) {
		if (n->key.family == 4 && (i & 1))
			continue;	/* these are zero */
		h = (h ^ n->word[i]) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	return h | 1;
}

PKT_FN __u32 conn_set_of(__u64 tag)
{
	return (tag >> 1) % CONN_SETS;
}

/** conn_way() - the record with that tag; CONN_WAYS if there is none */
PKT_FN __u32 conn_way(const struct conn_set *s, __u64 tag)
{
	for (__u32 i = 0; i < CONN_WAYS; i++)
		if (s->tag[i] == tag)
			return i;
	return CONN_WAYS;
}

PKT_FN __u32 conn_idle_way(struct conn_set *s)
{
	__u32 at = s->hand;

	for (__u32 i = 0; i < CONN_WAYS; i++, at++) {
		if (!s->used[at % CONN_WAYS])
			break;
		s->used[at % CONN_WAYS] = 0;
	}
	s->hand = (at + 1) % CONN_WAYS;
	return at % CONN_WAYS;
}

/**
 * conn_free_way() - a record for a new connection; the caller has the lock
 * @ret_forgot:	whether one that may go on has to make room
 */
PKT_FN __u32 conn_free_way(struct conn_set *s, int *ret_forgot)
{
	*ret_forgot = 0;
	for (__u32 i = 0; i < CONN_WAYS; i++)
		if (!s->tag[i])
			return i;
	for (__u32 i = 0; i < CONN_WAYS; i++)
		if (s->ended[i])
			return i;
	*ret_forgot = 1;
	return conn_idle_way(s);
}

/**
 * conn_lock() - take the lock of a set
 *
 * Nothing can come between on the same CPU: neither hook is entered anew from softirqs.
 * Return: 0 if it was held all the time, by a virtual CPU that does not run.
 */
PKT_FN int conn_lock(struct conn_set *s)
{
	for (int i = 0; i < CONN_LOCK_TRIES; i++)
		if (!__sync_val_compare_and_swap(&s->lock, 0, 1))
			return 1;
	return 0;
}

PKT_FN void conn_unlock(struct conn_set *s)
{
	__sync_lock_test_and_set(&s->lock, 0);
}

PKT_FN int conn_is_named(const struct conn *c, const union conn_name *n)
{
	__u64 differ = 0;

	for (int i = 0; i < 5; i++)
		differ |= c->name.word[i] ^ n->word[i];
	return !differ;
}

/** conn_server() - the server's port: without a SYN, the lower one is taken for it */
PKT_FN __u16 conn_server(const struct pkt *p)
{
	if (conn_is_syn(p))
		return p->tcp_flags & PKT_ACK ? p->sport : p->dport;
	return p->sport < p->dport ? p->sport : p->dport;
}

/** conn_can_track() - not a fragment that lacks the ports of its connection */
PKT_FN int conn_can_track(const struct pkt *p)
{
	return p->has_l4;
}

/** conn_begin() - a new record: what is known with the first packet */
PKT_FN void conn_begin(struct conn *c, const union conn_name *name, const struct pkt *p,
		       __u32 ordinal)
{
	__builtin_memset(c, 0, sizeof(*c));
	c->name = *name;
	c->base = pkt_is_tcp(p) ? conn_data_seq(p) : 0;
	c->by_syn = conn_is_syn(p);
	c->server = conn_server(p);
	c->ordinal = ordinal;
}

/** conn_is_reused() - a SYN that is not the one of this connection, again */
PKT_FN int conn_is_reused(const struct conn *c, const struct pkt *p)
{
	return conn_is_syn(p) && (!c->by_syn || conn_data_seq(p) != c->base);
}

/* Offset of a sequence number: the one of all that are equal in 32 bits that is nearest. */
PKT_FN __s64 conn_offset(const struct conn *c, __u64 next, __u32 seq)
{
	return next + (__s32)(seq - c->base - (__u32)next);
}

/* Return: 0; negative if it is from before the first byte, or all races were lost. */
PKT_FN int conn_advance_tcp(struct conn *c, __u32 seq, struct conn_pos *pos)
{
	for (int i = 0; i < CONN_TRIES; i++) {
		__u64 next = *(volatile __u64 *)&c->next;
		__s64 at = conn_offset(c, next, seq);

		if (at < 0)
			return -1;
		pos->offset = at;
		if (pos->len && (__u64)at < next)
			pos->flags |= CONN_AGAIN;
		if (!pos->len || (__u64)at + pos->len <= next)
			return 0;
		if (__sync_val_compare_and_swap(&c->next, next, at + pos->len) == next)
			return 0;
	}
	return -1;
}

PKT_FN __u64 conn_id(struct conn *c, const struct pkt *p, struct conn_pos *pos)
{
	if (pos->len)
		return pos->offset;
	if (!conn_is_syn(p))
		return CONN_ID_BARE | __sync_fetch_and_add(&c->bare, 1);
	if (!(pos->flags & CONN_NEW))
		pos->flags |= CONN_AGAIN;
	return CONN_ID_SYN;
}

/**
 * conn_advance() - account for a packet, and find out where it is
 * @pos:	zeroed, but for what conn_put() says in @flags; valid if 0 is returned
 *
 * Bytes of UDP and others have the offsets of their arrival, and none comes again.
 */
PKT_FN int conn_advance(struct conn *c, const struct pkt *p, struct conn_pos *pos)
{
	pos->len = p->payload;
	if (!pkt_is_tcp(p))
		pos->offset = pos->len ? __sync_fetch_and_add(&c->next, (__u64)pos->len) :
					 *(volatile __u64 *)&c->next;
	else if (conn_advance_tcp(c, conn_data_seq(p), pos))
		return -1;
	pos->id = conn_id(c, p, pos);
	pos->ordinal = c->ordinal;
	pos->server = c->server;
	return 0;
}

/* Whether the packet has a byte with which a chosen one began. */
PKT_FN int conn_remembers(const struct conn_stage *c, const struct conn_pos *pos)
{
	__u64 width = pos->len ?: 1;

	for (int i = 0; i < CONN_CHOSEN; i++)
		if (c->chosen[i] && c->chosen[i] - 1 - pos->id < width)
			return 1;
	return 0;
}

/**
 * conn_counts() - trigger.nth and trigger.every: is it this one's turn?
 *
 * What was seen before counts no more, and gets the decision that it got then.
 */
PKT_FN int conn_counts(struct conn_stage *c, const struct trigger *t,
		       const struct conn_pos *pos)
{
	__u64 count;

	if (!t->nth && t->every == 1)
		return 1;
	if (pos->flags & CONN_AGAIN)
		return conn_remembers(c, pos);
	count = __sync_fetch_and_add(&c->count, 1) + 1;
	if (t->nth ? count != t->nth : count % t->every)
		return 0;
	c->chosen[t->nth ? 0 : count / t->every % CONN_CHOSEN] = pos->id + 1;
	return 1;
}

#ifdef __bpf__

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONN_SETS);
	__type(key, __u32);
	__type(value, struct conn_set);
} conn_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONNS_MAX);
	__type(key, __u32);
	__type(value, struct conn);
} conns SEC(".maps");

/* The last ordinal, by server port: there is room for all. */
struct conn_ordinals {
	__u32 tcp, other;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct conn_ordinals);
} ordinals SEC(".maps");

PKT_FN struct conn *conn_at(__u32 set, __u32 way)
{
	__u32 at = set * CONN_WAYS + way;

	return way < CONN_WAYS ? bpf_map_lookup_elem(&conns, &at) : 0;
}

PKT_FN __u32 conn_next_ordinal(const struct pkt *p)
{
	__u32 server = conn_server(p);
	struct conn_ordinals *last = bpf_map_lookup_elem(&ordinals, &server);

	if (!last)
		return 0;
	return 1 + (p->proto == IPPROTO_TCP ? __sync_fetch_and_add(&last->tcp, 1) :
					      __sync_fetch_and_add(&last->other, 1));
}

/* With the lock held. While the record is in the making, nobody finds it. */
PKT_FN int conn_put(struct conn_set *s, __u32 set, const union conn_name *name, __u64 tag,
		    const struct pkt *p)
{
	__u32 way = conn_way(s, tag);
	struct conn *c = conn_at(set, way);
	int forgot = 0;

	if (c && !conn_is_reused(c, p))
		return 0;		/* another CPU was first */
	if (!c) {
		way = conn_free_way(s, &forgot) % CONN_WAYS;
		c = conn_at(set, way);
	}
	if (!c)
		return 0;
	__sync_lock_test_and_set(&s->tag[way % CONN_WAYS], 0);
	conn_begin(c, name, p, conn_next_ordinal(p));
	s->used[way % CONN_WAYS] = 1;
	s->ended[way % CONN_WAYS] = 0;
	__sync_lock_test_and_set(&s->tag[way % CONN_WAYS], tag);
	return CONN_NEW | (forgot ? CONN_FORGOT : 0) |
	       (pkt_is_tcp(p) && !c->by_syn ? CONN_MIDWAY : 0);
}

/*
 * Not static, so that it is verified once and not again for each way to get here.
 *
 * Return: flags of conn_pos
 */
__attribute__((noinline)) int conn_add(const union conn_name *name, __u64 tag,
				       const struct pkt *p)
{
	__u32 set = conn_set_of(tag);
	struct conn_set *s = bpf_map_lookup_elem(&conn_sets, &set);
	int flags;

	if (!name || !p || !s || !conn_lock(s))
		return 0;
	flags = conn_put(s, set, name, tag, p);
	conn_unlock(s);
	return flags;
}

PKT_FN struct conn *conn_find(__u64 tag, const struct pkt *p)
{
	__u32 set = conn_set_of(tag), way;
	struct conn_set *s = bpf_map_lookup_elem(&conn_sets, &set);

	if (!s)
		return 0;
	way = conn_way(s, tag);
	if (way >= CONN_WAYS)
		return 0;
	if (!s->used[way])
		s->used[way] = 1;
	if (pkt_is_tcp(p) && (p->tcp_flags & (PKT_FIN | PKT_RST)))
		s->ended[way] = 1;
	return conn_at(set, way);
}

/**
 * conn_track() - the state of the packet's connection, begun if there is none
 * @pos:	zeroed; valid if not NULL is returned
 */
PKT_FN struct conn *conn_track(const union conn_name *name, const struct pkt *p,
			       struct conn_pos *pos)
{
	__u64 tag = conn_tag(name);
	struct conn *c = conn_find(tag, p);

	if (!c || conn_is_reused(c, p)) {
		pos->flags = conn_add(name, tag, p);
		c = conn_find(tag, p);
	}
	return c && conn_is_named(c, name) && !conn_advance(c, p, pos) ? c : 0;
}

#endif

#endif
