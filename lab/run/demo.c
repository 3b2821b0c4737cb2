// SPDX-License-Identifier: GPL-2.0
/*
 * demo.c - the story, with its controls
 *
 * Each row differs from the one before it in one thing: the flows, the dose of
 * PSH, its absence. What is claimed of them is checked on exact counts.
 */
#include "run/demo.h"

#include <errno.h>
#include <string.h>

#include "core/util.h"
#include "host/agent.h"
#include "host/ovs.h"
#include "run/inject.h"
#include "run/measure.h"

#define PLAIN "priority=0,actions=NORMAL\n"
#define PSH_SENSITIVE PLAIN "priority=100,tcp,tcp_flags=+psh,actions=NORMAL\n"

const struct demo_step demo_steps[DEMO_ROWS] = {
	[DEMO_PLAIN] = { "plain flows", PLAIN, NULL },
	[DEMO_NATURAL] = { "natural PSH", PSH_SENSITIVE, NULL },
	[DEMO_RATIO] = { "psh --ratio 10", PSH_SENSITIVE, "psh --ratio 10" },
	[DEMO_CLEAR] = { "psh --clear", PSH_SENSITIVE, "psh --clear" },
};

static uint64_t reordered(const struct run *runs, enum demo_row row)
{
	return runs[row].reorder.f.reordered;
}

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

const struct demo_check demo_checks[] = {
	{ "plain flows: next to nothing is reordered", plain_is_quiet },
	{ "flows that tell PSH apart: the switch reorders", psh_reorders },
	{ "more PSH, more reordering: twice as much at least with 1 packet of 10", dose_shows },
	{ "the same flows without any PSH: next to nothing", clear_is_quiet },
	{ .claim = NULL },
};

bool demo_reproduced(const struct demo *demo)
{
	for (const struct demo_check *c = demo_checks; c->claim; c++)
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
		rc = inject_place(lab, spec.kind, &place, &spec.hook, err);
	return rc == 0 ? inject_attach(job, lab, place, &spec, NULL, err) : rc;
}

/* One packet of TCP's is one on the wire: what psh --units wire sets for itself. */
static int split_packets(const struct job *job, const struct lab *lab, struct err *err)
{
	return agent_run(job, lab, &lab->nodes[0],
			 (const char *const[]){ "ip", "link", "set", "dev", "eth0", "gso_max_segs", "1",
						NULL }, NULL, err);
}

static int run_row(const struct job *job, const struct lab *lab, enum demo_row row,
		   struct run *ret, struct err *err)
{
	static const struct measure_opts opts = {
		.traffic = TRAFFIC_DEFAULTS, .command = "ovslab demo",
	};
	const struct demo_step *step = &demo_steps[row];
	int rc;

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
	int rc = split_packets(job, lab, err);

	*ret = (struct demo){ 0 };
	for (int row = 0; row < DEMO_ROWS && rc == 0; row++) {
		rc = run_row(job, lab, row, &ret->runs[row], err);
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
