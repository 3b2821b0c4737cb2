// SPDX-License-Identifier: GPL-2.0
/*
 * input.c - what a file, a pipe or the standard input holds, gzip undone
 *
 * Owns the descriptor and zlib. What begins with gzip's magic is inflated, member
 * after member (RFC 1952 2.2); all else goes to the caller's buffer as it is.
 */
#include "host/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/util.h"

#define PIECE (128 * 1024)		/* of compressed data */
#define MAGIC_BYTES 6			/* the longest below */
#define GZIP_WINDOW (15 + 16)		/* any window, gzip's header */

struct input {
	int fd;
	bool own_fd, waits;		/* it may have nothing yet: a pipe */
	bool gzip, ended;
	const struct job *job;
	int rc;				/* what reading failed with, for good */
	uint64_t taken;			/* bytes of the file */
	char why[160];
	uint8_t *at;			/* what was read and not used, [left] in @piece */
	size_t left;
	z_stream z;
	bool in_member;
	uint8_t piece[PIECE];
};

/* ---- bytes as they are ---------------------------------------------------------- */

static int fail(struct input *in, int rc, const char *why)
{
	if (in->rc == 0) {
		in->rc = rc;
		snprintf(in->why, sizeof(in->why), "%s", why);
	}
	return in->rc;
}

/* A signal or the deadline may come while a pipe has nothing, or between reads. */
static int await(struct input *in)
{
	int rc;

	if (wait_signal())
		return fail(in, -EINTR, "interrupted");
	if (!in->waits)
		return 0;
	do {
		rc = wait_fd(in->fd, POLLIN, job_limit(in->job, 60 * 1000));
	} while (rc == -ETIMEDOUT &&
		 !(in->job && in->job->deadline_ns && now_ns() >= in->job->deadline_ns));
	if (rc == -EINTR)
		return fail(in, rc, "interrupted");
	if (rc == -ETIMEDOUT)
		return fail(in, rc, "timed out waiting for more");
	return rc < 0 ? fail(in, rc, strerror(-rc)) : 0;
}

