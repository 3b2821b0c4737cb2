// SPDX-License-Identifier: GPL-2.0
/*
 * test_scenario.c - scenario files: what is wrong with bad ones, word for word and at its
 * place; what is read from good ones; and that all that is made of the table agrees
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/mangle.h"
#include "core/scenario.h"
#include "core/util.h"
#include "core/ytree.h"
#include "host/scenario_file.h"
#include "schema.h"

/* The least that a scenario has; what is under test follows or precedes it. */
#define HEAD "ovslab-scenario: 1\nname: x\nsummary: y\n"
#define CONNS "traffic: { kind: conns }\n"
#define BURSTS "traffic: { kind: bursts }\n"
#define VM "bench: { switch: vm, datapath: kernel }\n"
#define COOKIE "variants: { baseline: { openflow: [\"cookie=1,actions=drop\"] }, fixed: {} }\n"
#define TWO "variants: { baseline: {}, fixed: { bench: { ovs: sid } } }\n"

static struct mistakes m;

static struct scenario *read_text(const char *text)
{
	struct scenario *s;
	char *copy = malloc(strlen(text));	/* so that the sanitizer knows the end */

	memset(&m, 0, sizeof(m));
	memcpy(copy, text, strlen(text));
	scenario_read(copy, strlen(text), &s, &m);
	free(copy);
	return s;
}

/* ---- bad files ------------------------------------------------------------------------- */

