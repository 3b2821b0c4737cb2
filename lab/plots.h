/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plots.h - the plots of a trial, drawn
 */
#ifndef OVSLAB_PLOTS_H
#define OVSLAB_PLOTS_H

#include "core/err.h"
#include "host/wait.h"
#include "report/trial_plot.h"

/**
 * trial_plots_make() - draw what a trial has to show
 * @ret:	release with trial_plots_free(); zeroed on failure
 *
 * Where gnuplot is not there or fails, that is no failure: .why_not says it, and a page
 * without plots can still be written.
 *
 * Return: 0, -EINTR or -ENOMEM.
 */
int trial_plots_make(const struct job *job, const struct trial *t, const struct trial_outcome *o,
		     struct trial_plots *ret, struct err *err);

#endif
