// SPDX-License-Identifier: GPL-2.0
/*
 * test_reorder_oracle.c - the stream against a plain O(n^2) reading of the
 * definitions, on random streams: disorder, losses, duplicates, overlaps, weights,
 * packet numbers and bytes, small limits, skipped ranks
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/reorder.h"
#include "core/reorder_holes.h"
#include "core/reorder_stream.h"
#include "core/reorder_window.h"
#include "core/util.h"
#include "random.h"

#define RANKS 512
#define PACKETS 256
#define GIVEN_UP 64			/* holes that a stream remembers */

/* ---- the plain model ----------------------------------------------------- */

enum fate { UNSEEN, MISSING, GIVEN_UP_RANK, ARRIVED };

struct packet {
	struct reorder_found f;		/* what is expected of it */
	uint64_t end, time_ns, bytes;
	unsigned int window;		/* 0: outside of any */
	bool gone;			/* its hole had been given up */
};

struct model {
	uint8_t fate[RANKS];
	uint64_t first;			/* of the open window */
	uint64_t next, forgotten;
	struct packet p[PACKETS];
	size_t n;
	unsigned int windows;
	uint64_t window_first[PACKETS * 2];
	bool open;
	uint64_t duplicates, cut, beyond;
	struct reorder_limits limits;
};

static bool all(const struct model *o, uint64_t start, uint64_t end, enum fate fate)
{
	for (uint64_t r = start; r < end; r++)
		if (o->fate[r] != fate)
			return false;
	return true;
}

/* How many stretches of ranks have that fate; those above @keep are counted off. */
static size_t stretches(struct model *o, enum fate fate, size_t keep)
{
	size_t n = 0;

	for (uint64_t r = RANKS - 1; r-- > 0; ) {
		if (o->fate[r] != fate)
			continue;
		n += o->fate[r + 1] != fate;
		if (n > keep && r + 1 > o->forgotten)
			o->forgotten = r + 1;
		if (n > keep)
			o->fate[r] = ARRIVED;
	}
	return n;
}

static size_t in_window(const struct model *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->open && o->p[i].window == o->windows;
	return n;
}

static void settle(struct model *o, bool whole)
{
	size_t max = o->limits.window;

	if (!o->open)
		return;
	if (!stretches(o, MISSING, RANKS)) {
		o->open = false;
		return;
	}
	if (in_window(o) < max && (!whole || stretches(o, MISSING, RANKS) <= max))
		return;
	for (uint64_t r = 0; r < RANKS; r++)
		if (o->fate[r] == MISSING)
			o->fate[r] = GIVEN_UP_RANK;
	stretches(o, GIVEN_UP_RANK, GIVEN_UP);
	o->open = false;
	o->cut++;
}

static void open_up_to(struct model *o, uint64_t start)
{
	if (start > o->next && !o->open) {
		o->open = true;
		o->window_first[++o->windows] = o->next;
	}
	for (; o->next < start; o->next++)
		o->fate[o->next] = MISSING;
}

/* One packet that is no duplicate. */
static void arrive(struct model *o, const struct reorder_arrival *a, uint64_t k)
{
	uint64_t len = a->end - a->start, start = a->start, end;
	struct packet *p = &o->p[o->n];

	assert_true(o->n < PACKETS);
	for (uint64_t i = 0; i < k; i++)
		start += len / a->packets + (i < len % a->packets);
	end = start + len / a->packets + (k < len % a->packets);
	open_up_to(o, start);
	*p = (struct packet){
		.f = { .tag = a->tag, .rank = start, .index = k },
		.end = end, .time_ns = a->time_ns,
		.bytes = a->bytes / a->packets + (k < a->bytes % a->packets),
		.gone = o->fate[start] == GIVEN_UP_RANK,
		.window = o->open ? o->windows : 0,
	};
	o->beyond += p->gone;
	o->n++;
	for (uint64_t r = start; r < end; r++)
		o->fate[r] = ARRIVED;
	if (p->gone)
		stretches(o, GIVEN_UP_RANK, GIVEN_UP);
	o->next = end > o->next ? end : o->next;
	settle(o, k + 1 == a->packets);
}

