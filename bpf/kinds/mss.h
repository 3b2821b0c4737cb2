/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mss.h - a smaller maximum segment size in SYNs
 *
 * arg[0]: the most that may be announced; a smaller MSS, and a SYN without the option,
 * stay as they are (KIND_SAME: only the walk shows). Log: the MSS.
 */
#ifndef OVSLAB_BPF_KINDS_MSS_H
#define OVSLAB_BPF_KINDS_MSS_H

#include "kind.h"

/* RFC 9293, section 3.1: kind, length, value; the first two are single bytes. */
enum mss_option { MSS_END = 0, MSS_NOP = 1, MSS_KIND = 2, MSS_LEN = 4 };

#define MSS_OPTIONS_MAX	40	/* bytes, so no more of them either */
#define MSS_DATA_OFF	12	/* bytes into the TCP header, its upper 4 bits */

PKT_FN enum kind_may mss_may(const struct stage *s, const struct pkt *p)
{
	return pkt_is_tcp(p) && (p->tcp_flags & PKT_SYN) ? KIND_YES : KIND_NO;
}

struct mss_walk {
	const struct io *io;
	__u32 at, end;			/* next option; end of the header */
	__u32 value;			/* where the MSS is; 0: not found */
};

/* A function for io_loop(): else the verifier tries all ways through 40 options. */
static long mss_step(__u32 i, struct mss_walk *w)
{
	__u8 option[2];

	if (w->at + MSS_LEN > w->end || io_load(w->io, w->at, option, sizeof(option)))
		return 1;
	if (option[0] == MSS_KIND && option[1] == MSS_LEN) {
		w->value = w->at + 2;
		return 1;
	}
	if (option[0] == MSS_END || (option[0] != MSS_NOP && option[1] < 2))
		return 1;
	w->at += option[0] == MSS_NOP ? 1 : option[1];
	return 0;
}

/* Return: where the value is, 0 if there is none. */
PKT_FN __u32 mss_find(const struct io *io, const struct pkt *p)
{
	struct mss_walk w = { .io = io, .at = p->l4_off + sizeof(struct tcphdr) };
	__u8 words;

	if (io_load(io, p->l4_off + MSS_DATA_OFF, &words, sizeof(words)))
		return 0;
	w.end = p->l4_off + (words >> 4) * 4;
	io_loop(MSS_OPTIONS_MAX, mss_step, &w);
	return w.value;
}

/* On an odd byte its halves belong to two words: the sum sees it turned round. */
PKT_FN int mss_sum(struct io *io, const struct pkt *p, __u32 at, __be16 was, __be16 is)
{
	if ((at - p->l4_off) & 1) {
		was = was << 8 | was >> 8;
		is = is << 8 | is >> 8;
	}
	return io_sum_l4(io, p, was, is, sizeof(is));
}

PKT_FN int mss_edit(struct io *io, const struct pkt *p, const struct stage *s,
		    __u64 random, struct kind_edit *e)
{
	__be16 was, is = bpf_htons(s->arg[0]);
	__u32 at = mss_find(io, p);
	int rc;

	if (!at)
		return KIND_SAME;
	rc = io_load(io, at, &was, sizeof(was));
	if (rc)
		return rc;
	e->before = e->after = bpf_ntohs(was);
	if (e->before <= s->arg[0])
		return KIND_SAME;
	e->after = s->arg[0];
	rc = mss_sum(io, p, at, was, is);
	return rc ? rc : io_store(io, at, &is, sizeof(is));
}

#endif
