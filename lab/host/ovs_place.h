/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ovs_place.h - what differs between an Open vSwitch on the host and one in a VM
 *
 * For ovs.c alone, which does everything else by these calls.
 */
#ifndef OVSLAB_HOST_OVS_PLACE_H
#define OVSLAB_HOST_OVS_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

#define OVS_DATABASE "ovsdb-server"
#define OVS_SWITCH "ovs-vswitchd"
#define OVS_TOOL_LIMIT_MS 20000
#define OVS_CONFIG_MAX 24		/* rows of other_config that are set at once */

struct ovs_place {
	/* Run a program beside the switch, with the variables that OVS's tools look at. */
	int (*run)(const struct job *job, const struct lab *lab, const char *const argv[],
		   char **ret_out, struct err *err);

	/* The guest helper's path there; @buf may be used. */
	int (*helper)(char *buf, size_t size, struct err *err);

	/* Folder of database, sockets and logs there. */
	const char *(*dir)(const struct lab *lab, char *buf, size_t size);

	/* Put the lab's own file "ovs/NAME" at @dir()/NAME, for a tool to read. */
	int (*put)(const struct job *job, const struct lab *lab, const char *name, struct err *err);

	/* Database and vswitchd; @config: rows KEY=VALUE of other_config, NULL ends. */
	int (*start)(const struct job *job, const struct lab *lab, const char *const config[],
		     struct err *err);
	int (*restart)(const struct job *job, const struct lab *lab, struct err *err);

	/* Is that daemon there? Cheap: looks, and asks it nothing. */
	bool (*running)(const struct lab *lab, const char *daemon);

	/* Package of Open vSwitch with the distribution's patch level. */
	int (*package)(const struct job *job, const struct lab *lab, char *buf, size_t size);

	/* The last bytes of a daemon's log, clean, to be freed; NULL if there is nothing. */
	char *(*log)(const struct lab *lab, const char *daemon, size_t max);
};

extern const struct ovs_place ovs_on_host, ovs_in_vm;

#endif
