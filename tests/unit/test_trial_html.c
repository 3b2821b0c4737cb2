// SPDX-License-Identifier: GPL-2.0
/*
 * test_trial_html.c - a trial as a page: escaping, order, scripts of plots
 */
#include "tests/unit/golden.h"
#include "tests/unit/trials.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/gnuplot.h"
#include "plots.h"
#include "report/html.h"
#include "report/trial_html.h"
#include "report/trial_plot.h"

/* ---- helpers ------------------------------------------------------------------------------ */

struct text {
	char *s;
	size_t size;
	FILE *f;
};

static FILE *text_begin(struct text *t)
{
	t->f = open_memstream(&t->s, &t->size);
	assert_non_null(t->f);
	return t->f;
}

static const char *text_end(struct text *t)
{
	assert_int_equal(fclose(t->f), 0);
	return t->s;
}

static char *page_of(const struct trial *t, const struct trial_plots *plots)
{
	static const struct trial_plots none;
	struct trial_outcome o;
	struct text page;

	trial_judge(t, &o);
	assert_int_equal(trial_html(text_begin(&page), t, &o, plots ? plots : &none), 0);
	text_end(&page);
	return page.s;
}

static unsigned int times(const char *page, const char *what)
{
	unsigned int n = 0;

	for (const char *p = page; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void has(const char *page, const char *what)
{
	if (!strstr(page, what))
		fail_msg("'%s' is not in the page", what);
}

/* Each behind the one before it. */
static void in_order(const char *page, const char *const *what)
{
	for (const char *at = page; *what; what++) {
		at = strstr(at, *what);
		if (!at)
			fail_msg("'%s' is not there, or too early", *what);
	}
}

/* ---- escaping ----------------------------------------------------------------------------- */

static void escapes(const char *text, size_t max, const char *expected)
{
	struct text t;

	html_escape(text_begin(&t), text, max);
	assert_string_equal(text_end(&t), expected);
	free(t.s);
}

static void test_escape(void **state)
{
	(void)state;
	escapes("<script>alert('x')&\"</script>", 400,
		"&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;&lt;/script&gt;");
	escapes("a\033[2Jb\x7f\r\n\tc", 400, "a\xef\xbf\xbd[2Jb\xef\xbf\xbd\xef\xbf\xbd\n\tc");
	escapes("\xe2\x80\xaeqq", 400, "\xef\xbf\xbdqq");		/* right-to-left override */
	escapes("\xc3(\xff\xed\xa0\x80", 400,			/* broken, surrogate */
		"\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	escapes("\xef\xbf\xbf\xef\xbf\xbe", 400, "\xef\xbf\xbd\xef\xbf\xbd");	/* no characters */
	escapes("h\xc3\xbcgel \xe6\xb5\x8b", 400, "h\xc3\xbcgel \xe6\xb5\x8b");
	escapes("", 400, "");
}

static void test_escape_cuts(void **state)
{
	(void)state;
	escapes("abc", 3, "abc");
	escapes("abcd", 3, "abc\xe2\x80\xa6");
	escapes("ab\xe6\xb5\x8b", 5, "ab\xe6\xb5\x8b");
	escapes("ab\xe6\xb5\x8b", 4, "ab\xe2\x80\xa6");	/* no half of a character */
	escapes("ab\xe6\xb5\x8b", 3, "ab\xe2\x80\xa6");
	escapes("\x80\x80\x80\x80\x80\x80", 5,		/* but all the same an end */
		"\xef\xbf\xbd\xef\xbf\xbd\xe2\x80\xa6");
	escapes("<<<<", 2, "&lt;&lt;\xe2\x80\xa6");
}

static void quotes(const char *word, const char *expected)
{
	struct text t;

	html_shell(text_begin(&t), word);
	assert_string_equal(text_end(&t), expected);
	free(t.s);
}

static void test_shell_words(void **state)
{
	(void)state;
	quotes("@recirc-upcall", "@recirc-upcall");
	quotes("fixed.ovs=dir:/a/_inst", "fixed.ovs=dir:/a/_inst");
	quotes("", "&#39;&#39;");
	quotes("my tree", "&#39;my tree&#39;");
	quotes("$(id)<", "&#39;$(id)&lt;&#39;");
	quotes("it's", "&#39;it&#39;\\&#39;&#39;s&#39;");
	quotes("'", "&#39;&#39;\\&#39;&#39;&#39;");
}

/* ---- the page ------------------------------------------------------------------------------ */

static void test_fixed(void **state)
{
	static const char *const order[] = {
		"<!DOCTYPE html>", "Content-Security-Policy", "<header class=good>", "hops",
		"<span class=\"badge good\">fixed</span>", "cured in 5 of 5 pairs",
		"TCG: the guests' CPUs are emulated", "3.5.0", "6.12.48+deb13-amd64", "kernel, in a VM",
		"4.0.0", "7.2-amd64", "id=verdicts", "5 of 5 pairs cured, 0 the same, 0 worse", "id=expectations",
		"holds", "id=placement", "irq=0<br>handlers=1,0", "vswitchd",
		"purge-megaflows<br>flush-conntrack", "id=environment", "What differs", "All of it", "id=scenario",
		"OVS commit 0d9dc8e9c (3.6.0)", "Its text", "symmetric_l3l4+udp", "id=repeat",
		"ovslab validate @hops --seed 4711\n", "id=runs", "</html>", NULL
	};
	struct trial t;
	char *page;

	(void)state;
	trials_fixed(&t);
	page = page_of(&t, NULL);
	in_order(page, order);
	assert_int_equal(times(page, "<script"), 0);
	assert_int_equal(times(page, "http:") + times(page, "https:") + times(page, "src="), 0);
	free(page);
	trial_free(&t);
}

/* The table of differences has what differs, and nothing else. */
static void test_differences(void **state)
{
	struct trial t;
	char *page, *begin, *end;

	(void)state;
	trials_fixed(&t);
	page = page_of(&t, NULL);
	begin = strstr(page, "What differs");
	assert_non_null(begin);
	end = strstr(begin, "</table>");
	assert_non_null(end);
	*end = '\0';
	has(begin, "4.0.0-1");
	has(begin, "debian:sid");
	has(begin, "#1 SMP Debian 7.2.3-1");
	assert_null(strstr(begin, "libvirt"));
	assert_null(strstr(begin, "OpenFlow"));
	free(page);
	trial_free(&t);
}

/* Without its style, which no test of words can judge. */
static void test_goldens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trials_rows); i++) {
		char name[64], *page, *style, *rest;
		struct trial t;

		trials_rows[i].fill(&t);
		page = page_of(&t, NULL);
		style = strstr(page, "<style>");
		rest = strstr(page, "</style>");
		assert_true(style && rest && style < rest);
		memmove(style, rest + 8, strlen(rest + 8) + 1);
		snprintf(name, sizeof(name), "trial-%s.html", trials_rows[i].name);
		golden_is(name, page);
		free(page);
		trial_free(&t);
	}
}

