// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_value.c - single values of a scenario file: from text, within their bounds
 */
#include "core/scenario_parts.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/number.h"
#include "core/util.h"

void scenario_wrong(struct scenario_reader *r, struct ytree *node, const char *fmt, ...)
{
	char text[sizeof(r->m->v[0].text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mistakes_add(r->m, node->line, node->column, "%s", text);
	node->bad = 1;
}

/* "'x' is no ...: write a size, such as 64K" */
static void not_of_type(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node)
{
	scenario_wrong(r, node, "%s: '%.60s' does not fit: write %s", key->name, node->text,
		       scenario_type_phrase(key));
}

/* ---- words --------------------------------------------------------------------------- */

/* The one that @word is, or a mistake with the nearest. @stride: from name to name. */
static bool find_word(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node,
		      const char *const *names, unsigned int *ret)
{
	struct nearest near = { .word = node->text };
	char list[200] = "";

	for (unsigned int i = 0; names[i]; i++) {
		size_t used = strlen(list);

		if (strcmp(names[i], node->text) == 0) {
			*ret = i;
			return true;
		}
		nearest_offer(&near, names[i]);
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", names[i]);
	}
	if (near.best)
		scenario_wrong(r, node, "%s: there is no '%.60s'; did you mean '%s'? It is one of: %s",
			       key->name, node->text, near.best, list);
	else
		scenario_wrong(r, node, "%s: there is no '%.60s'; it is one of: %s", key->name,
			       node->text, list);
	return false;
}

static void read_choice(struct scenario_reader *r, const struct scenario_key *key,
			struct ytree *node, void *field)
{
	find_word(r, key, node, key->choices, field);
}

static void read_metric(struct scenario_reader *r, const struct scenario_key *key,
			struct ytree *node, void *field)
{
	const char *names[32];
	unsigned int n = 0;

	for (; n < ARRAY_SIZE(names) - 1 && scenario_metrics[n].name; n++)
		names[n] = scenario_metrics[n].name;
	names[n] = NULL;
	find_word(r, key, node, names, field);
}

/* ---- texts ---------------------------------------------------------------------------- */

static bool store_text(struct scenario_reader *r, const char *text, void *field)
{
	const char *copy = arena_copy(&r->s->arena, text, strlen(text));

	if (copy)
		*(const char **)field = copy;
	else
		r->rc = -ENOMEM;
	return copy;
}

static void read_text(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	store_text(r, node->text, field);
}

static void read_line(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	size_t max = key->max ? key->max : 1000;

	if (strpbrk(node->text, "\n\t"))
		scenario_wrong(r, node, "%s: this has to be one line, without tabs", key->name);
	else if (strlen(node->text) > max)
		scenario_wrong(r, node, "%s: longer than %zu bytes: shorten it", key->name, max);
	else
		store_text(r, node->text, field);
}

static void read_name(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	size_t len = strspn(node->text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (node->text[len] || node->text[0] == '-')
		not_of_type(r, key, node);
	else if (len > SCENARIO_NAME_MAX)
		scenario_wrong(r, node, "%s: longer than %d bytes: shorten it", key->name,
			       SCENARIO_NAME_MAX);
	else
		store_text(r, node->text, field);
}

static void read_cpus(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	if (strlen(node->text) > 40 || !number_cpus(node->text, 4096))
		not_of_type(r, key, node);
	else
		store_text(r, node->text, field);
}

/* Whoever knows more of OpenFlow than is known here can say where a mistake is. */
static void note_flow(struct scenario_reader *r, const struct ytree *node, const char *text)
{
	struct scenario_flow *flow = arena_alloc(&r->s->arena, sizeof(*flow));

	if (!flow) {
		r->rc = -ENOMEM;
		return;
	}
	*flow = (struct scenario_flow){ .text = text, .line = node->line, .column = node->column };
	if (r->s->last_flow)
		r->s->last_flow->next = flow;
	else
		r->s->flows = flow;
	r->s->last_flow = flow;
}

/* What ovs-ofctl would take for an option or for several flows must not reach it. */
static void read_flow(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	if (strpbrk(node->text, "\n\t"))
		scenario_wrong(r, node, "%s: a flow is one line; the next one is an item of its own",
			       key->name);
	else if (!isalpha((unsigned char)node->text[0]))
		scenario_wrong(r, node, "%s: a flow begins with a word, such as priority=0", key->name);
	else if (strlen(node->text) > 1000)
		scenario_wrong(r, node, "%s: longer than 1000 bytes: shorten it", key->name);
	else if (!strstr(node->text, "actions="))
		scenario_wrong(r, node, "%s: a flow ends with 'actions=...', and this has none", key->name);
	else if (store_text(r, node->text, field))
		note_flow(r, node, *(const char **)field);
}

static void read_inject(struct scenario_reader *r, const struct scenario_key *key,
			struct ytree *node, void *field)
{
	char where[SCENARIO_WHERE_MAX];
	struct err err = { 0 };

	if (scenario_inject_check(node->text, where, &err) < 0)
		scenario_wrong(r, node, "%s: %.200s%s%.200s", key->name, err.msg,
			       err.hint[0] ? ": " : "", err.hint);
	else
		store_text(r, node->text, field);
	err_reset(&err);
}

/* ---- where Open vSwitch comes from ------------------------------------------------------- */

static bool names_path(const char *text)
{
	return strncmp(text, "dir:", 4) == 0 || strncmp(text, "file:", 5) == 0 || strchr(text, '/');
}

static void read_own_source(struct scenario_reader *r, const struct scenario_key *key,
			    struct ytree *node, char *field)
{
	struct lab_source source;
	struct err err = { 0 };

	if (lab_source_parse(node->text, strcmp(key->name, "kernel") == 0, &source, &err) < 0)
		scenario_wrong(r, node, "%s: %.200s", key->name, err.msg);
	else
		snprintf(field, key->size, "%s", node->text);
	err_reset(&err);
}

static void read_suite(struct scenario_reader *r, const struct scenario_key *key,
		       struct ytree *node, void *field)
{
	const char *suite = node->text + (strncmp(node->text, "debian:", 7) == 0 ? 7 : 0);
	struct ytree word = *node;
	unsigned int i;

	if (strcmp(node->text, SCENARIO_OWN) == 0) {
		snprintf(field, key->size, SCENARIO_OWN);
	} else if (names_path(node->text) && r->from_command) {
		read_own_source(r, key, node, field);
	} else if (names_path(node->text)) {
		scenario_wrong(r, node, "%s: a file names no paths of the host and no URLs: write "
			       "'%s', and give it on the command line, --set %s=%s", key->name,
			       SCENARIO_OWN, key->name, strcmp(key->name, "ovs") == 0 ? "dir:TREE" :
			       "file:KERNEL,MODULES");
	} else {
		word.text = suite;
		if (find_word(r, key, &word, lab_suites, &i))
			snprintf(field, key->size, "debian:%s", suite);
		node->bad = word.bad;
	}
}

/* ---- numbers ----------------------------------------------------------------------------- */

void scenario_number(const struct scenario_key *key, uint64_t v, char *buf, size_t size)
{
	static const char units[] = "TGMK";
	bool bytes = key->type == SC_SIZE || key->type == SC_MIB;

	for (unsigned int i = 0; bytes && v && units[i]; i++)
		if (v % (1ULL << (40 - 10 * i)) == 0) {
			snprintf(buf, size, "%" PRIu64 "%c", v >> (40 - 10 * i), units[i]);
			return;
		}
	snprintf(buf, size, "%" PRIu64 "%s", v, key->type == SC_SECONDS ? "s" : "");
}

const char *scenario_default(const struct scenario_key *key, const void *in, char *buf, size_t size)
{
	const char *field;
	uint64_t v = 0;

	*buf = '\0';
	if (!in || key->flags & SC_REQUIRED)
		return buf;
	field = (const char *)in + key->offset;
	if (key->type == SC_CHOICE)
		snprintf(buf, size, "%s", key->choices[*(const unsigned int *)field]);
	else if (key->type == SC_UINT || key->type == SC_SECONDS)
		v = *(const unsigned int *)field;
	else if (key->type == SC_MIB)
		v = (uint64_t)*(const unsigned int *)field << 20;
	else if (key->type == SC_SIZE)
		v = *(const uint64_t *)field;
	if (v)
		scenario_number(key, v, buf, size);
	return buf;
}

/* @rc of the conversion; is @v in the row's range? */
static bool in_range(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node,
		     int rc, uint64_t v)
{
	uint64_t max = key->max ? key->max : UINT32_MAX;
	char low[32], high[32];

	if (rc == -EINVAL) {
		not_of_type(r, key, node);
		return false;
	}
	if (rc == 0 && v >= key->min && v <= max)
		return true;
	scenario_number(key, key->min, low, sizeof(low));
	scenario_number(key, max, high, sizeof(high));
	if (key->min == max)
		scenario_wrong(r, node, "%s: '%.40s' is not known here; this ovslab reads %s", key->name,
			       node->text, low);
	else
		scenario_wrong(r, node, "%s: '%.40s' is out of range: %s to %s", key->name, node->text, low,
			       high);
	return false;
}

static void read_uint(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	uint64_t v = 0;
	int rc = number_whole(node->text, 10, &v);

	if (in_range(r, key, node, rc, v))
		*(unsigned int *)field = v;
}

static void read_size(struct scenario_reader *r, const struct scenario_key *key,
		      struct ytree *node, void *field)
{
	uint64_t v = 0;
	int rc = number_size(node->text, &v);

	if (!in_range(r, key, node, rc, v))
		return;
	if (key->type == SC_SIZE)
		*(uint64_t *)field = v;
	else if (v & ((1 << 20) - 1))
		scenario_wrong(r, node, "%s: '%.40s' is no multiple of 1M", key->name, node->text);
	else
		*(unsigned int *)field = v >> 20;
}

static void read_seconds(struct scenario_reader *r, const struct scenario_key *key,
			 struct ytree *node, void *field)
{
	uint64_t v = 0;
	int rc = number_seconds(node->text, &v);

	if (in_range(r, key, node, rc, v))
		*(unsigned int *)field = v;
}

/* Digits, a fraction, and k, M or G for powers of 1000. */
static bool parse_bound(const char *text, double *ret)
{
	size_t digits = strspn(text, "0123456789");
	size_t fraction = text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0;
	const char *unit = text + digits + fraction;
	double scale = 1, v = 0;

	if (!digits || fraction == 1 || digits + fraction > 18 || (*unit && unit[1]))
		return false;
	for (size_t i = 0; i < digits; i++)
		v = v * 10 + (text[i] - '0');
	for (size_t i = digits + 1; i < digits + fraction; i++) {
		scale *= 10;
		v += (text[i] - '0') / scale;
	}
	if (*unit && !strchr("kKMG", *unit))
		return false;
	*ret = v * (*unit == 'G' ? 1e9 : *unit == 'M' ? 1e6 : *unit ? 1e3 : 1);
	return true;
}

static void read_bound(struct scenario_reader *r, const struct scenario_key *key,
		       struct ytree *node, void *field)
{
	struct scenario_bound *bound = field;

	if (parse_bound(node->text, &bound->value))
		bound->given = true;
	else
		not_of_type(r, key, node);
}

/* ---- settings ------------------------------------------------------------------------------ */

/* The list may be shared with the setup that this one began as: a new one. */
static void add_setting(struct scenario_reader *r, struct scenario_settings *list, const char *key,
			const char *value)
{
	struct scenario_setting *v = arena_alloc(&r->s->arena, (list->n + 1) * sizeof(*v));
	size_t n = 0;

	if (!v || !value) {
		r->rc = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].key, key) != 0)
			v[n++] = list->v[i];
	v[n++] = (struct scenario_setting){ key, value };
	*list = (struct scenario_settings){ v, n };
}

static void read_setting(struct scenario_reader *r, const struct scenario_key *key,
			 struct ytree *node, void *field)
{
	struct scenario_key plain = *key;
	unsigned int unused;

	plain.type = key->item;
	scenario_value(r, &plain, node, &unused);
	if (!node->bad)
		add_setting(r, field, key->name, arena_copy(&r->s->arena, node->text, strlen(node->text)));
}

void scenario_value(struct scenario_reader *r, const struct scenario_key *key,
		    struct ytree *node, void *field)
{
	static void (*const readers[SC_TYPES])(struct scenario_reader *, const struct scenario_key *,
					       struct ytree *, void *) = {
		[SC_TEXT] = read_text, [SC_LINE] = read_line, [SC_NAME] = read_name,
		[SC_CHOICE] = read_choice, [SC_METRIC] = read_metric, [SC_UINT] = read_uint,
		[SC_CPU] = read_uint, [SC_SIZE] = read_size, [SC_MIB] = read_size,
		[SC_SECONDS] = read_seconds, [SC_BOUND] = read_bound, [SC_SUITE] = read_suite,
		[SC_CPUS] = read_cpus, [SC_FLOW] = read_flow, [SC_INJECT] = read_inject,
		[SC_SETTING] = read_setting,
	};

	if (node->bad)
		return;
	if (node->kind != YTREE_TEXT)
		scenario_wrong(r, node, "%s: this is a %s: write %s", key->name,
			       node->kind == YTREE_MAP ? "map" : "list", scenario_type_phrase(key));
	else if (!node->text[0])
		scenario_wrong(r, node, "%s: it has no value: give it one, or remove the key", key->name);
	else
		readers[key->type](r, key, node, field);
}
