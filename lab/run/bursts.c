// SPDX-License-Identifier: GPL-2.0
/*
 * bursts.c - bursts of UDP in new flows, and their order before and behind the switch
 *
 * Theory of operation. The live probes follow TCP by its sequence numbers. A packet of
 * these bursts says which one it is instead, both taps are captured here, and the two
 * captures go into the analysis that 'analyze' has for them. That is exact as long as
 * the kernel drops nothing of a capture, which it would tell.
 *
 * With a stall, each burst meets a vswitchd that is stopped. It is stopped when all of
 * its threads are; then the burst is sent, and has entered when the ingress tap has seen
 * all of it. Letting vswitchd go on takes a program in the switch's VM, which runs only
 * after the kernel there has queued what its NIC had received. So each miss of the burst
 * waits in vswitchd's sockets by then, in one batch, and nothing is left to chance but
 * which handler runs first. The next burst begins when as many packets have left as
 * entered, or none has come for a while.
 */
#include "run/bursts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/limits.h"
#include "core/two.h"
#include "core/two_result.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/ovs_stall.h"
#include "host/tapcap.h"
#include "run/bench.h"
#include "run/guest.h"

#define SNAPLEN 128			/* headers, and the label with room to spare */
#define LOOK_MS 5
#define QUIET_NS INT64_C(2000000000)
#define DRAIN_NS INT64_C(30000000000)
#define ALIVE_CYCLES 10
#define NOTES_MAX 10			/* of cycles that lost packets */

struct bursts {
	const struct job *job;
	const struct lab *lab;
	const struct lab_node *from, *to;
	const struct traffic_opts *opts;
	const struct bursts_calls *calls;
	const struct upcall_notes *upcalls;
	struct run *run;
	struct tapcap *taps[2];		/* by enum two_point */
	enum two_point at;		/* the tap that is being drained */
	struct two *two;
	uint64_t seen[2];
	uint64_t sent;
	uint32_t id;			/* of this run, in its packets */
	unsigned int notes;
	bool unanswered;		/* the nodes did not find each other */
};

int bursts_check(const struct traffic_opts *opts, struct err *err)
{
	if (opts->flows * opts->packets > BURSTS_BURST_MAX)
		return err_set(err, STATUS_USAGE, ERANGE, "a burst of %u packets: %d is the most",
			       opts->flows * opts->packets, BURSTS_BURST_MAX);
	if (opts->cycles * opts->flows > BURSTS_PORTS)
		return err_set(err, STATUS_USAGE, ERANGE, "%u flows: %d is the most",
			       opts->cycles * opts->flows, BURSTS_PORTS);
	return 0;
}

/* ---- both taps ---------------------------------------------------------------------- */

static int open_taps(struct bursts *b, struct err *err)
{
	const char *const taps[] = { [TWO_IN] = b->from->tap, [TWO_OUT] = b->to->tap };
	char filter[160];
	int rc = 0;

	snprintf(filter, sizeof(filter), "udp and src host %s and dst host %s and dst port %d and "
		 "src portrange %d-%d", b->from->addr, b->to->addr, BURSTS_PORT, BURSTS_PORT_FIRST,
		 BURSTS_PORT_FIRST + BURSTS_PORTS - 1);
	for (int i = TWO_IN; i <= TWO_OUT && rc == 0; i++)
		rc = tapcap_open(taps[i], filter, SNAPLEN, &b->taps[i], err);
	return rc;
}

/* One that a killed run had left under way is none of ours. */
static bool is_ours(const struct bursts *b, const struct frame *f)
{
	uint32_t id;

	if (f->payload_captured < BURSTS_RUN_AT + sizeof(id))
		return false;
	memcpy(&id, f->payload + BURSTS_RUN_AT, sizeof(id));
	return ntohl(id) == b->id;
}

static int on_frame(void *arg, const struct frame_record *r)
{
	struct bursts *b = arg;
	struct frame frame;

	if (!frame_parse(r, &frame) || !is_ours(b, &frame))
		return 0;
	b->seen[b->at]++;
	return two_push(b->two, b->at, &frame);
}

static int look(struct bursts *b, struct err *err)
{
	int rc = 0;

	for (b->at = TWO_IN; b->at <= TWO_OUT && rc >= 0; b->at++)
		rc = tapcap_drain(b->taps[b->at], on_frame, b);
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "capturing: %s", strerror(-rc)) : 0;
}

/* Until a tap has seen @want packets, or sees none for a while; short of that is no error. */
static int await(struct bursts *b, enum two_point point, uint64_t want, struct err *err)
{
	int64_t limit = job_limit(b->job, DRAIN_NS / 1000000), last = now_ns();
	uint64_t seen = b->seen[point];
	int rc = look(b, err);

	while (rc == 0 && b->seen[point] < want) {
		if (b->seen[point] != seen)
			last = now_ns();
		seen = b->seen[point];
		if (now_ns() - last > QUIET_NS || now_ns() > limit)
			return 0;
		rc = wait_ms(b->job, LOOK_MS);
		if (rc < 0)
			return wait_failed(err, rc, "the packets of a burst");
		if (point == TWO_OUT)	/* else it may stand still */
			rc = b->calls->tick(b->calls->arg, err);
		if (rc == 0)
			rc = look(b, err);
	}
	return rc;
}

