// SPDX-License-Identifier: GPL-2.0
/*
 * trial_html_bench.c - where it was measured, and in what the variants differ
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/util.h"
#include "report/html.h"
#include "report/trial_html_parts.h"
#include "report/units.h"

enum kind { TEXT, NUMBER, YES, LIST };

struct row {
	const char *label;
	enum kind kind;
	size_t offset;			/* in struct run */
};

static const struct row rows[] = {
#define ROW(label, kind, member) { label, kind, offsetof(struct run, member) }
	ROW("Open vSwitch", TEXT, env.ovs_version),
	ROW("its package", TEXT, env.ovs_package),
	ROW("its source", TEXT, env.setup.ovs_source),
	ROW("datapath", TEXT, env.datapath),
	ROW("switch in", TEXT, env.switch_kind),
	ROW("switch's kernel", TEXT, env.setup.kernel),
	ROW("its build", TEXT, env.setup.kernel_build),
	ROW("its source", TEXT, env.setup.kernel_source),
	ROW("misses go", TEXT, env.setup.dispatch),
	ROW("handlers", NUMBER, env.setup.handlers),
	ROW("revalidators", NUMBER, env.setup.revalidators),
	ROW("switch's CPUs", NUMBER, env.setup.vcpus),
	ROW("switch's memory, MiB", NUMBER, env.setup.memory_mib),
	ROW("wire", TEXT, env.setup.wire),
	ROW("other_config", LIST, env.other_config),
	ROW("OpenFlow", LIST, env.flows),
	ROW("accelerator", TEXT, env.accel),
	ROW("offloads", TEXT, env.offloads),
	ROW("nodes' kernel", TEXT, env.guest_kernel),
	ROW("nodes' CPUs", NUMBER, env.vcpus),
	ROW("nodes' memory, MiB", NUMBER, env.memory_mib),
	ROW("host's kernel", TEXT, env.host_kernel),
	ROW("QEMU", TEXT, env.qemu_version),
	ROW("libvirt", TEXT, env.libvirt_version),
	ROW("from a saved lab", YES, env.restored),
	ROW("placement asked for", LIST, env.placed),
	ROW("CPUs of threads and interrupts", LIST, env.cpus),
	ROW("QEMU kept on CPUs", LIST, env.pinned),
	ROW("before each run", LIST, env.prepared),
	ROW("traffic", TEXT, traffic.kind),
	ROW("stopped meanwhile", TEXT, traffic.stall),
	ROW("also injected", LIST, also_injected),
	ROW("ovslab", TEXT, env.version),
#undef ROW
};

static const void *member(const struct run *run, const struct row *r)
{
	return (const char *)run + r->offset;
}

static const char *text(const struct run *run, const struct row *r)
{
	return *(char *const *)member(run, r);
}

static bool same_lists(const struct run_strings *a, const struct run_strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool same(const struct run *a, const struct run *b, const struct row *r)
{
	switch (r->kind) {
	case TEXT:
		return text(a, r) && text(b, r) ? !strcmp(text(a, r), text(b, r)) : text(a, r) == text(b, r);
	case NUMBER:
		return *(const uint64_t *)member(a, r) == *(const uint64_t *)member(b, r);
	case YES:
		return *(const bool *)member(a, r) == *(const bool *)member(b, r);
	case LIST:
		return same_lists(member(a, r), member(b, r));
	}
	return true;
}

static bool empty(const struct run *run, const struct row *r)
{
	switch (r->kind) {
	case TEXT:
		return !text(run, r) || !*text(run, r);
	case NUMBER:
		return !*(const uint64_t *)member(run, r);
	case LIST:
		return !((const struct run_strings *)member(run, r))->n;
	case YES:
		break;
	}
	return false;
}

static void write_value(FILE *f, const struct run *run, const struct row *r)
{
	if (empty(run, r)) {
		fputs("<span class=more>-</span>", f);
		return;
	}
	switch (r->kind) {
	case TEXT:
		html_text(f, text(run, r));
		break;
	case NUMBER:
		fprintf(f, "%" PRIu64, *(const uint64_t *)member(run, r));
		break;
	case YES:
		fputs(*(const bool *)member(run, r) ? "yes" : "no", f);
		break;
	case LIST:
		html_lines(f, member(run, r));
		break;
	}
}

/* ---- tables of variants ------------------------------------------------------------------- */

static bool differs(const struct page *p, const struct row *r)
{
	const struct run *first = NULL;

	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (first && run && !same(first, run, r))
			return true;
		first = first ? first : run;
	}
	return false;
}

