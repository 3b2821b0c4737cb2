// SPDX-License-Identifier: GPL-2.0
/*
 * test_attribute.c - which packets moved: a list and tables, from the probe's own code
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bpf/choose.h"
#include "core/attribute.h"
#include "core/util.h"
#include "points.h"

enum { LEN = 100, MAX = 400, STEP_NS = 1000, SWITCH_NS = 5000000 };

/* A flow as it went: packets are numbered as they entered, from 0. */
struct story {
	size_t n;
	bool psh[MAX];
	const bool *logged;		/* [n], or NULL: mangled is who has PSH */
	size_t out[MAX];		/* [n_out]: which, in the order of leaving */
	size_t n_out;
	uint32_t isn;
};

static void push(struct flow_state *f, struct obs_point *p, const struct story *s, size_t i,
		 uint64_t ns, int each_psh)
{
	struct flow_packet packet = { ns, s->isn + (uint32_t)i * LEN, LEN, 0, (uint16_t)i,
				      s->psh[i] };

	point_push(p, f, &packet, each_psh);
}

static struct obs_flow observe(const struct story *s, int each_psh)
{
	struct obs_flow flow = { .key = { .family = 4, .proto = 6, .sport = 1 } };
	struct flow_state in = { 0 }, out = { 0 };

	for (size_t i = 0; i < s->n; i++)
		push(&in, &flow.in, s, i, 1 + i * STEP_NS, each_psh);
	for (size_t i = 0; i < s->n_out; i++)
		push(&out, &flow.out, s, s->out[i], 1 + SWITCH_NS + i * STEP_NS, 0);
	obs_point_fill(&flow.in, &in);
	obs_point_fill(&flow.out, &out);
	return flow;
}

static void attribute_by(struct obs_flow *flows, size_t n, bool each_psh,
			 const struct attribute_options *opt, struct reorder_result *r,
			 struct attribution *who)
{
	struct observation obs = { .flows = flows, .n_flows = n, .each_psh = each_psh };

	assert_int_equal(attribute_two_point(&obs, opt, r, who), 0);
	for (size_t i = 0; i < n; i++) {
		points_free(&flows[i]);
	}
}

static void attribute(struct obs_flow *flows, size_t n, bool each_psh, struct reorder_result *r,
		      struct attribution *who)
{
	const struct attribute_options opt = { .list = true };

	attribute_by(flows, n, each_psh, &opt, r, who);
}

static void assert_table(const struct fisher_table *t, uint64_t with, uint64_t with_not,
			 uint64_t without, uint64_t without_not)
{
	assert_int_equal(t->with, with);
	assert_int_equal(t->with_not, with_not);
	assert_int_equal(t->without, without);
	assert_int_equal(t->without_not, without_not);
}

/* ---- by hand ------------------------------------------------------------- */

/* PSH 3 jumps ahead of 1 and 2; 7 and 8 come after 9 and 10, 7 with PSH. */
static const struct story two_moves = {
	.n = 12, .psh = { [3] = true, [7] = true, [11] = true },
	.out = { 0, 3, 1, 2, 4, 5, 6, 9, 10, 7, 8, 11 }, .n_out = 12, .isn = 5,
};
static const struct story in_order = {
	.n = 4, .psh = { [1] = true, [2] = true }, .out = { 0, 1, 2, 3 }, .n_out = 4,
};
static const struct story no_psh = { .n = 3, .out = { 0, 2, 1 }, .n_out = 3 };

