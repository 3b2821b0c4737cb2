// SPDX-License-Identifier: GPL-2.0
/*
 * bench_look.c - looking at a lab that is said to be up: is it, and what is wrong?
 *
 * Changes nothing, but for a vswitchd that a killed measurement left stopped.
 */
#include "run/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "core/util.h"
#include "host/labdir.h"
#include "host/netns.h"
#include "host/ovs.h"
#include "host/ovs_stall.h"
#include "host/proc.h"
#include "host/vm.h"

static bool stands_still(const struct lab *lab)
{
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		if (vm_paused(lab, &lab->nodes[i]))
			return true;
	return false;
}

const char *bench_condition(const struct lab *lab)
{
	if (lab->status == LAB_READY && bench_alive(lab, NULL) < 0)
		return "broken";
	if (lab->status == LAB_READY && stands_still(lab))
		return "paused";
	if (lab->status == LAB_STARTING && !labdir_locked(lab->name))
		return "abandoned";
	return lab_status_names[lab->status];
}

bool bench_is_orphan(const struct lab *lab)
{
	struct proc_id creator = { .pid = lab->creator, .start = lab->creator_start };

	return lab->trial[0] && !proc_alive(&creator);
}

bool bench_is_left(const char *name)
{
	struct lab lab;

	if (labdir_locked(name))
		return false;
	return labdir_load(name, &lab, NULL) < 0 || bench_is_orphan(&lab) ||
	       lab.status == LAB_STARTING || lab.status == LAB_STOPPING;
}

static int is_gone(const struct lab *lab, const char *what, struct err *err)
{
	err_set(err, STATUS_BENCH, ESRCH, "%s", what);
	err_hint(err, "start afresh, with the options it had: ovslab -n %s down; ovslab -n %s up", lab->name, lab->name);
	return -ESRCH;
}

int bench_vms_alive(const struct lab *lab, struct err *err)
{
	char what[128];

	for (unsigned int i = 0; i < lab->n_nodes; i++) {
		const struct lab_node *node = &lab->nodes[i];

		if (vm_alive(node))
			continue;
		snprintf(what, sizeof(what), "%s is down: its VM has ended", node->name);
		is_gone(lab, what, err);
		vm_evidence(lab, node, err);
		return -ESRCH;
	}
	return 0;
}

int bench_alive(const struct lab *lab, struct err *err)
{
	const char *daemon;
	char what[128];
	int rc = bench_vms_alive(lab, err);

	if (rc < 0 || ovs_running(lab, &daemon))
		return rc;
	snprintf(what, sizeof(what), "the switch is down: %s has ended", daemon);
	is_gone(lab, what, err);
	if (strcmp(daemon, "ovs-vswitchd") == 0)
		err_hint(err, "start it again: ovslab -n %s switch restart; or all of it: ovslab -n %s "
			 "down; ovslab -n %s up", lab->name, lab->name, lab->name);
	ovs_log_evidence(lab, err);
	return -ESRCH;
}

/* Whoever has the lab's turn may have stopped vswitchd on purpose. */
static int let_go_on(const struct lab *lab, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	fd = open(labdir_path(lab, BENCH_TURN, path, sizeof(path)), O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	return ovs_stall_settle(lab, err);
}

int bench_check(const struct job *job, const struct lab *lab, struct err *err)
{
	int rc = bench_alive(lab, err);

	if (rc == 0)
		rc = let_go_on(lab, err);
	return rc == 0 ? ovs_alive(job, lab, err) : rc;
}

int bench_enter(const char *name, struct lab *ret, struct err *err)
{
	char path[PATH_MAX];
	int rc = labdir_load_ready(name, ret, err);

	return rc == 0 ? netns_enter(labdir_path(ret, "netns", path, sizeof(path)), err) : rc;
}

int bench_node(const struct lab *lab, const char *name, const struct lab_node **ret,
	       struct err *err)
{
	char known[64] = "";

	*ret = lab_node_find(lab, name);
	if (*ret)
		return 0;
	for (unsigned int i = 0; i < lab->n_nodes; i++) {
		strcat(known, i ? ", " : "");
		strcat(known, lab->nodes[i].name);
	}
	err_set(err, STATUS_USAGE, ENOENT, "lab '%s' has no node '%s'", lab->name, name);
	err_hint(err, "its nodes are: %s", known);
	return -ENOENT;
}
