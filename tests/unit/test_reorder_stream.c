// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder_stream.c - one stream of arrivals: the vectors of RFC 4737 and RFC
 * 5236, and what only a stream has: limits, weights, ranks that are skipped
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reorder_stream.h"
#include "core/util.h"

#define MAX 32
#define NOT_GIVEN 0xffff

/* What is expected of one reordered packet; lists end with rank 0. */
struct want {
	uint64_t rank, extent, n;
	uint64_t late_ms, late_bytes;	/* NOT_GIVEN where no times are */
	size_t j;			/* from 1, as the RFC counts; 0 = not given */
};

struct vector {
	const char *name;
	uint64_t rank[MAX];		/* ends with 0 */
	uint64_t ms[MAX];		/* times, or none */
	uint64_t packets, duplicates, discontinuities, movers;
	struct want want[MAX];
	uint64_t run[MAX];		/* lengths before each reordered packet */
	uint64_t mover[4];		/* ranks; given where the answer is unique */
	uint64_t squares, gap;
};

static const struct vector vectors[] = {
	{ .name = "intro", .rank = { 1, 2, 4, 5, 3 }, .packets = 5,
	  .discontinuities = 1, .movers = 1, .mover = { 3 },
	  .want = { { 3, 2, 2, NOT_GIVEN, 200, 3 } }, .run = { 4 }, .squares = 16 },
	{ .name = "T1", .rank = { 1, 2, 3, 5, 6, 7, 8, 4, 9, 10 },
	  .ms = { 68, 88, 108, 148, 168, 188, 208, 210, 228, 248 },
	  .packets = 10, .discontinuities = 1, .movers = 1, .mover = { 4 },
	  .want = { { 4, 4, 4, 62, 400, 4 } }, .run = { 7 }, .squares = 49 },
	{ .name = "T2", .rank = { 1, 2, 3, 4, 7, 5, 6, 8, 9, 10 },
	  .ms = { 68, 88, 108, 128, 188, 189, 190, 208, 228, 248 },
	  .packets = 10, .discontinuities = 1, .movers = 1, .mover = { 7 },
	  .want = { { 5, 1, 1, 1, 100, 5 }, { 6, 2, 0, 2, 100, 5 } },
	  .run = { 5, 0 }, .squares = 25 },
	{ .name = "T3", .rank = { 1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11 },
	  .ms = { 68, 88, 108, 188, 208, 228, 248, 250, 252, 256, 268 },
	  .packets = 11, .discontinuities = 1, .movers = 3, .mover = { 4, 5, 6 },
	  .want = { { 4, 4, 4, 62, 400, 4 }, { 5, 5, 0, 64, 400, 4 },
		    { 6, 6, 0, 68, 400, 4 } },
	  .run = { 7, 0, 0 }, .squares = 49 },
	{ .name = "T4",
	  .rank = { 1, 2, 3, 6, 7, 4, 5, 8, 9, 10, 12, 13, 11, 14, 15, 16 },
	  .packets = 16, .discontinuities = 2, .movers = 3,
	  .want = { { 4, 2, 2, NOT_GIVEN, 200, 4 }, { 5, 3, 0, NOT_GIVEN, 200, 4 },
		    { 11, 2, 2, NOT_GIVEN, 200, 11 } },
	  .run = { 5, 0, 5 }, .squares = 50, .gap = 7 },
	{ .name = "5.3", .rank = { 1, 2, 3, 7, 8, 9, 4, 5, 6 }, .packets = 9,
	  .discontinuities = 1, .movers = 3, .mover = { 4, 5, 6 },
	  .want = { { 4, 3, 3, NOT_GIVEN, 300, 4 }, { 5, 4, 0, NOT_GIVEN, 300, 4 },
		    { 6, 5, 0, NOT_GIVEN, 300, 4 } },
	  .run = { 6, 0, 0 }, .squares = 36 },
	{ .name = "loss", .rank = { 1, 10, 5 }, .packets = 3, .discontinuities = 1,
	  .movers = 1, .mover = { 5 },
	  .want = { { 5, 1, 1, NOT_GIVEN, 100, 2 } }, .run = { 2 }, .squares = 4 },
	{ .name = "dup", .rank = { 1, 2, 3, 2, 4, 5 }, .packets = 5, .duplicates = 1 },
	{ .name = "reverse", .rank = { 5, 4, 3, 2, 1 }, .packets = 5,
	  .discontinuities = 1, .movers = 4, .mover = { 4, 3, 2, 1 },
	  .want = { { 4, 1, 1, NOT_GIVEN, 100, 1 }, { 3, 2, 2, NOT_GIVEN, 200, 1 },
		    { 2, 3, 3, NOT_GIVEN, 300, 1 }, { 1, 4, 4, NOT_GIVEN, 400, 1 } },
	  .run = { 1, 0, 0, 0 }, .squares = 1 },
};

