/* SPDX-License-Identifier: GPL-2.0 */
/*
 * domain.h - a node as libvirt's domain XML
 */
#ifndef OVSLAB_HOST_DOMAIN_H
#define OVSLAB_HOST_DOMAIN_H

#include "core/err.h"
#include "core/lab.h"

/* What a node boots. */
struct domain_boot {
	const char *kernel, *initrd;	/* absolute paths */
	const char *cmdline;
};

/* Files of a node below the lab's directory; printf formats of the node's name. */
#define DOMAIN_CONSOLE_SOCKET "%s.console"
#define DOMAIN_CONSOLE_LOG "%s.console.log"
#define DOMAIN_AGENT_SOCKET "%s.agent"

/** domain_path() - path of one of the files above, in a caller's buffer */
char *domain_path(const struct lab *lab, const char *node, const char *format,
		  char *buf, size_t size);

/**
 * domain_xml() - https://libvirt.org/formatdomain.html
 * @ret:	to be freed
 *
 * Return: 0, or -errno: out of memory, or there is no libxml2
 */
int domain_xml(const struct lab *lab, const struct lab_node *node,
	       const struct domain_boot *boot, char **ret, struct err *err);

#endif
