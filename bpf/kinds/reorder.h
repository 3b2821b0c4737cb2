/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder.h - let the next packets of its connection overtake the packet (tc egress
 * only, with fq as the device's qdisc)
 *
 * arg[0]: how many, N; arg[1]: how long it waits for them, in us. Log: 0, and N.
 *
 * Theory of operation. fq sends the packets of a flow by time, those of the same time
 * in the order in which they came. The chosen packet gets a time from now on that is
 * arg[1] later. The next N packets of its connection that have data keep their own
 * time, and overtake it. All further ones get the time of the chosen one, and queue up
 * behind it. So it is overtaken by N packets, if as many are sent while it waits.
 *
 * None of the N may be chosen itself, which is decided by counting, so that the same
 * stream is always treated the same. A packet behind them may be, before the first one
 * has left: the next N then get the time of the first, so that their order behind it
 * stays, and again overtake only the one that was chosen last.
 *
 * Packets without data neither count nor wait; but those which end the connection wait,
 * for a RST would make the receiver forget what comes behind it.
 */
#ifndef OVSLAB_BPF_KINDS_REORDER_H
#define OVSLAB_BPF_KINDS_REORDER_H

#include "kind.h"

#define REORDER_NS_PER_US	1000
#define REORDER_TRIES		16

/*
 * kind_state.until_ns:	when the packet leaves that was chosen last; 0: none was
 * kind_state.before_ns: when the one chosen before it leaves
 * kind_state.overtaking: so many packets are still to overtake it
 */

PKT_FN enum kind_may reorder_may(const struct stage *s, const struct pkt *p)
{
	return kind_is_flow(p) && p->payload ? KIND_YES : KIND_NO;
}

PKT_FN int reorder_ends(const struct pkt *p)
{
	return pkt_is_tcp(p) && (p->tcp_flags & (PKT_FIN | PKT_RST));
}

/* Return: whether this packet is one of those; who loses all races is not. */
PKT_FN int reorder_overtakes(struct kind_state *r)
{
	for (int i = 0; i < REORDER_TRIES; i++) {
		__u64 left = *(volatile __u64 *)&r->overtaking;

		if (!left)
			return 0;
		if (__sync_val_compare_and_swap(&r->overtaking, left, left - 1) == left)
			return 1;
	}
	return 0;
}

/**
 * reorder_pass() - for every packet of the connection that reaches this stage
 *
 * Return: KIND_YES if it may be chosen, else KIND_NO
 */
PKT_FN enum kind_may reorder_pass(struct io *io, const struct pkt *p, struct kind_state *r)
{
	if (p->payload && reorder_overtakes(r)) {
		io_until(io, r->before_ns);
		return KIND_NO;
	}
	if (p->payload || reorder_ends(p))
		io_until(io, r->until_ns);
	return p->payload ? KIND_YES : KIND_NO;
}

PKT_FN int reorder_edit(struct io *io, const struct pkt *p, const struct stage *s,
			__u64 random, struct kind_edit *e)
{
	struct kind_state *r = e->state;

	if (!r)
		return -1;
	r->before_ns = r->until_ns;
	r->until_ns = io_now(io) + (__u64)s->arg[1] * REORDER_NS_PER_US;
	__sync_lock_test_and_set(&r->overtaking, (__u64)s->arg[0]);
	e->after = s->arg[0];
	io_until(io, r->until_ns);
	return 0;
}

#endif
