// SPDX-License-Identifier: GPL-2.0
/*
 * test_two_result.c - UDP packets at two taps, to the result of a run
 *
 * The ranks and what is expected of them are those of METRICS section 2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>

#include "core/two.h"
#include "core/two_result.h"
#include "core/util.h"

#define PAYLOAD 64

/* A flow: what entered is 1 ... sent; what left, in that order. */
struct flow {
	uint16_t sport;
	uint32_t sent;
	uint32_t left[16];		/* 0 ends */
};

static void push(struct two *t, enum two_point point, uint16_t sport, uint32_t number, uint64_t ns)
{
	uint8_t data[16] = { 0 };
	struct frame f = {
		.kind = FRAME_UDP, .time_ns = ns, .len = PAYLOAD, .payload = data,
		.payload_captured = sizeof(data),
		.key = { .sport = sport, .dport = 9001, .family = 4, .proto = IPPROTO_UDP },
	};

	memcpy(data, &number, sizeof(number));
	assert_int_equal(two_push(t, point, &f), 0);
}

static void run(const struct flow *flows, size_t n, struct reorder_result *ret)
{
	struct two_result result = { 0 };
	const struct two_options opt = { .id = TWO_ID_PAYLOAD, .sink = two_result_sink(&result) };
	struct analysis *a = malloc(sizeof(*a));
	struct two *t;

	assert_non_null(a);
	assert_int_equal(two_new(&opt, &t), 0);
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 1; k <= flows[i].sent; k++)
			push(t, TWO_IN, flows[i].sport, k, 1000 * k);
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; flows[i].left[k]; k++)
			push(t, TWO_OUT, flows[i].sport, flows[i].left[k], 100000 + 1000 * k);
	assert_int_equal(two_end(t, a), 0);
	assert_int_equal(two_result_end(&result, a, ret), 0);
	two_result_free(&result);
	two_free(t);
	free(a);
}

static void test_totals(void **state)
{
	static const struct flow flows[] = {
		{ 20000, 10, { 1, 2, 3, 5, 6, 7, 8, 4, 9, 10 } },	/* T1 */
		{ 20001, 5, { 1, 2, 3, 4, 5 } },
		{ 20002, 9, { 1, 2, 3, 7, 8, 9, 4, 5, 6 } },	/* 5.3 */
		{ 20003, 10, { 1, 10, 5 } },			/* loss */
		{ 20004, 6, { 1, 2, 3, 2, 4, 5, 6 } },		/* dup */
	};
	struct reorder_result r;

	run(flows, ARRAY_SIZE(flows), &r);
	assert_int_equal(r.source, REORDER_BY_CAPTURE);
	assert_true(r.exact);
	assert_int_equal(r.flows, 5);
	assert_int_equal(r.flows_reordered, 3);
	assert_int_equal(r.f.packets, 10 + 5 + 9 + 3 + 6);
	assert_int_equal(r.f.reordered, 1 + 0 + 3 + 1 + 0);
	assert_int_equal(r.f.movers, 1 + 0 + 3 + 1 + 0);
	assert_int_equal(r.f.lost, 7);
	assert_int_equal(r.f.lost_bytes, 7 * PAYLOAD);
	assert_int_equal(r.f.duplicated, 1);
	assert_int_equal(r.f.ingress_packets, 40);
	assert_int_equal(r.f.egress_packets, 34);
	assert_int_equal(r.f.ingress_bytes, 40 * PAYLOAD);
	assert_int_equal(r.f.extent.count, 5);
	assert_int_equal(r.f.extent.max, 5);		/* 6 of the third */
	assert_int_equal(r.f.extent.sum, 4 + (3 + 4 + 5) + 1);
	assert_int_equal(r.m->reordered, 5);
	reorder_result_free(&r);
}

static void test_flows(void **state)
{
	static const struct flow flows[] = {
		{ 20000, 5, { 5, 4, 3, 2, 1 } },		/* reverse */
		{ 20001, 5, { 1, 2, 3, 4, 5 } },
		{ 20002, 5, { 1, 2, 4, 5, 3 } },		/* intro */
	};
	struct reorder_result r;

	run(flows, ARRAY_SIZE(flows), &r);
	assert_int_equal(r.flow[0].key.sport, 20000);
	assert_int_equal(r.flow[0].f.reordered, 4);
	assert_int_equal(r.flow[0].f.movers, 4);
	assert_int_equal(r.flow[0].f.extent.sum, 1 + 2 + 3 + 4);
	assert_int_equal(r.flow[1].f.reordered, 0);
	assert_int_equal(r.flow[1].f.extent.count, 0);	/* not the first one's */
	assert_int_equal(r.flow[2].f.reordered, 1);
	assert_int_equal(r.flow[2].f.extent.max, 2);
	assert_int_equal(r.flow[2].f.packets, 5);
	reorder_result_free(&r);
}

static void test_many(void **state)
{
	struct flow *flows = calloc(1000, sizeof(*flows));
	struct reorder_result r;

	assert_non_null(flows);
	for (int i = 0; i < 1000; i++)
		flows[i] = (struct flow){ (uint16_t)(20000 + i), 3, { 2, 1, 3 } };
	run(flows, 1000, &r);
	assert_int_equal(r.flows, 1000);
	assert_int_equal(r.flows_reordered, 1000);
	assert_int_equal(r.f.reordered, 1000);
	assert_int_equal(r.flow[999].key.sport, 20999);
	reorder_result_free(&r);
	free(flows);
}

static void test_nothing(void **state)
{
	struct reorder_result r;

	run(NULL, 0, &r);
	assert_int_equal(r.flows, 0);
	assert_int_equal(r.f.packets, 0);
	reorder_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
