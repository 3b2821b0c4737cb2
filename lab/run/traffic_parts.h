/* SPDX-License-Identifier: GPL-2.0 */
/*
 * traffic_parts.h - what the kinds of TCP traffic share. Private to traffic.c and connect.c.
 */
#ifndef OVSLAB_RUN_TRAFFIC_PARTS_H
#define OVSLAB_RUN_TRAFFIC_PARTS_H

#include <jansson.h>

#include "run/traffic.h"

#define TRAFFIC_TARGET 64		/* bytes for "[ADDR]:PORT" */

struct flow {				/* what all kinds need */
	const struct job *job;
	const struct lab *lab;
	const struct lab_node *from, *to;
	const struct traffic_opts *opts;
	int (*tick)(void *arg, struct err *err);
	void *arg;
	struct run *run;
	struct traffic_flows *flows;
};

/** traffic_target() - where the receiver is, "198.18.0.2:9000" or "[fd00::2]:9000"; returns @buf */
char *traffic_target(const struct flow *f, unsigned int port, char buf[TRAFFIC_TARGET]);

/** traffic_seconds_left() - a limit for a program in a guest: just after the job's own */
int traffic_seconds_left(const struct job *job);

/** traffic_attend() - start a program in the sender, and wait for its end, ticking */
int traffic_attend(const struct flow *f, const char *const argv[], json_t **ret, struct err *err);

/** connect_run() - connections to opts->port that are opened and closed, one after the other */
int connect_run(const struct flow *f, struct err *err);

#endif
