/* SPDX-License-Identifier: GPL-2.0 */
/*
 * psh.h - what the PSH mangler decides, without touching the packet
 */
#ifndef OVSLAB_BPF_PSH_H
#define OVSLAB_BPF_PSH_H

#include "knobs.h"
#include "pkt.h"

enum psh_action { PSH_LEAVE, PSH_SET, PSH_CLEAR };

/* Data in mid-flow: not the packets of set-up and tear-down, nor bare ACKs. */
PKT_FN int psh_is_data(const struct pkt *p)
{
	return p->payload && !(p->tcp_flags & (PKT_SYN | PKT_FIN | PKT_RST));
}

/** psh_has() - PSH is set already */
PKT_FN int psh_has(const struct pkt *p)
{
	return p->tcp_flags & PKT_PSH;
}

/** psh_draws() - whether the packet takes part in the draw of 1 of RATIO */
PKT_FN int psh_draws(__u32 flags, const struct pkt *p)
{
	if ((flags & KNOBS_CLEAR) || !psh_is_data(p))
		return 0;
	return (flags & KNOBS_CLEAR_OTHERS) || !psh_has(p);
}

/**
 * psh_decide() - what to do with a TCP packet
 * @flags:	enum knobs_flags
 * @chosen:	it took part in the draw and won
 */
PKT_FN enum psh_action psh_decide(__u32 flags, const struct pkt *p, int chosen)
{
	if (!psh_has(p))
		return chosen ? PSH_SET : PSH_LEAVE;
	if (!(flags & (KNOBS_CLEAR | KNOBS_CLEAR_OTHERS)) || chosen)
		return PSH_LEAVE;
	return PSH_CLEAR;
}

#endif