static const struct bad {
	const char *text, *says;
} bad[] = {
	/* syntax */
	{ "", "1:1: the file is empty: 'ovslab init' writes one to begin with" },
	{ "# nothing\n", "1:1: the file is empty: 'ovslab init' writes one to begin with" },
	{ "- a\n", "1:1: this is no scenario, which begins with 'ovslab-scenario: 1' on a line of its own" },
	{ HEAD "traffic:\n\tkind: conns\n",
	  "5:1: no value begins so: indent with blanks, not with tabs, and put the text in quotes" },
	{ HEAD "about: a: b\n" CONNS,
	  "4:9: a ':' where no key can be: put the text in quotes, or correct the line's indentation" },
	{ HEAD " about: z\n" CONNS,
	  "4:7: a ':' where no key can be: put the text in quotes, or correct the line's indentation" },
	{ HEAD "openflow: [\n" CONNS, "6:1: a list in [ ] goes on with ',' or ends with ']' (it began at 4:11)" },
	{ HEAD "about: \"\n" CONNS, "6:1: the file ends before a quote is closed (it began at 4:8)" },
	{ HEAD CONNS "---\na: b\n", "5:1: a second document: a file has one scenario" },
	{ HEAD "about: \xff\n" CONNS,
	  "4:8: not text in UTF-8, or a control character: save the file as UTF-8" },
	{ HEAD "about: \x1b[2J\n" CONNS,
	  "4:8: not text in UTF-8, or a control character: save the file as UTF-8" },
	{ HEAD "about: \"a\\e[2J\"\n" CONNS, "4:8: a control character in a text: remove it" },
	{ HEAD "about: \"a\\0b\"\n" CONNS, "4:8: a control character in a text: remove it" },
	{ HEAD "about: \"\\u202e\"\n" CONNS, "4:8: a control character in a text: remove it" },
	{ HEAD "about: &a z\n" CONNS,
	  "4:8: an anchor ('&...'): remove it, and write out what it stands for" },
	{ HEAD "about: *a\n" CONNS,
	  "4:8: an alias ('*...'): write out what it stands for, or put the text in quotes" },
	{ HEAD "about: !!str z\n" CONNS,
	  "4:8: a tag ('!...'): remove it, or put the text in quotes" },
	{ HEAD "about: [[[[[[[[[[]]]]]]]]]]\n" CONNS,
	  "4:15: lists and maps are nested deeper than in any scenario" },
	{ HEAD "? [a]\n: b\n" CONNS,
	  "4:3: a key is a word, not a list or a map: put a text with [ ] or { } in quotes" },
	/* keys */
	{ HEAD "name: z\n" CONNS,
	  "4:1: key 'name' is here twice, on line 2 for the first time: keep one of them" },
	{ HEAD "opnflow: []\n" CONNS, "4:1: scenario: there is no key 'opnflow'; did you mean 'openflow'?" },
	{ HEAD "flows: []\n" CONNS, "4:1: scenario: there is no key 'flows': write openflow" },
	{ HEAD "bench: { ovs-kernel: sid }\n" CONNS, "4:10: bench: there is no key 'ovs-kernel': write kernel" },
	{ HEAD "score: { zzzzzz: 1, metric: lost }\n" TWO CONNS,
	  "4:10: score: there is no key 'zzzzzz'; there are metric, better" },
	{ HEAD "variants: { baseline: {}, fixed: { traffic: {} } }\n" CONNS,
	  "4:36: fixed: 'traffic' is the same for all variants: they differ in bench, ovs and openflow only" },
	{ HEAD "variants: { baseline: {} }\n" CONNS,
	  "4:11: variants: the key 'fixed' is missing: the side that is to be without it" },
	{ "name: x\nsummary: y\n" CONNS,
	  "1:1: scenario: the key 'ovslab-scenario' is missing: version of the format" },
	{ HEAD "traffic: {}\n", "4:10: traffic: the key 'kind' is missing: conns: many TCP connections of "
	  "one large write, to port 9000; bulk: iperf3, to port 5201; bursts: UDP, all flows of a cycle "
	  "at once; connect: TCP "
	  "connections that are opened and closed, each within 2 s" },
	/* single values */
	{ "ovslab-scenario: 2\nname: x\nsummary: y\n" CONNS,
	  "1:18: ovslab-scenario: '2' is not known here; this ovslab reads 1" },
	{ "ovslab-scenario: 1\nname: X y\nsummary: y\n" CONNS,
	  "2:7: name: 'X y' does not fit: write a name of a-z, 0-9 and '-'" },
	{ "ovslab-scenario: 1\nname: x\nsummary: |\n a\n b\n" CONNS,
	  "3:10: summary: this has to be one line, without tabs" },
	{ HEAD "about:\n" CONNS, "4:7: about: it has no value: give it one, or remove the key" },
	{ HEAD "about: []\n" CONNS, "4:8: about: this is a list: write text" },
	{ HEAD "bench: vm\n" CONNS, "4:8: bench: this is a map: write its keys on lines of their own, each "
	  "with ': ' and a value" },
	{ HEAD "openflow: \"actions=drop\"\n" CONNS, "4:11: openflow: this is a list: write each item on a "
	  "line that begins with '- ', or [ one, another ]" },
	{ HEAD "bench: { switch: hots }\n" CONNS,
	  "4:18: switch: there is no 'hots'; did you mean 'host'? It is one of: auto, host, vm" },
	{ HEAD "bench: { ovs: trixi }\n" CONNS, "4:15: ovs: there is no 'trixi'; did you mean 'trixie'? It is "
	  "one of: bullseye, bookworm, trixie, sid" },
	{ HEAD "bench: { ovs: \"dir:/root/ovs\" }\n" CONNS, "4:15: ovs: a file names no paths of the host and "
	  "no URLs: write 'own', and give it on the command line, --set ovs=dir:TREE" },
	{ HEAD "bench: { kernel: \"https://x/y\" }\n" CONNS, "4:18: kernel: a file names no paths of the host "
	  "and no URLs: write 'own', and give it on the command line, --set kernel=file:KERNEL,MODULES" },
	{ HEAD "bench: { switch-vcpus: 0 }\n" CONNS, "4:24: switch-vcpus: '0' is out of range: 1 to 64" },
	{ HEAD "bench: { switch-vcpus: two }\n" CONNS,
	  "4:24: switch-vcpus: 'two' does not fit: write a whole number" },
	{ HEAD "bench: { memory: 64M }\n" CONNS, "4:18: memory: '64M' is out of range: 128M to 1T" },
	{ HEAD "bench: { memory: 600000000 }\n" CONNS, "4:18: memory: '600000000' is no multiple of 1M" },
	{ HEAD "traffic: { kind: conns, bytes: 10s }\n",
	  "4:32: bytes: '10s' does not fit: write a size, such as 64K or 1MiB" },
	{ HEAD "traffic: { kind: bulk, seconds: 10MB }\n",
	  "4:33: seconds: '10MB' does not fit: write a time, such as 10s or 2m" },
	{ HEAD "placement: { qemu: { sw: 1- } }\n" CONNS,
	  "4:26: sw: '1-' does not fit: write CPUs, such as 0-1,3" },
	{ HEAD "openflow: [\"-O OpenFlow10 actions=drop\"]\n" CONNS,
	  "4:12: openflow: a flow begins with a word, such as priority=0" },
	{ HEAD "openflow: [\"priority=0\"]\n" CONNS,
	  "4:12: openflow: a flow ends with 'actions=...', and this has none" },
	{ HEAD "openflow: [\"priority=0\\nactions=drop\"]\n" CONNS,
	  "4:12: openflow: a flow is one line; the next one is an item of its own" },
	{ HEAD "ovs: { other_config: { dpdk-init: \"true\" } }\n" CONNS,
	  "4:24: other_config: there is no key 'dpdk-init'; there are n-handler-threads, "
	  "n-revalidator-threads, max-idle, max-revalidator, min-revalidate-pps, flow-limit, vlan-limit, "
	  "emc-insert-inv-prob, smc-enable" },
	{ HEAD "ovs: { other_config: { max-idle: 1h } }\n" CONNS,
	  "4:34: max-idle: '1h' does not fit: write a whole number" },
	{ HEAD "expect: [{ metric: lost, at-most: 5% }]\n" CONNS,
	  "4:35: at-most: '5%' does not fit: write a number, such as 100, 0.1 or 2.5M" },
	{ HEAD "expect: [{ metric: reorderd, at-most: 5 }]\n" CONNS, "4:20: metric: there is no 'reorderd'; "
	  "did you mean 'reordered'? It is one of: reordered, ratio, movers, flows_reordered, "
	  "first_psh_moved, lost, retransmitted, missed, upcalls_lost, flow_packets, connected, "
	  "unreachable, refused, timed_out, throughput_bps" },
	/* injections */
	{ HEAD "inject: [pshh]\n" CONNS, "4:10: inject: 'pshh' is no kind of mangler; did you mean 'psh'?" },
	{ HEAD "inject: [\"psh --ratio 0\"]\n" CONNS, NULL },
	{ HEAD "inject: [\"psh --at vm3:egress\"]\n" CONNS, "4:10: inject: --at: 'vm3:egress' is no place: "
	  "places are vm1:egress, vm1:ingress, vm1:xdp, tap-vm1:xdp, tap-vm1:egress, and those of vm2" },
	{ HEAD "inject: [\"ttl --at tap-vm1:ingress\"]\n" CONNS, "4:10: inject: --at: tap-vm1:ingress: "
	  MANGLE_NO_TAP_INGRESS },
	{ HEAD "inject: [\"psh --at\"]\n" CONNS, "4:10: inject: --at: no place after it" },
	{ HEAD "inject: [psh, \"psh --ratio 3 --at=vm1:egress\"]\n" CONNS,
	  "4:15: inject: psh at vm1:egress is here already, and would be replaced: keep one" },
	/* what does not go together */
	{ HEAD "bench: { switch: host, ovs: sid }\n" CONNS, "4:29: ovs: the switch is on the host, and this "
	  "is for one in a VM: remove it, or write switch: vm" },
	{ HEAD "bench: { datapath: userspace }\nplacement: { handlers: [1, 0] }\n" CONNS,
	  "5:24: handlers: the datapath is userspace, and this is for the kernel's: remove it, or write "
	  "datapath: kernel" },
	{ HEAD "bench: { datapath: userspace }\novs: { start: early }\n" CONNS, "5:15: start: the datapath is "
	  "userspace, and this is for the kernel's: remove it, or write datapath: kernel" },
	{ HEAD VM "ovs: { other_config: { emc-insert-inv-prob: 1 } }\n" CONNS, "5:45: emc-insert-inv-prob: "
	  "the datapath is not userspace, and this is for that one: remove it, or write datapath: userspace" },
	{ HEAD VM "placement: { irq: 2 }\n" CONNS, "5:19: placement: the switch has 2 CPUs (0 to 1), and no "
	  "CPU 2: raise bench: switch-vcpus, or choose another" },
	{ HEAD VM "placement: { handlers: [1, 4] }\n" CONNS, "5:28: placement: the switch has 2 CPUs (0 to "
	  "1), and no CPU 4: raise bench: switch-vcpus, or choose another" },
	{ HEAD VM "placement: { handlers: [1, 0, 1] }\n" CONNS,
	  "5:24: placement: a switch of 2 CPUs has 2 upcall handlers, and 3 are placed" },
	{ HEAD "traffic: { kind: conns, stall: vswitchd }\n", "4:32: stall: this is for kind: bursts, and the "
	  "traffic is conns: remove it, or change the kind" },
	{ HEAD "traffic: { kind: bulk, bytes: 1M }\n", "4:31: bytes: this is for kind: conns, and the traffic "
	  "is bulk: remove it, or change the kind" },
	{ HEAD "traffic: { kind: bursts, cycles: 1000, packets: 10000 }\n",
	  "4:10: traffic: cycles x flows x packets is 20000000, more than 1000000: lower one" },
	{ HEAD "traffic: { kind: conns, from: vm2 }\n", "4:10: traffic: from and to are the same node: write "
	  "from: vm1 and to: vm2, or the other way round" },
	{ HEAD "traffic: { kind: connect }\n", "4:10: traffic: kind: connect needs the key 'port'" },
	{ HEAD "before-run: [purge-megaflows, purge-megaflows]\n" CONNS,
	  "4:31: before-run: purge-megaflows is here twice" },
	{ HEAD "guests: { vm1: { reject: [{ proto: udp, port: 1, with: tcp-reset }] } }\n" CONNS,
	  "4:27: reject: tcp-reset is for proto: tcp" },
	/* variants */
	{ HEAD "variants: { baseline: {}, fixed: {} }\n" CONNS, "4:27: fixed: it differs in nothing from "
	  "'baseline': change its bench, ovs or openflow" },
	{ HEAD "bench: { ovs: sid }\nvariants: { baseline: {}, fixed: { bench: { ovs: \"debian:sid\" } } }\n" CONNS,
	  "5:27: fixed: it differs in nothing from 'baseline': change its bench, ovs or openflow" },
	{ HEAD TWO "matrix: { a: { bench: { ovs: sid } } }\n" CONNS,
	  "5:11: a: it differs in nothing from 'fixed': change its bench, ovs or openflow" },
	{ HEAD TWO "matrix: { fixed: { bench: { kernel: sid } } }\n" CONNS,
	  "5:11: matrix: 'fixed' is the name of a variant: choose another" },
	{ HEAD "matrix: { a: { bench: { ovs: sid } } }\n" CONNS,
	  "4:9: matrix: it extends variants, and there are none: add variants" },
	{ HEAD "variants: { baseline: {}, fixed: { bench: { vcpus: 2 } } }\n" CONNS, "4:52: vcpus: this is "
	  "the same for all variants: it stands in the scenario's own bench" },
	{ HEAD "variants: { baseline: {}, fixed: { bench: { switch: host, kernel: sid } } }\n" CONNS,
	  "4:67: kernel: in 'fixed', the switch is on the host, and this is for one in a VM: remove it, or "
	  "write switch: vm" },
	/* expectations */
	{ HEAD "expect: [{ metric: lost }]\n" CONNS,
	  "4:10: expect: nothing is expected of 'lost': add at-least or at-most" },
	{ HEAD "expect: [{ metric: lost, at-least: 2, at-most: 1 }]\n" CONNS,
	  "4:10: expect: at-least is more than at-most: nothing is both" },
	{ HEAD "expect: [{ metric: lost, at-most: 1.5 }]\n" CONNS, "4:10: expect: 'lost' is a count: write a "
	  "whole number, or at-most-ratio for a share of the baseline's" },
	{ HEAD "expect: [{ metric: ratio, at-most: 2 }]\n" CONNS, "4:10: expect: 'ratio' is a share: 0 to 1" },
	{ HEAD "expect: [{ metric: lost, at-most-ratio: 1 }]\n" CONNS,
	  "4:10: expect: a ratio is one to the baseline, and there are no variants" },
	{ HEAD TWO "expect: [{ metric: lost, variant: baseline, at-most-ratio: 1 }]\n" CONNS, "5:10: expect: a "
	  "ratio is one to the baseline, and this is the baseline: write at-least or at-most" },
	{ HEAD TWO "expect: [{ metric: lost, at-most: 1 }]\n" CONNS,
	  "5:10: expect: of which variant? Add variant: baseline, or variant: fixed" },
	{ HEAD TWO "expect: [{ metric: lost, variant: fixd, at-most: 1 }]\n" CONNS,
	  "5:35: variant: there is no 'fixd'; did you mean 'fixed'?" },
	{ HEAD "expect: [{ metric: lost, variant: fixed, at-most: 1 }]\n" CONNS,
	  "4:35: variant: the scenario has no variants: remove it, or add them" },
	{ HEAD "expect: [{ metric: connected, at-least: 1 }]\n" CONNS,
	  "4:20: metric: traffic of kind: conns has no 'connected'" },
	{ HEAD "expect: [{ metric: throughput_bps, at-least: 1M }]\n" BURSTS,
	  "4:20: metric: traffic of kind: bursts has no 'throughput_bps'" },
	{ HEAD "expect: [{ metric: flow_packets, at-least: 1 }]\nopenflow: [\"actions=NORMAL\"]\n" CONNS,
	  "4:20: metric: 'flow_packets' counts what flows with a cookie saw, and the openflow has none: "
	  "write cookie=1,... before the flow that is meant" },
	{ HEAD COOKIE "expect: [{ metric: flow_packets, variant: fixed, at-most: 1 }]\n" CONNS,
	  "5:20: metric: 'flow_packets' counts what flows with a cookie saw, and 'fixed' has none: "
	  "write cookie=1,... before the flow that is meant" },
	{ HEAD COOKIE "expect: [{ metric: flow_packets, variant: a, at-most-ratio: 1 }]\n"
	  "matrix: { a: { openflow: [\"cookie=2,actions=drop\"] } }\n"
	  "score: { metric: flow_packets, better: less }\n" CONNS,
	  "7:18: metric: 'flow_packets' counts what flows with a cookie saw, and 'fixed' has none: "
	  "write cookie=1,... before the flow that is meant" },
	{ HEAD "score: { metric: lost }\n" CONNS,
	  "4:8: score: 'validate' compares variants, and there are none: add variants, or remove it" },
	{ HEAD TWO "score: { metric: throughput_bps }\n" CONNS,
	  "5:8: score: 'throughput_bps' is no count: throughput has a verdict of its own" },
	{ HEAD TWO "score: { metric: flow_packets }\nopenflow: [\"cookie=1,actions=NORMAL\"]\n" CONNS,
	  "5:8: score: is more or less of 'flow_packets' better? Add better: more, or better: less" },
};

