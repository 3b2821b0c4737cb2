// SPDX-License-Identifier: GPL-2.0
/*
 * measure.c - one measurement
 *
 * Theory of operation: everything that counts (guests' TCP, the switch,
 * manglers) is read before and after, and the difference is the run's. The two
 * probes are on for just the time between. What the switch reordered comes
 * from the probes alone; the other counters stand beside it.
 */
#include "run/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/mangle_counters.h"
#include "core/util.h"
#include "host/bpf_probe.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "host/ovs_cookie.h"
#include "host/ovs_stall.h"
#include "host/proc.h"
#include "host/versions.h"
#include "host/vm.h"
#include "run/bench.h"
#include "run/bursts.h"
#include "run/guest.h"
#include "run/inject.h"
#include "run/inject_user.h"
#include "run/measure_log.h"
#include "run/place.h"
#include "run/revalidate.h"
#include "run/upcalls.h"

/* Everything that counts, at one moment. */
struct snapshot {
	json_t *sender, *receiver;	/* TCP's counters of the guests */
	json_t *sw;
	struct injection injections[INJECT_MAX];
	unsigned int n_injections;
	struct user_line user[INJECT_LINES_MAX];
	unsigned int n_user;
};

struct measure {
	const struct job *job;
	const struct lab *lab;
	const struct measure_opts *opts;
	const struct lab_node *from, *to;
	struct probe *probe;
	struct upcalls upcalls;
	struct revalidate revalidate;
	bool cookies;			/* a flow has one */
	uint64_t cookie_packets;	/* before it */
	struct snapshot before, after;
	struct run *run;
};

/* ---- before and after ------------------------------------------------------------- */

static void snapshot_free(struct snapshot *s)
{
	json_decref(s->sender);
	json_decref(s->receiver);
	json_decref(s->sw);
}

static int tcp_counters(const struct measure *m, const struct lab_node *node, json_t **ret,
			struct err *err)
{
	return guest_helper(m->job, m->lab, node,
			    (const char *const[]){ GUEST_HELPER, "counters", NULL }, ret, err);
}

static int snapshot_take(const struct measure *m, struct snapshot *s, struct err *err)
{
	int rc = inject_list(m->job, m->lab, s->injections, &s->n_injections, err);

	if (rc == 0)
		rc = inject_user_lines(m->job, m->lab, s->user, &s->n_user, err);
	if (rc == 0)
		rc = tcp_counters(m, m->from, &s->sender, err);
	if (rc == 0)
		rc = tcp_counters(m, m->to, &s->receiver, err);
	if (rc == 0)
		rc = ovs_counters(m->job, m->lab, &s->sw, err);
	return rc;
}

/* Counters that changed, by name. */
static void counter_deltas(const json_t *before, const json_t *after, struct run_counters *ret)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)after, name, value) {
		json_int_t delta = json_integer_value(value) -
				   json_integer_value(json_object_get(before, name));

		if (delta)
			run_add_counter(ret, name, delta);
	}
}

static uint64_t lookup_delta(const struct measure *m, const char *name)
{
	json_int_t before = json_integer_value(json_object_get(m->before.sw, name));
	json_int_t after = json_integer_value(json_object_get(m->after.sw, name));

	return after > before ? (uint64_t)(after - before) : 0;
}

/* Coverage counters only grow, unless vswitchd began anew. */
static bool began_anew(const struct measure *m)
{
	const json_t *before = json_object_get(m->before.sw, "coverage");
	const json_t *after = json_object_get(m->after.sw, "coverage");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)before, name, value)
		if (json_integer_value(json_object_get(after, name)) < json_integer_value(value))
			return true;
	return false;
}

