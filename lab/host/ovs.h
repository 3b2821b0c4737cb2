/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ovs.h - the lab's private Open vSwitch, through its own tools
 *
 * ovsdb-server and ovs-vswitchd run in the lab's namespace with their
 * database, sockets and logs below the lab's directory, as ovs-sandbox does
 * it. The caller is inside the lab's network namespace for ovs_start(); the
 * other calls work from anywhere, for they go over unix sockets.
 */
#ifndef OVSLAB_HOST_OVS_H
#define OVSLAB_HOST_OVS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

#define OVS_BRIDGE "br0"
#define OVS_ENV_MAX 5

enum ovs_module { OVS_MODULE_NONE, OVS_MODULE_LOADABLE, OVS_MODULE_LOADED };

/** ovs_module() - has this host's kernel an openvswitch module? Nothing is loaded */
enum ovs_module ovs_module(void);

/* The variables that point OVS's tools, and libvirt, to this lab's switch. */
struct ovs_env {
	char text[OVS_ENV_MAX][PATH_MAX / 4];
	const char *rows[OVS_ENV_MAX + 1];	/* NAME=VALUE, NULL ends */
};

/** ovs_env() - OVS_RUNDIR, OVS_LOGDIR, OVS_DBDIR, OVS_SYSCONFDIR and the owner mark */
void ovs_env(const struct lab *lab, struct ovs_env *ret);

/**
 * ovs_start() - database, daemons, bridge br0 with the lab's datapath
 *
 * On failure the last lines of the daemons' logs are the evidence.
 */
int ovs_start(const struct job *job, const struct lab *lab, struct err *err);

/** ovs_tool() - run an OVS tool against this switch; @ret_out may be NULL */
int ovs_tool(const struct job *job, const struct lab *lab, char **ret_out,
	     struct err *err, const char *const argv[]);

/** ovs_alive() - do both daemons answer? The one that does not is the error */
int ovs_alive(const struct job *job, const struct lab *lab, struct err *err);

/**
 * ovs_running() - are both daemons there? Looks at their pid files, asks nobody
 * @ret_gone:	name of the one that is not; may be NULL
 */
bool ovs_running(const struct lab *lab, const char **ret_gone);

/** ovs_version() - "3.1.0", asked from the running daemon; @size of @buf */
int ovs_version(const struct job *job, const struct lab *lab, char *buf, size_t size,
		struct err *err);

/** ovs_set_port() - give a plugged tap its OpenFlow port number */
int ovs_set_port(const struct job *job, const struct lab *lab, const char *tap,
		 unsigned int ofport, struct err *err);

/**
 * ovs_set_flows() - replace the bridge's OpenFlow tables
 * @flows:	one flow a line, ovs-ofctl(8) syntax
 *
 * The megaflows are purged after it: narrower ones of the old flows would
 * live on otherwise.
 */
int ovs_set_flows(const struct job *job, const struct lab *lab, const char *flows,
		  struct err *err);

/** ovs_flows() - the bridge's flows, without counters; to be freed */
int ovs_flows(const struct job *job, const struct lab *lab, char **ret, struct err *err);

/** ovs_purge() - drop all megaflows, so that a run starts with misses */
int ovs_purge(const struct job *job, const struct lab *lab, struct err *err);

/**
 * ovs_counters() - what the switch counted since it started
 * @ret:	object of integers: "hit", "missed", "lost", and
 *		"coverage": an object of event counts
 *
 * Source: dpctl/show (lookups) and coverage/show of ovs-appctl(8).
 */
int ovs_counters(const struct job *job, const struct lab *lab, json_t **ret,
		 struct err *err);

/** ovs_log_evidence() - add the last log lines of both daemons to an error */
void ovs_log_evidence(const struct lab *lab, struct err *err);

#endif
