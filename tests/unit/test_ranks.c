// SPDX-License-Identifier: GPL-2.0
/*
 * test_ranks.c - a list of ranks as text: what it may be, and what comes of it
 *
 * The RFCs' examples are in tests/ns/analyze.sh, through the command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ranks.h"

/* Large: one for the file. */
static struct analysis analysis;

static struct {
	struct analysis_event event[16];
	struct analysis_flow flow;
	size_t n_events, n_flows;
} got;

static void on_flow(void *arg, const struct analysis_flow *flow)
{
	got.flow = *flow;
	got.n_flows++;
}

static void on_event(void *arg, const struct analysis_event *event)
{
	assert_true(got.n_events < 16);
	got.event[got.n_events++] = *event;
}

static struct reorder_limits limits = REORDER_LIMITS_DEFAULT;

static int run(const char *text, struct err *err)
{
	const struct analysis_sink sink = { on_flow, on_event, NULL };

	memset(&got, 0, sizeof(got));
	return ranks_analyze(text, &limits, &sink, &analysis, err);
}

static void test_totals(void **state)
{
	assert_int_equal(run("1 2 4 5 3 2 9", NULL), 0);
	assert_int_equal(analysis.mode, ANALYSIS_RANKS);
	assert_int_equal(analysis.m.packets, 6);
	assert_int_equal(analysis.m.reordered, 1);
	assert_int_equal(analysis.duplicated, 1);
	assert_int_equal(analysis.lost, 3);
	assert_int_equal(analysis.evidence[ANALYSIS_BY_RANK], 1);
	assert_true(analysis.exact);
	assert_int_equal(got.n_flows, 1);
	assert_int_equal(got.flow.packets, 6);
	assert_int_equal(got.flow.lost, 3);
	assert_int_equal(got.flow.extent_max, 2);
	assert_int_equal(got.flow.key.family, 0);
}

static const struct analysis_event *find(enum analysis_class what)
{
	for (size_t i = 0; i < got.n_events; i++)
		if (got.event[i].what == what)
			return &got.event[i];
	fail_msg("no event of class %d", what);
	return NULL;
}

static void test_events(void **state)
{
	const struct analysis_event *e;

	assert_int_equal(run("1@68:100, 2@88.5:100\t4@90:100 5@100:100\n3@110:100 4@111", NULL), 0);
	assert_int_equal(got.n_events, 2);
	e = find(ANALYSIS_REORDERED);
	assert_int_equal(e->frame, 5);
	assert_int_equal(e->start, 3);
	assert_int_equal(e->end, 4);
	assert_int_equal(e->extent, 2);
	assert_int_equal(e->displacement, 2);
	assert_int_equal(e->late_ns, 20000000);
	assert_int_equal(e->time_ns, 110000000);
	assert_true(e->moved);
	e = find(ANALYSIS_DUPLICATED);
	assert_int_equal(e->frame, 6);
	assert_int_equal(got.flow.bytes, 500);
	assert_int_equal(got.flow.first_ns, 68000000);
	assert_int_equal(got.flow.last_ns, 111000000);
	assert_int_equal(analysis.m.late_bytes.max, 200);
}

static void test_not_from_one(void **state)
{
	assert_int_equal(run("4611686018427387904 4611686018427387903", NULL), 0);
	assert_int_equal(analysis.m.reordered, 1);
	assert_int_equal(analysis.lost, 0);
	assert_int_equal(run("0", NULL), 0);
	assert_int_equal(analysis.m.packets, 1);
}

static void test_refused(void **state)
{
	static const struct { const char *text, *word; int rc; } bad[] = {
		{ "", "no ranks", -EINVAL }, { " ,\n", "no ranks", -EINVAL },
		{ "1 x", "'x'", -EINVAL }, { "1.5", "'1.5'", -EINVAL }, { "+1", "'+1'", -EINVAL },
		{ "1 -2", "'-2'", -EINVAL }, { "1@", "'1@'", -EINVAL }, { "1@nan", "'1@nan'", -EINVAL },
		{ "1@-1", "'1@-1'", -EINVAL }, { "1@1e99", "'1@1e99'", -EINVAL },
		{ "1@1:", "'1@1:'", -EINVAL }, { "1@1:x", "'1@1:x'", -EINVAL },
		{ "1@1:4294967296", "'1@1:4294967296'", -EINVAL }, { "1;2", "'1;2'", -EINVAL },
		{ "4611686018427387905", "'4611686018427387905'", -EINVAL },
		{ "99999999999999999999", "'99999999999999999999'", -EINVAL },
		{ "1@5 2@4", "'2@4'", -ERANGE },
		{ "a-word-that-is-longer-than-is-told", "'a-word-that-is-longer-th'", -EINVAL },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = { 0 };

		assert_int_equal(run(bad[i].text, &err), bad[i].rc);
		assert_int_equal(err.status, STATUS_USAGE);
		if (!strstr(err.msg, bad[i].word))
			fail_msg("'%s': %s", bad[i].text, err.msg);
		assert_int_equal(got.n_flows + got.n_events, 0);
		err_reset(&err);
	}
}

/* A window that was cut takes nothing from the counts, unless something comes for it. */
static void test_window(void **state)
{
	limits.window = 4;
	assert_int_equal(run("1 3 4 5 6 7 8", NULL), 0);
	assert_int_equal(analysis.m.cut, 1);
	assert_true(analysis.exact);
	assert_true(got.flow.exact);
	assert_int_equal(run("1 3 4 5 6 7 2", NULL), 0);
	assert_int_equal(analysis.m.reordered, 1);
	assert_false(analysis.exact);
	assert_false(got.flow.exact);
	limits = REORDER_LIMITS_DEFAULT;
}

static void test_too_many(void **state)
{
	char *text = malloc(2 * (size_t)RANKS_MAX + 3);

	assert_non_null(text);
	for (size_t i = 0; i <= RANKS_MAX; i++)
		memcpy(text + 2 * i, "1 ", 3);
	assert_int_equal(run(text, NULL), -E2BIG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_not_from_one),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
