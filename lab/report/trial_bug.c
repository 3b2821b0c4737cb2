// SPDX-License-Identifier: GPL-2.0
/*
 * trial_bug.c - a trial as a bug report to Open vSwitch
 */
#include "report/trial_bug.h"

#include <errno.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/utf8.h"
#include "core/util.h"
#include "report/run_text.h"
#include "report/text.h"
#include "report/trial_cases.h"
#include "report/trial_tell.h"

#define LABEL_COLUMNS 20u
#define BAR_COLUMNS 40
#define INTERVALS_SHOWN 40u
#define FLOWS_SHOWN 200u

#define FILE_LINES_MAX 400
#define FILE_COLUMNS_MAX 500		/* a flow is not broken: it could not be pasted */

struct out {
	FILE *f;
	const struct trial *t;
	const struct trial_outcome *o;
	const struct redact_own *own;
};

/* All text goes through here: a paragraph behind @first, the rest of it behind @indent. */
static void put(const struct out *out, const char *first, unsigned int indent, const char *text)
{
	_cleanup_free_ char *public = redact(text ? text : "unknown", out->own);

	text_fill(out->f, public ? public : "?", first, indent, TRIAL_BUG_COLUMNS);
}

static void labelled(const struct out *out, const char *label, const char *text)
{
	char first[LABEL_COLUMNS + 1];

	if (!text || !*text)
		return;
	snprintf(first, sizeof(first), "  %-*s", (int)LABEL_COLUMNS - 2, label);
	put(out, first, LABEL_COLUMNS, text);
}

static void told(const struct out *out, const char *label, trial_tell tell)
{
	_cleanup_free_ char *text = trial_told(tell, out->t, out->o);

	if (!text || !*text)
		return;
	if (label)
		labelled(out, label, text);
	else
		put(out, "", 0, text);
}

static void heading(const struct out *out, const char *text)
{
	fprintf(out->f, "\n%s\n", text);
	for (size_t i = strlen(text); i; i--)
		fputc('-', out->f);
	fputc('\n', out->f);
}

/* ---- what was done --------------------------------------------------------------------- */

static void print_steps(const struct out *out, const struct run *run)
{
	for (size_t i = 0; run && i < run->env.commands.n; i++)
		put(out, "  $ ", 4, run->env.commands.v[i]);
}

/* Paragraphs are kept apart. */
static void print_about(const struct out *out, const char *about)
{
	while (about && *about) {
		const char *end = strstr(about, "\n\n");
		_cleanup_free_ char *part = strndup(about, end ? (size_t)(end - about) : strlen(about));

		put(out, "", 0, part);
		fputc('\n', out->f);
		about = end ? end + 2 : NULL;
	}
}

static void print_done(const struct out *out)
{
	const struct scenario *s = out->t->scenario;

	heading(out, "What I did");
	if (s)
		print_about(out, s->about ? s->about : s->summary);
	for (const struct trial_fact *fact = trial_facts; fact->name; fact++)
		told(out, fact->name, fact->tell);
	fputs("\nTwo VMs are connected by the switch. To make it again with ovslab:\n\n", out->f);
	if (s) {
		_cleanup_free_ char *again = trial_told(trial_tell_again, out->t, out->o);

		put(out, "  $ ", 4, again);
	} else {
		print_steps(out, trial_run_of(out->t, 0));
	}
}

/* ---- what was expected, what happened -------------------------------------------------- */

static unsigned int metric_of(const struct trial *t)
{
	const struct scenario *s = t->scenario;

	return s && s->score.given ? s->score.metric : s && s->expect.n ? s->expect.v[0].metric : 0;
}

static void print_wanted(const struct out *out)
{
	const struct scenario_metric *m = &scenario_metrics[metric_of(out->t)];
	const struct scenario *s = out->t->scenario;
	bool more = m->better == SCENARIO_BETTER_MORE ||
		    (s && s->score.given && s->score.better == SCENARIO_BETTER_MORE);

	heading(out, "What I expected");
	fprintf(out->f, "%s:\n", more ? "As much as can be" : "None, or few");
	labelled(out, m->name, m->help);
	for (unsigned int i = 0; i < out->o->n_expected; i++)
		if (trial_cell(out->t, out->o->expected[i].expect->variant) != 0)
			labelled(out, trial_state(&out->o->expected[i]), out->o->expected[i].text);
}

