/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkt.h - where the headers of a frame are, and what the manglers ask of them
 *
 * One bounded parser for tc, XDP and native unit tests: Ethernet, up to two VLAN
 * tags, IPv4 with options, IPv6 with a bounded chain of extension headers, TCP,
 * UDP, ICMP. It reads between data and data_end only, byte-aligned, and writes
 * nothing. A packet whose IP length does not fit into its frame is malformed.
 */
#ifndef OVSLAB_BPF_PKT_H
#define OVSLAB_BPF_PKT_H

#include <linux/types.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>

#define PKT_FN static inline __attribute__((always_inline))

#define PKT_VLAN_MAX	2
#define PKT_EXT_MAX	6	/* IPv6 extension headers that are followed */
#define PKT_PULL_MAX	512	/* headers deeper than this are not looked for */
#define PKT_L3_MAX	(14 + 4 * PKT_VLAN_MAX)

enum pkt_tcp_flags {
	PKT_FIN = 0x01, PKT_SYN = 0x02, PKT_RST = 0x04, PKT_PSH = 0x08,
	PKT_ACK = 0x10, PKT_URG = 0x20, PKT_ECE = 0x40, PKT_CWR = 0x80,
};

enum pkt_result {
	PKT_OK,			/* IP; struct pkt is valid */
	PKT_OTHER,		/* not IP, malformed, or too deep */
	PKT_SHORT,		/* the header is beyond data_end */
};

struct pkt {
	__u32 l3_off, l4_off;	/* bytes from the start of the frame */
	__u32 end;		/* of the IP packet, from the start of the frame */
	__u32 payload;		/* bytes after the TCP or UDP header; 0 if neither */
	__u32 seq;
	__u16 sport, dport;	/* host order */
	__u16 ip_id;		/* 0 for IPv6 */
	__u16 window;		/* TCP's field */
	__u16 vlan_tci;		/* outermost tag, 0x1000 set: filled by who can see
				 * tags beside the frame (io_vlan()) */
	__u8 ttl;		/* or hop limit */
	__u8 tos;		/* or traffic class */
	__u8 family;		/* 4 or 6 */
	__u8 proto;		/* of layer 4 */
	__u8 fragment;		/* any fragment, the first as well */
	__u8 has_l4;		/* l4_off points to a whole header: not so in
				 * later fragments */
	__u8 tcp_flags;		/* enum pkt_tcp_flags and the others */
	__u8 icmp_type;		/* ICMP and ICMPv6 */
	__u8 icmp_code;
};

struct pkt_cursor {
	const __u8 *start, *pos, *end;
	__u32 frame;		/* length on the device, maybe beyond end */
};

/* Copies the next @size bytes (a constant) and moves on. */
PKT_FN int pkt_take(struct pkt_cursor *c, void *to, __u32 size)
{
	if (c->pos + size > c->end)
		return PKT_SHORT;
	__builtin_memcpy(to, c->pos, size);
	c->pos += size;
	return PKT_OK;
}

PKT_FN __u32 pkt_offset(const struct pkt_cursor *c)
{
	return c->pos - c->start;
}

PKT_FN int pkt_is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* Leaves the cursor at layer 3. */
PKT_FN int pkt_ether(struct pkt_cursor *c, __be16 *type)
{
	struct { __be16 tci, type; } tag;
	struct ethhdr eth;

	if (pkt_take(c, &eth, sizeof(eth)))
		return PKT_SHORT;
	*type = eth.h_proto;
	for (int i = 0; i < PKT_VLAN_MAX && pkt_is_vlan(*type); i++) {
		if (pkt_take(c, &tag, sizeof(tag)))
			return PKT_SHORT;
		*type = tag.type;
	}
	return PKT_OK;
}

/*
 * The end of the IP packet in the frame, 0 if it does not fit. A length field
 * of 0 is what packets of more than 64 KiB (BIG TCP) have.
 */
PKT_FN __u32 pkt_ip_end(const struct pkt_cursor *c, __u32 l3_off, __u32 ip_len,
			__u32 field)
{
	if (!field && c->frame > l3_off + 0xffff)
		return c->frame;
	return l3_off + ip_len <= c->frame ? l3_off + ip_len : 0;
}

PKT_FN int pkt_ipv4(struct pkt_cursor *c, struct pkt *p, __u32 *ip_end)
{
	struct iphdr ip;
	__u32 hdr_len;

	if (pkt_take(c, &ip, sizeof(ip)))
		return PKT_SHORT;
	hdr_len = ip.ihl * 4;
	*ip_end = pkt_ip_end(c, p->l3_off, bpf_ntohs(ip.tot_len), ip.tot_len);
	if (ip.version != 4 || hdr_len < sizeof(ip) ||
	    *ip_end < p->l3_off + hdr_len)
		return PKT_OTHER;
	p->family = 4;
	p->proto = ip.protocol;
	p->ttl = ip.ttl;
	p->tos = ip.tos;
	p->ip_id = bpf_ntohs(ip.id);
	p->fragment = !!(ip.frag_off & bpf_htons(0x3fff));
	p->has_l4 = !(ip.frag_off & bpf_htons(0x1fff));
	c->pos += hdr_len - sizeof(ip);
	return PKT_OK;
}

