// SPDX-License-Identifier: GPL-2.0
/*
 * psh.bpf.c - tc: set TCP PSH on 1 of RATIO data packets, or clear it
 *
 * The checksum goes through bpf_l4_csum_replace(), which knows whether it is
 * complete (then it is updated) or left to the device (then it does not cover
 * the TCP header yet). Other filters of the hook still run.
 */
#include <linux/pkt_cls.h>

#include "mangler.h"
#include "psh.h"
#include "skb.h"

#define FLAGS_WORD	12	/* bytes into the TCP header: data offset, flags */
#define CHECK		16

static int flip_psh(struct __sk_buff *skb, const struct pkt *p)
{
	__u32 at = p->l4_off + FLAGS_WORD;
	__be16 before, after;
	int rc;

	rc = bpf_skb_load_bytes(skb, at, &before, sizeof(before));
	if (rc)
		return rc;
	after = before ^ bpf_htons(PKT_PSH);
	rc = bpf_l4_csum_replace(skb, p->l4_off + CHECK, before, after,
				 sizeof(after));
	if (rc)
		return rc;
	return bpf_skb_store_bytes(skb, at, &after, sizeof(after), 0);
}

static void count(struct counters *n, const struct pkt *p)
{
	if (psh_has(p))
		n->already++;
	else if (psh_is_data(p))
		n->eligible++;
}

static void mangle(struct __sk_buff *skb, struct counters *n, const struct pkt *p)
{
	__u32 flags = knobs.flags;
	int chosen = psh_draws(flags, p) &&
		     choose_one_of(mangler_draw(), knobs.ratio);
	enum psh_action action = psh_decide(flags, p, chosen);

	if (action == PSH_LEAVE || flip_psh(skb, p))
		return;
	if (action == PSH_SET)
		n->mangled++;
	else
		n->cleared++;
}

SEC("tc")
int ovslab_psh(struct __sk_buff *skb)
{
	struct counters *n = mangler_counters();
	struct pkt p = { 0 };

	if (!n)
		return TC_ACT_UNSPEC;
	n->seen++;
	if (skb_parse(skb, &p) != PKT_OK || !pkt_is_tcp(&p))
		return TC_ACT_UNSPEC;
	count(n, &p);
	mangle(skb, n, &p);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
