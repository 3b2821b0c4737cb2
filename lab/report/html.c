// SPDX-License-Identifier: GPL-2.0
/*
 * html.c - text of others in a page, and tables
 */
#include "report/html.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

static const char *entity(uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

static bool unfit(uint32_t c)
{
	return (utf8_is_control(c) && c != '\n' && c != '\t') || (c & 0xfffe) == 0xfffe;
}

/* Bytes of @text, at most @max, without a part of a character. */
static size_t cut(const char *text, size_t max)
{
	size_t n = strnlen(text, max + 1);

	if (n <= max)
		return n;
	for (n = max; n && n + 3 > max && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

void html_escape_n(FILE *f, const char *text, size_t size)
{
	for (const char *end = text + size; text < end;) {
		uint32_t c = 0;
		int n = utf8_decode(text, &c);
		const char *as = n < 0 || unfit(c) ? "\xef\xbf\xbd" : entity(c);

		if (as)
			fputs(as, f);
		else
			fwrite(text, 1, (size_t)n, f);
		text += n < 0 ? 1 : n;
	}
}

void html_escape(FILE *f, const char *text, size_t max)
{
	size_t n = cut(text, max);

	html_escape_n(f, text, n);
	if (text[n])
		fputs("\xe2\x80\xa6", f);
}

void html_text(FILE *f, const char *text)
{
	html_escape(f, text ? text : "unknown", HTML_TEXT_MAX);
}

/* One byte more than is shown, so that what is cut shows that it is. */
static void escape_v(FILE *f, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void escape_v(FILE *f, const char *fmt, va_list ap)
{
	char buf[HTML_TEXT_MAX + 8];

	vsnprintf(buf, sizeof(buf), fmt, ap);
	html_escape(f, buf, HTML_TEXT_MAX);
}

void html_printf(FILE *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	escape_v(f, fmt, ap);
	va_end(ap);
}

void html_shell(FILE *f, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

	if (*text && !text[strspn(text, plain)]) {
		html_escape_n(f, text, strlen(text));
		return;
	}
	fputs("&#39;", f);
	for (const char *quote; (quote = strchr(text, '\'')); text = quote + 1) {
		html_escape_n(f, text, (size_t)(quote - text));
		fputs("&#39;\\&#39;&#39;", f);
	}
	html_escape_n(f, text, strlen(text));
	fputs("&#39;", f);
}

void html_lines(FILE *f, const struct run_strings *s)
{
	if (!s->n)
		fputs("none", f);
	for (size_t i = 0; i < s->n && i < HTML_LIST_MAX; i++) {
		fputs(i ? "<br>" : "", f);
		html_text(f, s->v[i]);
	}
	html_more(f, s->n, HTML_LIST_MAX);
}

void html_more(FILE *f, size_t n, size_t shown)
{
	if (n > shown)
		fprintf(f, " <span class=more>... and %zu more</span>", n - shown);
}

/* ---- tables --------------------------------------------------------------------------- */

void html_table(FILE *f, const char *label, const char *const *heads)
{
	fprintf(f, "<div class=scroll tabindex=0 role=region aria-label=\"%s\"><table><thead><tr>\n", label);
	if (!heads)
		return;
	for (; *heads; heads++)
		fprintf(f, "<th scope=col%s>%s", **heads == '#' ? " class=n" : "", *heads + (**heads == '#'));
	html_body(f);
}

void html_head(FILE *f, const char *text)
{
	fputs("<th scope=col>", f);
	html_text(f, text);
}

void html_body(FILE *f)
{
	fputs("\n<tbody>\n", f);
}

void html_table_end(FILE *f)
{
	fputs("</table></div>\n", f);
}

void html_cell(FILE *f, const char *fmt, ...)
{
	va_list ap;

	fputs("<td>", f);
	va_start(ap, fmt);
	escape_v(f, fmt, ap);
	va_end(ap);
}

void html_number(FILE *f, const char *fmt, ...)
{
	va_list ap;

	fputs("<td class=n>", f);
	va_start(ap, fmt);
	escape_v(f, fmt, ap);
	va_end(ap);
}
