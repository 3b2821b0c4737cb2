// SPDX-License-Identifier: GPL-2.0
/*
 * test_upcalls_json.c - notes of upcalls as a document, and documents that are none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "report/json.h"
#include "report/upcalls_json.h"
#include "tests/unit/schema.h"

static struct attribute_mark marks[] = {
	{ .key = { .saddr = { 198, 18, 0, 1 }, .daddr = { 198, 18, 0, 2 }, .sport = 40000, .dport = 9000,
		   .proto = IPPROTO_TCP, .family = 4 },
	  .seq = UINT32_MAX, .len = 512 << 10, .ip_id = UINT16_MAX, .command = UPCALL_MISS,
	  .offset = ATTRIBUTE_NO_OFFSET },
	{ .key = { .saddr = { 0xfd, [15] = 1 }, .daddr = { 0xfd, [15] = 2 }, .sport = 53, .dport = UINT16_MAX,
		   .proto = IPPROTO_UDP, .family = 6 },
	  .len = 1, .command = UPCALL_ACTION, .offset = ATTRIBUTE_NO_OFFSET },
};

static const struct upcall_notes all = {
	.known = true, .from_ns = 1700000000000000001, .to_ns = 1700000001000000001, .total = 2,
	.actions = 1, .v = marks, .n = ARRAY_SIZE(marks),
};

static char *text_of(const struct upcall_notes *u)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_int_equal(upcalls_json_write(f, "a", u), 0);
	fclose(f);
	return text;
}

static json_t *document_of(const struct upcall_notes *u)
{
	_cleanup_json_ json_t *rules = json_load_file("docs/schemas/upcalls.json", 0, NULL);
	_cleanup_free_ char *text = text_of(u);
	json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(doc);
	assert_true(schema_fits(rules, rules, doc, "upcalls"));
	return doc;
}

static int read_text(const char *text, struct upcall_notes *ret, struct err *err)
{
	return upcalls_json_read(text, strlen(text), ret, err);
}

static void test_both_directions(void **state)
{
	_cleanup_free_ char *text = text_of(&all);
	struct upcall_notes back;

	json_decref(document_of(&all));
	assert_int_equal(read_text(text, &back, NULL), 0);
	assert_true(back.known);
	assert_null(back.why_not);
	assert_int_equal(back.n, 2);
	assert_memory_equal(back.v, marks, sizeof(marks));
	assert_int_equal(back.from_ns, all.from_ns);
	assert_int_equal(back.to_ns, all.to_ns);
	assert_int_equal(back.total, 2);
	assert_int_equal(back.actions, 1);
	upcall_notes_free(&back);
	assert_null(back.v);
}

/* Each note is one line: for grep, and for whoever looks at the file. */
static void test_lines(void **state)
{
	_cleanup_free_ char *text = text_of(&all);
	const char *note = strstr(text, "\n    {\"protocol\": \"udp\"");

	assert_non_null(note);
	assert_ptr_equal(strstr(note, "}\n  ]\n}\n"), strchr(note + 1, '\n') - 1);
}

static void test_not_known(void **state)
{
	const struct upcall_notes lost = {
		.why_not = (char *)"5 of 7 upcalls were not noted \033[2J", .total = 7, .lost = 5,
		.v = marks, .n = 2,
	};
	const struct upcall_notes none = { .why_not = (char *)"no tracepoint", .from_ns = 9 };
	_cleanup_free_ char *text = text_of(&lost), *empty = text_of(&none);
	struct upcall_notes back;

	json_decref(document_of(&lost));
	json_decref(document_of(&none));
	assert_int_equal(read_text(text, &back, NULL), 0);
	assert_false(back.known);
	assert_string_equal(back.why_not, "5 of 7 upcalls were not noted ?[2J");
	assert_int_equal(back.lost, 5);
	upcall_notes_free(&back);
	assert_int_equal(read_text(empty, &back, NULL), 0);
	assert_int_equal(back.n, 0);
	upcall_notes_free(&back);
}

