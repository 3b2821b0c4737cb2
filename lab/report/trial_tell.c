// SPDX-License-Identifier: GPL-2.0
/*
 * trial_tell.c - what every report of a trial says of it, in the same words
 */
#include "report/trial_tell.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/utf8.h"
#include "report/run_text.h"
#include "report/text.h"

char *trial_told(trial_tell tell, const struct trial *t, const struct trial_outcome *o)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	tell(f, t, o);
	if (fclose(f) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- runs ------------------------------------------------------------------------------ */

const struct run *trial_run_of(const struct trial *t, unsigned int cell)
{
	for (size_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].cell == cell)
			return &t->runs[i].run;
	return NULL;
}

void trial_cell_name(char buf[TRIAL_CELL_NAME], const struct trial *t, unsigned int cell)
{
	const char *name = cell < t->n_cells && t->cells[cell] ? t->cells[cell] : "";

	snprintf(buf, TRIAL_CELL_NAME, "%s", name);
	for (char *p = buf; (p = strpbrk(p, "\n\t")); )
		*p = ' ';
	if (!utf8_clean(buf, strlen(buf)))
		snprintf(buf, TRIAL_CELL_NAME, "?");
}

static const char *first_of(const char *a, const char *b)
{
	return a && *a ? a : b && *b ? b : "unknown";
}

const char *trial_run_ovs(const struct run *run)
{
	return run ? first_of(run->env.ovs_package, run->env.ovs_version) : "unknown";
}

const char *trial_run_kernel(const struct run *run)
{
	if (!run)
		return "unknown";
	return first_of(run->env.setup.kernel, run->env.host_kernel);
}

bool trial_scored(const struct trial *t, unsigned int *ret_metric)
{
	if (t->mode == TRIAL_RUN || !t->scenario || !t->scenario->score.given)
		return false;
	*ret_metric = t->scenario->score.metric;
	return true;
}

struct signs_rule trial_rule(const struct trial *t, const struct trial_outcome *o)
{
	return (struct signs_rule){
		.cured_ratio = o->counts.cured_ratio, .worse_ratio = o->counts.worse_ratio,
		.more_is_better = t->scenario && t->scenario->score.better == SCENARIO_BETTER_MORE,
	};
}

/* ---- figures --------------------------------------------------------------------------- */

const char *trial_value(struct unit_text *buf, unsigned int metric, double value)
{
	switch (scenario_metrics[metric].unit) {
	case SCENARIO_RATE:
		return units_bps(buf, value);
	case SCENARIO_SHARE:
		return units_percent(buf, value);
	case SCENARIO_COUNT:
		break;
	}
	snprintf(buf->s, sizeof(buf->s), "%.*f", value == floor(value) ? 0 : 1, value);
	return buf->s;
}

const char *trial_state(const struct trial_expected *e)
{
	return !e->known ? "unknown" : e->holds ? "ok" : "FAIL";
}

/* "baseline 1021 (704 to 1165)" */
static void say_figure(FILE *f, const struct trial *t, unsigned int cell, unsigned int metric,
		       const struct trial_figure *v)
{
	struct unit_text median, min, max;
	char name[TRIAL_CELL_NAME];

	trial_cell_name(name, t, cell);
	fputs(name, f);
	if (!v->n) {
		fputs(" unknown", f);
		return;
	}
	fprintf(f, " %s", trial_value(&median, metric, v->median));
	if (v->min < v->max)
		fprintf(f, " (%s to %s)", trial_value(&min, metric, v->min),
			trial_value(&max, metric, v->max));
}

/* Over the first @n pairs; over all runs that count if there is none. */
static void say_figures(FILE *f, const struct trial *t, unsigned int metric, unsigned int n)
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];
	unsigned int whole = trial_pairs(t, pairs);

	for (unsigned int cell = 0; cell < 2; cell++) {
		struct trial_figure figure = trial_figure_of(t, cell, metric);
		double v[TRIAL_PAIRS_MAX];

		for (unsigned int i = 0; i < n && n <= whole; i++)
			v[i] = run_figure(&pairs[i].run[cell]->run, metric);
		if (n && n <= whole)
			figure = trial_figure_over(v, n);
		fputs(cell ? ", " : "", f);
		say_figure(f, t, cell, metric, &figure);
	}
}

/* ---- the answer ------------------------------------------------------------------------ */

