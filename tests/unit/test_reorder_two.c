// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder_two.c - what the switch reordered, against the truth of a simulated
 * switch; the events are made by the probe's own code, compiled natively
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/reorder.h"
#include "core/reorder_stream.h"
#include "core/util.h"
#include "points.h"
#include "random.h"

/* One packet as the sender sent it. */
struct sent {
	uint32_t seq, len;
	uint16_t id;
	bool psh;
	uint64_t in_ns, out_ns;		/* out_ns 0: lost in the switch */
};

#define MAX_SENT 4096

/* ---- the probe, natively ------------------------------------------------- */

static void push(struct flow_state *f, struct obs_point *p, const struct sent *s,
		 uint64_t ns, uint32_t gso)
{
	struct flow_packet packet = { ns, s->seq, s->len, gso, s->id, s->psh };

	point_push(p, f, &packet, 0);
}

/* @out: [n_out] indexes into @s, in egress order */
static struct obs_flow flow_of(const struct sent *s, size_t n, const size_t *out,
			       size_t n_out)
{
	struct obs_flow flow = { .key = { .family = 4, .proto = 6, .sport = 1 } };
	struct flow_state in = { 0 }, eg = { 0 };

	for (size_t i = 0; i < n; i++)
		push(&in, &flow.in, &s[i], s[i].in_ns, 0);
	for (size_t i = 0; i < n_out; i++)
		push(&eg, &flow.out, &s[out[i]], s[out[i]].out_ns, 0);
	obs_point_fill(&flow.in, &in);
	obs_point_fill(&flow.out, &eg);
	return flow;
}

static struct reorder_result judge(struct obs_flow *flow, size_t n, uint64_t dropped)
{
	struct observation obs = { .flows = flow, .n_flows = n,
				   .events_dropped = dropped };
	struct reorder_result r;

	assert_int_equal(reorder_two_point(&obs, NULL, &r), 0);
	return r;
}

/* ---- small cases, by hand ------------------------------------------------ */

struct small {
	const char *name;
	int in[12];			/* segments of 100 bytes as sent; ends with 0; < 0: PSH */
	int out[12];			/* positions in @in, from 1; ends with 0 */
	uint64_t packets, reordered, movers, max_extent, retransmitted, lost;
	enum reorder_psh psh;
	uint64_t displacement;
};

static const struct small smalls[] = {
	{ "in order", { 1, 2, -3, 4, 5 }, { 1, 2, 3, 4, 5 }, 5, 0, 0, 0, 0, 0,
	  REORDER_PSH_IN_ORDER, 0 },
	{ "first PSH late by 3", { 1, 2, -3, 4, 5, 6, 7 }, { 1, 2, 4, 5, 6, 3, 7 },
	  7, 1, 1, 3, 0, 0, REORDER_PSH_LATE, 3 },
	{ "first PSH early by 3", { 1, 2, 3, 4, -5, 6 }, { 1, 5, 2, 3, 4, 6 },
	  6, 3, 1, 3, 0, 0, REORDER_PSH_EARLY, 3 },
	{ "overtaken by a later PSH", { 1, 2, -3, 4, 5, -6, 7 }, { 1, 2, 6, 3, 4, 5, 7 },
	  7, 3, 1, 3, 0, 0, REORDER_PSH_LATE, 1 },
	{ "first PSH lost", { 1, 2, -3, 4, 5 }, { 1, 2, 4, 5 }, 4, 0, 0, 0, 0, 1,
	  REORDER_PSH_LOST, 0 },
	{ "no PSH", { 1, 2, 3 }, { 1, 2, 3 }, 3, 0, 0, 0, 0, 0, REORDER_PSH_NONE, 0 },
	{ "lost, then sent again", { 1, 2, 3, 4, 2, 5 }, { 1, 3, 4, 5, 6 },
	  5, 0, 0, 0, 1, 1, REORDER_PSH_NONE, 0 },
	{ "sent again needlessly", { 1, 2, 3, 4, 2, 5 }, { 1, 2, 3, 4, 5, 6 },
	  6, 0, 0, 0, 1, 0, REORDER_PSH_NONE, 0 },
	{ "late, and sent again", { 1, 2, 3, 4, 2, 5 }, { 1, 3, 4, 2, 5, 6 },
	  6, 1, 1, 2, 1, 0, REORDER_PSH_NONE, 0 },
	{ "the repetition overtakes", { 1, 2, 3, 4, 2, 5 }, { 1, 3, 4, 5, 6, 2 },
	  6, 1, 1, 4, 1, 0, REORDER_PSH_NONE, 0 },
	{ "go back and run on", { 1, 2, 3, 2, 3, 4, 5 }, { 1, 4, 5, 6, 7 },
	  5, 0, 0, 0, 2, 2, REORDER_PSH_NONE, 0 },
	{ "all lost", { 1, 2, 3 }, { 0 }, 0, 0, 0, 0, 0, 3, REORDER_PSH_NONE, 0 },
	{ "disorder before the switch", { 1, 3, 2, 4 }, { 1, 2, 3, 4 },
	  4, 0, 0, 0, 0, 0, REORDER_PSH_NONE, 0 },
	{ "the first packet overtaken", { 1, 2, 3, 4 }, { 2, 3, 1, 4 },
	  4, 1, 1, 2, 0, 0, REORDER_PSH_NONE, 0 },
};

