// SPDX-License-Identifier: GPL-2.0
/*
 * mistakes.c - what is wrong with a file, each with its place in it
 */
#include "core/mistakes.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

void mistakes_add(struct mistakes *m, unsigned int line, unsigned int column, const char *fmt, ...)
{
	struct mistake *one = &m->v[m->n];
	va_list ap;

	if (m->n == MISTAKES_MAX) {
		m->more++;
		return;
	}
	m->n++;
	one->line = line;
	one->column = column;
	va_start(ap, fmt);
	vsnprintf(one->text, sizeof(one->text), fmt, ap);
	va_end(ap);
	for (char *c = one->text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
}

static bool after(const struct mistake *a, const struct mistake *b)
{
	return a->line != b->line ? a->line > b->line : a->column > b->column;
}

void mistakes_sort(struct mistakes *m)
{
	for (size_t i = 1; i < m->n; i++) {
		struct mistake one = m->v[i];
		size_t at = i;

		for (; at && after(&m->v[at - 1], &one); at--)
			m->v[at] = m->v[at - 1];
		m->v[at] = one;
	}
}
