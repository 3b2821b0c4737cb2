// SPDX-License-Identifier: GPL-2.0
/*
 * test_two.c - two captures of the same traffic, against the truth of a simulated
 * switch that delays, loses, duplicates, merges and splits
 *
 * The simulation knows for each packet that left which one it was. Its truth is
 * counted packet by packet, in O(n^2) where that is simplest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/observe_flow.h"
#include "core/reorder.h"
#include "core/two.h"
#include "core/util.h"
#include "random.h"

#define MSS 1000
#define MAX_SENT 512
#define MAX_PIECES (4 * MAX_SENT)

/* A packet that entered. */
struct sent {
	uint32_t pos, len;		/* bytes from the flow's first */
	uint16_t id;			/* of its first wire packet */
	bool psh;
	uint64_t ns;
};

/* A piece of one, as it left: whole, unless it was split. */
struct piece {
	uint32_t tx, off, len;
	uint16_t id;
	bool copy;
	uint64_t ns;			/* 0: lost */
};

/* A frame as the egress tap saw it: pieces one after another. */
struct left {
	uint32_t first, n;
	uint64_t ns;
};

struct world {
	const char *name;
	uint32_t n;			/* transmissions */
	uint32_t base;			/* first sequence number */
	uint32_t delay, loss, copy, again, psh;	/* 1 of so many; 0 = never */
	uint64_t max_delay_ns;
	uint32_t again_after;		/* the sender repeats what is older than so many */
	uint32_t super;			/* packets of up to so many segments enter */
	bool resize;			/* what is sent again has other boundaries */
	bool uneven;			/* packet sizes vary */
	bool merge;			/* GRO at egress */
	bool split;			/* GSO at egress */
	bool random_ids, no_ids;	/* no_ids: IPv6 */
	bool runs_tell;			/* the live probes' runs have all there is to know */
};

/* What left, in egress order: pieces that left together count once. */
struct unit {
	uint64_t rank;
	uint64_t ns;
	uint32_t tx;
	uint32_t extent;		/* RFC 4737 4.2.3; 0 if it is not late */
	uint64_t late_ns;
};

struct truth {
	struct sent sent[MAX_SENT];
	struct piece piece[MAX_PIECES];	/* in egress order; the lost ones at the end */
	uint32_t n_sent, n_piece, n_left;
	struct left left[MAX_PIECES];
	uint32_t n_frames;
	struct unit unit[MAX_PIECES];
	uint32_t n_unit;
	uint64_t reordered, movers, extent_sum, extent_max;
};

static uint32_t below(uint64_t *seed, uint32_t n)
{
	return (uint32_t)(next_random(seed) % n);
}

static bool chance(uint64_t *seed, uint32_t one_of)
{
	return one_of && below(seed, one_of) == 0;
}

/* ---- the sender ---------------------------------------------------------- */

#define GAP_NS 1000

static uint32_t new_length(const struct world *w, uint64_t *seed)
{
	if (w->super)
		return MSS * (1 + below(seed, w->super));
	return w->uneven && chance(seed, 3) ? 1 + below(seed, MSS) : MSS;
}

/* What is sent again: a packet as it was, or other boundaries over the same bytes. */
static void repeat(const struct world *w, struct sent *s, uint32_t i, uint32_t end,
		   uint64_t *seed)
{
	uint32_t back = i - w->again_after;

	s[i] = s[below(seed, back) % back];
	if (w->again_after < 64 && i > w->again_after + 8)	/* a recent one */
		s[i] = s[i - w->again_after - below(seed, 8)];
	if (!w->resize)
		return;
	s[i].pos += below(seed, s[i].len);
	s[i].len = 1 + below(seed, MSS);
	if (s[i].pos + s[i].len > end)
		s[i].len = end - s[i].pos;
}

/* Two copies of the same bytes inside at once: without IP IDs nobody can tell. */
static bool undecidable(const struct world *w, const struct sent *s, uint32_t i)
{
	for (uint32_t k = i > w->again_after ? i - w->again_after : 0; w->no_ids && k < i; k++)
		if (s[k].pos == s[i].pos)
			return true;
	return false;
}

