// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_spec.c - specs of manglers, to and from text
 *
 * An argv is first sorted by option, then read in the order of the table: so the text
 * that comes out is canonical, whatever the order of what came in. That text is kept with
 * the stage, and is all that mangle_spec_argv() and mangle_spec_format() need.
 */
#include "core/mangle.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/match.h"
#include "core/nearest.h"
#include "core/number.h"
#include "core/util.h"

/* What is known while a spec is read. */
struct parse {
	struct mangle_spec spec;
	const char *values[MANGLE_OPTS];	/* of the options that are given */
	enum mangle_option option;	/* the one at hand */
	char text[STAGE_SPEC_MAX];	/* its value in canonical form */
	size_t used;			/* of spec.stage.spec */
	struct err *err;
};

typedef int (*parse_fn)(struct parse *p, const char *value);

/* What parsers need of the table, beside what all may know. */
struct target {
	parse_fn parse;			/* NULL: a flag */
	uint64_t low, high;		/* of a flag: low is or-ed into the field */
	size_t offset, size;		/* of the field in struct mangle_spec */
	uint32_t mode;
};

static const struct target targets[MANGLE_OPTS];

/* ---- refusals --------------------------------------------------------------------- */

static int bad_value(const struct parse *p, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int bad_value(const struct parse *p, const char *value, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(p->err, STATUS_USAGE, EINVAL, "option '--%s' for '%s': '%.200s' %s",
		       mangle_option_rows[p->option].name, p->spec.kind->name, value, why);
}

static int refuse(const struct mangle_spec *spec, struct err *err, const char *cure,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int refuse(const struct mangle_spec *spec, struct err *err, const char *cure,
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

/* ---- values ------------------------------------------------------------------------- */

static void store(struct parse *p, uint64_t value)
{
	const struct target *t = &targets[p->option];
	char *field = (char *)&p->spec + t->offset;

	if (t->size == sizeof(uint32_t))
		*(uint32_t *)field = (uint32_t)value;
	else
		*(uint64_t *)field = value;
}

static int read_number(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && tolower((unsigned char)text[1]) == 'x';

	return number_whole(hex ? text + 2 : text, hex ? 16 : 10, ret);
}

/* @rc: what reading @v came to; stores it and makes its text */
static int take(struct parse *p, const char *value, int rc, uint64_t v, const char *what)
{
	const struct target *t = &targets[p->option];

	if (rc == -EINVAL)
		return bad_value(p, value, "is not %s", what);
	if (rc < 0 || v < t->low || v > t->high)
		return bad_value(p, value, "is out of range: %" PRIu64 " to %" PRIu64, t->low,
				 t->high);
	store(p, v);
	snprintf(p->text, sizeof(p->text), "%" PRIu64, v);
	return 0;
}

static int parse_number(struct parse *p, const char *value)
{
	uint64_t v = 0;
	int rc = read_number(value, &v);

	return take(p, value, rc, v, "a whole number");
}

static int parse_size(struct parse *p, const char *value)
{
	uint64_t v = 0;
	int rc = number_size(value, &v);

	return take(p, value, rc, v, "a size (such as 1000, 64K or 1M)");
}

static int parse_seconds(struct parse *p, const char *value)
{
	uint64_t v = 0;
	int rc = number_seconds(value, &v);

	return take(p, value, rc, v, "a time (such as 10, 10s or 2m)");
}

static int parse_seed(struct parse *p, const char *value)
{
	p->spec.stage.flags |= STAGE_SEEDED;
	return parse_number(p, value);
}

/* "2", "0.25": to microseconds; -EINVAL, -ERANGE */
static int read_msecs(const char *text, uint64_t *ret)
{
	static const unsigned int scale[] = { 1000, 100, 10, 1 };
	char whole[24];
	const char *point = strchrnul(text, '.');
	size_t digits = *point ? strlen(point + 1) : 0;
	uint64_t ms, part = 0;
	int rc;

	if ((size_t)(point - text) >= sizeof(whole) || digits > 3 || (*point && !digits))
		return -EINVAL;
	memcpy(whole, text, point - text);
	whole[point - text] = '\0';
	rc = number_whole(whole, 10, &ms);
	if (rc == 0 && digits)
		rc = number_whole(point + 1, 10, &part);
	if (rc == 0 && __builtin_mul_overflow(ms, 1000, ret))
		rc = -ERANGE;
	if (rc == 0)
		*ret += part * scale[digits];
	return rc;
}

static int parse_msecs(struct parse *p, const char *value)
{
	const struct target *t = &targets[p->option];
	uint64_t us = 0;
	int rc = read_msecs(value, &us);
	char *end;

	if (rc == -EINVAL)
		return bad_value(p, value, "is no number of milliseconds (such as 5 or 0.25)");
	if (rc < 0 || us < t->low || us > t->high)
		return bad_value(p, value, "is out of range: 0.001 to 10000 milliseconds");
	store(p, us);
	snprintf(p->text, sizeof(p->text), "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
	end = p->text + strlen(p->text);
	while (end[-1] == '0')
		*--end = '\0';
	if (end[-1] == '.')
		end[-1] = '\0';
	return 0;
}

static int parse_between(struct parse *p, const char *value)
{
	const struct target *t = &targets[p->option];
	const char *dash = strchr(value, '-');
	struct trigger *trigger = &p->spec.stage.trigger;
	char first[32];
	uint64_t from, to;
	int rc = dash && (size_t)(dash - value) < sizeof(first) ? 0 : -EINVAL;

	if (rc == 0) {
		memcpy(first, value, dash - value);
		first[dash - value] = '\0';
		rc = number_size(first, &from) ?: number_size(dash + 1, &to);
	}
	if (rc == -EINVAL)
		return bad_value(p, value, "is not FROM-TO (such as 0-64K)");
	if (rc < 0 || from > t->high || to > t->high)
		return bad_value(p, value, "is out of range: 0 to %" PRIu64, t->high);
	if (from >= to)
		return bad_value(p, value, "holds no byte: FROM must be less than TO");
	trigger->from = from;
	trigger->to = to;
	snprintf(p->text, sizeof(p->text), "%" PRIu64 "-%" PRIu64, from, to);
	return 0;
}

static int parse_units(struct parse *p, const char *value)
{
	for (enum mangle_units u = MANGLE_UNITS_WIRE; u <= MANGLE_UNITS_SKB; u++) {
		if (strcmp(value, mangle_units_name(u)) != 0)
			continue;
		p->spec.units = u;
		snprintf(p->text, sizeof(p->text), "%s", value);
		return 0;
	}
	return bad_value(p, value, "is neither wire nor skb");
}

static int parse_vlan_tag(struct parse *p, const char *value)
{
	const char *colon = strchrnul(value, ':');
	uint64_t vid, pcp = 0;
	char first[8];
	int rc = (size_t)(colon - value) < sizeof(first) ? 0 : -EINVAL;

	if (rc == 0) {
		memcpy(first, value, colon - value);
		first[colon - value] = '\0';
		rc = read_number(first, &vid) ?: *colon ? read_number(colon + 1, &pcp) : 0;
	}
	if (rc < 0 || vid > 4094 || pcp > 7)
		return bad_value(p, value, "is not VID[:PCP], 0 to 4094 and 0 to 7");
	store(p, pcp << 13 | vid);
	snprintf(p->text, sizeof(p->text), "%" PRIu64, vid);
	if (*colon)
		snprintf(p->text, sizeof(p->text), "%" PRIu64 ":%" PRIu64, vid, pcp);
	return 0;
}

#define FLAGS_N 8			/* those of the header's byte: without ns */

static int unknown_flag(struct parse *p, const char *value, const char *flag)
{
	struct nearest near = { .word = flag };

	for (size_t i = 0; i < FLAGS_N; i++)
		nearest_offer(&near, match_tcp_flags[i]);
	return bad_value(p, value, "is not fin, syn, rst, psh, ack, urg, ece or cwr, with commas between "
			 "them%s%s%s", near.best ? " (did you mean '" : "", near.best ?: "",
			 near.best ? "'?)" : "");
}

static int parse_tcp_flags(struct parse *p, const char *value)
{
	uint32_t flags = 0;
	size_t used = 0;

	for (const char *c = value; ; ) {
		size_t len = strcspn(c, ",");
		uint16_t bit = match_tcp_flag(c, len);
		char flag[16];

		snprintf(flag, sizeof(flag), "%.*s", (int)(len < 15 ? len : 15), c);
		if (!bit || bit >> FLAGS_N)
			return unknown_flag(p, value, flag);
		flags |= bit;
		c += len;
		if (!*c)
			break;
		c++;
	}
	store(p, flags);
	for (size_t i = 0; i < FLAGS_N; i++)
		if (flags & 1u << i)
			used += snprintf(p->text + used, sizeof(p->text) - used, "%s%s",
					 used ? "," : "", match_tcp_flags[i]);
	return 0;
}

static int parse_match(struct parse *p, const char *value)
{
	int rc = match_parse(value, &p->spec.stage.match, p->err);

	if (rc < 0)
		return err_wrap(p->err, rc, "option '--match' for '%s'", p->spec.kind->name);
	rc = match_format(&p->spec.stage.match, p->text, sizeof(p->text));
	if (rc < 0)
		return bad_value(p, value, "is too long");
	return rc ? 0 : bad_value(p, value, "leaves nothing out: all is masked");
}

/* ---- the tables ------------------------------------------------------------------------ */

#define IS_COMMON true
#define IS_OWN false
#define ROW_V(id, scope, name, key, arg, parser, low, high, field, mode, help) \
	[MANGLE_OPT_##id] = { name, arg, help, IS_##scope },
#define ROW_F(id, scope, name, field, bits, help) [MANGLE_OPT_##id] = { name, NULL, help, IS_##scope },

const struct mangle_option_row mangle_option_rows[MANGLE_OPTS] = { MANGLE_OPTIONS(ROW_V, ROW_F) };

#define FIELD(field) offsetof(struct mangle_spec, field), sizeof(((struct mangle_spec *)NULL)->field)
#define TARGET_V(id, scope, name, key, arg, parser, low, high, field, mode, help) \
	[MANGLE_OPT_##id] = { parse_##parser, low, high, FIELD(field), mode },
#define TARGET_F(id, scope, name, field, bits, help) \
	[MANGLE_OPT_##id] = { NULL, bits, 0, FIELD(field), 0 },

static const struct target targets[MANGLE_OPTS] = { MANGLE_OPTIONS(TARGET_V, TARGET_F) };

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

static int others_only(const struct parse *p, const char *name)
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

static int unknown_option(const struct parse *p, const char *word)
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
static int sort_option(struct parse *p, int argc, const char *const *argv)
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

#define CHOOSERS (MANGLE_BIT(RATIO) | MANGLE_BIT(EVERY) | MANGLE_BIT(NTH) | MANGLE_BIT(FIRST))
#define RANGES (MANGLE_BIT(AFTER) | MANGLE_BIT(BETWEEN))
#define TRIGGERS (CHOOSERS | RANGES | MANGLE_BIT(LIMIT) | MANGLE_BIT(DURATION) | MANGLE_BIT(SEED))

static int append(struct parse *p, const char *a, const char *b)
{
	struct stage *stage = &p->spec.stage;
	size_t left = sizeof(stage->spec) - p->used;
	int n = snprintf(stage->spec + p->used, left, "%s%s", a, b);

	if ((size_t)n >= left)
		return refuse(&p->spec, p->err, "a match takes most: leave out fields that others imply",
			      "its options are longer than %d bytes of text", STAGE_SPEC_MAX - 1);
	p->used += (size_t)n;
	return 0;
}

static int read_option(struct parse *p, enum mangle_option o)
{
	const struct target *t = &targets[o];
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
static void default_ratio(struct parse *p, char *buf, size_t size)
{
	struct mangle_spec *spec = &p->spec;

	if (spec->given & (CHOOSERS | MANGLE_BIT(CLEAR)))
		return;
	spec->stage.trigger.ratio = spec->kind->default_ratio;
	if (spec->kind->default_ratio <= 1)
		return;
	snprintf(buf, size, "%" PRIu32, spec->kind->default_ratio);
	spec->given |= MANGLE_BIT(RATIO);
	p->values[MANGLE_OPT_RATIO] = buf;
}

static void begin(struct parse *p, const struct mangle_kind *kind, struct err *err)
{
	*p = (struct parse){ .err = err };
	p->spec.kind = kind;
	p->spec.place = kind->place;
	p->spec.stage.kind = kind->number;
	p->spec.stage.flags = kind->flags;
	memcpy(p->spec.stage.arg, kind->arg, sizeof(kind->arg));
}

static int read_options(struct parse *p)
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

/* ---- what does not go together ------------------------------------------------------------- */

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
	return refuse(spec, err, cure, "--%s and --%s exclude each other: %s", first_name(given),
		      first_name(rest), why);
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
	uint64_t clash = spec->given & (TRIGGERS | MANGLE_BIT(CLEAR_OTHERS));

	if (!(spec->given & MANGLE_BIT(CLEAR)) || !clash)
		return 0;
	return refuse(spec, err, "take one of them; --match may restrict --clear",
		      "--clear excludes --%s: it clears PSH on all that match, and chooses none",
		      first_name(clash));
}

static int check_flags(const struct mangle_spec *spec, struct err *err)
{
	if (!(spec->kind->options & MANGLE_BIT(SET_FLAGS)))
		return 0;
	if (spec->stage.arg[0] & spec->stage.arg[1])
		return refuse(spec, err, "leave it out of one of them",
			      "--set and --clear name the same flag");
	if ((spec->given & MANGLE_BIT(CLEAR_OTHERS)) && !(spec->given & MANGLE_BIT(SET_FLAGS)))
		return refuse(spec, err, "name with --set what the chosen packets get",
			      "--clear-others clears what --set sets, and nothing is set");
	return 0;
}

static int check_values(const struct mangle_spec *spec, struct err *err)
{
	const struct stage *s = &spec->stage;

	if ((spec->given & MANGLE_BIT(JITTER)) && s->arg[1] > s->arg[0])
		return refuse(spec, err, "make --ms larger, or --jitter smaller",
			      "--jitter is more than --ms: packets would leave before they came");
	if (spec->kind->number == STAGE_MSS && (spec->given & RANGES))
		return refuse(spec, err, "leave it out",
			      "a SYN comes before the first byte of payload, so --%s chooses none",
			      first_name(spec->given & RANGES));
	if (spec->kind->tcp_only && (s->match.on & MATCH_PROTO) && s->match.proto != 6)
		return refuse(spec, err, "match tcp, tcp6, or neither",
			      "it changes TCP only, of which --match leaves nothing");
	return 0;
}

static int check_options(const struct mangle_spec *spec, struct err *err)
{
	int rc = check_clear(spec, err);

	if (rc == 0)
		rc = check_one_of(spec, spec->kind->one_of, "a packet gets one value", err);
	if (rc == 0)
		rc = check_one_of(spec, CHOOSERS, "one rule chooses", err);
	if (rc == 0)
		rc = check_one_of(spec, RANGES, "both say where in the payload", err);
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
		return refuse(spec, err, "leave --units out, or use NODE:egress",
			      "--units makes no difference at %s: only a node that sends can be told to "
			      "split its super-packets", mangle_place_name(spec->place));
	return 0;
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
	struct parse p;
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
		rc = check_options(&p.spec, err);
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
	struct parse p;

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
