// SPDX-License-Identifier: GPL-2.0
/*
 * capture.c - tcpdump on a lab's taps
 *
 * Theory of operation. tcpdump writes each packet into a pipe at once (-U), and the
 * pipes are emptied into the files every few milliseconds: not at every packet, which
 * would cost a switch of processes each. A pipe holds what comes meanwhile.
 *
 * The kernel hands packets over in blocks that it holds back for a second, and a tcpdump
 * that is ended drops the last one without a word. So the end waits for that second.
 */
#include "run/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/util.h"
#include "run/inject.h"
#include "run/inject_user.h"

#define SAID_MAX 4096
#define START_LIMIT_MS 10000
#define STOP_LIMIT_NS INT64_C(10000000000)
#define BLOCK_NS INT64_C(1100000000)	/* libpcap's time for a block, and some */
#define PIPE_BYTES (1 << 20)
#define PAUSE_MS 2			/* between two looks: 1 MiB is 4 Gb/s then */

const char *const capture_format_names[] = { "pcapng", "pcap", NULL };

/* ---- what the files say of themselves ----------------------------------------- */

static void describe_injections(const struct job *job, const struct lab *lab, FILE *f)
{
	struct injection list[INJECT_MAX];
	struct user_line lines[INJECT_LINES_MAX];
	unsigned int n = 0, n_lines = 0;

	if (inject_list(job, lab, list, &n, NULL) < 0 ||
	    inject_user_lines(job, lab, lines, &n_lines, NULL) < 0) {
		fputs("injected: unknown, a node did not answer\n", f);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		char spec[STAGE_SPEC_MAX] = "";

		mangle_spec_format(&list[i].report.spec, spec, sizeof(spec));
		fprintf(f, "injected: %s: %s\n", list[i].place, spec);
	}
	for (unsigned int i = 0; i < n_lines; i++)
		fprintf(f, "injected: %s: %s\n", lines[i].place, lines[i].spec);
	if (!n && !n_lines)
		fputs("injected: nothing\n", f);
}

static void describe_lab(const struct lab *lab, FILE *f)
{
	fprintf(f, "lab: %s\nswitch: Open vSwitch %s, %s datapath, %s\n", lab->name,
		lab->ovs.version[0] ? lab->ovs.version : "unknown",
		lab_datapath_names[lab->bench.datapath],
		lab_switch_node(lab) ? "in a VM" : "on the host");
	if (lab->ovs.kernel[0])
		fprintf(f, "kernel below it: %s\n", lab->ovs.kernel);
}

static void describe(const struct job *job, const struct lab *lab, const char *const taps[],
		     unsigned int n, const struct capture_opts *opts, struct capture *c)
{
	FILE *f = fmemopen(c->about, sizeof(c->about), "w");
	struct utsname name;

	if (!f)
		return;
	describe_lab(lab, f);
	fputs(n == 1 ? "tap:" : "taps:", f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, " %s", taps[i]);
	fputc('\n', f);
	describe_injections(job, lab, f);
	if (opts->filter && *opts->filter)
		fprintf(f, "filter: %.1000s\n", opts->filter);
	fclose(f);
	c->about[strlen(c->about) - (*c->about != '\0')] = '\0';	/* the last newline */
	if (uname(&name) == 0)
		snprintf(c->os, sizeof(c->os), "%.16s %.64s", name.sysname, name.release);
	c->section = (struct pcapng_section){ c->about, c->os, "ovslab " OVSLAB_VERSION };
}

static void describe_tap(const struct lab *lab, const struct capture_opts *opts,
			 struct capture_file *f)
{
	const struct lab_node *own = lab_tap_owner(lab, f->tap);
	const struct lab_node *node = lab_tap_holder(lab, f->tap);

	if (own)
		snprintf(f->description, sizeof(f->description),
			 "lab %s: what %s sends enters the switch here, what it gets leaves it",
			 lab->name, own->name);
	else if (node)
		snprintf(f->description, sizeof(f->description),
			 "lab %s: far end of a wire, at the switch's VM", lab->name);
	f->interface = (struct pcapng_interface){
		.name = f->tap, .description = f->description, .filter = opts->filter,
	};
}

/* ---- starting ------------------------------------------------------------------ */

