// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c - TCP traffic from one node to another
 *
 * Each kind is a pair of programs in the guests: a receiver that is listening
 * before the sender starts, and a sender whose end is the end of the traffic.
 */
#include "run/traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/labdir.h"
#include "run/bench.h"
#include "run/guest.h"
#include "run/traffic_parts.h"

#define CONNS_PORT 9000
#define BULK_PORT 5201
#define TICK_MS 50
#define ALIVE_TICKS 20
#define DAEMON_TICKS 200		/* asks the switch's VM, if it is one */
#define POLL_TICKS 4			/* ask the agent at every fourth tick */
#define INTERVALS_MAX 100000

const char *const traffic_kind_names[] = { "conns", "bulk", "bursts", "connect", NULL };
const char *const traffic_stall_names[] = { "none", "vswitchd", NULL };
const char *const traffic_ip_names[] = { "4", "6", NULL };

static const char *address(const struct flow *f)
{
	return f->opts->ip == TRAFFIC_IP6 ? f->to->addr6 : f->to->addr;
}

char *traffic_target(const struct flow *f, unsigned int port, char buf[TRAFFIC_TARGET])
{
	snprintf(buf, TRAFFIC_TARGET, f->opts->ip == TRAFFIC_IP6 ? "[%s]:%u" : "%s:%u", address(f),
		 port);
	return buf;
}

bool traffic_has(const struct traffic_flows *flows, const struct obs_key *key)
{
	if (key->dport != flows->dport)
		return false;
	for (unsigned int i = 0; i < flows->n_sports; i++)
		if (flows->sports[i] == key->sport)
			return true;
	return flows->n_sports == 0;
}

/* ---- what a killed 'measure' left in the guests ----------------------------------- */

static char *pids_path(const struct lab *lab, char *buf, size_t size)
{
	return labdir_path(lab, "traffic.pids", buf, size);
}

int traffic_program(const struct job *job, const struct lab *lab, const struct lab_node *node,
		    const char *const argv[], struct agent_task *ret, struct err *err)
{
	int rc = agent_start(job, lab, node, argv, ret, err);
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX];

	if (rc < 0)
		return rc;
	file = fopen(pids_path(lab, path, sizeof(path)), "ae");
	if (!file || fprintf(file, "%s %lld %s\n", node->name, (long long)ret->pid, argv[0]) < 0 ||
	    fflush(file) != 0) {
		rc = err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
		agent_end(ret, SIGTERM);
	}
	return rc;
}

static int start(const struct flow *f, const struct lab_node *node, const char *const argv[],
		 struct agent_task *ret, struct err *err)
{
	return traffic_program(f->job, f->lab, node, argv, ret, err);
}

void traffic_forget(const struct lab *lab)
{
	char path[PATH_MAX];

	unlink(pids_path(lab, path, sizeof(path)));
}

int traffic_settle(const struct job *job, const struct lab *lab, struct err *err)
{
	static const char script[] =
		"grep -q \"$2\" /proc/$1/cmdline 2>/dev/null || exit 0; kill $1;"
		" for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do"
		" kill -0 $1 2>/dev/null || exit 0; sleep 0.1; done; kill -9 $1";
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX], name[32], pid[24], program[64];
	int rc = 0;

	file = fopen(pids_path(lab, path, sizeof(path)), "re");
	while (file && rc == 0 && fscanf(file, "%31s %23s %63s", name, pid, program) == 3)
		for (unsigned int i = 0; i < lab->n_nodes && rc == 0; i++)
			if (strcmp(lab->nodes[i].name, name) == 0)
				rc = agent_run(job, lab, &lab->nodes[i],
					       (const char *const[]){ "/bin/sh", "-c", script, "sh",
								      pid, program, NULL }, NULL, err);
	if (rc == 0)
		traffic_forget(lab);
	return rc;
}

/* ---- programs ------------------------------------------------------------------------ */

/* Wait for a program's end, ticking. */
static int attend(const struct flow *f, struct agent_task *task, json_t **ret, struct err *err)
{
	struct agent_exit e = { 0 };

	for (unsigned int n = 1;; n++) {
		int rc = f->tick(f->arg, err);

		if (rc < 0)
			return rc;
		if (n % POLL_TICKS == 0) {
			rc = agent_poll(f->job, task, &e, err);
			if (rc != 0)
				return rc < 0 ? rc : guest_json(task->node, task->name, &e, ret, err);
		}
		/* TCP would wait for a dead peer, or a dead switch, for minutes */
		if (n % ALIVE_TICKS == 0)
			rc = n % DAEMON_TICKS == 0 ? bench_alive(f->lab, err) : bench_vms_alive(f->lab, err);
		if (rc < 0)
			return rc;
		rc = wait_ms(f->job, TICK_MS);
		if (rc < 0)
			return wait_failed(err, rc, "%s in %s to end", task->name, task->node->name);
	}
}

