/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow_check.h - what OpenFlow has against the flows of a scenario, before a switch is there
 */
#ifndef OVSLAB_RUN_FLOW_CHECK_H
#define OVSLAB_RUN_FLOW_CHECK_H

#include "core/err.h"
#include "core/mistakes.h"
#include "core/scenario.h"
#include "host/wait.h"

struct flow_check {
	struct mistakes wrong;		/* no switch of the scenario's would take them */
	struct mistakes doubtful;	/* the switch may: it is newer, or knows its ports by name */
	bool done;			/* false: not checked, or not to the end: .why_not */
	char why_not[160];
};

/**
 * flow_check() - have this host's ovs-ofctl read all flows of a scenario
 *
 * Takes a few milliseconds, 10 s at most. Without ovs-ofctl, or with one that fails in
 * another way, nothing is known and nothing is wrong.
 *
 * Return: 0, or -errno: a signal came, out of memory.
 */
int flow_check(const struct job *job, const struct scenario *s, struct flow_check *ret,
	       struct err *err);

#endif
