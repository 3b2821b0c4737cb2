// SPDX-License-Identifier: GPL-2.0
/*
 * ttl.bpf.c - XDP: a random TTL (IPv4) or hop limit (IPv6)
 *
 * Neither is part of a transport checksum. The IPv4 header checksum is updated;
 * neighbour discovery is left alone, or the link would be lost.
 */
#include "mangler.h"
#include "ttl.h"

#define IPV4_TTL	8	/* bytes into the header; protocol, checksum follow */
#define IPV6_HOPS	7

static __u8 *field(struct xdp_md *ctx, __u32 off, __u32 size)
{
	__u8 *at = (__u8 *)(long)ctx->data + off;

	return at + size <= (__u8 *)(long)ctx->data_end ? at : NULL;
}

static int set_ipv4(struct xdp_md *ctx, __u32 l3_off, __u8 ttl)
{
	__u8 *at = field(ctx, l3_off + IPV4_TTL, 4);
	__u16 check;

	if (!at || at[0] == ttl)
		return 0;
	check = ttl_checksum(at[2] << 8 | at[3], at[0] << 8 | at[1],
			     ttl << 8 | at[1]);
	at[0] = ttl;
	at[2] = check >> 8;
	at[3] = check & 0xff;
	return 1;
}

static int set_ipv6(struct xdp_md *ctx, __u32 l3_off, __u8 ttl)
{
	__u8 *at = field(ctx, l3_off + IPV6_HOPS, 1);

	if (!at || *at == ttl)
		return 0;
	*at = ttl;
	return 1;
}

static int set_ttl(struct xdp_md *ctx, const struct pkt *p, __u8 ttl)
{
	__u32 l3_off = p->l3_off;

	if (l3_off > PKT_L3_MAX)
		return 0;
	return p->family == 4 ? set_ipv4(ctx, l3_off, ttl) :
				set_ipv6(ctx, l3_off, ttl);
}

static void mangle(struct xdp_md *ctx, struct counters *n, const struct pkt *p)
{
	__u64 random = mangler_draw();

	n->eligible++;
	if (!choose_one_of(random, knobs.ratio))
		return;
	if (set_ttl(ctx, p, ttl_pick(random)))
		n->mangled++;
}

SEC("xdp")
int ovslab_ttl(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct counters *n = mangler_counters();
	struct pkt p = { 0 };

	if (!n)
		return XDP_PASS;
	n->seen++;
	if (pkt_parse(data, end, end - data, &p) == PKT_OK && !ttl_must_stay(&p))
		mangle(ctx, n, &p);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
