// SPDX-License-Identifier: GPL-2.0
/*
 * test_trial_judge.c - what trials say: validity, expectations, both verdicts, in words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/trial.h"
#include "core/util.h"

#define HEAD "ovslab-scenario: 1\nname: x\nsummary: y\n"
#define BURSTS "traffic: { kind: bursts }\n"
#define CONNS "traffic: { kind: conns }\n"
#define CONNECT "traffic: { kind: connect, port: 22 }\n"
#define TWO "variants: { baseline: {}, fixed: { bench: { ovs: sid } } }\n"
#define VM "bench: { switch: vm, datapath: kernel }\n"
#define EXPECT "expect:\n" \
	"  - { metric: reordered, variant: baseline, at-least: 100 }\n" \
	"  - { metric: reordered, variant: fixed, at-most-ratio: 0.2 }\n"
#define SCORE "score: { metric: reordered }\n"
#define USUAL HEAD VM BURSTS TWO EXPECT SCORE
#define USUAL_TCP HEAD VM CONNS TWO EXPECT SCORE

static struct trial t;
static struct trial_outcome o;

static void trial_of(const char *text, enum trial_mode mode, const char *first, const char *second)
{
	struct mistakes m = { 0 };

	trial_free(&t);
	t.mode = mode;
	if (text && scenario_read(text, strlen(text), &t.scenario, &m))
		fail_msg("%zu mistakes in the scenario, the first: %s", m.n, m.v[0].text);
	t.cells[0] = first ? strdup(first) : NULL;
	t.cells[1] = second ? strdup(second) : NULL;
	t.n_cells = 1 + !!second;
}

/* One that counts: 2000 packets, of which @reordered. */
static struct trial_run *add(unsigned int cell, unsigned int pair, bool second, uint64_t reordered)
{
	struct trial_run r = { .cell = cell, .pair = pair, .second = second };

	r.run.reorder.exact = true;
	r.run.reorder.f.ingress_packets = r.run.reorder.f.egress_packets = 2000;
	r.run.reorder.f.packets = 2000;
	r.run.reorder.f.reordered = reordered;
	run_set(&r.run.env.ovs_version, "4.0.0");
	run_set(&r.run.env.ovs_package, "4.0.0-1");
	run_set(&r.run.env.setup.kernel, "7.2");
	run_set(&r.run.env.setup.kernel_build, "#1 Debian 7.2-1");
	run_set(&r.run.env.accel, "tcg");
	assert_int_equal(trial_add_run(&t, &r), 0);
	return &t.runs[t.n_runs - 1];
}

/* In an order that changes. */
static void add_pair(unsigned int pair, uint64_t baseline, uint64_t other)
{
	bool swap = pair % 3 == 1;

	add(swap, pair, false, swap ? other : baseline);
	add(!swap, pair, true, swap ? baseline : other);
}

static void add_pairs(unsigned int n, uint64_t baseline, uint64_t other)
{
	for (unsigned int i = 0; i < n; i++)
		add_pair(i, baseline + i, other);
}

static void add_throughput(unsigned int n, double baseline, double other)
{
	for (unsigned int i = 0; i < n; i++) {
		double scatter = i % 2 ? 1.01 : .99;

		add(0, i, false, 1000 + i)->run.throughput_bps = baseline;
		add(1, i, true, 0)->run.throughput_bps = other * scatter;
	}
}

static void judge(enum trial_refusal refusal, enum trial_verdict verdict, int status)
{
	trial_judge(&t, &o);
	if (o.refusal != refusal || o.verdict != verdict || trial_status(&t, &o) != status)
		fail_msg("%s, %s, status %d: %s", trial_refusal_names[o.refusal],
			 trial_verdict_names[o.verdict], trial_status(&t, &o), o.why);
}

static int teardown(void **state)
{
	trial_free(&t);
	return 0;
}

/* ---- plain data ------------------------------------------------------------------------- */

static void words(void **state)
{
	static const struct { const char *const *names; size_t n; } rows[] = {
		{ trial_mode_names, TRIAL_AA + 1 }, { trial_fault_names, TRIAL_SETUP_DIFFERS + 1 },
		{ trial_verdict_names, TRIAL_REGRESSED + 1 },
		{ trial_refusal_names, TRIAL_RUNS_INVALID + 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t j = 0; j < rows[i].n; j++)
			assert_non_null(rows[i].names[j]);
		assert_null(rows[i].names[rows[i].n]);
	}
	assert_string_equal(trial_verdict_names[TRIAL_NOT_FIXED], "not-fixed");
}

static void cells(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	assert_int_equal(trial_cell(&t, "baseline"), 0);
	assert_int_equal(trial_cell(&t, "fixed"), 1);
	assert_int_equal(trial_cell(&t, "no"), -1);
	assert_int_equal(trial_cell(&t, NULL), -1);
	t.n_cells = 4000000000;
	assert_int_equal(trial_cell(&t, "no"), -1);
	trial_of(HEAD BURSTS, TRIAL_RUN, NULL, NULL);
	assert_int_equal(trial_cell(&t, NULL), 0);
	assert_int_equal(trial_cell(&t, "baseline"), -1);
}

