// SPDX-License-Identifier: GPL-2.0
/*
 * image_prune.c - guest images that are of no use any more, removed
 *
 * Who boots an image holds a shared flock on its folder; a remover needs it
 * exclusively, without waiting. What goes is first renamed to what images/build
 * calls its scratch folders, so it is never half an image, and the next build or
 * prune removes what a kill left of it. Those may go while nobody has the build's
 * lock.
 */
#include "host/image_prune.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"
#include "host/cachedir.h"
#include "host/labdir.h"

#define SCRATCH "images/.build."
#define BUILD_LOCK "images/.lock"

static int lock_dir(const char *path, int how)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return flock(fd, how | LOCK_NB) < 0 ? -errno : take_fd(&fd);
}

int image_prune_hold(const struct image *image)
{
	_cleanup_close_ int fd = lock_dir(image->dir, LOCK_SH);

	if (fd < 0)
		return fd == -EWOULDBLOCK ? -ENOENT : fd;
	return dir_is(fd, image->dir) ? take_fd(&fd) : -ENOENT;
}

static uint64_t counted;

static int count_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	counted += type == FTW_F ? (uint64_t)st->st_size : 0;
	return 0;
}

static uint64_t bytes_below(const char *path)
{
	counted = 0;
	nftw(path, count_one, 16, FTW_PHYS | FTW_MOUNT);
	return counted;
}

static int remove_image(const char *path, bool dry_run)
{
	_cleanup_close_ int lock = lock_dir(path, LOCK_EX);
	char old[PATH_MAX];

	if (lock < 0 || dry_run)
		return lock < 0 ? lock : 0;
	if (snprintf(old, sizeof(old), "%s/" SCRATCH, cachedir()) >= (int)sizeof(old))
		return -ENAMETOOLONG;
	return tree_retire(path, old);
}

static int add(const struct image *image, bool dry_run, struct image_gone *ret, struct err *err)
{
	uint64_t bytes = bytes_below(image->dir);
	int rc = remove_image(image->dir, dry_run);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0 && rc != -EWOULDBLOCK)
		return err_set(err, STATUS_HOST, rc, "%s: %s", image->dir, strerror(-rc));
	*ret = (struct image_gone){ .why = image->current ? "--all" : "old recipe",
				    .bytes = bytes, .busy = rc == -EWOULDBLOCK };
	memcpy(ret->key, image->key, sizeof(ret->key));
	return 1;
}

/* What killed builds and prunes left; nothing while a build is under way. */
static int add_leftovers(bool dry_run, struct image_gone *ret, struct err *err)
{
	struct image_gone gone = { .why = "left behind by a killed build" };
	_cleanup_close_ int lock = -1;
	char path[PATH_MAX];
	glob_t found;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/" BUILD_LOCK, cachedir());
	lock = open(path, O_RDWR | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/" SCRATCH "*", cachedir());
	if (glob(path, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && rc == 0; i++) {
		gone.bytes += bytes_below(found.gl_pathv[i]);
		rc = dry_run ? 0 : tree_remove(found.gl_pathv[i]);
	}
	globfree(&found);
	*ret = gone;
	return rc < 0 ? err_set(err, STATUS_HOST, rc, "%s: %s", path, strerror(-rc)) : 1;
}

int image_prune(bool all, bool dry_run, struct image_gone **ret, size_t *ret_n, struct err *err)
{
	struct image *images = NULL;
	struct image_gone *gone;
	size_t n_images = 0, n = 0;
	int rc = image_list(&images, &n_images, err);

	*ret = NULL;
	*ret_n = 0;
	if (rc < 0)
		return rc;
	gone = calloc(n_images + 1, sizeof(*gone));
	if (!gone)
		rc = err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	for (size_t i = 0; rc >= 0 && i < n_images; i++) {
		if (images[i].current && !all)
			continue;
		rc = add(&images[i], dry_run, &gone[n], err);
		n += rc > 0;
	}
	if (rc >= 0)
		rc = add_leftovers(dry_run, &gone[n], err);
	n += rc > 0;
	image_list_free(images, n_images);
	*ret = gone;
	*ret_n = n;
	return rc < 0 ? rc : 0;
}
