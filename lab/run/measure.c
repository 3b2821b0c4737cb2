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
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/util.h"
#include "host/bpf_probe.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "host/ovs_cookie.h"
#include "host/ovs_stall.h"
#include "host/vm.h"
#include "run/bench.h"
#include "run/bursts.h"
#include "run/measure_log.h"
#include "run/measure_parts.h"
#include "run/place.h"

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
		rc = measure_snapshot(m, &m->after, err);
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
		measure_deltas(m);
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
		measure_deltas(m);
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
		rc = measure_environment(&m, err);
	if (rc == 0)
		rc = measure_snapshot(&m, &m.before, err);
	if (rc == 0)
		rc = prepare(&m, err);
	if (rc == 0) {
		job_progress(job, "measure", "%s from %s to %s", traffic_kind_names[opts->traffic.kind],
			     m.from->name, m.to->name);
		rc = observe(&m, err);
	}
	measure_snapshot_free(&m.before);
	measure_snapshot_free(&m.after);
	if (rc < 0) {
		run_free(ret);
		return explain(&m, rc, err);
	}
	return 0;
}
