/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_markdown.h - a trial for a ticket, in GitHub's flavour of Markdown
 */
#ifndef OVSLAB_REPORT_TRIAL_MARKDOWN_H
#define OVSLAB_REPORT_TRIAL_MARKDOWN_H

#include <stdio.h>

#include "core/trial.h"

/**
 * trial_markdown() - answer, variants, verdicts, expectations, pairs, how to make it again
 *
 * Text of others can make no link, mention, image, heading or HTML of it.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int trial_markdown(FILE *f, const struct trial *t, const struct trial_outcome *o);

#endif