static void fill_switch(const struct measure *m)
{
	struct run_switch *sw = &m->run->sw;

	if (began_anew(m)) {
		m->run->status = RUN_SWITCH_RESTARTED;
		run_add_note(m->run, "vswitchd was restarted during the run: its counters are left out");
		return;
	}
	sw->known = json_object_get(m->after.sw, "hit");
	sw->hit = lookup_delta(m, "hit");
	sw->missed = lookup_delta(m, "missed");
	sw->lost = lookup_delta(m, "lost");
	sw->upcalls = sw->missed;	/* each miss of the datapath is an upcall */
	counter_deltas(json_object_get(m->before.sw, "coverage"),
		       json_object_get(m->after.sw, "coverage"), &sw->coverage);
}

/* Another one at its place makes a new program, so that its id says nothing. */
static const struct injection *same_injection(const struct snapshot *s, const struct injection *like)
{
	for (unsigned int i = 0; i < s->n_injections; i++) {
		const struct injection *v = &s->injections[i];

		if (strcmp(v->place, like->place) == 0 &&
		    strcmp(v->report.spec.stage.spec, like->report.spec.stage.spec) == 0)
			return v;
	}
	return NULL;
}

/* What is in one snapshot and not in the other makes the run say nothing clear. */
static void note_changes(const struct measure *m, const struct snapshot *of,
			 const struct snapshot *not_in, const char *what)
{
	for (unsigned int i = 0; i < of->n_injections; i++) {
		char spec[STAGE_SPEC_MAX] = "";

		if (same_injection(not_in, &of->injections[i]))
			continue;
		mangle_spec_format(&of->injections[i].report.spec, spec, sizeof(spec));
		run_add_note(m->run, "%s at %s was %s during the run", spec,
			     of->injections[i].place, what);
		m->run->status = RUN_INJECTIONS_CHANGED;
	}
}

static void fill_injections(const struct measure *m)
{
	for (unsigned int i = 0; i < m->after.n_injections; i++) {
		const struct injection *now = &m->after.injections[i];
		const struct injection *before = same_injection(&m->before, now);
		struct mangle_counters counters = now->report.counters;
		char spec[STAGE_SPEC_MAX] = "";

		if (before)
			counters = mangle_counters_since(counters, before->report.counters);
		mangle_spec_format(&now->report.spec, spec, sizeof(spec));
		run_add_injection(m->run, now->report.spec.kind->name, now->place, spec, &counters);
	}
}

static bool has_line(const struct snapshot *s, const struct user_line *like)
{
	for (unsigned int i = 0; i < s->n_user; i++)
		if (strcmp(s->user[i].place, like->place) == 0 && strcmp(s->user[i].spec, like->spec) == 0)
			return true;
	return false;
}

static void note_user_changes(const struct measure *m, const struct snapshot *of,
			      const struct snapshot *not_in, const char *what)
{
	for (unsigned int i = 0; i < of->n_user; i++) {
		if (has_line(not_in, &of->user[i]))
			continue;
		run_add_note(m->run, "%s at %s was %s during the run", of->user[i].spec,
			     of->user[i].place, what);
		m->run->status = RUN_INJECTIONS_CHANGED;
	}
}

/* Programs of the user's own and netem count nothing that a run could tell. */
static void fill_user_lines(const struct measure *m)
{
	char line[sizeof(struct user_line) + 2];

	for (unsigned int i = 0; i < m->after.n_user; i++) {
		snprintf(line, sizeof(line), "%s: %s", m->after.user[i].place, m->after.user[i].spec);
		run_add_string(&m->run->also_injected, line);
	}
	note_user_changes(m, &m->before, &m->after, "removed");
	note_user_changes(m, &m->after, &m->before, "injected");
}

static void fill_deltas(const struct measure *m)
{
	counter_deltas(json_object_get(m->before.sender, "counters"),
		       json_object_get(m->after.sender, "counters"), &m->run->tcp_sender);
	counter_deltas(json_object_get(m->before.receiver, "counters"),
		       json_object_get(m->after.receiver, "counters"), &m->run->tcp_receiver);
	fill_switch(m);
	fill_injections(m);
	note_changes(m, &m->before, &m->after, "removed");
	note_changes(m, &m->after, &m->before, "injected");
	fill_user_lines(m);
}

/* ---- where it was measured ------------------------------------------------------------ */

