// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_text.c - an analysis for a person: the answer first, then what is behind it
 *
 * The order: one sentence; what the packets were that came late, and what else
 * happened to packets; how far and how long; what was not seen or not exact; what was
 * read; the lists that were asked for.
 */
#include "report/reorder_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/frame.h"
#include "core/util.h"
#include "report/flow_text.h"
#include "report/reorder_words.h"
#include "report/table_text.h"
#include "report/text.h"

#define DUPACKS 3			/* duplicate ACKs that start a retransmission (RFC 5681) */

/* ---- the answer ----------------------------------------------------------- */

/* What goes through a switch one way is a connection's, unless it is UDP. */
static const char *flow_word(const struct analysis *a, const struct analysis_input *inputs, size_t n)
{
	uint64_t tcp = 0, udp = 0;

	for (size_t i = 0; i < n; i++) {
		tcp += inputs[i].kinds[FRAME_TCP];
		udp += inputs[i].kinds[FRAME_UDP];
	}
	return a->mode != ANALYSIS_TWO_POINT || (udp && !tcp) ? "flow" : "connection";
}

static void print_none(FILE *f, const struct analysis *a, const char *word)
{
	const char *s = text_plural(a->m.packets);

	if (!a->m.packets && a->lost)
		fprintf(f, "Of %" PRIu64 " packet%s none was seen leaving the switch.", a->lost,
			text_plural(a->lost));
	else if (!a->m.packets)
		fputs("No packet with payload was judged.", f);
	else if (a->mode == ANALYSIS_TWO_POINT)
		fprintf(f, "The switch reordered none of %" PRIu64 " packet%s in %" PRIu64 " %s%s.",
			a->m.packets, s, a->flows, word, text_plural(a->flows));
	else if (a->mode == ANALYSIS_ONE_POINT)
		fprintf(f, "None of %" PRIu64 " packet%s in %" PRIu64 " %s%s arrived reordered.",
			a->m.packets, s, a->flows, word, text_plural(a->flows));
	else
		fprintf(f, "None of %" PRIu64 " packet%s is reordered.", a->m.packets, s);
}

static void print_some(FILE *f, const struct analysis *a, const char *word)
{
	uint64_t late = a->m.reordered, all = a->m.packets;
	struct unit_text share;

	units_percent(&share, reorder_ratio(late, all));
	if (a->mode == ANALYSIS_RANKS) {
		fprintf(f, "%" PRIu64 " of %" PRIu64 " packets (%s) %s reordered.", late, all,
			share.s, late == 1 ? "is" : "are");
		return;
	}
	fprintf(f, a->mode == ANALYSIS_TWO_POINT ?
		"The switch reordered %" PRIu64 " of %" PRIu64 " packets (%s)" :
		"%" PRIu64 " of %" PRIu64 " packets (%s) arrived reordered,", late, all, share.s);
	fprintf(f, " in %" PRIu64 " of %" PRIu64 " %s%s", a->flows_reordered, a->flows, word,
		text_plural(a->flows));
	if (a->psh_flows)
		fprintf(f, ";\n%" PRIu64 " of %" PRIu64 " began at the %s's first PSH",
			a->flows_began_at_psh, a->flows_reordered, word);
	fputc('.', f);
}

static void print_answer(FILE *f, const struct analysis *a, const struct analysis_input *inputs,
			 size_t n, bool colour)
{
	const char *word = flow_word(a, inputs, n);

	fputs(!colour ? "" : a->m.reordered || !a->m.packets ? "\033[1;33m" : "\033[1;32m", f);
	if (a->m.reordered)
		print_some(f, a, word);
	else
		print_none(f, a, word);
	fprintf(f, "%s\n", colour ? "\033[0m" : "");
	if (a->ambiguous)
		fprintf(f, "%" PRIu64 " more %s late: reordered or retransmitted, this capture does not "
			"tell.\n", a->ambiguous, a->ambiguous == 1 ? "is" : "are");
	if (n && analysis_is_turned(a, &inputs[0]))
		fputs("Most packets go from the egress to the ingress: are the captures swapped?\n", f);
}

