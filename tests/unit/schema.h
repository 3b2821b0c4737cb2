/* SPDX-License-Identifier: GPL-2.0 */
/*
 * schema.h - does a document fit its JSON Schema? The part of draft 2020-12 that
 * docs/schemas/ uses: type, enum, const, required, properties,
 * additionalProperties (as a schema), items, minimum, maximum, maxItems and $ref
 * into $defs. A keyword that is not known here is a mistake, not ignored.
 */
#ifndef OVSLAB_TESTS_SCHEMA_H
#define OVSLAB_TESTS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static inline bool schema_type_is(const char *name, const json_t *v)
{
	if (!strcmp(name, "object"))
		return json_is_object(v);
	if (!strcmp(name, "array"))
		return json_is_array(v);
	if (!strcmp(name, "string"))
		return json_is_string(v);
	if (!strcmp(name, "integer"))
		return json_is_integer(v);
	if (!strcmp(name, "number"))
		return json_is_number(v);
	if (!strcmp(name, "boolean"))
		return json_is_boolean(v);
	return !strcmp(name, "null") && json_is_null(v);
}

static inline bool schema_type_ok(const json_t *type, const json_t *v)
{
	const json_t *t;
	size_t i;

	if (json_is_string(type))
		return schema_type_is(json_string_value(type), v);
	json_array_foreach(type, i, t)
		if (schema_type_is(json_string_value(t), v))
			return true;
	return false;
}

static inline bool schema_enum_ok(const json_t *words, const json_t *v)
{
	const json_t *w;
	size_t i;

	json_array_foreach(words, i, w)
		if (json_equal(w, v))
			return true;
	return false;
}

static inline bool schema_required_ok(const json_t *names, const json_t *v)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
		if (!json_object_get(v, json_string_value(name)))
			return false;
	return true;
}

/* One keyword that looks at the value alone. Return: 0 bad, 1 good, -1 not one. */
static inline int schema_plain(const char *key, const json_t *rule, const json_t *v)
{
	static const char *const said[] = { "title", "description", "default", "$schema", "$defs",
					    "properties", "additionalProperties",
					    "items", "$ref" };

	if (!strcmp(key, "type"))
		return schema_type_ok(rule, v);
	if (!strcmp(key, "enum"))
		return schema_enum_ok(rule, v);
	if (!strcmp(key, "const"))
		return json_equal(rule, v);
	if (!strcmp(key, "required"))
		return !json_is_object(v) || schema_required_ok(rule, v);
	if (!strcmp(key, "minimum"))
		return !json_is_number(v) ||
		       json_number_value(v) >= json_number_value(rule);
	if (!strcmp(key, "maximum"))
		return !json_is_number(v) ||
		       json_number_value(v) <= json_number_value(rule);
	if (!strcmp(key, "maxItems"))
		return json_array_size(v) <= (size_t)json_integer_value(rule);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (!strcmp(key, said[i]))
			return 1;
	return -1;
}

static inline bool schema_fits(const json_t *root, const json_t *schema, const json_t *v,
			       const char *where);

static inline bool schema_members_fit(const json_t *root, const json_t *schema,
				      const json_t *v)
{
	const json_t *props = json_object_get(schema, "properties");
	const json_t *rest = json_object_get(schema, "additionalProperties");
	const char *name;
	json_t *m;

	json_object_foreach((json_t *)v, name, m) {
		const json_t *rule = json_object_get(props, name);

		rule = rule ? rule : rest;
		if (!rule) {
			fprintf(stderr, "'%s' is not in the schema\n", name);
			return false;
		}
		if (!schema_fits(root, rule, m, name))
			return false;
	}
	return true;
}

static inline bool schema_items_fit(const json_t *root, const json_t *schema,
				    const json_t *v, const char *where)
{
	const json_t *rule = json_object_get(schema, "items"), *item;
	size_t i;

	json_array_foreach(v, i, item)
		if (rule && !schema_fits(root, rule, item, where))
			return false;
	return true;
}

/** schema_fits() - whether @v fits @schema; what does not is told on stderr */
static inline bool schema_fits(const json_t *root, const json_t *schema, const json_t *v,
			       const char *where)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref")), *key;
	json_t *rule;

	if (ref && !strncmp(ref, "#/$defs/", 8))
		return schema_fits(root, json_object_get(json_object_get(root, "$defs"),
							 ref + 8), v, where);
	if (!json_is_object(schema)) {
		fprintf(stderr, "%s: no schema\n", where);
		return false;
	}
	json_object_foreach((json_t *)schema, key, rule) {
		int ok = schema_plain(key, rule, v);

		if (ok == 1)
			continue;
		fprintf(stderr, "%s: %s '%s'\n", where,
			ok ? "unknown keyword" : "does not fit", key);
		return false;
	}
	return (!json_is_object(v) || schema_members_fit(root, schema, v)) &&
	       (!json_is_array(v) || schema_items_fit(root, schema, v, where));
}

#endif
