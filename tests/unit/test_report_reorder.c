// SPDX-License-Identifier: GPL-2.0
/*
 * test_report_reorder.c - an analysis as JSON against its schema, as CSV, as text
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/utf8.h"
#include "core/util.h"
#include "report/flow_text.h"
#include "report/json.h"
#include "report/reorder_csv.h"
#include "report/reorder_json.h"
#include "report/reorder_text.h"
#include "report/text.h"
#include "tests/unit/schema.h"

/* Large: one for the file. */
static struct analysis analysis;

static const struct obs_key key4 = {
	.saddr = { 198, 18, 0, 1 }, .daddr = { 198, 18, 0, 2 }, .sport = 40001, .dport = 9000,
	.proto = 6, .family = 4,
};
static const struct obs_key key6 = {
	.saddr = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .daddr = { 0x20, 1, 0xd, 0xb8, [15] = 2 },
	.sport = 53, .dport = 65535, .proto = 17, .family = 6,
};

static void fill(enum analysis_mode mode)
{
	struct analysis *a = &analysis;

	memset(a, 0, sizeof(*a));
	a->mode = mode;
	a->exact = true;
	a->flows = 12;
	a->flows_reordered = a->flows_began_at_psh = 5;
	a->psh_flows = 12;
	a->m.packets = 8713;
	a->m.reordered = 34;
	a->m.movers = 33;
	a->m.runs = 34;
	a->m.in_order = 8679;
	a->m.run_squares = 1234567;
	a->m.threshold = 4;
	a->m.density[4 - 2] = 1;
	a->m.density[4] = 96;
	a->m.density[4 + 3] = 3;
	a->m.buffer[0] = 97;
	a->m.buffer[1] = 3;
	hist_put(&a->m.extent, 1, 10);
	hist_put(&a->m.extent, 35, 23);
	hist_put(&a->m.extent, 100, 1);
	hist_put(&a->m.n, 1, 2);
	hist_put(&a->m.n, 4, 1);
	hist_put(&a->m.late_ns, 62000000, 34);
	hist_put(&a->m.late_bytes, 400, 34);
	hist_put(&a->m.gap, 7, 1);
	hist_put(&a->m.gap_ns, 90, 1);
	hist_put(&a->m.run, 0, 33);
	hist_put(&a->m.run, 5, 1);
	a->bounds = ANALYSIS_MANY_FLOWS | ANALYSIS_NO_ORDER;
	a->retransmitted = 11;
	a->duplicated = 2;
	if (mode == ANALYSIS_TWO_POINT) {
		hist_put(&a->transit_ns, 12000, 8000);
		hist_put(&a->transit_ns, 1200000, 34);
		a->evidence[ANALYSIS_BY_TAPS] = 34;
	} else if (mode == ANALYSIS_ONE_POINT) {
		a->ambiguous = 3;
		a->evidence[ANALYSIS_BY_IP_ID] = 45;
		a->evidence[ANALYSIS_BY_NOTHING] = 3;
	}
}

/* Notes of upcalls were at hand. */
static void fill_upcalls(void)
{
	analysis.upcalls_known = true;
	analysis.upcalls = 40;
	analysis.upcalls_found = 39;
	hist_put(&analysis.transit_way_ns[ANALYSIS_UPCALLED], 1200000, 33);
	hist_put(&analysis.transit_way_ns[ANALYSIS_DIRECT], 12000, 8000);
	hist_put(&analysis.transit_way_ns[ANALYSIS_UNTOLD], 1200000, 1);
}

static const struct analysis_input inputs[] = {
	{ .name = "tap-vm1.pcap", .records = 9100, .judged = 8724,
	  .kinds = { [FRAME_TCP] = 9000, [FRAME_OTHER] = 99, [FRAME_FRAGMENT] = 1 } },
	{ .name = "tap\033[2J-vm2\xff.pcap", .records = 9000, .judged = 8713, .damaged = true,
	  .truncated_at = 123456, .kinds = { [FRAME_TCP] = 9000 } },
};

