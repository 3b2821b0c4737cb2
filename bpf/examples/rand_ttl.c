// SPDX-License-Identifier: GPL-2.0
/*
 * rand_ttl.c - XDP: give each IPv4 packet that arrives a random TTL
 *
 *	ovslab inject bpf rand_ttl.c --at vm1:xdp
 *	ovslab exec vm1 -- ping -c 5 vm2		# the replies' TTLs
 *
 * XDP sees what a device *receives*, before anything else does. In a VM that is what
 * comes from the switch. On the VM's tap on the host it is what the VM sends, before
 * the switch: --at tap-vm1:xdp.
 *
 * Complete: it needs nothing of ovslab. Compiled and attached by hand:
 *
 *	clang -O2 -g -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu \
 *		-c rand_ttl.c -o rand_ttl.o
 *	ip link set dev eth0 xdp obj rand_ttl.o sec xdp		# "xdp off" removes it
 */
#include <linux/bpf.h>		/* struct xdp_md, XDP_PASS */
#include <linux/if_ether.h>	/* struct ethhdr, ETH_P_IP */
#include <linux/ip.h>		/* struct iphdr */
#include <bpf/bpf_endian.h>	/* bpf_htons() */
#include <bpf/bpf_helpers.h>	/* SEC(), bpf_get_prandom_u32() */

/* -D MIN_TTL=2 -D MAX_TTL=64 replace them. */
#ifndef MIN_TTL
#define MIN_TTL 1		/* 0 would be no valid TTL */
#endif
#ifndef MAX_TTL
#define MAX_TTL 255
#endif
#if MIN_TTL < 1 || MAX_TTL > 255 || MIN_TTL > MAX_TTL
#error MIN_TTL and MAX_TTL are from 1 to 255
#endif

SEC("xdp")
int rand_ttl(struct xdp_md *ctx)
{
	/* As in tcp_psh.c: the packet's bytes are from data to end. */
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u16 *word;
	__u32 before, sum;

	/* XDP_PASS: go on into the kernel. XDP_DROP would drop the packet. */
	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	/* The header's checksum adds up 16 bits at a time: TTL has protocol beside it. */
	word = (__u16 *)&ip->ttl;
	before = *word;

	/* XDP may write into the packet directly. */
	ip->ttl = MIN_TTL + bpf_get_prandom_u32() % (MAX_TTL - MIN_TTL + 1);

	/*
	 * The new checksum from the old one, RFC 1624: ~(~check + ~before + after), in
	 * ones' complement: what overflows 16 bits is added again at their low end, which
	 * may overflow once more. The byte order does not matter. Neither TCP nor UDP
	 * counts the TTL, so theirs stay as they are.
	 */
	sum = (__u16)~ip->check + (__u16)~before + *word;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
