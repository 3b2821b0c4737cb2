// SPDX-License-Identifier: GPL-2.0
/*
 * test_probe.c - the probes on made-up frames (BPF_PROG_TEST_RUN)
 *
 * What they record, and what they do when there is no room for it. Needs the
 * right to load BPF programs; touches no device. Exit status 77: this machine does
 * not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/flow.h"
#include "bpf/probe.skel.h"
#include "core/util.h"
#include "host/bpf_lives.h"
#include "host/bpf_probe.h"
#include "prog_run.h"

struct watch {
	struct probe_bpf *skel;
	struct ring_buffer *ring;
	struct flow_event events[64];	/* the first ones */
	size_t n;
	struct lives lives;		/* all of it, as user space keeps it */
};

static int on_record(void *arg, void *data, size_t size)
{
	struct watch *w = arg;

	lives_take(&w->lives, data, size);
	if (size == sizeof(struct flow_closing))
		return 0;
	if (w->n < ARRAY_SIZE(w->events))
		memcpy(&w->events[w->n], data, sizeof(struct flow_event));
	w->n++;
	return 0;
}

/* What a test does not set is as the probe has it. */
struct bounds {
	uint32_t records, ring_bytes;
	bool each_psh;
};

static void watch_start_with(struct watch *w, struct bounds b)
{
	*w = (struct watch){ .skel = probe_bpf__open() };
	assert_non_null(w->skel);
	if (b.records)
		bpf_map__set_max_entries(w->skel->maps.flows, b.records);
	if (b.ring_bytes)
		bpf_map__set_max_entries(w->skel->maps.events, b.ring_bytes);
	w->skel->rodata->knobs.each_psh = b.each_psh;
	assert_int_equal(probe_bpf__load(w->skel), 0);
	w->ring = ring_buffer__new(bpf_map__fd(w->skel->maps.events), on_record, w,
				   NULL);
	assert_non_null(w->ring);
}

static void watch_start(struct watch *w)
{
	watch_start_with(w, (struct bounds){ 0 });
}

static void watch_end(struct watch *w)
{
	ring_buffer__free(w->ring);
	probe_bpf__destroy(w->skel);
	lives_free(&w->lives);
}

static int in_fd(const struct watch *w)
{
	return bpf_program__fd(w->skel->progs.ovslab_in);
}

static int out_fd(const struct watch *w)
{
	return bpf_program__fd(w->skel->progs.ovslab_out);
}

static int count_flows(const struct watch *w, struct flow_key *key,
		       struct flow_state *state)
{
	int fd = bpf_map__fd(w->skel->maps.flows), n = 0;
	struct flow_key *last = NULL, next;
	struct flow_record record;

	while (!bpf_map_get_next_key(fd, last, &next)) {
		*key = next;
		last = key;
		assert_int_equal(bpf_map_lookup_elem(fd, key, &record), 0);
		*state = record.state;
		n++;
	}
	return n;
}

/* Summed over all CPUs. */
static struct flow_totals totals_at(const struct watch *w, uint32_t point)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct flow_totals *all = calloc(cpus, sizeof(*all));
	struct flow_totals sum = { 0 };

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(w->skel->maps.totals), &point,
					     all), 0);
	for (int i = 0; i < cpus; i++)
		for (size_t k = 0; k < sizeof(sum) / sizeof(uint64_t); k++)
			((uint64_t *)&sum)[k] += ((uint64_t *)&all[i])[k];
	return sum;
}

/* What probe_stop() makes of it. */
static struct observation observed(struct watch *w)
{
	struct flow_totals totals[2] = { totals_at(w, FLOW_IN), totals_at(w, FLOW_OUT) };
	int fd = bpf_map__fd(w->skel->maps.flows);
	struct flow_key key, *last = NULL;
	struct flow_record record;
	struct observation obs;

	assert_true(ring_buffer__consume(w->ring) >= 0);
	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		assert_int_equal(bpf_map_lookup_elem(fd, &key, &record), 0);
		lives_add(&w->lives, &key, &record.state);
	}
	assert_int_equal(lives_collect(&w->lives, totals, &obs), 0);
	return obs;
}

struct arrival {
	uint32_t seq;			/* from the start of the flow */
	uint16_t len;
	bool psh;
	uint16_t id_off;		/* its IP ID, less what it would be by its place */
};

