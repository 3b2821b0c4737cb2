/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ovslab-guest.h - the helper inside a VM: its commands, and what they share
 */
#ifndef OVSLAB_GUEST_H
#define OVSLAB_GUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/err.h"
#include "core/mangle.h"
#include "host/wait.h"

#define GUEST_RUN_DIR "/run/ovslab"	/* state: saved settings, results */

/* One row of an option table; ends with a NULL name. */
struct guest_opt {
	const char *name;		/* "--port" */
	enum { OPT_TEXT, OPT_NUMBER, OPT_FLAG } type;
	void *to;			/* const char **, uint64_t *, bool * */
	uint64_t min, max;		/* of a number */
};

/**
 * guest_options() - fill in what the table describes
 * @argc:	entries of @argv
 * @argv:	only options: everything must be in the table
 *
 * Return: 0, or -EINVAL with the reason in @err.
 */
int guest_options(int argc, char **argv, const struct guest_opt *opts,
		  struct err *err);

/** guest_need_dev() - the value of --dev; Return: 0, or -EINVAL if it was not given */
int guest_need_dev(const char *dev, struct err *err);

/** guest_hook() - the value of --hook, NULL if it was not given; Return: 0 or -EINVAL */
int guest_hook(const char *text, enum mangle_hook *ret, struct err *err);

/* Commands: *@ret is the JSON document to print; a new reference. */
int guest_mangle(int argc, char **argv, json_t **ret, struct err *err);
int guest_userprog(int argc, char **argv, json_t **ret, struct err *err);
int guest_serve(int argc, char **argv, json_t **ret, struct err *err);
int guest_stop(int argc, char **argv, json_t **ret, struct err *err);
int guest_conns(int argc, char **argv, json_t **ret, struct err *err);
int guest_counters(int argc, char **argv, json_t **ret, struct err *err);
int guest_switch(int argc, char **argv, json_t **ret, struct err *err);
int guest_place(int argc, char **argv, json_t **ret, struct err *err);
int guest_stall(int argc, char **argv, json_t **ret, struct err *err);
int guest_bursts(int argc, char **argv, json_t **ret, struct err *err);
int guest_connect(int argc, char **argv, json_t **ret, struct err *err);
int guest_sink(int argc, char **argv, json_t **ret, struct err *err);
int guest_upcalls(int argc, char **argv, json_t **ret, struct err *err);
int guest_clock(int argc, char **argv, json_t **ret, struct err *err);

/** guest_run_dir() - make sure that GUEST_RUN_DIR exists */
int guest_run_dir(struct err *err);

/**
 * guest_turn() - one process at a time changes the programs on this VM's devices
 * @ret_fd:	closing it, or the process's end, ends the turn
 *
 * The lab's commands take turns already. But one that is interrupted leaves its helper
 * at work in here, and the next must not come in between.
 *
 * Return: 0; -EAGAIN if others have been at it for too long; -errno.
 */
int guest_turn(int *ret_fd, struct err *err);

/** guest_write() - replace a file in one step (temporary file and rename) */
int guest_write(const char *path, const char *text, struct err *err);

#define GUEST_OVS_DIR "/run/openvswitch"

/** guest_vswitchd() - pid of the ovs-vswitchd whose pid file is in @rundir */
int guest_vswitchd(const char *rundir, int *ret, struct err *err);

/** guest_address() - "198.18.0.2:5201" or "[fc00::2]:5201", the value of --connect */
int guest_address(const char *text, struct sockaddr_storage *ret, socklen_t *ret_len,
		  struct err *err);

#define OVS_THREADS_MAX 256

/* vswitchd's handlers, then its revalidators: each in the order of their creation. */
struct ovs_threads {
	struct ovs_thread {
		int tid;
		char name[16];
	} thread[OVS_THREADS_MAX];
	unsigned int handlers, revalidators;
};

/** ovs_threads_read() - the threads that vswitchd (@pid) has now, told by their names */
int ovs_threads_read(int pid, struct ovs_threads *ret, struct err *err);

/**
 * place_read() - where threads and receive interrupts may run
 * @nics:	names with commas
 *
 * Return: array of texts "NAME=CPUS": "to-vm1=0", "handler1=0-1"; and "to-vm1:rps=3",
 * a mask, where the kernel spreads what a NIC receives. A new reference.
 */
json_t *place_read(int pid, const struct ovs_threads *threads, const char *nics);

/**
 * gso_split() - one segment for each packet: what the device sends is what the
 *		 wire carries
 *
 * The value that was there before is remembered, unless one is already.
 */
int gso_split(const char *dev, struct err *err);

/** gso_restore() - put back what gso_split() changed; nothing to do is success */
int gso_restore(const char *dev, struct err *err);

/** gso_max_segs() - the device's setting, 0 if unknown */
uint32_t gso_max_segs(const char *dev);

/* What the manglers on a device need of it. */
struct dev_needs {
	bool split;			/* gso_max_segs 1 */
	bool fq;			/* as the root qdisc */
	bool sums;			/* packets leave with complete checksums */
};

/**
 * dev_prepare() - put there what is needed; what is there already stays
 *
 * Return: 0; -EBUSY if somebody has chosen a root qdisc; -errno.
 */
int dev_prepare(const char *dev, const struct dev_needs *needs, struct err *err);

/** dev_restore() - put back what is not needed any more; nothing to do is success */
int dev_restore(const char *dev, const struct dev_needs *still, struct err *err);

/** dev_sums_partial() - may packets that arrive have sums that are not complete? */
bool dev_sums_partial(const char *dev);

#endif
