// SPDX-License-Identifier: GPL-2.0
/*
 * setup.c - a lab set up as a variant of a scenario says, and run after run of it
 *
 * Theory of operation: what a lab is made of is bench.c's affair, and so the same for all
 * labs of that bench, which may come from a saved one. What a scenario adds to it is set
 * here afterwards, in guests and switch, by argument vectors: its file is from a stranger.
 *
 * Where the switch is started early, its VM's clock is what counts: it stands still from
 * the moment that vswitchd is started until there is nothing left to wait for.
 */
#include "run/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/number.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/labdir.h"
#include "host/netns.h"
#include "host/ovs.h"
#include "host/proc.h"
#include "host/vm.h"
#include "run/bench.h"
#include "run/inject.h"
#include "run/measure.h"
#include "run/place.h"

#define NFT_MAX 2048
#define EARLY_TRIES 3			/* boots, if the host is too busy for one to be early */
#define SWEEP_LIMIT_MS 30000		/* for a lab that somebody else left */

/* Several labs: each is worked on from within its own namespace. */
static int enter(const struct setup *s, struct err *err)
{
	char path[PATH_MAX];

	return netns_enter(labdir_path(&s->lab, "netns", path, sizeof(path)), err);
}

/* ---- the bench ---------------------------------------------------------------------- */

static int full_path(const char *path, char *buf, struct err *err)
{
	if (realpath(path, buf))
		return 0;
	return err_set(err, STATUS_USAGE, errno, "%.200s: %s", path, strerror(errno));
}

/* A tree or kernel of the user's own, by its full path: @text has room for it. */
static int take_source(char *text, size_t size, bool kernel, struct err *err)
{
	char path[PATH_MAX], modules[PATH_MAX];
	struct lab_source source;
	int rc;

	if (!*text)
		return 0;
	if (strcmp(text, SCENARIO_OWN) == 0) {
		err_set(err, STATUS_USAGE, EINVAL, "%s is to be your own, and none is named",
			kernel ? "the switch's kernel" : "Open vSwitch");
		err_hint(err, kernel ? "--set kernel=file:KERNEL,MODULES" : "--set ovs=dir:TREE");
		return -EINVAL;
	}
	rc = lab_source_parse(text, kernel, &source, err);
	if (rc < 0 || source.kind == LAB_FROM_DEBIAN)
		return rc;
	rc = full_path(source.path, path, err);
	if (rc == 0 && source.kind == LAB_FROM_FILE)
		rc = full_path(source.modules, modules, err);
	if (rc == 0 && source.kind == LAB_FROM_FILE)
		snprintf(text, size, "file:%s,%s", path, modules);
	else if (rc == 0)
		snprintf(text, size, "dir:%s", path);
	return rc;
}

static int check_pins(const char *pins, struct err *err)
{
	char cpus[LAB_PINS_MAX];

	for (size_t i = 0; i < SCENARIO_NODES; i++) {
		const char *node = scenario_node_names[i];

		if (lab_pin(pins, node, cpus, sizeof(cpus)) &&
		    !number_cpus(cpus, sysconf(_SC_NPROCESSORS_CONF)))
			return err_set(err, STATUS_HOST, EINVAL, "the scenario keeps %s on CPUs %s, and "
				       "this host has 0-%ld", node, cpus, sysconf(_SC_NPROCESSORS_CONF) - 1);
	}
	return 0;
}

static int take_bench(const struct scenario_setup *cell, struct lab_bench *ret, struct err *err)
{
	int rc;

	*ret = cell->bench;
	rc = take_source(ret->ovs, sizeof(ret->ovs), false, err);
	if (rc == 0)
		rc = take_source(ret->ovs_kernel, sizeof(ret->ovs_kernel), true, err);
	return rc == 0 ? check_pins(ret->pins, err) : rc;
}

/* A tree of one's own changes from one time to the next: a saved lab of it is of no use. */
static bool to_be_saved(const struct scenario_setup *cell, const struct lab_bench *bench)
{
	return cell->start == SCENARIO_START_READY && strncmp(bench->ovs, "dir:", 4) != 0 &&
	       strncmp(bench->ovs_kernel, "file:", 5) != 0;
}

/* ---- guests ------------------------------------------------------------------------- */

static int set_gso(const struct job *job, const struct lab *lab, const struct lab_node *node,
		   unsigned int segs, struct err *err)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", segs);
	return agent_run(job, lab, node,
			 (const char *const[]){ "ip", "link", "set", "dev", "eth0", "gso_max_segs",
						number, NULL }, NULL, err);
}

