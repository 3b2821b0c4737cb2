// SPDX-License-Identifier: GPL-2.0
/*
 * table_text.c - an aligned table for terminals
 */
#include "report/table_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "core/util.h"
#include "report/text.h"

#define GAP 2
#define FOLD_LEAST 40			/* columns; a folded cell with less room goes below its row */
#define FOLD_INDENT 4			/* ... so far in */
#define NARROWEST 8			/* a column is not cut below this */

void table_column(struct table *t, const char *head, enum table_align align)
{
	if (t->columns == TABLE_COLUMNS_MAX) {
		t->failed = -E2BIG;
		return;
	}
	t->align[t->columns] = align;
	t->head[t->columns++] = head;
}

/* One line of text: what would move the cursor becomes '?'. */
static void make_printable(char *s)
{
	while (*s) {
		uint32_t c;
		int n = utf8_decode(s, &c);

		if (n < 0 || utf8_is_control(c)) {
			memset(s, '?', n < 0 ? 1 : (size_t)n);
			n = 1;
		}
		s += n;
	}
}

void table_cell(struct table *t, const char *fmt, ...)
{
	char **cells = reallocarray(t->cell, t->n + 1, sizeof(*cells));
	char *text = NULL;
	va_list ap;

	if (cells)
		t->cell = cells;
	va_start(ap, fmt);
	if (!cells || vasprintf(&text, fmt, ap) < 0)
		t->failed = -ENOMEM;
	else
		cells[t->n++] = text;
	va_end(ap);
	if (!t->failed)
		make_printable(text);
}

/* Line @line of a heading: its bytes, and where it begins. */
static size_t head_line(const char *head, size_t line, const char **ret)
{
	while (line && *head) {
		size_t n = strcspn(head, "\n");

		head += n + (head[n] == '\n');
		line--;
	}
	*ret = head;
	return line ? 0 : strcspn(head, "\n");
}

static size_t head_lines(const struct table *t)
{
	size_t most = 1;

	for (size_t c = 0; c < t->columns; c++) {
		size_t lines = 1;

		for (const char *p = t->head[c]; *p; p++)
			lines += *p == '\n';
		most = lines > most ? lines : most;
	}
	return most;
}

static void natural_widths(const struct table *t, size_t *width)
{
	for (size_t c = 0; c < t->columns; c++) {
		width[c] = 0;
		for (size_t line = 0; line < head_lines(t); line++) {
			const char *p;
			size_t n = head_line(t->head[c], line, &p);

			width[c] = n > width[c] ? n : width[c];
		}
	}
	for (size_t i = 0; i < t->n; i++) {
		size_t w = utf8_width(t->cell[i]), c = i % t->columns;

		width[c] = w > width[c] ? w : width[c];
	}
}

static size_t total_width(const struct table *t, const size_t *width)
{
	size_t total = GAP * (t->columns - 1);

	for (size_t c = 0; c < t->columns; c++)
		total += width[c];
	return total;
}

/* Take columns from the widest left-aligned cells until the table fits. */
static void fit(const struct table *t, size_t *width, size_t limit)
{
	for (;;) {
		size_t total = total_width(t, width), widest = t->columns;

		for (size_t c = 0; c < t->columns; c++) {
			if (t->align[c] == TABLE_LEFT && width[c] > NARROWEST &&
			    (widest == t->columns || width[c] > width[widest]))
				widest = c;
		}
		if (total <= limit || widest == t->columns)
			return;
		width[widest]--;
	}
}

/* How the last column is printed. */
struct fold {
	size_t indent;			/* where its lines begin; 0: it is not folded */
	bool below;			/* they begin below the row */
	size_t limit;			/* columns of a line */
};

static struct fold fold_of(const struct table *t, const size_t *width, size_t limit)
{
	size_t last = t->columns - 1, total = total_width(t, width);
	struct fold fold = { .limit = limit };