static void print_lone(const struct out *out, const struct run *run)
{
	const struct reorder_result *r = &run->reorder;
	struct unit_text rate;

	fprintf(out->f, "The switch reordered %llu of %llu packets, in %llu of %llu flows; it lost "
		"%llu.\n", (unsigned long long)r->f.reordered, (unsigned long long)r->f.packets,
		(unsigned long long)r->flows_reordered, (unsigned long long)r->flows,
		(unsigned long long)r->f.lost);
	if (run->throughput_bps > 0)
		fprintf(out->f, "Throughput: %s at the receiver.\n",
			units_bps(&rate, run->throughput_bps));
}

static void print_baseline(const struct out *out)
{
	for (unsigned int i = 0; i < out->o->n_expected; i++)
		if (trial_cell(out->t, out->o->expected[i].expect->variant) == 0)
			labelled(out, trial_state(&out->o->expected[i]), out->o->expected[i].text);
	told(out, "score", trial_tell_counts);
	told(out, "throughput", trial_tell_throughput);
	told(out, "series", trial_tell_progress);
}

/* ---- plots ----------------------------------------------------------------------------- */

static void bar(FILE *f, double value, double most)
{
	int n = most > 0 && value > 0 ? (int)(BAR_COLUMNS * (value / most) + 0.5) : 0;

	fprintf(f, "|%.*s\n", n, "########################################");
}

/* " 1 baseline         704 |######" */
static void plot_run(const struct out *out, const struct trial_run *r, unsigned int metric,
		     double most, bool numbered)
{
	char name[TRIAL_CELL_NAME];
	double value = run_figure(&r->run, metric);
	struct unit_text text;

	trial_cell_name(name, out->t, r->cell);
	if (numbered)
		fprintf(out->f, "%5u ", r->pair + 1);
	else
		fputs("      ", out->f);
	fprintf(out->f, "%-16.*s %11s ", (int)utf8_fit(name, 16), name,
		trial_value(&text, metric, value));
	bar(out->f, value, most);
}

static double most_of(const struct trial *t, unsigned int metric)
{
	double most = 0;

	for (size_t i = 0; i < t->n_runs; i++) {
		double value = run_figure(&t->runs[i].run, metric);

		most = value > most ? value : most;
	}
	return most;
}

static bool plot_pairs(const struct out *out, unsigned int metric)
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];
	unsigned int n = trial_pairs(out->t, pairs);
	double most = most_of(out->t, metric);

	if (!n)
		return false;
	fprintf(out->f, "\n%s of each pair of runs:\n\n", scenario_metrics[metric].name);
	for (unsigned int i = 0; i < n; i++) {
		plot_run(out, pairs[i].run[0], metric, most, true);
		plot_run(out, pairs[i].run[1], metric, most, false);
	}
	return true;
}

static void plot_cells(const struct out *out, unsigned int metric)
{
	double most = most_of(out->t, metric);
	unsigned int shown = 0;

	fprintf(out->f, "\n%s of each run:\n\n", scenario_metrics[metric].name);
	for (size_t i = 0; i < out->t->n_runs && shown < 2 * TRIAL_PAIRS_MAX; i++) {
		const struct trial_run *r = &out->t->runs[i];

		if (r->cell >= out->t->n_cells || trial_fault(out->t, r) != TRIAL_VALID)
			continue;
		plot_run(out, r, metric, most, true);
		shown++;
	}
}

static void plot_time(const struct out *out, const struct run *run)
{
	struct unit_text rate;
	double most = 0;

	if (run->n_intervals < 2)
		return;
	fputs("\nThroughput over time:\n\n", out->f);
	for (size_t i = 0; i < run->n_intervals; i++)
		most = run->intervals[i].bps > most ? run->intervals[i].bps : most;
	for (size_t i = 0; i < run->n_intervals && i < INTERVALS_SHOWN; i++) {
		const struct run_interval *v = &run->intervals[i];

		fprintf(out->f, "  %7.1f s %11s ", v->start_s, units_bps(&rate, v->bps));
		bar(out->f, v->bps, most);
	}
}

