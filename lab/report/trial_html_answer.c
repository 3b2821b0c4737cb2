// SPDX-License-Identifier: GPL-2.0
/*
 * trial_html_answer.c - what came out: the verdict, what it is made of, the expectations
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/run_text.h"
#include "report/text.h"
#include "report/trial_html_parts.h"
#include "report/trial_tell.h"
#include "report/units.h"

/* A word, and which colour says the same: "good", "bad", "unsure", "plain". */
struct badge {
	const char *word, *class;
};

static struct badge badge_of_verdict(enum trial_verdict v)
{
	static const struct badge badges[] = {
		[TRIAL_INCONCLUSIVE] = { "inconclusive", "unsure" },
		[TRIAL_FIXED] = { "fixed", "good" },
		[TRIAL_NOT_FIXED] = { "not fixed", "bad" },
		[TRIAL_REGRESSED] = { "regressed", "bad" },
	};

	return badges[v];
}

/* Baseline against itself: any difference is a mistake of ours. */
static struct badge badge_of_aa(const struct trial_outcome *o)
{
	if (o->verdict == TRIAL_FIXED || o->verdict == TRIAL_REGRESSED)
		return (struct badge){ "false alarm", "bad" };
	if (o->refusal || !o->done)
		return (struct badge){ "inconclusive", "unsure" };
	return (struct badge){ "no false alarm", "good" };
}

static struct badge badge_of_same(enum trial_verdict v)
{
	if (v == TRIAL_NOT_FIXED)
		return (struct badge){ "the same", "good" };
	return v == TRIAL_INCONCLUSIVE ? badge_of_verdict(v) : (struct badge){ "not the same", "bad" };
}

static struct badge badge_of_run(const struct trial_outcome *o)
{
	if (!o->n_expected)
		return (struct badge){ "measured", "plain" };
	for (unsigned int i = 0; i < o->n_expected; i++)
		if (o->expected[i].known && !o->expected[i].holds)
			return (struct badge){ "not as expected", "bad" };
	if (o->expectations_known && o->expectations_hold)
		return (struct badge){ "as expected", "good" };
	return (struct badge){ "not known", "unsure" };
}

static struct badge badge_of(const struct page *p)
{
	switch (p->t->mode) {
	case TRIAL_VALIDATE:
		return badge_of_verdict(p->o->verdict);
	case TRIAL_AA:
		return badge_of_aa(p->o);
	case TRIAL_RUN:
		break;
	}
	return badge_of_run(p->o);
}

static void write_badge(FILE *f, struct badge b)
{
	fprintf(f, "<span class=\"badge %s\">%s</span>", b.class, b.word);
}

/* ---- the answer -------------------------------------------------------------------------- */

static void write_what(const struct page *p)
{
	static const char *const said[] = {
		[TRIAL_RUN] = "Runs of a scenario", [TRIAL_VALIDATE] = "Baseline against a fix",
		[TRIAL_AA] = "Baseline against itself",
	};
	const struct scenario *s = p->t->scenario;

	if (!p->t->source.text) {
		fputs("<h1>A run</h1>\n", p->f);
		return;
	}
	fprintf(p->f, "<p class=what>%s</p>\n<h1>", said[p->t->mode]);
	html_text(p->f, s ? s->name : p->t->source.name);
	fputs("</h1>\n", p->f);
	if (s && s->summary) {
		fputs("<p class=summary>", p->f);
		html_text(p->f, s->summary);
		fputs("</p>\n", p->f);
	}
}

/* Without a scenario there is nothing to judge: what the switch did is the answer. */
static void write_sentence(const struct page *p, const struct run *run)
{
	const struct reorder_result *r = &run->reorder;
	const char *word = r->source == REORDER_BY_CAPTURE ? "flow" : "connection";
	struct unit_text share;

	fprintf(p->f, "The switch reordered %" PRIu64 " of %" PRIu64 " packet%s (%s), in %" PRIu64
		" of %" PRIu64 " %s%s.", r->f.reordered, r->f.packets, text_plural(r->f.packets),
		units_percent(&share, reorder_ratio(r->f.reordered, r->f.packets)), r->flows_reordered,
		r->flows, word, text_plural(r->flows));
}

