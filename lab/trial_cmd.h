/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_cmd.h - what 'run' and 'validate' share: options, what to carry out, doing it
 */
#ifndef OVSLAB_TRIAL_CMD_H
#define OVSLAB_TRIAL_CMD_H

#include <limits.h>

#include "cmd.h"
#include "core/trial.h"

struct trial_config {
	const char **sets;
	const char *resume, *variant;
	unsigned int budget;		/* seconds; 0: none */
	int progress;			/* index into trial_progress_words[] */
};

extern const char *const trial_progress_words[];

/* Rows for a command whose config has a struct trial_config as member @m. */
#define TRIAL_OPTS(c, m) \
	{ "set", 's', OPT_STRINGS(c, m.sets), .arg = "[VARIANT.]KEY=VALUE", \
	  .help = "change the bench: ovs=sid, fixed.ovs=dir:TREE, kernel=file:KERNEL,MODULES" }, \
	{ "resume", 0, OPT_STRING(c, m.resume), .arg = "RUN", \
	  .help = "go on where an earlier one ended; a name in the folder of runs will do" }, \
	{ "budget", 0, OPT_SECONDS(c, m.budget), .arg = "TIME", .min = 1, .max = 604800, .fallback = "none", \
	  .help = "begin nothing more that would not end within it" }, \
	{ "progress", 0, OPT_CHOICE(c, m.progress), .choices = trial_progress_words, \
	  .help = "json: events on standard error, one a line" }

/* What is carried out, and where it is kept. */
struct trial_work {
	struct trial trial;
	char path[PATH_MAX];		/* "" until it has a file */
	bool resumed;
	int lock;			/* of the file: store_lock() */
};

/**
 * trial_work_open() - what the command line asks for: a scenario, or a file to go on with
 * @mode:	of a new one; a file of another command is refused
 * @under_test:	prefix for each --set without a variant of its own; NULL: for all of them
 *
 * Nothing privileged is done. A new trial has no cells yet.
 */
int trial_work_open(const struct trial_config *c, enum trial_mode mode, const char *under_test,
		    int argc, char **argv, struct trial_work *ret, struct err *err);

void trial_work_free(struct trial_work *w);

/** trial_work_add_cell() - one more cell; -EINVAL if the scenario has no such variant */
int trial_work_add_cell(struct trial_work *w, const char *name, struct err *err);

/**
 * trial_work_carry() - carry it out, keep it, report it
 * @ret:	what came out; valid also if it was ended early. NULL: not of interest
 *
 * What was measured is kept and reported however it ends.
 *
 * Return: the exit status, or -errno: Ctrl-C, a bench that failed.
 */
int trial_work_carry(const struct session *s, const struct trial_config *c, struct trial_work *w,
		     struct trial_outcome *ret, struct err *err);

#endif
