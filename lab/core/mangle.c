// SPDX-License-Identifier: GPL-2.0
/*
 * mangle.c - the table of mangler kinds, and the names of places, hooks and modes
 *
 * What a kind does to a packet is in bpf/kinds/KIND.h, how its options are written in
 * mangle_spec.c; attaching is host/bpf_mangle.c.
 */
#include "core/mangle.h"

#include <string.h>

#include "core/util.h"

#define PSH 8
#define BEFORE_SWITCH (PLACE_NODE_EGRESS | PLACE_TAP_XDP)
#define SWITCH_PASSED "what passes there has left the switch, which would never see the PSH"
#define SUM_JUDGED \
	"at NODE:ingress the checksum has been looked at, or never will be: NODE:xdp comes before that"
#define NO_FQ "packets wait for their time only in the queue (fq) of a node that sends"

const struct mangle_kind mangle_kinds[] = {
	{
		.name = "psh", .number = STAGE_FLAGS,
		.summary = "set TCP's PSH on data packets that do not have it",
		.places = BEFORE_SWITCH, .elsewhere = SWITCH_PASSED,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 10,
		.counts_wire = true, .edits_l4 = true, .tcp_only = true,
		.options = MANGLE_BIT(CLEAR) | MANGLE_BIT(CLEAR_OTHERS),
		.flags = STAGE_DATA_ONLY, .arg = { PSH },
	}, {
		.name = "flags", .number = STAGE_FLAGS,
		.summary = "set and clear TCP flags, of any packet",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true, .edits_l4 = true, .tcp_only = true,
		.options = MANGLE_BIT(SET_FLAGS) | MANGLE_BIT(CLEAR_FLAGS) | MANGLE_BIT(CLEAR_OTHERS),
		.needs = MANGLE_BIT(SET_FLAGS) | MANGLE_BIT(CLEAR_FLAGS),
	}, {
		.name = "ttl", .number = STAGE_TTL,
		.summary = "change TTL or hop limit, not of neighbour discovery",
		.places = PLACES_ALL,
		.place = PLACE_TAP_XDP, .default_place = "tap-vm2:xdp", .default_ratio = 1,
		.options = MANGLE_BIT(RANDOM) | MANGLE_BIT(SET_TTL) | MANGLE_BIT(DEC),
		.one_of = MANGLE_BIT(RANDOM) | MANGLE_BIT(SET_TTL) | MANGLE_BIT(DEC),
	}, {
		.name = "ecn", .number = STAGE_ECN,
		.summary = "set the ECN bits of the IP header",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.options = MANGLE_BIT(CE) | MANGLE_BIT(ECT0) | MANGLE_BIT(ECT1) | MANGLE_BIT(NOT_ECT),
		.one_of = MANGLE_BIT(CE) | MANGLE_BIT(ECT0) | MANGLE_BIT(ECT1) | MANGLE_BIT(NOT_ECT),
		.needs = MANGLE_BIT(CE) | MANGLE_BIT(ECT0) | MANGLE_BIT(ECT1) | MANGLE_BIT(NOT_ECT),
	}, {
		.name = "dscp", .number = STAGE_DSCP,
		.summary = "set the DSCP of the IP header",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.options = MANGLE_BIT(SET_DSCP), .needs = MANGLE_BIT(SET_DSCP),
	}, {
		.name = "window", .number = STAGE_WINDOW,
		.summary = "set TCP's window field",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true, .edits_l4 = true, .tcp_only = true,
		.options = MANGLE_BIT(SET_WINDOW), .needs = MANGLE_BIT(SET_WINDOW),
	}, {
		.name = "mss", .number = STAGE_MSS,
		.summary = "lower the MSS that SYNs announce",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.edits_l4 = true, .tcp_only = true,
		.options = MANGLE_BIT(CLAMP), .needs = MANGLE_BIT(CLAMP),
	}, {
		.name = "vlan", .number = STAGE_VLAN,
		.summary = "push a VLAN tag, or pop one",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.edits_l4 = true,
		.options = MANGLE_BIT(PUSH) | MANGLE_BIT(POP),
		.one_of = MANGLE_BIT(PUSH) | MANGLE_BIT(POP),
		.needs = MANGLE_BIT(PUSH) | MANGLE_BIT(POP),
	}, {
		.name = "drop", .number = STAGE_DROP,
		.summary = "drop packets",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true,
	}, {
		.name = "dup", .number = STAGE_DUP,
		.summary = "send or deliver packets twice",
		.places = PLACES_ALL & ~PLACES_XDP,
		.elsewhere = "XDP cannot copy a packet",
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true,
	}, {
		.name = "corrupt", .number = STAGE_CORRUPT,
		.summary = "flip a bit of the payload; the checksum is wrong then",
		.places = PLACES_ALL & ~PLACE_NODE_INGRESS, .elsewhere = SUM_JUDGED,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true, .edits_l4 = true, .spoils_sums = true,
	}, {
		.name = "truncate", .number = STAGE_TRUNCATE,
		.summary = "cut the end off, the IP header's length stays",
		.places = PLACES_ALL,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true,
		.options = MANGLE_BIT(TO),
	}, {
		.name = "badcsum", .number = STAGE_BADCSUM,
		.summary = "make the TCP or UDP checksum wrong",
		.places = PLACES_ALL & ~PLACE_NODE_INGRESS, .elsewhere = SUM_JUDGED,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true, .edits_l4 = true, .spoils_sums = true,
	}, {
		.name = "delay", .number = STAGE_DELAY,
		.summary = "send packets later (fq, earliest departure time)",
		.places = PLACE_NODE_EGRESS, .elsewhere = NO_FQ,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 1,
		.counts_wire = true, .needs_fq = true,
		.options = MANGLE_BIT(DELAY_MS) | MANGLE_BIT(JITTER), .needs = MANGLE_BIT(DELAY_MS),
	}, {
		.name = "reorder", .number = STAGE_REORDER,
		.summary = "let the next ones of its connection overtake a packet",
		.places = PLACE_NODE_EGRESS, .elsewhere = NO_FQ,
		.place = PLACE_NODE_EGRESS, .default_place = "vm1:egress", .default_ratio = 100,
		.counts_wire = true, .needs_fq = true,
		.options = MANGLE_BIT(DEPTH) | MANGLE_BIT(HOLD_MS), .needs = MANGLE_BIT(DEPTH),
		.arg = { 0, 10000 },
	},
	{ .name = NULL },
};

