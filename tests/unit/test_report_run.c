// SPDX-License-Identifier: GPL-2.0
/*
 * test_report_run.c - a run as JSON, against its schema and back; as text
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/run.h"
#include "core/run_figures.h"
#include "core/scenario.h"
#include "core/utf8.h"
#include "core/util.h"
#include "report/json.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "tests/unit/schema.h"

static void fill_environment(struct run_environment *e)
{
	assert_int_equal(run_set(&e->version, "0.1.0"), 0);
	assert_int_equal(run_set(&e->lab, "default"), 0);
	assert_int_equal(run_set(&e->started_at, "2025-11-22T17:00:00Z"), 0);
	assert_int_equal(run_set(&e->switch_kind, "host"), 0);
	assert_int_equal(run_set(&e->datapath, "userspace"), 0);
	assert_int_equal(run_set(&e->accel, "tcg"), 0);
	assert_int_equal(run_set(&e->ovs_version, "3.1.0"), 0);
	assert_int_equal(run_set(&e->guest_kernel, "6.1.0-cloud-amd64"), 0);
	assert_int_equal(run_set(&e->offloads, "off"), 0);
	assert_int_equal(run_set(&e->setup.kernel, "6.12.1"), 0);
	assert_int_equal(run_set(&e->setup.dispatch, "per-cpu"), 0);
	assert_int_equal(run_set(&e->setup.ovs_source, "debian:trixie"), 0);
	assert_int_equal(run_add_string(&e->pinned, "sw=1"), 0);
	e->setup.handlers = 2;
	e->restored = true;
	e->vcpus = 1;
	e->memory_mib = 512;
	assert_int_equal(run_add_string(&e->flows, "priority=0 actions=NORMAL"), 0);
	assert_int_equal(run_add_string(&e->commands, "ovslab measure"), 0);
}

static void fill_reorder(struct reorder_result *r)
{
	static const uint8_t from[] = { 198, 18, 0, 1 }, to[] = { 198, 18, 0, 2 };
	struct reorder_flow *flow = calloc(2, sizeof(*flow));

	assert_non_null(flow);
	for (int i = 0; i < 2; i++) {
		memcpy(flow[i].key.saddr, from, 4);
		memcpy(flow[i].key.daddr, to, 4);
		flow[i].key.sport = (uint16_t)(40000 + i);
		flow[i].key.dport = 5201;
		flow[i].key.family = i ? 6 : 4;
		flow[i].key.proto = 6;
		flow[i].exact = true;
	}
	flow[0].first_psh = REORDER_PSH_LATE;
	flow[0].displacement = 18;
	flow[0].f.packets = 730;
	flow[0].f.reordered = 7;
	flow[1].first_psh = REORDER_PSH_IN_ORDER;
	flow[1].f.packets = 725;
	*r = (struct reorder_result){
		.exact = true, .flows = 2, .flows_reordered = 1, .psh_flows = 2,
		.psh_late = 1, .psh_max_displacement = 18, .flow = flow,
		.f = { .packets = 1455, .reordered = 7, .movers = 2, .retransmitted = 3,
		       .lost = 1, .lost_bytes = 1448, .ingress_packets = 1456,
		       .egress_packets = 1455, .ingress_wire_packets = 1456,
		       .egress_wire_packets = 1455, .ingress_bytes = 2097152,
		       .egress_bytes = 2095704, .ingress_psh = 51, .egress_psh = 50 },
	};
	for (uint64_t extent = 1; extent <= 5; extent++)
		reorder_hist_add(&r->f.extent, extent);
	reorder_hist_add(&r->f.extent, 18);
	reorder_hist_add(&r->f.extent, 19);
}

static void fill_events(struct run *run)
{
	run->events = (struct run_events){
		.recorded = 40, .dropped = 1, .flows_saturated = 2, .listed = true,
		.in = { 1456, 1456, 2097152, 51, 3, 2 },
		.out = { 1455, 1455, 2095704, 50, 10, 2 },
	};
	run->who = (struct attribution){
		.known = true, .by = ATTRIBUTE_LOG, .packets = { 39, 81, 3, 27997 }, .flows = { 1, 0, 0, 1 },
		.upcalls = { .known = true, .late = { 6, 3, 1, 1445 }, .moved = { 2, 7, 0, 1446 },
			     .flows = { 1, 1, 0, 0 } },
		.list = calloc(2, sizeof(*run->who.list)), .n_list = 2, .omitted = 4,
	};
	run->upcalls = (struct run_upcalls){ .total = 12, .actions = 2 };
	assert_non_null(run->who.list);
	run->who.list[0] = (struct attribute_event){ 0, 1448, 2896, 1, 5000, 2, 70, 2, true,
						     true, true, true, true };
	run->who.list[1] = (struct attribute_event){ 1, 0, 100, 1, 6000, 0, 0, -3, false,
						     true, false, false, false };
}

static void fill(struct run *run)
{
	const struct mangle_counters counters = { .seen = 1456, .eligible = 1400, .already = 51,
						  .mangled = 140, .connections = 2, .untracked = 4 };

	*run = (struct run){ .throughput_bps = 341.2e6 };
	fill_environment(&run->env);
	fill_reorder(&run->reorder);
	fill_events(run);
	assert_int_equal(run_set(&run->traffic.kind, "conns"), 0);
	run->traffic.connections = 2;
	run->traffic.bytes = 1 << 20;
	run->traffic.seconds = 1.25;
	assert_int_equal(run_add_interval(run, (struct run_interval){ 0, 1, 3e8 }), 0);
	assert_int_equal(run_add_interval(run, (struct run_interval){ 1, .25, 4e8 }), 0);
	assert_int_equal(run_add_injection(run, "psh", "vm1:egress", "psh --ratio 10",
					   &counters), 0);
	run->injections[0].logs = true;
	run->injections[0].logged = 138;
	run->injections[0].logged_lost = 2;
	assert_int_equal(run_add_counter(&run->tcp_sender, "TcpRetransSegs", 3), 0);
	assert_int_equal(run_add_counter(&run->tcp_sender, "TcpOutSegs", 0), 0);
	assert_int_equal(run_add_counter(&run->tcp_receiver, "TcpExtTCPOFOQueue", 7), 0);
	run->sw = (struct run_switch){ .known = true, .hit = 9, .missed = 2, .upcalls = 2 };
	assert_int_equal(run_add_counter(&run->sw.coverage, "packet_in", -1), 0);
	assert_int_equal(run_add_note(run, "one %s", "note"), 0);
	assert_int_equal(run_add_string(&run->also_injected, "vm1:egress: bpf x.c"), 0);
	run_judge(run);
}

static json_t *schema(void)
{
	json_t *s = json_load_file("docs/schemas/run.json", 0, NULL);

	assert_non_null(s);
	return s;
}

/* ---- JSON ---------------------------------------------------------------- */

