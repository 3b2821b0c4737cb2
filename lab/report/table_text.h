/* SPDX-License-Identifier: GPL-2.0 */
/*
 * table_text.h - an aligned table for terminals
 *
 *	struct table t = { 0 };
 *
 *	table_column(&t, "name", TABLE_LEFT);
 *	table_column(&t, "packets", TABLE_RIGHT);
 *	table_cell(&t, "%s", name);		rows fill from left to right
 *	table_cell(&t, "%llu", packets);
 *	rc = table_print(stdout, &t, 80, colour);
 *	table_free(&t);
 *
 * Failures of allocation are remembered and reported by table_print().
 */
#ifndef OVSLAB_REPORT_TABLE_TEXT_H
#define OVSLAB_REPORT_TABLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16
#define TABLE_WIDTH 80

/* Fold: the last column alone, left; what does not fit goes on, in lines of its own. */
enum table_align { TABLE_LEFT, TABLE_RIGHT, TABLE_FOLD };

struct table {
	const char *head[TABLE_COLUMNS_MAX];	/* '\n' breaks a heading */
	enum table_align align[TABLE_COLUMNS_MAX];
	size_t columns;
	char **cell;			/* row by row; owned */
	size_t n;
	int failed;			/* 0 or -ENOMEM */
};

/** table_column() - add a column before the first cell; @head is not copied */
void table_column(struct table *t, const char *head, enum table_align align);

/** table_cell() - the next cell; printf format */
void table_cell(struct table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * table_print() - write headings and rows, two spaces between columns
 * @width:	columns of the terminal: left-aligned cells are cut with an
 *		ellipsis until the table fits; with TABLE_FOLD the last one is
 *		folded instead, beside the others or, if there is no room, below
 *		them; 0 = as wide as it gets
 * @colour:	headings in bold
 *
 * Widths are those of UTF-8 on a terminal; control characters print as '?'.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int table_print(FILE *f, const struct table *t, size_t width, bool colour);

void table_free(struct table *t);

#endif
