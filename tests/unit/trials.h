/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trials.h - trials in memory, as 'run' and 'validate' leave them
 */
#ifndef OVSLAB_TESTS_TRIALS_H
#define OVSLAB_TESTS_TRIALS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/trial.h"

/* Traffic without throughput, judged by a count. */
static const char trials_bursts[] =
	"ovslab-scenario: 1\n"
	"name: hops\n"
	"summary: packets of one flow meet two handlers\n"
	"about: Two handlers put back packets of one flow.\n"
	"references: [\"OVS commit 0d9dc8e9c (3.6.0)\"]\n"
	"affects: OVS before 3.6.0\n"
	"bench: { switch: vm, datapath: kernel, ovs: trixie, kernel: trixie, switch-vcpus: 2 }\n"
	"placement: { irq: 0, handlers: [1, 0] }\n"
	"openflow:\n"
	"  - \"table=0,priority=10,ip,in_port=1,actions=multipath(symmetric_l3l4+udp,0,modulo_n,1,0,"
	"NXM_NX_REG0[]),ct(table=1,zone=1)\"\n"
	"  - \"table=1,priority=10,ip,actions=output:2\"\n"
	"before-run: [purge-megaflows, flush-conntrack]\n"
	"traffic: { kind: bursts, cycles: 10, flows: 2, packets: 100, payload: 64, stall: vswitchd }\n"
	"variants:\n"
	"  baseline: { bench: { ovs: trixie, kernel: trixie } }\n"
	"  fixed: { bench: { ovs: sid, kernel: sid } }\n"
	"matrix:\n"
	"  ovs-only: { bench: { ovs: sid, kernel: trixie } }\n"
	"expect:\n"
	"  - { metric: reordered, variant: baseline, at-least: 100 }\n"
	"  - { metric: reordered, variant: fixed, at-most-ratio: 0.2 }\n"
	"  - { metric: reordered, variant: ovs-only, at-least-ratio: 0.3 }\n"
	"score: { metric: reordered }\n";

/* Traffic with throughput, and a mangler. */
static const char trials_conns[] =
	"ovslab-scenario: 1\n"
	"name: split\n"
	"summary: packets with PSH leave their batch\n"
	"bench: { switch: host, datapath: userspace }\n"
	"inject: [\"psh --ratio 10\"]\n"
	"traffic: { kind: conns, connections: 40, bytes: 1MiB }\n"
	"variants:\n"
	"  baseline: { openflow: [\"priority=0,actions=NORMAL\"] }\n"
	"  fixed: { openflow: [\"priority=1,actions=NORMAL\"] }\n"
	"expect:\n"
	"  - { metric: reordered, variant: baseline, at-least: 100 }\n"
	"score: { metric: reordered }\n";

/* Traffic whose late packets are told apart by upcalls. */
static const char trials_misses[] =
	"ovslab-scenario: 1\n"
	"name: first-psh\n"
	"summary: the first packet with PSH misses, and is overtaken\n"
	"bench: { switch: vm, datapath: kernel }\n"
	"openflow: [\"priority=100,tcp,in_port=1,tcp_flags=+psh,actions=output:2\"]\n"
	"inject: [\"psh --ratio 10\"]\n"
	"traffic: { kind: conns, connections: 40, bytes: 1MiB }\n"
	"variants:\n"
	"  baseline: { bench: { ovs: trixie } }\n"
	"  fixed: { bench: { ovs: sid } }\n"
	"expect:\n"
	"  - { metric: reordered, variant: baseline, at-least: 100 }\n"
	"score: { metric: reordered }\n";