static struct analysis_flow a_flow(uint64_t id)
{
	struct analysis_flow flow = {
		.id = id, .key = key4, .key_out = key4, .packets = 700 + id, .bytes = 1000000,
		.reordered = id % 7, .movers = 1, .retransmitted = 2, .extent_max = 35,
		.first_ns = 1700000000000000001, .last_ns = 1700000001000000001, .psh = 30,
		.first_psh = REORDER_PSH_LATE, .began_at_psh = true, .exact = true,
	};

	return flow;
}

static struct analysis_event an_event(enum analysis_class what)
{
	struct analysis_event event = {
		.frame = 1234567, .frame_in = 1234560, .time_ns = 1700000000000000001, .flow = 12,
		.key = key4, .start = 1448, .end = 2896, .extent = 35, .displacement = 35,
		.late_ns = 1250000, .transit_ns = 1300000, .what = what, .moved = true, .psh = true,
	};

	return event;
}

static enum analysis_way way_of(enum analysis_class what)
{
	return what == ANALYSIS_REORDERED ? ANALYSIS_UPCALLED :
	       what == ANALYSIS_LOST ? ANALYSIS_UNTOLD : ANALYSIS_DIRECT;
}

/* ---- JSON ------------------------------------------------------------------ */

static bool fits(const json_t *doc)
{
	_cleanup_json_ json_t *rules = json_load_file("docs/schemas/reorder.json", 0, NULL);

	assert_non_null(rules);
	return schema_fits(rules, rules, doc, "reorder");
}

/* The whole document with both lists, as it is printed. */
static json_t *document(enum analysis_mode mode, unsigned int n_flows, size_t n_inputs)
{
	struct reorder_json j = { .flows = tmpfile(), .events = tmpfile() };
	_cleanup_free_ char *text = NULL;
	json_error_t mistake;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	json_t *doc;

	for (unsigned int i = 0; i < n_flows; i++) {
		struct analysis_flow flow = a_flow(i + 1);

		if (i == 1)
			flow.key_out = key6;
		flow.upcalls_known = analysis.upcalls_known;
		flow.upcalled = i;
		reorder_json_flow(&j, &flow);
	}
	for (int what = 0; n_flows && what < ANALYSIS_CLASSES; what++) {
		struct analysis_event event = an_event(what);

		event.displacement = what == ANALYSIS_EARLY ? -18 : 35;
		event.way = analysis.upcalls_known ? way_of(what) : ANALYSIS_UNTOLD;
		event.frame = what == ANALYSIS_LOST ? 0 : event.frame;
		if (mode == ANALYSIS_RANKS)
			event.key = (struct obs_key){ 0 };
		reorder_json_event(&j, mode, &event);
	}
	assert_int_equal(reorder_json_print(f, &j, &analysis, inputs, n_inputs), 0);
	fclose(f);
	fclose(j.flows);
	fclose(j.events);
	doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &mistake);
	if (!doc)
		fail_msg("line %d: %s", mistake.line, mistake.text);
	return doc;
}

static void test_fits_schema(void **state)
{
	for (int mode = ANALYSIS_RANKS; mode <= ANALYSIS_TWO_POINT; mode++) {
		_cleanup_json_ json_t *doc = NULL, *nothing = NULL;

		fill(mode);
		doc = document(mode, 3, mode);
		assert_true(fits(doc));
		assert_int_equal(json_array_size(json_object_get(doc, "inputs")), mode);
		memset(&analysis, 0, sizeof(analysis));
		analysis.mode = mode;
		nothing = document(mode, 0, 0);
		assert_true(fits(nothing));
	}
}

/* The check itself must be able to fail. */
static void test_schema_refuses(void **state)
{
	_cleanup_json_ json_t *doc = NULL;

	fill(ANALYSIS_TWO_POINT);
	doc = document(ANALYSIS_TWO_POINT, 1, 2);
	assert_int_equal(json_object_set_new(doc, "extra", json_true()), 0);
	assert_false(fits(doc));
	assert_int_equal(json_object_del(doc, "extra"), 0);
	assert_true(fits(doc));
	assert_int_equal(json_object_set_new(doc, "packets", json_integer(-1)), 0);
	assert_false(fits(doc));
	assert_int_equal(json_object_del(doc, "packets"), 0);
	assert_false(fits(doc));
}

static const json_t *at(const json_t *doc, const char *a, const char *b)
{
	const json_t *v = json_object_get(doc, a);

	return b ? json_object_get(v, b) : v;
}

