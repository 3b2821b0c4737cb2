// SPDX-License-Identifier: GPL-2.0
/*
 * trial_markdown.c - a trial for a ticket, in GitHub's flavour of Markdown
 *
 * Theory of operation
 *
 * A ticket system finds more in text than Markdown does: mentions, numbers of issues and
 * links without any mark. It looks for them in what Markdown has made of the text, so that a
 * backslash does not help; it does not look into code. So names, versions and commands
 * of others stand in code spans, whose delimiter is longer than any in them. Sentences are
 * escaped: a backslash before what Markdown reads, and an invisible space (U+200B) inside
 * of what is looked for afterwards: "@name", "#1", "://", "www.". No text of others begins a
 * line, and none has a newline.
 */
#include "report/trial_markdown.h"

#include <errno.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/utf8.h"
#include "core/util.h"
#include "report/run_text.h"
#include "report/trial_cases.h"
#include "report/trial_tell.h"

#define UNSEEN "\xe2\x80\x8b"		/* U+200B */

struct out {
	FILE *f;
	const struct trial *t;
	const struct trial_outcome *o;
};

/* ---- text of others -------------------------------------------------------------------- */

static bool is_plain(const char *text, const char *at)
{
	return at > text && at[-1] >= '0' && at[-1] <= '9' && at[1] >= '0' && at[1] <= '9';
}

/* The character at @at of @text, which is @n bytes long. */
static void put_char(FILE *f, const char *text, const char *at, size_t n)
{
	if (*at && strchr("\\`*_[]<>#~|&!@$", *at))
		fputc('\\', f);
	if (*at == '.' && !is_plain(text, at))
		fputs(UNSEEN, f);
	fwrite(at, 1, n, f);
	if (*at == '@' || *at == '#' || (*at == ':' && at[1] == '/'))
		fputs(UNSEEN, f);
}

/* A sentence, on one line. */
static void put(FILE *f, const char *text)
{
	for (const char *at = text; *at; ) {
		uint32_t c;
		int n = utf8_decode(at, &c);

		if (n < 0 || utf8_is_control(c))
			fputc(n > 0 && (c == '\n' || c == '\t') ? ' ' : '?', f);
		else
			put_char(f, text, at, (size_t)n);
		at += n < 0 ? 1 : n;
	}
}

static size_t longest_ticks(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t n = strspn(text, "`");

		longest = n > longest ? n : longest;
		text += n ? n : 1;
	}
	return longest;
}

static void ticks(FILE *f, size_t n)
{
	while (n--)
		fputc('`', f);
}

/*
 * In a cell a bar has to be escaped even in code; and a backslash before that would undo it.
 */
static void put_code_char(FILE *f, const char *text, const char *at, size_t n, bool table)
{
	if (table && *at == '|')
		fputs(at > text && at[-1] == '\\' ? UNSEEN "\\" : "\\", f);
	fwrite(at, 1, n, f);
}

/* A code span; @table: in a cell. */
static void put_code(FILE *f, const char *text, bool table)
{
	size_t n = longest_ticks(text) + 1;

	if (!*text)
		return;
	ticks(f, n);
	fputs(n > 1 ? " " : "", f);
	for (const char *at = text; *at; ) {
		uint32_t c;
		int len = utf8_decode(at, &c);

		if (len < 0 || utf8_is_control(c))
			fputc(len > 0 && (c == '\n' || c == '\t') ? ' ' : '?', f);
		else
			put_code_char(f, text, at, (size_t)len, table);
		at += len < 0 ? 1 : len;
	}
	fputs(n > 1 ? " " : "", f);
	ticks(f, n);
}

static void cell(FILE *f, const char *text)
{
	fputs(" ", f);
	put_code(f, text ? text : "unknown", true);
	fputs(" |", f);
}

/* ---- parts ----------------------------------------------------------------------------- */

static void told(const struct out *out, const char *before, trial_tell tell, const char *after)
{
	_cleanup_free_ char *text = trial_told(tell, out->t, out->o);

	if (!text || !*text)
		return;
	fputs(before, out->f);
	put(out->f, text);
	fputs(after, out->f);
}

static void print_benches(const struct out *out)
{
	const struct trial *t = out->t;
	FILE *f = out->f;

	if (t->n_runs)
		fprintf(f, "%s.\n\n", run_accel_text(&t->runs[0].run));
	fputs("| variant | Open vSwitch | switch's kernel | datapath | offloads |\n"
	      "|---|---|---|---|---|\n", f);
	for (unsigned int i = 0; i < t->n_cells; i++) {
		const struct run *run = trial_run_of(t, i);

		fputc('|', f);
		cell(f, t->cells[i]);
		cell(f, trial_run_ovs(run));
		cell(f, trial_run_kernel(run));
		cell(f, run ? run->env.datapath : NULL);
		cell(f, run ? run->env.offloads : NULL);
		fputc('\n', f);
	}
	fputc('\n', f);
}

static void print_verdicts(const struct out *out)
{
	unsigned int metric;

	if (trial_scored(out->t, &metric)) {
		fprintf(out->f, "**%s**", scenario_metrics[metric].name);
		told(out, ": ", trial_tell_counts, "\n\n");
	}
	told(out, "**throughput**: ", trial_tell_throughput, "\n\n");
	told(out, "**this machine**: ", trial_tell_noise, "\n\n");
	told(out, "**late by upcalls**: ", trial_tell_upcalls, "\n\n");
}

