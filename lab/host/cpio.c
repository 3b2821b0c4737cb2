// SPDX-License-Identifier: GPL-2.0
/*
 * cpio.c - a writer of cpio archives as the kernel unpacks them at boot
 */
#include "host/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"

#define HEADER_BYTES 110		/* magic and 13 fields of 8 hex digits */
#define BLOCK_BYTES 512
#define TRAILER "TRAILER!!!"

void cpio_begin(struct cpio *c, FILE *f)
{
	*c = (struct cpio){ .f = f };
}

static int put(struct cpio *c, const void *data, size_t len)
{
	if (c->rc == 0 && fwrite(data, 1, len, c->f) != len)
		c->rc = errno ? -errno : -EIO;
	c->at += len;
	return c->rc;
}

static int pad(struct cpio *c, unsigned int align)
{
	static const char zeros[BLOCK_BYTES];

	return put(c, zeros, (align - c->at % align) % align);
}

/* Header and name; the data and its padding to 4 bytes are to follow. */
static int entry(struct cpio *c, const char *path, unsigned int mode,
		 unsigned int nlink, size_t size)
{
	size_t name_len = strlen(path) + 1;
	char header[HEADER_BYTES + 1];

	if (c->rc == 0 && size > UINT32_MAX)
		c->rc = -EFBIG;
	if (c->rc == 0 && name_len > CPIO_PATH_MAX)
		c->rc = -ENAMETOOLONG;
	/* ino mode uid gid nlink mtime filesize dev(2) rdev(2) namesize check */
	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 mode ? ++c->ino : 0, mode, 0, 0, nlink, 0, (unsigned int)size,
		 0, 0, 0, 0, (unsigned int)name_len, 0);
	put(c, header, HEADER_BYTES);
	put(c, path, name_len);
	return pad(c, 4);
}

int cpio_dir(struct cpio *c, const char *path, unsigned int perm)
{
	return entry(c, path, S_IFDIR | perm, 2, 0);
}

static int blob(struct cpio *c, const char *path, unsigned int mode,
		const void *data, size_t len)
{
	entry(c, path, mode, 1, len);
	put(c, data, len);
	return pad(c, 4);
}

int cpio_link(struct cpio *c, const char *path, const char *target)
{
	return blob(c, path, S_IFLNK | 0777, target, strlen(target));
}

int cpio_bytes(struct cpio *c, const char *path, unsigned int perm,
	       const void *data, size_t len)
{
	return blob(c, path, S_IFREG | perm, data, len);
}

/* Copy exactly @left bytes: the header has promised them. */
static int copy(struct cpio *c, int fd, uint64_t left)
{
	char buf[65536];

	while (c->rc == 0 && left > 0) {
		ssize_t n = read(fd, buf, left < sizeof(buf) ? left : sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			c->rc = n < 0 ? -errno : -EIO;
			break;
		}
		put(c, buf, n);
		left -= n;
	}
	return c->rc;
}

int cpio_file(struct cpio *c, const char *path, unsigned int perm,
	      const char *src, struct err *err)
{
	_cleanup_close_ int fd = open(src, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (c->rc == 0 && (fd < 0 || fstat(fd, &st) < 0))
		c->rc = -errno;
	else if (c->rc == 0 && !S_ISREG(st.st_mode))
		c->rc = -EINVAL;
	if (c->rc == 0) {
		entry(c, path, S_IFREG | perm, 1, st.st_size);
		copy(c, fd, st.st_size);
		pad(c, 4);
	}
	if (c->rc < 0)
		err_set(err, STATUS_BENCH, c->rc, "copying %s: %s", src, strerror(-c->rc));
	return c->rc;
}

int cpio_end(struct cpio *c)
{
	entry(c, TRAILER, 0, 1, 0);
	pad(c, BLOCK_BYTES);
	if (c->rc == 0 && fflush(c->f) != 0)
		c->rc = -errno;
	return c->rc;
}
