/* SPDX-License-Identifier: GPL-2.0 */
/*
 * paired.h - two variants measured in adjacent pairs: is one of them slower?
 *
 * For figures that a noisy machine makes drift, such as throughput. Runs are made in
 * adjacent pairs, so that a drift hits both variants alike, and in an order that a seed
 * draws, so that it favours neither. Each pair gives d = ln(B/A). Their Hodges-Lehmann
 * median and its exact interval come from Wilcoxon's signed-rank distribution, which asks
 * nothing of the noise but symmetry. Looks are taken after fixed numbers of pairs, the
 * error is shared out among them.
 */
#ifndef OVSLAB_CORE_PAIRED_H
#define OVSLAB_CORE_PAIRED_H

#include <stdbool.h>
#include <stdint.h>

#define PAIRED_MAX 60			/* pairs; the counts of 2^60 sign patterns fit 64 bits */
#define PAIRED_LOOKS 4

struct paired_plan {
	double delta;			/* of d; what is below it does not matter: 0.05 is 5 % */
	double alpha;			/* chance of a false verdict, over all looks */
	unsigned int looks[PAIRED_LOOKS];	/* pairs at which to judge, ascending */
	bool wants_better;		/* "not worse" ends the series only if "better" is excluded */
};

#define PAIRED_PLAN_DEFAULT { .delta = 0.05, .alpha = 0.05, .looks = { 8, 12, 16, 20 } }

enum paired_verdict {
	PAIRED_INCONCLUSIVE,
	PAIRED_WORSE,			/* the whole interval is below -delta */
	PAIRED_NOT_WORSE,		/* it is wholly above -delta */
	PAIRED_BETTER,			/* it is wholly above +delta: not worse as well */
};

/* For a person: "not worse". */
extern const char *const paired_verdict_words[];

struct paired_interval {
	double median;			/* Hodges-Lehmann: median of the means of all two */
	double low, high;		/* -INFINITY, INFINITY: too few pairs for the level */
	double level;			/* of error that it really has, two-sided; 0 if infinite */
};

struct paired_result {
	unsigned int n;			/* pairs that were judged: those of the last look */
	struct paired_interval interval;
	enum paired_verdict verdict;
	bool done;			/* nothing that comes can change it: stop here */
};

/**
 * paired_interval() - where the median of d is
 * @d:		@n values, 1 to PAIRED_MAX, finite
 * @alpha:	two-sided error that is allowed; the exact one is not above it
 *
 * J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 34 (1963), 598-611; the interval
 * is that of Hollander and Wolfe, Nonparametric Statistical Methods, section 3.3.
 */
struct paired_interval paired_interval(const double *d, unsigned int n, double alpha);

/**
 * paired_judge() - the verdict of the latest look that was reached
 * @d:		ln(B/A) of the pairs so far, in the order they were made
 *
 * Before the first look the verdict is PAIRED_INCONCLUSIVE and @n is 0. A look that was
 * conclusive ends the series: pairs after it are not considered.
 */
struct paired_result paired_judge(const struct paired_plan *plan, const double *d, unsigned int n);

/** paired_b_first() - the order of pair number @pair of the series that @seed draws */
bool paired_b_first(uint64_t seed, unsigned int pair);

#endif