static size_t load(const struct small *c, struct sent *s, size_t *out, size_t *n_out)
{
	size_t n = 0;

	for (; c->in[n]; n++)
		s[n] = (struct sent){ (uint32_t)(abs(c->in[n]) * 100), 100,
				      (uint16_t)(n + 1), c->in[n] < 0, 1000 * (n + 1), 0 };
	for (*n_out = 0; c->out[*n_out]; ++*n_out) {
		out[*n_out] = (size_t)c->out[*n_out] - 1;
		s[out[*n_out]].out_ns = 100000 + 1000 * *n_out;
	}
	return n;
}

static void test_small(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(smalls); i++) {
		const struct small *c = &smalls[i];
		struct sent s[12];
		size_t out[12], n_out, n = load(c, s, out, &n_out);
		struct obs_flow flow = flow_of(s, n, out, n_out);
		struct reorder_result r = judge(&flow, 1, 0);

		print_message("%s\n", c->name);
		assert_true(r.exact);
		assert_int_equal(r.f.packets, c->packets);
		assert_int_equal(r.f.reordered, c->reordered);
		assert_int_equal(r.flows_reordered, c->reordered > 0);
		assert_int_equal(r.f.movers, c->movers);
		assert_int_equal(r.f.extent.max, c->max_extent);
		assert_int_equal(r.f.retransmitted, c->retransmitted);
		assert_int_equal(r.f.lost, c->lost);
		assert_int_equal(r.f.lost_bytes, 100 * c->lost);
		assert_int_equal(r.flow[0].first_psh, c->psh);
		assert_int_equal(r.flow[0].displacement, c->displacement);
		assert_int_equal(r.f.estimated, 0);
		reorder_result_free(&r);
		points_free(&flow);
	}
}

/* Without IP IDs, and all entering before any leaves: the sender is believed. */
static void test_no_ip_id(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(smalls); i++) {
		const struct small *c = &smalls[i];
		struct sent s[12];
		size_t out[12], n_out, n = load(c, s, out, &n_out);
		struct obs_flow flow = flow_of(s, n, out, n_out);
		struct reorder_result r;

		flow.key.family = 6;
		r = judge(&flow, 1, 0);
		assert_int_equal(r.f.packets, c->packets);
		assert_int_equal(r.f.reordered, c->reordered);
		assert_int_equal(r.f.retransmitted, c->retransmitted);
		assert_int_equal(r.f.lost, c->lost);
		reorder_result_free(&r);
		points_free(&flow);
	}
}

/* ---- a simulated switch -------------------------------------------------- */

struct world {
	size_t n;			/* transmissions */
	uint32_t base;			/* first sequence number */
	uint32_t loss, again, delay, psh;	/* 1 of so many; 0 = never */
	uint64_t max_delay_ns;		/* below the time until a repetition */
	bool uneven;			/* packet sizes vary */
	bool ip_id;
};

#define GAP_NS 1000
#define REPEAT_AFTER 64			/* packets; 64 GAP_NS > max_delay_ns */

static bool chance(uint64_t *seed, uint32_t one_of)
{
	return one_of && next_random(seed) % one_of == 0;
}

static void simulate(const struct world *w, struct sent *s, uint64_t *seed)
{
	uint32_t seq = w->base;

	for (size_t i = 0; i < w->n; i++) {
		uint64_t delay = 1 + (chance(seed, w->delay) ?
				      next_random(seed) % w->max_delay_ns : 0);

		if (i > REPEAT_AFTER && chance(seed, w->again)) {
			s[i] = s[i - REPEAT_AFTER - next_random(seed) %
				 (i - REPEAT_AFTER)];
		} else {
			s[i] = (struct sent){ .seq = seq, .len = 1448,
					      .psh = chance(seed, w->psh) };
			if (w->uneven && chance(seed, 10))
				s[i].len = 1 + (uint32_t)(next_random(seed) % 1448);
			seq += s[i].len;
		}
		s[i].id = w->ip_id ? (uint16_t)(65000 + i) : 0;
		s[i].in_ns = GAP_NS * (i + 1);
		s[i].out_ns = chance(seed, w->loss) ? 0 : s[i].in_ns + delay;
	}
}

