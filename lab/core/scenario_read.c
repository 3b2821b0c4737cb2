// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_read.c - a scenario from the text of its file
 *
 * Walks the tree of the file along the table of keys. All that can be found wrong is
 * found in one go; a value that is wrong is left as it was. What depends on several
 * values is scenario_check.c's, and is only asked once each value by itself is right.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "core/nearest.h"
#include "core/scenario_parts.h"
#include "core/util.h"

static void read_map(struct scenario_reader *r, const struct scenario_key *keys, const char *name,
		     struct ytree *node, char *base);

/* ---- keys that are not in the table ---------------------------------------------------- */

static const char *instead_of(const struct scenario_key *keys, const char *word)
{
	for (const struct scenario_word *w = scenario_words; w->word; w++)
		if (w->keys == keys && strcmp(w->word, word) == 0)
			return w->instead;
	return NULL;
}

static void unknown_key(struct scenario_reader *r, const struct scenario_key *keys, const char *name,
			struct ytree *key)
{
	const char *instead = instead_of(keys, key->text);
	struct nearest near = { .word = key->text };
	char list[300] = "";

	for (const struct scenario_key *k = keys; k->name; k++) {
		size_t used = strlen(list);

		nearest_offer(&near, k->name);
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", k->name);
	}
	if (keys == scenario_setup_keys && scenario_key_find(scenario_keys, key->text))
		scenario_wrong(r, key, "%s: '%.40s' is the same for all variants: they differ in "
			       "bench, ovs and openflow only", name, key->text);
	else if (instead)
		scenario_wrong(r, key, "%s: there is no key '%.40s': write %s", name, key->text, instead);
	else if (near.best)
		scenario_wrong(r, key, "%s: there is no key '%.40s'; did you mean '%s'?", name, key->text,
			       near.best);
	else
		scenario_wrong(r, key, "%s: there is no key '%.40s'; there are %s", name, key->text, list);
}

/* ---- lists and maps ----------------------------------------------------------------------- */

/* The layout that all lists share. */
struct list {
	void *v;
	size_t n;
};

static void *new_items(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node)
{
	size_t n = 0;
	void *v;

	for (const struct ytree *item = node->first; item; item = item->next)
		n++;
	if (n > key->max)
		scenario_wrong(r, node, "%s: more than %u: remove some", key->name, (unsigned int)key->max);
	v = arena_alloc(&r->s->arena, n * key->size + 1);
	if (!v)
		r->rc = -ENOMEM;
	return node->bad ? NULL : v;
}

static void read_item(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node,
		      char *field)
{
	struct scenario_key item = { .name = key->name, .type = key->item, .size = key->size,
				     .choices = key->choices };

	if (!key->sub) {
		scenario_value(r, &item, node, field);
		return;
	}
	read_map(r, key->sub, key->name, node, field);
	if (key->size == sizeof(struct scenario_expect) && strcmp(key->name, "expect") == 0)
		((struct scenario_expect *)field)->line = node->line;
}

static void read_list(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node,
		      void *field)
{
	struct list *list = field;
	size_t n = 0;
	char *v;

	if (node->bad)
		return;
	if (node->kind != YTREE_LIST) {
		scenario_wrong(r, node, "%s: this is a list: write each item on a line that begins with "
			       "'- ', or [ one, another ]", key->name);
		return;
	}
	v = new_items(r, key, node);
	for (struct ytree *item = node->first; item && v; item = item->next, n++)
		read_item(r, key, item, v + n * key->size);
	if (v)
		*list = (struct list){ v, n };
}

/* A cell begins as the setup that the rest of the file describes. */
static void begin_cell(struct scenario_reader *r, const struct scenario_key *key, const char *name,
		       char *field)
{
	struct scenario_cell *cell = (struct scenario_cell *)field;

	if (!(key->flags & SC_CELL))
		return;
	cell->name = arena_copy(&r->s->arena, name, strlen(name));
	cell->setup = r->s->base;
	if (!cell->name)
		r->rc = -ENOMEM;
}

static void read_named(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node,
		       void *field)
{
	struct scenario_key word = { .name = key->name, .type = SC_NAME };
	struct list *list = field;
	const char *name = NULL;
	size_t n = 0;
	char *v;

	if (node->bad)
		return;
	if (node->kind != YTREE_MAP) {
		scenario_wrong(r, node, "%s: this is a map: write 'NAME:' and what it is, indented "
			       "below it", key->name);
		return;
	}
	v = new_items(r, key, node);
	for (struct ytree *item = node->first; item && v; item = item->next, n++) {
		scenario_value(r, &word, item->key, &name);
		begin_cell(r, key, item->key->text, v + n * key->size);
		read_map(r, key->sub, item->key->text, item, v + n * key->size);
	}
	if (v)
		*list = (struct list){ v, n };
}