static void test_bad(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct scenario *s = read_text(bad[i].text);
		char got[600];

		if (s || m.n != 1)
			print_message("%s", bad[i].text);
		assert_null(s);
		for (size_t k = 0; k < m.n && m.n > 1; k++)
			print_message("%u:%u: %s\n", m.v[k].line, m.v[k].column, m.v[k].text);
		assert_int_equal(m.n, 1);
		snprintf(got, sizeof(got), "%u:%u: %s", m.v[0].line, m.v[0].column, m.v[0].text);
		if (bad[i].says)
			assert_string_equal(got, bad[i].says);
	}
}

/* An expectation is of one cell: the others need no flows with a cookie. */
static void test_cookie_of_one(void **state)
{
	struct scenario *s = read_text(HEAD COOKIE CONNS
				       "expect: [{ metric: flow_packets, variant: baseline, at-least: 1 }]\n");

	assert_int_equal(m.n, 0);
	assert_non_null(s);
	scenario_free(s);
}

/* What a file that says nothing gets is what the page and the schema call the default. */
static void test_schema_defaults(void **state)
{
	struct scenario *said, *none = read_text(HEAD CONNS);
	json_t *schema = scenario_schema(), *traffic;

	assert_non_null(none);
	said = read_text(HEAD "traffic: { kind: conns, connections: 40, bytes: 1M, parallel: 1, to: vm2 }\n"
			 "bench: { switch-vcpus: 2, memory: 512M, wire: bridge }\novs: { start: ready }\n");
	assert_non_null(said);
	assert_memory_equal(&said->traffic, &none->traffic, sizeof(said->traffic));
	assert_memory_equal(&said->base.bench, &none->base.bench, sizeof(said->base.bench));
	traffic = json_object_get(json_object_get(schema, "properties"), "traffic");
	traffic = json_object_get(traffic, "properties");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(traffic, "connections"), "default")), 40);
	assert_string_equal(json_string_value(json_object_get(json_object_get(traffic, "bytes"), "default")), "1M");
	assert_string_equal(json_string_value(json_object_get(json_object_get(traffic, "to"), "default")), "vm2");
	assert_null(json_object_get(json_object_get(traffic, "kind"), "default"));
	assert_null(json_object_get(json_object_get(traffic, "port"), "default"));
	json_decref(schema);
	scenario_free(said);
	scenario_free(none);
}

