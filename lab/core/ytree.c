// SPDX-License-Identifier: GPL-2.0
/*
 * ytree.c - a YAML file as a tree of maps, lists and texts, each with its place
 *
 * libyaml knows the syntax; its events are taken one by one, so that a bound ends the
 * reading as soon as it is reached. Its messages are for who knows its grammar: those
 * that are met in practice are told in other words.
 */
#include "core/ytree.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "core/utf8.h"
#include "core/util.h"

struct reader {
	yaml_parser_t yaml;
	const char *data;
	size_t size;
	struct arena *arena;
	struct mistakes *m;
	unsigned int depth, nodes;
	int rc;				/* -ENOMEM; -EBADMSG: the rest cannot be read */
};

/* ---- mistakes ----------------------------------------------------------------------- */

static void wrong_at(struct reader *r, const yaml_mark_t *mark, const char *what)
{
	mistakes_add(r->m, mark->line + 1, mark->column + 1, "%s", what);
}

/* The rest of the file has no meaning. */
static void give_up(struct reader *r, const yaml_mark_t *mark, const char *what)
{
	wrong_at(r, mark, what);
	r->rc = -EBADMSG;
}

/* What libyaml says, and what it means to who wrote the file. */
static const struct meaning {
	const char *says, *means;
	bool began;			/* tell where what has no end began */
} meanings[] = {
	{ "found character that cannot start any token",
	  "no value begins so: indent with blanks, not with tabs, and put the text in quotes", false },
	{ "found a tab character that violates indentation", "a tab: indent with blanks", false },
	{ "mapping values are not allowed",
	  "a ':' where no key can be: put the text in quotes, or correct the line's indentation", false },
	{ "did not find expected key",
	  "this is no key of the map around it: correct its indentation, or close the quotes before it", false },
	{ "did not find expected '-'",
	  "this is no item of the list around it: correct its indentation, or begin it with '- '", false },
	{ "did not find expected ',' or ']'", "a list in [ ] goes on with ',' or ends with ']'", true },
	{ "did not find expected ',' or '}'", "a map in { } goes on with ',' or ends with '}'", true },
	{ "could not find expected ':'", "a key without ': ' and a value after it", false },
	{ "found unexpected end of stream", "the file ends before a quote is closed", true },
	{ "block sequence entries are not allowed", "no list can begin here: put its '-' on a new line", false },
	{ "found undefined tag handle", "a tag ('!...'): remove it, or put the text in quotes", false },
	{ "did not find expected alphabetic or numeric character",
	  "a text that begins with '*' or '&' must be in quotes", false },
	{ "found unknown escape character",
	  "no such escape: in \"...\" write \\\\ for \\, or use '...' for the quotes", false },
};

/* Errors below the syntax come with an offset in bytes. */
static void place_of_offset(const struct reader *r, size_t offset, yaml_mark_t *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < offset && i < r->size; i++) {
		unsigned char c = r->data[i];

		if (c == '\n') {
			ret->line++;
			ret->column = 0;
		} else if ((c & 0xc0) != 0x80) {
			ret->column++;
		}
	}
}

static void tell(struct reader *r, const struct meaning *meaning, const yaml_mark_t *mark)
{
	const yaml_mark_t *began = &r->yaml.context_mark;

	if (meaning->began)
		mistakes_add(r->m, mark->line + 1, mark->column + 1, "%s (it began at %zu:%zu)",
			     meaning->means, began->line + 1, began->column + 1);
	else
		wrong_at(r, mark, meaning->means);
}

static void syntax(struct reader *r)
{
	const char *problem = r->yaml.problem ? r->yaml.problem : "";
	yaml_mark_t mark = r->yaml.problem_mark;

	if (r->yaml.error == YAML_MEMORY_ERROR) {
		r->rc = -ENOMEM;
		return;
	}
	if (r->yaml.error == YAML_READER_ERROR) {
		place_of_offset(r, r->yaml.problem_offset, &mark);
		give_up(r, &mark, "not text in UTF-8, or a control character: save the file as UTF-8");
		return;
	}
	r->rc = -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strstr(problem, meanings[i].says)) {
			tell(r, &meanings[i], &mark);
			return;
		}
	mistakes_add(r->m, mark.line + 1, mark.column + 1, "not YAML: %s", problem);
}

