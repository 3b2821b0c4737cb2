// SPDX-License-Identifier: GPL-2.0
/*
 * trial_junit.c - a trial as JUnit XML
 *
 * Few elements, so they are written as text; whatever is not ours goes through put().
 */
#include "report/trial_junit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/utf8.h"
#include "core/util.h"
#include "report/trial_cases.h"
#include "report/trial_tell.h"
#include "report/trial_text.h"

/* XML 1.0 forbids control characters and U+FFFE, U+FFFF even as references. */
static bool is_forbidden(uint32_t c)
{
	return (utf8_is_control(c) && c != '\n' && c != '\t') || (c & 0xfffe) == 0xfffe;
}

static void put_char(FILE *f, const char *text, size_t n, uint32_t c)
{
	switch (c) {
	case '&':
		fputs("&amp;", f);
		break;
	case '<':
		fputs("&lt;", f);
		break;
	case '>':
		fputs("&gt;", f);
		break;
	case '"':
		fputs("&quot;", f);
		break;
	default:
		fwrite(text, 1, n, f);
	}
}

/* For content, and for attributes in double quotes, where a newline is a space. */
static void put(FILE *f, const char *text)
{
	while (*text) {
		uint32_t c;
		int n = utf8_decode(text, &c);

		if (n < 0 || is_forbidden(c))
			fputs("\xef\xbf\xbd", f);	/* U+FFFD */
		else
			put_char(f, text, (size_t)n, c);
		text += n < 0 ? 1 : n;
	}
}

static void attribute(FILE *f, const char *name, const char *text)
{
	fprintf(f, " %s=\"", name);
	put(f, text);
	fputc('"', f);
}

/* ---- properties ------------------------------------------------------------------------ */

static void property(FILE *f, const char *name, const char *more, const char *value)
{
	if (!value || !*value)
		return;
	fputs("      <property name=\"", f);
	put(f, name);
	put(f, more);
	fputc('"', f);
	attribute(f, "value", value);
	fputs("/>\n", f);
}

static void told(FILE *f, const char *name, trial_tell tell, const struct trial *t,
		 const struct trial_outcome *o)
{
	_cleanup_free_ char *text = trial_told(tell, t, o);

	property(f, name, "", text);
}

static void print_cell(FILE *f, const struct trial *t, unsigned int cell)
{
	const struct run *run = trial_run_of(t, cell);
	const char *name = t->cells[cell] ? t->cells[cell] : "?";

	if (!run)
		return;
	property(f, name, ".ovs", trial_run_ovs(run));
	property(f, name, ".ovs-source", run->env.setup.ovs_source);
	property(f, name, ".kernel", trial_run_kernel(run));
	property(f, name, ".kernel-source", run->env.setup.kernel_source);
	property(f, name, ".datapath", run->env.datapath);
	property(f, name, ".accel", run->env.accel);
}

static void print_properties(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	char seed[24];

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)t->seed);
	fputs("    <properties>\n", f);
	property(f, "ovslab.version", "", t->version);
	property(f, "scenario", "", t->source.name);
	property(f, "mode", "", t->scenario ? trial_mode_names[t->mode] : NULL);
	property(f, "seed", "", t->mode == TRIAL_RUN ? NULL : seed);
	property(f, "answer", "", t->scenario ? trial_answer(t, o) : NULL);
	for (unsigned int i = 0; i < t->n_cells; i++)
		print_cell(f, t, i);
	told(f, "series", trial_tell_progress, t, o);
	told(f, "score", trial_tell_counts, t, o);
	told(f, "throughput", trial_tell_throughput, t, o);
	told(f, "late by upcalls", trial_tell_upcalls, t, o);
	for (const struct trial_fact *fact = trial_facts; fact->name; fact++)
		told(f, fact->name, fact->tell, t, o);
	told(f, "again", trial_tell_again, t, o);
	fputs("    </properties>\n", f);
}

/* ---- cases ----------------------------------------------------------------------------- */

static void print_case(FILE *f, const struct trial *t, const struct trial_case *c)
{
	fputs("    <testcase classname=\"ovslab.", f);
	put(f, trial_title(t));
	fputc('"', f);
	attribute(f, "name", c->name);
	fprintf(f, " time=\"%.3f\"", c->seconds);
	if (c->state == TRIAL_CASE_OK) {
		fputs("/>\n", f);
		return;
	}
	fputs(c->state == TRIAL_CASE_FAILED ? ">\n      <failure type=\"expectation\"" :
	      ">\n      <skipped", f);
	attribute(f, "message", c->text);
	fputs("/>\n    </testcase>\n", f);
}

static unsigned int count(const struct trial_case *c, unsigned int n, enum trial_case_state state)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < n; i++)
		found += c[i].state == state;
	return found;
}

/* "2026-11-24T15:33:27", without time zone; what is no time is the epoch. */
static void print_time(FILE *f, const struct trial *t)
{
	const char *at = t->started_at ? t->started_at : t->n_runs ? t->runs[0].run.env.started_at : NULL;
	char text[32] = "1970-01-01T00:00:00", again[32];
	struct tm tm = { 0 }, same;
	time_t when;

	if (at && strlen(at) >= 19 && strptime(at, "%Y-%m-%dT%H:%M:%S", &tm)) {
		when = timegm(&tm);
		if (gmtime_r(&when, &same) &&
		    strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%S", &same) == 19 &&
		    !strncmp(again, at, 19))
			memcpy(text, again, sizeof(again));
	}
	fprintf(f, " timestamp=\"%s\"", text);
}

static int print_summary(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *mem = open_memstream(&text, &n);
	int rc = mem ? trial_print_text(mem, t, o, false, false) : -ENOMEM;

	if (mem && fclose(mem) == EOF)
		rc = -ENOMEM;
	fputs("    <system-out>", f);
	if (rc == 0)
		put(f, text);
	fputs("</system-out>\n    <system-err/>\n", f);
	return rc;
}

int trial_junit(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	struct trial_case cases[TRIAL_CASES_MAX];
	unsigned int n = trial_cases(t, o, cases);
	int rc;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	      "  <testsuite id=\"0\" package=\"ovslab\"", f);
	attribute(f, "name", trial_title(t));
	print_time(f, t);
	fprintf(f, " hostname=\"localhost\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" "
		"time=\"%.3f\">\n", n, count(cases, n, TRIAL_CASE_FAILED),
		count(cases, n, TRIAL_CASE_SKIPPED), t->elapsed_s);
	print_properties(f, t, o);
	for (unsigned int i = 0; i < n; i++)
		print_case(f, t, &cases[i]);
	rc = print_summary(f, t, o);
	fputs("  </testsuite>\n</testsuites>\n", f);
	return rc < 0 ? rc : ferror(f) ? -EIO : 0;
}
