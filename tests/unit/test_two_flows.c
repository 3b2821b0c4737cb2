// SPDX-License-Identifier: GPL-2.0
/*
 * test_two_flows.c - two captures of the same traffic: which flow and which packet is
 * it at the other tap? Ports used again, addresses rewritten, UDP, bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/two.h"
#include "core/util.h"

#define MAX_FOUND 64

static struct analysis_flow flows[MAX_FOUND];
static struct analysis_event events[MAX_FOUND];
static uint32_t n_flows, n_events;

static void on_flow(void *arg, const struct analysis_flow *f)
{
	if (n_flows < MAX_FOUND)
		flows[n_flows] = *f;
	n_flows++;
}

static void on_event(void *arg, const struct analysis_event *e)
{
	if (n_events < MAX_FOUND)
		events[n_events] = *e;
	n_events++;
}

static struct two *begin(struct two_options opt)
{
	struct two *t;

	n_flows = n_events = 0;
	opt.sink = (struct analysis_sink){ on_flow, on_event, NULL };
	assert_int_equal(two_new(&opt, &t), 0);
	return t;
}

static struct analysis *end(struct two *t)
{
	struct analysis *a = malloc(sizeof(*a));

	assert_non_null(a);
	assert_int_equal(two_end(t, a), 0);
	assert_int_equal(a->flows, n_flows);
	two_free(t);
	return a;
}

/* ---- frames -------------------------------------------------------------- */

/* Each frame 1 ms after the one before, at either tap; the egress tap 100 us later. */
static struct frame base(enum two_point point, uint8_t proto, uint16_t sport, uint64_t n)
{
	struct frame f = { .kind = proto == 17 ? FRAME_UDP : FRAME_TCP, .number = n,
			   .time_ns = n * 1000000 + (point == TWO_OUT ? 100000 : 0) };

	f.key = (struct obs_key){ .saddr = { 198, 18, 0, 1 }, .daddr = { 198, 18, 0, 2 },
				  .sport = sport, .dport = 9000, .proto = proto, .family = 4 };
	return f;
}

static void push(struct two *t, enum two_point point, struct frame f)
{
	assert_int_equal(two_push(t, point, &f), 0);
}

static struct frame tcp(enum two_point point, uint16_t sport, uint64_t n, uint32_t seq,
			uint16_t id)
{
	struct frame f = base(point, 6, sport, n);

	f.seq = seq;
	f.len = 100;
	f.ip_id = id;
	f.tcp_flags = 0x10;
	return f;
}

static struct frame syn(enum two_point point, uint16_t sport, uint64_t n, uint32_t isn)
{
	struct frame f = base(point, 6, sport, n);

	f.seq = isn;
	f.tcp_flags = 2;
	return f;
}

static struct frame udp(enum two_point point, uint16_t sport, uint64_t n, uint16_t id,
			const char *payload)
{
	struct frame f = base(point, 17, sport, n);

	f.ip_id = id;
	f.payload = (const uint8_t *)payload;
	f.len = f.payload_captured = (uint32_t)strlen(payload);
	return f;
}

/* ---- ports used again ---------------------------------------------------- */

static void test_reused_ports(void **state)
{
	const uint32_t isn[] = { 1000, 0xfffffff0, 5000000 };
	struct two *t = begin((struct two_options){ 0 });
	struct analysis *a;

	for (int p = TWO_IN; p <= TWO_OUT; p++) {
		uint64_t n = 0;

		for (size_t k = 0; k < ARRAY_SIZE(isn); k++) {
			uint32_t swap = k == 1 && p == TWO_OUT;

			push(t, p, syn(p, 1, ++n, isn[k]));
			push(t, p, syn(p, 1, ++n, isn[k]));	/* sent again */
			for (uint32_t i = 0; i < 4; i++)
				push(t, p, tcp(p, 1, ++n, isn[k] + 1 + 100 * (i ^ swap),
					       (uint16_t)(10 * k + (i ^ swap))));
		}
	}
	a = end(t);
	assert_int_equal(a->flows, 3);
	assert_int_equal(a->m.packets, 12);
	assert_int_equal(a->m.reordered, 2);
	assert_int_equal(a->flows_reordered, 1);
	assert_int_equal(a->retransmitted, 0);
	assert_int_equal(a->lost, 0);
	assert_int_equal(flows[1].reordered, 2);
	assert_true(flows[1].complete);
	assert_true(a->exact);
	free(a);
}

