// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_json.c - an analysis as a JSON document: docs/schemas/reorder.json
 */
#include "report/reorder_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/util.h"
#include "report/flow_json.h"
#include "report/flow_text.h"
#include "report/json.h"
#include "report/reorder_words.h"

#define EXACT_VALUES 64			/* of a struct hist: below, a bucket is one value */
#define LATE_ENOUGH 3			/* duplicate ACKs that start a retransmission (RFC 5681) */

#define A(name, member) JSON_FIELD(name, JSON_U64, struct analysis, member)

static const struct json_field answer_fields[] = {
	A("packets", m.packets), A("flows", flows), A("reordered", m.reordered),
	{ 0 }
};

static const struct json_field total_fields[] = {
	A("flows_reordered", flows_reordered), A("movers", m.movers),
	A("retransmitted", retransmitted), A("duplicated", duplicated), A("lost", lost),
	A("lost_bytes", lost_bytes), A("ambiguous", ambiguous),
	A("ingress_reordered", ingress_reordered), A("unmatched", unmatched),
	A("unjudged", unjudged), A("keepalives", keepalives),
	A("transit_negative", transit_negative), A("flows_only_in", flows_only_in),
	A("flows_only_out", flows_only_out), A("flows_reverse", flows_reverse),
	A("flows_rewritten", flows_rewritten), A("flows_ambiguous", flows_ambiguous),
	A("flows_expired", flows_expired), A("inexact_flows", inexact_flows),
	A("windows_cut", m.cut),
	JSON_FIELD("exact", JSON_BOOL, struct analysis, exact),
	{ 0 }
};

static const struct json_field first_psh_fields[] = {
	A("flows", psh_flows), A("flows_began", flows_began_at_psh),
	{ 0 }
};

static const struct json_field run_fields[] = {
	A("count", m.runs), A("in_order", m.in_order), A("squares", m.run_squares),
	{ 0 }
};

static const struct json_field upcall_fields[] = {
	JSON_FIELD("known", JSON_BOOL, struct analysis, upcalls_known),
	A("notes", upcalls), A("found", upcalls_found),
	{ 0 }
};

#define INPUT(name, kind, member) JSON_FIELD(name, kind, struct analysis_input, member)

static const struct json_field input_fields[] = {
	INPUT("name", JSON_TEXT, name), INPUT("records", JSON_U64, records),
	INPUT("judged", JSON_U64, judged), INPUT("damaged", JSON_BOOL, damaged),
	{ 0 }
};

#define EVENT(name, kind, member) JSON_FIELD(name, kind, struct analysis_event, member)

static const struct json_field event_fields[] = {
	EVENT("flow", JSON_U64, flow), EVENT("time_ns", JSON_U64, time_ns),
	EVENT("extent", JSON_U64, extent), EVENT("late_time_ns", JSON_U64, late_ns),
	EVENT("moved", JSON_BOOL, moved), EVENT("psh", JSON_BOOL, psh),
	{ 0 }
};

/* ---- small change -------------------------------------------------------- */

static json_t *number(uint64_t value)
{
	return json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX);
}

/* What is known is not 0. */
static json_t *number_or_null(uint64_t value)
{
	return value ? number(value) : json_null();
}

/* {@name: @value, "packets": @packets} */
static json_t *counted(const char *name, int64_t value, uint64_t packets)
{
	_cleanup_json_ json_t *obj = json_object();

	if (json_add(obj, name, json_integer(value)) || json_add(obj, "packets", number(packets)))
		return NULL;
	return take_ptr(obj);
}

/* ---- distributions ------------------------------------------------------- */

static int put_spread(json_t *obj, const struct hist *h)
{
	return json_add(obj, "max", number(h->max)) ?:
	       json_add(obj, "mean", json_real(hist_mean(h))) ?:
	       json_add(obj, "p50", number(hist_percentile(h, 50))) ?:
	       json_add(obj, "p99", number(hist_percentile(h, 99)));
}

static json_t *spread_of(const struct hist *h)
{
	_cleanup_json_ json_t *obj = json_object();

	return put_spread(obj, h) ? NULL : take_ptr(obj);
}

static int add_bar(json_t *list, uint64_t from, uint64_t to, uint64_t packets)
{
	_cleanup_json_ json_t *obj = json_object();

	if (!packets)
		return 0;
	if (json_add(obj, "from", number(from)) || json_add(obj, "to", number(to)) ||
	    json_add(obj, "packets", number(packets)))
		return -ENOMEM;
	return json_array_append(list, obj) ? -ENOMEM : 0;
}

