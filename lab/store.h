/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store.h - where results are kept: each run is one JSON file
 */
#ifndef OVSLAB_STORE_H
#define OVSLAB_STORE_H

#include "core/err.h"
#include "core/run.h"

/** store_check() - can runs be kept in @dir (as for store_run())? STATUS_USAGE if not */
int store_check(const char *dir, struct err *err);

/**
 * store_run() - keep a run as DIR/NAME.json
 * @dir:	NULL for STATEDIR/runs (/var/lib/ovslab, or OVSLAB_STATEDIR); made if it is not there
 * @name:	NULL makes one of the lab and the time of the run
 * @ret_path:	where it is
 *
 * Return: 0 or -errno; the file is complete or not there.
 */
int store_run(const struct run *run, const char *dir, const char *name, char *ret_path,
	      size_t size, struct err *err);

#endif