static void who_it_was(void **state)
{
	struct obs_flow flows[] = { observe(&two_moves, 1), observe(&in_order, 1),
				    observe(&no_psh, 1) };
	static const struct attribute_event expected[] = {
		{ .start = 300, .end = 400, .packets = 1, .displacement = -2, .moved = true,
		  .psh = true, .time_ns = SWITCH_NS + STEP_NS },
		{ .start = 100, .end = 300, .packets = 2, .displacement = 1, .late = true,
		  .extent = 2, .time_ns = SWITCH_NS + 2 * STEP_NS },
		{ .start = 700, .end = 800, .packets = 1, .displacement = 2, .late = true,
		  .moved = true, .psh = true, .extent = 2, .time_ns = SWITCH_NS + 9 * STEP_NS },
		{ .start = 800, .end = 900, .packets = 1, .displacement = 2, .late = true,
		  .moved = true, .extent = 3, .time_ns = SWITCH_NS + 10 * STEP_NS },
		{ .flow = 2, .start = 100, .end = 200, .packets = 1, .displacement = 1,
		  .late = true, .moved = true, .extent = 1, .time_ns = SWITCH_NS + 2 * STEP_NS },
	};
	struct reorder_result r;
	struct attribution who;

	attribute(flows, ARRAY_SIZE(flows), true, &r, &who);
	assert_true(who.known && r.exact);
	assert_table(&who.packets, 2, 3, 2, 12);
	assert_table(&who.flows, 1, 1, 1, 0);
	assert_int_equal(who.n_list, ARRAY_SIZE(expected));
	for (size_t i = 0; i < who.n_list; i++) {
		const struct attribute_event *e = &who.list[i], *x = &expected[i];

		assert_int_equal(e->flow, x->flow);
		assert_int_equal(e->start, x->start);
		assert_int_equal(e->end, x->end);
		assert_int_equal(e->packets, x->packets);
		assert_int_equal(e->time_ns, x->time_ns);
		assert_int_equal(e->extent, x->extent);
		assert_int_equal(e->displacement, x->displacement);
		assert_int_equal(e->late, x->late);
		assert_int_equal(e->moved, x->moved);
		assert_int_equal(e->psh, x->psh);
	}
	reorder_result_free(&r);
	attribution_free(&who);
}

/* Without each_psh nothing is claimed. */
static void unknown_is_said(void **state)
{
	struct obs_flow flows[] = { observe(&two_moves, 0) };
	struct reorder_result r;
	struct attribution who;

	attribute(flows, 1, false, &r, &who);
	assert_false(who.known);
	assert_table(&who.packets, 0, 0, 0, 0);
	assert_table(&who.flows, 0, 0, 0, 0);
	assert_int_equal(who.n_list, 3);	/* the PSH of 7 is not seen */
	reorder_result_free(&r);
	attribution_free(&who);
}

/* ---- at random, against what is known of each packet --------------------- */

static uint64_t drawn;

static size_t draw(size_t below)
{
	return choose_random(7, drawn++) % below;
}

/* Packets are moved to other places, some lost. */
static void invent(struct story *s)
{
	*s = (struct story){ .n = 2 + draw(MAX - 2), .isn = (uint32_t)draw(UINT32_MAX) };
	for (size_t i = 0; i < s->n; i++) {
		s->psh[i] = !draw(5);
		if (!i || draw(50))
			s->out[s->n_out++] = i;
	}
	for (size_t moves = draw(20); moves--;) {
		size_t from = draw(s->n_out), to = draw(s->n_out), packet = s->out[from];

		memmove(&s->out[from], &s->out[from + 1],
			(s->n_out - from - 1) * sizeof(*s->out));
		memmove(&s->out[to + 1], &s->out[to], (s->n_out - to - 1) * sizeof(*s->out));
		s->out[to] = packet;
	}
}

/* Each packet's entry in the list, or NULL; none has two. */
static void find_each(const struct attribution *who, const struct attribute_event *ret[MAX])
{
	memset(ret, 0, MAX * sizeof(*ret));
	for (size_t i = 0; i < who->n_list; i++) {
		const struct attribute_event *e = &who->list[i];

		assert_int_equal(e->end - e->start, e->packets * LEN);
		assert_int_equal(e->start % LEN, 0);
		for (uint64_t k = 0; k < e->packets; k++) {
			assert_null(ret[e->start / LEN + k]);
			ret[e->start / LEN + k] = e;
		}
	}
}

static void agrees(const struct story *s, const struct attribution *who,
		   const struct reorder_result *r)
{
	const struct attribute_event *of[MAX];
	struct fisher_table t = { 0 };
	size_t next = 0, in_order_next = 0;

	find_each(who, of);
	for (size_t i = 0; i < s->n_out; i++) {
		size_t packet = s->out[i];
		bool mangled = (s->logged ? s->logged : s->psh)[packet];
		const struct attribute_event *e = of[packet];
		bool late = packet < next, moved = e && e->moved;

		assert_int_equal(e && e->late, late);
		assert_true(!e || e->mangled == mangled);
		assert_true(!e || s->logged || e->psh == s->psh[packet]);
		next = late ? next : packet + 1;
		if (!moved) {		/* what is left must be in order */
			assert_true(packet >= in_order_next);
			in_order_next = packet + 1;
		}
		++*(mangled ? moved ? &t.with : &t.with_not :
				     moved ? &t.without : &t.without_not);
	}
	assert_int_equal(t.with + t.without, r->f.movers);
	assert_table(&who->packets, t.with, t.with_not, t.without, t.without_not);
}