static void write_why(const struct page *p)
{
	const struct run *run = page_run_of(p, 0);

	fputs("<p class=why>", p->f);
	if (!p->t->source.text && run)
		write_sentence(p, run);
	else
		html_text(p->f, p->t->source.text ? p->o->why : "There is no run.");
	fputs("</p>\n", p->f);
	if (p->t->finished || !p->t->source.text)
		return;
	fputs("<p class=remark>Not finished", p->f);
	if (p->t->ended_by) {
		fputs(": ", p->f);
		html_text(p->f, p->t->ended_by);
	}
	fputs(". It can be resumed.</p>\n", p->f);
}

void page_answer(const struct page *p)
{
	const struct run *run = page_run_of(p, 0);
	struct badge b = badge_of(p);

	fprintf(p->f, "<header class=%s>\n", b.class);
	write_what(p);
	fputs("<p>", p->f);
	write_badge(p->f, b);
	fputs("</p>\n", p->f);
	write_why(p);
	if (run)
		fprintf(p->f, "<p class=remark>%s.</p>\n", run_accel_text(run));
	page_versions(p);
	fputs("</header>\n", p->f);
}

/* ---- two verdicts, never mixed ------------------------------------------------------------ */

static void write_figures(const struct page *p, unsigned int metric)
{
	FILE *f = p->f;
	struct unit_text a;

	html_table(f, "medians", (const char *const[]){ "variant", "#median", "#lowest", "#highest", "#runs", NULL });
	for (unsigned int i = 0; i < 2 && i < page_cells(p); i++) {
		struct trial_figure v = trial_figure_of(p->t, i, metric);

		page_cell_head(p, i);
		html_number(f, "%s", v.n ? trial_value(&a, metric, v.median) : "-");
		html_number(f, "%s", v.n ? trial_value(&a, metric, v.min) : "-");
		html_number(f, "%s", v.n ? trial_value(&a, metric, v.max) : "-");
		html_number(f, "%u", v.n);
	}
	html_table_end(f);
}

static double percent(double d)
{
	return 100 * expm1(d);
}

/* What this machine does to two that are the same, and what it would still find. */
static void write_detectable(FILE *f, const struct detectable *d)
{
	if (!d->n)
		return;
	fprintf(f, "<p>Of this machine, over %u pairs that are the same", d->n);
	if (isfinite(d->interval.low) && isfinite(d->interval.high))
		fprintf(f, ": between %+.1f and %+.1f %%", percent(d->interval.low), percent(d->interval.high));
	if (d->known)
		fprintf(f, ". The smallest fall that it would find: %.0f %%.</p>\n", 100 * d->effect);
	else
		fputs(". It would find no fall reliably.</p>\n", f);
}

static void write_counts(const struct page *p)
{
	const struct trial_counts *c = &p->o->counts;
	unsigned int metric = trial_plot_metric(p->t);
	FILE *f = p->f;

	fprintf(f, "<div class=card><h3>Counts: %s</h3>\n<p>", scenario_metrics[metric].name);
	write_badge(f, p->t->mode == TRIAL_AA ? badge_of_same(c->verdict) : badge_of_verdict(c->verdict));
	fprintf(f, "</p>\n<p>%u of %u pairs cured, %u the same, %u worse.</p>\n", c->cured, c->pairs,
		c->same, c->worse);
	write_figures(p, metric);
	fprintf(f, "<p class=small>%s: %s. A pair is cured if the figure is at most %g times the baseline's "
		"(where more is better: the other way round), worse if it is at least %g times. The pairs vote: "
		"a sign test at looks that were fixed beforehand.</p>\n", scenario_metrics[metric].name, scenario_metrics[metric].help,
		c->cured_ratio, c->worse_ratio);
	if (p->t->mode == TRIAL_AA)
		write_detectable(f, &p->o->aa_count);
	fputs("</div>\n", f);
}

static double across(double d)		/* of d in [-.7, .7]: 0 to 300 */
{
	return 150 + 150 * fmin(1, fmax(-1, d / .7));
}

/* The interval on an axis from half to twice, with what does not matter in the middle. */
static void write_interval(FILE *f, const struct paired_interval *v, double delta)
{
	double low = across(v->low), high = across(v->high);

	fprintf(f, "<svg class=interval viewBox=\"0 0 300 44\" aria-hidden=true>"
		"<rect class=band x=%.1f y=4 width=%.1f height=20></rect>"
		"<path class=axis d=\"M0 14H300M150 4V24\"></path>"
		"<path class=span d=\"M%.1f 14H%.1f\"></path><circle class=dot cx=%.1f cy=14 r=5></circle>"
		"<text x=0 y=41>-50 %%</text><text x=150 y=41 text-anchor=middle>0</text>"
		"<text x=300 y=41 text-anchor=end>+100 %%</text></svg>\n", across(-delta),
		across(delta) - across(-delta), low, fmax(high, low + 2), across(v->median));
}

