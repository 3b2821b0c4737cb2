// SPDX-License-Identifier: GPL-2.0
/*
 * trial_ktap.c - a trial as the kernel's Test Anything Protocol
 */
#include "report/trial_ktap.h"

#include <errno.h>

#include "core/utf8.h"
#include "core/util.h"
#include "report/run_text.h"
#include "report/trial_cases.h"
#include "report/trial_tell.h"

/* One line; a '#' would begin a directive. */
static void put(FILE *f, const char *text)
{
	while (*text) {
		uint32_t c;
		int n = utf8_decode(text, &c);

		if (n < 0 || utf8_is_control(c) || c == '#')
			fputc(n > 0 && (c == '\n' || c == '\t') ? ' ' : '?', f);
		else
			fwrite(text, 1, (size_t)n, f);
		text += n < 0 ? 1 : n;
	}
}

static void remark(FILE *f, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(f, "# %s", label);
	put(f, text);
	fputc('\n', f);
}

static void told(FILE *f, const char *label, trial_tell tell, const struct trial *t,
		 const struct trial_outcome *o)
{
	_cleanup_free_ char *text = trial_told(tell, t, o);

	remark(f, label, text);
}

static void print_head(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	remark(f, "scenario: ", trial_title(t));
	if (t->scenario)
		remark(f, "", t->scenario->summary);
	if (t->n_runs)
		remark(f, "", run_accel_text(&t->runs[0].run));
	for (unsigned int i = 0; t->scenario && i < t->n_cells; i++) {
		fputs("# ", f);
		put(f, t->cells[i] ? t->cells[i] : "?");
		fputs(": Open vSwitch ", f);
		put(f, trial_run_ovs(trial_run_of(t, i)));
		fputs(", kernel ", f);
		put(f, trial_run_kernel(trial_run_of(t, i)));
		fputc('\n', f);
	}
	told(f, "late by upcalls: ", trial_tell_upcalls, t, o);
	told(f, "again: ", trial_tell_again, t, o);
}

static void print_case(FILE *f, unsigned int number, const struct trial_case *c)
{
	if (c->state != TRIAL_CASE_SKIPPED)
		remark(f, "", c->text);
	fprintf(f, "%sok %u ", c->state == TRIAL_CASE_FAILED ? "not " : "", number);
	put(f, c->name);
	if (c->state == TRIAL_CASE_SKIPPED) {
		fputs(" # SKIP ", f);
		put(f, c->text);
	}
	fputc('\n', f);
}

int trial_ktap(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	struct trial_case cases[TRIAL_CASES_MAX];
	unsigned int n = trial_cases(t, o, cases);

	fprintf(f, "KTAP version 1\n1..%u\n", n);
	print_head(f, t, o);
	for (unsigned int i = 0; i < n; i++)
		print_case(f, i + 1, &cases[i]);
	return ferror(f) ? -EIO : 0;
}
