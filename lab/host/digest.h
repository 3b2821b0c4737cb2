/* SPDX-License-Identifier: GPL-2.0 */
/*
 * digest.h - fingerprints (XXH3, 128 bits): of a file, and of a row of fields
 *
 * They tell what is equal from what is not, and find damage; they are no
 * protection against someone who wants two things to look alike.
 */
#ifndef OVSLAB_HOST_DIGEST_H
#define OVSLAB_HOST_DIGEST_H

#include <stddef.h>

#include "core/err.h"

#define DIGEST_SIZE 33			/* 32 hex digits and a NUL */

/* A digest over fields; what fails is remembered until digest_end(). */
struct digest {
	struct XXH3_state_s *state;	/* owned until digest_end() */
	int rc;
	struct err err;
};

/** digest_begin() - must be followed by digest_end() */
void digest_begin(struct digest *d);

/**
 * digest_text(), digest_bytes(), digest_file() - add a field
 * @label:	what the field is: equal bytes with another label are another field
 *
 * Each field goes in with its kind and its lengths, so no two different rows of
 * fields are the same bytes. A file counts by what is in it.
 */
void digest_text(struct digest *d, const char *label, const char *text);
void digest_bytes(struct digest *d, const char *label, const void *data, size_t len);
void digest_file(struct digest *d, const char *label, const char *path);

/**
 * digest_end() - the fingerprint of all fields; releases @d
 * @ret:	DIGEST_SIZE bytes
 *
 * Return: 0; -errno of the first file that could not be read.
 */
int digest_end(struct digest *d, char *ret, struct err *err);

/**
 * digest_fd() - the fingerprint of a whole file
 * @size:	bytes that it must have
 * @ret:	DIGEST_SIZE bytes
 *
 * Equal to what 'xxh128sum' prints.
 *
 * Return: 0; -errno; -ESTALE if the file has another size.
 */
int digest_fd(int fd, size_t size, char *ret);

#endif
