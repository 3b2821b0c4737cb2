// SPDX-License-Identifier: GPL-2.0
/*
 * run_text.c - a run as text, for an engineer who sees such a report first
 *
 * The order: what the bench is (KVM or TCG first: under emulation throughput says
 * nothing about hardware), how fast, what the switch reordered in one sentence,
 * the figures behind it, and beside them what other counters say.
 */
#include "report/run_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/util.h"
#include "report/table_text.h"
#include "report/text.h"
#include "report/units.h"

#define BAR_COLUMNS 32
#define INTERVALS_SHOWN 20

/* ---- small change -------------------------------------------------------- */

static const char *known(const char *text)
{
	return text ? text : "unknown";
}

static void labelled(FILE *f, const char *label, const char *text)
{
	if (!text)
		return;
	fprintf(f, "  %-18s ", label);
	text_safe(f, text);
	fputc('\n', f);
}

const char *run_accel_text(const struct run *run)
{
	if (run->env.accel && !strcmp(run->env.accel, "kvm"))
		return "KVM: the guests run on the hardware";
	if (run->env.accel && !strcmp(run->env.accel, "tcg"))
		return "TCG: the guests' CPUs are emulated, throughput is not the hardware's";
	return "accelerator unknown";
}

/* ---- bench --------------------------------------------------------------- */

static bool in_vm(const struct run_environment *e)
{
	return e->switch_kind && !strcmp(e->switch_kind, "vm");
}

static void print_setup(FILE *f, const struct run_setup *s)
{
	struct unit_text size;

	fprintf(f, "Switch VM: %" PRIu64 " vCPU%s and %s; kernel ", s->vcpus, text_plural(s->vcpus),
		units_bytes(&size, s->memory_mib << 20));
	text_safe(f, known(s->kernel));
	fputc('\n', f);
	if (!s->dispatch)
		return;
	fputs("  upcalls ", f);
	text_safe(f, s->dispatch);
	fprintf(f, " to %" PRIu64 " handler%s\n", s->handlers, text_plural(s->handlers));
}

static void print_pinned(FILE *f, const struct run_environment *e)
{
	fputs("VMs pinned to CPUs: ", f);
	for (size_t i = 0; i < e->pinned.n; i++) {
		fputs(i ? ", " : "", f);
		text_safe(f, e->pinned.v[i]);
	}
	fprintf(f, "%s; started by %s\n", e->pinned.n ? "" : "none",
		e->restored ? "restoring a saved lab" : "booting");
}

static void print_list(FILE *f, const char *label, const struct run_strings *s)
{
	if (s->n)
		fputs(label, f);
	for (size_t i = 0; i < s->n; i++) {
		fputc(' ', f);
		text_safe(f, s->v[i]);
	}
}

/* What was asked for, and where they are. */
static void print_placed(FILE *f, const struct run_environment *e)
{
	if (!e->cpus.n)
		return;
	print_list(f, "  asked:", &e->placed);
	print_list(f, e->placed.n ? "; CPUs:" : "  CPUs:", &e->cpus);
	fputc('\n', f);
}

static void print_bench(FILE *f, const struct run *run, bool colour)
{
	const struct run_environment *e = &run->env;
	struct unit_text size;

	fprintf(f, "%s%s%s\n", colour ? "\033[1m" : "", run_accel_text(run),
		colour ? "\033[0m" : "");
	fputs("OVS ", f);
	text_safe(f, known(e->ovs_version));
	fputs(", ", f);
	text_safe(f, known(e->datapath));
	fprintf(f, " datapath %s, offloads ", in_vm(e) ? "in a VM" : "on the host");
	text_safe(f, known(e->offloads));
	fputc('\n', f);
	if (in_vm(e))
		print_setup(f, &e->setup);
	print_placed(f, e);
	fprintf(f, "2 nodes of %" PRIu64 " vCPU%s and %s; kernels: guest ", e->vcpus,
		text_plural(e->vcpus), units_bytes(&size, e->memory_mib << 20));
	text_safe(f, known(e->guest_kernel));
	fputs(", host ", f);
	text_safe(f, known(e->host_kernel));
	fputc('\n', f);
	print_pinned(f, e);
}

