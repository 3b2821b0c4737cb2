/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attribute_marks.h - which packets of a flow are the mangled ones
 *
 * Private to attribute.c. Packets are numbered as they entered the switch.
 */
#ifndef OVSLAB_CORE_ATTRIBUTE_MARKS_H
#define OVSLAB_CORE_ATTRIBUTE_MARKS_H

#include "core/attribute.h"
#include "core/reorder_runs.h"

/* Packets [from, to), and how many are in the spans before. */
struct attribute_span {
	uint64_t from, to, before;
};

struct attribute_spans {
	struct attribute_span *v;	/* ascending, apart; owned */
	size_t n;
};

/** attribute_packet_at() - the packet that has byte @at of all that passed the tap */
uint64_t attribute_packet_at(const struct obs_point *in, const struct reorder_runs *runs,
			     uint64_t at);

/** attribute_psh() - those with PSH: each of them has an event. Return: 0, -ENOMEM */
int attribute_psh(const struct obs_point *in, struct attribute_spans *ret);

/**
 * attribute_logged() - those whose bytes are marked
 * @runs:	of @in, one for each event
 * @marks:	[@n] of this flow, by their offset
 *
 * Bytes that entered more than once are taken where the mark's IP ID says, else where they
 * did first, those that the log has as seen before where they did last. Bytes that did not enter mark nothing.
 *
 * Return: 0, -ENOMEM
 */
int attribute_logged(const struct obs_point *in, const struct reorder_runs *runs,
		     const struct attribute_mark *marks, size_t n, struct attribute_spans *ret);

/** attribute_count() - how many of @n packets from @index are in the spans */
uint64_t attribute_count(const struct attribute_spans *s, uint64_t index, uint64_t n);

#endif