struct story {
	const char *name;
	struct arrival arrivals[10];	/* ends with len 0 */
	struct { int index, flags; } events[10];
	int n_events, late;
};

/* A data packet, and one with PSH. */
#define D(seq, len) { seq, len, false, 0 }
#define P(seq, len) { seq, len, true, 0 }
#define I(seq, len, id_off) { seq, len, false, id_off }

static const struct story stories[] = {
	{ "in order", { D(0, 10), D(10, 20), D(30, 5), D(35, 7) },
	  { { 0, 0 } }, 1, 0 },
	{ "hole", { D(0, 10), D(10, 10), D(30, 10), D(40, 10) },
	  { { 0, 0 }, { 2, 0 } }, 2, 0 },
	{ "late", { D(0, 10), D(20, 10), D(10, 10), D(30, 10), D(40, 10) },
	  { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 } }, 4, 1 },
	{ "retransmission", { D(0, 10), D(10, 10), D(10, 10), D(20, 10) },
	  { { 0, 0 }, { 2, 0 }, { 3, 0 } }, 3, 1 },
	{ "late, each", { D(0, 10), D(40, 10), D(10, 10), D(20, 10), D(30, 10), D(50, 10) },
	  { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 } }, 6, 3 },
	{ "repetition where the first would be", { D(0, 10), D(10, 10), I(20, 10, 9), I(30, 10, 9),
						   D(40, 10), D(50, 10) },
	  { { 0, 0 }, { 2, 0 }, { 4, 0 } }, 3, 0 },
	{ "random IP IDs", { D(0, 10), I(10, 10, 777), I(20, 10, 333), I(30, 10, 999), I(40, 10, 555),
			     I(50, 10, 111), I(60, 10, 888), I(70, 10, 222) },
	  { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 } }, 5, 0 },
	{ "first PSH", { D(0, 10), D(10, 10), P(20, 10), D(30, 10), P(40, 10),
			 D(50, 10) },
	  { { 0, 0 }, { 2, FLOW_PSH | FLOW_FIRST_PSH }, { 3, 0 } }, 3, 0 },
	{ "PSH at once", { P(0, 10), P(10, 10), D(20, 10) },
	  { { 0, FLOW_PSH | FLOW_FIRST_PSH }, { 1, FLOW_PSH } }, 2, 0 },
	{ "late PSH", { D(0, 10), D(20, 10), D(30, 10), P(10, 10), D(40, 10),
			D(50, 10) },
	  { { 0, 0 }, { 1, 0 }, { 3, FLOW_PSH | FLOW_FIRST_PSH }, { 4, 0 } }, 4, 1 },
};

static bool is_about_ids(const struct story *s)
{
	for (int i = 0; s->arrivals[i].len; i++)
		if (s->arrivals[i].id_off)
			return true;
	return false;
}

static void tell(const struct watch *w, const struct story *s, uint32_t isn,
		 int family)
{
	for (int i = 0; s->arrivals[i].len; i++) {
		const struct arrival *a = &s->arrivals[i];
		struct frame_spec spec = { .seq = isn + a->seq, .payload = a->len,
					   .ip_id = 100 + i + a->id_off, .vlans = i % 3,
					   .ttl = 10 + i, .family = family,
					   .tcp_flags = ACK | (a->psh ? PSH : 0) };
		struct frame before, after;

		frame_build(&before, &spec);
		after = before;
		run(in_fd(w), &after);
		assert_memory_equal(after.data, before.data, before.len);
	}
}

static void assert_events(const struct watch *w, const struct story *s,
			  uint32_t isn, int family)
{
	assert_int_equal(w->n, s->n_events);
	for (int i = 0; i < s->n_events; i++) {
		int index = s->events[i].index;
		const struct arrival *a = &s->arrivals[index];
		const struct flow_event *e = &w->events[i];

		assert_int_equal(e->index, index);
		assert_int_equal(e->flags & ~FLOW_IDS_COUNT, s->events[i].flags);
		assert_int_equal(!!(e->flags & FLOW_IDS_COUNT), family == 4);
		assert_int_equal(e->seq, isn + a->seq);
		assert_int_equal(e->len, a->len);
		assert_int_equal(e->ip_id, family == 4 ? 100 + index + a->id_off : 0);
		assert_int_equal(e->point, FLOW_IN);
		if (index)
			assert_int_equal(e->prev_end,
					 (uint32_t)(isn + a[-1].seq + a[-1].len));
	}
}