/* A value of the mangler's own is told in its own words; that it is refused is enough. */
static void test_mangler_decides(void **state)
{
	assert_null(read_text(HEAD "inject: [\"psh --clear --clear-others\"]\n" CONNS));
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].line, 4);
	assert_int_equal(m.v[0].column, 10);
	assert_non_null(strstr(m.v[0].text, "--clear"));
}

/* All in one go, in the order of the file. */
static void test_many(void **state)
{
	static const struct { unsigned int line, column; } places[] = {
		{ 1, 18 }, { 2, 7 }, { 3, 1 }, { 4, 10 }, { 5, 12 }, { 6, 33 },
	};

	assert_null(read_text("ovslab-scenario: one\nname: Z\nsumary: y\nbench: { switsh: vm }\n"
			      "openflow: [\"x\"]\ntraffic: { kind: bulk, seconds: 1KB }\nsummary: z\n"));
	assert_int_equal(m.n, ARRAY_SIZE(places));
	for (size_t i = 0; i < m.n; i++) {
		assert_int_equal(m.v[i].line, places[i].line);
		assert_int_equal(m.v[i].column, places[i].column);
	}
}

/* What stands before broken syntax is looked at; what may stand behind is not missed. */
static void test_before_broken(void **state)
{
	assert_null(read_text("ovslab-scenario: 1\nnaem: x\nabout: a: b\n"));
	assert_int_equal(m.n, 2);
	assert_string_equal(m.v[0].text, "scenario: there is no key 'naem'; did you mean 'name'?");
	assert_int_equal(m.v[1].line, 3);
}