/* Is there another event? It is to be deleted. */
static bool next_event(struct reader *r, yaml_event_t *event)
{
	if (r->rc)
		return false;
	if (yaml_parser_parse(&r->yaml, event))
		return true;
	syntax(r);
	return false;
}

/* ---- nodes -------------------------------------------------------------------------- */

static struct ytree *new_node(struct reader *r, enum ytree_kind kind, const yaml_mark_t *mark)
{
	struct ytree *node;

	if (++r->nodes > YTREE_NODES_MAX) {
		give_up(r, mark, "the file has more values than a scenario can have");
		return NULL;
	}
	node = arena_alloc(r->arena, sizeof(*node));
	if (!node) {
		r->rc = -ENOMEM;
		return NULL;
	}
	node->kind = kind;
	node->text = "";
	node->line = mark->line + 1;
	node->column = mark->column + 1;
	return node;
}

/* Escapes in "..." can make what no text should have: a terminal would obey it. */
static bool has_control(const char *text, size_t len)
{
	uint32_t c;
	int n;

	for (size_t i = 0; i < len; i += n) {
		n = text[i] ? utf8_decode(text + i, &c) : -1;
		if (n < 0 || (utf8_is_control(c) && c != '\n' && c != '\t'))
			return true;
	}
	return false;
}

static struct ytree *read_text(struct reader *r, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	struct ytree *node = new_node(r, YTREE_TEXT, &e->start_mark);

	if (!node)
		return NULL;
	if (has_control(text, e->data.scalar.length)) {
		wrong_at(r, &e->start_mark, "a control character in a text: remove it");
		node->bad = 1;
		return node;
	}
	node->text = arena_copy(r->arena, text, e->data.scalar.length);
	if (!node->text)
		r->rc = -ENOMEM;
	return node;
}

static struct ytree *read_node(struct reader *r, const yaml_event_t *e);

static void read_list(struct reader *r, struct ytree *list)
{
	struct ytree **end = &list->first;
	yaml_event_t e;

	while (next_event(r, &e)) {
		bool last = e.type == YAML_SEQUENCE_END_EVENT;

		if (!last && (*end = read_node(r, &e)))
			end = &(*end)->next;
		yaml_event_delete(&e);
		if (last)
			return;
	}
	list->bad = 1;			/* it has no end */
}

/* Is @key one that @map can get? */
static bool key_is_good(struct reader *r, const struct ytree *map, const struct ytree *key,
			unsigned int n)
{
	const struct ytree *before;

	if (n >= YTREE_KEYS_MAX) {
		if (n == YTREE_KEYS_MAX)
			mistakes_add(r->m, key->line, key->column, "more than %d keys in one map",
				     YTREE_KEYS_MAX);
		return false;
	}
	if (key->bad)
		return false;
	if (key->kind != YTREE_TEXT) {
		mistakes_add(r->m, key->line, key->column, "a key is a word, not a list or a map: "
			     "put a text with [ ] or { } in quotes");
		return false;
	}
	before = ytree_member(map, key->text);
	if (before)
		mistakes_add(r->m, key->line, key->column,
			     "key '%.60s' is here twice, on line %u for the first time: keep one of them",
			     key->text, before->key->line);
	return !before;
}

static void read_map(struct reader *r, struct ytree *map)
{
	struct ytree **end = &map->first, *key = NULL;
	unsigned int n = 0;
	yaml_event_t e;

	while (next_event(r, &e)) {
		bool last = e.type == YAML_MAPPING_END_EVENT;
		struct ytree *node = last ? NULL : read_node(r, &e);

		yaml_event_delete(&e);
		if (last)
			return;
		if (!node)
			continue;
		if (!key) {
			key = node;
			continue;
		}
		node->key = key;
		if (key_is_good(r, map, key, n)) {
			*end = node;
			end = &node->next;
		}
		n++;
		key = NULL;
	}
	map->bad = 1;
}

