// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder.c - one stream of ranks: the vectors of RFC 4737 and RFC 5236,
 * and a plain O(n^2) reading of the definitions on random streams
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/reorder.h"
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

static size_t load(const struct vector *v, struct reorder_sample *a)
{
	size_t n = 0;

	for (; n < MAX && v->rank[n]; n++)
		a[n] = (struct reorder_sample){ v->rank[n], v->ms[n] * 1000000, 100 };
	return n;
}

static void check_packet(const struct want *w, const struct reorder_packet *p,
			 uint64_t run)
{
	assert_int_equal(p->rank, w->rank);
	assert_int_equal(p->extent, w->extent);
	assert_int_equal(p->n, w->n);
	assert_int_equal(p->late_bytes, w->late_bytes);
	assert_int_equal(p->first_above + 1, w->j);
	assert_int_equal(p->run, run);
	if (w->late_ms != NOT_GIVEN)
		assert_int_equal(p->late_ns, w->late_ms * 1000000);
}

/* The positions that moved hold exactly the ranks @mover. */
static void check_movers(const struct reorder_stream *s, const struct reorder_sample *a,
			 size_t n, const uint64_t *mover)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		bool wanted = false;

		for (size_t k = 0; k < 4; k++)
			wanted |= mover[k] == a[i].rank;
		assert_int_equal(s->moved[i], wanted);
		found += wanted;
	}
	assert_int_equal(found, s->movers);
}

static void check_vector(const struct vector *v)
{
	struct reorder_sample a[MAX];
	size_t n = load(v, a), k = 0;
	struct reorder_stream s;

	print_message("%s\n", v->name);
	assert_int_equal(reorder_stream(a, n, &s), 0);
	for (; v->want[k].rank; k++) {
		assert_true(k < s.n_list);
		check_packet(&v->want[k], &s.list[k], v->run[k]);
	}
	assert_int_equal(s.reordered, k);
	assert_int_equal(s.packets, v->packets);
	assert_int_equal(s.duplicates, v->duplicates);
	assert_int_equal(s.in_order, v->packets - k);
	assert_int_equal(s.discontinuities, v->discontinuities);
	assert_int_equal(s.movers, v->movers);
	assert_int_equal(s.run_squares, v->squares);
	assert_int_equal(s.gap.max, v->gap);
	if (v->mover[0])
		check_movers(&s, a, n, v->mover);
	reorder_stream_free(&s);
}

static void test_vectors(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		check_vector(&vectors[i]);
}

static void test_degrees(void **state)
{
	struct reorder_sample a[MAX];
	struct reorder_stream s;
	size_t n = load(&vectors[4], a);	/* T4: m = 2 of 16, twice */

	assert_int_equal(reorder_stream(a, n, &s), 0);
	assert_float_equal(reorder_degree(&s, 1), 2.0 / 16, 1e-9);
	assert_float_equal(reorder_degree(&s, 2), 2.0 / 16, 1e-9);
	assert_float_equal(reorder_degree(&s, 3), 0, 1e-9);
	assert_float_equal(reorder_ratio(s.reordered, s.packets), 3.0 / 16, 1e-9);
	reorder_stream_free(&s);
}

/* One packet jumps ahead of 18: RFC 4737 blames the 18, the movers the one. */
static void test_early(void **state)
{
	struct reorder_sample a[22];
	struct reorder_stream s;

	for (size_t i = 0; i < 22; i++)
		a[i] = (struct reorder_sample){ .rank = i < 1 ? 1 : i == 1 ? 20 :
						 i < 20 ? i : i + 1, .bytes = 100 };
	assert_int_equal(reorder_stream(a, 22, &s), 0);
	assert_int_equal(s.packets, 22);
	assert_int_equal(s.reordered, 18);
	for (size_t k = 0; k < s.n_list; k++)
		assert_int_equal(s.list[k].extent, k + 1);
	assert_int_equal(s.movers, 1);
	assert_true(s.moved[1]);
	reorder_stream_free(&s);
}

static void test_empty(void **state)
{
	struct reorder_sample one = { 7, 1, 1 };
	struct reorder_stream s;

	assert_int_equal(reorder_stream(NULL, 0, &s), 0);
	assert_int_equal(s.packets, 0);
	reorder_stream_free(&s);
	assert_int_equal(reorder_stream(&one, 1, &s), 0);
	assert_int_equal(s.in_order, 1);
	assert_int_equal(s.movers, 0);
	reorder_stream_free(&s);
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

static void test_densities(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(densities); i++) {
		const struct density *d = &densities[i];
		uint64_t rd[9] = { 0 }, rbd[5] = { 0 };
		size_t n = 0;

		print_message("%s\n", d->name);
		while (n < MAX && d->rank[n])
			n++;
		assert_int_equal(reorder_density(d->rank, n, 1, d->threshold, rd), 0);
		assert_memory_equal(rd, d->rd, sizeof(rd));
		assert_int_equal(reorder_buffer_density(d->rank, n, 1, d->threshold,
							rbd), 0);
		assert_memory_equal(rbd, d->rbd, sizeof(rbd));
	}
}

