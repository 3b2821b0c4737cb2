// SPDX-License-Identifier: GPL-2.0
/*
 * bench_steps.c - the steps by which a lab is brought up, and how each is undone
 */
#include "run/bench_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"
#include "host/datadir.h"
#include "host/labdir.h"
#include "host/netns.h"
#include "host/ovs.h"
#include "host/proc.h"
#include "host/vm.h"
#include "host/wire.h"
#include "run/guest.h"

#define STOP_GRACE_MS 2000
#define RESTORED_LIMIT_MS 20000

static int netns_up(struct bringup *b, struct err *err)
{
	char path[PATH_MAX], public[64];

	return netns_create(labdir_path(b->lab, "netns", path, sizeof(path)),
			    labdir_netns(b->lab, public, sizeof(public)), err);
}

static int netns_down(const struct lab *lab, struct err *err)
{
	char path[PATH_MAX], public[64];

	return netns_remove(labdir_path(lab, "netns", path, sizeof(path)),
			    labdir_netns(lab, public, sizeof(public)), err);
}

static int wires_up(struct bringup *b, struct err *err)
{
	return wire_prepare(b->job, b->lab, err);
}

/* Started right after boot, or later, and never again; whatever comes of it. */
static int start_once(struct bringup *b, struct err *err)
{
	struct lab *lab = b->lab;
	bool late = b->opts->start == SCENARIO_START_LATE;
	int rc;

	if (!lab_switch_node(lab))
		return err_set(err, STATUS_USAGE, EINVAL, "the switch is on the host, which booted long ago: "
			       "only one in a VM is started early or late");
	rc = ovs_start_once(b->job, lab, late, b->opts->early, &lab->ovs, err);

	if (rc == 0 && !late)
		rc = vm_suspend(b->job, lab, lab_switch_node(lab), err);
	vm_hurry(lab_switch_node(lab), false);
	return rc;
}

static int switch_up(struct bringup *b, struct err *err)
{
	struct lab *lab = b->lab;
	int rc;

	job_progress(b->job, "switch", "starting Open vSwitch (%s datapath)",
		     lab_datapath_names[lab->bench.datapath]);
	rc = b->opts->start == SCENARIO_START_READY ? ovs_start(b->job, lab, &lab->ovs, err) :
	     start_once(b, err);
	if (rc == 0)
		job_progress(b->job, "switch", "Open vSwitch %s runs on kernel %s", lab->ovs.version,
			     lab->ovs.kernel);
	return rc;
}

/* Every process of the lab carries its owner mark: OVS's daemons and QEMU. */
static int processes_down(const struct lab *lab, struct err *err)
{
	return proc_stop_owned(lab->id, STOP_GRACE_MS, err);
}

/* The taps are there: libvirt made them as the nodes started. */
static int plug_taps(struct bringup *b, struct err *err)
{
	const struct lab *lab = b->lab;
	int rc = wire_join(lab, err);

	for (unsigned int i = 0; i < lab->n_nodes && rc == 0 && lab->n_wires == 0; i++)
		rc = ovs_set_port(b->job, lab, lab->nodes[i].tap, lab->nodes[i].ofport, err);
	return rc;
}

static int start_nodes(struct bringup *b, struct err *err)
{
	struct lab *lab = b->lab;
	int rc;

	for (unsigned int i = 0; i < lab->n_nodes; i++)
		job_progress(b->job, lab->nodes[i].name, "starting (%s)",
			     lab_accel_names[lab->bench.accel]);
	rc = vm_start(b->job, lab, b->boot.rows, err);
	if (rc < 0 && (lab->bench.kernel[0] || lab->bench.initrd[0]))
		err_hint(err, "is what --kernel and --initrd name a kernel and an initramfs?");
	/* the switch's VM has more to do before the lab is ready: it goes first */
	for (unsigned int i = 0; i < lab->n_vms && rc == 0 && lab_switch_node(lab); i++)
		vm_stand_back(&lab->nodes[i], true);
	if (rc == 0 && b->opts->start == SCENARIO_START_EARLY)	/* by its own clock */
		vm_hurry(lab_switch_node(lab), true);
	return rc;
}

/* ---- warm start ------------------------------------------------------------------------ */

static int restore_nodes(struct bringup *b, const struct warm *w, struct err *err)
{
	struct lab *lab = b->lab;

	for (unsigned int i = 0; i < lab->n_nodes; i++)
		job_progress(b->job, lab->nodes[i].name, "restoring (%s)",
			     lab_accel_names[lab->bench.accel]);
	return warmstart_restore(b->job, lab, b->boot.rows, w, err);
}