struct told {
	void (*make)(struct trial *t);
	const char *has[6];
};

static void test_outcomes(void **state)
{
	static const struct told told[] = {
		{ trials_not_fixed, { "<header class=bad>", "not fixed", "0 of 5 pairs cured, 5 the same",
				      "--variant ovs-only" } },
		{ trials_regressed, { "<header class=bad>", "regressed", "0 of 5 pairs cured, 0 the same, 5 worse",
				      "<svg class=interval", "it is part of the outcome", "--throughput" } },
		{ trials_refused, { "<header class=unsure>", "inconclusive", "does not show the bug",
				    "1 of 12 runs does not count", "traffic-failed" } },
		{ trials_interrupted, { "<header class=unsure>", "Not finished: interrupted. It can be resumed." } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		struct trial t;
		char *page;

		told[i].make(&t);
		page = page_of(&t, NULL);
		for (size_t k = 0; k < ARRAY_SIZE(told[i].has) && told[i].has[k]; k++)
			has(page, told[i].has[k]);
		free(page);
		trial_free(&t);
	}
}

static void test_lone_run(void **state)
{
	struct trial t = { .mode = TRIAL_RUN, .n_cells = 1 };
	struct trial_run *r;
	char *page;

	(void)state;
	t.cells[0] = trials_copy("run");
	r = trials_run(&t, 0, 0, 107, 341e6);
	assert_int_equal(run_add_string(&r->run.env.commands, "ovslab measure --events"), 0);
	page = page_of(&t, NULL);
	has(page, "The switch reordered 107 of 2000 packets (5.3 %), in 2 of 2 connections.");
	has(page, "ovslab measure --events\n");
	has(page, "341 Mb/s");
	assert_int_equal(times(page, "id=verdicts") + times(page, "id=scenario") + times(page, "What differs"), 0);
	free(page);
	trial_free(&t);
}

/* Nothing at all has a page too. */
static void test_empty(void **state)
{
	struct trial t = { .mode = TRIAL_RUN };
	char *page = page_of(&t, NULL);

	(void)state;
	has(page, "There is no run.");
	has(page, "</html>");
	free(page);
}

/* ---- hostile ------------------------------------------------------------------------------- */

#define EVIL "</pre></style><script>alert(1)</script>\" onload='x' \033[31m\x01 \xff<img src=http://evil/>"

static char *long_text(void)
{
	size_t size = 1 << 20;
	char *text = malloc(size + 1);

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = EVIL[i % (sizeof(EVIL) - 1)];
	text[size] = '\0';
	return text;
}

static void poison_list(struct run_strings *s, const char *text)
{
	for (int i = 0; i < 60; i++)
		assert_int_equal(run_add_string(s, text), 0);
}

static void poison_run(struct run *run, const char *text)
{
	struct run_environment *e = &run->env;
	char **fields[] = {
		&e->version, &e->lab, &e->started_at, &e->switch_kind, &e->datapath, &e->accel, &e->ovs_version,
		&e->ovs_package, &e->host_kernel, &e->guest_kernel, &e->qemu_version, &e->libvirt_version,
		&e->offloads, &e->setup.kernel, &e->setup.kernel_build, &e->setup.dispatch, &e->setup.ovs_source,
		&e->setup.kernel_source, &e->setup.wire, &run->traffic.kind, &run->traffic.stall,
	};
	struct run_strings *lists[] = {
		&e->pinned, &e->placed, &e->cpus, &e->prepared, &e->flows, &e->other_config, &e->commands,
		&run->also_injected, &run->notes,
	};
	const struct mangle_counters counters = { .mangled = 5 };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		assert_int_equal(run_set(fields[i], text), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		poison_list(lists[i], text);
	assert_int_equal(run_add_injection(run, text, text, text, &counters), 0);
}

static void poison(struct trial *t, const char *text)
{
	char **fields[] = { &t->source.name, &t->source.text, &t->version, &t->started_at, &t->command,
			    &t->ended_by, &t->cells[0], &t->cells[1] };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		assert_int_equal(run_set(fields[i], text), 0);
	poison_list(&t->source.sets, EVIL);
	poison_list(&t->notes, text);
	for (size_t i = 0; i < t->n_runs && i < 2; i++)
		poison_run(&t->runs[i].run, text);
	t->finished = false;
}

static void is_harmless(const char *page)
{
	assert_int_equal(times(page, "<script") + times(page, "<img") + times(page, "</style><"), 0);
	assert_int_equal(times(page, "</style>"), 1);
	for (const char *p = page; *p;) {
		uint32_t c = 0;
		int n = utf8_decode(p, &c);

		assert_true(n > 0);
		assert_true(c == '\n' || c == '\t' || !utf8_is_control(c));
		p += n;
	}
}

static void test_hostile(void **state)
{
	struct trial t;
	char *page, *text = long_text();

	(void)state;
	trials_regressed(&t);
	poison(&t, EVIL);
	page = page_of(&t, NULL);
	is_harmless(page);
	has(page, "&lt;script&gt;alert(1)");
	free(page);
	poison(&t, text);
	page = page_of(&t, NULL);
	is_harmless(page);
	has(page, "... and ");
	if (strlen(page) > 6u << 20)
		fail_msg("%zu bytes", strlen(page));
	free(page);
	free(text);
	trial_free(&t);
}

/* Cells and pairs that there cannot be. */
static void test_impossible_numbers(void **state)
{
	struct trial t;
	char *page;

	(void)state;
	trials_fixed(&t);
	t.runs[0].cell = 4000000000u;
	t.runs[1].pair = 4000000000u;
	t.runs[2].run.throughput_bps = 1e308;
	t.runs[3].started_s = 1e308;
	page = page_of(&t, NULL);
	has(page, "</html>");
	free(page);
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++) {
		char *script = NULL;

		assert_int_equal(trial_plot_script(&t, i, &script), 0);
		free(script);
	}
	trial_free(&t);
}

/* ---- plots --------------------------------------------------------------------------------- */

static void add_details(struct trial *t)
{
	for (size_t i = 0; i < t->n_runs; i++) {
		struct run *run = &t->runs[i].run;

		for (int k = 0; k < 10; k++)
			assert_int_equal(run_add_interval(run, (struct run_interval){ k, 1, 1e8 + 1e6 * k }), 0);
		for (uint64_t e = 1; e < 40; e += 3)
			reorder_hist_add(&run->reorder.f.extent, e);
	}
}

/* A script is a program: nothing of a stranger is in it, whatever it is called. */
static void test_scripts_are_ours(void **state)
{
	char *before[TRIAL_PLOTS], *after[TRIAL_PLOTS];
	struct trial t;

	(void)state;
	trials_regressed(&t);
	add_details(&t);
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++) {
		assert_int_equal(trial_plot_script(&t, i, &before[i]), 0);
		assert_non_null(before[i]);
		has(before[i], "set terminal svg");
		has(before[i], "\nplot ");
	}
	poison(&t, "`touch /tmp/x`\"\nEOD\nsystem('id')\n");
	for (size_t i = 0; i < t.n_runs; i++)	/* else runs do not count: the same figures then */
		assert_int_equal(run_set(&t.runs[i].run.env.accel, "tcg"), 0);
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++) {
		assert_int_equal(trial_plot_script(&t, i, &after[i]), 0);
		assert_non_null(after[i]);
		assert_null(strstr(after[i], "system"));
		assert_null(strchr(after[i], '`'));
	}
	assert_string_equal(after[TRIAL_PLOT_TIME], before[TRIAL_PLOT_TIME]);
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++) {
		free(before[i]);
		free(after[i]);
	}
	trial_free(&t);
}

