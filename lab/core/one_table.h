/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_table.h - the connections of the one-point analysis, and where they are kept
 *
 * Private to the one-point analysis. Connections and their second directions live
 * in slabs that grow as they are needed and are never moved; a hash table of
 * indices finds them. The order of idleness is kept to one tick (about a second of
 * the capture's time), so that a packet rarely touches more than its own flow.
 */
#ifndef OVSLAB_CORE_ONE_TABLE_H
#define OVSLAB_CORE_ONE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/frame.h"
#include "core/one_hole.h"
#include "core/reorder_stream.h"

#define ONE_CACHE_LINE 64

/*
 * One direction of a connection that has carried data: its first cache line is all
 * that a packet in order needs. Ranks are bytes in 64 bits, for UDP IP IDs.
 */
struct one_half {
	uint64_t max;			/* the rank after the highest that was seen */
	uint64_t last_ns;		/* when that was */
	union {
		struct {
			uint64_t timed_ns;	/* a packet's time, 0 = none is timed ... */
			uint32_t timed_end;	/* until this byte is acknowledged */
			uint32_t una;		/* highest ACK of the other side */
			uint32_t ts;		/* of the packet of @max */
			uint32_t rtt_ns;	/* least time from data to its ACK; 0 unknown */
		} tcp;
		struct {
			uint64_t bytes;		/* payload of @pending */
			uint32_t learnt;	/* packets since the IDs began to count up */
			uint32_t unjudged;
		} udp;
	};
	uint32_t seq;			/* TCP: of rank @max */
	uint32_t pending;		/* packets in order that the stream was not told of */
	uint32_t id_sum;		/* IP IDs from the first packet's to @id */
	uint32_t psh;
	uint16_t id;			/* of the packet of @max; 0 unknown */
	uint16_t flags;			/* enum one_half_flags */
	uint8_t id_score;
	uint8_t dups;			/* duplicate ACKs for @una, at most 255 */
	uint8_t first_psh_fate;		/* enum reorder_psh */

	/* beyond the first line: what is needed at a hole, or at the end */
	struct reorder_state stream;
	struct one_disorder *disorder;	/* NULL while in order */
	uint64_t told;			/* the stream knows all below this rank */
	uint64_t given_up;		/* below it are holes that were given up unfilled */
	uint64_t first_ns, late_ns;	/* first packet; last one that was not in order */
	uint64_t first_ts_ns;		/* when; 0 not yet */
	uint64_t packets, bytes;	/* that the stream was told of */
	uint64_t first_psh;		/* lowest rank with PSH */
	uint32_t number;		/* id of the flow */
	uint32_t loop_ns;		/* of the handshake; 0 unknown */
	uint32_t first_ts;		/* the first timestamp, be it of the SYN */
	uint32_t reordered, movers, retransmitted, duplicated, ambiguous, extent_max;
} __attribute__((aligned(ONE_CACHE_LINE)));

enum one_half_flags {
	ONE_USED = 1,			/* it has carried data */
	ONE_DISORDER = 2,		/* @disorder is not NULL */
	ONE_COMPLETE = 4,		/* seen from its SYN */
	ONE_INEXACT = 8,		/* a bound was met */
	ONE_HAS_TS = 16,
	ONE_ACK_SEEN = 32,
	ONE_ZERO_WINDOW = 64,		/* the receiver's window is closed */
	ONE_REORDERED = 128,		/* a packet is, and the first to overtake was the */
	ONE_BEGAN_AT_PSH = 256,		/* first with PSH, or sent after it */
};

/* A connection; its directions are 0 (from the lower address and port) and 1. */
struct one_conn {
	struct obs_key key;		/* as of direction 0 */
	uint32_t isn[2];		/* of the SYN of a direction, if flags say so */
	uint32_t newer, older;		/* in the order of idleness; index + 1 */
	uint32_t peer;			/* the second direction with data; index + 1 */
	uint16_t tick;			/* of the last packet */
	uint8_t flags;			/* enum one_conn_flags */
	struct one_half half;		/* the first direction with data */
};

enum one_conn_flags {
	ONE_HALF_DIR = 1,		/* direction of @half, once it is in use */
	ONE_ISN_0 = 2, ONE_ISN_1 = 4,	/* isn[] is known */
	ONE_SYN_DIR = 8,		/* who sent the SYN without ACK */
	ONE_SYN_SEEN = 16,		/* that one; half.id is its side's, until used */
	ONE_SYN_TIMED = 32,		/* half.tcp.timed_ns is when */
};

_Static_assert(sizeof(struct one_half) == 4 * ONE_CACHE_LINE, "four lines a direction");
_Static_assert(sizeof(struct one_conn) == 5 * ONE_CACHE_LINE, "five lines a connection");
_Static_assert(offsetof(struct one_half, stream) == ONE_CACHE_LINE, "the hot part");

#define ONE_HASH_WORDS 10

struct one_slab {
	void **chunk;			/* [n_chunks] */
	size_t size;			/* of an element */
	uint32_t n_chunks, chunks_room;
	uint32_t n;			/* elements handed out so far */
	uint32_t free;			/* the first returned one; index + 1 */
};

struct one_table {
	uint64_t key[ONE_HASH_WORDS + 1];
	uint64_t *slot;			/* [mask + 1]: hash << 32 | index + 1; 0 empty */
	uint32_t mask;
	uint32_t n_conns, n_peers;
	uint32_t newest, oldest;	/* index + 1 */
	struct one_slab conns, peers;
};

/* How a frame's key reads in a table. */
struct one_ref {
	uint32_t hash;
	bool dir;
};

/** one_table_init() - return 0 or -ENOMEM */
int one_table_init(struct one_table *t, uint64_t seed);

/** one_table_release() - the connections' own memory is the caller's to free before */
void one_table_release(struct one_table *t);

/** one_table_add() - a new connection for @key, zeroed; NULL if out of memory */
struct one_conn *one_table_add(struct one_table *t, struct one_ref ref,
			       const struct obs_key *key, uint16_t tick);

/** one_table_remove() - also its second direction; one_conn_is() of @c is false then */
void one_table_remove(struct one_table *t, struct one_conn *c);

/** one_table_add_peer() - a zeroed second direction; NULL if out of memory */
struct one_half *one_table_add_peer(struct one_table *t, struct one_conn *c);
void one_table_drop_peer(struct one_table *t, struct one_conn *c);

/** one_table_touch() - @c is not idle as of @tick */
void one_table_touch(struct one_table *t, struct one_conn *c, uint16_t tick);

/** one_table_oldest() - the longest idle connection; NULL if there is none */
struct one_conn *one_table_oldest(const struct one_table *t);

#define ONE_CHUNK 1024u			/* elements of a slab's chunk */

static inline struct one_conn *one_conn_at(const struct one_table *t, uint32_t index)
{
	return (struct one_conn *)t->conns.chunk[index / ONE_CHUNK] + index % ONE_CHUNK;
}

static inline struct one_half *one_peer_at(const struct one_table *t, uint32_t index)
{
	return (struct one_half *)t->peers.chunk[index / ONE_CHUNK] + index % ONE_CHUNK;
}

static inline bool one_conn_tcp(const struct one_conn *c)
{
	return c->key.proto == 6;
}

static inline struct one_half *one_conn_peer(const struct one_table *t,
					     const struct one_conn *c)
{
	return c->peer ? one_peer_at(t, c->peer - 1) : NULL;
}

/** one_conn_half() - direction @dir of @c, NULL if it has not carried data */
static inline struct one_half *one_conn_half(const struct one_table *t, struct one_conn *c,
					     uint32_t dir)
{
	if ((c->flags & ONE_HALF_DIR) != dir)
		return one_conn_peer(t, c);
	return c->half.flags & ONE_USED ? &c->half : NULL;
}

/* ---- looking up ---------------------------------------------------------- */

static inline uint32_t one_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/** one_table_ref_v6() - one_table_ref() for anything but IPv4 */
struct one_ref one_table_ref_v6(const struct one_table *t, const struct obs_key *k);

/* Both ports as one word; as of the other direction if @dir. */
static inline uint32_t one_ports(const struct obs_key *k, bool dir)
{
	uint32_t ports = one_load32((const uint8_t *)k + offsetof(struct obs_key, sport));

	return dir ? ports << 16 | ports >> 16 : ports;
}

/**
 * one_table_ref() - hash of a key and its direction; both directions hash alike
 *
 * Multilinear over 32-bit words with 64-bit keys: two given keys collide with a
 * probability of 2^-32 over the seeds, whatever they are (strongly universal:
 * Carter and Wegman 1979; the upper half of the sum: Dietzfelbinger 1996).
 */
static inline struct one_ref one_table_ref(const struct one_table *t, const struct obs_key *k)
{
	uint32_t a = one_load32(k->saddr), b = one_load32(k->daddr);
	bool dir = a > b || (a == b && k->sport > k->dport);
	uint64_t sum;

	if (k->family != 4)
		return one_table_ref_v6(t, k);
	sum = t->key[0] + t->key[1] * (dir ? b : a) + t->key[2] * (dir ? a : b) +
	      t->key[3] * one_ports(k, dir) + t->key[4] * k->proto;
	return (struct one_ref){ .hash = sum >> 32, .dir = dir };
}

static inline bool one_conn_is(const struct one_conn *c, const struct obs_key *k, bool dir)
{
	const uint8_t *lo = dir ? k->daddr : k->saddr, *hi = dir ? k->saddr : k->daddr;

	if (one_ports(&c->key, false) != one_ports(k, dir) ||
	    c->key.proto != k->proto || c->key.family != k->family)
		return false;
	if (k->family == 4)
		return one_load32(c->key.saddr) == one_load32(lo) &&
		       one_load32(c->key.daddr) == one_load32(hi);
	return !memcmp(c->key.saddr, lo, 16) && !memcmp(c->key.daddr, hi, 16);
}

/** one_table_peek() - one connection with the hash of @ref, not looked at, or NULL */
static inline struct one_conn *one_table_peek(const struct one_table *t, struct one_ref ref)
{
	for (uint32_t i = ref.hash & t->mask; t->slot[i]; i = (i + 1) & t->mask)
		if (t->slot[i] >> 32 == ref.hash)
			return one_conn_at(t, (uint32_t)t->slot[i] - 1);
	return NULL;
}

/** one_table_find() - the connection of @key, NULL if there is none */
static inline struct one_conn *one_table_find(const struct one_table *t, struct one_ref ref,
					      const struct obs_key *key)
{
	for (uint32_t i = ref.hash & t->mask; t->slot[i]; i = (i + 1) & t->mask) {
		struct one_conn *c;

		if (t->slot[i] >> 32 != ref.hash)
			continue;
		c = one_conn_at(t, (uint32_t)t->slot[i] - 1);
		if (one_conn_is(c, key, ref.dir))
			return c;
	}
	return NULL;
}

#endif