static void every_packet_is_known(void **state)
{
	static struct story s;

	for (int i = 0; i < 2000; i++) {
		struct obs_flow flow;
		struct reorder_result r;
		struct attribution who;

		invent(&s);
		flow = observe(&s, 1);
		attribute(&flow, 1, true, &r, &who);
		assert_true(r.exact);
		assert_int_equal(r.f.packets, s.n_out);
		agrees(&s, &who, &r);
		reorder_result_free(&r);
		attribution_free(&who);
	}
}

/* ---- by a mangler's log ---------------------------------------------------- */

/* Packets [@i, @i + @n) as one: a mangler sees what is cut behind it. */
static struct attribute_mark mark(const struct story *s, size_t i, size_t n)
{
	return (struct attribute_mark){
		.key = { .family = 4, .proto = 6, .sport = 1 },
		.seq = s->isn + (uint32_t)i * LEN, .len = (uint32_t)n * LEN, .offset = i * LEN,
	};
}

/* The log says which, and PSH does not count; whether PSH is known or not. */
static void the_log_says_which(void **state)
{
	static struct story s;
	static struct attribute_mark marks[MAX];
	static bool marked[MAX];

	for (int i = 0; i < 2000; i++) {
		struct attribute_options opt = { .list = true, .logged = true, .marks = marks };
		bool each_psh = draw(2);
		struct reorder_result r;
		struct attribution who;
		struct obs_flow flow;

		invent(&s);
		s.logged = marked;
		flow = observe(&s, each_psh);
		for (size_t k = 0, n; k < s.n; k += n) {
			n = 1 + draw(4);
			n = n < s.n - k ? n : s.n - k;
			marked[k] = !draw(4);
			for (size_t m = k; m < k + n; m++)
				marked[m] = marked[k];
			if (marked[k])
				marks[opt.n_marks++] = mark(&s, k, n);
		}
		if (draw(3) == 0)	/* the log began later than the connection */
			for (size_t k = 0; k < opt.n_marks; k++)
				marks[k].offset = ATTRIBUTE_NO_OFFSET;
		attribute_by(&flow, 1, each_psh, &opt, &r, &who);
		assert_true(r.exact && who.known);
		assert_int_equal(who.by, ATTRIBUTE_LOG);
		agrees(&s, &who, &r);
		reorder_result_free(&r);
		attribution_free(&who);
	}
}

/* What is not of this flow, or was not seen entering, marks nothing. */
static void strange_marks_mark_nothing(void **state)
{
	struct attribute_mark marks[] = {
		mark(&two_moves, 3, 1), mark(&two_moves, 3, 1), mark(&two_moves, 3, 1),
		mark(&two_moves, 12, 40), mark(&two_moves, 3, 0), mark(&two_moves, 3, 1),
	};
	struct attribute_options opt = { .list = true, .logged = true, .marks = marks,
					 .n_marks = ARRAY_SIZE(marks) };
	struct obs_flow flow = observe(&two_moves, 1);
	struct reorder_result r;
	struct attribution who;

	marks[0].key.sport = 2;
	marks[1].seq += 1u << 30;
	marks[2].offset += 7;
	marks[2].seq -= 1u << 31;
	marks[5].seq -= 3 * LEN + 1;
	marks[5].len = 1;
	marks[5].offset = UINT64_MAX - 1;
	attribute_by(&flow, 1, true, &opt, &r, &who);
	assert_table(&who.packets, 0, 0, 3, 9);
	reorder_result_free(&r);
	attribution_free(&who);
}

