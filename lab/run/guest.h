/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest.h - calls of the helper that runs inside a node
 */
#ifndef OVSLAB_RUN_GUEST_H
#define OVSLAB_RUN_GUEST_H

#include <jansson.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/agent.h"
#include "host/wait.h"

#define GUEST_HELPER "ovslab-guest"

/**
 * guest_json() - the JSON document that a program in a guest ended with
 * @e:		how it ended; released
 * @what:	name of the program, for the message
 *
 * A member "error" of the document, or a status other than 0, is an error.
 */
int guest_json(const struct lab_node *node, const char *what, struct agent_exit *e, json_t **ret,
	       struct err *err);

/**
 * guest_helper() - run the helper to its end and read its one document
 * @argv:	argv[0] is GUEST_HELPER; NULL ends
 */
int guest_helper(const struct job *job, const struct lab *lab, const struct lab_node *node,
		 const char *const argv[], json_t **ret, struct err *err);

/** guest_garbled() - the helper's document lacks what it should have; Return: -EBADMSG */
int guest_garbled(const struct lab_node *node, struct err *err);

/**
 * guest_clocks_begin() - give all nodes the host's wall clock, as after a restore
 * @tasks:	LAB_NODES_MAX; what guest_clocks_end() waits for
 *
 * The difference is taken from quick questions, so that it does not matter how
 * long the helper takes to start; the error is a millisecond or two. All nodes
 * at once. Their CLOCK_MONOTONIC goes on where it was.
 */
int guest_clocks_begin(const struct job *job, const struct lab *lab, struct agent_task tasks[],
		       struct err *err);
int guest_clocks_end(const struct job *job, const struct lab *lab, struct agent_task tasks[],
		     struct err *err);

#endif
