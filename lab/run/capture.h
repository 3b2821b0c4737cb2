/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capture.h - tcpdump on a lab's taps, all started before any traffic matters
 */
#ifndef OVSLAB_RUN_CAPTURE_H
#define OVSLAB_RUN_CAPTURE_H

#include <stdint.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/proc.h"
#include "host/wait.h"

#define CAPTURE_TAPS_MAX LAB_NODES_MAX

struct capture_opts {
	const char *dir;		/* files go to DIR/TAP.pcap */
	unsigned int snaplen;		/* bytes of each packet; 0 = all */
	unsigned int packets;		/* end after so many on each tap; 0 = no limit */
	const char *filter;		/* pcap-filter(7), or NULL */
};

struct capture_file {
	char tap[16];
	char path[512];
	uint64_t packets, dropped;	/* as tcpdump counted them */
	struct proc_id proc;
	int said;			/* tcpdump's stderr */
	int status;			/* how it ended: waitpid(2) */
};

struct capture {
	struct capture_file files[CAPTURE_TAPS_MAX];
	unsigned int n;
};

/**
 * capture_start() - start capturing on taps; all are listening on return
 *
 * The caller is inside the lab's network namespace. The captures end with the
 * calling process, if capture_stop() does not come first.
 */
int capture_start(const struct job *job, const char *const taps[], unsigned int n,
		  const struct capture_opts *opts, struct capture *ret, struct err *err);

/** capture_wait() - wait until all have ended by themselves (a packet limit) */
int capture_wait(struct capture *c, int64_t limit_ns);

/**
 * capture_stop() - end them, complete the files, fill the counts
 *
 * Return: 0, or -EIO if a tcpdump failed: no space left, for one.
 */
int capture_stop(struct capture *c, struct err *err);

#endif
