// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - structs to JSON objects and back, by tables of fields
 */
#include "report/json.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "core/util.h"

json_t *json_document(const char *schema)
{
	_cleanup_json_ json_t *doc = json_object();

	if (!doc || json_object_set_new(doc, "schema", json_string(schema)))
		return NULL;
	return take_ptr(doc);
}

bool json_text_ok(const char *text)
{
	while (*text) {
		uint32_t c;
		int n = utf8_decode(text, &c);

		if (n < 0 || (utf8_is_control(c) && c != '\n' && c != '\t'))
			return false;
		text += n;
	}
	return true;
}

json_t *json_clean(const char *text)
{
	_cleanup_free_ char *copy = NULL;
	size_t at = 0;

	if (!text)
		return json_null();
	copy = strdup(text);
	while (copy && copy[at]) {
		uint32_t c;
		int n = utf8_decode(copy + at, &c);

		if (n < 0 || (utf8_is_control(c) && c != '\n' && c != '\t')) {
			memset(copy + at, '?', n < 0 ? 1 : (size_t)n);
			n = 1;
		}
		at += (size_t)n;
	}
	return copy ? json_string(copy) : NULL;
}

/* ---- writing ------------------------------------------------------------- */

static json_t *value_of(const struct json_field *f, const void *base)
{
	const void *p = (const char *)base + f->offset;
	uint64_t u;

	switch (f->kind) {
	case JSON_U64:
		u = *(const uint64_t *)p;
		return json_integer(u < INT64_MAX ? (json_int_t)u : INT64_MAX);
	case JSON_DOUBLE:
		return json_real(isfinite(*(const double *)p) ? *(const double *)p : 0);
	case JSON_BOOL:
		return json_boolean(*(const bool *)p);
	case JSON_TEXT:
		return json_clean(*(char *const *)p);
	case JSON_WORD:
		return json_string(f->words[*(const unsigned int *)p]);
	}
	return NULL;
}

int json_put(json_t *obj, const struct json_field *fields, const void *base)
{
	for (const struct json_field *f = fields; f->name; f++)
		if (json_object_set_new(obj, f->name, value_of(f, base)))
			return -ENOMEM;
	return 0;
}

json_t *json_of(const struct json_field *fields, const void *base)
{
	_cleanup_json_ json_t *obj = json_object();

	return obj && !json_put(obj, fields, base) ? take_ptr(obj) : NULL;
}

int json_add(json_t *obj, const char *name, json_t *value)
{
	if (!obj) {
		json_decref(value);
		return -ENOMEM;
	}
	return json_object_set_new(obj, name, value) ? -ENOMEM : 0;
}

/* ---- reading ------------------------------------------------------------- */

static const char *type_name(json_type type)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string", [JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a number", [JSON_TRUE] = "true", [JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return names[type];
}

const json_t *json_member(const json_t *obj, const char *where, const char *name,
			  json_type type, struct err *err)
{
	const json_t *m = json_object_get(obj, name);

	if (m && json_typeof(m) == type)
		return m;
	err_set(err, STATUS_USAGE, EBADMSG, m ? "%s: '%s' must be %s" :
		"%s: member '%s' is missing (%s)", where, name, type_name(type));
	return NULL;
}

static int read_text(const json_t *m, char **ret)
{
	char *copy;

	if (json_is_null(m))
		return 0;
	if (!json_is_string(m) || json_string_length(m) > JSON_TEXT_MAX ||
	    strlen(json_string_value(m)) != json_string_length(m) ||
	    !json_text_ok(json_string_value(m)))
		return -EBADMSG;
	copy = strdup(json_string_value(m));
	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int read_word(const json_t *m, const char *const *words, unsigned int *ret)
{
	for (unsigned int i = 0; json_is_string(m) && words[i]; i++) {
		if (strcmp(words[i], json_string_value(m)))
			continue;
		*ret = i;
		return 0;
	}
	return -EBADMSG;
}

static int read_value(const struct json_field *f, const json_t *m, void *base)
{
	void *p = (char *)base + f->offset;

	switch (f->kind) {
	case JSON_U64:
		if (!json_is_integer(m) || json_integer_value(m) < 0)
			return -EBADMSG;
		*(uint64_t *)p = (uint64_t)json_integer_value(m);
		return 0;
	case JSON_DOUBLE:
		if (!json_is_number(m) || !(json_number_value(m) >= 0))
			return -EBADMSG;
		*(double *)p = json_number_value(m);
		return 0;
	case JSON_BOOL:
		if (!json_is_boolean(m))
			return -EBADMSG;
		*(bool *)p = json_is_true(m);
		return 0;
	case JSON_TEXT:
		return read_text(m, p);
	case JSON_WORD:
		return read_word(m, f->words, p);
	}
	return -EBADMSG;
}

static const char *wanted(enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_U64] = "an integer >= 0", [JSON_DOUBLE] = "a number >= 0",
		[JSON_BOOL] = "true or false",
		[JSON_TEXT] = "null, or a string without control characters",
		[JSON_WORD] = "one of the words that the schema lists",
	};

	return names[kind];
}

int json_get(const json_t *obj, const char *where, const struct json_field *fields,
	     void *base, struct err *err)
{
	for (const struct json_field *f = fields; f->name; f++) {
		const json_t *m = json_object_get(obj, f->name);
		int rc = m ? read_value(f, m, base) : -EBADMSG;

		if (rc == -EBADMSG)
			return err_set(err, STATUS_USAGE, EBADMSG,
				       m ? "%s: '%s' must be %s" :
				       "%s: member '%s' is missing (%s)", where,
				       f->name, wanted(f->kind));
		if (rc)
			return err_set(err, STATUS_BENCH, rc, "out of memory");
	}
	return 0;
}

/* Read at most @max bytes; one more than that is an error. */
static int slurp(FILE *f, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0, room = 0;

	while (!feof(f)) {
		if (len == room) {
			char *more = realloc(text, room = room ? 2 * room : 65536);

			if (!more)
				return -ENOMEM;
			text = more;
		}
		len += fread(text + len, 1, room - len, f);
		if (ferror(f))
			return -EIO;
		if (len > max)
			return -EFBIG;
	}
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

int json_load_text(const char *text, size_t len, json_t **ret, struct err *err)
{
	json_error_t mistake;
	json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &mistake);

	if (!doc)
		return err_set(err, STATUS_USAGE, EBADMSG, "not JSON: line %d: %s",
			       mistake.line, json_text_ok(mistake.text) ?
			       mistake.text : "bad character");
	*ret = doc;
	return 0;
}

int json_load_limited(FILE *f, size_t max_bytes, json_t **ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int rc = slurp(f, max_bytes, &text, &len);

	if (rc == -EFBIG)
		return err_set(err, STATUS_USAGE, rc, "longer than %zu bytes", max_bytes);
	if (rc)
		return err_set(err, STATUS_BENCH, rc, "cannot read: %s", strerror(-rc));
	return json_load_text(text, len, ret, err);
}

int json_print(FILE *f, const json_t *doc)
{
	if (json_dumpf(doc, f, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) ||
	    fputc('\n', f) == EOF || fflush(f) == EOF)
		return -EIO;
	return 0;
}