/* Single values as far as they are counted so, then powers of two. */
static json_t *histogram_of(const struct hist *h)
{
	_cleanup_json_ json_t *list = json_array();

	for (unsigned int v = 0; list && v < EXACT_VALUES; v++)
		if (add_bar(list, v, v, h->bucket[v]))
			return NULL;
	for (unsigned int k = 6; list && k < 64; k++) {
		uint64_t from = UINT64_C(1) << k;

		if (add_bar(list, from, from + (from - 1), hist_octave(h, k)))
			return NULL;
	}
	return take_ptr(list);
}

static json_t *histogrammed(const struct hist *h)
{
	_cleanup_json_ json_t *obj = json_object();

	if (put_spread(obj, h) || json_add(obj, "histogram", histogram_of(h)))
		return NULL;
	return take_ptr(obj);
}

static json_t *runs_of(const struct analysis *a)
{
	_cleanup_json_ json_t *obj = json_of(run_fields, a);

	if (put_spread(obj, &a->m.run) || json_add(obj, "histogram", histogram_of(&a->m.run)))
		return NULL;
	return take_ptr(obj);
}

static json_t *gap_of(const struct reorder_metrics *m)
{
	_cleanup_json_ json_t *obj = json_object();

	if (json_add(obj, "count", number(m->gap.count)) ||
	    json_add(obj, "discontinuities", number(m->discontinuities)) || put_spread(obj, &m->gap) ||
	    json_add(obj, "time_ns", spread_of(&m->gap_ns)))
		return NULL;
	return take_ptr(obj);
}

/* [{"n": n, "packets": how many are n-reordered, "ratio": RFC 4737 5.3}, ...] */
static json_t *degrees_of(const struct reorder_metrics *m)
{
	_cleanup_json_ json_t *list = json_array();
	uint64_t left = m->n.count;

	for (unsigned int n = 1; list && left && n <= EXACT_VALUES; n++) {
		json_t *row = counted("n", n, left);

		if (json_add(row, "ratio", json_real(reorder_ratio(left, m->packets))) ||
		    json_array_append_new(list, row))
			return NULL;
		left -= n < EXACT_VALUES ? m->n.bucket[n] : 0;
	}
	return take_ptr(list);
}

static json_t *n_reordered_of(const struct reorder_metrics *m)
{
	_cleanup_json_ json_t *obj = json_object();

	if (json_add(obj, "max", number(m->n.max)) || json_add(obj, "degree", degrees_of(m)))
		return NULL;
	return take_ptr(obj);
}

/* @counts [n], the first one for @first: those that are not 0, and all of them summed */
static json_t *density_of(const uint64_t *counts, size_t n, int64_t first, const char *name,
			  uint32_t threshold)
{
	_cleanup_json_ json_t *obj = json_object(), *list = json_array();
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += counts[i];
		if (counts[i] && json_array_append_new(list, counted(name, first + (int64_t)i,
								     counts[i])))
			return NULL;
	}
	if (json_add(obj, "counts", json_incref(list)) ||
	    json_add(obj, "threshold", number(threshold)) || json_add(obj, "packets", number(sum)))
		return NULL;
	return take_ptr(obj);
}

static json_t *reorder_density_of(const struct reorder_metrics *m)
{
	int64_t dt = m->threshold;
	uint64_t all = 0, late = 0;
	json_t *obj;

	for (int64_t d = -dt; d <= dt; d++) {
		all += m->density[d + dt];
		late += d >= LATE_ENOUGH ? m->density[d + dt] : 0;
	}
	obj = density_of(m->density, 2 * (size_t)dt + 1, -dt, "displacement", m->threshold);
	if (!json_add(obj, "ratio_late_3", json_real(reorder_ratio(late, all))))
		return obj;
	json_decref(obj);
	return NULL;
}

static json_t *buffer_density_of(const struct reorder_metrics *m)
{
	json_t *obj = density_of(m->buffer, (size_t)m->threshold + 1, 0, "buffered", m->threshold);

	if (!json_add(obj, "mean", json_real(reorder_mean_buffer(m))))
		return obj;
	json_decref(obj);
	return NULL;
}

/* ---- inputs and evidence -------------------------------------------------- */

static json_t *kinds_of(const struct analysis_input *in)
{
	_cleanup_json_ json_t *obj = json_object();

	for (unsigned int k = 0; k <= FRAME_UNKNOWN_LINK && k < ARRAY_SIZE(in->kinds); k++)
		if (json_add(obj, frame_kind_name(k), number(in->kinds[k])))
			return NULL;
	return take_ptr(obj);
}

