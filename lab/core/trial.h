/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial.h - a scenario carried out: its runs, and what they say
 *
 * Plain data that 'run' and 'validate' fill run by run, and that the writers of
 * lab/report/ print. What the runs say is never stored as a fact: trial_judge() makes it
 * from them, so that a report of a file means what it meant when it was made.
 */
#ifndef OVSLAB_CORE_TRIAL_H
#define OVSLAB_CORE_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/detectable.h"
#include "core/paired.h"
#include "core/run.h"
#include "core/scenario.h"

#define TRIAL_PAIRS_MAX 20		/* of 'validate': the last look */
#define TRIAL_CELLS_MAX 18		/* baseline, fixed and a matrix of 16 */
#define TRIAL_RUNS_MAX 400

enum trial_mode {
	TRIAL_RUN,			/* each cell so many times: expectations alone */
	TRIAL_VALIDATE,			/* cell 0 against cell 1, in pairs: verdicts */
	TRIAL_AA,			/* the same, and both are the baseline */
};

/* Why a run does not count: rules that do not look at what it measured. */
enum trial_fault {
	TRIAL_VALID,
	TRIAL_NO_TRAFFIC,		/* nothing entered the switch */
	TRIAL_TRAFFIC_FAILED,
	TRIAL_INJECTIONS_CHANGED,
	TRIAL_SWITCH_RESTARTED,
	TRIAL_INEXACT,			/* probes or captures lost packets: counts are not exact */
	TRIAL_SETUP_DIFFERS,		/* Open vSwitch, its kernel or accelerator is not that of the
					 * first run of its cell that has no other fault */
};

struct trial_run {
	unsigned int cell;		/* index into .cells */
	unsigned int pair;		/* from 0; mode TRIAL_RUN: repetition */
	bool second;			/* of its pair: the other one went first */
	double started_s;		/* since the trial began */
	double seconds;			/* with setting up */
	struct run run;
};

/* A text of the scenario that was carried out, so that it can be again. */
struct trial_source {
	char *name;			/* as it was named: "@recirc-upcall", "bug.yml" */
	char *text;			/* the file's bytes, NUL-terminated */
	struct run_strings sets;	/* of --set, in their order */
};

struct trial {
	enum trial_mode mode;
	struct trial_source source;	/* .text is NULL: a lone run, no scenario */
	struct scenario *scenario;	/* read from .source; NULL likewise. Owned */
	char *cells[TRIAL_CELLS_MAX];	/* names; mode TRIAL_AA: "baseline", "baseline-again" */
	unsigned int n_cells;
	unsigned int runs_each;		/* mode TRIAL_RUN: that are wanted of each cell */
	char *version;			/* of ovslab that made it */
	char *started_at;		/* ISO 8601, UTC */
	char *command;			/* that made it */
	uint64_t seed;			/* of the order within pairs */
	double budget_s;		/* 0: none */
	double elapsed_s;		/* so far */
	bool judge_throughput;		/* it is part of the outcome */
	bool finished;			/* false: interrupted, killed, out of time; can be resumed */
	char *ended_by;			/* why it is not finished, or ended early; NULL */
	struct trial_run *runs;		/* in the order they were made */
	size_t n_runs;
	struct run_strings notes;
};

/* ---- what the runs say ---------------------------------------------------------------- */

enum trial_verdict {
	TRIAL_INCONCLUSIVE,
	TRIAL_FIXED,
	TRIAL_NOT_FIXED,
	TRIAL_REGRESSED,
};

/* Why nothing is scored. */
enum trial_refusal {
	TRIAL_SCORED,
	TRIAL_NOTHING_TO_SCORE,		/* mode TRIAL_RUN, or the scenario has no score */
	TRIAL_TOO_FEW,			/* pairs so far */
	TRIAL_BUG_NOT_SHOWN,		/* the baseline is not as it is expected to be */
	TRIAL_NOTHING_MANGLED,		/* an injection changed nothing, in a cell at least */
	TRIAL_RUNS_INVALID,		/* too many */
};

struct trial_figure {			/* of the valid runs of a cell */
	unsigned int n;
	double median, min, max;
};

