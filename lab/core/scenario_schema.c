// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_schema.c - the table of keys as JSON Schema, for editors
 *
 * It knows single values. What goes together is told by 'ovslab lint' only.
 */
#include "core/scenario_parts.h"

#include <string.h>

#include "core/util.h"

static json_t *schema_of(const struct scenario_key *key, const char *in);

static json_t *words(const char *const *names)
{
	json_t *list = json_array();

	for (; *names; names++)
		json_array_append_new(list, json_string(*names));
	return list;
}

static json_t *metrics(void)
{
	json_t *list = json_array();

	for (const struct scenario_metric *m = scenario_metrics; m->name; m++)
		json_array_append_new(list, json_string(m->name));
	return list;
}

static json_t *map_schema(const struct scenario_key *keys, const char *in)
{
	json_t *properties = json_object(), *required = json_array();

	for (; keys->name; keys++) {
		json_object_set_new(properties, keys->name, schema_of(keys, in));
		if (keys->flags & SC_REQUIRED)
			json_array_append_new(required, json_string(keys->name));
	}
	return json_pack("{s:s,s:o,s:o,s:b}", "type", "object", "required", required, "properties",
			 properties, "additionalProperties", 0);
}

static json_t *item_schema(const struct scenario_key *key)
{
	struct scenario_key item = { .name = key->name, .type = key->item, .choices = key->choices };

	return key->sub ? map_schema(key->sub, NULL) : schema_of(&item, NULL);
}

static json_t *number_schema(const struct scenario_key *key)
{
	json_t *schema = json_pack("{s:s,s:I}", "type", "integer", "minimum", (json_int_t)key->min);

	if (key->max)
		json_object_set_new(schema, "maximum", json_integer(key->max));
	return schema;
}

static json_t *source_schema(void)
{
	json_t *list = words(lab_suites);
	char name[40];

	for (const char *const *suite = lab_suites; *suite; suite++) {
		snprintf(name, sizeof(name), "debian:%s", *suite);
		json_array_append_new(list, json_string(name));
	}
	json_array_append_new(list, json_string(SCENARIO_OWN));
	return json_pack("{s:o}", "enum", list);
}

static json_t *value_schema(const struct scenario_key *key, const char *in)
{
	switch (key->type == SC_SETTING ? key->item : key->type) {
	case SC_MAP:
		return map_schema(key->sub, in && !(key->flags & SC_CELL) ? in + key->offset : NULL);
	case SC_LIST:
		return json_pack("{s:s,s:I,s:o}", "type", "array", "maxItems", (json_int_t)key->max,
				 "items", item_schema(key));
	case SC_NAMED:
		return json_pack("{s:s,s:o}", "type", "object", "additionalProperties", item_schema(key));
	case SC_CHOICE:
		return json_pack("{s:o}", "enum", words(key->choices));
	case SC_METRIC:
		return json_pack("{s:o}", "enum", metrics());
	case SC_UINT:
	case SC_CPU:
		return number_schema(key);
	case SC_SUITE:
		return source_schema();
	case SC_NAME:
		return json_pack("{s:s,s:s}", "type", "string", "pattern", "^[a-z0-9][a-z0-9-]*$");
	case SC_SIZE:
	case SC_MIB:
	case SC_SECONDS:
	case SC_BOUND:
	case SC_CPUS:
		return json_pack("{s:[s,s]}", "type", key->type == SC_BOUND ? "number" : "integer", "string");
	default:
		return json_pack("{s:s}", "type", "string");
	}
}

/* Choices that look like numbers to an editor are given as such too. */
static void add_number_words(json_t *schema)
{
	json_t *list = json_object_get(schema, "enum"), *word;
	size_t i, n = json_array_size(list);

	json_array_foreach(list, i, word) {
		const char *text = json_string_value(word);

		if (i >= n)
			break;
		if (strspn(text, "0123456789") == strlen(text))
			json_array_append_new(list, json_integer(atoi(text)));
		else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			json_array_append_new(list, json_boolean(*text == 't'));
	}
}

/* @in: the struct of the key's map, with what holds if the key is not there; or NULL */
static json_t *schema_of(const struct scenario_key *key, const char *in)
{
	json_t *schema = value_schema(key, in);
	char text[40];

	add_number_words(schema);
	if (key->help)
		json_object_set_new(schema, "description", json_string(key->help));
	if (*scenario_default(key, in, text, sizeof(text)))
		json_object_set_new(schema, "default", strspn(text, "0123456789") == strlen(text) ?
				    json_integer(atoll(text)) : json_string(text));
	return schema;
}

json_t *scenario_schema(void)
{
	struct scenario *defaults = scenario_new();
	json_t *schema = defaults ? map_schema(scenario_keys, (const char *)defaults) : NULL;
	json_t *head = json_pack("{s:s,s:s,s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema",
				 "title", "ovslab scenario", "description",
				 "A scenario file of ovslab, as YAML. Made by 'ovslab lint --schema'; "
				 "'ovslab lint FILE' also tells what does not go together.");

	if (!schema || !head || json_object_update(head, schema) < 0) {
		json_decref(head);
		head = NULL;
	}
	json_decref(schema);
	scenario_free(defaults);
	return head;
}
