/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flags.h - set and clear TCP flags; psh is this with one flag
 *
 * arg[0]: flags that are set on the chosen packets; arg[1]: that are cleared on them.
 * STAGE_CLEAR_OTHERS: arg[0] is cleared on the packets that match and were not chosen,
 * whether they took part in the draw or not. STAGE_CLEAR_ALL: arg[1] is cleared on every
 * packet that matches, and nothing is drawn. Log: the flags byte.
 */
#ifndef OVSLAB_BPF_KINDS_FLAGS_H
#define OVSLAB_BPF_KINDS_FLAGS_H

#include "kind.h"

#define FLAGS_AT 12		/* bytes into the TCP header: data offset, flags */

/* Data in mid-flow: not the packets of set-up and tear-down, nor bare ACKs. */
PKT_FN int flags_is_data(const struct pkt *p)
{
	return p->payload && !(p->tcp_flags & (PKT_SYN | PKT_FIN | PKT_RST));
}

PKT_FN int flags_takes_part(const struct stage *s, const struct pkt *p)
{
	return pkt_is_tcp(p) && (!(s->flags & STAGE_DATA_ONLY) || flags_is_data(p));
}

PKT_FN int flags_so_already(const struct stage *s, const struct pkt *p)
{
	if (s->flags & STAGE_CLEAR_ALL)
		return p->tcp_flags & s->arg[1];
	return ((p->tcp_flags | s->arg[0]) & ~s->arg[1]) == p->tcp_flags;
}

/*
 * What has the flags already is counted so in any packet of TCP: of psh, already +
 * mangled - cleared packets leave with PSH.
 */
PKT_FN enum kind_may flags_may(const struct stage *s, const struct pkt *p)
{
	if (!pkt_is_tcp(p))
		return KIND_NO;
	if (flags_so_already(s, p))
		return KIND_ALREADY;
	return flags_takes_part(s, p) ? KIND_YES : KIND_NO;
}

/**
 * flags_draws() - whether a packet takes part in the draw
 *
 * With STAGE_CLEAR_OTHERS those too that have the flags: else more would have them in
 * the end than were chosen. If such a one is chosen, it stays as it is.
 */
PKT_FN int flags_draws(const struct stage *s, const struct pkt *p)
{
	if ((s->flags & STAGE_CLEAR_ALL) || !flags_takes_part(s, p))
		return 0;
	return (s->flags & STAGE_CLEAR_OTHERS) || !flags_so_already(s, p);
}

PKT_FN int flags_write(struct io *io, const struct pkt *p, __u8 set, __u8 clear,
		       struct kind_edit *e)
{
	__u32 at = p->l4_off + FLAGS_AT;
	__u8 before[2], after[2];
	__be16 was, is;
	int rc;

	rc = io_load(io, at, before, sizeof(before));
	if (rc)
		return rc;
	after[0] = before[0];
	after[1] = (before[1] | set) & ~clear;
	e->before = before[1];
	e->after = after[1];
	if (after[1] == before[1])
		return KIND_SAME;
	__builtin_memcpy(&was, before, sizeof(was));
	__builtin_memcpy(&is, after, sizeof(is));
	rc = io_sum_l4(io, p, was, is, sizeof(is));
	return rc ? rc : io_store(io, at, after, sizeof(after));
}

PKT_FN int flags_edit(struct io *io, const struct pkt *p, const struct stage *s,
		      __u64 random, struct kind_edit *e)
{
	return flags_write(io, p, s->arg[0], s->arg[1], e);
}

/** flags_clears() - what becomes of a packet that matches, but was not chosen */
PKT_FN int flags_clears(const struct stage *s, const struct pkt *p)
{
	if (!pkt_is_tcp(p))
		return 0;
	if (s->flags & STAGE_CLEAR_ALL)
		return p->tcp_flags & s->arg[1];
	return (s->flags & STAGE_CLEAR_OTHERS) && (p->tcp_flags & s->arg[0]);
}

/** flags_clear() - do it; Return: 0, KIND_SAME or negative, as an edit */
PKT_FN int flags_clear(struct io *io, const struct pkt *p, const struct stage *s,
		       struct kind_edit *e)
{
	return flags_write(io, p, 0, s->flags & STAGE_CLEAR_ALL ? s->arg[1] : s->arg[0], e);
}

#endif