static uint16_t unused_id(const struct sent *s, uint32_t n, uint64_t *seed)
{
	uint16_t id = (uint16_t)next_random(seed);

	for (uint32_t i = 0; i < n; i++)
		if (s[i].id == id)
			return unused_id(s, n, seed);
	return id;
}

static void send_all(const struct world *w, struct truth *t, uint64_t *seed)
{
	uint32_t end = 0;
	uint16_t id = 65300;

	for (uint32_t i = 0; i < w->n; i++) {
		struct sent *s = &t->sent[i];

		if (i > w->again_after + 1 && chance(seed, w->again))
			repeat(w, t->sent, i, end, seed);
		if (!s->len || undecidable(w, t->sent, i)) {
			*s = (struct sent){ .pos = end, .len = new_length(w, seed) };
			end += s->len;
		}
		s->psh = chance(seed, w->psh);
		s->id = w->random_ids ? unused_id(t->sent, i, seed) : id;
		id += (uint16_t)((s->len + MSS - 1) / MSS);
		s->ns = GAP_NS * (i + 1);
	}
	t->n_sent = w->n;
}

/* ---- the switch ---------------------------------------------------------- */

static void add_piece(const struct world *w, struct truth *t, struct piece p, uint64_t *seed)
{
	uint64_t now = t->sent[p.tx].ns;

	p.ns = now + 1 + (chance(seed, w->delay) ? next_random(seed) % w->max_delay_ns : 0);
	if (chance(seed, w->loss))
		p.ns = 0;
	t->piece[t->n_piece++] = p;
	if (p.ns && chance(seed, w->copy)) {
		p.ns += 1 + next_random(seed) % w->max_delay_ns;
		p.copy = true;
		t->piece[t->n_piece++] = p;
	}
}

static int by_ns(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (!x->ns != !y->ns)
		return x->ns ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->tx != y->tx)
		return x->tx < y->tx ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

static void pass(const struct world *w, struct truth *t, uint64_t *seed)
{
	for (uint32_t i = 0; i < t->n_sent; i++) {
		uint32_t step = w->split ? MSS : t->sent[i].len;

		for (uint32_t off = 0; off < t->sent[i].len; off += step) {
			uint32_t rest = t->sent[i].len - off;

			add_piece(w, t, (struct piece){
				.tx = i, .off = off, .len = rest < step ? rest : step,
				.id = (uint16_t)(t->sent[i].id + off / MSS) }, seed);
		}
	}
	qsort(t->piece, t->n_piece, sizeof(*t->piece), by_ns);
	while (t->n_left < t->n_piece && t->piece[t->n_left].ns)
		t->n_left++;
}

static uint32_t pos_of(const struct truth *t, const struct piece *p)
{
	return t->sent[p->tx].pos + p->off;
}

/* GRO merges what follows in bytes and in IP ID. */
static bool mergeable(const struct truth *t, const struct piece *a, const struct piece *b)
{
	return pos_of(t, a) + a->len == pos_of(t, b) && (uint16_t)(a->id + 1) == b->id &&
	       a->len == MSS;
}

static void frames(const struct world *w, struct truth *t, uint64_t *seed)
{
	for (uint32_t i = 0; i < t->n_left; i++) {
		struct left *f = t->n_frames ? &t->left[t->n_frames - 1] : NULL;

		if (w->merge && f && f->n < 8 && below(seed, 4) &&
		    mergeable(t, &t->piece[i - 1], &t->piece[i]))
			f->n++;
		else
			f = &t->left[t->n_frames++], *f = (struct left){ i, 1, 0 };
		f->ns = t->piece[i].ns;
	}
}

/* ---- the truth ----------------------------------------------------------- */

static bool goes_on(const struct piece *a, const struct piece *b)
{
	return a->tx == b->tx && a->off + a->len == b->off && !a->copy && !b->copy;
}

static uint64_t frame_ns(const struct truth *t, uint32_t piece)
{
	for (uint32_t i = 0; i < t->n_frames; i++)
		if (piece < t->left[i].first + t->left[i].n)
			return t->left[i].ns;
	fail();
	return 0;
}

