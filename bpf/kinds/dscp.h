/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dscp.h - another differentiated services codepoint (RFC 2474)
 *
 * arg[0]: 0 to 63. The ECN bits stay. Log: the TOS byte or traffic class.
 */
#ifndef OVSLAB_BPF_KINDS_DSCP_H
#define OVSLAB_BPF_KINDS_DSCP_H

#include "tos.h"

#define DSCP_MASK	0xfc
#define DSCP_SHIFT	2

PKT_FN enum kind_may dscp_may(const struct stage *s, const struct pkt *p)
{
	return p->tos >> DSCP_SHIFT == (int)s->arg[0] ? KIND_ALREADY : KIND_YES;
}

PKT_FN int dscp_edit(struct io *io, const struct pkt *p, const struct stage *s,
		     __u64 random, struct kind_edit *e)
{
	return tos_edit(io, p, s->arg[0] << DSCP_SHIFT, DSCP_MASK, e);
}

#endif