static json_int_t count(const json_t *doc, const char *a, const char *b)
{
	assert_true(json_is_integer(at(doc, a, b)));
	return json_integer_value(at(doc, a, b));
}

static const json_t *row(const json_t *doc, const char *a, const char *b, size_t i)
{
	const json_t *list = at(doc, a, b);

	assert_true(json_is_array(list) && i < json_array_size(list));
	return json_array_get(list, i);
}

/* The names that others rely on. */
static void test_names(void **state)
{
	_cleanup_json_ json_t *doc = NULL;

	fill(ANALYSIS_TWO_POINT);
	doc = document(ANALYSIS_TWO_POINT, 2, 2);
	assert_string_equal(json_object_iter_key(json_object_iter(doc)), "schema");
	assert_string_equal(json_string_value(at(doc, "schema", NULL)), "ovslab.reorder/1");
	assert_int_equal(count(doc, "packets", NULL), 8713);
	assert_int_equal(count(doc, "flows", NULL), 12);
	assert_int_equal(count(doc, "reordered", NULL), 34);
	assert_float_equal(json_number_value(at(doc, "ratio", NULL)), 34 / 8713., 1e-12);
	assert_int_equal(count(doc, "flows_reordered", NULL), 5);
	assert_int_equal(count(doc, "retransmitted", NULL), 11);
	assert_int_equal(count(doc, "duplicated", NULL), 2);
	assert_int_equal(count(doc, "lost", NULL), 0);
	assert_int_equal(count(doc, "ambiguous", NULL), 0);
	assert_int_equal(count(doc, "movers", NULL), 33);
	assert_int_equal(count(doc, "extent", "max"), 100);
	assert_int_equal(count(doc, "extent", "p50"), 35);
	assert_int_equal(count(doc, "late_time_ns", "max"), 62000000);
	assert_int_equal(count(doc, "byte_offset_bytes", "max"), 400);
	assert_int_equal(count(doc, "gap", "count"), 1);
	assert_int_equal(count(doc, "runs", "squares"), 1234567);
	assert_int_equal(count(doc, "transit_ns", "max"), 1200000);
	assert_int_equal(json_array_size(at(doc, "bounds", NULL)), 2);
	assert_string_equal(json_string_value(json_array_get(at(doc, "bounds", NULL), 1)), "no-order");
}

static void test_distributions(void **state)
{
	_cleanup_json_ json_t *doc = NULL;

	fill(ANALYSIS_ONE_POINT);
	doc = document(ANALYSIS_ONE_POINT, 1, 1);
	assert_int_equal(json_array_size(at(doc, "extent", "histogram")), 3);
	assert_int_equal(count(row(doc, "extent", "histogram", 1), "from", NULL), 35);
	assert_int_equal(count(row(doc, "extent", "histogram", 1), "packets", NULL), 23);
	assert_int_equal(count(row(doc, "extent", "histogram", 2), "from", NULL), 64);
	assert_int_equal(count(row(doc, "extent", "histogram", 2), "to", NULL), 127);
	assert_int_equal(count(row(doc, "runs", "histogram", 0), "from", NULL), 0);
	assert_int_equal(json_array_size(at(doc, "n_reordered", "degree")), 4);
	assert_int_equal(count(row(doc, "n_reordered", "degree", 0), "packets", NULL), 3);
	assert_int_equal(count(row(doc, "n_reordered", "degree", 3), "packets", NULL), 1);
	assert_int_equal(count(row(doc, "reorder_density", "counts", 0), "displacement", NULL), -2);
	assert_float_equal(json_number_value(at(doc, "reorder_density", "ratio_late_3")), .03, 1e-12);
	assert_int_equal(count(row(doc, "buffer_density", "counts", 1), "packets", NULL), 3);
	assert_true(json_is_null(at(doc, "transit_ns", NULL)));
}

