// SPDX-License-Identifier: GPL-2.0
/*
 * warm.c - the store of saved labs
 *
 * Theory of operation: a folder whose name is a key is complete, because it got
 * that name by a rename when all was synced. A maker works in '.new.XXXXXX', and
 * what is removed is first renamed to '.old.' and more. Whoever makes or restores
 * holds an flock on the folder itself, exclusive or shared; a remover needs it
 * exclusively, without waiting. So a dotted folder with a free lock is what a
 * killed command left behind.
 *
 * Makers and removers take turns by a lock on the store, for moments: a new
 * folder is not seen before it is locked. Finders do not take it; after they got
 * their lock they look whether the folder still has its name.
 */
#include "host/warm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "core/number.h"
#include "core/util.h"
#include "host/cachedir.h"
#include "host/labdir.h"
#include "host/wait.h"

#define STORE_LOCK ".lock"
#define NEW_PREFIX ".new."
#define OLD_PREFIX ".old."
#define LOCK_TRIES 500			/* of 20 ms: removing large files takes a while */

static int store_max(uint64_t *ret, struct err *err)
{
	const char *text = getenv(WARM_MAX_ENV);
	int rc;

	if (!text || !*text) {
		*ret = WARM_MAX_DEFAULT;
		return 0;
	}
	rc = number_size(text, ret);
	if (rc == 0)
		return 0;
	rc = err_set(err, STATUS_USAGE, rc, WARM_MAX_ENV ": '%.100s' is not a size", text);
	err_hint(err, "give bytes, or something such as 512M or 4G; 0 keeps no saved lab");
	return rc;
}

static int path_of(const char *name, char *buf, size_t size)
{
	return snprintf(buf, size, "%s/warm/%s", cachedir(), name) < (int)size ? 0 : -ENAMETOOLONG;
}

/* ---- locks --------------------------------------------------------------------- */

static int flock_within(int fd, int how, int tries)
{
	for (int i = 0; flock(fd, how | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK || i == tries)
			return -errno;
		wait_ms(NULL, 20);
	}
	return 0;
}

/* The store itself, made if it is not there; closing the descriptor lets go. */
static int lock_store(int *ret, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int rc = cachedir_make("warm", path, sizeof(path), err);

	if (rc == 0)
		rc = path_of(STORE_LOCK, path, sizeof(path));
	if (rc < 0)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	rc = fd < 0 ? -errno : flock_within(fd, LOCK_EX, LOCK_TRIES);
	if (rc < 0)
		return err_set(err, STATUS_HOST, rc, "%s: %s", path, rc == -EWOULDBLOCK ?
			       "held by another command" : strerror(-rc));
	*ret = take_fd(&fd);
	return 0;
}

/* ---- removing: with the store's lock held ------------------------------------------ */

/* Is it in use? If not, *ret keeps it from getting so. */
static int lock_idle(const char *path, int *ret)
{
	_cleanup_close_ int fd = dir_open(path);

	if (fd < 0)		/* a file, a link: nobody uses it */
		return fd == -ENOTDIR || fd == -ELOOP ? 0 : fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -EBUSY;
	*ret = take_fd(&fd);
	return 0;
}

/* -EBUSY: it is being made or restored */
static int remove_entry(const char *name)
{
	_cleanup_close_ int lock = -1;
	char path[PATH_MAX], old[PATH_MAX];
	int rc = path_of(name, path, sizeof(path));

	if (rc == 0)
		rc = path_of(OLD_PREFIX, old, sizeof(old));
	if (rc == 0)
		rc = lock_idle(path, &lock);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (lock < 0)
		return unlink(path) < 0 ? -errno : 0;
	return tree_retire(path, old);
}

static bool is_leftover(const char *name)
{
	return strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0 ||
	       strncmp(name, OLD_PREFIX, strlen(OLD_PREFIX)) == 0;
}

static int is_entry(const struct dirent *entry)
{
	return is_leftover(entry->d_name) || saved_key_valid(entry->d_name);
}

/* Names of saved labs and leftovers, each to be freed, and the array. */
static int scan(struct dirent ***ret, struct err *err)
{
	char path[PATH_MAX];
	int n = path_of("", path, sizeof(path));

	*ret = NULL;
	if (n == 0 && (n = scandir(path, ret, is_entry, alphasort)) < 0)
		n = errno == ENOENT ? 0 : -errno;
	return n < 0 ? err_set(err, STATUS_HOST, n, "%s/warm: %s", cachedir(), strerror(-n)) : n;
}

static void free_entries(struct dirent **entries, int n)
{
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
}

