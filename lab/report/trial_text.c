// SPDX-License-Identifier: GPL-2.0
/*
 * trial_text.c - a trial as text on a terminal
 *
 * The order: the answer and why; what the benches are (KVM or TCG first); both verdicts;
 * what was expected; the figures; what shaped them; how to make it again.
 */
#include "report/trial_text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/utf8.h"
#include "core/util.h"
#include "report/run_text.h"
#include "report/table_text.h"
#include "report/text.h"
#include "report/trial_tell.h"

#define PROSE_COLUMNS 100u		/* longer lines are hard to read */
#define LABEL_COLUMNS 17u
#define HEAD_COLUMNS 13			/* of a cell's name above a column */
#define METRICS_SHOWN 4

struct view {
	FILE *f;
	const struct trial *t;
	const struct trial_outcome *o;
	bool verbose, color;
	unsigned int columns;
};

static unsigned int prose(const struct view *v)
{
	return v->columns < PROSE_COLUMNS ? v->columns : PROSE_COLUMNS;
}

static const char *on(const struct view *v, const char *code)
{
	return v->color ? code : "";
}

static int finish(const struct view *v, struct table *t)
{
	int rc = table_print(v->f, t, v->columns, v->color);

	table_free(t);
	return rc;
}

static void labelled(const struct view *v, const char *label, const char *text)
{
	char first[LABEL_COLUMNS + 1];

	if (!text || !*text)
		return;
	snprintf(first, sizeof(first), "%-*s", (int)LABEL_COLUMNS, label);
	text_fill(v->f, text, first, LABEL_COLUMNS, prose(v));
}

static void told(const struct view *v, const char *label, trial_tell tell)
{
	_cleanup_free_ char *text = trial_told(tell, v->t, v->o);

	labelled(v, label, text);
}

/* ---- answer and benches ---------------------------------------------------------------- */

static const char *color_of(const struct trial *t, const struct trial_outcome *o)
{
	switch (trial_status(t, o)) {
	case STATUS_OK:
		return "\033[1;32m";
	case STATUS_VERDICT:
		return "\033[1;31m";
	default:
		return "\033[1;33m";
	}
}

static void print_answer(const struct view *v)
{
	_cleanup_free_ char *text = trial_told(trial_tell_answer, v->t, v->o);

	text_fill(v->f, text ? text : "", on(v, color_of(v->t, v->o)), 0, prose(v));
	fputs(on(v, "\033[0m"), v->f);
	if (v->t->scenario)
		text_fill(v->f, v->t->scenario->summary, "", 0, prose(v));
	told(v, "series", trial_tell_progress);
}

static void bench_row(struct table *t, const struct view *v, unsigned int cell)
{
	const struct run *run = trial_run_of(v->t, cell);

	table_cell(t, "%s", v->t->cells[cell] ? v->t->cells[cell] : "?");
	table_cell(t, "%s", trial_run_ovs(run));
	table_cell(t, "%s", trial_run_kernel(run));
	table_cell(t, "%s", run && run->env.datapath ? run->env.datapath : "unknown");
	table_cell(t, "%s", run && run->env.offloads ? run->env.offloads : "unknown");
}

static int print_benches(const struct view *v)
{
	struct table t = { 0 };

	fprintf(v->f, "\n%s%s%s\n", on(v, "\033[1m"), v->t->n_runs ?
		run_accel_text(&v->t->runs[0].run) : "no run yet", on(v, "\033[0m"));
	table_column(&t, "variant", TABLE_LEFT);
	table_column(&t, "Open vSwitch", TABLE_LEFT);
	table_column(&t, "switch's kernel", TABLE_LEFT);
	table_column(&t, "datapath", TABLE_LEFT);
	table_column(&t, "offloads", TABLE_LEFT);
	for (unsigned int i = 0; i < v->t->n_cells; i++)
		bench_row(&t, v, i);
	return finish(v, &t);
}

/* ---- verdicts and expectations --------------------------------------------------------- */

