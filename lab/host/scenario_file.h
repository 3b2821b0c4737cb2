/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario_file.h - scenario files: the user's, and the shipped ones by their names
 */
#ifndef OVSLAB_HOST_SCENARIO_FILE_H
#define OVSLAB_HOST_SCENARIO_FILE_H

#include <stddef.h>

#include "core/err.h"
#include "core/scenario.h"

/* A file, read whole. */
struct scenario_text {
	char *path;			/* as messages call it */
	char *data;
	size_t size;
};

/**
 * scenario_load() - the text of a scenario file
 * @name:	path of a file, or @NAME for a shipped scenario
 * @ret:	to be released with scenario_text_free()
 *
 * Return: 0, or -errno (STATUS_USAGE): there is no such file or scenario, it is too long,
 * or no file.
 */
int scenario_load(const char *name, struct scenario_text *ret, struct err *err);

void scenario_text_free(struct scenario_text *text);

/**
 * scenario_open() - load and read; mistakes become the error: the first, with how many more
 * @ret:	to be released with scenario_free()
 */
int scenario_open(const char *name, struct scenario **ret, struct err *err);

/** struct scenario_entry - a shipped scenario */
struct scenario_entry {
	char name[SCENARIO_NAME_MAX + 1];
	struct scenario *scenario;	/* NULL: it has mistakes */
};

/**
 * scenario_list() - the shipped scenarios, by name
 * @ret:	to be released with scenario_list_free()
 */
int scenario_list(struct scenario_entry **ret, size_t *ret_n, struct err *err);

void scenario_list_free(struct scenario_entry *list, size_t n);

#endif