static int model_push(struct model *o, const struct reorder_arrival *a)
{
	bool ahead = a->start >= o->next;

	if (!ahead && (a->end > o->next || (!all(o, a->start, a->end, MISSING) &&
					    !all(o, a->start, a->end, GIVEN_UP_RANK)))) {
		o->duplicates += a->packets;
		if (a->start < o->forgotten)
			o->beyond += a->packets;
		return REORDER_DUPLICATE;
	}
	for (uint64_t k = 0; k < a->packets; k++)
		arrive(o, a, k);
	return ahead ? REORDER_IN_ORDER : REORDER_LATE;
}

static void model_skip(struct model *o, uint64_t start, uint64_t end)
{
	open_up_to(o, start);
	for (uint64_t r = start; r < end; r++)
		if (o->fate[r] != UNSEEN || r >= o->next)
			o->fate[r] = ARRIVED;
	stretches(o, GIVEN_UP_RANK, GIVEN_UP);
	o->next = end > o->next ? end : o->next;
	settle(o, true);
}

/* ---- the definitions ----------------------------------------------------- */

/* RFC 4737 over the whole stream, as if it had no windows. */
static void judge_packet(struct model *o, size_t i, uint64_t *next, size_t *ret_j)
{
	struct packet *p = &o->p[i];
	size_t j = 0;

	*ret_j = i;
	p->f.reordered = p->f.rank < *next;
	*next = p->f.reordered ? *next : p->end;
	if (!p->f.reordered || p->gone)
		return;
	while (o->p[j].f.rank <= p->f.rank)
		j++;
	*ret_j = j;
	p->f.overtaker = o->p[j].f.tag;
	p->f.extent = i - j;
	p->f.late_ns = p->time_ns > o->p[j].time_ns ? p->time_ns - o->p[j].time_ns : 0;
	for (size_t k = j; k < i; k++)
		p->f.late_bytes += o->p[k].f.rank > p->f.rank ? o->p[k].bytes : 0;
	while (p->f.n < i && o->p[i - p->f.n - 1].f.rank > p->f.rank)
		p->f.n++;
}

/* Place by arrival - place by rank, of what the stream has without the gone. */
static void displace(struct model *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct packet *p = &o->p[i];

		for (size_t k = 0; k < o->n && !p->gone; k++) {
			const struct packet *q = &o->p[k];

			p->f.displacement += !q->gone && k < i;
			p->f.displacement -= !q->gone && q->f.rank < p->f.rank;
		}
	}
}

static void count_packet(struct reorder_metrics *m, const struct packet *p, uint64_t *run)
{
	m->packets++;
	if (!p->f.reordered) {
		m->in_order++;
		++*run;
		return;
	}
	m->reordered++;
	m->runs++;
	m->run_squares += *run * *run;
	hist_put(&m->run, *run, 1);
	hist_put(&m->extent, p->f.extent, 1);
	hist_put(&m->late_ns, p->f.late_ns, 1);
	hist_put(&m->late_bytes, p->f.late_bytes, 1);
	if (p->f.n)
		hist_put(&m->n, p->f.n, 1);
	*run = 0;
}

static void count_gaps(const struct model *o, const bool *opened, struct reorder_metrics *m)
{
	const struct packet *last = NULL;

	for (size_t i = 0; i < o->n; i++) {
		const struct packet *p = &o->p[i];

		if (!opened[i])
			continue;
		m->discontinuities++;
		if (last) {
			hist_put(&m->gap, (uint64_t)(p - last), 1);
			hist_put(&m->gap_ns, p->time_ns > last->time_ns ?
				 p->time_ns - last->time_ns : 0, 1);
		}
		last = p;
	}
}

