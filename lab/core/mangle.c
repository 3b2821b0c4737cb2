// SPDX-License-Identifier: GPL-2.0
/*
 * mangle.c - the table of mangler kinds, and specs to and from text
 *
 * Owns the spelling of a spec. What a kind does to a packet is in bpf/KIND.bpf.c;
 * attaching is host/bpf_mangle.c.
 */
#include "core/mangle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

const struct mangle_kind mangle_kinds[] = {
	{
		.name = "psh",
		.summary = "set TCP PSH on 1 of RATIO data packets",
		.hooks = MANGLE_TC_EGRESS,
		.default_place = "vm1:egress",
		.default_ratio = 10,
		.counts_wire = true,
		.clears = true,
	}, {
		.name = "ttl",
		.summary = "a random TTL or hop limit on 1 of RATIO packets",
		.hooks = MANGLE_XDP,
		.default_place = "tap-vm2:xdp",
		.default_ratio = 1,
	},
	{ .name = NULL },
};

struct name {
	const char *name;
	unsigned int value;
};

static const struct name hook_names[] = {
	{ "tc-egress", MANGLE_TC_EGRESS },	/* the first name is printed */
	{ "egress", MANGLE_TC_EGRESS },
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

static const struct name *name_find(const struct name *names, const char *name)
{
	for (; names->name; names++)
		if (!strcmp(names->name, name))
			return names;
	return NULL;
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
	const struct name *row = name_find(hook_names, name);

	return row ? row->value : 0;
}

const struct mangle_kind *mangle_kind_find(const char *name)
{
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

struct mangle_spec mangle_spec_default(const struct mangle_kind *kind)
{
	return (struct mangle_spec){
		.kind = kind,
		.hook = kind->hooks & -kind->hooks,
		.ratio = kind->default_ratio,
		.seed = 0,
		.units = MANGLE_UNITS_WIRE,
	};
}

static int refuse(struct err *err, const char *what, const char *why)
{
	return err_set(err, STATUS_USAGE, EINVAL, "%s: %s", what, why);
}

int mangle_spec_check(const struct mangle_spec *spec, struct err *err)
{
	const char *kind = spec->kind->name;

	if (!spec->ratio)
		return refuse(err, "--ratio", "must be at least 1 (1 of RATIO packets)");
	if (spec->clear && spec->clear_others)
		return refuse(err, "--clear",
			      "excludes --clear-others: it leaves no packet chosen");
	if ((spec->clear || spec->clear_others) && !spec->kind->clears)
		return refuse(err, kind, "has no --clear or --clear-others");
	if (!(spec->hook & spec->kind->hooks))
		return err_set(err, STATUS_USAGE, EINVAL, "%s: cannot sit at %s",
			       kind, mangle_hook_name(spec->hook));
	return 0;
}

static int parse_u64(const char *opt, const char *text, uint64_t max,
		     uint64_t *ret, struct err *err)
{
	uint64_t value = 0;
	const char *c;

	for (c = text; *c >= '0' && *c <= '9'; c++) {
		if (value > (max - (*c - '0')) / 10)
			return err_set(err, STATUS_USAGE, EINVAL,
				       "%s: %s is more than %" PRIu64, opt, text, max);
		value = value * 10 + (*c - '0');
	}
	if (c == text || *c)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "%s: '%s' is not a whole number", opt, text);
	*ret = value;
	return 0;
}

static int parse_ratio(struct mangle_spec *spec, const char *text, struct err *err)
{
	uint64_t value = 0;
	int rc = parse_u64("--ratio", text, UINT32_MAX, &value, err);

	spec->ratio = value;
	return rc;
}

static int parse_seed(struct mangle_spec *spec, const char *text, struct err *err)
{
	return parse_u64("--seed", text, UINT64_MAX, &spec->seed, err);
}

static int parse_units(struct mangle_spec *spec, const char *text, struct err *err)
{
	const struct name *row = name_find(units_names, text);

	if (!row)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "--units: '%s' is neither wire nor skb", text);
	spec->units = row->value;
	return 0;
}

static int parse_hook(struct mangle_spec *spec, const char *text, struct err *err)
{
	spec->hook = mangle_hook_find(text);
	if (!spec->hook)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "--hook: '%s' is neither tc-egress nor xdp", text);
	return 0;
}