static void test_fits_schema(void **state)
{
	_cleanup_json_ json_t *rules = schema(), *doc = NULL, *empty = NULL;
	struct run run, nothing = { 0 };

	fill(&run);
	doc = run_to_json(&run);
	assert_non_null(doc);
	assert_true(schema_fits(rules, rules, doc, "run"));
	empty = run_to_json(&nothing);
	assert_true(schema_fits(rules, rules, empty, "empty run"));
	run_free(&run);
}

/* The check itself must be able to fail. */
static void test_schema_refuses(void **state)
{
	_cleanup_json_ json_t *rules = schema(), *doc = NULL;
	json_t *reorder;
	struct run run;

	fill(&run);
	doc = run_to_json(&run);
	run_free(&run);
	reorder = json_object_get(doc, "reorder");
	assert_int_equal(json_object_set_new(reorder, "packets", json_string("7")), 0);
	assert_false(schema_fits(rules, rules, doc, "wrong type"));
	assert_int_equal(json_object_set_new(reorder, "packets", json_integer(-7)), 0);
	assert_false(schema_fits(rules, rules, doc, "negative"));
	assert_int_equal(json_object_del(reorder, "packets"), 0);
	assert_false(schema_fits(rules, rules, doc, "missing"));
}

static const json_t *at(const json_t *doc, const char *a, const char *b)
{
	const json_t *v = json_object_get(doc, a);

	return b ? json_object_get(v, b) : v;
}

