// SPDX-License-Identifier: GPL-2.0
/*
 * test_store.c - names of files that are kept: each belongs to one command
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/err.h"
#include "host/labdir.h"
#include "store.h"

#define CHILDREN 8
#define NAMES 25			/* each of them takes */
#define WRITES 300			/* of one file, while others ask for its lock */
#define AT "2026-11-22T17:42:27Z"

static char dir[] = "/tmp/ovsl-store-XXXXXX";

static int setup(void **state)
{
	return mkdtemp(dir) && setenv("OVSLAB_STATEDIR", dir, 1) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	return tree_remove(dir);
}

/* All of them begin at once: when the pipe is closed. */
static void __attribute__((noreturn)) take_names(int gate, int out)
{
	char path[256] = "";
	char unused;

	if (read(gate, &unused, 1) != 0)
		_exit(2);
	for (int i = 0; i < NAMES; i++) {
		if (store_name("one-second", AT, path, sizeof(path), NULL) < 0)
			_exit(1);
		if (write(out, path, sizeof(path)) != sizeof(path))	/* <= PIPE_BUF: not mixed */
			_exit(3);
	}
	_exit(0);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_two_commands_of_one_second(void **state)
{
	static char names[CHILDREN * NAMES][256];
	int gate[2], out[2], status;

	assert_int_equal(pipe(gate), 0);
	assert_int_equal(pipe(out), 0);
	for (int i = 0; i < CHILDREN; i++)
		if (fork() == 0) {
			close(gate[1]);
			take_names(gate[0], out[1]);
		}
	close(gate[1]);
	for (int i = 0; i < CHILDREN * NAMES; i++)
		assert_int_equal(read(out[0], names[i], sizeof(names[i])), sizeof(names[i]));
	for (int i = 0; i < CHILDREN; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	qsort(names, CHILDREN * NAMES, sizeof(names[0]), compare);
	for (int i = 1; i < CHILDREN * NAMES; i++)
		assert_string_not_equal(names[i - 1], names[i]);
	close(gate[0]);
	close(out[0]);
	close(out[1]);
}

static void test_reserved(void **state)
{
	char path[PATH_MAX], again[PATH_MAX];
	struct stat st;

	assert_int_equal(store_name("mine", AT, path, sizeof(path), NULL), 0);
	assert_non_null(strstr(path, "/runs/mine-20261122T174227Z.json"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(store_name("mine", AT, again, sizeof(again), NULL), 0);
	assert_non_null(strstr(again, "/runs/mine-20261122T174227Z-2.json"));
	assert_true(store_name("mine", AT, path, 20, NULL) < 0);
}

/* ---- one writer ---- */

/* Until the pipe is closed: exit status 1 if the lock was to be had, 2 if there was another error. */
static void __attribute__((noreturn)) ask_for_lock(const char *path, int gate)
{
	struct pollfd end = { .fd = gate, .events = POLLIN };
	int lock = -1, rc;

	do {
		rc = store_lock(path, &lock, NULL);
		if (rc != -EBUSY)
			_exit(rc == 0 ? 1 : 2);
	} while (poll(&end, 1, 0) == 0);
	_exit(0);
}

/* Each write puts another file in the place of the one that is locked: never is one without. */
static void test_lock_is_kept(void **state)
{
	const struct trial trial = { .mode = TRIAL_VALIDATE };
	const struct trial_outcome outcome = { .pairs = 0 };
	char path[PATH_MAX];
	int gate[2], lock = -1, status;

	assert_int_equal(pipe(gate), 0);
	assert_int_equal(store_name("locked", AT, path, sizeof(path), NULL), 0);
	assert_int_equal(store_trial(path, &trial, &outcome, &lock, NULL), 0);
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			close(gate[1]);
			close(lock);
			ask_for_lock(path, gate[0]);
		}
	for (int i = 0; i < WRITES; i++)
		assert_int_equal(store_trial(path, &trial, &outcome, &lock, NULL), 0);
	close(gate[1]);
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(gate[0]);
	close(lock);
	assert_int_equal(store_lock(path, &lock, NULL), 0);
	close(lock);
}

/* ---- names ---- */

/* What a killed command has left is no run. */
static void test_empty_is_no_run(void **state)
{
	char path[PATH_MAX], found[PATH_MAX];
	struct err err = { 0 };

	assert_int_equal(store_name("killed", AT, path, sizeof(path), NULL), 0);
	assert_int_equal(store_find("killed-20261122T174227Z", found, sizeof(found), &err), -ENOENT);
	assert_null(strstr(err.msg, "did you mean 'killed"));
	err_reset(&err);
	assert_int_equal(file_write(path, "{}", 2, NULL), 0);
	assert_int_equal(store_find("killed-20261122T174227Z", found, sizeof(found), NULL), 0);
	assert_string_equal(found, path);
	assert_int_equal(store_find("kiled-20261122T174227Z", found, sizeof(found), &err), -ENOENT);
	assert_non_null(strstr(err.msg, "did you mean 'killed-20261122T174227Z'"));
	err_reset(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_commands_of_one_second),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_lock_is_kept),
		cmocka_unit_test(test_empty_is_no_run),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
