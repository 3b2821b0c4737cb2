// SPDX-License-Identifier: GPL-2.0
/*
 * trial_html_runs.c - what it was made from: the scenario, the commands, the runs
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/util.h"
#include "report/html.h"
#include "report/trial_html_parts.h"
#include "report/trial_tell.h"
#include "report/units.h"

#define SCENARIO_SHOWN_MAX 131072	/* bytes of a scenario's text */
#define ABOUT_MAX 16384
#define NOTES_MAX 100

/* ---- the scenario ------------------------------------------------------------------------- */

static void write_paragraphs(FILE *f, const char *text)
{
	size_t left = ABOUT_MAX;

	while (*text && left) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);

		fputs("<p>", f);
		html_escape_n(f, text, n < left ? n : left);
		fputs(n > left ? "&hellip;</p>\n" : "</p>\n", f);
		left -= n < left ? n : left;
		text += n;
		text += strspn(text, "\n");
	}
}

static void write_term(FILE *f, const char *term, const char *text)
{
	if (!text)
		return;
	fprintf(f, "<dt>%s<dd>", term);
	html_escape(f, text, 4000);
	fputc('\n', f);
}

static void write_references(FILE *f, const struct scenario_texts *r)
{
	if (!r->n)
		return;
	fputs("<dt>references<dd>", f);
	for (size_t i = 0; i < r->n && i < HTML_LIST_MAX; i++) {
		fputs(i ? "<br>" : "", f);
		html_text(f, r->v[i]);
	}
	html_more(f, r->n, HTML_LIST_MAX);
}

void page_scenario(const struct page *p)
{
	const struct scenario *s = p->t->scenario;
	FILE *f = p->f;

	if (!p->t->source.text)
		return;
	page_section(p, "scenario", "The scenario");
	if (s && s->about)
		write_paragraphs(f, s->about);
	if (s) {
		fputs("<dl>\n", f);
		write_references(f, &s->references);
		write_term(f, "affects", s->affects);
		write_term(f, "fixed in", s->fixed);
		write_term(f, "state", scenario_state_names[s->state]);
		write_term(f, "seen", s->seen);
		fputs("</dl>\n", f);
	}
	fputs("<details><summary>Its text</summary>\n<div class=\"scroll code\" tabindex=0 role=region "
	      "aria-label=\"scenario\"><pre>", f);
	html_escape(f, p->t->source.text, SCENARIO_SHOWN_MAX);
	fputs("</pre></div></details>\n", f);
	page_section_end(p);
}

/* ---- to repeat it ------------------------------------------------------------------------- */

static unsigned int most_repeated(const struct trial *t)
{
	unsigned int n = 1;

	for (size_t i = 0; i < t->n_runs; i++)
		n = t->runs[i].pair + 1 > n && t->runs[i].pair < TRIAL_RUNS_MAX ? t->runs[i].pair + 1 : n;
	return n;
}

static void write_command(const struct page *p)
{
	const struct trial *t = p->t;
	FILE *f = p->f;

	fputs(t->mode == TRIAL_RUN ? "ovslab run " : "ovslab validate ", f);
	html_shell(f, t->source.name ? t->source.name : "FILE");
	if (t->mode == TRIAL_RUN && most_repeated(t) > 1)
		fprintf(f, " --runs %u", most_repeated(t));
	if (t->mode == TRIAL_AA)
		fputs(" --aa", f);
	if (t->mode == TRIAL_VALIDATE && t->n_cells > 1 && strcmp(page_cell_name(p, 1), "fixed") != 0) {
		fputs(" --variant ", f);
		html_shell(f, page_cell_name(p, 1));
	}
	if (t->mode != TRIAL_RUN)
		fprintf(f, " --seed %" PRIu64 "%s", t->seed, t->judge_throughput ? " --throughput" : "");
	for (size_t i = 0; i < t->source.sets.n; i++) {
		fputs(" --set ", f);
		html_shell(f, t->source.sets.v[i]);
	}
	fputc('\n', f);
}

void page_repeat(const struct page *p)
{
	const struct run *run = page_run_of(p, 0);
	FILE *f = p->f;
	bool lone = !p->t->source.text;

	if (lone && (!run || !run->env.commands.n))
		return;
	page_section(p, "repeat", "To repeat it");
	fputs("<div class=\"scroll code\" tabindex=0 role=region aria-label=\"commands\"><pre>", f);
	if (!lone)
		write_command(p);
	for (size_t i = 0; lone && i < run->env.commands.n && i < HTML_LIST_MAX; i++) {
		html_escape(f, run->env.commands.v[i], 4000);
		fputc('\n', f);
	}
	fputs("</pre></div>\n", f);
	if (!lone && p->t->source.name && *p->t->source.name != '@')
		fputs("<p class=small>The file's text is above, under The scenario.</p>\n", f);
	if (p->t->command && !lone) {
		fputs("<p class=small>It was made by: <code>", f);
		html_escape(f, p->t->command, 4000);
		fputs("</code></p>\n", f);
	}
	page_section_end(p);
}

