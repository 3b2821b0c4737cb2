// SPDX-License-Identifier: GPL-2.0
/*
 * signs.c - exact counts of two variants, pair by pair: cured, the same or worse?
 */
#include "core/signs.h"

/* All together reach a verdict with 3.4 % where its votes are those of a fair coin. */
const struct signs_look signs_looks[] = {
	{ 5, 5, true }, { 8, 8, false }, { 12, 11, false }, { 16, 14, false }, { 20, 17, false },
	{ 0, 0, false }
};

enum signs_verdict signs_vote(const struct signs_rule *rule, double baseline, double other)
{
	double of = rule->more_is_better ? other : baseline;
	double is = rule->more_is_better ? baseline : other;

	if (is == of)			/* 0 and 0 too, of which there is no ratio */
		return SIGNS_SAME;
	if (is <= rule->cured_ratio * of)
		return SIGNS_CURED;
	return is >= rule->worse_ratio * of ? SIGNS_WORSE : SIGNS_SAME;
}

/* Is each figure of @low below each of @high? */
static bool are_apart(const double *low, const double *high, unsigned int n)
{
	double top = low[0], bottom = high[0];

	for (unsigned int i = 1; i < n; i++) {
		top = low[i] > top ? low[i] : top;
		bottom = high[i] < bottom ? high[i] : bottom;
	}
	return top < bottom;
}

static enum signs_verdict verdict_of(const struct signs_result *r, const struct signs_look *l,
				     bool apart)
{
	if (r->cured >= l->agree)
		return apart || !l->apart ? SIGNS_CURED : SIGNS_INCONCLUSIVE;
	if (r->worse >= l->agree)
		return apart || !l->apart ? SIGNS_WORSE : SIGNS_INCONCLUSIVE;
	return r->same + r->worse >= l->agree ? SIGNS_SAME : SIGNS_INCONCLUSIVE;
}

static void count_vote(struct signs_result *r, enum signs_verdict vote)
{
	r->pairs++;
	r->cured += vote == SIGNS_CURED;
	r->same += vote == SIGNS_SAME;
	r->worse += vote == SIGNS_WORSE;
}

struct signs_result signs_judge(const struct signs_rule *rule, const double *baseline,
				const double *other, unsigned int n)
{
	struct signs_result ret = { .verdict = SIGNS_INCONCLUSIVE };

	for (const struct signs_look *l = signs_looks; l->pairs && l->pairs <= n && !ret.done; l++) {
		while (ret.pairs < l->pairs)
			count_vote(&ret, signs_vote(rule, baseline[ret.pairs], other[ret.pairs]));
		ret.verdict = verdict_of(&ret, l, are_apart(baseline, other, ret.pairs) ||
						  are_apart(other, baseline, ret.pairs));
		ret.done = ret.verdict != SIGNS_INCONCLUSIVE || !l[1].pairs;
	}
	return ret;
}
