/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mistakes.h - what is wrong with a file, each with its place in it
 */
#ifndef OVSLAB_CORE_MISTAKES_H
#define OVSLAB_CORE_MISTAKES_H

#include <stddef.h>

#define MISTAKES_MAX 40

struct mistake {
	unsigned int line, column;	/* from 1; columns are characters */
	char text[480];			/* one line: what is wrong, and what to do about it */
};

/** struct mistakes - a zeroed one is empty */
struct mistakes {
	struct mistake v[MISTAKES_MAX];
	size_t n;
	size_t more;			/* that found no room */
};

/** mistakes_add() - printf format; control characters become '?' */
void mistakes_add(struct mistakes *m, unsigned int line, unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** mistakes_sort() - by place; of those at one place in the order they were found */
void mistakes_sort(struct mistakes *m);

#endif
