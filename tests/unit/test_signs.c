// SPDX-License-Identifier: GPL-2.0
/*
 * test_signs.c - counts judged by pairs that vote: exact errors, and simulated benches
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/paired.h"
#include "core/signs.h"
#include "core/util.h"

#define PAIRS 20			/* of the last look */
#define TRIALS 10000

static void votes(void **state)
{
	static const struct { struct signs_rule rule; double baseline, other; enum signs_verdict vote; }
	rows[] = {
		{ { .2, 2, false }, 1000, 0, SIGNS_CURED },
		{ { .2, 2, false }, 1000, 200, SIGNS_CURED },
		{ { .2, 2, false }, 1000, 201, SIGNS_SAME },
		{ { .2, 2, false }, 1000, 1999, SIGNS_SAME },
		{ { .2, 2, false }, 1000, 2000, SIGNS_WORSE },
		{ { .2, 2, false }, 0, 0, SIGNS_SAME },
		{ { .2, 2, false }, 0, 1, SIGNS_WORSE },
		{ { .2, 2, false }, 1, 0, SIGNS_CURED },
		{ { 0, 2, false }, 1000, 1, SIGNS_SAME },
		{ { 0, 2, false }, 1000, 0, SIGNS_CURED },
		{ { .5, 2, true }, 10, 20, SIGNS_CURED },
		{ { .5, 2, true }, 10, 19, SIGNS_SAME },
		{ { .5, 2, true }, 0, 10, SIGNS_CURED },
		{ { .5, 2, true }, 10, 5, SIGNS_WORSE },
		{ { .5, 2, true }, 10, 0, SIGNS_WORSE },
		{ { .5, 2, true }, 0, 0, SIGNS_SAME },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(signs_vote(&rows[i].rule, rows[i].baseline, rows[i].other), rows[i].vote);
}

/* Votes as a text: c cured, s same, w worse. */
static struct signs_result judge_text(const char *text)
{
	const struct signs_rule rule = { .2, 2, false };
	double baseline[PAIRS], other[PAIRS];
	unsigned int n = (unsigned int)strlen(text);

	for (unsigned int i = 0; i < n; i++) {
		baseline[i] = 100;
		other[i] = text[i] == 'c' ? 0 : text[i] == 's' ? 100 : 300;
	}
	return signs_judge(&rule, baseline, other, n);
}

static void looks(void **state)
{
	static const struct { const char *votes; unsigned int pairs; enum signs_verdict verdict;
			      bool done; } rows[] = {
		{ "", 0, SIGNS_INCONCLUSIVE, false },
		{ "cccc", 0, SIGNS_INCONCLUSIVE, false },
		{ "ccccc", 5, SIGNS_CURED, true },
		{ "cccccwww", 5, SIGNS_CURED, true },		/* pairs behind a verdict do not count */
		{ "sssss", 5, SIGNS_SAME, true },
		{ "wwwww", 5, SIGNS_WORSE, true },
		{ "wwwws", 5, SIGNS_SAME, true },
		{ "wwwwc", 5, SIGNS_INCONCLUSIVE, false },
		{ "scccccc", 5, SIGNS_INCONCLUSIVE, false },
		{ "sccccccc", 8, SIGNS_INCONCLUSIVE, false },
		{ "sccccccccccc", 12, SIGNS_CURED, true },
		{ "scccccccccs", 8, SIGNS_INCONCLUSIVE, false },
		{ "cwwwwwwwwwww", 12, SIGNS_WORSE, true },
		{ "csssssswwwww", 12, SIGNS_SAME, true },
		{ "sccccsccccccccccc", 16, SIGNS_CURED, true },
		{ "sscccscccccccccccccc", 20, SIGNS_CURED, true },
		{ "sscccscccccccccccccs", 20, SIGNS_INCONCLUSIVE, true },
		{ "cscscscscscscscscscs", 20, SIGNS_INCONCLUSIVE, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct signs_result r = judge_text(rows[i].votes);

		assert_int_equal(r.pairs, rows[i].pairs);
		assert_int_equal(r.verdict, rows[i].verdict);
		assert_int_equal(r.done, rows[i].done);
		assert_int_equal(r.cured + r.same + r.worse, r.pairs);
	}
}

/* Votes that agree, of figures that overlap: the first look waits, the second does not. */
static void first_look_wants_them_apart(void **state)
{
	const struct signs_rule less = { .5, 2, false }, more = { .5, 2, true };
	const double a[] = { 9, 4, 9, 9, 9, 9, 9, 9 }, b[] = { 4, 1, 3, 2, 4, 4, 4, 4 };
	const double c[] = { 9, 5, 9, 9, 9, 9, 9, 9 };

	assert_int_equal(signs_judge(&less, a, b, 5).verdict, SIGNS_INCONCLUSIVE);
	assert_false(signs_judge(&less, a, b, 5).done);
	assert_int_equal(signs_judge(&less, a, b, 8).verdict, SIGNS_CURED);
	assert_int_equal(signs_judge(&less, a, b, 8).pairs, 8);
	assert_int_equal(signs_judge(&less, c, b, 8).pairs, 5);
	assert_int_equal(signs_judge(&less, c, b, 5).verdict, SIGNS_CURED);
	assert_int_equal(signs_judge(&less, b, a, 5).verdict, SIGNS_INCONCLUSIVE);
	assert_int_equal(signs_judge(&less, b, a, 8).verdict, SIGNS_WORSE);
	assert_int_equal(signs_judge(&more, b, a, 5).verdict, SIGNS_INCONCLUSIVE);
	assert_int_equal(signs_judge(&more, b, c, 5).verdict, SIGNS_CURED);
	assert_int_equal(signs_judge(&more, c, b, 5).verdict, SIGNS_WORSE);
}

/* ---- exact errors ---------------------------------------------------------------------- */

static unsigned int agree_at(unsigned int pairs)
{
	for (const struct signs_look *l = signs_looks; l->pairs; l++)
		if (l->pairs == pairs)
			return l->agree;
	return pairs + 1;
}

/* Of votes that are heads with probability @p: that heads are the verdict, at any look. */
static double reaches(double p)
{
	double at[PAIRS + 2] = { 1 }, reached = 0;

	for (unsigned int n = 1; n <= PAIRS; n++) {
		for (unsigned int heads = n + 1; heads--; )
			at[heads] = at[heads] * (1 - p) + (heads ? at[heads - 1] * p : 0);
		for (unsigned int heads = 0; heads <= n; heads++) {
			if (heads >= agree_at(n))
				reached += at[heads];
			if (heads >= agree_at(n) || n - heads >= agree_at(n))
				at[heads] = 0;
		}
	}
	return reached;
}

static void errors_are_spent(void **state)
{
	const double fair = reaches(.5);

	print_message("    each verdict, votes of a fair coin: %.4f %%; of 2:1 against it: %.4f %%; 9:1: %.6f %%\n",
		      100 * fair, 100 * reaches(1 / 3.), 100 * reaches(.1));
	assert_true(fair < .05);
	assert_true(fabs(fair - .0335054) < 1e-7);
	assert_true(reaches(1 / 3.) < .01);
	assert_true(reaches(.1) < 2e-5);
	assert_true(reaches(.9) > .9);
}

/* All 2^20 series of a fair coin, judged one by one. */
static void errors_by_enumeration(void **state)
{
	const struct signs_rule rule = { .5, 2, false };
	double baseline[PAIRS], other[PAIRS];
	unsigned int counts[4] = { 0 };

	for (unsigned int i = 0; i < PAIRS; i++)
		baseline[i] = other[i] = 1;
	for (unsigned int i = 0; i < 1u << PAIRS; i++) {
		counts[signs_judge(&rule, baseline, other, PAIRS).verdict]++;
		if (i + 1 < 1u << PAIRS) {	/* Gray code: the next differs in one */
			double *flip = &other[__builtin_ctz(i + 1)];

			*flip = 1 - *flip;
		}
	}
	assert_true(ldexp(counts[SIGNS_CURED], -PAIRS) == reaches(.5));
	assert_true(ldexp(counts[SIGNS_SAME], -PAIRS) == reaches(.5));
	assert_int_equal(counts[SIGNS_WORSE], 0);
}

/* ---- simulated benches ------------------------------------------------------------------- */

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

static double poisson(double mean)
{
	double p = exp(-mean), sum = p, u = uniform(), k = 0;

	if (mean > 50)
		return fmax(0, floor(mean + sqrt(mean) * normal() + .5));
	while (u > sum && k < 1000) {
		p *= mean / ++k;
		sum += p;
	}
	return k;
}

/*
 * Counts, run after run: Poisson, of a mean that scatters, wanders and grows on a
 * logarithmic scale; and of nothing at all in some runs.
 */
struct bench {
	const char *name;
	double mean, scatter, wander, trend, nothing;
	double at;
};

static double count(struct bench *b, double ratio)
{
	b->at += b->trend + b->wander * normal();
	if (uniform() < b->nothing)
		return 0;
	return poisson(ratio * b->mean * exp(b->at + b->scatter * normal()));
}

static enum signs_verdict series(struct bench b, const struct signs_rule *rule, double ratio,
				 uint64_t seed)
{
	double baseline[PAIRS], other[PAIRS];

	for (unsigned int i = 0; i < PAIRS; i++) {
		bool swap = paired_b_first(seed, i);

		if (swap)
			other[i] = count(&b, ratio);
		baseline[i] = count(&b, 1);
		if (!swap)
			other[i] = count(&b, ratio);
	}
	return signs_judge(rule, baseline, other, PAIRS).verdict;
}

static void simulate(const struct bench *b, double bound, double ratio, unsigned int counts[4])
{
	const struct signs_rule rule = { bound, 2, false };

	rng = 20;
	memset(counts, 0, 4 * sizeof(*counts));
	for (unsigned int i = 0; i < TRIALS; i++)
		counts[series(*b, &rule, ratio, i * UINT64_C(7919) + 1)]++;
	print_message("    %s, %g of the baseline's, bound %g: cured %u, same %u, worse %u, inconclusive %u of %u\n",
		      b->name, ratio, bound, counts[SIGNS_CURED], counts[SIGNS_SAME],
		      counts[SIGNS_WORSE], counts[SIGNS_INCONCLUSIVE], TRIALS);
}

/* 'as seen': packets reordered by recirculated upcalls, 700 to 1650 of 2000. */
static const struct bench benches[] = {
	{ "as seen", 1100, .22, 0, 0, 0, 0 },
	{ "as seen, drifting", 1100, .22, .1, -.03, 0, 0 },
	{ "overdispersed", 50, .7, .1, .03, 0, 0 },
	{ "sparse", 3, 1, .1, 0, 0, 0 },
	{ "sparse, wild", 5, 2, .1, 0, 0, 0 },
	{ "mostly zeros", .5, 1, .1, 0, 0, 0 },
	{ "every other time", 100, .5, .1, 0, .5, 0 },
};

static void same_against_same(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(benches); i++) {
		unsigned int n[4];

		simulate(&benches[i], .2, 1, n);
		assert_true(n[SIGNS_CURED] + n[SIGNS_WORSE] <= TRIALS / 100);
		simulate(&benches[i], .5, 1, n);
		assert_true(n[SIGNS_CURED] + n[SIGNS_WORSE] <= TRIALS / 100);
	}
}

static void partial_cures(void **state)
{
	unsigned int n[4];

	simulate(&benches[0], .2, .2, n);	/* on the bound: at most what is allowed */
	assert_true(n[SIGNS_CURED] <= TRIALS / 20);
	for (unsigned int i = 0; i < 2; i++) {
		simulate(&benches[i], .2, .25, n);
		assert_true(n[SIGNS_CURED] <= TRIALS / 100);
		simulate(&benches[i], .2, .5, n);
		assert_int_equal(n[SIGNS_CURED] + n[SIGNS_WORSE], 0);
		assert_true(n[SIGNS_SAME] >= TRIALS / 100 * 98);
		simulate(&benches[i], .2, .1, n);
		assert_true(n[SIGNS_CURED] >= TRIALS / 100 * 98);
		simulate(&benches[i], .2, 8, n);
		assert_true(n[SIGNS_WORSE] >= TRIALS / 100 * 98);
	}
}

/* What was counted by hand: 704 to 1165 of 2000 before the fix, 0 to 64 after. */
static void true_fix(void **state)
{
	const struct signs_rule rule = { .2, 2, false };

	rng = 20;
	for (unsigned int i = 0; i < TRIALS; i++) {
		double baseline[5], other[5];
		struct signs_result r;

		for (unsigned int j = 0; j < 5; j++) {
			baseline[j] = floor(704 + 462 * uniform());
			other[j] = uniform() < .9 ? 0 : floor(65 * uniform());
		}
		r = signs_judge(&rule, baseline, other, 5);
		assert_int_equal(r.verdict, SIGNS_CURED);
		assert_int_equal(r.pairs, 5);
		assert_true(r.done);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(votes),
		cmocka_unit_test(looks),
		cmocka_unit_test(first_look_wants_them_apart),
		cmocka_unit_test(errors_are_spent),
		cmocka_unit_test(errors_by_enumeration),
		cmocka_unit_test(same_against_same),
		cmocka_unit_test(partial_cures),
		cmocka_unit_test(true_fix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