/* What left, by transmission and offset: ranks without what was lost. */
static void units(struct truth *t)
{
	uint64_t order[MAX_PIECES];

	for (uint32_t i = 0; i < t->n_left; i++) {
		const struct piece *p = &t->piece[i];

		if (p->copy || (i && goes_on(p - 1, p)))
			continue;
		order[t->n_unit] = (uint64_t)p->tx << 32 | p->off;
		t->unit[t->n_unit++] = (struct unit){ .tx = p->tx, .ns = frame_ns(t, i) };
	}
	for (uint32_t i = 0; i < t->n_unit; i++) {
		t->unit[i].rank = 0;
		for (uint32_t k = 0; k < t->n_unit; k++)
			t->unit[i].rank += order[k] < order[i];
	}
}

/* RFC 4737 as its text has it: the earliest arrival that has a higher rank. */
static void judge_units(struct truth *t)
{
	for (uint32_t i = 0; i < t->n_unit; i++) {
		struct unit *u = &t->unit[i];
		uint32_t j = 0;

		while (t->unit[j].rank < u->rank)
			j++;
		if (j >= i)
			continue;
		u->extent = i - j;
		u->late_ns = u->ns - t->unit[j].ns;
		t->reordered++;
		t->extent_sum += u->extent;
		t->extent_max = u->extent > t->extent_max ? u->extent : t->extent_max;
	}
}

/* All but a longest increasing subsequence. */
static void count_movers(struct truth *t)
{
	uint32_t kept[MAX_PIECES], longest = 0;

	for (uint32_t i = 0; i < t->n_unit; i++) {
		kept[i] = 1;
		for (uint32_t k = 0; k < i; k++)
			if (t->unit[k].rank < t->unit[i].rank && kept[k] >= kept[i])
				kept[i] = kept[k] + 1;
		longest = kept[i] > longest ? kept[i] : longest;
	}
	t->movers = t->n_unit - longest;
}

static uint64_t count_lost(const struct truth *t)
{
	uint64_t n = 0;

	for (uint32_t i = t->n_left; i < t->n_piece; i++)
		n += !(i > t->n_left && goes_on(&t->piece[i - 1], &t->piece[i]));
	return n;
}

static uint64_t count_again(const struct truth *t)
{
	uint64_t n = 0;
	uint32_t max = 0;

	for (uint32_t i = 0; i < t->n_sent; i++) {
		uint32_t end = t->sent[i].pos + t->sent[i].len;

		n += t->sent[i].pos < max;
		max = end > max ? end : max;
	}
	return n;
}

/* Copies are counted as the frames that they left in. */
static uint64_t count_copies(const struct truth *t)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < t->n_frames; i++)
		n += t->piece[t->left[i].first].copy;
	return n;
}

/* ---- what is found ------------------------------------------------------- */

#define MAX_EVENTS 8192

struct found {
	struct analysis a;
	struct analysis_flow flow[16];
	uint32_t n_flows;
	struct analysis_event event[MAX_EVENTS];
	uint32_t n_events;
};

static void on_flow(void *arg, const struct analysis_flow *f)
{
	struct found *found = arg;

	assert_in_range(found->n_flows, 0, 15);
	found->flow[found->n_flows++] = *f;
}

static void on_event(void *arg, const struct analysis_event *e)
{
	struct found *found = arg;

	assert_in_range(found->n_events, 0, MAX_EVENTS - 1);
	found->event[found->n_events++] = *e;
}

static struct frame frame_at(const struct world *w, uint64_t number, uint64_t ns)
{
	struct frame f = { .kind = FRAME_TCP, .time_ns = ns, .number = number };

	f.key = (struct obs_key){ .saddr = { 198, 18, 0, 1 }, .daddr = { 198, 18, 0, 2 },
				  .sport = 45000, .dport = 9000, .proto = 6,
				  .family = w->no_ids ? 6 : 4 };
	return f;
}

