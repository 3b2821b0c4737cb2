// SPDX-License-Identifier: GPL-2.0
/*
 * test_one_bounds.c - one capture: memory, caps, eviction and expiry
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/util.h"
#include "one_frames.h"

#define MB (1024u * 1024)

/* Packet @k of flow @i: 10 bytes each. */
static struct frame packet(uint32_t i, uint32_t k, uint64_t time_ns)
{
	struct frame f = {
		.kind = FRAME_TCP, .time_ns = time_ns, .tcp_flags = 16, .window = 1,
		.seq = 1000 + 10 * k, .len = 10, .ip_id = 1 + k,
		.key = { .family = 4, .proto = 6, .sport = i, .dport = 80, .daddr = { 1 } },
	};

	f.key.saddr[0] = 10;
	f.key.saddr[2] = i >> 24;
	f.key.saddr[3] = i >> 16;
	return f;
}

static struct frame answer(uint32_t i, uint32_t k, uint64_t time_ns)
{
	struct frame f = packet(i, k, time_ns);
	struct obs_key k1 = f.key;

	memcpy(f.key.saddr, k1.daddr, sizeof(k1.daddr));
	memcpy(f.key.daddr, k1.saddr, sizeof(k1.saddr));
	f.key.sport = k1.dport;
	f.key.dport = k1.sport;
	return f;
}

/* Of ASan, with which unit tests are built; gcc has no header for it. */
size_t __sanitizer_get_current_allocated_bytes(void);

/* What the heap grew by since it was @before. */
static size_t bytes_since(size_t before)
{
	return __sanitizer_get_current_allocated_bytes() - before;
}

static void test_million(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	size_t before = __sanitizer_get_current_allocated_bytes();
	struct one *o = one_new(&opt);
	static struct analysis a;
	uint32_t i = 0;

	for (; i < 10000; i++) {
		struct frame f[2] = { packet(i, 0, i), packet(i, 1, i) };

		assert_int_equal(one_push_many(o, f, 2), 0);
	}
	assert_in_range(bytes_since(before), 1, 8 * MB);
	for (; i < 1000000; i++) {
		struct frame f = packet(i, 0, i);

		one_push(o, &f);
	}
	assert_in_range(bytes_since(before), 200 * MB, 400 * MB);
	assert_int_equal(one_end(o, &a), 0);
	assert_int_equal(a.flows, 1000000);
	assert_int_equal(a.flows_expired, 0);
	assert_int_equal(a.m.packets, 1010000);
	one_free(o);
}

/* Every flow out of order at once: the budget holds, and what was lost is said. */
static void test_disorder_budget(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	size_t before = __sanitizer_get_current_allocated_bytes();
	static struct analysis a;
	struct one *o;

	opt.max_disorder_bytes = MB;
	o = one_new(&opt);
	for (uint32_t k = 0; k < 40; k++)
		for (uint32_t i = 0; i < 20000; i++) {
			struct frame f = packet(i, k ? k + 1 : 0, k * 100000 + i);

			assert_int_equal(one_push(o, &f), 0);
		}
	assert_in_range(bytes_since(before), 1, 20000 * 400 + 2 * MB);
	assert_int_equal(one_end(o, &a), 0);
	assert_int_equal(a.flows, 20000);
	assert_int_equal(a.m.packets, 40 * 20000);
	assert_int_equal(a.m.reordered, 0);
	assert_in_range(a.inexact_flows, 15000, 20000);
	assert_false(a.exact);
	one_free(o);
}

static void test_holes(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;

	opt.max_holes = 16;
	log = log_new(&opt);
	for (uint32_t k = 0; k < 40; k++) {	/* every other packet */
		struct frame f = packet(1, k < 3 ? k : 2 * k - 2, k);

		f.number = k + 1;
		assert_int_equal(one_push(log->one, &f), 0);
	}
	for (uint32_t k = 0; k < 37; k++) {	/* and what was between */
		struct frame f = packet(1, 3 + 2 * k, 100 + k);

		f.number = 100 + k;
		one_push(log->one, &f);
	}
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_in_range(log->a.m.reordered, 8, 16);
	assert_int_equal(log->a.inexact_flows, 1);
	assert_false(log->flow[0].exact);
	assert_int_equal(log->a.m.packets + log->a.duplicated + log->a.retransmitted +
			 log->a.ambiguous, 77);
	log_free(log);
}

/*
 * A hole that outlives the window is given up, a later one is not. Whether bytes below
 * it were seen is not known any more.
 */
static void test_window(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;
	struct frame f;

	opt.limits.window = 16;
	log = log_new(&opt);
	for (uint32_t k = 0; k < 30; k++) {	/* the 4th is missing, and then the 22nd */
		f = packet(1, k + (k >= 3) + (k >= 20), k);
		f.number = k + 1;
		assert_int_equal(one_push(log->one, &f), 0);
	}
	f = packet(1, 21, 100);
	f.number = 31;
	one_push(log->one, &f);
	f = packet(1, 3, 101);
	f.number = 32;
	one_push(log->one, &f);
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_string_equal(log_said(log, 31), "RI");
	assert_int_equal(log_find(log, 31)->extent, 10);
	assert_string_equal(log_said(log, 32), "AN");
	assert_int_equal(log->a.m.packets, 31);
	assert_int_equal(log->a.m.reordered, 1);
	assert_int_equal(log->a.ambiguous, 1);
	assert_int_equal(log->a.duplicated, 0);
	assert_int_equal(log->a.inexact_flows, 1);
	assert_false(log->a.exact);
	log_free(log);
}

