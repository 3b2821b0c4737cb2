// SPDX-License-Identifier: GPL-2.0
/*
 * test_report_trial.c - a trial on a terminal
 */
#include "tests/unit/trials.h"

#include "core/utf8.h"
#include "core/util.h"
#include "report/text.h"
#include "report/trial_tell.h"
#include "report/trial_text.h"
#include "tests/unit/golden.h"

static char *print(const struct trial *t, bool verbose, bool color, unsigned int columns,
		   const char *path)
{
	struct trial_outcome o;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	trial_judge(t, &o);
	assert_int_equal(trial_print_wide(f, t, &o, verbose, color, columns, path), 0);
	fclose(f);
	return text;
}

static size_t widest_line(const char *text)
{
	size_t widest = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, n);
		size_t w = utf8_width(line);

		widest = w > widest ? w : widest;
		text += n + (text[n] == '\n');
	}
	return widest;
}

static void test_goldens(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(trials_rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct trial t;
		char name[64];

		trials_rows[i].fill(&t);
		text = print(&t, false, false, 80, "/var/lib/ovslab/runs/hops.json");
		snprintf(name, sizeof(name), "trial-%s.txt", trials_rows[i].name);
		golden_is(name, text);
		trial_free(&t);
	}
}

static void test_verbose(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct trial t;

	trials_refused(&t);
	text = print(&t, true, false, 120, NULL);
	golden_is("trial-refused-verbose.txt", text);
	trial_free(&t);
}

/* Nothing is wider than the terminal; no line ends with blanks. */
static void test_widths(void **state)
{
	static const unsigned int columns[] = { 0, 80, 120 };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(trials_rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(columns); k++) {
			_cleanup_free_ char *text = NULL;
			struct trial t;

			trials_rows[i / 2].fill(&t);
			text = print(&t, i % 2, false, columns[k], NULL);
			assert_true(widest_line(text) <= (columns[k] ? columns[k] : 80));
			assert_null(strstr(text, " \n"));
			trial_free(&t);
		}
}

/* The answer is the first word, whatever it is. */
static void test_answer_first(void **state)
{
	static const char *const begins[] = {
		"fixed: reordered 0 of 2000", "not fixed: ", "regressed: ", "inconclusive: baseline does not",
		"inconclusive: 2 pairs", "no false alarm", "1 of 3 expectations does not hold", "TCG: ",
		"fixed: reordered 0 of 2000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(trials_rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct trial t;

		trials_rows[i].fill(&t);
		text = print(&t, false, false, 80, NULL);
		if (strncmp(text, begins[i], strlen(begins[i])))
			fail_msg("%s: %.80s", trials_rows[i].name, text);
		assert_true(strstr(text, "TCG: ") - text < 400);
		trial_free(&t);
	}
}

static void upcalls_are(const struct trial *t, const char *expected)
{
	struct trial_outcome o = { 0 };
	_cleanup_free_ char *text = trial_told(trial_tell_upcalls, t, &o);

	assert_string_equal(text, expected);
}

/* Those that know, of runs that count; and why a variant does not. */
static void test_upcalls(void **state)
{
	struct trial t;

	trials_upcalled(&t);
	for (size_t i = 0; i < t.n_runs; i++) {
		struct trial_run *r = &t.runs[i];

		if (r->pair > 1)
			r->run.who.upcalls.known = false;
		else if (r->cell && r->pair)
			r->run.status = RUN_SWITCH_RESTARTED;
	}
	upcalls_are(&t, "baseline: 537 of 541 late packets had gone through vswitchd (an upcall): late were "
		    "537 of 610 upcalled packets and 4 of 3390 others, in 2 runs; fixed: not known: no room to note them");
	t.runs[0].run.who.upcalls.known = false;
	t.runs[2].run.who.upcalls.known = false;
	upcalls_are(&t, "");
	trial_free(&t);
	trials_lone(&t);
	upcalls_are(&t, "");
	trials_upcall(&t.runs[0], 1, 0);
	upcalls_are(&t, "1 of 1 late packet had gone through vswitchd (an upcall): late were 1 of 305 upcalled packets "
		    "and 0 of 1695 others");
	trial_free(&t);
}

static void test_colours(void **state)
{
	static const char *const begins[] = { "\033[1;32m", "\033[1;31m", "\033[1;31m", "\033[1;33m" };

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
		_cleanup_free_ char *text = NULL;
		struct trial t;

		trials_rows[i].fill(&t);
		text = print(&t, false, true, 80, NULL);
		assert_memory_equal(text, begins[i], strlen(begins[i]));
		trial_free(&t);
	}
}