/* The names that others rely on. */
static void test_names(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	const json_t *injection;
	struct run run;

	fill(&run);
	doc = run_to_json(&run);
	assert_string_equal(json_object_iter_key(json_object_iter(doc)), "schema");
	assert_string_equal(json_string_value(at(doc, "schema", NULL)), "ovslab.run/1");
	assert_string_equal(json_string_value(at(doc, "datapath", NULL)), "userspace");
	assert_string_equal(json_string_value(at(doc, "accel", NULL)), "tcg");
	assert_string_equal(json_string_value(at(doc, "status", NULL)), "ok");
	assert_float_equal(json_number_value(at(doc, "throughput_bps", NULL)), 341.2e6, 1);
	assert_int_equal(json_integer_value(at(doc, "reorder", "packets")), 1455);
	assert_int_equal(json_integer_value(at(doc, "reorder", "reordered")), 7);
	assert_float_equal(json_number_value(at(doc, "reorder", "ratio")), 7 / 1455.0, 1e-9);
	assert_int_equal(json_integer_value(at(doc, "reorder", "flows")), 2);
	assert_int_equal(json_integer_value(at(doc, "reorder", "flows_reordered")), 1);
	assert_int_equal(json_integer_value(at(doc, "reorder", "retransmitted")), 3);
	assert_int_equal(json_integer_value(at(doc, "reorder", "lost")), 1);
	assert_int_equal(json_integer_value(at(at(doc, "reorder", NULL), "extent", "max")),
			 19);
	assert_float_equal(json_number_value(at(doc, "psh_share", "ingress")), 51 / 1456.0,
			   1e-9);
	assert_float_equal(json_number_value(at(doc, "psh_share", "egress")), 50 / 1455.0,
			   1e-9);
	assert_int_equal(json_integer_value(at(doc, "events", "dropped")), 1);
	assert_true(json_is_true(at(doc, "events", "saturated")));
	assert_int_equal(json_array_size(at(doc, "events", "list")), 2);
	assert_int_equal(json_integer_value(at(at(doc, "attribution", NULL), "packets",
					       "mangled_moved")), 39);
	assert_string_equal(json_string_value(at(doc, "attribution", "by")), "log");
	assert_true(json_is_true(json_object_get(json_array_get(at(doc, "events", "list"), 0),
						 "mangled")));
	injection = json_array_get(at(doc, "injections", NULL), 0);
	assert_string_equal(json_string_value(at(injection, "kind", NULL)), "psh");
	assert_string_equal(json_string_value(at(injection, "place", NULL)), "vm1:egress");
	assert_int_equal(json_integer_value(at(injection, "seen", NULL)), 1456);
	assert_int_equal(json_integer_value(at(injection, "mangled", NULL)), 140);
	assert_int_equal(json_integer_value(at(injection, "connections", NULL)), 2);
	assert_int_equal(json_integer_value(at(injection, "logged", NULL)), 138);
	assert_int_equal(json_integer_value(at(injection, "logged_lost", NULL)), 2);
	run_free(&run);
}

/* Written, read and written again: the same text. */
static void test_round_trip(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL;
	size_t n;
	FILE *f = open_memstream(&first, &n);
	struct run run, back;

	fill(&run);
	assert_int_equal(run_write(f, &run), 0);
	fclose(f);
	f = fmemopen(first, n, "r");
	assert_int_equal(run_read(f, &back, NULL), 0);
	fclose(f);
	f = open_memstream(&second, &n);
	assert_int_equal(run_write(f, &back), 0);
	fclose(f);
	assert_string_equal(first, second);
	assert_int_equal(back.reorder.flow[1].key.family, 6);
	assert_memory_equal(&back.reorder.f, &run.reorder.f, sizeof(run.reorder.f));
	assert_memory_equal(&back.who.upcalls, &run.who.upcalls, sizeof(run.who.upcalls));
	assert_true(back.who.list[0].upcalled && !back.who.list[1].upcalled);
	run_free(&run);
	run_free(&back);
}

/* As 'measure --traffic bursts' leaves it. */
static void fill_bursts(struct run *run)
{
	fill(run);
	assert_int_equal(run_set(&run->traffic.kind, "bursts"), 0);
	assert_int_equal(run_set(&run->traffic.stall, "vswitchd"), 0);
	run->traffic.cycles = 10;
	run->traffic.flows = 2;
	run->traffic.packets = 100;
	run->traffic.payload_bytes = 64;
	run->reorder.source = REORDER_BY_CAPTURE;
	run->reorder.flow[0].key.proto = run->reorder.flow[1].key.proto = 17;
	assert_int_equal(run_set(&run->env.switch_kind, "vm"), 0);
	assert_int_equal(run_add_string(&run->env.placed, "irq=0"), 0);
	assert_int_equal(run_add_string(&run->env.placed, "handlers=1,0"), 0);
	assert_int_equal(run_add_string(&run->env.cpus, "to-vm1=0"), 0);
	assert_int_equal(run_add_string(&run->env.cpus, "handler1=1"), 0);
	assert_int_equal(run_add_string(&run->env.prepared, "flush-conntrack"), 0);
}

