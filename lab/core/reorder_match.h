/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_match.h - which transmission is it that left the switch?
 *
 * Private to the two-point metrics (reorder_two.c).
 */
#ifndef OVSLAB_CORE_REORDER_MATCH_H
#define OVSLAB_CORE_REORDER_MATCH_H

#include "core/reorder.h"
#include "core/reorder_map.h"

/* Transmissions that left one after another as they had entered. */
struct reorder_passed {
	struct reorder_stretch s;
	uint64_t rank;			/* among what left, of its first packet */
	uint64_t time_ns;		/* its first packet left */
	uint32_t tx;			/* the first one */
	bool first_psh;			/* the flow's first PSH packet, or a piece of it */
};

struct reorder_match {
	const struct reorder_runs *in, *out;
	struct reorder_map *map;
	bool ip_ids;			/* they mean something: not IPv6 */
	bool clocks_differ;		/* the taps' times do not compare */
	bool same_units;		/* a packet is the same packet at both taps */
	bool wire_units;		/* a packet at ingress is one on the wire: no GSO */
	struct reorder_passed *passed;	/* [n] in egress order; owned */
	size_t n, room;
	uint64_t duplicated;		/* packets */
	uint64_t duplicated_bytes, unseen_bytes;
	uint64_t unseen;		/* packets */
};

/**
 * reorder_match() - match what left with what entered
 * @m:		in, out, map and the flags are set, the rest is zero; release @m->passed
 *
 * Return: 0; -E2BIG if what left overlaps so often that this would not end; -ENOMEM.
 */
int reorder_match(struct reorder_match *m, const struct reorder_hooks *hooks);

#endif