static void assert_story(const struct story *s, uint32_t isn, int family)
{
	uint32_t packets = 0, bytes = 0, psh = 0, end = 0;
	struct flow_state state;
	struct flow_key key;
	struct watch w;

	watch_start(&w);
	tell(&w, s, isn, family);
	assert_true(ring_buffer__consume(w.ring) >= 0);
	assert_events(&w, s, isn, family);
	for (; s->arrivals[packets].len; packets++) {
		const struct arrival *a = &s->arrivals[packets];

		bytes += a->len;
		psh += a->psh;
		end = a->seq + a->len > end ? a->seq + a->len : end;
	}
	assert_int_equal(count_flows(&w, &key, &state), 1);
	assert_int_equal(state.packets, packets);
	assert_int_equal(state.wire_packets, packets);
	assert_int_equal(state.bytes, bytes);
	assert_int_equal(state.psh, psh);
	assert_int_equal(state.late, s->late);
	assert_int_equal(state.first_seq, isn);
	assert_int_equal(state.max_end, (uint32_t)(isn + end));
	assert_int_equal(key.family, family);
	assert_int_equal(key.sport, 40000);
	assert_int_equal(key.dport, 5201);
	assert_int_equal(key.saddr[0], family == 4 ? 0xc6 : 0xfd);
	assert_int_equal(key.daddr[family == 4 ? 3 : 15], 2);
	watch_end(&w);
}

static void probe_events(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		print_message("    %s\n", stories[i].name);
		assert_story(&stories[i], 1000, 4);
		assert_story(&stories[i], (uint32_t)-25, 4);	/* wraps */
		if (!is_about_ids(&stories[i]))
			assert_story(&stories[i], 0x7ffffff0, 6);
	}
}

/* Neither bare ACKs, nor SYN, nor fragments, nor what is not TCP. */
static void probe_ignores(void **state)
{
	struct frame_spec rest[] = {
		{ .payload = 0 }, { .tcp_flags = SYN }, { .tcp_flags = FIN | ACK },
		{ .more_frags = true, .payload = 64 },
		{ .family = 6, .ext = { 44 }, .n_ext = 1, .payload = 64 },
		{ .padding = 6 },
	};
	struct flow_state flow;
	struct flow_key key;
	struct watch w;
	struct frame f;

	watch_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
		frame_build(&f, &rest[i]);
		run(in_fd(&w), &f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++) {
		frame_build(&f, &not_tcp_shapes[i].spec);
		run(in_fd(&w), &f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
		truncated(in_fd(&w), &tcp_shapes[i]);
	assert_int_equal(count_flows(&w, &key, &flow), 0);
	watch_end(&w);
}

/* All shapes of a family belong to one flow: the key has nothing of layer 2. */
static void probe_finds_every_shape(void **state)
{
	struct flow_state flow;
	struct flow_key key;
	struct watch w;
	struct frame f;

	watch_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		frame_build(&f, &tcp_shapes[i].spec);
		run(in_fd(&w), &f);
	}
	assert_int_equal(count_flows(&w, &key, &flow), 2);
	watch_end(&w);
}

static void probe_counts_segments(void **state)
{
	struct frame_spec spec = { .payload = 3500 };
	struct __sk_buff ctx = { .gso_size = 1000, .gso_segs = 4 };
	struct flow_state flow;
	struct flow_key key;
	struct watch w;
	struct frame f;

	watch_start(&w);
	frame_build(&f, &spec);
	run_ctx(in_fd(&w), &f, &ctx, 1);
	assert_int_equal(count_flows(&w, &key, &flow), 1);
	assert_int_equal(flow.packets, 1);
	assert_int_equal(flow.wire_packets, 4);
	assert_int_equal(flow.bytes, 3500);
	watch_end(&w);
}

static void probe_keeps_points_apart(void **state)
{
	struct frame_spec spec = { .payload = 10 };
	struct flow_state flow;
	struct flow_key key;
	struct watch w;
	struct frame f;

	watch_start(&w);
	frame_build(&f, &spec);
	run(in_fd(&w), &f);
	run(out_fd(&w), &f);
	assert_true(ring_buffer__consume(w.ring) >= 0);
	assert_int_equal(count_flows(&w, &key, &flow), 2);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.events[0].point, FLOW_IN);
	assert_int_equal(w.events[1].point, FLOW_OUT);
	assert_int_equal(w.events[1].index, 0);
	watch_end(&w);
}

