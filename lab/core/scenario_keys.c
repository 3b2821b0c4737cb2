// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_keys.c - the keys of a scenario file, and the figures that it may expect
 */
#include "core/scenario_keys.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "core/scenario.h"
#include "core/util.h"

const char *const scenario_state_names[] = { "untried", "shown", "fixed-side", "not-shown", NULL };
const char *const scenario_start_names[] = { "ready", "early", "late", NULL };
const char *const scenario_kind_names[] = { "conns", "bulk", "bursts", "connect", NULL };
const char *const scenario_stall_names[] = { "nothing", "vswitchd", NULL };
const char *const scenario_verb_names[] = { "purge-megaflows", "flush-conntrack", NULL };
const char *const scenario_ip_names[] = { "4", "6", NULL };
const char *const scenario_node_names[] = { "sw", "vm1", "vm2", NULL };
const char *const scenario_proto_names[] = { "tcp", "udp", NULL };
const char *const scenario_with_names[] = {
	"icmp-host-unreachable", "icmp-port-unreachable", "icmp-admin-prohibited", "tcp-reset", NULL
};
const char *const scenario_better_names[] = { "auto", "less", "more", NULL };

static const char *const true_false[] = { "true", "false", NULL };

#define KIND(k) (1U << SCENARIO_##k)
#define DATA (KIND(CONNS) | KIND(BULK) | KIND(BURSTS))
#define AT(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)NULL)->member)
#define ITEMS(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(*((struct type *)NULL)->member.v)

/* ---- figures ------------------------------------------------------------------------- */

const struct scenario_metric scenario_metrics[] = {
	{ "reordered", "reorder.reordered", "packets that left the switch after one that had "
	  "entered later (RFC 4737)", SCENARIO_COUNT, SCENARIO_BETTER_LESS, DATA, false },
	{ "ratio", "reorder.ratio", "reordered packets, as a share of those delivered",
	  SCENARIO_SHARE, SCENARIO_BETTER_LESS, DATA, false },
	{ "movers", "reorder.movers", "the fewest packets whose removal leaves the rest in order",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, DATA, false },
	{ "flows_reordered", "reorder.flows_reordered", "connections or UDP flows with a reordered "
	  "packet", SCENARIO_COUNT, SCENARIO_BETTER_LESS, DATA, false },
	{ "first_psh_moved", "reorder.first_psh.moved", "connections whose first packet with PSH "
	  "changed its place", SCENARIO_COUNT, SCENARIO_BETTER_LESS, KIND(CONNS) | KIND(BULK), false },
	{ "lost", "reorder.lost", "packets with data that entered the switch and did not leave it, "
	  "those that a flow drops too",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, DATA, false },
	{ "retransmitted", "reorder.retransmitted", "packets that the sender sent again",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, KIND(CONNS) | KIND(BULK), false },
	{ "missed", "switch_counters.missed", "datapath lookups that found no flow",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, 0, false },
	{ "upcalls_lost", "switch_counters.lost", "misses that never reached vswitchd",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, 0, false },
	{ "flow_packets", "openflow.cookie_packets", "packets that all OpenFlow flows with a "
	  "cookie counted, their n_packets: give one to the flows that are meant", SCENARIO_COUNT, SCENARIO_BETTER_AUTO, 0, true },
	{ "connected", "connect.connected", "connections that were established",
	  SCENARIO_COUNT, SCENARIO_BETTER_MORE, KIND(CONNECT), false },
	{ "unreachable", "connect.unreachable", "connections that an ICMP error ended (EHOSTUNREACH)",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, KIND(CONNECT), false },
	{ "refused", "connect.refused", "connections that were refused (ECONNREFUSED)",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, KIND(CONNECT), false },
	{ "timed_out", "connect.timed_out", "connections that nobody answered within 2 s",
	  SCENARIO_COUNT, SCENARIO_BETTER_LESS, KIND(CONNECT), false },
	{ "throughput_bps", "throughput_bps", "payload at the receiver, bits per second",
	  SCENARIO_RATE, SCENARIO_BETTER_MORE, KIND(CONNS) | KIND(BULK), false },
	{ .name = NULL },
};

/* ---- setups --------------------------------------------------------------------------- */