/* The egress capture lacks a SYN, or has one that the ingress capture lacks. */
static void test_missing_syn(void **state)
{
	struct two *t = begin((struct two_options){ 0 });
	struct analysis *a;

	for (uint32_t i = 0; i < 3; i++)
		push(t, TWO_IN, tcp(TWO_IN, 1, 1 + i, 1001 + 100 * i, (uint16_t)i));
	push(t, TWO_OUT, syn(TWO_OUT, 1, 1, 1000));
	for (uint32_t i = 0; i < 3; i++)
		push(t, TWO_OUT, tcp(TWO_OUT, 1, 2 + i, 1001 + 100 * i, (uint16_t)i));
	push(t, TWO_IN, syn(TWO_IN, 2, 5, 7));
	push(t, TWO_IN, tcp(TWO_IN, 2, 6, 8, 1));
	push(t, TWO_OUT, tcp(TWO_OUT, 2, 6, 8, 1));
	a = end(t);
	assert_int_equal(a->flows, 2);
	assert_int_equal(a->m.packets, 4);
	assert_int_equal(a->lost, 0);
	assert_int_equal(a->unmatched, 0);
	free(a);
}

/* ---- addresses rewritten ------------------------------------------------- */

static struct frame renamed(struct frame f, uint8_t host, uint16_t sport)
{
	f.key.saddr[3] = host;
	f.key.sport = sport;
	return f;
}

static void test_rewritten(void **state)
{
	struct two *t = begin((struct two_options){ .rewrites = true });
	struct analysis *a;

	for (uint16_t k = 0; k < 3; k++)
		for (uint32_t i = 0; i < 4; i++)
			push(t, TWO_IN, tcp(TWO_IN, 1 + k, 1 + i, 7777 * k + 100 * i,
					    (uint16_t)(100 * k + i)));
	for (uint16_t k = 0; k < 3; k++)
		for (uint32_t i = 1; i < 4; i++)	/* the first is lost */
			push(t, TWO_OUT, renamed(tcp(TWO_OUT, 1, 1 + i, 7777 * k + 100 * i,
						     (uint16_t)(100 * k + i)), 77, 60000 - k));
	a = end(t);
	assert_int_equal(a->flows, 3);
	assert_int_equal(a->flows_rewritten, 3);
	assert_int_equal(a->flows_ambiguous, 0);
	assert_int_equal(a->lost, 3);
	assert_int_equal(a->unmatched, 0);
	for (uint16_t k = 0; k < 3; k++) {
		assert_int_equal(flows[k].key.sport, 1 + k);
		assert_int_equal(flows[k].key_out.sport, 60000 - k);
		assert_int_equal(flows[k].packets, 3);
	}
	free(a);
}

/* Without the option nothing is paired; two that are alike are not guessed. */
static void test_rewritten_not(void **state)
{
	for (int rewrites = 0; rewrites <= 1; rewrites++) {
		struct two *t = begin((struct two_options){ .rewrites = rewrites });
		struct analysis *a;

		for (uint16_t k = 0; k < 2; k++)
			push(t, TWO_IN, tcp(TWO_IN, 1 + k, 1, 500, 9));
		push(t, TWO_OUT, renamed(tcp(TWO_OUT, 1, 1, 500, 9), 77, 60000));
		a = end(t);
		assert_int_equal(a->flows, 2);
		assert_int_equal(a->flows_rewritten, 0);
		assert_int_equal(a->flows_ambiguous, rewrites);
		assert_int_equal(a->flows_only_in, 2);
		assert_int_equal(a->flows_only_out, 1);
		assert_int_equal(a->lost, 2);
		assert_int_equal(a->unmatched, 1);
		free(a);
	}
}

