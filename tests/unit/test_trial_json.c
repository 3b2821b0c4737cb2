// SPDX-License-Identifier: GPL-2.0
/*
 * test_trial_json.c - a trial as JSON, against its schema and back; documents of strangers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "report/json.h"
#include "report/run_json.h"
#include "report/trial_json.h"
#include "tests/unit/schema.h"

static const char scenario_text[] =
	"ovslab-scenario: 1\r\n"		/* from a system with other line ends */
	"name: batch\n"
	"summary: one line, with ü\n"
	"bench: { switch: vm, datapath: userspace, ovs: trixie, offloads: off }\n"
	"traffic: { kind: conns, connections: 2 }\n"
	"variants:\n"
	"  baseline: {}\n"
	"  fixed: { bench: { ovs: own } }\n"
	"matrix: { other: { bench: { ovs: sid } } }\n"
	"expect:\n"
	"  - { metric: reordered, variant: baseline, at-least: 10 }\n"
	"  - { metric: reordered, variant: fixed, at-most-ratio: 0.1 }\n"
	"score: { metric: reordered }\n";

/* A path that there is not, which must not matter. */
static const char set_text[] = "fixed.ovs=dir:/nowhere/at all";

static void add_run(struct trial *t, unsigned int cell, unsigned int pair, bool second,
		    uint64_t reordered)
{
	struct trial_run r = { .cell = cell, .pair = pair, .second = second, .seconds = 12.5,
			       .started_s = 13 * (double)t->n_runs };

	r.run.reorder = (struct reorder_result){
		.exact = true, .f = { .packets = 1000, .reordered = reordered, .ingress_packets = 1000,
				      .egress_packets = 1000 },
	};
	r.run.throughput_bps = 1e8 + (double)reordered;
	assert_int_equal(run_set(&r.run.env.ovs_version, cell ? "3.6.1" : "3.5.0"), 0);
	assert_int_equal(run_set(&r.run.env.accel, "tcg"), 0);
	assert_int_equal(run_set(&r.run.traffic.kind, "conns"), 0);
	assert_int_equal(trial_add_run(t, &r), 0);
}

static void fill(struct trial *t)
{
	struct mistakes m = { .n = 0 };

	*t = (struct trial){ .mode = TRIAL_VALIDATE, .seed = 42, .budget_s = 600, .elapsed_s = 77.25,
			     .judge_throughput = true, .n_cells = 2 };
	assert_int_equal(run_set(&t->source.name, "batch.yml"), 0);
	assert_int_equal(run_set(&t->source.text, scenario_text), 0);
	assert_int_equal(run_add_string(&t->source.sets, set_text), 0);
	assert_int_equal(scenario_read(scenario_text, strlen(scenario_text), &t->scenario, &m), 0);
	assert_int_equal(scenario_set(t->scenario, set_text, NULL), 0);
	assert_int_equal(run_set(&t->cells[0], "baseline") ?: run_set(&t->cells[1], "fixed"), 0);
	assert_int_equal(run_set(&t->version, "0.1.0"), 0);
	assert_int_equal(run_set(&t->started_at, "2026-11-22T17:00:00Z"), 0);
	assert_int_equal(run_set(&t->command, "ovslab validate batch.yml"), 0);
	assert_int_equal(run_set(&t->ended_by, "interrupted"), 0);
	assert_int_equal(run_add_string(&t->notes, "a note"), 0);
	for (unsigned int i = 0; i < 5; i++) {
		bool swap = i & 1;

		add_run(t, swap, i, false, swap ? 3 : 500 + i);
		add_run(t, !swap, i, true, swap ? 500 + i : 3);
	}
}

static json_t *document(const struct trial *t)
{
	struct trial_outcome o;
	json_t *doc;

	trial_judge(t, &o);
	doc = trial_to_json(t, &o);
	assert_non_null(doc);
	return doc;
}

static json_t *filled(void)
{
	struct trial t;
	json_t *doc;

	fill(&t);
	doc = document(&t);
	trial_free(&t);
	return doc;
}

/* ---- both ways ---------------------------------------------------------------------- */

/* Its runs are those of run.json, which test_report_run.c looks at. */
static json_t *schema(void)
{
	json_t *rules = json_load_file("docs/schemas/trial.json", 0, NULL);
	json_t *run = json_object_get(rules, "properties");

	run = json_object_get(json_object_get(run, "runs"), "items");
	run = json_object_get(json_object_get(run, "properties"), "run");
	assert_int_equal(json_object_clear(run), 0);
	assert_int_equal(json_object_set_new(run, "type", json_string("object")), 0);
	return rules;
}

static bool fits(const json_t *rules, json_t *doc, const char *what)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(doc, "runs"), i, entry)
		assert_int_equal(json_object_clear(json_object_get(entry, "run")), 0);
	return schema_fits(rules, rules, doc, what);
}

