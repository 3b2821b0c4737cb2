/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_words.h - what trial_judge() found, as sentences
 */
#ifndef OVSLAB_CORE_TRIAL_WORDS_H
#define OVSLAB_CORE_TRIAL_WORDS_H

#include "core/trial.h"

/* What the sentence about a score needs and the outcome does not tell. */
struct trial_score_words {
	unsigned int metric;
	struct trial_figure of[2];	/* over the pairs that were judged */
	double out_of;			/* median of cell 1's packets or attempts; 0: unknown */
	bool by_throughput;		/* the score is throughput itself */
	bool with_throughput;		/* it takes part in the outcome */
};

/** trial_say_expected() - fill .text from the other members */
void trial_say_expected(struct trial_expected *e);

/** trial_say_why() - fill .why of an outcome that is complete otherwise */
void trial_say_why(const struct trial *t, const struct trial_score_words *s, struct trial_outcome *o);

#endif