/* A longest increasing subsequence of all packets but those that are gone. */
static uint64_t plain_movers(const struct model *o)
{
	uint64_t best[PACKETS] = { 0 }, longest = 0, n = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (o->p[i].gone)
			continue;
		for (size_t k = 0; k < i; k++)
			if (o->p[k].f.rank < o->p[i].f.rank && best[k] > best[i])
				best[i] = best[k];
		if (++best[i] > longest)
			longest = best[i];
		n++;
	}
	return n - longest;
}

/* The packet number of rank @r, if each stretch that never came is one packet. */
static uint64_t number_of(const struct model *o, unsigned int window, uint64_t r, bool keep)
{
	uint64_t n = 0;

	if (keep)
		return r;
	for (uint64_t x = o->window_first[window]; x < r; x++) {
		bool begins = false, came = false, came_before = false;

		for (size_t i = 0; i < o->n; i++) {
			const struct packet *p = &o->p[i];

			if (p->window != window || p->gone)
				continue;
			begins |= p->f.rank == x;
			came |= p->f.rank <= x && x < p->end;
			came_before |= x && p->f.rank <= x - 1 && x - 1 < p->end;
		}
		n += begins || (!came && (came_before || x == o->window_first[window]));
	}
	return n;
}

static void add_densities(const uint64_t *rank, size_t n, uint64_t first,
			  struct reorder_metrics *m)
{
	uint64_t early[REORDER_THRESHOLD_MAX + 2];

	reorder_density_add(rank, n, first, m->threshold, early, m->density);
	reorder_buffer_density_add(rank, n, first, m->threshold, early, m->buffer);
}

static void window_densities(const struct model *o, unsigned int window,
			     struct reorder_metrics *m)
{
	uint64_t rank[PACKETS];
	bool keep = true;
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		if (o->p[i].window == window && !o->p[i].gone)
			keep &= o->p[i].end - o->p[i].f.rank == 1;
	for (size_t i = 0; i < o->n; i++)
		if (o->p[i].window == window && !o->p[i].gone)
			rank[n++] = number_of(o, window, o->p[i].f.rank, keep);
	add_densities(rank, n, keep ? o->window_first[window] : 0, m);
}

static void judge(struct model *o, struct reorder_metrics *m)
{
	uint64_t next = 0, run = 0;
	bool opened[PACKETS] = { false };

	m->threshold = o->limits.threshold;
	for (size_t i = 0; i < o->n; i++) {
		size_t j;

		judge_packet(o, i, &next, &j);
		opened[j] |= j < i;
		count_packet(m, &o->p[i], &run);
		if (!o->p[i].window && !o->p[i].gone) {
			m->density[m->threshold]++;
			m->buffer[0]++;
		}
	}
	displace(o);
	count_gaps(o, opened, m);
	for (unsigned int w = 1; w <= o->windows; w++)
		window_densities(o, w, m);
	m->movers = plain_movers(o);
	m->duplicates = o->duplicates;
	m->cut = o->cut;
	m->beyond = o->beyond;
}

/* ---- random streams ------------------------------------------------------ */

/* One in @n. */
static bool chance(uint64_t *seed, unsigned int n)
{
	return n && next_random(seed) % n == 0;
}

struct world {
	const char *name;
	unsigned int len;		/* most ranks of an arrival */
	bool bytes;			/* else as many packets as ranks */
	uint64_t packets;		/* at most, before losses; 0 = half of PACKETS */
	unsigned int reach;		/* of disorder; 0 = any */
	unsigned int disorder, loss, twice, overlap, skip;	/* one in so many; 0 = none */
	uint32_t window, threshold;	/* 0 = random */
};

struct script {
	struct reorder_arrival a[RANKS];
	size_t n;
};

/* All of the ranks, in pieces, as they were sent. */
static void send(const struct world *w, uint64_t *seed, struct script *s)
{
	uint64_t at = next_random(seed) % 3, packets = 0;

	s->n = 0;
	while (packets < (w->packets ? w->packets : PACKETS / 2)) {
		uint64_t len = 1 + next_random(seed) % w->len;
		uint64_t n = w->bytes ? 1 + next_random(seed) % len : len;

		if (at + len >= RANKS || next_random(seed) % 200 == 0)
			break;
		s->a[s->n++] = (struct reorder_arrival){ at, at + len, n, 0, 0, 0 };
		packets += n;
		at += len;
	}
}