static void print_bursts(FILE *f, const struct run_traffic *t)
{
	struct unit_text size;

	fprintf(f, "%" PRIu64 " UDP burst%s of %" PRIu64 " packets in %" PRIu64 " new flow%s, %s each",
		t->cycles, text_plural(t->cycles), t->flows * t->packets, t->flows,
		text_plural(t->flows), units_bytes(&size, t->payload_bytes));
	if (!t->stall || !strcmp(t->stall, "none"))
		return;
	text_safe(f, ", ");
	text_safe(f, t->stall);
	text_safe(f, " stopped meanwhile");
}

void run_traffic_text(FILE *f, const struct run *run)
{
	const struct run_traffic *t = &run->traffic;
	struct unit_text size;

	if (t->kind && !strcmp(t->kind, "conns"))
		fprintf(f, "%" PRIu64 " connection%s, each one write of %s",
			t->connections, text_plural(t->connections),
			units_bytes(&size, t->bytes));
	else if (t->kind && !strcmp(t->kind, "bulk"))
		fprintf(f, "iperf3, %" PRIu64 " stream%s for %.1f s", t->streams,
			text_plural(t->streams), t->seconds);
	else if (t->cycles)
		print_bursts(f, t);
	else if (t->attempts)
		fprintf(f, "%" PRIu64 " TCP connection%s to port %" PRIu64 ", opened and closed one after "
			"the other", t->attempts, text_plural(t->attempts), t->port);
	else
		text_safe(f, known(t->kind));
	fputs(t->ipv6 ? ", IPv6" : "", f);
}

static void print_traffic(FILE *f, const struct run *run)
{
	fputs("Traffic: ", f);
	run_traffic_text(f, run);
	print_list(f, "; before it:", &run->env.prepared);
	fputc('\n', f);
}

static void print_status(FILE *f, const struct run *run, bool colour)
{
	static const char *const said[] = {
		[RUN_OK] = NULL,
		[RUN_MANGLED_NOTHING] = "A mangler was injected and changed nothing: this "
			"run shows nothing about it.",
		[RUN_NO_TRAFFIC] = "No data packet entered the switch.",
		[RUN_INJECTIONS_CHANGED] = "An injection came or went during the run: "
			"see the notes.",
		[RUN_SWITCH_RESTARTED] = "The switch was restarted during the run: what flows "
			"it had changed with that.",
		[RUN_TRAFFIC_FAILED] = "The traffic failed: see the notes.",
	};

	if (said[run->status])
		fprintf(f, "%s%s%s\n", colour ? "\033[31m" : "", said[run->status],
			colour ? "\033[0m" : "");
}

static void print_throughput(FILE *f, const struct run *run)
{
	struct unit_text rate;

	if (run->traffic.cycles || run->traffic.attempts)	/* bursts and pauses; no data */
		return;
	fprintf(f, "Throughput: %s at the receiver\n", units_bps(&rate, run->throughput_bps));
}

/* How connections that were only opened ended. */
static void print_connect(FILE *f, const struct run *run, bool colour)
{
	const struct run_connect *c = &run->connect;

	if (!c->attempts)
		return;
	fprintf(f, "\n%s%" PRIu64 " of %" PRIu64 " connections to port %" PRIu64 " %s established.%s\n",
		!colour ? "" : c->connected == c->attempts ? "\033[1;32m" : "\033[1;33m", c->connected,
		c->attempts, run->traffic.port, c->connected == 1 ? "was" : "were",
		colour ? "\033[0m" : "");
	text_figure_if(f, c->unreachable, "unreachable: ended by an ICMP error");
	text_figure_if(f, c->refused, "refused");
	text_figure_if(f, c->timed_out, "timed out: nobody answered");
	text_figure_if(f, c->other, "ended by another error");
}

static void print_times(FILE *f, const struct run_times *t, const char *of)
{
	struct unit_text p50, p99, max;

	if (t->packets)
		fprintf(f, "half%s in %s, 99 %% in %s, the slowest in %s\n", of, units_ns(&p50, t->p50_ns),
			units_ns(&p99, t->p99_ns), units_ns(&max, t->max_ns));
	else
		fputs("none\n", f);
}