static void test_fits_schema(void **state)
{
	_cleanup_json_ json_t *rules = schema(), *doc = filled(), *lone = NULL;
	struct trial t = { .n_cells = 0 };

	assert_true(fits(rules, doc, "trial"));
	assert_int_equal(json_object_set_new(json_object_get(doc, "outcome"), "verdict",
					     json_string("cured")), 0);
	assert_false(fits(rules, doc, "a verdict that there is not"));
	fill(&t);
	t.mode = TRIAL_AA;
	json_decref(doc);
	doc = document(&t);
	assert_true(fits(rules, doc, "aa"));
	assert_true(json_is_object(json_object_get(json_object_get(doc, "outcome"), "machine_counts")));
	trial_free(&t);
	assert_int_equal(run_set(&t.cells[0], "run"), 0);
	t.n_cells = 1;
	add_run(&t, 0, 0, false, 1);
	lone = document(&t);
	assert_true(fits(rules, lone, "of no scenario"));
	trial_free(&t);
}

static void test_round_trip(void **state)
{
	_cleanup_json_ json_t *doc = filled(), *again = NULL;
	struct trial back;

	assert_int_equal(trial_from_json(doc, &back, NULL), 0);
	assert_int_equal(back.mode, TRIAL_VALIDATE);
	assert_int_equal(back.n_runs, 10);
	assert_int_equal(back.runs[3].cell, 0);
	assert_true(back.runs[3].second);
	assert_int_equal(back.runs[3].pair, 1);
	assert_int_equal(back.runs[3].run.reorder.f.reordered, 501);
	assert_string_equal(back.source.text, scenario_text);
	assert_string_equal(scenario_setup_of(back.scenario, "fixed")->bench.ovs, "dir:/nowhere/at all");
	assert_string_equal(scenario_setup_of(back.scenario, "baseline")->bench.ovs, "debian:trixie");
	again = document(&back);
	assert_true(json_equal(doc, again));
	trial_free(&back);
}

/* What a document claims of its runs is not believed. */
static void test_outcome_is_made_anew(void **state)
{
	_cleanup_json_ json_t *doc = filled();
	struct trial_outcome before, after;
	struct trial back;

	assert_int_equal(trial_from_json(doc, &back, NULL), 0);
	trial_judge(&back, &before);
	trial_free(&back);
	assert_int_equal(before.counts.verdict, TRIAL_FIXED);
	assert_int_equal(json_object_del(doc, "outcome"), 0);
	assert_int_equal(json_object_set_new(json_array_get(json_object_get(doc, "runs"), 0), "fault",
					     json_string("no-traffic")), 0);
	assert_int_equal(trial_from_json(doc, &back, NULL), 0);
	trial_judge(&back, &after);
	assert_int_equal(after.counts.verdict, TRIAL_FIXED);
	assert_int_equal(after.pairs, 5);
	trial_free(&back);
}

static void test_lone_run(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	struct trial t = { .n_cells = 0 }, back;

	assert_int_equal(run_set(&t.cells[0], "run"), 0);
	t.n_cells = 1;
	add_run(&t, 0, 0, false, 7);
	doc = run_to_json(&t.runs[0].run);
	assert_int_equal(trial_from_json(doc, &back, NULL), 0);
	assert_null(back.scenario);
	assert_int_equal(back.n_cells, 1);
	assert_true(back.finished);
	assert_int_equal(back.runs[0].run.reorder.f.reordered, 7);
	trial_free(&back);
	trial_free(&t);
}

/* ---- documents of strangers -------------------------------------------------------------- */

/* The member at @path ("runs/0/cell") becomes @value, which is given away; NULL: it goes */
static void put_at(json_t *doc, const char *path, json_t *value)
{
	char copy[100], *save = NULL, *name = strtok_r(strcpy(copy, path), "/", &save), *next;
	json_t *at = doc;

	for (; (next = strtok_r(NULL, "/", &save)); name = next)
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
	assert_non_null(at);
	if (json_is_array(at))
		assert_int_equal(json_array_set_new(at, (size_t)atoi(name), value), 0);
	else if (value)
		assert_int_equal(json_object_set_new(at, name, value), 0);
	else
		assert_int_equal(json_object_del(at, name), 0);
}

static void refused(const char *path, json_t *value, const char *why)
{
	_cleanup_json_ json_t *doc = filled();
	struct trial back;
	struct err err = { 0 };

	put_at(doc, path, value);
	if (trial_from_json(doc, &back, &err) != -EBADMSG)
		fail_msg("%s is taken", path);
	if (!strstr(err.msg, why))
		fail_msg("%s: '%s' does not say '%s'", path, err.msg, why);
	err_reset(&err);
}

