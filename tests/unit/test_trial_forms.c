// SPDX-License-Identifier: GPL-2.0
/*
 * test_trial_forms.c - a trial for test servers, tickets and mails
 */
#include "tests/unit/trials.h"

#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "report/trial_bug.h"
#include "report/trial_cases.h"
#include "report/trial_junit.h"
#include "report/trial_ktap.h"
#include "report/trial_markdown.h"
#include "tests/unit/golden.h"

static int bug(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	static const struct redact_own own = { .host = "build7", .user = "joe", .home = "/srv/joe" };

	return trial_bug(f, t, o, &own);
}

typedef int (*form)(FILE *f, const struct trial *t, const struct trial_outcome *o);

static const struct { const char *suffix; form write; } forms[] = {
	{ "xml", trial_junit }, { "ktap", trial_ktap }, { "md", trial_markdown }, { "bug", bug },
};

static char *written(form write, const struct trial *t)
{
	struct trial_outcome o;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	trial_judge(t, &o);
	assert_int_equal(write(f, t, &o), 0);
	fclose(f);
	return text;
}

static void test_goldens(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(trials_rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(forms); k++) {
			_cleanup_free_ char *text = NULL;
			struct trial t;
			char name[64];

			trials_rows[i].fill(&t);
			text = written(forms[k].write, &t);
			snprintf(name, sizeof(name), "trial-%s.%s", trials_rows[i].name, forms[k].suffix);
			golden_is(name, text);
			trial_free(&t);
		}
}

/* Each form of each trial, also with text of strangers in it. */
static void for_each(form write, void (*check)(const char *text, bool hostile))
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(trials_rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct trial t;

		trials_rows[i / 2].fill(&t);
		if (i % 2)
			trials_spoil(&t);
		text = written(write, &t);
		check(text, i % 2);
		trial_free(&t);
	}
}

/* ---- JUnit ----------------------------------------------------------------------------- */

static void fits_schema(const char *text, bool hostile)
{
	char path[] = "/tmp/ovslab-junit-XXXXXX", command[128], said[2048];
	int fd = mkstemp(path), status;
	size_t n;
	FILE *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "xmllint --noout --schema tests/unit/golden/junit.xsd %s 2>&1",
		 path);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	status = pclose(f);
	unlink(path);
	if (status)
		fail_msg("%s\n%s", said, text);
}

static void test_junit(void **state)
{
	if (system("xmllint --version >/dev/null 2>&1"))
		skip();
	for_each(trial_junit, fits_schema);
}

static void test_junit_states(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct trial t;

	trials_interrupted(&t);
	text = written(trial_junit, &t);
	assert_non_null(strstr(text, "tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\""));
	assert_non_null(strstr(text, "name=\"verdict\" time=\"93.400\">\n      <skipped message="));
	assert_non_null(strstr(text, "timestamp=\"2026-11-24T15:33:27\""));
	assert_non_null(strstr(text, "<property name=\"seed\" value=\"4711\"/>"));
	assert_non_null(strstr(text, "<property name=\"fixed.ovs\" value=\"4.0.0-1\"/>"));
	trial_free(&t);
}

static void test_junit_time(void **state)
{
	static const char *const rows[][2] = {
		{ "2024-02-29T23:59:59Z", "2024-02-29T23:59:59" }, { "2023-02-29T00:00:00Z", NULL },
		{ "2023-13-01T00:00:00Z", NULL }, { "yesterday", NULL }, { "", NULL },
		{ "2023-01-01T00:00:60Z", NULL }, { "  2023-1-1T0:0:0  ", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		char want[64];
		struct trial t;

		trials_matrix(&t);
		assert_int_equal(run_set(&t.started_at, rows[i][0]), 0);
		text = written(trial_junit, &t);
		snprintf(want, sizeof(want), "timestamp=\"%s\"", rows[i][1] ? rows[i][1] :
			 "1970-01-01T00:00:00");
		if (!strstr(text, want))
			fail_msg("%s", rows[i][0]);
		trial_free(&t);
	}
}

/* ---- KTAP ------------------------------------------------------------------------------ */

/* A reader as strict as the format: how many of "ok", "not ok", "SKIP"; or it fails. */
static void read_ktap(const char *text, unsigned int ret[3])
{
	unsigned int plan, number, n = 0;

	assert_memory_equal(text, "KTAP version 1\n1..", 18);
	assert_int_equal(sscanf(text + 15, "1..%u\n", &plan), 1);
	ret[0] = ret[1] = ret[2] = 0;
	for (text = strchr(text + 15, '\n') + 1; *text; text = strchr(text, '\n') + 1) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, len);
		bool bad = !strncmp(line, "not ", 4);

		assert_int_equal(text[len], '\n');
		if (*line == '#') {
			assert_int_equal(line[1], ' ');
			continue;
		}
		assert_int_equal(sscanf(line + (bad ? 4 : 0), "ok %u ", &number), 1);
		assert_int_equal(number, ++n);
		if (strchr(line, '#'))
			assert_memory_equal(strchr(line, '#'), "# SKIP ", 7);
		ret[strchr(line, '#') ? 2 : bad]++;
	}
	assert_int_equal(n, plan);
}

