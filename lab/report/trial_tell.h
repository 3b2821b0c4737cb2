/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_tell.h - what every report of a trial says of it, in the same words
 *
 * The writers differ in form and in what they must escape. So what is said goes to a
 * stream as plain text of one line, and trial_told() makes a string of it.
 */
#ifndef OVSLAB_REPORT_TRIAL_TELL_H
#define OVSLAB_REPORT_TRIAL_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/signs.h"
#include "core/trial.h"
#include "report/units.h"

/* Says one thing of a trial; nothing at all where there is nothing to say. */
typedef void (*trial_tell)(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_told() - what @tell says; to be freed; NULL when out of memory */
char *trial_told(trial_tell tell, const struct trial *t, const struct trial_outcome *o);

/** trial_answer() - in a word or two: "fixed", "no false alarm", "as expected" */
const char *trial_answer(const struct trial *t, const struct trial_outcome *o);

/** trial_tell_answer() - the answer as a sentence: "fixed: ..." */
void trial_tell_answer(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_tell_counts() - the verdict on the scored figure, and what it comes from */
void trial_tell_counts(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_tell_throughput() - the verdict on throughput, and whether it takes part */
void trial_tell_throughput(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_tell_upcalls() - had the late packets of each variant gone through vswitchd? */
void trial_tell_upcalls(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_upcalls_known() - has that anything to say? */
bool trial_upcalls_known(const struct trial *t);

/** trial_tell_noise() - mode TRIAL_AA: what this machine does by itself */
void trial_tell_noise(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_tell_progress() - pairs, runs that do not count, time; why it ended early */
void trial_tell_progress(FILE *f, const struct trial *t, const struct trial_outcome *o);

/** trial_tell_again() - the command that makes it again, for a shell */
void trial_tell_again(FILE *f, const struct trial *t, const struct trial_outcome *o);

/* What shaped the runs: each report shows all of it. A NULL name ends. */
struct trial_fact {
	const char *name;		/* "placement" */
	trial_tell tell;
};

extern const struct trial_fact trial_facts[];

#define TRIAL_CELL_NAME 64

/** trial_cell_name() - as much of it as fits, safe for a terminal; "?" if there is none */
void trial_cell_name(char buf[TRIAL_CELL_NAME], const struct trial *t, unsigned int cell);

/** trial_run_of() - the first run of a cell; NULL if there is none */
const struct run *trial_run_of(const struct trial *t, unsigned int cell);

/** trial_run_ovs() - Open vSwitch with its patch level; "unknown" */
const char *trial_run_ovs(const struct run *run);

/** trial_run_kernel() - of the switch's datapath, with its build; "unknown" */
const char *trial_run_kernel(const struct run *run);

/** trial_scored() - does the trial have a scored figure? Its index in scenario_metrics[] */
bool trial_scored(const struct trial *t, unsigned int *ret_metric);

/** trial_rule() - how a pair votes */
struct signs_rule trial_rule(const struct trial *t, const struct trial_outcome *o);

/** trial_value() - a figure as people read it: "1021", "9.4 %", "341 Mb/s" */
const char *trial_value(struct unit_text *buf, unsigned int metric, double value);

/** trial_state() - "ok", "FAIL" or "unknown" */
const char *trial_state(const struct trial_expected *e);

#endif
