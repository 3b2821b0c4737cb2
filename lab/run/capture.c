// SPDX-License-Identifier: GPL-2.0
/*
 * capture.c - tcpdump on a lab's taps
 */
#include "run/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/util.h"

#define SAID_MAX 4096
#define START_LIMIT_MS 10000

static int start_one(const struct capture_opts *opts, struct capture_file *f, struct err *err)
{
	char snaplen[16], packets[16];
	int fds[2], rc;
	const char *argv[20] = {
		"tcpdump", "-n", "-U", "-Z", "root", "-B", "16384", "-i", f->tap, "-w", f->path,
	};
	size_t n = 11;
	struct proc_opts po = { .die_with_us = true, .own_group = true };

	snprintf(snaplen, sizeof(snaplen), "%u", opts->snaplen);
	snprintf(packets, sizeof(packets), "%u", opts->packets);
	if (opts->snaplen) {
		argv[n++] = "-s";
		argv[n++] = snaplen;
	}
	if (opts->packets) {
		argv[n++] = "-c";
		argv[n++] = packets;
	}
	if (opts->filter && *opts->filter) {
		argv[n++] = "--";
		argv[n++] = opts->filter;
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
	po.err = fds[1];
	rc = proc_start(&po, argv, &f->proc, err);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	f->said = fds[0];
	return 0;
}

/* Read what tcpdump says until @word appears, or to the end if it is NULL. */
static int listen_for(struct capture_file *f, const char *word, int64_t limit_ns, char *text)
{
	size_t len = strlen(text);

	while (!word || !strstr(text, word)) {
		int rc = wait_fd(f->said, POLLIN, limit_ns);
		ssize_t n;

		if (rc < 0)
			return rc;
		n = read(f->said, text + len, SAID_MAX - 1 - len);
		if (n <= 0)
			return word ? -EPIPE : 0;
		len += n;
		text[len] = '\0';
	}
	return 0;
}

static int await_listening(const struct job *job, struct capture_file *f, struct err *err)
{
	char text[SAID_MAX] = "";
	int rc = listen_for(f, "listening on", job_limit(job, START_LIMIT_MS), text);

	if (rc == -EPIPE) {
		text[strcspn(text, "\n")] = '\0';
		return err_set(err, STATUS_USAGE, EINVAL, "%s",
			       *text ? text : "tcpdump ended without a word");
	}
	return rc < 0 ? wait_failed(err, rc, "tcpdump to listen on %s", f->tap) : 0;
}

int capture_start(const struct job *job, const char *const taps[], unsigned int n,
		  const struct capture_opts *opts, struct capture *ret, struct err *err)
{
	int rc = 0;

	*ret = (struct capture){ 0 };
	if (mkdir(opts->dir, 0755) < 0 && errno != EEXIST)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", opts->dir, strerror(errno));
	for (unsigned int i = 0; i < n && i < CAPTURE_TAPS_MAX && rc == 0; i++) {
		struct capture_file *f = &ret->files[ret->n];

		snprintf(f->tap, sizeof(f->tap), "%s", taps[i]);
		if (snprintf(f->path, sizeof(f->path), "%s%s%s.pcap", opts->dir,
			     opts->dir[strlen(opts->dir) - 1] == '/' ? "" : "/", taps[i]) >=
		    (int)sizeof(f->path))
			rc = err_set(err, STATUS_USAGE, ENAMETOOLONG, "%.100s... is too long a path",
				     opts->dir);
		if (rc == 0)
			rc = start_one(opts, f, err);
		if (rc == 0)
			ret->n++;
	}
	for (unsigned int i = 0; i < ret->n && rc == 0; i++)
		rc = await_listening(job, &ret->files[i], err);
	if (rc < 0)
		capture_stop(ret, NULL);
	return rc;
}

int capture_wait(struct capture *c, int64_t limit_ns)
{
	for (unsigned int i = 0; i < c->n; i++) {
		int rc = proc_wait(&c->files[i].proc, limit_ns, &c->files[i].status);

		if (rc < 0 && rc != -ECHILD && rc != -ESRCH)
			return rc;
	}
	return 0;
}

/* "8713 packets captured" and "0 packets dropped by kernel" */
static uint64_t count_before(const char *text, const char *words)
{
	const char *p = strstr(text, words);

	while (p && p > text && p[-1] != '\n')
		p--;
	return p ? strtoull(p, NULL, 10) : 0;
}

/* tcpdump does not tell that it could not write. */
static bool is_full(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && fs.f_bavail == 0;
}

static int stop_one(struct capture_file *f, struct err *err)
{
	char text[SAID_MAX] = "";
	int rc;

	proc_signal(&f->proc, SIGINT);
	listen_for(f, NULL, now_ns() + INT64_C(5000000000), text);
	rc = proc_wait(&f->proc, now_ns() + INT64_C(1000000000), &f->status);
	if (rc < 0 && rc != -ECHILD && rc != -ESRCH)
		proc_stop(&f->proc, 0);
	close(f->said);
	f->packets = count_before(text, " packets captured");
	f->dropped = count_before(text, " packets dropped by kernel");
	if (f->status == 0 && !is_full(f->path))
		return 0;
	rc = err_set(err, STATUS_BENCH, EIO, "%s is not complete%s", f->path,
		     f->status ? ": tcpdump failed" : ": no space left");
	err_evidence(err, "tcpdump", text);
	return rc;
}

int capture_stop(struct capture *c, struct err *err)
{
	int rc = 0;

	wait_shield(true);
	for (unsigned int i = 0; i < c->n; i++) {
		int one = stop_one(&c->files[i], rc < 0 ? NULL : err);

		rc = rc < 0 ? rc : one;
	}
	wait_shield(false);
	return rc;
}
