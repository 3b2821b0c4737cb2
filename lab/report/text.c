// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - what the reports for a terminal have in common
 */
#include "report/text.h"

#include <inttypes.h>

#include "core/utf8.h"

#define BAR_COLUMNS 32

const char *text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void text_heading(FILE *f, const char *text, bool colour)
{
	fprintf(f, "\n%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

void text_safe(FILE *f, const char *text)
{
	while (*text) {
		uint32_t c;
		int n = utf8_decode(text, &c);
		bool bad = n < 0 || (utf8_is_control(c) && c != '\n');

		if (bad)
			fputc('?', f);
		else
			fwrite(text, 1, (size_t)n, f);
		text += n < 0 ? 1 : n;
	}
}

void text_figure(FILE *f, uint64_t n, const char *what)
{
	fprintf(f, "  %10" PRIu64 "  %s\n", n, what);
}

void text_figure_if(FILE *f, uint64_t n, const char *what)
{
	if (n)
		text_figure(f, n, what);
}

/* ---- bars ---------------------------------------------------------------- */

static void print_bounds(FILE *f, unsigned int k, text_bound bound)
{
	uint64_t from = UINT64_C(1) << k;
	struct unit_text a, b;

	if (bound)
		fprintf(f, "  %10s -> %-10s", bound(&a, from),
			bound(&b, k < 63 ? 2 * from : UINT64_MAX));
	else
		fprintf(f, "  %10" PRIu64 " -> %-10" PRIu64, from, from + (from - 1));
}

void text_bars(FILE *f, const uint64_t *octave, unsigned int n, text_bound bound)
{
	unsigned int first = n, last = 0;
	uint64_t most = 0;

	for (unsigned int k = 0; k < n; k++) {
		most = octave[k] > most ? octave[k] : most;
		first = octave[k] && first == n ? k : first;
		last = octave[k] ? k : last;
	}
	for (unsigned int k = first; k <= last && k < n; k++) {
		double part = (double)octave[k] / (double)most;
		int bar = octave[k] ? (int)(BAR_COLUMNS * part + 0.999) : 0;

		print_bounds(f, k, bound);
		fprintf(f, " %10" PRIu64 " |%-*.*s|\n", octave[k], BAR_COLUMNS, bar,
			"################################");
	}
}
