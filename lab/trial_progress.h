/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_progress.h - how far a trial is, for a person or as events
 *
 * Text goes the way of all progress. Events ('--progress json') are JSON objects, one a
 * line, on standard error: schema ovslab.progress/1.
 */
#ifndef OVSLAB_TRIAL_PROGRESS_H
#define OVSLAB_TRIAL_PROGRESS_H

#include "core/trial.h"
#include "host/wait.h"

#define PROGRESS_SCHEMA "ovslab.progress/1"

struct trial_progress {
	struct job job;			/* to be passed on: its progress goes where ours does */
	const struct job *text;		/* the command's own */
	bool json;
	const char *path;		/* of the trial's file */
	int64_t began_ns;
	size_t told;			/* runs of the trial that were told of */
};

/** trial_progress_begin() - @job is the command's; it and @path must outlive @p */
void trial_progress_begin(struct trial_progress *p, const struct job *job, bool json,
			  const char *path, const struct trial *t);

/** trial_progress_step() - what came since the last call */
void trial_progress_step(struct trial_progress *p, const struct trial *t,
			 const struct trial_outcome *o);

void trial_progress_end(struct trial_progress *p, const struct trial *t,
			const struct trial_outcome *o);

#endif
