// SPDX-License-Identifier: GPL-2.0
/*
 * trial.c - a scenario carried out
 *
 * Theory of operation: a cell is a lab. Of a series both labs are up from the beginning to
 * the end, so that neither pays for a start, and the one that is not measured stands still.
 * A pair is a run of each, one right after the other, so that what drifts on the host meets
 * both alike. A pair that does not count, or was interrupted, stays in the record; the one
 * that is made instead has the same number, and so the same place in the seed's order.
 *
 * However it ends, the labs are taken down here, with a limit of their own: Ctrl-C and the
 * command's limit have no say in that.
 */
#include "run/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/util.h"
#include "run/setup.h"

#define INVALID_MAX 3			/* in a row: the trial ends */
#define DOWN_SECONDS 60			/* for taking a lab down */

/* A trial under way. */
struct series {
	const struct job *job;
	struct trial *t;
	const struct trial_opts *opts;
	struct trial_outcome outcome;
	struct setup labs[2];
	int64_t began_ns;
	double before_s;		/* .elapsed_s of what was there already */
	char stem[16];			/* of the labs' names */
};

/* ---- what is known so far --------------------------------------------------------------- */

static double since(const struct series *s)
{
	return (double)(now_ns() - s->began_ns) / 1e9;
}

static int tell(struct series *s, struct err *err)
{
	s->t->elapsed_s = s->before_s + since(s);
	trial_judge(s->t, &s->outcome);
	return s->opts->step ? s->opts->step(s->opts->arg, s->t, &s->outcome, err) : 0;
}

static int end_by(struct series *s, const char *why, struct err *err)
{
	return run_set(&s->t->ended_by, why) ? err_set(err, STATUS_BENCH, ENOMEM, "out of memory") : 0;
}

double trial_step_seconds(const struct trial *t)
{
	double seconds[TRIAL_RUNS_MAX], per_step = t->mode == TRIAL_RUN ? 1 : 2;
	unsigned int n = 0;

	for (size_t i = 0; i < t->n_runs && n < TRIAL_RUNS_MAX; i++)
		seconds[n++] = t->runs[i].seconds;
	return per_step * trial_figure_over(seconds, n).median;
}

/* Would one more pair, or run, take longer than is left? Known before a lab is up, if any was made. */
static bool out_of_time(const struct series *s)
{
	return s->t->budget_s > 0 && since(s) + trial_step_seconds(s->t) > s->t->budget_s;
}

static int end_by_budget(struct series *s, struct err *err)
{
	char why[120];

	snprintf(why, sizeof(why), "the budget of %.0f s has no room for %s more",
		 s->t->budget_s, s->t->mode == TRIAL_RUN ? "one run" : "one pair");
	return end_by(s, why, err);
}

/* ---- labs ------------------------------------------------------------------------------- */

static int make_stem(char *buf, size_t size, struct err *err)
{
	unsigned char id[3];

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return err_set(err, STATUS_BENCH, errno, "no random bytes: %s", strerror(errno));
	snprintf(buf, size, "t-%02x%02x%02x", id[0], id[1], id[2]);
	return 0;
}

const struct scenario_setup *trial_cell_setup(const struct trial *t, unsigned int cell)
{
	if (!t->scenario->has_variants)
		return scenario_setup_of(t->scenario, NULL);
	return scenario_setup_of(t->scenario, t->cells[t->mode == TRIAL_AA ? 0 : cell]);
}

static int lab_up(struct series *s, unsigned int slot, unsigned int cell, struct err *err)
{
	struct setup *lab = &s->labs[slot];
	int rc;

	*lab = (struct setup){ .scenario = s->t->scenario, .cell = trial_cell_setup(s->t, cell),
			       .command = s->t->command };
	if (!lab->cell)
		return err_set(err, STATUS_USAGE, EINVAL, "the scenario has no variant '%s'",
			       s->t->cells[cell]);
	snprintf(lab->name, sizeof(lab->name), "%s-%u", s->stem, slot);
	job_progress(s->job, s->t->cells[cell], "bringing its lab up");
	rc = setup_up(s->job, lab, err);
	return rc < 0 ? err_wrap(err, rc, "%s", s->t->cells[cell]) : 0;
}