static bool all_empty(const struct page *p, const struct row *r)
{
	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (run && !empty(run, r))
			return false;
	}
	return true;
}

static void begin_variants(const struct page *p, const char *label)
{
	html_table(p->f, label, NULL);
	fputs("<th scope=col>", p->f);
	for (unsigned int i = 0; i < page_cells(p); i++)
		if (page_run_of(p, i))
			html_head(p->f, page_cell_name(p, i));
	html_body(p->f);
}

static void write_row(const struct page *p, const struct row *r)
{
	fprintf(p->f, "<tr><th scope=row>%s", r->label);
	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (!run)
			continue;
		fputs(r->kind == LIST ? "<td class=list>" : "<td>", p->f);
		write_value(p->f, run, r);
	}
	fputc('\n', p->f);
}

static void write_differences(const struct page *p)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!differs(p, &rows[i]))
			continue;
		if (!any) {
			fputs("<h3>What differs between the variants</h3>\n", p->f);
			begin_variants(p, "differences");
		}
		any = true;
		write_row(p, &rows[i]);
	}
	if (any)
		html_table_end(p->f);
	else if (page_cells(p) > 1)
		fputs("<p>Nothing differs between the variants.</p>\n", p->f);
}

void page_environment(const struct page *p)
{
	if (!p->t->n_runs)
		return;
	page_section(p, "environment", "Environment");
	write_differences(p);
	fprintf(p->f, "<details%s><summary>All of it</summary>\n", page_cells(p) > 1 ? "" : " open");
	begin_variants(p, "environment");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!all_empty(p, &rows[i]))
			write_row(p, &rows[i]);
	html_table_end(p->f);
	fputs("</details>\n", p->f);
	page_section_end(p);
}

/* ---- in the answer: what ran ---------------------------------------------------------------- */

static bool in_vm(const struct run *run)
{
	return run->env.switch_kind && !strcmp(run->env.switch_kind, "vm");
}

void page_versions(const struct page *p)
{
	if (!p->t->n_runs)
		return;
	fputs("<div class=stack>\n", p->f);
	html_table(p->f, "what ran", (const char *const[]){ "variant", "Open vSwitch", "kernel", "datapath",
		   "CPUs of the VMs", NULL });
	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (!run)
			continue;
		page_cell_head(p, i);
		html_cell(p->f, "%s", run->env.ovs_version ? run->env.ovs_version : "unknown");
		html_cell(p->f, "%s", run->env.setup.kernel ? run->env.setup.kernel :
			  !in_vm(run) && run->env.host_kernel ? run->env.host_kernel : "unknown");
		html_cell(p->f, "%s, %s", run->env.datapath ? run->env.datapath : "unknown",
			  in_vm(run) ? "in a VM" : "on the host");
		html_cell(p->f, "%s", !run->env.accel ? "unknown" : !strcmp(run->env.accel, "kvm") ? "KVM" :
			  "TCG, emulated");
	}
	html_table_end(p->f);
	fputs("</div>\n", p->f);
}

/* ---- placement, stall, purges ---------------------------------------------------------------- */

static void write_placed(const struct page *p, unsigned int cell, const struct run *run)
{
	static const struct row lists[] = {
		{ "", LIST, offsetof(struct run, env.placed) }, { "", LIST, offsetof(struct run, env.cpus) },
		{ "", LIST, offsetof(struct run, env.pinned) }, { "", TEXT, offsetof(struct run, traffic.stall) },
		{ "", LIST, offsetof(struct run, env.prepared) },
	};

	page_cell_head(p, cell);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		fputs("<td class=list>", p->f);
		if (empty(run, &lists[i]))
			fputs("none", p->f);
		else
			write_value(p->f, run, &lists[i]);
	}
}

void page_placement(const struct page *p)
{
	if (!p->t->n_runs)
		return;
	page_section(p, "placement", "Placement, stall, purges");
	html_table(p->f, "placement", (const char *const[]){ "variant", "placement asked for",
		   "CPUs of threads and interrupts", "QEMU kept on", "stopped during bursts", "before each run",
		   NULL });
	for (unsigned int i = 0; i < page_cells(p); i++) {
		const struct run *run = page_run_of(p, i);

		if (run)
			write_placed(p, i, run);
	}
	html_table_end(p->f);
	page_section_end(p);
}