static const struct place_row {
	enum mangle_place place;
	bool in_guest;
	enum mangle_hook hook;
	const char *name, *what;
} places[MANGLE_PLACES] = {
	{ PLACE_NODE_EGRESS, true, MANGLE_TC_EGRESS, "NODE:egress", "what the node sends" },
	{ PLACE_NODE_INGRESS, true, MANGLE_TC_INGRESS, "NODE:ingress", "what the node gets" },
	{ PLACE_NODE_XDP, true, MANGLE_XDP, "NODE:xdp",
	  "what the node gets, before its stack has seen it" },
	{ PLACE_TAP_XDP, false, MANGLE_XDP, "tap-NODE:xdp",
	  "what the VM sent, before the switch" },
	{ PLACE_TAP_EGRESS, false, MANGLE_TC_EGRESS, "tap-NODE:egress",
	  "what the switch sends to the VM" },
};

struct name {
	const char *name;
	unsigned int value;
};

static const struct name hook_names[] = {
	{ "egress", MANGLE_TC_EGRESS },		/* the first name is printed */
	{ "tc-egress", MANGLE_TC_EGRESS },
	{ "ingress", MANGLE_TC_INGRESS },
	{ "xdp", MANGLE_XDP },
	{ NULL, 0 },
};

static const struct name mode_names[] = {
	{ "tc", MANGLE_MODE_TC },
	{ "native", MANGLE_MODE_NATIVE },
	{ "generic", MANGLE_MODE_GENERIC },
	{ NULL, 0 },
};

static const struct name units_names[] = {
	{ "wire", MANGLE_UNITS_WIRE },
	{ "skb", MANGLE_UNITS_SKB },
	{ NULL, 0 },
};

static const char *name_of(const struct name *names, unsigned int value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return "unknown";
}

const char *mangle_hook_name(enum mangle_hook hook)
{
	return name_of(hook_names, hook);
}

const char *mangle_mode_name(enum mangle_mode mode)
{
	return name_of(mode_names, mode);
}

const char *mangle_units_name(enum mangle_units units)
{
	return name_of(units_names, units);
}

enum mangle_hook mangle_hook_find(const char *name)
{
	for (const struct name *n = hook_names; n->name; n++)
		if (!strcmp(n->name, name))
			return n->value;
	return 0;
}

bool mangle_mode_find(const char *name, enum mangle_mode *ret)
{
	for (const struct name *n = mode_names; n->name; n++)
		if (!strcmp(n->name, name)) {
			*ret = n->value;
			return true;
		}
	return false;
}

enum mangle_mode mangle_hook_mode(enum mangle_hook hook, bool native)
{
	return hook != MANGLE_XDP ? MANGLE_MODE_TC : native ? MANGLE_MODE_NATIVE : MANGLE_MODE_GENERIC;
}

static const struct place_row *place_row(enum mangle_place place)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].place == place)
			return &places[i];
	return NULL;
}

const char *mangle_place_name(enum mangle_place place)
{
	const struct place_row *row = place_row(place);

	return row ? row->name : "nowhere";
}

const char *mangle_place_what(enum mangle_place place)
{
	const struct place_row *row = place_row(place);

	return row ? row->what : "nothing";
}

enum mangle_hook mangle_place_hook(enum mangle_place place)
{
	const struct place_row *row = place_row(place);

	return row ? row->hook : 0;
}

enum mangle_place mangle_place_at(bool in_guest, enum mangle_hook hook)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].in_guest == in_guest && places[i].hook == hook)
			return places[i].place;
	return 0;
}

enum mangle_place mangle_place_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!strcmp(places[i].name, name))
			return places[i].place;
	return 0;
}

const struct mangle_kind *mangle_kind_find(const char *name)
{
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

bool mangle_kind_takes(const struct mangle_kind *kind, enum mangle_option option)
{
	return mangle_option_rows[option].common || (kind->options & 1ULL << option);
}

const char *mangle_kind_why_not(const struct mangle_kind *kind, enum mangle_place place)
{
	return kind->places & place ? NULL : kind->elsewhere ?: "there is no such place";
}

bool mangle_kind_wants_sums(const struct mangle_kind *kind, enum mangle_place place)
{
	switch (mangle_place_hook(place)) {
	case MANGLE_XDP:
		return kind->edits_l4;
	case MANGLE_TC_EGRESS:
		return kind->spoils_sums;
	default:
		return false;
	}
}