/* ---- counts ---------------------------------------------------------------- */

static void print_late(FILE *f, const struct analysis *a, const char *reordered)
{
	text_figure(f, a->m.reordered, reordered);
	text_figure(f, a->m.movers, "movers: the fewest packets that explain it");
	text_figure(f, a->m.extent.max, "largest extent, in packets");
	text_figure_if(f, hist_from(&a->m.n, DUPACKS),
		       "3-reordered: enough duplicate ACKs for a needless retransmission");
}

static void print_two(FILE *f, const struct analysis *a)
{
	text_figure(f, a->m.packets, "packets delivered");
	print_late(f, a, "reordered: overtaken inside the switch (RFC 4737)");
	text_figure(f, a->retransmitted, "retransmitted by the sender (not the switch's doing)");
	text_figure(f, a->lost, "lost inside the switch");
	text_figure(f, a->duplicated, "duplicated inside the switch");
	text_figure_if(f, a->ambiguous, "ambiguous: it cannot be told which transmission left");
	text_figure_if(f, a->ingress_reordered, "out of order before they reached the switch");
	text_figure_if(f, a->unmatched, "left the switch without having been seen entering");
}

static void print_one(FILE *f, const struct analysis *a)
{
	text_figure(f, a->m.packets, "packets with payload, duplicates left out");
	print_late(f, a, "reordered before this point (RFC 4737)");
	text_figure(f, a->retransmitted, "retransmitted: late because the sender sent them again");
	text_figure(f, a->duplicated, "duplicates: all their bytes had been seen");
	text_figure(f, a->ambiguous, "ambiguous: late, and nothing tells why");
}

static void print_ranks(FILE *f, const struct analysis *a)
{
	text_figure(f, a->m.packets, "packets, duplicates left out");
	print_late(f, a, "reordered (RFC 4737)");
	text_figure(f, a->m.duplicates, "duplicates");
	text_figure_if(f, a->lost, "lost: ranks between the lowest and the highest");
	text_figure(f, a->m.discontinuities, "discontinuities");
}

static void print_counts(FILE *f, const struct analysis *a)
{
	static void (*const print[])(FILE *, const struct analysis *) = {
		[ANALYSIS_RANKS] = print_ranks, [ANALYSIS_ONE_POINT] = print_one,
		[ANALYSIS_TWO_POINT] = print_two,
	};

	fputc('\n', f);
	print[a->mode](f, a);
}

static void print_evidence(FILE *f, const struct analysis *a, bool colour)
{
	static const char *const said[ANALYSIS_EVIDENCES] = {
		[ANALYSIS_BY_IP_ID] = "by IP ID: before or after the packets that overtook",
		[ANALYSIS_BY_TIMESTAMP] = "by TCP timestamp: older or newer than theirs",
		[ANALYSIS_BY_ACK] = "by duplicate ACKs or SACK, and the time that they need",
		[ANALYSIS_BY_BYTES] = "by their bytes: seen before",
		[ANALYSIS_BY_NOTHING] = "by nothing: ambiguous",
	};

	if (a->mode != ANALYSIS_ONE_POINT ||
	    !(a->m.reordered + a->retransmitted + a->duplicated + a->ambiguous))
		return;
	text_heading(f, "How late packets were told apart", colour);
	for (unsigned int i = 0; i < ANALYSIS_EVIDENCES; i++)
		if (said[i])
			text_figure_if(f, a->evidence[i], said[i]);
}

/* ---- distributions ---------------------------------------------------------- */

static void print_bars(FILE *f, const struct hist *h, text_bound bound)
{
	uint64_t octave[64];

	for (unsigned int k = 0; k < ARRAY_SIZE(octave); k++)
		octave[k] = hist_octave(h, k);
	text_bars(f, octave, ARRAY_SIZE(octave), bound);
}

