// SPDX-License-Identifier: GPL-2.0
/*
 * labdir.c - the labs on disk
 */
#include "host/labdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"

#define STATE_FILE "state.json"
#define LOCK_TRIES 100			/* of 10 ms: readers look at the lock too */

const char *labdir_rundir(void)
{
	const char *dir = getenv("OVSLAB_RUNDIR");

	return dir && *dir ? dir : "/run/ovslab";
}

char *labdir_path(const struct lab *lab, const char *sub, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", lab->dir, sub);
	return buf;
}

char *labdir_netns(const struct lab *lab, char *buf, size_t size)
{
	snprintf(buf, size, "ovslab-%s", lab->name);
	return buf;
}

static int dir_of(const char *name, char *buf, size_t size)
{
	return snprintf(buf, size, "%s/%s", labdir_rundir(), name) < (int)size ?
		0 : -ENAMETOOLONG;
}

/* ---- locks --------------------------------------------------------------- */

bool dir_is(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int dir_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Readers look at the lock, for a moment, with a lock of their own. */
static int lock_new(int fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK || wait_ms(NULL, 10) < 0)
			break;
	}
	return -EBUSY;
}

/* Taking the last lab down removes RUNDIR: possibly just now. */
static int make_dirs(const char *path)
{
	int rc = -ENOENT;

	for (int i = 0; i < 3 && rc == -ENOENT; i++) {
		if (mkdir(labdir_rundir(), 0755) < 0 && errno != EEXIST)
			return -errno;
		rc = mkdir(path, 0755) < 0 ? -errno : 0;
	}
	return rc;
}

int labdir_create(const char *name, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX / 8];
	int rc;

	if (dir_of(name, path, sizeof(path)) < 0)
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%s is too long a path",
			       labdir_rundir());
	rc = make_dirs(path);
	if (rc < 0)
		return err_set(err, rc == -EEXIST ? STATUS_USAGE : STATUS_HOST, rc, "%s: %s", path,
			       strerror(-rc));
	fd = dir_open(path);
	if (fd < 0 || lock_new(fd) < 0 || !dir_is(fd, path))
		return err_set(err, STATUS_USAGE, EEXIST, "%s: taken by another command", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int labdir_lock(const struct job *job, const char *name, int *ret_fd, struct err *err)
{
	char path[PATH_MAX / 8];
	int rc = dir_of(name, path, sizeof(path));
	bool said = false;

	while (rc == 0) {
		_cleanup_close_ int fd = dir_open(path);

		if (fd == -ENOENT)
			return err_set(err, STATUS_USAGE, fd, "there is no lab '%s'", name);
		if (fd < 0)
			return err_set(err, STATUS_HOST, fd, "%s: %s", path, strerror(-fd));
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (!dir_is(fd, path))
				continue;
			*ret_fd = take_fd(&fd);
			return 0;
		}
		if (!said)
			job_progress(job, "lab", "waiting for another command on lab '%s'", name);
		said = true;
		rc = wait_ms(job, 50);
	}
	return wait_failed(err, rc, "another command that works on lab '%s'", name);
}

bool labdir_locked(const char *name)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX / 8];

	if (dir_of(name, path, sizeof(path)) < 0)
		return false;
	fd = dir_open(path);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* ---- files --------------------------------------------------------------- */

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		data += n;
		len -= n;
	}
	return 0;
}

int file_write_locked(const char *path, const char *data, size_t len, int *lock, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char tmp[PATH_MAX];
	int rc;

	/* of our own: two writers of one file must not share it */
	if (snprintf(tmp, sizeof(tmp), "%s.%d.new", path, (int)getpid()) >= (int)sizeof(tmp))
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%s is too long a path", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", tmp, strerror(errno));
	rc = write_all(fd, data, len);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && lock && flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = -errno;
	if (rc == 0 && rename(tmp, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(tmp);
		err_set(err, STATUS_BENCH, rc, "%s: %s", path, strerror(-rc));
		if (rc == -ENOSPC)
			err_hint(err, "make room on that file system and try again");
	} else if (lock) {
		cleanup_closep(lock);
		*lock = take_fd(&fd);
	}
	return rc;
}

