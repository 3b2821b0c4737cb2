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
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Where on a device a program sits (bits: a kind says which it supports). */
enum mangle_hook {
	MANGLE_TC_EGRESS = 1 << 0,	/* NODE:egress, in the guest */
	MANGLE_XDP = 1 << 1,		/* tap-NODE:xdp, on the host */
};

/* How a program is attached. */
enum mangle_mode { MANGLE_MODE_TC, MANGLE_MODE_NATIVE, MANGLE_MODE_GENERIC };

enum mangle_units { MANGLE_UNITS_WIRE, MANGLE_UNITS_SKB };

struct mangle_kind {
	const char *name;		/* "psh" */
	const char *summary;		/* one line for help */
	unsigned int hooks;		/* enum mangle_hook, or-ed */
	const char *default_place;	/* "vm1:egress" */
	uint32_t default_ratio;
	bool counts_wire;		/* the ratio counts packets on the wire */
	bool clears;			/* knows --clear and --clear-others */
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

/*
 * What a mangler counted; summed over CPUs. Units: packets as the hook saw them.
 * For psh the packets that leave with PSH are already + mangled - cleared.
 */
struct mangle_counters {
	uint64_t seen;			/* packets that passed the program */
	uint64_t eligible;		/* could have been mangled */
	uint64_t already;		/* not eligible: already so (PSH was set) */
	uint64_t mangled;		/* changed */
	uint64_t cleared;		/* changed by --clear or --clear-others */
};

/* An attached mangler, as found on a device. */
struct mangle_report {
	struct mangle_spec spec;
	struct mangle_counters counters;
	enum mangle_mode mode;
	uint32_t prog_id;
};

/* A spec as an argument vector: for the argv of the guest's helper. */
struct mangle_argv {
	int argc;
	const char *argv[12];		/* argv[argc] is NULL */
	char ratio[12], seed[24];	/* what some argv[] point into */
};

/** mangle_kind_find() - the row of @name, NULL if there is none */
const struct mangle_kind *mangle_kind_find(const char *name);

/** mangle_hook_find() - "tc-egress" or "egress", "xdp"; 0 if neither */
enum mangle_hook mangle_hook_find(const char *name);

const char *mangle_hook_name(enum mangle_hook hook);	/* "tc-egress", "xdp" */
const char *mangle_mode_name(enum mangle_mode mode);	/* "tc", "native", ... */
const char *mangle_units_name(enum mangle_units units);	/* "wire", "skb" */

/**
 * mangle_spec_default() - the spec of @kind without any option
 */
struct mangle_spec mangle_spec_default(const struct mangle_kind *kind);

/**
 * mangle_spec_check() - refuse what no mangler can do
 *
 * Return: 0, or -EINVAL with the reason in @err.
 */
int mangle_spec_check(const struct mangle_spec *spec, struct err *err);

/**
 * mangle_spec_parse() - KIND [--ratio N] [--seed N] [--units wire|skb]
 *			 [--clear | --clear-others] [--hook tc-egress|xdp]
 * @argc:	entries of @argv
 * @argv:	argv[0] is the kind; "--opt value" and "--opt=value" both work
 *
 * Return: 0, or -EINVAL with the reason in @err; *@ret only written on success.
 */
int mangle_spec_parse(int argc, const char *const *argv,
		      struct mangle_spec *ret, struct err *err);

/**
 * mangle_spec_argv() - the inverse of mangle_spec_parse()
 *
 * The entries point into *@ret: do not copy it.
 */
void mangle_spec_argv(const struct mangle_spec *spec, struct mangle_argv *ret);

/**
 * mangle_spec_format() - the same as one line of text, for reports
 *
 * Return: 0, or -ENOSPC if @buf of @size bytes is too small (128 always do).
 */
int mangle_spec_format(const struct mangle_spec *spec, char *buf, size_t size);

#endif
