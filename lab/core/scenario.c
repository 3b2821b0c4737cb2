// SPDX-License-Identifier: GPL-2.0
/*
 * scenario.c - a scenario that was read: its setups, and what the command line changes
 */
#include "core/scenario.h"

#include <errno.h>
#include <string.h>

#include "core/nearest.h"
#include "core/scenario_parts.h"

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	arena_free(&s->arena);
	free(s);
}

/* Setup number @i of those that can run, and its name; NULL after the last. */
static struct scenario_setup *setup_at(struct scenario *s, size_t i, const char **ret_name)
{
	struct scenario_cell *cell = NULL;

	*ret_name = NULL;
	if (!s->has_variants)
		return i ? NULL : &s->base;
	if (i < 2)
		cell = &s->variants[i];
	else if (i - 2 < s->matrix.n)
		cell = &s->matrix.v[i - 2];
	if (!cell)
		return NULL;
	*ret_name = cell->name;
	return &cell->setup;
}

const struct scenario_setup *scenario_setup_of(const struct scenario *s, const char *name)
{
	const struct scenario_setup *setup;
	const char *is;

	if (!name)
		return &s->base;
	for (size_t i = 0; (setup = setup_at((struct scenario *)s, i, &is)); i++)
		if (is && strcmp(is, name) == 0)
			return setup;
	return NULL;
}

bool scenario_has_ratio(const struct scenario_expect *e)
{
	return e->at_least_ratio.given || e->at_most_ratio.given;
}

const char *scenario_own(const struct scenario *s, const char **ret_cell)
{
	const struct scenario_setup *setup;

	for (size_t i = 0; (setup = setup_at((struct scenario *)s, i, ret_cell)); i++) {
		if (strcmp(setup->bench.ovs, SCENARIO_OWN) == 0)
			return "ovs";
		if (strcmp(setup->bench.ovs_kernel, SCENARIO_OWN) == 0)
			return "kernel";
	}
	return NULL;
}

/* ---- the command line ----------------------------------------------------------------- */

static int bad_set(const char *text, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL, "'%.100s' sets nothing", text);
	err_hint(err, "write KEY=VALUE or VARIANT.KEY=VALUE, with a key of bench: fixed.ovs=dir:TREE");
	return -EINVAL;
}

static int unknown_cell(const struct scenario *s, const char *name, struct err *err)
{
	struct nearest near = { .word = name };
	const char *is;

	for (size_t i = 0; setup_at((struct scenario *)s, i, &is); i++)
		if (is)
			nearest_offer(&near, is);
	err_set(err, STATUS_USAGE, EINVAL, "scenario '%s' has no variant '%.40s'%s%s%s", s->name, name,
		near.best ? " (did you mean '" : "", near.best ? near.best : "", near.best ? "'?)" : "");
	return -EINVAL;
}

static int set_one(struct scenario *s, const struct scenario_key *key, const char *value,
		   struct scenario_setup *setup, struct err *err)
{
	struct mistakes m = { .n = 0 };
	struct ytree node = { .kind = YTREE_TEXT, .text = value };
	struct scenario_reader r = { .s = s, .m = &m, .from_command = true };

	scenario_value(&r, key, &node, (char *)&setup->bench + key->offset);
	return m.n ? err_set(err, STATUS_USAGE, EINVAL, "%s", m.v[0].text) : r.rc;
}

/* "fixed." of "fixed.ovs=dir:/a.b": @ret_name has the cell's name, "" if none is named. */
static const char *split_cell(const char *text, char *ret_name, size_t size)
{
	const char *eq = strchr(text, '='), *dot = strchr(text, '.');

	*ret_name = '\0';
	if (!eq || !dot || dot > eq)
		return text;
	snprintf(ret_name, size, "%.*s", (int)(dot - text), text);
	return dot + 1;
}

int scenario_set(struct scenario *s, const char *text, struct err *err)
{
	char cell[SCENARIO_NAME_MAX + 1], name[40];
	const char *rest = split_cell(text, cell, sizeof(cell)), *eq = strchr(rest, '='), *is;
	const struct scenario_key *key;
	struct scenario_setup *setup;
	int rc = 0;

	if (!eq || !eq[1])
		return bad_set(text, err);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - rest), rest);
	key = scenario_key_find(scenario_bench_keys, name);
	if (!key || (cell[0] && key->flags & SC_COMMON))
		return bad_set(text, err);
	if (cell[0] && (!s->has_variants || !scenario_setup_of(s, cell)))
		return unknown_cell(s, cell, err);
	for (size_t i = 0; rc == 0 && (setup = setup_at(s, i, &is)); i++)
		if (!cell[0] || (is && strcmp(is, cell) == 0))
			rc = set_one(s, key, eq + 1, setup, err);
	if (rc == 0 && !cell[0])
		rc = set_one(s, key, eq + 1, &s->base, err);
	return rc;
}
