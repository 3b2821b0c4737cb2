// SPDX-License-Identifier: GPL-2.0
/*
 * test_mangle.c - specs of manglers: text to spec to text, and what is refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/mangle.h"
#include "core/util.h"

static int parse(const char *text, struct mangle_spec *ret, struct err *err)
{
	const char *argv[24];
	char copy[256], *save;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return mangle_spec_parse(argc, argv, ret, err);
}

static void defaults(void **state)
{
	struct mangle_spec spec;

	assert_int_equal(parse("psh", &spec, NULL), 0);
	assert_ptr_equal(spec.kind, mangle_kind_find("psh"));
	assert_int_equal(spec.ratio, 10);
	assert_int_equal(spec.hook, MANGLE_TC_EGRESS);
	assert_int_equal(spec.units, MANGLE_UNITS_WIRE);
	assert_false(spec.clear || spec.clear_others);
	assert_int_equal(parse("ttl", &spec, NULL), 0);
	assert_int_equal(spec.hook, MANGLE_XDP);
	assert_int_equal(spec.ratio, 1);
}

static void there_and_back(void **state)
{
	static const char *const texts[] = {
		"psh --ratio 10 --seed 1",
		"psh --ratio 4294967295 --seed 18446744073709551615 --units skb",
		"psh --clear --units skb",
		"psh --ratio 1 --clear-others",
		"ttl --ratio 3 --seed 9",
	};
	struct mangle_spec spec;
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(parse(texts[i], &spec, NULL), 0);
		assert_int_equal(mangle_spec_format(&spec, text, sizeof(text)), 0);
		assert_string_equal(text, texts[i]);
	}
	assert_int_equal(mangle_spec_format(&spec, text, 10), -ENOSPC);
}

static void equals_sign(void **state)
{
	struct mangle_spec spec;

	assert_int_equal(parse("psh --ratio=7 --units=skb", &spec, NULL), 0);
	assert_int_equal(spec.ratio, 7);
	assert_int_equal(spec.units, MANGLE_UNITS_SKB);
}

static void refusals(void **state)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "", "which kind" },
		{ "pshh", "no mangler 'pshh'" },
		{ "psh --ratio 0", "at least 1" },
		{ "psh --ratio ten", "'ten' is not a whole number" },
		{ "psh --ratio 10x", "'10x' is not a whole number" },
		{ "psh --ratio -1", "'-1' is not a whole number" },
		{ "psh --ratio=", "'' is not a whole number" },
		{ "psh --ratio 4294967296", "more than 4294967295" },
		{ "psh --seed 18446744073709551616", "more than 18446744073709551615" },
		{ "psh --ratio", "needs a value" },
		{ "psh --clear --clear-others", "excludes --clear-others" },
		{ "psh --clear=1", "takes no value" },
		{ "psh --units bytes", "neither wire nor skb" },
		{ "psh --hook xdp", "cannot sit at xdp" },
		{ "psh --hook nowhere", "neither tc-egress nor xdp" },
		{ "psh --rati 3", "unknown option '--rati'" },
		{ "ttl --clear", "has no --clear" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mangle_spec spec = { .ratio = 99 };
		struct err err = { 0 };

		assert_int_equal(parse(rows[i].text, &spec, &err), -EINVAL);
		assert_int_equal(err.status, STATUS_USAGE);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("'%s': '%s' lacks '%s'", rows[i].text, err.msg,
				 rows[i].says);
		assert_int_equal(spec.ratio, 99);	/* untouched */
		err_reset(&err);
	}
}

static void table(void **state)
{
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++) {
		struct mangle_spec spec = mangle_spec_default(kind);

		assert_int_equal(mangle_spec_check(&spec, NULL), 0);
		assert_ptr_equal(mangle_kind_find(kind->name), kind);
		assert_non_null(kind->summary);
		assert_non_null(strchr(kind->default_place, ':'));
	}
	assert_null(mangle_kind_find("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(equals_sign),
		cmocka_unit_test(refusals),
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
