// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - where results are kept
 */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/nearest.h"
#include "core/util.h"
#include "host/labdir.h"
#include "report/run_json.h"
#include "report/trial_json.h"

#define NAME_ROOM 96			/* of a file's name without its .json */
#define NAMES_MAX 1000			/* of one second */

static int make_dir(const char *path, struct err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static const char *state_dir(void)
{
	const char *state = getenv("OVSLAB_STATEDIR");

	return state && *state ? state : "/var/lib/ovslab";
}

/* Where runs are, whether it is there or not */
static int runs_path(char *buf, size_t size, struct err *err)
{
	if (snprintf(buf, size, "%s/runs", state_dir()) >= (int)size)
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%s is too long a path", state_dir());
	return 0;
}

static int runs_dir(char *buf, size_t size, struct err *err)
{
	return make_dir(state_dir(), err) ?: runs_path(buf, size, err) ?: make_dir(buf, err);
}

int store_check(const char *dir, struct err *err)
{
	char runs[PATH_MAX / 2];
	int rc = dir ? make_dir(dir, err) : runs_dir(runs, sizeof(runs), err);
	struct stat st;

	if (!dir)
		dir = runs;
	if (rc == 0 && (stat(dir, &st) < 0 || access(dir, W_OK) < 0))
		rc = err_set(err, STATUS_USAGE, errno, "%s: %s", dir, strerror(errno));
	if (rc == 0 && !S_ISDIR(st.st_mode))
		rc = err_set(err, STATUS_USAGE, ENOTDIR, "%s is no folder", dir);
	if (rc < 0 && err)
		err->status = STATUS_USAGE;
	return rc;
}

/* lab-20261122T174227Z: sorts by time, and has no colon for scp to trip over */
static size_t time_name(const char *stem, const char *at, char *buf, size_t size)
{
	size_t n = snprintf(buf, size, "%s-", stem);

	for (; at && *at && n + 1 < size; at++)
		if (*at != ':' && *at != '-')
			buf[n++] = *at;
	buf[n < size ? n : size - 1] = '\0';
	return n;
}

/*
 * A name that nobody has, made a file at once: two commands may ask in the same second.
 * What was made in the same second is told apart by a number.
 */
static int reserve(const char *dir, const char *stem, const char *at, char *ret_path, size_t size,
		   struct err *err)
{
	char name[NAME_ROOM];
	size_t n = time_name(stem, at, name, sizeof(name));
	int fd = -1;

	for (int i = 2; fd < 0 && i <= NAMES_MAX && n < sizeof(name); i++) {
		if (snprintf(ret_path, size, "%s/%s.json", dir, name) >= (int)size)
			return err_set(err, STATUS_USAGE, ENAMETOOLONG, "the path of the run is too long");
		fd = open(ret_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0 && errno != EEXIST)
			return err_set(err, STATUS_BENCH, errno, "%s: %s", ret_path, strerror(errno));
		snprintf(name + n, sizeof(name) - n, "-%d", i);
	}
	if (fd < 0)
		return err_set(err, STATUS_BENCH, EEXIST, "%s: there are too many of this second", ret_path);
	close(fd);
	return 0;
}

/* @doc is taken over; NULL: there was no memory for it. @lock: as for file_write_locked() */
static int write_document(const char *path, json_t *doc, int *lock, struct err *err)
{
	_cleanup_free_ char *text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;

	json_decref(doc);
	return text ? file_write_locked(path, text, strlen(text), lock, err) :
		      err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
}

int store_run(const struct run *run, const char *dir, const char *name, char *ret_path,
	      size_t size, struct err *err)
{
	char runs[PATH_MAX / 2];
	int rc = dir ? make_dir(dir, err) : runs_dir(runs, sizeof(runs), err);

	dir = dir ? dir : runs;
	if (rc == 0 && name && snprintf(ret_path, size, "%s/%s.json", dir, name) >= (int)size)
		rc = err_set(err, STATUS_USAGE, ENAMETOOLONG, "the path of the run is too long");
	else if (rc == 0 && !name)
		rc = reserve(dir, run->env.lab ? run->env.lab : "run", run->env.started_at, ret_path, size,
			     err);
	if (rc < 0)
		return rc;
	rc = write_document(ret_path, run_to_json(run), NULL, err);
	if (rc < 0 && !name)
		unlink(ret_path);
	return rc;
}

/* ---- trials ------------------------------------------------------------------------------- */

int store_name(const char *stem, const char *started_at, char *ret_path, size_t size,
	       struct err *err)
{
	char runs[PATH_MAX / 2];
	int rc = runs_dir(runs, sizeof(runs), err);

	return rc < 0 ? rc : reserve(runs, stem, started_at, ret_path, size, err);
}

int store_trial(const char *path, const struct trial *t, const struct trial_outcome *o, int *lock,
		struct err *err)
{
	return write_document(path, trial_to_json(t, o), lock, err);
}

/* Or has another one been put in its place since it was opened? */
static bool has_name(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int store_lock(const char *path, int *ret_lock, struct err *err)
{
	_cleanup_close_ int mine = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (mine < 0)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", path, strerror(errno));
	if ((flock(mine, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) || !has_name(mine, path))
		return err_set(err, STATUS_USAGE, EBUSY, "%s: another command is at work on it", path);
	*ret_lock = take_fd(&mine);
	return 0;
}

/* Whoever was killed between reserve() and the first run left one that is empty. */
static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static bool is_file_in(const char *dir, const char *name)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) && is_file(path);
}

/* The error of a name that is nowhere: with the nearest that is */
static int unknown(const char *runs, const char *name, struct err *err)
{
	struct nearest near = { .word = name };
	char best[NAME_MAX + 1] = "", plain[NAME_MAX + 1];
	DIR *dir = opendir(runs);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char *end;

		snprintf(plain, sizeof(plain), "%s", d->d_name);
		end = strrchr(plain, '.');
		if (!end || strcmp(end, ".json") != 0 || !is_file_in(runs, d->d_name))
			continue;
		*end = '\0';
		nearest_offer(&near, plain);
		if (near.best == plain)
			near.best = strcpy(best, plain);
	}
	if (dir)
		closedir(dir);
	err_set(err, STATUS_USAGE, ENOENT, "there is no run '%.80s'%s%s%s", name,
		*best ? " (did you mean '" : "", best, *best ? "'?)" : "");
	err_hint(err, "give the path of a file, or the name of one in %s", runs);
	return -ENOENT;
}