static inline char *trials_copy(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

/* Two cells, and those of the matrix in mode TRIAL_RUN. */
static inline void trials_begin(struct trial *t, enum trial_mode mode, const char *text)
{
	struct mistakes m = { .n = 0 };

	*t = (struct trial){ .mode = mode, .seed = 4711, .elapsed_s = 93.4, .finished = true };
	t->source.name = trials_copy("@hops");
	t->source.text = trials_copy(text);
	t->version = trials_copy("0.1.0");
	t->started_at = trials_copy("2026-11-24T15:33:27Z");
	t->command = trials_copy("ovslab validate @hops");
	if (scenario_read(text, strlen(text), &t->scenario, &m) < 0)
		fail_msg("%u:%u: %s", m.v[0].line, m.v[0].column, m.v[0].text);
	t->cells[t->n_cells++] = trials_copy("baseline");
	t->cells[t->n_cells++] = trials_copy(mode == TRIAL_AA ? "baseline-again" : "fixed");
	for (size_t i = 0; mode == TRIAL_RUN && i < t->scenario->matrix.n; i++)
		t->cells[t->n_cells++] = trials_copy(t->scenario->matrix.v[i].name);
}

static inline void trials_environment(struct run_environment *e, bool sid, bool kernel)
{
	assert_int_equal(run_set(&e->version, "0.1.0"), 0);
	assert_int_equal(run_set(&e->lab, "t-0a1b2c-0"), 0);
	assert_int_equal(run_set(&e->started_at, "2026-11-24T15:33:30Z"), 0);
	assert_int_equal(run_set(&e->switch_kind, "vm"), 0);
	assert_int_equal(run_set(&e->datapath, "kernel"), 0);
	assert_int_equal(run_set(&e->accel, "tcg"), 0);
	assert_int_equal(run_set(&e->ovs_version, sid ? "4.0.0" : "3.5.0"), 0);
	assert_int_equal(run_set(&e->ovs_package, sid ? "4.0.0-1" : "3.5.0-1+b1"), 0);
	assert_int_equal(run_set(&e->host_kernel, "6.18.0"), 0);
	assert_int_equal(run_set(&e->guest_kernel, "6.1.0-40-cloud-amd64"), 0);
	assert_int_equal(run_set(&e->qemu_version, "7.2.0"), 0);
	assert_int_equal(run_set(&e->libvirt_version, "9.0.0"), 0);
	assert_int_equal(run_set(&e->offloads, "on"), 0);
	assert_int_equal(run_set(&e->setup.kernel, kernel ? "7.2-amd64" : "6.12.48+deb13-amd64"), 0);
	assert_int_equal(run_set(&e->setup.kernel_build,
				 kernel ? "#1 SMP Debian 7.2.3-1" : "#1 SMP Debian 6.12.48-1"), 0);
	assert_int_equal(run_set(&e->setup.dispatch, "per-cpu"), 0);
	assert_int_equal(run_set(&e->setup.ovs_source, sid ? "debian:sid" : "debian:trixie"), 0);
	assert_int_equal(run_set(&e->setup.kernel_source, kernel ? "debian:sid" : "debian:trixie"), 0);
	assert_int_equal(run_add_string(&e->placed, "irq=0"), 0);
	assert_int_equal(run_add_string(&e->placed, "handlers=1,0"), 0);
	assert_int_equal(run_add_string(&e->prepared, "purge-megaflows"), 0);
	assert_int_equal(run_add_string(&e->prepared, "flush-conntrack"), 0);
	assert_int_equal(run_add_string(&e->other_config, "n-handler-threads=2"), 0);
	assert_int_equal(run_add_string(&e->flows, "priority=10,ip actions=output:2"), 0);
	e->setup.handlers = 2;
	e->setup.vcpus = 2;
	e->setup.memory_mib = e->memory_mib = 512;
	e->vcpus = 1;
}

static inline void trials_traffic(struct run *run, const struct scenario_traffic *traffic)
{
	const struct mangle_counters counters = { .seen = 29000, .eligible = 28000, .mangled = 2800 };

	if (traffic->kind == SCENARIO_BURSTS) {
		assert_int_equal(run_set(&run->traffic.kind, "bursts"), 0);
		assert_int_equal(run_set(&run->traffic.stall, "vswitchd"), 0);
		run->traffic.cycles = 10;
		run->transit = (struct run_transit){
			.all = { 2000, 1500000, 250000000, 312000000 }, .split = true, .untold = 2,
			.upcalled = { 1500, 2500000, 250000000, 312000000 },
			.direct = { 498, 500000, 700000, 900000 } };
		run->traffic.flows = 2;
		run->traffic.packets = 100;
		run->traffic.payload_bytes = 64;
		return;
	}
	assert_int_equal(run_set(&run->traffic.kind, "conns"), 0);
	run->traffic.connections = 40;
	run->traffic.bytes = 1 << 20;
	assert_int_equal(run_add_injection(run, "psh", "vm1:egress", "psh --ratio 10", &counters), 0);
}

/* A run in which @reordered packets were; @bps is 0 without throughput. */
static inline struct trial_run *trials_run(struct trial *t, unsigned int cell, unsigned int pair,
					   uint64_t reordered, double bps)
{
	bool sid = t->cells[cell][0] != 'b';
	struct trial_run r = {
		.cell = cell, .pair = pair, .second = t->n_runs % 2,
		.started_s = 9 * (double)t->n_runs, .seconds = 8.5,
	};

	trials_environment(&r.run.env, sid, t->cells[cell][0] == 'f');
	if (t->scenario)
		trials_traffic(&r.run, &t->scenario->traffic);
	r.run.throughput_bps = bps;
	r.run.reorder = (struct reorder_result){
		.source = bps > 0 ? REORDER_BY_PROBES : REORDER_BY_CAPTURE, .exact = true, .flows = 2,
		.flows_reordered = reordered ? 2 : 0,
		.f = { .packets = 2000, .reordered = reordered, .ingress_packets = 2000,
		       .egress_packets = 2000 },
	};
	r.run.reorder.flow = calloc(2, sizeof(*r.run.reorder.flow));
	assert_non_null(r.run.reorder.flow);
	for (int i = 0; i < 2; i++)
		r.run.reorder.flow[i].key.family = 4;
	assert_int_equal(trial_add_run(t, &r), 0);
	return &t->runs[t->n_runs - 1];
}

/* Pair number @pair; the second cell goes first in odd ones. */
static inline void trials_pair(struct trial *t, unsigned int pair, uint64_t a, uint64_t b,
			       double bps_a, double bps_b)
{
	if (pair % 2) {
		trials_run(t, 1, pair, b, bps_b);
		trials_run(t, 0, pair, a, bps_a);
	} else {
		trials_run(t, 0, pair, a, bps_a);
		trials_run(t, 1, pair, b, bps_b);
	}
}

/* ---- the trials of the tests --------------------------------------------------------- */

static inline void trials_fixed(struct trial *t)
{
	static const uint64_t was[] = { 704, 1165, 1021, 870, 993 };

	trials_begin(t, TRIAL_VALIDATE, trials_bursts);
	for (unsigned int i = 0; i < 5; i++)
		trials_pair(t, i, was[i], i == 3 ? 64 : 0, 0, 0);
}

static inline void trials_not_fixed(struct trial *t)
{
	static const uint64_t was[] = { 704, 1165, 1021, 870, 993 };

	trials_begin(t, TRIAL_VALIDATE, trials_bursts);
	free(t->cells[1]);
	t->cells[1] = trials_copy("ovs-only");
	for (unsigned int i = 0; i < 5; i++)
		trials_pair(t, i, was[i], was[4 - i] - 50, 0, 0);
}

static inline void trials_regressed(struct trial *t)
{
	trials_begin(t, TRIAL_VALIDATE, trials_conns);
	for (unsigned int i = 0; i < 8; i++)
		trials_pair(t, i, 200 + i, 900 + 10 * i, 340e6 + 1e6 * i, 250e6 + 1e6 * i);
	t->judge_throughput = true;
}

/* The bug does not show; and a run did not count. */
static inline void trials_refused(struct trial *t)
{
	trials_begin(t, TRIAL_VALIDATE, trials_bursts);
	trials_run(t, 0, 0, 3, 0);
	trials_run(t, 1, 0, 0, 0)->run.status = RUN_TRAFFIC_FAILED;
	for (unsigned int i = 0; i < 5; i++)
		trials_pair(t, i, i, 0, 0, 0);
}

static inline void trials_interrupted(struct trial *t)
{
	trials_begin(t, TRIAL_VALIDATE, trials_bursts);
	trials_pair(t, 0, 700, 0, 0, 0);
	trials_pair(t, 1, 900, 0, 0, 0);
	trials_run(t, 0, 2, 800, 0);
	t->finished = false;
	t->ended_by = trials_copy("interrupted");
}

static inline void trials_aa(struct trial *t)
{
	static const uint64_t count[] = { 704, 1165, 1021, 870, 993, 940, 760, 1100 };

	trials_begin(t, TRIAL_AA, trials_conns);
	for (unsigned int i = 0; i < 8; i++)
		trials_pair(t, i, count[i], count[7 - i], 340e6 + 1e6 * i, 341e6 + 1e6 * (i % 3));
}

static inline void trials_matrix(struct trial *t)
{
	trials_begin(t, TRIAL_RUN, trials_bursts);
	t->runs_each = 2;
	for (unsigned int i = 0; i < 2; i++) {
		trials_run(t, 0, i, 1000 + i, 0);
		trials_run(t, 1, i, 0, 0);
		trials_run(t, 2, i, 100 + i, 0);
	}
}

/* @late of 305 upcalled packets are late, and @others of 1695 others. */
static inline void trials_upcall(struct trial_run *r, uint64_t late, uint64_t others)
{
	r->run.who.upcalls.known = true;
	r->run.who.upcalls.late = (struct fisher_table){ late, 305 - late, others, 1695 - others };
}

/* One run of the second cell does not know. */
static inline void trials_upcalled(struct trial *t)
{
	trials_begin(t, TRIAL_VALIDATE, trials_misses);
	for (unsigned int i = 0; i < 5; i++) {
		struct trial_run *r;

		trials_upcall(trials_run(t, 0, i, 270 + i, 340e6), 268 + i, 2);
		r = trials_run(t, 1, i, 0, 341e6);
		if (i)
			trials_upcall(r, 0, 0);
		else
			assert_int_equal(run_set(&r->run.upcalls.why_not, "no room to note them"), 0);
	}
}

/* A run of 'measure'. */
static inline void trials_lone(struct trial *t)
{
	*t = (struct trial){ .mode = TRIAL_RUN, .n_cells = 1, .finished = true };
	t->cells[0] = trials_copy("run");
	trials_run(t, 0, 0, 7, 341e6);
	assert_int_equal(run_add_string(&t->runs[0].run.env.commands, "ovslab measure"), 0);
}

/* All of them, by name. */
static const struct trials_row {
	const char *name;
	void (*fill)(struct trial *t);
} trials_rows[] = {
	{ "fixed", trials_fixed }, { "not-fixed", trials_not_fixed }, { "regressed", trials_regressed },
	{ "refused", trials_refused }, { "interrupted", trials_interrupted }, { "aa", trials_aa },
	{ "matrix", trials_matrix }, { "lone", trials_lone }, { "upcalled", trials_upcalled },
};

/* ---- text of strangers ----------------------------------------------------------------- */

#define TRIALS_EVIL \
	"\033[31m</system-out><script>&\"'|`` ` @user #1 https://evil.example www.evil.example " \
	"[x](y) ![i](z) \\[x\\](y) c\\|d **b** $m$ \xff\xfe\xe2\x80\xae\x01\xef\xbf\xbf ]]>\n# h\nnot ok 9 x # SKIP\n```\n"

static inline void trials_spoil_strings(struct run_strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		assert_int_equal(run_set(&s->v[i], TRIALS_EVIL), 0);
	assert_int_equal(run_add_string(s, TRIALS_EVIL), 0);
}

static inline void trials_spoil_run(struct run *run)
{
	struct run_environment *e = &run->env;
	char **texts[] = {
		&e->version, &e->lab, &e->started_at, &e->switch_kind, &e->datapath, &e->accel,
		&e->ovs_version, &e->ovs_package, &e->host_kernel, &e->guest_kernel, &e->qemu_version,
		&e->libvirt_version, &e->offloads, &e->setup.kernel, &e->setup.kernel_build,
		&e->setup.dispatch, &e->setup.ovs_source, &e->setup.kernel_source, &e->setup.wire,
		&run->traffic.kind, &run->traffic.stall, &run->upcalls.why_not,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(run_set(texts[i], TRIALS_EVIL), 0);
	trials_spoil_strings(&e->pinned);
	trials_spoil_strings(&e->placed);
	trials_spoil_strings(&e->prepared);
	trials_spoil_strings(&e->flows);
	trials_spoil_strings(&e->other_config);
	trials_spoil_strings(&e->commands);
	trials_spoil_strings(&run->notes);
	for (size_t i = 0; i < run->n_injections; i++) {
		assert_int_equal(run_set(&run->injections[i].spec, TRIALS_EVIL), 0);
		assert_int_equal(run_set(&run->injections[i].place, TRIALS_EVIL), 0);
	}
}

/* Every text that is not of a fixed set of words. */
static inline void trials_spoil(struct trial *t)
{
	char **texts[] = { &t->source.name, &t->version, &t->started_at, &t->command, &t->ended_by };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(run_set(texts[i], TRIALS_EVIL), 0);
	trials_spoil_strings(&t->source.sets);
	trials_spoil_strings(&t->notes);
	for (size_t i = 0; i < t->n_runs; i++)
		trials_spoil_run(&t->runs[i].run);
	if (t->scenario)
		t->scenario->summary = t->scenario->about = t->scenario->affects = TRIALS_EVIL;
}

#endif
