/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_mangle.h - attach manglers, find them again, remove them
 *
 * All of it happens in the current network namespace. Nothing is pinned and no
 * file is kept: an attached program is found through its hook, recognised by its
 * name and by the magic in its read-only data, and read back from there.
 */
#ifndef OVSLAB_HOST_BPF_MANGLE_H
#define OVSLAB_HOST_BPF_MANGLE_H

#include "core/err.h"
#include "core/mangle.h"

/**
 * mangle_attach() - load the mangler of @spec and put it on @dev
 * @dev:	device name in the current network namespace
 * @ret:	what is attached now, and how; may be NULL
 *
 * A mangler of ours on the same hook is replaced, whatever its kind. XDP is tried
 * in native mode first, then generic (unless it replaces one: the mode stays).
 *
 * Return: 0; -ENODEV; -EBUSY if the hook has a program that is not ours; other
 * -errno with the verifier's last lines as evidence.
 */
int mangle_attach(const char *dev, const struct mangle_spec *spec,
		  struct mangle_report *ret, struct err *err);

/**
 * mangle_query() - what of ours is on @hook of @dev, and what it counted
 *
 * Return: 0; -ENOENT if nothing is there; -EBUSY if a program that is not ours
 * is; -ENODEV.
 */
int mangle_query(const char *dev, enum mangle_hook hook,
		 struct mangle_report *ret, struct err *err);

/**
 * mangle_detach() - remove the mangler on @hook of @dev
 *
 * The clsact qdisc goes as well, if it came with the mangler and is empty.
 *
 * Return: as mangle_query()
 */
int mangle_detach(const char *dev, enum mangle_hook hook, struct err *err);

#endif
