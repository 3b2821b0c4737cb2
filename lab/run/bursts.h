/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bursts.h - bursts of UDP in new flows, and their order before and behind the switch
 */
#ifndef OVSLAB_RUN_BURSTS_H
#define OVSLAB_RUN_BURSTS_H

#include "core/err.h"
#include "core/lab.h"
#include "core/run.h"
#include "core/upcall_notes.h"
#include "host/wait.h"
#include "run/traffic.h"

/**
 * bursts_check() - do these options make bursts that can be sent and counted?
 *
 * Return: 0, or -ERANGE with STATUS_USAGE.
 */
int bursts_check(const struct traffic_opts *opts, struct err *err);

/* What the caller does meanwhile. */
struct bursts_calls {
	/* now and then while vswitchd works; < 0 ends it */
	int (*tick)(void *arg, struct err *err);
	/* after the traffic, before it is judged, however it ended: @rc; returns what counts */
	int (*settle)(void *arg, int rc, struct err *err);
	void *arg;
};

/**
 * bursts_run() - send them, and count what came in which order
 * @calls:	both are needed
 * @upcalls:	known, and all there, once settle() was called; or not known
 * @run:	its traffic, its reordering and transit times are filled
 *
 * The caller is inside the lab's network namespace and has the lab's turn. A vswitchd
 * that is stopped meanwhile goes on in any case, also after Ctrl-C or a failure. A switch
 * that loses all packets is no failure.
 */
int bursts_run(const struct job *job, const struct lab *lab, const struct lab_node *from,
	       const struct lab_node *to, const struct traffic_opts *opts,
	       const struct bursts_calls *calls, const struct upcall_notes *upcalls, struct run *run,
	       struct err *err);

#endif
