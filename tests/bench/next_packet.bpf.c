// SPDX-License-Identifier: GPL-2.0
/*
 * next_packet.bpf.c - turns a packet into the next one of its stream, and hands it on
 *
 * BPF_PROG_TEST_RUN runs a program on one packet again and again, as the program left
 * it. Here it gets its flags back, and the next sequence number, so that there is new
 * data to decide on. Its checksums are not looked at by anybody.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} handed_to SEC(".maps");

SEC("tc")
int next_packet(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct tcphdr *tcp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);

	if ((void *)(tcp + 1) > end)
		return TC_ACT_UNSPEC;
	((__u8 *)tcp)[13] = 0x10;
	tcp->seq = bpf_htonl(bpf_ntohl(tcp->seq) + 1448);
	bpf_tail_call(skb, &handed_to, 0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
