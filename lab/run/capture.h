/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capture.h - tcpdump on a lab's taps, all started before any traffic matters
 *
 * The files are pcapng, which has room for a comment: it names the lab, the tap and
 * what is injected. Their times are in nanoseconds.
 */
#ifndef OVSLAB_RUN_CAPTURE_H
#define OVSLAB_RUN_CAPTURE_H

#include <stdint.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/capwrite.h"
#include "host/proc.h"
#include "host/wait.h"

#define CAPTURE_TAPS_MAX LAB_NODES_MAX
#define CAPTURE_ABOUT_MAX 2048

enum capture_format { CAPTURE_PCAPNG, CAPTURE_PCAP };	/* PCAP: classic, microseconds */

extern const char *const capture_format_names[];

struct capture_opts {
	const char *dir;		/* files go to DIR/TAP.pcap */
	unsigned int snaplen;		/* bytes of each packet; 0 = all */
	unsigned int packets;		/* end after so many on each tap; 0 = no limit */
	const char *filter;		/* pcap-filter(7), or NULL */
	int format;			/* enum capture_format */
};

struct capture_file {
	char tap[16];
	char path[512];
	char description[128];		/* of the interface */
	uint64_t packets;		/* in the file */
	uint64_t dropped;		/* by the kernel: the file lacks them */
	struct proc_id proc;
	int said, from;			/* tcpdump's stderr and stdout; -1 = closed */
	int status;			/* how it ended: waitpid(2) */
	int failed;			/* -errno of what could not be written */
	struct pcapng_interface interface;
	struct capwrite *writer;
};

/* Not to be moved while it runs: the writers refer to it. */
struct capture {
	struct capture_file files[CAPTURE_TAPS_MAX];
	unsigned int n;
	char about[CAPTURE_ABOUT_MAX];	/* comment of the files */
	char os[96];
	struct pcapng_section section;
};

/**
 * capture_start() - start capturing on taps; all are listening on return
 *
 * The caller is inside the lab's network namespace. The captures end with the
 * calling process, if capture_stop() does not come first; what was captured is in
 * the files then.
 */
int capture_start(const struct job *job, const struct lab *lab, const char *const taps[],
		  unsigned int n, const struct capture_opts *opts, struct capture *ret,
		  struct err *err);

/**
 * capture_wait() - write what comes, until all have ended by themselves (a packet limit)
 *
 * Return: 0, also if one failed, which capture_stop() tells; -ETIMEDOUT, -EINTR.
 */
int capture_wait(struct capture *c, int64_t limit_ns);

/**
 * capture_stop() - end them, complete the files, fill the counts
 * @err:	NULL if they are given up: what is still under way is then not waited for
 *
 * Takes a second, since what came before the call shall be in the files.
 *
 * Return: 0, or -EIO if a tcpdump failed or a file could not be written: no space
 * left, for one.
 */
int capture_stop(struct capture *c, struct err *err);

#endif
