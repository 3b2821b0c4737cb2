/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dup.h - send the packet twice (tc only)
 *
 * No arguments. The copy is as the stages before this one left the packet; no stage of
 * this place sees it again: the engine asks io_is_clone() first of all. At egress it
 * leaves before the packet, at ingress it arrives after it. A GSO frame is doubled
 * whole. Log: 1, and 2.
 */
#ifndef OVSLAB_BPF_KINDS_DUP_H
#define OVSLAB_BPF_KINDS_DUP_H

#include "kind.h"

PKT_FN enum kind_may dup_may(const struct stage *s, const struct pkt *p)
{
	return KIND_YES;
}

PKT_FN int dup_edit(struct io *io, const struct pkt *p, const struct stage *s,
		    __u64 random, struct kind_edit *e)
{
	e->before = 1;
	e->after = 2;
	return io_clone(io);
}

#endif