const struct scenario_key scenario_bench_keys[] = {
	{ "switch", SC_CHOICE, AT(lab_bench, place), .choices = lab_switch_names, .flags = SC_LIVE,
	  .help = "where Open vSwitch runs: on the host, or in a VM with a kernel of its own",
	  .example = "vm" },
	{ "datapath", SC_CHOICE, AT(lab_bench, datapath), .choices = lab_datapath_names,
	  .flags = SC_LIVE, .help = "datapath of the switch", .example = "kernel" },
	{ "ovs", SC_SUITE, AT(lab_bench, ovs), .flags = SC_FOR_VM | SC_LIVE,
	  .help = "the switch's Open vSwitch: that of a Debian suite, or 'own' for one that is "
		  "named with --set", .example = "trixie" },
	{ "kernel", SC_SUITE, AT(lab_bench, ovs_kernel), .flags = SC_FOR_VM | SC_LIVE,
	  .help = "the kernel below it, likewise", .example = "trixie" },
	{ "offloads", SC_CHOICE, AT(lab_bench, offloads), .choices = lab_offloads_names,
	  .help = "checksum and segmentation offloads of the NICs", .example = "on" },
	{ "switch-vcpus", SC_UINT, AT(lab_bench, switch_vcpus), .min = 1, .max = LAB_VCPUS_MAX,
	  .flags = SC_FOR_VM, .help = "virtual CPUs of the switch's VM", .example = "2" },
	{ "switch-memory", SC_MIB, AT(lab_bench, switch_memory_mib), .min = 192 << 20,
	  .max = UINT64_C(1) << 40, .flags = SC_FOR_VM, .help = "its memory", .example = "512M" },
	{ "wire", SC_CHOICE, AT(lab_bench, wire), .choices = lab_wire_names, .flags = SC_FOR_VM,
	  .help = "what joins the nodes' taps to the switch's VM", .example = "bridge" },
	{ "vcpus", SC_UINT, AT(lab_bench, vcpus), .min = 1, .max = LAB_VCPUS_MAX, .flags = SC_COMMON,
	  .help = "virtual CPUs of each node", .example = "1" },
	{ "memory", SC_MIB, AT(lab_bench, memory_mib), .min = 128 << 20, .max = UINT64_C(1) << 40,
	  .flags = SC_COMMON, .help = "memory of each node", .example = "512M" },
	{ "accel", SC_CHOICE, AT(lab_bench, accel), .choices = lab_accel_names, .flags = SC_COMMON,
	  .help = "how the VMs run", .example = "auto" },
	{ .name = NULL },
};

const struct scenario_key scenario_other_config_keys[] = {
	{ "n-handler-threads", SC_SETTING, SC_UINT, .min = 1, .max = 64, .flags = SC_FOR_KERNEL,
	  .help = "upcall handlers, where the kernel hands misses out by port and not by CPU",
	  .example = "2" },
	{ "n-revalidator-threads", SC_SETTING, SC_UINT, .min = 1, .max = 64,
	  .help = "revalidators", .example = "1" },
	{ "max-idle", SC_SETTING, SC_UINT, .min = 500, .max = 86400000,
	  .help = "milliseconds that an unused megaflow stays", .example = "10000" },
	{ "max-revalidator", SC_SETTING, SC_UINT, .min = 100, .max = 86400000,
	  .help = "milliseconds between dumps of the megaflows", .example = "500" },
	{ "min-revalidate-pps", SC_SETTING, SC_UINT, .min = 0, .max = UINT32_MAX,
	  .help = "packets per second from which a megaflow is worth revalidating", .example = "5" },
	{ "flow-limit", SC_SETTING, SC_UINT, .min = 1, .max = 10000000,
	  .help = "megaflows at most", .example = "200000" },
	{ "vlan-limit", SC_SETTING, SC_UINT, .min = 0, .max = 2,
	  .help = "VLAN tags that are looked at", .example = "1" },
	{ "emc-insert-inv-prob", SC_SETTING, SC_UINT, .min = 0, .max = UINT32_MAX,
	  .flags = SC_FOR_USERSPACE, .help = "1 of N misses of the exact-match cache gets an entry; "
	  "0 for none", .example = "1" },
	{ "smc-enable", SC_SETTING, SC_CHOICE, .choices = true_false, .flags = SC_FOR_USERSPACE,
	  .help = "the signature-match cache", .example = "false" },
	{ .name = NULL },
};

