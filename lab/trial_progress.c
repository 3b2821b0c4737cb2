// SPDX-License-Identifier: GPL-2.0
/*
 * trial_progress.c - how far a trial is, for a person or as events
 *
 * Estimates here are of the pairs so far and say where things go; verdicts are made at
 * fixed looks alone, by trial_judge().
 */
#include "trial_progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/util.h"
#include "report/json.h"
#include "run/trial.h"

/* ---- what is known so far --------------------------------------------------------------- */

/* d = ln(second cell / first cell) of whole pairs whose runs count */
static unsigned int throughputs(const struct trial *t, double d[TRIAL_PAIRS_MAX])
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];
	unsigned int n = 0, whole = trial_pairs(t, pairs);

	for (unsigned int i = 0; i < whole; i++) {
		double ratio = pairs[i].run[1]->run.throughput_bps / pairs[i].run[0]->run.throughput_bps;

		if (isfinite(ratio) && ratio > 0)
			d[n++] = log(ratio);
	}
	return n;
}

static unsigned int wanted(const struct trial *t)
{
	return t->mode == TRIAL_RUN ? t->n_cells * t->runs_each : TRIAL_PAIRS_MAX;
}

/* Pairs; mode TRIAL_RUN: runs */
static unsigned int made(const struct trial *t, const struct trial_outcome *o)
{
	return t->mode == TRIAL_RUN ? (unsigned int)t->n_runs - o->invalid : o->pairs;
}

static unsigned int left(const struct trial *t, const struct trial_outcome *o)
{
	return o->done || made(t, o) >= wanted(t) ? 0 : wanted(t) - made(t, o);
}

static double elapsed(const struct trial_progress *p)
{
	return (double)(now_ns() - p->began_ns) / 1e9;
}

static double seconds_left(const struct trial_progress *p, const struct trial *t,
			   const struct trial_outcome *o)
{
	double all = left(t, o) * trial_step_seconds(t), budget = t->budget_s - elapsed(p);

	return t->budget_s > 0 && budget < all ? fmax(budget, 0) : all;
}

/* ---- events ----------------------------------------------------------------------------- */

static void put_event(const struct trial_progress *p, const char *event, json_t *more)
{
	json_t *doc = json_document(PROGRESS_SCHEMA);

	if (doc && more && !json_add(doc, "event", json_string(event)) &&
	    !json_add(doc, "elapsed_s", json_real(elapsed(p))) && !json_object_update(doc, more)) {
		json_dumpf(doc, stderr, JSON_COMPACT | JSON_REAL_PRECISION(9));
		fputc('\n', stderr);
		fflush(stderr);
	}
	json_decref(doc);
	json_decref(more);
}

static void phase_event(void *arg, const char *who, const char *what)
{
	put_event(arg, "phase", json_pack("{s:o,s:o}", "who", json_clean(who), "what",
					  json_clean(what)));
}

static void begin_event(const struct trial_progress *p, const struct trial *t)
{
	json_t *cells = json_array();

	for (unsigned int i = 0; i < t->n_cells; i++)
		json_array_append_new(cells, json_clean(t->cells[i]));
	put_event(p, "begin", json_pack("{s:o,s:s,s:o,s:I,s:o,s:I,s:I}", "scenario",
					json_clean(t->source.name), "mode", trial_mode_names[t->mode],
					"cells", cells, "seed", (json_int_t)t->seed, "file",
					json_clean(p->path), "wanted", (json_int_t)wanted(t), "runs",
					(json_int_t)t->n_runs));
}

static json_t *scored_of(const struct trial *t, const struct trial_run *r)
{
	if (!t->scenario->score.given)
		return json_null();
	return json_real(run_figure(&r->run, t->scenario->score.metric));
}

static void run_event(const struct trial_progress *p, const struct trial *t,
		      const struct trial_run *r)
{
	put_event(p, "run", json_pack("{s:o,s:I,s:b,s:s,s:s,s:f,s:f,s:o}", "variant",
				      json_clean(t->cells[r->cell]), "pair", (json_int_t)r->pair,
				      "second", r->second, "fault", trial_fault_names[trial_fault(t, r)],
				      "status", run_status_names[r->run.status], "seconds", r->seconds,
				      "throughput_bps", r->run.throughput_bps, "scored",
				      scored_of(t, r)));
}

static json_t *exp_or_null(double d, bool known)
{
	return known && isfinite(d) ? json_real(exp(d)) : json_null();
}

static json_t *estimate_of(const struct trial *t)
{
	struct paired_interval i = { .median = 0 };
	double d[TRIAL_PAIRS_MAX];
	unsigned int n = throughputs(t, d);

	if (n)
		i = paired_interval(d, n, 0.05);
	return json_pack("{s:I,s:o,s:o,s:o}", "pairs", (json_int_t)n, "ratio",
			 exp_or_null(i.median, n), "ratio_low", exp_or_null(i.low, n), "ratio_high",
			 exp_or_null(i.high, n));
}

