// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder_stream.c - the stream, window by window, against the whole of it
 *
 * test_reorder.c holds the arithmetic of a whole stream against the RFCs and a plain
 * reading of them; here the sums over windows must be the same.
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

#define MAX 300
#define BYTES 100

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

/* A stream and what was found in it. */
struct stream {
	struct reorder_sample a[MAX];
	size_t n;
	uint64_t lowest;
	struct reorder_found found[MAX];
	size_t n_found;
};

static void keep(void *arg, const struct reorder_found *found)
{
	struct stream *s = arg;

	assert_true(s->n_found < MAX);
	s->found[s->n_found++] = *found;
}

/* Mostly in order; with losses, duplicates and packets that are late or early. */
static void make(struct stream *s, uint64_t *seed)
{
	uint64_t loss = next_random(seed) % 20, dup = next_random(seed) % 20;
	uint64_t swap = 1 + next_random(seed) % 30, far = 1 + next_random(seed) % 40;
	size_t wanted = 1 + next_random(seed) % (MAX - 50);

	*s = (struct stream){ .lowest = UINT64_MAX };
	for (uint64_t rank = 1; s->n < wanted; rank++) {
		if (next_random(seed) % 100 < loss)
			continue;
		s->a[s->n++].rank = rank;
		if (next_random(seed) % 100 < dup)
			s->a[s->n++].rank = rank;
	}
	for (size_t i = 0; i < s->n; i++) {
		size_t to = i + next_random(seed) % far;
		struct reorder_sample moved = s->a[i];

		if (next_random(seed) % 100 >= swap || to >= s->n)
			continue;
		memmove(&s->a[i], &s->a[i + 1], (to - i) * sizeof(moved));
		s->a[to] = moved;
	}
	for (size_t i = 0; i < s->n; i++) {
		s->a[i].time_ns = 1000 * i + next_random(seed) % 1000;
		s->a[i].bytes = BYTES;
		if (s->a[i].rank < s->lowest)
			s->lowest = s->a[i].rank;
	}
}

/* Go through the stream; consecutive ranks may come as one arrival of several. */
static void go(struct stream *s, const struct reorder_limits *limits, uint64_t scale,
	       bool together, struct reorder_metrics *m)
{
	struct reorder_sink sink = { .sum = m, .found = keep, .arg = s };
	struct reorder_state state;

	memset(m, 0, sizeof(*m));
	m->threshold = limits->threshold;
	reorder_init(&state, s->lowest * scale);
	for (size_t i = 0, k; i < s->n; i += k) {
		for (k = 1; together && i + k < s->n && s->a[i + k].rank == s->a[i].rank + k; k++)
			;
		assert_true(reorder_push(&state, &(struct reorder_arrival){
			.start = s->a[i].rank * scale, .end = (s->a[i].rank + k) * scale,
			.packets = k, .time_ns = s->a[i].time_ns, .bytes = k * BYTES, .tag = i,
		}, limits, &sink) >= 0);
	}
	assert_int_equal(reorder_flush(&state, limits, &sink), 0);
	assert_null(state.window);
}

/* The distribution that a list of values has. */
static void expect_hist(const struct hist *got, const uint64_t *value, size_t n)
{
	_cleanup_free_ struct hist *want = calloc(1, sizeof(*want));

	assert_non_null(want);
	for (size_t i = 0; i < n; i++)
		hist_put(want, value[i], 1);
	assert_memory_equal(got, want, sizeof(*want));
}

static void expect_lists(const struct reorder_stream *whole, const struct reorder_metrics *m,
			 bool times)
{
	uint64_t extent[MAX], late[MAX], bytes[MAX], n[MAX], run[MAX];
	size_t n_n = 0;

	for (size_t i = 0; i < whole->n_list; i++) {
		const struct reorder_packet *p = &whole->list[i];

		extent[i] = p->extent;
		late[i] = p->late_ns;
		bytes[i] = p->late_bytes;
		run[i] = p->run;
		if (p->n)
			n[n_n++] = p->n;
	}
	expect_hist(&m->extent, extent, whole->n_list);
	expect_hist(&m->late_bytes, bytes, whole->n_list);
	expect_hist(&m->run, run, whole->n_list);
	expect_hist(&m->n, n, n_n);
	if (times)
		expect_hist(&m->late_ns, late, whole->n_list);
}