/* Not under the job's limit, which may be why it ends. */
static int labs_down(struct series *s, struct err *err)
{
	struct job job = *s->job;
	int rc = 0;

	if (wait_signal() && (s->labs[0].up || s->labs[1].up))
		job_progress(&job, "trial", "interrupted: what was measured is kept; taking its labs down");
	wait_shield(true);
	for (unsigned int i = 0; i < ARRAY_SIZE(s->labs); i++) {
		struct err one = { 0 };
		int r;

		if (!s->labs[i].name[0])
			continue;
		job.deadline_ns = now_ns() + DOWN_SECONDS * INT64_C(1000000000);
		r = setup_down(&job, &s->labs[i], &one);
		if (r < 0 && rc == 0) {
			err_move(err, &one);
			rc = r;
		}
		err_reset(&one);
	}
	wait_shield(false);
	return rc;
}

/* ---- runs ------------------------------------------------------------------------------- */

static int measure(struct series *s, unsigned int slot, struct trial_run *r, struct err *err)
{
	int64_t start = now_ns();
	int rc;

	r->started_s = s->before_s + since(s);
	rc = setup_run(s->job, &s->labs[slot], &r->run, err);
	if (rc < 0)
		return err_wrap(err, rc, "%s", s->t->cells[r->cell]);
	r->seconds = (double)(now_ns() - start) / 1e9;
	rc = trial_add_run(s->t, r);
	if (rc < 0) {
		run_free(&r->run);
		return err_set(err, STATUS_BENCH, rc, "a run more cannot be kept: %s", strerror(-rc));
	}
	return 0;
}

static bool last_is_valid(const struct trial *t)
{
	return trial_fault(t, &t->runs[t->n_runs - 1]) == TRIAL_VALID;
}

/* Without emulation throughput is worth a verdict, asked for or not. */
static void look_at_accel(struct trial *t)
{
	const char *accel = t->runs[t->n_runs - 1].run.env.accel;

	if (accel && strcmp(accel, "kvm") == 0)
		t->judge_throughput = true;
}

static int one_of_pair(struct series *s, unsigned int cell, unsigned int pair, bool second,
		       bool *ret_valid, struct err *err)
{
	struct trial_run r = { .cell = cell, .pair = pair, .second = second };
	int rc = measure(s, cell, &r, err);

	if (rc == 0)
		rc = setup_pause(s->job, &s->labs[cell], err);
	if (rc < 0)
		return rc;
	look_at_accel(s->t);
	*ret_valid = last_is_valid(s->t);
	return tell(s, err);
}

/* An invalid first run makes the second one pointless. */
static int one_pair(struct series *s, bool *ret_valid, struct err *err)
{
	unsigned int pair = s->outcome.pairs, first = paired_b_first(s->t->seed, pair) ? 1 : 0;
	int rc = one_of_pair(s, first, pair, false, ret_valid, err);

	if (rc < 0 || !*ret_valid)
		return rc;
	return one_of_pair(s, 1 - first, pair, true, ret_valid, err);
}

static int end_by_faults(struct series *s, struct err *err)
{
	const struct trial_run *last = &s->t->runs[s->t->n_runs - 1];
	char why[160];

	snprintf(why, sizeof(why), "%d in a row did not count, the last one (%s) because: %s",
		 INVALID_MAX, s->t->cells[last->cell], trial_fault_names[trial_fault(s->t, last)]);
	return end_by(s, why, err);
}

static bool series_done(const struct series *s)
{
	return s->outcome.done || s->outcome.pairs >= TRIAL_PAIRS_MAX;
}