int file_write(const char *path, const char *data, size_t len, struct err *err)
{
	return file_write_locked(path, data, len, NULL, err);
}

int file_put(const char *path, const char *data, size_t len, struct err *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int rc;

	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return file_write(path, data, len, err);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	rc = fd < 0 ? -errno : write_all(fd, data, len);
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "%s: %s", path, strerror(-rc)) : 0;
}

int file_append(int fd, const char *from, struct err *err)
{
	_cleanup_close_ int src = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (src < 0 || fstat(src, &st) < 0)
		return err_set(err, STATUS_HOST, errno, "%s: %s", from, strerror(errno));
	for (off_t at = 0; at < st.st_size;) {
		ssize_t n = sendfile(fd, src, &at, st.st_size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, STATUS_BENCH, n < 0 ? errno : EIO, "copying %s: %s",
				       from, strerror(n < 0 ? errno : EIO));
	}
	return 0;
}

int file_copy(const char *from, const char *to, struct err *err)
{
	_cleanup_close_ int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", to, strerror(errno));
	return file_append(fd, from, err);
}

char *file_tail(const char *path, size_t max)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char *buf = malloc(max + 1);
	size_t n, i = 0;

	if (!f || !buf || fseek(f, 0, SEEK_END) < 0 ||
	    fseek(f, ftell(f) > (long)max ? -(long)max : -ftell(f), SEEK_END) < 0) {
		free(buf);
		return NULL;
	}
	n = fread(buf, 1, max, f);
	if (n == max)		/* cut off in front: start with a whole line */
		while (i < n && buf[i++] != '\n')
			;
	memmove(buf, buf + i, n - i);
	buf[n - i] = '\0';
	if (utf8_clean(buf, n - i) == 0) {
		free(buf);
		return NULL;
	}
	return buf;
}

/* ---- state --------------------------------------------------------------- */

int labdir_save(const struct lab *lab, struct err *err)
{
	char path[PATH_MAX];
	json_t *doc = lab_to_json(lab);
	char *text = json_dumps(doc, JSON_INDENT(2));
	int rc;

	json_decref(doc);
	if (!text)
		return err_set(err, STATUS_USAGE, EILSEQ, "a path of the lab is not UTF-8 text");
	rc = file_write(labdir_path(lab, STATE_FILE, path, sizeof(path)), text,
			strlen(text), err);
	free(text);
	return rc;
}

static int no_such_lab(const char *name, struct err *err)
{
	char known[256] = "";
	char **names;

	err_set(err, STATUS_USAGE, ENOENT, "there is no lab '%s'", name);
	if (labdir_list(&names, NULL) == 0) {
		for (char **n = names; *n && strlen(known) + strlen(*n) + 3 < sizeof(known); n++) {
			strcat(known, *known ? ", " : "");
			strcat(known, *n);
		}
		labdir_list_free(names);
	}
	if (*known)
		err_hint(err, "labs that exist: %s; choose one with -n, or 'ovslab -n %s up' makes it",
			 known, name);
	else
		err_hint(err, "'ovslab -n %s up' makes it", name);
	return -ENOENT;
}

