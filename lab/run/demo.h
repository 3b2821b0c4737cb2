/* SPDX-License-Identifier: GPL-2.0 */
/*
 * demo.h - the story that ovslab exists for, with its controls
 */
#ifndef OVSLAB_RUN_DEMO_H
#define OVSLAB_RUN_DEMO_H

#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/run.h"
#include "host/wait.h"

enum demo_row { DEMO_PLAIN, DEMO_NATURAL, DEMO_RATIO, DEMO_CLEAR, DEMO_ROWS };

/* What a row is: its name in the table, its flows, its injection (or NULL). */
struct demo_step {
	const char *name;
	const char *flows;
	const char *injection;
};

/* A claim about the rows, and whether the counts bear it out. */
struct demo_check {
	const char *claim;		/* NULL ends a list */
	bool (*holds)(const struct run *runs);
};

/* The rows of one datapath: they reorder for different reasons. */
struct demo_story {
	unsigned int connections;	/* in each row */
	struct demo_step steps[DEMO_ROWS];
	const struct demo_check *checks;
	const char *shown;		/* what it shows, and what it does not */
};

struct demo {
	const struct demo_story *story;
	struct run runs[DEMO_ROWS];
	unsigned int n;			/* how many are filled */
};

/** demo_reproduced() - do all claims hold? */
bool demo_reproduced(const struct demo *demo);

/**
 * demo_run() - measure all rows on a lab that is up
 *
 * The caller is inside the lab's network namespace. TCP's super-packets are off
 * in the sender for every row alike, so that the rows differ in nothing else.
 */
int demo_run(const struct job *job, const struct lab *lab, struct demo *ret, struct err *err);

void demo_free(struct demo *demo);

#endif
