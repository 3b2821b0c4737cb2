// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - deadlines and cancellation
 *
 * Owns the signal handlers. A cancellation is a byte in a pipe that every wait
 * polls, so there is no window between looking at a flag and going to sleep.
 *
 * What was made is taken away behind a shield, which takes seconds. One more signal soon
 * after the first, which may be the same one sent twice (timeout(1) does), is answered by
 * what is going on. A third, or one that comes when that is taking too long, ends the
 * process on the spot.
 */
#include "host/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_FDS_MAX 8
#define PATIENCE_NS (5 * INT64_C(1000000000))
#define HELD_MAX 4			/* labs of one process */
#define HELD_NAME_MAX 32		/* of a lab, more than it can have */

static int cancel_pipe[2] = { -1, -1 };
static volatile sig_atomic_t cancel_signal;
static unsigned int shields;
static void (*volatile tell)(const char *text);
static struct {
	char lab[HELD_NAME_MAX];
	volatile sig_atomic_t on;	/* .lab is whole */
} held[HELD_MAX];

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
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

static void say(const char *a, const char *b, const char *c, const char *d, const char *e)
{
	const char *const parts[] = { a, b, c, d, e };
	char text[256];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *p = parts[i]; *p && n + 1 < sizeof(text); p++)
			text[n++] = *p;
	text[n] = '\0';
	if (tell)
		tell(text);
}

static void __attribute__((noreturn)) give_up(int signo)
{
	say("ovslab: ended on the spot\n", "", "", "", "");
	for (int i = 0; i < HELD_MAX; i++)
		if (held[i].on)
			say("  lab '", held[i].lab, "' is left as it is: ovslab -n ", held[i].lab, " down\n");
	_exit(128 + signo);
}

/* Only what may be called here: signal-safety(7) */
static void on_signal(int signo)
{
	static atomic_bool told;
	static _Atomic int64_t first_ns;	/* 0: none yet; threads may be here at once */
	int64_t first = 0, now = now_ns();
	int saved = errno;

	if (atomic_compare_exchange_strong(&first_ns, &first, now)) {
		cancel_signal = signo;
		if (write(cancel_pipe[1], "", 1) < 0) {
			/* the pipe holds a byte already: that is enough */
		}
	} else if (now - first < PATIENCE_NS && !atomic_exchange(&told, true)) {
		say("ovslab: ending in order, which takes some seconds; once more ends it on the spot\n",
		    "", "", "", "");
	} else {
		give_up(signo);
	}
	errno = saved;
}

int wait_signals(void (*say_it)(const char *text))
{
	struct sigaction sa = { .sa_handler = on_signal };

	tell = say_it;
	if (pipe2(cancel_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	sigfillset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void wait_hold(const char *lab, bool on)
{
	int place = -1;

	for (int i = 0; i < HELD_MAX; i++) {
		if (held[i].on && strcmp(held[i].lab, lab) == 0) {
			held[i].on = on;
			return;
		}
		if (!held[i].on)
			place = i;
	}
	if (!on || place < 0)
		return;
	snprintf(held[place].lab, sizeof(held[place].lab), "%s", lab);
	held[place].on = 1;
}

int wait_signal(void)
{
	return cancel_signal;
}

void wait_shield(bool on)
{
	shields += on ? 1 : -1;
}

bool wait_shielded(void)
{
	return shields;
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