enum pkt_ipv6_next {
	PKT_HOPOPTS = 0, PKT_ROUTING = 43, PKT_FRAGMENT = 44, PKT_AUTH = 51,
	PKT_DSTOPTS = 60, PKT_MOBILITY = 135, PKT_HIP = 139, PKT_SHIM6 = 140,
};

PKT_FN int pkt_is_ext(__u8 proto)
{
	return proto == PKT_HOPOPTS || proto == PKT_ROUTING ||
	       proto == PKT_FRAGMENT || proto == PKT_AUTH ||
	       proto == PKT_DSTOPTS || proto == PKT_MOBILITY ||
	       proto == PKT_HIP || proto == PKT_SHIM6;
}

/* All of them have at least 8 bytes: next header, length or reserved, ... */
PKT_FN int pkt_ext(struct pkt_cursor *c, struct pkt *p)
{
	struct { __u8 next, len; __be16 off; __be32 id; } ext;
	__u32 more = 0;

	if (pkt_take(c, &ext, sizeof(ext)))
		return PKT_SHORT;
	if (p->proto == PKT_FRAGMENT) {
		p->fragment = 1;
		p->has_l4 = !(ext.off & bpf_htons(0xfff8));
	} else if (p->proto == PKT_AUTH) {	/* RFC 4302 2.2: words - 2 */
		more = ext.len * 4;
	} else {				/* RFC 8200 4.3: 8 bytes - 1 */
		more = ext.len * 8;
	}
	p->proto = ext.next;
	c->pos += more;
	return PKT_OK;
}

PKT_FN int pkt_ipv6(struct pkt_cursor *c, struct pkt *p, __u32 *ip_end)
{
	struct ipv6hdr ip;

	if (pkt_take(c, &ip, sizeof(ip)))
		return PKT_SHORT;
	*ip_end = pkt_ip_end(c, p->l3_off, sizeof(ip) + bpf_ntohs(ip.payload_len),
			     ip.payload_len);
	if (ip.version != 6 || !*ip_end)
		return PKT_OTHER;
	p->family = 6;
	p->proto = ip.nexthdr;
	p->ttl = ip.hop_limit;
	p->tos = ip.priority << 4 | ip.flow_lbl[0] >> 4;
	p->has_l4 = 1;
	for (int i = 0; i < PKT_EXT_MAX; i++) {
		if (!p->has_l4 || !pkt_is_ext(p->proto))
			return PKT_OK;
		if (pkt_ext(c, p))
			return PKT_SHORT;
	}
	return p->has_l4 && pkt_is_ext(p->proto) ? PKT_OTHER : PKT_OK;
}

PKT_FN int pkt_tcp(struct pkt_cursor *c, struct pkt *p, __u32 ip_end)
{
	struct tcphdr tcp;
	__u32 data_off;

	if (pkt_take(c, &tcp, sizeof(tcp)))
		return PKT_SHORT;
	data_off = p->l4_off + tcp.doff * 4;
	if (tcp.doff < 5 || data_off > ip_end)
		return PKT_OTHER;
	p->payload = ip_end - data_off;
	p->seq = bpf_ntohl(tcp.seq);
	p->window = bpf_ntohs(tcp.window);
	p->sport = bpf_ntohs(tcp.source);
	p->dport = bpf_ntohs(tcp.dest);
	p->tcp_flags = tcp.fin | tcp.syn << 1 | tcp.rst << 2 | tcp.psh << 3 |
		       tcp.ack << 4 | tcp.urg << 5 | tcp.ece << 6 | tcp.cwr << 7;
	return PKT_OK;
}

PKT_FN int pkt_udp(struct pkt_cursor *c, struct pkt *p, __u32 ip_end)
{
	struct { __be16 source, dest, len, check; } udp;

	if (pkt_take(c, &udp, sizeof(udp)))
		return PKT_SHORT;
	p->payload = ip_end - p->l4_off - sizeof(udp);
	p->sport = bpf_ntohs(udp.source);
	p->dport = bpf_ntohs(udp.dest);
	return PKT_OK;
}

PKT_FN int pkt_icmp(struct pkt_cursor *c, struct pkt *p)
{
	struct { __u8 type, code; __be16 check; } icmp;

	if (pkt_take(c, &icmp, sizeof(icmp)))
		return PKT_SHORT;
	p->icmp_type = icmp.type;
	p->icmp_code = icmp.code;
	return PKT_OK;
}