int traffic_attend(const struct flow *f, const char *const argv[], json_t **ret, struct err *err)
{
	struct agent_task task;
	int rc = start(f, f->from, argv, &task, err);

	if (rc < 0)
		return rc;
	rc = attend(f, &task, ret, err);
	if (rc < 0)
		agent_end(&task, SIGTERM);
	return rc;
}

int traffic_seconds_left(const struct job *job)
{
	int64_t left = (job_limit(job, (CONNS_SECONDS_MAX - 1) * 1000) - now_ns()) / 1000000000;

	return (int)(left > 0 ? left : 0) + 1;
}

/* ---- conns ------------------------------------------------------------------------- */

static int conns_serve_once(const struct flow *f, struct err *err)
{
	json_t *doc = NULL;
	int rc = guest_helper(f->job, f->lab, f->to,
			      (const char *const[]){ GUEST_HELPER, "serve", "--port", TEXT_OF(CONNS_PORT),
						     "--daemon", NULL }, &doc, err);

	json_decref(doc);
	return rc;
}

static int conns_stop(const struct flow *f, json_t **ret, struct err *err)
{
	return guest_helper(f->job, f->lab, f->to,
			    (const char *const[]){ GUEST_HELPER, "stop", "--port", TEXT_OF(CONNS_PORT), NULL },
			    ret, err);
}

/* We have the lab's turn, so a server that is there was left by a killed 'measure'. */
static int conns_serve(const struct flow *f, struct err *err)
{
	json_t *doc = NULL;
	int rc = conns_serve_once(f, err);

	if (rc != -EREMOTEIO || conns_stop(f, &doc, NULL) < 0)
		return rc;
	json_decref(doc);
	err_reset(err);
	return conns_serve_once(f, err);
}

static int conns_send(const struct flow *f, json_t **ret, struct err *err)
{
	char target[TRAFFIC_TARGET], connections[16], bytes[24], parallel[16], seconds[16];
	const char *argv[] = { GUEST_HELPER, "conns", "--connect",
			       traffic_target(f, CONNS_PORT, target), "--connections",
			       connections, "--bytes", bytes, "--parallel", parallel, "--seconds",
			       seconds, NULL };

	snprintf(connections, sizeof(connections), "%u", f->opts->connections);
	snprintf(bytes, sizeof(bytes), "%" PRIu64, f->opts->bytes);
	snprintf(parallel, sizeof(parallel), "%u", f->opts->parallel);
	snprintf(seconds, sizeof(seconds), "%d", traffic_seconds_left(f->job));
	return traffic_attend(f, argv, ret, err);
}

/* One interval for each connection: they follow each other. */
static int conns_result(const struct flow *f, const json_t *sent, const json_t *received,
			struct err *err)
{
	double at = 0;
	json_t *conn;
	size_t i;

	f->run->traffic.seconds = json_number_value(json_object_get(sent, "seconds"));
	f->run->throughput_bps = json_number_value(json_object_get(sent, "throughput_bps"));
	json_array_foreach(json_object_get(sent, "conns"), i, conn) {
		double seconds = json_number_value(json_object_get(conn, "seconds"));
		double bytes = json_number_value(json_object_get(conn, "bytes"));

		if (f->opts->parallel > 1 || i == INTERVALS_MAX || seconds <= 0)
			break;
		run_add_interval(f->run, (struct run_interval){ at, seconds, bytes * 8 / seconds });
		at += seconds;
	}
	if (json_integer_value(json_object_get(received, "bytes")) !=
	    json_integer_value(json_object_get(sent, "bytes")))
		return err_set(err, STATUS_BENCH, EIO, "%s received other data than %s sent",
			       f->to->name, f->from->name);
	return 0;
}

/* Leave no receiver behind, also when the job's time is up or it was cancelled. */
static void conns_abandon(const struct flow *f)
{
	struct job job = { .deadline_ns = now_ns() + INT64_C(5000000000) };
	struct flow last = *f;
	json_t *received = NULL;

	last.job = &job;
	wait_shield(true);
	conns_stop(&last, &received, NULL);
	wait_shield(false);
	json_decref(received);
}

static int run_conns(const struct flow *f, struct err *err)
{
	json_t *sent = NULL, *received = NULL;
	int rc = conns_serve(f, err);

	if (rc < 0) {
		if (rc == -EINTR || rc == -ETIMEDOUT)	/* it may be there all the same */
			conns_abandon(f);
		return rc;
	}
	f->flows->dport = CONNS_PORT;
	rc = conns_send(f, &sent, err);
	if (rc == 0)
		rc = conns_stop(f, &received, err);
	else
		conns_abandon(f);
	if (rc == 0)
		rc = conns_result(f, sent, received, err);
	json_decref(sent);
	json_decref(received);
	return rc;
}

/* ---- bulk ---------------------------------------------------------------------------- */

