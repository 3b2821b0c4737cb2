// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_value.c - the values of a mangler's options: from text, and in canonical form
 */
#include "core/mangle_parts.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/match.h"
#include "core/nearest.h"
#include "core/number.h"

static int bad_value(const struct mangle_parse *p, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int bad_value(const struct mangle_parse *p, const char *value, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(p->err, STATUS_USAGE, EINVAL, "option '--%s' for '%s': '%.200s' %s",
		       mangle_option_rows[p->option].name, p->spec.kind->name, value, why);
}

static void store(struct mangle_parse *p, uint64_t value)
{
	const struct mangle_target *t = &mangle_targets[p->option];
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
static int take(struct mangle_parse *p, const char *value, int rc, uint64_t v, const char *what)
{
	const struct mangle_target *t = &mangle_targets[p->option];

	if (rc == -EINVAL)
		return bad_value(p, value, "is not %s", what);
	if (rc < 0 || v < t->low || v > t->high)
		return bad_value(p, value, "is out of range: %" PRIu64 " to %" PRIu64, t->low,
				 t->high);
	store(p, v);
	snprintf(p->text, sizeof(p->text), "%" PRIu64, v);
	return 0;
}

static int parse_number(struct mangle_parse *p, const char *value)
{
	uint64_t v = 0;
	int rc = read_number(value, &v);

	return take(p, value, rc, v, "a whole number");
}

static int parse_size(struct mangle_parse *p, const char *value)
{
	uint64_t v = 0;
	int rc = number_size(value, &v);

	return take(p, value, rc, v, "a size (such as 1000, 64K or 1M)");
}

static int parse_seconds(struct mangle_parse *p, const char *value)
{
	uint64_t v = 0;
	int rc = number_seconds(value, &v);

	return take(p, value, rc, v, "a time (such as 10, 10s or 2m)");
}

static int parse_seed(struct mangle_parse *p, const char *value)
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

static int parse_msecs(struct mangle_parse *p, const char *value)
{
	const struct mangle_target *t = &mangle_targets[p->option];
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

static int parse_between(struct mangle_parse *p, const char *value)
{
	const struct mangle_target *t = &mangle_targets[p->option];
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

static int parse_units(struct mangle_parse *p, const char *value)
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

static int parse_vlan_tag(struct mangle_parse *p, const char *value)
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

static int unknown_flag(struct mangle_parse *p, const char *value, const char *flag)
{
	struct nearest near = { .word = flag };

	for (size_t i = 0; i < FLAGS_N; i++)
		nearest_offer(&near, match_tcp_flags[i]);
	return bad_value(p, value, "is not fin, syn, rst, psh, ack, urg, ece or cwr, with commas between "
			 "them%s%s%s", near.best ? " (did you mean '" : "", near.best ?: "",
			 near.best ? "'?)" : "");
}

static int parse_tcp_flags(struct mangle_parse *p, const char *value)
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

static int parse_match(struct mangle_parse *p, const char *value)
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

const struct mangle_target mangle_targets[MANGLE_OPTS] = { MANGLE_OPTIONS(TARGET_V, TARGET_F) };