static void test_lists(void **state)
{
	_cleanup_json_ json_t *two = NULL, *ranks = NULL, *none = NULL;
	const json_t *flow, *event;

	fill(ANALYSIS_TWO_POINT);
	two = document(ANALYSIS_TWO_POINT, 2, 2);
	flow = row(two, "flow_list", NULL, 1);
	assert_string_equal(json_string_value(at(flow, "source", NULL)), "198.18.0.1");
	assert_string_equal(json_string_value(at(flow, "left_as", "destination")), "2001:db8::2");
	assert_true(json_is_null(at(row(two, "flow_list", NULL, 0), "left_as", NULL)));
	assert_string_equal(json_string_value(at(flow, "first_psh", NULL)), "late");
	event = row(two, "events", NULL, ANALYSIS_EARLY);
	assert_int_equal(count(event, "displacement", NULL), -18);
	assert_int_equal(count(event, "frame_ingress", NULL), 1234560);
	assert_int_equal(count(event, "end_byte", NULL), 2896);
	event = row(two, "events", NULL, ANALYSIS_LOST);
	assert_true(json_is_null(at(event, "frame", NULL)));
	assert_true(json_is_null(at(event, "transit_ns", NULL)));

	fill(ANALYSIS_RANKS);
	ranks = document(ANALYSIS_RANKS, 1, 0);
	event = row(ranks, "events", NULL, 0);
	assert_int_equal(count(event, "rank", NULL), 1448);
	assert_null(at(event, "start_byte", NULL));
	assert_true(json_is_null(at(event, "source", NULL)));

	none = reorder_to_json(&analysis, NULL, 0);
	assert_null(at(none, "events", NULL));
	assert_null(at(none, "flow_list", NULL));
}

static void test_upcalls(void **state)
{
	_cleanup_json_ json_t *without = NULL, *with = NULL, *why = NULL;

	fill(ANALYSIS_TWO_POINT);
	without = document(ANALYSIS_TWO_POINT, 2, 2);
	assert_true(json_is_null(at(without, "upcalls", NULL)));
	assert_true(json_is_null(at(without, "transit_upcalled_ns", NULL)));
	assert_true(json_is_null(at(row(without, "flow_list", NULL, 0), "upcalled", NULL)));
	assert_null(at(row(without, "events", NULL, 0), "upcalled", NULL));

	fill_upcalls();
	with = document(ANALYSIS_TWO_POINT, 2, 2);
	assert_true(fits(with));
	assert_true(json_is_true(at(with, "upcalls", "known")));
	assert_int_equal(count(with, "upcalls", "notes"), 40);
	assert_int_equal(count(with, "upcalls", "found"), 39);
	assert_int_equal(count(with, "upcalls", "untold"), 1);
	assert_int_equal(count(with, "transit_upcalled_ns", "p50"), 1200000);
	assert_int_equal(count(with, "transit_direct_ns", "max"), 12000);
	assert_int_equal(count(row(with, "flow_list", NULL, 1), "upcalled", NULL), 1);
	assert_true(json_is_true(at(row(with, "events", NULL, ANALYSIS_REORDERED), "upcalled", NULL)));
	assert_true(json_is_false(at(row(with, "events", NULL, ANALYSIS_EARLY), "upcalled", NULL)));
	assert_null(at(row(with, "events", NULL, ANALYSIS_LOST), "upcalled", NULL));

	fill(ANALYSIS_TWO_POINT);
	analysis.upcalls_why_not = "no\033 tracepoint";
	why = document(ANALYSIS_TWO_POINT, 1, 2);
	assert_true(fits(why));
	assert_true(json_is_false(at(why, "upcalls", "known")));
	assert_string_equal(json_string_value(at(why, "upcalls", "why_not")), "no? tracepoint");
}

static void test_inputs(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	const json_t *in;

	fill(ANALYSIS_TWO_POINT);
	doc = reorder_to_json(&analysis, inputs, 2);
	in = row(doc, "inputs", NULL, 0);
	assert_string_equal(json_string_value(at(in, "point", NULL)), "ingress");
	assert_int_equal(count(in, "kinds", frame_kind_name(FRAME_OTHER)), 99);
	assert_true(json_is_null(at(in, "damaged_at_byte", NULL)));
	in = row(doc, "inputs", NULL, 1);
	assert_string_equal(json_string_value(at(in, "name", NULL)), "tap?[2J-vm2?.pcap");
	assert_int_equal(count(in, "damaged_at_byte", NULL), 123456);
}

