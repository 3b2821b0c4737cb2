// SPDX-License-Identifier: GPL-2.0
/*
 * trial_words.c - what trial_judge() found, as sentences
 */
#include "core/trial_words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

/* Text that grows; what does not fit is cut off. */
struct words {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static void say(struct words w, const char *fmt, ...)
{
	size_t used = strlen(w.text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w.text + used, w.size - used, fmt, ap);
	va_end(ap);
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

static void say_rate(struct words w, double bps)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	size_t i = 0;

	while (bps >= 999.5 && i + 1 < ARRAY_SIZE(prefixes)) {
		bps /= 1000;
		i++;
	}
	say(w, "%.3g %sbit/s", bps, prefixes[i]);
}

static void say_figure(struct words w, unsigned int metric, double value)
{
	if (scenario_metrics[metric].unit == SCENARIO_RATE)
		say_rate(w, value);
	else if (scenario_metrics[metric].unit == SCENARIO_SHARE)
		say(w, "%.4g", value);
	else
		say(w, value == floor(value) ? "%.0f" : "%.1f", value);
}

/* ---- expectations ------------------------------------------------------------------------ */

static void say_bounds(struct words w, const struct trial_expected *e)
{
	const struct scenario_expect *x = e->expect;
	const struct { const struct scenario_bound *bound; bool ratio; const char *words; } bounds[] = {
		{ &x->at_least, false, "at least" }, { &x->at_most, false, "at most" },
		{ &x->at_least_ratio, true, "at least" }, { &x->at_most_ratio, true, "at most" },
	};
	const char *between = ", expected ";

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (!bounds[i].bound->given)
			continue;
		say(w, "%s%s ", between, bounds[i].words);
		between = " and ";
		if (!bounds[i].ratio) {
			say_figure(w, x->metric, bounds[i].bound->value);
			continue;
		}
		say(w, "%g times baseline's", bounds[i].bound->value);
		if (e->baseline.n) {
			say(w, " ");
			say_figure(w, x->metric, e->baseline.median);
		}
	}
}

void trial_say_expected(struct trial_expected *e)
{
	struct words w = { e->text, sizeof(e->text) };
	const struct scenario_expect *x = e->expect;

	*e->text = '\0';
	say(w, "%s%s%s: ", scenario_metrics[x->metric].name, x->variant ? " of " : "", x->variant ?: "");
	if (!e->figure.n) {
		say(w, "no run counts");
	} else {
		say_figure(w, x->metric, e->figure.median);
		if (e->figure.n > 1) {
			say(w, " (");
			say_figure(w, x->metric, e->figure.min);
			say(w, " to ");
			say_figure(w, x->metric, e->figure.max);
			say(w, " in %u runs)", e->figure.n);
		}
	}
	say_bounds(w, e);
}

/* ---- the outcome ------------------------------------------------------------------------- */

static const char *cell_name(const struct trial *t, unsigned int cell)
{
	return cell < t->n_cells && t->cells[cell] ? t->cells[cell] : "the other";
}

static const char *plain(enum trial_verdict v)
{
	static const char *const words[] = {
		[TRIAL_INCONCLUSIVE] = "inconclusive", [TRIAL_FIXED] = "fixed",
		[TRIAL_NOT_FIXED] = "not fixed", [TRIAL_REGRESSED] = "regressed",
	};

	return words[v];
}

static void say_votes(struct words w, const struct trial_counts *c)
{
	switch (c->verdict) {
	case TRIAL_FIXED:
		say(w, "cured in %u of %u pairs", c->cured, c->pairs);
		break;
	case TRIAL_NOT_FIXED:
		say(w, "not cured in %u of %u pairs", c->same + c->worse, c->pairs);
		break;
	case TRIAL_REGRESSED:
		say(w, "worse in %u of %u pairs", c->worse, c->pairs);
		break;
	case TRIAL_INCONCLUSIVE:
		say(w, "cured in %u, the same in %u and worse in %u of %u pairs%s", c->cured, c->same,
		    c->worse, c->pairs, c->cured == c->pairs || c->worse == c->pairs ?
		    ", too few for counts that overlap" : "");
		break;
	}
}

static void say_counts(struct words w, const struct trial_score_words *s, const struct trial_counts *c)
{
	say(w, "%s ", scenario_metrics[s->metric].name);
	say_figure(w, s->metric, s->of[1].median);
	if (s->out_of > 0)
		say(w, " of %.0f", s->out_of);
	say(w, " against ");
	say_figure(w, s->metric, s->of[0].median);
	say(w, " (median of %u pairs), ", c->pairs);
	say_votes(w, c);
}

static double percent(double d)
{
	return 100 * expm1(d);
}

static void say_throughput(struct words w, const struct trial_outcome *o)
{
	const struct paired_result *r = &o->throughput;

	if (!r->n) {
		say(w, "throughput is not judged after %u pair%s", o->throughput_pairs,
		    plural(o->throughput_pairs));
		return;
	}
	say(w, "throughput %+.1f %% (%+.1f to %+.1f %% in %u pairs): %s", percent(r->interval.median),
	    percent(r->interval.low), percent(r->interval.high), r->n, paired_verdict_words[r->verdict]);
}