static void print_transit(FILE *f, const struct run_transit *t)
{
	if (!t->all.packets)
		return;
	fputs("Through the switch: ", f);
	print_times(f, &t->all, " of the packets");
	if (!t->split)
		return;
	fprintf(f, "  through vswitchd, %" PRIu64 ": ", t->upcalled.packets);
	print_times(f, &t->upcalled, "");
	fprintf(f, "  by the datapath alone, %" PRIu64 ": ", t->direct.packets);
	print_times(f, &t->direct, "");
	if (t->untold)
		fprintf(f, "  not known of %" PRIu64 "\n", t->untold);
}

static void print_intervals(FILE *f, const struct run *run)
{
	struct unit_text rate;
	double best = 0;

	for (size_t i = 0; i < run->n_intervals; i++)
		if (run->intervals[i].bps > best)
			best = run->intervals[i].bps;
	for (size_t i = 0; i < run->n_intervals && i < INTERVALS_SHOWN; i++) {
		const struct run_interval *v = &run->intervals[i];
		int bar = best > 0 ? (int)(BAR_COLUMNS * (v->bps / best) + 0.5) : 0;

		fprintf(f, "  %7.1f - %5.1f s %11s  %.*s\n", v->start_s,
			v->start_s + v->seconds, units_bps(&rate, v->bps), bar,
			"################################");
	}
	if (run->n_intervals > INTERVALS_SHOWN)
		fprintf(f, "  ... and %zu more (--json has them all)\n",
			run->n_intervals - INTERVALS_SHOWN);
}

/* ---- reordering ---------------------------------------------------------- */

static void print_sentence(FILE *f, const struct reorder_result *r, bool colour)
{
	struct unit_text share;
	const char *word = r->source == REORDER_BY_CAPTURE ? "flow" : "connection";
	const char *on = !colour ? "" : r->f.reordered ? "\033[1;33m" : "\033[1;32m";

	fputc('\n', f);
	if (!r->f.reordered)
		fprintf(f, "%sThe switch reordered none of %" PRIu64 " packet%s in %" PRIu64
			" %s%s.", on, r->f.packets, text_plural(r->f.packets),
			r->flows, word, text_plural(r->flows));
	else
		fprintf(f, "%sThe switch reordered %" PRIu64 " of %" PRIu64 " packets (%s), "
			"in %" PRIu64 " of %" PRIu64 " %s%s.", on, r->f.reordered,
			r->f.packets, units_percent(&share, reorder_ratio(r->f.reordered,
									  r->f.packets)),
			r->flows_reordered, r->flows, word, text_plural(r->flows));
	fprintf(f, "%s\n", colour ? "\033[0m" : "");
	if (r->source == REORDER_BY_CAPTURE)
		fputs("Counted from captures on both taps.\n", f);
	if (!r->exact && r->source == REORDER_BY_CAPTURE)
		fputs("Not exact: see the notes.\n", f);
	else if (!r->exact)
		fputs("Not exact: some packets were not tracked; those connections are "
		      "counted by\nlate packets only.\n", f);
}

static void print_first_psh(FILE *f, const struct reorder_result *r)
{
	uint64_t moved = r->psh_late + r->psh_early;

	if (r->source == REORDER_BY_CAPTURE)
		return;			/* UDP has none */
	if (!r->psh_flows) {
		fputs("No connection had a PSH packet that left the switch.\n", f);
		return;
	}
	fprintf(f, "The first PSH packet moved in %" PRIu64 " of %" PRIu64 " connection%s",
		moved, r->psh_flows, text_plural(r->psh_flows));
	if (moved)
		fprintf(f, ":\n%" PRIu64 " late, %" PRIu64 " early, by %" PRIu64
			" packet%s at most", r->psh_late, r->psh_early,
			r->psh_max_displacement, text_plural(r->psh_max_displacement));
	fputs(".\n", f);
}

static void print_chance(FILE *f, const struct fisher_table *t)
{
	double p = fisher_exact(t).two_sided;

	if (p < 1e-9)
		fputs("\n(Fisher's exact test: p < 1e-9).\n", f);
	else
		fprintf(f, "\n(Fisher's exact test: p = %.2g).\n", p);
}

/* Without a log, "mangled" is what the ingress tap sees: also PSH that TCP has set itself. */
static void print_who(FILE *f, const struct attribution *who)
{
	const struct fisher_table *t = &who->packets;

	if (!who->known || t->with + t->without == 0)
		return;
	fprintf(f, "%s moved: %" PRIu64 " of %" PRIu64 "; others: %" PRIu64
		" of %" PRIu64, who->by == ATTRIBUTE_LOG ? "Packets in the log" : "Packets with PSH",
		t->with, t->with + t->with_not, t->without,
		t->without + t->without_not);
	print_chance(f, t);
}

