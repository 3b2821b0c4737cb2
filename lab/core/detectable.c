// SPDX-License-Identifier: GPL-2.0
/*
 * detectable.c - which effect would a series of pairs find on this machine?
 *
 * Theory of operation
 *
 * What an A/A series shows is moved such that its median is 0 and stretched by
 * sqrt(n / (n - 1)), since a sample scatters less about its own middle than about the
 * true one. Series of the plan's length are drawn from that, with replacement; an effect
 * shifts all of d. The same draws serve each shift, so that more of an effect is found no
 * less often, and the smallest one is bracketed by halves.
 */
#include "core/detectable.h"

#include <math.h>
#include <stdint.h>

#define SERIES 200			/* per shift: a share of 80 % is known to +-3 % */
#define HALVINGS 11
#define SHIFT_MAX 7.			/* to less than a thousandth */
#define SEED UINT64_C(20)

/* Does a series of @n, all that the plan allows, find it? */
struct finder {
	bool (*finds)(const struct finder *f, const double *d, unsigned int n);
	unsigned int n;
	const struct paired_plan *paired;
	const struct signs_rule *signs;
};

/* splitmix64 (S. Vigna) */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool found_often(const struct finder *f, const double *noise, unsigned int n, double shift)
{
	uint64_t random = SEED;
	unsigned int found = 0;
	double d[PAIRED_MAX];

	for (unsigned int i = 0; i < SERIES; i++) {
		for (unsigned int j = 0; j < f->n; j++)
			d[j] = noise[next_random(&random) % n] - shift;
		found += f->finds(f, d, f->n);
	}
	return found >= SERIES * DETECTABLE_POWER;
}

static double smallest_shift(const struct finder *f, const double *noise, unsigned int n)
{
	double low = 0, high = SHIFT_MAX;

	for (unsigned int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (found_often(f, noise, n, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

static struct detectable detectable(const struct finder *f, const double *d, unsigned int n)
{
	struct detectable ret = { 0 };
	double noise[PAIRED_MAX], stretch;

	if (n > PAIRED_MAX)
		n = PAIRED_MAX;
	if (n < DETECTABLE_PAIRS_MIN)
		return ret;
	ret.n = n;
	ret.interval = paired_interval(d, n, DETECTABLE_ALPHA);
	stretch = sqrt(n / (n - 1.));
	for (unsigned int i = 0; i < n; i++)
		noise[i] = (d[i] - ret.interval.median) * stretch;
	ret.known = found_often(f, noise, n, SHIFT_MAX);
	if (ret.known)
		ret.effect = -expm1(-smallest_shift(f, noise, n));
	return ret;
}

static bool is_slower(const struct finder *f, const double *d, unsigned int n)
{
	return paired_judge(f->paired, d, n).verdict == PAIRED_WORSE;
}

struct detectable detectable_throughput(const struct paired_plan *plan, const double *d,
					unsigned int n)
{
	struct finder f = { .finds = is_slower, .paired = plan };

	for (unsigned int i = 0; i < PAIRED_LOOKS; i++)
		if (plan->looks[i] > f.n && plan->looks[i] <= PAIRED_MAX)
			f.n = plan->looks[i];
	return detectable(&f, d, n);
}

static bool is_cured(const struct finder *f, const double *d, unsigned int n)
{
	double baseline[PAIRED_MAX], other[PAIRED_MAX];

	for (unsigned int i = 0; i < n; i++) {
		baseline[i] = 1;
		other[i] = exp(d[i]);
	}
	return signs_judge(f->signs, baseline, other, n).verdict == SIGNS_CURED;
}

struct detectable detectable_count(const struct signs_rule *rule, const double *d, unsigned int n)
{
	struct finder f = { .finds = is_cured, .signs = rule };

	for (const struct signs_look *l = signs_looks; l->pairs; l++)
		f.n = l->pairs;
	return detectable(&f, d, n);
}
