/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store.h - where results are kept: each run is one JSON file, and so is each trial
 */
#ifndef OVSLAB_STORE_H
#define OVSLAB_STORE_H

#include "core/err.h"
#include "core/run.h"
#include "core/trial.h"

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

/**
 * store_name() - the path of a new trial: STATEDIR/runs/STEM-TIME.json
 * @stem:	the scenario's name
 *
 * The folder is made if it is not there, and so is the file: empty, and nobody else's. What
 * it was for not being written, it is to be removed.
 */
int store_name(const char *stem, const char *started_at, char *ret_path, size_t size,
	       struct err *err);

/**
 * store_trial() - replace the file of a trial: it is complete, or as it was before
 * @lock:	-1, or the lock on the file that is replaced; the new file's afterwards
 */
int store_trial(const char *path, const struct trial *t, const struct trial_outcome *o, int *lock,
		struct err *err);

/**
 * store_lock() - this command alone goes on writing the file of a trial
 * @ret_lock:	to be closed at the end; store_trial() hands it on from file to file
 *
 * Return: 0; -EBUSY (STATUS_USAGE) if another command has it.
 */
int store_lock(const char *path, int *ret_lock, struct err *err);

/**
 * store_find() - the file of a run or trial that the user named
 * @name:	a path, or the name of a file in STATEDIR/runs, with or without .json
 *
 * Return: 0; -ENOENT (STATUS_USAGE), with the nearest name that is there.
 */
int store_find(const char *name, char *ret_path, size_t size, struct err *err);

/** store_load() - find it and read it: trial_read() */
int store_load(const char *name, struct trial *ret, char *ret_path, size_t size, struct err *err);

#endif
