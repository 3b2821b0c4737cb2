/* SPDX-License-Identifier: GPL-2.0 */
/*
 * agent_parts.h - what the parts of the guest agent's control share
 *
 * Private to agent.c, agent_stream.c and agent_file.c.
 */
#ifndef OVSLAB_HOST_AGENT_PARTS_H
#define OVSLAB_HOST_AGENT_PARTS_H

#include "host/agent.h"

#define POLL_MS_MIN 10
#define POLL_MS_MAX 30
#define STAY_NS INT64_C(300000000)	/* how long a visit may wait for a program's end */
#define CHUNK 49152			/* bytes of a file in one message */
#define CLOSE_LIMIT_MS 3000

/**
 * agent_exec_args() - arguments of guest-exec
 * @input:	of the program, or NULL
 *
 * Return: a new reference; NULL if an argument is not UTF-8, see agent_no_args()
 */
json_t *agent_exec_args(const char *const argv[], const char *input, size_t len, bool capture);
int agent_no_args(struct err *err);

/** agent_exec_pid() - the task that guest-exec's answer tells of; @name is for messages */
int agent_exec_pid(const json_t *answer, const char *name, const struct lab_node *node,
		   struct agent_task *ret, struct err *err);

/** agent_take_output() - a member in base64, "" if there is none; *@ret is to be freed */
int agent_take_output(const json_t *status, const char *key, char **ret, size_t *ret_len);

/** agent_fill_exit() - from the status of a program that has ended. Return: 1, or -errno */
int agent_fill_exit(const json_t *status, const struct agent_task *task, struct agent_exit *ret,
		    struct err *err);

/** agent_await_more() - pause between two questions; @pause begins with POLL_MS_MIN and grows */
int agent_await_more(const struct job *job, const struct agent_task *task, int *pause,
		     struct err *err);

#endif
