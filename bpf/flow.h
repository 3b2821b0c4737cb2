/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow.h - what the probe keeps of a TCP flow direction at one point
 *
 * The order of arrival is kept run-length encoded: an event opens a run, the
 * data packets after it are contiguous with it until the next event. So a flow
 * in order costs one event, whatever its length. A late packet is a run of its own:
 * it may be a repetition, and which of two it is only its IP ID tells. For the same
 * reason an IP ID that does not count on opens a run, as long as the sender counts.
 */
#ifndef OVSLAB_BPF_FLOW_H
#define OVSLAB_BPF_FLOW_H

#include <linux/types.h>

#include "pkt.h"

#define FLOW_MAX	32768	/* flow records: 16384 flows seen at both points */
#define FLOW_CPU_SPARE	128	/* and per CPU: what its share of an LRU map may hold
				 * back, so that FLOW_MAX are kept in any case */
#define FLOW_RING_BYTES	(16 * 1024 * 1024)

enum flow_point { FLOW_IN, FLOW_OUT };

/*
 * Leaves out what a switch may rewrite: MACs, VLAN, TTL, DSCP. The point is part
 * of the key, so that one table bounds both.
 */
struct flow_key {
	__u8 saddr[16], daddr[16];	/* IPv4: the first 4 bytes */
	__u16 sport, dport;		/* host order */
	__u8 proto, family;
	__u8 point;			/* enum flow_point */
	__u8 pad;
};

_Static_assert(sizeof(struct flow_key) == 40, "no holes: it is hashed");

/*
 * One life of a flow: from its first data packet, or from the SYN that took its
 * ports into use again, to the next such SYN.
 */
struct flow_state {
	__u64 packets;			/* data packets so far */
	__u64 wire_packets;
	__u64 bytes;			/* payload */
	__u64 psh, late;
	__u64 first_psh;		/* arrival index of the first PSH packet */
	__u64 first_ns;
	__u64 last_ns;			/* live, of a closing: none came after this */
	__u32 id;			/* in events */
	__u32 first_seq;		/* by_syn: what the SYN announced */
	__u32 next_seq;			/* what would be contiguous: at the end, what
					 * closes the last run (obs_point.last_end) */
	__u32 max_end;			/* highest sequence number seen, plus 1 */
	__u32 first_psh_seq;
	__u32 after_psh;		/* the packet before had PSH */
	__u8 by_syn;			/* its SYN was seen; else it is the first life
					 * of this record */
	__u8 after_late;		/* the packet before was late */
	__u8 id_misses;			/* IP IDs that did not count on, less those that
					 * did */
	__u8 pad;
	__u16 next_id;			/* IP ID of the next packet, if the sender counts */
	__u16 pad2;
};

_Static_assert(sizeof(struct flow_state) == 96, "layout shared with user space");

/* The value of the table. */
struct flow_record {
	__u32 lock;			/* 1: somebody updates @state */
	__u32 pad;
	struct flow_state state;
};

/* FLOW_IDS_COUNT: in this run each wire packet's IP ID is one more than the last's */
enum flow_event_flags { FLOW_PSH = 1, FLOW_FIRST_PSH = 2, FLOW_BY_SYN = 4, FLOW_IDS_COUNT = 8 };

#define FLOW_ID_MISSES_MAX	16	/* then the sender's IDs are taken for random */
#define FLOW_ID_MISS		4	/* one miss weighs as many hits */

struct flow_event {
	__u64 index;			/* arrival index in its flow, from 0 */
	__u64 time_ns;			/* CLOCK_MONOTONIC */
	__u32 flow;			/* flow_state.id */
	__u32 seq;
	__u32 prev_end;			/* end of the packet before: closes its run;
					 * at index 0: flow_state.first_seq */
	__u32 len;			/* payload */
	__u16 ip_id;
	__u8 flags;			/* enum flow_event_flags */
	__u8 point;
	__u32 pad;
};

_Static_assert(sizeof(struct flow_event) == 40, "layout shared with user space");

/* The first event of a life says whose it is. */
struct flow_opening {
	struct flow_event event;	/* index 0 */
	struct flow_key key;
};

/* The last figures of a life whose record goes on with the next one. */
struct flow_closing {
	struct flow_key key;
	struct flow_state state;
};

_Static_assert(sizeof(struct flow_opening) == 80 && sizeof(struct flow_closing) == 136,
	       "layouts shared with user space, who tells them apart by size");

/*
 * All TCP data at one point, one instance per CPU: right also for what has no
 * flow record any more, or never got one.
 */
struct flow_totals {
	__u64 packets, wire_packets, bytes, psh;
	__u64 late;			/* as far as there were records */
	__u64 lives;			/* that were opened */
	__u64 unrecorded;		/* data packets without a record */
	__u64 events;			/* handed to user space, openings included */
	__u64 dropped;			/* of events and closings: the ring was full */
};

_Static_assert(sizeof(struct flow_totals) == 72, "layout shared with user space");

/* Constant once the probe is loaded. */
struct flow_knobs {
	__u32 out_ifindex;		/* of the egress tap, if it is not the ingress tap */
	__u32 each_psh;			/* PSH packets at ingress are runs of their own */
};

