// SPDX-License-Identifier: GPL-2.0
/*
 * trial_html_packets.c - what happened to packets: too late, the first with PSH, mangled
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/hist.h"
#include "core/util.h"
#include "report/html.h"
#include "report/trial_html_parts.h"
#include "report/trial_tell.h"
#include "report/units.h"

/* The next valid run of a cell behind @at; start with NULL. */
static const struct run *next_run(const struct page *p, unsigned int cell, const struct run *at)
{
	bool behind = !at;

	for (size_t i = 0; i < p->t->n_runs; i++) {
		const struct trial_run *r = &p->t->runs[i];

		if (behind && r->cell == cell && !trial_fault(p->t, r))
			return &r->run;
		behind = behind || &r->run == at;
	}
	return NULL;
}

#define each_run(p, cell, run) \
	(const struct run *run = next_run(p, cell, NULL); run; run = next_run(p, cell, run))

/* ---- too late ----------------------------------------------------------------------------- */

struct lateness {
	struct hist ns;
	uint64_t omitted;
};

static void collect_late(const struct page *p, unsigned int cell, struct lateness *l)
{
	*l = (struct lateness){ 0 };
	for each_run(p, cell, run) {
		for (size_t i = 0; i < run->who.n_list; i++)
			if (run->who.list[i].late && run->who.list[i].late_ns)
				hist_put(&l->ns, run->who.list[i].late_ns, run->who.list[i].packets);
		l->omitted += run->who.omitted;
	}
}

static void late_row(const struct page *p, unsigned int cell, const struct lateness *l)
{
	struct unit_text a;

	page_cell_head(p, cell);
	html_number(p->f, "%" PRIu64, l->ns.count);
	html_number(p->f, "%s", units_ns(&a, hist_percentile(&l->ns, 50)));
	html_number(p->f, "%s", units_ns(&a, hist_percentile(&l->ns, 95)));
	html_number(p->f, "%s", units_ns(&a, l->ns.max));
	html_number(p->f, "%" PRIu64, l->omitted);
}

void page_late(const struct page *p)
{
	struct lateness *l = malloc(sizeof(*l));	/* 15 KB */
	bool any = false;

	for (unsigned int i = 0; l && i < page_cells(p); i++) {
		collect_late(p, i, l);
		if (!l->ns.count)
			continue;
		if (!any) {
			page_section(p, "late", "How much time late");
			html_table(p->f, "late times", (const char *const[]){ "variant", "#packets listed",
				   "#median", "#95 %", "#most", "#not listed", NULL });
		}
		any = true;
		late_row(p, i, l);
	}
	free(l);
	if (!any)
		return;
	html_table_end(p->f);
	fputs("<p class=small>Between a reordered packet and the first one that overtook it (RFC 4737, section "
	      "4.3.3), in the runs that kept a list of packets.</p>\n", p->f);
	page_section_end(p);
}

/* ---- transit ------------------------------------------------------------------------------ */

static void transit_row(const struct page *p, unsigned int cell, const struct run_transit *t)
{
	const struct {
		const char *through;
		const struct run_times *times;
		bool known;
	} rows[] = {
		{ "all", &t->all, true },
		{ "through vswitchd", &t->upcalled, t->split },
		{ "by the datapath alone", &t->direct, t->split },
	};
	struct unit_text text;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct run_times *times = rows[i].times;

		if (!rows[i].known || !times->packets)
			continue;
		page_cell_head(p, cell);
		html_cell(p->f, "%s", rows[i].through);
		html_number(p->f, "%" PRIu64, times->packets);
		html_number(p->f, "%s", units_ns(&text, times->p50_ns));
		html_number(p->f, "%s", units_ns(&text, times->p99_ns));
		html_number(p->f, "%s", units_ns(&text, times->max_ns));
	}
}

void page_transit(const struct page *p)
{
	bool any = false;

	for (unsigned int i = 0; i < page_cells(p); i++)
		for each_run(p, i, run) {
			if (!run->transit.all.packets)
				continue;
			if (!any) {
				page_section(p, "transit", "How long inside the switch");
				html_table(p->f, "transit times", (const char *const[]){ "variant",
					   "which", "#packets", "#median", "#99 %", "#most", NULL });
			}
			any = true;
			transit_row(p, i, &run->transit);
		}
	if (!any)
		return;
	html_table_end(p->f);
	fputs("<p class=small>Run by run, from the tap where packets enter to the one where they leave. "
	      "While vswitchd is stopped, what misses waits for it.</p>\n", p->f);
	page_section_end(p);
}

/* ---- why late ---------------------------------------------------------------------------- */

static void share_cell(const struct page *p, uint64_t part, uint64_t of)
{
	struct unit_text share;

	if (of)
		html_number(p->f, "%" PRIu64 " of %" PRIu64 " (%s)", part, of,
			    units_percent(&share, (double)part / (double)of));
	else
		html_number(p->f, "none");
}

static void upcalls_row(const struct page *p, unsigned int cell)
{
	const struct trial_upcalled u = trial_upcalled_of(p->t, cell);

	if (!u.runs)
		return;
	page_cell_head(p, cell);
	html_number(p->f, "%u", u.runs);
	share_cell(p, u.late.with, u.late.with + u.late.without);
	share_cell(p, u.late.with, u.late.with + u.late.with_not);
	share_cell(p, u.late.without, u.late.without + u.late.without_not);
}

