// SPDX-License-Identifier: GPL-2.0
/*
 * tcp_psh.c - tc: set TCP's PSH flag on 1 of RATIO data packets (IPv4)
 *
 *	ovslab inject bpf tcp_psh.c -D RATIO=10 --at vm1:egress
 *
 * Complete: it needs nothing of ovslab. Compiled and attached by hand:
 *
 *	clang -O2 -g -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu \
 *		-DRATIO=10 -c tcp_psh.c -o tcp_psh.o
 *	tc qdisc add dev eth0 clsact
 *	tc filter add dev eth0 egress bpf direct-action obj tcp_psh.o sec tc
 *
 * One caveat. TCP hands super-packets of up to 64 KiB to tc, and nearly all of them have
 * PSH already; the device or the kernel cuts them afterwards and leaves PSH on the last
 * piece only. So that RATIO counts what is on the wire, switch that off first:
 *
 *	ip link set dev eth0 gso_max_segs 1
 */

/* What the kernel tells programs about itself: no libc here, only these headers. */
#include <linux/bpf.h>		/* struct __sk_buff, numbers of helpers */
#include <linux/if_ether.h>	/* struct ethhdr, ETH_P_IP */
#include <linux/in.h>		/* IPPROTO_TCP */
#include <linux/ip.h>		/* struct iphdr */
#include <linux/pkt_cls.h>	/* TC_ACT_... */
#include <linux/tcp.h>		/* struct tcphdr */
#include <bpf/bpf_endian.h>	/* bpf_htons(): networks write the high byte first */
#include <bpf/bpf_helpers.h>	/* SEC(), bpf_...(): functions of the kernel */

/* -D RATIO=N replaces it. It is a constant for the compiler, as all in here. */
#ifndef RATIO
#define RATIO 10
#endif
#if RATIO < 1
#error RATIO must be at least 1
#endif

#define FLAGS_AT 12		/* bytes into the TCP header: header length, flags */
#define CHECK_AT 16		/* ... the checksum */
#define PSH 0x0008		/* in the 16 bits at FLAGS_AT */

/*
 * SEC() puts the function into a section of the object file. Its name says what kind of
 * program it is: "tc" runs on a device's egress or ingress, for each packet.
 */
SEC("tc")
int tcp_psh(struct __sk_buff *skb)
{
	/* First and last+1 byte of the packet; the casts are always written like this. */
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp;
	__u32 tcp_at, headers;
	__be16 before, after;

	/*
	 * The verifier reads this program before it may run, and refuses it if any read
	 * could lie beyond the end. So each header needs such a line before its use. What
	 * is too short is none of our business: TC_ACT_UNSPEC means "as if I were not
	 * there", the next filter has its turn. (TC_ACT_OK would let the packet go
	 * without asking the others, TC_ACT_SHOT would drop it.)
	 */
	if ((void *)(ip + 1) > end)
		return TC_ACT_UNSPEC;

	/* IPv4 with TCP in it, and not a later fragment, which has no TCP header. */
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;
	if (ip->ihl < 5 || ip->frag_off & bpf_htons(0x1fff))
		return TC_ACT_UNSPEC;

	/*
	 * The IP header may have options, so where TCP begins is known only now. ihl has
	 * 4 bits: the verifier sees that this is at most 60, so it may be added.
	 */
	tcp = (void *)ip + ip->ihl * 4;
	if ((void *)(tcp + 1) > end)
		return TC_ACT_UNSPEC;

	/* Data only: packets that open, close or reset a connection stay as they are. */
	if (tcp->syn || tcp->fin || tcp->rst)
		return TC_ACT_UNSPEC;
	headers = ip->ihl * 4 + tcp->doff * 4;
	if (bpf_ntohs(ip->tot_len) <= headers)
		return TC_ACT_UNSPEC;

	/* It has PSH already. */
	if (tcp->psh)
		return TC_ACT_UNSPEC;

	/* The draw: 1 of RATIO. */
	if (bpf_get_prandom_u32() % RATIO != 0)
		return TC_ACT_UNSPEC;

	/* The 16 bits with the flags, as they are and as they shall be. */
	before = ((__be16 *)tcp)[FLAGS_AT / 2];
	after = before | bpf_htons(PSH);

	/*
	 * The checksum covers the flags. This helper knows whether it is complete, and
	 * then corrects it, or whether the device will fill it in later, and then leaves
	 * it alone. Writing into the packet comes next; both helpers may move the packet,
	 * after which eth, ip and tcp are invalid. So the offset is kept as a number.
	 */
	tcp_at = sizeof(*eth) + ip->ihl * 4;
	if (bpf_l4_csum_replace(skb, tcp_at + CHECK_AT, before, after, sizeof(after)))
		return TC_ACT_UNSPEC;
	bpf_skb_store_bytes(skb, tcp_at + FLAGS_AT, &after, sizeof(after), 0);
	return TC_ACT_UNSPEC;
}

/* Some helpers are for GPL programs only; the kernel looks for this. */
char LICENSE[] SEC("license") = "GPL";
