/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpio.h - a writer of cpio archives as the kernel unpacks them at boot
 *
 * Format "newc", Documentation/driver-api/early-userspace/buffer-format.rst of
 * the Linux sources. Streaming, uncompressed, owner root, time 0: the same
 * input gives the same bytes.
 */
#ifndef OVSLAB_HOST_CPIO_H
#define OVSLAB_HOST_CPIO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"

#define CPIO_PATH_MAX 4096		/* of the kernel's unpacker, NUL included */

/* An archive being written. A failed call makes all later ones fail alike. */
struct cpio {
	FILE *f;			/* borrowed */
	uint64_t at;			/* bytes written */
	uint32_t ino;			/* last inode number given */
	int rc;				/* 0, or the first -errno */
};

/** cpio_begin() - start an archive at the present position of @f */
void cpio_begin(struct cpio *c, FILE *f);

/**
 * cpio_dir() - add a folder; the kernel makes no parents by itself
 * @path:	relative, "ovslab"
 * @perm:	permission bits
 */
int cpio_dir(struct cpio *c, const char *path, unsigned int perm);

/** cpio_link() - add a symbolic link @path to @target */
int cpio_link(struct cpio *c, const char *path, const char *target);

/** cpio_bytes() - add a file with @len bytes at @data */
int cpio_bytes(struct cpio *c, const char *path, unsigned int perm,
	       const void *data, size_t len);

/**
 * cpio_file() - add a copy of the file @src
 *
 * Return: 0 or -errno; -EFBIG from 4 GiB on, -EIO if it shrinks meanwhile.
 */
int cpio_file(struct cpio *c, const char *path, unsigned int perm,
	      const char *src, struct err *err);

/**
 * cpio_end() - write the trailer, pad to 512 bytes, flush
 *
 * Another archive, compressed or not, may follow at that position.
 */
int cpio_end(struct cpio *c);

#endif