/* ---- a cycle -------------------------------------------------------------------------- */

static int send_burst(struct bursts *b, unsigned int cycle, struct err *err)
{
	char target[64], flows[16], packets[16], payload[16], port[16], id[16], number[16];
	const char *argv[] = { GUEST_HELPER, "bursts", "--connect", target, "--flows", flows,
			       "--packets", packets, "--payload", payload, "--first-port", port,
			       "--run", id, "--cycle", number, NULL };
	json_t *doc = NULL;
	int rc;

	snprintf(target, sizeof(target), "%s:%d", b->to->addr, BURSTS_PORT);
	snprintf(flows, sizeof(flows), "%u", b->opts->flows);
	snprintf(packets, sizeof(packets), "%u", b->opts->packets);
	snprintf(payload, sizeof(payload), "%u", b->opts->payload);
	snprintf(port, sizeof(port), "%u", BURSTS_PORT_FIRST + cycle * b->opts->flows);
	snprintf(id, sizeof(id), "%u", b->id);
	snprintf(number, sizeof(number), "%u", cycle);
	rc = guest_helper(b->job, b->lab, b->from, argv, &doc, err);
	json_decref(doc);
	b->sent += rc == 0 ? (uint64_t)b->opts->flows * b->opts->packets : 0;
	return rc;
}

static int send_and_see(struct bursts *b, unsigned int cycle, struct err *err)
{
	int rc = send_burst(b, cycle, err);

	return rc == 0 ? await(b, TWO_IN, b->sent, err) : rc;
}

/* What goes wrong within matters more than what goes wrong when it is let go. */
static int send_stalled(struct bursts *b, unsigned int cycle, struct err *err)
{
	struct ovs_stall stall;
	int rc = ovs_stall_begin(b->lab, &stall, err), going_on;
	bool stopped = rc == 0;

	if (rc == 0)
		rc = send_and_see(b, cycle, err);
	going_on = ovs_stall_end(b->lab, stopped ? &stall : NULL, rc < 0 ? NULL : err);
	return rc < 0 ? rc : going_on;
}

static void note_missing(struct bursts *b, unsigned int cycle, uint64_t behind[2])
{
	uint64_t in = b->sent - b->seen[TWO_IN], lost = b->seen[TWO_IN] - b->seen[TWO_OUT];

	if ((in > behind[0] || lost > behind[1]) && b->notes++ < NOTES_MAX)
		run_add_note(b->run, "burst %u: %" PRIu64 " packets did not reach the switch, %" PRIu64
			     " did not leave it", cycle + 1, in - behind[0], lost - behind[1]);
	behind[0] = in;
	behind[1] = lost;
}

/*
 * A sender that does not find the receiver's address sends nothing. One that is told
 * believes it for some seconds, so nothing of it stays.
 */
static void introduce(const struct bursts *b)
{
	const char *const argv[] = { "ip", "neighbour", "replace", b->to->addr, "lladdr", b->to->mac, "dev",
				     "eth0", "nud", "reachable", NULL };

	if (b->unanswered)
		agent_run(b->job, b->lab, b->from, argv, NULL, NULL);
}

static int run_cycles(struct bursts *b, struct err *err)
{
	uint64_t behind[2] = { 0 };
	int rc = 0;

	for (unsigned int i = 0; i < b->opts->cycles && rc == 0; i++) {
		if (i % ALIVE_CYCLES == 0)
			rc = bench_alive(b->lab, err);
		if (rc == 0)
			rc = b->calls->tick(b->calls->arg, err);
		if (rc < 0)
			break;
		introduce(b);
		rc = b->opts->stall == STALL_VSWITCHD ? send_stalled(b, i, err) :
		     send_and_see(b, i, err);
		if (rc == 0)
			rc = await(b, TWO_OUT, b->seen[TWO_IN], err);
		if (rc == 0)
			note_missing(b, i, behind);
	}
	return rc;
}

/* ---- the receiver ---------------------------------------------------------------------- */

static int start_sink(const struct bursts *b, struct agent_task *ret, struct err *err)
{
	char port[16], seconds[16];
	int64_t left = job_limit(b->job, (CONNS_SECONDS_MAX - 1) * 1000) - now_ns();
	const char *argv[] = { GUEST_HELPER, "sink", "--port", port, "--seconds", seconds, NULL };

	snprintf(port, sizeof(port), "%d", BURSTS_PORT);
	snprintf(seconds, sizeof(seconds), "%d", (int)(left > 0 ? left / 1000000000 : 0) + 1);
	return traffic_program(b->job, b->lab, b->to, argv, ret, err);
}