static void push_sent(const struct world *w, const struct truth *t, struct two *two)
{
	for (uint32_t i = 0; i < t->n_sent; i++) {
		struct frame f = frame_at(w, 1 + i, t->sent[i].ns);

		f.seq = w->base + t->sent[i].pos;
		f.len = t->sent[i].len;
		f.ip_id = w->no_ids ? 0 : t->sent[i].id;
		f.tcp_flags = t->sent[i].psh ? 0x18 : 0x10;
		assert_int_equal(two_push(two, TWO_IN, &f), 0);
	}
}

static void push_left(const struct world *w, const struct truth *t, struct two *two)
{
	for (uint32_t i = 0; i < t->n_frames; i++) {
		const struct piece *p = &t->piece[t->left[i].first];
		struct frame f = frame_at(w, 1 + i, t->left[i].ns);

		f.seq = w->base + pos_of(t, p);
		for (uint32_t k = 0; k < t->left[i].n; k++)
			f.len += p[k].len;
		f.ip_id = w->no_ids ? 0 : p->id;
		f.tcp_flags = 0x10;
		assert_int_equal(two_push(two, TWO_OUT, &f), 0);
	}
}

static struct found *analyse(const struct world *w, const struct truth *t)
{
	struct found *found = calloc(1, sizeof(*found));
	struct two_options opt = { .sink = { on_flow, on_event, found } };
	struct two *two;

	assert_non_null(found);
	assert_int_equal(two_new(&opt, &two), 0);
	push_sent(w, t, two);
	push_left(w, t, two);
	assert_int_equal(two_end(two, &found->a), 0);
	two_free(two);
	return found;
}

/* ---- comparing ----------------------------------------------------------- */

/* The first event of a kind about a packet at ingress. */
static const struct analysis_event *event_of(const struct found *f, enum analysis_class what,
					     uint64_t frame_in)
{
	for (uint32_t i = 0; i < f->n_events; i++)
		if (f->event[i].what == what && f->event[i].frame_in == frame_in)
			return &f->event[i];
	return NULL;
}

static uint32_t count_events(const struct found *f, enum analysis_class what)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n_events; i++)
		n += f->event[i].what == what;
	return n;
}

/* Each late packet has its event, with its own figures. */
static void check_event(const struct truth *t, const struct found *f, const struct unit *u)
{
	const struct sent *sent = &t->sent[u->tx];
	const struct analysis_event *e = event_of(f, ANALYSIS_REORDERED, u->tx + 1);

	assert_non_null(e);
	assert_int_equal(e->extent, u->extent);
	assert_int_equal(e->late_ns, u->late_ns);
	assert_int_equal(e->psh, sent->psh);
	assert_int_equal(e->start, sent->pos);
	assert_int_equal(e->end, sent->pos + sent->len);
	assert_int_equal(e->time_ns, u->ns);
	assert_int_equal(e->transit_ns, u->ns - sent->ns);
	assert_int_equal(t->left[e->frame - 1].ns, u->ns);
}

static void check_events(const struct world *w, const struct truth *t, const struct found *f)
{
	uint64_t moved = 0;

	assert_int_equal(count_events(f, ANALYSIS_REORDERED), t->reordered);
	for (uint32_t i = 0; i < t->n_unit; i++)
		if (t->unit[i].extent && !w->split)
			check_event(t, f, &t->unit[i]);
	for (uint32_t i = 0; i < f->n_events; i++)
		moved += f->event[i].moved;
	assert_int_equal(moved, t->movers);
}

static void check_transit(const struct truth *t, const struct found *f)
{
	uint64_t n = 0, sum = 0;

	for (uint32_t i = 0; i < t->n_left; i++) {
		const struct piece *p = &t->piece[i];

		if (p->copy || p->off)
			continue;
		n++;
		sum += frame_ns(t, i) - t->sent[p->tx].ns;
	}
	assert_int_equal(f->a.transit_ns.count, n);
	assert_int_equal(f->a.transit_ns.sum, sum);
	assert_int_equal(f->a.transit_negative, 0);
}

