// SPDX-License-Identifier: GPL-2.0
/*
 * ovs_vm.c - an Open vSwitch in the switch VM, through its guest agent
 *
 * The daemons are started by guest/switch, in the guest; everything else is the
 * same tools that are used on the host, run there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "host/ovs_place.h"
#include "host/vm.h"

#define START_SCRIPT "/ovslab/switch"
#define PACKAGES "/usr/lib/ovslab/packages"
#define PACKAGE "openvswitch-switch"
#define LOOK_LIMIT_MS 3000
#define STAT_STARTTIME 19		/* fields of /proc/PID/stat between the name and starttime */
#define USER_HZ 100			/* of every kernel's /proc that we meet */
#define START_LIMIT_MS 120000		/* emulated, while the nodes boot */

static int run_within(const struct job *job, int limit_ms, const struct lab *lab,
		      const char *const argv[], char **ret_out, struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(job, limit_ms) };

	return agent_run(&limited, lab, lab_switch_node(lab), argv, ret_out, err);
}

static int sw_run(const struct job *job, const struct lab *lab, const char *const argv[],
		  char **ret_out, struct err *err)
{
	return run_within(job, OVS_TOOL_LIMIT_MS, lab, argv, ret_out, err);
}

static int sw_helper(char *buf, size_t size, struct err *err)
{
	snprintf(buf, size, "ovslab-guest");
	return 0;
}

static const char *sw_dir(const struct lab *lab, char *buf, size_t size)
{
	return AGENT_OVS_DIR;
}

static int sw_put(const struct job *job, const struct lab *lab, const char *name, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%s/ovs/%s", lab->dir, name);
	snprintf(to, sizeof(to), AGENT_OVS_DIR "/%s", name);
	return agent_put(job, lab, lab_switch_node(lab), from, to, false, err);
}

static int sw_start(const struct job *job, const struct lab *lab, const char *const config[],
		    struct err *err)
{
	const char *argv[LAB_WIRES_MAX + OVS_CONFIG_MAX + 5] = { START_SCRIPT, "start",
						lab_datapath_names[lab->bench.datapath] };
	char ports[LAB_WIRES_MAX][40];
	int n = 3;

	for (int i = 0; i < OVS_CONFIG_MAX && config[i]; i++)
		argv[n++] = config[i];
	argv[n++] = "--";
	for (unsigned int i = 0; i < lab->n_wires; i++) {
		snprintf(ports[i], sizeof(ports[i]), "%s=%s", lab->wires[i].port, lab->wires[i].mac);
		argv[n++] = ports[i];
	}
	return run_within(job, START_LIMIT_MS, lab, argv, NULL, err);
}

static int sw_restart(const struct job *job, const struct lab *lab, struct err *err)
{
	return run_within(job, START_LIMIT_MS, lab,
			  (const char *const[]){ START_SCRIPT, "restart", NULL }, NULL, err);
}

/* A number in a small file of the switch's VM, behind @skip words. */
static int read_number(const struct job *job, const struct lab *lab, const char *path, int skip,
		       double *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int rc = agent_get(job, lab, lab_switch_node(lab), path, 1024, &text, err);
	const char *p = text, *name_end = rc == 0 ? strrchr(text, ')') : NULL;

	if (rc < 0)
		return rc;
	if (name_end)			/* proc(5): the name of a process may have spaces */
		p = name_end + 1;
	for (; skip > 0; skip--) {
		p += strspn(p, " ");
		p += strcspn(p, " ");
	}
	*ret = strtod(p, NULL);
	return 0;
}

int ovs_uptimes(const struct job *job, const struct lab *lab, double *ret_started_s,
		double *ret_now_s, struct err *err)
{
	double pid, ticks;
	char path[64];
	int rc = read_number(job, lab, "/proc/uptime", 0, ret_now_s, err);

	if (rc == 0 && ret_started_s)
		rc = read_number(job, lab, AGENT_OVS_DIR "/" OVS_SWITCH ".pid", 0, &pid, err);
	if (rc < 0 || !ret_started_s)
		return rc;
	snprintf(path, sizeof(path), "/proc/%.0f/stat", pid > 0 && pid < INT_MAX ? pid : 0);
	rc = read_number(job, lab, path, STAT_STARTTIME, &ticks, err);
	if (rc == 0)
		*ret_started_s = ticks / USER_HZ;
	return rc;
}

/*
 * Two small files are read: no program runs in the guest for it. A daemon is gone if
 * the agent says so; a guest that does not answer in time says nothing about it.
 */
static bool sw_running(const struct lab *lab, const char *daemon)
{
	struct job limited = { .deadline_ns = job_limit(NULL, LOOK_LIMIT_MS) };
	const struct lab_node *sw = lab_switch_node(lab);
	_cleanup_free_ char *pid = NULL, *name = NULL;
	char path[128];
	int rc;

	snprintf(path, sizeof(path), AGENT_OVS_DIR "/%s.pid", daemon);
	rc = agent_get(&limited, lab, sw, path, 32, &pid, NULL);
	if (rc == 0) {
		snprintf(path, sizeof(path), "/proc/%d/comm", atoi(pid));
		rc = agent_get(&limited, lab, sw, path, 32, &name, NULL);
	}
	if (rc < 0)
		return rc != -EREMOTEIO;
	return strncmp(name, daemon, strlen(daemon)) == 0;
}

/* "NAME VERSION" rows that the image was made with; a tree of one's own has none. */
static int sw_package(const struct job *job, const struct lab *lab, char *buf, size_t size)
{
	_cleanup_free_ char *rows = NULL;
	const char *row = NULL;
	int rc;

	if (strncmp(lab->bench.ovs, "debian:", 7) != 0)
		return -ENOENT;
	rc = agent_get(job, lab, lab_switch_node(lab), PACKAGES, 65536, &rows, NULL);
	if (rc == 0)
		row = strstr(rows, PACKAGE " ");
	if (!row)
		return rc < 0 ? rc : -ENOENT;
	row += strlen(PACKAGE " ");
	snprintf(buf, size, "%.*s", (int)strcspn(row, "\n"), row);
	utf8_clean(buf, strlen(buf));
	return 0;
}

static char *sw_log(const struct lab *lab, const char *daemon, size_t max)
{
	struct job limited = { .deadline_ns = job_limit(NULL, LOOK_LIMIT_MS) };
	const struct lab_node *sw = lab_switch_node(lab);
	char path[128], bytes[24];
	char *text = NULL;

	snprintf(path, sizeof(path), AGENT_OVS_DIR "/%s.log", daemon);
	snprintf(bytes, sizeof(bytes), "%zu", max);
	if (!vm_alive(sw) ||
	    agent_run(&limited, lab, sw, (const char *const[]){ "tail", "-c", bytes, path, NULL },
		      &text, NULL) < 0)
		return NULL;
	utf8_clean(text, strlen(text));
	return text;
}

const struct ovs_place ovs_in_vm = {
	.run = sw_run,
	.helper = sw_helper,
	.dir = sw_dir,
	.put = sw_put,
	.start = sw_start,
	.restart = sw_restart,
	.running = sw_running,
	.package = sw_package,
	.log = sw_log,
};