static void print_verdicts(const struct view *v)
{
	unsigned int metric;

	if (v->t->mode == TRIAL_RUN)
		return;
	fputc('\n', v->f);
	if (trial_scored(v->t, &metric))
		told(v, scenario_metrics[metric].name, trial_tell_counts);
	told(v, "throughput", trial_tell_throughput);
	told(v, "this machine", trial_tell_noise);
}

static void print_upcalls(const struct view *v)
{
	if (v->t->mode == TRIAL_RUN && trial_upcalls_known(v->t))
		fputc('\n', v->f);
	told(v, "late by upcalls", trial_tell_upcalls);
}

static void print_expected(const struct view *v, const struct trial_expected *e)
{
	const char *state = trial_state(e);
	char first[40];

	snprintf(first, sizeof(first), "  %s%-7s%s  ",
		 on(v, !e->known ? "\033[33m" : e->holds ? "\033[32m" : "\033[1;31m"), state,
		 on(v, "\033[0m"));
	text_fill(v->f, e->text, first, 11, prose(v));
}

static void print_expectations(const struct view *v)
{
	if (!v->o->n_expected)
		return;
	text_heading(v->f, "Expected", v->color);
	for (unsigned int i = 0; i < v->o->n_expected; i++)
		print_expected(v, &v->o->expected[i]);
}

/* ---- pairs ----------------------------------------------------------------------------- */

/* Headings of two lines with the names of cells 0 and 1; those are cut where they are long. */
struct heads {
	char first[64], count[2][64], rate[2][64];
};

static void make_heads(struct heads *h, const struct trial *t)
{
	for (unsigned int i = 0; i < 2; i++) {
		char name[TRIAL_CELL_NAME] = "again";
		int n;

		if (!i || t->mode != TRIAL_AA)
			trial_cell_name(name, t, i);
		n = (int)utf8_fit(name, HEAD_COLUMNS);
		snprintf(h->count[i], sizeof(h->count[i]), "\n%.*s", n, name);
		snprintf(h->rate[i], sizeof(h->rate[i]), "rate of\n%.*s", n, name);
		if (i == 0)
			snprintf(h->first, sizeof(h->first), "%.*s\nfirst", n, name);
	}
}

static const char *vote_text(const struct signs_rule *rule, double a, double b)
{
	switch (signs_vote(rule, a, b)) {
	case SIGNS_CURED:
		return "cured";
	case SIGNS_WORSE:
		return "worse";
	default:
		return "same";
	}
}

static void pair_counts(struct table *t, const struct view *v, const struct trial_pair *p,
			unsigned int metric)
{
	struct signs_rule rule = trial_rule(v->t, v->o);
	double a = run_figure(&p->run[0]->run, metric), b = run_figure(&p->run[1]->run, metric);
	struct unit_text one, two;

	table_cell(t, "%s", trial_value(&one, metric, a));
	table_cell(t, "%s", trial_value(&two, metric, b));
	table_cell(t, "%s", rule.worse_ratio > 0 ? vote_text(&rule, a, b) : "-");
}

static void pair_rates(struct table *t, const struct trial_pair *p)
{
	double a = p->run[0]->run.throughput_bps, b = p->run[1]->run.throughput_bps;
	struct unit_text one, two;

	table_cell(t, "%s", a > 0 ? units_bps(&one, a) : "-");
	table_cell(t, "%s", b > 0 ? units_bps(&two, b) : "-");
	if (a > 0 && b > 0)
		table_cell(t, "%+.1f %%", 100 * (b / a - 1));
	else
		table_cell(t, "-");
}

static void pair_columns(struct table *t, const struct heads *h, bool scored, bool rates)
{
	table_column(t, "\npair", TABLE_RIGHT);
	table_column(t, h->first, TABLE_LEFT);
	for (unsigned int i = 0; scored && i < 2; i++)
		table_column(t, h->count[i], TABLE_RIGHT);
	if (scored)
		table_column(t, "\nvote", TABLE_LEFT);
	for (unsigned int i = 0; rates && i < 2; i++)
		table_column(t, h->rate[i], TABLE_RIGHT);
	if (rates)
		table_column(t, "\nchange", TABLE_RIGHT);
}

