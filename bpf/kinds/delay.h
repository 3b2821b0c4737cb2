/* SPDX-License-Identifier: GPL-2.0 */
/*
 * delay.h - let the packet leave later (tc egress only, with fq as the device's qdisc)
 *
 * arg[0]: by how much, in us; arg[1]: jitter in us: arg[0] - arg[1] to arg[0] + arg[1],
 * each as likely. Counted from when it would have left: from now, or from the time
 * that its sender has set. Later packets of its flow do not wait for it. Log: 0, and
 * the delay in us.
 */
#ifndef OVSLAB_BPF_KINDS_DELAY_H
#define OVSLAB_BPF_KINDS_DELAY_H

#include "kind.h"

#define DELAY_NS_PER_US 1000

PKT_FN enum kind_may delay_may(const struct stage *s, const struct pkt *p)
{
	return KIND_YES;
}

/** delay_us() - never below 0; arguments below 2^31, which user space sees to */
PKT_FN __u32 delay_us(const struct stage *s, __u64 random)
{
	__u32 us = s->arg[0] + kind_pick(random, 2 * (__u64)s->arg[1] + 1);

	return us > s->arg[1] ? us - s->arg[1] : 0;
}

PKT_FN int delay_edit(struct io *io, const struct pkt *p, const struct stage *s,
		      __u64 random, struct kind_edit *e)
{
	e->after = delay_us(s, random);
	io_until(io, io_when(io) + (__u64)e->after * DELAY_NS_PER_US);
	return 0;
}

#endif
