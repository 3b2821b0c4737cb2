// SPDX-License-Identifier: GPL-2.0
/*
 * test_cpio.c - archives are what cpio(1) reads back, and what the format says
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/util.h"
#include "host/cpio.h"

struct archive {
	char *data;
	size_t len;
	FILE *f;
	struct cpio c;
};

static int setup(void **state)
{
	struct archive *a = calloc(1, sizeof(*a));

	a->f = open_memstream(&a->data, &a->len);
	cpio_begin(&a->c, a->f);
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	struct archive *a = *state;

	fclose(a->f);
	free(a->data);
	free(a);
	return 0;
}

/* Field @n (0: ino ... 12: check) of the header at @at. */
static unsigned int field(const struct archive *a, size_t at, unsigned int n)
{
	char hex[9] = "";

	memcpy(hex, a->data + at + 6 + 8 * n, 8);
	return (unsigned int)strtoul(hex, NULL, 16);
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Offset of the entry after the one at @at. */
static size_t next(const struct archive *a, size_t at)
{
	return align4(align4(at + 110 + field(a, at, 11)) + field(a, at, 6));
}

static void test_fields(void **state)
{
	struct archive *a = *state;
	size_t at = 0;

	assert_int_equal(cpio_dir(&a->c, "d", 0755), 0);
	assert_int_equal(cpio_bytes(&a->c, "d/file", 0640, "hello", 5), 0);
	assert_int_equal(cpio_link(&a->c, "l", "d/file"), 0);
	assert_int_equal(cpio_end(&a->c), 0);

	assert_memory_equal(a->data, "070701", 6);
	assert_int_equal(field(a, at, 1), S_IFDIR | 0755);
	assert_int_equal(field(a, at, 6), 0);
	assert_string_equal(a->data + at + 110, "d");

	at = next(a, at);
	assert_memory_equal(a->data + at, "070701", 6);
	assert_int_equal(field(a, at, 1), S_IFREG | 0640);
	assert_int_equal(field(a, at, 2), 0);		/* uid */
	assert_int_equal(field(a, at, 4), 1);		/* nlink */
	assert_int_equal(field(a, at, 6), 5);		/* size */
	assert_int_equal(field(a, at, 11), sizeof("d/file"));
	assert_memory_equal(a->data + align4(at + 110 + sizeof("d/file")), "hello", 5);

	at = next(a, at);
	assert_int_equal(field(a, at, 1), S_IFLNK | 0777);
	assert_int_equal(field(a, at, 6), strlen("d/file"));

	at = next(a, at);
	assert_string_equal(a->data + at + 110, "TRAILER!!!");
	assert_int_equal(a->len % 512, 0);
}

/* No two files may share an inode number: the kernel would hard-link them. */
static void test_inodes_differ(void **state)
{
	struct archive *a = *state;

	cpio_bytes(&a->c, "one", 0644, "1", 1);
	cpio_bytes(&a->c, "two", 0644, "2", 1);
	cpio_end(&a->c);
	assert_int_not_equal(field(a, 0, 0), field(a, next(a, 0), 0));
}

/* Every length modulo 4, of names and of data, keeps the next header aligned. */
static void test_alignment(void **state)
{
	struct archive *a = *state;
	const char *names[] = { "a", "bb", "ccc", "dddd", "eeeee" };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t len = 0; len < 5; len++)
			cpio_bytes(&a->c, names[i], 0644, "01234", len);
	cpio_end(&a->c);
	for (size_t i = 0; i < ARRAY_SIZE(names) * 5; i++) {
		assert_memory_equal(a->data + at, "070701", 6);
		assert_string_equal(a->data + at + 110, names[i / 5]);
		at = next(a, at);
	}
	assert_string_equal(a->data + at + 110, "TRAILER!!!");
}

static void test_same_bytes(void **state)
{
	struct archive *a = *state;
	struct archive *b;
	void *other;

	setup(&other);
	b = other;
	for (int i = 0; i < 2; i++) {
		struct cpio *c = i ? &b->c : &a->c;

		cpio_dir(c, "x", 0700);
		cpio_file(c, "x/self", 0755, "/proc/self/exe", NULL);
		cpio_end(c);
	}
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
	teardown(&other);
}

static void test_missing_source(void **state)
{
	struct archive *a = *state;
	struct err err = { 0 };

	assert_int_equal(cpio_file(&a->c, "x", 0644, "/nonexistent/file", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/file"));
	/* the archive is spoilt, and stays so */
	assert_int_equal(cpio_bytes(&a->c, "y", 0644, "", 0), -ENOENT);
	assert_int_equal(cpio_end(&a->c), -ENOENT);
	assert_int_equal(a->len, 0);
	err_reset(&err);
}

static void test_folder_is_no_file(void **state)
{
	struct archive *a = *state;

	assert_int_equal(cpio_file(&a->c, "x", 0644, "/", NULL), -EINVAL);
}

static void test_long_name(void **state)
{
	struct archive *a = *state;
	char name[CPIO_PATH_MAX + 1];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(cpio_bytes(&a->c, name, 0644, "", 0), -ENAMETOOLONG);
}

static void test_disk_full(void **state)
{
	_cleanup_fclose_ FILE *f = fopen("/dev/full", "w");
	struct cpio c;

	cpio_begin(&c, f);
	cpio_bytes(&c, "x", 0644, "data", 4);
	assert_int_equal(cpio_end(&c), -ENOSPC);
}

/* Run @command with the archive as its input; its output into @buf. */
static void run(const struct archive *a, const char *command, char *buf, size_t size)
{
	_cleanup_free_ char *line = NULL;
	char path[] = "/tmp/test_cpio.XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	FILE *p;
	size_t n;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, a->data, a->len), a->len);
	assert_true(asprintf(&line, "{ %s; } <%s", command, path) > 0);
	p = popen(line, "r");
	assert_non_null(p);
	n = fread(buf, 1, size - 1, p);
	buf[n] = '\0';
	assert_int_equal(pclose(p), 0);
	unlink(path);
}

static void test_cpio_lists_it(void **state)
{
	struct archive *a = *state;
	char out[256];

	cpio_dir(&a->c, "ovslab", 0755);
	cpio_bytes(&a->c, "ovslab/init", 0755, "#!/bin/sh\n", 10);
	cpio_link(&a->c, "link", "ovslab/init");
	cpio_end(&a->c);
	run(a, "cpio -t --quiet", out, sizeof(out));
	assert_string_equal(out, "ovslab\novslab/init\nlink\n");
}

static void test_cpio_unpacks_it(void **state)
{
	struct archive *a = *state;
	char out[256];

	cpio_dir(&a->c, "d", 0750);
	cpio_bytes(&a->c, "d/f", 0640, "some\nlines\n", 11);
	cpio_link(&a->c, "d/l", "f");
	cpio_file(&a->c, "d/self", 0755, "/proc/self/exe", NULL);
	cpio_end(&a->c);
	run(a, "d=$(mktemp -d) && cd \"$d\" && cpio -i --quiet && cat d/l &&"
	    " stat -c '%A' d d/f d/self && readlink d/l &&"
	    " cmp d/self /proc/$PPID/exe; rc=$?; cd / && rm -rf \"$d\"; exit $rc",
	    out, sizeof(out));
	assert_string_equal(out, "some\nlines\ndrwxr-x---\n-rw-r-----\n-rwxr-xr-x\nf\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inodes_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alignment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_source, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_is_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_name, setup, teardown),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test_setup_teardown(test_cpio_lists_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpio_unpacks_it, setup, teardown),
	};

	return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