static void test_bursts_round_trip(void **state)
{
	_cleanup_json_ json_t *rules = schema(), *doc = NULL, *again = NULL;
	struct run run, back;

	fill_bursts(&run);
	doc = run_to_json(&run);
	assert_true(schema_fits(rules, rules, doc, "bursts"));
	assert_int_equal(run_from_json(doc, &back, NULL), 0);
	again = run_to_json(&back);
	assert_true(json_equal(doc, again));
	assert_int_equal(back.reorder.source, REORDER_BY_CAPTURE);
	assert_int_equal(back.reorder.flow[1].key.proto, 17);
	assert_int_equal(back.traffic.packets, 100);
	assert_int_equal(back.env.cpus.n, 2);
	run_free(&run);
	run_free(&back);
}

/* Members that runs of before did not have. */
static void test_before_bursts(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	struct run run, back;

	fill(&run);
	doc = run_to_json(&run);
	json_object_del(json_object_get(doc, "traffic"), "bursts");
	json_object_del(json_object_get(doc, "reorder"), "source");
	for (const char *const *name = (const char *const[]){ "placed", "cpus", "before_run", NULL };
	     *name; name++)
		json_object_del(json_object_get(doc, "environment"), *name);
	json_object_del(json_array_get(json_object_get(json_object_get(doc, "reorder"), "per_flow"), 0),
			"protocol");
	assert_int_equal(run_from_json(doc, &back, NULL), 0);
	assert_int_equal(back.reorder.source, REORDER_BY_PROBES);
	assert_int_equal(back.reorder.flow[0].key.proto, 6);
	assert_int_equal(back.traffic.cycles, 0);
	run_free(&run);
	run_free(&back);
}

static void test_bursts_text(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run run;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	fill_bursts(&run);
	assert_int_equal(run_print_text(f, &run, false, false), 0);
	fclose(f);
	assert_non_null(strstr(text, "10 UDP bursts of 200 packets in 2 new flows, 64 B each, vswitchd "
			       "stopped meanwhile; before it: flush-conntrack\n"));
	assert_non_null(strstr(text, "in 1 of 2 flows.\nCounted from captures on both taps.\n"));
	assert_non_null(strstr(text, "asked: irq=0 handlers=1,0; CPUs: to-vm1=0 handler1=1\n"));
	assert_null(strstr(text, "Throughput"));
	assert_null(strstr(text, "first PSH"));
	run_free(&run);
}

/* ---- figures by the names of scenarios --------------------------------------- */

/* Each figure another number. */
static void fill_figures(struct run *run)
{
	fill(run);
	run->reorder.f.reordered = 101;
	run->reorder.f.movers = 102;
	run->reorder.flows_reordered = 2;
	run->reorder.psh_late = 40;
	run->reorder.psh_early = 63;
	run->reorder.f.lost = 104;
	run->reorder.f.retransmitted = 105;
	run->sw.missed = 106;
	run->sw.lost = 107;
	run->openflow.cookie_packets = 108;
	run->connect = (struct run_connect){ 565, 111, 112, 113, 114, 115 };
	run->transit = (struct run_transit){
		.all = { 2000, 210, 211, 212 }, .split = true, .untold = 7,
		.upcalled = { 93, 310, 311, 312 }, .direct = { 1900, 110, 111, 113 } };
}

static const json_t *at_path(const json_t *doc, const char *path)
{
	char step[40];

	while (doc && *path) {
		size_t len = strcspn(path, ".");

		snprintf(step, sizeof(step), "%.*s", (int)len, path);
		doc = json_object_get(doc, step);
		path += len + (path[len] == '.');
	}
	return doc;
}

static void test_figures(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	struct run run;

	fill_figures(&run);
	doc = run_to_json(&run);
	for (unsigned int i = 0; scenario_metrics[i].name; i++) {
		const json_t *number = at_path(doc, scenario_metrics[i].path);
		double figure = run_figure(&run, i);

		if (!json_is_number(number) || figure != json_number_value(number))
			fail_msg("%s: %s", scenario_metrics[i].name, scenario_metrics[i].path);
		for (unsigned int k = 0; k < i; k++)
			assert_true(run_figure(&run, k) != figure);
	}
	run_free(&run);
}