static const struct sent *sorting;

static int by_out(const void *a, const void *b)
{
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (sorting[i].out_ns != sorting[j].out_ns)
		return sorting[i].out_ns < sorting[j].out_ns ? -1 : 1;
	return i < j ? -1 : 1;
}

static size_t egress_order(const struct sent *s, size_t n, size_t *out)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (s[i].out_ns)
			out[m++] = i;
	sorting = s;
	qsort(out, m, sizeof(*out), by_out);
	return m;
}

static void note_extent(void *arg, const struct reorder_found *found)
{
	if (found->reordered)
		reorder_hist_add(arg, found->extent);
}

/* The truth: the transmissions' own numbers, judged packet by packet. */
static void check_order(const struct reorder_flow *got, const size_t *out, size_t m)
{
	const struct reorder_limits limits = { .window = UINT32_MAX, .threshold = 16 };
	_cleanup_free_ struct reorder_metrics *truth = calloc(1, sizeof(*truth));
	struct reorder_hist extent = { 0 };
	struct reorder_sink sink = { truth, note_extent, &extent };
	struct reorder_state s;

	assert_non_null(truth);
	reorder_init(&s, 0);
	for (size_t i = 0; i < m; i++) {
		const struct reorder_arrival a = { out[i], out[i] + 1, 1, 0, 0, 0 };

		assert_true(reorder_push(&s, &a, &limits, &sink) >= 0);
	}
	assert_int_equal(reorder_flush(&s, &limits, &sink), 0);
	assert_int_equal(got->f.packets, m);
	assert_int_equal(got->f.reordered, truth->reordered);
	assert_int_equal(got->f.movers, truth->movers);
	assert_memory_equal(&got->f.extent, &extent, sizeof(extent));
}

static void check_first_psh(const struct reorder_flow *got, const struct sent *s, size_t n,
			    const size_t *out, size_t m)
{
	uint64_t overtook = 0, overtaken = 0;
	size_t psh = 0, at = 0;

	while (psh < n && !s[psh].psh)
		psh++;
	if (psh == n) {
		assert_int_equal(got->first_psh, REORDER_PSH_NONE);
		return;
	}
	while (at < m && out[at] != psh)
		at++;
	if (at == m) {
		assert_int_equal(got->first_psh, REORDER_PSH_LOST);
		return;
	}
	for (size_t i = 0; i < m; i++) {
		overtaken += i < at && out[i] > psh;
		overtook += i > at && out[i] < psh;
	}
	assert_int_equal(got->first_psh == REORDER_PSH_LATE, overtaken > 0);
	if (got->first_psh == REORDER_PSH_LATE)
		assert_int_equal(got->displacement, overtaken);
	if (got->first_psh == REORDER_PSH_EARLY)
		assert_int_equal(got->displacement, overtook);
	if (!overtook && !overtaken)
		assert_int_equal(got->first_psh, REORDER_PSH_IN_ORDER);
}

static void check_sender(const struct reorder_flow *got, const struct sent *s, size_t n)
{
	uint64_t again = 0, lost = 0, lost_bytes = 0;
	uint32_t max = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t end = s[i].seq - s[0].seq + s[i].len;

		again += end <= max;
		max = end > max ? end : max;
		lost += !s[i].out_ns;
		lost_bytes += s[i].out_ns ? 0 : s[i].len;
	}
	assert_int_equal(got->f.retransmitted, again);
	assert_int_equal(got->f.lost, lost);
	assert_int_equal(got->f.lost_bytes, lost_bytes);
}

static void run_world(const struct world *w, uint64_t *seed)
{
	struct sent s[MAX_SENT];
	size_t out[MAX_SENT], m;
	struct obs_flow flow;
	struct reorder_result r;

	simulate(w, s, seed);
	m = egress_order(s, w->n, out);
	flow = flow_of(s, w->n, out, m);
	flow.key.family = w->ip_id ? 4 : 6;
	r = judge(&flow, 1, 0);
	assert_true(r.exact);
	check_order(&r.flow[0], out, m);
	check_first_psh(&r.flow[0], s, w->n, out, m);
	check_sender(&r.flow[0], s, w->n);
	reorder_result_free(&r);
	points_free(&flow);
}

