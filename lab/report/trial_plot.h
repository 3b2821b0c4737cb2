/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_plot.h - the plots of a trial: scripts for gnuplot, and its SVG made fit for a page
 *
 * A script of gnuplot is a program, so it holds numbers and words of ours alone: no
 * string of a trial gets into one. Cells are numbers there; names stand in the page's
 * legend. lab/host/gnuplot.h runs a script.
 */
#ifndef OVSLAB_REPORT_TRIAL_PLOT_H
#define OVSLAB_REPORT_TRIAL_PLOT_H

#include "core/trial.h"

enum trial_plot {
	TRIAL_PLOT_FIGURE,		/* the scored figure, run by run */
	TRIAL_PLOT_THROUGHPUT,		/* likewise */
	TRIAL_PLOT_TIME,		/* throughput over time */
	TRIAL_PLOT_EXTENTS,		/* of reordered packets */
	TRIAL_PLOTS
};

struct trial_plots {
	char *svg[TRIAL_PLOTS];		/* for a page; NULL: there is nothing to show, or .why_not */
	char why_not[200];		/* they could not be drawn: "gnuplot ... is not installed" */
};

#define TRIAL_PLOT_COLOURS 6		/* of cells: they are used again */

/* How a cell's points look, beside their colour: for the legend. By cell, modulo. */
extern const char *const trial_plot_marks[TRIAL_PLOT_COLOURS];

/** trial_plot_metric() - the figure that a trial is about: scored, expected, or "reordered" */
unsigned int trial_plot_metric(const struct trial *t);

/**
 * trial_plot_script() - a plot's script, with its data; it writes SVG to standard output
 * @ret:	to be freed; NULL if the runs have nothing for it
 *
 * Return: 0 or -ENOMEM.
 */
int trial_plot_script(const struct trial *t, enum trial_plot plot, char **ret);

/**
 * trial_plot_inline() - gnuplot's SVG as part of a page
 *
 * Without its XML prologue; ids are the plot's own, so that several go into one page;
 * colours are the page's variables, so that it looks right in light and in dark.
 *
 * Return: 0, -EBADMSG if it is not what gnuplot writes, or holds a script; -ENOMEM.
 */
int trial_plot_inline(enum trial_plot plot, const char *svg, char **ret);

/** trial_plots_free() - release them; zeroed ones are empty */
void trial_plots_free(struct trial_plots *p);

#endif
