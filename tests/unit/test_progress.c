// SPDX-License-Identifier: GPL-2.0
/*
 * test_progress.c - what a terminal and a pipe get to see
 */
#include <setjmp.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/util.h"
#include "host/wait.h"
#include "progress.h"

/* A start this long ago makes the printed times predictable to a second. */
#define AGO_NS (5 * INT64_C(1000000000))

struct screen {
	struct progress *p;
	int fds[2];
	char text[65536];		/* what a pipe holds */
};

static void open_screen(struct screen *s, enum progress_style style, unsigned int columns)
{
	assert_int_equal(pipe(s->fds), 0);
	s->p = progress_new(s->fds[1], style, columns, now_ns() - AGO_NS);
	assert_non_null(s->p);
}

/* All that was written so far. */
static const char *take(struct screen *s)
{
	size_t n = 0;
	ssize_t got;

	close(s->fds[1]);
	while ((got = read(s->fds[0], s->text + n, sizeof(s->text) - 1 - n)) > 0)
		n += got;
	s->text[n] = '\0';
	close(s->fds[0]);
	progress_free(s->p);
	return s->text;
}

static void test_plain(void **state)
{
	struct screen s;

	open_screen(&s, PROGRESS_PLAIN, 0);
	progress_report(s.p, "vm1", "booting");
	progress_report(s.p, "switch", "bad\nguest\033[2J");
	assert_string_equal(take(&s), "vm1: booting\nswitch: bad guest [2J\n");
}

static void test_silent(void **state)
{
	struct screen s;

	open_screen(&s, PROGRESS_SILENT, 0);
	progress_report(s.p, "vm1", "booting");
	assert_string_equal(take(&s), "");
}

static void test_timed(void **state)
{
	struct screen s;
	double at;
	char *end;

	open_screen(&s, PROGRESS_TIMED, 0);
	progress_report(s.p, "vm1", "booting");
	take(&s);
	assert_int_equal(s.text[0], '[');
	at = strtod(s.text + 1, &end);
	assert_true(at >= 5 && at < 60);
	assert_string_equal(end, "] vm1: booting\n");
}

static void test_live_lines_are_rewritten(void **state)
{
	struct screen s;
	const char *second, *third;

	open_screen(&s, PROGRESS_LIVE, 80);
	progress_report(s.p, "vm1", "booting");
	progress_report(s.p, "vm2", "booting");
	progress_report(s.p, "vm1", "ready");
	take(&s);
	assert_memory_equal(s.text, "\033[2Kvm1 ", 8);		/* nothing to climb over */
	second = strstr(s.text, "\r\033[1A\033[2Kvm1 ");
	assert_non_null(second);
	third = strstr(second + 1, "\r\033[2A\033[2Kvm1 ");
	assert_non_null(third);
	assert_null(strstr(third + 1, "\033[3A"));
	assert_non_null(strstr(third, "ready\n\033[2Kvm2 "));
	assert_string_equal(third + strlen(third) - 8, "booting\n");
	assert_null(strstr(s.text, "\033[?25l"));		/* the cursor is never hidden */
}

/* What is said in between is never overwritten. */
static void test_interjected(void **state)
{
	struct screen s;
	const char *said;

	open_screen(&s, PROGRESS_LIVE, 80);
	progress_report(s.p, "vm1", "booting");
	progress_report(s.p, "vm2", "booting");
	progress_interject(s.p, "ovslab: wait\n");
	progress_report(s.p, "vm1", "ready");
	take(&s);
	said = strstr(s.text, "ovslab: wait\n");
	assert_non_null(said);
	assert_memory_equal(said, "ovslab: wait\n\033[2Kvm1 ", 21);
	open_screen(&s, PROGRESS_SILENT, 0);
	progress_interject(s.p, "ovslab: wait\n");
	assert_string_equal(take(&s), "ovslab: wait\n");
}

/* Nobody reads: it must not wait, or alarm() ends this. */
static void test_interjected_without_room(void **state)
{
	static const char fill[4096] = "";
	struct screen s;

	open_screen(&s, PROGRESS_PLAIN, 80);
	assert_int_equal(fcntl(s.fds[1], F_SETFL, O_NONBLOCK), 0);
	while (write(s.fds[1], fill, sizeof(fill)) > 0)
		;
	assert_int_equal(fcntl(s.fds[1], F_SETFL, 0), 0);
	alarm(10);
	progress_interject(s.p, "ovslab: wait\n");
	alarm(0);
	progress_free(s.p);
	close(s.fds[0]);
	close(s.fds[1]);
}

static void test_live_lines_fit(void **state)
{
	struct screen s;
	char wide[600], *line;

	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	open_screen(&s, PROGRESS_LIVE, 40);
	progress_report(s.p, "vm1", wide);
	progress_report(s.p, "vm2", "\303\251\303\251\303\251\303\251\303\251\303\251\303\251"
			"\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"
			"\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251");
	take(&s);
	line = strstr(s.text, "vm1");
	assert_int_equal(strcspn(line, "\n"), 39);
	line = strstr(s.text, "vm2");				/* 19 ASCII, 20 of two bytes */
	assert_int_equal(strcspn(line, "\n"), 19 + 2 * 20);
}

static void test_settle_starts_a_new_block(void **state)
{
	struct screen s;

	open_screen(&s, PROGRESS_LIVE, 80);
	progress_report(s.p, "vm1", "one");
	progress_settle(s.p);
	progress_report(s.p, "vm1", "two");
	assert_null(strstr(take(&s), "\033[1A"));
}

static void test_many_lines(void **state)
{
	struct screen s;
	char who[64];

	open_screen(&s, PROGRESS_LIVE, 40);
	for (int i = 0; i < 40; i++) {
		snprintf(who, sizeof(who), "a-node-with-a-rather-long-name-%d", i);
		progress_report(s.p, i % 2 ? who : who + 20, "x");
	}
	assert_non_null(strstr(take(&s), "-name-38"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_timed),
		cmocka_unit_test(test_live_lines_are_rewritten),
		cmocka_unit_test(test_interjected),
		cmocka_unit_test(test_interjected_without_room),
		cmocka_unit_test(test_live_lines_fit),
		cmocka_unit_test(test_settle_starts_a_new_block),
		cmocka_unit_test(test_many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
