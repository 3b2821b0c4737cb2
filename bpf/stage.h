/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stage.h - what user space and the mangler programs share: stages, counters, the log
 *
 * A place (one hook of one device) has one program of ours. It runs up to STAGES
 * manglers in order: its stages. They are the program's only read-only data, constant
 * once it is loaded, so the verifier drops the code of all that is off; and they can
 * be read back, so an attached program tells by itself whose it is and what it does.
 */
#ifndef OVSLAB_BPF_STAGE_H
#define OVSLAB_BPF_STAGE_H

#include <linux/types.h>

#define STAGES 4			/* manglers at one place */
#define STAGE_MAGIC 0x6f767367		/* "ovsg": the mark of ownership */
#define STAGE_SPEC_MAX 400		/* text of a spec, with its NUL */
#define STAGE_ARGS 4

/* One number for each row of mangle_kinds[] whose program is ours; never used again. */
enum stage_kind {
	STAGE_NONE,
	STAGE_FLAGS,			/* psh too */
	STAGE_TTL,
	STAGE_ECN,
	STAGE_DSCP,
	STAGE_WINDOW,
	STAGE_MSS,
	STAGE_VLAN,
	STAGE_DROP,
	STAGE_DUP,
	STAGE_CORRUPT,
	STAGE_TRUNCATE,
	STAGE_BADCSUM,
	STAGE_DELAY,
	STAGE_REORDER,
};

enum stage_flags {
	STAGE_DATA_ONLY = 1 << 0,	/* eligible: TCP data in mid-flow, no SYN, FIN, RST (psh) */
	STAGE_CLEAR_OTHERS = 1 << 1,	/* flags: arg[0] is cleared on what is not chosen */
	STAGE_SEEDED = 1 << 2,		/* the draw is a hash of seed, connection, offset */
	STAGE_LOG = 1 << 3,		/* each mangled packet goes into the log */
	STAGE_DRY_RUN = 1 << 4,		/* count (and log), but touch nothing */
	STAGE_CLEAR_ALL = 1 << 5,	/* flags: arg[1] is cleared on every match, no draw */
};

/* What a match looks at; what is off is compiled out. */
enum match_on {
	MATCH_FAMILY = 1 << 0, MATCH_PROTO = 1 << 1, MATCH_SRC = 1 << 2, MATCH_DST = 1 << 3,
	MATCH_SPORT = 1 << 4, MATCH_DPORT = 1 << 5, MATCH_TCP_FLAGS = 1 << 6,
	MATCH_VLAN = 1 << 7, MATCH_TOS = 1 << 8, MATCH_TTL = 1 << 9, MATCH_FRAG = 1 << 10,
	MATCH_ICMP_TYPE = 1 << 11, MATCH_ICMP_CODE = 1 << 12, MATCH_ETH_SRC = 1 << 13,
	MATCH_ETH_DST = 1 << 14, MATCH_PAYLOAD = 1 << 15,
};

enum match_frag { MATCH_FRAG_NO, MATCH_FRAG_YES, MATCH_FRAG_FIRST, MATCH_FRAG_LATER,
		  MATCH_FRAG_NOT_LATER };

/* Values are stored with their masks applied. IPv4 uses the first 4 bytes. */
struct match {
	__u32 on;			/* enum match_on */
	__u8 src[16] __attribute__((aligned(8))), src_mask[16], dst[16], dst_mask[16];
	__u8 eth_src[6], eth_src_mask[6], eth_dst[6], eth_dst_mask[6];
	__u16 sport, sport_mask, dport, dport_mask;	/* host order */
	__u16 tcp_flags, tcp_flags_mask;
	__u16 vlan_tci, vlan_tci_mask;	/* OVS's form: 0x1000 is set where there is a tag */
	__u8 family, proto;		/* 4 or 6; of layer 4 */
	__u8 tos, tos_mask, ttl, frag;	/* frag: enum match_frag */
	__u8 icmp_type, icmp_code;
};

/*
 * Which of the eligible packets. 0 switches each off. Per connection means per TCP
 * connection or UDP flow, in the direction that passes.
 */
