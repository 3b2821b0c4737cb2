/* SPDX-License-Identifier: GPL-2.0 */
/*
 * versions.h - which versions of the tools take part
 */
#ifndef OVSLAB_HOST_VERSIONS_H
#define OVSLAB_HOST_VERSIONS_H

#include <stddef.h>

#include "host/wait.h"

/** versions_package() - version with the distribution's patch level (dpkg, else rpm) */
int versions_package(const struct job *job, const char *package, char *buf, size_t size);

/** versions_qemu() - "7.2.22" with what the distribution adds */
int versions_qemu(const struct job *job, char *buf, size_t size);

/** versions_suite() - this host's Debian suite, "bookworm"; -ENOENT if it says none */
int versions_suite(char *buf, size_t size);

#endif
