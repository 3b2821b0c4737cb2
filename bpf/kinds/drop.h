/* SPDX-License-Identifier: GPL-2.0 */
/*
 * drop.h - lose the packet
 *
 * No arguments. Log: the packet's length in bytes, and 0.
 */
#ifndef OVSLAB_BPF_KINDS_DROP_H
#define OVSLAB_BPF_KINDS_DROP_H

#include "kind.h"

PKT_FN enum kind_may drop_may(const struct stage *s, const struct pkt *p)
{
	return KIND_YES;
}

PKT_FN int drop_edit(struct io *io, const struct pkt *p, const struct stage *s,
		     __u64 random, struct kind_edit *e)
{
	e->before = io_len(io);
	e->verdict = KIND_DROP;
	return 0;
}

#endif
