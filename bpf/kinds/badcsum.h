/* SPDX-License-Identifier: GPL-2.0 */
/*
 * badcsum.h - make the checksum of TCP or UDP wrong
 *
 * No arguments. All segments of a GSO frame are wrong then. UDP without a checksum is
 * refused. Log: the checksum field as it is here; a partial one is not what is sent.
 */
#ifndef OVSLAB_BPF_KINDS_BADCSUM_H
#define OVSLAB_BPF_KINDS_BADCSUM_H

#include "kind.h"

PKT_FN enum kind_may badcsum_may(const struct stage *s, const struct pkt *p)
{
	return kind_is_flow(p) ? KIND_YES : KIND_NO;
}

PKT_FN int badcsum_edit(struct io *io, const struct pkt *p, const struct stage *s,
			__u64 random, struct kind_edit *e)
{
	__be16 was, is;
	int rc;

	rc = io_load(io, sum_at(p), &was, sizeof(was));
	if (!rc)
		rc = io_sum_spoil(io, p);
	if (!rc)
		rc = io_load(io, sum_at(p), &is, sizeof(is));
	if (rc)
		return rc;
	e->before = bpf_ntohs(was);
	e->after = bpf_ntohs(is);
	return 0;
}

#endif