/* One script of nft: numbers, and words of the two tables here. */
static int set_rejects(const struct job *job, const struct lab *lab, const struct lab_node *node,
		       const struct scenario_guest *guest, struct err *err)
{
	/* by enum scenario_with, for both versions of IP */
	static const char *const with[] = {
		"icmpx type host-unreachable", "icmpx type port-unreachable",
		"icmpx type admin-prohibited", "tcp reset",
	};
	char text[NFT_MAX];
	size_t used = snprintf(text, sizeof(text), "table inet ovslab\ndelete table inet ovslab\n"
			       "table inet ovslab {\nchain input {\ntype filter hook input priority 0\n");

	for (size_t i = 0; i < guest->reject.n && used < sizeof(text); i++) {
		const struct scenario_reject *r = &guest->reject.v[i];

		used += snprintf(text + used, sizeof(text) - used, "%s dport %u reject with %s\n",
				 scenario_proto_names[r->proto], r->port, with[r->with]);
	}
	if (used < sizeof(text))
		used += snprintf(text + used, sizeof(text) - used, "}\n}\n");
	if (used >= sizeof(text))
		return err_set(err, STATUS_USAGE, E2BIG, "too many rules for %s", node->name);
	return agent_run(job, lab, node, (const char *const[]){ "nft", text, NULL }, NULL, err);
}

static int set_guests(const struct job *job, const struct setup *s, struct err *err)
{
	int rc = 0;

	for (unsigned int g = 0; g < SCENARIO_GUESTS && rc == 0; g++) {
		const struct scenario_guest *guest = &s->scenario->guests[g];
		const struct lab_node *node = lab_node_find(&s->lab, scenario_node_names[g + 1]);

		if (guest->gso_max_segs)
			rc = set_gso(job, &s->lab, node, guest->gso_max_segs, err);
		if (rc == 0 && guest->reject.n)
			rc = set_rejects(job, &s->lab, node, guest, err);
		if (rc < 0)
			err_wrap(err, rc, "the scenario's settings of %s", node->name);
	}
	return rc;
}

static int inject(const struct job *job, const struct setup *s, const char *text, struct err *err)
{
	char buf[SCENARIO_PLACE_MAX];
	const char *place = buf;
	struct mangle_spec spec;
	int rc = scenario_inject_parse(text, &spec, buf, err);

	if (rc == 0)
		rc = inject_place(&s->lab, spec.kind, &place, &spec.place, err);
	if (rc == 0)
		rc = mangle_spec_check(&spec, err);
	if (rc == 0)
		rc = inject_attach(job, &s->lab, place, &spec, NULL, err);
	return rc < 0 ? err_wrap(err, rc, "injecting '%s'", text) : 0;
}

/* ---- the switch --------------------------------------------------------------------- */

static int set_flows(const struct job *job, const struct setup *s, struct err *err)
{
	const struct scenario_texts *flows = &s->cell->openflow;
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	size_t size;

	if (!flows->n)
		return 0;
	f = open_memstream(&text, &size);
	for (size_t i = 0; i < flows->n && f; i++)
		fprintf(f, "%s\n", flows->v[i]);
	if (!f || fflush(f) != 0)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	return ovs_set_flows(job, &s->lab, text, err);
}

static void placement_of(const struct scenario *scenario, struct lab_placement *ret)
{
	const struct scenario_placement *p = &scenario->placement;
	size_t used = 0;

	*ret = (struct lab_placement){ 0 };
	if (p->irq >= 0)
		snprintf(ret->irq, sizeof(ret->irq), "%hhu", (unsigned char)p->irq);	/* < LAB_VCPUS_MAX */
	for (size_t i = 0; i < p->handlers.n && used < sizeof(ret->handlers); i++)
		used += snprintf(ret->handlers + used, sizeof(ret->handlers) - used, "%s%u",
				 i ? "," : "", p->handlers.v[i]);
}

/* What runs is asked anew after it: the number of handlers may have changed. */
static int set_placement(const struct job *job, struct setup *s, struct err *err)
{
	_cleanup_close_ int lock = -1;
	struct lab_placement placement;
	int rc;

	placement_of(s->scenario, &placement);
	if (!placement.irq[0] && !placement.handlers[0])
		return 0;
	rc = labdir_lock(job, s->name, &lock, err);
	if (rc == 0)
		rc = place_set(job, &s->lab, &placement, err);
	if (rc == 0)
		rc = ovs_ask(job, &s->lab, &s->lab.ovs, err);
	return rc == 0 ? labdir_save(&s->lab, err) : rc;
}

