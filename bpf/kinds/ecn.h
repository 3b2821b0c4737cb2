/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ecn.h - another ECN codepoint
 *
 * arg[0]: the codepoint (RFC 3168, section 5): 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. Given
 * to packets whose sender does not know ECN too: --match says if not. Log: the TOS byte
 * or traffic class.
 */
#ifndef OVSLAB_BPF_KINDS_ECN_H
#define OVSLAB_BPF_KINDS_ECN_H

#include "tos.h"

#define ECN_MASK 3

PKT_FN enum kind_may ecn_may(const struct stage *s, const struct pkt *p)
{
	return (p->tos & ECN_MASK) == s->arg[0] ? KIND_ALREADY : KIND_YES;
}

PKT_FN int ecn_edit(struct io *io, const struct pkt *p, const struct stage *s,
		    __u64 random, struct kind_edit *e)
{
	return tos_edit(io, p, s->arg[0], ECN_MASK, e);
}

#endif
