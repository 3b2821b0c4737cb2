/* SPDX-License-Identifier: GPL-2.0 */
/*
 * detectable.h - which effect would a series of pairs find on this machine?
 *
 * From a series of one variant against itself (A/A): its scatter is the machine's alone.
 * Series are drawn from it with an effect put in, and judged as 'validate' judges them.
 * From few pairs it is rough: of 8 normal ones the effect that is told is found in 7 of
 * 10 series rather than in 8.
 */
#ifndef OVSLAB_CORE_DETECTABLE_H
#define OVSLAB_CORE_DETECTABLE_H

#include <stdbool.h>

#include "core/paired.h"
#include "core/signs.h"

#define DETECTABLE_PAIRS_MIN 5		/* of fewer the scatter is not known */
#define DETECTABLE_ALPHA .05		/* two-sided, of the interval */
#define DETECTABLE_POWER .8

struct detectable {
	unsigned int n;			/* pairs that it is from; 0: too few, and nothing else */
	struct paired_interval interval;	/* of d between two that are the same; level:
					 * as far as @n pairs allow */
	bool known;			/* an effect is found at all, in DETECTABLE_POWER of series */
	double effect;			/* the smallest: a fall by so much, 0 to 1 */
};

/**
 * detectable_throughput() - the smallest slow-down that paired_judge() calls worse
 * @d:		ln(B/A) of @n pairs, in which A and B are the same; finite
 *
 * Of more than PAIRED_MAX values those are left out. The draws have a seed of their own:
 * the same series gives the same answer.
 */
struct detectable detectable_throughput(const struct paired_plan *plan, const double *d,
					unsigned int n);

/**
 * detectable_count() - the smallest fall of a count that signs_judge() calls cured
 * @d:		ln((b + 1/2) / (a + 1/2)) of the pairs' counts, for there are zeros; finite
 */
struct detectable detectable_count(const struct signs_rule *rule, const double *d, unsigned int n);

#endif
