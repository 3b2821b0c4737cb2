// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - deadlines and cancellation
 *
 * Owns the signal handlers. A cancellation is a byte in a pipe that every wait
 * polls, so there is no window between looking at a flag and going to sleep.
 */
#include "host/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_FDS_MAX 8

static int cancel_pipe[2] = { -1, -1 };
static volatile sig_atomic_t cancel_signal;
static unsigned int shields;

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t job_limit(const struct job *job, int ms)
{
	int64_t limit = now_ns() + ms * INT64_C(1000000);

	if (job && job->deadline_ns && job->deadline_ns < limit)
		return job->deadline_ns;
	return limit;
}

void job_progress(const struct job *job, const char *who, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	if (!job || !job->progress)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	job->progress(job->progress_arg, who, what);
}

static void on_signal(int signo)
{
	int saved = errno;

	if (cancel_signal)
		_exit(128 + signo);
	cancel_signal = signo;
	if (write(cancel_pipe[1], "", 1) < 0) {
		/* the pipe holds a byte already: that is enough */
	}
	errno = saved;
}

int wait_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (pipe2(cancel_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int wait_signal(void)
{
	return cancel_signal;
}

void wait_shield(bool on)
{
	shields += on ? 1 : -1;
}

int wait_fds(struct pollfd *fds, int n, int64_t limit_ns)
{
	struct pollfd all[WAIT_FDS_MAX + 1];

	if (n > WAIT_FDS_MAX)
		return -EINVAL;
	memcpy(all, fds, n * sizeof(*fds));
	all[n] = (struct pollfd){ .fd = shields ? -1 : cancel_pipe[0], .events = POLLIN };
	for (;;) {
		int64_t left = limit_ns - now_ns();
		struct timespec ts = {
			.tv_sec = left > 0 ? left / 1000000000 : 0,
			.tv_nsec = left > 0 ? left % 1000000000 : 0,
		};
		int ready = ppoll(all, n + 1, &ts, NULL);

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0 && all[n].revents)
			return -EINTR;
		/* a peer that never pauses must not outrun the limit */
		if (ready == 0 || left <= 0)
			return -ETIMEDOUT;
		if (ready > 0) {
			memcpy(fds, all, n * sizeof(*fds));
			return ready;
		}
	}
}

int wait_fd(int fd, short events, int64_t limit_ns)
{
	struct pollfd one = { .fd = fd, .events = events };
	int rc = wait_fds(&one, 1, limit_ns);

	return rc < 0 ? rc : one.revents;
}

int wait_ms(const struct job *job, int ms)
{
	int64_t limit = job_limit(job, ms);
	bool cut = job && job->deadline_ns && limit == job->deadline_ns;
	int rc = wait_fd(-1, 0, limit);

	if (rc == -ETIMEDOUT)
		return cut ? -ETIMEDOUT : 0;
	return rc;
}

int wait_failed(struct err *err, int rc, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (rc == -EINTR)
		return err_set(err, STATUS_BENCH, rc, "interrupted while waiting for %s", what);
	if (rc == -ETIMEDOUT)
		return err_set(err, STATUS_BENCH, rc, "timed out waiting for %s", what);
	return err_set(err, STATUS_BENCH, rc, "waiting for %s: %s", what, strerror(-rc));
}