/* A list that could not be kept makes no document. */
static void test_list_fails(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct reorder_json j = { .flows = full };
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fill(ANALYSIS_ONE_POINT);
	assert_non_null(full);
	for (unsigned int i = 0; i < 100; i++) {
		struct analysis_flow flow = a_flow(i + 1);

		reorder_json_flow(&j, &flow);
	}
	assert_int_equal(j.failed, -ENOSPC);
	assert_int_equal(reorder_json_print(f, &j, &analysis, inputs, 1), -ENOSPC);
	fclose(f);
	assert_int_equal(len, 0);
	fclose(full);
}

/* ---- CSV --------------------------------------------------------------------- */

static size_t fields_of(const char *line)
{
	size_t n = 1;

	for (; *line && *line != '\n'; line++)
		n += *line == ',';
	return n;
}

static void test_csv(void **state)
{
	struct analysis_flow four = a_flow(1), ranks = a_flow(2), noted = a_flow(3);
	_cleanup_free_ char *text = NULL;
	const char *second, *third;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ranks.key = (struct obs_key){ 0 };
	reorder_csv_header(f);
	reorder_csv_flow(f, &four);
	reorder_csv_flow(f, &ranks);
	noted.upcalls_known = true;
	noted.upcalled = 77;
	reorder_csv_flow(f, &noted);
	fclose(f);
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_int_equal(fields_of(text), fields_of(second));
	assert_int_equal(fields_of(text), fields_of(third));
	assert_ptr_equal(strstr(text, "flow,protocol,source,source_port,"), text);
	assert_ptr_equal(strstr(second, "1,tcp,198.18.0.1,40001,198.18.0.2,9000,701,1000000,1,1,2,"),
			 second);
	assert_non_null(strstr(second, ",true,false,true,late,198.18.0.1,40001,"));
	assert_ptr_equal(strstr(third, "2,,,0,,0,"), third);
	assert_non_null(strstr(text, ",upcalled\n"));
	assert_non_null(strstr(second, "9000,\n"));	/* not known */
	assert_non_null(strstr(third, ",77\n"));
}

static void test_flow_text(void **state)
{
	const struct obs_key none = { 0 };
	struct flow_text text;

	assert_string_equal(flow_text(&text, &key4), "198.18.0.1:40001 > 198.18.0.2:9000");
	assert_string_equal(flow_text(&text, &key6), "[2001:db8::1]:53 > [2001:db8::2]:65535");
	assert_string_equal(flow_text(&text, &none), "-");
	assert_string_equal(flow_protocol(&text, &key6), "udp");
	assert_null(flow_protocol(&text, &none));
}

/* ---- text --------------------------------------------------------------------- */

static void assert_80_columns(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, n);

		if (utf8_width(line) > 80)
			fail_msg("%zu columns: %s", utf8_width(line), line);
		text += n + (text[n] == '\n');
	}
}

static char *text_of(unsigned int n_flows, size_t n_inputs, bool colour)
{
	struct reorder_text t = { .flows = n_flows, .full = true, .colour = colour,
				  .events = tmpfile(), .upcalls = analysis.upcalls_known };
	enum analysis_mode mode = analysis.mode;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (unsigned int i = 0; i < n_flows; i++) {
		struct analysis_flow flow = a_flow(i + 1);

		if (i % 2)
			flow.key = key6;
		reorder_text_flow(&t, &flow);
	}
	for (int what = 0; n_flows && what < ANALYSIS_CLASSES; what++) {
		struct analysis_event event = an_event(what);

		event.evidence = what == ANALYSIS_RETRANSMITTED ? ANALYSIS_BY_TIMESTAMP : 0;
		event.frame = what == ANALYSIS_LOST ? 0 : event.frame;
		event.way = way_of(what);
		reorder_text_event(&t, mode, &event);
	}
	assert_int_equal(reorder_text_print(f, &t, &analysis, inputs, n_inputs), 0);
	fclose(f);
	fclose(t.events);
	return text;
}