/* ---- bounds -------------------------------------------------------------------------------- */

static char *repeated(const char *head, const char *item, size_t n)
{
	char *text = malloc(strlen(head) + n * strlen(item) + 1), *end = text;

	end = stpcpy(end, head);
	for (size_t i = 0; i < n; i++)
		end = stpcpy(end, item);
	return text;
}

static void refused(char *text, const char *why)
{
	assert_null(read_text(text));
	assert_true(m.n > 0);
	assert_non_null(strstr(m.v[m.n - 1].text, why));
	free(text);
}

static void test_bounds(void **state)
{
	char key[32];
	char *text;

	refused(repeated(HEAD CONNS "about: |\n", " 0123456789abcdef\n", 70000), "more than 1048576 bytes");
	refused(repeated(HEAD CONNS "openflow: [", "a,", 20000), "more values than a scenario can have");
	refused(repeated(HEAD CONNS "openflow:\n", "- actions=drop\n", 257), "openflow: more than 256: remove");
	text = repeated(HEAD CONNS "matrix:\n", "", 300 * sizeof(key));
	text = realloc(text, strlen(text) + 300 * sizeof(key));
	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), " a%d: {}\n", i);
		strcat(text, key);
	}
	refused(text, "more than 256 keys in one map");
	assert_int_equal(m.n, 2);
	assert_string_equal(m.v[0].text, "matrix: more than 16: remove some");
}

