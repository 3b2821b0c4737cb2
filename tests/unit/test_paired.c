// SPDX-License-Identifier: GPL-2.0
/*
 * test_paired.c - the paired verdict: against enumeration, and against simulated machines
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "core/paired.h"
#include "core/util.h"

#define TRIALS 10000			/* as many as the claim is made for */

static void assert_near(double is, double expected)
{
	if (isinf(expected) ? is != expected : !(fabs(is - expected) < 1e-12))
		fail_msg("%.15g is not %.15g", is, expected);
}

/* By enumeration of all 2^8 sign patterns, elsewhere. */
static void interval_of_eight(void **state)
{
	static const double d[] = { -.31, -.18, -.27, -.05, -.22, .03, -.2, -.25 };
	static const struct { double alpha, level, low, high; } rows[] = {
		{ .0125, .0078125, -.31, .03 },
		{ .05, .0390625, -.27, -.075 },
		{ .5, .4609375, -.225, -.15 },
		{ .005, 0, -INFINITY, INFINITY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct paired_interval v = paired_interval(d, ARRAY_SIZE(d), rows[i].alpha);

		assert_near(v.median, -.2);
		assert_near(v.level, rows[i].level);
		assert_near(v.low, rows[i].low);
		assert_near(v.high, rows[i].high);
	}
}

/* Every pattern of signs of the ranks, for each n that can be walked. */
static double error_by_enumeration(unsigned int n, unsigned int k)
{
	unsigned int hits = 0;

	for (unsigned int signs = 0; signs < 1u << n; signs++) {
		unsigned int sum = 0;

		for (unsigned int i = 0; i < n; i++)
			sum += signs >> i & 1 ? i + 1 : 0;
		hits += sum < k;
	}
	return 2 * ldexp(hits, -(int)n);
}

/* With d = 1, 10, 100 ... each end of the interval tells how many averages were left out. */
static void level_is_exact(void **state)
{
	for (unsigned int n = 1; n <= 14; n++) {
		double d[14], level;
		unsigned int k = 0;

		for (unsigned int i = 0; i < n; i++)
			d[i] = i;
		level = paired_interval(d, n, .0125).level;
		while (error_by_enumeration(n, k + 1) <= .0125)
			k++;
		assert_near(level, k ? error_by_enumeration(n, k) : 0);
	}
}

static void largest_series(void **state)
{
	double d[PAIRED_MAX];
	struct paired_interval v;

	for (unsigned int i = 0; i < PAIRED_MAX; i++)
		d[i] = i % 2 ? 1 : -1;
	v = paired_interval(d, PAIRED_MAX, .0125);
	assert_near(v.median, 0);
	assert_true(v.low == 0 && v.high == 0 && v.level <= .0125 && v.level > .0115);
	v = paired_interval(d, 1, 1);
	assert_near(v.level, 1);
	assert_true(v.low == -1 && v.high == -1);
}

static void verdicts(void **state)
{
	static const struct { double at, spread; bool better; enum paired_verdict verdict;
			      unsigned int n; bool done; } rows[] = {
		{ -.5, .01, false, PAIRED_WORSE, 8, true },
		{ .0, .01, false, PAIRED_NOT_WORSE, 8, true },
		{ .5, .01, false, PAIRED_BETTER, 8, true },
		{ .0, 1, false, PAIRED_INCONCLUSIVE, 20, true },
		{ .08, .08, true, PAIRED_NOT_WORSE, 20, true },
		{ .0, .01, true, PAIRED_NOT_WORSE, 8, true },
	};
	const struct paired_plan base = PAIRED_PLAN_DEFAULT;
	double d[20];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct paired_plan plan = base;
		struct paired_result r;

		plan.wants_better = rows[i].better;
		for (int j = 0; j < 20; j++)
			d[j] = rows[i].at + rows[i].spread * (j % 2 ? 1 : -1);
		r = paired_judge(&plan, d, 20);
		assert_int_equal(r.verdict, rows[i].verdict);
		assert_int_equal(r.n, rows[i].n);
		assert_int_equal(r.done, rows[i].done);
	}
	assert_int_equal(paired_judge(&base, d, 7).n, 0);
	assert_false(paired_judge(&base, d, 7).done);
	assert_int_equal(paired_judge(&base, d, 11).n, 8);
}

