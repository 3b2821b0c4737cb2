/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gnuplot.h - scripts of ours made pictures by gnuplot
 */
#ifndef OVSLAB_HOST_GNUPLOT_H
#define OVSLAB_HOST_GNUPLOT_H

#include "core/err.h"
#include "host/wait.h"

/**
 * gnuplot_run() - run a script; for scripts of ours alone: they are programs
 * @script:	with its data in it; no file of the user's is read before it
 * @ret_out:	what it wrote to standard output, to be freed
 *
 * Return: 0; -ENOENT (STATUS_HOST) if there is no gnuplot; -ECHILD with its words; -ETIMEDOUT,
 * -EINTR.
 */
int gnuplot_run(const struct job *job, const char *script, char **ret_out, struct err *err);

#endif
