/* SPDX-License-Identifier: GPL-2.0 */
/*
 * skb.h - the parser on an skb, whose headers may not be linear (BPF only)
 */
#ifndef OVSLAB_BPF_SKB_H
#define OVSLAB_BPF_SKB_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "pkt.h"

static __attribute__((noinline)) int skb_parse_linear(struct __sk_buff *skb,
						      struct pkt *p)
{
	return pkt_parse((void *)(long)skb->data, (void *)(long)skb->data_end,
			 skb->len, p);
}

/**
 * skb_parse() - pkt_parse(), pulling in the headers where that is needed
 *
 * Invalidates pointers into the packet.
 */
PKT_FN int skb_parse(struct __sk_buff *skb, struct pkt *p)
{
	__u32 len = skb->len < PKT_PULL_MAX ? skb->len : PKT_PULL_MAX;
	int rc = skb_parse_linear(skb, p);

	if (rc != PKT_SHORT || bpf_skb_pull_data(skb, len))
		return rc;
	*p = (struct pkt){ 0 };
	return skb_parse_linear(skb, p);
}

#endif