/* ---- simulated machines ------------------------------------------------------------- */

static uint64_t rng;

static double uniform(void)
{
	rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(rng >> 11) + .5) * 0x1p-53;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

/* Logarithms of throughput, run after run: noise of each, and what wanders. */
struct machine {
	double noise, wander, trend;
	double at;
};

static double measure(struct machine *m)
{
	m->at += m->trend + m->wander * normal();
	return m->at + m->noise * normal();
}

static struct paired_result series(struct machine m, double effect, uint64_t seed)
{
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;
	struct paired_result r = { 0 };
	double d[20];

	for (unsigned int i = 0; i < ARRAY_SIZE(d) && !r.done; i++) {
		double first = measure(&m), second = measure(&m);

		d[i] = effect + (paired_b_first(seed, i) ? first - second : second - first);
		r = paired_judge(&plan, d, i + 1);
	}
	return r;
}

static void simulate(const struct machine *m, double effect, unsigned int counts[4],
		     double *ret_pairs)
{
	uint64_t pairs = 0;

	rng = 20;
	for (int i = 0; i < 4; i++)
		counts[i] = 0;
	for (unsigned int i = 0; i < TRIALS; i++) {
		struct paired_result r = series(*m, effect, i * UINT64_C(7919) + 1);

		counts[r.verdict]++;
		pairs += r.n;
	}
	*ret_pairs = (double)pairs / TRIALS;
}

/* Noise of 5 or 7 % in each run; a random walk of 3 % a run; a fall of 2 % a run. */
static const struct { const char *name; struct machine m; } machines[] = {
	{ "steady", { .noise = .05 } },
	{ "wanders", { .noise = .05, .wander = .03 } },
	{ "falls", { .noise = .05, .trend = -.02 } },
	{ "noisy", { .noise = .07, .wander = .03 } },
	{ "wanders and falls", { .noise = .05, .wander = .03, .trend = -.02 } },
};

static void same_against_same(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		unsigned int n[4];
		double pairs;

		simulate(&machines[i].m, 0, n, &pairs);
		print_message("    %s: worse %u, better %u, not worse %u, inconclusive %u of %u; %.1f pairs\n",
			      machines[i].name, n[PAIRED_WORSE], n[PAIRED_BETTER], n[PAIRED_NOT_WORSE],
			      n[PAIRED_INCONCLUSIVE], TRIALS, pairs);
		assert_true(n[PAIRED_WORSE] + n[PAIRED_BETTER] <= TRIALS / 100);
	}
}

static void a_fifth_slower(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		unsigned int n[4];
		double pairs;

		simulate(&machines[i].m, log(.8), n, &pairs);
		print_message("    %s: worse %u of %u, not worse %u; %.1f pairs\n", machines[i].name,
			      n[PAIRED_WORSE], TRIALS, n[PAIRED_NOT_WORSE] + n[PAIRED_BETTER], pairs);
		assert_true(n[PAIRED_WORSE] >= TRIALS / 100 * 98);
		assert_int_equal(n[PAIRED_NOT_WORSE] + n[PAIRED_BETTER], 0);
	}
}

/* Heads for about half, and another seed gives another order. */
static void order_is_drawn(void **state)
{
	unsigned int b = 0, differ = 0;

	for (unsigned int i = 0; i < 10000; i++) {
		b += paired_b_first(1, i);
		differ += paired_b_first(1, i) != paired_b_first(2, i);
	}
	assert_in_range(b, 4700, 5300);		/* 6 sigma: by chance once in 5e8 */
	assert_in_range(differ, 4700, 5300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interval_of_eight),
		cmocka_unit_test(level_is_exact),
		cmocka_unit_test(largest_series),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(same_against_same),
		cmocka_unit_test(a_fifth_slower),
		cmocka_unit_test(order_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
