// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - what the reports for a terminal have in common
 */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

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

/* @end is at the end of a character. */
static void safe_part(FILE *f, const char *text, const char *end)
{
	while (text < end) {
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

void text_safe(FILE *f, const char *text)
{
	safe_part(f, text, text + strlen(text));
}

/* ---- paragraphs ---------------------------------------------------------- */

/* Bytes of a word that go on a line of @room columns: behind its last comma, if it has one. */
static size_t break_word(const char *word, size_t len, size_t room)
{
	size_t fits = utf8_fit(word, room), n;

	if (fits >= len)
		return len;
	for (n = fits; n && word[n - 1] != ','; n--)
		;
	return n ? n : fits ? fits : 1;
}

static size_t width_of(const char *text, size_t len)
{
	size_t columns = 0;

	while (utf8_fit(text, columns) < len)
		columns++;
	return columns;
}

struct filling {
	FILE *f;
	unsigned int indent;
	size_t room, used;		/* columns behind the indent */
};

static void new_line(struct filling *fill)
{
	fprintf(fill->f, "\n%*s", (int)fill->indent, "");
	fill->used = 0;
}

static void put_word(struct filling *fill, const char *word, size_t len)
{
	size_t w = width_of(word, len < 4 * fill->room ? len : 4 * fill->room);

	if (fill->used && fill->used + 1 + w > fill->room)
		new_line(fill);
	else if (fill->used)
		fill->used += fputc(' ', fill->f) == ' ';
	for (;;) {
		size_t n = break_word(word, len, fill->room - fill->used);

		safe_part(fill->f, word, word + n);
		fill->used += width_of(word, n);
		word += n;
		len -= n;
		if (!len)
			return;
		new_line(fill);
	}
}

void text_fill(FILE *f, const char *text, const char *first, unsigned int indent,
	       unsigned int columns)
{
	struct filling fill = {
		.f = f, .indent = indent, .room = columns > indent + 8 ? columns - indent : 8,
	};

	fputs(first, f);
	for (text += strspn(text, " \t\n"); *text; text += strspn(text, " \t\n")) {
		size_t len = strcspn(text, " \t\n");

		put_word(&fill, text, len);
		text += len;
	}
	fputc('\n', f);
}

/* ---- figures ------------------------------------------------------------- */

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