static void test_wrong_types(void **state)
{
	static const char *const members[] = {
		"mode", "started_at", "command", "seed", "budget_s", "elapsed_s", "judge_throughput",
		"finished", "ended_by", "scenario", "cells", "runs", "notes", "scenario/source",
		"scenario/text", "scenario/sets", "cells/0", "runs/0", "runs/0/cell", "runs/0/pair",
		"runs/0/second", "runs/0/started_s", "runs/0/seconds", "runs/0/run", "notes/0",
		"scenario/sets/0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		refused(members[i], json_pack("[[]]"), "");
		if (strcmp(strrchr(members[i], '/') ? strrchr(members[i], '/') : "", "/0") != 0)
			refused(members[i], NULL, "");
	}
	refused("schema", json_string("ovslab.trial/2"), "'schema' is neither");
	refused("schema", json_integer(1), "'schema' is neither");
	refused("mode", json_string("guess"), "'mode' must be one of the words");
	refused("runs/0/run/reorder", json_array(), "runs: run: 'reorder' must be an object");
}

static void test_out_of_range(void **state)
{
	refused("runs/0/cell", json_integer(2), "out of range");
	refused("runs/0/cell", json_integer(-1), "'cell' must be");
	refused("runs/0/cell", json_integer(INT64_C(1) << 32), "out of range");
	refused("runs/0/pair", json_integer(INT64_MAX), "out of range");
	refused("runs/0/seconds", json_real(1e300), "out of range");
	refused("runs/0/started_s", json_real(-1), "'started_s' must be");
	refused("elapsed_s", json_real(1e300), "out of range");
	refused("seed", json_integer(-3), "'seed' must be");
	refused("runs_each", json_integer(INT64_MAX), "'runs_each' is out of range");
	refused("runs_each", json_integer(-1), "'runs_each' is out of range");
}

static json_t *many(const char *text, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		assert_int_equal(json_array_append_new(list, json_string(text)), 0);
	return list;
}

static void test_huge_counts(void **state)
{
	_cleanup_free_ char *longest = malloc(SCENARIO_BYTES_MAX + 2);

	assert_non_null(longest);
	memset(longest, '#', SCENARIO_BYTES_MAX + 1);
	longest[SCENARIO_BYTES_MAX + 1] = '\0';
	refused("runs", many("x", TRIAL_RUNS_MAX + 1), "runs: too many entries");
	refused("cells", many("x", TRIAL_CELLS_MAX + 1), "cells: too many entries");
	refused("notes", many("x", 1001), "notes: too many entries");
	refused("scenario/sets", many("ovs=sid", 1001), "sets: too many entries");
	refused("scenario/text", json_string(longest), "too long");
	refused("command", json_string(longest), "'command' must be");
}

static void test_bad_scenario(void **state)
{
	refused("scenario/text", json_string(""), "scenario: line");
	refused("scenario/text", json_string("name: [x"), "scenario: line");
	refused("scenario/text", json_string("ovslab-scenario: 1\nname: x\n"), "'summary' is missing");
	refused("scenario/text", json_stringn("name: x\0y", 9), "NUL");
	refused("scenario/sets/0", json_string("nonsense"), "sets: 'nonsense' sets nothing");
	refused("scenario/sets/0", json_string("none.ovs=sid"), "no variant 'none'");
	refused("scenario/sets/0", json_string("ovs=\033[2J"), "control");
	refused("command", json_string("\033[2J"), "control");
}

static void test_cells(void **state)
{
	refused("cells", json_array(), "cells: there are none");
	refused("cells", json_pack("[s]", "baseline"), "a series has two");
	refused("cells", json_pack("[s,s]", "baseline", "baseline"), "there twice");
	refused("cells", json_pack("[s,s]", "baseline", "nowhere"), "no variant of such a name");
	refused("cells", json_pack("[s,s]", "baseline", ""), "must hold names");
	refused("cells", json_pack("[s,s]", "baseline", "a\033b"), "must hold names");
	refused("scenario", json_null(), "a series has two, of a scenario");
}

/* Any start of a document is refused, and so is any bad byte in it. */
static void test_damage(void **state)
{
	_cleanup_json_ json_t *doc = filled();
	_cleanup_free_ char *text = json_dumps(doc, 0);
	size_t n = strlen(text);
	struct trial back;

	for (size_t i = 1; i + 2 < n; i += 101) {
		char was = text[i];
		FILE *f = fmemopen(text, i, "r");

		assert_int_equal(trial_read(f, &back, NULL), -EBADMSG);
		fclose(f);
		text[i] = (char)0xff;
		f = fmemopen(text, n, "r");
		assert_int_equal(trial_read(f, &back, NULL), -EBADMSG);
		fclose(f);
		text[i] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits_schema),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_outcome_is_made_anew),
		cmocka_unit_test(test_lone_run),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_huge_counts),
		cmocka_unit_test(test_bad_scenario),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