static void test_nothing_to_plot(void **state)
{
	struct trial t;
	char *script = NULL;

	(void)state;
	trials_fixed(&t);		/* bursts: no throughput, no intervals */
	assert_int_equal(trial_plot_script(&t, TRIAL_PLOT_THROUGHPUT, &script), 0);
	assert_null(script);
	assert_int_equal(trial_plot_script(&t, TRIAL_PLOT_TIME, &script), 0);
	assert_null(script);
	assert_int_equal(trial_plot_script(&t, TRIAL_PLOT_FIGURE, &script), 0);
	assert_non_null(script);
	free(script);
	trial_free(&t);
}

static void axis_is(const struct trial *t, const char *label, const char *range)
{
	_cleanup_free_ char *script = NULL;
	char expected[80];

	assert_int_equal(trial_plot_script(t, TRIAL_PLOT_FIGURE, &script), 0);
	assert_non_null(script);
	snprintf(expected, sizeof(expected), "set xlabel \"%s\"", label);
	has(script, expected);
	has(script, range);
}

/* What the numbers on the axis of runs are. */
static void test_axis(void **state)
{
	struct trial t;

	(void)state;
	trials_fixed(&t);
	axis_is(&t, "pair", "set xrange [0.4:5.6]");
	trial_free(&t);
	trials_matrix(&t);
	axis_is(&t, "variant, by its number above", "set xrange [0.4:3.6]");
	trial_free(&t);
	trials_lone(&t);
	trials_run(&t, 0, 1, 9, 340e6);
	trials_run(&t, 0, 2, 8, 340e6);
	axis_is(&t, "run", "set xrange [0.4:3.6]");
	trial_free(&t);
}