/* Late, and not moved: see core/attribute.h. */
static void print_upcalled(FILE *f, const struct attribute_upcalls *u)
{
	const struct fisher_table *t = &u->late;

	if (!u->known || t->with + t->without == 0)
		return;
	fprintf(f, "Of %" PRIu64 " late packet%s, %" PRIu64 " had gone through vswitchd (an upcall).\n"
		"Upcalled packets late: %" PRIu64 " of %" PRIu64 "; others: %" PRIu64 " of %" PRIu64,
		t->with + t->without, text_plural(t->with + t->without), t->with,
		t->with, t->with + t->with_not, t->without, t->without + t->without_not);
	print_chance(f, t);
}

static void print_figures(FILE *f, const struct reorder_figures *r)
{
	text_figure(f, r->packets, "packets delivered");
	text_figure(f, r->reordered, "reordered: overtaken inside the switch (RFC 4737)");
	text_figure(f, r->movers, "movers: the fewest packets that explain it");
	text_figure(f, r->extent.max, "largest extent, in packets");
	text_figure(f, r->retransmitted, "retransmitted by the sender (not the switch's doing)");
	text_figure(f, r->lost, "lost inside the switch");
	text_figure_if(f, r->ingress_reordered, "out of order before they reached the switch");
	text_figure_if(f, r->duplicated_bytes, "bytes that left more often than they entered");
	text_figure_if(f, r->unseen_bytes, "bytes that left without having been seen entering");
	text_figure_if(f, r->estimated, "places judged by packet size: off by a packet at most");
}

static void print_extents(FILE *f, const struct reorder_hist *h)
{
	if (!h->count)
		return;
	fprintf(f, "\n  extent (packets that it came too late)   mean %.1f\n",
		reorder_hist_mean(h));
	text_bars(f, h->bucket, REORDER_BUCKETS, NULL);
}

/* ---- both taps ----------------------------------------------------------- */

static int print_taps(FILE *f, const struct reorder_figures *r)
{
	struct unit_text a, b;
	struct table t = { 0 };
	int rc;

	table_column(&t, "at the taps", TABLE_LEFT);
	table_column(&t, "ingress", TABLE_RIGHT);
	table_column(&t, "egress", TABLE_RIGHT);
	table_cell(&t, "data packets");
	table_cell(&t, "%" PRIu64, r->ingress_packets);
	table_cell(&t, "%" PRIu64, r->egress_packets);
	table_cell(&t, "the same on the wire");
	table_cell(&t, "%" PRIu64, r->ingress_wire_packets);
	table_cell(&t, "%" PRIu64, r->egress_wire_packets);
	table_cell(&t, "payload");
	table_cell(&t, "%s", units_bytes(&a, r->ingress_bytes));
	table_cell(&t, "%s", units_bytes(&b, r->egress_bytes));
	table_cell(&t, "PSH share of packets");
	table_cell(&t, "%s", units_percent(&a, run_psh_share(r->ingress_psh,
							     r->ingress_packets)));
	table_cell(&t, "%s", units_percent(&b, run_psh_share(r->egress_psh,
							     r->egress_packets)));
	fputc('\n', f);
	rc = table_print(f, &t, TABLE_WIDTH, false);
	table_free(&t);
	return rc;
}

static int print_injections(FILE *f, const struct run *run, bool colour)
{
	struct table t = { 0 };
	int rc;

	if (!run->n_injections && (run->status == RUN_INJECTIONS_CHANGED || run->also_injected.n))
		return 0;
	if (!run->n_injections) {
		fputs("\nNothing was injected: these are the packets as they were sent.\n", f);
		return 0;
	}
	fputc('\n', f);
	table_column(&t, "place", TABLE_LEFT);
	table_column(&t, "seen", TABLE_RIGHT);
	table_column(&t, "eligible", TABLE_RIGHT);
	table_column(&t, "already", TABLE_RIGHT);
	table_column(&t, "mangled", TABLE_RIGHT);
	table_column(&t, "cleared", TABLE_RIGHT);
	table_column(&t, "injected", TABLE_FOLD);
	for (size_t i = 0; i < run->n_injections; i++) {
		const struct run_injection *v = &run->injections[i];

		table_cell(&t, "%s", known(v->place));
		table_cell(&t, "%" PRIu64, v->counters.seen);
		table_cell(&t, "%" PRIu64, v->counters.eligible);
		table_cell(&t, "%" PRIu64, v->counters.already);
		table_cell(&t, "%" PRIu64, v->counters.mangled);
		table_cell(&t, "%" PRIu64, v->counters.cleared);
		table_cell(&t, "%s", v->spec ? v->spec : known(v->kind));
	}
	rc = table_print(f, &t, TABLE_WIDTH, colour);
	table_free(&t);
	return rc;
}

