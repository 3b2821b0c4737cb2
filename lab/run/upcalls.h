/* SPDX-License-Identifier: GPL-2.0 */
/*
 * upcalls.h - which packets went through vswitchd, while something is measured or captured
 *
 * A switch that cannot tell fails nothing: notes.why_not says what is in the way. A
 * measurement and captures may be under way at the same time; each has notes of its own.
 */
#ifndef OVSLAB_RUN_UPCALLS_H
#define OVSLAB_RUN_UPCALLS_H

#include "core/err.h"
#include "core/lab.h"
#include "core/upcall_notes.h"
#include "host/wait.h"

/* Measurements have turns; a capture takes one of a few numbers. */
enum upcalls_for { UPCALLS_FOR_MEASURE, UPCALLS_FOR_CAPTURE };

struct upcalls {
	bool on;			/* noted in the switch's VM: to be read, or ended */
	bool never;			/* not by a switch of this kind, and nothing went wrong */
	unsigned int user;		/* by what number */
	int lock;			/* a capture's: held while it has the number */
	struct upcall_notes notes;
};

/**
 * upcalls_start() - from now on the kernel's datapath notes them
 *
 * What killed ones have left there is ended. The caller has the lab's turn, for a measurement.
 *
 * Return: 0, also where it is not possible; -EINTR, -ETIMEDOUT, -ENOMEM.
 */
int upcalls_start(const struct job *job, const struct lab *lab, enum upcalls_for what,
		  struct upcalls *ret, struct err *err);

/**
 * upcalls_read() - until now; they are not noted any more
 *
 * Return: 0, also where it was not possible; -EINTR, -ETIMEDOUT, -ENOMEM.
 */
int upcalls_read(const struct job *job, const struct lab *lab, struct upcalls *u, struct err *err);

/** upcalls_finish() - upcalls_read() after Ctrl-C, too, and within a limit of its own */
int upcalls_finish(const struct lab *lab, struct upcalls *u, struct err *err);

/** upcalls_end() - leave nothing in the switch's VM, also when the job was cancelled */
void upcalls_end(const struct lab *lab, struct upcalls *u);

#endif
