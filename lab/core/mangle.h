/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangle.h - what to mangle, where and when: the table of kinds, and specs of manglers
 *
 * A kind is a row of mangle_kinds[], a number (bpf/stage.h) and a header bpf/kinds/KIND.h.
 * A spec travels as text ("psh --ratio 10 --match tcp,tp_dst=9000", an argv) from the
 * host to the guest's helper, and with the program into the kernel (stage.spec): whoever
 * finds it there parses the text again. All parse with this code.
 *
 * The place is no part of the text: what is found tells where it was found. So parsing
 * sets the kind's own place, and who knows better sets .place and calls
 * mangle_spec_check().
 */
#ifndef OVSLAB_CORE_MANGLE_H
#define OVSLAB_CORE_MANGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/stage.h"
#include "core/err.h"
#include "core/mangle_opts.h"

/* Where on a device a program sits. */
enum mangle_hook { MANGLE_TC_EGRESS = 1, MANGLE_TC_INGRESS, MANGLE_XDP };

/* Device and hook; bits, because a kind says at which it works. */
enum mangle_place {
	PLACE_NODE_EGRESS = 1 << 0,	/* NODE:egress, tc in the guest: what it sends */
	PLACE_NODE_INGRESS = 1 << 1,	/* NODE:ingress, tc in the guest: what it gets */
	PLACE_NODE_XDP = 1 << 2,	/* NODE:xdp, in the guest: what it gets, earlier */
	PLACE_TAP_XDP = 1 << 3,		/* tap-NODE:xdp: what the VM sent, before the switch */
	PLACE_TAP_EGRESS = 1 << 4,	/* tap-NODE:egress: what the switch sends to the VM */
};

#define MANGLE_PLACES 5
#define PLACES_IN_GUEST (PLACE_NODE_EGRESS | PLACE_NODE_INGRESS | PLACE_NODE_XDP)
#define PLACES_XDP (PLACE_NODE_XDP | PLACE_TAP_XDP)
#define PLACES_ALL ((1 << MANGLE_PLACES) - 1)

/* Why there is no tap-NODE:ingress, for whoever asks for it. */
#define MANGLE_NO_TAP_INGRESS \
	"a userspace Open vSwitch reads the tap before tc's ingress hook, and would never see " \
	"what is changed there"

/* How a program is attached. */
enum mangle_mode { MANGLE_MODE_TC, MANGLE_MODE_NATIVE, MANGLE_MODE_GENERIC };

/* What is counted at NODE:egress; elsewhere it is what the hook gets to see. */
enum mangle_units { MANGLE_UNITS_WIRE, MANGLE_UNITS_SKB };

#define MANGLE_OPT_ID(id, ...) MANGLE_OPT_##id,
enum mangle_option { MANGLE_OPTIONS(MANGLE_OPT_ID, MANGLE_OPT_ID) MANGLE_OPTS };
#undef MANGLE_OPT_ID

#define MANGLE_BIT(id) (1ULL << MANGLE_OPT_##id)

struct mangle_kind {
	const char *name;		/* "psh" */
	const char *summary;		/* one line for help */
	enum stage_kind number;		/* STAGE_NONE: no program of ours (a command of its own) */
	unsigned int places;		/* enum mangle_place, or-ed */
	const char *elsewhere;		/* why not at the others; NULL if it works at all */
	enum mangle_place place;	/* unless told otherwise */
	const char *default_place;	/* the same in a lab: "vm1:egress" */
	uint32_t default_ratio;		/* without --ratio, --every, --nth and --first */
	bool counts_wire;		/* at NODE:egress super-packets must be split for it */
	bool edits_l4;			/* of TCP or UDP, which have checksums */
	bool spoils_sums;		/* makes them wrong, and wants that noticed */
	bool tcp_only;			/* there is nothing else that it changes */
	bool needs_fq;			/* its device's root qdisc must be fq */
	uint64_t options;		/* MANGLE_BIT()s that it takes besides the common ones */
	uint64_t one_of;		/* of these at most one */
	uint64_t needs;			/* of these at least one */
	uint32_t flags;			/* what its stage has without options */
	uint32_t arg[STAGE_ARGS];
};

extern const struct mangle_kind mangle_kinds[];	/* ends with a NULL name */

/* A row of the table of options. */
struct mangle_option_row {
	const char *name;		/* "ratio" */
	const char *arg;		/* NULL: takes no value */
	const char *help;
	bool common;			/* all kinds take it */
};

extern const struct mangle_option_row mangle_option_rows[MANGLE_OPTS];

/**
 * struct mangle_spec - one mangler; copied freely
 *
 * Text, place and checks aside, .stage is what the program gets. Two things in it are
 * for who attaches it: trigger.until_ns, from .duration_s, and that the order of stages is
 * the order of injection.
 */
struct mangle_spec {
	const struct mangle_kind *kind;
	enum mangle_place place;
	enum mangle_units units;
	uint32_t duration_s;		/* 0: no end */
	uint64_t given;			/* MANGLE_BIT()s of the options in its text */
	struct stage stage;		/* .spec is the canonical text */
};

/*
 * What a mangler counted; summed over CPUs. Units: packets as the hook saw them.
 * For psh the packets that leave with PSH are already + mangled - cleared.
 */
struct mangle_counters {
	uint64_t seen;			/* packets that got as far as this mangler */
	uint64_t eligible;		/* match, and could be mangled */
	uint64_t already;		/* not eligible: match, but are so already */
	uint64_t mangled;		/* changed; with --dry-run: would have been */
	uint64_t cleared;		/* changed by --clear or --clear-others */
	uint64_t failed;		/* chosen, but the kernel refused the edit */
	uint64_t connections;		/* of which state was kept */
	uint64_t untracked;		/* eligible packets without state: later fragments, data
					 * before the first that was seen, or no room */
	uint64_t midway;		/* of the connections: TCP that was not begun by its SYN */
	uint64_t forgotten;		/* connections that had to make room for others */
};

