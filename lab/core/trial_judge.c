// SPDX-License-Identifier: GPL-2.0
/*
 * trial_judge.c - what the runs of a trial say
 *
 * Nothing that is in a trial is trusted: it may come from a stranger's file. Cells and
 * pairs that there cannot be are left out, and so are figures that are no numbers.
 */
#include "core/trial.h"

#include <math.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/trial_words.h"
#include "core/util.h"

#define CURED_RATIO .5			/* unless the scenario says what 'fixed' has to be */
#define WORSE_RATIO 2.
#define AA_PAIRS 8			/* for an interval of what the machine does by itself */
#define INVALID_MIN 3

/* ---- expectations ------------------------------------------------------------------------ */

static bool is_within(const struct scenario_expect *e, double figure, double baseline)
{
	return !(e->at_least.given && figure < e->at_least.value) &&
	       !(e->at_most.given && figure > e->at_most.value) &&
	       !(e->at_least_ratio.given && figure < e->at_least_ratio.value * baseline) &&
	       !(e->at_most_ratio.given && figure > e->at_most_ratio.value * baseline);
}

static bool all_say(const struct trial *t, unsigned int cell, const struct trial_expected *e)
{
	for (size_t i = 0; i < t->n_runs; i++) {
		const struct trial_run *r = &t->runs[i];
		double figure;

		if (r->cell != cell || trial_fault(t, r))
			continue;
		figure = run_figure(&r->run, e->expect->metric);
		if (isfinite(figure) && is_within(e->expect, figure, e->baseline.median) != e->holds)
			return false;
	}
	return true;
}

static void judge_expectation(const struct trial *t, unsigned int cell, struct trial_expected *e)
{
	const struct scenario_expect *x = e->expect;

	e->figure = trial_figure_of(t, cell, x->metric);
	e->known = e->figure.n;
	if (scenario_has_ratio(x)) {
		e->baseline = trial_figure_of(t, 0, x->metric);
		e->known = e->known && e->baseline.n &&
			   (e->baseline.median != 0 || e->figure.median != 0);
	}
	e->holds = e->known && is_within(x, e->figure.median, e->baseline.median);
	e->agree = e->known && all_say(t, cell, e);
	trial_say_expected(e);
}

static void judge_expectations(const struct trial *t, struct trial_outcome *o)
{
	unsigned int known = 0, hold = 0;

	for (size_t i = 0; i < t->scenario->expect.n && o->n_expected < ARRAY_SIZE(o->expected); i++) {
		const struct scenario_expect *x = &t->scenario->expect.v[i];
		int cell = trial_cell(t, x->variant);

		if (cell < 0)
			continue;
		o->expected[o->n_expected] = (struct trial_expected){ .expect = x };
		judge_expectation(t, (unsigned int)cell, &o->expected[o->n_expected]);
		known += o->expected[o->n_expected].known;
		hold += o->expected[o->n_expected++].holds;
	}
	o->expectations_known = known && known == o->n_expected;
	o->expectations_hold = known && hold == known;
}

/* ---- pairs ------------------------------------------------------------------------------- */

struct series {
	unsigned int n;
	const struct run *run[TRIAL_PAIRS_MAX][2];	/* of cell 0 and 1 */
};

static void find_pairs(const struct trial *t, struct series *s)
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];

	s->n = trial_pairs(t, pairs);
	for (unsigned int i = 0; i < s->n; i++)
		for (unsigned int c = 0; c < 2; c++)
			s->run[i][c] = &pairs[i].run[c]->run;
}

/* As run_judge() has it; but its status is another one if nothing left the switch. */
static bool mangled_nothing(const struct run *run)
{
	for (size_t i = 0; i < run->n_injections; i++)
		if (!run->injections[i].counters.mangled && !run->injections[i].counters.cleared)
			return true;
	return run->status == RUN_MANGLED_NOTHING;
}

static bool some_mangled_nothing(const struct series *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (mangled_nothing(s->run[i][0]) || mangled_nothing(s->run[i][1]))
			return true;
	return false;
}

/* ---- the two verdicts -------------------------------------------------------------------- */

/* A figure of each pair that has it on both sides. */
struct figures {
	unsigned int n;
	double of[2][TRIAL_PAIRS_MAX];
};

static void list_figures(const struct series *s, unsigned int metric, bool zero, struct figures *ret)
{
	ret->n = 0;
	for (unsigned int i = 0; i < s->n; i++) {
		double a = run_figure(s->run[i][0], metric), b = run_figure(s->run[i][1], metric);

		if (!isfinite(a) || !isfinite(b) || a < 0 || b < 0 || (!zero && (a == 0 || b == 0)))
			continue;
		ret->of[0][ret->n] = a;
		ret->of[1][ret->n++] = b;
	}
}

/* What 'fixed' has to be, if the scenario says so as a ratio; else half. */
static double cured_ratio(const struct scenario *s, bool more_is_better)
{
	for (size_t i = 0; i < s->expect.n; i++) {
		const struct scenario_expect *e = &s->expect.v[i];

		if (e->metric != s->score.metric || !e->variant || strcmp(e->variant, "fixed") != 0)
			continue;
		if (!more_is_better && e->at_most_ratio.given && e->at_most_ratio.value < 1)
			return e->at_most_ratio.value;
		if (more_is_better && e->at_least_ratio.given && e->at_least_ratio.value > 1)
			return 1 / e->at_least_ratio.value;
	}
	return CURED_RATIO;
}

