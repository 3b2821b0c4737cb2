/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench_parts.h - a lab that is being brought up, and the steps of that
 *
 * Private to bench.c and bench_steps.c.
 */
#ifndef OVSLAB_RUN_BENCH_PARTS_H
#define OVSLAB_RUN_BENCH_PARTS_H

#include "host/agent.h"
#include "run/bench.h"
#include "run/boot.h"
#include "run/warmstart.h"

struct bringup {
	const struct job *job;
	struct lab *lab;
	struct boot boot;
	const struct bench_opts *opts;
	bool use_saved;			/* restore a saved lab, or save this one */
	struct warm warm;		/* while it is restored from or saved into */
	struct agent_task clocks[LAB_NODES_MAX];	/* of restored nodes, being set */
	bool clocks_begun;
	bool aged;			/* the switch has shown that idle megaflows go */
};

/* A step: its name is on disk before its work begins, and .down accepts any part of it. */
struct bench_step {
	const char *name;
	bool (*wanted)(const struct lab *lab);	/* NULL: always */
	int (*up)(struct bringup *b, struct err *err);
	int (*down)(const struct lab *lab, struct err *err);
};

extern const struct bench_step bench_steps[];	/* in their order; ends with a NULL name */

#endif