static int pairs(struct series *s, struct err *err)
{
	unsigned int bad = 0;
	bool valid = false;
	int rc = 0;

	while (rc == 0 && !series_done(s)) {
		if (out_of_time(s))
			return end_by_budget(s, err);
		rc = one_pair(s, &valid, err);
		if (rc == 0 && !valid && ++bad == INVALID_MAX)
			return end_by_faults(s, err);
		bad = valid ? 0 : bad;
	}
	if (rc == 0)
		s->t->finished = true;
	return rc;
}

static int series(struct series *s, struct err *err)
{
	int rc = 0;

	if (series_done(s) || out_of_time(s))
		return pairs(s, err);
	for (unsigned int i = 0; rc == 0 && i < 2; i++) {
		rc = lab_up(s, i, i, err);
		if (rc == 0)
			rc = setup_pause(s->job, &s->labs[i], err);
	}
	return rc < 0 ? rc : pairs(s, err);
}

/* ---- cell after cell -------------------------------------------------------------------- */

static unsigned int valid_runs(const struct trial *t, unsigned int cell)
{
	unsigned int n = 0;

	for (size_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].cell == cell && trial_fault(t, &t->runs[i]) == TRIAL_VALID)
			n++;
	return n;
}

static unsigned int repetition(const struct trial *t, unsigned int cell)
{
	unsigned int n = 0;

	for (size_t i = 0; i < t->n_runs; i++)
		n += t->runs[i].cell == cell;
	return n;
}

/* Sets .ended_by if it cannot be completed. */
static int runs_of_cell(struct series *s, unsigned int cell, struct err *err)
{
	unsigned int bad = 0;
	int rc = 0;

	while (rc == 0 && valid_runs(s->t, cell) < s->t->runs_each) {
		struct trial_run r = { .cell = cell, .pair = repetition(s->t, cell) };

		if (out_of_time(s))
			return end_by_budget(s, err);
		rc = measure(s, 0, &r, err) ?: tell(s, err);
		if (rc < 0)
			break;
		bad = last_is_valid(s->t) ? 0 : bad + 1;
		if (bad == INVALID_MAX)
			return end_by_faults(s, err);
	}
	return rc;
}

static int cells(struct series *s, struct err *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < s->t->n_cells && rc == 0 && !s->t->ended_by; i++) {
		if (valid_runs(s->t, i) >= s->t->runs_each)
			continue;
		if (out_of_time(s))
			return end_by_budget(s, err);
		rc = lab_up(s, 0, i, err) ?: runs_of_cell(s, i, err) ?: labs_down(s, err);
	}
	if (rc == 0 && !s->t->ended_by)
		s->t->finished = true;
	return rc;
}

/* ---- all of it -------------------------------------------------------------------------- */

/* Why it ended early, for who reads the file. */
static void note_failure(struct series *s, int rc, const struct err *err)
{
	if (wait_signal())
		end_by(s, "interrupted", NULL);
	else if (err && err->msg[0])
		end_by(s, err->msg, NULL);
	else
		end_by(s, strerror(-rc), NULL);
}

int trial_run(const struct job *job, struct trial *t, const struct trial_opts *opts,
	      struct err *err)
{
	struct series s = { .job = job, .t = t, .opts = opts, .began_ns = now_ns(),
			    .before_s = t->elapsed_s };
	struct err down = { 0 };
	int rc = make_stem(s.stem, sizeof(s.stem), err) ?: setup_sweep(job, err), r;

	t->finished = false;
	run_set(&t->ended_by, NULL);
	trial_judge(t, &s.outcome);
	if (rc == 0)
		rc = t->mode == TRIAL_RUN ? cells(&s, err) : series(&s, err);
	if (rc < 0)
		note_failure(&s, rc, err);
	r = labs_down(&s, &down);
	if (rc == 0 && r < 0)
		err_move(err, &down);
	err_reset(&down);
	t->elapsed_s = s.before_s + since(&s);
	return rc < 0 ? rc : r;
}
