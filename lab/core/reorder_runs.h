/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_runs.h - the runs of packets of a flow at one tap, in 64-bit bytes
 *
 * Private to the two-point metrics (reorder_map.c, reorder_match.c, reorder_two.c).
 */
#ifndef OVSLAB_CORE_REORDER_RUNS_H
#define OVSLAB_CORE_REORDER_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/observe.h"

/* Packets that arrived one after another and follow each other in sequence. */
struct reorder_run {
	uint64_t start, end;		/* sequence numbers, extended to 64 bits */
	uint64_t n;			/* packets that begin in it */
	uint64_t at;			/* bytes that arrived at the point before it */
	uint64_t time_ns;		/* of the first packet */
	uint64_t until_ns;		/* none of them arrived after this */
	uint32_t len;			/* of the first packet, bytes */
	uint16_t ip_id;			/* of the first packet */
	bool has_ip_id;
	bool ids_count;			/* from there on, by wire packet */
	bool first_psh;			/* the flow's first PSH packet, alone */
	bool late;			/* wholly below what had arrived before */
	bool inside;			/* begins inside a packet that was cut */
	const struct obs_packet *packet;	/* the point's, [n_packet], or NULL */
	size_t n_packet;
};

/* A run cut at one of its bytes. */
struct reorder_cut {
	uint64_t n;			/* packets that begin before it */
	bool inside;			/* it is within a packet */
	bool sure;			/* else by the mean packet size */
};

struct reorder_runs {
	struct reorder_run *run;	/* in order of arrival; owned */
	size_t n;
};

/**
 * reorder_runs() - rebuild the runs from what a probe recorded
 * @p:		the point
 * @anchor:	a 64-bit sequence number near the first one: the same for both
 *		points of a flow, so that their runs compare
 * @cut:	cut a run in two where it passes the highest end seen before: a
 *		retransmission that runs on into new data
 *
 * Serial arithmetic is against the current maximum (RFC 4737 section 6).
 *
 * Return: 0; -EBADMSG if the events do not add up to the point's counters (some
 * are missing); -ENOMEM.
 */
int reorder_runs(const struct obs_point *p, uint64_t anchor, bool cut,
		 struct reorder_runs *ret);

/** reorder_run_even() - its packets have the first one's length, but for the last */
bool reorder_run_even(const struct reorder_run *r);

/** reorder_run_cut() - what lies before byte @off of a run, 0 <= @off <= its length */
struct reorder_cut reorder_run_cut(const struct reorder_run *r, uint64_t off);

#endif