int store_find(const char *name, char *ret_path, size_t size, struct err *err)
{
	char runs[PATH_MAX / 2];
	int rc = runs_path(runs, sizeof(runs), err);

	if (rc < 0)
		return rc;
	if (strlen(name) >= size)
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "'%.40s...' is too long a name", name);
	strcpy(ret_path, name);
	if (strchr(name, '/') || is_file(name))
		return 0;
	for (int i = 0; i < 2; i++) {
		snprintf(ret_path, size, "%s/%s%s", runs, name, i ? "" : ".json");
		if (is_file(ret_path))
			return 0;
	}
	return unknown(runs, name, err);
}

/* Without waiting for the other end of a pipe that somebody named */
static int open_file(const char *path, FILE **ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(err, STATUS_USAGE, errno, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		err_set(err, STATUS_USAGE, EINVAL, "%s: not a regular file", path);
	} else {
		*ret = fdopen(fd, "r");
		if (*ret)
			return 0;
		err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return -EINVAL;
}

int store_load(const char *name, struct trial *ret, char *ret_path, size_t size, struct err *err)
{
	FILE *f = NULL;
	int rc = store_find(name, ret_path, size, err);

	rc = rc ?: open_file(ret_path, &f, err);
	if (rc < 0)
		return rc;
	rc = trial_read(f, ret, err);
	fclose(f);
	if (rc == 0)
		return 0;
	if (err->status == STATUS_USAGE && !*err->hint)
		err_hint(err, "a run is a file that 'measure', 'run', 'validate' or 'demo' has kept");
	return err_wrap(err, rc, "%s", ret_path);
}
