// SPDX-License-Identifier: GPL-2.0
/*
 * trial_cases.c - a trial as a list of test cases
 */
#include "report/trial_cases.h"

#include <stdio.h>
#include <string.h>

#include "core/util.h"

const char *trial_title(const struct trial *t)
{
	return t->scenario && t->scenario->name && *t->scenario->name ? t->scenario->name : "run";
}

/* "reordered of fixed, at-most-ratio 0.2": as in the file */
static void name_of(const struct scenario_expect *e, char *buf, size_t size)
{
	const struct { const char *key; const struct scenario_bound *bound; } bounds[] = {
		{ "at-least", &e->at_least }, { "at-most", &e->at_most },
		{ "at-least-ratio", &e->at_least_ratio }, { "at-most-ratio", &e->at_most_ratio },
	};
	size_t n = snprintf(buf, size, "%s%s%s", scenario_metrics[e->metric].name,
			    e->variant ? " of " : "", e->variant ? e->variant : "");

	for (size_t i = 0; i < ARRAY_SIZE(bounds) && n < size; i++)
		if (bounds[i].bound->given)
			n += snprintf(buf + n, size - n, ", %s %g", bounds[i].key,
				      bounds[i].bound->value);
}

static void case_of_expectation(const struct trial_expected *e, struct trial_case *ret)
{
	*ret = (struct trial_case){
		.state = !e->known ? TRIAL_CASE_SKIPPED : e->holds ? TRIAL_CASE_OK : TRIAL_CASE_FAILED,
	};
	name_of(e->expect, ret->name, sizeof(ret->name));
	snprintf(ret->text, sizeof(ret->text), "%s", e->text);
}

static void case_of_verdict(const struct trial *t, const struct trial_outcome *o,
			    struct trial_case *ret)
{
	int status = trial_status(t, o);

	*ret = (struct trial_case){
		.state = status == STATUS_OK ? TRIAL_CASE_OK :
			 status == STATUS_VERDICT ? TRIAL_CASE_FAILED : TRIAL_CASE_SKIPPED,
		.seconds = t->elapsed_s,
	};
	snprintf(ret->name, sizeof(ret->name), "%s", t->mode == TRIAL_AA ? "no false alarm" : "verdict");
	snprintf(ret->text, sizeof(ret->text), "%s", o->why);
}

/* A run of 'measure' has no scenario: it is as good as its status. */
static void case_of_run(const struct run *run, struct trial_case *ret)
{
	*ret = (struct trial_case){
		.state = run->status == RUN_OK ? TRIAL_CASE_OK : TRIAL_CASE_FAILED,
	};
	snprintf(ret->name, sizeof(ret->name), "run");
	snprintf(ret->text, sizeof(ret->text), "%s: %llu of %llu packets reordered",
		 run_status_names[run->status], (unsigned long long)run->reorder.f.reordered,
		 (unsigned long long)run->reorder.f.packets);
}

unsigned int trial_cases(const struct trial *t, const struct trial_outcome *o,
			 struct trial_case ret[TRIAL_CASES_MAX])
{
	unsigned int n = 0;

	if (!t->scenario && t->n_runs)
		case_of_run(&t->runs[0].run, &ret[n++]);
	while (n < o->n_expected && n < TRIAL_CASES_MAX - 1) {
		case_of_expectation(&o->expected[n], &ret[n]);
		n++;
	}
	if (t->mode != TRIAL_RUN)
		case_of_verdict(t, o, &ret[n++]);
	return n;
}
