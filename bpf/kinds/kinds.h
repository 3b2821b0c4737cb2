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
#define KINDS_EDIT(X) KINDS_ANYWHERE(X)
#define KINDS_MAY(X) KINDS_ANYWHERE(X)
#else
#define KINDS_EDIT(X) KINDS_ANYWHERE(X) X(STAGE_DUP, dup) X(STAGE_DELAY, delay)
#define KINDS_MAY(X) KINDS_EDIT(X) X(STAGE_REORDER, reorder)
#endif

/** kind_may() - is this packet one that the stage's kind changes? */
PKT_FN enum kind_may kind_may(const struct stage *s, const struct pkt *p)
{
#define KINDS_CASE(number, name) case number: return name##_may(s, p);
	switch (s->kind) { KINDS_MAY(KINDS_CASE) }
#undef KINDS_CASE
	return KIND_NO;
}

/**
 * kind_draws() - does it take part in the draw?
 * @may:	what kind_may() said
 */
PKT_FN int kind_draws(const struct stage *s, const struct pkt *p, enum kind_may may)
{
	return s->kind == STAGE_FLAGS ? flags_draws(s, p) : may == KIND_YES;
}

/**
 * kind_edit() - change it, as it was chosen
 *
 * Not for STAGE_REORDER, which needs its connection: reorder_hold().
 *
 * Return: 0; KIND_SAME if it is so already; negative if it could not be done
 */
PKT_FN int kind_edit(struct io *io, const struct pkt *p, const struct stage *s,
		     __u64 random, struct kind_edit *e)
{
#define KINDS_CASE(number, name) case number: return name##_edit(io, p, s, random, e);
	switch (s->kind) { KINDS_EDIT(KINDS_CASE) }
#undef KINDS_CASE
	return -1;
}

/** kind_clears() - does something become of it although it matches and was not chosen? */
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