static struct signs_rule rule_of(const struct scenario *s)
{
	bool more = s->score.better == SCENARIO_BETTER_MORE;

	return (struct signs_rule){
		.cured_ratio = cured_ratio(s, more), .worse_ratio = WORSE_RATIO, .more_is_better = more,
	};
}

static double median_packets(const struct series *s, unsigned int n, unsigned int metric)
{
	const char *name = scenario_metrics[metric].name;
	bool attempts = scenario_metrics[metric].kinds == 1U << SCENARIO_CONNECT;
	double v[TRIAL_PAIRS_MAX];

	if (!attempts && strcmp(name, "reordered") != 0 && strcmp(name, "movers") != 0)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		v[i] = (double)(attempts ? s->run[i][1]->connect.attempts :
					   s->run[i][1]->reorder.f.packets);
	return trial_figure_over(v, n).median;
}

static void judge_counts(const struct trial *t, const struct series *s, struct trial_score_words *words,
			 struct trial_outcome *o)
{
	static const enum trial_verdict verdicts[] = {
		[SIGNS_INCONCLUSIVE] = TRIAL_INCONCLUSIVE, [SIGNS_CURED] = TRIAL_FIXED,
		[SIGNS_SAME] = TRIAL_NOT_FIXED, [SIGNS_WORSE] = TRIAL_REGRESSED,
	};
	struct signs_rule rule = rule_of(t->scenario);
	struct signs_result r;
	struct figures f;

	list_figures(s, t->scenario->score.metric, true, &f);
	r = signs_judge(&rule, f.of[0], f.of[1], f.n);
	o->counts = (struct trial_counts){
		.pairs = r.pairs, .cured = r.cured, .same = r.same, .worse = r.worse,
		.cured_ratio = rule.cured_ratio, .worse_ratio = rule.worse_ratio,
		.verdict = verdicts[r.verdict], .done = r.done,
	};
	words->out_of = median_packets(s, r.pairs, words->metric);
	words->of[0] = trial_figure_over(f.of[0], r.pairs);
	words->of[1] = trial_figure_over(f.of[1], r.pairs);
}

static unsigned int list_throughput(const struct series *s, double d[TRIAL_PAIRS_MAX])
{
	struct figures f;

	list_figures(s, trial_throughput_metric(), false, &f);
	for (unsigned int i = 0; i < f.n; i++)
		d[i] = log(f.of[1][i]) - log(f.of[0][i]);
	return f.n;
}

static struct paired_plan plan_of(const struct trial_score_words *words)
{
	struct paired_plan plan = PAIRED_PLAN_DEFAULT;

	plan.wants_better = words->by_throughput;
	return plan;
}

static void judge_throughput(const struct series *s, const struct trial_score_words *words,
			     struct trial_outcome *o)
{
	struct paired_plan plan = plan_of(words);
	double d[TRIAL_PAIRS_MAX];

	o->throughput_pairs = list_throughput(s, d);
	o->throughput = paired_judge(&plan, d, o->throughput_pairs);
}

/* What this machine does to two that are the same, and what it would find. */
static void judge_machine(const struct trial *t, const struct series *s,
			  const struct trial_score_words *words, struct trial_outcome *o)
{
	struct paired_plan plan = plan_of(words);
	struct signs_rule rule = rule_of(t->scenario);
	bool more = rule.more_is_better;
	double d[TRIAL_PAIRS_MAX];
	struct figures f;

	o->aa_throughput = detectable_throughput(&plan, d, list_throughput(s, d));
	if (words->by_throughput)
		return;
	list_figures(s, words->metric, true, &f);
	for (unsigned int i = 0; i < f.n; i++)
		d[i] = log(f.of[!more][i] + .5) - log(f.of[more][i] + .5);
	rule.more_is_better = false;
	o->aa_count = detectable_count(&rule, d, f.n);
}

/* ---- the outcome ------------------------------------------------------------------------- */

bool trial_has_throughput(const struct scenario *s)
{
	return scenario_metrics[trial_throughput_metric()].kinds & 1U << s->traffic.kind;
}

static bool shows_bug(const struct trial *t, const struct trial_score_words *words,
		      const struct trial_outcome *o)
{
	for (unsigned int i = 0; i < o->n_expected; i++) {
		const struct trial_expected *e = &o->expected[i];

		if (trial_cell(t, e->expect->variant) == 0 && !e->holds && !scenario_has_ratio(e->expect))
			return false;
	}
	/* 0 and 0 are the same, but not one as bad as the other */
	return words->by_throughput || t->scenario->score.better == SCENARIO_BETTER_MORE ||
	       o->counts.verdict != TRIAL_NOT_FIXED || words->of[0].median != 0;
}

