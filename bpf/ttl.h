/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ttl.h - what the TTL mangler decides and computes
 */
#ifndef OVSLAB_BPF_TTL_H
#define OVSLAB_BPF_TTL_H

#include "pkt.h"

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

/** ttl_pick() - 1..255 from a random number */
PKT_FN __u8 ttl_pick(__u64 random)
{
	return 1 + (__u32)(random & 0xffffffff) % 255;
}

/**
 * ttl_checksum() - RFC 1624, equation 3: HC' = ~(~HC + ~m + m')
 * @check:	checksum before, host order
 * @before:	the 16-bit word that changes, host order
 * @after:	its new value
 */
PKT_FN __u16 ttl_checksum(__u16 check, __u16 before, __u16 after)
{
	__u32 sum = (__u16)~check + (__u32)(__u16)~before + after;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

#endif