/* ---- each PSH packet by itself ---- */

static const struct arrival psh_arrivals[] = {
	D(0, 10), P(10, 10), P(20, 10), D(30, 10), D(40, 10), P(50, 10), D(60, 10),
	D(70, 10),
};

static void assert_psh_events(bool each, bool out, const int *indices, size_t n)
{
	struct watch w;

	watch_start_with(&w, (struct bounds){ .each_psh = each });
	for (size_t i = 0; i < ARRAY_SIZE(psh_arrivals); i++) {
		const struct arrival *a = &psh_arrivals[i];
		struct frame_spec spec = { .seq = a->seq, .payload = a->len,
					   .tcp_flags = ACK | (a->psh ? PSH : 0) };
		struct frame f;

		frame_build(&f, &spec);
		run(out ? out_fd(&w) : in_fd(&w), &f);
	}
	assert_true(ring_buffer__consume(w.ring) >= 0);
	assert_int_equal(w.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(w.events[i].index, indices[i]);
		assert_int_equal(!!(w.events[i].flags & FLOW_PSH),
				 psh_arrivals[indices[i]].psh);
	}
	watch_end(&w);
}

static void probe_knows_each_psh(void **state)
{
	static const int each[] = { 0, 1, 2, 3, 5, 6 }, first[] = { 0, 1, 2 };

	assert_psh_events(true, false, each, ARRAY_SIZE(each));
	assert_psh_events(true, true, first, ARRAY_SIZE(first));
	assert_psh_events(false, false, first, ARRAY_SIZE(first));
}

/* ---- ports that are used again ---- */

static void send_at(int fd, uint32_t seq, int flags, int len)
{
	struct frame_spec spec = { .seq = seq, .payload = len, .tcp_flags = flags };
	struct frame f;

	frame_build(&f, &spec);
	run(fd, &f);
}

static void data(int fd, uint32_t isn, int packets)
{
	for (int i = 0; i < packets; i++)
		send_at(fd, isn + 1 + i * 100, ACK, 100);
}

static void assert_point(const struct obs_point *p, uint64_t packets, size_t events)
{
	assert_int_equal(p->packets, packets);
	assert_int_equal(p->bytes, packets * 100);
	assert_int_equal(p->n_events, events);
	assert_false(p->evicted);
}

static const struct obs_flow *flow_of(const struct observation *obs, uint64_t in_packets)
{
	for (size_t i = 0; i < obs->n_flows; i++)
		if (obs->flows[i].in.packets == in_packets)
			return &obs->flows[i];
	return NULL;
}

/* Three connections on the same ports; SYNs come twice, one never leaves. */
static void probe_tells_lives_apart(void **state)
{
	struct observation obs;
	struct watch w;
	int points[2];

	watch_start(&w);
	points[FLOW_IN] = in_fd(&w);
	points[FLOW_OUT] = out_fd(&w);
	for (int i = 0; i < 2; i++) {
		send_at(points[i], 1000, SYN, 0);
		data(points[i], 1000, 5);
		send_at(points[i], 70000, SYN, 0);
		send_at(points[i], 70000, SYN, 0);
		data(points[i], 70000, 3);
		send_at(points[i], 70000, SYN, 0);
		send_at(points[i], 70301, ACK, 100);
		if (i == FLOW_IN)
			send_at(points[i], 90000, SYN, 0);
		send_at(points[i], 5000, SYN, 0);
		data(points[i], 5000, 7);
	}
	obs = observed(&w);
	assert_int_equal(obs.n_flows, 3);
	assert_int_equal(obs.flows_saturated + obs.events_dropped, 0);
	assert_int_equal(obs.in.lives, 3);
	assert_int_equal(obs.in.packets, 16);
	for (size_t i = 0; i < 3; i++) {
		uint64_t n = (const uint64_t[]){ 5, 4, 7 }[i];
		const struct obs_flow *flow = flow_of(&obs, n);

		assert_non_null(flow);
		assert_point(&flow->in, n, 1);
		assert_point(&flow->out, n, 1);
	}
	observation_release(&obs);
	watch_end(&w);
}