static void print_happened(const struct out *out)
{
	heading(out, "What happened");
	if (out->t->scenario) {
		told(out, NULL, trial_tell_answer);
		print_baseline(out);
		told(out, "late by upcalls", trial_tell_upcalls);
		if (!plot_pairs(out, metric_of(out->t)) && out->t->n_runs)
			plot_cells(out, metric_of(out->t));
	} else if (out->t->n_runs) {
		print_lone(out, &out->t->runs[0].run);
		told(out, NULL, trial_tell_upcalls);
	}
	if (out->t->n_runs)
		plot_time(out, &out->t->runs[0].run);
}

/* ---- versions and configuration -------------------------------------------------------- */

static void print_ovs(const struct out *out, unsigned int cell)
{
	const struct run *run = trial_run_of(out->t, cell);

	if (!run)
		return;
	if (out->t->scenario)
		labelled(out, "variant", out->t->cells[cell]);
	labelled(out, "version", run->env.ovs_version);
	labelled(out, "package", run->env.ovs_package);
	labelled(out, "from", run->env.setup.ovs_source);
}

static void print_versions(const struct out *out)
{
	bool tree = false;

	heading(out, "Version of Open vSwitch, as the running one tells it");
	for (unsigned int i = 0; i < out->t->n_cells; i++) {
		const struct run *run = trial_run_of(out->t, i);

		print_ovs(out, i);
		tree = tree || (run && run->env.setup.ovs_source &&
				!strncmp(run->env.setup.ovs_source, "dir:", 4));
	}
	if (tree)
		fputs("\n  Of a tree of one's own, please add: the commit (git rev-parse HEAD), and\n"
		      "  changes that were made to it.\n", out->f);
	else
		fputs("\n  Packages of the distribution, without changes of ours.\n", out->f);
}

static void print_kernel(const struct out *out, unsigned int cell)
{
	const struct run *run = trial_run_of(out->t, cell);

	if (!run)
		return;
	if (out->t->scenario)
		labelled(out, "variant", out->t->cells[cell]);
	labelled(out, "switch's kernel", trial_run_kernel(run));
	labelled(out, "its build", run->env.setup.kernel_build);
	labelled(out, "from", run->env.setup.kernel_source);
}

static void print_kernels(const struct out *out)
{
	const struct run *run = trial_run_of(out->t, 0);

	heading(out, "Kernels, and what the machines are");
	for (unsigned int i = 0; i < out->t->n_cells; i++)
		print_kernel(out, i);
	if (!run)
		return;
	labelled(out, "VMs' kernel", run->env.guest_kernel);
	labelled(out, "host's kernel", run->env.host_kernel);
	labelled(out, "CPUs", run_accel_text(run));
	labelled(out, "QEMU", run->env.qemu_version);
}

static void print_strings(const struct out *out, const char *title, const struct run_strings *s,
			  bool others)
{
	if (!s->n)
		return;
	fprintf(out->f, "\n  %s%s:\n", title, others ? "" : ", the same in all variants");
	for (size_t i = 0; i < s->n && i < FLOWS_SHOWN; i++)
		put(out, "    ", 4, s->v[i]);
	if (s->n > FLOWS_SHOWN)
		fprintf(out->f, "    ... and %zu more\n", s->n - FLOWS_SHOWN);
}

static bool same_strings(const struct run_strings *a, const struct run_strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return true;
}

static bool same_configuration(const struct trial *t)
{
	const struct run *first = trial_run_of(t, 0);

	for (unsigned int i = 1; i < t->n_cells; i++) {
		const struct run *run = trial_run_of(t, i);

		if (run && first && !(same_strings(&first->env.flows, &run->env.flows) &&
				      same_strings(&first->env.other_config, &run->env.other_config)))
			return false;
	}
	return t->n_cells > 1;
}

static void print_config_of(const struct out *out, unsigned int cell, bool alike)
{
	const struct run *run = trial_run_of(out->t, cell);
	char threads[80];

	if (!run)
		return;
	if (out->t->scenario && !alike)
		labelled(out, "variant", out->t->cells[cell]);
	labelled(out, "datapath", run->env.datapath);
	labelled(out, "offloads", run->env.offloads);
	snprintf(threads, sizeof(threads), "%llu upcall handler%s, %llu revalidator%s",
		 (unsigned long long)run->env.setup.handlers, text_plural(run->env.setup.handlers),
		 (unsigned long long)run->env.setup.revalidators,
		 text_plural(run->env.setup.revalidators));
	labelled(out, "threads", threads);
	labelled(out, "dispatch", run->env.setup.dispatch);
	print_strings(out, "other_config of table Open_vSwitch", &run->env.other_config, !alike);
	print_strings(out, "OpenFlow flows of br0 (ovs-ofctl dump-flows)", &run->env.flows, !alike);
}