static const struct scenario_key ovs_keys[] = {
	{ "start", SC_CHOICE, AT(scenario_setup, start), .choices = scenario_start_names,
	  .flags = SC_FOR_VM | SC_FOR_KERNEL, .help = "when vswitchd is started: ready, as 'up' does "
	  "it, and once more if it has no upcall handlers; early, right after boot, or late, 10 s after "
	  "it, and then left alone, with a boot for each run", .example = "ready" },
	{ "other_config", SC_MAP, AT(scenario_setup, other_config), .sub = scenario_other_config_keys,
	  .help = "of table Open_vSwitch, before vswitchd starts; variants add to it" },
	{ .name = NULL },
};

#define SETUP_KEYS(type, setup) \
	{ "bench", SC_MAP, AT(type, setup.bench), .sub = scenario_bench_keys, .flags = SC_LIVE, \
	  .help = "the bench; what it does not say is as 'ovslab up' has it" }, \
	{ "ovs", SC_MAP, AT(type, setup), .sub = ovs_keys, .help = "Open vSwitch's settings" }, \
	{ "openflow", SC_LIST, SC_FLOW, ITEMS(type, setup.openflow), .max = 256, \
	  .help = "flows of br0 as ovs-ofctl takes them, instead of all that are there; port 1 is vm1, " \
		  "port 2 is vm2", .example = "[\"priority=0,actions=NORMAL\"]" }

const struct scenario_key scenario_setup_keys[] = {
	SETUP_KEYS(scenario_cell, setup),
	{ .name = NULL },
};

static const struct scenario_key variants_keys[] = {
	{ "baseline", SC_MAP, AT(scenario, variants[SCENARIO_BASELINE]), .sub = scenario_setup_keys,
	  .flags = SC_CELL | SC_REQUIRED, .help = "the side that shows the bug" },
	{ "fixed", SC_MAP, AT(scenario, variants[SCENARIO_FIXED]), .sub = scenario_setup_keys,
	  .flags = SC_CELL | SC_REQUIRED, .help = "the side that is to be without it" },
	{ .name = NULL },
};

/* ---- the rest ------------------------------------------------------------------------- */

static const struct scenario_key qemu_keys[] = {
	{ "sw", SC_CPUS, AT(scenario_placement, qemu[0]), .help = "of the switch's VM", .example = "1" },
	{ "vm1", SC_CPUS, AT(scenario_placement, qemu[1]), .help = "of vm1", .example = "0" },
	{ "vm2", SC_CPUS, AT(scenario_placement, qemu[2]), .help = "of vm2", .example = "0" },
	{ .name = NULL },
};

const struct scenario_key scenario_placement_keys[] = {
	{ "irq", SC_CPU, AT(scenario_placement, irq), .min = 0, .max = LAB_VCPUS_MAX - 1,
	  .flags = SC_FOR_VM, .help = "CPU of the switch's VM that its NICs interrupt", .example = "0" },
	{ "handlers", SC_LIST, SC_UINT, ITEMS(scenario_placement, handlers), .min = 0,
	  .max = LAB_VCPUS_MAX, .flags = SC_FOR_VM | SC_FOR_KERNEL,
	  .help = "CPUs of the switch's VM for the upcall handlers, the first for the first",
	  .example = "[1, 0]" },
	{ "qemu", SC_MAP, .offset = 0, .sub = qemu_keys,
	  .help = "CPUs of the host for QEMU's threads: \"0-1,3\"" },
	{ .name = NULL },
};

static const struct scenario_key reject_keys[] = {
	{ "proto", SC_CHOICE, AT(scenario_reject, proto), .choices = scenario_proto_names,
	  .flags = SC_REQUIRED, .help = "protocol" },
	{ "port", SC_UINT, AT(scenario_reject, port), .min = 1, .max = 65535, .flags = SC_REQUIRED,
	  .help = "destination port" },
	{ "with", SC_CHOICE, AT(scenario_reject, with), .choices = scenario_with_names,
	  .flags = SC_REQUIRED, .help = "the answer, in nftables' words" },
	{ .name = NULL },
};