/* ---- notes -------------------------------------------------------------------------------- */

struct notes {
	size_t n;
	FILE *f;
};

static void write_note(struct notes *n, const char *text, size_t run)
{
	if (n->n++ >= NOTES_MAX)
		return;
	fputs("<li>", n->f);
	if (run)
		fprintf(n->f, "Run %zu: ", run);
	html_escape(n->f, text, 2000);
	fputc('\n', n->f);
}

static bool said_before(const struct trial *t, size_t run, const char *text)
{
	for (size_t i = 0; i < run && i < 50; i++)
		for (size_t k = 0; k < t->runs[i].run.notes.n && k < HTML_LIST_MAX; k++)
			if (!strcmp(t->runs[i].run.notes.v[k], text))
				return true;
	return false;
}

void page_notes(const struct page *p)
{
	struct notes n = { 0, p->f };
	size_t all = p->t->notes.n;

	for (size_t i = 0; i < p->t->n_runs; i++)
		all += p->t->runs[i].run.notes.n;
	if (!all)
		return;
	page_section(p, "notes", "Notes");
	fputs("<ul>\n", p->f);
	for (size_t i = 0; i < p->t->notes.n; i++)
		write_note(&n, p->t->notes.v[i], 0);
	for (size_t i = 0; i < p->t->n_runs; i++)
		for (size_t k = 0; k < p->t->runs[i].run.notes.n; k++)
			if (!said_before(p->t, i, p->t->runs[i].run.notes.v[k]))
				write_note(&n, p->t->runs[i].run.notes.v[k], p->t->n_runs > 1 ? i + 1 : 0);
	if (n.n > NOTES_MAX)
		fprintf(p->f, "<li class=more>... and %zu more\n", n.n - NOTES_MAX);
	fputs("</ul>\n", p->f);
	page_section_end(p);
}

/* ---- every run ----------------------------------------------------------------------------- */

static void write_counts(FILE *f, const struct reorder_result *r)
{
	html_number(f, "%" PRIu64, r->f.packets);
	html_number(f, "%" PRIu64, r->f.reordered);
	html_number(f, "%" PRIu64, r->f.movers);
	html_number(f, "%" PRIu64, r->f.extent.max);
	html_number(f, "%" PRIu64 "/%" PRIu64, r->flows_reordered, r->flows);
	html_number(f, "%" PRIu64 "/%" PRIu64, r->psh_late + r->psh_early, r->psh_flows);
	html_number(f, "%" PRIu64, r->f.lost);
	html_number(f, "%" PRIu64, r->f.retransmitted);
}

/* The figure that it is about has one anyway. */
static bool has_column(unsigned int metric)
{
	static const char *const names[] = { "reordered", "movers", "flows_reordered", "first_psh_moved",
		"lost", "retransmitted", "throughput_bps" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(scenario_metrics[metric].name, names[i]))
			return true;
	return false;
}

static void write_run(const struct page *p, size_t i, unsigned int metric)
{
	const struct trial_run *r = &p->t->runs[i];
	enum trial_fault fault = trial_fault(p->t, r);
	struct unit_text a;
	double v = run_figure(&r->run, metric);
	bool own = has_column(metric);

	page_cell_head(p, r->cell);
	html_number(p->f, "%zu", i + 1);
	html_number(p->f, "%u%s", r->pair + 1, p->t->mode == TRIAL_RUN ? "" : r->second ? ", second" : ", first");
	if (!own)
		html_number(p->f, "%s", isfinite(v) ? trial_value(&a, metric, v) : "-");
	write_counts(p->f, &r->run.reorder);
	html_number(p->f, "%s", r->run.throughput_bps > 0 ? units_bps(&a, r->run.throughput_bps) : "-");
	html_number(p->f, "%.0f s", r->started_s);
	html_cell(p->f, "%s", fault ? trial_fault_names[fault] : r->run.status ? run_status_names[r->run.status] : "");
}

void page_runs(const struct page *p)
{
	unsigned int metric = trial_plot_metric(p->t);
	char figure[64];
	const char *heads[20] = { "variant", "#run", p->t->mode == TRIAL_RUN ? "#time" : "#pair" };
	static const char *const rest[] = { "#packets", "#reordered", "#movers", "#extent", "#flows reordered",
		"#first PSH moved", "#lost", "#sent again", "#throughput", "#begun", "remark" };
	size_t n = 3;

	if (!p->t->n_runs)
		return;
	page_section(p, "runs", "Every run");
	snprintf(figure, sizeof(figure), "#%s", scenario_metrics[metric].name);
	if (!has_column(metric))
		heads[n++] = figure;
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
		heads[n++] = rest[i];
	html_table(p->f, "runs", heads);
	for (size_t i = 0; i < p->t->n_runs && i < TRIAL_RUNS_MAX; i++)
		write_run(p, i, metric);
	html_table_end(p->f);
	page_section_end(p);
}
