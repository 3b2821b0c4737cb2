/* SPDX-License-Identifier: GPL-2.0 */
/*
 * golden.h - is a text what tests/unit/golden/ holds?
 *
 * OVSLAB_GOLDEN=write renews the files: look at the difference before you commit it.
 */
#ifndef OVSLAB_TESTS_GOLDEN_H
#define OVSLAB_TESTS_GOLDEN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void golden_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static inline char *golden_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (!f)
		fail_msg("%s is not there", path);
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static inline void golden_is(const char *name, const char *text)
{
	const char *mode = getenv("OVSLAB_GOLDEN");
	char path[256], *want;

	snprintf(path, sizeof(path), "tests/unit/golden/%s", name);
	if (mode && !strcmp(mode, "write"))
		golden_write(path, text);
	want = golden_read(path);
	if (strcmp(text, want))
		fail_msg("%s differs:\n%s", path, text);
	free(want);
}

#endif