static void test_connect_round_trip(void **state)
{
	_cleanup_json_ json_t *rules = schema(), *doc = NULL, *again = NULL;
	struct run run, back;

	fill_figures(&run);
	assert_int_equal(run_set(&run.traffic.kind, "connect"), 0);
	run.traffic.port = 22;
	run.traffic.attempts = 565;
	run.traffic.limit_s = 2;
	run.traffic.ipv6 = true;
	doc = run_to_json(&run);
	assert_true(schema_fits(rules, rules, doc, "connect"));
	assert_int_equal(run_from_json(doc, &back, NULL), 0);
	again = run_to_json(&back);
	assert_true(json_equal(doc, again));
	assert_memory_equal(&back.transit, &run.transit, sizeof(run.transit));
	assert_memory_equal(&back.connect, &run.connect, sizeof(run.connect));
	assert_int_equal(back.traffic.port, 22);
	assert_true(back.traffic.ipv6);
	assert_int_equal(back.openflow.cookie_packets, 108);
	run_free(&run);
	run_free(&back);
}

/* As 'measure --traffic connect' leaves it. */
static void test_connect_text(void **state)
{
	struct run run = { .traffic = { .port = 22, .attempts = 10, .limit_s = 2, .ipv6 = true },
			   .connect = { .attempts = 10, .connected = 1, .unreachable = 7, .other = 2 } };
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(run_set(&run.traffic.kind, "connect"), 0);
	assert_int_equal(run_print_text(f, &run, false, false), 0);
	fclose(f);
	assert_non_null(strstr(text, "10 TCP connections to port 22, opened and closed one after the "
			       "other, IPv6\n"));
	assert_non_null(strstr(text, "1 of 10 connections to port 22 was established.\n"));
	assert_non_null(strstr(text, "7  unreachable: ended by an ICMP error\n"));
	assert_non_null(strstr(text, "2  ended by another error\n"));
	assert_null(strstr(text, "refused"));
	assert_null(strstr(text, "reordered"));
	assert_null(strstr(text, "Throughput"));
	run_free(&run);
}

/* Members that runs of before did not have. */
static void test_before_connect(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	struct run run, back;

	fill(&run);
	doc = run_to_json(&run);
	json_object_del(json_object_get(doc, "traffic"), "connect");
	json_object_del(json_object_get(doc, "traffic"), "ip");
	json_object_del(doc, "openflow");
	json_object_del(doc, "transit_ns");
	json_object_del(doc, "connect");
	assert_int_equal(run_from_json(doc, &back, NULL), 0);
	assert_int_equal(back.connect.attempts, 0);
	run_free(&run);
	run_free(&back);
}

struct spoil {
	const char *path;		/* "a.b": member to replace; NULL value removes */
	const char *value;
	const char *says;		/* part of the message */
};

static void spoil(json_t *doc, const struct spoil *s)
{
	_cleanup_free_ char *path = strdup(s->path);
	char *dot = strchr(path, '.'), *leaf = path;
	json_t *value = s->value ? json_loads(s->value, JSON_DECODE_ANY, NULL) : NULL;

	if (dot) {
		*dot = '\0';
		doc = json_object_get(doc, path);
		leaf = dot + 1;
	}
	if (json_is_array(doc)) {		/* of its first entry */
		doc = json_array_get(doc, 0);
	}
	assert_int_equal(value ? json_object_set_new(doc, leaf, value) :
			 json_object_del(doc, leaf), 0);
}

