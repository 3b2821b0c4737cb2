// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_file.c - scenario files: the user's, and the shipped ones by their names
 */
#include "host/scenario_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/nearest.h"
#include "core/util.h"
#include "host/datadir.h"

#define FOLDER "scenarios"
#define SUFFIX ".yml"

/* ---- shipped ones ----------------------------------------------------------------------- */

static int is_scenario(const struct dirent *d)
{
	size_t len = strlen(d->d_name), suffix = strlen(SUFFIX);

	return len > suffix && len - suffix <= SCENARIO_NAME_MAX && d->d_name[0] != '.' &&
	       strcmp(d->d_name + len - suffix, SUFFIX) == 0;
}

/* Their file names; to be released with free_names(). */
static int shipped_names(struct dirent ***ret, size_t *ret_n, struct err *err)
{
	char folder[PATH_MAX];
	int rc = datadir_find(FOLDER, folder, sizeof(folder), err), n;

	if (rc < 0)
		return rc;
	n = scandir(folder, ret, is_scenario, alphasort);
	if (n < 0)
		return err_set(err, STATUS_HOST, errno, "%s: %s", folder, strerror(errno));
	*ret_n = n;
	return 0;
}

static void free_names(struct dirent **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int unknown(const char *name, struct err *err)
{
	struct nearest near = { .word = name };
	struct dirent **names = NULL;
	size_t n = 0;
	int rc = shipped_names(&names, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		names[i]->d_name[strlen(names[i]->d_name) - strlen(SUFFIX)] = '\0';
		nearest_offer(&near, names[i]->d_name);
	}
	err_set(err, STATUS_USAGE, ENOENT, "there is no shipped scenario '%.60s'%s%s%s", name,
		near.best ? " (did you mean '@" : "", near.best ? near.best : "", near.best ? "'?)" : "");
	free_names(names, n);
	return -ENOENT;
}

static int shipped_path(const char *name, char *buf, size_t size, struct err *err)
{
	char sub[NAME_MAX];

	if (!*name || strlen(name) > SCENARIO_NAME_MAX || strchr(name, '/') || *name == '.')
		return unknown(name, err);
	snprintf(sub, sizeof(sub), FOLDER "/%s" SUFFIX, name);
	return datadir_find(sub, buf, size, NULL) == 0 ? 0 : unknown(name, err);
}

/* ---- one file ---------------------------------------------------------------------------- */

/* Regular files only: a FIFO or a terminal would be waited for. */
static int read_whole(int fd, struct scenario_text *text)
{
	ssize_t n;

	text->data = malloc(SCENARIO_BYTES_MAX + 1);
	if (!text->data)
		return -ENOMEM;
	while ((n = read(fd, text->data + text->size, SCENARIO_BYTES_MAX + 1 - text->size)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		text->size += n > 0 ? n : 0;
	}
	return text->size > SCENARIO_BYTES_MAX ? -EFBIG : 0;
}

static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = { 0 };

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

static const char *why(int rc)
{
	if (rc == -EFBIG)
		return "longer than 1 MiB, which no scenario is";
	return rc == -EINVAL ? "not a regular file" : strerror(-rc);
}

int scenario_load(const char *name, struct scenario_text *ret, struct err *err)
{
	struct scenario_text text = { .path = NULL };
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int rc = 0;

	if (*name == '@')
		rc = shipped_path(name + 1, path, sizeof(path), err);
	if (rc < 0)
		return rc;
	text.path = strdup(*name == '@' ? path : name);
	fd = text.path ? open_regular(text.path) : -ENOMEM;
	rc = fd < 0 ? fd : read_whole(fd, &text);
	if (rc == 0) {
		*ret = text;
		return 0;
	}
	err_set(err, STATUS_USAGE, rc, "%s: %s", name, why(rc));
	if (rc == -ENOENT)
		err_hint(err, "a shipped scenario begins with '@': @psh-split");
	scenario_text_free(&text);
	return rc;
}

void scenario_text_free(struct scenario_text *text)
{
	free(text->path);
	free(text->data);
	*text = (struct scenario_text){ .path = NULL };
}

int scenario_open(const char *name, struct scenario **ret, struct err *err)
{
	struct mistakes m = { .n = 0 };
	struct scenario_text text;
	int rc = scenario_load(name, &text, err);

	if (rc < 0)
		return rc;
	rc = scenario_read(text.data, text.size, ret, &m);
	if (rc == -ENOMEM)
		err_set(err, STATUS_BENCH, rc, "%s", strerror(ENOMEM));
	else if (rc < 0)
		err_set(err, STATUS_USAGE, rc, "%s:%u:%u: %s", text.path, m.v[0].line, m.v[0].column, m.v[0].text);
	if (rc < 0 && m.n > 1)
		err_hint(err, "'ovslab lint %.200s' tells all of %zu mistakes", name, m.n + m.more);
	scenario_text_free(&text);
	return rc;
}

/* ---- all ---------------------------------------------------------------------------------- */

int scenario_list(struct scenario_entry **ret, size_t *ret_n, struct err *err)
{
	struct scenario_entry *list;
	struct dirent **names;
	size_t n;
	int rc = shipped_names(&names, &n, err);

	if (rc < 0)
		return rc;
	list = calloc(n + 1, sizeof(*list));
	for (size_t i = 0; list && i < n; i++) {
		char at[SCENARIO_NAME_MAX + 2];

		snprintf(list[i].name, sizeof(list[i].name), "%.*s",
			 (int)(strlen(names[i]->d_name) - strlen(SUFFIX)), names[i]->d_name);
		snprintf(at, sizeof(at), "@%s", list[i].name);
		scenario_open(at, &list[i].scenario, NULL);
	}
	free_names(names, n);
	if (!list)
		return err_set(err, STATUS_BENCH, ENOMEM, "%s", strerror(ENOMEM));
	*ret = list;
	*ret_n = n;
	return 0;
}

void scenario_list_free(struct scenario_entry *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		scenario_free(list[i].scenario);
	free(list);
}
