/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ovs.h - the lab's Open vSwitch, through its own tools
 *
 * The same calls whether it runs on the host, in the lab's namespace, or in the
 * switch VM: ovs_place.h has what differs. The caller is inside the lab's network
 * namespace for ovs_start(), ovs_restart() and ovs_ask(); the other calls work from
 * anywhere.
 */
#ifndef OVSLAB_HOST_OVS_H
#define OVSLAB_HOST_OVS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/scenario.h"
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

/** ovs_env() - OVS_RUNDIR, OVS_LOGDIR, OVS_DBDIR, OVS_SYSCONFDIR and the owner mark; on the host */
void ovs_env(const struct lab *lab, struct ovs_env *ret);

/**
 * ovs_start() - database, daemons, bridge br0 with the lab's datapath, upcall handlers
 *
 * @ret:	what runs then, as ovs_ask() tells it
 *
 * In the switch VM the bridge gets its ports too; on the host libvirt plugs them
 * in as the nodes start. Idle megaflows go at once until ovs_age_end(). On failure
 * the last lines of the daemons' logs are the evidence.
 */
int ovs_start(const struct job *job, const struct lab *lab, struct lab_ovs *ret, struct err *err);

/**
 * ovs_start_once() - the same in a VM, and then left alone
 * @late:	only when the VM has been up for so long that all versions have handlers
 * @early:	of other_config, set before it starts; may be NULL
 *
 * Nobody looks for upcall handlers, and megaflows age as ever.
 *
 * Return: 0 or -errno; -ETIME if the VM had been up for too long before all was done, so
 * that it was not early.
 */
int ovs_start_once(const struct job *job, const struct lab *lab, bool late,
		   const struct scenario_settings *early, struct lab_ovs *ret, struct err *err);

/**
 * ovs_uptimes() - in a VM: since when vswitchd runs, and what time it is
 *
 * Both are seconds since that VM's boot, without the time that it was paused. No program
 * runs in the VM for it.
 */
int ovs_uptimes(const struct job *job, const struct lab *lab, double *ret_started_s,
		double *ret_now_s, struct err *err);

/** ovs_configure() - set other_config of table Open_vSwitch, beside what is there */
int ovs_configure(const struct job *job, const struct lab *lab,
		  const struct scenario_settings *settings, struct err *err);

/** ovs_restart() - end vswitchd and start it again; the database, so bridge and ports, stay */
int ovs_restart(const struct job *job, const struct lab *lab, struct lab_ovs *ret, struct err *err);

/** ovs_tool() - run a program beside the switch, such as OVS's tools; @ret_out may be NULL */
int ovs_tool(const struct job *job, const struct lab *lab, char **ret_out,
	     struct err *err, const char *const argv[]);

/**
 * ovs_helper() - the guest helper, run beside the switch
 * @words:	its command and options; --rundir is added. At most 10
 * @ret:	its answer, a new reference. Untrusted: it may be a guest's
 */
int ovs_helper(const struct job *job, const struct lab *lab, const char *const words[],
	       json_t **ret, struct err *err);

/**
 * ovs_exec_on_host() - run a program beside a switch on the host, with our stdout and stderr
 * @in:		descriptor for its stdin, or 0 for none
 * @ret_status:	exit status, or 128 + signal
 *
 * The caller is inside the lab's network namespace. A switch in a VM is a node:
 * agent_stream().
 */
int ovs_exec_on_host(const struct job *job, const struct lab *lab, const char *const argv[], int in,
		     int *ret_status, struct err *err);

/** ovs_alive() - do both daemons answer? The one that does not is the error */
int ovs_alive(const struct job *job, const struct lab *lab, struct err *err);

/**
 * ovs_running() - are both daemons there? Looks at their pid files, asks nobody
 * @ret_gone:	name of the one that is not; may be NULL
 */
bool ovs_running(const struct lab *lab, const char **ret_gone);

/**
 * ovs_ask() - what runs: versions, kernel, dispatch mode, threads
 *
 * All of it is asked from the running switch and the kernel below it. A member
 * that nobody tells is "" or 0.
 */
int ovs_ask(const struct job *job, const struct lab *lab, struct lab_ovs *ret, struct err *err);

/**
 * ovs_log_path() - where a daemon's log is, beside the switch
 * @what:	"switch" or "ovsdb"
 * @buf:	PATH_MAX bytes for the path
 *
 * Return: 0 and the log's path where the switch runs, or -ENOENT for another word.
 */
int ovs_log_path(const struct lab *lab, const char *what, char *buf, size_t size);

/**
 * ovs_age_end() - do megaflows age? Waits until those that packets made are gone
 *
 * Since ovs_start() idle ones were to go at once; max-idle is back at its default
 * after this.
 */
int ovs_age_end(const struct job *job, const struct lab *lab, struct err *err);

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

/** ovs_flush_conntrack() - forget all connections, in all zones */
int ovs_flush_conntrack(const struct job *job, const struct lab *lab, struct err *err);

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