static void test_text_two(void **state)
{
	_cleanup_free_ char *text = NULL, *coloured = NULL;

	fill(ANALYSIS_TWO_POINT);
	text = text_of(50, 2, false);
	assert_80_columns(text);
	assert_ptr_equal(strstr(text, "The switch reordered 34 of 8713 packets (0.39 %) in 5 of 12 "
				"connections;\n5 of 5 began at the connection's first PSH.\n"), text);
	assert_non_null(strstr(text, "33  movers"));
	assert_non_null(strstr(text, "11  retransmitted by the sender"));
	assert_non_null(strstr(text, "0  lost inside"));
	assert_non_null(strstr(text, "2  duplicated inside"));
	assert_non_null(strstr(text, "1  3-reordered"));
	assert_non_null(strstr(text, "32 -> 63                 23 |###"));
	assert_non_null(strstr(text, "8.19 us -> 16.4 us          8000 |###"));
	assert_non_null(strstr(text, "damaged at byte 123456"));
	assert_non_null(strstr(text, "Ingress tap-vm1.pcap\n  9100 records, 8724 judged\n  not judged:"));
	assert_non_null(strstr(text, "... and 30 more"));
	assert_non_null(strstr(text, "1234567 1234560    12 reordered     MP        1448  1448     35    +35"));
	assert_null(strchr(text, '\033'));
	coloured = text_of(1, 1, true);
	assert_non_null(strstr(coloured, "\033[1;33mThe switch"));
	assert_null(strstr(coloured, "\033[2J"));
}

static void test_text_upcalls(void **state)
{
	_cleanup_free_ char *text = NULL, *why = NULL, *none = NULL;

	fill(ANALYSIS_TWO_POINT);
	fill_upcalls();
	text = text_of(3, 2, false);
	assert_80_columns(text);
	assert_non_null(strstr(text, "p99 12.0 us, max 1.20 ms\n"
			       "          33  through vswitchd: median 1.20 ms, p99 1.20 ms, max 1.20 ms\n"
			       "        8000  by the datapath alone: median 12 us, p99 12 us, max 12 us\n"
			       "           1  not known which: median 1.20 ms"));
	assert_non_null(strstr(text, "reordered     MPU        1448"));
	assert_non_null(strstr(text, "early         MP-        1448"));
	assert_non_null(strstr(text, "lost          MP?        1448"));
	assert_non_null(strstr(text, " U: it went through vswitchd"));

	fill(ANALYSIS_TWO_POINT);
	analysis.upcalls_known = true;
	hist_put(&analysis.transit_way_ns[ANALYSIS_DIRECT], 12000, 8034);
	none = text_of(0, 2, false);
	assert_non_null(strstr(none, "           0  through vswitchd\n        8034  by the"));
	assert_null(strstr(none, "not known"));

	fill(ANALYSIS_TWO_POINT);
	analysis.upcalls_why_not = "sw: the kernel's datapath (5.10.0-37-cloud-amd64) has no tracepoint "
				   "ovs_dp_upcall,\033[2J which Linux has from 5.14 on";
	why = text_of(3, 2, false);
	assert_80_columns(why);
	assert_non_null(strstr(why, "  which packets went through vswitchd is not known:\n    sw: the kernel's"));
	assert_null(strchr(why, '\033'));
	assert_non_null(strstr(why, "reordered     MP        1448"));
	assert_non_null(strstr(why, "M: a mover. P: it has PSH. out, in: frames"));
}

/* The flows that are shown are those with most to tell, in that order. */
static void test_text_top(void **state)
{
	struct reorder_text t = { .flows = true };

	for (unsigned int i = 0; i < 1000; i++) {
		struct analysis_flow flow = a_flow(i + 1);

		flow.reordered = (i * 7919) % 1000;	/* each value once */
		reorder_text_flow(&t, &flow);
	}
	assert_int_equal(t.n_flows, 1000);
	assert_int_equal(t.n_top, REORDER_TEXT_FLOWS);
	for (unsigned int i = 0; i < t.n_top; i++)
		assert_int_equal(t.top[i].reordered, 999 - i);
}

static void test_text_one(void **state)
{
	_cleanup_free_ char *text = NULL;

	fill(ANALYSIS_ONE_POINT);
	text = text_of(3, 1, false);
	assert_80_columns(text);
	assert_ptr_equal(strstr(text, "34 of 8713 packets (0.39 %) arrived reordered, in 5 of 12 "
				"flows;\n"), text);
	assert_non_null(strstr(text, "3 more are late: reordered or retransmitted"));
	assert_non_null(strstr(text, "3  ambiguous: late"));
	assert_non_null(strstr(text, "45  by IP ID"));
	assert_non_null(strstr(text, "3  by nothing: ambiguous"));
	assert_null(strstr(text, "by TCP timestamp"));
	assert_null(strstr(text, "transit"));
	assert_non_null(strstr(text, "retransmitted timestamp MP"));
	assert_non_null(strstr(text, "M: a mover. P: it has PSH.\n"));
}

