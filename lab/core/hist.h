/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hist.h - distributions of whole numbers, with percentiles
 *
 * Log-linear buckets: values below 64 are counted exactly, above that each octave
 * [2^k, 2^(k+1)) has 32 buckets, so a percentile is off by less than 1 in 32.
 */
#ifndef OVSLAB_CORE_HIST_H
#define OVSLAB_CORE_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_BUCKETS (64 + (64 - 6) * 32)

struct hist {
	uint64_t count, sum, max;
	uint64_t bucket[HIST_BUCKETS];
};

/** hist_put() - count @value @times */
void hist_put(struct hist *h, uint64_t value, uint64_t times);

/** hist_mean() - 0 if nothing was counted */
double hist_mean(const struct hist *h);

/**
 * hist_percentile() - the smallest value that at least @percent % do not exceed
 *
 * Nearest rank. Above 63 the highest value of its bucket, at most the maximum;
 * 0 if nothing was counted.
 */
uint64_t hist_percentile(const struct hist *h, double percent);

/** hist_from() - how many are >= @value; above 64, the whole of its bucket */
uint64_t hist_from(const struct hist *h, uint64_t value);

/** hist_octave() - how many values are in [2^k, 2^(k+1)), for pictures; @k < 64 */
uint64_t hist_octave(const struct hist *h, unsigned int k);

#endif