void page_upcalls(const struct page *p)
{
	if (!trial_upcalls_known(p->t))
		return;
	page_section(p, "upcalls", "Whether late packets went through vswitchd");
	html_table(p->f, "upcalls", (const char *const[]){ "variant", "#runs", "#late packets that did",
		   "#late of those that did", "#late of all others", NULL });
	for (unsigned int i = 0; i < page_cells(p); i++)
		upcalls_row(p, i);
	html_table_end(p->f);
	fputs("<p class=small>A packet that no flow of the datapath matches is handed to vswitchd (an "
	      "upcall). That takes longer, and what matches meanwhile overtakes it. If nearly all late "
	      "packets went that way, and few others are late, this is why. All runs that count and "
	      "know it.</p>\n", p->f);
	page_section_end(p);
}

/* ---- first PSH ---------------------------------------------------------------------------- */

struct psh {
	uint64_t flows, with, late, early, began, most;
	uint64_t in, in_psh, out, out_psh;
};

static struct psh collect_psh(const struct page *p, unsigned int cell)
{
	struct psh s = { 0 };

	for each_run(p, cell, run) {
		const struct reorder_result *r = &run->reorder;

		if (r->source != REORDER_BY_PROBES)	/* UDP has none */
			continue;
		s.flows += r->flows;
		s.with += r->psh_flows;
		s.late += r->psh_late;
		s.early += r->psh_early;
		s.began += r->psh_began;
		s.most = r->psh_max_displacement > s.most ? r->psh_max_displacement : s.most;
		s.in += r->f.ingress_packets;
		s.in_psh += r->f.ingress_psh;
		s.out += r->f.egress_packets;
		s.out_psh += r->f.egress_psh;
	}
	return s;
}

static void psh_row(const struct page *p, unsigned int cell, const struct psh *s)
{
	struct unit_text a;

	page_cell_head(p, cell);
	html_number(p->f, "%" PRIu64, s->flows);
	html_number(p->f, "%" PRIu64, s->with);
	html_number(p->f, "%" PRIu64, s->late + s->early);
	html_number(p->f, "%" PRIu64, s->late);
	html_number(p->f, "%" PRIu64, s->early);
	html_number(p->f, "%" PRIu64, s->most);
	html_number(p->f, "%" PRIu64, s->began);
	html_number(p->f, "%s", units_percent(&a, run_psh_share(s->in_psh, s->in)));
	html_number(p->f, "%s", units_percent(&a, run_psh_share(s->out_psh, s->out)));
}

void page_first_psh(const struct page *p)
{
	bool any = false;

	for (unsigned int i = 0; i < page_cells(p); i++) {
		struct psh s = collect_psh(p, i);

		if (!s.flows)
			continue;
		if (!any) {
			page_section(p, "first-psh", "The first packet with PSH");
			html_table(p->f, "first PSH", (const char *const[]){ "variant", "#connections", "#with PSH",
				   "#first moved", "#late", "#early", "#by packets", "#began there",
				   "#PSH before", "#PSH after", NULL });
		}
		any = true;
		psh_row(p, i, &s);
	}
	if (!any)
		return;
	html_table_end(p->f);
	fputs("<p class=small>All runs that count. Began there: reordered, and in order until the first packet "
	      "with PSH. Before and after: share of packets with PSH where they enter the switch and where they "
	      "leave it.</p>\n", p->f);
	page_section_end(p);
}

/* ---- injections --------------------------------------------------------------------------- */

static uint64_t changed(const struct page *p, unsigned int cell, const struct run_injection *v, bool cleared)
{
	uint64_t n = 0;

	for each_run(p, cell, run)
		for (size_t i = 0; i < run->n_injections; i++) {
			const struct run_injection *w = &run->injections[i];

			if (w->spec && w->place && v->spec && v->place && !strcmp(w->spec, v->spec) &&
			    !strcmp(w->place, v->place))
				n += cleared ? w->counters.cleared : w->counters.mangled;
		}
	return n;
}

static void injection_rows(const struct page *p, unsigned int cell, const struct run *run)
{
	size_t n = run->n_injections < HTML_LIST_MAX ? run->n_injections : HTML_LIST_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct run_injection *v = &run->injections[i];

		page_cell_head(p, cell);
		fputs("<td><code>", p->f);
		html_text(p->f, v->spec ? v->spec : v->kind);
		fputs("</code>", p->f);
		html_cell(p->f, "%s", v->place ? v->place : "");
		html_number(p->f, "%" PRIu64, changed(p, cell, v, false));
		html_number(p->f, "%" PRIu64, changed(p, cell, v, true));
	}
}

static bool any_injection(const struct page *p)
{
	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (run && run->n_injections)
			return true;
	}
	return false;
}

void page_injections(const struct page *p)
{
	if (!any_injection(p))
		return;
	page_section(p, "injections", "Injected");
	html_table(p->f, "injections", (const char *const[]){ "variant", "what", "where", "#packets changed",
		   "#cleared", NULL });
	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (run)
			injection_rows(p, i, run);
	}
	html_table_end(p->f);
	page_section_end(p);
}
