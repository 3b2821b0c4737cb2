// SPDX-License-Identifier: GPL-2.0
/*
 * test_two_pair.c - two real captures: the beginnings of five connections through a
 * switch's kernel datapath, headers only
 *
 * Here what was reordered is 34: 6 + 9 + 7 + 4 + 8. By IP ID and byte range, and by IP
 * IDs alone, it is the same. A count of 39 comes out if bytes that were sent twice are
 * taken for their later transmission each time: see test_acausal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/two.h"
#include "core/util.h"
#include "host/capfile.h"

#define FLOWS 5
#define MAX_FRAMES 160

static const char *const names[] = { "tests/unit/psh-first-vm1.pcap.gz",
				     "tests/unit/psh-first-vm2.pcap.gz" };

struct expected {
	uint16_t sport;
	uint64_t packets, reordered, movers, extent_max, retransmitted, acausal;
	enum reorder_psh first_psh;
};

/* In 45622 the first PSH packet, of offset 3, had left when 10 overtook 6 to 9. */
static const struct expected expected[FLOWS] = {
	{ 45588, 31, 6, 2, 7, 2, 8, REORDER_PSH_LATE },
	{ 45600, 23, 9, 1, 9, 0, 9, REORDER_PSH_LATE },
	{ 45606, 23, 7, 2, 8, 0, 7, REORDER_PSH_LATE },
	{ 45622, 23, 4, 2, 5, 1, 6, REORDER_PSH_IN_ORDER },
	{ 45636, 38, 8, 8, 35, 8, 9, REORDER_PSH_LATE },
};

/* ---- reading ------------------------------------------------------------- */

struct frames {
	struct frame v[MAX_FRAMES];
	size_t n;
};

static struct frames frames[2];

static void read_all(enum two_point point)
{
	struct capfile_cursor c = { 0 };
	const struct frame_record *r;
	struct frames *to = &frames[point];

	assert_int_equal(capfile_open(NULL, names[point], &c.cf, NULL), 0);
	for (to->n = 0; (r = capfile_next(&c)); to->n++) {
		assert_in_range(to->n, 0, MAX_FRAMES - 1);
		assert_true(frame_parse(r, &to->v[to->n]));
		to->v[to->n].payload = NULL;
	}
	assert_null(capfile_damage(c.cf));
	capfile_close(c.cf);
}

static int setup(void **state)
{
	read_all(TWO_IN);
	read_all(TWO_OUT);
	return 0;
}

/* ---- judging ------------------------------------------------------------- */

struct found {
	struct analysis a;
	struct analysis_flow flow[FLOWS];
	size_t n_flows;
	uint64_t events[ANALYSIS_CLASSES];
	uint64_t moved;
};

static void on_flow(void *arg, const struct analysis_flow *f)
{
	struct found *found = arg;

	assert_in_range(found->n_flows, 0, FLOWS - 1);
	found->flow[found->n_flows++] = *f;
}

static void on_event(void *arg, const struct analysis_event *e)
{
	struct found *found = arg;
	const struct frame *in = &frames[TWO_IN].v[e->frame_in - 1];
	const struct frame *out = &frames[TWO_OUT].v[e->frame - 1];

	found->events[e->what]++;
	found->moved += e->moved;
	assert_in_range(e->frame_in, 1, frames[TWO_IN].n);
	assert_in_range(e->frame, 1, frames[TWO_OUT].n);
	/* the frame that it left in has its bytes, and left later */
	assert_true(in->seq - out->seq < out->len);
	assert_int_equal(e->end - e->start, in->len);
	assert_int_equal(e->transit_ns, out->time_ns - in->time_ns);
	assert_int_equal(e->psh, (in->tcp_flags & 8) != 0);
}

static struct found *analyse(enum two_point first)
{
	struct found *found = calloc(1, sizeof(*found));
	struct two_options opt = { .sink = { on_flow, on_event, found } };
	struct two *t;