static void test_many_mistakes(void **state)
{
	char *text = repeated(HEAD CONNS "openflow:\n", "- x\n", 100);

	assert_null(read_text(text));
	assert_int_equal(m.n, MISTAKES_MAX);
	assert_int_equal(m.more, 100 - MISTAKES_MAX);
	free(text);
}

/* ---- good files ------------------------------------------------------------------------------ */

static void test_defaults(void **state)
{
	struct scenario *s = read_text(HEAD CONNS);

	assert_non_null(s);
	assert_int_equal(m.n, 0);
	assert_int_equal(s->base.bench.switch_vcpus, 2);
	assert_int_equal(s->base.bench.vcpus, 1);
	assert_int_equal(s->placement.irq, -1);
	assert_int_equal(s->traffic.connections, 40);
	assert_int_equal(s->traffic.bytes, 1 << 20);
	assert_int_equal(s->traffic.from, 0);
	assert_int_equal(s->traffic.to, 1);
	assert_false(s->has_variants);
	assert_false(s->score.given);
	assert_int_equal(s->name_line, 2);
	assert_ptr_equal(scenario_setup_of(s, NULL), &s->base);
	assert_null(scenario_setup_of(s, "baseline"));
	scenario_free(s);
}

static const char whole[] =
	"variants:\n"			/* before what they begin as */
	"  baseline: { bench: { ovs: own } }\n"
	"  fixed: { bench: { kernel: debian:sid }, ovs: { other_config: { max-idle: 600 } },\n"
	"           openflow: [actions=NORMAL] }\n"
	"matrix: { third: { ovs: { other_config: { flow-limit: 7 } } } }\n"
	HEAD
	"bench: { switch: vm, datapath: kernel, ovs: bookworm, switch-vcpus: 3, switch-memory: 1G }\n"
	"ovs: { start: late, other_config: { max-idle: 500, n-handler-threads: 2 } }\n"
	"placement: { irq: 1, handlers: [2, 0], qemu: { vm1: 0, sw: \"0-1\" } }\n"
	"openflow: [\"priority=1,actions=drop\", \"actions=NORMAL\"]\n"
	"guests: { vm2: { reject: [{ proto: tcp, port: 22, with: icmp-host-unreachable }] } }\n"
	"inject: [\"psh --ratio 3\"]\n"
	"before-run: [flush-conntrack, purge-megaflows]\n"
	"traffic: { kind: bursts, cycles: 5, stall: vswitchd, from: vm2, to: vm1, ip: 6 }\n"
	"expect:\n"
	"  - { metric: reordered, variant: baseline, at-least: 1k }\n"
	"  - { metric: ratio, variant: third, at-most: 0.25, at-least-ratio: 0.5 }\n"
	"score: { metric: lost }\n";