static const char *answer_of_run(const struct trial_outcome *o)
{
	for (unsigned int i = 0; i < o->n_expected; i++)
		if (o->expected[i].known && !o->expected[i].holds)
			return "not as expected";
	return o->expectations_known && o->n_expected ? "as expected" : "not known";
}

static const char *answer_of_aa(const struct trial_outcome *o)
{
	bool alarm = o->verdict == TRIAL_FIXED || o->verdict == TRIAL_REGRESSED;

	if (o->refusal)
		return "inconclusive";
	return alarm ? "false alarm" : o->done ? "no false alarm" : "inconclusive";
}

const char *trial_answer(const struct trial *t, const struct trial_outcome *o)
{
	if (t->mode == TRIAL_RUN)
		return answer_of_run(o);
	return t->mode == TRIAL_AA ? answer_of_aa(o) : trial_verdict_names[o->verdict];
}

/* What is scored, and a word about expectations, says itself what it is. */
void trial_tell_answer(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	if (t->mode != TRIAL_RUN && o->refusal)
		fprintf(f, "%s: ", trial_answer(t, o));
	fputs(o->why[0] ? o->why : trial_answer(t, o), f);
}

/* ---- two verdicts ---------------------------------------------------------------------- */

static void say_votes(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct trial_counts *c = &o->counts;
	bool more = trial_rule(t, o).more_is_better;

	if (!c->pairs) {
		fprintf(f, "; not judged before the look at %u pairs", signs_looks[0].pairs);
		return;
	}
	fprintf(f, "; of %u pairs judged %u cured (%s %g times the baseline's), %u the same, "
		"%u worse (%s %g times)", c->pairs, c->cured, more ? "at least" : "at most",
		more ? 1 / c->cured_ratio : c->cured_ratio, c->same, c->worse,
		more ? "at most" : "at least", more ? 1 / c->worse_ratio : c->worse_ratio);
}

void trial_tell_counts(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	unsigned int metric;

	if (!trial_scored(t, &metric))
		return;
	if (scenario_metrics[metric].unit == SCENARIO_RATE) {
		fputs("is throughput: see there", f);
		return;
	}
	fprintf(f, "%s: ", o->refusal ? "not scored" : trial_verdict_names[o->counts.verdict]);
	say_figures(f, t, metric, o->counts.pairs);
	say_votes(f, t, o);
}

static double percent_of(double d)
{
	return 100 * expm1(d);
}

static void say_interval(FILE *f, const struct paired_interval *v)
{
	if (isinf(v->low) || isinf(v->high))
		fprintf(f, "%+.1f %%, too few pairs for an interval", percent_of(v->median));
	else
		fprintf(f, "%+.1f %% (%+.1f to %+.1f %%)", percent_of(v->median),
			percent_of(v->low), percent_of(v->high));
}

/* Payload at the receiver, of both cells. */
void trial_tell_throughput(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;
	const struct paired_result *p = &o->throughput;

	if (t->mode == TRIAL_RUN)
		return;
	if (!o->throughput_pairs) {
		fputs(o->pairs ? "none: this traffic has no throughput" : "none yet", f);
		return;
	}
	fprintf(f, "%s: ", p->n ? paired_verdict_words[p->verdict] : "not judged");
	say_figures(f, t, trial_throughput_metric(), p->n);
	if (p->n) {
		fputs("; ", f);
		say_interval(f, &p->interval);
		fprintf(f, " in %u pairs", p->n);
	} else {
		fprintf(f, "; %u pair%s, the first look is at %u", o->throughput_pairs,
			text_plural(o->throughput_pairs), plan.looks[0]);
	}
	fputs(t->judge_throughput ? "" : "; no part of the outcome", f);
}

/* How far two differ that are the same, and what that would let a series find. */
static void say_machine(FILE *f, const char *what, const struct detectable *d)
{
	if (!d->n)
		return;
	fprintf(f, "%s differs from itself by ", what);
	say_interval(f, &d->interval);
	fprintf(f, " in %u pairs, and ", d->n);
	if (d->known)
		fprintf(f, "a fall by %.0f %% would be found in %.0f %% of series",
			100 * d->effect, 100 * DETECTABLE_POWER);
	else
		fputs("no fall would be found reliably", f);
}