	assert_non_null(found);
	assert_int_equal(two_new(&opt, &t), 0);
	for (int k = 0; k < 2; k++) {
		enum two_point point = k ? !first : first;

		for (size_t i = 0; i < frames[point].n; i++)
			assert_int_equal(two_push(t, point, &frames[point].v[i]), 0);
	}
	assert_int_equal(two_end(t, &found->a), 0);
	two_free(t);
	return found;
}

static void check_flow(const struct analysis_flow *f, const struct expected *e)
{
	assert_int_equal(f->key.sport, e->sport);
	assert_int_equal(f->packets, e->packets);
	assert_int_equal(f->reordered, e->reordered);
	assert_int_equal(f->movers, e->movers);
	assert_int_equal(f->extent_max, e->extent_max);
	assert_int_equal(f->retransmitted, e->retransmitted);
	assert_int_equal(f->first_psh, e->first_psh);
	assert_int_equal(f->lost, 0);
	assert_true(f->began_at_psh);
	assert_true(f->complete);
	assert_true(f->exact);
}

static void test_pair(void **state)
{
	for (int first = TWO_IN; first <= TWO_OUT; first++) {
		struct found *f = analyse(first);

		assert_int_equal(f->n_flows, FLOWS);
		for (size_t i = 0; i < FLOWS; i++)
			check_flow(&f->flow[i], &expected[i]);
		assert_int_equal(f->a.m.packets, 138);
		assert_int_equal(f->a.m.reordered, 34);
		assert_int_equal(f->a.m.extent.max, 35);
		assert_int_equal(f->a.retransmitted, 11);
		assert_int_equal(f->a.lost, 0);
		assert_int_equal(f->a.duplicated, 0);
		assert_int_equal(f->a.flows_reordered, 5);
		assert_int_equal(f->a.flows_began_at_psh, 5);
		assert_int_equal(f->a.transit_ns.count, 138);
		assert_int_equal(f->a.transit_negative, 0);
		assert_int_equal(f->events[ANALYSIS_REORDERED], 34);
		assert_int_equal(f->events[ANALYSIS_RETRANSMITTED], 11);
		assert_true(f->moved >= 15);
		assert_true(f->a.exact);
		free(f);
	}
}

/* ---- why not 39 ---------------------------------------------------------- */

/* The last transmission of the bytes that a frame at egress begins with. */
static size_t last_sent(const struct frame *out, bool causal)
{
	size_t found = MAX_FRAMES;

	for (size_t i = 0; i < frames[TWO_IN].n; i++) {
		const struct frame *in = &frames[TWO_IN].v[i];

		if (in->len && in->key.sport == out->key.sport && in->seq == out->seq &&
		    (!causal || in->time_ns <= out->time_ns))
			found = i;
	}
	assert_in_range(found, 0, MAX_FRAMES - 1);
	return found;
}

/* Frames at egress, however many packets are in each, below RFC 4737's NextExp. */
static uint64_t count_frames(uint16_t sport, bool causal)
{
	uint64_t late = 0;
	size_t next = 0;

	for (size_t i = 0; i < frames[TWO_OUT].n; i++) {
		const struct frame *out = &frames[TWO_OUT].v[i];
		size_t rank;

		if (!out->len || out->key.sport != sport)
			continue;
		rank = last_sent(out, causal);
		late += rank < next;
		next = rank + 1 > next ? rank + 1 : next;
	}
	return late;
}

/*
 * What makes 39 of it: the first copies of bytes that are sent again later are taken
 * for the later copy. In 45588, 45622 and 45636 some of these had not entered the switch
 * when the packet left. What really is the later copy then seems to come once more, and
 * what left between both seems to be overtaken by it.
 */
static void test_acausal(void **state)
{
	uint64_t sum = 0, impossible = 0;

	for (size_t i = 0; i < FLOWS; i++) {
		assert_int_equal(count_frames(expected[i].sport, false), expected[i].acausal);
		sum += expected[i].acausal;
	}
	assert_int_equal(sum, 39);
	for (size_t i = 0; i < frames[TWO_OUT].n; i++) {
		const struct frame *out = &frames[TWO_OUT].v[i];

		impossible += out->len && frames[TWO_IN].v[last_sent(out, false)].time_ns >
						  out->time_ns;
	}
	assert_true(impossible > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_acausal),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