static void test_strangers(void **state)
{
	static const struct spoil spoils[] = {
		{ "schema", "\"ovslab.run/9\"", "schema" },
		{ "schema", NULL, "schema" },
		{ "status", "\"fine\"", "status" },
		{ "accel", "7", "accel" },
		{ "datapath", "\"\\u001b[31m\"", "datapath" },
		{ "notes", "[\"\\u001b]0;x\"]", "notes" },
		{ "notes", "{}", "notes" },
		{ "also_injected", "[7]", "also_injected" },
		{ "notes", "[7]", "notes" },
		{ "throughput_bps", "-1", "throughput_bps" },
		{ "throughput_bps", "\"fast\"", "throughput_bps" },
		{ "reorder", "[]", "reorder" },
		{ "reorder.packets", "-1", "packets" },
		{ "reorder.packets", "1.5", "packets" },
		{ "reorder.flows", "3", "flows" },
		{ "reorder.flows", "4000000000000", "flows" },
		{ "reorder.per_flow", NULL, "per_flow" },
		{ "reorder.per_flow", "[{}, {}]", "per_flow" },
		{ "reorder.extent", "{}", "extent" },
		{ "reorder.extent", "{\"max\":1,\"packets\":1,\"sum\":1,"
				    "\"buckets\":[{\"from\":3,\"packets\":1}]}", "bucket" },
		{ "reorder.source", "\"guess\"", "source" },
		{ "traffic.bursts", "{}", "cycles" },
		{ "traffic.bursts", "7", "bursts" },
		{ "traffic.connect", "{}", "port" },
		{ "connect", "{}", "attempts" },
		{ "connect", "[]", "connect" },
		{ "transit_ns", "{}", "packets" },
		{ "transit_ns", "{\"packets\":1,\"p50\":-1,\"p99\":1,\"max\":1}", "p50" },
		{ "transit_ns", "{\"packets\":1,\"p50\":1,\"p99\":1,\"max\":1,\"upcalled\":7}", "upcalled" },
		{ "transit_ns", "{\"packets\":1,\"p50\":1,\"p99\":1,\"max\":1,\"upcalled\":"
				"{\"packets\":1,\"p50\":1,\"p99\":1,\"max\":1}}", "untold" },
		{ "openflow", "{}", "cookie_packets" },
		{ "openflow.cookie_packets", "-1", "cookie_packets" },
		{ "events", "{}", "events" },
		{ "events.dropped", "-1", "dropped" },
		{ "events.ingress", "7", "ingress" },
		{ "events.omitted", "null", "omitted" },
		{ "events.list", "7", "list" },
		{ "events.list", "[{}]", "events" },
		{ "attribution", "[]", "attribution" },
		{ "attribution.packets", "{}", "packets" },
		{ "attribution.flows", "{\"mangled_moved\": 1.5}", "mangled_moved" },
		{ "injections", "[[]]", "injection" },
		{ "injections.mangled", NULL, "mangled" },
		{ "tcp.sender", "{\"x\": \"y\"}", "sender" },
		{ "switch_counters.known", "1", "known" },
		{ "throughput_intervals", "[null]", "interval" },
		{ "environment", NULL, "environment" },
		{ "upcalls.lost", "-1", "lost" },
		{ "upcalls.moved", "null", "moved" },
		{ "upcalls.late", "{}", "upcalled_late" },
	};
	_cleanup_json_ json_t *good = NULL;
	struct run run;

	fill(&run);
	good = run_to_json(&run);
	run_free(&run);
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		_cleanup_json_ json_t *doc = json_deep_copy(good);
		struct err err = { 0 };

		spoil(doc, &spoils[i]);
		assert_int_equal(run_from_json(doc, &run, &err), -EBADMSG);
		assert_int_equal(err.status, STATUS_USAGE);
		if (!strstr(err.msg, spoils[i].says))
			fail_msg("%s: %s", spoils[i].path, err.msg);
		err_reset(&err);
	}
}

/* Any start of a document, and any one bad byte in it, is refused or read. */
static void test_damage(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	struct run run;

	fill(&run);
	assert_int_equal(run_write(f, &run), 0);
	fclose(f);
	run_free(&run);
	for (size_t i = 1; i + 2 < n; i += 7) {
		char was = text[i];

		f = fmemopen(text, i, "r");
		assert_int_equal(run_read(f, &run, NULL), -EBADMSG);
		fclose(f);
		text[i] = (char)0xff;
		f = fmemopen(text, n, "r");
		assert_int_equal(run_read(f, &run, NULL), -EBADMSG);
		fclose(f);
		text[i] = was;
	}
}

static void test_limits(void **state)
{
	char text[] = "{\"a\": 1, \"a\": 2}";
	FILE *f = fmemopen(text, sizeof(text) - 1, "r");
	json_t *doc = NULL;

	assert_int_equal(json_load_limited(f, 100, &doc, NULL), -EBADMSG);
	fclose(f);
	f = fmemopen(text, sizeof(text) - 1, "r");
	assert_int_equal(json_load_limited(f, 10, &doc, NULL), -EFBIG);
	fclose(f);
	assert_null(doc);
}