static void expect_found(const struct stream *s, const struct reorder_stream *whole)
{
	size_t k = 0, movers = 0;

	for (size_t i = 0; i < s->n_found; i++) {
		const struct reorder_found *f = &s->found[i];

		movers += f->moved;
		if (!f->reordered)
			continue;
		assert_true(k < whole->n_list);
		assert_int_equal(f->extent, whole->list[k].extent);
		assert_int_equal(f->n, whole->list[k].n);
		assert_int_equal(s->a[f->tag].rank, whole->list[k].rank);
		k++;
	}
	assert_int_equal(k, whole->n_list);
	assert_int_equal(movers, whole->movers);
}

static void expect_counts(const struct reorder_stream *whole, const struct reorder_metrics *m)
{
	assert_int_equal(m->packets, whole->packets);
	assert_int_equal(m->duplicates, whole->duplicates);
	assert_int_equal(m->reordered, whole->reordered);
	assert_int_equal(m->in_order, whole->in_order);
	assert_int_equal(m->runs, whole->reordered);
	assert_int_equal(m->run_squares, whole->run_squares);
}

/*
 * In the algorithm of RFC 5236 section 6 a packet that is discarded although it was
 * waited for shifts the indices of all that follow: then a window, which begins
 * anew, is right, and the whole stream is not. Return: whether it was compared.
 */
static bool expect_densities(const struct stream *s, const struct reorder_metrics *m)
{
	uint64_t rank[MAX], rd[2 * REORDER_THRESHOLD_MAX + 1], rbd[REORDER_THRESHOLD_MAX + 1];
	uint64_t counted = 0;

	for (size_t i = 0; i < s->n; i++)
		rank[i] = s->a[i].rank;
	assert_int_equal(reorder_density(rank, s->n, s->lowest, m->threshold, rd), 0);
	assert_int_equal(reorder_buffer_density(rank, s->n, s->lowest, m->threshold, rbd), 0);
	assert_memory_equal(m->buffer, rbd, (m->threshold + 1) * sizeof(rbd[0]));
	for (uint32_t i = 0; i <= 2 * m->threshold; i++)
		counted += rd[i];
	if (counted != m->packets)
		return false;
	assert_memory_equal(m->density, rd, (2 * m->threshold + 1) * sizeof(rd[0]));
	return true;
}

static void test_windows_add_up(void **state)
{
	static struct reorder_metrics m;
	static struct stream s;
	uint64_t seed = 11, densities = 0;

	for (int k = 0; k < 4000; k++) {
		struct reorder_limits limits = { .window = 10000, .threshold = (uint32_t)(next_random(&seed) % 20) };
		uint64_t scale = k % 3 == 1 ? 1448 : 1;
		bool together = k % 4 == 3;
		struct reorder_stream whole;

		make(&s, &seed);
		assert_int_equal(reorder_stream(s.a, s.n, &whole), 0);
		go(&s, &limits, scale, together, &m);
		expect_counts(&whole, &m);
		assert_int_equal(m.movers, whole.movers);
		assert_int_equal(m.discontinuities, whole.discontinuities);
		assert_int_equal(m.gap.count, whole.gap.count);
		assert_int_equal(m.gap.sum, whole.gap.sum);
		expect_lists(&whole, &m, !together);
		if (!together) {
			expect_found(&s, &whole);
			assert_int_equal(m.gap_ns.sum, whole.gap_ns.sum);
		}
		if (scale == 1)
			densities += expect_densities(&s, &m);
		assert_int_equal(m.cut, 0);
		reorder_stream_free(&whole);
	}
	assert_true(densities > 400);
}