static void test_text_says_no(void **state)
{
	_cleanup_free_ char *none = NULL, *nothing = NULL, *ranks = NULL;
	_cleanup_free_ char *swapped = NULL, *same = NULL, *lost = NULL;

	fill(ANALYSIS_TWO_POINT);
	analysis.m.reordered = analysis.flows_reordered = 0;
	analysis.exact = false;
	analysis.inexact_flows = 2;
	analysis.flows_reverse = 7;
	analysis.bounds = ANALYSIS_LONG_FLOW;
	analysis.flows_expired = 1;
	analysis.m.cut = 1;
	none = text_of(0, 2, false);
	assert_ptr_equal(strstr(none, "The switch reordered none of 8713 packets in 12 connections.\n"),
			 none);
	assert_non_null(strstr(none, "Not exact: a bound was met.\n  flows with too many packets"));
	assert_non_null(strstr(none, "           2  flows met it"));
	assert_non_null(strstr(none, "           1  flows ended early"));
	assert_non_null(strstr(none, "           1  times too many"));
	assert_non_null(strstr(none, "Beside that\n           7  flows that go the other way"));
	assert_80_columns(none);

	memset(&analysis, 0, sizeof(analysis));
	analysis.exact = true;
	analysis.mode = ANALYSIS_ONE_POINT;
	nothing = text_of(0, 1, false);
	assert_ptr_equal(strstr(nothing, "No packet with payload was judged.\n"), nothing);
	assert_null(strstr(nothing, "Not exact"));
	assert_null(strstr(nothing, "from > to"));

	analysis.mode = ANALYSIS_TWO_POINT;
	analysis.flows_reverse = 7;
	swapped = text_of(0, 2, false);
	assert_non_null(strstr(swapped, "are the captures swapped?\n"));
	assert_80_columns(swapped);

	analysis.flows_reverse = 0;
	analysis.lost = 8713;
	lost = text_of(0, 2, false);
	assert_ptr_equal(strstr(lost, "Of 8713 packets none was seen leaving the switch.\n"), lost);
	assert_non_null(strstr(lost, "8713  lost inside the switch"));

	fill(ANALYSIS_TWO_POINT);
	analysis.m.cut = 1;
	analysis.transit_ns = (struct hist){ 0 };
	hist_put(&analysis.transit_ns, 0, 8713);
	same = text_of(0, 2, false);
	assert_non_null(strstr(same, "Beside that\n           1  times too many"));
	assert_non_null(strstr(same, "Do both captures show the same point?\n"));

	fill(ANALYSIS_RANKS);
	ranks = text_of(1, 0, false);
	assert_ptr_equal(strstr(ranks, "34 of 8713 packets (0.39 %) are reordered.\n"), ranks);
	assert_non_null(strstr(ranks, "displaced by +3"));
	assert_80_columns(ranks);
}

static void test_bars(void **state)
{
	const uint64_t octave[64] = { [2] = 1, [4] = 1000, [63] = 10 };
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	text_bars(f, octave, 64, NULL);
	text_bars(f, octave, 0, NULL);
	fclose(f);
	assert_ptr_equal(strstr(text, "           4 -> 7 "), text);
	assert_non_null(strstr(text, "          1 |#                               |\n"));
	assert_non_null(strstr(text, "1000 |################################|\n"));
	assert_non_null(strstr(text, "9223372036854775808 -> 18446744073709551615 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits_schema),
		cmocka_unit_test(test_schema_refuses),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_distributions),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_upcalls),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_list_fails),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_flow_text),
		cmocka_unit_test(test_text_two),
		cmocka_unit_test(test_text_upcalls),
		cmocka_unit_test(test_text_top),
		cmocka_unit_test(test_text_one),
		cmocka_unit_test(test_text_says_no),
		cmocka_unit_test(test_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
