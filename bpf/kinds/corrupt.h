/* SPDX-License-Identifier: GPL-2.0 */
/*
 * corrupt.h - flip one random bit of the payload
 *
 * No arguments. TCP and UDP; the checksum is that of the intact packet, so the receiver
 * drops it, unless it is UDP without a checksum. GSO frames are refused (io_sum_hide());
 * of longer packets bits below IO_OFF_MAX are flipped. Log: the byte's offset in the
 * payload in the upper 24 bits, the byte itself in the lower 8.
 */
#ifndef OVSLAB_BPF_KINDS_CORRUPT_H
#define OVSLAB_BPF_KINDS_CORRUPT_H

#include "kind.h"

PKT_FN enum kind_may corrupt_may(const struct stage *s, const struct pkt *p)
{
	return kind_is_flow(p) && p->payload ? KIND_YES : KIND_NO;
}

/* As the 16 bits that the sum of layer 4 has it in. */
PKT_FN __be16 corrupt_word(const struct pkt *p, __u32 at, __u8 byte)
{
	return bpf_htons((at - p->l4_off) & 1 ? byte : byte << 8);
}

PKT_FN int corrupt_edit(struct io *io, const struct pkt *p, const struct stage *s,
			__u64 random, struct kind_edit *e)
{
	__u32 start = p->end - p->payload, bytes = p->payload, bit, at;
	__u8 before, after;
	int rc;

	if (start > IO_OFF_MAX - 1)
		return -1;
	if (bytes > IO_OFF_MAX - start)
		bytes = IO_OFF_MAX - start;
	bit = kind_pick(random, bytes * 8);
	at = start + bit / 8;
	rc = io_load(io, at, &before, sizeof(before));
	if (rc)
		return rc;
	after = before ^ 1 << bit % 8;
	e->before = bit / 8 << 8 | before;
	e->after = bit / 8 << 8 | after;
	rc = io_sum_hide(io, p, corrupt_word(p, at, before), corrupt_word(p, at, after));
	return rc ? rc : io_store(io, at, &after, sizeof(after));
}

#endif