static const struct scenario_key guest_keys[] = {
	{ "gso-max-segs", SC_UINT, AT(scenario_guest, gso_max_segs), .min = 1, .max = 65535,
	  .help = "of eth0; 1: TCP hands packets over as they are on the wire", .example = "1" },
	{ "reject", SC_LIST, ITEMS(scenario_guest, reject), .max = 16, .sub = reject_keys,
	  .help = "what nftables in the node rejects of what comes in",
	  .example = "[{ proto: tcp, port: 22, with: icmp-host-unreachable }]" },
	{ .name = NULL },
};

static const struct scenario_key guests_keys[] = {
	{ "vm1", SC_MAP, AT(scenario, guests[0]), .sub = guest_keys, .help = "settings of vm1" },
	{ "vm2", SC_MAP, AT(scenario, guests[1]), .sub = guest_keys, .help = "settings of vm2" },
	{ .name = NULL },
};

const struct scenario_key scenario_traffic_keys[] = {
	{ "kind", SC_CHOICE, AT(scenario_traffic, kind), .choices = scenario_kind_names,
	  .flags = SC_REQUIRED | SC_LIVE, .help = "conns: many TCP connections of one large write, to port "
	  "9000; bulk: iperf3, to port 5201; bursts: UDP, all flows of a cycle at once; connect: TCP "
	  "connections that are opened and closed, each within 2 s", .example = "conns" },
	{ "from", SC_CHOICE, AT(scenario_traffic, from), .choices = scenario_node_names + 1,
	  .help = "sender", .example = "vm1" },
	{ "to", SC_CHOICE, AT(scenario_traffic, to), .choices = scenario_node_names + 1,
	  .help = "receiver", .example = "vm2" },
	{ "ip", SC_CHOICE, AT(scenario_traffic, ip), .choices = scenario_ip_names,
	  .help = "version of IP", .example = "4" },
	{ "connections", SC_UINT, AT(scenario_traffic, connections), .min = 1,
	  .max = CONNS_CONNECTIONS_MAX, .kinds = KIND(CONNS), .help = "how many", .example = "40" },
	{ "bytes", SC_SIZE, AT(scenario_traffic, bytes), .min = 1, .max = CONNS_BYTES_MAX,
	  .kinds = KIND(CONNS), .help = "size of the write", .example = "1MiB" },
	{ "parallel", SC_UINT, AT(scenario_traffic, parallel), .min = 1, .max = CONNS_PARALLEL_MAX,
	  .kinds = KIND(CONNS), .help = "open at the same time", .example = "1" },
	{ "streams", SC_UINT, AT(scenario_traffic, streams), .min = 1, .max = TRAFFIC_STREAMS_MAX,
	  .kinds = KIND(BULK), .help = "parallel streams", .example = "1" },
	{ "seconds", SC_SECONDS, AT(scenario_traffic, seconds), .min = 1, .max = TRAFFIC_SECONDS_MAX,
	  .kinds = KIND(BULK), .help = "how long", .example = "10s" },
	{ "cycles", SC_UINT, AT(scenario_traffic, cycles), .min = 1, .max = 1000, .kinds = KIND(BURSTS),
	  .help = "bursts, one after the other is through; each with new flows", .example = "10" },
	{ "flows", SC_UINT, AT(scenario_traffic, flows), .min = 1, .max = 64, .kinds = KIND(BURSTS),
	  .help = "UDP flows of a burst", .example = "2" },
	{ "packets", SC_UINT, AT(scenario_traffic, packets), .min = 1, .max = 10000,
	  .kinds = KIND(BURSTS), .help = "packets of each flow", .example = "100" },
	{ "payload", SC_UINT, AT(scenario_traffic, payload), .min = 16, .max = 1452,
	  .kinds = KIND(BURSTS), .help = "payload bytes of each packet", .example = "64" },
	{ "stall", SC_CHOICE, AT(scenario_traffic, stall), .choices = scenario_stall_names,
	  .kinds = KIND(BURSTS), .help = "what is stopped while a burst is sent, so that it becomes one "
	  "batch", .example = "vswitchd" },
	{ "port", SC_UINT, AT(scenario_traffic, port), .min = 1, .max = 65535, .kinds = KIND(CONNECT),
	  .help = "destination port; nothing listens there, so that the receiver refuses unless 'reject' or a "
	  "flow says otherwise", .example = "22" },
	{ "attempts", SC_UINT, AT(scenario_traffic, attempts), .min = 1, .max = 1000,
	  .kinds = KIND(CONNECT), .help = "connections, one after the other", .example = "10" },
	{ .name = NULL },
};