/* The SYN, and an end that is as it was, decide between flows with equal bytes. */
static void test_rewritten_evidence(void **state)
{
	struct two *t = begin((struct two_options){ .rewrites = true });
	struct frame f;
	struct analysis *a;

	push(t, TWO_IN, tcp(TWO_IN, 1, 1, 500, 9));
	f = tcp(TWO_IN, 2, 1, 500, 9);
	f.key.dport = 9001;
	push(t, TWO_IN, f);
	f = renamed(tcp(TWO_OUT, 1, 1, 500, 9), 77, 60000);
	f.key.dport = 9001;
	push(t, TWO_OUT, f);
	push(t, TWO_OUT, renamed(tcp(TWO_OUT, 1, 1, 500, 9), 77, 60001));
	a = end(t);
	assert_int_equal(a->flows_rewritten, 2);
	assert_int_equal(flows[0].key_out.sport, 60001);
	assert_int_equal(flows[1].key_out.sport, 60000);
	free(a);
}

/* ---- UDP ----------------------------------------------------------------- */

static const char *const payloads[] = { "a", "b", "c", "d", "e", "f", "g", "h" };

/* 0 2 1 3 5 6 5' (a copy), 4 is lost */
static void push_udp(struct two *t, bool ids, bool texts)
{
	const unsigned int out[] = { 0, 2, 1, 3, 5, 6, 5 };

	for (unsigned int i = 0; i < 7; i++)
		push(t, TWO_IN, udp(TWO_IN, 53, 1 + i, ids ? (uint16_t)(i - 3) : 0,
				    texts ? payloads[i] : "x"));
	for (unsigned int i = 0; i < ARRAY_SIZE(out); i++)
		push(t, TWO_OUT, udp(TWO_OUT, 53, 10 + i, ids ? (uint16_t)(out[i] - 3) : 0,
				     texts ? payloads[out[i]] : "x"));
}

