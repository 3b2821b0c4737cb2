// SPDX-License-Identifier: GPL-2.0
/*
 * test_nearest.c - edit distances and suggestions
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/nearest.h"
#include "core/util.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "", 3 },
		{ "ratio", "ratio", 0 },
		{ "Ratio", "rATIO", 0 },
		{ "ration", "ratio", 1 },	/* insertion */
		{ "rato", "ratio", 1 },		/* deletion */
		{ "ratia", "ratio", 1 },	/* substitution */
		{ "raito", "ratio", 1 },	/* swap of neighbours */
		{ "dwon", "down", 1 },
		{ "ca", "abc", 3 },		/* no part is edited twice */
		{ "kitten", "sitting", 3 },
		{ "abcdef", "badcfe", 3 },	/* three swaps */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(nearest_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(nearest_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
}

static void test_long_words_stay_in_bounds(void **state)
{
	char a[300], b[300];

	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
	assert_int_equal(nearest_distance(a, b), 63);
	assert_int_equal(nearest_distance(a, ""), 63);
	assert_int_equal(nearest_distance(a, a), 0);
}

static const char *suggest(const char *word)
{
	static const char *const words[] = { "up", "down", "measure", "inject", "ls", "exec" };
	struct nearest n = { .word = word };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		nearest_offer(&n, words[i]);
	return n.best;
}

static void test_suggestions(void **state)
{
	assert_string_equal(suggest("mesaure"), "measure");
	assert_string_equal(suggest("upp"), "up");
	assert_string_equal(suggest("dwon"), "down");
	assert_string_equal(suggest("INJECT"), "inject");
	assert_string_equal(suggest("inj"), "inject");	/* its beginning */
	assert_string_equal(suggest("me"), "measure");
}

static void test_nothing_near(void **state)
{
	assert_null(suggest("frobnicate"));
	assert_null(suggest("x"));
	assert_null(suggest(""));
	assert_null(suggest("m"));			/* too short to tell */
}

static void test_nearest_wins_and_first_of_equals(void **state)
{
	struct nearest n = { .word = "clear" };

	nearest_offer(&n, "clean");
	assert_string_equal(n.best, "clean");
	nearest_offer(&n, "cleat");			/* as near: the first stays */
	assert_string_equal(n.best, "clean");
	nearest_offer(&n, "clear");
	assert_string_equal(n.best, "clear");
	assert_int_equal(n.distance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_long_words_stay_in_bounds),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_nothing_near),
		cmocka_unit_test(test_nearest_wins_and_first_of_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
