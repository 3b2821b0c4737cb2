// SPDX-License-Identifier: GPL-2.0
/*
 * trial_html.c - a trial as one page
 *
 * The page is templates and escaped text (report/html.h). Its policy lets nothing be
 * loaded and no script run, whatever might get into it.
 */
#include "report/trial_html.h"

#include <errno.h>

#include "core/util.h"
#include "report/html.h"
#include "report/trial_html_parts.h"

/* ---- what the parts share ---------------------------------------------------------------- */

void page_section(const struct page *p, const char *id, const char *title)
{
	fprintf(p->f, "<section id=%s>\n<h2>%s</h2>\n", id, title);
}

void page_section_end(const struct page *p)
{
	fputs("</section>\n", p->f);
}

unsigned int page_cells(const struct page *p)
{
	unsigned int n = p->t->n_cells < TRIAL_CELLS_MAX ? p->t->n_cells : TRIAL_CELLS_MAX;

	return n ? n : 1;
}

const char *page_cell_name(const struct page *p, unsigned int cell)
{
	return cell < p->t->n_cells && p->t->cells[cell] ? p->t->cells[cell] : "run";
}

void page_cell_head(const struct page *p, unsigned int cell)
{
	unsigned int k = cell % TRIAL_PLOT_COLOURS;

	fprintf(p->f, "\n<tr><th scope=row><span class=\"mark c%u\" aria-hidden=true>%s</span>", k,
		trial_plot_marks[k]);
	html_text(p->f, page_cell_name(p, cell));
}

const struct run *page_run_of(const struct page *p, unsigned int cell)
{
	const struct run *any = NULL;

	for (size_t i = 0; i < p->t->n_runs; i++) {
		const struct trial_run *r = &p->t->runs[i];

		if (r->cell != cell)
			continue;
		if (!trial_fault(p->t, r))
			return &r->run;
		any = any ? any : &r->run;
	}
	return any;
}

/* ---- the page ---------------------------------------------------------------------------- */

static void write_head(const struct page *p)
{
	FILE *f = p->f;

	fputs("<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
	      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=color-scheme content=\"light dark\">\n<title>", f);
	html_text(f, p->t->source.name ? p->t->source.name : "a run");
	fprintf(f, " &middot; ovslab</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n",
		trial_html_style);
}

static void write_foot(const struct page *p)
{
	FILE *f = p->f;

	fputs("</main>\n<footer>Made by ovslab ", f);
	html_text(f, p->t->version);
	if (p->t->started_at) {
		fputs(", begun ", f);
		html_text(f, p->t->started_at);
	}
	if (p->t->elapsed_s > 0)
		fprintf(f, ", %.0f s of work", p->t->elapsed_s);
	fputs(". The page loads nothing and runs no script.</footer>\n</body>\n</html>\n", f);
}

int trial_html(FILE *f, const struct trial *t, const struct trial_outcome *o,
	       const struct trial_plots *plots)
{
	static void (*const parts[])(const struct page *) = {
		page_answer, page_verdicts, page_expectations, page_plots, page_transit, page_upcalls,
		page_late, page_first_psh, page_injections, page_placement, page_environment, page_scenario, page_repeat,
		page_notes, page_runs,
	};
	const struct page p = { f, t, o, plots };

	write_head(&p);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&p);
	write_foot(&p);
	return ferror(f) ? -EIO : 0;
}