_Static_assert(sizeof(struct mangle_counters) == offsetof(struct stage_counters, random) &&
	       offsetof(struct mangle_counters, mangled) ==
	       offsetof(struct stage_counters, mangled) &&
	       offsetof(struct mangle_counters, forgotten) ==
	       offsetof(struct stage_counters, forgotten),
	       "the same counters in the same order");


/* An attached mangler, as found on a device. */
struct mangle_report {
	struct mangle_spec spec;
	struct mangle_counters counters;
	enum mangle_mode mode;
	uint32_t prog_id;
	uint32_t index;			/* among those at its place, in their order */
	uint64_t log_head;		/* serial of the newest event of the place's log; 0: none */
	bool saturated;			/* state per connection overflowed: some were forgotten */
};

/* A spec as an argument vector: for the argv of the guest's helper. */
#define MANGLE_WORDS_MAX (1 + 2 * MANGLE_OPTS)

struct mangle_argv {
	int argc;
	const char *argv[MANGLE_WORDS_MAX + 1];	/* argv[argc] is NULL */
	char text[STAGE_SPEC_MAX];	/* what they point into */
};

/** mangle_kind_find() - the row of @name, NULL if there is none */
const struct mangle_kind *mangle_kind_find(const char *name);

/** mangle_kind_takes() - does @kind have this option? */
bool mangle_kind_takes(const struct mangle_kind *kind, enum mangle_option option);

/** mangle_kind_why_not() - why @kind cannot work at @place; NULL if it can */
const char *mangle_kind_why_not(const struct mangle_kind *kind, enum mangle_place place);

/**
 * mangle_kind_wants_sums() - must packets have their checksums when they get to @place?
 *
 * XDP cannot edit a sum that a device has yet to compute; a sum that is spoilt on egress
 * is noticed only if it was there.
 */
bool mangle_kind_wants_sums(const struct mangle_kind *kind, enum mangle_place place);

/** mangle_hook_find() - "egress" (also "tc-egress"), "ingress", "xdp"; 0 if none of them */
enum mangle_hook mangle_hook_find(const char *name);

/** mangle_place_at() - a place by its parts; 0 if there is none such (a tap's ingress) */
enum mangle_place mangle_place_at(bool in_guest, enum mangle_hook hook);

/** mangle_place_hook() - on which hook of its device a place is */
enum mangle_hook mangle_place_hook(enum mangle_place place);

/** mangle_place_find() - a place by the name that mangle_place_name() has for it; 0: none */
enum mangle_place mangle_place_find(const char *name);

const char *mangle_place_name(enum mangle_place place);	/* "NODE:egress", "tap-NODE:xdp" */
const char *mangle_place_what(enum mangle_place place);	/* one phrase: what passes there */
const char *mangle_hook_name(enum mangle_hook hook);	/* "egress", "ingress", "xdp" */
const char *mangle_mode_name(enum mangle_mode mode);	/* "tc", "native", "generic" */

/** mangle_mode_find() - the inverse; false if it is none of them */
bool mangle_mode_find(const char *name, enum mangle_mode *ret);

/** mangle_hook_mode() - how a program is attached to a hook; @native matters for XDP */
enum mangle_mode mangle_hook_mode(enum mangle_hook hook, bool native);

const char *mangle_units_name(enum mangle_units units);	/* "wire", "skb" */

/**
 * mangle_spec_parse() - KIND and its options, as mangle_opts.h has them
 * @argc:	entries of @argv
 * @argv:	argv[0] is the kind; "--opt value" and "--opt=value" both work, and of an
 *		option that is given twice the last one counts
 *
 * .place is the kind's own. Everything but the place is checked.
 *
 * Return: 0, or -EINVAL with the reason in @err; *@ret only written on success.
 */
int mangle_spec_parse(int argc, const char *const *argv,
		      struct mangle_spec *ret, struct err *err);

/** mangle_spec_parse_text() - the same for one line, such as stage.spec; blanks separate */
int mangle_spec_parse_text(const char *text, struct mangle_spec *ret, struct err *err);

/** mangle_spec_default() - the spec of @kind without any option, checked or not */
struct mangle_spec mangle_spec_default(const struct mangle_kind *kind);

/**
 * mangle_spec_check() - refuse what cannot work at the spec's place
 *
 * Return: 0, or -EINVAL with the reason in @err.
 */
int mangle_spec_check(const struct mangle_spec *spec, struct err *err);

/** mangle_spec_tracks() - does it need state per connection? */
bool mangle_spec_tracks(const struct mangle_spec *spec);

/** mangle_spec_splits() - must its device's super-packets be split (gso_max_segs)? */
bool mangle_spec_splits(const struct mangle_spec *spec);

/** mangle_spec_argv() - the inverse of mangle_spec_parse(); entries point into *@ret */
void mangle_spec_argv(const struct mangle_spec *spec, struct mangle_argv *ret);

/**
 * mangle_spec_format() - the canonical text: the kind, then its options in the table's order
 *
 * A ratio that is only the kind's default is in it, where it is not 1.
 *
 * Return: 0, or -ENOSPC if @buf of @size bytes is too small (STAGE_SPEC_MAX always do).
 */
int mangle_spec_format(const struct mangle_spec *spec, char *buf, size_t size);

#endif
