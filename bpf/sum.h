/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sum.h - Internet checksums that change with what they cover
 *
 * One's complement sums do not depend on byte order, so words are taken as they lie
 * in the frame.
 */
#ifndef OVSLAB_BPF_SUM_H
#define OVSLAB_BPF_SUM_H

#include "pkt.h"

#define SUM_MANGLED_0 0xffff	/* how UDP writes a sum of 0: its 0 is "none" */

/* Carries come back in at the other end; twice is enough for 32 bits. */
PKT_FN __u16 sum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/**
 * sum_update() - RFC 1624, equation 3: HC' = ~(~HC + ~m + m')
 * @check:	checksum before
 * @before:	the 16-bit word that changes
 * @after:	its new value
 */
PKT_FN __u16 sum_update(__u16 check, __u16 before, __u16 after)
{
	return ~sum_fold((__u16)~check + (__u32)(__u16)~before + after);
}

/**
 * sum_update4() - the same for 32 bits, on a 16-bit boundary
 */
PKT_FN __u16 sum_update4(__u16 check, __u32 before, __u32 after)
{
	check = sum_update(check, before & 0xffff, after & 0xffff);
	return sum_update(check, before >> 16, after >> 16);
}

/**
 * sum_spoiled() - a checksum that is certainly wrong where @check was right
 *
 * One bit: the values differ by no multiple of 0xffff. Never 0, for UDP.
 */
PKT_FN __u16 sum_spoiled(__u16 check)
{
	return check == 0x0100 ? 0x0101 : check ^ 0x0100;
}

/** sum_at() - where the checksum of TCP or UDP is; 0 for other protocols */
PKT_FN __u32 sum_at(const struct pkt *p)
{
	if (!p->has_l4)
		return 0;
	if (p->proto == IPPROTO_TCP)
		return p->l4_off + 16;
	return p->proto == IPPROTO_UDP ? p->l4_off + 6 : 0;
}

#endif
