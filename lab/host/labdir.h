/* SPDX-License-Identifier: GPL-2.0 */
/*
 * labdir.h - the labs on disk: their directories, locks and state files
 *
 * A lab is the directory RUNDIR/NAME; RUNDIR is /run/ovslab, or OVSLAB_RUNDIR.
 * Writers hold an flock on the directory itself; the kernel lets go of it when
 * they die. Readers take no lock: state.json is replaced by rename.
 */
#ifndef OVSLAB_HOST_LABDIR_H
#define OVSLAB_HOST_LABDIR_H

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

/** labdir_rundir() - where the labs are */
const char *labdir_rundir(void);

/**
 * labdir_create() - make the directory of a new lab and lock it
 * @ret_fd:	the lock: closing it (or dying) lets go of it
 *
 * Return: 0, or -EEXIST if a lab of that name is there already.
 */
int labdir_create(const char *name, int *ret_fd, struct err *err);

/**
 * labdir_lock() - lock an existing lab, waiting for another command to finish
 *
 * Return: 0, -ENOENT if there is no such lab, -ETIMEDOUT, -EINTR.
 */
int labdir_lock(const struct job *job, const char *name, int *ret_fd, struct err *err);

/** labdir_locked() - is a command working on the lab right now? */
bool labdir_locked(const char *name);

/** labdir_save() - write the state file: complete and synced, or not at all */
int labdir_save(const struct lab *lab, struct err *err);

/**
 * labdir_load() - read a lab's state
 *
 * Return: 0, -ENOENT (STATUS_USAGE, names the labs that exist), -EBADMSG
 */
int labdir_load(const char *name, struct lab *ret, struct err *err);

/** labdir_load_ready() - the same, and the lab must be up */
int labdir_load_ready(const char *name, struct lab *ret, struct err *err);

/** labdir_list() - names of all labs, sorted; NULL-terminated, free with labdir_list_free() */
int labdir_list(char ***ret, struct err *err);
void labdir_list_free(char **names);

/** labdir_remove() - remove the lab's directory and all in it; crosses no mount */
int labdir_remove(const char *name, struct err *err);

/** dir_open() - a folder, not by a link; the descriptor or -errno */
int dir_open(const char *path);

/** dir_is() - is it still that folder? It may have been removed while a lock on it was awaited */
bool dir_is(int fd, const char *path);

/** tree_remove() - remove a folder and all in it; crosses no mount; 0 if there is none */
int tree_remove(const char *path);

/**
 * tree_retire() - the same, at once: a kill on the way leaves nothing that looks whole
 * @prefix:	of a path on the same file system; what has such a name may be left behind
 */
int tree_retire(const char *path, const char *prefix);

/** labdir_path() - a path below the lab's directory, in a caller's buffer */
char *labdir_path(const struct lab *lab, const char *sub, char *buf, size_t size);

/** labdir_netns() - the name under /run/netns by which 'ip netns' knows the lab */
char *labdir_netns(const struct lab *lab, char *buf, size_t size);

/** file_write() - replace a file by write, fsync, rename */
int file_write(const char *path, const char *data, size_t len, struct err *err);

/**
 * file_write_locked() - the same for a file that its writer has a lock on (flock(2))
 * @lock:	-1 or the lock so far, which is let go of; the new file's, taken before it has the name
 *
 * So there is no moment at which another process finds the name without a lock. NULL: none is taken.
 */
int file_write_locked(const char *path, const char *data, size_t len, int *lock, struct err *err);

/**
 * file_put() - as file_write() where the user says
 *
 * Only a regular file is replaced. What else has that name, such as a device, a pipe or a
 * link, stays what it is, and is written to.
 */
int file_put(const char *path, const char *data, size_t len, struct err *err);

/** file_copy() - a copy of a file's bytes; @to is replaced, mode 0644 */
int file_copy(const char *from, const char *to, struct err *err);

/**
 * file_append() - the bytes of a file, after what an open one has
 * @fd:		to append to, at its present position
 */
int file_append(int fd, const char *from, struct err *err);

/**
 * file_tail() - the last lines of a log, made fit for a terminal
 * @max:	bytes at most
 *
 * Control characters are dropped: guests write some of these files.
 *
 * Return: to be freed; NULL if there is nothing.
 */
char *file_tail(const char *path, size_t max);

#endif