/* A window that is cut loses extents, but no packet is called what it is not. */
static void test_small_windows_count_right(void **state)
{
	static struct reorder_metrics m;
	static struct stream s;
	uint64_t seed = 12, cuts = 0;

	for (int k = 0; k < 2000; k++) {
		struct reorder_limits limits = { .window = 2 + (uint32_t)(next_random(&seed) % 30),
						 .threshold = 8 };
		struct reorder_stream whole;

		make(&s, &seed);
		assert_int_equal(reorder_stream(s.a, s.n, &whole), 0);
		go(&s, &limits, 1, k % 2, &m);
		if (m.cut < 60)
			expect_counts(&whole, &m);
		assert_true(m.movers <= whole.reordered);
		assert_true(m.extent.count <= whole.reordered);
		assert_true(m.extent.max <= limits.window);
		cuts += m.cut;
		reorder_stream_free(&whole);
	}
	assert_true(cuts > 1000);
}

static const struct reorder_limits usual = { .window = 8192, .threshold = 4 };

static void push(struct reorder_state *s, struct reorder_metrics *m, uint64_t start, uint64_t end,
		 int verdict)
{
	assert_int_equal(reorder_push(s, &(struct reorder_arrival){ .start = start, .end = end, .packets = 1 },
				      &usual, &(struct reorder_sink){ .sum = m }), verdict);
}

static void test_skip_lets_a_window_close(void **state)
{
	static struct reorder_metrics m;
	struct reorder_sink sink = { .sum = &m };
	struct reorder_state s;

	m.threshold = usual.threshold;
	reorder_init(&s, 1000);
	push(&s, &m, 1000, 1100, REORDER_IN_ORDER);
	push(&s, &m, 1300, 1400, REORDER_IN_ORDER);
	push(&s, &m, 1100, 1200, REORDER_LATE);
	assert_int_equal(reorder_skip(&s, 1200, 1300, &usual, &sink), 0);
	push(&s, &m, 1200, 1300, REORDER_DUPLICATE);
	for (uint64_t at = 1400; at < 1900; at += 100) {
		assert_non_null(s.window);
		push(&s, &m, at, at + 100, REORDER_IN_ORDER);
	}
	assert_null(s.window);
	assert_int_equal(reorder_flush(&s, &usual, &sink), 0);
	assert_int_equal(m.packets, 8);
	assert_int_equal(m.reordered, 1);
	assert_int_equal(m.movers, 1);
}

/* 100 million packets in order cost no more than one. */
static void test_weights_in_order(void **state)
{
	static struct reorder_metrics m;
	struct reorder_sink sink = { .sum = &m };
	struct reorder_state s;

	m.threshold = usual.threshold;
	reorder_init(&s, 0);
	for (uint64_t k = 0; k < 100; k++)
		assert_int_equal(reorder_push(&s, &(struct reorder_arrival){
			.start = k * 1000000, .end = (k + 1) * 1000000, .packets = 1000000 }, &usual, &sink), 0);
	assert_null(s.window);
	/* behind a gap it costs a window, and then no more */
	assert_int_equal(reorder_push(&s, &(struct reorder_arrival){
		.start = 100000001, .end = 200000000, .packets = 99999999 }, &usual, &sink), 0);
	assert_int_equal(reorder_push(&s, &(struct reorder_arrival){
		.start = 100000000, .end = 100000001, .packets = 1 }, &usual, &sink), REORDER_LATE);
	assert_int_equal(reorder_flush(&s, &usual, &sink), 0);
	assert_int_equal(m.packets, 200000000);
	assert_int_equal(m.reordered, 1);
	assert_int_equal(m.cut, 1);
	assert_int_equal(m.extent.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows_add_up),
		cmocka_unit_test(test_small_windows_count_right),
		cmocka_unit_test(test_skip_lets_a_window_close),
		cmocka_unit_test(test_weights_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
