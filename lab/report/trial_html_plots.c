// SPDX-License-Identifier: GPL-2.0
/*
 * trial_html_plots.c - the plots of a trial, what they show, and whose colour is whose
 */
#include <stdio.h>

#include "report/html.h"
#include "report/trial_html_parts.h"

_Static_assert(TRIAL_PLOT_COLOURS == 6, "the words below say so");

static bool any(const struct page *p)
{
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++)
		if (p->plots->svg[i])
			return true;
	return false;
}

static void write_legend(const struct page *p)
{
	fputs("<ul class=legend>\n", p->f);
	for (unsigned int i = 0; i < page_cells(p); i++) {
		unsigned int k = i % TRIAL_PLOT_COLOURS;

		fprintf(p->f, "<li><span class=\"mark c%u\" aria-hidden=true>%s</span>", k,
			trial_plot_marks[k]);
		if (p->t->mode == TRIAL_RUN && page_cells(p) > 1)
			fprintf(p->f, "%u ", i + 1);
		html_text(p->f, page_cell_name(p, i));
		fputc('\n', p->f);
	}
	fputs("<li><span class=mark aria-hidden=true>&#10005;</span>does not count\n</ul>\n", p->f);
}

static void write_figure(const struct page *p, enum trial_plot plot, const char *title, const char *text)
{
	if (!p->plots->svg[plot])
		return;
	fprintf(p->f, "<figure><figcaption><strong>%s</strong> %s</figcaption>\n", title, text);
	fputs(p->plots->svg[plot], p->f);
	fputs("</figure>\n", p->f);
}

void page_plots(const struct page *p)
{
	bool pairs = p->t->mode != TRIAL_RUN;
	char title[100];

	if (!any(p) && !*p->plots->why_not)
		return;
	page_section(p, "plots", pairs ? "Paired runs" : "The runs");
	if (*p->plots->why_not) {
		fputs("<p>There are no plots: ", p->f);
		html_text(p->f, p->plots->why_not);
		fputs(". The tables below have all figures.</p>\n", p->f);
	} else {
		write_legend(p);
	}
	fputs("<div class=plots>\n", p->f);
	snprintf(title, sizeof(title), "%s, run by run.", scenario_metrics[trial_plot_metric(p->t)].name);
	write_figure(p, TRIAL_PLOT_FIGURE, title, pairs ? "A line joins the two runs of a pair." :
		     page_cells(p) > 1 ? "Runs of one variant side by side." : "");
	write_figure(p, TRIAL_PLOT_THROUGHPUT, "Throughput, run by run.", "Payload at the receiver.");
	write_figure(p, TRIAL_PLOT_TIME, "Throughput over time.", "Three runs of each variant. Ticks below: mangled packets "
		     "that moved or were late, in the first of them, where packets were listed.");
	write_figure(p, TRIAL_PLOT_EXTENTS, "How far packets came too late.", page_cells(p) > TRIAL_PLOT_COLOURS ?
		     "The first six variants, all runs that count; RFC 4737, section 4.2.3." :
		     "All runs that count; RFC 4737, section 4.2.3.");
	fputs("</div>\n", p->f);
	page_section_end(p);
}
