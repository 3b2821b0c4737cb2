/* SPDX-License-Identifier: GPL-2.0 */
/*
 * window.h - another TCP receive window
 *
 * arg[0]: the field, 0 to 65535, as it is in the header: the connection's window scale
 * applies to it. Log: the field.
 */
#ifndef OVSLAB_BPF_KINDS_WINDOW_H
#define OVSLAB_BPF_KINDS_WINDOW_H

#include "kind.h"

#define WINDOW_AT 14		/* bytes into the TCP header */

PKT_FN enum kind_may window_may(const struct stage *s, const struct pkt *p)
{
	if (!pkt_is_tcp(p))
		return KIND_NO;
	return p->window == s->arg[0] ? KIND_ALREADY : KIND_YES;
}

PKT_FN int window_edit(struct io *io, const struct pkt *p, const struct stage *s,
		       __u64 random, struct kind_edit *e)
{
	__u32 at = p->l4_off + WINDOW_AT;
	__be16 was, is = bpf_htons(s->arg[0]);
	int rc;

	rc = io_load(io, at, &was, sizeof(was));
	if (rc)
		return rc;
	e->before = bpf_ntohs(was);
	e->after = bpf_ntohs(is);
	if (was == is)
		return KIND_SAME;
	rc = io_sum_l4(io, p, was, is, sizeof(is));
	return rc ? rc : io_store(io, at, &is, sizeof(is));
}

#endif