/* What tcpdump writes and what it says: the ends that are ours, and those that are its. */
static int make_pipes(struct capture_file *f, struct proc_opts *po, struct err *err)
{
	int out[2], said[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
	if (pipe2(said, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETPIPE_SZ, PIPE_BYTES);	/* a smaller one works too */
	f->from = out[0];
	f->said = said[0];
	po->out = out[1];
	po->err = said[1];
	return 0;
}

static int start_one(const struct capture_opts *opts, struct capture_file *f, struct err *err)
{
	char snaplen[16], packets[16];
	int rc;
	const char *argv[20] = {
		"tcpdump", "-n", "-U", "-Z", "root", "-B", "16384", "-i", f->tap, "-w", "-",
	};
	size_t n = 11;
	struct proc_opts po = { .die_with_us = true, .own_group = true };

	snprintf(snaplen, sizeof(snaplen), "%u", opts->snaplen);
	snprintf(packets, sizeof(packets), "%u", opts->packets);
	if (opts->format == CAPTURE_PCAPNG)
		argv[n++] = "--time-stamp-precision=nano";
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
	rc = make_pipes(f, &po, err);
	if (rc < 0)
		return rc;
	rc = proc_start(&po, argv, &f->proc, err);
	close(po.out);
	close(po.err);
	return rc;
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

static int name_file(const struct capture_opts *opts, const char *tap, struct capture_file *f,
		     struct err *err)
{
	char name[sizeof(f->tap) + sizeof(".pcap")];

	snprintf(f->tap, sizeof(f->tap), "%s", tap);
	f->said = f->from = -1;
	snprintf(name, sizeof(name), "%s.pcap", f->tap);
	if (path_join(f->path, sizeof(f->path), opts->dir, name) == 0)
		return 0;
	return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%.100s... is too long a path", opts->dir);
}

int capture_start(const struct job *job, const struct lab *lab, const char *const taps[],
		  unsigned int n, const struct capture_opts *opts, struct capture *ret,
		  struct err *err)
{
	bool classic = opts->format == CAPTURE_PCAP;
	int rc = 0;

	*ret = (struct capture){ 0 };
	if (!*opts->dir || (mkdir(opts->dir, 0755) < 0 && errno != EEXIST))
		return err_set(err, STATUS_USAGE, *opts->dir ? errno : ENOENT, "'%s': %s", opts->dir,
			       strerror(*opts->dir ? errno : ENOENT));
	if (!classic)
		describe(job, lab, taps, n, opts, ret);
	for (unsigned int i = 0; i < n && i < CAPTURE_TAPS_MAX && rc == 0; i++) {
		struct capture_file *f = &ret->files[ret->n++];

		rc = name_file(opts, taps[i], f, err);
		describe_tap(lab, opts, f);
		rc = rc ?: start_one(opts, f, err);
	}
	for (unsigned int i = 0; i < ret->n && rc == 0; i++)
		rc = await_listening(job, &ret->files[i], err);
	for (unsigned int i = 0; i < ret->n && rc == 0; i++)
		rc = capwrite_open(ret->files[i].path, classic ? NULL : &ret->section,
				   &ret->files[i].interface, &ret->files[i].writer, err);
	if (rc < 0)
		capture_stop(ret, NULL);
	return rc;
}

/* ---- writing -------------------------------------------------------------------- */

static void close_pipe(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Whether more may come. Nobody reads on where the file failed: tcpdump ends of that. */
static bool pump_one(struct capture_file *f)
{
	int rc;

	if (f->from < 0)
		return false;
	rc = f->writer ? capwrite_pump(f->writer, f->from) : 0;
	if (rc > 0)
		return true;
	f->failed = f->failed ?: rc;
	close_pipe(&f->from);
	return false;
}

/* Until all have ended, or one has failed. */
static int pump(struct capture_file *files, unsigned int n_files, int64_t limit_ns)
{
	for (;;) {
		struct pollfd fds[CAPTURE_TAPS_MAX];
		int n = 0, rc;

		for (unsigned int i = 0; i < n_files; i++) {
			if (pump_one(&files[i]))
				fds[n++] = (struct pollfd){ .fd = files[i].from, .events = POLLIN };
			if (files[i].failed)
				return 0;
		}
		if (!n)
			return 0;
		rc = wait_fds(fds, n, limit_ns);
		if (rc > 0)
			rc = wait_fd(-1, 0, now_ns() + PAUSE_MS * INT64_C(1000000));
		if (rc < 0 && (rc != -ETIMEDOUT || now_ns() >= limit_ns))
			return rc;
	}
}

int capture_wait(struct capture *c, int64_t limit_ns)
{
	return pump(c->files, c->n, limit_ns);
}

/* ---- ending ---------------------------------------------------------------------- */

/* "0 packets dropped by kernel" */
static uint64_t count_before(const char *text, const char *words)
{
	const char *p = strstr(text, words);

	while (p && p > text && p[-1] != '\n')
		p--;
	return p ? strtoull(p, NULL, 10) : 0;
}

static int tell_failed(const struct capture_file *f, const char *text, struct err *err)
{
	int rc = err_set(err, STATUS_BENCH, EIO, "%s is not complete: %s", f->path,
			 f->failed ? strerror(-f->failed) : "tcpdump failed");

	if (!f->failed)
		err_evidence(err, "tcpdump", text);
	return rc;
}

/* Its last packets come before its pipe ends; what it says of drops, after them. */
static int stop_one(struct capture_file *f, struct err *err)
{
	char text[SAID_MAX] = "";
	int rc;

	if (f->said < 0)
		return 0;		/* it was never started */
	pump(f, 1, now_ns() + STOP_LIMIT_NS);
	close_pipe(&f->from);
	listen_for(f, NULL, now_ns() + STOP_LIMIT_NS / 2, text);
	close_pipe(&f->said);
	rc = f->proc.pid ? proc_wait(&f->proc, now_ns() + INT64_C(1000000000), &f->status) : 0;
	if (rc < 0 && rc != -ECHILD && rc != -ESRCH)
		proc_stop(&f->proc, 0);
	f->packets = f->writer ? capwrite_packets(f->writer) : 0;
	f->dropped = count_before(text, " packets dropped by kernel");
	rc = capwrite_close(f->writer, f->dropped);
	f->writer = NULL;
	f->failed = f->failed ?: rc;
	return f->failed || f->status ? tell_failed(f, text, err) : 0;
}

int capture_stop(struct capture *c, struct err *err)
{
	int rc = 0;

	wait_shield(true);
	if (err)
		pump(c->files, c->n, now_ns() + BLOCK_NS);
	for (unsigned int i = 0; i < c->n; i++)
		if (c->files[i].proc.pid)	/* all at once: they end together */
			proc_signal(&c->files[i].proc, SIGINT);
	for (unsigned int i = 0; i < c->n; i++) {
		int one = stop_one(&c->files[i], rc < 0 ? NULL : err);

		rc = rc < 0 ? rc : one;
	}
	wait_shield(false);
	return rc;
}
