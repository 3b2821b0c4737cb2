/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangle.h - what to mangle, where: the table of kinds and the spec of one
 *
 * A kind is one row in mangle_kinds[] and one file bpf/KIND.bpf.c. The spec of
 * an injection travels as text ("psh --ratio 10 ...", an argv) from the host to
 * the guest's helper; both sides parse it with the same code.
 */
#ifndef OVSLAB_CORE_MANGLE_H
#define OVSLAB_CORE_MANGLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* Where on a device a program sits (bits: a kind says which it supports). */
enum mangle_hook {
	MANGLE_TC_EGRESS = 1 << 0,	/* NODE:egress, in the guest */
	MANGLE_XDP = 1 << 1,		/* tap-NODE:xdp, on the host */
};

enum mangle_units { MANGLE_UNITS_WIRE, MANGLE_UNITS_SKB };

struct mangle_kind {
	const char *name;		/* "psh" */
	const char *summary;		/* one line for help */
	unsigned int hooks;		/* enum mangle_hook, or-ed */
	const char *default_place;	/* "vm1:egress" */
	bool counts_wire;		/* the ratio counts packets on the wire */
};

extern const struct mangle_kind mangle_kinds[];	/* ends with a NULL name */

struct mangle_spec {
	const struct mangle_kind *kind;
	enum mangle_hook hook;
	uint32_t ratio;			/* 1 of RATIO eligible packets; >= 1 */
	uint64_t seed;
	bool clear_others;		/* PSH stays only on the chosen */
	bool clear;			/* PSH on none: the control */
	enum mangle_units units;
};

/* What a mangler counted; summed over CPUs. Units: packets as the hook saw them */
struct mangle_counters {
	uint64_t seen;			/* packets that passed the program */
	uint64_t eligible;		/* could have been mangled */
	uint64_t already;		/* left alone: already so (PSH was set) */
	uint64_t mangled;		/* changed */
	uint64_t cleared;		/* changed by --clear or --clear-others */
};

const struct mangle_kind *mangle_kind_find(const char *name);

#endif
