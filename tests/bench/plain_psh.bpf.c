// SPDX-License-Identifier: GPL-2.0
/*
 * plain_psh.bpf.c - what one would write who needs PSH on 1 of RATIO packets, and no more
 *
 * The measure for the engine: Ethernet, IPv4 and TCP without options only, no counters.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define RATIO 10

#define TCP_OFF		(sizeof(struct ethhdr) + sizeof(struct iphdr))
#define FLAGS_OFF	(TCP_OFF + 12)

SEC("tc")
int plain_psh(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct tcphdr *tcp = data + TCP_OFF;
	__be16 before, after;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;
	if (tcp->psh || tcp->syn || tcp->fin || tcp->rst ||
	    bpf_ntohs(ip->tot_len) <= sizeof(*ip) + tcp->doff * 4)
		return TC_ACT_UNSPEC;
	if (bpf_get_prandom_u32() % RATIO)
		return TC_ACT_UNSPEC;
	before = ((__be16 *)tcp)[6];
	after = before | bpf_htons(0x0008);
	bpf_l4_csum_replace(skb, TCP_OFF + 16, before, after, sizeof(after));
	bpf_skb_store_bytes(skb, FLAGS_OFF, &after, sizeof(after), 0);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