static void print_extents(FILE *f, const struct hist *h)
{
	if (!h->count)
		return;
	fprintf(f, "\n  extent, packets that it came too late: mean %.1f, median %" PRIu64
		", p99 %" PRIu64 "\n", hist_mean(h), hist_percentile(h, 50),
		hist_percentile(h, 99));
	print_bars(f, h, NULL);
}

/* "median 1.2 us, p99 62 us, max 3 ms" */
static void print_spread(FILE *f, const struct hist *h)
{
	struct unit_text median, p99, max;

	fprintf(f, "median %s, p99 %s, max %s\n", units_ns(&median, hist_percentile(h, 50)),
		units_ns(&p99, hist_percentile(h, 99)), units_ns(&max, h->max));
}

/* Nothing where no time was given. */
static void print_times(FILE *f, const struct hist *h, const char *what)
{
	if (!h->count || !h->max)
		return;
	fprintf(f, "\n  %s: ", what);
	print_spread(f, h);
}

static void print_way(FILE *f, const struct hist *h, const char *what)
{
	fprintf(f, "  %10" PRIu64 "  %s", h->count, what);
	if (!h->count) {
		fputc('\n', f);
		return;
	}
	fputs(": ", f);
	print_spread(f, h);
}

static void print_why_not(FILE *f, const struct analysis *a)
{
	if (!a->upcalls_why_not)
		return;
	fputs("  which packets went through vswitchd is not known:\n", f);
	text_fill(f, a->upcalls_why_not, "    ", 4, TABLE_WIDTH);
}

static void print_ways(FILE *f, const struct analysis *a)
{
	const struct hist *ns = a->transit_way_ns;

	print_why_not(f, a);
	if (!a->upcalls_known)
		return;
	print_way(f, &ns[ANALYSIS_UPCALLED], "through vswitchd");
	print_way(f, &ns[ANALYSIS_DIRECT], "by the datapath alone");
	if (ns[ANALYSIS_UNTOLD].count)
		print_way(f, &ns[ANALYSIS_UNTOLD], "not known which");
}

/* Nothing is that fast, whatever the clock's steps: not thousands of packets. */
static void print_transit(FILE *f, const struct analysis *a)
{
	const struct hist *h = &a->transit_ns;

	if (h->count && !h->max)
		fputs("\n  transit through the switch: none, for no packet\n"
		      "  Do both captures show the same point?\n", f);
	if (!h->count || !h->max) {
		fputs(a->upcalls_why_not ? "\n" : "", f);
		print_why_not(f, a);
		return;
	}
	print_times(f, h, "transit through the switch");
	print_ways(f, a);
	print_bars(f, h, units_ns);
}

static void print_density(FILE *f, const struct reorder_metrics *m)
{
	int dt = (int)m->threshold;

	fprintf(f, "\n  reorder density (RFC 5236), threshold %d\n", dt);
	for (int d = -dt; d <= dt; d++)
		if (m->density[d + dt])
			fprintf(f, "  %10" PRIu64 "  displaced by %+d\n", m->density[d + dt], d);
	fprintf(f, "\n  buffer-occupancy density (RFC 5236): mean %.3g\n", reorder_mean_buffer(m));
	for (int b = 0; b <= dt; b++)
		if (m->buffer[b])
			fprintf(f, "  %10" PRIu64 "  left %d buffered\n", m->buffer[b], b);
}

static void print_runs(FILE *f, const struct reorder_metrics *m)
{
	fprintf(f, "\n  runs in order (RFC 4737 4.6): %" PRIu64 ", mean %.1f, squares %" PRIu64
		"; %" PRIu64 " in order\n", m->runs, hist_mean(&m->run), m->run_squares, m->in_order);
	fprintf(f, "  gaps between discontinuities (4.5): %" PRIu64 ", mean %.1f, max %" PRIu64 "\n",
		m->gap.count, hist_mean(&m->gap), m->gap.max);
}