/* Every figure agrees with the truth; sequence numbers wrap at 2^32. */
static void test_worlds(void **state)
{
	const struct world worlds[] = {
		{ .n = 500, .base = 1000, .delay = 10, .psh = 30, .ip_id = true },
		{ .n = 500, .base = 0xfffff000, .delay = 3, .psh = 10, .ip_id = true },
		{ .n = 500, .base = 0xfffff000, .delay = 10, .psh = 30, .loss = 50 },
		{ .n = 800, .base = 7, .delay = 10, .psh = 30, .again = 40 },
		{ .n = 800, .base = 7, .delay = 10, .psh = 30, .again = 40,
		  .ip_id = true },
		{ .n = 800, .base = 0xffff0000, .delay = 20, .psh = 100, .again = 30,
		  .loss = 30, .ip_id = true },
		{ .n = 500, .base = 1, .delay = 10, .psh = 30, .uneven = true },
		{ .n = 60, .base = 1, .delay = 2, .psh = 5 },
	};
	uint64_t seed = 5236;

	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct world w = worlds[i];

		print_message("world %zu\n", i);
		for (int round = 0; round < 200; round++) {
			w.max_delay_ns = GAP_NS * (2 + next_random(&seed) % 50);
			run_world(&w, &seed);
		}
	}
}

/* ---- beyond the plain case ----------------------------------------------- */

/* A run of 6 GiB and 100 bytes: its length wraps, its packets tell. */
static void test_long_run(void **state)
{
	const uint64_t n = 4449193, len = 1448;	/* the last one is shorter */
	const uint64_t bytes = (6ull << 30) + 100;
	struct obs_event first = { .time_ns = 1, .seq = 77, .len = len, .ip_id = 1 };
	struct obs_point p = { .packets = n, .wire_packets = n, .bytes = bytes,
			       .first_ns = 1, .last_ns = 9, .events = &first,
			       .n_events = 1, .last_end = (uint32_t)(77 + bytes) };
	struct obs_flow flow = { .key = { .family = 4 }, .in = p, .out = p };
	struct reorder_result r = judge(&flow, 1, 0);

	assert_true(r.exact);
	assert_int_equal(r.f.packets, n);
	assert_int_equal(r.f.lost, 0);
	reorder_result_free(&r);
}

/* GRO: ten packets enter, three leave: order is judged on bytes. */
static void test_merged(void **state)
{
	struct sent in[10], out[3] = {
		{ 100, 400, 1, false, 0, 20000 }, { 800, 300, 8, false, 0, 21000 },
		{ 500, 300, 5, false, 0, 22000 },
	};
	struct obs_flow flow = { .key = { .family = 4 } };
	struct flow_state f = { 0 }, g = { 0 };
	struct reorder_result r;

	for (uint32_t i = 0; i < 10; i++) {
		in[i] = (struct sent){ 100 + 100 * i, 100, (uint16_t)(i + 1), false,
				       1000 + i, 0 };
		push(&f, &flow.in, &in[i], in[i].in_ns, 0);
	}
	for (size_t i = 0; i < 3; i++)
		push(&g, &flow.out, &out[i], out[i].out_ns, 100);
	obs_point_fill(&flow.in, &f);
	obs_point_fill(&flow.out, &g);
	r = judge(&flow, 1, 0);
	assert_true(r.exact);
	assert_int_equal(r.f.packets, 10);
	assert_int_equal(r.f.reordered, 3);
	assert_int_equal(r.f.extent.max, 5);
	assert_int_equal(r.f.lost, 0);
	assert_int_equal(r.f.egress_wire_packets, 10);
	reorder_result_free(&r);
	points_free(&flow);
}

/* GSO: one frame of 1000 enters, and leaves in pieces out of order. */
static void test_split(void **state)
{
	struct sent in = { 100, 1000, 1, false, 1000, 0 };
	struct sent out[] = { { 100, 300, 1, false, 0, 2000 },
			      { 700, 400, 7, false, 0, 2001 },
			      { 400, 300, 4, false, 0, 2002 } };
	struct obs_flow flow = { .key = { .family = 4 } };
	struct flow_state f = { 0 }, g = { 0 };
	struct reorder_result r;

	push(&f, &flow.in, &in, in.in_ns, 100);
	for (size_t i = 0; i < ARRAY_SIZE(out); i++)
		push(&g, &flow.out, &out[i], out[i].out_ns, 0);
	obs_point_fill(&flow.in, &f);
	obs_point_fill(&flow.out, &g);
	r = judge(&flow, 1, 0);
	assert_true(r.f.reordered > 0);
	assert_int_equal(r.f.lost_bytes, 0);
	reorder_result_free(&r);
	points_free(&flow);
}