static void add_lines(struct run_strings *to, char *text)
{
	char *save, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (*line && strncmp(line, "NXST", 4) != 0 && strncmp(line, "OFPST", 5) != 0)
			run_add_string(to, line);
	}
}

/* Without the one that a run that was killed had left. */
static int ask_flows(const struct measure *m, char **ret, struct err *err)
{
	int rc = ovs_flows(m->job, m->lab, ret, err);

	if (rc < 0 || !ovs_touched(*ret))
		return rc;
	free(take_ptr(*ret));
	rc = ovs_touch(m->job, m->lab, false, err);
	return rc == 0 ? ovs_flows(m->job, m->lab, ret, err) : rc;
}

static int fill_flows(struct measure *m, struct err *err)
{
	struct run_environment *env = &m->run->env;
	_cleanup_free_ char *flows = NULL, *config = NULL;
	int rc = ask_flows(m, &flows, err);

	if (rc < 0)
		return rc;
	m->cookies = ovs_has_cookies(flows);
	rc = ovs_tool(m->job, m->lab, &config, err,
		      (const char *const[]){ "ovs-vsctl", "get", "Open_vSwitch", ".", "other_config",
					     NULL });
	if (rc < 0)
		return rc;
	add_lines(&env->flows, flows);
	config[strcspn(config, "\n")] = '\0';
	if (strcmp(config, "{}") != 0)
		run_add_string(&env->other_config, config);
	return 0;
}

static void add_words(struct run_strings *to, char *text)
{
	char *save, *word;

	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		run_add_string(to, word);
}

static void set_known(char **field, const char *text)
{
	run_set(field, *text ? text : NULL);
}

/* What runs is asked now; where it came from stands in the lab. */
static int fill_setup(const struct measure *m, struct err *err)
{
	const struct lab_bench *bench = &m->lab->bench;
	struct run_environment *env = &m->run->env;
	struct run_setup *setup = &env->setup;
	struct lab_ovs ovs;
	int rc = ovs_ask(m->job, m->lab, &ovs, err);

	if (rc < 0)
		return rc;
	set_known(&env->ovs_version, ovs.version);
	set_known(&env->ovs_package, ovs.package);
	set_known(&setup->kernel, ovs.kernel);
	set_known(&setup->kernel_build, ovs.kernel_build);
	set_known(&setup->dispatch, ovs.dispatch);
	add_words(&env->cpus, ovs.cpus);
	setup->handlers = ovs.handlers;
	setup->revalidators = ovs.revalidators;
	if (lab_switch_node(m->lab)) {
		run_set(&setup->ovs_source, bench->ovs);
		run_set(&setup->kernel_source, bench->ovs_kernel);
		run_set(&setup->wire, lab_wire_names[bench->wire]);
		setup->vcpus = bench->switch_vcpus;
		setup->memory_mib = bench->switch_memory_mib;
	}
	return 0;
}

static void fill_pinned(const struct measure *m)
{
	char cpus[256], text[300];

	for (unsigned int i = 0; i < m->lab->n_nodes; i++) {
		const struct lab_node *node = &m->lab->nodes[i];

		if (!vm_pinned(node, cpus, sizeof(cpus)))
			continue;
		snprintf(text, sizeof(text), "%s=%s", node->name, cpus);
		run_add_string(&m->run->env.pinned, text);
	}
}

static void fill_prepared(const struct measure *m)
{
	const struct lab_placement *p = &m->lab->placement;
	struct run_environment *env = &m->run->env;
	char text[96];

	snprintf(text, sizeof(text), "irq=%s", p->irq);
	if (p->irq[0])
		run_add_string(&env->placed, text);
	snprintf(text, sizeof(text), "handlers=%s", p->handlers);
	if (p->handlers[0])
		run_add_string(&env->placed, text);
	if (!m->opts->no_purge)
		run_add_string(&env->prepared, "purge-megaflows");
	if (m->opts->flush_conntrack)
		run_add_string(&env->prepared, "flush-conntrack");
	snprintf(text, sizeof(text), "revalidate-every=%us", m->opts->revalidate_s);
	if (m->opts->revalidate_s)
		run_add_string(&env->prepared, text);
}

