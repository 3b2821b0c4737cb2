// SPDX-License-Identifier: GPL-2.0
/*
 * gnuplot.c - scripts of ours made pictures by gnuplot
 */
#include "host/gnuplot.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/util.h"
#include "host/proc.h"

#define LIMIT_MS 20000

static int script_fd(const char *script, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("gnuplot", MFD_CLOEXEC);
	size_t left = strlen(script);

	while (fd >= 0 && left) {
		ssize_t n = write(fd, script, left);

		if (n < 0)
			break;
		script += n;
		left -= (size_t)n;
	}
	if (fd < 0 || left || lseek(fd, 0, SEEK_SET) < 0)
		return err_set(err, STATUS_BENCH, errno, "cannot keep gnuplot's script: %s", strerror(errno));
	return take_fd(&fd);
}

int gnuplot_run(const struct job *job, const char *script, char **ret_out, struct err *err)
{
	static const char *const argv[] = { "gnuplot", "-d", "-", NULL };
	static const char *const env[] = { "LC_ALL=C", NULL };
	_cleanup_close_ int fd = script_fd(script, err);
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
