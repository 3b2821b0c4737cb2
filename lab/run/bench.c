// SPDX-License-Identifier: GPL-2.0
/*
 * bench.c - bring a lab up and take it down
 *
 * Theory of operation: the bench is brought up by the rows of one table, and a
 * row's name is written to the lab's state file before its work begins. Taking
 * down walks the names that were written in reverse and calls the same rows'
 * undo, which accepts work that was done wholly, partly or not at all. So it
 * makes no difference whether 'down' follows a finished 'up', a failed one or
 * one that was killed.
 */
#include "run/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/datadir.h"
#include "host/labdir.h"
#include "host/netns.h"
#include "host/ovs.h"
#include "host/ovs_stall.h"
#include "host/proc.h"
#include "host/vm.h"
#include "host/wire.h"
#include "run/boot.h"
#include "run/choose.h"
#include "run/guest.h"
#include "run/warmstart.h"

#define STOP_GRACE_MS 2000
#define RESTORED_LIMIT_MS 20000

struct bringup {
	const struct job *job;
	struct lab *lab;
	struct boot boot;
	const struct bench_opts *opts;
	bool use_saved;			/* restore a saved lab, or save this one */
	struct warm warm;		/* while it is restored from or saved into */
	struct agent_task clocks[LAB_NODES_MAX];	/* of restored nodes, being set */
	bool clocks_begun;
	bool aged;			/* the switch has shown that idle megaflows go */
};

/* ---- the steps ------------------------------------------------------------------ */

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
static const struct step {
	const char *name;
	bool (*wanted)(const struct lab *lab);	/* NULL: always */
	int (*up)(struct bringup *b, struct err *err);
	int (*down)(const struct lab *lab, struct err *err);
} steps[] = {
	{ "netns", NULL, netns_up, netns_down },
	{ "wires", in_vm, wires_up, NULL },
	{ "switch", on_host, switch_up, processes_down },
	{ "nodes", NULL, nodes_up, processes_down },
	{ "switch", in_vm, switch_vm_up, processes_down },
	{ "boot", NULL, boot_up, NULL },
	{ "reach", NULL, reach_up, NULL },
	{ "save", to_be_saved, save_up, processes_down },
};

/* ---- down -------------------------------------------------------------------------- */

static int undo_steps(const struct lab *lab, struct err *err)
{
	int rc = 0;

	for (int i = (int)lab->n_steps - 1; i >= 0; i--)
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
			if (strcmp(steps[k].name, lab->steps[i]) != 0)
				continue;
			if (steps[k].down && rc == 0)
				rc = steps[k].down(lab, err);
			break;
		}
	return rc;
}

/* With the lab's lock held. A lab without a state file has not begun anything. */
static int take_down(const char *name, struct err *err)
{
	struct lab lab;
	int rc = labdir_load(name, &lab, err);

	if (rc == 0) {
		if (!lab_switch_node(&lab))	/* what is stopped would be waited for */
			ovs_stall_settle(&lab, NULL);
		lab.status = LAB_STOPPING;
		labdir_save(&lab, NULL);	/* a full disk must not stop a clean-up */
		rc = undo_steps(&lab, err);
	} else if (rc == -ENOENT) {
		rc = 0;
	}
	if (rc == 0)
		rc = labdir_remove(name, err);
	if (rc == 0)
		err_reset(err);
	return rc;
}

int bench_down(const struct job *job, const char *name, bool *ret_was, struct err *err)
{
	_cleanup_close_ int lock = -1;
	int rc = lab_name_valid(name) ? labdir_lock(job, name, &lock, err) :
		 labdir_load(name, NULL, err);

	*ret_was = rc != -ENOENT;
	if (rc == -ENOENT) {
		err_reset(err);
		return 0;
	}
	if (rc < 0)
		return rc;
	job_progress(job, "lab", "taking lab '%s' down", name);
	wait_hold(name, true);
	wait_shield(true);
	rc = take_down(name, err);
	wait_shield(false);
	if (rc == 0)
		wait_hold(name, false);
	return rc;
}

/* ---- up ---------------------------------------------------------------------------- */

static int begin_step(struct lab *lab, const char *name, struct err *err)
{
	if (lab->n_steps == LAB_STEPS_MAX)
		return err_set(err, STATUS_BENCH, ENOSPC, "too many steps");
	snprintf(lab->steps[lab->n_steps++], sizeof(lab->steps[0]), "%s", name);
	return labdir_save(lab, err);
}

static int run_steps(struct bringup *b, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int64_t start = now_ns();
		int rc;

		if (steps[i].wanted && !steps[i].wanted(b->lab))
			continue;
		rc = begin_step(b->lab, steps[i].name, err);
		if (rc == 0)
			rc = steps[i].up(b, err);
		lab_add_phase(b->lab, steps[i].name, (now_ns() - start) / 1e9);
		if (rc < 0)
			return rc;
	}
	b->lab->status = LAB_READY;
	return labdir_save(b->lab, err);
}