static void disturb(const struct world *w, uint64_t *seed, struct script *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!chance(seed, w->loss))
			s->a[n++] = s->a[i];
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		size_t k = i + next_random(seed) % (w->reach ? w->reach : n);
		struct reorder_arrival t = s->a[i];

		if (k >= n || !chance(seed, w->disorder))
			continue;
		s->a[i] = s->a[k];
		s->a[k] = t;
	}
	for (size_t i = 0; i < n; i++) {
		s->a[i].time_ns = 100 * i + next_random(seed) % 150;
		s->a[i].bytes = next_random(seed) % 5000;
		s->a[i].tag = i + 1;
	}
}

/* The stream at work beside the model. */
struct run {
	struct model o;
	struct reorder_state s;
	struct reorder_metrics *got, *want;
	struct reorder_found found[PACKETS];
	size_t n;
};

static void note(void *arg, const struct reorder_found *found)
{
	struct run *r = arg;

	assert_true(r->n < PACKETS);
	r->found[r->n++] = *found;
}

static void push(struct run *r, const struct reorder_sink *sink, const struct reorder_arrival *a)
{
	int want = model_push(&r->o, a);

	assert_int_equal(reorder_push(&r->s, a, &r->o.limits, sink), want);
	assert_int_equal(r->s.window != NULL, r->o.open);
	assert_int_equal(r->s.next, r->o.next);
}

static void skip_some(struct run *r, const struct reorder_sink *sink, uint64_t *seed)
{
	uint64_t back = next_random(seed) % 40;
	uint64_t start = r->o.next > back ? r->o.next - back : 0;
	uint64_t end = start + 1 + next_random(seed) % 12;

	start += next_random(seed) % 20 == 0 ? back : 0;
	if (end <= start || end + 2 >= RANKS)
		return;
	model_skip(&r->o, start, end);
	assert_int_equal(reorder_skip(&r->s, start, end, &r->o.limits, sink), 0);
	assert_int_equal(r->s.window != NULL, r->o.open);
	assert_int_equal(r->s.next, r->o.next);
}

static void overlap(struct run *r, const struct reorder_sink *sink, uint64_t *seed,
		    struct reorder_arrival a)
{
	uint64_t len = 1 + next_random(seed) % 6;

	a.start += next_random(seed) % 4;
	a.end = a.start + len;
	a.packets = 1 + next_random(seed) % len;
	if (a.start < r->o.next && r->o.n + a.packets < PACKETS - 20)
		push(r, sink, &a);
}

static void play(const struct world *w, uint64_t *seed, const struct script *s, struct run *r)
{
	struct reorder_sink sink = { r->got, note, r };

	reorder_init(&r->s, 0);
	for (size_t i = 0; i < s->n && r->o.n + s->a[i].packets < PACKETS; i++) {
		push(r, &sink, &s->a[i]);
		if (chance(seed, w->twice))
			push(r, &sink, &s->a[next_random(seed) % (i + 1)]);
		if (chance(seed, w->overlap))
			overlap(r, &sink, seed, s->a[next_random(seed) % (i + 1)]);
		if (chance(seed, w->skip))
			skip_some(r, &sink, seed);
	}
	assert_int_equal(reorder_flush(&r->s, &r->o.limits, &sink), 0);
	assert_null(r->s.given_up);
}

static void check_found(const struct reorder_found *got, const struct reorder_found *want)
{
	assert_int_equal(got->tag, want->tag);
	assert_int_equal(got->rank, want->rank);
	assert_int_equal(got->index, want->index);
	assert_int_equal(got->overtaker, want->overtaker);
	assert_int_equal(got->extent, want->extent);
	assert_int_equal(got->late_ns, want->late_ns);
	assert_int_equal(got->late_bytes, want->late_bytes);
	assert_int_equal(got->n, want->n);
	assert_int_equal(got->displacement, want->displacement);
	assert_int_equal(got->reordered, want->reordered);
}