static void runs_are_bounded(void **state)
{
	struct trial_run r = { .cell = 0 };

	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < TRIAL_RUNS_MAX; i++)
		add(0, i, false, i);
	assert_int_equal(trial_add_run(&t, &r), -E2BIG);
	assert_int_equal(t.n_runs, TRIAL_RUNS_MAX);
	assert_true(trial_figure_of(&t, 0, 0).median == (TRIAL_RUNS_MAX - 1) / 2.);
	assert_true(trial_figure_of(&t, 0, 0).max == TRIAL_RUNS_MAX - 1);
	assert_int_equal(trial_figure_of(&t, 1, 0).n, 0);
	assert_int_equal(trial_figure_of(&t, 4000000000, 0).n, 0);
}

/* ---- validity --------------------------------------------------------------------------- */

static void own_faults(void **state)
{
	static const struct { enum run_status status; uint64_t in, attempts, dropped, saturated;
			      bool inexact; enum trial_fault fault; } rows[] = {
		{ RUN_OK, 1, 0, 0, 0, false, TRIAL_VALID },
		{ RUN_OK, 0, 0, 0, 0, false, TRIAL_NO_TRAFFIC },
		{ RUN_NO_TRAFFIC, 0, 0, 0, 0, true, TRIAL_NO_TRAFFIC },
		{ RUN_NO_TRAFFIC, 1, 0, 0, 0, false, TRIAL_VALID },	/* all was lost: the bug? */
		{ RUN_OK, 0, 5, 0, 0, true, TRIAL_VALID },		/* connections without data */
		{ RUN_TRAFFIC_FAILED, 1, 0, 0, 0, false, TRIAL_TRAFFIC_FAILED },
		{ RUN_INJECTIONS_CHANGED, 1, 0, 0, 0, false, TRIAL_INJECTIONS_CHANGED },
		{ RUN_SWITCH_RESTARTED, 1, 0, 0, 0, false, TRIAL_SWITCH_RESTARTED },
		{ RUN_MANGLED_NOTHING, 1, 0, 0, 0, false, TRIAL_VALID },
		{ RUN_OK, 1, 0, 1, 0, false, TRIAL_INEXACT },
		{ RUN_OK, 1, 0, 0, 1, false, TRIAL_INEXACT },
		{ RUN_OK, 1, 0, 0, 0, true, TRIAL_INEXACT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trial_run *r;

		trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
		r = add(0, 0, false, 1);
		r->run.status = rows[i].status;
		r->run.reorder.f.ingress_packets = rows[i].in;
		r->run.connect.attempts = rows[i].attempts;
		r->run.events.dropped = rows[i].dropped;
		r->run.events.flows_saturated = rows[i].saturated;
		r->run.reorder.exact = !rows[i].inexact;
		assert_int_equal(trial_fault(&t, r), rows[i].fault);
		trial_judge(&t, &o);
		assert_int_equal(o.invalid, rows[i].fault != TRIAL_VALID);
	}
}

static void setup_differs(void **state)
{
	for (unsigned int i = 0; i < 5; i++) {
		struct run_environment *e;

		trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
		run_set(&add(0, 0, false, 1)->run.env.accel, "kvm");
		t.runs[0].run.status = RUN_TRAFFIC_FAILED;	/* so it is no measure */
		add(0, 1, false, 1);
		run_set(&add(1, 1, true, 1)->run.env.accel, "kvm");	/* another cell */
		e = &add(0, 2, false, 1)->run.env;
		assert_int_equal(trial_fault(&t, &t.runs[3]), TRIAL_VALID);
		run_set(i == 0 ? &e->ovs_version : i == 1 ? &e->ovs_package : i == 2 ? &e->setup.kernel :
			i == 3 ? &e->setup.kernel_build : &e->accel, i == 1 ? NULL : "another");
		assert_int_equal(trial_fault(&t, &t.runs[0]), TRIAL_TRAFFIC_FAILED);
		assert_int_equal(trial_fault(&t, &t.runs[1]), TRIAL_VALID);
		assert_int_equal(trial_fault(&t, &t.runs[2]), TRIAL_VALID);
		assert_int_equal(trial_fault(&t, &t.runs[3]), TRIAL_SETUP_DIFFERS);
	}
}

/* ---- expectations ------------------------------------------------------------------------ */

static void expected(unsigned int i, bool known, bool holds, const char *text)
{
	assert_true(i < o.n_expected);
	assert_string_equal(o.expected[i].text, text);
	assert_int_equal(o.expected[i].known, known);
	assert_int_equal(o.expected[i].holds, holds);
}

static void expectations_hold(void **state)
{
	trial_of(USUAL, TRIAL_RUN, "baseline", "fixed");
	add(0, 0, false, 704);
	add(0, 1, false, 1165);
	add(0, 2, false, 1200);
	add(1, 0, false, 233);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_OK);
	expected(0, true, true, "reordered of baseline: 1165 (704 to 1200 in 3 runs), expected at least 100");
	expected(1, true, true, "reordered of fixed: 233, expected at most 0.2 times baseline's 1165");
	assert_true(o.expectations_known && o.expectations_hold && o.expected[0].agree &&
		    o.expected[1].agree);
	assert_string_equal(o.why, "all 2 expectations hold");
	assert_int_equal(o.pairs, 0);

	t.runs[3].run.reorder.f.reordered = 234;
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_VERDICT);
	assert_true(o.expectations_known && !o.expectations_hold);
	assert_string_equal(o.why, "1 of 2 expectations does not hold: reordered of fixed: 234, "
			    "expected at most 0.2 times baseline's 1165");
}

