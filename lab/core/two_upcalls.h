/* SPDX-License-Identifier: GPL-2.0 */
/*
 * two_upcalls.h - which transmissions of two captures went through vswitchd
 *
 * Private to the analysis of two captures (two*.c).
 */
#ifndef OVSLAB_CORE_TWO_UPCALLS_H
#define OVSLAB_CORE_TWO_UPCALLS_H

#include "core/attribute.h"
#include "core/two_judge.h"

/* An upcall, or several that cannot be told apart. */
struct two_note {
	struct obs_key key;
	uint32_t seq, len;
	uint16_t ip_id;
	bool found;			/* a judged transmission has it, or may */
	/* transmissions that can be meant: that begin with its first byte; have it farther on */
	uint32_t begin, inside;
};

struct two_notes {
	struct two_note *v;		/* [n], by key, seq, IP ID and length; owned */
	size_t n;
	uint64_t from_ns, to_ns;	/* packets that entered before or after: not known */
	bool when_unknown;		/* by the packets' clock: only those with a note are known */
	uint64_t steps;			/* that are left to look for packets */
};

/** two_notes_new() - sort notes for two_upcalls_of(); NULL without memory */
struct two_notes *two_notes_new(const struct two_upcalls *u);
void two_notes_free(struct two_notes *notes);

/** two_upcalls_begin() - all packets were pushed, and none is judged yet */
void two_upcalls_begin(struct two *t);

/**
 * two_upcalls_of() - fill @j->way for the flow at work
 *
 * Before two_judge_tcp() converts its packets. Without notes there is no way to tell, and
 * way stays NULL. Return: 0, or -ENOMEM.
 */
int two_upcalls_of(struct two_judge *j);

/** two_upcalls_end() - count the notes, and those that no packet of a judged flow has */
void two_upcalls_end(const struct two_notes *notes, struct analysis *ret);

#endif
