// SPDX-License-Identifier: GPL-2.0
/*
 * fisher.c - Fisher's exact test of a 2x2 table
 *
 * Theory of operation. Only the term that a tail begins with is computed, by
 * logarithms of factorials; its neighbours follow from it by their ratios. Tails
 * are added up outwards, away from the mode, until a term no longer changes the
 * sum. That takes some standard deviations of terms at most, which is of the order
 * of the square root of the counts.
 */
#include "core/fisher.h"

#include <math.h>

/* Two tables are as likely as each other if they differ by less than rounding. */
#define FISHER_TIE 1e-7

/* The first count of all tables with the same margins. Whole numbers. */
struct margins {
	double row, col, all;		/* its row and column, and everything */
	double low, high;		/* its range */
	double mode;
};

static double ln_factorial(double n)
{
	int sign;

	return lgamma_r(n + 1, &sign);
}

static double ln_choose(double n, double k)
{
	return ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
}

static double ln_term(const struct margins *m, double k)
{
	return ln_choose(m->row, k) + ln_choose(m->all - m->row, m->col - k) -
	       ln_choose(m->all, m->col);
}

/* Of @k and above; @k is not below the mode, so the terms fall. */
static double tail(const struct margins *m, double k)
{
	double term = exp(ln_term(m, k)), sum = 0;

	while (k <= m->high && sum + term > sum) {
		sum += term;
		term *= (m->row - k) / (k + 1) * (m->col - k) /
			(m->all - m->row - m->col + k + 1);
		k++;
	}
	return sum;
}

static struct margins margins_of(double row, double col, double all)
{
	struct margins m = { row, col, all, fmax(0, row + col - all), fmin(row, col),
			     floor((row + 1) * (col + 1) / (all + 2)) };

	m.mode = fmin(fmax(m.mode, m.low), m.high);
	return m;
}

/* The same tables with their columns swapped: count k is row - k there. */
static struct margins mirrored(const struct margins *m)
{
	return margins_of(m->row, m->all - m->col, m->all);
}

/* Of @k and above, wherever @k is. */
static double above(const struct margins *m, double k)
{
	struct margins mirror = mirrored(m);

	if (k <= m->low)
		return 1;
	return k >= m->mode ? tail(m, k) : 1 - tail(&mirror, m->row - (k - 1));
}

/*
 * The highest count up to the mode that is no likelier than @k, which is above
 * it; low - 1 if there is none. Up to the mode the terms rise.
 */
static double opposite(const struct margins *m, double k)
{
	double limit = ln_term(m, k) + FISHER_TIE, from = m->low - 1, to = m->mode;

	if (ln_term(m, to) <= limit)
		return to;
	while (to - from > 1) {
		double middle = floor((from + to) / 2);

		if (ln_term(m, middle) <= limit)
			from = middle;
		else
			to = middle;
	}
	return from;
}

/* @k is not below the mode. */
static double both_tails(const struct margins *m, double k)
{
	struct margins mirror = mirrored(m);
	double other = opposite(m, k);

	if (other >= m->mode)		/* nothing is likelier */
		return 1;
	return tail(m, k) + (other < m->low ? 0 : tail(&mirror, m->row - other));
}

static double two_sided(const struct margins *m, double k)
{
	struct margins mirror = mirrored(m);

	return k < m->mode ? both_tails(&mirror, m->row - k) : both_tails(m, k);
}

struct fisher fisher_exact(const struct fisher_table *t)
{
	double a = (double)t->with, b = (double)t->with_not;
	double c = (double)t->without, d = (double)t->without_not;
	struct margins m = margins_of(a + b, a + c, a + b + c + d);

	return (struct fisher){ fmin(1, two_sided(&m, a)), fmin(1, above(&m, a)),
				a * d / (b * c) };
}