static void fill_versions(const struct measure *m)
{
	struct run_environment *env = &m->run->env;
	char text[128];
	struct utsname uts;

	if (uname(&uts) == 0)
		run_set(&env->host_kernel, uts.release);
	run_set(&env->guest_kernel, m->from->kernel);
	if (versions_qemu(m->job, text, sizeof(text)) == 0)
		run_set(&env->qemu_version, text);
	run_set(&env->libvirt_version, vm_libvirt_version(text, sizeof(text)));
}

static int fill_environment(struct measure *m, struct err *err)
{
	struct run_environment *env = &m->run->env;
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	run_set(&env->version, OVSLAB_VERSION);
	run_set(&env->lab, m->lab->name);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	run_set(&env->started_at, text);
	run_set(&env->switch_kind, lab_switch_names[m->lab->bench.place]);
	run_set(&env->datapath, lab_datapath_names[m->lab->bench.datapath]);
	run_set(&env->accel, lab_accel_names[m->lab->bench.accel]);
	run_set(&env->offloads, lab_offloads_names[m->lab->bench.offloads]);
	env->vcpus = m->lab->bench.vcpus;
	env->memory_mib = m->lab->bench.memory_mib;
	env->restored = m->lab->saved[0];	/* one that was saved came back from that too */
	if (m->opts->command)
		run_add_string(&env->commands, m->opts->command);
	fill_versions(m);
	fill_pinned(m);
	fill_prepared(m);
	return fill_setup(m, err) ?: fill_flows(m, err);
}

/* ---- the run ------------------------------------------------------------------------------ */

static int tick(void *arg, struct err *err)
{
	struct measure *m = arg;
	int rc = m->probe ? probe_poll(m->probe, 0) : 0;

	if (rc < 0 && rc != -EINTR)
		return err_set(err, STATUS_BENCH, rc, "probes: %s", strerror(-rc));
	return revalidate_tick(&m->revalidate, err);
}

/* What OpenFlow flows with a cookie counted. Flows may go meanwhile, and what they counted. */
static int count_cookies(struct measure *m, struct err *err)
{
	uint64_t now = 0;
	int rc = m->cookies ? ovs_cookie_packets(m->job, m->lab, &now, err) : 0;

	if (rc == 0)
		m->run->openflow.cookie_packets = now > m->cookie_packets ? now - m->cookie_packets : 0;
	return rc;
}

/* What there is to say of them so far, once. */
static int tell_upcalls(struct measure *m, struct err *err)
{
	struct run_upcalls *to = &m->run->upcalls;
	const struct upcall_notes *notes = &m->upcalls.notes;

	to->total = notes->total;
	to->actions = notes->actions;
	to->lost = notes->lost;
	if (!notes->why_not || to->why_not)
		return 0;
	if (run_set(&to->why_not, notes->why_not) < 0)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	if (!m->upcalls.never)
		run_add_note(m->run, "which packets went through vswitchd is not known: %s", notes->why_not);
	return 0;
}

static int start_upcalls(struct measure *m, struct err *err)
{
	int rc = upcalls_start(m->job, m->lab, UPCALLS_FOR_MEASURE, &m->upcalls, err);

	return rc ?: tell_upcalls(m, err);
}

static int read_upcalls(struct measure *m, struct err *err)
{
	int rc = upcalls_read(m->job, m->lab, &m->upcalls, err);

	return rc ?: tell_upcalls(m, err);
}

/* After the traffic, however that ended. */
static int settle(struct measure *m, int rc, struct err *err)
{
	int ended = revalidate_end(&m->revalidate, rc < 0 ? NULL : err);

	if (rc == 0)
		rc = ended;
	if (rc == 0)
		rc = read_upcalls(m, err);
	if (rc == 0)
		rc = snapshot_take(m, &m->after, err);
	return rc == 0 ? count_cookies(m, err) : rc;
}

