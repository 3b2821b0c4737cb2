/* SPDX-License-Identifier: GPL-2.0 */
/*
 * measure_log.h - what manglers logged during a run, joined with the run
 *
 * Private to measure.c.
 */
#ifndef OVSLAB_RUN_MEASURE_LOG_H
#define OVSLAB_RUN_MEASURE_LOG_H

#include "core/attribute.h"
#include "core/run.h"
#include "host/wait.h"
#include "run/inject.h"

struct measure_marks {
	struct attribute_mark *v;	/* of packets that were mangled before the switch; owned */
	size_t n;
	uint64_t lost;			/* events that were overwritten meanwhile */
};

struct measure_span {
	const struct injection *before, *after;	/* [n_before], [n_after] */
	unsigned int n_before, n_after;
};

/**
 * measure_logs() - read what was logged between two moments
 * @from:	the node that sends: what is mangled there is marked
 * @run:	its injections are @span->after; it gets how much of each was logged
 * @ret:	.v to be freed
 */
int measure_logs(const struct job *job, const struct lab *lab, const struct lab_node *from,
		 const struct measure_span *span, struct run *run, struct measure_marks *ret,
		 struct err *err);

#endif
