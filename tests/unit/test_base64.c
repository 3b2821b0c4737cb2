// SPDX-License-Identifier: GPL-2.0
/*
 * test_base64.c - RFC 4648: its vectors, what is not base64, both directions
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base64.h"
#include "core/util.h"

static void test_vectors(void **state)
{
	/* RFC 4648 section 10 */
	static const char *const rows[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff", "+/8=" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = base64_encode(rows[i][0], strlen(rows[i][0]));
		_cleanup_free_ char *data = NULL;
		size_t len = 99;

		assert_string_equal(text, rows[i][1]);
		assert_int_equal(base64_decode(rows[i][1], &data, &len), 0);
		assert_int_equal(len, strlen(rows[i][0]));
		assert_string_equal(data, rows[i][0]);
	}
}

static void test_spoiled(void **state)
{
	static const char *const rows[] = {
		"Z", "Zg", "Zg=", "Z===", "====", "=", "Zg==Zg==", "Zm=v", "Zm9v\n", "Zm9 ", "Zm9-",
		"Zm9_", "Zm9\xff", "\xff\xff\xff\xff",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char untouched, *data = &untouched;
		size_t len = 99;

		if (base64_decode(rows[i], &data, &len) != -EBADMSG)
			fail_msg("'%s' passed", rows[i]);
		assert_ptr_equal(data, &untouched);
		assert_int_equal(len, 99);
	}
}

/* Every byte value at every length: also NUL, which ends no data. */
static void test_both_ways(void **state)
{
	uint8_t data[259];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(data); len++) {
		_cleanup_free_ char *text = base64_encode(data, len), *back = NULL;
		size_t back_len;

		assert_int_equal(strlen(text), (len + 2) / 3 * 4);
		assert_int_equal(base64_decode(text, &back, &back_len), 0);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, data, len);
		assert_int_equal(back[len], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