static bool of_traffic(const struct obs_flow *flow, void *arg)
{
	return traffic_has(arg, &flow->key);
}

static void note_losses(const struct measure *m, const struct observation *obs)
{
	m->run->events = (struct run_events){
		.recorded = obs->events, .dropped = obs->events_dropped,
		.flows_saturated = obs->flows_saturated, .in = obs->in, .out = obs->out,
		.listed = m->opts->events,
	};
	if (obs->events_dropped)
		run_add_note(m->run, "%llu events of the probes were dropped: extents are incomplete",
			     (unsigned long long)obs->events_dropped);
	if (obs->flows_saturated)
		run_add_note(m->run, "more flows than the probes can hold: the figures of %llu are lost",
			     (unsigned long long)obs->flows_saturated);
}

/* A log that is not whole would make packets look unmangled that were not. */
static int judge(const struct measure *m, const struct observation *obs,
		 struct traffic_flows *flows, const struct measure_marks *marks, struct err *err)
{
	struct attribute_options opt = {
		.keep = of_traffic, .arg = flows, .list = m->opts->events,
		.logged = marks->n && !marks->lost, .marks = marks->v, .n_marks = marks->n,
		.upcalls_known = m->upcalls.notes.known, .upcalls = m->upcalls.notes.v,
		.n_upcalls = m->upcalls.notes.n,
	};
	int rc = attribute_two_point(obs, &opt, &m->run->reorder, &m->run->who);

	if (rc < 0)
		return err_set(err, STATUS_BENCH, rc, "judging the order: %s", strerror(-rc));
	note_losses(m, obs);
	run_judge(m->run);
	return 0;
}

static int join(const struct measure *m, const struct observation *obs,
		struct traffic_flows *flows, struct err *err)
{
	const struct measure_span span = { m->before.injections, m->after.injections,
					   m->before.n_injections, m->after.n_injections };
	struct measure_marks marks;
	int rc = measure_logs(m->job, m->lab, m->from, &span, m->run, &marks, err);

	if (rc == 0) {
		rc = judge(m, obs, flows, &marks, err);
		free(marks.v);
	}
	return rc;
}

/* A mangler that the ingress tap can see in each packet. */
static bool psh_injected(const struct measure *m)
{
	for (unsigned int i = 0; i < m->before.n_injections; i++)
		if (strcmp(m->before.injections[i].report.spec.kind->name, "psh") == 0)
			return true;
	return false;
}

static int observe_tcp(struct measure *m, struct err *err)
{
	const struct probe_opts opts = { .each_psh = m->opts->events || psh_injected(m) };
	struct observation obs = { 0 };
	struct traffic_flows flows;
	int rc = probe_start(m->from->tap, m->to->tap, &opts, &m->probe, err), stopped;

	if (rc < 0)
		return rc;
	rc = traffic_run(m->job, m->lab, m->from, m->to, &m->opts->traffic, tick, m, m->run, &flows,
			 err);
	stopped = probe_stop(m->probe, rc < 0 ? NULL : &obs, rc < 0 ? NULL : err);
	m->probe = NULL;
	rc = settle(m, rc == 0 ? stopped : rc, err);
	if (rc == 0) {
		fill_deltas(m);
		rc = join(m, &obs, &flows, err);
	}
	observation_release(&obs);
	return rc;
}

static int settle_bursts(void *arg, int rc, struct err *err)
{
	return settle(arg, rc, err);
}

/* Not by the probes: they follow TCP. */
static int observe_bursts(struct measure *m, struct err *err)
{
	const struct bursts_calls calls = { .tick = tick, .settle = settle_bursts, .arg = m };
	int rc = bursts_run(m->job, m->lab, m->from, m->to, &m->opts->traffic, &calls,
			    &m->upcalls.notes, m->run, err);

	if (rc == 0) {
		fill_deltas(m);
		run_judge(m->run);
	}
	return rc;
}

