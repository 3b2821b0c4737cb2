/* SPDX-License-Identifier: GPL-2.0 */
/*
 * setup.h - a lab set up as a variant of a scenario says, and run after run of it
 *
 * Each cell of a scenario has a lab of its own. The process may have several: it moves
 * into the network namespace of the one that it works on, and the others stand still
 * (their virtual CPUs are paused, so their clocks are too).
 */
#ifndef OVSLAB_RUN_SETUP_H
#define OVSLAB_RUN_SETUP_H

#include "core/err.h"
#include "core/lab.h"
#include "core/run.h"
#include "core/scenario.h"
#include "host/wait.h"

struct setup {
	const struct scenario *scenario;
	const struct scenario_setup *cell;
	char name[LAB_NAME_MAX + 1];	/* of its lab */
	struct lab lab;
	bool up, paused;
	bool ran;			/* since it is up */
	bool each_run;			/* start: early or late, so its switch boots for each run */
	const char *command;		/* that is recorded in its runs */
};

/**
 * setup_up() - bring the lab of a cell up, and make it what the cell says
 * @s:		.scenario, .cell, .name and .command are given
 *
 * From a saved lab if there is one, unless its Open vSwitch or kernel is a tree of the
 * user's own. Then: QEMU's CPUs, other_config, OpenFlow flows, placement, the guests'
 * settings, injections. On failure nothing is left of it. The process is in the lab's
 * network namespace afterwards.
 */
int setup_up(const struct job *job, struct setup *s, struct err *err);

/**
 * setup_run() - one measurement of it
 *
 * What is paused goes on first; a cell whose switch boots for each run (.each_run) is
 * taken down and brought up again unless it is fresh. What before-run asks for is done.
 */
int setup_run(const struct job *job, struct setup *s, struct run *ret, struct err *err);

/**
 * setup_pause() - let it stand still while another one is measured
 *
 * Its guests' wall clocks are behind by that time when they go on; no figure comes of them.
 */
int setup_pause(const struct job *job, struct setup *s, struct err *err);

/** setup_down() - take its lab down; one that is not up is success */
int setup_down(const struct job *job, struct setup *s, struct err *err);

/**
 * setup_sweep() - take down labs of trials whose process has ended
 *
 * Labs of trials carry a mark in their state file (lab.trial); one whose creator lives is
 * left alone. One that cannot be taken down is told of, and no failure.
 *
 * Return: 0, or -errno: there is no memory for their names, or a signal came.
 */
int setup_sweep(const struct job *job, struct err *err);

#endif