/* TCP Fast Open: the SYN has the first data, and may be sent again. */
static void probe_tells_fast_open_apart(void **state)
{
	struct observation obs;
	struct watch w;

	watch_start(&w);
	data(in_fd(&w), 1000, 5);
	for (int i = 0; i < 2; i++)
		send_at(in_fd(&w), 70000, SYN, 100);
	send_at(in_fd(&w), 70101, ACK, 100);
	obs = observed(&w);
	assert_int_equal(obs.n_flows, 2);
	assert_non_null(flow_of(&obs, 5));
	assert_non_null(flow_of(&obs, 3));
	assert_int_equal(flow_of(&obs, 3)->in.late, 1);
	observation_release(&obs);
	watch_end(&w);
}

/* ---- more flows than records ---- */

enum { SMALL = 256 };

static void one_packet_each(struct watch *w, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct frame_spec spec = { .sport = 1 + i, .seq = 1, .payload = 10,
					   .tcp_flags = i % 2 ? ACK | PSH : ACK };
		struct frame f;

		frame_build(&f, &spec);
		run(in_fd(w), &f);
	}
}

static void probe_notices_eviction(void **state)
{
	enum { FLOWS = 10 * SMALL };
	uint64_t evicted = 0;
	struct observation obs;
	struct watch w;

	watch_start_with(&w, (struct bounds){ .records = SMALL });
	one_packet_each(&w, 0, FLOWS);
	obs = observed(&w);
	assert_int_equal(obs.in.packets, FLOWS);
	assert_int_equal(obs.in.wire_packets, FLOWS);
	assert_int_equal(obs.in.bytes, 10 * FLOWS);
	assert_int_equal(obs.in.psh, FLOWS / 2);
	assert_int_equal(obs.in.lives, FLOWS);
	assert_int_equal(obs.events_dropped, 0);
	assert_int_equal(obs.n_flows, FLOWS);
	for (size_t i = 0; i < obs.n_flows; i++) {
		assert_int_equal(obs.flows[i].in.packets, 1);
		assert_int_equal(obs.flows[i].in.n_events, 1);
		evicted += obs.flows[i].in.evicted;
	}
	assert_in_range(evicted, FLOWS - SMALL, FLOWS - 1);
	assert_int_equal(obs.flows_saturated, evicted);
	observation_release(&obs);
	watch_end(&w);
}

/* Evicted, and seen again: still one flow, all events there, not exact. */
static void probe_joins_what_was_evicted(void **state)
{
	const struct obs_flow *flow = NULL;
	struct observation obs;
	struct watch w;

	watch_start_with(&w, (struct bounds){ .records = SMALL });
	data(in_fd(&w), 1000, 3);
	send_at(in_fd(&w), 2000, ACK, 100);
	one_packet_each(&w, 0, 4 * SMALL);
	send_at(in_fd(&w), 2100, ACK, 100);
	send_at(in_fd(&w), 1500, ACK, 100);
	obs = observed(&w);
	for (size_t i = 0; i < obs.n_flows; i++)
		if (obs.flows[i].key.sport == 40000 && !flow)
			flow = &obs.flows[i];
		else
			assert_int_not_equal(obs.flows[i].key.sport, 40000);
	assert_non_null(flow);
	assert_true(flow->in.evicted);
	assert_int_equal(flow->in.n_events, 4);
	assert_int_equal(flow->in.packets, 6);
	assert_int_equal(flow->in.events[1].index, 3);
	assert_int_equal(flow->in.events[2].index, 4);
	assert_int_equal(flow->in.events[2].prev_end, 2100);
	assert_int_equal(flow->in.late, 1);
	assert_int_equal(obs.in.packets, 6 + 4 * SMALL);
	assert_true(obs.flows_saturated > 0);
	observation_release(&obs);
	watch_end(&w);
}

static void run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* The bound is a promise: so many flows are kept whichever CPUs see them. */
static void probe_keeps_to_its_bound(void **state)
{
	int cpus = libbpf_num_possible_cpus(), flows = FLOW_MAX;
	struct observation obs;
	cpu_set_t before;
	struct watch w;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	watch_start_with(&w, (struct bounds){
		.records = flows + cpus * FLOW_CPU_SPARE });
	for (int cpu = 0, done = 0; cpu < CPU_SETSIZE && done < flows; cpu++) {
		int to = done + flows / CPU_COUNT(&before) + 1;

		if (!CPU_ISSET(cpu, &before))
			continue;
		run_on_cpu(cpu);
		one_packet_each(&w, done, to < flows ? to : flows);
		done = to;
	}
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	obs = observed(&w);
	assert_int_equal(obs.n_flows, flows);
	assert_int_equal(obs.flows_saturated, 0);
	observation_release(&obs);
	watch_end(&w);
}

