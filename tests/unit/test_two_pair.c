// SPDX-License-Identifier: GPL-2.0
/*
 * test_two_pair.c - two real captures: the beginnings of five connections through a
 * switch's kernel datapath, headers only
 *
 * Here what was reordered is 34: 6 + 9 + 7 + 4 + 8. IP IDs alone say the same, packet by
 * packet: see test_by_id. A count of 39 has been made of it, and two ways lead there: the
 * packet that jumps ahead is counted with those that it passes (test_by_id), or bytes that
 * were sent twice are taken for their later transmission each time (test_acausal).
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
#define WIRE 1448			/* payload of each packet that entered */

static const char *const names[] = { "tests/unit/psh-first-vm1.pcap.gz",
				     "tests/unit/psh-first-vm2.pcap.gz" };

struct expected {
	uint16_t sport;
	uint64_t packets, reordered, movers, extent_max, retransmitted;
	uint64_t acausal;
	uint16_t jumper;		/* rank of the first that overtook */
	enum reorder_psh first_psh;
};

/* In 45622 the first PSH packet, of offset 3, had left when 10 overtook 6 to 9. */
static const struct expected expected[FLOWS] = {
	{ 45588, 31, 6, 2, 7, 2, 8, 10, REORDER_PSH_LATE },
	{ 45600, 23, 9, 1, 9, 0, 9, 9, REORDER_PSH_LATE },
	{ 45606, 23, 7, 2, 8, 0, 7, 8, REORDER_PSH_LATE },
	{ 45622, 23, 4, 2, 5, 1, 6, 10, REORDER_PSH_IN_ORDER },
	{ 45636, 38, 8, 8, 35, 8, 9, 10, REORDER_PSH_LATE },
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
	bool reordered[MAX_FRAMES];	/* by frame at ingress */
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

	assert_in_range(e->frame_in, 1, frames[TWO_IN].n);
	assert_in_range(e->frame, 1, frames[TWO_OUT].n);
	found->events[e->what]++;
	found->moved += e->moved;
	found->reordered[e->frame_in - 1] |= e->what == ANALYSIS_REORDERED;
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

/* ---- by IP ID ------------------------------------------------------------ */

/* A packet as it entered, by the number that its sender gave it. */
struct numbered {
	size_t frame;
	uint16_t id;
};

/* GRO merges consecutive ones and keeps the first one's ID. */
static size_t read_numbered(enum two_point point, uint16_t sport, struct numbered *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < frames[point].n; i++) {
		const struct frame *f = &frames[point].v[i];

		for (uint32_t k = 0; f->key.sport == sport && k * WIRE < f->len; k++) {
			assert_in_range(n, 0, MAX_FRAMES - 1);
			ret[n++] = (struct numbered){ i, (uint16_t)(f->ip_id + k) };
		}
	}
	return n;
}

/* Ranks as they left: IDs count transmissions without a gap, and each left once. */
static size_t ranks_by_id(uint16_t sport, struct numbered *in, uint16_t *ret)
{
	struct numbered out[MAX_FRAMES];
	bool seen[MAX_FRAMES] = { false };
	size_t n = read_numbered(TWO_IN, sport, in);

	assert_int_equal(read_numbered(TWO_OUT, sport, out), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(in[i].id, (uint16_t)(in[0].id + i));
		ret[i] = (uint16_t)(out[i].id - in[0].id);
		assert_in_range(ret[i], 0, n - 1);
		assert_false(seen[ret[i]]);
		seen[ret[i]] = true;
	}
	return n;
}

/* RFC 4737, 4.2.3; 0 if no higher rank arrived before. */
static size_t extent(const uint16_t *rank, size_t i)
{
	size_t j = 0;

	while (j < i && rank[j] < rank[i])
		j++;
	return i - j;
}

/*
 * Returns how many ranks are not the next one that was due. That is one more than were
 * overtaken: the first that overtook came when a lower one was due. Nothing that had
 * entered after it had left, so it is in order (RFC 4737, 3.3).
 */
static uint64_t check_by_id(const struct expected *e, const struct found *found)
{
	struct numbered in[MAX_FRAMES];
	uint16_t rank[MAX_FRAMES], next = 0;
	size_t n = ranks_by_id(e->sport, in, rank), extent_max = 0;
	uint64_t late = 0, jumps = 0;

	for (size_t i = 0; i < n; i++) {
		size_t by = extent(rank, i);

		assert_int_equal(found->reordered[in[rank[i]].frame], by > 0);
		late += by > 0;
		extent_max = by > extent_max ? by : extent_max;
		if (rank[i] > next) {
			assert_int_equal(rank[i], e->jumper);
			assert_int_equal(by, 0);
			jumps++;
		}
		next = rank[i] >= next ? rank[i] + 1 : next;
	}
	assert_int_equal(late, e->reordered);
	assert_int_equal(extent_max, e->extent_max);
	assert_int_equal(jumps, 1);
	return late + jumps;
}

static void test_by_id(void **state)
{
	struct found *found = analyse(TWO_IN);
	uint64_t not_next = 0;

	for (size_t i = 0; i < FLOWS; i++)
		not_next += check_by_id(&expected[i], found);
	assert_int_equal(not_next, 39);
	free(found);
}

/* ---- acausal ------------------------------------------------------------- */

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
 * The first copies of bytes that are sent again later are taken for the later copy. In
 * 45588 (twice), 45622 and 45636 that one had not entered the switch when the packet left.
 * What really is the later copy then seems to come once more, and what left between both
 * seems to be overtaken by it.
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
	assert_int_equal(impossible, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_by_id),
		cmocka_unit_test(test_acausal),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
