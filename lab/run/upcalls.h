/* SPDX-License-Identifier: GPL-2.0 */
/*
 * upcalls.h - which packets of a run went through vswitchd
 *
 * Private to measure.c. A switch that cannot tell fails no run: run.upcalls.why_not says
 * what is in the way.
 */
#ifndef OVSLAB_RUN_UPCALLS_H
#define OVSLAB_RUN_UPCALLS_H

#include "core/attribute.h"
#include "core/err.h"
#include "core/lab.h"
#include "core/run.h"
#include "host/wait.h"

struct upcalls {
	bool on;			/* noted in the switch's VM: to be read, or ended */
	bool known;			/* all of them are in @v */
	struct attribute_mark *v;	/* [n], of TCP with data, in the order of their coming; owned */
	size_t n;
};

/**
 * upcalls_start() - from now on the kernel's datapath notes them
 *
 * What a killed run has left there is ended.
 *
 * Return: 0, also where it is not possible; -EINTR, -ETIMEDOUT.
 */
int upcalls_start(const struct job *job, const struct lab *lab, struct run *run,
		  struct upcalls *ret, struct err *err);

/**
 * upcalls_read() - until now; they are not noted any more
 * @run:	it gets how many there were
 *
 * Return: 0, also where it was not possible; -EINTR, -ETIMEDOUT, -ENOMEM.
 */
int upcalls_read(const struct job *job, const struct lab *lab, struct run *run,
		 struct upcalls *u, struct err *err);

/** upcalls_end() - leave nothing in the switch's VM, also when the job was cancelled */
void upcalls_end(const struct lab *lab, struct upcalls *u);

#endif
