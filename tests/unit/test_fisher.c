// SPDX-License-Identifier: GPL-2.0
/*
 * test_fisher.c - Fisher's exact test, against published tables and whole numbers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "core/fisher.h"
#include "core/util.h"

static void assert_near(double is, double expected, double relative)
{
	if (!(fabs(is - expected) <= relative * expected + 1e-300))
		fail_msg("%.15g is not %.15g", is, expected);
}

/*
 * The lady tasting tea; then the example of most textbooks; the others from exact
 * fractions.
 */
static void vectors(void **state)
{
	static const struct { struct fisher_table t; double two_sided, greater; } rows[] = {
		{ { 3, 1, 1, 3 }, 0.485714285714, 0.242857142857 },
		{ { 1, 9, 11, 3 }, 0.00275945618522, 0.999966348095 },
		{ { 100, 2900, 200, 26800 }, 1.50512970417e-28, 1.50512970417e-28 },
		{ { 200, 26800, 100, 2900 }, 1.50512970417e-28, 1 },
		{ { 39, 81, 3, 27997 }, 4.15246151973e-92, 4.15246151973e-92 },
		{ { 0, 10, 5, 85 }, 1, 1 },
		{ { 10, 0, 0, 10 }, 1.08250882245e-05, 5.41254411223e-06 },
		{ { 2, 1000, 30, 15000 }, 1, 0.602990240916 },
		{ { 7, 12, 9, 4 }, 0.148883622705, 0.985495961697 },
		{ { 1500, 1500, 13500, 13500 }, 1, 0.50767700088 },
		{ { 1450, 1550, 13550, 13450 }, 0.0567321462792, 0.97404429065 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fisher f = fisher_exact(&rows[i].t);

		assert_near(f.two_sided, rows[i].two_sided, 1e-8);
		assert_near(f.greater, rows[i].greater, 1e-8);
	}
}

static void empty_margins(void **state)
{
	static const struct fisher_table rows[] = {
		{ 0, 0, 0, 0 }, { 0, 5, 0, 7 }, { 5, 0, 7, 0 }, { 0, 0, 3, 4 },
		{ 3, 4, 0, 0 }, { 0, 0, 0, 9 }, { 9, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fisher f = fisher_exact(&rows[i]);

		assert_near(f.two_sided, 1, 0);
		assert_near(f.greater, 1, 0);
	}
}

static void odds_ratio(void **state)
{
	assert_near(fisher_exact(&(struct fisher_table){ 3, 1, 1, 3 }).odds_ratio, 9, 1e-15);
	assert_true(isinf(fisher_exact(&(struct fisher_table){ 3, 0, 1, 3 }).odds_ratio));
	assert_true(isnan(fisher_exact(&(struct fisher_table){ 0, 0, 1, 3 }).odds_ratio));
}

static uint64_t choose(uint64_t n, uint64_t k)
{
	uint64_t c = 1;

	for (uint64_t i = 1; i <= k; i++)
		c = c * (n - k + i) / i;
	return c;
}

/* In whole numbers, which are exact: every table of up to 20 observations. */
static void every_small_table(void **state)
{
	for (uint64_t n = 0; n <= 20; n++)
	for (uint64_t row = 0; row <= n; row++)
	for (uint64_t col = 0; col <= n; col++) {
		uint64_t low = row + col > n ? row + col - n : 0;
		uint64_t high = row < col ? row : col, all = choose(n, col);

		for (uint64_t k = low; k <= high; k++) {
			uint64_t seen = choose(row, k) * choose(n - row, col - k);
			struct fisher f = fisher_exact(&(struct fisher_table){
				k, row - k, col - k, n + k - row - col });
			uint64_t no_likelier = 0, greater = 0;

			for (uint64_t j = low; j <= high; j++) {
				uint64_t ways = choose(row, j) * choose(n - row, col - j);

				no_likelier += ways <= seen ? ways : 0;
				greater += j >= k ? ways : 0;
			}
			assert_near(f.two_sided, (double)no_likelier / (double)all, 1e-11);
			assert_near(f.greater, (double)greater / (double)all, 1e-11);
		}
	}
}

/* Beyond what 32 bits count; nothing overflows, and it ends soon. */
static void huge_tables(void **state)
{
	const uint64_t big = 10000000000;
	struct fisher even = fisher_exact(&(struct fisher_table){ big, big, big, big });
	struct fisher some = fisher_exact(&(struct fisher_table){
		big + 100000, big - 100000, big, big });
	struct fisher much = fisher_exact(&(struct fisher_table){ big, 0, 0, big });

	assert_near(even.two_sided, 1, 0);
	assert_true(even.greater > 0.5 && even.greater < 0.501);
	/* the mean is big + 50000, sigma 50000 */
	assert_true(some.greater > 0.158 && some.greater < 0.1595);
	assert_true(some.two_sided > 0.316 && some.two_sided < 0.319);
	assert_true(much.two_sided == 0 && much.greater == 0);
	assert_true(isinf(much.odds_ratio));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(empty_margins),
		cmocka_unit_test(odds_ratio),
		cmocka_unit_test(every_small_table),
		cmocka_unit_test(huge_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