static int observe(struct measure *m, struct err *err)
{
	int rc = start_upcalls(m, err);

	if (rc == 0)
		rc = m->opts->traffic.kind == TRAFFIC_BURSTS ? observe_bursts(m, err) : observe_tcp(m, err);
	upcalls_end(m->lab, &m->upcalls);
	return rc;
}

static int prepare(struct measure *m, struct err *err)
{
	int rc = m->opts->no_purge ? 0 : ovs_purge(m->job, m->lab, err);

	if (rc == 0 && m->opts->flush_conntrack)
		rc = ovs_flush_conntrack(m->job, m->lab, err);
	if (rc == 0 && m->cookies)
		rc = ovs_cookie_packets(m->job, m->lab, &m->cookie_packets, err);
	m->revalidate = revalidate_begin(m->job, m->lab, m->opts->revalidate_s);
	return rc;
}

/* What else is wrong matters more than that a program in a guest failed. */
static int explain(struct measure *m, int rc, struct err *err)
{
	struct err cause = { 0 };

	if (rc == -EINTR || rc == -ETIMEDOUT || access(m->lab->dir, F_OK) == 0) {
		if (rc != -EINTR && bench_check(NULL, m->lab, &cause) < 0) {
			err_reset(err);
			*err = cause;
		}
		return rc;
	}
	return err_set(err, STATUS_BENCH, rc, "lab '%s' was taken down meanwhile", m->lab->name);
}

static int take_turn(const struct measure *m, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int rc = 0;

	labdir_path(m->lab, BENCH_TURN, path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	for (bool said = false; rc == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; said = true) {
		if (errno != EWOULDBLOCK)
			return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
		if (!said)
			job_progress(m->job, "measure", "waiting for another measurement of this lab");
		rc = wait_ms(m->job, 200);
	}
	if (rc < 0)
		return wait_failed(err, rc, "another measurement of lab '%s'", m->lab->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int choose_nodes(struct measure *m, struct err *err)
{
	const char *from = m->opts->from ? m->opts->from : m->lab->nodes[0].name;
	const char *to = m->opts->to ? m->opts->to : m->lab->nodes[1].name;
	int rc = bench_node(m->lab, from, &m->from, err);

	if (rc == 0)
		rc = bench_node(m->lab, to, &m->to, err);
	if (rc == 0 && (m->from == lab_switch_node(m->lab) || m->to == lab_switch_node(m->lab)))
		return err_set(err, STATUS_USAGE, EINVAL, "%s is the switch: traffic goes through it",
			       LAB_SWITCH_NAME);
	if (rc == 0 && m->from == m->to)
		rc = err_set(err, STATUS_USAGE, EINVAL, "traffic from %s to itself crosses no switch",
			     from);
	return rc;
}

int measure_run(const struct job *job, const struct lab *lab, const struct measure_opts *opts,
		struct run *ret, struct err *err)
{
	struct measure m = { .job = job, .lab = lab, .opts = opts, .run = ret };
	_cleanup_close_ int turn = -1;
	int rc;

	*ret = (struct run){ 0 };
	rc = choose_nodes(&m, err);
	if (rc < 0)
		return rc;
	rc = take_turn(&m, &turn, err);
	if (rc == 0)
		rc = ovs_stall_settle(lab, err);
	if (rc == 0)
		rc = traffic_settle(job, lab, err);
	if (rc == 0)
		rc = place_again(job, lab, err);
	if (rc == 0)
		rc = fill_environment(&m, err);
	if (rc == 0)
		rc = snapshot_take(&m, &m.before, err);
	if (rc == 0)
		rc = prepare(&m, err);
	if (rc == 0) {
		job_progress(job, "measure", "%s from %s to %s", traffic_kind_names[opts->traffic.kind],
			     m.from->name, m.to->name);
		rc = observe(&m, err);
	}
	snapshot_free(&m.before);
	snapshot_free(&m.after);
	if (rc < 0) {
		run_free(ret);
		return explain(&m, rc, err);
	}
	return 0;
}