	if (!limit || !last || t->align[last] != TABLE_FOLD || total <= limit)
		return fold;
	fold.indent = total - width[last];
	fold.below = fold.indent + FOLD_LEAST > limit;
	if (fold.below)
		fold.indent = FOLD_INDENT;
	return fold;
}

static void print_padded(FILE *f, const char *s, size_t bytes, size_t columns,
			 size_t width, enum table_align align, bool last)
{
	int pad = (int)(width > columns ? width - columns : 0);

	if (last && !bytes)
		return;
	if (align == TABLE_RIGHT)
		fprintf(f, "%*s", pad, "");
	fprintf(f, "%.*s", (int)bytes, s);
	if (align != TABLE_RIGHT && !last)
		fprintf(f, "%*s", pad, "");
	if (!last)
		fprintf(f, "%*s", GAP, "");
}

/* How many columns line @line of the headings has text in, up to the last such. */
static size_t head_columns(const struct table *t, size_t line)
{
	size_t used = 0;
	const char *p;

	for (size_t c = 0; c < t->columns; c++)
		if (head_line(t->head[c], line, &p))
			used = c + 1;
	return used;
}

static void print_heads(FILE *f, const struct table *t, const size_t *width,
			const struct fold *fold, bool colour)
{
	for (size_t line = 0; line < head_lines(t); line++) {
		size_t used = head_columns(t, line);

		used -= fold->below && used == t->columns;
		fputs(colour ? "\033[1m" : "", f);
		for (size_t c = 0; c < used; c++) {
			const char *p;
			size_t n = head_line(t->head[c], line, &p);

			print_padded(f, p, n, n, width[c], t->align[c], c + 1 == used);
		}
		fputs(colour ? "\033[0m\n" : "\n", f);
	}
	if (fold->below)
		fprintf(f, "%*s%s%s%s\n", FOLD_INDENT, "", colour ? "\033[1m" : "",
			t->head[t->columns - 1], colour ? "\033[0m" : "");
}

static void print_cell(FILE *f, const struct table *t, const size_t *width, size_t i, bool last)
{
	size_t c = i % t->columns, bytes = strlen(t->cell[i]);
	size_t columns = utf8_width(t->cell[i]);

	if (columns <= width[c]) {
		print_padded(f, t->cell[i], bytes, columns, width[c], t->align[c], last);
	} else {
		_cleanup_free_ char *cut = strdup(t->cell[i]);
		size_t at = utf8_fit(t->cell[i], width[c] - 1);

		if (!cut)
			return;
		cut[at] = '\0';
		columns = utf8_width(cut) + 1;
		fprintf(f, "%s…", cut);
		print_padded(f, "", 0, columns, width[c], TABLE_LEFT, last);
	}
	if (last)
		fputc('\n', f);
}

static void print_row_cell(FILE *f, const struct table *t, const size_t *width,
			   const struct fold *fold, size_t i)
{
	size_t c = i % t->columns, last = t->columns - 1;

	if (c < last || !fold->indent)
		print_cell(f, t, width, i, c == last - fold->below);
	else if (fold->below && *t->cell[i])
		text_fill(f, t->cell[i], "    ", FOLD_INDENT, (unsigned int)fold->limit);
	else if (!fold->below)
		text_fill(f, t->cell[i], "", (unsigned int)fold->indent, (unsigned int)fold->limit);
}

int table_print(FILE *f, const struct table *t, size_t width, bool colour)
{
	size_t w[TABLE_COLUMNS_MAX];
	struct fold fold;

	if (t->failed || !t->columns)
		return t->failed;
	natural_widths(t, w);
	fold = fold_of(t, w, width);
	if (width && !fold.indent)
		fit(t, w, width);
	print_heads(f, t, w, &fold, colour);
	for (size_t i = 0; i < t->n; i++)
		print_row_cell(f, t, w, &fold, i);
	if (t->n % t->columns)
		fputc('\n', f);
	return ferror(f) ? -EIO : 0;
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	*t = (struct table){ 0 };
}