/* A stream at work, and all that was found in it. */
struct bench {
	struct reorder_state s;
	struct reorder_limits limits;
	struct reorder_metrics *m;
	struct reorder_sink sink;
	struct reorder_found found[MAX];
	size_t n;
};

static void note(void *arg, const struct reorder_found *found)
{
	struct bench *b = arg;

	assert_true(b->n < MAX);
	b->found[b->n++] = *found;
}

static void begin(struct bench *b, uint64_t first, uint32_t window, uint32_t threshold)
{
	*b = (struct bench){ .limits = { window, threshold },
			     .m = calloc(1, sizeof(*b->m)) };
	assert_non_null(b->m);
	b->sink = (struct reorder_sink){ b->m, note, b };
	reorder_init(&b->s, first);
}

/* One packet, its rank a number, its tag its place from 1. */
static int push(struct bench *b, uint64_t rank, uint64_t tag, uint64_t time_ns)
{
	const struct reorder_arrival a = { rank, rank + 1, 1, time_ns, 100, tag };

	return reorder_push(&b->s, &a, &b->limits, &b->sink);
}

static int push_many(struct bench *b, uint64_t start, uint64_t end, uint64_t packets)
{
	const struct reorder_arrival a = { start, end, packets, 0, end - start, start };

	return reorder_push(&b->s, &a, &b->limits, &b->sink);
}

static int skip_ranks(struct bench *b, uint64_t start, uint64_t end)
{
	return reorder_skip(&b->s, start, end, &b->limits, &b->sink);
}

static void end(struct bench *b)
{
	assert_int_equal(reorder_flush(&b->s, &b->limits, &b->sink), 0);
	free(b->m);
}

/* ---- RFC 4737 ------------------------------------------------------------ */

static void run_vector(struct bench *b, const struct vector *v)
{
	uint64_t first = v->rank[0];

	for (size_t i = 0; i < MAX && v->rank[i]; i++)
		first = v->rank[i] < first ? v->rank[i] : first;
	begin(b, first, 8192, 4);
	for (size_t i = 0; i < MAX && v->rank[i]; i++)
		push(b, v->rank[i], i + 1, v->ms[i] * 1000000);
	assert_int_equal(reorder_flush(&b->s, &b->limits, &b->sink), 0);
}

static void check_found(const struct want *w, const struct reorder_found *f)
{
	assert_int_equal(f->rank, w->rank);
	assert_int_equal(f->extent, w->extent);
	assert_int_equal(f->n, w->n);
	assert_int_equal(f->late_bytes, w->late_bytes);
	assert_int_equal(f->overtaker, w->j);
	if (w->late_ms != NOT_GIVEN)
		assert_int_equal(f->late_ns, w->late_ms * 1000000);
}

/* What moved holds exactly the ranks @mover. */
static void check_movers(const struct bench *b, const uint64_t *mover)
{
	size_t moved = 0;

	for (size_t i = 0; i < b->n; i++) {
		bool wanted = false;

		for (size_t k = 0; k < 4; k++)
			wanted |= mover[k] == b->found[i].rank;
		assert_int_equal(b->found[i].moved, wanted);
		moved += wanted;
	}
	assert_int_equal(moved, b->m->movers);
}

static void check_runs(const struct vector *v, size_t n, const struct reorder_metrics *m)
{
	struct hist *runs = calloc(1, sizeof(*runs));

	assert_non_null(runs);
	for (size_t i = 0; i < n; i++)
		hist_put(runs, v->run[i], 1);
	assert_memory_equal(runs, &m->run, sizeof(*runs));
	assert_int_equal(m->runs, n);
	assert_int_equal(m->run_squares, v->squares);
	free(runs);
}