static void test_whole(void **state)
{
	struct scenario *s = read_text(whole);
	const struct scenario_setup *base, *fixed, *third;

	assert_non_null(s);
	base = scenario_setup_of(s, "baseline");
	fixed = scenario_setup_of(s, "fixed");
	third = scenario_setup_of(s, "third");
	assert_string_equal(base->bench.ovs, SCENARIO_OWN);
	assert_string_equal(fixed->bench.ovs, "debian:bookworm");
	assert_string_equal(fixed->bench.ovs_kernel, "debian:sid");
	assert_string_equal(third->bench.ovs_kernel, "");
	assert_int_equal(third->bench.switch_vcpus, 3);
	assert_int_equal(third->bench.switch_memory_mib, 1024);
	assert_string_equal(third->bench.pins, "sw=0-1 vm1=0");
	assert_int_equal(third->start, SCENARIO_START_LATE);
	assert_int_equal(base->openflow.n, 2);
	assert_int_equal(fixed->openflow.n, 1);
	assert_int_equal(base->other_config.n, 2);
	assert_int_equal(fixed->other_config.n, 2);
	assert_int_equal(third->other_config.n, 3);
	assert_string_equal(s->base.other_config.v[1].value, "500");
	assert_string_equal(fixed->other_config.v[1].value, "600");
	assert_int_equal(s->placement.irq, 1);
	assert_int_equal(s->placement.handlers.v[0], 2);
	assert_int_equal(s->guests[1].reject.v[0].port, 22);
	assert_int_equal(s->guests[0].reject.n, 0);
	assert_int_equal(s->before_run.v[0], SCENARIO_FLUSH);
	assert_int_equal(s->traffic.kind, SCENARIO_BURSTS);
	assert_int_equal(s->traffic.stall, SCENARIO_STALL_VSWITCHD);
	assert_int_equal(s->traffic.ip, SCENARIO_IPV6);
	assert_int_equal(s->traffic.from, 1);
	assert_true(s->expect.v[0].at_least.value == 1000);
	assert_false(s->expect.v[0].at_most.given);
	assert_true(s->expect.v[1].at_least_ratio.value == 0.5);
	assert_int_equal(s->expect.v[1].line, 19);
	assert_int_equal(s->score.better, SCENARIO_BETTER_LESS);
	scenario_free(s);
}

static void test_set(void **state)
{
	static const struct { const char *text; bool good; } sets[] = {
		{ "switch-vcpus=4", true }, { "fixed.kernel=file:/boot/v.z,/lib/m=1", true },
		{ "third.ovs=sid", true }, { "fxed.ovs=sid", false }, { "ovs", false }, { "ovs=", false },
		{ "fixed.vcpus=2", false }, { "vcpus=2", true }, { "name=x", false }, { "ovs=nope", false },
		{ "kernel=dir:/tmp", false }, { "=", false }, { "fixed.=x", false }, { ".ovs=sid", true },
	};
	struct scenario *s = read_text(whole);
	const char *cell;

	assert_string_equal(scenario_own(s, &cell), "ovs");
	assert_string_equal(cell, "baseline");
	assert_int_equal(scenario_set(s, "baseline.ovs=dir:/a.b/c", NULL), 0);
	assert_null(scenario_own(s, &cell));
	assert_string_equal(scenario_setup_of(s, "baseline")->bench.ovs, "dir:/a.b/c");
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct err err = { 0 };

		assert_int_equal(scenario_set(s, sets[i].text, &err) == 0, sets[i].good);
		assert_int_equal(err.msg[0] == '\0', sets[i].good);
		err_reset(&err);
	}
	assert_int_equal(scenario_setup_of(s, "third")->bench.switch_vcpus, 4);
	assert_int_equal(s->base.bench.vcpus, 2);
	assert_string_equal(scenario_setup_of(s, "third")->bench.ovs, "debian:sid");
	assert_string_equal(scenario_setup_of(s, "fixed")->bench.ovs_kernel, "file:/boot/v.z,/lib/m=1");
	scenario_free(s);
}

/* ---- the table, and what is made of it ----------------------------------------------------------- */

static json_t *as_json(const struct ytree *node);

static json_t *text_as_json(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	double real;

	if (*text && !*end)
		return json_integer(n);
	real = strtod(text, &end);
	return *text && !*end ? json_real(real) : json_string(text);
}

/* As an editor would see it. */
static json_t *as_json(const struct ytree *node)
{
	json_t *value;

	if (node->kind == YTREE_TEXT)
		return text_as_json(node->text);
	value = node->kind == YTREE_MAP ? json_object() : json_array();
	for (const struct ytree *child = node->first; child; child = child->next) {
		if (node->kind == YTREE_MAP)
			json_object_set_new(value, child->key->text, as_json(child));
		else
			json_array_append_new(value, as_json(child));
	}
	return value;
}

/* schema.h knows additionalProperties as a schema only; without one it refuses all others. */
static void open_for_checker(json_t *schema)
{
	json_t *part;
	const char *key;

	if (json_is_false(json_object_get(schema, "additionalProperties")))
		json_object_del(schema, "additionalProperties");
	json_object_del(schema, "pattern");
	json_object_foreach(schema, key, part)
		if (json_is_object(part))
			open_for_checker(part);
}

