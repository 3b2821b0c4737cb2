/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kind.h - what a kind of mangler consists of
 *
 * A kind is a row of mangle_kinds[] (lab/core/mangle.c), a number (bpf/stage.h), and
 * one header here with two functions, which bpf/engine.h calls for its number:
 *
 *	enum kind_may KIND_may(const struct stage *s, const struct pkt *p)
 *		Is this packet one that the kind changes? No side effects.
 *	int KIND_edit(struct io *io, const struct pkt *p, const struct stage *s,
 *		      __u64 random, struct kind_edit *e)
 *		Change it. @random is the draw's, for what is picked (a TTL, a bit);
 *		seeded, the same bytes of the same connection get the same number.
 *		@e->before and ->after go into the log. Return: 0, KIND_SAME if only
 *		now it turned out to be so already, or negative.
 *
 * After an edit struct pkt may be wrong: who goes on with the packet parses it again.
 */
#ifndef OVSLAB_BPF_KINDS_KIND_H
#define OVSLAB_BPF_KINDS_KIND_H

#include "../io.h"
#include "../pkt.h"
#include "../stage.h"

enum kind_may { KIND_NO, KIND_YES, KIND_ALREADY };

enum kind_verdict { KIND_PASS, KIND_DROP };

#define KIND_SAME 1

/*
 * What a stage's kind keeps of a connection; zeroed at its start. Several CPUs may be
 * at it at once, and there is no lock.
 */
struct kind_state {
	__u64 until_ns;			/* reorder.h says what these are */
	__u64 before_ns;
	__u64 overtaking;
};

struct kind_edit {
	struct kind_state *state;	/* in: of the packet's connection; NULL: none is kept */
	__u32 before, after;
	enum kind_verdict verdict;
};

/**
 * kind_pick() - a number below @n, of the half of @random that the draw has not looked at
 * @n:	1 to 2^32; its share of the numbers differs by less than n / 2^32
 */
PKT_FN __u32 kind_pick(__u64 random, __u64 n)
{
	return (random & 0xffffffff) * n >> 32;
}

/** kind_is_flow() - TCP or UDP, its ports in this packet */
PKT_FN int kind_is_flow(const struct pkt *p)
{
	return p->has_l4 && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP);
}

#endif
