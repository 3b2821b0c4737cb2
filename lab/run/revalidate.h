/* SPDX-License-Identifier: GPL-2.0 */
/*
 * revalidate.h - megaflows revalidated again and again while traffic runs
 */
#ifndef OVSLAB_RUN_REVALIDATE_H
#define OVSLAB_RUN_REVALIDATE_H

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

struct revalidate {
	const struct job *job;
	const struct lab *lab;
	int64_t every_ns, next_ns;	/* 0: never */
	bool there;			/* the flow that is added and removed in turns */
};

/** revalidate_begin() - the first change comes after @seconds, 0 for none at all */
struct revalidate revalidate_begin(const struct job *job, const struct lab *lab, unsigned int seconds);

/** revalidate_tick() - change the flow table if it is time. Not while vswitchd stands still */
int revalidate_tick(struct revalidate *r, struct err *err);

/** revalidate_end() - leave the flow table as it was, also after Ctrl-C; @err may be NULL */
int revalidate_end(struct revalidate *r, struct err *err);

#endif