/* ---- no room for events ---- */

/* The same packet again and again opens a run each time. */
static void probe_counts_dropped_events(void **state)
{
	struct frame_spec spec = { .payload = 10 };
	struct flow_totals totals;
	struct flow_state flow;
	struct flow_key key;
	struct watch w;
	struct frame f;

	watch_start(&w);
	frame_build(&f, &spec);
	for (int i = 0; i < 5; i++)
		run_ctx(in_fd(&w), &f, NULL, 100000);
	assert_true(ring_buffer__consume(w.ring) >= 0);
	assert_int_equal(count_flows(&w, &key, &flow), 1);
	assert_int_equal(flow.packets, 500000);
	assert_int_equal(flow.late, 499999);
	totals = totals_at(&w, FLOW_IN);
	assert_int_equal(totals.packets, 500000);
	assert_int_equal(totals.late, 499999);
	assert_true(totals.dropped > 0);
	assert_int_equal(w.n, totals.events);
	assert_int_equal(w.n + totals.dropped, 500000);
	watch_end(&w);
}

/* Neither the opening nor the closing of a life got through. */
static void probe_notices_lost_closings(void **state)
{
	struct observation obs;
	struct watch w;

	watch_start_with(&w, (struct bounds){ .ring_bytes = 4096 });
	one_packet_each(&w, 0, 200);
	data(in_fd(&w), 1000, 3);
	send_at(in_fd(&w), 70000, SYN, 0);
	data(in_fd(&w), 70000, 2);
	obs = observed(&w);
	assert_int_equal(obs.in.lives, 202);
	assert_int_equal(obs.flows_saturated, 1);
	assert_int_equal(obs.n_flows, 201);
	assert_int_equal(obs.events + obs.events_dropped, 203);
	assert_int_equal(obs.in.packets, 205);
	observation_release(&obs);
	watch_end(&w);
}

/* ---- many CPUs ---- */

enum { THREADS = 4, EACH = 200000 };

static void *send_many(void *arg)
{
	struct frame_spec spec = { .payload = 10, .seq = 1 };
	struct frame f;

	frame_build(&f, &spec);
	run_ctx(*(int *)arg, &f, NULL, EACH);
	return NULL;
}

/* One flow on several CPUs at once: each arrival has an index of its own. */
static void probe_is_exact_on_many_cpus(void **state)
{
	struct flow_totals totals;
	pthread_t threads[THREADS];
	struct flow_state flow;
	struct flow_key key;
	struct watch w;
	int fd;

	watch_start(&w);
	fd = in_fd(&w);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_many, &fd), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count_flows(&w, &key, &flow), 1);
	assert_int_equal(flow.packets, THREADS * EACH);
	assert_int_equal(flow.late, THREADS * EACH - 1);
	totals = totals_at(&w, FLOW_IN);
	assert_int_equal(totals.packets, THREADS * EACH);
	assert_int_equal(totals.bytes, 10 * THREADS * EACH);
	assert_int_equal(totals.late, THREADS * EACH - 1);
	assert_int_equal(totals.lives, 1);
	assert_int_equal(totals.events + totals.dropped, THREADS * EACH);
	watch_end(&w);
}

static int can_load(void)
{
	struct probe_bpf *skel = probe_bpf__open_and_load();
	int rc = skel ? 0 : errno;

	probe_bpf__destroy(skel);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_events),
		cmocka_unit_test(probe_ignores),
		cmocka_unit_test(probe_finds_every_shape),
		cmocka_unit_test(probe_counts_segments),
		cmocka_unit_test(probe_keeps_points_apart),
		cmocka_unit_test(probe_knows_each_psh),
		cmocka_unit_test(probe_tells_lives_apart),
		cmocka_unit_test(probe_tells_fast_open_apart),
		cmocka_unit_test(probe_notices_eviction),
		cmocka_unit_test(probe_joins_what_was_evicted),
		cmocka_unit_test(probe_keeps_to_its_bound),
		cmocka_unit_test(probe_counts_dropped_events),
		cmocka_unit_test(probe_notices_lost_closings),
		cmocka_unit_test(probe_is_exact_on_many_cpus),
	};
	int rc = can_load();

	if (rc == EPERM) {
		printf("skip: no right to load BPF programs: %s\n", strerror(rc));
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
