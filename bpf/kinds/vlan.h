/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vlan.h - one VLAN tag more, or one less
 *
 * arg[0]: enum vlan_how; arg[1]: what is pushed: VID and, above bit 13, PCP. The tag is
 * 802.1Q, also in front of another one. Popping is for packets with a tag: who parses
 * fills pkt.vlan_tci. Log: the outermost tag, 0x1000 set, 0 for none.
 */
#ifndef OVSLAB_BPF_KINDS_VLAN_H
#define OVSLAB_BPF_KINDS_VLAN_H

#include "kind.h"

enum vlan_how { VLAN_PUSH = 1, VLAN_POP = 2 };

PKT_FN enum kind_may vlan_may(const struct stage *s, const struct pkt *p)
{
	if (s->arg[0] == VLAN_POP)
		return p->vlan_tci ? KIND_YES : KIND_NO;
	return KIND_YES;
}

PKT_FN int vlan_edit(struct io *io, const struct pkt *p, const struct stage *s,
		     __u64 random, struct kind_edit *e)
{
	__u16 tci;
	int rc;

	rc = io_vlan(io, &tci);
	if (rc)
		return rc;
	e->before = tci;
	rc = s->arg[0] == VLAN_POP ? io_vlan_pop(io) : io_vlan_push(io, s->arg[1]);
	if (rc)
		return rc;
	rc = io_vlan(io, &tci);
	e->after = tci;
	return rc;
}

#endif
