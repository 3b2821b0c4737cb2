/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject_log.h - an event of a mangler's log as JSON and as a line of text
 */
#ifndef OVSLAB_REPORT_INJECT_LOG_H
#define OVSLAB_REPORT_INJECT_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/mangle.h"
#include "core/mangle_log.h"

struct log_row {
	const struct log_event *e;
	const char *place;		/* "vm1:egress" */
	const struct mangle_kind *kind;	/* NULL: unknown to this version */
	int64_t unix_ns;		/* by the wall clock of the machine that it is from */
};

/**
 * log_row_json() - an event; see docs/schemas/inject-log.json
 * @stable:	only what is the same in two runs with the same seed
 */
json_t *log_row_json(const struct log_row *row, bool stable);

/** log_row_print() - a line of it. Return: 0 or -errno */
int log_row_print(FILE *f, const struct log_row *row, bool stable);

/**
 * log_row_is_stable() - that it is there may be the same in two runs
 *
 * What came again, or was cleared because it was not chosen, is up to TCP's timing.
 */
bool log_row_is_stable(const struct log_row *row);

/** log_row_compare() - for qsort(): by what is stable */
int log_row_compare(const void *a, const void *b);

#endif
