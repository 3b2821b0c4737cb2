// SPDX-License-Identifier: GPL-2.0
/*
 * nearest.c - which known word did the user mean?
 *
 * Three rows of the distance matrix are enough: the swap of neighbours looks
 * two rows back.
 */
#include "core/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 63

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned int nearest_distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1];
	size_t la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int *row = rows[i % 3], *above = rows[(i - 1) % 3];
		const unsigned int *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

static bool is_near(const char *word, const char *candidate, unsigned int distance)
{
	size_t lw = strlen(word), lc = strlen(candidate);
	size_t longer = lw > lc ? lw : lc;

	if (lw >= 2 && lw < lc && strncasecmp(word, candidate, lw) == 0)
		return true;
	return longer >= 2 && distance <= (longer + 1) / 3;
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	unsigned int distance = nearest_distance(n->word, candidate);

	if (!is_near(n->word, candidate, distance))
		return;
	if (n->best && n->distance <= distance)
		return;
	n->best = candidate;
	n->distance = distance;
}