/* A flow of more than 4 GiB: the offset says which of the numbers it is. */
static void far_offsets(void **state)
{
	enum { HUGE_LEN = 1 << 30 };
	struct obs_event in[6], out[6];
	const size_t order[] = { 0, 1, 2, 3, 5, 4 };
	struct obs_flow flow = { .key = { .family = 4, .proto = 6, .sport = 1 } };
	struct attribute_mark marks[] = { mark(&in_order, 0, 0) };
	struct attribute_options opt = { .list = true, .logged = true, .marks = marks,
					 .n_marks = 1 };
	struct observation obs = { .flows = &flow, .n_flows = 1 };
	struct reorder_result r;
	struct attribution who;

	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		in[i] = (struct obs_event){ .index = i, .time_ns = 1 + i, .len = HUGE_LEN,
					    .seq = (uint32_t)i * HUGE_LEN,
					    .prev_end = (uint32_t)i * HUGE_LEN };
		out[i] = in[i];
		out[i].seq = (uint32_t)order[i] * HUGE_LEN;
		out[i].prev_end = i ? (uint32_t)(order[i - 1] + 1) * HUGE_LEN : 0;
	}
	flow.in = (struct obs_point){ .packets = 6, .bytes = 6ull * HUGE_LEN, .first_ns = 1,
				      .last_ns = 9, .events = in, .n_events = 6,
				      .last_end = 6u * HUGE_LEN };
	flow.out = flow.in;
	flow.out.events = out;
	flow.out.last_end = 5u * HUGE_LEN;
	marks[0].offset = 5ull * HUGE_LEN;
	marks[0].seq = (uint32_t)(5ull * HUGE_LEN);
	marks[0].len = 100;
	assert_int_equal(attribute_two_point(&obs, &opt, &r, &who), 0);
	assert_int_equal(who.packets.with + who.packets.with_not, 1);
	for (size_t i = 0; i < who.n_list; i++)
		assert_int_equal(who.list[i].mangled, who.list[i].start == 5ull * HUGE_LEN);
	reorder_result_free(&r);
	attribution_free(&who);
}

/* ---- by upcalls --------------------------------------------------------------- */

/* Some of the packets went through vswitchd, in super-packets; nothing is known but bytes. */
static size_t invent_upcalls(const struct story *s, bool *upcalled, struct attribute_mark *marks)
{
	size_t found = 0;

	for (size_t k = 0, n; k < s->n; k += n) {
		bool up = !draw(4);

		n = 1 + draw(4);
		n = n < s->n - k ? n : s->n - k;
		for (size_t m = k; m < k + n; m++)
			upcalled[m] = up;
		if (!up)
			continue;
		marks[found] = mark(s, k, n);
		marks[found].ip_id = (uint16_t)(draw(2) ? k : 0);
		marks[found++].offset = ATTRIBUTE_NO_OFFSET;
	}
	return found;
}

static void add_cell(struct fisher_table *t, bool has, bool effect)
{
	++*(has ? effect ? &t->with : &t->with_not : effect ? &t->without : &t->without_not);
}

static void upcalls_agree(const struct story *s, const bool *upcalled,
			  const struct attribution *who)
{
	struct attribute_upcalls x = { 0 };
	const struct attribute_event *of[MAX];
	bool any = false, any_late = false;

	find_each(who, of);
	for (size_t i = 0; i < s->n_out; i++) {
		const struct attribute_event *e = of[s->out[i]];
		bool up = upcalled[s->out[i]];

		assert_true(!e || e->upcalled == up);
		add_cell(&x.late, up, e && e->late);
		add_cell(&x.moved, up, e && e->moved);
		any |= up;
		any_late |= e && e->late;
	}
	add_cell(&x.flows, any, any_late);
	assert_true(who->upcalls.known);
	assert_memory_equal(&who->upcalls.late, &x.late, sizeof(x.late));
	assert_memory_equal(&who->upcalls.moved, &x.moved, sizeof(x.moved));
	assert_memory_equal(&who->upcalls.flows, &x.flows, sizeof(x.flows));
}

/* Beside PSH, which is a table of its own. */
static void upcalls_beside_psh(void **state)
{
	static struct story s;
	static struct attribute_mark marks[MAX];
	static bool upcalled[MAX];

	for (int i = 0; i < 2000; i++) {
		struct attribute_options opt = { .list = true, .upcalls_known = true, .upcalls = marks };
		struct reorder_result r;
		struct attribution who;
		struct obs_flow flow;

		invent(&s);
		flow = observe(&s, 1);
		opt.n_upcalls = invent_upcalls(&s, upcalled, marks);
		attribute_by(&flow, 1, true, &opt, &r, &who);
		agrees(&s, &who, &r);
		upcalls_agree(&s, upcalled, &who);
		assert_int_equal(who.upcalls.late.with + who.upcalls.late.without, r.f.reordered);
		reorder_result_free(&r);
		attribution_free(&who);
	}
}

