/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wait.h - the job at hand: its deadline, its cancellation, its progress
 *
 * Every function that can take long is given a 'struct job *'. It waits only
 * through wait_ms() and wait_fd(), so no command waits without a limit, and
 * Ctrl-C is noticed at every wait.
 */
#ifndef OVSLAB_HOST_WAIT_H
#define OVSLAB_HOST_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct job {
	int64_t deadline_ns;		/* CLOCK_MONOTONIC; 0 = none */
	/* progress: @who is a node, "switch", "image" ...; @what a short phrase */
	void (*progress)(void *arg, const char *who, const char *what);
	void *progress_arg;
};

int64_t now_ns(void);			/* CLOCK_MONOTONIC */
int64_t wall_ns(void);			/* CLOCK_REALTIME */

/** job_limit() - the earlier of the job's deadline and now + @ms */
int64_t job_limit(const struct job *job, int ms);

/** job_progress() - report a phase; printf format */
void job_progress(const struct job *job, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * wait_signals() - catch SIGINT, SIGTERM and SIGHUP
 * @say:	called in the handler: shows a text at once, by async-signal-safe calls alone
 *
 * One rule for all commands. The first cancels: what waits ends, and what was made is taken
 * away in order. A second one within 5 s is told that this is under way. A third, or one
 * that comes later, ends the process on the spot, and says which labs it leaves
 * (wait_hold()) and what takes them down.
 *
 * Return: 0 or -errno. To be called once, before any wait.
 */
int wait_signals(void (*say)(const char *text));

/**
 * wait_hold() - from @on to its off, this lab is this process's to take down
 *
 * For what is said if it is ended before it could do so.
 */
void wait_hold(const char *lab, bool on);

/** wait_signal() - the signal that cancelled the job, 0 if none */
int wait_signal(void);

/** wait_shield() - from @on to its off, waits ignore a cancellation (used by roll-back); nests */
void wait_shield(bool on);

/** wait_shielded() - is it on? */
bool wait_shielded(void);

/**
 * wait_ms() - pause
 *
 * Return: 0 after @ms, -ETIMEDOUT if the job's deadline passed first,
 * -EINTR if the job was cancelled.
 */
int wait_ms(const struct job *job, int ms);

/**
 * wait_fd() - wait until @fd is ready for @events (poll(2))
 * @limit_ns:	CLOCK_MONOTONIC time at which to give up, ready or not
 *
 * Return: the revents (> 0), -ETIMEDOUT or -EINTR.
 */
int wait_fd(int fd, short events, int64_t limit_ns);

/** wait_fds() - the same for several descriptors; revents are filled, > 0 on success */
int wait_fds(struct pollfd *fds, int n, int64_t limit_ns);

/** wait_failed() - turn -ETIMEDOUT or -EINTR into a message: what was awaited */
int wait_failed(struct err *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