static void check_psh(const struct truth *t, const struct found *f)
{
	uint32_t psh = 0, overtaker = MAX_SENT;

	while (psh < t->n_sent && !t->sent[psh].psh)
		psh++;
	for (uint32_t i = 0; i < t->n_unit && overtaker == MAX_SENT; i++)
		for (uint32_t k = i + 1; k < t->n_unit; k++)
			if (t->unit[k].rank < t->unit[i].rank)
				overtaker = overtaker == MAX_SENT ? t->unit[i].tx : overtaker;
	assert_int_equal(f->flow[0].began_at_psh,
			 psh < t->n_sent && overtaker < MAX_SENT && overtaker >= psh);
}

/* ---- the live probes, over the same ------------------------------------- */

struct probe {
	struct flow_state s;
	struct obs_event event[MAX_PIECES];
	size_t n;
};

static void see(struct probe *p, const struct flow_packet *packet)
{
	struct flow_event e;

	if (flow_push(&p->s, packet, 0, &e))
		p->event[p->n++] = obs_event_of(&e);
}

static struct obs_point point_of(struct probe *p)
{
	struct obs_point point = { .events = p->event, .n_events = p->n };

	obs_point_fill(&point, &p->s);
	return point;
}

static void probe_all(const struct world *w, const struct truth *t, struct probe *in,
		      struct probe *out)
{
	for (uint32_t i = 0; i < t->n_sent; i++) {
		const struct sent *s = &t->sent[i];

		see(in, &(struct flow_packet){ s->ns, w->base + s->pos, s->len, 0,
					       w->no_ids ? 0 : s->id, s->psh });
	}
	for (uint32_t i = 0; i < t->n_frames; i++) {
		const struct piece *p = &t->piece[t->left[i].first];
		struct flow_packet packet = { t->left[i].ns, w->base + pos_of(t, p), 0, 0,
					      w->no_ids ? 0 : p->id, 0 };

		for (uint32_t k = 0; k < t->left[i].n; k++)
			packet.len += p[k].len;
		packet.gso_size = t->left[i].n > 1 ? MSS : 0;
		see(out, &packet);
	}
}

static void check_same(const struct reorder_result *r, const struct found *f)
{
	assert_int_equal(r->f.packets, f->a.m.packets);
	assert_int_equal(r->f.reordered, f->a.m.reordered);
	assert_int_equal(r->f.movers, f->a.m.movers);
	assert_int_equal(r->f.extent.sum, f->a.m.extent.sum);
	assert_int_equal(r->f.lost, f->a.lost);
	assert_int_equal(r->f.retransmitted, f->a.retransmitted);
	assert_int_equal(r->f.duplicated, f->a.duplicated);
	assert_int_equal(r->flow[0].first_psh, f->flow[0].first_psh);
	assert_int_equal(r->flow[0].began_at_psh, f->flow[0].began_at_psh);
	assert_int_equal(r->m->n.sum, f->a.m.n.sum);
	assert_int_equal(r->m->run_squares, f->a.m.run_squares);
	assert_memory_equal(r->m->density, f->a.m.density, sizeof(r->m->density));
	assert_memory_equal(r->m->buffer, f->a.m.buffer, sizeof(r->m->buffer));
}

/* What they see live, and what is in captures of the same, are the same figures. */
static void check_live(const struct world *w, const struct truth *t, const struct found *f)
{
	struct probe *probe = calloc(2, sizeof(*probe));
	struct obs_flow flow = { .key = { .family = w->no_ids ? 6 : 4, .proto = 6 } };
	struct observation obs = { .flows = &flow, .n_flows = 1 };
	struct reorder_result r;

	assert_non_null(probe);
	probe_all(w, t, &probe[0], &probe[1]);
	flow.in = point_of(&probe[0]);
	flow.out = point_of(&probe[1]);
	assert_int_equal(reorder_two_point(&obs, NULL, &r), 0);
	assert_true(r.exact);
	assert_int_equal(r.f.estimated, 0);
	check_same(&r, f);
	reorder_result_free(&r);
	free(probe);
}