#define SVG(body) "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 460 280\"\n xmlns=\"http://www.w3.org/2000/svg\">\n" \
	"<title>Gnuplot</title>\n<desc>Produced by GNUPLOT</desc>\n" body "</svg>\n"

static void test_inline(void **state)
{
	static const char *const no[] = {
		"", "<svg", "gnuplot: error", SVG("<script>x</script>"), SVG("<a href='x'>y</a>"),
		"<svg viewBox=\"0 0 460 280\"><desc></desc>", "<svg viewBox=\"0 0 x 280\"><desc></desc></svg>",
	};
	char *svg = NULL;

	(void)state;
	assert_int_equal(trial_plot_inline(2, SVG("<circle id='gpDot'/><use href='#gpDot' color='rgb(  1,   1,   0)'/>"
		"<g stroke=\"rgb(1,1,7)\" fill='rgb(200, 1, 0)' d='rgb(1,1,99)'></g>"), &svg), 0);
	assert_string_equal(svg, "<svg viewBox=\"0 0 460 280\" aria-hidden=\"true\" focusable=\"false\">\n"
		"<circle id='p2-gpDot'/><use href='#p2-gpDot' color='var(--c0)'/>"
		"<g stroke=\"var(--grid)\" fill='rgb(200, 1, 0)' d='rgb(1,1,99)'></g></svg>\n");
	free(svg);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_int_equal(trial_plot_inline(0, no[i], &svg), -EBADMSG);
}