/* From now on a burst needs nothing but the switch; which may be what loses it. */
static int say_hello(struct bursts *b, struct err *err)
{
	char target[64];
	json_t *doc = NULL;
	int rc;

	snprintf(target, sizeof(target), "%s:%d", b->to->addr, BURSTS_PORT);
	rc = guest_helper(b->job, b->lab, b->from,
			  (const char *const[]){ GUEST_HELPER, "bursts", "--hello", "--connect", target,
						 NULL }, &doc, err);
	b->unanswered = rc == 0 && !json_is_true(json_object_get(doc, "answered"));
	if (b->unanswered)
		run_add_note(b->run, "%s got no answer from %s before the bursts",
			     b->from->name, b->to->name);
	json_decref(doc);
	return rc;
}

/* ---- the run ------------------------------------------------------------------------------ */

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		return (uint64_t)now_ns();
	return seed;
}

static int no_memory(struct err *err)
{
	return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
}

static void note_drops(struct bursts *b)
{
	for (int i = TWO_IN; i <= TWO_OUT; i++) {
		uint64_t dropped = tapcap_dropped(b->taps[i]);

		if (!dropped)
			continue;
		b->run->reorder.exact = false;
		run_add_note(b->run, "the capture on %s lacks %" PRIu64 " packets: counts are not exact",
			     i == TWO_IN ? b->from->tap : b->to->tap, dropped);
	}
}

static struct run_times times_of(const struct hist *ns)
{
	return (struct run_times){
		.packets = ns->count, .p50_ns = hist_percentile(ns, 50),
		.p99_ns = hist_percentile(ns, 99), .max_ns = ns->max,
	};
}

static void fill_transit(struct run_transit *ret, const struct analysis *a)
{
	*ret = (struct run_transit){
		.all = times_of(&a->transit_ns),
		.upcalled = times_of(&a->transit_way_ns[ANALYSIS_UPCALLED]),
		.direct = times_of(&a->transit_way_ns[ANALYSIS_DIRECT]),
		.untold = a->transit_way_ns[ANALYSIS_UNTOLD].count,
		.split = a->upcalls_known,
	};
}

static int end(struct bursts *b, struct analysis *ret)
{
	/* noting began before the first one was sent, and ended after the last had left */
	const struct two_upcalls upcalls = { .notes = b->upcalls->v, .n = b->upcalls->n };
	int rc = b->upcalls->known ? two_upcalls(b->two, &upcalls) : 0;

	return rc ?: two_end(b->two, ret);
}

static int judge(struct bursts *b, struct two_result *result, struct err *err)
{
	struct analysis *a = malloc(sizeof(*a));
	int rc = a ? end(b, a) : -ENOMEM;

	if (rc == 0)
		rc = two_result_end(result, a, &b->run->reorder);
	if (rc == 0)
		fill_transit(&b->run->transit, a);
	free(a);
	if (rc < 0)
		return no_memory(err);
	note_drops(b);
	return 0;
}

static void fill_traffic(struct bursts *b, double seconds)
{
	struct run_traffic *t = &b->run->traffic;

	run_set(&t->kind, traffic_kind_names[TRAFFIC_BURSTS]);
	run_set(&t->stall, traffic_stall_names[b->opts->stall]);
	t->seconds = seconds;
	t->cycles = b->opts->cycles;
	t->flows = b->opts->flows;
	t->packets = b->opts->packets;
	t->payload_bytes = b->opts->payload;
}

static int run_all(struct bursts *b, struct err *err)
{
	struct agent_task sink = { 0 };
	int64_t start;
	int rc = start_sink(b, &sink, err);

	if (rc == 0)
		rc = say_hello(b, err);
	start = now_ns();
	if (rc == 0)
		rc = run_cycles(b, err);
	fill_traffic(b, (now_ns() - start) / 1e9);
	agent_end(&sink, SIGKILL);
	if (rc == 0)
		traffic_forget(b->lab);
	return rc;
}

int bursts_run(const struct job *job, const struct lab *lab, const struct lab_node *from,
	       const struct lab_node *to, const struct traffic_opts *opts,
	       const struct bursts_calls *calls, const struct upcall_notes *upcalls, struct run *run,
	       struct err *err)
{
	struct bursts b = { .job = job, .lab = lab, .from = from, .to = to, .opts = opts, .calls = calls,
			    .upcalls = upcalls, .run = run, .id = (uint32_t)random_seed() };
	struct two_result result = { 0 };
	const struct two_options two = { .seed = random_seed(), .id = TWO_ID_PAYLOAD,
					 .sink = two_result_sink(&result) };
	int rc = two_new(&two, &b.two) < 0 ? no_memory(err) : 0;

	if (rc == 0)
		rc = open_taps(&b, err);
	if (rc == 0)
		rc = run_all(&b, err);
	if (rc == 0)
		rc = look(&b, err);
	rc = calls->settle(calls->arg, rc, err);
	if (rc == 0)
		rc = judge(&b, &result, err);
	two_result_free(&result);
	tapcap_close(b.taps[TWO_IN]);
	tapcap_close(b.taps[TWO_OUT]);
	two_free(b.two);
	return rc;
}
