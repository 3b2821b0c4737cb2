/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_text.h - a run as text on a terminal: one in full, or several side by side
 */
#ifndef OVSLAB_REPORT_RUN_TEXT_H
#define OVSLAB_REPORT_RUN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/run.h"

/**
 * run_print_text() - the report of one run, 80 columns wide
 * @full:	also coverage, throughput over time, flows, commands and versions
 * @colour:	mark headings and alarms with terminal colours
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int run_print_text(FILE *f, const struct run *run, bool full, bool colour);

/**
 * run_compare_text() - one row for each run: PSH share, reordering, throughput
 * @runs:	[n], in the order of the rows; names of up to 17 columns are not cut
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int run_compare_text(FILE *f, const struct run_named *runs, size_t n, bool colour);

/** run_accel_text() - KVM or TCG, and what that means for throughput */
const char *run_accel_text(const struct run *run);

/** run_traffic_text() - what was sent, in a few words */
void run_traffic_text(FILE *f, const struct run *run);

#endif