static void state_event(const struct trial_progress *p, const char *event, const struct trial *t,
			const struct trial_outcome *o)
{
	const struct trial_counts *c = &o->counts;
	json_t *counts = json_pack("{s:I,s:I,s:I,s:I}", "pairs", (json_int_t)c->pairs, "cured",
				   (json_int_t)c->cured, "same", (json_int_t)c->same, "worse",
				   (json_int_t)c->worse);

	put_event(p, event, json_pack("{s:I,s:I,s:I,s:s,s:s,s:o,s:o,s:o,s:f,s:b,s:o}", "made",
				      (json_int_t)made(t, o), "left", (json_int_t)left(t, o),
				      "invalid_runs", (json_int_t)o->invalid, "verdict",
				      trial_verdict_names[o->verdict], "refusal",
				      trial_refusal_names[o->refusal], "why", json_clean(o->why),
				      "counts", counts, "throughput", estimate_of(t), "left_s",
				      seconds_left(p, t, o), "finished", t->finished, "ended_by",
				      json_clean(t->ended_by)));
}

/* ---- text ------------------------------------------------------------------------------- */

static const char *time_text(char *buf, size_t size, double seconds)
{
	if (seconds < 90)
		snprintf(buf, size, "%.0f s", seconds);
	else
		snprintf(buf, size, "%.0f min", seconds / 60);
	return buf;
}

/* ", reordered 912 and 0": medians of the cells; "" while there are none */
static void scored_text(const struct trial *t, char *buf, size_t size)
{
	const struct scenario_score *score = &t->scenario->score;
	struct trial_figure a, b;

	*buf = '\0';
	if (!score->given || t->n_cells != 2)
		return;
	a = trial_figure_of(t, 0, score->metric);
	b = trial_figure_of(t, 1, score->metric);
	if (a.n && b.n)
		snprintf(buf, size, ", %s %.6g and %.6g", scenario_metrics[score->metric].name, a.median,
			 b.median);
}

/* ", throughput +1.2 % (-4.0 to +6.1)"; without an interval while pairs are too few */
static void throughput_text(const struct trial *t, char *buf, size_t size)
{
	struct paired_interval i;
	double d[TRIAL_PAIRS_MAX];
	unsigned int n = throughputs(t, d);

	*buf = '\0';
	if (!n)
		return;
	i = paired_interval(d, n, 0.05);
	if (isfinite(i.low) && isfinite(i.high))
		snprintf(buf, size, ", throughput %+.1f %% (%+.1f to %+.1f)", 100 * expm1(i.median),
			 100 * expm1(i.low), 100 * expm1(i.high));
	else
		snprintf(buf, size, ", throughput %+.1f %%", 100 * expm1(i.median));
}

static void pair_text(const struct trial_progress *p, const struct trial *t,
		      const struct trial_outcome *o)
{
	char scored[100], throughput[100], time[32];

	scored_text(t, scored, sizeof(scored));
	throughput_text(t, throughput, sizeof(throughput));
	if (left(t, o))
		job_progress(p->text, "pairs", "%u made, %u more at most%s%s; %s left", o->pairs,
			     left(t, o), scored, throughput,
			     time_text(time, sizeof(time), seconds_left(p, t, o)));
	else
		job_progress(p->text, "pairs", "%u made%s%s", o->pairs, scored, throughput);
}

static void run_text(const struct trial_progress *p, const struct trial *t,
		     const struct trial_run *r, const struct trial_outcome *o)
{
	enum trial_fault fault = trial_fault(t, r);
	char time[32];

	if (fault)
		job_progress(p->text, "run", "of %s: does not count (%s)", t->cells[r->cell],
			     trial_fault_names[fault]);
	else if (t->mode != TRIAL_RUN && r->second)
		pair_text(p, t, o);
	else if (t->mode == TRIAL_RUN)
		job_progress(p->text, "run", "of %s, %u of %u; %s left", t->cells[r->cell], made(t, o),
			     wanted(t), time_text(time, sizeof(time), seconds_left(p, t, o)));
}

/* ---- both ------------------------------------------------------------------------------- */

void trial_progress_begin(struct trial_progress *p, const struct job *job, bool json,
			  const char *path, const struct trial *t)
{
	*p = (struct trial_progress){ .job = *job, .text = job, .json = json, .path = path,
				      .began_ns = now_ns(), .told = t->n_runs };
	if (json) {
		p->job.progress = phase_event;
		p->job.progress_arg = p;
		begin_event(p, t);
	} else if (t->mode != TRIAL_RUN) {
		job_progress(job, "pairs", "%u at most, in the order of seed %llu", wanted(t),
			     (unsigned long long)t->seed);
	}
}

void trial_progress_step(struct trial_progress *p, const struct trial *t,
			 const struct trial_outcome *o)
{
	for (; p->told < t->n_runs; p->told++) {
		const struct trial_run *r = &t->runs[p->told];

		if (p->json)
			run_event(p, t, r);
		else
			run_text(p, t, r, o);
		if (p->json && (t->mode == TRIAL_RUN || r->second))
			state_event(p, "state", t, o);
	}
}

void trial_progress_end(struct trial_progress *p, const struct trial *t,
			const struct trial_outcome *o)
{
	if (p->json)
		state_event(p, "end", t, o);
	else
		job_progress(p->text, trial_mode_names[t->mode], "kept as %s", p->path);
}