static void expectations_not_known(void **state)
{
	trial_of(USUAL, TRIAL_RUN, "baseline", "fixed");
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	expected(1, false, false, "reordered of fixed: no run counts, expected at most 0.2 times baseline's");
	assert_false(o.expectations_hold || o.expectations_known);
	assert_string_equal(o.why, "2 of 2 expectations cannot be judged: reordered of baseline: "
			    "no run counts, expected at least 100");
	add(1, 0, false, 0)->run.status = RUN_TRAFFIC_FAILED;
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	add(0, 0, false, 100);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_true(o.expectations_hold && !o.expectations_known);
	t.runs[1].run.reorder.f.reordered = 99;
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_VERDICT);
}

/* Of nothing there is no share: 0 beside a baseline of 0 is not known, 1 is too much. */
static void ratio_of_nothing(void **state)
{
	trial_of(HEAD VM BURSTS TWO "expect: [{ metric: lost, variant: fixed, at-most-ratio: 0.5 }]\n",
		 TRIAL_RUN, "baseline", "fixed");
	add(0, 0, false, 0);
	add(1, 0, false, 0);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	t.runs[1].run.reorder.f.lost = 1;
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_VERDICT);
}

static void cells_that_were_not_run(void **state)
{
	trial_of(USUAL, TRIAL_RUN, "baseline", NULL);
	add(0, 0, false, 100);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_OK);
	assert_int_equal(o.n_expected, 1);
	assert_string_equal(o.why, "as expected: reordered of baseline: 100, expected at least 100");
}

static void nothing_expected(void **state)
{
	trial_of(HEAD BURSTS, TRIAL_RUN, NULL, NULL);
	add(0, 0, false, 100);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	trial_of(NULL, TRIAL_RUN, NULL, NULL);
	add(0, 0, false, 100);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_string_equal(o.why, "nothing is expected, so nothing is judged");
}

static void every_bound(void **state)
{
	static const struct { const char *bounds; uint64_t figure; bool holds; } rows[] = {
		{ "at-least: 10", 10, true }, { "at-least: 10", 9, false },
		{ "at-most: 10", 10, true }, { "at-most: 10", 11, false },
		{ "at-least: 5, at-most: 10", 4, false }, { "at-least: 5, at-most: 10", 7, true },
		{ "at-least: 5, at-most: 10", 11, false },
		{ "at-least-ratio: 0.3", 300, true }, { "at-least-ratio: 0.3", 299, false },
		{ "at-most-ratio: 0.3", 300, true }, { "at-most-ratio: 0.3", 301, false },
		{ "at-most-ratio: 0.3, at-most: 100", 101, false },
		{ "at-least-ratio: 0.1, at-most-ratio: 0.3", 200, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text), HEAD VM BURSTS TWO
			 "expect: [{ metric: reordered, variant: fixed, %s }]\n", rows[i].bounds);
		trial_of(text, TRIAL_RUN, "baseline", "fixed");
		add(0, 0, false, 1000);
		add(1, 0, false, rows[i].figure);
		judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE,
		      rows[i].holds ? STATUS_OK : STATUS_VERDICT);
	}
}

static void runs_that_disagree(void **state)
{
	trial_of(HEAD BURSTS "expect: [{ metric: reordered, at-most: 10 }]\n", TRIAL_RUN, NULL, NULL);
	add(0, 0, false, 0);
	add(0, 1, false, 2);
	add(0, 2, false, 11);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_OK);
	assert_false(o.expected[0].agree);
	t.runs[2].run.status = RUN_TRAFFIC_FAILED;
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_OK);
	assert_true(o.expected[0].agree);
	expected(0, true, true, "reordered: 1 (0 to 2 in 2 runs), expected at most 10");
	assert_int_equal(o.invalid, 1);
}