static void is_ktap(const char *text, bool hostile)
{
	unsigned int states[3];

	read_ktap(text, states);
}

static void test_ktap(void **state)
{
	for_each(trial_ktap, is_ktap);
}

static void test_ktap_states(void **state)
{
	static const unsigned int want[][3] = {	/* ok, not ok, SKIP */
		{ 3, 0, 0 }, { 2, 1, 0 }, { 1, 1, 0 }, { 1, 1, 1 }, { 2, 0, 1 }, { 2, 0, 0 }, { 2, 1, 0 },
		{ 1, 0, 0 }, { 2, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(trials_rows); i++) {
		_cleanup_free_ char *text = NULL;
		unsigned int states[3];
		struct trial t;

		trials_rows[i].fill(&t);
		text = written(trial_ktap, &t);
		read_ktap(text, states);
		if (memcmp(states, want[i], sizeof(states)))
			fail_msg("%s: %u %u %u", trials_rows[i].name, states[0], states[1], states[2]);
		trial_free(&t);
	}
}

/* The name of a case does not depend on what was measured. */
static void test_names(void **state)
{
	struct trial_case a[TRIAL_CASES_MAX], b[TRIAL_CASES_MAX];
	struct trial_outcome o;
	struct trial t;

	trials_fixed(&t);
	trial_judge(&t, &o);
	assert_int_equal(trial_cases(&t, &o, a), 3);
	trial_free(&t);
	trials_interrupted(&t);
	trial_judge(&t, &o);
	assert_int_equal(trial_cases(&t, &o, b), 3);
	trial_free(&t);
	for (int i = 0; i < 3; i++)
		assert_string_equal(a[i].name, b[i].name);
	assert_string_equal(a[1].name, "reordered of fixed, at-most-ratio 0.2");
}

/* ---- Markdown -------------------------------------------------------------------------- */

/* @text without what stands in code: spans, and blocks between fences. */
static char *without_code(const char *text)
{
	char *rest = calloc(1, strlen(text) + 1), *to = rest;

	assert_non_null(rest);
	while (*text) {
		size_t n = strspn(text, "`");
		const char *end = text + n;

		if (*text == '\\' && text[1]) {
			*to++ = *text++;
			*to++ = *text++;
			continue;
		}
		if (!n) {
			*to++ = *text++;
			continue;
		}
		do {				/* the next run of as many */
			end += strcspn(end, "`");
			if (!*end)
				fail_msg("code does not end: %.60s", text);
			if (strspn(end, "`") == n)
				break;
			end += strspn(end, "`");
		} while (true);
		text = end + n;
	}
	return rest;
}

static bool is_escaped(const char *text, const char *at)
{
	bool escaped = false;

	while (at > text && *--at == '\\')
		escaped = !escaped;
	return escaped;
}

static bool is_ours(const char *tag)
{
	return !strncmp(tag, "<details>", 9) || !strncmp(tag, "</details>", 10) ||
	       !strncmp(tag, "<summary>", 9) || !strncmp(tag, "</summary>", 10);
}

/* Of what stands outside of code, nothing makes a link, a mention or HTML. */
static void is_markdown(const char *text, bool hostile)
{
	static const char *const marks[] = { "@u", "#1", "://", "www.", "\n# h", "\033" };
	_cleanup_free_ char *rest = without_code(text);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(rest, marks[i]))
			fail_msg("%s in:\n%s", marks[i], rest);
	for (const char *p = rest; (p = strpbrk(p, "<[]$_~!&`")); p++)
		if (!is_escaped(rest, p) && !is_ours(p))
			fail_msg("%.40s", p);
}