static const struct scenario_key expect_keys[] = {
	{ "metric", SC_METRIC, AT(scenario_expect, metric), .flags = SC_REQUIRED,
	  .help = "a figure of the run" },
	{ "variant", SC_NAME, AT(scenario_expect, variant),
	  .help = "baseline, fixed, or a name from the matrix" },
	{ "at-least", SC_BOUND, AT(scenario_expect, at_least), .help = "lower bound, included" },
	{ "at-most", SC_BOUND, AT(scenario_expect, at_most), .help = "upper bound, included" },
	{ "at-least-ratio", SC_BOUND, AT(scenario_expect, at_least_ratio),
	  .help = "lower bound as a multiple of the baseline's figure" },
	{ "at-most-ratio", SC_BOUND, AT(scenario_expect, at_most_ratio),
	  .help = "upper bound as a multiple of the baseline's figure" },
	{ .name = NULL },
};

static const struct scenario_key score_keys[] = {
	{ "metric", SC_METRIC, AT(scenario_score, metric), .flags = SC_REQUIRED,
	  .help = "the count that 'validate' judges by", .example = "reordered" },
	{ "better", SC_CHOICE, AT(scenario_score, better), .choices = scenario_better_names,
	  .help = "what of it is better; auto: as it is known of the metric", .example = "less" },
	{ .name = NULL },
};

const struct scenario_key scenario_keys[] = {
	{ "ovslab-scenario", SC_UINT, AT(scenario, format), .min = SCENARIO_FORMAT,
	  .max = SCENARIO_FORMAT, .flags = SC_REQUIRED | SC_LIVE, .help = "version of the format",
	  .example = TEXT_OF(SCENARIO_FORMAT) },
	{ "name", SC_NAME, AT(scenario, name), .max = SCENARIO_NAME_MAX, .flags = SC_REQUIRED | SC_LIVE,
	  .help = "what reports call it", .example = "my-bug" },
	{ "summary", SC_LINE, AT(scenario, summary), .max = 100, .flags = SC_REQUIRED | SC_LIVE,
	  .help = "the bug in one line", .example = "what goes wrong, in one line" },
	{ "about", SC_TEXT, AT(scenario, about), .help = "paragraphs: the mechanism, and what the bench "
	  "should show", .example = "why it goes wrong" },
	{ "references", SC_LIST, SC_LINE, ITEMS(scenario, references), .max = 16,
	  .help = "commits, issues, reports", .example = "[\"OVS commit 0123456789ab (3.6.0)\"]" },
	{ "affects", SC_LINE, AT(scenario, affects), .max = 300, .help = "versions that have the bug",
	  .example = "OVS before 3.6.0" },
	{ "fixed-in", SC_LINE, AT(scenario, fixed), .max = 300, .help = "versions that are without it",
	  .example = "OVS 3.6.0" },
	{ "state", SC_CHOICE, AT(scenario, state), .choices = scenario_state_names,
	  .help = "what is known of the scenario: untried; shown, both sides are as expected; fixed-side, "
		  "only that was run; not-shown, this bench cannot show the bug", .example = "untried" },
	{ "seen", SC_TEXT, AT(scenario, seen), .help = "what was seen when it was run: counts, versions",
	  .example = "nothing yet" },
	SETUP_KEYS(scenario, base),
	{ "placement", SC_MAP, AT(scenario, placement), .sub = scenario_placement_keys,
	  .help = "what runs on which CPU" },
	{ "guests", SC_MAP, .offset = 0, .sub = guests_keys, .help = "settings inside the nodes" },
	{ "inject", SC_LIST, SC_INJECT, ITEMS(scenario, inject), .max = 16,
	  .help = "manglers, each as 'ovslab inject' takes it, at vm1:egress unless --at says otherwise; "
		"'ovslab inject kinds' lists them", .example = "[\"psh --ratio 10\"]" },
	{ "before-run", SC_LIST, SC_CHOICE, ITEMS(scenario, before_run), .max = 2,
	  .choices = scenario_verb_names, .help = "what is done in the switch before each run",
	  .example = "[purge-megaflows]" },
	{ "revalidate-every", SC_SECONDS, AT(scenario, revalidate_s), .min = 1, .max = 3600,
	  .help = "while traffic runs, a flow that matches nothing is changed once in this time, so "
		  "that all megaflows are revalidated", .example = "1s" },
	{ "traffic", SC_MAP, AT(scenario, traffic), .sub = scenario_traffic_keys,
	  .flags = SC_REQUIRED | SC_LIVE, .help = "what is sent; what it does not say is as 'ovslab measure' has it" },
	{ "variants", SC_MAP, .offset = 0, .sub = variants_keys,
	  .help = "the two sides of 'validate', each with bench, ovs or openflow; what they do not say is "
	  "the scenario's own" },
	{ "matrix", SC_NAMED, ITEMS(scenario, matrix), .max = 16, .sub = scenario_setup_keys,
	  .flags = SC_CELL, .help = "further setups like these, by names of your own",
	  .example = "{ ovs-only: { bench: { ovs: sid } } }" },
	{ "expect", SC_LIST, ITEMS(scenario, expect), .max = 64, .sub = expect_keys,
	  .help = "bounds for figures: what 'run' passes or fails by",
	  .example = "[{ metric: reordered, at-most: 0 }]" },
	{ "score", SC_MAP, AT(scenario, score), .sub = score_keys, .help = "what 'validate' judges by" },
	{ .name = NULL },
};

