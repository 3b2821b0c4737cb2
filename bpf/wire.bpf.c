// SPDX-License-Identifier: GPL-2.0
/*
 * wire.bpf.c - tc: what arrives at one end of a wire leaves at the other
 *
 * The packet goes on as it is, with its offloads: GSO and partial checksums pass
 * whole. It is queued on the peer by the CPU that received it, so the order of
 * one sender stays.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 peer;		/* ifindex of the other end */

SEC("tc")
int ovslab_wire(struct __sk_buff *skb)
{
	return bpf_redirect(peer, 0);
}

char LICENSE[] SEC("license") = "GPL";