void trial_tell_noise(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	unsigned int metric;

	if (t->mode != TRIAL_AA)
		return;
	if (trial_scored(t, &metric))
		say_machine(f, scenario_metrics[metric].name, &o->aa_count);
	fputs(o->aa_count.n && o->aa_throughput.n ? "; " : "", f);
	say_machine(f, "throughput", &o->aa_throughput);
}

/* ---- why packets were late ------------------------------------------------------------- */

static void say_late(FILE *f, const struct fisher_table *t)
{
	uint64_t late = t->with + t->without;

	if (!late) {
		fprintf(f, "no packet was late, %" PRIu64 " had gone through vswitchd", t->with_not);
		return;
	}
	fprintf(f, "%" PRIu64 " of %" PRIu64 " late packet%s had gone through vswitchd (an upcall): "
		"late were %" PRIu64 " of %" PRIu64 " upcalled packets and %" PRIu64 " of %" PRIu64
		" others", t->with, late, text_plural(late), t->with, t->with + t->with_not,
		t->without, t->without + t->without_not);
}

static const char *why_not_known(const struct trial *t, unsigned int cell)
{
	const struct run *run = trial_run_of(t, cell);

	return run ? run->upcalls.why_not : NULL;
}

static void say_upcalled(FILE *f, const struct trial *t, unsigned int cell)
{
	struct trial_upcalled upcalled = trial_upcalled_of(t, cell);
	const char *why_not = why_not_known(t, cell);
	char name[TRIAL_CELL_NAME];

	trial_cell_name(name, t, cell);
	if (t->scenario)
		fprintf(f, "%s: ", name);
	if (upcalled.runs)
		say_late(f, &upcalled.late);
	else
		fprintf(f, "not known%s%s", why_not ? ": " : "", why_not ? why_not : "");
	if (upcalled.runs > 1)
		fprintf(f, ", in %u runs", upcalled.runs);
}

bool trial_upcalls_known(const struct trial *t)
{
	for (unsigned int i = 0; i < t->n_cells; i++)
		if (trial_upcalled_of(t, i).runs)
			return true;
	return false;
}

void trial_tell_upcalls(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	bool first = true;

	if (!trial_upcalls_known(t))
		return;
	for (unsigned int i = 0; i < t->n_cells; i++) {
		if (!trial_run_of(t, i))
			continue;
		fputs(first ? "" : "; ", f);
		say_upcalled(f, t, i);
		first = false;
	}
}

/* ---- how it went ----------------------------------------------------------------------- */

void trial_tell_progress(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	fprintf(f, "%zu run%s", t->n_runs, text_plural(t->n_runs));
	if (t->mode != TRIAL_RUN)
		fprintf(f, ", %u pair%s", o->pairs, text_plural(o->pairs));
	if (o->invalid)
		fprintf(f, ", %u run%s do%s not count", o->invalid, text_plural(o->invalid),
			o->invalid == 1 ? "es" : "");
	fprintf(f, " in %.0f s", t->elapsed_s);
	if (t->mode != TRIAL_RUN)
		fprintf(f, ", order by seed %" PRIu64, t->seed);
	if (!t->finished || t->ended_by)
		fprintf(f, "; %s%s%s", t->finished ? "ended" : "not finished",
			t->ended_by ? ": " : "", t->ended_by ? t->ended_by : "");
}

/* A word for a shell: in quotes unless it needs none. */
static void say_word(FILE *f, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789@%+=:,./_-";

	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, f);
		return;
	}
	fputc('\'', f);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", f);
		else
			fputc(*word, f);
	fputc('\'', f);
}

static void say_variant(FILE *f, const struct trial *t, unsigned int cell)
{
	if (cell >= t->n_cells || !t->cells[cell])
		return;
	fputs(" --variant ", f);
	say_word(f, t->cells[cell]);
}

static void say_run(FILE *f, const struct trial *t)
{
	size_t all = t->scenario && t->scenario->has_variants ? 2 + t->scenario->matrix.n : 1;

	if (t->runs_each > 1)
		fprintf(f, " --runs %u", t->runs_each);
	if (t->n_cells && t->n_cells < all)	/* the baseline comes along for ratios */
		say_variant(f, t, t->n_cells - 1);
}

