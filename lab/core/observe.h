/* SPDX-License-Identifier: GPL-2.0 */
/*
 * observe.h - what the two probes saw: plain data, for the reorder metrics
 *
 * The order of arrival is recorded run-length encoded. Only packets with TCP
 * payload count. A flow whose ports are used again, with a SYN, is another flow
 * with the same key. A run is a stretch of packets of one flow direction at one
 * point that follow each other in sequence space; it is opened by an event, and
 * the packets after it, up to the next event's index, are contiguous with it.
 * Events also open at a flow's first data packet, at its first PSH packet and at
 * the packet after that, so that the first PSH has a run of its own; with each_psh
 * so does every PSH packet at ingress.
 */
#ifndef OVSLAB_CORE_OBSERVE_H
#define OVSLAB_CORE_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/search.h"

/* Addresses: v4 in the first 4 bytes, network order. Ports: host order. */
struct obs_key {
	uint8_t saddr[16], daddr[16];
	uint16_t sport, dport;
	uint8_t proto, family;		/* family: 4 or 6 */
	uint8_t pad[2];
};

/* OBS_IDS_COUNT: in this run each wire packet's IP ID is one more than the last's */
enum obs_event_flags { OBS_PSH = 1, OBS_FIRST_PSH = 2, OBS_IDS_COUNT = 8 };

struct obs_event {
	uint64_t index;			/* arrival index of this data packet in
					 * its flow at this point, from 0 */
	uint64_t time_ns;		/* CLOCK_MONOTONIC */
	uint32_t seq;
	uint32_t prev_end;		/* end (seq + len) of the packet that arrived
					 * before: closes its run; undefined at
					 * index 0. Both probes must fill it */
	uint32_t len;			/* payload of this packet, bytes */
	uint16_t ip_id;			/* 0 for IPv6 */
	uint16_t flags;			/* enum obs_event_flags */
};

/*
 * A data packet at a tap, where each one is known: in captures. Gathered with seq and
 * len; a point's array has instead where the packet ends in all that arrived there.
 */
struct obs_packet {
	uint64_t time_ns;
	uint64_t number : 40;		/* of its frame, from 1 */
	uint64_t ip_id : 16;
	uint64_t psh : 1;
	uint64_t unnoted : 1;		/* of a shape that notes of upcalls leave out */
	union {
		struct {
			uint32_t seq, len;
		};
		uint64_t end;		/* payload bytes up to its end, from 0 */
	};
};

/** obs_packet_at() - the index of the one of [@n] packets that has byte @at of the point */
static inline size_t obs_packet_at(const struct obs_packet *p, size_t n, uint64_t at)
{
	return SEARCH_ABOVE(p, n, end, at);
}

struct obs_point {
	uint64_t packets;		/* data packets as the tap saw them */
	uint64_t wire_packets;		/* the same after segmentation */
	uint64_t bytes;			/* payload */
	uint64_t psh;			/* data packets with PSH */
	uint64_t late;			/* seq below the highest end seen */
	uint64_t first_ns;		/* CLOCK_MONOTONIC */
	uint64_t last_ns;		/* no packet arrived after this; live: when
					 * the probe was removed, or its ports were
					 * used again */
	bool evicted;			/* its record was given to another flow: the
					 * events are there, the figures above are
					 * lower bounds and do not match them */
	bool has_psh;
	uint32_t first_psh_seq;
	uint32_t last_end;		/* end of the last packet that arrived:
					 * closes the last run */
	struct obs_event *events;	/* sorted by index */
	size_t n_events;
	const struct obs_packet *packet;	/* [packets] in order of arrival, or NULL */
};

struct obs_flow {
	struct obs_key key;
	struct obs_point in, out;	/* in: ingress tap, out: egress tap */
};

/* All TCP data at one tap, right whatever became of its flows' records. */
struct obs_totals {
	uint64_t packets, wire_packets, bytes, psh;
	uint64_t late;			/* as far as there were records */
	uint64_t lives;			/* flows that were begun */
};

struct observation {
	struct obs_flow *flows;
	size_t n_flows;
	struct obs_totals in, out;
	uint64_t events;		/* that were kept */
	uint64_t events_dropped;
	uint64_t flows_saturated;	/* flows, at one tap, whose figures are lost:
					 * more than there is room for; a packet that
					 * got no record at all counts as one */
	bool each_psh;			/* see above */
};

#endif
