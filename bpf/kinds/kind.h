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
 *		@e->before and ->after go into the log. Return: 0, or negative.
 */
#ifndef OVSLAB_BPF_KINDS_KIND_H
#define OVSLAB_BPF_KINDS_KIND_H

#include "../io.h"
#include "../pkt.h"
#include "../stage.h"

enum kind_may { KIND_NO, KIND_YES, KIND_ALREADY };

enum kind_verdict { KIND_PASS, KIND_DROP };

struct kind_edit {
	__u32 before, after;
	enum kind_verdict verdict;
	__u8 moved;			/* layer 2 changed: offsets are to be found anew */
};

#endif