static json_t *input_of(const struct analysis_input *in, const char *point)
{
	_cleanup_json_ json_t *obj = json_of(input_fields, in);

	if (json_add(obj, "point", json_string(point)) || json_add(obj, "kinds", kinds_of(in)) ||
	    json_add(obj, "damaged_at_byte", in->damaged ? number(in->truncated_at) : json_null()))
		return NULL;
	return take_ptr(obj);
}

static json_t *inputs_of(const struct analysis *a, const struct analysis_input *inputs, size_t n)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		if (json_array_append_new(list, input_of(&inputs[i], a->mode != ANALYSIS_TWO_POINT ?
							 "capture" : i ? "egress" : "ingress")))
			return NULL;
	return take_ptr(list);
}

static json_t *bounds_of(const struct analysis *a)
{
	_cleanup_json_ json_t *list = json_array();

	for (unsigned int i = 0; list && reorder_bound_words[i]; i++)
		if (a->bounds & (1u << i) &&
		    json_array_append_new(list, json_string(reorder_bound_words[i])))
			return NULL;
	return take_ptr(list);
}

static json_t *evidence_of(const struct analysis *a)
{
	_cleanup_json_ json_t *obj = json_object();

	for (unsigned int i = 0; i < ANALYSIS_EVIDENCES; i++)
		if (json_add(obj, reorder_evidence_words[i], number(a->evidence[i])))
			return NULL;
	return take_ptr(obj);
}

/* ---- the document -------------------------------------------------------- */

static json_t *transit_of(const struct analysis *a)
{
	return a->mode == ANALYSIS_TWO_POINT ? histogrammed(&a->transit_ns) : json_null();
}

static json_t *way_of(const struct analysis *a, enum analysis_way way)
{
	return a->upcalls_known ? histogrammed(&a->transit_way_ns[way]) : json_null();
}

static json_t *upcalls_of(const struct analysis *a)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!a->upcalls_known && !a->upcalls_why_not)
		return json_null();
	obj = json_of(upcall_fields, a);
	if (json_add(obj, "untold", number(a->transit_way_ns[ANALYSIS_UNTOLD].count)) ||
	    json_add(obj, "why_not", json_clean(a->upcalls_why_not)))
		return NULL;
	return take_ptr(obj);
}

json_t *reorder_to_json(const struct analysis *a, const struct analysis_input *inputs, size_t n)
{
	_cleanup_json_ json_t *doc = json_document(REORDER_SCHEMA);
	const struct reorder_metrics *m = &a->m;

	if (json_add(doc, "mode", json_string(reorder_mode_words[a->mode])) ||
	    json_put(doc, answer_fields, a) ||
	    json_add(doc, "ratio", json_real(reorder_ratio(m->reordered, m->packets))) ||
	    json_put(doc, total_fields, a) || json_add(doc, "bounds", bounds_of(a)) ||
	    json_add(doc, "first_psh", json_of(first_psh_fields, a)) ||
	    json_add(doc, "evidence", evidence_of(a)) ||
	    json_add(doc, "extent", histogrammed(&m->extent)) ||
	    json_add(doc, "n_reordered", n_reordered_of(m)) ||
	    json_add(doc, "late_time_ns", spread_of(&m->late_ns)) ||
	    json_add(doc, "byte_offset_bytes", spread_of(&m->late_bytes)) ||
	    json_add(doc, "gap", gap_of(m)) || json_add(doc, "runs", runs_of(a)) ||
	    json_add(doc, "reorder_density", reorder_density_of(m)) ||
	    json_add(doc, "buffer_density", buffer_density_of(m)) ||
	    json_add(doc, "transit_ns", transit_of(a)) ||
	    json_add(doc, "transit_upcalled_ns", way_of(a, ANALYSIS_UPCALLED)) ||
	    json_add(doc, "transit_direct_ns", way_of(a, ANALYSIS_DIRECT)) ||
	    json_add(doc, "upcalls", upcalls_of(a)) ||
	    json_add(doc, "inputs", inputs_of(a, inputs, n)))
		return NULL;
	return take_ptr(doc);
}

/* ---- lists ---------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* The key that it left with, where a switch rewrote it. */
static json_t *left_as(const struct analysis_flow *flow)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!flow->key_out.family || !memcmp(&flow->key, &flow->key_out, sizeof(flow->key)))
		return json_null();
	obj = json_object();
	return flow_json_put(obj, &flow->key_out) ? NULL : take_ptr(obj);
}