/* Texts of tools are not trusted either. */
static void test_clean(void **state)
{
	_cleanup_json_ json_t *j = json_clean("a\033[31m\xff ü\n\xc2\x9b" "1m");

	assert_string_equal(json_string_value(j), "a?[31m? ü\n??1m");
	assert_false(json_text_ok("\xe2\x80\xae"));
	assert_false(json_text_ok("\xc0\xaf"));
	assert_true(json_text_ok("plain\tü\n"));
}

/* ---- status -------------------------------------------------------------- */

static void test_judge(void **state)
{
	const struct mangle_counters none = { .seen = 9, .eligible = 9 };
	const struct mangle_counters cleared = { .seen = 9, .cleared = 3 };
	struct run run;

	fill(&run);
	assert_int_equal(run.status, RUN_OK);
	assert_int_equal(run_add_injection(&run, "psh", "vm1:egress", "psh --clear",
					   &cleared), 0);
	run_judge(&run);
	assert_int_equal(run.status, RUN_OK);
	assert_int_equal(run_add_injection(&run, "ttl", "tap-vm2:xdp", "ttl", &none), 0);
	run_judge(&run);
	assert_int_equal(run.status, RUN_MANGLED_NOTHING);
	run_free(&run);
	run_judge(&run);
	assert_int_equal(run.status, RUN_NO_TRAFFIC);
}

/* What the switch lost entered it; a connection that is only opened has no data. */
static void test_judge_traffic(void **state)
{
	struct run run = { .reorder.f = { .lost = 9, .ingress_packets = 9 } };

	run_judge(&run);
	assert_int_equal(run.status, RUN_OK);
	run.reorder.f = (struct reorder_figures){ .egress_packets = 9 };
	run_judge(&run);
	assert_int_equal(run.status, RUN_NO_TRAFFIC);
	run = (struct run){ .connect = { .attempts = 3, .timed_out = 3 } };
	run_judge(&run);
	assert_int_equal(run.status, RUN_OK);
}

/* ---- text ---------------------------------------------------------------- */

static char *text_of(const struct run *run, bool colour)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(run_print_text(f, run, true, colour), 0);
	fclose(f);
	return text;
}

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

static void test_text(void **state)
{
	_cleanup_free_ char *text = NULL, *coloured = NULL;
	struct run run;

	fill(&run);
	text = text_of(&run, false);
	coloured = text_of(&run, true);
	run_free(&run);
	assert_80_columns(text);
	assert_null(strchr(text, '\033'));
	assert_non_null(strchr(coloured, '\033'));
	assert_ptr_equal(strstr(text, "TCG"), text);
	assert_non_null(strstr(text, "The switch reordered 7 of 1455 packets (0.48 %), "
			       "in 1 of 2 connections."));
	assert_non_null(strstr(text, "moved in 1 of 2 connections:\n1 late, 0 early, by 18"));
	assert_non_null(strstr(text, "Packets in the log moved: 39 of 120; others: 3 of 28000\n"
			       "(Fisher's exact test: p < 1e-9)."));
	assert_non_null(strstr(text, "Of 7 late packets, 6 had gone through vswitchd (an upcall).\n"
			       "Upcalled packets late: 6 of 9; others: 1 of 1446\n"
			       "(Fisher's exact test: p < 1e-9)."));
	assert_non_null(strstr(text, "16 -> 31"));
	assert_non_null(strstr(text, "psh --ratio 10"));
	assert_non_null(strstr(text, "TcpExtTCPOFOQueue"));
	assert_null(strstr(text, "TcpOutSegs"));
	assert_non_null(strstr(text, "341 Mb/s"));
	assert_null(strstr(text, "changed nothing"));
}

static void test_text_of_vm(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run run;

	fill(&run);
	assert_int_equal(run_set(&run.env.switch_kind, "vm"), 0);
	run.env.setup.vcpus = 2;
	text = text_of(&run, false);
	assert_non_null(strstr(text, "userspace datapath in a VM"));
	assert_non_null(strstr(text, "2 vCPUs"));
	assert_non_null(strstr(text, "upcalls per-cpu to 2 handlers"));
	assert_non_null(strstr(text, "pinned to CPUs: sw=1; started by restoring"));
	assert_non_null(strstr(text, "upcalls per connection: 1.0"));
	assert_80_columns(text);
	run_free(&run);
}

