/* SPDX-License-Identifier: GPL-2.0 */
/*
 * truncate.h - cut off the end of the packet
 *
 * arg[0]: payload bytes of TCP or UDP that stay; 0: half of them. The lengths in the
 * headers, and complete checksums, stay those of the whole packet. Padding goes first.
 * GSO frames are refused (io_trim()). Log: payload bytes.
 */
#ifndef OVSLAB_BPF_KINDS_TRUNCATE_H
#define OVSLAB_BPF_KINDS_TRUNCATE_H

#include "kind.h"

PKT_FN __u32 truncate_stays(const struct stage *s, const struct pkt *p)
{
	return s->arg[0] ? s->arg[0] : p->payload / 2;
}

PKT_FN enum kind_may truncate_may(const struct stage *s, const struct pkt *p)
{
	if (!kind_is_flow(p) || !p->payload)
		return KIND_NO;
	return truncate_stays(s, p) < p->payload ? KIND_YES : KIND_ALREADY;
}

PKT_FN int truncate_edit(struct io *io, const struct pkt *p, const struct stage *s,
			 __u64 random, struct kind_edit *e)
{
	__u32 stays = truncate_stays(s, p);

	e->before = p->payload;
	e->after = stays;
	return io_trim(io, p->end - p->payload + stays);
}

#endif