static int set_switch(const struct job *job, struct setup *s, struct err *err)
{
	int rc = s->cell->start == SCENARIO_START_READY ?
		 ovs_configure(job, &s->lab, &s->cell->other_config, err) : 0;

	if (rc == 0)
		rc = set_flows(job, s, err);
	if (rc == 0)
		rc = set_placement(job, s, err);
	return rc < 0 ? err_wrap(err, rc, "the scenario's settings of the switch") : 0;
}

/* ---- up and down -------------------------------------------------------------------- */

/* The switch last, and no longer than it takes: it may be one that is started early. */
static int configure(const struct job *job, struct setup *s, struct err *err)
{
	bool early = s->cell->start == SCENARIO_START_EARLY;
	const struct lab_node *sw = lab_switch_node(&s->lab);
	int rc = set_guests(job, s, err);

	for (size_t i = 0; i < s->scenario->inject.n && rc == 0; i++)
		rc = inject(job, s, s->scenario->inject.v[i], err);
	if (rc == 0 && early)
		rc = vm_resume(job, &s->lab, sw, err);
	if (rc == 0)
		rc = set_switch(job, s, err);
	if (rc == 0 && early)
		rc = vm_suspend(job, &s->lab, sw, err);
	s->paused = rc == 0 && early;
	return rc;
}

/* Take what was made away again; @err says why. */
static int roll_back(const struct job *job, struct setup *s, int rc, struct err *err)
{
	struct job calm = { .progress = job->progress, .progress_arg = job->progress_arg };
	struct err second = { 0 };

	if (setup_down(&calm, s, &second) < 0)
		err_evidence(err, "roll-back", second.msg);
	err_reset(&second);
	return rc;
}

int setup_up(const struct job *job, struct setup *s, struct err *err)
{
	struct bench_opts opts = { .trial = s->scenario->name, .start = s->cell->start,
				   .early = &s->cell->other_config };
	struct lab_bench bench;
	bool made;
	int rc = take_bench(s->cell, &bench, err);

	s->each_run = s->cell->start != SCENARIO_START_READY;
	s->up = s->paused = s->ran = false;
	if (rc < 0)
		return rc;
	opts.warm = to_be_saved(s->cell, &bench);
	rc = bench_up(job, s->name, &bench, &opts, &s->lab, &made, err);
	for (int i = 1; i < EARLY_TRIES && rc == -ETIME; i++) {
		job_progress(job, "lab", "once more: %s", err->msg);
		err_reset(err);
		rc = bench_up(job, s->name, &bench, &opts, &s->lab, &made, err);
	}
	if (rc < 0)
		return rc;
	s->up = true;
	rc = configure(job, s, err);
	return rc < 0 ? roll_back(job, s, rc, err) : 0;
}

int setup_down(const struct job *job, struct setup *s, struct err *err)
{
	bool was;
	int rc = s->up ? bench_down(job, s->name, &was, err) : 0;

	if (rc == 0)
		s->up = s->paused = false;
	return rc;
}

/* It is told of here, and so not once more if this trial is ended on the spot. */
static void leave(const struct job *job, const struct lab *lab, const struct err *why)
{
	job_progress(job, "lab", "it is left as it is: %s; try 'ovslab -n %s down'", why->msg, lab->name);
	wait_hold(lab->name, false);
}

/* One that cannot be taken down stands in nobody's way: names of trials' labs are their own. */
static int sweep_one(const struct job *job, const struct lab *lab, struct err *err)
{
	struct job limited = *job;
	struct err why = { 0 };
	bool was;
	int rc;

	job_progress(job, "lab", "lab '%s' is of a trial (%s) that was killed", lab->name, lab->trial);
	limited.deadline_ns = job_limit(job, SWEEP_LIMIT_MS);
	rc = bench_down(&limited, lab->name, &was, &why);
	if (rc < 0 && wait_signal())
		err_move(err, &why);
	else if (rc < 0)
		leave(job, lab, &why);
	err_reset(&why);
	return wait_signal() ? rc : 0;
}

int setup_sweep(const struct job *job, struct err *err)
{
	char **names;
	int rc = labdir_list(&names, err);

	if (rc < 0)
		return rc;
	for (char **n = names; *n && rc == 0; n++) {
		struct lab lab;

		if (labdir_load(*n, &lab, NULL) == 0 && bench_is_orphan(&lab))
			rc = sweep_one(job, &lab, err);
	}
	labdir_list_free(names);
	return rc;
}