static void say_score(struct words w, const struct trial *t, const struct trial_score_words *s,
		      const struct trial_outcome *o)
{
	bool alarm = o->verdict == TRIAL_FIXED || o->verdict == TRIAL_REGRESSED;

	if (t->mode == TRIAL_AA && !alarm && !o->done)
		say(w, "inconclusive: no false alarm in %u pairs, and more are planned: ", o->pairs);
	else if (t->mode == TRIAL_AA && !alarm)
		say(w, "no false alarm: ");
	else
		say(w, "%s%s: ", t->mode == TRIAL_AA ? "a false alarm, baseline against itself is " : "",
		    plain(o->verdict));
	if (!s->by_throughput)
		say_counts(w, s, &o->counts);
	if (s->with_throughput && !s->by_throughput)
		say(w, "; ");
	if (s->with_throughput || s->by_throughput)
		say_throughput(w, o);
}

static void say_expectations(struct words w, const struct trial_outcome *o)
{
	const struct trial_expected *first = NULL, *unknown = NULL;
	unsigned int broken = 0, unknowns = 0;

	for (unsigned int i = o->n_expected; i--; ) {
		const struct trial_expected *e = &o->expected[i];

		unknowns += !e->known;
		broken += e->known && !e->holds;
		unknown = e->known ? unknown : e;
		first = e->known && !e->holds ? e : first;
	}
	if (!o->n_expected)
		say(w, "nothing is expected, so nothing is judged");
	else if (broken)
		say(w, "%u of %u expectation%s %s not hold: %s", broken, o->n_expected,
		    plural(o->n_expected), broken == 1 ? "does" : "do", first->text);
	else if (unknowns)
		say(w, "%u of %u expectation%s cannot be judged: %s", unknowns, o->n_expected,
		    plural(o->n_expected), unknown->text);
	else if (o->n_expected == 1)
		say(w, "as expected: %s", o->expected[0].text);
	else
		say(w, "all %u expectations hold", o->n_expected);
}

/* The one that shows the bug and does not hold; NULL: there is none. */
static const struct trial_expected *not_shown(const struct trial *t, const struct trial_outcome *o)
{
	for (unsigned int i = 0; i < o->n_expected; i++) {
		const struct trial_expected *e = &o->expected[i];

		if (e->known && !e->holds && trial_cell(t, e->expect->variant) == 0)
			return e;
	}
	return NULL;
}

static void say_not_shown(struct words w, const struct trial *t, const struct trial_score_words *s,
			  const struct trial_outcome *o)
{
	const struct trial_expected *e = not_shown(t, o);

	say(w, "%s does not show the bug: ", cell_name(t, 0));
	if (e)
		say(w, "%s", e->text);
	else
		say(w, "%s 0 (median of %u pairs)", scenario_metrics[s->metric].name, o->counts.pairs);
}

static void say_too_few(struct words w, const struct trial_score_words *s, const struct trial_outcome *o)
{
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;

	say(w, "%u pair%s so far, the first look is after %u", o->pairs, plural(o->pairs),
	    s->by_throughput ? plan.looks[0] : signs_looks[0].pairs);
	if (o->invalid)
		say(w, "; %u run%s not count", o->invalid, o->invalid == 1 ? " does" : "s do");
}

static void say_invalid(struct words w, const struct trial *t, const struct trial_outcome *o)
{
	const char *between = ": ";

	say(w, "%u of %zu runs do not count", o->invalid, t->n_runs);
	for (int fault = TRIAL_VALID + 1; trial_fault_names[fault]; fault++) {
		unsigned int n = 0;

		for (size_t i = 0; i < t->n_runs; i++)
			n += (int)trial_fault(t, &t->runs[i]) == fault;
		if (!n)
			continue;
		say(w, "%s%s in %u", between, trial_fault_names[fault], n);
		between = ", ";
	}
}

void trial_say_why(const struct trial *t, const struct trial_score_words *s, struct trial_outcome *o)
{
	struct words w = { o->why, sizeof(o->why) };

	*o->why = '\0';
	switch (o->refusal) {
	case TRIAL_SCORED:
		say_score(w, t, s, o);
		break;
	case TRIAL_NOTHING_TO_SCORE:
		if (t->mode == TRIAL_RUN)
			say_expectations(w, o);
		else
			say(w, "the scenario has no score, so there is nothing to validate");
		break;
	case TRIAL_TOO_FEW:
		say_too_few(w, s, o);
		break;
	case TRIAL_BUG_NOT_SHOWN:
		say_not_shown(w, t, s, o);
		break;
	case TRIAL_NOTHING_MANGLED:
		say(w, "a mangler changed nothing in a run of %s or %s, so the pair says nothing",
		    cell_name(t, 0), cell_name(t, 1));
		break;
	case TRIAL_RUNS_INVALID:
		say_invalid(w, t, o);
		break;
	}
}
