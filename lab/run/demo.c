// SPDX-License-Identifier: GPL-2.0
/*
 * demo.c - the story, with its controls
 *
 * Each row differs from the one before it in one thing: the flows, the dose of
 * PSH, its absence. What is claimed of them is checked on exact counts. The two
 * datapaths reorder for different reasons, so each has its story.
 */
#include "run/demo.h"

#include <errno.h>
#include <string.h>

#include "core/util.h"
#include "host/agent.h"
#include "host/ovs.h"
#include "run/inject.h"
#include "run/measure.h"

static uint64_t reordered(const struct run *runs, enum demo_row row)
{
	return runs[row].reorder.f.reordered;
}

/* ---- userspace: batches ------------------------------------------------------------ */

#define NORMAL "priority=0,actions=NORMAL\n"
#define NORMAL_PSH NORMAL "priority=100,tcp,tcp_flags=+psh,actions=NORMAL\n"

static bool plain_is_quiet(const struct run *runs)
{
	return reordered(runs, DEMO_PLAIN) * 10 <= reordered(runs, DEMO_NATURAL);
}

static bool psh_reorders(const struct run *runs)
{
	return reordered(runs, DEMO_NATURAL) > 0;
}

static bool dose_shows(const struct run *runs)
{
	return reordered(runs, DEMO_RATIO) >= 2 * reordered(runs, DEMO_NATURAL);
}

static bool clear_is_quiet(const struct run *runs)
{
	return reordered(runs, DEMO_CLEAR) * 10 <= reordered(runs, DEMO_NATURAL);
}

static const struct demo_check userspace_checks[] = {
	{ "plain flows: next to nothing is reordered", plain_is_quiet },
	{ "flows that tell PSH apart: the switch reorders", psh_reorders },
	{ "more PSH, more reordering: twice as much at least with 1 packet of 10", dose_shows },
	{ "the same flows without any PSH: next to nothing", clear_is_quiet },
	{ .claim = NULL },
};

static const struct demo_story userspace_story = {
	.connections = TRAFFIC_CONNECTIONS,
	.steps = {
		[DEMO_PLAIN] = { "plain flows", NORMAL, NULL },
		[DEMO_NATURAL] = { "natural PSH", NORMAL_PSH, NULL },
		[DEMO_RATIO] = { "psh --ratio 10", NORMAL_PSH, "psh --ratio 10" },
		[DEMO_CLEAR] = { "psh --clear", NORMAL_PSH, "psh --clear" },
	},
	.checks = userspace_checks,
	.shown = "What this shows: this switch's userspace datapath handles packets in batches and\n"
		"sends each batch on flow by flow. Where the flows tell PSH apart, packets of one\n"
		"connection fall into different flows, and those in one batch change places. The\n"
		"injected PSH bits are the cause: with more of them there is more reordering, and\n"
		"without any there is none, by the same flows and the same traffic.\n"
		"What it does not show: that a report from the field has this cause (the kernel\n"
		"datapath has another one, which hits the first PSH of a connection only), nor the\n"
		"throughput of real hardware. Order was counted on both taps, packet by packet.\n",
};

/* ---- kernel: the first PSH of a connection misses ----------------------------------- */

/* A megaflow for each connection; with tcp_flags=+psh, one more for its PSH packets. */
#define PER_CONNECTION "actions=multipath(symmetric_l4,0,modulo_n,1,0,NXM_NX_REG0[]),output:2\n"
#define CONNECTIONS NORMAL "priority=90,tcp,in_port=1 " PER_CONNECTION
#define CONNECTIONS_PSH CONNECTIONS "priority=100,tcp,tcp_flags=+psh,in_port=1 " PER_CONNECTION

static bool none_hit(const struct run *runs, enum demo_row row)
{
	return runs[row].reorder.exact && runs[row].reorder.flows_reordered == 0;
}

static bool half_hit(const struct run *runs, enum demo_row row)
{
	return runs[row].reorder.flows_reordered * 2 >= runs[row].reorder.flows;
}

static bool plain_hits_none(const struct run *runs)
{
	return none_hit(runs, DEMO_PLAIN);
}

static bool natural_hits_half(const struct run *runs)
{
	return half_hit(runs, DEMO_NATURAL);
}

static bool first_psh_moves(const struct run *runs)
{
	const struct reorder_result *r = &runs[DEMO_NATURAL].reorder;

	return r->psh_flows && r->psh_late * 2 >= r->psh_flows;
}

static bool ratio_hits_half(const struct run *runs)
{
	return half_hit(runs, DEMO_RATIO);
}

static bool clear_hits_none(const struct run *runs)
{
	return none_hit(runs, DEMO_CLEAR);
}

