/* SPDX-License-Identifier: GPL-2.0 */
/*
 * input.h - what a file, a pipe or the standard input holds, gzip undone
 *
 * A stream: it is read once, from the beginning, and never held as a whole. Files are
 * read, not mapped: one that shrinks meanwhile must not kill us.
 */
#ifndef OVSLAB_HOST_INPUT_H
#define OVSLAB_HOST_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "host/wait.h"

struct input;

/**
 * input_open() - open a file, and look at how it is compressed
 * @job:	bounds the time that a pipe is waited for; NULL without bound
 * @name:	"-" is the standard input
 * @ret:	release with input_close(), which accepts NULL
 *
 * Return: 0, or -errno: it cannot be read, or is compressed with something but gzip.
 */
int input_open(const struct job *job, const char *name, struct input **ret,
	       struct err *err);
void input_close(struct input *in);

/**
 * input_read() - the next bytes; fewer than asked for as soon as there are some
 *
 * All that can be had of a damaged gzip file comes first.
 *
 * Return: how many; 0 at the end; or -errno, which stays: input_why() has the reason.
 * -EBADMSG if it is damaged, -EINTR if the job was cancelled, -ETIMEDOUT.
 */
ssize_t input_read(struct input *in, void *buf, size_t len);

/** input_unpacks() - gzip is undone: offsets are not the file's own */
bool input_unpacks(const struct input *in);

/** input_title() - what messages call it: the name, or "the standard input" */
const char *input_title(const char *name);

/** input_taken() - bytes of the file itself that were read, before gzip is undone */
uint64_t input_taken(const struct input *in);

/** input_failed() - the -errno that ended it; 0 if none did */
int input_failed(const struct input *in);

/** input_why() - what input_read() failed with, for a message; "" if it did not */
const char *input_why(const struct input *in);

#endif