/* The scored count, pair by pair. */
struct trial_counts {
	unsigned int pairs;		/* that were judged: those of the last look */
	unsigned int cured, same, worse;	/* by the rule of each pair */
	double cured_ratio, worse_ratio;	/* the rule: cured is at most so many times the
						 * baseline's figure, worse at least */
	enum trial_verdict verdict;
	bool done;			/* no further pair can change it */
};

struct trial_expected {
	const struct scenario_expect *expect;
	struct trial_figure figure, baseline;	/* .baseline.n is 0 if no ratio is asked for */
	bool known;			/* there are runs to judge by, and no ratio of 0 to 0 */
	bool holds;			/* the median does */
	bool agree;			/* each run by itself says the same as the median */
	char text[200];			/* "reordered of fixed: 0, at most 0.2 times baseline's 1200" */
};

struct trial_outcome {
	enum trial_verdict verdict;	/* of the score; what the exit status comes from */
	enum trial_refusal refusal;
	char why[300];			/* one sentence for a person */
	struct trial_counts counts;
	struct paired_result throughput;	/* d = ln(cell 1 / cell 0) */
	unsigned int throughput_pairs;	/* that have one */
	struct detectable aa_count, aa_throughput;	/* mode TRIAL_AA: of this machine */
	struct trial_expected expected[64];	/* of the trial's cells, in the file's order */
	unsigned int n_expected;
	bool expectations_hold;		/* all that are known; false if none is */
	bool expectations_known;	/* all of them */
	unsigned int pairs;		/* whole valid ones */
	unsigned int invalid;		/* runs that do not count */
	bool done;			/* a series needs no further pair */
};

/* Their words; NULL ends. */
extern const char *const trial_mode_names[];
extern const char *const trial_fault_names[];
extern const char *const trial_verdict_names[];
extern const char *const trial_refusal_names[];

/** trial_fault() - does a run count? By rules that do not look at what it measured */
enum trial_fault trial_fault(const struct trial *t, const struct trial_run *r);

/**
 * trial_judge() - what the runs so far say; pure, the same for a file and a live series
 *
 * Counts and throughput are two verdicts and never mixed. The count is judged pair by
 * pair with a sign test at fixed looks (core/signs.h), throughput by paired_judge().
 * Nothing is scored unless the runs of the baseline are as the scenario expects of it,
 * and each mangler changed packets in both cells.
 */
void trial_judge(const struct trial *t, struct trial_outcome *ret);

/** trial_throughput_metric() - index of throughput_bps in scenario_metrics[] */
unsigned int trial_throughput_metric(void);

/** trial_has_throughput() - has the traffic of a scenario one that can be compared? */
bool trial_has_throughput(const struct scenario *s);

/** trial_status() - the exit status of an outcome: enum status (core/err.h) */
int trial_status(const struct trial *t, const struct trial_outcome *o);

/** trial_figure_over() - a figure over @n finite values, which are sorted; .n is 0 of none */
struct trial_figure trial_figure_over(double *v, unsigned int n);

/** trial_figure_of() - a figure over the valid runs of a cell */
struct trial_figure trial_figure_of(const struct trial *t, unsigned int cell, unsigned int metric);

/* Packets that went through vswitchd, and late ones, over the valid runs of a cell. */
struct trial_upcalled {
	unsigned int runs;		/* that know */
	struct fisher_table late;	/* their sum: upcalled, and late */
};

/** trial_upcalled_of() - over those runs that know; .runs is 0 if none does */
struct trial_upcalled trial_upcalled_of(const struct trial *t, unsigned int cell);

/* Two valid runs that were made next to each other. */
struct trial_pair {
	unsigned int number;		/* from 0 */
	const struct trial_run *run[2];	/* of cells 0 and 1 */
};

/**
 * trial_pairs() - the whole valid pairs, by their numbers
 *
 * Of a pair that was made again, because a run of it did not count, it is the last one.
 */
unsigned int trial_pairs(const struct trial *t, struct trial_pair ret[TRIAL_PAIRS_MAX]);

/** trial_cell() - index of a cell by name; NULL is the only one; -1 if there is none */
int trial_cell(const struct trial *t, const char *name);

/**
 * trial_add_run() - append a run, which is taken over
 *
 * Return: 0, -ENOMEM or -E2BIG; @r still owns its run then.
 */
int trial_add_run(struct trial *t, const struct trial_run *r);

/** trial_free() - release what @t owns; a zeroed trial is an empty one */
void trial_free(struct trial *t);

#endif