/* All that is reordered is found, in order of arrival, and what stays is in order. */
static void check_list(const struct run *r)
{
	uint64_t movers = 0, kept = 0;
	size_t k = 0;

	for (size_t i = 0; i < r->o.n; i++) {
		const struct packet *p = &r->o.p[i];
		bool found = k < r->n && r->found[k].tag == p->f.tag &&
			     r->found[k].index == p->f.index && r->found[k].rank == p->f.rank;
		bool moved = found && r->found[k].moved;

		assert_true(found || !p->f.reordered);
		if (found)
			check_found(&r->found[k++], &p->f);
		assert_false(found && !moved && !p->f.reordered);
		movers += moved;
		if (p->gone || moved)
			continue;
		assert_true(p->f.rank >= kept);
		kept = p->end;
	}
	assert_int_equal(k, r->n);
	assert_int_equal(movers, r->got->movers);
}

static void check_metrics(const struct reorder_metrics *got, const struct reorder_metrics *want)
{
	assert_int_equal(got->packets, want->packets);
	assert_int_equal(got->duplicates, want->duplicates);
	assert_int_equal(got->reordered, want->reordered);
	assert_int_equal(got->cut, want->cut);
	assert_int_equal(got->beyond, want->beyond);
	assert_int_equal(got->movers, want->movers);
	assert_int_equal(got->discontinuities, want->discontinuities);
	assert_memory_equal(got->density, want->density, sizeof(got->density));
	assert_memory_equal(got->buffer, want->buffer, sizeof(got->buffer));
	assert_memory_equal(got, want, sizeof(*got));
}

/*
 * Where nothing was cut or skipped and ranks are packet numbers, windows make no
 * difference to RFC 5236: to the buffer never, to displacements while none exceeds
 * the threshold.
 */
static void check_whole(const struct world *w, const struct run *r)
{
	struct reorder_metrics *m = calloc(1, sizeof(*m));
	uint64_t rank[PACKETS];
	bool within = true;

	assert_non_null(m);
	m->threshold = r->o.limits.threshold;
	for (size_t i = 0; i < r->o.n; i++) {
		rank[i] = r->o.p[i].f.rank;
		within &= llabs(r->o.p[i].f.displacement) <= m->threshold;
	}
	add_densities(rank, r->o.n, 0, m);
	if (!w->bytes && !w->skip && !r->o.cut) {
		assert_memory_equal(m->buffer, r->got->buffer, sizeof(m->buffer));
		if (within)
			assert_memory_equal(m->density, r->got->density, sizeof(m->density));
	}
	free(m);
}

static void check_random(const struct world *w, uint64_t *seed)
{
	struct run *r = calloc(1, sizeof(*r));
	struct script s;

	assert_non_null(r);
	r->got = calloc(1, sizeof(*r->got));
	r->want = calloc(1, sizeof(*r->want));
	assert_true(r->got && r->want);
	r->o.limits.window = w->window ? w->window : 1 + (uint32_t)(next_random(seed) % 40);
	r->o.limits.threshold = w->threshold ? w->threshold :
				(uint32_t)(next_random(seed) % 12);
	send(w, seed, &s);
	disturb(w, seed, &s);
	play(w, seed, &s, r);
	judge(&r->o, r->want);
	check_list(r);
	check_metrics(r->got, r->want);
	check_whole(w, r);
	free(r->got);
	free(r->want);
	free(r);
}