struct trigger {
	__u32 ratio;			/* 1 of RATIO; 1: all */
	__u32 every;			/* each EVERY-th of a connection: the 10th, 20th, ... */
	__u32 nth;			/* the NTH of a connection, from 1: --first is 1 */
	__u32 limit;			/* at most so many altogether, on all CPUs */
	__u64 from, to;			/* payload offsets in the connection, [from, to) has
					 * the first byte; to 0: open */
	__u64 until_ns;			/* CLOCK_MONOTONIC of the machine that it runs on */
	__u64 seed;
};

struct stage {
	__u32 kind;			/* enum stage_kind */
	__u32 flags;			/* enum stage_flags */
	__u32 arg[STAGE_ARGS];		/* what they mean is said in bpf/kinds/KIND.h */
	struct match match;
	struct trigger trigger;
	char spec[STAGE_SPEC_MAX];	/* as core/mangle.h parses it: what reports show */
};

/* The .rodata of a mangler program: one variable, 'knobs'. */
struct stages {
	__u32 magic;
	__u32 n;
	__u32 device;			/* ifindex that it sits on: dup sends there */
	__u32 flags;			/* enum stages_flags */
	struct stage stage[STAGES];
};

enum stages_flags { STAGES_INGRESS = 2 /* tc: the ingress hook */ };

/* One for each stage and CPU. The same fields as struct mangle_counters. */
struct stage_counters {
	__u64 seen;			/* packets that got as far as this stage */
	__u64 eligible;			/* match, and could be mangled */
	__u64 already;			/* match, but are so already */
	__u64 mangled;			/* changed; with STAGE_DRY_RUN: would have been */
	__u64 cleared;			/* changed by --clear or --clear-others */
	__u64 failed;			/* chosen, but the kernel refused the edit */
	__u64 connections;		/* of which state was kept */
	__u64 untracked;		/* eligible packets without state: later fragments, data
					 * before the first that was seen, or no room */
	__u64 midway;			/* of @connections: TCP that was not begun by its SYN */
	__u64 forgotten;		/* that may have gone on, but had to make room: CONNS_MAX */
	__u64 random;			/* no counter: where this CPU's draws are */
};

/*
 * Records for so many connections at a place. They are in sets (conn.h), so one may have
 * to make room before all are taken; each that has to is counted in @forgotten.
 */
#define CONNS_MAX 16384

/* What all CPUs count together: the only entry of 'heads'. */
struct stage_heads {
	__u64 serial;			/* of the last event of the log */
	__u64 taken[STAGES];		/* of trigger.limit */
};

/*
 * Whether a stage keeps state per connection. If none does, 'conns', 'conn_sets'
 * and 'ordinals' need no more than one entry.
 */
static inline __attribute__((always_inline)) int stage_keeps_state(const struct stage *s)
{
	const struct trigger *t = &s->trigger;

	return s->flags & (STAGE_SEEDED | STAGE_LOG) || t->every || t->nth || t->from ||
	       t->to || s->kind == STAGE_REORDER;
}

/*
 * The log: an array that is written round and round. Readers only look, so there may be
 * any number. @serial is written last; the reader checks it before and after copying.
 * Event @serial is at (serial - 1) % LOG_EVENTS.
 */
#define LOG_EVENTS 16384

enum log_flags {
	LOG_DRY_RUN = 1,
	LOG_CLEARED = 2,
	LOG_AGAIN = 4,			/* bytes seen before */
	LOG_FROM_SERVER = 8,		/* sport is the server's port, else dport */
};

struct log_event {
	__u64 serial;			/* from 1: number of the event at this place; 0: being written */
	__u64 time_ns;			/* CLOCK_MONOTONIC of the machine that it runs on */
	__u64 offset;			/* of the payload in its connection; ~0 if no state is kept */
	__u8 saddr[16], daddr[16];	/* IPv4: the first 4 bytes */
	__u16 sport, dport;		/* host order */
	__u32 connection;		/* ordinal among those to the same server port, from 1; 0: none */
	__u32 seq, len;			/* payload bytes */
	__u32 before, after;		/* what the kind changed: bpf/kinds/KIND.h */
	__u16 ip_id;
	__u8 family, proto;
	__u8 stage, kind, flags, pad;	/* index; enum stage_kind; enum log_flags */
};

_Static_assert(sizeof(struct log_event) == 88, "layout shared with user space");
_Static_assert(sizeof(struct stage_counters) == 88, "layout shared with user space");

#endif
