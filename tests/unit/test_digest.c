// SPDX-License-Identifier: GPL-2.0
/*
 * test_digest.c - fingerprints: known ones, and that fields cannot run together
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/util.h"
#include "host/digest.h"

struct field {
	const char *label, *text;	/* NULL ends */
};

#define OF(buf, ...) of_fields(buf, (const struct field[]){ __VA_ARGS__, { NULL, NULL } })

static const char *of_fields(char buf[DIGEST_SIZE], const struct field *f)
{
	struct digest d;

	digest_begin(&d);
	for (; f->label; f++)
		digest_text(&d, f->label, f->text);
	assert_int_equal(digest_end(&d, buf, NULL), 0);
	return buf;
}

static int file_with(const char *text, size_t len)
{
	char path[] = "/tmp/test_digest.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* XXH3 of no bytes: the test vectors of xxHash */
static void test_known(void **state)
{
	_cleanup_close_ int none = file_with("", 0);
	char sum[DIGEST_SIZE];

	assert_int_equal(digest_fd(none, 0, sum), 0);
	assert_string_equal(sum, "99aa06d3014798d86001c324468d497f");
}

static void test_size(void **state)
{
	_cleanup_close_ int fd = file_with("abc", 3);
	char sum[DIGEST_SIZE] = "-";

	assert_int_equal(digest_fd(fd, 4, sum), -ESTALE);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(digest_fd(fd, 2, sum), -ESTALE);
	assert_string_equal(sum, "-");
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(digest_fd(fd, 3, sum), 0);
}

static void test_fields(void **state)
{
	char a[DIGEST_SIZE], b[DIGEST_SIZE];

	assert_string_equal(OF(a, { "x", "1" }, { "y", "2" }), OF(b, { "x", "1" }, { "y", "2" }));
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(OF(a, { "x", "12" }), OF(b, { "x", "1" }, { "", "2" }));
	assert_string_not_equal(OF(a, { "xy", "1" }), OF(b, { "x", "y1" }));
	assert_string_not_equal(OF(a, { "x", "1" }, { "y", "2" }), OF(b, { "y", "2" }, { "x", "1" }));
	assert_string_not_equal(OF(a, { "x", "" }), OF(b, { "x", "" }, { "x", "" }));
	assert_string_not_equal(OF(a, { "x", "" }), OF(b, { "", "" }));
}

/* Whatever a value holds, it cannot look like the head of another field. */
static void test_forged_frame(void **state)
{
	static const char forged[] = "1b\1\0\0\0\0\0\0\0y\1\0\0\0\0\0\0\0" "2";
	char a[DIGEST_SIZE], b[DIGEST_SIZE];
	struct digest d;

	digest_begin(&d);
	digest_bytes(&d, "x", forged, sizeof(forged) - 1);
	assert_int_equal(digest_end(&d, a, NULL), 0);
	assert_string_not_equal(a, OF(b, { "x", "1" }, { "y", "2" }));
}

static const char *of_file(char buf[DIGEST_SIZE], int fd)
{
	char path[64];
	struct digest d;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	digest_begin(&d);
	digest_file(&d, "f", path);
	assert_int_equal(digest_end(&d, buf, NULL), 0);
	return buf;
}

static void test_files(void **state)
{
	_cleanup_close_ int one = file_with("abc", 3), same = file_with("abc", 3);
	_cleanup_close_ int other = file_with("abd", 3);
	char a[DIGEST_SIZE], b[DIGEST_SIZE];

	assert_string_equal(of_file(a, one), of_file(b, same));
	assert_string_not_equal(a, of_file(b, other));
	assert_string_not_equal(a, OF(b, { "f", "abc" }));
}

static void test_missing_file(void **state)
{
	char sum[DIGEST_SIZE] = "-";
	struct err err = { 0 };
	struct digest d;

	digest_begin(&d);
	digest_text(&d, "x", "1");
	digest_file(&d, "f", "/nonexistent/file");
	digest_text(&d, "y", "2");
	assert_int_equal(digest_end(&d, sum, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/file"));
	assert_string_equal(sum, "-");
	err_reset(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_forged_frame),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
