/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_html.h - a trial as one page: no network, no script, light and dark
 */
#ifndef OVSLAB_REPORT_TRIAL_HTML_H
#define OVSLAB_REPORT_TRIAL_HTML_H

#include <stdio.h>

#include "core/trial.h"
#include "report/trial_plot.h"

/**
 * trial_html() - write the page: the answer first, then what it stands on
 * @t:		also a lone run without a scenario, and one that is not finished
 * @plots:	zeroed for none; of lab/plots.h
 *
 * Return: 0 or -EIO.
 */
int trial_html(FILE *f, const struct trial *t, const struct trial_outcome *o,
	       const struct trial_plots *plots);

#endif
