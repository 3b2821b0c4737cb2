// SPDX-License-Identifier: GPL-2.0
/*
 * cachedir.c - what may be deleted and made again
 */
#include "host/cachedir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *cachedir(void)
{
	const char *dir = getenv("OVSLAB_CACHEDIR");

	return dir && *dir ? dir : "/var/cache/ovslab";
}

int cachedir_make(const char *sub, char *buf, size_t size, struct err *err)
{
	if (snprintf(buf, size, "%s/%s", cachedir(), sub) >= (int)size)
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%s is too long a path", cachedir());
	if ((mkdir(cachedir(), 0755) < 0 && errno != EEXIST) ||
	    (mkdir(buf, 0755) < 0 && errno != EEXIST))
		return err_set(err, STATUS_HOST, errno, "%s: %s", buf, strerror(errno));
	return 0;
}