static void fits_schema(const char *text, size_t size)
{
	json_t *schema = scenario_schema(), *doc;
	struct arena a = { 0 };
	struct ytree *root;

	memset(&m, 0, sizeof(m));
	assert_int_equal(ytree_read(&a, text, size, &m, &root), 0);
	doc = as_json(root);
	open_for_checker(schema);
	assert_true(schema_fits(schema, schema, doc, "scenario"));
	json_decref(doc);
	json_decref(schema);
	arena_free(&a);
}

static void test_schema_file(void **state)
{
	json_t *schema = scenario_schema(), *file = json_load_file("docs/schemas/scenario.json", 0, NULL);

	assert_non_null(file);	/* else: ovslab lint --schema >docs/schemas/scenario.json */
	assert_true(json_equal(schema, file));
	json_decref(schema);
	json_decref(file);
}

static void test_template(void **state)
{
	char *text = scenario_template("abc");
	struct scenario *s = read_text(text);

	assert_int_equal(m.n, 0);
	assert_string_equal(s->name, "abc");
	fits_schema(text, strlen(text));
	scenario_free(s);
	free(text);
}

/* "reorder.first_psh.moved" in docs/schemas/run.json */
static bool in_run_schema(const json_t *schema, const char *path)
{
	char step[40];

	while (schema && *path) {
		size_t len = strcspn(path, ".");

		snprintf(step, sizeof(step), "%.*s", (int)len, path);
		schema = json_object_get(json_object_get(schema, "properties"), step);
		path += len + (path[len] == '.');
	}
	return schema;
}

static void test_metrics(void **state)
{
	json_t *schema = json_load_file("docs/schemas/run.json", 0, NULL);

	assert_non_null(schema);
	for (const struct scenario_metric *metric = scenario_metrics; metric->name; metric++)
		if (!in_run_schema(schema, metric->path))
			fail_msg("%s: %s", metric->name, metric->path);
	json_decref(schema);
}

/* ---- the gallery ------------------------------------------------------------------------------- */

static void test_gallery(void **state)
{
	struct scenario_entry *list;
	struct scenario_text text;
	char at[64];
	size_t n;

	assert_int_equal(scenario_list(&list, &n, NULL), 0);
	assert_true(n >= 9);
	for (size_t i = 0; i < n; i++) {
		const struct scenario *s = list[i].scenario;

		if (!s)
			fail_msg("%s has mistakes: ovslab lint @%s", list[i].name, list[i].name);
		assert_string_equal(s->name, list[i].name);
		assert_true(s->about && s->affects && s->seen && s->references.n && s->expect.n);
		assert_true(s->has_variants == s->score.given);
		snprintf(at, sizeof(at), "@%s", list[i].name);
		assert_int_equal(scenario_load(at, &text, NULL), 0);
		fits_schema(text.data, text.size);
		scenario_text_free(&text);
	}
	scenario_list_free(list, n);
}

/* By name and by path: what is no scenario file is refused, with the nearest that is one. */
static void test_open(void **state)
{
	struct scenario *s;
	struct err err = { 0 };

	assert_int_equal(scenario_open("@recirc-upcall", &s, &err), 0);
	assert_int_equal(s->matrix.n, 2);
	assert_int_equal(s->base.openflow.n, 8);
	scenario_free(s);
	assert_true(scenario_open("@recirc-upcal", &s, &err) < 0);
	assert_non_null(strstr(err.msg, "did you mean '@recirc-upcall'?"));
	err_reset(&err);
	assert_true(scenario_open("@../scenarios/ssh-down", &s, &err) < 0);
	err_reset(&err);
	assert_true(scenario_open("/dev/zero", &s, &err) < 0);
	assert_string_equal(err.msg, "/dev/zero: not a regular file");
	err_reset(&err);
	assert_true(scenario_open("docs", &s, &err) < 0);
	err_reset(&err);
	assert_true(scenario_open("docs/schemas/scenario.json", &s, &err) < 0);	/* JSON is YAML */
	assert_int_equal(err.status, STATUS_USAGE);
	assert_int_equal(strncmp(err.msg, "docs/schemas/scenario.json:", 27), 0);
	err_reset(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad), cmocka_unit_test(test_mangler_decides),
		cmocka_unit_test(test_cookie_of_one), cmocka_unit_test(test_schema_defaults),
		cmocka_unit_test(test_many), cmocka_unit_test(test_before_broken),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_many_mistakes),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_set), cmocka_unit_test(test_schema_file),
		cmocka_unit_test(test_template), cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_gallery), cmocka_unit_test(test_open),
	};

	setenv("OVSLAB_DATADIR", ".", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
