/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nearest.h - which known word did the user mean?
 */
#ifndef OVSLAB_CORE_NEAREST_H
#define OVSLAB_CORE_NEAREST_H

#include <stddef.h>

/**
 * nearest_distance() - edits that turn @a into @b
 *
 * Optimal string alignment, the restricted Damerau-Levenshtein distance: an
 * insertion, a deletion, a substitution and a swap of neighbours each cost 1,
 * and no part is edited twice. Bytes are compared, without regard to case.
 * Words longer than 63 bytes count by their first 63.
 */
unsigned int nearest_distance(const char *a, const char *b);

/** struct nearest - the best candidate so far; start with { .word = WORD } */
struct nearest {
	const char *word;		/* what the user wrote */
	const char *best;		/* nearest candidate, NULL if none is near */
	unsigned int distance;		/* its distance */
};

/**
 * nearest_offer() - consider one candidate
 *
 * A candidate is near when its distance is at most a third of the longer word,
 * rounded to the nearest ("up" and "upp": 1, "measure" and "mesaure": 1), or
 * when the user's word of two or more bytes is its beginning. The nearest wins,
 * the first of equals.
 */
void nearest_offer(struct nearest *n, const char *candidate);

#endif