static void check(const struct world *w, const struct truth *t)
{
	struct found *f = analyse(w, t);

	assert_int_equal(f->n_flows, 1);
	assert_true(f->a.exact);
	assert_int_equal(f->a.m.packets, t->n_unit);
	assert_int_equal(f->a.lost, count_lost(t));
	assert_int_equal(f->a.retransmitted, count_again(t));
	assert_int_equal(f->a.duplicated, count_copies(t));
	assert_int_equal(f->a.unmatched, 0);
	assert_int_equal(f->a.ingress_reordered, 0);
	assert_int_equal(f->a.m.reordered, t->reordered);
	assert_int_equal(f->a.m.movers, t->movers);
	assert_int_equal(f->a.m.extent.sum, t->extent_sum);
	assert_int_equal(f->a.m.extent.max, t->extent_max);
	assert_int_equal(f->flow[0].reordered, t->reordered);
	check_events(w, t, f);
	check_transit(t, f);
	check_psh(t, f);
	if (w->runs_tell)
		check_live(w, t, f);
	free(f);
}

/* IP IDs tell which copy it is, wherever the sender's come while the first is inside. */
static const struct world worlds[] = {
	{ "reordered", .n = 200, .base = 1000, .delay = 5, .psh = 20, .runs_tell = true },
	{ "lost and wrapped", .n = 200, .base = 0xfffffff0, .delay = 5, .loss = 20, .psh = 9, .runs_tell = true },
	{ "copied", .n = 200, .base = 7, .delay = 5, .loss = 20, .copy = 20, .runs_tell = true },
	{ "sent again at once", .n = 200, .base = 7, .delay = 5, .again = 6, .again_after = 2,
	  .psh = 50 },
	{ "everything", .n = 300, .base = 0xffff0000, .delay = 4, .again = 8, .again_after = 3,
	  .loss = 12, .copy = 12, .psh = 30, .uneven = true },
	{ "other boundaries", .n = 200, .base = 0xffff0000, .delay = 6, .again = 10,
	  .again_after = 3, .loss = 15, .uneven = true, .resize = true },
	{ "random IDs", .n = 200, .base = 5, .delay = 4, .again = 8, .again_after = 3,
	  .loss = 12, .copy = 12, .uneven = true, .random_ids = true },
	{ "merged", .n = 300, .base = 0xffff0000, .delay = 20, .psh = 30, .merge = true, .runs_tell = true },
	{ "merged, uneven", .n = 300, .base = 3, .delay = 20, .loss = 30, .uneven = true,
	  .merge = true },
	{ "merged, everything", .n = 300, .base = 0xffff8000, .delay = 10, .again = 10,
	  .again_after = 3, .loss = 15, .copy = 25, .uneven = true, .merge = true },
	{ "super-packets", .n = 200, .base = 3, .delay = 5, .again = 20, .again_after = 3,
	  .loss = 30, .super = 20, .psh = 10 },
	{ "split", .n = 80, .base = 0xfffff000, .delay = 12, .super = 4, .split = true },
	{ "split, lost", .n = 80, .base = 3, .delay = 12, .loss = 20, .super = 4,
	  .split = true },
	{ "split, everything", .n = 80, .base = 3, .delay = 8, .loss = 15, .copy = 20,
	  .again = 8, .again_after = 3, .super = 4, .split = true },
	{ "IPv6", .n = 200, .base = 3, .delay = 5, .loss = 20, .psh = 9, .no_ids = true, .runs_tell = true },
	{ "IPv6, sent again late", .n = 300, .base = 3, .delay = 5, .loss = 20, .again = 20,
	  .again_after = 64, .no_ids = true, .runs_tell = true },
};

static void test_worlds(void **state)
{
	uint64_t seed = 4737;

	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct world w = worlds[i];

		print_message("%s\n", w.name);
		for (int round = 0; round < 250; round++) {
			struct truth *t = calloc(1, sizeof(*t));

			assert_non_null(t);
			w.max_delay_ns = GAP_NS * (2 + below(&seed, 40));
			send_all(&w, t, &seed);
			pass(&w, t, &seed);
			frames(&w, t, &seed);
			units(t);
			judge_units(t);
			count_movers(t);
			check(&w, t);
			free(t);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worlds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
