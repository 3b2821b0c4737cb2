/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_text.h - a trial as text on a terminal: the answer first
 */
#ifndef OVSLAB_REPORT_TRIAL_TEXT_H
#define OVSLAB_REPORT_TRIAL_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/trial.h"

/**
 * trial_print_text() - the report of a trial, 80 columns wide
 * @verbose:	also every run, and of a lone run all there is
 * @color:	mark the answer, headings and what fails with terminal colours
 *
 * A lone run prints as 'measure' does.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int trial_print_text(FILE *f, const struct trial *t, const struct trial_outcome *o,
		     bool verbose, bool color);

/**
 * trial_print_wide() - the same for a terminal of @columns; less than 80 are taken as 80
 * @path:	where the trial is kept; NULL: not told
 */
int trial_print_wide(FILE *f, const struct trial *t, const struct trial_outcome *o,
		     bool verbose, bool color, unsigned int columns, const char *path);

#endif
