// SPDX-License-Identifier: GPL-2.0
/*
 * test_proc.c - child processes: their ends, what they say, and their limits
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/util.h"
#include "host/proc.h"

#define LATE_MS 8000

static int shell(const char *script, int limit_ms, struct err *err)
{
	struct proc_opts opts = { .limit_ms = limit_ms };

	return proc_run(NULL, &opts, (const char *const[]){ "sh", "-c", script, NULL }, err);
}

static void test_ends(void **state)
{
	struct err err = { 0 };

	assert_int_equal(shell("exit 0", 5000, &err), 0);
	assert_int_equal(shell("echo why >&2; exit 3", 5000, &err), -ECHILD);
	assert_non_null(strstr(err.msg, "status 3"));
	assert_non_null(strstr(err.evidence, "why"));
	assert_int_equal(shell("kill -9 $$", 5000, &err), -ECHILD);
	assert_non_null(strstr(err.msg, "signal 9"));
	assert_int_equal(proc_run(NULL, NULL, (const char *const[]){ "no-such-program", NULL }, &err),
			 -ENOENT);
	assert_int_equal(err.status, STATUS_HOST);
	err_reset(&err);
}

/* The last words explain; they may come in one piece with much before them. */
static void test_last_words(void **state)
{
	struct err err = { 0 };

	assert_int_equal(shell("{ head -c 12000 /dev/zero | tr '\\0' x; echo; echo the cause; }"
			       " >&2; exit 1", 5000, &err), -ECHILD);
	assert_non_null(err.evidence);
	assert_non_null(strstr(err.evidence, "\nthe cause\n"));
	assert_in_range(strlen(err.evidence), 1000, 5000);
	err_reset(&err);
}

static void test_flood_has_a_limit(void **state)
{
	int64_t start = now_ns();
	struct err err = { 0 };

	assert_int_equal(shell("exec yes >&2", 500, &err), -ETIMEDOUT);
	assert_in_range((now_ns() - start) / 1000000, 400, LATE_MS);
	assert_non_null(strstr(err.msg, "sh to end"));
	err_reset(&err);
}

static void test_output(void **state)
{
	struct proc_opts opts = { .limit_ms = 60000 };
	_cleanup_free_ char *out = NULL;
	struct err err = { 0 };
	char *none = NULL;

	assert_int_equal(proc_output(NULL, &opts,
				     (const char *const[]){ "printf", "a b", NULL }, &out, &err), 0);
	assert_string_equal(out, "a b");
	assert_int_equal(proc_output(NULL, &opts, (const char *const[]){ "yes", NULL }, &none, &err),
			 -EFBIG);
	assert_null(none);
	err_reset(&err);
}

static int fail_in_child(void *arg, struct err *err)
{
	int rc = err_set(err, STATUS_HOST, ENOTSUP, "%s", (const char *)arg);

	err_evidence(err, "log", "line\n");
	return rc;
}

static int sleep_in_child(void *arg, struct err *err)
{
	sleep(60);
	return 0;
}

static int die_in_child(void *arg, struct err *err)
{
	return raise(SIGKILL);
}

static void test_call(void **state)
{
	struct job job = { .deadline_ns = job_limit(NULL, 500) };
	struct err err = { 0 };

	assert_int_equal(proc_call(NULL, fail_in_child, (void *)"no", &err), -ENOTSUP);
	assert_string_equal(err.msg, "no");
	assert_int_equal(err.status, STATUS_HOST);
	assert_non_null(strstr(err.evidence, "line"));
	assert_int_equal(proc_call(NULL, die_in_child, NULL, &err), -EPIPE);
	assert_int_equal(proc_call(&job, sleep_in_child, NULL, &err), -ETIMEDOUT);
	assert_true(err.msg[0]);
	err_reset(&err);
}

/* A process is its pid and start time: one of the two is not enough. */
static void test_identity(void **state)
{
	struct proc_id id, other;
	int status;

	assert_int_equal(proc_start(&(struct proc_opts){ .die_with_us = true },
				    (const char *const[]){ "sleep", "60", NULL }, &id, NULL), 0);
	assert_true(proc_alive(&id));
	other = id;
	other.start++;
	assert_false(proc_alive(&other));
	assert_int_equal(proc_stop(&other, 0), 0);
	assert_int_equal(proc_signal(&other, SIGKILL), -ESRCH);
	assert_true(proc_alive(&id));
	assert_int_equal(proc_signal(&id, SIGTERM), 0);
	assert_int_equal(proc_wait(&id, now_ns() + INT64_C(5000000000), &status), 0);
	assert_false(proc_alive(&id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_flood_has_a_limit),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_identity),
	};

	alarm(120);		/* a call that hangs is a failure too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