/* The same above what was given up is a duplicate, and nothing is in doubt. */
static void test_after_window(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;
	struct frame f;

	opt.limits.window = 16;
	log = log_new(&opt);
	for (uint32_t k = 0; k < 30; k++) {
		f = packet(1, k + (k >= 3), k);
		f.number = k + 1;
		one_push(log->one, &f);
	}
	f = packet(1, 25, 100);
	f.number = 31;
	one_push(log->one, &f);
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_string_equal(log_said(log, 31), "DI");
	assert_true(log->a.exact);
	log_free(log);
}

/* UDP's holes are given up sooner. */
static void test_udp_window(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;

	for (uint32_t n = 120; n <= 140; n += 20) {
		struct log *log = log_new(&opt);
		struct frame f;

		for (uint32_t k = 0; k < 10 + n; k++) {
			f = packet(1, k < 10 ? k : k + 1, k);
			f.kind = FRAME_UDP;
			f.key.proto = 17;
			f.number = k + 1;
			one_push(log->one, &f);
		}
		f.ip_id = 11;
		f.number = 500;
		one_push(log->one, &f);
		assert_int_equal(one_end(log->one, &log->a), 0);
		assert_string_equal(log_said(log, 500), n < 128 ? "RI" : "AN");
		assert_int_equal(log->a.exact, n < 128);
		log_free(log);
	}
}

/* The stream's window is full before the hole is due: late, but by how much? */
static void test_beyond(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;
	struct frame f;

	opt.limits.window = 16;
	log = log_new(&opt);
	for (uint32_t k = 0; k < 22; k++) {	/* the 4th is missing, and then the 18th */
		f = packet(1, k + (k >= 3) + (k >= 16), k);
		f.number = k + 1;
		one_push(log->one, &f);
	}
	f = packet(1, 17, 100);
	f.number = 23;
	one_push(log->one, &f);
	f = packet(2, 0, 101);
	one_push(log->one, &f);
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_string_equal(log_said(log, 23), "RI");
	assert_int_equal(log->a.m.beyond, 1);
	assert_int_equal(log->a.inexact_flows, 1);
	assert_false(log->a.exact);
	for (size_t i = 0; i < log->n_flows; i++)
		assert_int_equal(log->flow[i].exact, log->flow[i].key.sport == 2);
	log_free(log);
}

/* Beyond the cap the longest idle one goes, through the sink. */
static void test_eviction(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;

	opt.max_flows = 4;
	log = log_new(&opt);
	for (uint32_t i = 1; i <= 4; i++) {
		struct frame f = packet(i, 0, i * 2000000000ull);

		one_push(log->one, &f);
	}
	one_push(log->one, &(struct frame[]){ packet(1, 1, 10000000000ull) }[0]);
	assert_int_equal(log->n_flows, 0);
	one_push(log->one, &(struct frame[]){ packet(5, 0, 12000000000ull) }[0]);
	assert_int_equal(log->n_flows, 1);
	assert_int_equal(log->flow[0].key.sport, 2);
	assert_int_equal(log->flow[0].packets, 1);
	/* a second direction counts as well, and does not push out its own first one */
	one_push(log->one, &(struct frame[]){ answer(3, 0, 14000000000ull) }[0]);
	assert_int_equal(log->n_flows, 2);
	assert_int_equal(log->flow[1].key.sport, 4);
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_int_equal(log->a.flows, 6);
	assert_int_equal(log->a.flows_expired, 2);
	assert_false(log->a.exact);
	log_free(log);
}

static void test_one_flow_at_a_time(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	static struct analysis a;
	struct one *o;

	opt.max_flows = 1;
	o = one_new(&opt);
	for (uint32_t i = 0; i < 1000; i++) {
		struct frame f[4] = { packet(i, 0, i), answer(i, 0, i), packet(i + 1, 0, i),
				      packet(i, 1, i) };

		assert_int_equal(one_push_many(o, f, 4), 0);
	}
	assert_int_equal(one_end(o, &a), 0);
	assert_int_equal(a.m.packets, 4000);
	one_free(o);
}

static void test_expiry(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;
	uint64_t s = 1000000000;

	opt.idle_ns = 60 * s;
	log = log_new(&opt);
	one_push(log->one, &(struct frame[]){ packet(1, 0, 10 * s) }[0]);
	one_push(log->one, &(struct frame[]){ packet(2, 0, 10 * s) }[0]);
	one_push(log->one, &(struct frame[]){ packet(2, 1, 50 * s) }[0]);
	one_push(log->one, &(struct frame[]){ packet(3, 0, 8 * s) }[0]);	/* a step back */
	assert_int_equal(log->n_flows, 0);
	one_push(log->one, &(struct frame[]){ packet(3, 1, 80 * s) }[0]);
	assert_int_equal(log->n_flows, 1);
	assert_int_equal(log->flow[0].key.sport, 1);
	one_push(log->one, &(struct frame[]){ packet(1, 1, 81 * s) }[0]);
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_int_equal(log->a.flows, 4);
	assert_int_equal(log->a.flows_expired, 1);
	assert_true(log->a.exact);
	log_free(log);
}

/* Half-open connections and bare ACKs are no flows. */
static void test_no_data(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct log *log;

	opt.max_flows = 100;
	log = log_new(&opt);
	for (uint32_t i = 0; i < 1000; i++) {
		struct frame f = packet(i, 0, i);

		f.len = 0;
		f.tcp_flags = i % 2 ? 2 : 16;
		one_push(log->one, &f);
	}
	assert_int_equal(one_end(log->one, &log->a), 0);
	assert_int_equal(log->a.flows + log->n_flows + log->a.flows_expired, 0);
	assert_true(log->a.exact);
	log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_million),
		cmocka_unit_test(test_disorder_budget),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_after_window),
		cmocka_unit_test(test_udp_window),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_one_flow_at_a_time),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_no_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