/* ---- runs --------------------------------------------------------------------------- */

int setup_pause(const struct job *job, struct setup *s, struct err *err)
{
	int rc = enter(s, err);

	if (rc == 0)
		rc = vm_suspend(job, &s->lab, NULL, err);
	if (rc == 0)
		s->paused = true;
	return rc;
}

static int go_on(const struct job *job, struct setup *s, struct err *err)
{
	int rc = enter(s, err);

	if (rc == 0 && s->paused)
		rc = vm_resume(job, &s->lab, NULL, err);
	if (rc == 0)
		s->paused = false;
	return rc;
}

static bool asks_for(const struct scenario *scenario, enum scenario_verb verb)
{
	for (size_t i = 0; i < scenario->before_run.n; i++)
		if (scenario->before_run.v[i] == verb)
			return true;
	return false;
}

static struct traffic_opts traffic_of(const struct scenario_traffic *t)
{
	static const int kinds[] = {
		[SCENARIO_CONNS] = TRAFFIC_CONNS, [SCENARIO_BULK] = TRAFFIC_BULK,
		[SCENARIO_BURSTS] = TRAFFIC_BURSTS, [SCENARIO_CONNECT] = TRAFFIC_CONNECT,
	};
	struct traffic_opts opts = TRAFFIC_DEFAULTS;

	opts.kind = kinds[t->kind];
	opts.ip = t->ip == SCENARIO_IPV6 ? TRAFFIC_IP6 : TRAFFIC_IP4;
	opts.streams = t->streams;
	opts.seconds = t->seconds;
	opts.connections = t->connections;
	opts.parallel = t->parallel;
	opts.bytes = t->bytes;
	opts.cycles = t->cycles;
	opts.flows = t->flows;
	opts.packets = t->packets;
	opts.payload = t->payload;
	opts.stall = t->stall == SCENARIO_STALL_VSWITCHD ? STALL_VSWITCHD : STALL_NONE;
	opts.port = t->port;
	opts.attempts = t->attempts;
	return opts;
}

static struct measure_opts measure_of(const struct setup *s)
{
	const struct scenario *scenario = s->scenario;
	const struct scenario_traffic *t = &scenario->traffic;

	return (struct measure_opts){
		.from = scenario_node_names[t->from + 1], .to = scenario_node_names[t->to + 1],
		.traffic = traffic_of(t),
		.no_purge = !asks_for(scenario, SCENARIO_PURGE),
		.flush_conntrack = asks_for(scenario, SCENARIO_FLUSH),
		.revalidate_s = scenario->revalidate_s, .command = s->command,
	};
}

/*
 * Traffic began after @before_s of the VM's uptime, and so long before now as it took:
 * what is done behind it is in that as well.
 */
static int note_start(const struct job *job, const struct setup *s, double before_s,
		      struct run *run, struct err *err)
{
	double started_s, now_s;
	int rc = ovs_uptimes(job, &s->lab, &started_s, &now_s, err);

	if (rc < 0)
		return rc;
	run_add_note(run, "vswitchd was started %.1f s after the boot of its VM, and left alone; "
		     "traffic began between %.1f and %.1f s after it", started_s, before_s,
		     now_s - run->traffic.seconds);
	job_progress(job, "switch", "vswitchd since %.1f s of uptime, traffic since %.1f to %.1f s",
		     started_s, before_s, now_s - run->traffic.seconds);
	return 0;
}

static int measure(const struct job *job, struct setup *s, struct run *ret, struct err *err)
{
	const struct measure_opts opts = measure_of(s);
	double before_s = 0;
	int rc = s->each_run ? ovs_uptimes(job, &s->lab, NULL, &before_s, err) : 0;

	if (rc < 0)
		return rc;
	rc = measure_run(job, &s->lab, &opts, ret, err);
	if (rc == 0 && s->each_run) {
		rc = note_start(job, s, before_s, ret, err);
		if (rc < 0)
			run_free(ret);
	}
	return rc;
}

int setup_run(const struct job *job, struct setup *s, struct run *ret, struct err *err)
{
	int rc = 0;

	if (s->each_run && s->ran) {
		rc = setup_down(job, s, err);
		if (rc == 0)
			rc = setup_up(job, s, err);
	}
	if (rc == 0)
		rc = go_on(job, s, err);
	s->ran = true;
	return rc == 0 ? measure(job, s, ret, err) : rc;
}