static void read_value(struct scenario_reader *r, const struct scenario_key *key, struct ytree *node,
		       char *base)
{
	char *field = base + key->offset;

	switch (key->type) {
	case SC_MAP:
		begin_cell(r, key, key->name, field);
		read_map(r, key->sub, key->name, node, field);
		break;
	case SC_LIST:
		read_list(r, key, node, field);
		break;
	case SC_NAMED:
		read_named(r, key, node, field);
		break;
	default:
		scenario_value(r, key, node, field);
		break;
	}
}

static void read_map(struct scenario_reader *r, const struct scenario_key *keys, const char *name,
		     struct ytree *node, char *base)
{
	if (node->bad && node != r->root)
		return;
	if (node->kind != YTREE_MAP) {
		scenario_wrong(r, node, "%s: this is a map: write its keys on lines of their own, each "
			       "with ': ' and a value", name);
		return;
	}
	for (struct ytree *child = node->first; child; child = child->next)
		if (!scenario_key_find(keys, child->key->text))
			unknown_key(r, keys, name, child->key);
	for (const struct scenario_key *key = keys; key->name; key++) {
		struct ytree *child = ytree_member(node, key->name);

		if (child)
			read_value(r, key, child, base);
		else if (key->flags & SC_REQUIRED && !r->root->bad)
			mistakes_add(r->m, node->line, node->column, "%s: the key '%s' is missing: %s",
				     name, key->name, key->help);
	}
}

/* ---- a file --------------------------------------------------------------------------------- */

struct scenario *scenario_new(void)
{
	struct scenario *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->placement.irq = -1;
	s->base.bench = (struct lab_bench){
		.vcpus = LAB_VCPUS, .memory_mib = LAB_MEMORY_MIB,
		.switch_vcpus = LAB_SWITCH_VCPUS, .switch_memory_mib = LAB_SWITCH_MIB,
	};
	s->traffic = (struct scenario_traffic){
		.to = 1, .connections = TRAFFIC_CONNECTIONS, .parallel = TRAFFIC_PARALLEL,
		.bytes = TRAFFIC_MIB << 20, .streams = TRAFFIC_STREAMS, .seconds = TRAFFIC_SECONDS,
		.cycles = 10, .flows = 2, .packets = 100, .payload = 64, .attempts = 10,
	};
	return s;
}

/* What of the file is not where its key is in the table. */
static void complete(struct scenario *s, const struct ytree *root)
{
	const struct ytree *name = ytree_member(root, "name");
	char *pins = s->base.bench.pins;
	size_t used = 0;

	s->name_line = name ? name->key->line : 0;
	s->has_variants = ytree_member(root, "variants");
	s->score.given = ytree_member(root, "score");
	if (s->score.given && s->score.better == SCENARIO_BETTER_AUTO)
		s->score.better = scenario_metrics[s->score.metric].better;
	for (size_t i = 0; i < SCENARIO_NODES; i++)
		if (s->placement.qemu[i])
			used += snprintf(pins + used, LAB_PINS_MAX - used, "%s%s=%s", used ? " " : "",
					 scenario_node_names[i], s->placement.qemu[i]);
	for (size_t i = 0; i < 2; i++)
		strcpy(s->variants[i].setup.bench.pins, pins);
	for (size_t i = 0; i < s->matrix.n; i++)
		strcpy(s->matrix.v[i].setup.bench.pins, pins);
}

static void read_root(struct scenario_reader *r, struct ytree *root)
{
	r->root = root;
	if (root->kind != YTREE_MAP) {
		mistakes_add(r->m, root->line, root->column, "this is no scenario, which begins with "
			     "'ovslab-scenario: %d' on a line of its own", SCENARIO_FORMAT);
		return;
	}
	read_map(r, scenario_keys, "scenario", root, (char *)r->s);
	complete(r->s, root);
	if (!r->m->n && !r->rc)
		scenario_check(r);
}

int scenario_read(const char *data, size_t size, struct scenario **ret, struct mistakes *m)
{
	struct scenario_reader r = { .s = scenario_new(), .m = m };
	struct arena tree = { 0 };
	struct ytree *root = NULL;

	*ret = NULL;
	if (!r.s)
		return -ENOMEM;
	r.rc = ytree_read(&tree, data, size, m, &root);
	if (r.rc == 0 && root)
		read_root(&r, root);
	arena_free(&tree);
	mistakes_sort(m);
	if (r.rc == 0 && m->n)
		r.rc = -EINVAL;
	if (r.rc == 0)
		*ret = r.s;
	else
		scenario_free(r.s);
	return r.rc;
}