static void print_configuration(const struct out *out)
{
	bool alike = same_configuration(out->t);

	heading(out, "Configuration of Open vSwitch");
	for (unsigned int i = 0; i < out->t->n_cells && (i == 0 || !alike); i++)
		print_config_of(out, i, alike);
}

/* dpctl/show's lookups, over the first run */
static void print_datapath(const struct out *out)
{
	const struct run *run = trial_run_of(out->t, 0);

	if (!run || !run->sw.known)
		return;
	heading(out, "Datapath (ovs-appctl dpctl/show), over the first run");
	fprintf(out->f, "  lookups: hit:%llu missed:%llu lost:%llu\n",
		(unsigned long long)run->sw.hit, (unsigned long long)run->sw.missed,
		(unsigned long long)run->sw.lost);
}

/* ---- the rest -------------------------------------------------------------------------- */

static void print_fix(const struct out *out)
{
	const struct scenario *s = out->t->scenario;

	if (!s || (!s->affects && !s->fixed && out->o->verdict != TRIAL_FIXED))
		return;
	heading(out, "Fix or workaround");
	labelled(out, "affected", s->affects);
	labelled(out, "fixed in", s->fixed);
	if (out->t->mode == TRIAL_VALIDATE && out->t->cells[1])
		labelled(out, "tried here", out->t->cells[1]);
	if (out->t->mode == TRIAL_VALIDATE)
		labelled(out, "verdict", trial_answer(out->t, out->o));
	for (size_t i = 0; i < s->references.n; i++)
		labelled(out, i ? "" : "references", s->references.v[i]);
}

static void print_other(const struct out *out)
{
	heading(out, "Other information");
	labelled(out, "ovslab", out->t->version ? out->t->version :
		 out->t->n_runs ? out->t->runs[0].run.env.version : NULL);
	labelled(out, "made at", out->t->started_at ? out->t->started_at :
		 out->t->n_runs ? out->t->runs[0].run.env.started_at : NULL);
	for (size_t i = 0; i < out->t->source.sets.n; i++)
		labelled(out, i ? "" : "set", out->t->source.sets.v[i]);
	for (size_t i = 0; i < out->t->notes.n; i++)
		labelled(out, i ? "" : "notes", out->t->notes.v[i]);
	for (size_t i = 0; !out->t->scenario && out->t->n_runs && i < out->t->runs[0].run.notes.n; i++)
		labelled(out, i ? "" : "notes", out->t->runs[0].run.notes.v[i]);
	fputs("\nAddresses, names of hosts and paths of the machine were left out.\n", out->f);
}

/* A file of the user's own, which who reads this has not; a shipped one is known by name. */
static void print_file(const struct out *out)
{
	_cleanup_free_ char *text = out->t->source.text ? strdup(out->t->source.text) : NULL;
	char *save, *line = text ? strtok_r(text, "\n", &save) : NULL;
	unsigned int n = 0;

	if (!line || (out->t->source.name && out->t->source.name[0] == '@'))
		return;
	heading(out, "The scenario's file");
	for (; line && n < FILE_LINES_MAX; line = strtok_r(NULL, "\n", &save), n++) {
		_cleanup_free_ char *public = redact(line, out->own);

		if (public && strlen(public) > FILE_COLUMNS_MAX)
			public[FILE_COLUMNS_MAX] = '\0';
		text_safe(out->f, public ? public : "?");
		fputc('\n', out->f);
	}
	fputs(line ? "... and more\n" : "", out->f);
}

int trial_bug(FILE *f, const struct trial *t, const struct trial_outcome *o,
	      const struct redact_own *own)
{
	const struct out out = { f, t, o, own };

	put(&out, "Subject: ", 9, t->scenario ? t->scenario->summary :
	    "packets reordered or lost by the switch");
	print_done(&out);
	print_wanted(&out);
	print_happened(&out);
	print_versions(&out);
	print_kernels(&out);
	print_configuration(&out);
	print_datapath(&out);
	print_fix(&out);
	print_other(&out);
	print_file(&out);
	return ferror(f) ? -EIO : 0;
}