static void check_vector(const struct vector *v)
{
	struct bench b;
	size_t k = 0;

	print_message("%s\n", v->name);
	run_vector(&b, v);
	for (size_t i = 0; i < b.n; i++)
		if (b.found[i].reordered)
			check_found(&v->want[k++], &b.found[i]);
	assert_int_equal(v->want[k].rank, 0);
	assert_int_equal(b.m->reordered, k);
	assert_int_equal(b.m->packets, v->packets);
	assert_int_equal(b.m->duplicates, v->duplicates);
	assert_int_equal(b.m->in_order, v->packets - k);
	assert_int_equal(b.m->discontinuities, v->discontinuities);
	assert_int_equal(b.m->movers, v->movers);
	assert_int_equal(b.m->gap.max, v->gap);
	assert_int_equal(b.m->extent.count, k);
	assert_int_equal(b.m->late_ns.count, k);
	assert_int_equal(b.m->late_bytes.count, k);
	check_runs(v, k, b.m);
	if (v->mover[0])
		check_movers(&b, v->mover);
	end(&b);
}

static void test_vectors(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		check_vector(&vectors[i]);
}

static void test_degrees(void **state)
{
	struct bench b;

	run_vector(&b, &vectors[4]);	/* T4: m = 2 of 16, twice */
	assert_int_equal(hist_from(&b.m->n, 1), 2);
	assert_int_equal(hist_from(&b.m->n, 2), 2);
	assert_int_equal(hist_from(&b.m->n, 3), 0);
	end(&b);
}

/* One packet jumps ahead of 18: RFC 4737 blames the 18, the movers the one. */
static void test_early(void **state)
{
	struct bench b;

	begin(&b, 1, 8192, 4);
	for (uint64_t i = 0; i < 22; i++)
		push(&b, i < 1 ? 1 : i == 1 ? 20 : i < 20 ? i : i + 1, i, 0);
	assert_int_equal(b.n, 19);
	assert_true(b.found[0].moved && !b.found[0].reordered);
	assert_int_equal(b.found[0].rank, 20);
	assert_int_equal(b.found[0].displacement, -18);
	for (size_t k = 1; k < b.n; k++) {
		assert_true(b.found[k].reordered && !b.found[k].moved);
		assert_int_equal(b.found[k].extent, k);
		assert_int_equal(b.found[k].overtaker, 1);
		assert_int_equal(b.found[k].displacement, 1);
	}
	assert_int_equal(reorder_flush(&b.s, &b.limits, &b.sink), 0);
	assert_int_equal(b.m->packets, 22);
	assert_int_equal(b.m->movers, 1);
	end(&b);
}

/* ---- RFC 5236 ------------------------------------------------------------ */

struct density {
	const char *name;
	uint32_t threshold;
	uint64_t rank[MAX];		/* ends with 0 */
	uint64_t rd[9];			/* displacement -threshold .. threshold */
	uint64_t rbd[5];
};

static const struct density densities[] = {
	{ "a", 4, { 1, 4, 2, 5, 3, 6, 7, 8 }, { 0, 0, 1, 1, 4, 1, 1 }, { 5, 2, 1 } },
	{ "b", 3, { 1, 2, 4, 5, 6, 7 }, { 0, 0, 0, 6 }, { 3, 1, 1, 1 } },
	{ "c", 2, { 1, 3, 2, 3, 4, 5 }, { 0, 1, 3, 1 }, { 4, 1 } },
	{ "ex1", 4, { 2, 1, 4, 5, 3 }, { 0, 0, 0, 3, 0, 1, 1 }, { 2, 2, 1 } },
	{ "ex3", 2, { 1, 4, 3, 5, 3, 8, 7, 6 }, { 1, 1, 3, 1, 1 }, { 3, 2, 2 } },
	{ "rogue", 4, { 1, 5430, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 },
	  { 0, 0, 0, 0, 11 }, { 1, 11 } },
	{ "burst loss", 2, { 1, 2, 30, 31, 32 }, { 0, 0, 5 }, { 3, 1, 1 } },
	{ "overflow, then stored", 1, { 1, 3, 6, 7 }, { 0, 4 }, { 2, 2 } },
};

/* Where the threshold is below the window's displacements, too. */
static void test_densities(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(densities); i++) {
		const struct density *d = &densities[i];
		struct bench b;

		print_message("%s\n", d->name);
		begin(&b, 1, 8192, d->threshold);
		for (size_t k = 0; k < MAX && d->rank[k]; k++)
			push(&b, d->rank[k], k, 0);
		assert_int_equal(reorder_flush(&b.s, &b.limits, &b.sink), 0);
		assert_int_equal(b.m->threshold, d->threshold);
		assert_memory_equal(b.m->density, d->rd, sizeof(d->rd));
		assert_memory_equal(b.m->buffer, d->rbd, sizeof(d->rbd));
		end(&b);
	}
}

