/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - a captured frame as far as reordering needs it
 *
 * Frames come from strangers: every byte is checked against what was captured,
 * and nothing here allocates, loops without a bound or fails other than by kind.
 */
#ifndef OVSLAB_CORE_FRAME_H
#define OVSLAB_CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/observe.h"

/* A record of a capture file, as read; data stays the reader's. */
struct frame_record {
	const uint8_t *data;
	uint32_t captured;		/* bytes at @data */
	uint16_t link;			/* LINKTYPE_* of its interface */
	uint32_t length;		/* bytes on the wire */
	uint64_t time_ns;		/* since the epoch of its clock */
	uint64_t number;		/* from 1, in its file */
};

enum frame_kind {
	FRAME_TCP,
	FRAME_UDP,
	FRAME_FRAGMENT,			/* of an IP packet: not judged */
	FRAME_OTHER,			/* neither TCP nor UDP */
	FRAME_SHORT,			/* ends within a header that is needed */
	FRAME_BAD,			/* lengths contradict each other */
	FRAME_UNKNOWN_LINK,
	FRAME_KINDS
};

#define FRAME_SACKS 4

struct frame {
	struct obs_key key;		/* zeroed where unused, so that it can be hashed */
	uint64_t time_ns, number;
	uint32_t seq, ack;		/* TCP; seq of the first payload byte or SYN */
	uint32_t len;			/* payload on the wire, by the IP header */
	uint32_t window;		/* TCP, unscaled */
	uint32_t tsval, tsecr;		/* RFC 7323 */
	uint16_t ip_id;			/* IPv4; 0 for IPv6 */
	uint8_t tcp_flags;		/* as on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
	uint8_t n_sack, n_vlan;
	uint8_t kind;			/* enum frame_kind */
	bool has_ts;
	bool extended;			/* IPv6 with extension headers */
	const uint8_t *payload;		/* what was captured of it; the reader's */
	uint32_t payload_captured;
	uint32_t sack_start[FRAME_SACKS], sack_end[FRAME_SACKS];	/* RFC 2018; seldom read */
};

/**
 * frame_parse() - read a frame's headers
 * @r:		the record; Ethernet, SLL, SLL2 (each with VLAN tags), raw IP, NULL, LOOP
 * @ret:	kind, time and number in any case; addresses, where there is a whole IP
 *		header; the rest if true is returned. SACK blocks only up to n_sack, and
 *		tsval, tsecr only with has_ts
 *
 * An IP length of 0 (Linux: super-packets beyond 64 KiB) is taken from the record. One
 * beyond the frame is bad, unless the record's two lengths are equal: there are writers
 * who put in both what they captured. TCP options and the end of a header may be cut off.
 *
 * Return: whether it is TCP or UDP, whole enough to be judged
 */
bool frame_parse(const struct frame_record *r, struct frame *ret);

/**
 * frame_parse_many() - frame_parse() for each of [@n] records
 * @ret:	[@n]; those that are TCP or UDP, without gaps
 * @kinds:	counts the frames of each kind: added to
 *
 * Return: how many are in @ret
 */
size_t frame_parse_many(const struct frame_record *r, size_t n, struct frame *ret,
			uint64_t kinds[FRAME_KINDS]);

/** frame_kind_name() - "tcp", "fragment", ...: for reports */
const char *frame_kind_name(enum frame_kind kind);

#endif