/* No control character but ends of lines gets through, and bytes are UTF-8. */
static void test_hostile(void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(trials_rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct trial t;
		uint32_t c;

		trials_rows[i / 2].fill(&t);
		trials_spoil(&t);
		text = print(&t, i % 2, false, 80, TRIALS_EVIL);
		for (const char *p = text; *p; ) {
			int n = utf8_decode(p, &c);

			assert_true(n > 0);
			assert_true(c == '\n' || !utf8_is_control(c));
			p += n;
		}
		trial_free(&t);
	}
}

static void test_empty(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct trial t;

	trials_begin(&t, TRIAL_VALIDATE, trials_bursts);
	text = print(&t, true, false, 80, NULL);
	assert_memory_equal(text, "inconclusive: ", 14);
	assert_non_null(strstr(text, "no run yet"));
	trial_free(&t);
}

/* The command can be pasted into a shell. */
static void test_again(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct trial_outcome o;
	struct trial t;

	trials_begin(&t, TRIAL_VALIDATE, trials_conns);
	assert_int_equal(run_set(&t.source.name, "it's a bug.yml"), 0);
	assert_int_equal(run_add_string(&t.source.sets, "fixed.ovs=dir:/x y/$(z)"), 0);
	t.budget_s = 600;
	t.seed = 7;
	trial_judge(&t, &o);
	text = trial_told(trial_tell_again, &t, &o);
	assert_string_equal(text, "ovslab validate 'it'\\''s a bug.yml' --set "
			    "'fixed.ovs=dir:/x y/$(z)' --seed 7 --budget 600s");
	trial_free(&t);
}

/* Of a pair that was made again the last attempt counts, as for the verdict. */
static void test_pairs(void **state)
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];
	struct trial_outcome o;
	struct trial t;

	trials_begin(&t, TRIAL_VALIDATE, trials_bursts);
	trials_run(&t, 0, 0, 700, 0);
	trials_run(&t, 1, 0, 1, 0)->run.status = RUN_SWITCH_RESTARTED;
	trials_pair(&t, 0, 800, 2, 0, 0);
	trials_pair(&t, 1, 900, 3, 0, 0);
	trials_run(&t, 0, 2, 950, 0);
	trial_judge(&t, &o);
	assert_int_equal(trial_pairs(&t, pairs), 2);
	assert_int_equal(o.pairs, 2);
	assert_int_equal(pairs[0].run[0]->run.reorder.f.reordered, 800);
	assert_int_equal(pairs[0].run[1]->run.reorder.f.reordered, 2);
	assert_int_equal(pairs[1].number, 1);
	assert_int_equal(pairs[1].run[0]->run.reorder.f.reordered, 900);
	trial_free(&t);
}

/* As many as the verdict has, of each trial. */
static void test_pairs_of_all(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(trials_rows); i++) {
		struct trial_pair pairs[TRIAL_PAIRS_MAX];
		struct trial_outcome o;
		struct trial t;

		trials_rows[i].fill(&t);
		trial_judge(&t, &o);
		assert_int_equal(trial_pairs(&t, pairs), o.pairs);
		trial_free(&t);
	}
}

/* ---- paragraphs ------------------------------------------------------------------------ */

static void test_fill(void **state)
{
	static const struct { const char *text, *first; unsigned int indent, columns; const char *want; } rows[] = {
		{ "one two three four", "", 0, 9, "one two\nthree\nfour\n" },
		{ "a b", "x ", 2, 20, "x a b\n" },
		{ "  one\n\ntwo ", "", 0, 20, "one two\n" },
		{ "", "", 0, 20, "\n" },
		{ "aaaa,bbbb,cccc", "> ", 2, 12, "> aaaa,bbbb,\n  cccc\n" },
		{ "aaaaaaaaaaaa", "", 0, 10, "aaaaaaaaaa\naa\n" },
		{ "x aaaaaaaaaaaa y", "", 0, 10, "x\naaaaaaaaaa\naa y\n" },
		{ "grö日本 ße", "", 0, 8, "grö日本\nße\n" },
		{ "a\033[1m\xff", "", 0, 20, "a?[1m?\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		size_t n;
		FILE *f = open_memstream(&text, &n);

		text_fill(f, rows[i].text, rows[i].first, rows[i].indent, rows[i].columns);
		fclose(f);
		assert_string_equal(text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens), cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_widths), cmocka_unit_test(test_answer_first),
		cmocka_unit_test(test_upcalls), cmocka_unit_test(test_colours), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_empty), cmocka_unit_test(test_again),
		cmocka_unit_test(test_pairs), cmocka_unit_test(test_pairs_of_all),
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
