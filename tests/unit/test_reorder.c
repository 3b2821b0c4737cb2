// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder.c - movers, distributions
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/reorder.h"
#include "core/util.h"

/* A unit of weight w is w packets; ties blame the reordered packet. */
static void test_units(void **state)
{
	const struct reorder_unit u[] = { { 0, 10 }, { 30, 5 }, { 10, 20 }, { 35, 1 } };
	const struct reorder_unit swap[] = { { 1, 1 }, { 0, 1 } };
	bool moved[4];
	uint64_t movers;

	assert_int_equal(reorder_movers(u, 4, moved, &movers), 0);
	assert_int_equal(movers, 5);
	assert_true(moved[1] && !moved[0] && !moved[2] && !moved[3]);
	assert_int_equal(reorder_movers(swap, 2, moved, &movers), 0);
	assert_int_equal(movers, 1);
	assert_true(moved[1] && !moved[0]);
}

/* One and two units take a short cut: the same rule. */
static void test_few_units(void **state)
{
	const struct reorder_unit light[] = { { 9, 2 }, { 3, 3 } };
	const struct reorder_unit tie[] = { { 9, 3 }, { 3, 3 } };
	const struct reorder_unit order[] = { { 3, 3 }, { 9, 1 } };
	bool moved[2] = { true, true };
	uint64_t movers = 7;

	assert_int_equal(reorder_movers(NULL, 0, NULL, &movers), 0);
	assert_int_equal(movers, 0);
	assert_int_equal(reorder_movers(light, 1, moved, &movers), 0);
	assert_true(!movers && !moved[0]);
	assert_int_equal(reorder_movers(light, 2, moved, &movers), 0);
	assert_true(movers == 2 && moved[0] && !moved[1]);
	assert_int_equal(reorder_movers(tie, 2, moved, &movers), 0);
	assert_true(movers == 3 && !moved[0] && moved[1]);
	assert_int_equal(reorder_movers(order, 2, moved, &movers), 0);
	assert_true(!movers && !moved[0] && !moved[1]);
}

static void test_ratio(void **state)
{
	assert_float_equal(reorder_ratio(3, 16), 3.0 / 16, 1e-9);
	assert_float_equal(reorder_ratio(0, 0), 0, 1e-9);
}

static void test_hist(void **state)
{
	struct reorder_hist h = { 0 }, again;

	for (uint64_t v = 3; v <= 130; v++)
		reorder_hist_add(&h, v);
	assert_int_equal(h.bucket[1], 1);
	assert_int_equal(h.bucket[2], 4);
	assert_int_equal(h.bucket[7], 3);
	assert_int_equal(h.max, 130);
	assert_float_equal(reorder_hist_mean(&h), 66.5, 1e-9);
	again = h;
	reorder_hist_merge(&h, &again);
	assert_int_equal(h.count, 256);
	reorder_hist_add(&h, 1ull << 40);
	assert_int_equal(h.bucket[REORDER_BUCKETS - 1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_few_units),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_hist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
