/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text.h - what the reports for a terminal have in common
 */
#ifndef OVSLAB_REPORT_TEXT_H
#define OVSLAB_REPORT_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/units.h"

/** text_plural() - "" for 1, else "s" */
const char *text_plural(uint64_t n);

/** text_heading() - an empty line, and @text, bold in colour */
void text_heading(FILE *f, const char *text, bool colour);

/** text_safe() - text of others: what would move the cursor prints as '?', lines are kept */
void text_safe(FILE *f, const char *text);

/**
 * text_fill() - a paragraph in lines of at most @columns
 * @first:	what the first line begins with; counts as @indent columns
 * @indent:	of the lines after it
 *
 * Text of others, made safe. A word that is longer than a line is broken behind a comma,
 * else anywhere.
 */
void text_fill(FILE *f, const char *text, const char *first, unsigned int indent,
	       unsigned int columns);

/** text_figure() - a count, and what it counts */
void text_figure(FILE *f, uint64_t n, const char *what);

/** text_figure_if() - the same, unless it is 0 */
void text_figure_if(FILE *f, uint64_t n, const char *what);

/* How the bounds of a bar are written. */
typedef const char *(*text_bound)(struct unit_text *buf, uint64_t value);

/**
 * text_bars() - a distribution as bars, one for each power of two
 * @octave:	[n]: how many values are in [2^k, 2^(k+1)); n <= 64
 * @bound:	writes a bound; NULL for plain whole numbers, where the upper one
 *		still belongs to its bar
 *
 * From the first bar that is not empty to the last.
 */
void text_bars(FILE *f, const uint64_t *octave, unsigned int n, text_bound bound);

#endif