static void refuse_name(struct reader *r, struct ytree *node, const yaml_event_t *e,
			const void *anchor, const void *tag)
{
	if (!anchor && !tag)
		return;
	wrong_at(r, &e->start_mark, anchor ? "an anchor ('&...'): remove it, and write out what "
		 "it stands for" : "a tag ('!...'): remove it, or put the text in quotes");
	node->bad = 1;
}

static struct ytree *read_inner(struct reader *r, const yaml_event_t *e, enum ytree_kind kind)
{
	struct ytree *node = new_node(r, kind, &e->start_mark);

	if (!node)
		return NULL;
	if (++r->depth > YTREE_DEPTH_MAX)
		give_up(r, &e->start_mark, "lists and maps are nested deeper than in any scenario");
	else if (kind == YTREE_LIST)
		read_list(r, node);
	else
		read_map(r, node);
	r->depth--;
	return node;
}

/* The node that begins with this event, all of it. NULL: r->rc says why. */
static struct ytree *read_node(struct reader *r, const yaml_event_t *e)
{
	struct ytree *node = NULL;

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		node = read_text(r, e);
		if (node)
			refuse_name(r, node, e, e->data.scalar.anchor, e->data.scalar.tag);
		break;
	case YAML_SEQUENCE_START_EVENT:
		node = read_inner(r, e, YTREE_LIST);
		if (node)
			refuse_name(r, node, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		break;
	case YAML_MAPPING_START_EVENT:
		node = read_inner(r, e, YTREE_MAP);
		if (node)
			refuse_name(r, node, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		break;
	case YAML_ALIAS_EVENT:
		node = new_node(r, YTREE_TEXT, &e->start_mark);
		wrong_at(r, &e->start_mark, "an alias ('*...'): write out what it stands for, or put "
			 "the text in quotes");
		if (node)
			node->bad = 1;
		break;
	default:
		r->rc = r->rc ? r->rc : -EBADMSG;
		break;
	}
	return node;
}

/* ---- the file ------------------------------------------------------------------------ */

static struct ytree *read_document(struct reader *r)
{
	struct ytree *root = NULL;
	yaml_event_t e;

	while (next_event(r, &e)) {
		bool last = e.type == YAML_STREAM_END_EVENT;

		if (e.type == YAML_DOCUMENT_START_EVENT && root)
			give_up(r, &e.start_mark, "a second document: a file has one scenario");
		else if (!last && e.type != YAML_STREAM_START_EVENT &&
			 e.type != YAML_DOCUMENT_START_EVENT && e.type != YAML_DOCUMENT_END_EVENT)
			root = read_node(r, &e);
		yaml_event_delete(&e);
		if (last)
			break;
	}
	return root;
}

int ytree_read(struct arena *a, const char *data, size_t size, struct mistakes *m,
	       struct ytree **ret)
{
	struct reader r = { .data = data, .size = size, .arena = a, .m = m };

	*ret = NULL;
	if (size > YTREE_BYTES_MAX) {
		mistakes_add(m, 1, 1, "the file has more than %d bytes", YTREE_BYTES_MAX);
		return 0;
	}
	if (!yaml_parser_initialize(&r.yaml))
		return -ENOMEM;
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)data, size);
	*ret = read_document(&r);
	yaml_parser_delete(&r.yaml);
	if (*ret && r.rc)
		(*ret)->bad = 1;
	if (!*ret && !r.rc)
		mistakes_add(m, 1, 1, "the file is empty: 'ovslab init' writes one to begin with");
	return r.rc == -ENOMEM ? r.rc : 0;
}

struct ytree *ytree_member(const struct ytree *map, const char *key)
{
	if (!map || map->kind != YTREE_MAP)
		return NULL;
	for (struct ytree *node = map->first; node; node = node->next)
		if (strcmp(node->key->text, key) == 0)
			return node;
	return NULL;
}

struct ytree *ytree_item(const struct ytree *list, size_t i)
{
	struct ytree *node = list && list->kind == YTREE_LIST ? list->first : NULL;

	for (; node && i; i--)
		node = node->next;
	return node;
}