/* 1: the lab's VMs are there, 0: there is nothing to restore. */
static int try_saved(struct bringup *b, struct err *err)
{
	struct lab *lab = b->lab;
	struct err why = { 0 };
	int rc = warmstart_key(b->job, lab, b->boot.rows, lab->saved, err);

	if (rc < 0)
		return rc;
	rc = warm_find(lab->saved, &b->warm, &why);
	if (rc == -ENOENT)
		job_progress(b->job, "lab", "no saved lab of this bench yet: booting");
	else if (rc < 0)
		job_progress(b->job, "lab", "booting: %s", why.msg);
	err_reset(&why);
	if (rc < 0)
		return 0;
	lab->restored = true;
	rc = restore_nodes(b, &b->warm, err);
	return rc < 0 ? rc : 1;
}

static int nodes_up(struct bringup *b, struct err *err)
{
	int rc = boot_compose(b->job, b->lab, &b->boot, err), found = 0;

	if (rc == 0 && b->use_saved)
		rc = found = try_saved(b, err);
	if (rc >= 0 && !found)
		rc = start_nodes(b, err);
	return rc < 0 ? rc : plug_taps(b, err);
}

/* ---- readiness ------------------------------------------------------------------- */

/*
 * A guest of the user's own gets the helper, its address, and the name that the
 * NIC has in every node, through the agent.
 */
static int equip_foreign_guest(struct bringup *b, const struct lab_node *node, struct err *err)
{
	static const char script[] =
		"set -e; for d in /sys/class/net/*; do"
		" [ \"$(cat $d/address)\" = \"$1\" ] || continue; d=${d##*/};"
		" [ $d = eth0 ] || { ip link set $d down; ip link set $d name eth0; d=eth0; };"
		" ip link set $d up; ip addr replace $2/24 dev $d; ip addr replace $3/64 dev $d nodad; exit 0;"
		" done; echo \"no device with address $1\" >&2; exit 1";
	char helper[PATH_MAX];
	int rc = datadir_helper("ovslab-guest", helper, sizeof(helper), err);

	if (rc == 0)
		rc = agent_run(b->job, b->lab, node,
			       (const char *const[]){ "mkdir", "-p", AGENT_HELPER_DIR, NULL }, NULL, err);
	if (rc == 0)
		rc = agent_put(b->job, b->lab, node, helper, AGENT_HELPER_DIR "/ovslab-guest", true, err);
	if (rc == 0)
		rc = agent_run(b->job, b->lab, node,
			       (const char *const[]){ "/bin/sh", "-c", script, "sh", node->mac,
						      node->addr, node->addr6, NULL }, NULL, err);
	return rc;
}

static int learn_kernel(struct bringup *b, struct lab_node *node, struct err *err)
{
	json_t *info = NULL;
	const char *release;
	int rc = agent_command(b->job, b->lab, node, "guest-get-osinfo", NULL, &info, err);

	release = json_string_value(json_object_get(info, "kernel-release"));
	snprintf(node->kernel, sizeof(node->kernel), "%.63s", release ? release : "unknown");
	utf8_clean(node->kernel, strlen(node->kernel));
	json_decref(info);
	return rc;
}

static int await_boot(struct bringup *b, struct lab_node *node, struct err *err)
{
	int rc = agent_wait(b->job, b->lab, node, err);

	if (rc == -ESRCH)
		err_hint(err, "its console says why");
	if (rc < 0)
		return err_wrap(err, rc, "%s did not boot", node->name);
	rc = learn_kernel(b, node, err);
	if (rc == 0)
		job_progress(b->job, node->name, "guest agent answers, kernel %s", node->kernel);
	return rc;
}

/*
 * Restored guests answer at once, and have told before who they are. Their clocks
 * are set while they reach each other: the first programs in them start slowly.
 */
static int begin_clocks(struct bringup *b, struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(b->job, RESTORED_LIMIT_MS) };
	int rc = b->clocks_begun ? 0 : guest_clocks_begin(&limited, b->lab, b->clocks, err);

	b->clocks_begun = rc == 0;
	return rc;
}

static int end_clocks(struct bringup *b, struct err *err)
{
	int rc = b->clocks_begun ? guest_clocks_end(b->job, b->lab, b->clocks, err) : 0;

	b->clocks_begun = false;
	return rc;
}

/*
 * The switch's VM first: its switch starts while the nodes still boot. In one
 * that was restored it runs.
 */
static int switch_vm_up(struct bringup *b, struct err *err)
{
	struct lab_node *sw = &b->lab->nodes[b->lab->n_vms];
	int rc;

	if (b->lab->restored)
		return begin_clocks(b, err);
	job_progress(b->job, sw->name, "booting");
	rc = await_boot(b, sw, err);
	if (rc == 0)
		rc = switch_up(b, err);
	for (unsigned int i = 0; i < b->lab->n_vms; i++)
		vm_stand_back(&b->lab->nodes[i], false);
	return rc;
}

static int boot_up(struct bringup *b, struct err *err)
{
	int rc = 0;

	if (b->lab->restored)
		return begin_clocks(b, err);
	for (unsigned int i = 0; i < b->lab->n_vms; i++)
		job_progress(b->job, b->lab->nodes[i].name, "booting");
	for (unsigned int i = 0; i < b->lab->n_vms && rc == 0; i++) {
		struct lab_node *node = &b->lab->nodes[i];

		rc = await_boot(b, node, err);
		if (rc == 0 && b->lab->bench.initrd[0])
			rc = equip_foreign_guest(b, node, err);
	}
	return rc;
}

