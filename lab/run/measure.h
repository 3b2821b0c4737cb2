/* SPDX-License-Identifier: GPL-2.0 */
/*
 * measure.h - one measurement: traffic, and what the switch did to it
 */
#ifndef OVSLAB_RUN_MEASURE_H
#define OVSLAB_RUN_MEASURE_H

#include "core/err.h"
#include "core/lab.h"
#include "core/run.h"
#include "host/wait.h"
#include "run/traffic.h"

struct measure_opts {
	const char *from, *to;		/* nodes; NULL: the first and the second */
	struct traffic_opts traffic;
	bool events;			/* list the packets that were late or moved; TCP */
	bool no_purge;			/* megaflows stay, else they are purged before it */
	bool flush_conntrack;		/* before it */
	unsigned int revalidate_s;	/* meanwhile, revalidate all megaflows so often; 0: not */
	const char *command;		/* how it was asked for, for the record */
};

/**
 * measure_run() - send traffic through the switch and watch both taps
 * @ret:	filled on success; release with run_free()
 *
 * The caller is inside the lab's network namespace. Megaflows are purged first unless
 * they are to stay, and the switch is placed as it was asked for once more.
 * Probes are removed at the end, in any case. Only one measurement of a lab at
 * a time: another one waits.
 */
int measure_run(const struct job *job, const struct lab *lab, const struct measure_opts *opts,
		struct run *ret, struct err *err);

#endif