/* One data packet, as the flow sees it. */
struct flow_packet {
	__u64 time_ns;			/* live: only if it opens a run */
	__u32 seq, len, gso_size;
	__u16 ip_id;
	__u8 psh;
};

/** flow_before() - a < b in the 32-bit sequence space (RFC 1982) */
PKT_FN int flow_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

/** flow_wire_packets() - packets on the wire: GSO frames are cut later */
PKT_FN __u32 flow_wire_packets(__u32 len, __u32 gso_size)
{
	return gso_size ? (len + gso_size - 1) / gso_size : 1;
}

/* Whether IP IDs have counted up so far; IPv6 has none. */
PKT_FN int flow_ids_count(const struct flow_state *f, const struct flow_packet *p)
{
	return p->ip_id && f->id_misses < FLOW_ID_MISSES_MAX;
}

/**
 * flow_opens_run() - whether a packet says more than "the next one, again"
 * @each_psh:	PSH packets, and the packets after them, open runs (a constant)
 */
PKT_FN int flow_opens_run(const struct flow_state *f, const struct flow_packet *p,
			  int each_psh)
{
	if (!f->packets || p->seq != f->next_seq || f->after_late ||
	    flow_before(p->seq, f->max_end))
		return 1;
	if (flow_ids_count(f, p) && p->ip_id != f->next_id)
		return 1;
	if (each_psh)
		return p->psh || f->after_psh;
	return (p->psh && !f->psh) || (f->psh && f->packets == f->first_psh + 1);
}

/**
 * flow_begin() - a SYN was seen: a known flow's ports are in use again
 * @id:		of the new life
 * @start:	the sequence number after the SYN's
 *
 * Return: 0 if it is only the SYN of this life, again; else @f is a new life
 */
PKT_FN int flow_begin(struct flow_state *f, __u32 id, __u32 start)
{
	if (f->first_seq == start)
		return 0;
	*f = (struct flow_state){ .id = id, .first_seq = start, .by_syn = 1 };
	return 1;
}

PKT_FN void flow_first(struct flow_state *f, const struct flow_packet *p)
{
	if (!f->by_syn)
		f->first_seq = p->seq;
	f->max_end = p->seq;
	f->first_ns = p->time_ns;
}

PKT_FN __u8 flow_flags(struct flow_state *f, const struct flow_packet *p)
{
	__u8 flags = f->by_syn ? FLOW_BY_SYN : 0;

	if (flow_ids_count(f, p))
		flags |= FLOW_IDS_COUNT;
	if (!p->psh)
		return flags;
	if (f->psh)
		return flags | FLOW_PSH;
	f->first_psh = f->packets;
	f->first_psh_seq = p->seq;
	return flags | FLOW_PSH | FLOW_FIRST_PSH;
}

/**
 * flow_open() - a packet that opens a run, before it is added
 * @event:	filled, but for flow and point
 */
PKT_FN void flow_open(struct flow_state *f, const struct flow_packet *p,
		      struct flow_event *event)
{
	if (!f->packets)
		flow_first(f, p);
	event->index = f->packets;
	event->prev_end = f->packets ? f->next_seq : f->first_seq;
	event->flags = flow_flags(f, p);
	event->time_ns = p->time_ns;
	event->seq = p->seq;
	event->len = p->len;
	event->ip_id = p->ip_id;
	event->pad = 0;
}

PKT_FN void flow_note_id(struct flow_state *f, const struct flow_packet *p)
{
	if (f->packets && p->ip_id != f->next_id)
		f->id_misses = f->id_misses < FLOW_ID_MISSES_MAX ?
			       f->id_misses + FLOW_ID_MISS : FLOW_ID_MISSES_MAX;
	else if (f->id_misses)
		f->id_misses--;
	f->next_id = p->ip_id + flow_wire_packets(p->len, p->gso_size);
}

/**
 * flow_add() - account for the next data packet
 *
 * Return: 1 if it is late, else 0 (RFC 4737, section 3.3)
 */
PKT_FN int flow_add(struct flow_state *f, const struct flow_packet *p)
{
	int late = flow_before(p->seq, f->max_end);

	flow_note_id(f, p);
	f->after_late = late;
	f->packets++;
	f->wire_packets += flow_wire_packets(p->len, p->gso_size);
	f->bytes += p->len;
	f->psh += p->psh;
	f->late += late;
	f->after_psh = p->psh;
	f->next_seq = p->seq + p->len;
	if (flow_before(f->max_end, f->next_seq))
		f->max_end = f->next_seq;
	return late;
}

/**
 * flow_push() - all of the above, for the native users: each packet has its time
 *
 * Return: whether it opens a run; then @event is filled
 */
PKT_FN int flow_push(struct flow_state *f, const struct flow_packet *p, int each_psh,
		     struct flow_event *event)
{
	int opens = flow_opens_run(f, p, each_psh);

	if (opens)
		flow_open(f, p, event);
	flow_add(f, p);
	f->last_ns = p->time_ns;
	return opens;
}

#endif
