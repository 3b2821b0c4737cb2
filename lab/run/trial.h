/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial.h - a scenario carried out: labs for its variants, and runs in turns
 */
#ifndef OVSLAB_RUN_TRIAL_H
#define OVSLAB_RUN_TRIAL_H

#include "core/err.h"
#include "core/trial.h"
#include "host/wait.h"

struct trial_opts {
	/*
	 * Called after each run and each pair with what is known so far; to write the file
	 * and to tell of progress. < 0 ends the trial.
	 */
	int (*step)(void *arg, const struct trial *t, const struct trial_outcome *o, struct err *err);
	void *arg;
};

/**
 * trial_run() - carry out what @t says, behind the runs that it has already
 * @t:		mode, source, scenario, cells, seed, budget are given; runs are added
 *
 * Mode TRIAL_RUN: each cell after the other, @t->runs_each times. Otherwise both cells are
 * up side by side, measured in adjacent pairs in the order that the seed draws, until
 * the outcome is done, the last look is reached, or the budget is used up. A pair with
 * an invalid run is made again; three in a row end the trial.
 *
 * Ctrl-C (-EINTR) and a bench that failed end it as well; what was measured is in @t, and
 * all labs are down.
 *
 * Return: 0, or -errno.
 */
int trial_run(const struct job *job, struct trial *t, const struct trial_opts *opts,
	      struct err *err);

/**
 * trial_cell_setup() - how a cell is set up; NULL if the scenario has none of its name
 *
 * The second cell of TRIAL_AA is the baseline under another name.
 */
const struct scenario_setup *trial_cell_setup(const struct trial *t, unsigned int cell);

/**
 * trial_step_seconds() - how long one pair more takes; mode TRIAL_RUN: one run more
 *
 * From the median of the runs so far; 0 before the first.
 */
double trial_step_seconds(const struct trial *t);

#endif