/* Of a switch that does not tell: null, and why. */
static void test_upcalls_not_known(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	_cleanup_free_ char *text = NULL;
	struct run run, back;
	const json_t *upcalls;

	fill(&run);
	run.who.upcalls = (struct attribute_upcalls){ 0 };
	run.upcalls = (struct run_upcalls){ 0 };
	assert_int_equal(run_set(&run.upcalls.why_not, "Linux 5.10 tells nothing"), 0);
	doc = run_to_json(&run);
	text = text_of(&run, false);
	run_free(&run);
	upcalls = json_object_get(doc, "upcalls");
	assert_true(json_is_null(json_object_get(upcalls, "late")));
	assert_null(strstr(text, "vswitchd"));
	assert_int_equal(run_from_json(doc, &back, NULL), 0);
	assert_false(back.who.upcalls.known);
	assert_string_equal(back.upcalls.why_not, "Linux 5.10 tells nothing");
	run_free(&back);
}

/* A file from before the switch could be a VM. */
static void test_older_file(void **state)
{
	_cleanup_json_ json_t *doc = NULL;
	struct run run, back;
	json_t *env, *injection;

	fill(&run);
	doc = run_to_json(&run);
	run_free(&run);
	env = json_object_get(doc, "environment");
	assert_int_equal(json_object_del(env, "switch"), 0);
	assert_int_equal(json_object_del(env, "pinned"), 0);
	assert_int_equal(json_object_del(env, "restored"), 0);
	assert_int_equal(json_object_del(doc, "events"), 0);
	assert_int_equal(json_object_del(doc, "attribution"), 0);
	assert_int_equal(json_object_del(doc, "upcalls"), 0);
	injection = json_array_get(json_object_get(doc, "injections"), 0);
	assert_int_equal(json_object_del(injection, "failed"), 0);
	assert_int_equal(json_object_del(injection, "logged"), 0);
	assert_int_equal(run_from_json(doc, &back, NULL), 0);
	assert_null(back.env.setup.kernel);
	assert_false(back.env.restored);
	assert_false(back.who.known || back.events.listed || back.who.upcalls.known);
	run_free(&back);
}

static void test_text_says_no(void **state)
{
	const struct mangle_counters none = { .seen = 9 };
	_cleanup_free_ char *text = NULL, *empty = NULL;
	struct run run, nothing = { 0 };

	fill(&run);
	assert_int_equal(run_add_injection(&run, "ttl", "tap-vm2:xdp", "ttl", &none), 0);
	run_judge(&run);
	run.reorder.exact = false;
	assert_int_equal(run_add_note(&run, "bad \033[2J end"), 0);
	text = text_of(&run, false);
	assert_non_null(strstr(text, "changed nothing"));
	assert_non_null(strstr(text, "Not exact"));
	assert_null(strchr(text, '\033'));
	run_free(&run);
	run_judge(&nothing);
	empty = text_of(&nothing, false);
	assert_non_null(strstr(empty, "No data packet entered the switch"));
	assert_non_null(strstr(empty, "Nothing was injected"));
}

static void test_compare(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run run;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	fill(&run);
	const struct run_named runs[] = {
		{ "plain flows", &run }, { "natural PSH", &run },
		{ "psh --ratio 10", &run }, { "seventeen columns", &run },
	};

	assert_int_equal(run_compare_text(f, runs, ARRAY_SIZE(runs), false), 0);
	fclose(f);
	run_free(&run);
	assert_80_columns(text);
	assert_non_null(strstr(text, "seventeen columns"));
	assert_non_null(strstr(text, " 7/1455 "));
	assert_non_null(strstr(text, " 1/2 "));
	assert_non_null(strstr(text, " 18 "));
	assert_non_null(strstr(text, " 1.0 "));		/* 2 upcalls of 2 connections */
	assert_non_null(strstr(text, "3.5 %"));
	assert_non_null(strstr(text, "341 Mb/s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits_schema),
		cmocka_unit_test(test_schema_refuses),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_upcalls_not_known),
		cmocka_unit_test(test_bursts_round_trip),
		cmocka_unit_test(test_before_bursts),
		cmocka_unit_test(test_bursts_text),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_connect_round_trip),
		cmocka_unit_test(test_before_connect),
		cmocka_unit_test(test_connect_text),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_traffic),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_vm),
		cmocka_unit_test(test_older_file),
		cmocka_unit_test(test_text_says_no),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
