// SPDX-License-Identifier: GPL-2.0
/*
 * trial_words.c - what every report of a trial says of it, in the same words
 */
#include "report/trial_words.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/run_text.h"
#include "report/text.h"

char *trial_said(trial_say say, const struct trial *t, const struct trial_outcome *o)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	say(f, t, o);
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

/* The pair that run @r completes: the latest one of its number that lacks its cell. */
static struct trial_pair *pair_for(struct trial_pair *pairs, size_t n, const struct trial_run *r)
{
	while (n--)
		if (pairs[n].number == r->pair && !pairs[n].run[r->cell])
			return &pairs[n];
	return NULL;
}

size_t trial_pairs(const struct trial *t, struct trial_pair *ret, size_t max)
{
	struct trial_pair *all = calloc(t->n_runs + 1, sizeof(*all));
	size_t n = 0, whole = 0;

	for (size_t i = 0; all && i < t->n_runs; i++) {
		const struct trial_run *r = &t->runs[i];
		struct trial_pair *pair;

		if (r->cell > 1 || trial_fault(t, r) != TRIAL_VALID)
			continue;
		pair = pair_for(all, n, r);
		if (!pair) {
			pair = &all[n++];
			pair->number = r->pair;
		}
		pair->run[r->cell] = r;
	}
	for (size_t i = 0; i < n && whole < max; i++)
		if (all[i].run[0] && all[i].run[1])
			ret[whole++] = all[i];
	free(all);
	return whole;
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

static const char *cell_name(const struct trial *t, unsigned int cell)
{
	return cell < t->n_cells && t->cells[cell] ? t->cells[cell] : "?";
}

/* "baseline 1021 (704 to 1165)" */
static void say_figure(FILE *f, const struct trial *t, unsigned int cell, unsigned int metric)
{
	struct trial_figure v = trial_figure_of(t, cell, metric);
	struct unit_text median, min, max;

	fputs(cell_name(t, cell), f);
	if (!v.n) {
		fputs(" unknown", f);
		return;
	}
	fprintf(f, " %s", trial_value(&median, metric, v.median));
	if (v.min < v.max)
		fprintf(f, " (%s to %s)", trial_value(&min, metric, v.min),
			trial_value(&max, metric, v.max));
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
	static const char *const words[] = {
		[TRIAL_INCONCLUSIVE] = "no false alarm (inconclusive)",
		[TRIAL_FIXED] = "false alarm (fixed)",
		[TRIAL_NOT_FIXED] = "no false alarm (not-fixed)",
		[TRIAL_REGRESSED] = "false alarm (regressed)",
	};

	return words[o->verdict];
}

const char *trial_answer(const struct trial *t, const struct trial_outcome *o)
{
	if (t->mode == TRIAL_RUN)
		return answer_of_run(o);
	return t->mode == TRIAL_AA ? answer_of_aa(o) : trial_verdict_names[o->verdict];
}

void trial_say_answer(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	fputs(trial_answer(t, o), f);
	if (o->why[0])
		fprintf(f, ": %s", o->why);
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

void trial_say_counts(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	unsigned int metric;

	if (!trial_scored(t, &metric))
		return;
	fprintf(f, "%s: ", o->refusal == TRIAL_SCORED ? trial_verdict_names[o->counts.verdict] :
		"not scored");
	say_figure(f, t, 0, metric);
	fputs(", ", f);
	say_figure(f, t, 1, metric);
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

/*
 * What a change of B would have to be for its whole interval to lie beyond the margin, if
 * it is as wide as that of the same against itself.
 */
static void say_detectable(FILE *f, const struct paired_interval *v)
{
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;

	if (isinf(v->low) || isinf(v->high))
		return;
	fprintf(f, "; smallest detectable: %+.1f %%, %+.1f %%",
		percent_of(-plan.delta - (v->high - v->median)),
		percent_of(plan.delta + (v->median - v->low)));
}

/* Payload rates of a cell: throughput is the last figure that all TCP traffic has. */
static void say_rates(FILE *f, const struct trial *t)
{
	for (unsigned int m = 0; scenario_metrics[m].name; m++) {
		if (scenario_metrics[m].unit != SCENARIO_RATE)
			continue;
		say_figure(f, t, 0, m);
		fputs(", ", f);
		say_figure(f, t, 1, m);
		return;
	}
}

void trial_say_throughput(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	static const char *const words[] = {
		[PAIRED_INCONCLUSIVE] = "inconclusive", [PAIRED_WORSE] = "worse",
		[PAIRED_NOT_WORSE] = "not worse", [PAIRED_BETTER] = "better",
	};
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;
	const struct paired_result *p = &o->throughput;

	if (t->mode == TRIAL_RUN)
		return;
	if (!o->throughput_pairs) {
		fputs("none: this traffic has no throughput", f);
		return;
	}
	fprintf(f, "%s: ", p->n ? words[p->verdict] : "not judged");
	say_rates(f, t);
	if (p->n) {
		fputs("; ", f);
		say_interval(f, &p->interval);
		fprintf(f, " in %u pairs", p->n);
		if (t->mode == TRIAL_AA)
			say_detectable(f, &p->interval);
	} else {
		fprintf(f, "; %u pair%s, the first look is at %u", o->throughput_pairs,
			text_plural(o->throughput_pairs), plan.looks[0]);
	}
	fputs(t->judge_throughput ? "" : "; no part of the outcome", f);
}

/* ---- how it went ----------------------------------------------------------------------- */

void trial_say_progress(FILE *f, const struct trial *t, const struct trial_outcome *o)
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

static void say_mode(FILE *f, const struct trial *t)
{
	unsigned int most = 0;

	for (size_t i = 0; i < t->n_runs; i++)
		most = t->runs[i].pair + 1 > most ? t->runs[i].pair + 1 : most;
	if (t->mode == TRIAL_RUN) {
		if (most > 1)
			fprintf(f, " --runs %u", most);
		return;
	}
	if (t->mode == TRIAL_AA)
		fputs(" --aa", f);
	else if (t->n_cells > 1 && t->cells[1] && strcmp(t->cells[1], "fixed")) {
		fputs(" --variant ", f);
		say_word(f, t->cells[1]);
	}
	fprintf(f, " --seed %" PRIu64, t->seed);
	if (t->budget_s > 0)
		fprintf(f, " --budget %.0fs", t->budget_s);
}

void trial_say_again(FILE *f, const struct trial *t, const struct trial_outcome *o)
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
	say_mode(f, t);
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

const struct trial_fact trial_facts[] = {
	{ "traffic", say_traffic },
	{ "injected", say_injected },
	{ "placement", say_placement },
	{ "stall", say_stall },
	{ "before each run", say_purges },
	{ NULL, NULL },
};