static void units_in_words(void **state)
{
	trial_of(HEAD CONNS "expect:\n  - { metric: throughput_bps, at-least: 1000M }\n"
		 "  - { metric: ratio, at-most: 0.01 }\n", TRIAL_RUN, NULL, NULL);
	add(0, 0, false, 25)->run.throughput_bps = 12.34e9;
	add(0, 1, false, 26)->run.throughput_bps = 12.34e9;
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_VERDICT);
	expected(0, true, true, "throughput_bps: 12.3 Gbit/s (12.3 Gbit/s to 12.3 Gbit/s in 2 runs), "
		 "expected at least 1 Gbit/s");
	expected(1, true, false, "ratio: 0.01275 (0.0125 to 0.013 in 2 runs), expected at most 0.01");
}

/* ---- counts in pairs --------------------------------------------------------------------- */

static void fixed(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 5; i++) {
		judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
		assert_false(o.done);
		assert_int_equal(o.pairs, i);
		add_pair(i, 1309 + i, i == 3 ? 64 : 0);
	}
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_true(o.done);
	assert_int_equal(o.pairs, 5);
	assert_int_equal(o.counts.cured, 5);
	assert_true(o.counts.cured_ratio == .2 && o.counts.worse_ratio == 2);
	assert_string_equal(o.why, "fixed: reordered 0 of 2000 against 1311 (median of 5 pairs), "
			    "cured in 5 of 5 pairs");
	assert_int_equal(o.throughput_pairs, 0);
}

static void not_fixed(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add_pairs(5, 1000, 500);			/* half of it, and a fifth is the bound */
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_VERDICT);
	assert_true(o.done);
	assert_string_equal(o.why, "not fixed: reordered 500 of 2000 against 1002 (median of 5 pairs), "
			    "not cured in 5 of 5 pairs");
}

static void regressed(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add_pairs(5, 200, 1900);
	judge(TRIAL_SCORED, TRIAL_REGRESSED, STATUS_VERDICT);
	assert_string_equal(o.why, "regressed: reordered 1900 of 2000 against 202 (median of 5 pairs), "
			    "worse in 5 of 5 pairs");
}