/* ---- the definitions, read plainly --------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Arrivals with bounded or unbounded disorder, losses and duplicates. */
static void shuffle(struct reorder_sample *a, size_t n, uint64_t *seed)
{
	size_t reach = 1 + next_random(seed) % n;

	for (size_t i = 0; i < n; i++)
		a[i] = (struct reorder_sample){ .rank = i + next_random(seed) % 2,
						 .bytes = next_random(seed) % 1500 };
	for (size_t i = 0; i < n; i++) {
		size_t k = i + next_random(seed) % reach;
		struct reorder_sample t = a[i];

		if (k >= n || next_random(seed) % 3)
			continue;
		a[i] = a[k];
		a[k] = t;
	}
	for (size_t i = 0; i < n; i++)
		a[i].time_ns = 10 * i;
}

static size_t without_duplicates(const struct reorder_sample *a, size_t n,
				 struct reorder_sample *out)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		bool seen = false;

		for (size_t k = 0; k < m; k++)
			seen |= out[k].rank == a[i].rank;
		if (!seen)
			out[m++] = a[i];
	}
	return m;
}

static bool plain_packet(const struct reorder_sample *a, size_t i,
			 struct reorder_packet *ret)
{
	size_t j = 0;

	while (j < i && a[j].rank <= a[i].rank)
		j++;
	*ret = (struct reorder_packet){ .at = i, .first_above = j, .rank = a[i].rank,
					.extent = i - j,
					.late_ns = a[i].time_ns - a[j].time_ns };
	for (size_t k = j; k < i; k++)
		ret->late_bytes += a[k].rank > a[i].rank ? a[k].bytes : 0;
	while (ret->n < i && a[i - ret->n - 1].rank > a[i].rank)
		ret->n++;
	return j < i;
}

static uint64_t plain_movers(const struct reorder_sample *a, size_t n)
{
	uint64_t best[64] = { 0 }, longest = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (a[k].rank < a[i].rank && best[k] > best[i])
				best[i] = best[k];
		if (++best[i] > longest)
			longest = best[i];
	}
	return n - longest;
}

static void check_plain(const struct reorder_sample *a, size_t n)
{
	struct reorder_sample b[64];
	struct reorder_stream s;
	size_t m = without_duplicates(a, n, b), k = 0;
	uint64_t last_kept = 0, kept = 0;

	assert_int_equal(reorder_stream(a, n, &s), 0);
	assert_int_equal(s.packets, m);
	for (size_t i = 0; i < m; i++) {
		struct reorder_packet p;

		if (!plain_packet(b, i, &p))
			continue;
		assert_true(k < s.n_list);
		p.run = s.list[k].run;
		assert_memory_equal(&p, &s.list[k], sizeof(p));
		k++;
	}
	assert_int_equal(s.reordered, k);
	assert_int_equal(s.movers, plain_movers(b, m));
	for (size_t i = 0; i < m; i++) {
		if (s.moved[i])
			continue;
		assert_true(!kept++ || b[i].rank > last_kept);
		last_kept = b[i].rank;
	}
	assert_int_equal(kept + s.movers, m);
	reorder_stream_free(&s);
}

static void test_random(void **state)
{
	uint64_t seed = 4737;

	for (int round = 0; round < 3000; round++) {
		struct reorder_sample a[64];
		size_t n = 1 + next_random(&seed) % 64;

		shuffle(a, n, &seed);
		check_plain(a, n);
	}
}

/* ---- units and distributions --------------------------------------------- */

/* A unit of weight w is w packets; ties blame the reordered packet. */
static void test_units(void **state)
{
	const struct reorder_unit u[] = { { 0, 10 }, { 30, 5 }, { 10, 20 }, { 35, 1 } };
	const struct reorder_unit swap[] = { { 1, 1 }, { 0, 1 } };
	bool moved[4];
	uint64_t movers;

	assert_int_equal(reorder_movers(u, 4, moved, &movers), 0);
	assert_int_equal(movers, 5);
	assert_true(moved[1] && !moved[0] && !moved[2] && !moved[3]);
	assert_int_equal(reorder_movers(swap, 2, moved, &movers), 0);
	assert_int_equal(movers, 1);
	assert_true(moved[1] && !moved[0]);
}

static void test_hist(void **state)
{
	struct reorder_hist range = { 0 }, each = { 0 };

	reorder_hist_add(&range, 3, 130);
	for (uint64_t v = 3; v <= 130; v++)
		reorder_hist_add(&each, v, v);
	assert_memory_equal(&range, &each, sizeof(each));
	assert_int_equal(range.bucket[1], 1);
	assert_int_equal(range.bucket[2], 4);
	assert_int_equal(range.bucket[7], 3);
	assert_int_equal(range.max, 130);
	assert_float_equal(reorder_hist_mean(&range), 66.5, 1e-9);
	reorder_hist_merge(&range, &each);
	assert_int_equal(range.count, 256);
	reorder_hist_add(&range, 1ull << 40, 1ull << 40);
	assert_int_equal(range.bucket[REORDER_BUCKETS - 1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_degrees),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_densities),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_hist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
