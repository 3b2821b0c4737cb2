/* SPDX-License-Identifier: GPL-2.0 */
/*
 * measure_parts.h - a measurement on its way, and what its parts do of it
 *
 * Private to measure.c, measure_snapshot.c and measure_env.c.
 */
#ifndef OVSLAB_RUN_MEASURE_PARTS_H
#define OVSLAB_RUN_MEASURE_PARTS_H

#include <jansson.h>

#include "run/inject.h"
#include "run/inject_user.h"
#include "run/measure.h"
#include "run/revalidate.h"
#include "run/upcalls.h"

/* Everything that counts, at one moment. */
struct snapshot {
	json_t *sender, *receiver;	/* TCP's counters of the guests */
	json_t *sw;
	struct injection injections[INJECT_MAX];
	unsigned int n_injections;
	struct user_line user[INJECT_LINES_MAX];
	unsigned int n_user;
};

struct measure {
	const struct job *job;
	const struct lab *lab;
	const struct measure_opts *opts;
	const struct lab_node *from, *to;
	struct probe *probe;
	struct upcalls upcalls;
	struct revalidate revalidate;
	bool cookies;			/* a flow has one */
	uint64_t cookie_packets;	/* before it */
	struct snapshot before, after;
	struct run *run;
};

/** measure_snapshot() - read all that counts; release with measure_snapshot_free() */
int measure_snapshot(const struct measure *m, struct snapshot *s, struct err *err);
void measure_snapshot_free(struct snapshot *s);

/** measure_deltas() - what lies between @m->before and @m->after, into the run */
void measure_deltas(const struct measure *m);

/** measure_environment() - on what it is measured, into the run: versions, setup, flows */
int measure_environment(struct measure *m, struct err *err);

#endif