static enum trial_refusal refusal_of(const struct trial *t, const struct series *s,
				     const struct trial_score_words *words,
				     const struct trial_outcome *o)
{
	if (some_mangled_nothing(s))
		return TRIAL_NOTHING_MANGLED;
	if (o->invalid >= INVALID_MIN && o->invalid * 2 > t->n_runs)
		return TRIAL_RUNS_INVALID;
	if (!(words->by_throughput ? o->throughput.n : o->counts.pairs))
		return TRIAL_TOO_FEW;
	return shows_bug(t, words, o) ? TRIAL_SCORED : TRIAL_BUG_NOT_SHOWN;
}

/* It would be fixed, if only throughput were not in doubt. */
static bool waits_for_throughput(const struct trial_score_words *words, const struct trial_outcome *o)
{
	return words->with_throughput && o->counts.verdict == TRIAL_FIXED &&
	       o->throughput.verdict == PAIRED_INCONCLUSIVE;
}

static enum trial_verdict verdict_of(const struct trial_score_words *words,
				     const struct trial_outcome *o)
{
	static const enum trial_verdict by_throughput[] = {
		[PAIRED_INCONCLUSIVE] = TRIAL_INCONCLUSIVE, [PAIRED_WORSE] = TRIAL_REGRESSED,
		[PAIRED_NOT_WORSE] = TRIAL_NOT_FIXED, [PAIRED_BETTER] = TRIAL_FIXED,
	};

	if (words->by_throughput)
		return by_throughput[o->throughput.verdict];
	if (words->with_throughput && o->throughput.verdict == PAIRED_WORSE)
		return TRIAL_REGRESSED;
	return waits_for_throughput(words, o) ? TRIAL_INCONCLUSIVE : o->counts.verdict;
}

static bool is_done(const struct trial *t, const struct trial_score_words *words,
		    const struct trial_outcome *o)
{
	if (o->pairs >= TRIAL_PAIRS_MAX || o->refusal == TRIAL_NOTHING_MANGLED)
		return true;
	if (t->mode == TRIAL_AA && (o->pairs < AA_PAIRS || (words->with_throughput && !o->throughput.done)))
		return false;
	if (words->by_throughput)
		return o->throughput.done;
	if (words->with_throughput && o->throughput.verdict == PAIRED_WORSE)
		return true;
	return o->counts.done && (!waits_for_throughput(words, o) || o->throughput.done);
}

static void judge_score(const struct trial *t, const struct series *s, struct trial_score_words *words,
			struct trial_outcome *o)
{
	const struct scenario_score *score = &t->scenario->score;

	words->with_throughput = t->judge_throughput && trial_has_throughput(t->scenario);
	words->by_throughput = score->given ? scenario_metrics[score->metric].unit == SCENARIO_RATE :
					      words->with_throughput;
	judge_throughput(s, words, o);
	if (!score->given && !words->by_throughput) {
		o->refusal = TRIAL_NOTHING_TO_SCORE;
		o->done = true;
		return;
	}
	words->metric = score->metric;
	if (!words->by_throughput)
		judge_counts(t, s, words, o);
	if (t->mode == TRIAL_AA)
		judge_machine(t, s, words, o);
	o->refusal = refusal_of(t, s, words, o);
	o->verdict = o->refusal ? TRIAL_INCONCLUSIVE : verdict_of(words, o);
	o->done = is_done(t, words, o);
}

void trial_judge(const struct trial *t, struct trial_outcome *ret)
{
	struct trial_score_words words = { 0 };
	struct series s = { 0 };

	*ret = (struct trial_outcome){ .refusal = TRIAL_NOTHING_TO_SCORE };
	for (size_t i = 0; i < t->n_runs; i++)
		ret->invalid += trial_fault(t, &t->runs[i]) != TRIAL_VALID;
	if (t->scenario)
		judge_expectations(t, ret);
	if (t->mode != TRIAL_RUN) {
		find_pairs(t, &s);
		ret->pairs = s.n;
		if (t->scenario)
			judge_score(t, &s, &words, ret);
	}
	trial_say_why(t, &words, ret);
}

static int status_of_expectations(const struct trial_outcome *o)
{
	for (unsigned int i = 0; i < o->n_expected; i++)
		if (o->expected[i].known && !o->expected[i].holds)
			return STATUS_VERDICT;
	return o->expectations_known ? STATUS_OK : STATUS_INCONCLUSIVE;
}

int trial_status(const struct trial *t, const struct trial_outcome *o)
{
	bool alarm = o->verdict == TRIAL_FIXED || o->verdict == TRIAL_REGRESSED;

	if (t->mode == TRIAL_RUN)
		return status_of_expectations(o);
	if (o->refusal)
		return STATUS_INCONCLUSIVE;
	if (t->mode == TRIAL_AA)	/* a machine is trusted by the whole plan, not by a part of it */
		return alarm ? STATUS_VERDICT : o->done ? STATUS_OK : STATUS_INCONCLUSIVE;
	if (o->verdict == TRIAL_INCONCLUSIVE)
		return STATUS_INCONCLUSIVE;
	return o->verdict == TRIAL_FIXED ? STATUS_OK : STATUS_VERDICT;
}
