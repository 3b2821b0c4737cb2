/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fisher.h - Fisher's exact test of a 2x2 table
 */
#ifndef OVSLAB_CORE_FISHER_H
#define OVSLAB_CORE_FISHER_H

#include <stdint.h>

/*
 * Rows: has the property or not ("mangled"). Columns: showed the effect or not
 * ("moved").
 */
struct fisher_table {
	uint64_t with, with_not;	/* has it: showed the effect, did not */
	uint64_t without, without_not;	/* has it not: the same */
};

struct fisher {
	double two_sided;		/* sum of all tables that are no likelier */
	double greater;			/* one-sided: the effect goes with the property */
	double odds_ratio;		/* of the sample; INFINITY; NAN if 0 / 0 */
};

/**
 * fisher_exact() - how likely such a table is if property and effect are unrelated
 *
 * The margins are taken as given, so the first count is hypergeometric (R. A.
 * Fisher, The Design of Experiments, 1935, chapter II). Counts of any size up to
 * 2^53; a margin of 0 gives 1. Below 1e-308 a probability is 0.
 */
struct fisher fisher_exact(const struct fisher_table *t);

#endif