PKT_FN __u32 pkt_l4_min(__u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return 8;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 4;
	}
	return 0;
}

PKT_FN int pkt_l4(struct pkt_cursor *c, struct pkt *p, __u32 ip_end)
{
	if (!p->has_l4)
		return PKT_OK;
	if (p->l4_off + pkt_l4_min(p->proto) > ip_end)
		return PKT_OTHER;
	switch (p->proto) {
	case IPPROTO_TCP:
		return pkt_tcp(c, p, ip_end);
	case IPPROTO_UDP:
		return pkt_udp(c, p, ip_end);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return pkt_icmp(c, p);
	}
	return PKT_OK;
}

/**
 * pkt_parse() - find the headers
 * @data:	first byte of the Ethernet header
 * @data_end:	first byte that must not be read
 * @frame:	length of the frame; more than data_end - data if not linear
 * @p:		zeroed; valid only if PKT_OK is returned
 *
 * Return: enum pkt_result
 */
PKT_FN int pkt_parse(const void *data, const void *data_end, __u32 frame,
		     struct pkt *p)
{
	struct pkt_cursor c = { data, data, data_end, frame };
	__u32 ip_end = 0;
	__be16 type = 0;
	int rc;

	if (pkt_ether(&c, &type))
		return PKT_SHORT;
	p->l3_off = pkt_offset(&c);
	if (type == bpf_htons(ETH_P_IP))
		rc = pkt_ipv4(&c, p, &ip_end);
	else if (type == bpf_htons(ETH_P_IPV6))
		rc = pkt_ipv6(&c, p, &ip_end);
	else
		rc = PKT_OTHER;
	if (rc)
		return rc;
	p->l4_off = pkt_offset(&c);
	p->end = ip_end;
	return pkt_l4(&c, p, ip_end);
}

/* In BPF unaligned words are read as they are; else bytes would be put together. */
#ifdef __bpf__
#define PKT_WORD(type, at)	(*(const type *)(at))
#else
#define PKT_WORD(type, at)	({ type word; __builtin_memcpy(&word, at, sizeof(word)); word; })
#endif

#define PKT_PLAIN_L4	(14 + 20)

/* Return: whether these really are the headers that pkt_parse_plain() is for. */
PKT_FN int pkt_is_plain(const __u8 *at)
{
	return PKT_WORD(__be16, at + 12) == bpf_htons(ETH_P_IP) && at[14] == 0x45 &&
	       !(PKT_WORD(__be16, at + 20) & bpf_htons(0x3fff)) && at[23] == IPPROTO_TCP;
}

/**
 * pkt_parse_plain() - pkt_parse() for what most packets are, at a fraction of its cost
 *
 * TCP in IPv4 without options that is no fragment, without a tag.
 *
 * Return: PKT_OK, and @p is what pkt_parse() makes of it, whatever it was; or
 * PKT_OTHER: pkt_parse() is to look at it
 */
PKT_FN int pkt_parse_plain(const void *data, const void *data_end, __u32 frame,
			   struct pkt *p)
{
	const __u8 *at = data, *tcp = at + PKT_PLAIN_L4;
	struct pkt_cursor c = { at, at, data_end, frame };
	__be16 ip_len;
	__u32 data_off;

	if ((const void *)(tcp + sizeof(struct tcphdr)) > data_end || !pkt_is_plain(at))
		return PKT_OTHER;
	ip_len = PKT_WORD(__be16, at + 16);
	p->end = pkt_ip_end(&c, 14, bpf_ntohs(ip_len), ip_len);
	data_off = PKT_PLAIN_L4 + (tcp[12] >> 4) * 4;
	if (data_off < PKT_PLAIN_L4 + sizeof(struct tcphdr) || data_off > p->end)
		return PKT_OTHER;
	p->l3_off = 14;
	p->l4_off = PKT_PLAIN_L4;
	p->payload = p->end - data_off;
	p->seq = bpf_ntohl(PKT_WORD(__be32, tcp + 4));
	p->sport = bpf_ntohs(PKT_WORD(__be16, tcp));
	p->dport = bpf_ntohs(PKT_WORD(__be16, tcp + 2));
	p->ip_id = bpf_ntohs(PKT_WORD(__be16, at + 18));
	p->window = bpf_ntohs(PKT_WORD(__be16, tcp + 14));
	p->vlan_tci = 0;
	p->ttl = at[22];
	p->tos = at[15];
	p->family = 4;
	p->proto = IPPROTO_TCP;
	p->fragment = 0;
	p->has_l4 = 1;
	p->tcp_flags = tcp[13];
	p->icmp_type = p->icmp_code = 0;
	return PKT_OK;
}

/** pkt_is_tcp() - a TCP header was parsed */
PKT_FN int pkt_is_tcp(const struct pkt *p)
{
	return p->has_l4 && p->proto == IPPROTO_TCP;
}

#endif