static json_t *flow_of(const struct analysis_flow *flow)
{
	_cleanup_json_ json_t *obj = json_object();
	struct flow_text buf;

	if (json_add(obj, "flow", number(flow->id)) ||
	    json_add(obj, "protocol", text_or_null(flow_protocol(&buf, &flow->key))) ||
	    flow_json_put(obj, &flow->key) || json_add(obj, "left_as", left_as(flow)) ||
	    json_put(obj, reorder_flow_fields, flow) ||
	    json_add(obj, "ratio", json_real(reorder_ratio(flow->reordered, flow->packets))) ||
	    json_add(obj, "first_psh", json_string(reorder_psh_words[flow->first_psh])) ||
	    json_add(obj, "upcalled", flow->upcalls_known ? number(flow->upcalled) : json_null()))
		return NULL;
	return take_ptr(obj);
}

/* Only where it is known. */
static int put_way(json_t *obj, enum analysis_way way)
{
	return way == ANALYSIS_UNTOLD ? 0 :
	       json_add(obj, "upcalled", json_boolean(way == ANALYSIS_UPCALLED));
}

/* Where in its flow: a rank, or bytes. */
static int put_place(json_t *obj, enum analysis_mode mode, const struct analysis_event *event)
{
	if (mode == ANALYSIS_RANKS)
		return json_add(obj, "rank", number(event->start));
	return json_add(obj, "start_byte", number(event->start)) ?:
	       json_add(obj, "end_byte", number(event->end));
}

static json_t *event_of(enum analysis_mode mode, const struct analysis_event *event)
{
	_cleanup_json_ json_t *obj = json_object();
	bool two = mode == ANALYSIS_TWO_POINT;

	if (json_add(obj, "frame", number_or_null(event->frame)) ||
	    json_add(obj, "frame_ingress", number_or_null(event->frame_in)) ||
	    json_add(obj, "class", json_string(reorder_class_words[event->what])) ||
	    json_add(obj, "evidence", json_string(reorder_evidence_words[event->evidence])) ||
	    put_place(obj, mode, event) || put_way(obj, event->way) || json_put(obj, event_fields, event) ||
	    json_add(obj, "displacement", json_integer(event->displacement)) ||
	    json_add(obj, "transit_ns", two && event->frame ? number(event->transit_ns) : json_null()) ||
	    flow_json_put(obj, &event->key))
		return NULL;
	return take_ptr(obj);
}

/* One line; the comma that it may need stands before it. */
static void keep(struct reorder_json *j, FILE *f, uint64_t *count, json_t *obj)
{
	if (!obj)
		j->failed = j->failed ?: -ENOMEM;
	else if (fputs((*count)++ ? ",\n    " : "\n    ", f) == EOF ||
		 json_dumpf(obj, f, JSON_REAL_PRECISION(12)))
		j->failed = j->failed ?: errno ? -errno : -EIO;
	json_decref(obj);
}

void reorder_json_flow(struct reorder_json *j, const struct analysis_flow *flow)
{
	if (j->flows && !j->failed)
		keep(j, j->flows, &j->n_flows, flow_of(flow));
}

void reorder_json_event(struct reorder_json *j, enum analysis_mode mode,
			const struct analysis_event *event)
{
	if (j->events && !j->failed)
		keep(j, j->events, &j->n_events, event_of(mode, event));
}

static int print_list(FILE *f, const char *name, FILE *list, uint64_t count)
{
	char buf[16384];
	size_t n;

	if (!list)
		return 0;
	if (fflush(list) == EOF || fseek(list, 0, SEEK_SET) < 0)
		return -errno;
	fprintf(f, ",\n  \"%s\": [", name);
	while ((n = fread(buf, 1, sizeof(buf), list)) > 0)
		fwrite(buf, 1, n, f);
	fputs(count ? "\n  ]" : "]", f);
	return ferror(list) ? -EIO : 0;
}

int reorder_json_print(FILE *f, struct reorder_json *j, const struct analysis *a,
		       const struct analysis_input *inputs, size_t n)
{
	_cleanup_json_ json_t *doc = j->failed ? NULL : reorder_to_json(a, inputs, n);
	_cleanup_free_ char *text = NULL;
	int rc;

	if (doc)
		text = json_dumps(doc, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	if (!text)
		return j->failed ?: -ENOMEM;
	fwrite(text, 1, strlen(text) - strlen("\n}"), f);
	rc = print_list(f, "flow_list", j->flows, j->n_flows) ?:
	     print_list(f, "events", j->events, j->n_events);
	fputs("\n}\n", f);
	return rc ?: fflush(f) == EOF ? -EIO : 0;
}
