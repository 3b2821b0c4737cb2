/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json.h - structs to JSON objects and back, by tables of fields
 *
 * One table describes an object in both directions. Texts are made valid UTF-8
 * without control characters when written, and must be so when read: documents
 * come from strangers and end up on terminals.
 */
#ifndef OVSLAB_REPORT_JSON_H
#define OVSLAB_REPORT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"

/* The type of the member at json_field.offset. */
enum json_kind {
	JSON_U64,			/* uint64_t */
	JSON_DOUBLE,			/* double, finite and >= 0 */
	JSON_BOOL,			/* bool */
	JSON_TEXT,			/* char *, owned; null <-> NULL */
	JSON_WORD,			/* an enum; .words names its values */
};

struct json_field {
	const char *name;		/* NULL ends a table */
	enum json_kind kind;
	size_t offset;
	const char *const *words;	/* JSON_WORD: NULL-terminated */
};

#define JSON_FIELD(name, kind, type, member) \
	{ name, kind, offsetof(type, member), NULL }

#define JSON_TEXT_MAX 65536		/* bytes of one text that is read */

/** json_document() - an object whose first member is "schema": @schema */
json_t *json_document(const char *schema);

/** json_clean() - @text as a JSON string, null for NULL; bad bytes become '?' */
json_t *json_clean(const char *text);

/**
 * json_put() - add the members of a table to an object
 * @base:	the struct that the table's offsets refer to
 *
 * Return: 0, or -ENOMEM.
 */
int json_put(json_t *obj, const struct json_field *fields, const void *base);

/** json_of() - an object of the members of a table; NULL without memory */
json_t *json_of(const struct json_field *fields, const void *base);

/**
 * json_add() - add a member to an object
 * @obj:	NULL where it could not be made, like @value, which is given away
 *
 * Return: 0, or -ENOMEM.
 */
int json_add(json_t *obj, const char *name, json_t *value);

/**
 * json_get() - read the members of a table; each is required
 * @where:	what @obj is, for messages: "reorder"
 *
 * Return: 0; -EBADMSG if a member is missing, of the wrong type or out of range;
 * -ENOMEM.
 */
int json_get(const json_t *obj, const char *where, const struct json_field *fields,
	     void *base, struct err *err);

/** json_member() - a required member of a type (@what names it: "an array") */
const json_t *json_member(const json_t *obj, const char *where, const char *name,
			  json_type type, struct err *err);

/** json_text_ok() - valid for a terminal: no control characters but \n and \t */
bool json_text_ok(const char *text);

/**
 * json_load_text() - parse one document
 * @text:	[@len]; no terminating null
 *
 * Return: 0; -EBADMSG if it is no JSON or has a member twice (STATUS_USAGE).
 */
int json_load_text(const char *text, size_t len, json_t **ret, struct err *err);

/**
 * json_load_limited() - parse one document
 * @max_bytes:	longer ones are refused
 *
 * Return: 0; -EBADMSG with the line of the mistake; -EFBIG; -ENOMEM; -EIO.
 */
int json_load_limited(FILE *f, size_t max_bytes, json_t **ret, struct err *err);

/** json_print() - the document, indented, and a newline. Return: 0 or -EIO. */
int json_print(FILE *f, const json_t *doc);

static inline void cleanup_decrefp(json_t **j)
{
	json_decref(*j);
}

#define _cleanup_json_ __attribute__((cleanup(cleanup_decrefp)))

#endif
