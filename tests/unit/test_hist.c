// SPDX-License-Identifier: GPL-2.0
/*
 * test_hist.c - distributions against sorted lists of the same values
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hist.h"
#include "core/util.h"
#include "random.h"

#define N 2000

static struct hist *new_hist(void)
{
	struct hist *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return h;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A percentile is a value of the list, rounded up within its bucket. */
static void check_percentile(const struct hist *h, const uint64_t *sorted, size_t n,
			     double percent)
{
	size_t k = (size_t)ceil(percent * (double)n / 100);
	uint64_t want = sorted[k ? k - 1 : 0], got = hist_percentile(h, percent);

	assert_true(got >= want && got <= sorted[n - 1]);
	if (want < 64)
		assert_int_equal(got, want);
	else
		assert_true((double)(got - want) < (double)want / 32);
}

static void check_octaves(const struct hist *h, const uint64_t *sorted, size_t n)
{
	for (unsigned int k = 0; k < 64; k++) {
		uint64_t count = 0;

		for (size_t i = 0; i < n; i++)
			count += sorted[i] && 63 - __builtin_clzll(sorted[i]) == (int)k;
		assert_int_equal(hist_octave(h, k), count);
	}
}

static void check_list(uint64_t *value, size_t n)
{
	const double percent[] = { 0, 1, 25, 50, 90, 99, 99.9, 100 };
	_cleanup_free_ struct hist *h = new_hist();
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		hist_put(h, value[i], 1);
		sum += (double)value[i];
	}
	qsort(value, n, sizeof(*value), by_value);
	assert_int_equal(h->count, n);
	assert_int_equal(h->max, value[n - 1]);
	assert_true(fabs(hist_mean(h) - sum / (double)n) <= 1e-9 * sum);
	for (size_t i = 0; i < ARRAY_SIZE(percent); i++)
		check_percentile(h, value, n, percent[i]);
	check_octaves(h, value, n);
	for (uint64_t from = 0; from <= 64; from++) {
		uint64_t count = 0;

		for (size_t i = 0; i < n; i++)
			count += value[i] >= from;
		assert_int_equal(hist_from(h, from), count);
	}
}

static void test_lists(void **state)
{
	uint64_t seed = 5236, value[N];

	for (unsigned int bits = 1; bits < 53; bits++) {
		size_t n = 1 + next_random(&seed) % N;

		for (size_t i = 0; i < n; i++)
			value[i] = next_random(&seed) >> (64 - bits);
		check_list(value, n);
	}
}

/* The ends of the scale, and totals that no longer fit. */
static void test_extremes(void **state)
{
	_cleanup_free_ struct hist *h = new_hist();

	assert_int_equal(hist_percentile(h, 50), 0);
	assert_float_equal(hist_mean(h), 0, 0);
	hist_put(h, UINT64_MAX, 1);
	assert_int_equal(hist_percentile(h, 50), UINT64_MAX);
	assert_int_equal(hist_octave(h, 63), 1);
	hist_put(h, UINT64_MAX, 2);
	assert_int_equal(h->sum, UINT64_MAX);
	hist_put(h, 0, UINT64_MAX);
	assert_int_equal(h->count, UINT64_MAX);
	assert_int_equal(hist_percentile(h, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