static void remove_leftovers(void)
{
	struct dirent **entries;
	int n = scan(&entries, NULL);

	for (int i = 0; i < n; i++)
		if (is_leftover(entries[i]->d_name))
			remove_entry(entries[i]->d_name);
	free_entries(entries, n);
}

/* ---- listing -------------------------------------------------------------------------- */

static uint64_t bytes_in(int dir)
{
	_cleanup_close_ int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	if (!stream)
		return 0;
	take_fd(&fd);
	while ((entry = readdir(stream)))
		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			bytes += st.st_size;
	closedir(stream);
	return bytes;
}

/* Sizes are compared, contents are not read. */
static int check_sizes(int dir, const struct saved *s, struct err *err)
{
	struct stat st;

	for (unsigned int i = 0; i < s->n_files; i++)
		if (fstatat(dir, s->files[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode) || (uint64_t)st.st_size != s->files[i].bytes)
			return err_set(err, STATUS_BENCH, EBADMSG, "%s is missing or has another size",
				       s->files[i].name);
	return 0;
}

static int look_at(const char *name, struct warm_item *ret)
{
	_cleanup_close_ int dir = -1;
	struct err err = { 0 };
	struct stat st;
	char path[PATH_MAX];
	int rc = path_of(name, path, sizeof(path));

	*ret = (struct warm_item){ .used_ns = 0 };
	if (rc == 0)
		dir = dir_open(path);
	if (dir == -ENOENT)
		return -ENOENT;
	rc = dir < 0 ? err_set(&err, STATUS_BENCH, EBADMSG, "it is no folder") :
	     is_leftover(name) ? err_set(&err, STATUS_BENCH, EBADMSG, "left behind by a killed command") :
	     saved_read(dir, name, &ret->saved, &err);
	if (rc == 0)
		rc = check_sizes(dir, &ret->saved, &err);
	if (rc < 0) {
		snprintf(ret->broken, sizeof(ret->broken), "%.120s", err.msg);
		snprintf(ret->saved.key, sizeof(ret->saved.key), "%.32s", is_leftover(name) ? "" : name);
		ret->saved.bytes = dir < 0 ? 0 : bytes_in(dir);
	}
	if (dir >= 0 && (fstatat(dir, SAVED_MANIFEST, &st, 0) == 0 || fstat(dir, &st) == 0))
		ret->used_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	err_reset(&err);
	return 0;
}

static int by_use(const void *a, const void *b)
{
	const struct warm_item *x = a, *y = b;

	return (x->used_ns < y->used_ns) - (x->used_ns > y->used_ns);
}

int warm_list(struct warm_item **ret, size_t *ret_n, struct err *err)
{
	struct dirent **entries;
	struct warm_item *items;
	size_t n = 0;
	int found = scan(&entries, err);

	if (found < 0)
		return found;
	items = calloc(found ? found : 1, sizeof(*items));
	for (int i = 0; items && i < found; i++)
		if (!is_leftover(entries[i]->d_name) && look_at(entries[i]->d_name, &items[n]) == 0)
			n++;
	free_entries(entries, found);
	if (!items)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	qsort(items, n, sizeof(*items), by_use);
	*ret = items;
	*ret_n = n;
	return 0;
}

/* With the store's lock held. What is in use counts, and stays. */
static void keep_bound(uint64_t max)
{
	struct warm_item *items;
	uint64_t total = 0;
	size_t n;

	if (warm_list(&items, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		total += items[i].saved.bytes;
	while (total > max && n-- > 0)
		if (remove_entry(items[n].saved.key) == 0)
			total -= items[n].saved.bytes;
	free(items);
}

/* ---- finding -------------------------------------------------------------------------- */

/* A remover has it for a moment; then it is gone, or has another name. */
static int hold(const char *key, struct warm *w)
{
	int rc = path_of(key, w->dir, sizeof(w->dir));

	for (int i = 0; rc == 0 && i < LOCK_TRIES; i++) {
		_cleanup_close_ int fd = dir_open(w->dir);

		if (fd < 0)
			return fd;
		if (flock(fd, LOCK_SH | LOCK_NB) == 0 && dir_is(fd, w->dir)) {
			w->lock = take_fd(&fd);
			w->held = true;
			return 0;
		}
		wait_ms(NULL, 20);
	}
	return rc < 0 ? rc : -EBUSY;
}

static void drop(struct warm *w)
{
	if (w->held)
		close(w->lock);
	w->held = false;
}

static int remove_damaged(const char *key, struct err *err)
{
	_cleanup_close_ int store = -1;

	err_wrap(err, -EBADMSG, "saved lab %.12s is damaged", key);
	if (lock_store(&store, NULL) == 0)
		remove_entry(key);
	return -EBADMSG;
}

int warm_find(const char *key, struct warm *ret, struct err *err)
{
	struct warm w = { .lock = -1 };
	int rc = saved_key_valid(key) ? hold(key, &w) : -EINVAL;

	if (rc == -ENOENT)
		return err_set(err, STATUS_BENCH, rc, "there is no saved lab %.12s", key);
	if (rc == -ENOTDIR || rc == -ELOOP)
		rc = err_set(err, STATUS_BENCH, EBADMSG, "it is no folder");
	else if (rc < 0)
		return err_set(err, STATUS_HOST, rc, "saved lab %.12s: %s", key, strerror(-rc));
	if (rc == 0)
		rc = saved_read(w.lock, key, &w.saved, err);
	if (rc == 0)
		rc = saved_verify(w.lock, &w.saved, err);
	if (rc < 0) {
		drop(&w);
		return rc == -EBADMSG ? remove_damaged(key, err) : rc;
	}
	utimensat(w.lock, SAVED_MANIFEST, NULL, 0);
	*ret = w;
	return 0;
}

/* ---- making --------------------------------------------------------------------------- */

static int check_room(uint64_t need, struct err *err)
{
	struct statvfs fs;
	uint64_t room;
	int rc;

	if (statvfs(cachedir(), &fs) < 0)
		return err_set(err, STATUS_HOST, errno, "%s: %s", cachedir(), strerror(errno));
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= need)
		return 0;
	rc = err_set(err, STATUS_BENCH, ENOSPC,
		     "saving the lab may take %" PRIu64 " MiB, and %s has room for %" PRIu64,
		     need >> 20, cachedir(), room >> 20);
	err_hint(err, "make room: ovslab image prune");
	return rc;
}

/* With the store's lock held: nobody sees it before it is locked. */
static int make_new(struct warm *w)
{
	int rc = path_of(NEW_PREFIX "XXXXXX", w->dir, sizeof(w->dir));

	if (rc < 0)
		return rc;
	if (!mkdtemp(w->dir) || chmod(w->dir, 0755) < 0)
		return -errno;
	w->lock = dir_open(w->dir);
	if (w->lock < 0)
		return w->lock;
	w->held = true;
	w->ours = true;
	return flock(w->lock, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int warm_begin(const char *key, uint64_t need, struct warm *ret, struct err *err)
{
	struct warm w = { .lock = -1 };
	_cleanup_close_ int store = -1;
	uint64_t max;
	int rc = saved_key_valid(key) ? store_max(&max, err) :
		 err_set(err, STATUS_BENCH, EINVAL, "'%.40s' is no key of a saved lab", key);

	if (rc == 0 && max == 0)
		rc = err_set(err, STATUS_USAGE, EDQUOT, WARM_MAX_ENV " is 0: no lab is saved");
	if (rc == 0)
		rc = lock_store(&store, err);
	if (rc < 0)
		return rc;
	remove_leftovers();
	rc = check_room(need, err);
	if (rc < 0)
		return rc;
	rc = make_new(&w);
	if (rc < 0) {
		warm_release(&w);
		return err_set(err, STATUS_HOST, rc, "%s: %s", w.dir, strerror(-rc));
	}
	snprintf(w.saved.key, sizeof(w.saved.key), "%s", key);
	*ret = w;
	return 0;
}

/* With the store's lock held. 1: another maker was faster */
static int take_name(struct warm *w)
{
	struct warm_item item;
	char path[PATH_MAX];
	int rc = path_of(w->saved.key, path, sizeof(path));

	if (rc == 0 && look_at(w->saved.key, &item) == 0 && item.broken[0])
		rc = remove_entry(w->saved.key);
	if (rc < 0)
		return rc;
	if (rename(w->dir, path) < 0)
		return errno == ENOTEMPTY || errno == EEXIST ? 1 : -errno;
	memcpy(w->dir, path, sizeof(path));
	w->ours = false;
	flock(w->lock, LOCK_SH);	/* others may restore from it too */
	return 0;
}

static void sync_store(void)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	if (path_of("", path, sizeof(path)) == 0)
		fd = dir_open(path);
	if (fd >= 0)
		fsync(fd);
}

int warm_publish(struct warm *w, struct err *err)
{
	_cleanup_close_ int store = -1;
	uint64_t max;
	int rc = saved_seal(w->lock, &w->saved, err);

	if (rc == 0)
		rc = lock_store(&store, err);
	if (rc < 0)
		return rc;
	rc = take_name(w);
	if (rc < 0)
		return err_set(err, STATUS_HOST, rc, "saved lab %.12s: %s", w->saved.key, strerror(-rc));
	sync_store();
	if (store_max(&max, NULL) == 0)
		keep_bound(max);
	return 0;
}

int warm_check(struct err *err)
{
	uint64_t max;

	return store_max(&max, err);
}

void warm_discard(struct warm *w)
{
	_cleanup_close_ int store = -1;

	if (!w->held || w->ours)
		return;
	drop(w);
	if (lock_store(&store, NULL) == 0)
		remove_entry(w->saved.key);
}

void warm_release(struct warm *w)
{
	_cleanup_close_ int store = -1;
	uint64_t max;

	if (!w->held)
		return;
	if (w->ours)
		tree_remove(w->dir);
	drop(w);
	/* one that is larger than the bound by itself stayed for us alone */
	if (!w->ours && store_max(&max, NULL) == 0 && w->saved.bytes > max &&
	    lock_store(&store, NULL) == 0)
		keep_bound(max);
}

/* ---- pruning ---------------------------------------------------------------------------- */

static bool differs(const char *saved_by, const char *now)
{
	return now && *now && strcmp(saved_by, now) != 0;
}

/* Why a saved lab is to go; false if it is to stay. */
static bool is_useless(const struct warm_prune *how, const struct warm_item *item, char *why,
		       size_t size)
{
	const struct saved *s = &item->saved;
	int64_t idle_ns = time(NULL) * INT64_C(1000000000) - item->used_ns;

	if (item->broken[0])
		snprintf(why, size, "%s", item->broken);
	else if (differs(s->ovslab_version, OVSLAB_VERSION))
		snprintf(why, size, "saved by ovslab %s", s->ovslab_version);
	else if (differs(s->qemu_version, how->qemu_version))
		snprintf(why, size, "saved by QEMU %s", s->qemu_version);
	else if (differs(s->libvirt_version, how->libvirt_version))
		snprintf(why, size, "saved by libvirt %s", s->libvirt_version);
	else if (how->idle_ns && idle_ns > how->idle_ns)
		snprintf(why, size, "not used for %d days", (int)(idle_ns / 86400 / 1000000000));
	else if (how->all)
		snprintf(why, size, "--all");
	else
		return false;
	return true;
}

static int remove_or_not(const char *name, bool dry_run)
{
	_cleanup_close_ int lock = -1;
	char path[PATH_MAX];

	if (!dry_run)
		return remove_entry(name);
	return path_of(name, path, sizeof(path)) < 0 ? 0 : lock_idle(path, &lock);
}

/* > 0 if @ret was filled */
static int prune_entry(const struct warm_prune *how, const char *name, struct warm_gone *ret)
{
	struct warm_gone gone = { .busy = false };
	struct warm_item item;
	int rc = look_at(name, &item);

	if (rc < 0 || !is_useless(how, &item, gone.why, sizeof(gone.why)))
		return 0;
	rc = remove_or_not(name, how->dry_run);
	if (rc < 0 && rc != -EBUSY)
		return rc;
	gone.busy = rc == -EBUSY;
	if (gone.busy && is_leftover(name))
		return 0;		/* no leftover: its maker is at work */
	memcpy(gone.key, item.saved.key, sizeof(gone.key));
	memcpy(gone.what, item.saved.what, sizeof(gone.what));
	gone.bytes = item.saved.bytes;
	*ret = gone;
	return 1;
}

int warm_prune(const struct warm_prune *how, struct warm_gone **ret, size_t *ret_n,
	       struct err *err)
{
	_cleanup_close_ int store = -1;
	struct dirent **entries = NULL;
	struct warm_gone *gone;
	int found, rc = lock_store(&store, err);
	size_t n = 0;

	*ret = NULL;
	*ret_n = 0;
	found = rc < 0 ? rc : scan(&entries, err);
	if (found < 0)
		return found;
	gone = calloc(found ? found : 1, sizeof(*gone));
	if (!gone)
		rc = err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	for (int i = 0; rc >= 0 && i < found; i++) {
		rc = prune_entry(how, entries[i]->d_name, &gone[n]);
		if (rc < 0)
			err_set(err, STATUS_HOST, rc, "%s/warm/%s: %s", cachedir(), entries[i]->d_name,
				strerror(-rc));
		n += rc > 0;
	}
	free_entries(entries, found);
	*ret = gone;
	*ret_n = n;
	return rc < 0 ? rc : 0;
}