static int print_pairs(const struct view *v)
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];
	unsigned int n = trial_pairs(v->t, pairs), metric;
	bool scored = trial_scored(v->t, &metric), rates = v->o->throughput_pairs > 0;
	struct table t = { 0 };
	struct heads heads;

	if (!n || (!scored && !rates))
		return 0;
	fputc('\n', v->f);
	make_heads(&heads, v->t);
	pair_columns(&t, &heads, scored, rates);
	for (unsigned int i = 0; i < n; i++) {
		table_cell(&t, "%u", pairs[i].number + 1);
		table_cell(&t, "%s", pairs[i].run[0]->second ? "no" : "yes");
		if (scored)
			pair_counts(&t, v, &pairs[i], metric);
		if (rates)
			pair_rates(&t, &pairs[i]);
	}
	return finish(v, &t);
}

/* ---- cells of 'run' -------------------------------------------------------------------- */

/* The figures that are expected of any cell, each once. */
static size_t metrics_shown(const struct trial *t, unsigned int *ret)
{
	size_t n = 0;

	for (size_t i = 0; t->scenario && i < t->scenario->expect.n && n < METRICS_SHOWN; i++) {
		size_t k = 0;

		while (k < n && ret[k] != t->scenario->expect.v[i].metric)
			k++;
		if (k == n)
			ret[n++] = t->scenario->expect.v[i].metric;
	}
	return n;
}

static void cell_figure(struct table *t, const struct view *v, unsigned int cell, unsigned int metric)
{
	struct trial_figure figure = trial_figure_of(v->t, cell, metric);
	struct unit_text text;

	table_cell(t, "%s", figure.n ? trial_value(&text, metric, figure.median) : "-");
}

/* All expectations of a cell in a word. */
static const char *cell_state(const struct view *v, unsigned int cell)
{
	const char *state = "-";

	for (unsigned int i = 0; i < v->o->n_expected; i++) {
		const struct trial_expected *e = &v->o->expected[i];

		if (trial_cell(v->t, e->expect->variant) != (int)cell)
			continue;
		if (!e->known)
			return "unknown";
		if (!e->holds)
			return "FAIL";
		state = "ok";
	}
	return state;
}

static unsigned int runs_of(const struct trial *t, unsigned int cell)
{
	unsigned int n = 0;

	for (size_t i = 0; i < t->n_runs; i++)
		n += t->runs[i].cell == cell && trial_fault(t, &t->runs[i]) == TRIAL_VALID;
	return n;
}

static int print_cells(const struct view *v)
{
	unsigned int metrics[METRICS_SHOWN];
	size_t n = metrics_shown(v->t, metrics);
	struct table t = { 0 };

	fputc('\n', v->f);
	table_column(&t, "variant", TABLE_LEFT);
	table_column(&t, "runs", TABLE_RIGHT);
	for (size_t k = 0; k < n; k++)
		table_column(&t, scenario_metrics[metrics[k]].name, TABLE_RIGHT);
	table_column(&t, "expected", TABLE_LEFT);
	for (unsigned int i = 0; i < v->t->n_cells; i++) {
		table_cell(&t, "%s", v->t->cells[i] ? v->t->cells[i] : "?");
		table_cell(&t, "%u", runs_of(v->t, i));
		for (size_t k = 0; k < n; k++)
			cell_figure(&t, v, i, metrics[k]);
		table_cell(&t, "%s", cell_state(v, i));
	}
	return finish(v, &t);
}

/* ---- every run ------------------------------------------------------------------------- */