static int new_id(char *buf, size_t size, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/random/uuid", "re");

	if (!f || !fgets(buf, size, f))
		return err_set(err, STATUS_HOST, EIO, "/proc/sys/kernel/random/uuid cannot be read");
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static int describe(struct lab *lab, const char *name, const struct lab_bench *asked,
		    const char *trial, struct err *err)
{
	struct proc_id self = proc_self();
	char id[40];
	int rc = new_id(id, sizeof(id), err);

	if (rc < 0)
		return rc;
	lab_init(lab, name, id);
	snprintf(lab->dir, sizeof(lab->dir), "%s/%s", labdir_rundir(), name);
	lab->created_s = time(NULL);
	lab->creator = self.pid;
	lab->creator_start = self.start;
	lab->asked = *asked;
	snprintf(lab->trial, sizeof(lab->trial), "%s", trial ? trial : "");
	return 0;
}

/* Was it the saved lab, or the saving, that failed? Then one without is worth a try. */
static bool saved_is_to_blame(const struct bringup *b, int rc)
{
	bool late = b->job->deadline_ns && now_ns() >= b->job->deadline_ns;

	return rc < 0 && rc != -EINTR && !late && b->use_saved && b->warm.held;
}

/* Take what was made away again, unless the user wants to look at it. */
static int roll_back(struct bringup *b, int rc, struct err *err)
{
	struct err second = { 0 };

	if (b->opts->keep && rc != -EINTR && !saved_is_to_blame(b, rc)) {
		b->lab->status = LAB_FAILED;
		labdir_save(b->lab, NULL);
		err_hint(err, "kept for inspection in %s; remove it: ovslab -n %s down", b->lab->dir,
			 b->lab->name);
		return rc;
	}
	job_progress(b->job, "lab", "rolling back");
	wait_shield(true);
	if (take_down(b->lab->name, &second) < 0)
		err_evidence(err, "roll-back", second.msg);
	else
		wait_hold(b->lab->name, false);
	wait_shield(false);
	err_reset(&second);
	return rc;
}

/* What to do with a lab of that name: 0 made way, 1 it is up and matches. */
static int meet_existing(const struct job *job, const char *name, const struct lab_bench *asked,
			 struct lab *ret, struct err *err)
{
	const char *differs;
	_cleanup_close_ int lock = -1;
	int rc = labdir_lock(job, name, &lock, err);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = labdir_load(name, ret, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == 0 && ret->status == LAB_FAILED) {
		rc = err_set(err, STATUS_USAGE, EEXIST, "lab '%s' was kept after a failure", name);
		err_hint(err, "remove it first: ovslab -n %s down", name);
		return rc;
	}
	if (rc == 0 && ret->status == LAB_READY) {
		rc = bench_check(job, ret, err);
		if (rc < 0)
			return rc;
		differs = lab_difference(ret, asked);
		if (!differs)
			return 1;
		rc = err_set(err, STATUS_USAGE, EEXIST, "lab '%s' is up with another bench: '%s' differs",
			     name, differs);
		err_hint(err, "take it down first (ovslab -n %s down), or choose another name with -n",
			 name);
		return rc;
	}
	job_progress(job, "lab", "an 'up' of lab '%s' was killed: cleaning up after it", name);
	return take_down(name, err);
}

static int make(struct bringup *b, const char *name, struct err *err)
{
	_cleanup_close_ int lock = -1;
	char path[PATH_MAX];
	int rc = labdir_create(name, &lock, err);

	if (rc < 0)
		return rc;
	wait_hold(name, true);
	rc = labdir_save(b->lab, err);
	if (rc == 0 && mkdir(labdir_path(b->lab, "ovs", path, sizeof(path)), 0755) < 0)
		rc = err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	if (rc == 0)
		rc = run_steps(b, err);
	if (rc < 0)
		return roll_back(b, rc, err);
	if (!b->opts->trial)
		wait_hold(name, false);
	return 0;
}

/* Before the lab exists: what it is to be, and the images that takes. */
static int plan(struct bringup *b, const char *name, const struct lab_bench *asked, struct err *err)
{
	struct lab *lab = b->lab;
	int64_t start = now_ns();
	int rc = describe(lab, name, asked, b->opts->trial, err);

	b->clocks_begun = b->aged = false;	/* of an attempt before this one */
	if (rc == 0)
		rc = choose_switch(lab, err);
	if (rc == 0)
		rc = boot_images(b->job, lab, &b->boot, err);
	if (rc == 0)
		lab_add_phase(lab, "image", (now_ns() - start) / 1e9);
	return rc == 0 ? choose_accel(b->job, lab, boot_proof_kernel(lab, &b->boot), err) : rc;
}

static int attempt(struct bringup *b, const char *name, const struct lab_bench *asked,
		   struct err *err)
{
	int rc = plan(b, name, asked, err);

	if (rc == 0)
		rc = make(b, name, err);
	if (saved_is_to_blame(b, rc)) {
		job_progress(b->job, "lab", "booting without a saved lab: %s", err->msg);
		err_reset(err);
		warm_discard(&b->warm);
		warm_release(&b->warm);
		b->use_saved = false;
		return attempt(b, name, asked, err);
	}
	warm_release(&b->warm);
	boot_release(&b->boot);
	return rc;
}

int bench_up(const struct job *job, const char *name, const struct lab_bench *asked,
	     const struct bench_opts *opts, struct lab *ret, bool *ret_made, struct err *err)
{
	int rc = 0;

	if (!lab_name_valid(name))
		return labdir_load(name, ret, err);	/* says what a name is */
	if (opts->warm)
		rc = warm_check(err);
	if (rc < 0)
		return rc;
	do {
		struct bringup b = { .job = job, .lab = ret, .opts = opts, .use_saved = opts->warm };

		rc = meet_existing(job, name, asked, ret, err);
		if (rc != 0)
			break;
		rc = attempt(&b, name, asked, err);
	} while (rc == -EEXIST && err && err->status == STATUS_USAGE);	/* another 'up' was faster */
	*ret_made = rc == 0;
	return rc < 0 ? rc : 0;
}
