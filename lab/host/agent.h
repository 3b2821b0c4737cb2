/* SPDX-License-Identifier: GPL-2.0 */
/*
 * agent.h - control of a guest through qemu-guest-agent
 *
 * Speaks the agent's JSON protocol on the node's channel socket. Whatever the
 * guest answers is untrusted: sizes are bounded, types checked.
 */
#ifndef OVSLAB_HOST_AGENT_H
#define OVSLAB_HOST_AGENT_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

#define AGENT_REPLY_MAX (24u << 20)	/* qemu-ga itself stops at 16 MiB of output */
#define AGENT_HELPER_DIR "/run/ovslab/bin"	/* in a guest whose image lacks the helper */
#define AGENT_OVS_DIR "/run/openvswitch"	/* where OVS's tools in a guest look */
#define AGENT_LIMIT_MS 30000		/* for one answer of a guest that is up */

/**
 * agent_wait() - wait until a booting node's agent answers
 *
 * Return: 0, -ETIMEDOUT, -EINTR, or -ESRCH if the VM ended meanwhile; the last
 * console lines are the evidence.
 */
int agent_wait(const struct job *job, const struct lab *lab, const struct lab_node *node,
	       struct err *err);

/**
 * agent_command() - one command of the guest agent protocol
 * @args:	taken over; may be NULL
 * @ret:	the "return" member, a new reference; may be NULL
 */
int agent_command(const struct job *job, const struct lab *lab, const struct lab_node *node,
		  const char *command, json_t *args, json_t **ret, struct err *err);

/* How a program in a guest ended. */
struct agent_exit {
	int status;			/* exit status, or 128 + signal */
	char *out, *err;		/* NUL-terminated; to be freed */
	size_t out_len, err_len;
};

void agent_exit_free(struct agent_exit *e);

/** agent_exec() - run a program in a guest to its end, output kept in memory */
int agent_exec(const struct job *job, const struct lab *lab, const struct lab_node *node,
	       const char *const argv[], struct agent_exit *ret, struct err *err);

/**
 * agent_run() - the same, where anything but status 0 is an error
 * @ret_out:	what it wrote to stdout, to be freed; may be NULL
 */
int agent_run(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      const char *const argv[], char **ret_out, struct err *err);

/* A program that runs in a guest while we do something else. */
struct agent_task {
	const struct lab *lab;
	const struct lab_node *node;
	int64_t pid;			/* in the guest; 0 = none */
	char name[32];
};

/** agent_start() - start a program in a guest; its output is kept for agent_finish() */
int agent_start(const struct job *job, const struct lab *lab, const struct lab_node *node,
		const char *const argv[], struct agent_task *ret, struct err *err);

struct agent_call {
	const struct lab_node *node;
	const char *const *argv;
};

/**
 * agent_start_all() - start a program in each of some nodes, side by side
 * @calls:	@n, at most LAB_NODES_MAX, each of another node
 * @ret:	@n
 *
 * To start one takes a tenth of a second under emulation: they do it at once.
 */
int agent_start_all(const struct job *job, const struct lab *lab, const struct agent_call calls[],
		    unsigned int n, struct agent_task ret[], struct err *err);

/** agent_poll() - has it ended? 1: yes, and @ret is filled; 0: not yet */
int agent_poll(const struct job *job, struct agent_task *task, struct agent_exit *ret,
	       struct err *err);

/** agent_finish() - wait for its end */
int agent_finish(const struct job *job, struct agent_task *task, struct agent_exit *ret,
		 struct err *err);

/**
 * agent_end() - end a program: @signo, and SIGKILL if it does not mind that
 *
 * Not stopped by a cancellation; gives up after some seconds.
 */
void agent_end(struct agent_task *task, int signo);

/**
 * agent_stream() - run a program, passing on its output as it comes
 * @input:	bytes for its stdin, or NULL
 * @output:	called with 1 or 2 for stdout or stderr; < 0 ends the program
 * @ret_status:	exit status, or 128 + signal
 *
 * A cancelled job sends SIGINT to the program first. Needs /bin/sh and /run in
 * the guest, nothing else.
 */
int agent_stream(const struct job *job, const struct lab *lab, const struct lab_node *node,
		 const char *const argv[], const char *input, size_t input_len,
		 int (*output)(void *arg, int fd, const char *data, size_t len), void *arg,
		 int *ret_status, struct err *err);

/** agent_put() - write a file into a guest, executable if @exec */
int agent_put(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      const char *src, const char *dest, bool exec, struct err *err);

/**
 * agent_get() - the first @max bytes of a small file of a guest
 * @ret:	NUL-terminated, to be freed; as the guest wrote it: not clean
 *
 * At most AGENT_GET_MAX bytes. No program runs in the guest.
 */
int agent_get(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      const char *path, size_t max, char **ret, struct err *err);

#define AGENT_GET_MAX 65536

#endif
