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

#include "core/err.h"

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

/* Commands: *@ret is the JSON document to print; a new reference. */
int guest_mangle(int argc, char **argv, json_t **ret, struct err *err);
int guest_serve(int argc, char **argv, json_t **ret, struct err *err);
int guest_stop(int argc, char **argv, json_t **ret, struct err *err);
int guest_conns(int argc, char **argv, json_t **ret, struct err *err);
int guest_counters(int argc, char **argv, json_t **ret, struct err *err);
int guest_switch(int argc, char **argv, json_t **ret, struct err *err);
int guest_clock(int argc, char **argv, json_t **ret, struct err *err);

/** guest_run_dir() - make sure that GUEST_RUN_DIR exists */
int guest_run_dir(struct err *err);

/** guest_write() - replace a file in one step (temporary file and rename) */
int guest_write(const char *path, const char *text, struct err *err);

int64_t guest_now_ns(void);		/* CLOCK_MONOTONIC */

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

#endif
