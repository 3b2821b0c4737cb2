/* SPDX-License-Identifier: GPL-2.0 */
/*
 * datadir.h - where ovslab's own data files are: recipe, guest, scenarios
 *
 * The same command runs from the build tree, from where 'make install' put it,
 * and from a prefix that was moved.
 */
#ifndef OVSLAB_HOST_DATADIR_H
#define OVSLAB_HOST_DATADIR_H

#include <stddef.h>

#include "core/err.h"

/**
 * datadir_find() - path of a data file or folder
 * @sub:	below the data directory: "images", "guest/init", "scenarios/x.yaml"
 *
 * Looked for in OVSLAB_DATADIR (alone, if it is set), in ../share/ovslab next to
 * the executable, in the source tree if the executable is in its build folder,
 * and in the directory that it was configured for.
 *
 * Return: 0; -ENODATA (STATUS_HOST) if it is in none of them; -ENAMETOOLONG.
 */
int datadir_find(const char *sub, char *buf, size_t size, struct err *err);

/**
 * datadir_helper() - path of a program of ours that is not for PATH
 * @name:	"ovslab-guest"
 *
 * Looked for in OVSLAB_LIBEXECDIR (alone, if it is set), beside the executable
 * (build folder), in ../libexec/ovslab and in the configured directory.
 */
int datadir_helper(const char *name, char *buf, size_t size, struct err *err);

#endif
