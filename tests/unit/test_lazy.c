// SPDX-License-Identifier: GPL-2.0
/*
 * test_lazy.c - libraries that are loaded late: whole, in part, not at all
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "host/lazy.h"

static struct {
	LAZY_MEMBER(zlibVersion)
} z;

static const struct lazy_call calls[] = { { "zlibVersion", &z.zlibVersion }, { 0 } };

static void expect_missing(struct lazy_library *lib, const char *why)
{
	struct err err = { 0 };

	assert_int_equal(lazy_load(lib, &err), -ENOENT);
	assert_null(lib->handle);
	assert_int_equal(err.status, STATUS_HOST);
	assert_non_null(strstr(err.msg, lib->title));
	assert_non_null(strstr(err.msg, why));
	assert_non_null(strstr(err.hint, lib->package));
	err_reset(&err);
}

/* The second name is tried as well; and once is enough. */
static void test_load(void **state)
{
	struct lazy_library lib = { .title = "zlib", .package = "zlib1g", .calls = calls,
				    .files = { "libz.so.none", "libz.so.1" } };

	z.zlibVersion = NULL;
	assert_int_equal(lazy_load(&lib, NULL), 0);
	assert_string_equal(z.zlibVersion(), zlibVersion());
	z.zlibVersion = NULL;
	assert_int_equal(lazy_load(&lib, NULL), 0);
	assert_null(z.zlibVersion);
}

static void test_no_library(void **state)
{
	struct lazy_library lib = { .title = "the library", .package = "a-package", .calls = calls,
				    .files = { "libovslab-none.so.1" } };

	expect_missing(&lib, "libovslab-none.so.1");
}

static void test_no_call(void **state)
{
	static void *slot;
	static const struct lazy_call more[] = { { "zlibVersion", &z.zlibVersion },
						 { "zlibNoSuchCall", &slot }, { 0 } };
	struct lazy_library lib = { .title = "zlib", .package = "zlib1g", .calls = more,
				    .files = { "libz.so.1" } };

	expect_missing(&lib, "zlibNoSuchCall");
	assert_null(slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_no_library),
		cmocka_unit_test(test_no_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