static void run_row(struct table *t, const struct view *v, const struct trial_run *r)
{
	const struct reorder_figures *f = &r->run.reorder.f;
	enum trial_fault fault = trial_fault(v->t, r);
	struct unit_text rate;

	table_cell(t, "%u", r->pair + 1);
	table_cell(t, "%s", r->cell < v->t->n_cells && v->t->cells[r->cell] ? v->t->cells[r->cell] : "?");
	table_cell(t, "%.0f", r->started_s);
	table_cell(t, "%.1f", r->seconds);
	table_cell(t, "%llu/%llu", (unsigned long long)f->reordered, (unsigned long long)f->packets);
	table_cell(t, "%llu", (unsigned long long)f->lost);
	table_cell(t, "%s", r->run.throughput_bps > 0 ? units_bps(&rate, r->run.throughput_bps) : "-");
	table_cell(t, "%s", fault == TRIAL_VALID ? run_status_names[r->run.status] :
		   trial_fault_names[fault]);
}

static int print_runs(const struct view *v, bool all)
{
	struct table t = { 0 };

	text_heading(v->f, all ? "Every run" : "Runs that do not count", v->color);
	table_column(&t, v->t->mode == TRIAL_RUN ? "run" : "pair", TABLE_RIGHT);
	table_column(&t, "variant", TABLE_LEFT);
	table_column(&t, "at s", TABLE_RIGHT);
	table_column(&t, "took s", TABLE_RIGHT);
	table_column(&t, "reordered", TABLE_RIGHT);
	table_column(&t, "lost", TABLE_RIGHT);
	table_column(&t, "rate", TABLE_RIGHT);
	table_column(&t, "state", TABLE_LEFT);
	for (size_t i = 0; i < v->t->n_runs; i++)
		if (all || trial_fault(v->t, &v->t->runs[i]) != TRIAL_VALID)
			run_row(&t, v, &v->t->runs[i]);
	return finish(v, &t);
}

/* ---- all of it ------------------------------------------------------------------------- */

static void print_facts(const struct view *v)
{
	fputc('\n', v->f);
	for (const struct trial_fact *fact = trial_facts; fact->name; fact++)
		told(v, fact->name, fact->tell);
	for (size_t i = 0; i < v->t->notes.n; i++)
		labelled(v, i ? "" : "notes", v->t->notes.v[i]);
}

static void print_where(const struct view *v, const char *path)
{
	_cleanup_free_ char *again = trial_told(trial_tell_again, v->t, v->o);

	fputc('\n', v->f);
	if (path) {
		fprintf(v->f, "%-*s", (int)LABEL_COLUMNS, "kept as");
		text_safe(v->f, path);
		fputc('\n', v->f);
	}
	fprintf(v->f, "%-*s", (int)LABEL_COLUMNS, "again");
	text_safe(v->f, again ? again : "");
	fputc('\n', v->f);
}

static int print_figures(const struct view *v)
{
	int rc = v->t->mode == TRIAL_RUN ? print_cells(v) : print_pairs(v);

	if (rc == 0 && v->t->n_runs && (v->verbose || v->o->invalid))
		rc = print_runs(v, v->verbose);
	return rc;
}

int trial_print_wide(FILE *f, const struct trial *t, const struct trial_outcome *o,
		     bool verbose, bool color, unsigned int columns, const char *path)
{
	const struct view v = {
		.f = f, .t = t, .o = o, .verbose = verbose, .color = color,
		.columns = columns < TABLE_WIDTH ? TABLE_WIDTH : columns,
	};
	int rc;

	if (!t->scenario && t->n_runs)
		return run_print_text(f, &t->runs[0].run, verbose, color);
	print_answer(&v);
	rc = print_benches(&v);
	if (rc < 0)
		return rc;
	print_verdicts(&v);
	print_upcalls(&v);
	print_expectations(&v);
	rc = print_figures(&v);
	if (rc < 0)
		return rc;
	print_facts(&v);
	print_where(&v, path);
	return ferror(f) ? -EIO : 0;
}

int trial_print_text(FILE *f, const struct trial *t, const struct trial_outcome *o,
		     bool verbose, bool color)
{
	return trial_print_wide(f, t, o, verbose, color, TABLE_WIDTH, NULL);
}
