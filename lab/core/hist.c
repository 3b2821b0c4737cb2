// SPDX-License-Identifier: GPL-2.0
/*
 * hist.c - distributions of whole numbers, with percentiles
 */
#include "core/hist.h"

#include <math.h>

#define EXACT 64			/* values below are their own buckets */
#define EXACT_BITS 6
#define SUB_BITS 5			/* 32 buckets in each octave above */

/* Totals stay at the largest number rather than begin anew. */
static uint64_t sum_of(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

static uint64_t product_of(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

static unsigned int bucket_of(uint64_t value)
{
	unsigned int k;

	if (value < EXACT)
		return (unsigned int)value;
	k = 63 - (unsigned int)__builtin_clzll(value);
	return EXACT + ((k - EXACT_BITS) << SUB_BITS) +
	       (unsigned int)(value >> (k - SUB_BITS) & ((1u << SUB_BITS) - 1));
}

/* The highest value of a bucket. */
static uint64_t top_of(unsigned int b)
{
	unsigned int k, sub;

	if (b < EXACT)
		return b;
	k = (b - EXACT) >> SUB_BITS;
	sub = (b - EXACT) & ((1u << SUB_BITS) - 1);
	return (((1ull << SUB_BITS) + sub) << (k + 1)) + (2ull << k) - 1;
}

void hist_put(struct hist *h, uint64_t value, uint64_t times)
{
	if (!times)
		return;
	h->count = sum_of(h->count, times);
	h->sum = sum_of(h->sum, product_of(value, times));
	if (value > h->max)
		h->max = value;
	h->bucket[bucket_of(value)] += times;
}

double hist_mean(const struct hist *h)
{
	return h->count ? (double)h->sum / (double)h->count : 0;
}

uint64_t hist_percentile(const struct hist *h, double percent)
{
	double wanted = ceil(percent * (double)h->count / 100);
	uint64_t below = 0;

	if (!h->count)
		return 0;
	for (unsigned int b = 0; b < HIST_BUCKETS; b++) {
		below += h->bucket[b];
		if (below && (double)below >= wanted)
			return top_of(b) < h->max ? top_of(b) : h->max;
	}
	return h->max;
}

uint64_t hist_from(const struct hist *h, uint64_t value)
{
	uint64_t n = 0;

	for (unsigned int b = bucket_of(value); b < HIST_BUCKETS; b++)
		n += h->bucket[b];
	return n;
}

uint64_t hist_octave(const struct hist *h, unsigned int k)
{
	unsigned int b = bucket_of(1ull << k), end = bucket_of((2ull << k) - 1);
	uint64_t n = 0;

	for (; b <= end; b++)
		n += h->bucket[b];
	return n;
}
