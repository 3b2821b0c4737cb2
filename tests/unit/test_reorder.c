// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder.c - whole sequences: the densities of RFC 5236, movers, distributions
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/reorder.h"
#include "core/util.h"

#define MAX 32

struct density {
	const char *name;
	uint32_t threshold;
	uint64_t rank[MAX];		/* ends with 0 */
	uint64_t rd[9];			/* displacement -threshold .. threshold */
	uint64_t rbd[5];
};

static const struct density densities[] = {
	{ "a", 4, { 1, 4, 2, 5, 3, 6, 7, 8 }, { 0, 0, 1, 1, 4, 1, 1 }, { 5, 2, 1 } },
	{ "b", 3, { 1, 2, 4, 5, 6, 7 }, { 0, 0, 0, 6 }, { 3, 1, 1, 1 } },
	{ "c", 2, { 1, 3, 2, 3, 4, 5 }, { 0, 1, 3, 1 }, { 4, 1 } },
	{ "ex1", 4, { 2, 1, 4, 5, 3 }, { 0, 0, 0, 3, 0, 1, 1 }, { 2, 2, 1 } },
	{ "ex3", 2, { 1, 4, 3, 5, 3, 8, 7, 6 }, { 1, 1, 3, 1, 1 }, { 3, 2, 2 } },
	{ "rogue", 4, { 1, 5430, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 },
	  { 0, 0, 0, 0, 11 }, { 1, 11 } },
	{ "burst loss", 2, { 1, 2, 30, 31, 32 }, { 0, 0, 5 }, { 3, 1, 1 } },
	{ "overflow, then stored", 1, { 1, 3, 6, 7 }, { 0, 4 }, { 2, 2 } },
};

static void test_densities(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(densities); i++) {
		const struct density *d = &densities[i];
		uint64_t rd[9] = { 0 }, rbd[5] = { 0 };
		size_t n = 0;

		print_message("%s\n", d->name);
		while (n < MAX && d->rank[n])
			n++;
		assert_int_equal(reorder_density(d->rank, n, 1, d->threshold, rd), 0);
		assert_memory_equal(rd, d->rd, sizeof(rd));
		assert_int_equal(reorder_buffer_density(d->rank, n, 1, d->threshold,
							rbd), 0);
		assert_memory_equal(rbd, d->rbd, sizeof(rbd));
	}
}

/* ---- units and distributions --------------------------------------------- */

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
		cmocka_unit_test(test_densities),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_few_units),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_hist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