static int parse_clear(struct mangle_spec *spec, const char *text, struct err *err)
{
	spec->clear = true;
	return 0;
}

static int parse_others(struct mangle_spec *spec, const char *text, struct err *err)
{
	spec->clear_others = true;
	return 0;
}

static const struct option_row {
	const char *name;
	bool has_value;
	int (*parse)(struct mangle_spec *spec, const char *text, struct err *err);
} option_rows[] = {
	{ "--ratio", true, parse_ratio },
	{ "--seed", true, parse_seed },
	{ "--units", true, parse_units },
	{ "--hook", true, parse_hook },
	{ "--clear", false, parse_clear },
	{ "--clear-others", false, parse_others },
};

static const struct option_row *option_find(const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		if (strlen(option_rows[i].name) == len &&
		    !strncmp(option_rows[i].name, arg, len))
			return &option_rows[i];
	return NULL;
}

/* Returns how many entries of argv were used, or -EINVAL. */
static int parse_option(int argc, const char *const *argv,
			struct mangle_spec *spec, struct err *err)
{
	const struct option_row *row = option_find(argv[0]);
	const char *equals = strchr(argv[0], '=');
	const char *value = equals ? equals + 1 : argc > 1 ? argv[1] : NULL;
	int rc;

	if (!row)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "%s: unknown option '%s'", spec->kind->name, argv[0]);
	if (row->has_value && !value)
		return refuse(err, row->name, "needs a value");
	if (!row->has_value && equals)
		return refuse(err, row->name, "takes no value");
	rc = row->parse(spec, value, err);
	if (rc)
		return rc;
	return row->has_value && !equals ? 2 : 1;
}

int mangle_spec_parse(int argc, const char *const *argv,
		      struct mangle_spec *ret, struct err *err)
{
	const struct mangle_kind *kind;
	struct mangle_spec spec;
	int i, used, rc;

	if (argc < 1)
		return err_set(err, STATUS_USAGE, EINVAL, "which kind of mangler?");
	kind = mangle_kind_find(argv[0]);
	if (!kind)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "there is no mangler '%s'", argv[0]);
	spec = mangle_spec_default(kind);
	for (i = 1; i < argc; i += used) {
		used = parse_option(argc - i, argv + i, &spec, err);
		if (used < 0)
			return used;
	}
	rc = mangle_spec_check(&spec, err);
	if (!rc)
		*ret = spec;
	return rc;
}

static void push(struct mangle_argv *args, const char *arg)
{
	args->argv[args->argc++] = arg;
	args->argv[args->argc] = NULL;
}

/* Only what says something: no ratio where nothing is chosen, no default. */
void mangle_spec_argv(const struct mangle_spec *spec, struct mangle_argv *ret)
{
	struct mangle_spec plain = mangle_spec_default(spec->kind);

	ret->argc = 0;
	snprintf(ret->ratio, sizeof(ret->ratio), "%" PRIu32, spec->ratio);
	snprintf(ret->seed, sizeof(ret->seed), "%" PRIu64, spec->seed);
	push(ret, spec->kind->name);
	if (spec->clear) {
		push(ret, "--clear");
	} else {
		push(ret, "--ratio");
		push(ret, ret->ratio);
	}
	if (spec->clear_others)
		push(ret, "--clear-others");
	if (spec->seed != plain.seed && !spec->clear) {
		push(ret, "--seed");
		push(ret, ret->seed);
	}
	if (spec->units != plain.units) {
		push(ret, "--units");
		push(ret, mangle_units_name(spec->units));
	}
	if (spec->hook != plain.hook) {
		push(ret, "--hook");
		push(ret, mangle_hook_name(spec->hook));
	}
}

int mangle_spec_format(const struct mangle_spec *spec, char *buf, size_t size)
{
	struct mangle_argv args;
	size_t used = 0;

	mangle_spec_argv(spec, &args);
	for (int i = 0; i < args.argc; i++) {
		int n = snprintf(buf + used, size - used, "%s%s", i ? " " : "",
				 args.argv[i]);

		if (n < 0 || (size_t)n >= size - used)
			return -ENOSPC;
		used += n;
	}
	return 0;
}
