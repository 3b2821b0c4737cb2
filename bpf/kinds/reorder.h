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

#define REORDER_NS_PER_US 1000

/* Of a connection, in one direction, at one stage; zeroed at its start. */
struct reorder_state {
	__u64 until_ns;			/* when the chosen packet leaves; 0: none was chosen */
	__u64 before_ns;		/* when the one chosen before it leaves */
	__u32 overtaking;		/* so many packets are still to overtake it */
	__u32 pad;
};

PKT_FN enum kind_may reorder_may(const struct stage *s, const struct pkt *p)
{
	return kind_is_flow(p) && p->payload ? KIND_YES : KIND_NO;
}

PKT_FN int reorder_ends(const struct pkt *p)
{
	return pkt_is_tcp(p) && (p->tcp_flags & (PKT_FIN | PKT_RST));
}

/**
 * reorder_pass() - for every packet of the connection that reaches this stage
 * @r:		of its connection; the caller holds the connection's lock
 * @ret_ns:	for io_until(), which may be called when the lock is free again
 *
 * Return: KIND_YES if it may be chosen (then reorder_hold() is next), else KIND_NO
 */
PKT_FN enum kind_may reorder_pass(struct reorder_state *r, const struct pkt *p,
				  __u64 *ret_ns)
{
	*ret_ns = 0;
	if (p->payload && r->overtaking) {
		r->overtaking--;
		*ret_ns = r->before_ns;
		return KIND_NO;
	}
	if (p->payload || reorder_ends(p))
		*ret_ns = r->until_ns;
	return p->payload ? KIND_YES : KIND_NO;
}

/**
 * reorder_hold() - the packet is chosen; instead of an edit, with the same lock held
 * @ret_ns:	for io_until(), in place of reorder_pass()'s
 */
PKT_FN void reorder_hold(struct reorder_state *r, const struct stage *s, __u64 now_ns,
			 struct kind_edit *e, __u64 *ret_ns)
{
	r->before_ns = r->until_ns;
	r->until_ns = now_ns + (__u64)s->arg[1] * REORDER_NS_PER_US;
	r->overtaking = s->arg[0];
	e->after = s->arg[0];
	*ret_ns = r->until_ns;
}

#endif
