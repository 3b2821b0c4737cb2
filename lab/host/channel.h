/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel.h - one visit to a guest agent's channel: connect, ask, answer, leave
 *
 * Used by agent.c alone. Limits: AGENT_REPLY_MAX bytes, AGENT_LIMIT_MS for each
 * answer.
 */
#ifndef OVSLAB_HOST_CHANNEL_H
#define OVSLAB_HOST_CHANNEL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

struct channel {
	int fd;
	const struct job *job;
	const struct lab_node *node;
	int64_t limit_ns;		/* of the answer that is awaited */
	char *buf;			/* bytes received and not yet taken */
	size_t len;
};

/**
 * channel_open() - connect; QEMU serves one client at a time, others queue
 * @limit_ns:	CLOCK_MONOTONIC time by which what follows must be answered
 *
 * Return: 0; -ENOENT or -ECONNREFUSED while QEMU has no socket there yet.
 */
int channel_open(struct channel *c, const struct job *job, const struct lab *lab,
		 const struct lab_node *node, int64_t limit_ns);

void channel_close(struct channel *c);

/** channel_sync_request() - ask for a token, so that stale answers can be told apart */
int channel_sync_request(struct channel *c, json_int_t *ret_token);

/** channel_sync_await() - skip everything until the token comes */
int channel_sync_await(struct channel *c, json_int_t token);

/** channel_begin() - open and synchronise; closed again on failure, which is explained */
int channel_begin(struct channel *c, const struct job *job, const struct lab *lab,
		  const struct lab_node *node, struct err *err);

/**
 * channel_transact() - one command and its answer
 * @args:	taken over; may be NULL
 * @ret:	the "return" member, a new reference; may be NULL
 */
int channel_transact(struct channel *c, const struct lab *lab, const char *command, json_t *args,
		     json_t **ret, struct err *err);

/** channel_send_command(), channel_take_answer() - the two halves of it, for several nodes at once */
int channel_send_command(struct channel *c, const struct lab *lab, const char *command,
			 json_t *args, struct err *err);
int channel_take_answer(struct channel *c, const struct lab *lab, const char *command, json_t **ret,
			struct err *err);

/** channel_explain() - turn the -errno of the calls above into a message */
int channel_explain(struct err *err, int rc, const struct lab *lab, const struct lab_node *node);

#endif