static void say_validate(FILE *f, const struct trial *t)
{
	const struct run *run = trial_run_of(t, 0);

	if (t->mode == TRIAL_AA)
		fputs(" --aa", f);
	else if (t->n_cells > 1 && t->cells[1] && strcmp(t->cells[1], "fixed"))
		say_variant(f, t, 1);
	fprintf(f, " --seed %" PRIu64, t->seed);
	if (t->budget_s > 0)
		fprintf(f, " --budget %.0fs", t->budget_s);
	if (t->judge_throughput && run && run->env.accel && strcmp(run->env.accel, "kvm"))
		fputs(" --throughput", f);
}

void trial_tell_again(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct run *run = trial_run_of(t, 0);

	if (!t->source.text) {
		if (run && run->env.commands.n)
			fputs(run->env.commands.v[run->env.commands.n - 1], f);
		return;
	}
	fprintf(f, "ovslab %s ", t->mode == TRIAL_RUN ? "run" : "validate");
	say_word(f, t->source.name ? t->source.name : "SCENARIO");
	for (size_t i = 0; i < t->source.sets.n; i++) {
		fputs(" --set ", f);
		say_word(f, t->source.sets.v[i]);
	}
	if (t->mode == TRIAL_RUN)
		say_run(f, t);
	else
		say_validate(f, t);
}

/* ---- what shaped the runs -------------------------------------------------------------- */

static void say_list(FILE *f, const char *label, const struct run_strings *s)
{
	fputs(s->n ? label : "", f);
	for (size_t i = 0; i < s->n; i++)
		fprintf(f, "%s%s", i ? ", " : "", s->v[i]);
}

static const struct run *any_run(const struct trial *t)
{
	return t->n_runs ? &t->runs[0].run : NULL;
}

static void say_placement(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct run *run = any_run(t);

	if (!run)
		return;
	if (!run->env.placed.n && !run->env.pinned.n)
		fputs("none asked for: threads and interrupts run anywhere", f);
	say_list(f, "", &run->env.placed);
	say_list(f, run->env.placed.n ? "; VMs on the host's CPUs " : "VMs on the host's CPUs ",
		 &run->env.pinned);
}

static void say_stall(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct run *run = any_run(t);

	if (!run)
		return;
	if (!run->traffic.stall || !strcmp(run->traffic.stall, "none"))
		fputs("none", f);
	else
		fprintf(f, "%s stopped while a burst is sent", run->traffic.stall);
}

static void say_purges(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct run *run = any_run(t);

	if (!run)
		return;
	fputs(run->env.prepared.n ? "" : "none", f);
	say_list(f, "", &run->env.prepared);
}

static void say_injected(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct run *run = any_run(t);

	if (!run)
		return;
	fputs(run->n_injections ? "" : "nothing", f);
	for (size_t i = 0; i < run->n_injections; i++)
		fprintf(f, "%s%s at %s", i ? ", " : "", first_of(run->injections[i].spec,
			run->injections[i].kind), first_of(run->injections[i].place, NULL));
}

static void say_traffic(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	if (any_run(t))
		run_traffic_text(f, any_run(t));
}

static void say_ended(FILE *f, uint64_t n, const char *how, bool *first)
{
	if (!n)
		return;
	fprintf(f, "%s%" PRIu64 " %s", *first ? " " : ", ", n, how);
	*first = false;
}

/* How the attempts of each cell's first run ended. */
static void say_attempts(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	bool any = false;

	for (unsigned int i = 0; i < t->n_cells; i++) {
		const struct run *run = trial_run_of(t, i);
		char name[TRIAL_CELL_NAME];
		bool first = true;

		if (!run || !run->connect.attempts)
			continue;
		trial_cell_name(name, t, i);
		fprintf(f, "%s%s:", any ? "; " : "", name);
		say_ended(f, run->connect.connected, "connected", &first);
		say_ended(f, run->connect.refused, "refused", &first);
		say_ended(f, run->connect.unreachable, "unreachable", &first);
		say_ended(f, run->connect.timed_out, "timed out", &first);
		say_ended(f, run->connect.other, "ended by another error", &first);
		any = true;
	}
}

const struct trial_fact trial_facts[] = {
	{ "traffic", say_traffic },
	{ "attempts", say_attempts },
	{ "injected", say_injected },
	{ "placement", say_placement },
	{ "stall", say_stall },
	{ "before each run", say_purges },
	{ NULL, NULL },
};