static void print_distributions(FILE *f, const struct reorder_text *t, const struct analysis *a)
{
	print_extents(f, &a->m.extent);
	print_times(f, &a->m.late_ns, "late, after the first overtaker");
	print_transit(f, a);
	if (!t->full)
		return;
	print_runs(f, &a->m);
	print_density(f, &a->m);
}

/* ---- reservations and inputs -------------------------------------------------- */

#define NOTE(member, text) { offsetof(struct analysis, member), text }

/* What a reader must know who takes the figures above for all there was; 0 is left out. */
static const struct note {
	size_t offset;
	const char *text;
} notes[] = {
	NOTE(unjudged, "packets not judged: UDP without counted IP IDs, or too many flows"),
	NOTE(keepalives, "keep-alives and window probes, in none of these figures"),
	NOTE(flows_only_in, "flows that did not leave: lost, or gone elsewhere"),
	NOTE(flows_only_out, "flows that left without having been seen entering"),
	NOTE(flows_reverse, "flows that go the other way, from the egress to the ingress"),
	NOTE(flows_rewritten, "flows paired though addresses or ports differ"),
	NOTE(flows_ambiguous, "flows that could be paired with several: not judged"),
	NOTE(transit_negative, "packets that left before they entered: the clocks differ"),
	NOTE(flows_expired, "flows ended early: idle, or the oldest of too many"),
	NOTE(m.cut, "times too many packets followed a hole: extents end there"),
};

static void print_notes(FILE *f, const struct analysis *a, bool colour)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		uint64_t value = *(const uint64_t *)((const char *)a + notes[i].offset);

		if (value && first)
			text_heading(f, "Beside that", colour);
		first = first && !value;
		text_figure_if(f, value, notes[i].text);
	}
}

