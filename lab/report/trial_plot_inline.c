// SPDX-License-Identifier: GPL-2.0
/*
 * trial_plot_inline.c - gnuplot's SVG made part of a page
 */
#include "report/trial_plot.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

static const char *const variables[] = {	/* by the NN of #0101NN: see trial_plot.c */
	"--c0", "--c1", "--c2", "--c3", "--c4", "--c5", "--ink", "--grid", "--mark", "--link-line",
};

static bool starts(const char *p, const char *with)
{
	return strncmp(p, with, strlen(with)) == 0;
}

/* "rgb(  1,   1,   6)": bytes of it, and the variable; 0 if it is no colour of ours. */
static size_t colour(const char *p, const char **ret)
{
	unsigned int r, g, b;
	int len = 0;

	if (!starts(p, "rgb(") || sscanf(p, "rgb(%3u,%3u,%3u)%n", &r, &g, &b, &len) != 3 || len == 0)
		return 0;
	if (r != 1 || g != 1 || b >= ARRAY_SIZE(variables))
		return 0;
	*ret = variables[b];
	return (size_t)len;
}

/* What begins an id, or a reference to one: bytes of it, else 0. */
static size_t before_id(const char *p)
{
	static const char *const marks[] = { "id='", "id=\"", "href='#", "href=\"#", "url(#" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (starts(p, marks[i]))
			return strlen(marks[i]);
	return 0;
}

static void convert(enum trial_plot plot, const char *p, const char *end, FILE *f)
{
	while (p < end) {
		const char *variable;
		size_t n = colour(p, &variable);

		if (n) {
			fprintf(f, "var(%s)", variable);
			p += n;
			continue;
		}
		n = before_id(p);
		if (!n) {
			fputc(*p++, f);
			continue;
		}
		fprintf(f, "%.*sp%d-", (int)n, p, (int)plot);
		p += n;
	}
}

/* It says nothing that the page does not say better, and a title is shown as a tooltip. */
static const char *past_title(const char *svg)
{
	const char *end = strstr(svg, "</desc>");

	return end ? end + strlen("</desc>") : NULL;
}

int trial_plot_inline(enum trial_plot plot, const char *svg, char **ret)
{
	const char *begin = strstr(svg, "<svg"), *box = begin ? strstr(begin, "viewBox=\"") : NULL;
	const char *body = begin ? past_title(begin) : NULL, *end = body ? strstr(body, "</svg>") : NULL;
	char *text = NULL;
	size_t size;
	int width, height;
	FILE *f;

	if (!end || !box || box > body || strcasestr(begin, "<script") || strcasestr(begin, "<a ") ||
	    sscanf(box, "viewBox=\"0 0 %d %d\"", &width, &height) != 2)
		return -EBADMSG;
	f = open_memstream(&text, &size);
	if (!f)
		return -ENOMEM;
	fprintf(f, "<svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\" focusable=\"false\">", width, height);
	convert(plot, body, end, f);
	fputs("</svg>\n", f);
	if (fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}