static const struct world worlds[] = {
	{ .name = "a little disorder", .len = 1, .reach = 5, .disorder = 20, .window = 1000 },
	{ .name = "much disorder", .len = 1, .disorder = 2, .window = 1000 },
	{ .name = "losses, duplicates", .len = 1, .reach = 9, .disorder = 5, .loss = 20,
	  .twice = 10, .window = 1000 },
	{ .name = "small windows", .len = 1, .reach = 30, .disorder = 4, .loss = 15, .twice = 10 },
	{ .name = "weights", .len = 9, .reach = 6, .disorder = 3, .loss = 20, .twice = 10,
	  .window = 1000 },
	{ .name = "weights, small windows", .len = 9, .reach = 12, .disorder = 3, .loss = 9,
	  .twice = 10, .overlap = 10 },
	{ .name = "bytes", .len = 7, .bytes = true, .reach = 9, .disorder = 3, .loss = 20,
	  .twice = 10, .overlap = 10, .window = 1000 },
	{ .name = "bytes, small windows", .len = 7, .bytes = true, .reach = 30, .disorder = 3,
	  .loss = 10, .twice = 10, .overlap = 5 },
	{ .name = "skipped", .len = 2, .bytes = true, .reach = 9, .disorder = 4, .loss = 6,
	  .twice = 10, .overlap = 10, .skip = 5, .window = 1000 },
	{ .name = "skipped, small windows", .len = 3, .bytes = true, .reach = 40, .disorder = 3,
	  .loss = 6, .twice = 10, .overlap = 6, .skip = 3 },
	{ .name = "forgotten", .len = 1, .packets = 230, .disorder = 1, .loss = 3, .twice = 6,
	  .skip = 30, .window = 90 },
};

static void test_worlds(void **state)
{
	uint64_t seed = 4737;

	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		print_message("%s\n", worlds[i].name);
		for (int round = 0; round < 400; round++)
			check_random(&worlds[i], &seed);
	}
}

/* ---- holes --------------------------------------------------------------- */

#define HOLES 4000

/*
 * What keeps an AA tree balanced: left children are one level lower, right ones at
 * most one, and right grandchildren are lower.
 */
static uint32_t check_tree(const struct reorder_holes *h, uint32_t node)
{
	const struct reorder_hole *t = &h->node[node];
	uint32_t right;

	if (!node)
		return 0;
	assert_int_equal(check_tree(h, t->left), t->level - 1);
	right = check_tree(h, t->right);
	assert_true(right == t->level || right + 1 == t->level);
	assert_true(h->node[h->node[t->right].right].level < t->level);
	return t->level;
}

static void fill_one(struct reorder_holes *h, uint64_t rank)
{
	const struct reorder_hole *hole = reorder_holes_below(h, rank);

	assert_non_null(hole);
	assert_true(hole->start <= rank && rank < hole->end);
	assert_int_equal(reorder_holes_fill(h, hole, rank, rank + 1), 0);
}

/* Holes opened ascending, or by cutting one from its end, and filled in any order. */
static void check_holes(bool cut, uint64_t seed)
{
	static uint64_t left[HOLES];
	struct reorder_holes h = { 0 };

	if (cut)
		assert_int_equal(reorder_holes_add(&h, 0, 2 * HOLES), 0);
	for (uint64_t i = 0; i < HOLES; i++) {
		left[i] = 2 * i;
		if (cut)
			fill_one(&h, 2 * (HOLES - i) - 1);
		else
			assert_int_equal(reorder_holes_add(&h, 2 * i, 2 * i + 1), 0);
	}
	assert_int_equal(h.n, HOLES);
	check_tree(&h, h.root);
	for (size_t n = HOLES; n; n--) {
		size_t k = seed ? next_random(&seed) % n : n - 1;
		const struct reorder_hole *below;

		fill_one(&h, left[k]);
		below = reorder_holes_below(&h, left[k]);
		assert_true(!below || below->end <= left[k]);
		left[k] = left[n - 1];
		assert_int_equal(h.n, n - 1);
		if (n % 64 == 0)
			check_tree(&h, h.root);
	}
	assert_int_equal(h.root, 0);
	reorder_holes_free(&h);
}

static void test_holes(void **state)
{
	check_holes(false, 0);
	check_holes(true, 0);
	check_holes(false, 5236);
	check_holes(true, 5236);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
