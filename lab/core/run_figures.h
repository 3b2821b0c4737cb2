/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_figures.h - the figures of a run by the names that scenarios have for them
 */
#ifndef OVSLAB_CORE_RUN_FIGURES_H
#define OVSLAB_CORE_RUN_FIGURES_H

#include "core/run.h"

/**
 * run_figure() - a figure of a run
 * @metric:	index into scenario_metrics[]
 *
 * The same number that stands at the metric's path in ovslab.run/1.
 */
double run_figure(const struct run *run, unsigned int metric);

#endif