int labdir_load(const char *name, struct lab *ret, struct err *err)
{
	char dir[PATH_MAX / 8], path[PATH_MAX];
	json_error_t jerr;
	json_t *doc;
	int rc;

	if (!lab_name_valid(name))
		return err_set(err, STATUS_USAGE, EINVAL,
			       "'%s' is no lab name: letters, digits, '-' and '_', at most %d",
			       name, LAB_NAME_MAX);
	rc = dir_of(name, dir, sizeof(dir));
	if (rc < 0)
		return err_set(err, STATUS_USAGE, rc, "%s is too long a path", labdir_rundir());
	snprintf(path, sizeof(path), "%s/" STATE_FILE, dir);
	if (access(path, F_OK) < 0)
		return no_such_lab(name, err);
	doc = json_load_file(path, JSON_REJECT_DUPLICATES, &jerr);
	if (!doc)
		return err_set(err, STATUS_BENCH, EBADMSG, "%s: line %d: %s", path, jerr.line,
			       jerr.text);
	rc = lab_from_json(ret, doc, err);
	json_decref(doc);
	return rc < 0 ? err_wrap(err, rc, "%s", path) : 0;
}

int labdir_load_ready(const char *name, struct lab *ret, struct err *err)
{
	int rc = labdir_load(name, ret, err);

	if (rc < 0 || ret->status == LAB_READY)
		return rc;
	rc = err_set(err, STATUS_BENCH, EAGAIN, "lab '%s' is not ready: it is %s", name,
		     lab_status_names[ret->status]);
	if (ret->status == LAB_STARTING && labdir_locked(name))
		err_hint(err, "'ovslab up' is at work on it: wait for it");
	else
		err_hint(err, "clean it up: ovslab -n %s down", name);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int labdir_list(char ***ret, struct err *err)
{
	char **names = calloc(1, sizeof(*names));
	struct dirent *entry;
	size_t n = 0;
	DIR *dir = opendir(labdir_rundir());

	while (dir && names && (entry = readdir(dir))) {
		char **more;

		if (!lab_name_valid(entry->d_name))
			continue;
		more = reallocarray(names, n + 2, sizeof(*names));
		if (!more)
			break;
		names = more;
		names[n++] = strdup(entry->d_name);
		names[n] = NULL;
	}
	if (dir)
		closedir(dir);
	if (!names)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	return 0;
}

void labdir_list_free(char **names)
{
	for (char **n = names; n && *n; n++)
		free(*n);
	free(names);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_by(int (*one)(const char *, const struct stat *, int, struct FTW *), const char *path)
{
	int rc = nftw(path, one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	if (rc == 0 || access(path, F_OK) < 0)
		return 0;
	return rc == -1 ? -errno : rc;
}

int tree_remove(const char *path)
{
	return remove_by(remove_one, path);
}

int tree_retire(const char *path, const char *prefix)
{
	char scratch[PATH_MAX];

	/* a name that is not made first: there may be no room for a folder */
	if (snprintf(scratch, sizeof(scratch), "%s%d.%llx", prefix, (int)getpid(),
		     (unsigned long long)now_ns()) >= (int)sizeof(scratch))
		return -ENAMETOOLONG;
	return rename(path, scratch) < 0 ? -errno : tree_remove(scratch);
}

static int remove_inside(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (ftw->level == 0 || (ftw->level == 1 && strcmp(path + ftw->base, STATE_FILE) == 0))
		return 0;
	return remove_one(path, st, type, ftw);
}

/* What is mounted in it was passed over. */
static bool has_more(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	bool more = false;

	while (dir && !more && (entry = readdir(dir)))
		more = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		       strcmp(entry->d_name, STATE_FILE);
	if (dir)
		closedir(dir);
	return more;
}

/* What says whose it was goes last: whoever is killed here leaves a lab that is known. */
int labdir_remove(const char *name, struct err *err)
{
	char path[PATH_MAX / 8];
	int rc;

	if (!lab_name_valid(name) || dir_of(name, path, sizeof(path)) < 0)
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' is no lab name", name);
	rc = remove_by(remove_inside, path);
	if (rc == 0)
		rc = has_more(path) ? -EBUSY : tree_remove(path);
	if (rc < 0)
		return err_set(err, STATUS_BENCH, rc, "%s cannot be removed: %s", path, strerror(-rc));
	rmdir(labdir_rundir());		/* when it was the last lab */
	return 0;
}