/* A super-packet of 3 that 2 packets overtake: those are the movers, it is what is late. */
static void slow_super_packet(void **state)
{
	static const struct story s = { .n = 6, .out = { 0, 4, 5, 1, 2, 3 }, .n_out = 6 };
	struct attribute_mark up = mark(&s, 1, 3);
	const struct attribute_options opt = { .upcalls_known = true, .upcalls = &up, .n_upcalls = 1 };
	struct obs_flow flow = observe(&s, 0);
	struct reorder_result r;
	struct attribution who;

	up.offset = ATTRIBUTE_NO_OFFSET;
	attribute_by(&flow, 1, false, &opt, &r, &who);
	assert_false(who.known);
	assert_table(&who.upcalls.late, 3, 0, 0, 3);
	assert_table(&who.upcalls.moved, 0, 3, 2, 1);
	assert_table(&who.upcalls.flows, 1, 0, 0, 0);
	reorder_result_free(&r);
	attribution_free(&who);
}

/* Known, and there were none, is not the same as not known. */
static void no_upcalls(void **state)
{
	for (int known = 0; known < 2; known++) {
		const struct attribute_options opt = { .upcalls_known = known };
		struct obs_flow flow = observe(&two_moves, 1);
		struct reorder_result r;
		struct attribution who;

		attribute_by(&flow, 1, true, &opt, &r, &who);
		assert_int_equal(who.upcalls.known, known);
		assert_table(&who.upcalls.moved, 0, 0, known ? 3 : 0, known ? 9 : 0);
		assert_table(&who.upcalls.flows, 0, 0, known, 0);
		reorder_result_free(&r);
		attribution_free(&who);
	}
}

/* Packets 1 and 2 enter once more, behind 3, and leave last: whose bytes were upcalled? */
static struct obs_flow observe_repeated(void)
{
	static const struct flow_packet in[] = {
		{ 1, 0, LEN, 0, 100, 0 }, { 2, LEN, LEN, 0, 101, 0 }, { 3, 2 * LEN, LEN, 0, 102, 0 },
		{ 4, 3 * LEN, LEN, 0, 103, 0 }, { 5, LEN, LEN, 0, 104, 0 }, { 6, 2 * LEN, LEN, 0, 105, 0 },
	};
	static const size_t order[] = { 0, 3, 1, 2, 4, 5 };
	struct obs_flow flow = { .key = { .family = 4, .proto = 6, .sport = 1 } };
	struct flow_state before = { 0 }, behind = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		struct flow_packet out = in[order[i]];

		out.time_ns = 100 + i;
		point_push(&flow.in, &before, &in[i], 0);
		point_push(&flow.out, &behind, &out, 0);
	}
	obs_point_fill(&flow.in, &before);
	obs_point_fill(&flow.out, &behind);
	return flow;
}

static void id_of_repetition(void **state)
{
	static const struct {
		uint16_t id;
		struct fisher_table late;
	} rows[] = {
		{ 101, { 2, 0, 0, 4 } },	/* what was held back */
		{ 104, { 0, 2, 2, 2 } },	/* the repetition */
		{ 0, { 2, 0, 0, 4 } },		/* not known: where they entered first */
		{ 77, { 2, 0, 0, 4 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct attribute_mark up = { .key = { .family = 4, .proto = 6, .sport = 1 }, .seq = LEN,
					     .len = 2 * LEN, .offset = ATTRIBUTE_NO_OFFSET,
					     .ip_id = rows[i].id };
		const struct attribute_options opt = { .upcalls_known = true, .upcalls = &up,
						       .n_upcalls = 1 };
		struct obs_flow flow = observe_repeated();
		struct reorder_result r;
		struct attribution who;

		attribute_by(&flow, 1, false, &opt, &r, &who);
		assert_int_equal(r.f.packets, 6);
		assert_int_equal(r.f.reordered, 2);
		assert_memory_equal(&who.upcalls.late, &rows[i].late, sizeof(rows[i].late));
		reorder_result_free(&r);
		attribution_free(&who);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_it_was),
		cmocka_unit_test(unknown_is_said),
		cmocka_unit_test(every_packet_is_known),
		cmocka_unit_test(the_log_says_which),
		cmocka_unit_test(strange_marks_mark_nothing),
		cmocka_unit_test(far_offsets),
		cmocka_unit_test(upcalls_beside_psh),
		cmocka_unit_test(slow_super_packet),
		cmocka_unit_test(no_upcalls),
		cmocka_unit_test(id_of_repetition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