static void test_mean_buffer(void **state)
{
	struct bench b;

	begin(&b, 1, 8192, 3);
	assert_float_equal(reorder_mean_buffer(b.m), 0, 1e-9);
	for (size_t k = 0; k < 6; k++)
		push(&b, densities[1].rank[k], k, 0);
	assert_int_equal(reorder_flush(&b.s, &b.limits, &b.sink), 0);
	assert_float_equal(reorder_mean_buffer(b.m), (1 + 2 + 3) / 6.0, 1e-9);
	end(&b);
}

/* ---- what only a stream has ---------------------------------------------- */

static void flush(struct bench *b)
{
	assert_int_equal(reorder_flush(&b->s, &b->limits, &b->sink), 0);
	assert_null(b->s.window);
}

static void test_verdicts(void **state)
{
	struct bench b;

	begin(&b, 5, 8192, 4);
	assert_int_equal(push(&b, 5, 0, 0), REORDER_IN_ORDER);
	assert_int_equal(push(&b, 7, 0, 0), REORDER_IN_ORDER);
	assert_non_null(b.s.window);
	assert_int_equal(push(&b, 5, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(push(&b, 4, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(push(&b, 6, 0, 0), REORDER_LATE);
	assert_null(b.s.window);
	assert_int_equal(push(&b, 6, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(push_many(&b, 8, 8, 1), -EINVAL);
	assert_int_equal(push_many(&b, 9, 8, 1), -EINVAL);
	assert_int_equal(push_many(&b, 8, 20, 0), -EINVAL);
	assert_int_equal(push_many(&b, 8, 10, 3), -EINVAL);
	assert_int_equal(push_many(&b, 7, 9, 2), REORDER_DUPLICATE);
	flush(&b);
	assert_int_equal(b.m->packets, 3);
	assert_int_equal(b.m->duplicates, 5);
	assert_int_equal(b.m->beyond, 0);
	end(&b);
}

static void test_first_missing(void **state)
{
	struct bench b;

	begin(&b, 1, 8192, 4);
	push(&b, 3, 0, 0);
	push(&b, 2, 0, 0);
	push(&b, 1, 0, 0);
	flush(&b);
	assert_int_equal(b.m->reordered, 2);
	assert_int_equal(b.m->in_order, 1);
	end(&b);
}

/* Many packets in order at once; then 10 are missing, and come in two pieces. */
static void test_weights(void **state)
{
	const uint64_t base = 1ull << 40;
	struct bench b;

	begin(&b, 0, 8192, 4);
	assert_int_equal(push_many(&b, 0, base, base), REORDER_IN_ORDER);
	assert_int_equal(push_many(&b, base + 10, base + 20, 10), REORDER_IN_ORDER);
	assert_int_equal(push_many(&b, base, base + 4, 4), REORDER_LATE);
	assert_int_equal(push_many(&b, base + 4, base + 10, 6), REORDER_LATE);
	flush(&b);
	assert_int_equal(b.m->packets, base + 20);
	assert_int_equal(b.m->reordered, 10);
	assert_int_equal(b.m->movers, 10);
	assert_int_equal(b.n, 10);
	for (size_t i = 0; i < b.n; i++) {
		assert_int_equal(b.found[i].rank, base + i);
		assert_int_equal(b.found[i].index, i < 4 ? i : i - 4);
		assert_int_equal(b.found[i].extent, 10 + i);
		assert_int_equal(b.found[i].late_bytes, 10);
		assert_int_equal(b.found[i].overtaker, base + 10);
		assert_int_equal(b.found[i].n, i ? 0 : 10);
	}
	end(&b);
}

/* Bytes: packets of 1000 in pieces of two; a hole that stays is one packet. */
static void test_bytes(void **state)
{
	struct bench b;

	begin(&b, 0, 8192, 3);
	push_many(&b, 0, 1000, 1);
	push_many(&b, 9000, 11001, 2);		/* 1001 and 1000 */
	push_many(&b, 4000, 6000, 2);
	flush(&b);
	assert_int_equal(b.m->packets, 5);
	assert_int_equal(b.m->reordered, 2);
	assert_int_equal(b.found[0].rank, 4000);
	assert_int_equal(b.found[0].late_bytes, 2001);
	assert_int_equal(b.found[1].rank, 5000);
	assert_int_equal(b.found[1].extent, 3);
	/* in the window, numbers from 0: 4 5 1 2, and neither 0 nor 3 comes */
	assert_int_equal(b.m->density[3 - 3], 2);
	assert_int_equal(b.m->density[3], 1);
	assert_int_equal(b.m->density[3 + 3], 2);
	assert_int_equal(b.m->buffer[0], 1);
	end(&b);
}

static void test_skip(void **state)
{
	struct bench b;

	begin(&b, 1, 8192, 4);
	push(&b, 1, 1, 0);
	push(&b, 5, 2, 0);
	assert_int_equal(skip_ranks(&b, 2, 3), 0);
	assert_non_null(b.s.window);
	assert_int_equal(push(&b, 2, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(push(&b, 4, 3, 0), REORDER_LATE);
	assert_int_equal(b.n, 0);
	assert_int_equal(skip_ranks(&b, 0, 5), 0);
	assert_null(b.s.window);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.found[0].extent, 1);
	assert_int_equal(skip_ranks(&b, 6, 9), 0);	/* all that is next */
	assert_int_equal(push(&b, 9, 4, 0), REORDER_IN_ORDER);
	assert_null(b.s.window);
	assert_int_equal(skip_ranks(&b, 12, 14), 0);	/* beyond a hole */
	assert_non_null(b.s.window);
	assert_int_equal(push(&b, 10, 5, 0), REORDER_LATE);
	assert_int_equal(push(&b, 11, 6, 0), REORDER_LATE);
	assert_int_equal(skip_ranks(&b, 3, 3), -EINVAL);
	flush(&b);
	assert_int_equal(b.m->packets, 6);
	end(&b);
}

/* A hole that was given up: late without extent, once; never a duplicate. */
static void test_given_up(void **state)
{
	struct bench b;

	begin(&b, 0, 4, 4);
	assert_int_equal(push_many(&b, 10, 30, 20), REORDER_IN_ORDER);
	assert_null(b.s.window);
	assert_int_equal(b.m->cut, 1);
	assert_int_equal(push_many(&b, 2, 6, 4), REORDER_LATE);
	assert_int_equal(push_many(&b, 2, 3, 1), REORDER_DUPLICATE);
	assert_int_equal(skip_ranks(&b, 0, 1), 0);
	assert_int_equal(push_many(&b, 0, 1, 1), REORDER_DUPLICATE);
	assert_int_equal(push_many(&b, 1, 2, 1), REORDER_LATE);
	assert_int_equal(push_many(&b, 31, 32, 1), REORDER_IN_ORDER);
	assert_int_equal(push_many(&b, 9, 10, 1), REORDER_LATE);
	assert_int_equal(push_many(&b, 30, 31, 1), REORDER_LATE);
	flush(&b);
	assert_int_equal(b.m->packets, 28);
	assert_int_equal(b.m->reordered, 7);
	assert_int_equal(b.m->beyond, 6);
	assert_int_equal(b.m->duplicates, 2);
	assert_int_equal(b.m->extent.bucket[0], 6);
	assert_int_equal(b.m->extent.bucket[2], 1);	/* 9 has a place, too */
	assert_int_equal(b.m->movers, 1);
	assert_int_equal(b.m->cut, 1);
	assert_int_equal(b.n, 7);
	end(&b);
}

/* A late arrival that the limit divides goes on in the hole that it left. */
static void test_cut_in_arrival(void **state)
{
	struct bench b;

	begin(&b, 0, 4, 4);
	push_many(&b, 8, 10, 2);
	assert_int_equal(push_many(&b, 0, 6, 6), REORDER_LATE);
	assert_int_equal(b.m->cut, 1);
	assert_int_equal(b.n, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(b.found[i].rank, i);
		assert_int_equal(b.found[i].index, i);
		assert_int_equal(b.found[i].extent, i < 2 ? 2 + i : 0);
	}
	assert_int_equal(push_many(&b, 6, 8, 2), REORDER_LATE);
	flush(&b);
	assert_int_equal(b.m->beyond, 6);
	end(&b);
}

/* More holes than are remembered: the lowest are forgotten, and that is said. */
static void test_forgotten(void **state)
{
	struct bench b;

	begin(&b, 0, 100, 4);
	for (uint64_t i = 0; i < 100; i++)
		push(&b, 2 * i + 1, 0, 0);
	assert_int_equal(b.m->cut, 1);
	assert_int_equal(push(&b, 70, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(b.m->beyond, 1);
	assert_int_equal(push(&b, 72, 0, 0), REORDER_LATE);
	assert_int_equal(push(&b, 198, 0, 0), REORDER_LATE);
	assert_int_equal(b.m->beyond, 3);
	assert_int_equal(push(&b, 73, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(b.m->beyond, 3);
	end(&b);
}

/* The holes of later windows push out those of earlier ones. */
static void test_pushed_out(void **state)
{
	struct bench b;

	begin(&b, 0, 40, 4);
	for (uint64_t i = 0; i < 80; i++)
		push(&b, 2 * i + 1, 0, 0);
	assert_int_equal(b.m->cut, 2);
	assert_int_equal(push(&b, 30, 0, 0), REORDER_DUPLICATE);
	assert_int_equal(b.m->beyond, 1);
	assert_int_equal(push(&b, 32, 0, 0), REORDER_LATE);
	assert_int_equal(push(&b, 158, 0, 0), REORDER_LATE);
	assert_int_equal(b.m->beyond, 3);
	end(&b);
}

/* Skipping divides holes: their number is bounded like that of packets. */
static void test_many_holes(void **state)
{
	struct bench b;

	begin(&b, 0, 10, 4);
	push(&b, 1000, 0, 0);
	for (uint64_t i = 0; i < 9; i++)
		assert_int_equal(skip_ranks(&b, 10 * i + 5, 10 * i + 6), 0);
	assert_non_null(b.s.window);
	assert_int_equal(skip_ranks(&b, 500, 501), 0);
	assert_null(b.s.window);
	assert_int_equal(b.m->cut, 1);
	end(&b);
}

/* Runs and gaps go on from window to window. */
static void test_carried(void **state)
{
	struct bench b;

	begin(&b, 0, 8192, 4);
	push(&b, 1, 0, 1000);
	push(&b, 0, 0, 2000);
	push_many(&b, 2, 102, 100);
	push(&b, 103, 0, 5000);
	push(&b, 102, 0, 4000);			/* a clock that goes back */
	flush(&b);
	assert_int_equal(b.m->discontinuities, 2);
	assert_int_equal(b.m->gap.max, 102);
	assert_int_equal(b.m->gap_ns.max, 4000);
	assert_int_equal(b.m->late_ns.sum, 1000);
	assert_int_equal(b.m->run_squares, 1 + 101 * 101);
	end(&b);
}

/* Two discontinuities whose late packets come crosswise are two. */
static void test_crosswise(void **state)
{
	struct bench b;
	const uint64_t rank[] = { 0, 2, 3, 6, 4, 1, 5 };

	begin(&b, 0, 8192, 4);
	for (size_t i = 0; i < ARRAY_SIZE(rank); i++)
		push(&b, rank[i], i, i);
	flush(&b);
	assert_int_equal(b.m->discontinuities, 2);
	assert_int_equal(b.m->gap.count, 1);
	assert_int_equal(b.m->gap.max, 2);
	end(&b);
}

/* Two streams have one sum. */
static void test_sum(void **state)
{
	struct bench once, twice;

	run_vector(&once, &vectors[4]);
	run_vector(&twice, &vectors[4]);
	reorder_init(&twice.s, 1);
	for (size_t i = 0; i < 16; i++)
		push(&twice, vectors[4].rank[i], i + 1, 0);
	flush(&twice);
	assert_int_equal(twice.m->packets, 2 * once.m->packets);
	assert_int_equal(twice.m->reordered, 2 * once.m->reordered);
	assert_int_equal(twice.m->runs, 2 * once.m->runs);
	assert_int_equal(twice.m->extent.sum, 2 * once.m->extent.sum);
	assert_int_equal(twice.m->extent.max, once.m->extent.max);
	for (size_t d = 0; d < ARRAY_SIZE(once.m->density); d++)
		assert_int_equal(twice.m->density[d], 2 * once.m->density[d]);
	end(&once);
	end(&twice);
}

static void test_extend(void **state)
{
	const uint64_t base = 1ull << 32;

	assert_int_equal(reorder_extend(base + 5, 7), base + 7);
	assert_int_equal(reorder_extend(base + 5, 0xffffffff), base - 1);
	assert_int_equal(reorder_extend(2 * base - 1, 3), 2 * base + 3);
	assert_int_equal(reorder_extend(base, 0x7fffffff), base + 0x7fffffff);
	assert_int_equal(reorder_extend(base, 0x80000001), base - 0x7fffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_degrees),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_densities),
		cmocka_unit_test(test_mean_buffer),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_first_missing),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_cut_in_arrival),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_pushed_out),
		cmocka_unit_test(test_many_holes),
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_crosswise),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_extend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
