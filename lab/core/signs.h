/* SPDX-License-Identifier: GPL-2.0 */
/*
 * signs.h - exact counts of two variants, pair by pair: cured, the same or worse?
 *
 * Counts of reordered packets scatter widely from run to run, are often 0, and have no
 * known distribution. So a pair says no more than which side of a bound their ratio is
 * on, and the pairs vote: a sign test. Looks are taken after fixed numbers of pairs; how
 * many of them must agree is chosen such that all looks together err with at most 5 %
 * where the true median lies on the bound, and next to never where it is far from it.
 *
 * Five votes are few where counts are small, for then the ratio of two that are the same
 * is often beyond a bound. So the first look calls a variant cured or worse only if the
 * two are apart as well: each figure of the one below each of the other. Whatever their
 * distribution, of five and five that are the same 1 in 252 comes out so.
 */
#ifndef OVSLAB_CORE_SIGNS_H
#define OVSLAB_CORE_SIGNS_H

#include <stdbool.h>

enum signs_verdict { SIGNS_INCONCLUSIVE, SIGNS_CURED, SIGNS_SAME, SIGNS_WORSE };

struct signs_rule {
	double cured_ratio;		/* at most this times the baseline's figure: cured */
	double worse_ratio;		/* at least this times: worse; > 1 */
	bool more_is_better;		/* of the figure: the ratios are then of its inverse */
};

struct signs_result {
	unsigned int pairs;		/* judged: those of the last look */
	unsigned int cured, same, worse;	/* of them */
	enum signs_verdict verdict;
	bool done;			/* no further pair can change it */
};

/* The looks: after so many pairs so many must agree; .pairs = 0 ends. */
struct signs_look {
	unsigned int pairs, agree;
	bool apart;			/* and the figures must be, for cured and worse */
};
extern const struct signs_look signs_looks[];

/** signs_vote() - what one pair says: SIGNS_CURED, _SAME or _WORSE */
enum signs_verdict signs_vote(const struct signs_rule *rule, double baseline, double other);

/**
 * signs_judge() - the verdict of the latest look that was reached
 * @baseline, @other:	figures of the pairs so far, in the order they were made; >= 0
 *
 * A look that was conclusive ends the series: pairs after it are not considered.
 */
struct signs_result signs_judge(const struct signs_rule *rule, const double *baseline,
				const double *other, unsigned int n);

#endif
