// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_check.c - what no option of a mangler by itself can tell: what goes together
 */
#include "core/mangle_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int mangle_refuse(const struct mangle_spec *spec, struct err *err, const char *cure,
		  const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	err_set(err, STATUS_USAGE, EINVAL, "%s: %s", spec->kind->name, why);
	err_hint(err, "%s", cure);
	return -EINVAL;
}

/* "--set FLAG[,FLAG], --clear FLAG[,FLAG]" of the options in @set */
static const char *names(uint64_t set, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++) {
		const struct mangle_option_row *row = &mangle_option_rows[o];

		if (!(set & 1ULL << o) || used >= size)
			continue;
		used += snprintf(buf + used, size - used, "%s--%s%s%s", used ? ", " : "", row->name,
				 row->arg ? " " : "", row->arg ?: "");
	}
	return buf;
}

static const char *first_name(uint64_t set)
{
	return mangle_option_rows[__builtin_ctzll(set)].name;
}

static int check_one_of(const struct mangle_spec *spec, uint64_t set, const char *why, struct err *err)
{
	uint64_t given = spec->given & set, rest = given & (given - 1);
	char cure[200], all[160];

	if (!rest)
		return 0;
	snprintf(cure, sizeof(cure), "take one of %s", names(set, all, sizeof(all)));
	return mangle_refuse(spec, err, cure, "--%s and --%s exclude each other: %s",
			     first_name(given), first_name(rest), why);
}

static int check_needs(const struct mangle_spec *spec, struct err *err)
{
	uint64_t needs = spec->kind->needs;
	char all[160];

	if (!needs || (spec->given & needs))
		return 0;
	names(needs, all, sizeof(all));
	err_set(err, STATUS_USAGE, EINVAL, "%s needs %s%s", spec->kind->name,
		needs & (needs - 1) ? "one of " : "", all);
	return -EINVAL;
}

static int check_clear(const struct mangle_spec *spec, struct err *err)
{
	uint64_t clash = spec->given & (MANGLE_TRIGGERS | MANGLE_BIT(CLEAR_OTHERS));

	if (!(spec->given & MANGLE_BIT(CLEAR)) || !clash)
		return 0;
	return mangle_refuse(spec, err, "take one of them; --match may restrict --clear",
			     "--clear excludes --%s: it clears PSH on all that match, and chooses none",
			     first_name(clash));
}

static int check_flags(const struct mangle_spec *spec, struct err *err)
{
	if (!(spec->kind->options & MANGLE_BIT(SET_FLAGS)))
		return 0;
	if (spec->stage.arg[0] & spec->stage.arg[1])
		return mangle_refuse(spec, err, "leave it out of one of them",
				     "--set and --clear name the same flag");
	if ((spec->given & MANGLE_BIT(CLEAR_OTHERS)) && !(spec->given & MANGLE_BIT(SET_FLAGS)))
		return mangle_refuse(spec, err, "name with --set what the chosen packets get",
				     "--clear-others clears what --set sets, and nothing is set");
	return 0;
}

static int check_values(const struct mangle_spec *spec, struct err *err)
{
	const struct stage *s = &spec->stage;

	if ((spec->given & MANGLE_BIT(JITTER)) && s->arg[1] > s->arg[0])
		return mangle_refuse(spec, err, "make --ms larger, or --jitter smaller",
				     "--jitter is more than --ms: packets would leave before they came");
	if (spec->kind->number == STAGE_MSS && (spec->given & MANGLE_RANGES))
		return mangle_refuse(spec, err, "leave it out",
				     "a SYN comes before the first byte of payload, so --%s chooses none",
				     first_name(spec->given & MANGLE_RANGES));
	if (spec->kind->tcp_only && (s->match.on & MATCH_PROTO) && s->match.proto != 6)
		return mangle_refuse(spec, err, "match tcp, tcp6, or neither",
				     "it changes TCP only, of which --match leaves nothing");
	return 0;
}

int mangle_check_options(const struct mangle_spec *spec, struct err *err)
{
	int rc = check_clear(spec, err);

	if (rc == 0)
		rc = check_one_of(spec, spec->kind->one_of, "a packet gets one value", err);
	if (rc == 0)
		rc = check_one_of(spec, MANGLE_CHOOSERS, "one rule chooses", err);
	if (rc == 0)
		rc = check_one_of(spec, MANGLE_RANGES, "both say where in the payload", err);
	if (rc == 0)
		rc = check_needs(spec, err);
	if (rc == 0)
		rc = check_flags(spec, err);
	return rc < 0 ? rc : check_values(spec, err);
}

int mangle_spec_check(const struct mangle_spec *spec, struct err *err)
{
	const char *why = mangle_kind_why_not(spec->kind, spec->place);

	if (why) {
		err_set(err, STATUS_USAGE, EINVAL, "%s cannot work at %s: %s", spec->kind->name,
			mangle_place_name(spec->place), why);
		return -EINVAL;
	}
	if ((spec->given & MANGLE_BIT(UNITS)) && spec->place != PLACE_NODE_EGRESS)
		return mangle_refuse(spec, err, "leave --units out, or use NODE:egress",
				     "--units makes no difference at %s: only a node that sends can be told to "
				     "split its super-packets", mangle_place_name(spec->place));
	return 0;
}
