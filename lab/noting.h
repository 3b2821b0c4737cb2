/* SPDX-License-Identifier: GPL-2.0 */
/*
 * noting.h - which packets went through vswitchd, noted beside a capture of both sides
 */
#ifndef OVSLAB_NOTING_H
#define OVSLAB_NOTING_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

#include "core/err.h"
#include "run/upcalls.h"

struct noting {
	bool wanted;			/* the caller's: of both sides */
	struct upcalls upcalls;
	char path[PATH_MAX];		/* "": no file, a switch of this kind never tells */
};

/**
 * noting_begin() - before the first packet is captured
 * @dir:	of the captures
 *
 * Return: 0, also where the switch cannot tell; -errno.
 */
int noting_begin(const struct job *job, const struct lab *lab, const char *dir, struct noting *n,
		 struct err *err);

/**
 * noting_replace() - captures are being written: what an earlier one left goes
 *
 * It is of other packets, also where nothing is noted this time.
 *
 * Return: 0, or -errno.
 */
int noting_replace(struct noting *n, struct err *err);

/** noting_end() - after the last one: the notes, or why there are none, into the file */
int noting_end(const struct lab *lab, struct noting *n, struct err *err);

/** noting_release() - leave nothing in the switch's VM, at any point */
void noting_release(const struct lab *lab, struct noting *n);

/** noting_print() - a line for a person, if there is a file */
void noting_print(const struct noting *n);

/** noting_json() - member "upcalls" of docs/schemas/capture.json */
json_t *noting_json(const struct noting *n);

/**
 * noting_load() - read such a file, anybody's
 * @job:	bounds the time that a pipe is waited for
 * @name:	"-" is the standard input
 * @ret:	release with upcall_notes_free()
 *
 * Return: 0; -errno with STATUS_USAGE if it is none; -EINTR, -ETIMEDOUT, -ENOMEM.
 */
int noting_load(const struct job *job, const char *name, struct upcall_notes *ret, struct err *err);

#endif
