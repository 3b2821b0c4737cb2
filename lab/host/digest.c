// SPDX-License-Identifier: GPL-2.0
/*
 * digest.c - fingerprints of files and of fields
 *
 * Files are read in pieces that stay in the CPU's cache, which is faster than
 * mapping them: no page fault for each few pages.
 */
#include "host/digest.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/util.h"

#define PIECE (256 * 1024)

static void to_hex(const XXH3_state_t *state, char *ret)
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
	for (size_t i = 0; i < sizeof(canonical.digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", canonical.digest[i]);
}

/* Exactly @size bytes, to the end of the file. */
static int add_contents(XXH3_state_t *state, int fd, uint64_t size)
{
	_cleanup_free_ char *piece = malloc(PIECE);
	ssize_t n;

	if (!piece)
		return -ENOMEM;
	while ((n = read(fd, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((uint64_t)n > size)
			return -ESTALE;
		XXH3_128bits_update(state, piece, n);
		size -= n;
	}
	return size ? -ESTALE : 0;
}

int digest_fd(int fd, size_t size, char *ret)
{
	XXH3_state_t *state = XXH3_createState();
	int rc = state ? 0 : -ENOMEM;

	if (rc == 0) {
		XXH3_128bits_reset(state);
		rc = add_contents(state, fd, size);
	}
	if (rc == 0)
		to_hex(state, ret);
	XXH3_freeState(state);
	return rc;
}

/* ---- fields ------------------------------------------------------------------ */

void digest_begin(struct digest *d)
{
	*d = (struct digest){ .state = XXH3_createState() };
	if (d->state)
		XXH3_128bits_reset(d->state);
	else
		d->rc = err_set(&d->err, STATUS_BENCH, ENOMEM, "out of memory");
}

/* kind, length of the label, the label, length of what follows */
static void add_head(struct digest *d, char kind, const char *label, uint64_t len)
{
	uint64_t label_len = htole64(strlen(label)), le = htole64(len);

	XXH3_128bits_update(d->state, &kind, sizeof(kind));
	XXH3_128bits_update(d->state, &label_len, sizeof(label_len));
	XXH3_128bits_update(d->state, label, strlen(label));
	XXH3_128bits_update(d->state, &le, sizeof(le));
}

void digest_bytes(struct digest *d, const char *label, const void *data, size_t len)
{
	if (d->rc < 0)
		return;
	add_head(d, 'b', label, len);
	XXH3_128bits_update(d->state, data, len);
}

void digest_text(struct digest *d, const char *label, const char *text)
{
	digest_bytes(d, label, text, strlen(text));
}

void digest_file(struct digest *d, const char *label, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (d->rc < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		d->rc = -errno;
	} else {
		add_head(d, 'f', label, st.st_size);
		d->rc = add_contents(d->state, fd, st.st_size);
	}
	if (d->rc < 0)
		err_set(&d->err, STATUS_HOST, d->rc, "%s: %s", path, d->rc == -ESTALE ?
			"changed while it was read" : strerror(-d->rc));
}

int digest_end(struct digest *d, char *ret, struct err *err)
{
	int rc = d->rc;

	if (rc == 0)
		to_hex(d->state, ret);
	else
		err_move(err, &d->err);
	XXH3_freeState(d->state);
	err_reset(&d->err);
	*d = (struct digest){ 0 };
	return rc;
}