/* ---- counters of others -------------------------------------------------- */

static bool has_counter(const struct run_counters *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name))
			return true;
	return false;
}

static void tcp_row(struct table *t, const struct run *run, const char *name)
{
	table_cell(t, "%s", name);
	table_cell(t, "%" PRId64, run_counter(&run->tcp_sender, name));
	table_cell(t, "%" PRId64, run_counter(&run->tcp_receiver, name));
}

/* The counters that moved on either side; each name once. */
static void tcp_rows(struct table *t, const struct run *run)
{
	const struct run_counters *s = &run->tcp_sender, *r = &run->tcp_receiver;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].delta || run_counter(r, s->v[i].name))
			tcp_row(t, run, s->v[i].name);
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].delta && !has_counter(s, r->v[i].name))
			tcp_row(t, run, r->v[i].name);
}

static int print_tcp(FILE *f, const struct run *run, bool colour)
{
	struct table t = { 0 };
	int rc;

	if (!run->tcp_sender.n && !run->tcp_receiver.n)
		return 0;
	table_column(&t, "TCP's own counters", TABLE_LEFT);
	table_column(&t, "sender", TABLE_RIGHT);
	table_column(&t, "receiver", TABLE_RIGHT);
	tcp_rows(&t, run);
	fputc('\n', f);
	rc = table_print(f, &t, TABLE_WIDTH, colour);
	table_free(&t);
	fputs("They count differently from each other and from the figures above: read "
	      "them\nbeside those, not instead.\n", f);
	return rc;
}

static int print_switch(FILE *f, const struct run *run, bool full, bool colour)
{
	const struct run_switch *s = &run->sw;
	struct table t = { 0 };
	int rc;

	if (!s->known && !(full && s->coverage.n))
		return 0;
	text_heading(f, "The switch's own counters", colour);
	if (s->known)
		fprintf(f, "  hit %" PRIu64 ", missed %" PRIu64 ", lost %" PRIu64
			", upcalls %" PRIu64 "\n", s->hit, s->missed, s->lost, s->upcalls);
	if (s->known && run->reorder.flows)
		fprintf(f, "  upcalls per connection: %.1f\n",
			(double)s->upcalls / (double)run->reorder.flows);
	if (run->openflow.cookie_packets)
		fprintf(f, "  packets of OpenFlow flows with a cookie: %" PRIu64 "\n",
			run->openflow.cookie_packets);
	table_column(&t, "  coverage", TABLE_LEFT);
	table_column(&t, "events", TABLE_RIGHT);
	for (size_t i = 0; full && i < s->coverage.n; i++) {
		if (!s->coverage.v[i].delta)
			continue;
		table_cell(&t, "  %s", s->coverage.v[i].name);
		table_cell(&t, "%" PRId64, s->coverage.v[i].delta);
	}
	rc = t.n ? table_print(f, &t, TABLE_WIDTH, false) : t.failed;
	table_free(&t);
	return rc;
}

static void print_strings(FILE *f, const char *title, const struct run_strings *s,
			  bool colour)
{
	if (!s->n)
		return;
	text_heading(f, title, colour);
	for (size_t i = 0; i < s->n; i++) {
		fputs("  ", f);
		text_safe(f, s->v[i]);
		fputc('\n', f);
	}
}