static void print_reservations(FILE *f, const struct analysis *a, bool colour)
{
	static const char *const why[] = {
		"too many flows: further ones were not judged",
		"too many packets: flows that had more were only counted",
		"flows with too many packets: they were only counted",
		"flows whose packets contradict each other: they were only counted",
	};

	print_notes(f, a, colour);
	if (a->exact)
		return;
	fputs("\nNot exact: a bound was met.\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(why); i++)
		if (a->bounds & (1u << i))
			fprintf(f, "  %s\n", why[i]);
	text_figure_if(f, a->inexact_flows, "flows met it: their counts are lower bounds");
}

static void print_input(FILE *f, const struct analysis_input *in, const char *point)
{
	const char *sep = "  not judged: ", *end = "";

	fprintf(f, "%s", point);
	text_safe(f, !in->name ? "?" : strcmp(in->name, "-") ? in->name : "the standard input");
	fprintf(f, "\n  %" PRIu64 " record%s, %" PRIu64 " judged\n", in->records,
		text_plural(in->records), in->judged);
	for (unsigned int k = FRAME_UDP + 1; k <= FRAME_UNKNOWN_LINK; k++) {
		if (!in->kinds[k])
			continue;
		fprintf(f, "%s%" PRIu64 " %s", sep, in->kinds[k], frame_kind_name(k));
		sep = ", ";
		end = "\n";
	}
	fputs(end, f);
	if (in->damaged)
		fprintf(f, "  damaged at byte %" PRIu64 "%s: what follows was not read\n",
			in->truncated_at, in->unpacked ? " of what it unpacks to" : "");
}

static void print_inputs(FILE *f, const struct analysis *a, const struct analysis_input *inputs,
			 size_t n)
{
	if (n)
		fputc('\n', f);
	for (size_t i = 0; i < n; i++)
		print_input(f, &inputs[i], a->mode != ANALYSIS_TWO_POINT ? "Read " :
			    i ? "Egress " : "Ingress ");
}

/* ---- lists ---------------------------------------------------------------------- */

/* Which of two has more to tell. */
static bool tells_more(const struct analysis_flow *a, const struct analysis_flow *b)
{
	uint64_t x = a->lost + a->ambiguous + a->duplicated + a->retransmitted;
	uint64_t y = b->lost + b->ambiguous + b->duplicated + b->retransmitted;

	if (a->reordered != b->reordered)
		return a->reordered > b->reordered;
	return x != y ? x > y : a->packets > b->packets;
}

void reorder_text_flow(struct reorder_text *t, const struct analysis_flow *flow)
{
	size_t at = t->n_top;

	if (!t->flows)
		return;
	t->n_flows++;
	while (at && tells_more(flow, &t->top[at - 1]))
		at--;
	if (at == REORDER_TEXT_FLOWS)
		return;
	if (t->n_top < REORDER_TEXT_FLOWS)
		t->n_top++;
	memmove(&t->top[at + 1], &t->top[at], (t->n_top - 1 - at) * sizeof(t->top[0]));
	t->top[at] = *flow;
}

static void flow_row(struct table *table, const struct analysis_flow *flow, bool lost)
{
	struct flow_text text;

	table_cell(table, "%" PRIu64, flow->id);
	table_cell(table, "%s", flow_text(&text, &flow->key));
	table_cell(table, "%s%" PRIu64, flow->exact ? "" : "~", flow->packets);
	table_cell(table, "%" PRIu64, flow->reordered);
	table_cell(table, "%" PRIu64, flow->extent_max);
	table_cell(table, "%" PRIu64, flow->retransmitted);
	table_cell(table, "%" PRIu64, flow->duplicated);
	table_cell(table, "%" PRIu64, lost ? flow->lost : flow->ambiguous);
	table_cell(table, "%s", flow->first_psh == REORDER_PSH_NONE ? "-" :
		   flow->first_psh == REORDER_PSH_IN_ORDER ? "ok" :
		   reorder_psh_words[flow->first_psh]);
}

static int print_flows(FILE *f, const struct reorder_text *t, const struct analysis *a)
{
	bool lost = a->mode != ANALYSIS_ONE_POINT;
	struct table table = { 0 };
	int rc;

	if (!t->n_flows)
		return 0;
	table_column(&table, "\nid", TABLE_RIGHT);
	table_column(&table, "\nfrom > to", TABLE_LEFT);
	table_column(&table, "pack-\nets", TABLE_RIGHT);
	table_column(&table, "re-\nord.", TABLE_RIGHT);
	table_column(&table, "ext-\nent", TABLE_RIGHT);
	table_column(&table, "re-\nsent", TABLE_RIGHT);
	table_column(&table, "\ndup", TABLE_RIGHT);
	table_column(&table, lost ? "\nlost" : "am-\nbig", TABLE_RIGHT);
	table_column(&table, "1st\nPSH", TABLE_LEFT);
	for (size_t i = 0; i < t->n_top; i++)
		flow_row(&table, &t->top[i], lost);
	fputc('\n', f);
	rc = table_print(f, &table, t->columns ? t->columns : TABLE_WIDTH, t->colour);
	table_free(&table);
	if (t->n_flows > t->n_top)
		fprintf(f, "... and %" PRIu64 " more (--csv and --json have them all)\n",
			t->n_flows - t->n_top);
	return rc;
}

/* A dash for 0, which stands for none. */
static const char *count_text(struct unit_text *buf, uint64_t n)
{
	snprintf(buf->s, sizeof(buf->s), n ? "%" PRIu64 : "-", n);
	return buf->s;
}

static const char *signed_text(struct unit_text *buf, int64_t n)
{
	snprintf(buf->s, sizeof(buf->s), n ? "%+" PRId64 : "-", n);
	return buf->s;
}

static const char *const way_marks[ANALYSIS_WAYS] = {
	[ANALYSIS_UNTOLD] = "?", [ANALYSIS_DIRECT] = "-", [ANALYSIS_UPCALLED] = "U",
};

void reorder_text_event(struct reorder_text *t, enum analysis_mode mode,
			const struct analysis_event *e)
{
	struct unit_text in, out, extent, displaced, late;

	if (!t->events)
		return;
	t->n_events++;
	fprintf(t->events, "%7s ", count_text(&out, e->frame));
	if (mode == ANALYSIS_TWO_POINT)
		fprintf(t->events, "%7s ", count_text(&in, e->frame_in));
	fprintf(t->events, "%5" PRIu64 " %-13s ", e->flow, reorder_class_words[e->what]);
	if (mode == ANALYSIS_ONE_POINT)
		fprintf(t->events, "%-9s ", reorder_evidence_words[e->evidence]);
	fprintf(t->events, "%c%c%s %11" PRIu64 " ", e->moved ? 'M' : '-', e->psh ? 'P' : '-',
		t->upcalls ? way_marks[e->way] : "", e->start);
	if (mode != ANALYSIS_RANKS)
		fprintf(t->events, "%5" PRIu64 " ", e->end - e->start);
	fprintf(t->events, "%6s %6s %s\n", count_text(&extent, e->extent),
		signed_text(&displaced, e->displacement),
		e->late_ns ? units_ns(&late, e->late_ns) : "-");
}

static void print_event_heads(FILE *f, const struct reorder_text *t, enum analysis_mode mode)
{
	fprintf(f, "\n%s%7s ", t->colour ? "\033[1m" : "", mode == ANALYSIS_TWO_POINT ? "out" : "frame");
	if (mode == ANALYSIS_TWO_POINT)
		fprintf(f, "%7s ", "in");
	fprintf(f, "%5s %-13s ", "flow", "what");
	if (mode == ANALYSIS_ONE_POINT)
		fprintf(f, "%-9s ", "by");
	fprintf(f, "%s %11s ", t->upcalls ? "MPU" : "MP", mode == ANALYSIS_RANKS ? "rank" : "from byte");
	if (mode != ANALYSIS_RANKS)
		fprintf(f, "%5s ", "bytes");
	fprintf(f, "%6s %6s %s%s\n", "extent", "displ.", "late", t->colour ? "\033[0m" : "");
}

static int print_events(FILE *f, struct reorder_text *t, enum analysis_mode mode)
{
	char buf[16384];
	size_t n;

	if (!t->events)
		return 0;
	if (fflush(t->events) == EOF || fseek(t->events, 0, SEEK_SET) < 0)
		return -errno;
	if (!t->n_events)
		return 0;
	print_event_heads(f, t, mode);
	while ((n = fread(buf, 1, sizeof(buf), t->events)) > 0)
		fwrite(buf, 1, n, f);
	fputs(mode == ANALYSIS_RANKS ? "M: a mover." : "M: a mover. P: it has PSH.", f);
	fputs(t->upcalls ? " U: it went through vswitchd (?: not known).\n" :
	      mode == ANALYSIS_TWO_POINT ? " " : "\n", f);
	fputs(mode == ANALYSIS_TWO_POINT ? "out, in: frames of the two files.\n" : "", f);
	return ferror(t->events) ? -EIO : 0;
}

int reorder_text_print(FILE *f, struct reorder_text *t, const struct analysis *a,
		       const struct analysis_input *inputs, size_t n)
{
	int rc;

	print_answer(f, a, inputs, n, t->colour);
	if (a->m.packets + a->lost) {
		print_counts(f, a);
		print_evidence(f, a, t->colour);
		print_distributions(f, t, a);
	}
	print_reservations(f, a, t->colour);
	print_inputs(f, a, inputs, n);
	rc = print_flows(f, t, a) ?: print_events(f, t, a->mode);
	return rc ?: ferror(f) ? -EIO : 0;
}
