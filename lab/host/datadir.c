// SPDX-License-Identifier: GPL-2.0
/*
 * datadir.c - where ovslab's own data files are
 */
#include "host/datadir.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"

#ifndef OVSLAB_DATADIR
#define OVSLAB_DATADIR "/usr/local/share/ovslab"
#endif
#ifndef OVSLAB_LIBEXECDIR
#define OVSLAB_LIBEXECDIR "/usr/local/libexec/ovslab"
#endif

/* A place to look in: BASE/INFIX/what is sought. */
struct place {
	const char *base, *infix;
};

/* Folder of the running executable; "" if it cannot be told. */
static void exe_dir(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	char *slash;

	buf[n > 0 ? n : 0] = '\0';
	slash = strrchr(buf, '/');
	if (slash)
		*slash = '\0';
}

/* The first place that has it, as a path without links and dots. */
static bool search(const struct place *places, size_t n, const char *sub,
		   char *buf, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = NULL, *real = NULL;

		if (asprintf(&path, "%s%s/%s", places[i].base, places[i].infix, sub) < 0)
			return false;
		real = realpath(path, NULL);
		if (real && snprintf(buf, size, "%s", real) < (int)size)
			return true;
	}
	return false;
}

/* The executable is in the build folder of a source tree? */
static bool in_source_tree(const char *exe)
{
	const struct place place = { exe, "/../lab/host" };
	char path[PATH_MAX];

	return search(&place, 1, "datadir.c", path, sizeof(path));
}

int datadir_find(const char *sub, char *buf, size_t size, struct err *err)
{
	const char *env = getenv("OVSLAB_DATADIR");
	char exe[PATH_MAX];
	struct place places[] = {
		{ exe, "/../share/ovslab" }, { OVSLAB_DATADIR, "" },
		{ exe, "/.." }, { exe, "/../lab" },
	};
	const struct place asked[] = { { env, "" }, { env, "/lab" } };

	exe_dir(exe, sizeof(exe));
	if (env && *env ? search(asked, 2, sub, buf, size) :
	    in_source_tree(exe) ? search(places + 2, 2, sub, buf, size) :
	    search(places, 2, sub, buf, size))
		return 0;
	err_set(err, STATUS_HOST, ENODATA, "ovslab's data file '%s' is not in %s", sub,
		env && *env ? env : OVSLAB_DATADIR);
	err_hint(err, "run 'make install', or set OVSLAB_DATADIR to the source tree");
	return -ENODATA;
}

int datadir_helper(const char *name, char *buf, size_t size, struct err *err)
{
	const char *env = getenv("OVSLAB_LIBEXECDIR");
	char exe[PATH_MAX];
	struct place places[] = {
		{ env ? env : exe, "" }, { exe, "/../libexec/ovslab" }, { OVSLAB_LIBEXECDIR, "" },
	};

	exe_dir(exe, sizeof(exe));
	if (search(places, env ? 1 : ARRAY_SIZE(places), name, buf, size))
		return 0;
	err_set(err, STATUS_HOST, ENODATA, "ovslab's helper program '%s' is not in %s", name,
		env ? env : OVSLAB_LIBEXECDIR);
	err_hint(err, "run 'make' or 'make install'");
	return -ENODATA;
}
