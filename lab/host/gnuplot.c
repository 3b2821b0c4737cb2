// SPDX-License-Identifier: GPL-2.0
/*
 * gnuplot.c - scripts of ours made pictures by gnuplot
 */
#include "host/gnuplot.h"

#include <errno.h>
#include <string.h>

#include "core/util.h"
#include "host/proc.h"

#define LIMIT_MS 20000

int gnuplot_run(const struct job *job, const char *script, char **ret_out, struct err *err)
{
	static const char *const argv[] = { "gnuplot", "-d", "-", NULL };
	static const char *const env[] = { "LC_ALL=C", NULL };
	_cleanup_close_ int fd = proc_text(script, strlen(script), err);
	struct proc_opts opts = { .env = env, .in = fd, .limit_ms = LIMIT_MS, .die_with_us = true };
	int rc;

	if (fd < 0)
		return fd;
	rc = proc_output(job, &opts, argv, ret_out, err);
	if (rc == -ENOENT) {
		err_reset(err);
		err_set(err, STATUS_HOST, rc, "gnuplot is not installed");
		err_hint(err, "apt-get install gnuplot-nox, or dnf install gnuplot-minimal");
	}
	return rc;
}
