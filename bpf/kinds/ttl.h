/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ttl.h - another TTL (IPv4) or hop limit (IPv6)
 *
 * arg[0]: enum ttl_how; arg[1]: N. Never 0: such a packet may not be sent. Neighbour
 * discovery is left alone, or the link would be lost. Log: the TTL.
 */
#ifndef OVSLAB_BPF_KINDS_TTL_H
#define OVSLAB_BPF_KINDS_TTL_H

#include "kind.h"

enum ttl_how { TTL_RANDOM, TTL_SET, TTL_DEC };

#define TTL_IPV4	8	/* bytes into the header; protocol follows */
#define TTL_IPV6	7

/* RFC 4861: router and neighbour solicitation and advertisement, redirect. */
#define TTL_ND_FIRST	133
#define TTL_ND_LAST	137

/**
 * ttl_must_stay() - neighbour discovery is dropped unless its hop limit is 255
 *
 * RFC 4861, sections 6.1.1, 6.1.2, 7.1.1, 7.1.2 and 8.1.
 */
PKT_FN int ttl_must_stay(const struct pkt *p)
{
	return p->family == 6 && p->has_l4 && p->proto == IPPROTO_ICMPV6 &&
	       p->icmp_type >= TTL_ND_FIRST && p->icmp_type <= TTL_ND_LAST;
}

/** ttl_next() - what becomes of a TTL: 1..255 */
PKT_FN __u8 ttl_next(const struct stage *s, __u8 ttl, __u64 random)
{
	__u32 n = s->arg[1];

	if (s->arg[0] == TTL_RANDOM)
		return 1 + kind_pick(random, 255);
	if (s->arg[0] == TTL_DEC)
		return ttl > n ? ttl - n : 1;
	return n > 255 ? 255 : n ? n : 1;
}

/* A random TTL may turn out to be the same; that is no more likely than another. */
PKT_FN enum kind_may ttl_may(const struct stage *s, const struct pkt *p)
{
	if (ttl_must_stay(p))
		return KIND_NO;
	if (s->arg[0] != TTL_RANDOM && ttl_next(s, p->ttl, 0) == p->ttl)
		return KIND_ALREADY;
	return KIND_YES;
}

PKT_FN int ttl_edit_ipv4(struct io *io, const struct pkt *p, const struct stage *s,
			 __u64 random, struct kind_edit *e)
{
	__u32 at = p->l3_off + TTL_IPV4;
	__u8 before[2], after[2];
	__be16 was, is;
	int rc;

	rc = io_load(io, at, before, sizeof(before));
	if (rc)
		return rc;
	e->before = before[0];
	e->after = after[0] = ttl_next(s, before[0], random);
	after[1] = before[1];
	if (after[0] == before[0])
		return KIND_SAME;
	__builtin_memcpy(&was, before, sizeof(was));
	__builtin_memcpy(&is, after, sizeof(is));
	rc = io_sum_l3(io, p->l3_off, was, is);
	return rc ? rc : io_store(io, at, after, sizeof(after));
}

PKT_FN int ttl_edit_ipv6(struct io *io, const struct pkt *p, const struct stage *s,
			 __u64 random, struct kind_edit *e)
{
	__u32 at = p->l3_off + TTL_IPV6;
	__u8 before, after;
	int rc;

	rc = io_load(io, at, &before, sizeof(before));
	if (rc)
		return rc;
	after = ttl_next(s, before, random);
	e->before = before;
	e->after = after;
	if (after == before)
		return KIND_SAME;
	return io_store_bare(io, at, &after, sizeof(after));
}

PKT_FN int ttl_edit(struct io *io, const struct pkt *p, const struct stage *s,
		    __u64 random, struct kind_edit *e)
{
	return p->family == 4 ? ttl_edit_ipv4(io, p, s, random, e) :
				ttl_edit_ipv6(io, p, s, random, e);
}

#endif