const struct scenario_word scenario_words[] = {
	{ scenario_keys, "flows", "openflow" },
	{ scenario_keys, "description", "about" },
	{ scenario_keys, "injections", "inject" },
	{ scenario_keys, "manglers", "inject" },
	{ scenario_keys, "measure", "traffic" },
	{ scenario_keys, "pin", "placement: { qemu: ... }" },
	{ scenario_keys, "stall", "traffic: { kind: bursts, stall: ... }" },
	{ scenario_keys, "fixed", "variants: { fixed: ... }, or fixed-in for the versions" },
	{ scenario_keys, "baseline", "variants: { baseline: ... }" },
	{ scenario_bench_keys, "ovs-kernel", "kernel" },
	{ scenario_bench_keys, "pin", "placement: { qemu: ... } beside the bench" },
	{ scenario_traffic_keys, "duration", "seconds" },
	{ scenario_traffic_keys, "time", "seconds" },
	{ scenario_traffic_keys, "size", "bytes" },
	{ scenario_traffic_keys, "length", "payload" },
	{ scenario_traffic_keys, "traffic", "kind" },
	{ scenario_other_config_keys, "userspace-tso-enable", "bench: { offloads: on }, which sets it" },
	{ NULL, NULL, NULL },
};

/* ---- about rows ------------------------------------------------------------------------ */

const struct scenario_key *scenario_key_find(const struct scenario_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

const char *scenario_type_phrase(const struct scenario_key *key)
{
	static const char *const phrases[SC_TYPES] = {
		[SC_TEXT] = "text", [SC_LINE] = "one line of text",
		[SC_NAME] = "a name of a-z, 0-9 and '-'", [SC_CHOICE] = "one of these words",
		[SC_METRIC] = "the name of a figure", [SC_UINT] = "a whole number",
		[SC_CPU] = "the number of a CPU", [SC_SIZE] = "a size, such as 64K or 1MiB",
		[SC_MIB] = "a size, such as 512M", [SC_SECONDS] = "a time, such as 10s or 2m",
		[SC_BOUND] = "a number, such as 100, 0.1 or 2.5M",
		[SC_SUITE] = "a Debian suite, or 'own'", [SC_CPUS] = "CPUs, such as 0-1,3",
		[SC_FLOW] = "a flow", [SC_INJECT] = "a mangler", [SC_MAP] = "a map",
		[SC_LIST] = "a list", [SC_NAMED] = "a map with names of your own",
	};

	return phrases[key->type == SC_SETTING ? key->item : key->type];
}

const char *scenario_key_help(const struct scenario_key *key, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (unsigned int kind = 0; scenario_kind_names[kind]; kind++)
		if (key->kinds & 1U << kind && used < size)
			used += snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
					 scenario_kind_names[kind]);
	if (used < size)
		snprintf(buf + used, size - used, "%s%s", used ? ": " : "", key->help);
	return buf;
}
