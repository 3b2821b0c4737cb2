// SPDX-License-Identifier: GPL-2.0
/*
 * test_detectable.c - the smallest effect that is found: against series drawn elsewhere
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/detectable.h"
#include "core/util.h"

static const struct paired_plan plan = PAIRED_PLAN_DEFAULT;
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

static void draw(double *d, unsigned int n, double middle, double scatter)
{
	for (unsigned int i = 0; i < n; i++)
		d[i] = middle + scatter * normal();
}

/* Of 1000 fresh series of that scatter, the share in which a fall by @effect is found. */
static double power(double scatter, double effect)
{
	unsigned int found = 0;
	double d[20];

	rng = 99;
	for (unsigned int i = 0; i < 1000; i++) {
		draw(d, ARRAY_SIZE(d), log1p(-effect), scatter);
		found += paired_judge(&plan, d, ARRAY_SIZE(d)).verdict == PAIRED_WORSE;
	}
	return found / 1000.;
}

static void too_few(void **state)
{
	const double d[] = { .01, -.02, .03, 0 };
	const struct signs_rule rule = { .5, 2, false };
	struct detectable none = { 0 }, r = detectable_throughput(&plan, d, ARRAY_SIZE(d));

	assert_memory_equal(&r, &none, sizeof(r));
	r = detectable_count(&rule, d, 0);
	assert_false(r.known);
	assert_int_equal(r.n, 0);
}

/* Without scatter: all that is beyond the plan's delta, or the rule's ratio. */
static void no_scatter(void **state)
{
	double d[8];
	const struct signs_rule rule = { .2, 2, false };
	struct detectable r;

	for (size_t i = 0; i < ARRAY_SIZE(d); i++)
		d[i] = .3;
	r = detectable_throughput(&plan, d, ARRAY_SIZE(d));
	assert_true(r.known && r.n == 8);
	assert_true(r.effect >= 1 - exp(-.05) && r.effect < .053);
	assert_true(r.interval.median == .3 && r.interval.low == .3 && r.interval.high == .3);
	assert_true(r.interval.level > 0 && r.interval.level <= DETECTABLE_ALPHA);
	r = detectable_count(&rule, d, ARRAY_SIZE(d));
	assert_true(r.known && r.effect >= .8 && r.effect < .802);
}

/* From 60 pairs the scatter is known well enough for the share to come out right. */
static void found_in_eight_of_ten(void **state)
{
	static const double scatters[] = { .03, .07, .12, .25 };
	double last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(scatters); i++) {
		double d[PAIRED_MAX], share;
		struct detectable r;

		rng = 20 + i;
		draw(d, PAIRED_MAX, .02, scatters[i]);
		r = detectable_throughput(&plan, d, PAIRED_MAX);
		share = power(scatters[i], r.effect);
		print_message("    scatter %g: a fall by %.1f %% is found in %.1f %% of series\n", scatters[i],
			      100 * r.effect, 100 * share);
		assert_true(r.known && r.effect > last);
		assert_true(share > .65 && share < .93);
		assert_true(r.interval.low < .02 && r.interval.high > .02);
		last = r.effect;
	}
}

/* A drift of the series' own middle is not an effect. */
static void middle_does_not_matter(void **state)
{
	double d[12], moved[12];
	struct detectable a, b;

	rng = 20;
	draw(d, ARRAY_SIZE(d), 0, .07);
	for (size_t i = 0; i < ARRAY_SIZE(d); i++)
		moved[i] = d[i] + .5;
	a = detectable_throughput(&plan, d, ARRAY_SIZE(d));
	b = detectable_throughput(&plan, moved, ARRAY_SIZE(d));
	assert_true(fabs(a.effect - b.effect) < 1e-9);
	assert_true(fabs(b.interval.median - a.interval.median - .5) < 1e-9);
	b = detectable_throughput(&plan, d, ARRAY_SIZE(d));
	assert_memory_equal(&a, &b, sizeof(a));
}

static void counts(void **state)
{
	const struct signs_rule half = { .5, 2, false }, fifth = { .2, 2, false };
	double quiet[20], loud[20];

	rng = 20;
	draw(quiet, ARRAY_SIZE(quiet), 0, .2);
	draw(loud, ARRAY_SIZE(loud), 0, 1);
	assert_true(detectable_count(&half, quiet, 20).effect < detectable_count(&half, loud, 20).effect);
	assert_true(detectable_count(&half, quiet, 20).effect < detectable_count(&fifth, quiet, 20).effect);
	assert_true(detectable_count(&half, quiet, 20).effect > .5);
}

static void nothing_is_found(void **state)
{
	double d[20];

	for (size_t i = 0; i < ARRAY_SIZE(d); i++)
		d[i] = i % 2 ? 1000 : -1000;
	assert_false(detectable_throughput(&plan, d, ARRAY_SIZE(d)).known);
	assert_int_equal(detectable_throughput(&plan, d, ARRAY_SIZE(d)).n, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_few),
		cmocka_unit_test(no_scatter),
		cmocka_unit_test(found_in_eight_of_ten),
		cmocka_unit_test(middle_does_not_matter),
		cmocka_unit_test(counts),
		cmocka_unit_test(nothing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