/* iperf3 does not say when it listens; the kernel does: 0A is TCP_LISTEN. */
static int bulk_listening(const struct flow *f, struct err *err)
{
	static const char script[] =
		"p=$(printf ':%04X ' \"$1\"); for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do"
		" while read -r _ local _ state _; do [ \"$state\" = 0A ] && case \"$local \" in *\"$p\") exit 0;; esac;"
		" done <<X\n$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)\nX\nsleep 0.1; done; exit 1";
	int rc = agent_run(f->job, f->lab, f->to,
			   (const char *const[]){ "/bin/sh", "-c", script, "sh", TEXT_OF(BULK_PORT), NULL }, NULL,
			   err);

	if (rc == -ECHILD)
		err_set(err, STATUS_BENCH, rc, "%s: iperf3 does not listen on port " TEXT_OF(BULK_PORT),
			f->to->name);
	return rc;
}

static int bulk_ports(const struct flow *f, const json_t *sent)
{
	json_t *conn;
	size_t i;

	f->flows->dport = BULK_PORT;
	json_array_foreach(json_object_get(json_object_get(sent, "start"), "connected"), i, conn) {
		if (f->flows->n_sports == TRAFFIC_STREAMS_MAX)
			return -E2BIG;
		f->flows->sports[f->flows->n_sports++] =
			(uint16_t)json_integer_value(json_object_get(conn, "local_port"));
	}
	return f->flows->n_sports ? 0 : -ENODATA;
}

/* What the receiver saw, interval by interval. */
static int bulk_result(const struct flow *f, const json_t *sent, const json_t *received,
		       struct err *err)
{
	const json_t *end = json_object_get(json_object_get(received, "end"), "sum_received");
	json_t *interval;
	size_t i;

	if (bulk_ports(f, sent) < 0 || !end)
		return err_set(err, STATUS_BENCH, EBADMSG, "iperf3's result is not understood");
	f->run->traffic.seconds = json_number_value(json_object_get(end, "seconds"));
	f->run->throughput_bps = json_number_value(json_object_get(end, "bits_per_second"));
	json_array_foreach(json_object_get(received, "intervals"), i, interval) {
		const json_t *sum = json_object_get(interval, "sum");

		if (i == INTERVALS_MAX)
			break;
		run_add_interval(f->run, (struct run_interval){
			json_number_value(json_object_get(sum, "start")),
			json_number_value(json_object_get(sum, "seconds")),
			json_number_value(json_object_get(sum, "bits_per_second")) });
	}
	return 0;
}

static int run_bulk(const struct flow *f, struct err *err)
{
	char seconds[16], streams[16];
	const char *serve[] = { "iperf3", "-s", "-1", "-J", "-p", TEXT_OF(BULK_PORT), NULL };
	const char *send[] = { "iperf3", "-c", address(f), "-p", TEXT_OF(BULK_PORT), "-J", "-t", seconds,
			       "-P", streams, NULL };
	json_t *sent = NULL, *received = NULL;
	struct agent_task server = { 0 }, client = { 0 };
	struct agent_exit e = { 0 };
	int rc;

	snprintf(seconds, sizeof(seconds), "%u", f->opts->seconds);
	snprintf(streams, sizeof(streams), "%u", f->opts->streams);
	rc = start(f, f->to, serve, &server, err);
	if (rc < 0)
		return rc;
	rc = bulk_listening(f, err);
	if (rc == 0)
		rc = start(f, f->from, send, &client, err);
	if (rc == 0)
		rc = attend(f, &client, &sent, err);
	if (rc == 0)
		rc = agent_finish(f->job, &server, &e, err);
	if (rc == 0)
		rc = guest_json(f->to, "iperf3", &e, &received, err);
	if (rc == 0)
		rc = bulk_result(f, sent, received, err);
	agent_end(&client, SIGTERM);
	agent_end(&server, SIGTERM);
	json_decref(sent);
	json_decref(received);
	return rc;
}

int traffic_run(const struct job *job, const struct lab *lab, const struct lab_node *from,
		const struct lab_node *to, const struct traffic_opts *opts,
		int (*tick)(void *arg, struct err *err), void *arg, struct run *run,
		struct traffic_flows *ret_flows, struct err *err)
{
	struct flow f = { job, lab, from, to, opts, tick, arg, run, ret_flows };
	int rc;

	*ret_flows = (struct traffic_flows){ 0 };
	run_set(&run->traffic.kind, traffic_kind_names[opts->kind]);
	run->traffic.ipv6 = opts->ip == TRAFFIC_IP6;
	if (opts->kind == TRAFFIC_BULK) {
		run->traffic.streams = opts->streams;
		rc = run_bulk(&f, err);
	} else if (opts->kind == TRAFFIC_CONNECT) {
		rc = connect_run(&f, err);
	} else {
		run->traffic.connections = opts->connections;
		run->traffic.bytes = opts->bytes;
		rc = run_conns(&f, err);
	}
	if (rc == 0)
		traffic_forget(lab);
	return rc;
}
