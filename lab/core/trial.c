// SPDX-License-Identifier: GPL-2.0
/*
 * trial.c - a scenario carried out: its words, its runs and which count, releasing it
 */
#include "core/trial.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/run_figures.h"

const char *const trial_mode_names[] = {
	[TRIAL_RUN] = "run",
	[TRIAL_VALIDATE] = "validate",
	[TRIAL_AA] = "aa",
	NULL
};

const char *const trial_fault_names[] = {
	[TRIAL_VALID] = "valid",
	[TRIAL_NO_TRAFFIC] = "no-traffic",
	[TRIAL_TRAFFIC_FAILED] = "traffic-failed",
	[TRIAL_INJECTIONS_CHANGED] = "injections-changed",
	[TRIAL_SWITCH_RESTARTED] = "switch-restarted",
	[TRIAL_INEXACT] = "inexact",
	[TRIAL_SETUP_DIFFERS] = "setup-differs",
	NULL
};

const char *const trial_verdict_names[] = {
	[TRIAL_INCONCLUSIVE] = "inconclusive",
	[TRIAL_FIXED] = "fixed",
	[TRIAL_NOT_FIXED] = "not-fixed",
	[TRIAL_REGRESSED] = "regressed",
	NULL
};

const char *const trial_refusal_names[] = {
	[TRIAL_SCORED] = "scored",
	[TRIAL_NOTHING_TO_SCORE] = "nothing-to-score",
	[TRIAL_TOO_FEW] = "too-few-pairs",
	[TRIAL_BUG_NOT_SHOWN] = "bug-not-shown",
	[TRIAL_NOTHING_MANGLED] = "nothing-mangled",
	[TRIAL_RUNS_INVALID] = "runs-invalid",
	NULL
};

int trial_cell(const struct trial *t, const char *name)
{
	if (!name)
		return t->n_cells == 1 ? 0 : -1;
	for (unsigned int i = 0; i < t->n_cells && i < TRIAL_CELLS_MAX; i++)
		if (t->cells[i] && strcmp(t->cells[i], name) == 0)
			return (int)i;
	return -1;
}

static enum trial_fault own_fault(const struct run *run)
{
	const struct reorder_result *r = &run->reorder;

	/* status no-traffic: nothing left the switch either, which may be the bug */
	if (!r->f.ingress_packets && !run->connect.attempts)
		return TRIAL_NO_TRAFFIC;
	if (run->status == RUN_TRAFFIC_FAILED)
		return TRIAL_TRAFFIC_FAILED;
	if (run->status == RUN_INJECTIONS_CHANGED)
		return TRIAL_INJECTIONS_CHANGED;
	if (run->status == RUN_SWITCH_RESTARTED)
		return TRIAL_SWITCH_RESTARTED;
	if (run->events.dropped || run->events.flows_saturated || (r->f.ingress_packets && !r->exact))
		return TRIAL_INEXACT;
	return TRIAL_VALID;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_setup(const struct run_environment *a, const struct run_environment *b)
{
	return same_text(a->ovs_version, b->ovs_version) && same_text(a->ovs_package, b->ovs_package) &&
	       same_text(a->setup.kernel, b->setup.kernel) &&
	       same_text(a->setup.kernel_build, b->setup.kernel_build) &&
	       same_text(a->accel, b->accel);
}

enum trial_fault trial_fault(const struct trial *t, const struct trial_run *r)
{
	enum trial_fault fault = own_fault(&r->run);

	if (fault)
		return fault;
	for (size_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].cell == r->cell && !own_fault(&t->runs[i].run))
			return same_setup(&t->runs[i].run.env, &r->run.env) ? TRIAL_VALID :
									      TRIAL_SETUP_DIFFERS;
	return TRIAL_VALID;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct trial_figure trial_figure_over(double *v, unsigned int n)
{
	if (!n)
		return (struct trial_figure){ 0 };
	qsort(v, n, sizeof(*v), compare);
	return (struct trial_figure){
		.n = n, .median = v[(n - 1) / 2] / 2 + v[n / 2] / 2, .min = v[0], .max = v[n - 1],
	};
}

struct trial_figure trial_figure_of(const struct trial *t, unsigned int cell, unsigned int metric)
{
	double v[TRIAL_RUNS_MAX];
	unsigned int n = 0;

	for (size_t i = 0; i < t->n_runs && n < TRIAL_RUNS_MAX; i++) {
		const struct trial_run *r = &t->runs[i];

		if (r->cell != cell || trial_fault(t, r))
			continue;
		v[n] = run_figure(&r->run, metric);
		n += isfinite(v[n]);
	}
	return trial_figure_over(v, n);
}

int trial_add_run(struct trial *t, const struct trial_run *r)
{
	struct trial_run *v;

	if (t->n_runs >= TRIAL_RUNS_MAX)
		return -E2BIG;
	v = reallocarray(t->runs, t->n_runs + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	t->runs = v;
	v[t->n_runs++] = *r;
	return 0;
}

void trial_free(struct trial *t)
{
	if (!t)
		return;
	free(t->source.name);
	free(t->source.text);
	run_free_strings(&t->source.sets);
	scenario_free(t->scenario);
	for (unsigned int i = 0; i < TRIAL_CELLS_MAX; i++)
		free(t->cells[i]);
	free(t->version);
	free(t->started_at);
	free(t->command);
	free(t->ended_by);
	for (size_t i = 0; i < t->n_runs; i++)
		run_free(&t->runs[i].run);
	free(t->runs);
	run_free_strings(&t->notes);
	*t = (struct trial){ 0 };
}

unsigned int trial_throughput_metric(void)
{
	unsigned int i = 0;

	while (strcmp(scenario_metrics[i].name, "throughput_bps") != 0)
		i++;
	return i;
}

struct trial_upcalled trial_upcalled_of(const struct trial *t, unsigned int cell)
{
	struct trial_upcalled sum = { 0 };

	for (size_t i = 0; i < t->n_runs; i++) {
		const struct attribute_upcalls *u = &t->runs[i].run.who.upcalls;

		if (t->runs[i].cell != cell || !u->known || trial_fault(t, &t->runs[i]))
			continue;
		sum.runs++;
		sum.late.with += u->late.with;
		sum.late.with_not += u->late.with_not;
		sum.late.without += u->late.without;
		sum.late.without_not += u->late.without_not;
	}
	return sum;
}

/* ---- pairs ------------------------------------------------------------------------------ */

/* Two that were made one right after the other, so that a drift of the machine hits both. */
static bool is_pair(const struct trial *t, const struct trial_run *a, const struct trial_run *b)
{
	return a->pair == b->pair && a->pair < TRIAL_PAIRS_MAX && !a->second && b->second &&
	       a->cell <= 1 && b->cell <= 1 && a->cell != b->cell && !trial_fault(t, a) &&
	       !trial_fault(t, b);
}

unsigned int trial_pairs(const struct trial *t, struct trial_pair ret[TRIAL_PAIRS_MAX])
{
	const struct trial_run *first[TRIAL_PAIRS_MAX] = { NULL };
	unsigned int n = 0;

	for (size_t i = 0; t->mode != TRIAL_RUN && i + 1 < t->n_runs; i++)
		if (is_pair(t, &t->runs[i], &t->runs[i + 1]))
			first[t->runs[i].pair] = &t->runs[i];
	for (unsigned int i = 0; i < TRIAL_PAIRS_MAX; i++) {
		if (!first[i])
			continue;
		ret[n].number = i;
		ret[n].run[first[i][0].cell] = &first[i][0];
		ret[n++].run[first[i][1].cell] = &first[i][1];
	}
	return n;
}
