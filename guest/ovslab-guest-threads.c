// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-threads.c - vswitchd and its threads, stopped and continued too
 *
 * Threads are told by the names that vswitchd gives them. Each numbers itself when it
 * begins to run, so their order is that of their ids, not of the numbers in the names:
 * handlers are created in the order of the sockets that they read, and with the
 * per-CPU dispatch the first one has what misses on CPU 0. A thread that writes to the
 * log may have a helper for a second, of libc's asynchronous I/O, which has its name: of
 * each name the first thread counts.
 *
 * The file that says which process vswitchd is may be old: only a process of that name
 * is stopped, through a descriptor that no later process can take over.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/util.h"
#include "guest/ovslab-guest.h"

#define VSWITCHD "ovs-vswitchd"
#define STATE_LIMIT_NS INT64_C(5000000000)
#define STATE_PAUSE_US 1000

int guest_vswitchd(const char *rundir, int *ret, struct err *err)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%.400s/" VSWITCHD ".pid", rundir);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", ret) != 1 || *ret <= 0)
		return err_set(err, STATUS_BENCH, ESRCH, "%s has no pid: " VSWITCHD " does not run",
			       path);
	return 0;
}

/* ---- its threads -------------------------------------------------------------------- */

static int is_number(const struct dirent *entry)
{
	return entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	int x = atoi((*a)->d_name), y = atoi((*b)->d_name);

	return x < y ? -1 : x > y;
}

static bool read_name(int pid, int tid, char *buf, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	f = fopen(path, "re");
	if (!f || !fgets(buf, size, f))
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

static bool has_name(const struct ovs_thread *list, unsigned int n, const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

/* Those whose names begin with @word, in order, one of each name; returns how many. */
static unsigned int pick(int pid, struct dirent *const *list, int n, const char *word,
			 struct ovs_thread *to, unsigned int room)
{
	unsigned int found = 0;

	for (int i = 0; i < n && found < room; i++) {
		struct ovs_thread *t = &to[found];

		t->tid = atoi(list[i]->d_name);
		if (read_name(pid, t->tid, t->name, sizeof(t->name)) &&
		    strncmp(t->name, word, strlen(word)) == 0 && !has_name(to, found, t->name))
			found++;
	}
	return found;
}

int ovs_threads_read(int pid, struct ovs_threads *ret, struct err *err)
{
	struct dirent **list = NULL;
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	n = scandir(path, &list, is_number, by_number);
	if (n < 0)
		return err_set(err, STATUS_BENCH, ESRCH, VSWITCHD " (pid %d) has ended", pid);
	ret->handlers = pick(pid, list, n, "handler", ret->thread, OVS_THREADS_MAX);
	ret->revalidators = pick(pid, list, n, "revalidator", ret->thread + ret->handlers,
				 OVS_THREADS_MAX - ret->handlers);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return 0;
}

/* ---- stopped, continued ----------------------------------------------------------------- */

/* State of a thread and, if asked for, its start time: fields 3 and 22 of proc(5). */
static int read_stat(int pid, int tid, char *ret_state, unsigned long long *ret_start)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[1024];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return -ESRCH;
	at = strrchr(line, ')');	/* names may have spaces */
	if (!at || at[1] != ' ')
		return -EBADMSG;
	*ret_state = at[2];
	return !ret_start || sscanf(at + 2, "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
				    "%*s %*s %*s %*s %*s %llu", ret_start) == 1 ? 0 : -EBADMSG;
}

/* Whether all threads are in that state: a signal reaches each in its own time. */
static bool all_threads(int pid, bool stopped)
{
	struct dirent **list = NULL;
	bool all = true;
	char path[64], state;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	n = scandir(path, &list, is_number, NULL);
	for (int i = 0; i < n; i++) {
		if (read_stat(pid, atoi(list[i]->d_name), &state, NULL) == 0)
			all &= (state == 'T' || state == 't') == stopped;
		free(list[i]);
	}
	free(list);
	return n > 0 && all;
}

static int signal_all(int pid, bool stop, struct err *err)
{
	_cleanup_close_ int fd = syscall(SYS_pidfd_open, pid, 0);
	int64_t limit = now_ns() + STATE_LIMIT_NS;
	char name[32] = "";

	if (fd < 0 || !read_name(pid, pid, name, sizeof(name)) || strcmp(name, VSWITCHD) != 0)
		return err_set(err, STATUS_BENCH, ESRCH, VSWITCHD " (pid %d) has ended", pid);
	if (syscall(SYS_pidfd_send_signal, fd, stop ? SIGSTOP : SIGCONT, NULL, 0) < 0)
		return err_set(err, STATUS_BENCH, errno, "cannot signal " VSWITCHD " (pid %d): %s", pid,
			       strerror(errno));
	while (!all_threads(pid, stop)) {
		if (now_ns() > limit)
			return err_set(err, STATUS_BENCH, ETIMEDOUT, VSWITCHD " (pid %d) is still %s", pid,
				       stop ? "running" : "stopped");
		usleep(STATE_PAUSE_US);
	}
	return 0;
}

int guest_stall(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *rundir = GUEST_OVS_DIR;
	bool stop = false, cont = false;
	const struct guest_opt opts[] = {
		{ "--rundir", OPT_TEXT, &rundir, 0, 0 },
		{ "--stop", OPT_FLAG, &stop, 0, 0 },
		{ "--continue", OPT_FLAG, &cont, 0, 0 },
		{ 0 },
	};
	unsigned long long start = 0;
	char state = 0;
	int pid, rc = guest_options(argc, argv, opts, err);

	if (rc == 0 && stop == cont)
		rc = err_set(err, STATUS_USAGE, EINVAL, "--stop, or --continue?");
	if (rc == 0)
		rc = guest_vswitchd(rundir, &pid, err);
	if (rc == 0)
		rc = signal_all(pid, stop, err);
	if (rc < 0)
		return rc;
	if (read_stat(pid, pid, &state, &start) < 0)
		return err_set(err, STATUS_BENCH, ESRCH, VSWITCHD " (pid %d) has ended", pid);
	*ret = json_pack("{s:s, s:i, s:I, s:b}", "schema", "ovslab.guest-stall/1", "pid", pid,
			 "start_ticks", (json_int_t)start, "stopped", stop);
	return *ret ? 0 : -ENOMEM;
}