static void print_expectations(const struct out *out)
{
	FILE *f = out->f;

	if (!out->o->n_expected)
		return;
	fputs("| | expected |\n|---|---|\n", f);
	for (unsigned int i = 0; i < out->o->n_expected; i++) {
		const struct trial_expected *e = &out->o->expected[i];

		fprintf(f, "| %s | ", !e->known ? "unknown" : e->holds ? "ok" : "**FAIL**");
		put(f, e->text);
		fputs(" |\n", f);
	}
	fputc('\n', f);
}

static void figure(FILE *f, const struct trial_run *r, unsigned int metric)
{
	struct unit_text text;

	fprintf(f, " %s |", trial_value(&text, metric, run_figure(&r->run, metric)));
}

static void rates(FILE *f, const struct trial_pair *pair)
{
	double a = pair->run[0]->run.throughput_bps, b = pair->run[1]->run.throughput_bps;
	struct unit_text one, two;

	if (a > 0 && b > 0)
		fprintf(f, " %s | %s | %+.1f %% |", units_bps(&one, a), units_bps(&two, b),
			100 * (b / a - 1));
	else
		fputs(" - | - | - |", f);
}

static void pair_heads(const struct out *out, bool scored, bool with_rates)
{
	FILE *f = out->f;

	fputs("| pair | first |", f);
	for (unsigned int i = 0; scored && i < 2; i++)
		cell(f, out->t->cells[i]);
	for (unsigned int i = 0; with_rates && i < 2; i++) {
		fputs(" rate of", f);
		cell(f, out->t->cells[i]);
	}
	fprintf(f, "%s\n|--:|---|%s%s\n", with_rates ? " change |" : "", scored ? "--:|--:|" : "",
		with_rates ? "--:|--:|--:|" : "");
}

static void print_pairs(const struct out *out)
{
	struct trial_pair pairs[TRIAL_PAIRS_MAX];
	unsigned int n = trial_pairs(out->t, pairs), metric;
	bool scored = trial_scored(out->t, &metric), with_rates = out->o->throughput_pairs > 0;
	FILE *f = out->f;

	if (!n || (!scored && !with_rates))
		return;
	pair_heads(out, scored, with_rates);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(f, "| %u |", pairs[i].number + 1);
		cell(f, out->t->cells[pairs[i].run[0]->second]);
		for (unsigned int k = 0; scored && k < 2; k++)
			figure(f, pairs[i].run[k], metric);
		if (with_rates)
			rates(f, &pairs[i]);
		fputc('\n', f);
	}
	fputc('\n', f);
}

static void print_facts(const struct out *out)
{
	char before[64];

	told(out, "- **series**: ", trial_tell_progress, "\n");
	for (const struct trial_fact *fact = trial_facts; fact->name; fact++) {
		snprintf(before, sizeof(before), "- **%s**: ", fact->name);
		told(out, before, fact->tell, "\n");
	}
	for (size_t i = 0; i < out->t->notes.n; i++) {
		fputs("- ", out->f);
		put_code(out->f, out->t->notes.v[i], false);
		fputc('\n', out->f);
	}
}

static void print_again(const struct out *out)
{
	_cleanup_free_ char *again = trial_told(trial_tell_again, out->t, out->o);

	if (!again || !*again)
		return;
	fputs("\nAgain: ", out->f);
	put_code(out->f, again, false);
	fputc('\n', out->f);
}

/* ---- the OpenFlow flows, folded -------------------------------------------------------- */

static size_t fence_of(const struct run_strings *s)
{
	size_t longest = 2;

	for (size_t i = 0; i < s->n; i++) {
		size_t n = longest_ticks(s->v[i]);

		longest = n > longest ? n : longest;
	}
	return longest + 1;
}

static void put_line(FILE *f, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, f);
	fputc('\n', f);
}

static void print_flows(const struct out *out)
{
	const struct run *run = trial_run_of(out->t, 0);
	FILE *f = out->f;
	size_t fence;

	if (!run || !run->env.flows.n)
		return;
	fence = fence_of(&run->env.flows);
	fputs("\n<details><summary>OpenFlow flows of ", f);
	fprintf(f, "%s</summary>\n\n", out->t->scenario ? "the first variant" : "the switch");
	ticks(f, fence);
	fputs("text\n", f);
	for (size_t i = 0; i < run->env.flows.n; i++)
		put_line(f, run->env.flows.v[i]);
	ticks(f, fence);
	fputs("\n\n</details>\n", f);
}

static void print_lone(const struct out *out)
{
	const struct run *run = &out->t->runs[0].run;
	struct unit_text rate;

	fprintf(out->f, "### The switch reordered %llu of %llu packets\n\n",
		(unsigned long long)run->reorder.f.reordered,
		(unsigned long long)run->reorder.f.packets);
	if (run->throughput_bps > 0)
		fprintf(out->f, "Throughput: %s at the receiver.\n\n", units_bps(&rate, run->throughput_bps));
}

int trial_markdown(FILE *f, const struct trial *t, const struct trial_outcome *o)
{
	const struct out out = { f, t, o };

	if (t->scenario) {
		told(&out, "### ", trial_tell_answer, "\n\n");
		put_code(f, trial_title(t), false);
		fputs(": ", f);
		put_code(f, t->scenario->summary ? t->scenario->summary : "", false);
		fputs("\n\n", f);
	} else if (t->n_runs) {
		print_lone(&out);
	}
	print_benches(&out);
	print_verdicts(&out);
	print_expectations(&out);
	print_pairs(&out);
	print_facts(&out);
	print_again(&out);
	print_flows(&out);
	return ferror(f) ? -EIO : 0;
}