static void test_udp(void **state)
{
	static const struct {
		enum two_id id;
		bool ids, texts;
	} cases[] = {
		{ TWO_ID_IPID, true, false }, { TWO_ID_PAYLOAD, true, true },
		{ TWO_ID_PAYLOAD, false, true }, { TWO_ID_AUTO, true, false },
		{ TWO_ID_AUTO, false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct two *t = begin((struct two_options){ .id = cases[i].id });
		struct analysis *a;

		push_udp(t, cases[i].ids, cases[i].texts);
		a = end(t);
		assert_int_equal(a->m.packets, 6);
		assert_int_equal(a->m.reordered, 1);
		assert_int_equal(a->m.extent.max, 1);
		assert_int_equal(a->lost, 1);
		assert_int_equal(a->lost_bytes, 1);
		assert_int_equal(a->duplicated, 1);
		assert_int_equal(a->unmatched, 0);
		assert_int_equal(a->transit_ns.count, 6);
		assert_true(a->exact);
		assert_int_equal(n_events, 3);
		assert_int_equal(events[2].what, ANALYSIS_REORDERED);
		assert_int_equal(events[2].frame_in, 2);
		assert_int_equal(events[2].frame, 12);
		free(a);
	}
}

/* All alike: what left is the oldest that could be meant, and loss is at the end. */
static void test_udp_alike(void **state)
{
	struct two *t = begin((struct two_options){ .id = TWO_ID_PAYLOAD });
	struct analysis *a;

	push_udp(t, false, false);
	push(t, TWO_IN, udp(TWO_IN, 53, 99, 0, "x"));
	a = end(t);
	assert_int_equal(a->m.packets, 7);
	assert_int_equal(a->m.reordered, 0);
	assert_int_equal(a->lost, 1);
	free(a);
}

/* IP IDs come again: one lost packet must not shift all that follow by a round. */
static void test_udp_wraps(void **state)
{
	struct two *t = begin((struct two_options){ .id = TWO_ID_IPID });
	struct analysis *a;

	for (uint32_t i = 0; i < 200000; i++)
		push(t, TWO_IN, udp(TWO_IN, 53, 1 + i, (uint16_t)i, "x"));
	for (uint32_t i = 0; i < 200000; i++)
		if (i != 100)
			push(t, TWO_OUT, udp(TWO_OUT, 53, 1 + i, (uint16_t)i, "x"));
	a = end(t);
	assert_int_equal(a->m.packets, 199999);
	assert_int_equal(a->m.reordered, 0);
	assert_int_equal(a->lost, 1);
	assert_int_equal(a->transit_ns.max, 100000);
	free(a);
}

/* ---- clocks and directions ----------------------------------------------- */

/* Traffic the other way, seen by both taps: not what went from one to the other. */
static void test_reverse(void **state)
{
	for (int differ = 0; differ <= 1; differ++) {
		struct two *t = begin((struct two_options){ .clocks_differ = differ });
		struct analysis *a;

		for (uint32_t i = 0; i < 4; i++) {
			push(t, TWO_OUT, tcp(TWO_IN, 1, 1 + i, 100 * i, (uint16_t)i));
			push(t, TWO_IN, tcp(TWO_OUT, 1, 1 + i, 100 * i, (uint16_t)i));
			push(t, TWO_IN, tcp(TWO_IN, 2, 1 + i, 100 * i, (uint16_t)i));
			push(t, TWO_OUT, tcp(TWO_OUT, 2, 1 + i, 100 * i, (uint16_t)i));
		}
		a = end(t);
		assert_int_equal(a->flows, 1 + differ);
		assert_int_equal(a->flows_reverse, 1 - differ);
		assert_int_equal(a->m.packets, differ ? 8 : 4);
		assert_int_equal(a->transit_ns.count, differ ? 0 : 4);
		free(a);
	}
}

/* A packet whose clock is wrong: its transit is no number, and it is not lost. */
static void test_negative(void **state)
{
	struct two *t = begin((struct two_options){ 0 });
	struct analysis *a;
	struct frame f;

	for (uint32_t i = 0; i < 4; i++) {
		push(t, TWO_IN, tcp(TWO_IN, 1, 1 + i, 100 * i, (uint16_t)i));
		f = tcp(TWO_OUT, 1, 1 + i, 100 * i, (uint16_t)i);
		f.time_ns -= i == 3 ? 200000 : 0;
		push(t, TWO_OUT, f);
	}
	a = end(t);
	assert_int_equal(a->m.packets, 4);
	assert_int_equal(a->transit_negative, 1);
	assert_int_equal(a->transit_ns.count, 3);
	assert_int_equal(a->transit_ns.max, 100000);
	free(a);
}

/* A copy made by the switch leaves before the sender sends the same again. */
static void test_copy_is_no_future(void **state)
{
	struct two *t = begin((struct two_options){ 0 });
	struct analysis *a;

	push(t, TWO_IN, tcp(TWO_IN, 1, 1, 0, 0));
	push(t, TWO_IN, tcp(TWO_IN, 1, 2, 100, 0));
	push(t, TWO_IN, tcp(TWO_IN, 1, 9, 0, 0));
	push(t, TWO_OUT, tcp(TWO_OUT, 1, 1, 0, 0));
	push(t, TWO_OUT, tcp(TWO_OUT, 1, 3, 0, 0));
	push(t, TWO_OUT, tcp(TWO_OUT, 1, 4, 100, 0));
	push(t, TWO_OUT, tcp(TWO_OUT, 1, 9, 0, 0));
	a = end(t);
	assert_int_equal(a->duplicated, 1);
	assert_int_equal(a->retransmitted, 1);
	assert_int_equal(a->m.packets, 3);
	assert_int_equal(a->m.reordered, 0);
	assert_int_equal(events[0].what, ANALYSIS_DUPLICATED);
	assert_int_equal(events[0].frame, 3);
	free(a);
}

/* ---- bounds -------------------------------------------------------------- */

/* Packets 1 and 2 change places in each of @n flows. */
static void push_flows(struct two *t, uint16_t n)
{
	const uint32_t out[] = { 0, 2, 1, 3 };

	for (uint16_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < 4; i++)
			push(t, TWO_IN, tcp(TWO_IN, 1 + k, 1 + i, 100 * i, (uint16_t)i));
	for (uint16_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < 4; i++)
			push(t, TWO_OUT, tcp(TWO_OUT, 1 + k, 5 + i, 100 * out[i],
					     (uint16_t)out[i]));
}

static void test_bounds(void **state)
{
	static const struct {
		struct two_options opt;
		uint8_t bounds;
		uint64_t flows, packets, unjudged, inexact;
	} cases[] = {
		{ { .max_flows = 3 }, ANALYSIS_MANY_FLOWS, 3, 12, 16, 0 },
		{ { .max_flow_packets = 3 }, ANALYSIS_LONG_FLOW, 5, 20, 0, 5 },
		{ { .max_packets = 39 }, ANALYSIS_MANY_PACKETS, 5, 20, 0, 1 },
		{ { .max_packets = 1 }, ANALYSIS_MANY_PACKETS, 5, 20, 0, 5 },
		{ { .max_packets = 40, .max_flow_packets = 4, .max_flows = 5 }, 0, 5, 20, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct two *t = begin(cases[i].opt);
		struct analysis *a;

		push_flows(t, 5);
		a = end(t);
		assert_int_equal(a->bounds, cases[i].bounds);
		assert_int_equal(a->exact, !cases[i].bounds);
		assert_int_equal(a->flows, cases[i].flows);
		assert_int_equal(a->m.packets, cases[i].packets);
		assert_int_equal(a->m.reordered, cases[i].flows);
		assert_int_equal(a->lost, 0);
		assert_int_equal(a->unjudged, cases[i].unjudged);
		assert_int_equal(a->inexact_flows, cases[i].inexact);
		free(a);
	}
}

/* A flow beyond the bound that has the ports of one within it. */
static void test_bound_of_reused_ports(void **state)
{
	const uint32_t isn[] = { 1000, 500000, 1000 };
	struct two *t = begin((struct two_options){ .max_flows = 1 });
	struct analysis *a;

	for (int p = TWO_IN; p <= TWO_OUT; p++)
		for (uint32_t k = 0; k < ARRAY_SIZE(isn); k++) {
			push(t, p, syn(p, 1, 10 * k + 1, isn[k]));
			for (uint32_t i = k < 2 ? 0 : 3; i < (k < 2 ? 3 : 4); i++)
				push(t, p, tcp(p, 1, 10 * k + 2 + i, isn[k] + 1 + 100 * i,
					       (uint16_t)(10 * k + i)));
		}
	a = end(t);
	assert_int_equal(a->bounds, ANALYSIS_MANY_FLOWS);
	assert_int_equal(a->flows, 1);
	assert_int_equal(a->m.packets, 4);
	assert_int_equal(a->unjudged, 6);
	assert_int_equal(a->m.reordered + a->retransmitted + a->ingress_reordered, 0);
	free(a);
}

/* One packet is overtaken by more than the window holds. */
static void overtaken(struct two *t, bool is_udp)
{
	for (uint16_t i = 0; i < 40; i++)
		push(t, TWO_IN, is_udp ? udp(TWO_IN, 7, 1 + i, 1 + i, "x") :
					 tcp(TWO_IN, 7, 1 + i, 100u * i, 1 + i));
	for (uint16_t i = 0; i < 40; i++) {
		uint16_t k = i < 5 || i > 35 ? i : i < 35 ? i + 1 : 5;

		push(t, TWO_OUT, is_udp ? udp(TWO_OUT, 7, 1 + i + 40, 1 + k, "x") :
					  tcp(TWO_OUT, 7, 1 + i + 40, 100u * k, 1 + k));
	}
}

static void test_window(void **state)
{
	for (int is_udp = 0; is_udp <= 1; is_udp++) {
		for (uint32_t window = 29; window <= 31; window++) {
			struct two *t = begin((struct two_options){ .limits.window = window });
			bool whole = window > 30;
			struct analysis *a;

			overtaken(t, is_udp);
			a = end(t);
			assert_int_equal(a->m.packets, 40);
			assert_int_equal(a->m.reordered, 1);
			assert_int_equal(a->m.movers, whole);
			assert_int_equal(a->m.extent.max, whole ? 30 : 0);
			assert_int_equal(a->exact, whole);
			assert_int_equal(flows[0].exact, whole);
			assert_int_equal(a->inexact_flows, !whole);
			assert_int_equal(a->bounds, 0);
			free(a);
		}
	}
}

static void push_data(struct two *t, enum two_point point, uint64_t n, uint32_t seq,
		      uint32_t len, uint8_t flags)
{
	struct frame f = tcp(point, 7, n, seq, 0);

	f.len = len;
	f.tcp_flags = flags;
	push(t, point, f);
}

/*
 * The first PSH packet leaves in pieces that stand apart, the second of them first: one
 * piece is late and all others are early. To compare each with all that left would take
 * minutes.
 */
static void test_psh_in_pieces(void **state)
{
	enum { PACKETS = 200000, PIECES = 100000, PSH = 100 * PACKETS };
	struct two *t = begin((struct two_options){ 0 });
	clock_t began = clock();
	struct analysis *a;

	for (uint32_t i = 0; i < PACKETS; i++)
		push_data(t, TWO_IN, 1 + i, 100 * i, 100, 16);
	push_data(t, TWO_IN, 1 + PACKETS, PSH, 2 * PIECES, 24);
	for (uint32_t i = 0; i < PIECES; i++)
		push_data(t, TWO_OUT, 2 + PACKETS + i, PSH + 2 * (i < 2 ? !i : i), 1, 24);
	for (uint32_t i = 0; i < PACKETS; i++)
		push_data(t, TWO_OUT, 2 + PACKETS + PIECES + i, 100 * (i ^ 1), 100, 16);
	a = end(t);
	assert_int_equal(a->m.packets, PACKETS + PIECES);
	assert_int_equal(flows[0].first_psh, REORDER_PSH_LATE);
	assert_in_range((clock() - began) / CLOCKS_PER_SEC, 0, 20);
	free(a);
}

/* Many flows, taps in turns: each is found again. */
static void test_many(void **state)
{
	struct two *t = begin((struct two_options){ .seed = 42 });
	struct analysis *a;

	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t k = 0; k < 60000; k++)
			for (int p = TWO_IN; p <= TWO_OUT; p++)
				push(t, p, tcp(p, (uint16_t)k, 1 + i, 100 * i, (uint16_t)i));
	a = end(t);
	assert_int_equal(a->flows, 60000);
	assert_int_equal(a->m.packets, 180000);
	assert_int_equal(a->m.reordered, 0);
	assert_int_equal(a->transit_ns.count, 180000);
	assert_true(a->exact);
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reused_ports),
		cmocka_unit_test(test_missing_syn),
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_rewritten_not),
		cmocka_unit_test(test_rewritten_evidence),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_alike),
		cmocka_unit_test(test_udp_wraps),
		cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_negative),
		cmocka_unit_test(test_copy_is_no_future),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bound_of_reused_ports),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_psh_in_pieces),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