static ssize_t read_raw(struct input *in, void *buf, size_t len)
{
	ssize_t n;

	do {
		int rc = await(in);

		if (rc < 0)
			return rc;
		n = read(in->fd, buf, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return fail(in, -errno, strerror(errno));
	in->taken += (uint64_t)n;
	return n;
}

/* ---- gzip ----------------------------------------------------------------------- */

static int bad_gzip(struct input *in, const char *why)
{
	char text[sizeof(in->why)];

	snprintf(text, sizeof(text), "the gzip data are damaged: %s", why);
	return fail(in, -EBADMSG, text);
}

/* Return: > 0 if there are compressed bytes at hand. */
static int refill(struct input *in)
{
	ssize_t n;

	if (in->left)
		return 1;
	n = read_raw(in, in->piece, sizeof(in->piece));
	in->at = in->piece;
	in->left = n > 0 ? n : 0;
	return (n > 0) - (n < 0);
}

/* Zeros may follow a member as padding; what else follows is one more member. */
static int begin_member(struct input *in)
{
	int rc;

	while ((rc = refill(in)) > 0 && *in->at == 0) {
		in->at++;
		in->left--;
	}
	if (rc <= 0) {
		in->ended = rc == 0;
		return rc;
	}
	if (*in->at != 0x1f)
		return bad_gzip(in, "something else follows");
	if (inflateReset(&in->z) != Z_OK)
		return bad_gzip(in, "zlib does not reset");
	in->in_member = true;
	return 1;
}

/* Return: bytes that were made; 0 is no end, look at in->ended; or -errno. */
static ssize_t inflate_some(struct input *in, uint8_t *buf, size_t len)
{
	int rc = in->in_member ? refill(in) : begin_member(in);

	if (rc == 0 && in->in_member)
		return bad_gzip(in, "they end too early");
	if (rc <= 0)
		return rc < 0 ? in->rc : 0;
	in->z.next_in = in->at;
	in->z.avail_in = in->left;
	in->z.next_out = buf;
	in->z.avail_out = len;
	rc = inflate(&in->z, Z_NO_FLUSH);
	in->at = in->z.next_in;
	in->left = in->z.avail_in;
	len -= in->z.avail_out;
	if (rc == Z_STREAM_END)
		in->in_member = false;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		bad_gzip(in, in->z.msg ? in->z.msg : zError(rc));
	return len ? (ssize_t)len : in->rc;
}

static ssize_t read_gzip(struct input *in, uint8_t *buf, size_t len)
{
	ssize_t n = 0;

	if (len > UINT32_MAX)
		len = UINT32_MAX;
	while (n == 0 && !in->ended)
		n = inflate_some(in, buf, len);
	return n;
}

ssize_t input_read(struct input *in, void *buf, size_t len)
{
	if (in->rc < 0)
		return in->rc;
	if (len == 0)
		return 0;
	if (in->gzip)
		return read_gzip(in, buf, len);
	if (!in->left)
		return read_raw(in, buf, len);
	if (len > in->left)
		len = in->left;
	memcpy(buf, in->at, len);
	in->at += len;
	in->left -= len;
	return len;
}

bool input_unpacks(const struct input *in)
{
	return in->gzip;
}

static bool is_stdin(const char *name)
{
	return strcmp(name, "-") == 0;
}

const char *input_title(const char *name)
{
	return is_stdin(name) ? "the standard input" : name;
}

uint64_t input_taken(const struct input *in)
{
	return in->taken;
}

int input_failed(const struct input *in)
{
	return in->rc;
}

const char *input_why(const struct input *in)
{
	return in->why;
}

/* ---- opening -------------------------------------------------------------------- */

static const struct compression {
	const char *name, *tool;
	uint8_t magic[MAGIC_BYTES];
	size_t len;
} others[] = {
	{ "zstd", "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
	{ "xz", "xz", { 0xfd, '7', 'z', 'X', 'Z' }, 6 },
	{ "lz4", "lz4", { 0x04, 0x22, 0x4d, 0x18 }, 4 },
	{ "bzip2", "bzip2", { 'B', 'Z', 'h' }, 3 },
};

static int refuse(const char *name, const struct compression *c, struct err *err)
{
	int rc = err_set(err, STATUS_USAGE, EPROTONOSUPPORT,
			 "%s is compressed with %s, which is not undone here", input_title(name), c->name);

	err_hint(err, "%s -dc %s | ovslab analyze -", c->tool, name);
	return rc;
}

/* Enough for every magic, unless there is not as much. */
static int look(struct input *in, const char *name, struct err *err)
{
	in->at = in->piece;
	while (in->left < MAGIC_BYTES) {
		ssize_t n = read_raw(in, in->piece + in->left, 4096 - in->left);

		if (n < 0)
			return err_set(err, n == -EINTR || n == -ETIMEDOUT ? STATUS_BENCH : STATUS_USAGE,
				       n, "cannot read %s: %s", input_title(name), in->why);
		if (n == 0)
			break;
		in->left += n;
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (in->left >= others[i].len && !memcmp(in->piece, others[i].magic, others[i].len))
			return refuse(name, &others[i], err);
	in->gzip = in->left >= 2 && in->piece[0] == 0x1f && in->piece[1] == 0x8b;
	if (in->gzip && inflateInit2(&in->z, GZIP_WINDOW) != Z_OK)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory for zlib");
	return 0;
}

static int open_fd(struct input *in, const char *name, struct err *err)
{
	struct stat st;

	in->own_fd = !is_stdin(name);
	in->fd = in->own_fd ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO;
	if (in->fd < 0 || fstat(in->fd, &st) < 0)
		return err_set(err, STATUS_USAGE, errno, "cannot open %s: %s", input_title(name),
			       strerror(errno));
	in->waits = !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
	return 0;
}

int input_open(const struct job *job, const char *name, struct input **ret, struct err *err)
{
	struct input *in = malloc(sizeof(*in));
	int rc;

	if (!in)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	memset(in, 0, offsetof(struct input, piece));
	in->job = job;
	rc = open_fd(in, name, err);
	if (rc == 0)
		rc = look(in, name, err);
	if (rc < 0) {
		input_close(in);
		return rc;
	}
	*ret = in;
	return 0;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	if (in->gzip)
		inflateEnd(&in->z);
	if (in->own_fd && in->fd >= 0)
		close(in->fd);
	free(in);
}
