/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_html_parts.h - the parts of a trial's page, for trial_html.c alone
 *
 * Each writes its section, or nothing where the runs have nothing for it.
 */
#ifndef OVSLAB_REPORT_TRIAL_HTML_PARTS_H
#define OVSLAB_REPORT_TRIAL_HTML_PARTS_H

#include <stdio.h>

#include "core/trial.h"
#include "report/trial_plot.h"

struct page {
	FILE *f;
	const struct trial *t;
	const struct trial_outcome *o;
	const struct trial_plots *plots;
};

/* trial_html_style.c */
extern const char trial_html_style[];

/* trial_html_answer.c */
void page_answer(const struct page *p);
void page_verdicts(const struct page *p);
void page_expectations(const struct page *p);

/* trial_html_plots.c */
void page_plots(const struct page *p);

/* trial_html_packets.c: what happened to packets */
void page_first_psh(const struct page *p);
void page_transit(const struct page *p);
void page_upcalls(const struct page *p);
void page_late(const struct page *p);
void page_injections(const struct page *p);

/* trial_html_bench.c */
void page_versions(const struct page *p);	/* one row for each variant, for the answer */
void page_placement(const struct page *p);
void page_environment(const struct page *p);

/* trial_html_runs.c */
void page_scenario(const struct page *p);
void page_repeat(const struct page *p);
void page_notes(const struct page *p);
void page_runs(const struct page *p);

/* ---- what they share: trial_html.c ----------------------------------------------------- */

/** page_section() - begin one, with a heading that can be linked to; page_section_end() */
void page_section(const struct page *p, const char *id, const char *title);
void page_section_end(const struct page *p);

/** page_cells() - cells to show: a trial without any has the one of its runs */
unsigned int page_cells(const struct page *p);

/** page_cell_name() - "run" where there is no name */
const char *page_cell_name(const struct page *p, unsigned int cell);

/** page_cell_head() - the row's head: mark, colour, and name of a cell */
void page_cell_head(const struct page *p, unsigned int cell);

/** page_run_of() - the run that stands for a cell: its first valid one, or its first; or NULL */
const struct run *page_run_of(const struct page *p, unsigned int cell);

#endif
