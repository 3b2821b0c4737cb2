// SPDX-License-Identifier: GPL-2.0
/*
 * upcalls_json.c - notes of upcalls as a JSON document, and back: docs/schemas/upcalls.json
 */
#include "report/upcalls_json.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "report/flow_json.h"
#include "report/json.h"

#define VALUES_MAX (16 * UPCALL_NOTES_MAX)	/* of JSON in a document */

#define NOTES(name, kind, member) JSON_FIELD(name, kind, struct upcall_notes, member)

static const struct json_field head_fields[] = {
	NOTES("known", JSON_BOOL, known), NOTES("why_not", JSON_TEXT, why_not),
	NOTES("from_ns", JSON_U64, from_ns), NOTES("to_ns", JSON_U64, to_ns),
	NOTES("total", JSON_U64, total), NOTES("actions", JSON_U64, actions),
	NOTES("lost", JSON_U64, lost),
	{ 0 }
};

static const char *const protocol_words[] = { "tcp", "udp", NULL };

static const char *const command_words[] = {
	[UPCALL_UNKNOWN] = "unknown", [UPCALL_MISS] = "miss", [UPCALL_ACTION] = "action", NULL
};

/* A note but its ends, as wide as JSON has it. */
struct row {
	uint64_t seq, bytes, ip_id;
	unsigned int protocol, command;	/* of the words above */
};

#define ROW(name, kind, member) JSON_FIELD(name, kind, struct row, member)

static const struct json_field row_fields[] = {
	{ "protocol", JSON_WORD, offsetof(struct row, protocol), protocol_words },
	ROW("seq", JSON_U64, seq), ROW("payload_bytes", JSON_U64, bytes), ROW("ip_id", JSON_U64, ip_id),
	{ "command", JSON_WORD, offsetof(struct row, command), command_words },
	{ 0 }
};

/* ---- writing ------------------------------------------------------------- */

static json_t *note_of(const struct attribute_mark *m)
{
	const struct row row = {
		.seq = m->seq, .bytes = m->len, .ip_id = m->ip_id,
		.protocol = m->key.proto == IPPROTO_UDP,
		.command = m->command <= UPCALL_ACTION ? m->command : UPCALL_UNKNOWN,
	};
	_cleanup_json_ json_t *obj = json_of(row_fields, &row);

	return obj && flow_json_put(obj, &m->key) == 0 ? take_ptr(obj) : NULL;
}

static int print_notes(FILE *f, const struct upcall_notes *u)
{
	for (size_t i = 0; i < u->n; i++) {
		_cleanup_json_ json_t *obj = note_of(&u->v[i]);

		if (!obj)
			return -ENOMEM;
		fputs(i ? ",\n    " : "\n    ", f);
		if (json_dumpf(obj, f, 0))
			return -EIO;
	}
	return 0;
}

int upcalls_json_write(FILE *f, const char *lab, const struct upcall_notes *u)
{
	_cleanup_json_ json_t *doc = json_document(UPCALLS_SCHEMA);
	_cleanup_free_ char *text = NULL;
	int rc;

	if (json_add(doc, "lab", json_clean(lab)) || json_put(doc, head_fields, u))
		return -ENOMEM;
	text = json_dumps(doc, JSON_INDENT(2));
	if (!text)
		return -ENOMEM;
	fwrite(text, 1, strlen(text) - strlen("\n}"), f);
	fputs(",\n  \"notes\": [", f);
	rc = print_notes(f, u);
	fputs(u->n ? "\n  ]\n}\n" : "]\n}\n", f);
	return rc ?: fflush(f) == EOF || ferror(f) ? -EIO : 0;
}

/* ---- reading ------------------------------------------------------------- */

static int bad(struct err *err, const char *why)
{
	return err_set(err, STATUS_USAGE, EBADMSG, "%s", why);
}

static int read_note(const json_t *obj, struct attribute_mark *ret, struct err *err)
{
	struct row row = { 0 };
	int rc = json_get(obj, "notes", row_fields, &row, err);

	if (rc)
		return rc;
	if (row.seq > UINT32_MAX || row.bytes > UINT32_MAX || row.ip_id > UINT16_MAX)
		return bad(err, "notes: a number is beyond what a header has room for");
	*ret = (struct attribute_mark){
		.key.proto = row.protocol ? IPPROTO_UDP : IPPROTO_TCP, .seq = (uint32_t)row.seq,
		.len = (uint32_t)row.bytes, .offset = ATTRIBUTE_NO_OFFSET,
		.ip_id = (uint16_t)row.ip_id, .command = (uint8_t)row.command,
	};
	return flow_json_get(obj, &ret->key) ? bad(err, "notes: an address or a port is not valid") : 0;
}

static int read_notes(const json_t *doc, struct upcall_notes *u, struct err *err)
{
	const json_t *list = json_member(doc, "upcalls", "notes", JSON_ARRAY, err), *item;
	size_t i;
	int rc = 0;

	if (!list)
		return -EBADMSG;
	if (json_array_size(list) > UPCALL_NOTES_MAX)
		return err_set(err, STATUS_USAGE, EBADMSG, "notes: more than %d", UPCALL_NOTES_MAX);
	u->v = calloc(json_array_size(list) + 1, sizeof(*u->v));
	if (!u->v)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	json_array_foreach(list, i, item)
		rc = rc ?: read_note(item, &u->v[u->n++], err);
	return rc;
}

static int read_document(const json_t *doc, struct upcall_notes *u, struct err *err)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));

	if (!schema || strcmp(schema, UPCALLS_SCHEMA))
		return bad(err, "'schema' is not '" UPCALLS_SCHEMA "'");
	return json_get(doc, "upcalls", head_fields, u, err) ?: read_notes(doc, u, err) ?:
	       u->known && (u->lost || u->from_ns > u->to_ns) ?
	       bad(err, "'known', but some are lost, or it ends before it begins") : 0;
}

/* About as many as it makes in memory, where each takes many times its text. */
static size_t values_in(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == ',' || text[i] == '{' || text[i] == '[';
	return n;
}

static int check_size(const char *text, size_t len, struct err *err)
{
	if (!len)
		return bad(err, "it is empty");
	if (len > UPCALLS_MAX_BYTES)
		return err_set(err, STATUS_USAGE, EFBIG, "longer than %d bytes", UPCALLS_MAX_BYTES);
	if (values_in(text, len) > VALUES_MAX)
		return err_set(err, STATUS_USAGE, EFBIG, "it holds more than %d upcalls", UPCALL_NOTES_MAX);
	return 0;
}

int upcalls_json_read(const char *text, size_t len, struct upcall_notes *ret, struct err *err)
{
	_cleanup_json_ json_t *doc = NULL;
	struct upcall_notes u = { 0 };
	int rc = check_size(text, len, err) ?: json_load_text(text, len, &doc, err) ?:
		 read_document(doc, &u, err);

	if (rc)
		upcall_notes_free(&u);
	else
		*ret = u;
	return rc;
}
