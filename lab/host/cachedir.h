/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cachedir.h - what may be deleted and made again: images, probed facts
 */
#ifndef OVSLAB_HOST_CACHEDIR_H
#define OVSLAB_HOST_CACHEDIR_H

#include <stddef.h>

#include "core/err.h"

/** cachedir() - /var/cache/ovslab, or OVSLAB_CACHEDIR */
const char *cachedir(void);

/** cachedir_make() - path of a folder below it, made if it is not there */
int cachedir_make(const char *sub, char *buf, size_t size, struct err *err);

#endif
