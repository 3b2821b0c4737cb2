/* SPDX-License-Identifier: GPL-2.0 */
/*
 * proc.h - child processes: started, awaited, recognised, ended
 *
 * The only file that forks. Children are argv arrays, never a shell; they get
 * no descriptor but 0, 1 and 2; every wait has a limit. A process is known by
 * its pid and start time, or by the owner mark that its lab put into its
 * environment, never by its name.
 */
#ifndef OVSLAB_HOST_PROC_H
#define OVSLAB_HOST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "host/wait.h"

/* The variable that marks a process as a lab's own; its value is the lab's id. */
#define PROC_OWNER_ENV "OVSLAB_OWNER"

/* Output of a child kept in memory: what is beyond it is an error. */
#define PROC_OUTPUT_MAX (8u << 20)

/* Identity of a process that survives pid reuse. */
struct proc_id {
	pid_t pid;
	uint64_t start;			/* clock ticks since boot: proc(5), field 22 */
};

struct proc_opts {
	const char *const *env;		/* NAME=VALUE rows added to ours; NULL ends */
	int in;				/* descriptor for stdin; 0 = /dev/null */
	int out;			/* descriptor for stdout; 0 = dropped */
	int err;			/* descriptor for stderr; 0 = kept for the error */
	int limit_ms;			/* 0 = the job's deadline alone */
	bool die_with_us;		/* killed when this process ends */
	bool own_group;			/* a process group of its own: Ctrl-C passes it by */
};

/**
 * proc_run() - run a program to its end
 * @argv:	argv[0] is looked up in PATH (and /usr/sbin, /sbin)
 *
 * A program that exits non-zero is an error (-ECHILD, STATUS_BENCH) whose
 * message names the command and carries the last lines that it wrote to
 * stderr; one that cannot be found is -ENOENT, STATUS_HOST.
 *
 * Return: 0 or -errno; -ETIMEDOUT and -EINTR as wait_fd(), the child is then
 * ended.
 */
int proc_run(const struct job *job, const struct proc_opts *opts,
	     const char *const argv[], struct err *err);

/**
 * proc_output() - proc_run() and what the program wrote to stdout
 * @ret_out:	NUL-terminated, to be freed; at most PROC_OUTPUT_MAX bytes
 */
int proc_output(const struct job *job, const struct proc_opts *opts,
		const char *const argv[], char **ret_out, struct err *err);

/** proc_text() - a descriptor that a child can read a text from, or write to: proc_opts.in, .err */
int proc_text(const char *text, size_t len, struct err *err);

/** proc_start() - start a program in the background */
int proc_start(const struct proc_opts *opts, const char *const argv[],
	       struct proc_id *ret, struct err *err);

/**
 * proc_call() - run a function in a child process of its own
 * @fn:		returns 0 or -errno and fills its struct err
 *
 * For code that leaves threads or global state behind. The child dies with us.
 */
int proc_call(const struct job *job, int (*fn)(void *arg, struct err *err),
	      void *arg, struct err *err);

/** proc_identify() - start time of a live process: -ESRCH if there is none */
int proc_identify(pid_t pid, struct proc_id *ret);

/** proc_self() - who we are */
struct proc_id proc_self(void);

/** proc_alive() - is that very process still there (and not a zombie)? */
bool proc_alive(const struct proc_id *id);

/**
 * proc_stop() - SIGTERM, then SIGKILL after @grace_ms; waits for the end
 *
 * Return: 0 also if it was gone already; -ETIMEDOUT if it cannot be ended.
 */
int proc_stop(const struct proc_id *id, int grace_ms);

/** proc_signal() - send a signal to that very process: -ESRCH if it is gone */
int proc_signal(const struct proc_id *id, int signo);

/** proc_wait() - exit status (waitpid(2)) of a child of ours, within @limit_ns */
int proc_wait(const struct proc_id *id, int64_t limit_ns, int *ret_status);

/**
 * proc_nice() - set the nice value of all threads of a process; those that come inherit it
 *
 * And of its autogroup, if the kernel has them (sched(7)): between sessions only
 * that counts.
 */
void proc_nice(const struct proc_id *id, int value);

/**
 * proc_cpus() - the CPUs that all threads of a process may run on, "0-1,3"
 *
 * Return: 0; -ESRCH if it is gone; -EXDEV if its threads differ.
 */
int proc_cpus(const struct proc_id *id, char *buf, size_t size);

/**
 * proc_owned() - the live processes that carry the owner mark @owner
 * @ret:	array, to be freed
 *
 * Return: their number, or -errno.
 */
int proc_owned(const char *owner, struct proc_id **ret);

/**
 * proc_stop_owned() - end every process that carries the owner mark
 *
 * Asks again until none is left, since a dying process may have forked.
 */
int proc_stop_owned(const char *owner, int grace_ms, struct err *err);

#endif
