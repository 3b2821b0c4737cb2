// SPDX-License-Identifier: GPL-2.0
/*
 * ovs_stall.c - vswitchd stopped for a while
 *
 * The guest helper does it beside the switch, wherever that runs: it knows vswitchd by
 * its pid and start time, and waits until all of its threads have stopped, or go on.
 */
#include "host/ovs_stall.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/labdir.h"
#include "host/ovs.h"
#include "host/wait.h"

#define STALL_LIMIT_NS INT64_C(20000000000)

static char *note_path(const struct lab *lab, char *buf, size_t size)
{
	return labdir_path(lab, "stalled", buf, size);
}

static int ask(const struct lab *lab, const char *what, struct ovs_stall *ret, struct err *err)
{
	struct job job = { .deadline_ns = now_ns() + STALL_LIMIT_NS };
	json_t *doc = NULL;
	int rc;

	wait_shield(true);
	rc = ovs_helper(&job, lab, (const char *const[]){ "stall", what, NULL }, &doc, err);
	wait_shield(false);
	if (rc < 0)
		return rc;
	ret->pid = json_integer_value(json_object_get(doc, "pid"));
	ret->start_ticks = json_integer_value(json_object_get(doc, "start_ticks"));
	json_decref(doc);
	return 0;
}

int ovs_stall_begin(const struct lab *lab, struct ovs_stall *ret, struct err *err)
{
	char path[PATH_MAX];
	int rc = file_write(note_path(lab, path, sizeof(path)), "\n", 1, err);

	if (rc == 0)
		rc = ask(lab, "--stop", ret, err);
	return rc < 0 ? err_wrap(err, rc, "stopping ovs-vswitchd") : 0;
}

int ovs_stall_end(const struct lab *lab, const struct ovs_stall *stall, struct err *err)
{
	struct ovs_stall now;
	char path[PATH_MAX];
	int rc = ask(lab, "--continue", &now, err);

	if (rc < 0)
		return err_wrap(err, rc, "continuing ovs-vswitchd");
	unlink(note_path(lab, path, sizeof(path)));
	if (stall && (now.pid != stall->pid || now.start_ticks != stall->start_ticks))
		return err_set(err, STATUS_BENCH, ESRCH,
			       "ovs-vswitchd (pid %lld) was replaced while it was stopped",
			       (long long)stall->pid);
	return 0;
}

int ovs_stall_settle(const struct lab *lab, struct err *err)
{
	char path[PATH_MAX];

	if (access(note_path(lab, path, sizeof(path)), F_OK) < 0)
		return 0;
	if (ovs_running(lab, NULL))
		return ovs_stall_end(lab, NULL, err);
	unlink(path);			/* what has ended is not stopped */
	return 0;
}