/* Each node the next one, all at once; of restored ones the first, and its answer. */
static int ping_around(struct bringup *b, struct err *err)
{
	const struct lab *lab = b->lab;
	unsigned int n = lab->restored ? 1 : lab->n_vms;
	struct agent_task tasks[LAB_NODES_MAX];
	struct agent_call calls[LAB_NODES_MAX] = { { 0 } };
	const char *argvs[LAB_NODES_MAX][9] = { { NULL } };
	int rc;

	for (unsigned int i = 0; i < n; i++) {
		const char *const argv[] = { "ping", "-c", "1", "-i", "0.2", "-w", "10",
					     lab->nodes[(i + 1) % lab->n_vms].addr };

		memcpy(argvs[i], argv, sizeof(argv));
		calls[i] = (struct agent_call){ &lab->nodes[i], argvs[i] };
	}
	rc = agent_start_all(b->job, lab, calls, n, tasks, err);
	for (unsigned int i = 0; i < n && rc == 0; i++) {
		const struct lab_node *from = &lab->nodes[i], *to = &lab->nodes[(i + 1) % lab->n_vms];
		struct agent_exit e = { 0 };

		rc = agent_finish(b->job, &tasks[i], &e, err);
		if (rc == 0 && e.status != 0) {
			rc = err_set(err, STATUS_BENCH, EHOSTUNREACH,
				     "%s does not reach %s through the switch", from->name, to->name);
			err_evidence(err, "ping", e.out);
			ovs_log_evidence(lab, err);
		}
		if (rc == 0)
			job_progress(b->job, from->name, "ready: reaches %s", to->name);
		agent_exit_free(&e);
	}
	return rc;
}

/*
 * The switch forwards, and forgets what it need not know any more. One in a VM that
 * was restored has shown that before it was saved.
 */
static int reach_up(struct bringup *b, struct err *err)
{
	int rc;

	if (b->opts->start != SCENARIO_START_READY)
		return 0;
	rc = ping_around(b, err);
	if (rc == 0)
		rc = end_clocks(b, err);
	if (rc < 0 || b->aged || (b->lab->restored && lab_switch_node(b->lab)))
		return rc;
	rc = ovs_age_end(b->job, b->lab, err);
	b->aged = rc == 0;
	return rc;
}

/* ---- saving ------------------------------------------------------------------------------ */

/* Without a saved lab the lab is as good. */
static int go_unsaved(struct bringup *b, struct err *why)
{
	job_progress(b->job, "lab", "not saved: %s", why->msg);
	err_reset(why);
	b->lab->saved[0] = '\0';
	warm_release(&b->warm);
	return 0;
}

/* The lab as it comes back from what was saved: what does not is never published. */
static int come_back(struct bringup *b, struct err *err)
{
	int rc;

	b->lab->restored = true;
	rc = restore_nodes(b, &b->warm, err);
	if (rc == 0)
		rc = plug_taps(b, err);
	if (rc == 0)
		rc = boot_up(b, err);
	if (rc == 0)
		rc = reach_up(b, err);
	b->lab->restored = false;
	return rc;
}

static int save_up(struct bringup *b, struct err *err)
{
	struct lab *lab = b->lab;
	struct err why = { 0 };
	int rc = warm_begin(lab->saved, vm_resident_bytes(lab), &b->warm, &why);

	if (rc < 0)
		return go_unsaved(b, &why);
	job_progress(b->job, "lab", "saving it for the next 'up --warm'");
	rc = warmstart_save(b->job, lab, &b->warm, err);
	if (rc == 0)
		rc = come_back(b, err);
	if (rc < 0)
		return rc;
	if (warm_publish(&b->warm, &why) < 0)
		return go_unsaved(b, &why);
	job_progress(b->job, "lab", "saved as %.12s", lab->saved);
	return 0;
}

static bool to_be_saved(const struct lab *lab)
{
	return lab->saved[0] && !lab->restored;
}

static bool on_host(const struct lab *lab)
{
	return !lab_switch_node(lab);
}

static bool in_vm(const struct lab *lab)
{
	return lab_switch_node(lab);
}

/* Where the switch is a VM it is started after the nodes, by the same name. */
const struct bench_step bench_steps[] = {
	{ "netns", NULL, netns_up, netns_down },
	{ "wires", in_vm, wires_up, NULL },
	{ "switch", on_host, switch_up, processes_down },
	{ "nodes", NULL, nodes_up, processes_down },
	{ "switch", in_vm, switch_vm_up, processes_down },
	{ "boot", NULL, boot_up, NULL },
	{ "reach", NULL, reach_up, NULL },
	{ "save", to_be_saved, save_up, processes_down },
	{ .name = NULL },
};
