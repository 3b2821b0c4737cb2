/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knobs.h - what user space and every mangler share: knobs and counters
 *
 * The knobs are the only read-only data of a mangler. They are constant once it
 * is loaded, so the verifier drops the code of unused features; and they can be
 * read back, so an attached program tells by itself whose it is and what it does.
 */
#ifndef OVSLAB_BPF_KNOBS_H
#define OVSLAB_BPF_KNOBS_H

#include <linux/types.h>

#define KNOBS_MAGIC 0x6f76736c	/* "ovsl": the mark of ownership */

enum knobs_flags {
	KNOBS_CLEAR = 1 << 0,		/* PSH on none */
	KNOBS_CLEAR_OTHERS = 1 << 1,	/* PSH on the chosen only */
	KNOBS_UNITS_SKB = 1 << 2,	/* for the report: what RATIO counts */
	KNOBS_MADE_CLSACT = 1 << 3,	/* the qdisc came with this program */
};

struct knobs {
	__u32 magic;
	__u32 ratio;			/* 1 of RATIO eligible packets */
	__u64 seed;
	__u32 flags;
	__u32 reserved;
};

_Static_assert(sizeof(struct knobs) == 24, "layout shared with user space");

/* The same fields as struct mangle_counters; one instance per CPU. */
struct counters {
	__u64 seen;
	__u64 eligible;
	__u64 already;
	__u64 mangled;
	__u64 cleared;
};

_Static_assert(sizeof(struct counters) == 40, "layout shared with user space");

#endif
