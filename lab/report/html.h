/* SPDX-License-Identifier: GPL-2.0 */
/*
 * html.h - text of others in a page, and tables
 *
 * A page is templates and escaped text. Whatever comes from a file or a guest goes
 * through html_text() or what is built on it: markup is escaped, what no page should
 * hold (control characters, bytes that are not UTF-8) becomes U+FFFD, and length is bounded.
 */
#ifndef OVSLAB_REPORT_HTML_H
#define OVSLAB_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

#include "core/run.h"

#define HTML_TEXT_MAX 400		/* bytes of a name, a cell or a line */
#define HTML_LIST_MAX 50		/* rows of a list */

/** html_escape() - the first @max bytes of @text, for content and for attributes in quotes */
void html_escape(FILE *f, const char *text, size_t max);

/** html_escape_n() - exactly the first @n bytes of @text */
void html_escape_n(FILE *f, const char *text, size_t n);

/** html_text() - html_escape() of up to HTML_TEXT_MAX bytes; NULL is "unknown" */
void html_text(FILE *f, const char *text);

/** html_printf() - the same of printf's result: for formats with strings of others */
void html_printf(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** html_shell() - as one word of a shell's command line, quoted where it has to be */
void html_shell(FILE *f, const char *text);

/** html_lines() - each string on a line of its own, at most HTML_LIST_MAX; "none" if empty */
void html_lines(FILE *f, const struct run_strings *s);

/** html_more() - "... and N more" if @n is more than @shown */
void html_more(FILE *f, size_t n, size_t shown);

/* ---- tables --------------------------------------------------------------------------- */

/**
 * html_table() - begin a table in a box that scrolls by itself
 * @label:	what it is, for who cannot see it
 * @heads:	NULL-terminated; one that begins with '#' is of numbers, without it
 *
 * Heads are ours and not escaped; html_head() adds those that are.
 */
void html_table(FILE *f, const char *label, const char *const *heads);
void html_head(FILE *f, const char *text);
void html_body(FILE *f);		/* after the last head, if html_table() had NULL heads */
void html_table_end(FILE *f);

/** html_cell() - a cell; printf format, escaped */
void html_cell(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** html_number() - likewise, aligned to the right */
void html_number(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
