/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tos.h - change the TOS byte (IPv4) or the traffic class (IPv6): for ecn and dscp
 */
#ifndef OVSLAB_BPF_KINDS_TOS_H
#define OVSLAB_BPF_KINDS_TOS_H

#include "kind.h"

/**
 * tos_edit() - set those bits of it that are in @mask
 *
 * Either is within the first 16 bits of the header, behind the version and, in IPv4,
 * the header's length; in IPv6 the flow label follows (RFC 791, 3.1; RFC 8200, 3).
 */
PKT_FN int tos_edit(struct io *io, const struct pkt *p, __u8 bits, __u8 mask,
		    struct kind_edit *e)
{
	__u32 shift = p->family == 4 ? 0 : 4;
	__be16 was, is;
	__u16 word;
	int rc;

	rc = io_load(io, p->l3_off, &was, sizeof(was));
	if (rc)
		return rc;
	word = bpf_ntohs(was);
	e->before = word >> shift & 0xff;
	e->after = (e->before & ~mask) | (bits & mask);
	if (e->after == e->before)
		return KIND_SAME;
	is = bpf_htons((word & ~(0xff << shift)) | e->after << shift);
	if (p->family == 6)
		return io_store_bare(io, p->l3_off, &is, sizeof(is));
	rc = io_sum_l3(io, p->l3_off, was, is);
	return rc ? rc : io_store(io, p->l3_off, &is, sizeof(is));
}

#endif
