// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_spec.c - specs of manglers, to and from text
 *
 * Single values are mangle_value.c, what does not go together is mangle_check.c.
 *
 * An argv is first sorted by option, then read in the order of the table: so the text
 * that comes out is canonical, whatever the order of what came in. That text is kept with
 * the stage, and is all that mangle_spec_argv() and mangle_spec_format() need.
 */
#include "core/mangle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/mangle_parts.h"
#include "core/nearest.h"

/* ---- from words to options ---------------------------------------------------------------- */

/* The name of an option up to '='; MANGLE_OPTS if the kind has none such. */
static enum mangle_option option_find(const struct mangle_kind *kind, const char *name)
{
	size_t len = strcspn(name, "=");

	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++)
		if (strlen(mangle_option_rows[o].name) == len &&
		    !strncmp(mangle_option_rows[o].name, name, len) && mangle_kind_takes(kind, o))
			return o;
	return MANGLE_OPTS;
}

static int others_only(const struct mangle_parse *p, const char *name)
{
	char kinds[160] = "";

	for (const struct mangle_kind *k = mangle_kinds; k->name; k++) {
		size_t used = strlen(kinds);

		if (option_find(k, name) != MANGLE_OPTS)
			snprintf(kinds + used, sizeof(kinds) - used, "%s%s", used ? ", " : "", k->name);
	}
	if (!*kinds)
		return 0;
	err_set(p->err, STATUS_USAGE, EINVAL, "%s has no --%s", p->spec.kind->name, name);
	err_hint(p->err, "these have it: %s", kinds);
	return -EINVAL;
}

static int unknown_option(const struct mangle_parse *p, const char *word)
{
	const struct mangle_kind *kind = p->spec.kind;
	char name[64];
	struct nearest near = { .word = name };
	int rc;

	if (strncmp(word, "--", 2) != 0)
		return err_set(p->err, STATUS_USAGE, EINVAL, "%s takes options only: '%.100s'",
			       kind->name, word);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	rc = others_only(p, name);
	if (rc < 0)
		return rc;
	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++)
		if (mangle_kind_takes(kind, o))
			nearest_offer(&near, mangle_option_rows[o].name);
	return err_set(p->err, STATUS_USAGE, EINVAL, "unknown option '--%s' for '%s'%s%s%s", name,
		       kind->name, near.best ? " (did you mean '--" : "", near.best ?: "",
		       near.best ? "'?)" : "");
}

/* Returns how many entries of argv were used, or -EINVAL. */
static int sort_option(struct mangle_parse *p, int argc, const char *const *argv)
{
	const char *equals = strchr(argv[0], '=');
	enum mangle_option o = MANGLE_OPTS;
	const struct mangle_option_row *row;

	if (strncmp(argv[0], "--", 2) == 0)
		o = option_find(p->spec.kind, argv[0] + 2);
	if (o == MANGLE_OPTS)
		return unknown_option(p, argv[0]);
	row = &mangle_option_rows[o];
	if (row->arg && !equals && argc < 2)
		return err_set(p->err, STATUS_USAGE, EINVAL, "option '--%s' for '%s' needs a value",
			       row->name, p->spec.kind->name);
	if (!row->arg && equals)
		return err_set(p->err, STATUS_USAGE, EINVAL, "option '--%s' for '%s' takes no value",
			       row->name, p->spec.kind->name);
	p->spec.given |= 1ULL << o;
	p->values[o] = equals ? equals + 1 : row->arg ? argv[1] : "";
	return row->arg && !equals ? 2 : 1;
}

/* ---- from options to a stage --------------------------------------------------------------- */

static int append(struct mangle_parse *p, const char *a, const char *b)
{
	struct stage *stage = &p->spec.stage;
	size_t left = sizeof(stage->spec) - p->used;
	int n = snprintf(stage->spec + p->used, left, "%s%s", a, b);

	if ((size_t)n >= left)
		return mangle_refuse(&p->spec, p->err, "a match takes most: leave out fields that others imply",
				     "its options are longer than %d bytes of text", STAGE_SPEC_MAX - 1);
	p->used += (size_t)n;
	return 0;
}

static int read_option(struct mangle_parse *p, enum mangle_option o)
{
	const struct mangle_target *t = &mangle_targets[o];
	int rc;

	p->option = o;
	rc = append(p, " --", mangle_option_rows[o].name);
	if (rc < 0)
		return rc;
	if (!t->parse) {
		*(uint32_t *)((char *)&p->spec + t->offset) |= (uint32_t)t->low;
		return 0;
	}
	rc = t->parse(p, p->values[o]);
	if (rc < 0)
		return rc;
	p->spec.stage.arg[0] |= t->mode;
	return append(p, " ", p->text);
}

/* Without a rule that chooses, the kind's own ratio; it is told where it leaves some out. */
static void default_ratio(struct mangle_parse *p, char *buf, size_t size)
{
	struct mangle_spec *spec = &p->spec;

	if (spec->given & (MANGLE_CHOOSERS | MANGLE_BIT(CLEAR)))
		return;
	spec->stage.trigger.ratio = spec->kind->default_ratio;
	if (spec->kind->default_ratio <= 1)
		return;
	snprintf(buf, size, "%" PRIu32, spec->kind->default_ratio);
	spec->given |= MANGLE_BIT(RATIO);
	p->values[MANGLE_OPT_RATIO] = buf;
}