/* One that fails: there is a page all the same, and it says why it has no plots. */
static void fake_gnuplot(const char *folder)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/gnuplot", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\necho 'no such <terminal>' >&2\nexit 3\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void test_gnuplot_fails(void **state)
{
	char *path = trials_copy(getenv("PATH") ?: ""), folder[] = "/tmp/ovslab-unit.XXXXXX", fake[64];
	struct trial_plots plots;
	struct trial_outcome o;
	struct job job = { 0 };
	struct err err = { 0 };
	struct trial t;
	char *page;

	(void)state;
	assert_non_null(mkdtemp(folder));
	fake_gnuplot(folder);
	trials_regressed(&t);
	trial_judge(&t, &o);
	assert_int_equal(setenv("PATH", folder, 1), 0);
	assert_int_equal(trial_plots_make(&job, &t, &o, &plots, &err), 0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_string_equal(err.msg, "");
	has(plots.why_not, "gnuplot");
	page = page_of(&t, &plots);
	has(page, "There are no plots: ");
	assert_int_equal(times(page, "<figure>"), 0);
	snprintf(fake, sizeof(fake), "%s/gnuplot", folder);
	assert_int_equal(unlink(fake), 0);
	assert_int_equal(rmdir(folder), 0);
	free(page);
	free(path);
	trial_plots_free(&plots);
	trial_free(&t);
}

static bool have_gnuplot(struct job *job)
{
	struct err err = { 0 };
	char *out = NULL;
	int rc = gnuplot_run(job, "print 1\n", &out, &err);

	free(out);
	err_reset(&err);
	return rc != -ENOENT;
}

static void test_gnuplot(void **state)
{
	struct job job = { 0 };
	struct err err = { 0 };
	struct trial_plots plots;
	struct trial_outcome o;
	struct trial t;
	char *page, *out = NULL;

	(void)state;
	if (!have_gnuplot(&job)) {
		print_message("gnuplot is not installed\n");
		skip();
	}
	trials_regressed(&t);
	add_details(&t);
	trial_judge(&t, &o);
	assert_int_equal(trial_plots_make(&job, &t, &o, &plots, &err), 0);
	assert_string_equal(plots.why_not, "");
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++) {
		assert_non_null(plots.svg[i]);
		has(plots.svg[i], "var(--c0)");
		has(plots.svg[i], "var(--grid)");
		assert_null(strstr(plots.svg[i], "rgb(  1,   1,"));
	}
	page = page_of(&t, &plots);
	assert_int_equal(times(page, "<figure>"), TRIAL_PLOTS);
	assert_int_equal(gnuplot_run(&job, "plot nonsense(\n", &out, &err), -ECHILD);
	err_reset(&err);
	free(page);
	trial_plots_free(&plots);
	trial_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_cuts),
		cmocka_unit_test(test_shell_words),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_lone_run),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_impossible_numbers),
		cmocka_unit_test(test_scripts_are_ours),
		cmocka_unit_test(test_nothing_to_plot),
		cmocka_unit_test(test_axis),
		cmocka_unit_test(test_inline),
		cmocka_unit_test(test_gnuplot_fails),
		cmocka_unit_test(test_gnuplot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
