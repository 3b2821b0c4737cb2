// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - where results are kept
 */
#include "store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"
#include "host/labdir.h"
#include "report/run_json.h"

static int make_dir(const char *path, struct err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int runs_dir(char *buf, size_t size, struct err *err)
{
	const char *state = getenv("OVSLAB_STATEDIR");
	int rc;

	if (!state || !*state)
		state = "/var/lib/ovslab";
	rc = make_dir(state, err);
	if (rc == 0 && snprintf(buf, size, "%s/runs", state) >= (int)size)
		rc = err_set(err, STATUS_USAGE, ENAMETOOLONG, "%s is too long a path", state);
	return rc == 0 ? make_dir(buf, err) : rc;
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
static size_t time_name(const struct run *run, char *buf, size_t size)
{
	const char *at = run->env.started_at ? run->env.started_at : "";
	size_t n = snprintf(buf, size, "%s-", run->env.lab ? run->env.lab : "run");

	for (; *at && n + 1 < size; at++)
		if (*at != ':' && *at != '-')
			buf[n++] = *at;
	buf[n < size ? n : size - 1] = '\0';
	return n;
}

/* Runs of the same second are told apart by a number. */
static void make_name(const struct run *run, const char *dir, char *buf, size_t size)
{
	size_t n = time_name(run, buf, size);
	char path[PATH_MAX];

	for (int i = 2; i < 1000 && n < size; i++) {
		snprintf(path, sizeof(path), "%s/%s.json", dir, buf);
		if (access(path, F_OK) < 0)
			return;
		snprintf(buf + n, size - n, "-%d", i);
	}
}

int store_run(const struct run *run, const char *dir, const char *name, char *ret_path,
	      size_t size, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char runs[PATH_MAX / 2], made[64];
	json_t *doc;
	int rc = dir ? make_dir(dir, err) : runs_dir(runs, sizeof(runs), err);

	if (rc < 0)
		return rc;
	if (!name) {
		make_name(run, dir ? dir : runs, made, sizeof(made));
		name = made;
	}
	doc = run_to_json(run);
	text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;
	json_decref(doc);
	if (!text)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	if (snprintf(ret_path, size, "%s/%s.json", dir ? dir : runs, name) >= (int)size)
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "the path of the run is too long");
	return file_write(ret_path, text, strlen(text), err);
}
