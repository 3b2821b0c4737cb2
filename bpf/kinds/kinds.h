/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kinds.h - all kinds, by number
 *
 * A stage's kind is constant once the program is loaded: of these switches one case
 * is left.
 */
#ifndef OVSLAB_BPF_KINDS_KINDS_H
#define OVSLAB_BPF_KINDS_KINDS_H

#include "badcsum.h"
#include "corrupt.h"
#include "drop.h"
#include "dscp.h"
#include "ecn.h"
#include "flags.h"
#include "mss.h"
#include "truncate.h"
#include "ttl.h"
#include "vlan.h"
#include "window.h"
#ifndef IO_XDP			/* what XDP cannot do */
#include "delay.h"
#include "dup.h"
#include "reorder.h"
#endif

/* X(number, prefix of its functions) */
#define KINDS_ANYWHERE(X) \
	X(STAGE_FLAGS, flags) X(STAGE_TTL, ttl) X(STAGE_ECN, ecn) X(STAGE_DSCP, dscp) \
	X(STAGE_WINDOW, window) X(STAGE_MSS, mss) X(STAGE_VLAN, vlan) X(STAGE_DROP, drop) \
	X(STAGE_CORRUPT, corrupt) X(STAGE_TRUNCATE, truncate) X(STAGE_BADCSUM, badcsum)

#ifdef IO_XDP
#define KINDS(X) KINDS_ANYWHERE(X)
#else
#define KINDS(X) \
	KINDS_ANYWHERE(X) X(STAGE_DUP, dup) X(STAGE_DELAY, delay) X(STAGE_REORDER, reorder)
#endif

/** kind_may() - is this packet one that the stage's kind changes? */
PKT_FN enum kind_may kind_may(const struct stage *s, const struct pkt *p)
{
#define KINDS_CASE(number, name) case number: return name##_may(s, p);
	switch (s->kind) { KINDS(KINDS_CASE) }
#undef KINDS_CASE
	return KIND_NO;
}

/**
 * kind_destroys() - the receiver drops what is mangled, so it has to be sent again
 *
 * If what is sent again were chosen again, a connection would never get past it.
 */
PKT_FN int kind_destroys(const struct stage *s)
{
	return s->kind == STAGE_DROP || s->kind == STAGE_CORRUPT ||
	       s->kind == STAGE_TRUNCATE || s->kind == STAGE_BADCSUM;
}

/**
 * kind_takes_part() - does it take part in the draw?
 * @may:	what kind_may() said
 */
PKT_FN int kind_takes_part(const struct stage *s, const struct pkt *p, enum kind_may may)
{
	return s->kind == STAGE_FLAGS ? flags_draws(s, p) : may == KIND_YES;
}

/** kind_uses_random() - does the edit pick something? */
PKT_FN int kind_uses_random(const struct stage *s)
{
	return (s->kind == STAGE_TTL && s->arg[0] == TTL_RANDOM) ||
	       (s->kind == STAGE_DELAY && s->arg[1]) || s->kind == STAGE_CORRUPT;
}

/**
 * kind_pass() - for every packet of a connection of which the stage keeps state
 *
 * Return: KIND_NO if it must not be chosen now
 */
PKT_FN enum kind_may kind_pass(struct io *io, const struct pkt *p, const struct stage *s,
			       struct kind_state *state)
{
#ifndef IO_XDP
	if (s->kind == STAGE_REORDER)
		return reorder_pass(io, p, state);
#endif
	return KIND_YES;
}

/**
 * kind_edit() - change it, as it was chosen
 * @e:		zeroed, but for @e->state
 *
 * Return: 0; KIND_SAME if it is so already; negative if it could not be done
 */
PKT_FN int kind_edit(struct io *io, const struct pkt *p, const struct stage *s,
		     __u64 random, struct kind_edit *e)
{
#define KINDS_CASE(number, name) case number: return name##_edit(io, p, s, random, e);
	switch (s->kind) { KINDS(KINDS_CASE) }
#undef KINDS_CASE
	return -1;
}

/**
 * kind_clears() - does something become of it although it was not chosen?
 *
 * Asked for what matches and was not chosen: KIND_ALREADY or not.
 */
PKT_FN int kind_clears(const struct stage *s, const struct pkt *p)
{
	return s->kind == STAGE_FLAGS && flags_clears(s, p);
}

/** kind_clear() - do that; returns as kind_edit() */
PKT_FN int kind_clear(struct io *io, const struct pkt *p, const struct stage *s,
		      struct kind_edit *e)
{
	return s->kind == STAGE_FLAGS ? flags_clear(io, p, s, e) : KIND_SAME;
}

#endif