static void print_rest(FILE *f, const struct run *run, bool colour)
{
	print_strings(f, "OpenFlow", &run->env.flows, colour);
	print_strings(f, "other_config", &run->env.other_config, colour);
	print_strings(f, "Commands", &run->env.commands, colour);
	text_heading(f, "Versions", colour);
	labelled(f, "ovslab", run->env.version);
	labelled(f, "lab", run->env.lab);
	labelled(f, "started at", run->env.started_at);
	labelled(f, "OVS package", run->env.ovs_package);
	labelled(f, "OVS from", run->env.setup.ovs_source);
	labelled(f, "switch's kernel", run->env.setup.kernel);
	labelled(f, "... its build", run->env.setup.kernel_build);
	labelled(f, "... from", run->env.setup.kernel_source);
	labelled(f, "wire", run->env.setup.wire);
	labelled(f, "QEMU", run->env.qemu_version);
	labelled(f, "libvirt", run->env.libvirt_version);
}

/* What became of data packets. */
static int print_data(FILE *f, const struct run *run, bool colour)
{
	if (run->connect.attempts && !run->reorder.f.ingress_packets)
		return 0;
	print_sentence(f, &run->reorder, colour);
	print_first_psh(f, &run->reorder);
	print_who(f, &run->who);
	print_upcalled(f, &run->who.upcalls);
	fputc('\n', f);
	print_figures(f, &run->reorder.f);
	print_extents(f, &run->reorder.f.extent);
	return print_taps(f, &run->reorder.f);
}

int run_print_text(FILE *f, const struct run *run, bool full, bool colour)
{
	int rc;

	print_bench(f, run, colour);
	print_traffic(f, run);
	print_throughput(f, run);
	print_transit(f, &run->transit);
	print_status(f, run, colour);
	print_connect(f, run, colour);
	rc = print_data(f, run, colour) ?: print_injections(f, run, colour) ?:
	     print_tcp(f, run, colour) ?: print_switch(f, run, full, colour);
	if (rc)
		return rc;
	print_strings(f, "Also injected, with unknown effect", &run->also_injected, colour);
	print_strings(f, "Notes", &run->notes, colour);
	if (!full)
		return ferror(f) ? -EIO : 0;
	if (run->n_intervals > 1) {
		text_heading(f, "Throughput over time", colour);
		print_intervals(f, run);
	}
	print_rest(f, run, colour);
	return ferror(f) ? -EIO : 0;
}

/* ---- side by side -------------------------------------------------------- */

/* The switch's upcalls for each connection; what it does not tell is a dash. */
static void upcalls_cell(struct table *t, const struct run *run)
{
	if (run->sw.known && run->reorder.flows)
		table_cell(t, "%.1f", (double)run->sw.upcalls / (double)run->reorder.flows);
	else
		table_cell(t, "-");
}

static void compare_row(struct table *t, const struct run_named *named)
{
	const struct reorder_result *r = &named->run->reorder;
	struct unit_text share, rate;

	table_cell(t, "%s", named->name);
	table_cell(t, "%s", units_percent(&share, run_psh_share(r->f.ingress_psh,
								r->f.ingress_packets)));
	table_cell(t, "%s%" PRIu64 "/%" PRIu64, r->exact ? "" : "~", r->f.reordered, r->f.packets);
	table_cell(t, "%" PRIu64 "/%" PRIu64, r->flows_reordered, r->flows);
	if (r->psh_flows) {
		table_cell(t, "%" PRIu64 "/%" PRIu64, r->psh_late + r->psh_early, r->psh_flows);
		table_cell(t, "%" PRIu64, r->psh_max_displacement);
	} else {
		table_cell(t, "-");
		table_cell(t, "-");
	}
	upcalls_cell(t, named->run);
	table_cell(t, "%s", units_bps(&rate, named->run->throughput_bps));
}

int run_compare_text(FILE *f, const struct run_named *runs, size_t n, bool colour)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "\nrun", TABLE_LEFT);
	table_column(&t, "PSH\nshare", TABLE_RIGHT);
	table_column(&t, "packets\nreordered", TABLE_RIGHT);
	table_column(&t, "conns\nhit", TABLE_RIGHT);
	table_column(&t, "1st PSH\nmoved", TABLE_RIGHT);
	table_column(&t, "at\nmost", TABLE_RIGHT);
	table_column(&t, "upcalls\n/ conn", TABLE_RIGHT);
	table_column(&t, "\nrate", TABLE_RIGHT);
	for (size_t i = 0; i < n; i++)
		compare_row(&t, &runs[i]);
	rc = table_print(f, &t, TABLE_WIDTH, colour);
	table_free(&t);
	return rc;
}