/* Rows of a table have as many cells as its head. */
static void tables_are_whole(const char *text, bool hostile)
{
	unsigned int columns = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		unsigned int bars = 0;

		for (size_t i = 0; *text == '|' && i < len; i++)
			bars += text[i] == '|' && !is_escaped(text, text + i);
		if (bars && columns && bars != columns)
			fail_msg("%.*s", (int)len, text);
		columns = bars;
		text += len + (text[len] == '\n');
	}
}

static void test_markdown(void **state)
{
	for_each(trial_markdown, is_markdown);
	for_each(trial_markdown, tables_are_whole);
}

/* ---- the bug report -------------------------------------------------------------------- */

/* The file at its end is not filled: it could not be pasted. */
static void is_mail(const char *text, bool hostile)
{
	const char *file = strstr(text, "\nThe scenario's file\n");
	uint32_t c;

	assert_null(strstr(text, "evil"));
	for (const char *p = text; *p; ) {
		size_t n = strcspn(p, "\n");
		_cleanup_free_ char *line = strndup(p, n);

		if (utf8_width(line) > TRIAL_BUG_COLUMNS && (!file || p < file))
			fail_msg("%s", line);
		for (const char *q = line; *q; q += utf8_decode(q, &c)) {
			assert_true(utf8_decode(q, &c) > 0);
			assert_false(utf8_is_control(c));
		}
		p += n + (p[n] == '\n');
	}
}

static void test_bug(void **state)
{
	for_each(bug, is_mail);
}

/* In the order of the guide. */
static void test_bug_order(void **state)
{
	static const char *const parts[] = {
		"\nWhat I did\n", "\nWhat I expected\n", "\nWhat happened\n", "\nVersion of Open vSwitch",
		"\nKernels", "\nConfiguration of Open vSwitch", "\nFix or workaround", "\nOther information",
	};
	_cleanup_free_ char *text = NULL;
	const char *at;
	struct trial t;

	trials_fixed(&t);
	text = written(bug, &t);
	at = text;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		at = strstr(at, parts[i]);
		if (!at)
			fail_msg("%s", parts[i]);
	}
	assert_non_null(strstr(text, "    2 baseline                1165 |####################"));
	trial_free(&t);
}

static void test_bug_private(void **state)
{
	static const char *const private[] = { "10.1.2.3", "2001:db8", "build7", "joe", "corp", "/home", "/srv" };
	_cleanup_free_ char *text = NULL;
	struct run *run;
	struct trial t;

	trials_lone(&t);
	run = &t.runs[0].run;
	assert_int_equal(run_set(&run->env.setup.ovs_source, "dir:/home/joe/ovs/_inst"), 0);
	assert_int_equal(run_add_string(&run->env.commands, "ovslab up --ovs dir:/srv/joe/x y.yml"), 0);
	assert_int_equal(run_add_string(&run->env.other_config, "remote=tcp:10.1.2.3:6642"), 0);
	assert_int_equal(run_add_string(&run->env.flows, "nw_src=198.18.0.1,nw_dst=10.1.2.3"), 0);
	assert_int_equal(run_add_string(&run->env.flows, "ipv6_dst=2001:db8::1"), 0);
	assert_int_equal(run_add_note(run, "joe@build7.corp.example.com said so"), 0);
	assert_int_equal(run_add_interval(run, (struct run_interval){ 0, 1, 3e8 }), 0);
	assert_int_equal(run_add_interval(run, (struct run_interval){ 1, 1, 6e8 }), 0);
	text = written(bug, &t);
	for (size_t i = 0; i < ARRAY_SIZE(private); i++)
		if (strstr(text, private[i]))
			fail_msg("%s in:\n%s", private[i], text);
	assert_non_null(strstr(text, "198.18.0.1"));
	assert_non_null(strstr(text, "git rev-parse HEAD"));
	assert_non_null(strstr(text, "Throughput over time:\n\n      0.0 s    300 Mb/s |####################\n"));
	trial_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens), cmocka_unit_test(test_junit),
		cmocka_unit_test(test_junit_states), cmocka_unit_test(test_junit_time),
		cmocka_unit_test(test_ktap), cmocka_unit_test(test_ktap_states),
		cmocka_unit_test(test_names), cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_bug), cmocka_unit_test(test_bug_order),
		cmocka_unit_test(test_bug_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
