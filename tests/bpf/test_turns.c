// SPDX-License-Identifier: GPL-2.0
/*
 * test_turns.c - commands that inject at one place at the same moment
 *
 * A lab of a folder, its lock and a tap, without VMs, in a network namespace of its own.
 * Exit status 77: this machine does not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/util.h"
#include "host/bpf_mangle.h"
#include "host/labdir.h"
#include "run/inject.h"
#include "run/inject_netem.h"
#include "run/inject_user.h"

#define ROUNDS 3
#define TAP "tap-vm1"

static char rundir[] = "/tmp/ovslab-turns.XXXXXX";
static struct lab lab;

static const char *const specs[STAGES][2] = {
	{ "ttl", NULL }, { "drop", "--nth=7" }, { "dscp", "--set=46" }, { "ecn", "--ce" },
};

/* In a child: its exit status. @go ends when all are there. */
static int inject(int i, const char *name, enum mangle_place place, int go)
{
	const struct job job = { .deadline_ns = job_limit(NULL, 60000) };
	struct mangle_spec spec;
	struct err err = { 0 };
	char none;
	int rc = mangle_spec_parse(specs[i][1] ? 2 : 1, specs[i], &spec, &err);

	spec.place = place;
	if (read(go, &none, 1) < 0)
		return 1;
	rc = rc ?: inject_attach(&job, &lab, name, &spec, NULL, &err);
	if (rc)
		fprintf(stderr, "%s: %s\n", specs[i][0], err.msg);
	return rc != 0;
}

static void all_at_once(const char *name, enum mangle_place place)
{
	pid_t child[STAGES];
	int go[2], status;

	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < STAGES; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0) {
			close(go[1]);
			_exit(inject(i, name, place, go[0]));
		}
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < STAGES; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
}

/* None is lost, and none fails because another was quicker. */
static void none_is_lost_at(const char *name, enum mangle_place place)
{
	struct mangle_report r[STAGES];
	unsigned int n, kinds;

	for (int round = 0; round < ROUNDS; round++) {
		all_at_once(name, place);
		assert_int_equal(mangle_query(TAP, place, r, &n, NULL), 0);
		assert_int_equal(n, STAGES);
		kinds = 0;
		for (unsigned int i = 0; i < n; i++)
			kinds |= 1u << r[i].spec.kind->number;
		assert_int_equal(__builtin_popcount(kinds), STAGES);
		assert_int_equal(mangle_detach(TAP, place, NULL, NULL), 0);
	}
}

static void none_is_lost(void **state)
{
	none_is_lost_at(TAP ":egress", PLACE_TAP_EGRESS);
	none_is_lost_at(TAP ":xdp", PLACE_TAP_XDP);
}

/* ---- what waits for its turn ---- */

static int attach_mangler(const struct job *job, struct err *err)
{
	struct mangle_spec spec = mangle_spec_default(mangle_kind_find("ttl"));

	spec.place = PLACE_TAP_EGRESS;
	return inject_attach(job, &lab, TAP ":egress", &spec, NULL, err);
}

static int attach_program(const struct job *job, struct err *err)
{
	char path[128];
	const struct user_request request = { .file = path };
	struct user_injection there;
	char *said;
	FILE *f;

	f = fopen(labdir_path(&lab, "prog.o", path, sizeof(path)), "we");
	assert_non_null(f);
	fputs("\177ELF", f);
	fclose(f);
	return inject_user_attach(job, &lab, TAP ":egress", &request, &there, &said, err);
}

static int attach_netem(const struct job *job, struct err *err)
{
	static const char *const args[] = { "delay", "1ms", NULL };
	struct netem_injection there;

	return inject_netem_attach(job, &lab, TAP ":egress", args, &there, err);
}

static int clear_manglers(const struct job *job, struct err *err)
{
	unsigned int n;

	return inject_clear(job, &lab, NULL, NULL, &n, err);
}

static int clear_programs(const struct job *job, struct err *err)
{
	unsigned int n;

	return inject_user_clear(job, &lab, NULL, &n, err);
}

static int clear_netem(const struct job *job, struct err *err)
{
	unsigned int n;

	return inject_netem_clear(job, &lab, NULL, &n, err);
}

/* While another command has the lab's lock, nothing changes, and the wait has a limit. */
static void all_wait(void **state)
{
	static int (*const changes[])(const struct job *job, struct err *err) = {
		attach_mangler, attach_program, attach_netem, clear_manglers, clear_programs, clear_netem,
	};
	_cleanup_close_ int lock = -1;
	struct mangle_report r[STAGES];
	unsigned int n;

	assert_int_equal(labdir_lock(NULL, lab.name, &lock, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct job job = { .deadline_ns = job_limit(NULL, 100) };
		struct err err = { 0 };

		assert_int_equal(changes[i](&job, &err), -ETIMEDOUT);
		assert_non_null(strstr(err.msg, "another command that works on lab 'turns'"));
		err_reset(&err);
	}
	assert_int_equal(mangle_query(TAP, PLACE_TAP_EGRESS, r, &n, NULL), 0);
	assert_int_equal(n, 0);
}

/* ---- what has waited for too long ---- */

/* What is there now, by its state file, is not what the command was started for. */
static void assert_refused(const struct lab *now, int rc, const char *text)
{
	const struct job job = { .deadline_ns = job_limit(NULL, 10000) };
	struct mangle_report r[STAGES];
	struct err err = { 0 };
	unsigned int n;

	assert_int_equal(labdir_save(now, NULL), 0);
	assert_int_equal(attach_mangler(&job, &err), rc);
	assert_non_null(strstr(err.msg, text));
	err_reset(&err);
	assert_int_equal(mangle_query(TAP, PLACE_TAP_EGRESS, r, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(labdir_save(&lab, NULL), 0);
}

static void another_is_left_alone(void **state)
{
	struct lab other = lab;

	strcpy(other.id, "0e4dd6c8-52a6-4d5f-8ef1-9f14a2c3a8a8");
	assert_refused(&other, -ESTALE, "lab 'turns' is another one by now");
	other = lab;
	other.status = LAB_STOPPING;
	assert_refused(&other, -EAGAIN, "lab 'turns' is not ready: it is stopping");
}

/* ---- ---- */

static int make_lab(void **state)
{
	_cleanup_close_ int lock = -1;

	setenv("OVSLAB_RUNDIR", rundir, 1);
	lab_init(&lab, "turns", "0e4dd6c8-52a6-4d5f-8ef1-9f14a2c3a8a7");
	lab.n_nodes = lab.n_vms = 1;
	lab.status = LAB_READY;
	lab.bench.offloads = LAB_OFFLOADS_OFF;
	snprintf(lab.dir, sizeof(lab.dir), "%s/turns", rundir);
	return labdir_create(lab.name, &lock, NULL) ?: labdir_save(&lab, NULL);
}

static int remove_lab(void **state)
{
	return labdir_remove(lab.name, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(none_is_lost), cmocka_unit_test(all_wait),
					  cmocka_unit_test(another_is_left_alone) };

	if (geteuid() || unshare(CLONE_NEWNET) || !mkdtemp(rundir) ||
	    system("ip tuntap add " TAP " mode tap && ip link set " TAP " up"))
		return 77;
	return cmocka_run_group_tests(tests, make_lab, remove_lab);
}
