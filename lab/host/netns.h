/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netns.h - the network namespace of a lab: made, entered, published, removed
 *
 * The only file that enters namespaces. A namespace is kept alive by a bind
 * mount on a file in the lab's own directory, which is what makes it the
 * lab's; a symbolic link under /run/netns lets 'ip netns exec' find it.
 */
#ifndef OVSLAB_HOST_NETNS_H
#define OVSLAB_HOST_NETNS_H

#include "core/err.h"

#define NETNS_PUBLIC_DIR "/run/netns"

/**
 * netns_create() - make a namespace, keep it at @path, and move into it
 * @path:	file to mount it on; created
 * @public:	name under /run/netns
 *
 * The process is inside the new namespace afterwards, loopback up.
 *
 * Return: 0 or -errno; -EEXIST if a namespace named @public exists already.
 */
int netns_create(const char *path, const char *public, struct err *err);

/**
 * netns_scratch() - move the calling process into a namespace that nobody keeps
 *
 * For probes: it goes away with the process.
 */
int netns_scratch(struct err *err);

/** netns_enter() - move the calling process into the namespace kept at @path */
int netns_enter(const char *path, struct err *err);

/**
 * netns_remove() - undo netns_create(), whatever part of it was done
 *
 * The public name is removed only if it leads to @path.
 */
int netns_remove(const char *path, const char *public, struct err *err);

#endif