static void inconclusive(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 19; i++) {
		add_pair(i, 1000, i % 2 ? 0 : 900);
		trial_judge(&t, &o);
		assert_false(o.done);
	}
	judge(TRIAL_SCORED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_int_equal(o.counts.pairs, 16);
	add_pair(19, 1000, 0);
	judge(TRIAL_SCORED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_true(o.done);
	assert_string_equal(o.why, "inconclusive: reordered 450 of 2000 against 1000 (median of 20 pairs), "
			    "cured in 10, the same in 10 and worse in 0 of 20 pairs");
}

static void counts_that_overlap(void **state)
{
	static const unsigned int baseline[] = { 100, 900, 900, 900, 900 }, other[] = { 0, 100, 0, 0, 0 };

	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 5; i++)
		add_pair(i, baseline[i], other[i]);
	judge(TRIAL_SCORED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_false(o.done);
	assert_string_equal(o.why, "inconclusive: reordered 0 of 2000 against 900 (median of 5 pairs), cured in "
			    "5, the same in 0 and worse in 0 of 5 pairs, too few for counts that overlap");
	for (unsigned int i = 5; i < 8; i++)
		add_pair(i, 900, 0);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_int_equal(o.counts.pairs, 8);
}

/* The looks are at 5, 8, 12, 16 and 20 pairs, also of a series that goes on. */
static void looks(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add_pair(0, 1000, 900);
	for (unsigned int i = 1; i < 12; i++) {
		add_pair(i, 1000, 0);
		trial_judge(&t, &o);
		assert_int_equal(o.counts.pairs, i < 4 ? 0 : i < 7 ? 5 : i < 11 ? 8 : 12);
		assert_int_equal(o.done, i == 11);
	}
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_int_equal(o.counts.cured, 11);
	add_pair(12, 1000, 2000);		/* of two processes that raced: changes nothing */
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_int_equal(o.counts.pairs, 12);
	assert_int_equal(o.pairs, 13);
}

static void cured_ratios(void **state)
{
	static const struct { const char *text; double ratio; } rows[] = {
		{ HEAD VM BURSTS TWO SCORE, .5 },
		{ USUAL, .2 },
		{ HEAD VM BURSTS TWO SCORE "expect: [{ metric: lost, variant: fixed, at-most-ratio: 0.1 }]\n", .5 },
		{ HEAD VM BURSTS TWO SCORE "expect: [{ metric: reordered, variant: fixed, at-most: 0 }]\n", .5 },
		{ HEAD VM BURSTS TWO SCORE
		  "expect: [{ metric: reordered, variant: fixed, at-most-ratio: 3 }]\n", .5 },
		{ HEAD VM BURSTS TWO SCORE
		  "expect: [{ metric: reordered, variant: fixed, at-most-ratio: 0 }]\n", 0 },
		{ HEAD VM CONNECT TWO "score: { metric: connected }\n"
		  "expect: [{ metric: connected, variant: fixed, at-least-ratio: 4 }]\n", .25 },
		{ HEAD VM CONNECT TWO "score: { metric: connected }\n"
		  "expect: [{ metric: connected, variant: fixed, at-least-ratio: 0 }]\n", .5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		trial_of(rows[i].text, TRIAL_VALIDATE, "baseline", "fixed");
		trial_judge(&t, &o);
		assert_true(o.counts.cured_ratio == rows[i].ratio);
	}
}

static void more_is_better(void **state)
{
	trial_of(HEAD VM CONNECT TWO "score: { metric: connected }\n", TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 5; i++) {
		add_pair(i, 0, 0);
		for (unsigned int j = 0; j < 2; j++) {
			struct run *run = &t.runs[2 * i + j].run;

			run->reorder = (struct reorder_result){ 0 };
			run->connect.attempts = 10;
			run->connect.connected = t.runs[2 * i + j].cell ? 10 : 0;
		}
	}
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_string_equal(o.why, "fixed: connected 10 of 10 against 0 (median of 5 pairs), "
			    "cured in 5 of 5 pairs");
	for (unsigned int i = 0; i < 10; i++)
		t.runs[i].run.connect.connected = t.runs[i].cell ? 1 : 10;
	judge(TRIAL_SCORED, TRIAL_REGRESSED, STATUS_VERDICT);
	for (unsigned int i = 0; i < 10; i++)
		t.runs[i].run.connect.connected = 0;
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_VERDICT);
}

/* ---- which runs are pairs ---------------------------------------------------------------- */

static void order_does_not_matter(void **state)
{
	for (unsigned int swap = 0; swap < 2; swap++) {
		trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
		for (unsigned int i = 0; i < 5; i++) {
			add(swap, i, false, swap ? 0 : 1000 + i);
			add(!swap, i, true, swap ? 1000 + i : 0);
		}
		judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	}
}

static void pairs_made_again(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add(0, 0, false, 1000);
	add(1, 0, true, 2000)->run.status = RUN_TRAFFIC_FAILED;
	add(0, 0, false, 2000)->run.status = RUN_TRAFFIC_FAILED;
	add(1, 0, true, 1999);				/* not with the first: two runs between */
	trial_judge(&t, &o);
	assert_int_equal(o.pairs, 0);
	add_pairs(5, 1000, 0);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_int_equal(o.pairs, 5);
	assert_int_equal(o.invalid, 2);
	assert_int_equal(o.counts.cured, 5);
	add_pair(2, 1000, 999);				/* the last one counts, in its place */
	judge(TRIAL_SCORED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_int_equal(o.counts.cured, 4);
}

/* Killed between the two of a pair, and resumed: with the pair, or with its second. */
static void resumed(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add_pairs(2, 1000, 0);
	add(0, 2, false, 1000);
	trial_judge(&t, &o);
	assert_int_equal(o.pairs, 2);
	for (unsigned int i = 2; i < 5; i++)
		add_pair(i, 1000, 0);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_int_equal(o.pairs, 5);
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add(1, 0, false, 0);
	add(0, 0, true, 1000);
	trial_judge(&t, &o);
	assert_int_equal(o.pairs, 1);
}

static void neighbours_are_not_pairs(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 20; i++)
		add(i % 2, i, i % 2, i % 2 ? 0 : 1000);
	judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_int_equal(o.pairs, 0);
}

/* ---- refusals ----------------------------------------------------------------------------- */

static void too_few(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_string_equal(o.why, "0 pairs so far, the first look is after 5");
	add_pair(0, 1000, 0);
	add(0, 1, false, 0)->run.status = RUN_TRAFFIC_FAILED;
	judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_string_equal(o.why, "1 pair so far, the first look is after 5; 1 run does not count");
}

static void bug_not_shown(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add_pairs(5, 90, 0);
	judge(TRIAL_BUG_NOT_SHOWN, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_string_equal(o.why, "baseline does not show the bug: reordered of baseline: 92 "
			    "(90 to 94 in 5 runs), expected at least 100");
	assert_int_equal(o.counts.verdict, TRIAL_FIXED);
	assert_true(o.done);

	/* nothing was expected of the baseline, but 0 of it cannot be cured */
	trial_of(HEAD VM BURSTS TWO SCORE, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 5; i++)
		add_pair(i, 0, 0);
	judge(TRIAL_BUG_NOT_SHOWN, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_string_equal(o.why, "baseline does not show the bug: reordered 0 (median of 5 pairs)");
	for (unsigned int i = 0; i < 10; i++)
		t.runs[i].run.reorder.f.reordered = t.runs[i].cell ? 7 : 0;
	judge(TRIAL_SCORED, TRIAL_REGRESSED, STATUS_VERDICT);
}

static void nothing_mangled(void **state)
{
	const struct mangle_counters none = { .seen = 9 }, some = { .mangled = 1 }, cleared = { .cleared = 1 };

	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	add_pairs(5, 1000, 0);
	run_add_injection(&t.runs[3].run, "psh", "vm1:egress", "psh", &some);
	run_add_injection(&t.runs[4].run, "psh", "vm1:egress", "psh", &cleared);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	run_add_injection(&t.runs[3].run, "ttl", "vm1:egress", "ttl", &none);
	judge(TRIAL_NOTHING_MANGLED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_true(o.done);
	assert_string_equal(o.why, "a mangler changed nothing in a run of baseline or fixed, so the pair "
			    "says nothing");
	t.runs[3].run.injections[1].counters = some;
	t.runs[9].run.status = RUN_MANGLED_NOTHING;
	judge(TRIAL_NOTHING_MANGLED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
}

static void too_many_invalid(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	for (unsigned int i = 0; i < 6; i++) {
		add(0, 0, false, 1000);
		add(1, 0, true, 0)->run.status = i % 2 ? RUN_TRAFFIC_FAILED : RUN_SWITCH_RESTARTED;
	}
	judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	t.runs[0].run.events.dropped = 1;
	judge(TRIAL_RUNS_INVALID, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_string_equal(o.why, "7 of 12 runs do not count: traffic-failed in 3, switch-restarted in 3, "
			    "inexact in 1");
	assert_false(o.done);
}

static void no_score(void **state)
{
	trial_of(HEAD VM BURSTS TWO EXPECT, TRIAL_VALIDATE, "baseline", "fixed");
	add_pairs(5, 1000, 0);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_true(o.done);
	assert_true(o.expectations_hold);
	assert_string_equal(o.why, "the scenario has no score, so there is nothing to validate");
}

/* ---- throughput --------------------------------------------------------------------------- */

static void throughput_is_reported_only(void **state)
{
	trial_of(USUAL_TCP, TRIAL_VALIDATE, "baseline", "fixed");
	add_throughput(8, 1e9, .5e9);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_int_equal(o.throughput.verdict, PAIRED_WORSE);
	assert_int_equal(o.throughput_pairs, 8);
	assert_null(strstr(o.why, "throughput"));
}

static void throughput_takes_part(void **state)
{
	trial_of(USUAL_TCP, TRIAL_VALIDATE, "baseline", "fixed");
	t.judge_throughput = true;
	add_throughput(5, 1e9, .5e9);
	judge(TRIAL_SCORED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_false(o.done);				/* the counts are */
	assert_true(o.counts.done && o.counts.verdict == TRIAL_FIXED);
	assert_string_equal(o.why, "inconclusive: reordered 0 of 2000 against 1002 (median of 5 pairs), "
			    "cured in 5 of 5 pairs; throughput is not judged after 5 pairs");
	trial_of(USUAL_TCP, TRIAL_VALIDATE, "baseline", "fixed");
	t.judge_throughput = true;
	add_throughput(8, 1e9, .5e9);
	judge(TRIAL_SCORED, TRIAL_REGRESSED, STATUS_VERDICT);
	assert_true(o.done);
	assert_string_equal(o.why, "regressed: reordered 0 of 2000 against 1002 (median of 5 pairs), "
			    "cured in 5 of 5 pairs; throughput -50.0 % (-50.5 to -49.5 % in 8 pairs): worse");
	trial_of(USUAL_TCP, TRIAL_VALIDATE, "baseline", "fixed");
	t.judge_throughput = true;
	add_throughput(8, 1e9, 1e9);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_true(o.done);
	assert_non_null(strstr(o.why, ": not worse"));
}

/* On the edge of what matters: no verdict at any look. */
static void throughput_in_doubt(void **state)
{
	trial_of(USUAL_TCP, TRIAL_VALIDATE, "baseline", "fixed");
	t.judge_throughput = true;
	for (unsigned int i = 0; i < 20; i++) {
		trial_judge(&t, &o);
		assert_false(o.done);
		add(0, i, false, 1000 + i)->run.throughput_bps = 1e9;
		add(1, i, true, 0)->run.throughput_bps = i % 2 ? .85e9 : 1.05e9;
	}
	judge(TRIAL_SCORED, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	assert_true(o.done);
	assert_non_null(strstr(o.why, "cured in 5 of 5 pairs; throughput -5.5 %"));
	assert_non_null(strstr(o.why, "in 20 pairs): inconclusive"));
	/* not fixed is not fixed, however fast */
	for (size_t i = 0; i < t.n_runs; i++)
		t.runs[i].run.reorder.f.reordered = 1000;
	t.n_runs = 10;
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_VERDICT);
	assert_true(o.done);
	t.n_runs = 40;
}

/* Bursts have none, so there is nothing to wait for. */
static void traffic_without_throughput(void **state)
{
	trial_of(USUAL, TRIAL_VALIDATE, "baseline", "fixed");
	t.judge_throughput = true;
	add_pairs(5, 1000, 0);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_OK);
	assert_true(o.done);
}

static void throughput_is_the_score(void **state)
{
	static const struct { double ratio; enum trial_verdict verdict; } rows[] = {
		{ 1.5, TRIAL_FIXED }, { 1, TRIAL_NOT_FIXED }, { .5, TRIAL_REGRESSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		trial_of(HEAD VM CONNS TWO, TRIAL_VALIDATE, "baseline", "fixed");
		t.judge_throughput = true;
		add_throughput(7, 1e9, 1e9 * rows[i].ratio);
		judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
		assert_false(o.done);
		assert_string_equal(o.why, "7 pairs so far, the first look is after 8");
		add(0, 7, false, 0)->run.throughput_bps = 1e9;
		add(1, 7, true, 0)->run.throughput_bps = 1e9 * rows[i].ratio;
		judge(TRIAL_SCORED, rows[i].verdict,
		      rows[i].verdict == TRIAL_FIXED ? STATUS_OK : STATUS_VERDICT);
		assert_true(o.done);
	}
	assert_string_equal(o.why, "regressed: throughput -50.0 % (-50.5 to -49.5 % in 8 pairs): worse");
}

/* ---- the same against itself -------------------------------------------------------------- */

static void aa(void **state)
{
	trial_of(USUAL_TCP, TRIAL_AA, "baseline", "baseline-again");
	for (unsigned int i = 0; i < 8; i++) {
		trial_judge(&t, &o);
		assert_false(o.done);
		assert_int_equal(o.aa_count.n, i < 5 ? 0 : i);
		add(0, i, false, 1000 + 30 * i)->run.throughput_bps = 1e9;
		add(1, i, true, 1100 - 20 * i)->run.throughput_bps = i % 2 ? 1.04e9 : .98e9;
	}
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_OK);
	assert_true(o.done);
	assert_int_equal(o.n_expected, 1);		/* none of fixed */
	assert_int_equal(o.counts.pairs, 5);
	assert_string_equal(o.why, "no false alarm: reordered 1060 of 2000 against 1060 (median of 5 pairs), "
			    "not cured in 5 of 5 pairs");
	assert_true(o.aa_count.n == 8 && o.aa_count.known && o.aa_count.effect > .8 &&
		    o.aa_count.effect < .95);
	assert_true(o.aa_throughput.n == 8 && o.aa_throughput.known && o.aa_throughput.effect > .05 &&
		    o.aa_throughput.effect < .2);
	assert_true(o.aa_throughput.interval.low < 0 && o.aa_throughput.interval.high > 0);
}

/* Whatever cuts it short: a machine is trusted after all pairs of the plan. */
static void aa_cut_short(void **state)
{
	trial_of(USUAL_TCP, TRIAL_AA, "baseline", "baseline-again");
	add_pairs(7, 1000, 1000);
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_INCONCLUSIVE);
	assert_int_equal(strncmp(o.why, "inconclusive: no false alarm in 7 pairs, and more are planned: ", 63), 0);
	add_pair(7, 1000, 1000);
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_OK);
}

/* A false alarm of throughput would be one as well: its looks are taken. */
static void aa_of_throughput(void **state)
{
	trial_of(USUAL_TCP, TRIAL_AA, "baseline", "baseline-again");
	t.judge_throughput = true;
	for (unsigned int i = 0; i < 12; i++) {
		trial_judge(&t, &o);
		assert_false(o.done);
		add(0, i, false, 1000)->run.throughput_bps = 1e9;
		add(1, i, true, 1000)->run.throughput_bps = i % 2 ? 1.04e9 : i ? .98e9 : .9e9;
	}
	judge(TRIAL_SCORED, TRIAL_NOT_FIXED, STATUS_OK);
	assert_true(o.done);
	assert_int_equal(o.throughput.verdict, PAIRED_NOT_WORSE);
}

static void aa_false_alarm(void **state)
{
	trial_of(USUAL, TRIAL_AA, "baseline", "baseline-again");
	judge(TRIAL_TOO_FEW, TRIAL_INCONCLUSIVE, STATUS_INCONCLUSIVE);
	add_pairs(8, 1000, 0);
	judge(TRIAL_SCORED, TRIAL_FIXED, STATUS_VERDICT);
	assert_non_null(strstr(o.why, "a false alarm, baseline against itself is fixed: reordered 0 "));
	for (size_t i = 0; i < t.n_runs; i++)
		t.runs[i].run.reorder.f.reordered = t.runs[i].cell ? 2000 : 200;
	judge(TRIAL_SCORED, TRIAL_REGRESSED, STATUS_VERDICT);
}

/* ---- what strangers write ------------------------------------------------------------------ */

static void hostile(void **state)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, -1, 0, 1e308, 4e-324 };
	static const enum trial_mode modes[] = { TRIAL_RUN, TRIAL_VALIDATE, TRIAL_AA };
	static const unsigned int numbers[] = { 0, 1, 2, 17, 18, 19, 20, 400, 4000000000, UINT32_MAX };
	uint64_t random = 20;

	for (unsigned int round = 0; round < 60; round++) {
		trial_of(round % 2 ? USUAL_TCP : USUAL, modes[round % 3], "baseline", "fixed");
		t.judge_throughput = round % 4 < 2;
		for (unsigned int i = 0; i < 60; i++) {
			struct trial_run *r;

			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			r = add(numbers[random >> 60 & 1 ? random >> 40 & 1 : (random >> 40) % 10],
				random >> 61 & 1 ? i / 2 : numbers[(random >> 44) % 10], random >> 63,
				random >> 50 & 1 ? UINT64_MAX : random >> 32);
			r->run.throughput_bps = odd[(random >> 33) % ARRAY_SIZE(odd)];
		}
		t.n_cells = numbers[round % ARRAY_SIZE(numbers)];
		trial_judge(&t, &o);
		assert_true(o.pairs <= TRIAL_PAIRS_MAX);
		assert_non_null(memchr(o.why, 0, sizeof(o.why)));
		trial_status(&t, &o);
	}
}

/* Figures that are none: the pair has no throughput, and the run stays. */
static void no_numbers(void **state)
{
	trial_of(USUAL_TCP, TRIAL_VALIDATE, "baseline", "fixed");
	add_throughput(10, 1e9, 1e9);
	t.runs[2].run.throughput_bps = NAN;
	t.runs[5].run.throughput_bps = INFINITY;
	trial_judge(&t, &o);
	assert_int_equal(o.throughput_pairs, 8);
	assert_int_equal(o.throughput.n, 8);
	assert_int_equal(o.pairs, 10);
	assert_int_equal(o.throughput.verdict, PAIRED_NOT_WORSE);
	assert_int_equal(trial_figure_of(&t, 0, 14).n, 9);
	assert_string_equal(scenario_metrics[14].name, "throughput_bps");
}

static void as_many_expectations_as_fit(void **state)
{
	static char text[16384];
	char *at = text + snprintf(text, sizeof(text), HEAD BURSTS "expect:\n");

	for (unsigned int i = 0; i < 64; i++)
		at += snprintf(at, 100, "  - { metric: reordered, at-least: %u }\n", i);
	trial_of(text, TRIAL_RUN, NULL, NULL);
	add(0, 0, false, 62);
	judge(TRIAL_NOTHING_TO_SCORE, TRIAL_INCONCLUSIVE, STATUS_VERDICT);
	assert_int_equal(o.n_expected, 64);
	assert_int_equal(o.n_expected, ARRAY_SIZE(o.expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(cells),
		cmocka_unit_test(runs_are_bounded),
		cmocka_unit_test(own_faults),
		cmocka_unit_test(setup_differs),
		cmocka_unit_test(expectations_hold),
		cmocka_unit_test(expectations_not_known),
		cmocka_unit_test(ratio_of_nothing),
		cmocka_unit_test(cells_that_were_not_run),
		cmocka_unit_test(nothing_expected),
		cmocka_unit_test(every_bound),
		cmocka_unit_test(runs_that_disagree),
		cmocka_unit_test(units_in_words),
		cmocka_unit_test(fixed),
		cmocka_unit_test(not_fixed),
		cmocka_unit_test(regressed),
		cmocka_unit_test(inconclusive),
		cmocka_unit_test(counts_that_overlap),
		cmocka_unit_test(looks),
		cmocka_unit_test(cured_ratios),
		cmocka_unit_test(more_is_better),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(pairs_made_again),
		cmocka_unit_test(resumed),
		cmocka_unit_test(neighbours_are_not_pairs),
		cmocka_unit_test(too_few),
		cmocka_unit_test(bug_not_shown),
		cmocka_unit_test(nothing_mangled),
		cmocka_unit_test(too_many_invalid),
		cmocka_unit_test(no_score),
		cmocka_unit_test(throughput_is_reported_only),
		cmocka_unit_test(throughput_takes_part),
		cmocka_unit_test(throughput_in_doubt),
		cmocka_unit_test(traffic_without_throughput),
		cmocka_unit_test(throughput_is_the_score),
		cmocka_unit_test(aa),
		cmocka_unit_test(aa_cut_short),
		cmocka_unit_test(aa_of_throughput),
		cmocka_unit_test(aa_false_alarm),
		cmocka_unit_test(hostile),
		cmocka_unit_test(no_numbers),
		cmocka_unit_test(as_many_expectations_as_fit),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