/* Missing events: the late counters alone, and the result says so. */
static void test_fall_back(void **state)
{
	const struct small *c = &smalls[1];
	struct sent s[12];
	size_t out[12], n_out, n = load(c, s, out, &n_out);
	struct obs_flow flow = flow_of(s, n, out, n_out);
	struct reorder_result r;

	flow.out.n_events--;
	r = judge(&flow, 1, 1);
	assert_false(r.exact);
	assert_int_equal(r.f.reordered, 1);
	assert_int_equal(r.f.packets, 7);
	assert_int_equal(r.flow[0].first_psh, REORDER_PSH_UNKNOWN);
	reorder_result_free(&r);
	points_free(&flow);
}

/* A flow record was given away at the ingress tap: nothing is concluded from that. */
static void test_evicted(void **state)
{
	const struct small *c = &smalls[1];
	struct sent s[12];
	size_t out[12], n_out, n = load(c, s, out, &n_out);
	struct obs_flow flow = flow_of(s, n, out, n_out);
	struct reorder_result r;

	flow.in.evicted = true;
	r = judge(&flow, 1, 0);
	assert_false(r.exact);
	assert_int_equal(r.f.packets, 7);
	assert_int_equal(r.f.reordered, 0);
	assert_int_equal(r.f.lost, 0);
	reorder_result_free(&r);
	points_free(&flow);
}

/* All events of one excursion missing: only the late counter betrays it. */
static void test_cancelling(void **state)
{
	const struct small *c = &smalls[13];	/* 2 3 1 4 leaves */
	struct sent s[12];
	size_t out[12], n_out, n = load(c, s, out, &n_out);
	struct obs_flow flow = flow_of(s, n, out, n_out);
	struct reorder_result r;

	flow.out.events[0].seq = 100;		/* as if 1 2 3 4 had left */
	flow.out.n_events = 1;
	r = judge(&flow, 1, 3);
	assert_false(r.exact);
	assert_int_equal(r.f.reordered, 1);
	reorder_result_free(&r);
	points_free(&flow);
}

/* Bytes leave that never entered, or leave twice. */
static void test_strange(void **state)
{
	struct sent s[] = { { 100, 100, 1, false, 1000, 5000 },
			    { 200, 100, 2, false, 2000, 6000 },
			    { 900, 100, 9, false, 3000, 7000 } };
	const size_t twice[] = { 0, 1, 1 }, unseen[] = { 0, 1, 2 };
	struct obs_flow flow = flow_of(s, 2, twice, 3);
	struct reorder_result r = judge(&flow, 1, 0);

	assert_true(r.exact);
	assert_int_equal(r.f.duplicated_bytes, 100);
	assert_int_equal(r.f.packets, 2);
	assert_int_equal(r.f.reordered, 0);
	reorder_result_free(&r);
	points_free(&flow);
	flow = flow_of(s, 2, unseen, 3);
	r = judge(&flow, 1, 0);
	assert_false(r.exact);
	assert_int_equal(r.f.unseen_bytes, 100);
	reorder_result_free(&r);
	points_free(&flow);
}

static bool keep_odd(const struct obs_flow *flow, void *arg)
{
	++*(int *)arg;
	return flow->key.sport % 2;
}

static void test_totals(void **state)
{
	struct obs_flow flow[3];
	struct observation obs = { .flows = flow, .n_flows = 3 };
	struct reorder_result r;
	int asked = 0;
	const struct reorder_options opt = { .keep = keep_odd, .arg = &asked };

	for (uint16_t i = 0; i < 3; i++) {
		struct sent s[12];
		size_t out[12], n_out, n = load(&smalls[1 + i], s, out, &n_out);

		flow[i] = flow_of(s, n, out, n_out);
		flow[i].key.sport = i + 1;
	}
	assert_int_equal(reorder_two_point(&obs, &opt, &r), 0);
	assert_int_equal(asked, 3);
	assert_int_equal(r.flows, 2);
	assert_int_equal(r.flows_reordered, 2);
	assert_int_equal(r.f.packets, 14);
	assert_int_equal(r.f.reordered, 4);
	assert_int_equal(r.f.extent.count, 4);
	assert_int_equal(r.psh_flows, 2);
	assert_int_equal(r.psh_late, 2);
	assert_int_equal(r.psh_max_displacement, 3);
	assert_int_equal(r.f.ingress_psh, 3);
	reorder_result_free(&r);
	for (size_t i = 0; i < 3; i++)
		points_free(&flow[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_no_ip_id),
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_fall_back),
		cmocka_unit_test(test_evicted),
		cmocka_unit_test(test_cancelling),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