/* ---- strangers --------------------------------------------------------------- */

struct spoil {
	const char *member;		/* of the document, or of its first note */
	bool of_note;
	const char *value;		/* NULL removes it */
	const char *says;
};

static const struct spoil spoils[] = {
	{ "schema", false, "\"ovslab.upcalls/2\"", "schema" },
	{ "schema", false, NULL, "schema" },
	{ "known", false, "1", "known" },
	{ "known", false, NULL, "known" },
	{ "why_not", false, "\"\\u001b\"", "why_not" },
	{ "from_ns", false, "-1", "from_ns" },
	{ "to_ns", false, "\"x\"", "to_ns" },
	{ "to_ns", false, "1", "before it begins" },
	{ "lost", false, "3", "lost" },
	{ "total", false, NULL, "total" },
	{ "notes", false, NULL, "notes" },
	{ "notes", false, "{}", "notes" },
	{ "notes", false, "[7]", "notes" },
	{ "protocol", true, "\"icmp\"", "protocol" },
	{ "protocol", true, NULL, "protocol" },
	{ "command", true, "3", "command" },
	{ "seq", true, "4294967296", "beyond" },
	{ "payload_bytes", true, "4294967296", "beyond" },
	{ "ip_id", true, "65536", "beyond" },
	{ "ip_id", true, "null", "ip_id" },
	{ "source", true, "\"fd00::1\"", "address" },
	{ "source", true, "\"198.18.0\"", "address" },
	{ "source", true, "7", "address" },
	{ "destination", true, NULL, "address" },
	{ "source_port", true, "65536", "port" },
	{ "destination_port", true, "-1", "port" },
};

static void test_spoilt(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		const struct spoil *s = &spoils[i];
		_cleanup_json_ json_t *doc = document_of(&all);
		json_t *obj = s->of_note ? json_array_get(json_object_get(doc, "notes"), 0) : doc;
		_cleanup_free_ char *text = NULL;
		struct upcall_notes u = { .total = 77 };
		struct err err = { 0 };

		if (s->value)
			assert_int_equal(json_object_set_new(obj, s->member, json_loads(s->value, JSON_DECODE_ANY,
										       NULL)), 0);
		else
			assert_int_equal(json_object_del(obj, s->member), 0);
		text = json_dumps(doc, 0);
		assert_int_equal(read_text(text, &u, &err), -EBADMSG);
		if (!strstr(err.msg, s->says))
			fail_msg("%s: %s", s->member, err.msg);
		assert_int_equal(u.total, 77);
		err_reset(&err);
	}
}

static void test_too_many(void **state)
{
	_cleanup_json_ json_t *doc = document_of(&all);
	json_t *list = json_object_get(doc, "notes"), *one = json_array_get(list, 0);
	_cleanup_free_ char *most = NULL, *more = NULL;
	struct upcall_notes u;

	while (json_array_size(list) < UPCALL_NOTES_MAX)
		assert_int_equal(json_array_append(list, one), 0);
	most = json_dumps(doc, 0);
	assert_int_equal(read_text(most, &u, NULL), 0);
	assert_int_equal(u.n, UPCALL_NOTES_MAX);
	upcall_notes_free(&u);
	assert_int_equal(json_array_append(list, one), 0);
	more = json_dumps(doc, 0);
	assert_int_equal(read_text(more, &u, NULL), -EBADMSG);
}

static void test_too_long(void **state)
{
	_cleanup_free_ char *text = malloc(UPCALLS_MAX_BYTES + 2);
	struct upcall_notes u;

	assert_non_null(text);
	memset(text, ' ', UPCALLS_MAX_BYTES + 1);
	text[UPCALLS_MAX_BYTES + 1] = '\0';
	assert_int_equal(read_text(text, &u, NULL), -EFBIG);
	text[10] = '\0';
	assert_int_equal(read_text(text, &u, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_directions),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
