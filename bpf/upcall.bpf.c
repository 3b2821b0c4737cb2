// SPDX-License-Identifier: GPL-2.0
/*
 * upcall.bpf.c - raw tracepoint: note the packets that the kernel's datapath hands to
 *		  vswitchd
 *
 * Observes only. The tracepoint is of Linux 5.14 and later, in the module openvswitch.
 * It sees a packet as it came in, before a super-packet is cut for the way up. The
 * datapath has found the network header by then, behind any VLAN tag, and has pulled
 * the headers into the linear part.
 *
 * IPv6 with extension headers and all but first fragments are not noted.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#include "upcall.h"

#define IP4_BYTES	20
#define IP6_BYTES	40
#define TCP_BYTES	20
#define UDP_BYTES	8
#define TCP_SYN		2

/* Of the kernel's structs, what is read; where it is, its BTF says at loading. */
struct sk_buff {
	unsigned int len;
	unsigned char *head, *data;
	__be16 protocol;
	__u16 network_header;
} __attribute__((preserve_access_index));

struct dp_upcall_info {
	__u8 cmd;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, UPCALLS_MAX);
	__type(key, __u32);
	__type(value, struct upcall_note);
} notes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} noted SEC(".maps");

/* Where layer 4 is, and how long it is. */
struct layer4 {
	const __u8 *at;
	__u32 len;
};

static __always_inline __u32 be16_at(const __u8 *p)
{
	return (__u32)p[0] << 8 | p[1];
}

static __always_inline __u32 be32_at(const __u8 *p)
{
	return be16_at(p) << 16 | be16_at(p + 2);
}

/* What the IP header says; if it has no room for that (BIG TCP), what the packet has. */
static __always_inline __u32 ip_bytes(const struct sk_buff *skb, const __u8 *ip, __u32 said)
{
	return said ?: BPF_CORE_READ(skb, len) - (__u32)(ip - BPF_CORE_READ(skb, data));
}

static __always_inline int read_ip4(const struct sk_buff *skb, const __u8 *ip,
				    struct upcall_note *n, struct layer4 *ret)
{
	__u8 h[IP4_BYTES];
	__u32 ihl;

	if (bpf_probe_read_kernel(h, sizeof(h), ip) || h[0] >> 4 != 4 || (be16_at(h + 6) & 0x1fff))
		return -1;
	ihl = (h[0] & 15) * 4;
	n->family = 4;
	n->proto = h[9];
	n->ip_id = be16_at(h + 4);
	__builtin_memcpy(n->saddr, h + 12, 4);
	__builtin_memcpy(n->daddr, h + 16, 4);
	*ret = (struct layer4){ ip + ihl, ip_bytes(skb, ip, be16_at(h + 2)) - ihl };
	return 0;
}

static __always_inline int read_ip6(const struct sk_buff *skb, const __u8 *ip,
				    struct upcall_note *n, struct layer4 *ret)
{
	__u8 h[IP6_BYTES];
	__u32 said;

	if (bpf_probe_read_kernel(h, sizeof(h), ip) || h[0] >> 4 != 6)
		return -1;
	said = be16_at(h + 4);
	n->family = 6;
	n->proto = h[6];
	__builtin_memcpy(n->saddr, h + 8, 16);
	__builtin_memcpy(n->daddr, h + 24, 16);
	*ret = (struct layer4){ ip + IP6_BYTES,
				ip_bytes(skb, ip, said ? said + IP6_BYTES : 0) - IP6_BYTES };
	return 0;
}

static __always_inline int read_layer4(const struct layer4 *l4, struct upcall_note *n)
{
	__u8 h[TCP_BYTES] = { 0 };
	__u32 header = UDP_BYTES;

	if (n->proto != IPPROTO_TCP && n->proto != IPPROTO_UDP)
		return -1;
	if (n->proto == IPPROTO_UDP ? bpf_probe_read_kernel(h, UDP_BYTES, l4->at) :
				      bpf_probe_read_kernel(h, TCP_BYTES, l4->at))
		return -1;
	n->sport = be16_at(h);
	n->dport = be16_at(h + 2);
	if (n->proto == IPPROTO_TCP) {
		n->seq = be32_at(h + 4) + !!(h[13] & TCP_SYN);	/* of the first byte */
		header = (h[12] >> 4) * 4;
	}
	n->len = (n->proto == IPPROTO_UDP && be16_at(h + 4) ? be16_at(h + 4) : l4->len) - header;
	return (int)n->len > 0 ? 0 : -1;
}

static __always_inline int read_packet(const struct sk_buff *skb, struct upcall_note *n)
{
	const __u8 *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	struct layer4 l4;
	int rc = -1;

	if (protocol == bpf_htons(ETH_P_IP))
		rc = read_ip4(skb, ip, n, &l4);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		rc = read_ip6(skb, ip, n, &l4);
	return rc ?: read_layer4(&l4, n);
}

/* The number is written last, so that a reader knows a whole note. */
static __always_inline void keep(struct upcall_note *n)
{
	struct upcall_note *slot;
	__u32 zero = 0, at;
	__u64 *count = bpf_map_lookup_elem(&noted, &zero), number;

	if (!count)
		return;
	number = __sync_fetch_and_add(count, 1);
	at = number;
	slot = number < UPCALLS_MAX ? bpf_map_lookup_elem(&notes, &at) : NULL;
	if (!slot)
		return;
	*slot = *n;
	barrier();
	*(volatile __u64 *)&slot->number = number + 1;
}

SEC("raw_tp/ovs_dp_upcall")
int ovslab_upcall(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (void *)ctx->args[1];
	const struct dp_upcall_info *info = (void *)ctx->args[3];
	struct upcall_note n = { 0 };

	if (read_packet(skb, &n))
		return 0;
	if (bpf_core_field_exists(info->cmd))	/* not if the module has no BTF */
		n.cmd = BPF_CORE_READ(info, cmd);
	keep(&n);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