static const struct demo_check kernel_checks[] = {
	{ "flows that do not look at PSH: no connection is reordered", plain_hits_none },
	{ "flows that tell PSH apart: half of the connections are, at least", natural_hits_half },
	{ "in half of them, at least, the first packet with PSH was overtaken", first_psh_moves },
	{ "the same with PSH injected into 1 packet of 10", ratio_hits_half },
	{ "the same flows without any PSH: no connection", clear_hits_none },
	{ .claim = NULL },
};

static const struct demo_story kernel_story = {
	.connections = 100,
	.steps = {
		[DEMO_PLAIN] = { "no tcp_flags", CONNECTIONS, NULL },
		[DEMO_NATURAL] = { "natural PSH", CONNECTIONS_PSH, NULL },
		[DEMO_RATIO] = { "psh --ratio 10", CONNECTIONS_PSH, "psh --ratio 10" },
		[DEMO_CLEAR] = { "psh --clear", CONNECTIONS_PSH, "psh --clear" },
	},
	.checks = kernel_checks,
	.shown = "What this shows: the kernel's datapath sends the first packet of a megaflow the\n"
		"slow way, through vswitchd, while those behind it that already have one pass it.\n"
		"Where the flows tell PSH apart, that happens a second time in each connection: at\n"
		"its first packet with PSH, and only there, as in the report from the field. Without\n"
		"PSH, or without tcp_flags in the flows, nothing is overtaken.\n"
		"What it does not show: that a report from the field has this cause, nor the\n"
		"throughput of real hardware. Order was counted on both taps, packet by packet.\n",
};

bool demo_reproduced(const struct demo *demo)
{
	for (const struct demo_check *c = demo->story->checks; c->claim; c++)
		if (demo->n < DEMO_ROWS || !c->holds(demo->runs))
			return false;
	return true;
}

static int prepare_injection(const struct job *job, const struct lab *lab, const char *injection,
			     struct err *err)
{
	const char *words[8], *place = NULL;
	char copy[64], *save, *word;
	struct mangle_spec spec;
	unsigned int n;
	int rc, argc = 0;

	if (!injection)
		return inject_clear(job, lab, NULL, NULL, &n, err);
	snprintf(copy, sizeof(copy), "%s", injection);
	for (word = strtok_r(copy, " ", &save); word && argc < 8; word = strtok_r(NULL, " ", &save))
		words[argc++] = word;
	rc = mangle_spec_parse(argc, words, &spec, err);
	if (rc == 0)
		rc = inject_place(lab, spec.kind, &place, &spec.place, err);
	return rc == 0 ? inject_attach(job, lab, place, &spec, NULL, err) : rc;
}

/* One packet of TCP's is one on the wire: what psh --units wire sets for itself. */
static int split_packets(const struct job *job, const struct lab *lab, struct err *err)
{
	return agent_run(job, lab, &lab->nodes[0],
			 (const char *const[]){ "ip", "link", "set", "dev", "eth0", "gso_max_segs", "1",
						NULL }, NULL, err);
}

static int run_row(const struct job *job, const struct lab *lab, const struct demo_story *story,
		   enum demo_row row, struct run *ret, struct err *err)
{
	struct measure_opts opts = { .traffic = TRAFFIC_DEFAULTS, .command = "ovslab demo" };
	const struct demo_step *step = &story->steps[row];
	int rc;

	opts.traffic.connections = story->connections;
	job_progress(job, "demo", "%d of %d: %s", row + 1, DEMO_ROWS, step->name);
	rc = ovs_set_flows(job, lab, step->flows, err);
	if (rc == 0)
		rc = prepare_injection(job, lab, step->injection, err);
	if (rc == 0)
		rc = measure_run(job, lab, &opts, ret, err);
	if (rc == 0 && ret->status == RUN_MANGLED_NOTHING) {
		run_free(ret);
		rc = err_set(err, STATUS_BENCH, EIO, "'%s' changed no packet", step->injection);
	}
	return rc;
}

int demo_run(const struct job *job, const struct lab *lab, struct demo *ret, struct err *err)
{
	bool kernel = lab->bench.datapath == LAB_DATAPATH_KERNEL;
	int rc = split_packets(job, lab, err);

	*ret = (struct demo){ .story = kernel ? &kernel_story : &userspace_story };
	for (int row = 0; row < DEMO_ROWS && rc == 0; row++) {
		rc = run_row(job, lab, ret->story, row, &ret->runs[row], err);
		if (rc == 0)
			ret->n++;
	}
	if (rc < 0)
		demo_free(ret);
	return rc;
}

void demo_free(struct demo *demo)
{
	for (unsigned int i = 0; i < demo->n; i++)
		run_free(&demo->runs[i]);
	*demo = (struct demo){ 0 };
}