static struct badge badge_of_throughput(const struct paired_result *r)
{
	static const struct badge badges[] = {
		[PAIRED_INCONCLUSIVE] = { "inconclusive", "unsure" }, [PAIRED_WORSE] = { "worse", "bad" },
		[PAIRED_NOT_WORSE] = { "not worse", "good" }, [PAIRED_BETTER] = { "better", "good" },
	};

	return badges[r->verdict];
}

static void write_change(const struct page *p)
{
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;
	const struct paired_result *r = &p->o->throughput;
	FILE *f = p->f;

	if (!r->n) {
		fprintf(f, "<p>Not judged after %u pair%s that have it; the first look is after %u.</p>\n",
			p->o->throughput_pairs, text_plural(p->o->throughput_pairs), plan.looks[0]);
		return;
	}
	fprintf(f, "<p>Changed by <strong>%+.1f %%</strong>", percent(r->interval.median));
	if (isfinite(r->interval.low) && isfinite(r->interval.high)) {
		fprintf(f, ", between %+.1f and %+.1f %% (error %.2g %%)", percent(r->interval.low),
			percent(r->interval.high), 100 * r->interval.level);
		fprintf(f, ", over %u pairs.</p>\n", r->n);
		write_interval(f, &r->interval, plan.delta);
	} else {
		fprintf(f, ", over %u pairs: too few for an interval.</p>\n", r->n);
	}
}

static void write_throughput(const struct page *p, unsigned int metric)
{
	const struct paired_plan plan = PAIRED_PLAN_DEFAULT;
	FILE *f = p->f;

	fputs("<div class=card><h3>Throughput</h3>\n<p>", f);
	if (p->o->pairs && !p->o->throughput_pairs) {
		fputs("None: this traffic has no throughput.</p>\n</div>\n", f);
		return;
	}
	write_badge(f, badge_of_throughput(&p->o->throughput));
	fprintf(f, " <span class=small>%s part of the outcome</span></p>\n",
		p->t->judge_throughput ? "it is" : "it is no");
	write_change(p);
	write_figures(p, metric);
	fprintf(f, "<p class=small>Hodges-Lehmann median of the pairs' differences and its exact interval; "
		"changes within %.0f %% do not matter.</p>\n", 100 * plan.delta);
	if (p->t->mode == TRIAL_AA)
		write_detectable(f, &p->o->aa_throughput);
	fputs("</div>\n", f);
}

void page_verdicts(const struct page *p)
{
	const struct scenario *s = p->t->scenario;

	if (p->t->mode == TRIAL_RUN || !s)
		return;
	page_section(p, "verdicts", "Two verdicts");
	fputs("<div class=cards>\n", p->f);
	if (s->score.given && scenario_metrics[s->score.metric].unit != SCENARIO_RATE)
		write_counts(p);
	write_throughput(p, trial_throughput_metric());
	fputs("</div>\n", p->f);
	if (p->o->invalid)
		fprintf(p->f, "<p>%u of %zu runs do%s not count, by rules that do not look at what they measured.</p>\n",
			p->o->invalid, p->t->n_runs, p->o->invalid == 1 ? "es" : "");
	page_section_end(p);
}

/* ---- expectations ------------------------------------------------------------------------- */

static struct badge badge_of_expected(const struct trial_expected *e)
{
	if (!e->known)
		return (struct badge){ "not known", "unsure" };
	return e->holds ? (struct badge){ "holds", "good" } : (struct badge){ "fails", "bad" };
}

void page_expectations(const struct page *p)
{
	FILE *f = p->f;

	if (!p->o->n_expected)
		return;
	page_section(p, "expectations", "Expectations");
	html_table(f, "expectations", (const char *const[]){ "", "what", "#runs", NULL });
	for (unsigned int i = 0; i < p->o->n_expected; i++) {
		const struct trial_expected *e = &p->o->expected[i];

		fputs("<tr><td>", f);
		write_badge(f, badge_of_expected(e));
		html_cell(f, "%s%s", e->text, e->known && !e->agree ? " (the runs do not agree)" : "");
		html_number(f, "%u", e->figure.n);
	}
	html_table_end(f);
	page_section_end(p);
}