static void begin(struct mangle_parse *p, const struct mangle_kind *kind, struct err *err)
{
	*p = (struct mangle_parse){ .err = err };
	p->spec.kind = kind;
	p->spec.place = kind->place;
	p->spec.stage.kind = kind->number;
	p->spec.stage.flags = kind->flags;
	memcpy(p->spec.stage.arg, kind->arg, sizeof(kind->arg));
}

static int read_options(struct mangle_parse *p)
{
	char ratio[12];
	int rc;

	default_ratio(p, ratio, sizeof(ratio));
	rc = append(p, p->spec.kind->name, "");
	for (enum mangle_option o = 0; o < MANGLE_OPTS && rc == 0; o++)
		if (p->spec.given & 1ULL << o)
			rc = read_option(p, o);
	if (p->spec.stage.flags & STAGE_CLEAR_ALL)
		p->spec.stage.arg[1] = p->spec.stage.arg[0];
	return rc;
}

/* ---- parsing --------------------------------------------------------------------------------- */

static int unknown_kind(const char *name, struct err *err)
{
	struct nearest near = { .word = name };

	for (const struct mangle_kind *k = mangle_kinds; k->name; k++)
		nearest_offer(&near, k->name);
	return err_set(err, STATUS_USAGE, EINVAL, "there is no mangler '%.100s'%s%s%s", name,
		       near.best ? " (did you mean '" : "", near.best ?: "", near.best ? "'?)" : "");
}

int mangle_spec_parse(int argc, const char *const *argv,
		      struct mangle_spec *ret, struct err *err)
{
	const struct mangle_kind *kind;
	struct mangle_parse p;
	int used, rc;

	if (argc < 1)
		return err_set(err, STATUS_USAGE, EINVAL, "which kind of mangler?");
	kind = mangle_kind_find(argv[0]);
	if (!kind)
		return unknown_kind(argv[0], err);
	if (kind->number == STAGE_NONE)
		return err_set(err, STATUS_USAGE, EINVAL, "'inject %s' is a command of its own",
			       kind->name);
	begin(&p, kind, err);
	for (int i = 1; i < argc; i += used) {
		used = sort_option(&p, argc - i, argv + i);
		if (used < 0)
			return used;
	}
	rc = read_options(&p);
	if (rc == 0)
		rc = mangle_check_options(&p.spec, err);
	if (rc == 0)
		*ret = p.spec;
	return rc;
}

/* Splits @text in place; the words of more than fit are dropped, and counted. */
static int split(char *text, const char **words, int max)
{
	char *save = NULL;
	int n = 0;

	for (char *w = strtok_r(text, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		if (n < max)
			words[n] = w;
		n++;
	}
	return n;
}

int mangle_spec_parse_text(const char *text, struct mangle_spec *ret, struct err *err)
{
	const char *words[MANGLE_WORDS_MAX];
	char copy[STAGE_SPEC_MAX];
	int n;

	if (strnlen(text, sizeof(copy)) == sizeof(copy))
		return err_set(err, STATUS_USAGE, EINVAL, "a spec of more than %d bytes",
			       STAGE_SPEC_MAX - 1);
	strcpy(copy, text);
	n = split(copy, words, MANGLE_WORDS_MAX);
	if (n > MANGLE_WORDS_MAX)
		return err_set(err, STATUS_USAGE, EINVAL, "a spec of %d words", n);
	return mangle_spec_parse(n, words, ret, err);
}

struct mangle_spec mangle_spec_default(const struct mangle_kind *kind)
{
	struct mangle_parse p;

	begin(&p, kind, NULL);
	read_options(&p);
	return p.spec;
}

bool mangle_spec_tracks(const struct mangle_spec *spec)
{
	const struct stage *s = &spec->stage;

	return (s->flags & (STAGE_SEEDED | STAGE_LOG)) || s->trigger.every || s->trigger.nth ||
	       s->trigger.from || s->trigger.to || s->kind == STAGE_REORDER;
}

bool mangle_spec_splits(const struct mangle_spec *spec)
{
	const struct trigger *t = &spec->stage.trigger;

	return spec->place == PLACE_NODE_EGRESS && spec->units == MANGLE_UNITS_WIRE &&
	       (spec->kind->counts_wire || t->ratio > 1 || t->every || t->nth);
}

/* ---- and back ---------------------------------------------------------------------------------- */

void mangle_spec_argv(const struct mangle_spec *spec, struct mangle_argv *ret)
{
	memcpy(ret->text, spec->stage.spec, sizeof(ret->text));
	ret->argc = split(ret->text, ret->argv, MANGLE_WORDS_MAX);
	ret->argv[ret->argc] = NULL;
}

int mangle_spec_format(const struct mangle_spec *spec, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s", spec->stage.spec);

	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}
