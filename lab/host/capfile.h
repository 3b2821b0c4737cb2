/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capfile.h - capture files: pcap, pcapng and what else libpcap reads, also gzipped
 *
 * From a file, a pipe or the standard input, in a few MB of memory. A file that is
 * damaged gives the records before the damage.
 */
#ifndef OVSLAB_HOST_CAPFILE_H
#define OVSLAB_HOST_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/frame.h"
#include "host/wait.h"

struct capfile;

/* Why the records end before the file does. */
struct capfile_damage {
	int rc;			/* -EBADMSG; -EIO ...; -EINTR, -ETIMEDOUT: not the file's fault */
	bool unpacked;		/* @offset is not the file's, but of what gunzip makes of it */
	uint64_t offset;	/* where the last whole record ends */
	char text[320];		/* what is wrong, without the offset */
};

/**
 * capfile_open() - open a capture, and read as far as its first record
 * @job:	bounds the time that a pipe is waited for; NULL without bound
 * @name:	"-" is the standard input
 * @ret:	release with capfile_close(), which accepts NULL
 *
 * A capture without records is one. Pipes are waited for until there is a record.
 *
 * Return: 0, or -errno with STATUS_USAGE if nothing can be read: there is no such file, it
 * is empty, not a capture, compressed with something else, or damaged at its beginning.
 */
int capfile_open(const struct job *job, const char *name, struct capfile **ret,
		 struct err *err);
void capfile_close(struct capfile *cf);

/**
 * capfile_batch() - the next records, as many as are at hand
 * @ret:	they and their data are @cf's, valid until the next call
 *
 * Return: how many; 0 at the end, which may be capfile_damage().
 */
size_t capfile_batch(struct capfile *cf, const struct frame_record **ret);

/** capfile_taken() - bytes of the file that were read, compressed as they are: for progress */
uint64_t capfile_taken(const struct capfile *cf);

/** capfile_damage() - what ended the records; NULL if nothing is wrong so far */
const struct capfile_damage *capfile_damage(const struct capfile *cf);

/* One record after another. Zeroed but for @cf. */
struct capfile_cursor {
	struct capfile *cf;
	const struct frame_record *at;
	size_t left;
};

/** capfile_next() - the next record, valid until the next call; NULL at the end */
static inline const struct frame_record *capfile_next(struct capfile_cursor *c)
{
	if (!c->left)
		c->left = capfile_batch(c->cf, &c->at);
	if (!c->left)
		return NULL;
	c->left--;
	return c->at++;
}

#endif
