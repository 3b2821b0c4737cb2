/* SPDX-License-Identifier: GPL-2.0 */
/*
 * match.h - whether a packet is one that the user meant
 *
 * In two halves: what is the same for all packets of a connection, and what is not.
 * State of a connection is kept for all of its packets, or offsets and reused ports
 * would be found wrong; and for no others, or it would run out.
 */
#ifndef OVSLAB_BPF_MATCH_H
#define OVSLAB_BPF_MATCH_H

#include "io.h"
#include "stage.h"

#define MATCH_FLOW	(MATCH_FAMILY | MATCH_PROTO | MATCH_SRC | MATCH_DST | MATCH_SPORT | \
			 MATCH_DPORT | MATCH_VLAN | MATCH_ETH_SRC | MATCH_ETH_DST)

#define IPV4_SADDR	12	/* bytes into the header; the destination follows */
#define IPV6_SADDR	8

/** match_has_ports() - ports were found */
PKT_FN int match_has_ports(const struct pkt *p)
{
	return p->has_l4 && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP);
}

PKT_FN int match_bytes(const __u8 *at, const __u8 *value, const __u8 *mask, __u32 size)
{
	__u8 differ = 0;

	for (__u32 i = 0; i < size; i++)
		differ |= (at[i] & mask[i]) ^ value[i];
	return !differ;
}

/* As words: @value and @mask are so aligned in struct match. */
PKT_FN int match_words(const __u64 *at, const void *value, const void *mask)
{
	const __u64 *v = value, *m = mask;

	return !(((at[0] & m[0]) ^ v[0]) | ((at[1] & m[1]) ^ v[1]));
}

/* @second: the destination. What IPv4 does not have of 16 bytes is 0 in @value too. */
PKT_FN int match_address(struct io *io, const struct pkt *p, int second,
			 const __u8 *value, const __u8 *mask)
{
	__u64 at[2] = { 0 };
	int rc;

	if (p->family == 4)
		rc = io_load(io, p->l3_off + IPV4_SADDR + second * 4, at, 4);
	else
		rc = io_load(io, p->l3_off + IPV6_SADDR + second * 16, at, 16);
	return !rc && match_words(at, value, mask);
}

PKT_FN int match_eth(struct io *io, __u32 off, const __u8 *value, const __u8 *mask)
{
	__u8 at[6];

	return !io_load(io, off, at, sizeof(at)) && match_bytes(at, value, mask, sizeof(at));
}

/** match_flow() - the half that is the same for all packets of a connection */
PKT_FN int match_flow(const struct match *m, struct io *io, const struct pkt *p)
{
	__u32 on = m->on;

	if (!(on & MATCH_FLOW))
		return 1;
	if ((on & MATCH_FAMILY) && p->family != m->family)
		return 0;
	if ((on & MATCH_PROTO) && p->proto != m->proto)
		return 0;
	if ((on & (MATCH_SPORT | MATCH_DPORT)) && !match_has_ports(p))
		return 0;
	if ((on & MATCH_SPORT) && (p->sport & m->sport_mask) != m->sport)
		return 0;
	if ((on & MATCH_DPORT) && (p->dport & m->dport_mask) != m->dport)
		return 0;
	if ((on & MATCH_SRC) && !match_address(io, p, 0, m->src, m->src_mask))
		return 0;
	if ((on & MATCH_DST) && !match_address(io, p, 1, m->dst, m->dst_mask))
		return 0;
	if ((on & MATCH_VLAN) && (p->vlan_tci & m->vlan_tci_mask) != m->vlan_tci)
		return 0;
	if ((on & MATCH_ETH_DST) && !match_eth(io, 0, m->eth_dst, m->eth_dst_mask))
		return 0;
	return !(on & MATCH_ETH_SRC) || match_eth(io, 6, m->eth_src, m->eth_src_mask);
}

/* All 12 bits, as OVS has them: the parser leaves out the four below the offset. */
PKT_FN int match_tcp_flags(struct io *io, const struct pkt *p, const struct match *m)
{
	__be16 word = 0;

	if (!pkt_is_tcp(p))
		return 0;
	if (m->tcp_flags_mask <= 0xff)
		return (p->tcp_flags & m->tcp_flags_mask) == m->tcp_flags;
	return !io_load(io, p->l4_off + 12, &word, sizeof(word)) &&
	       (bpf_ntohs(word) & 0xfff & m->tcp_flags_mask) == m->tcp_flags;
}

PKT_FN int match_frag(const struct pkt *p, __u8 frag)
{
	switch (frag) {
	case MATCH_FRAG_NO:
		return !p->fragment;
	case MATCH_FRAG_YES:
		return p->fragment;
	case MATCH_FRAG_FIRST:
		return p->fragment && p->has_l4;
	case MATCH_FRAG_LATER:
		return p->fragment && !p->has_l4;
	}
	return p->has_l4;		/* MATCH_FRAG_NOT_LATER */
}

PKT_FN int match_icmp(const struct pkt *p, const struct match *m)
{
	if (!p->has_l4 || p->proto != (p->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return 0;
	if ((m->on & MATCH_ICMP_TYPE) && p->icmp_type != m->icmp_type)
		return 0;
	return !(m->on & MATCH_ICMP_CODE) || p->icmp_code == m->icmp_code;
}

/** match_packet() - the other half */
PKT_FN int match_packet(const struct match *m, struct io *io, const struct pkt *p)
{
	__u32 on = m->on;

	if (!(on & ~MATCH_FLOW))
		return 1;
	if ((on & MATCH_PAYLOAD) && !p->payload)
		return 0;
	if ((on & MATCH_TCP_FLAGS) && !match_tcp_flags(io, p, m))
		return 0;
	if ((on & MATCH_FRAG) && !match_frag(p, m->frag))
		return 0;
	if ((on & MATCH_TOS) && (p->tos & m->tos_mask) != m->tos)
		return 0;
	if ((on & MATCH_TTL) && p->ttl != m->ttl)
		return 0;
	return !(on & (MATCH_ICMP_TYPE | MATCH_ICMP_CODE)) || match_icmp(p, m);
}

#endif
