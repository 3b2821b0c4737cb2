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
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/util.h"
#include "host/labdir.h"
#include "host/ovs_stall.h"
#include "host/proc.h"
#include "run/bench_parts.h"
#include "run/boot.h"
#include "run/choose.h"

/* ---- down -------------------------------------------------------------------------- */

static int undo_steps(const struct lab *lab, struct err *err)
{
	int rc = 0;

	for (int i = (int)lab->n_steps - 1; i >= 0; i--)
		for (const struct bench_step *step = bench_steps; step->name; step++) {
			if (strcmp(step->name, lab->steps[i]) != 0)
				continue;
			if (step->down && rc == 0)
				rc = step->down(lab, err);
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
	for (const struct bench_step *step = bench_steps; step->name; step++) {
		int64_t start = now_ns();
		int rc;

		if (step->wanted && !step->wanted(b->lab))
			continue;
		rc = begin_step(b->lab, step->name, err);
		if (rc == 0)
			rc = step->up(b, err);
		lab_add_phase(b->lab, step->name, (now_ns() - start) / 1e9);
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
