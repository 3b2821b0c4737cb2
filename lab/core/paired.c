// SPDX-License-Identifier: GPL-2.0
/*
 * paired.c - two variants measured in adjacent pairs: is one of them slower?
 */
#include "core/paired.h"

#include <math.h>
#include <stdlib.h>

#include "core/util.h"

#define WALSH_MAX (PAIRED_MAX * (PAIRED_MAX + 1) / 2)

const char *const paired_verdict_words[] = {
	[PAIRED_INCONCLUSIVE] = "inconclusive", [PAIRED_WORSE] = "worse",
	[PAIRED_NOT_WORSE] = "not worse", [PAIRED_BETTER] = "better",
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Means of all two values, each with itself too, ascending. Return: how many. */
static unsigned int walsh_averages(const double *d, unsigned int n, double *ret)
{
	unsigned int m = 0;

	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = i; j < n; j++)
			ret[m++] = (d[i] + d[j]) / 2;
	qsort(ret, m, sizeof(*ret), compare);
	return m;
}

/* In how many of the 2^n sign patterns the positive ranks have each sum. */
static void signed_rank_counts(unsigned int n, uint64_t counts[WALSH_MAX + 1])
{
	unsigned int top = 0;

	counts[0] = 1;
	for (unsigned int i = 1; i <= WALSH_MAX; i++)
		counts[i] = 0;
	for (unsigned int rank = 1; rank <= n; rank++) {
		top += rank;
		for (unsigned int sum = top; sum >= rank; sum--)
			counts[sum] += counts[sum - rank];
	}
}

/*
 * How many averages to leave out at each end: the most whose error is still allowed.
 * Return: that number + 1, or 0 if even all of them are not enough.
 */
static unsigned int order_of_end(unsigned int n, double alpha, double *ret_level)
{
	uint64_t counts[WALSH_MAX + 1], below = 0;
	unsigned int k = 0;

	signed_rank_counts(n, counts);
	*ret_level = 0;
	while (k < n * (n + 1) / 2) {
		double level = 2 * ldexp((double)(below + counts[k]), -(int)n);

		if (level > alpha)
			break;
		below += counts[k++];
		*ret_level = level;
	}
	return k;
}

struct paired_interval paired_interval(const double *d, unsigned int n, double alpha)
{
	struct paired_interval ret = { .low = -INFINITY, .high = INFINITY };
	double walsh[WALSH_MAX];
	unsigned int m = walsh_averages(d, n, walsh), k;

	ret.median = (walsh[(m - 1) / 2] + walsh[m / 2]) / 2;
	k = order_of_end(n, alpha, &ret.level);
	if (k) {
		ret.low = walsh[k - 1];
		ret.high = walsh[m - k];
	}
	return ret;
}

static enum paired_verdict verdict_of(const struct paired_interval *i, double delta)
{
	if (i->high < -delta)
		return PAIRED_WORSE;
	if (i->low > delta)
		return PAIRED_BETTER;
	return i->low > -delta ? PAIRED_NOT_WORSE : PAIRED_INCONCLUSIVE;
}

static bool is_final(const struct paired_plan *plan, const struct paired_result *r)
{
	if (r->verdict == PAIRED_NOT_WORSE && plan->wants_better)
		return r->interval.high < plan->delta;
	return r->verdict != PAIRED_INCONCLUSIVE;
}

struct paired_result paired_judge(const struct paired_plan *plan, const double *d, unsigned int n)
{
	struct paired_result ret = { .verdict = PAIRED_INCONCLUSIVE };

	for (unsigned int i = 0; i < PAIRED_LOOKS && plan->looks[i] <= n && !ret.done; i++) {
		ret.n = plan->looks[i];
		ret.interval = paired_interval(d, ret.n, plan->alpha / PAIRED_LOOKS);
		ret.verdict = verdict_of(&ret.interval, plan->delta);
		ret.done = is_final(plan, &ret) || i == PAIRED_LOOKS - 1;
	}
	return ret;
}

/* The finaliser of splitmix64 (S. Vigna): every bit of seed and number reaches the result. */
bool paired_b_first(uint64_t seed, unsigned int pair)
{
	uint64_t x = seed + (pair + UINT64_C(1)) * 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return (x ^ (x >> 31)) >> 63;
}
