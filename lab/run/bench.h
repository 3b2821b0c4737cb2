/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - bring a lab up and take it down
 */
#ifndef OVSLAB_RUN_BENCH_H
#define OVSLAB_RUN_BENCH_H

#include "core/err.h"
#include "core/lab.h"
#include "core/scenario.h"
#include "host/wait.h"

struct bench_opts {
	bool keep;		/* on failure leave everything in place for inspection */
	bool warm;		/* restore a saved lab; if there is none, save this one */
	const char *trial;	/* lab.trial; NULL for none */
	enum scenario_start start;	/* other than READY only where the switch is a VM, and not
				 * .warm */
	const struct scenario_settings *early;	/* other_config from before vswitchd starts; for a
				 * .start other than READY. NULL for none */
};

/**
 * bench_up() - two VMs on an OVS bridge, ready
 * @name:	of the lab
 * @asked:	the bench that is wanted
 * @ret:	the lab as it is
 * @ret_made:	false if a matching lab was up already
 *
 * Ready means: the guest agents answer, the switch has its upcall handlers, each
 * node has reached the other through it, and idle megaflows have aged. The process
 * is inside the lab's network namespace afterwards. Any failure, also an
 * interruption, undoes what was done; a saved lab that fails is removed, and the
 * lab booted instead.
 *
 * With another .start than READY nothing is known of the switch but that vswitchd was
 * started, once; EARLY leaves the switch's VM paused, so that its clock stands where it
 * was then.
 *
 * Return: 0 or -errno; -EEXIST if a lab of that name runs with another bench.
 */
int bench_up(const struct job *job, const char *name, const struct lab_bench *asked,
	     const struct bench_opts *opts, struct lab *ret, bool *ret_made, struct err *err);

/**
 * bench_down() - end a lab, whatever state it is in, and remove all that it owns
 *
 * Works from the lab's state on disk: after a crash of 'up' at any point too.
 *
 * Return: 0, also if there is no such lab (then *ret_was is false).
 */
int bench_down(const struct job *job, const char *name, bool *ret_was, struct err *err);

/** bench_condition() - the lab's status, or "broken", "paused" or "abandoned" if that is not true */
const char *bench_condition(const struct lab *lab);

/** bench_is_orphan() - is it of a trial whose process has ended? */
bool bench_is_orphan(const struct lab *lab);

/** bench_is_left() - is it one that nobody works on or with: of a command that was killed? */
bool bench_is_left(const char *name);

/** bench_vms_alive() - are its VMs there? Costs next to nothing; as bench_check() */
int bench_vms_alive(const struct lab *lab, struct err *err);

/** bench_alive() - and the switch's daemons? In a VM that takes some milliseconds */
int bench_alive(const struct lab *lab, struct err *err);

#define BENCH_TURN "measure.lock"	/* whose flock is the turn to measure */

/**
 * bench_check() - is a lab that calls itself ready really there?
 *
 * Names the first of its processes that is gone or does not answer. A vswitchd that a
 * killed measurement left stopped goes on first.
 */
int bench_check(const struct job *job, const struct lab *lab, struct err *err);

/** bench_node() - a node by name; an unknown one is a usage error that lists them */
int bench_node(const struct lab *lab, const char *name, const struct lab_node **ret,
	       struct err *err);

/** bench_enter() - load a ready lab and move into its network namespace */
int bench_enter(const char *name, struct lab *ret, struct err *err);

#endif
