// SPDX-License-Identifier: GPL-2.0
/*
 * test_two_upcalls.c - two captures, and notes of what the datapath handed to vswitchd:
 * which transmissions are those?
 *
 * A transmission that went through vswitchd takes 1 ms here, others 10 us: the two
 * distributions of transit times tell whether the right ones were found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/two.h"
#include "core/util.h"
#include "tests/unit/random.h"

#define DIRECT_NS 10000
#define UPCALLED_NS 1000000
#define MAX_PACKETS 4096
#define MAX_NOTES 65536

struct packet {
	struct obs_key key;
	uint32_t seq, len;
	uint16_t ip_id;
	uint64_t ns;
	enum analysis_way way;		/* what is to be found */
};

static struct packet packets[MAX_PACKETS];
static struct attribute_mark notes[MAX_NOTES];
static size_t n_packets, n_notes;
static struct analysis_flow flows[8];
static struct analysis *a;
static uint64_t undecided;		/* events of packets that should be told, and are not */

static int setup(void **state)
{
	n_packets = n_notes = undecided = 0;
	return 0;
}

static int teardown(void **state)
{
	free(a);
	a = NULL;
	return 0;
}

static struct obs_key key_of(uint8_t family, uint8_t proto, uint16_t sport)
{
	return (struct obs_key){ .saddr = { 198, 18, 0, 1 }, .daddr = { 198, 18, 0, 2 },
				 .sport = sport, .dport = 9000, .proto = proto, .family = family };
}

static const struct packet *sent(struct packet p)
{
	assert_true(n_packets < MAX_PACKETS);
	p.ns = 1000000000 + 10000000 * n_packets;
	packets[n_packets] = p;
	return &packets[n_packets++];
}

static const struct packet *tcp(uint32_t seq, uint32_t len, uint16_t id, enum analysis_way way)
{
	return sent((struct packet){ key_of(4, IPPROTO_TCP, 1), seq, len, id, 0, way });
}

static const struct packet *tcp6(uint32_t seq, uint32_t len, enum analysis_way way)
{
	return sent((struct packet){ key_of(6, IPPROTO_TCP, 1), seq, len, 0, 0, way });
}

static const struct packet *udp(uint16_t id, uint32_t len, enum analysis_way way)
{
	return sent((struct packet){ key_of(4, IPPROTO_UDP, 1), 0, len, id, 0, way });
}

static void note(struct obs_key key, uint32_t seq, uint32_t len, uint16_t id)
{
	assert_true(n_notes < MAX_NOTES);
	notes[n_notes++] = (struct attribute_mark){ .key = key, .seq = seq, .len = len, .ip_id = id };
}

static void noted(const struct packet *p)
{
	note(p->key, p->seq, p->len, p->ip_id);
}

/* ---- both taps -------------------------------------------------------------- */

static void on_flow(void *arg, const struct analysis_flow *f)
{
	if (f->id <= ARRAY_SIZE(flows))
		flows[f->id - 1] = *f;
}

static void on_event(void *arg, const struct analysis_event *e)
{
	enum analysis_way is = e->frame_in ? packets[e->frame_in - 1].way : ANALYSIS_UNTOLD;

	if (is != ANALYSIS_UNTOLD && e->way == ANALYSIS_UNTOLD)
		undecided++;
	else
		assert_int_equal(e->way, is);
}

static struct frame frame_of(size_t i, enum two_point point)
{
	static uint8_t payload[MAX_PACKETS][4];
	const struct packet *p = &packets[i];
	uint64_t transit = p->way == ANALYSIS_UPCALLED ? UPCALLED_NS : DIRECT_NS;

	memcpy(payload[i], &(uint32_t){ (uint32_t)i }, 4);
	return (struct frame){
		.kind = p->key.proto == IPPROTO_UDP ? FRAME_UDP : FRAME_TCP, .key = p->key,
		.number = i + 1, .time_ns = p->ns + (point == TWO_OUT ? transit : 0),
		.seq = p->seq, .len = p->len, .ip_id = p->ip_id, .tcp_flags = 0x10,
		.payload = payload[i], .payload_captured = 4,
	};
}

static struct two *begin(enum two_id id)
{
	const struct two_options opt = { .id = id, .sink = { on_flow, on_event, NULL } };
	struct two *t;

	memset(flows, 0, sizeof(flows));
	assert_int_equal(two_new(&opt, &t), 0);
	for (enum two_point p = TWO_IN; p <= TWO_OUT; p++) {
		for (size_t i = 0; i < n_packets; i++) {
			struct frame f = frame_of(i, p);

			assert_int_equal(two_push(t, p, &f), 0);
		}
	}
	return t;
}

static void end(struct two *t)
{
	a = malloc(sizeof(*a));
	assert_non_null(a);
	assert_int_equal(two_end(t, a), 0);
	two_free(t);
}

static void judge_at(uint64_t from_ns, uint64_t to_ns)
{
	struct two *t = begin(TWO_ID_PAYLOAD);

	assert_int_equal(two_upcalls(t, &(struct two_upcalls){ notes, n_notes, from_ns, to_ns }), 0);
	end(t);
}

/* All is as the packets say, and @found of the notes belong to one. */
static void check(uint64_t found)
{
	uint64_t n[ANALYSIS_WAYS] = { 0 };

	for (size_t i = 0; i < n_packets; i++)
		n[packets[i].way]++;
	assert_true(a->upcalls_known);
	for (int way = 0; way < ANALYSIS_WAYS; way++)
		assert_int_equal(a->transit_way_ns[way].count, n[way]);
	assert_int_equal(a->transit_ns.count, n_packets);
	assert_int_equal(a->transit_way_ns[ANALYSIS_UPCALLED].sum, n[ANALYSIS_UPCALLED] * UPCALLED_NS);
	assert_int_equal(a->transit_way_ns[ANALYSIS_DIRECT].sum, n[ANALYSIS_DIRECT] * DIRECT_NS);
	assert_int_equal(a->upcalls_found, found);
	assert_int_equal(undecided, 0);
}

static void judge(uint64_t found)
{
	judge_at(0, 0);
	check(found);
}

/* ---- TCP ---------------------------------------------------------------------- */

static void test_exact(void **state)
{
	noted(tcp(1000, 100, 7, ANALYSIS_UPCALLED));
	tcp(1100, 100, 8, ANALYSIS_DIRECT);
	noted(tcp(1200, 50, 9, ANALYSIS_UPCALLED));
	tcp(1250, 100, 10, ANALYSIS_DIRECT);
	judge(2);
	assert_int_equal(a->upcalls, 2);
	assert_int_equal(flows[0].upcalled, 2);
	assert_true(flows[0].upcalls_known);
}

static void test_unasked(void **state)
{
	noted(tcp(1000, 100, 7, ANALYSIS_UNTOLD));
	end(begin(TWO_ID_AUTO));
	assert_false(a->upcalls_known);
	assert_int_equal(a->transit_ns.count, 1);
	for (int way = 0; way < ANALYSIS_WAYS; way++)
		assert_int_equal(a->transit_way_ns[way].count, 0);
	assert_false(flows[0].upcalls_known);
}

static void test_none(void **state)
{
	tcp(1000, 100, 7, ANALYSIS_DIRECT);
	udp(1, 100, ANALYSIS_DIRECT);
	judge(0);
}

/* A packet that goes up, and up again by another table, has two notes; and so have others. */
static void test_twice(void **state)
{
	const struct packet *p = tcp(1000, 100, 7, ANALYSIS_UPCALLED);

	noted(p);
	noted(p);
	judge(1);
	assert_int_equal(a->upcalls, 1);
}

/* Merged before the datapath; it does not reach into what entered later. */
static void test_merged(void **state)
{
	tcp(1000, 100, 6, ANALYSIS_DIRECT);
	note(tcp(1100, 100, 7, ANALYSIS_UPCALLED)->key, 1100, 250, 7);
	tcp(1200, 100, 8, ANALYSIS_UPCALLED);
	tcp(1300, 50, 9, ANALYSIS_UPCALLED);
	tcp(1350, 100, 10, ANALYSIS_DIRECT);
	judge(1);
}

/* ... and what came between ends it: those bytes were sent again. */
static void test_merged_no_further(void **state)
{
	note(tcp(1000, 100, 7, ANALYSIS_UPCALLED)->key, 1000, 300, 7);
	tcp(5000, 100, 8, ANALYSIS_DIRECT);
	tcp(1100, 100, 9, ANALYSIS_DIRECT);
	judge(1);
}

/* Cut before the datapath: a piece makes it one that was upcalled, if the IP IDs count up. */
static void test_cut(void **state)
{
	struct obs_key key = tcp(1000, 5000, 20, ANALYSIS_UPCALLED)->key;

	tcp(6000, 5000, 24, ANALYSIS_DIRECT);
	note(key, 2448, 1448, 21);
	note(key, 6000 + 1448, 1448, 24 + 1000);	/* no piece of it */
	judge(1);
}

/* A piece that reaches over two packets. */
static void test_cut_and_merged(void **state)
{
	note(tcp(1000, 150, 20, ANALYSIS_UPCALLED)->key, 1100, 100, 21);
	tcp(1150, 150, 22, ANALYSIS_UPCALLED);
	tcp(1300, 150, 23, ANALYSIS_DIRECT);
	judge(1);
}

static void test_sent_again(void **state)
{
	tcp(1000, 100, 7, ANALYSIS_DIRECT);
	tcp(1100, 100, 8, ANALYSIS_DIRECT);
	noted(tcp(1000, 100, 30, ANALYSIS_UPCALLED));
	tcp(1100, 100, 31, ANALYSIS_DIRECT);
	noted(tcp(1100, 100, 32, ANALYSIS_UPCALLED));
	judge(2);
}

/* What begins with the note's byte outweighs what has it within. */
static void test_sent_again_cut(void **state)
{
	tcp(1000, 3000, 7, ANALYSIS_DIRECT);
	noted(tcp(2448, 1448, 8, ANALYSIS_UPCALLED));
	judge(1);
}

/* Without an IP ID it may be either. */
static void test_sent_again_cut_ipv6(void **state)
{
	tcp6(1000, 3000, ANALYSIS_UNTOLD);
	noted(tcp6(2448, 1448, ANALYSIS_UNTOLD));
	judge(1);
	assert_false(flows[0].upcalls_known);
}

static void test_ipv6(void **state)
{
	noted(tcp6(1000, 100, ANALYSIS_UPCALLED));
	noted(tcp6(1100, 100, ANALYSIS_UNTOLD));
	tcp6(1200, 100, ANALYSIS_DIRECT);
	tcp6(1100, 100, ANALYSIS_UNTOLD);	/* sent again */
	judge(2);
	assert_int_equal(flows[0].upcalled, 1);
	assert_false(flows[0].upcalls_known);
}

static void test_wrap(void **state)
{
	noted(tcp(0xffffff00u, 0x80, 7, ANALYSIS_UPCALLED));
	note(tcp(0xffffff80u, 0x100, 8, ANALYSIS_UPCALLED)->key, 0xffffffc0u, 0x40, 9);
	tcp(0x80, 0x80, 10, ANALYSIS_DIRECT);
	note(tcp(0x100, 0x80, 0xffff, ANALYSIS_UPCALLED)->key, 0x160, 0x20, 0);
	tcp(0x180, 0x80, 1, ANALYSIS_DIRECT);
	judge(3);
}

/* The same bytes, 2^32 later: by the IP ID. */
static void test_wrap_whole(void **state)
{
	noted(tcp(1000, 0x40000000, 1, ANALYSIS_UPCALLED));
	for (uint32_t i = 1; i < 4; i++)
		tcp(1000 + i * 0x40000000, 0x40000000, (uint16_t)(1 + i), ANALYSIS_DIRECT);
	tcp(1000, 0x40000000, 7, ANALYSIS_DIRECT);
	judge(1);
}

static void test_other_flows(void **state)
{
	struct obs_key key = tcp(1000, 100, 7, ANALYSIS_DIRECT)->key;

	note(key_of(4, IPPROTO_TCP, 2), 1000, 100, 7);
	note(key_of(4, IPPROTO_UDP, 1), 1000, 100, 7);
	note(key, 1100, 100, 7);
	note(key, 1000, 100, 8);
	judge(0);
	assert_int_equal(a->upcalls, 4);
}

/* The SYN before a connection's first packet. */
static void push_syn(struct two *t, const struct packet *p)
{
	struct frame f = { .kind = FRAME_TCP, .key = p->key, .number = 100, .time_ns = p->ns - 1,
			   .seq = p->seq - 1, .tcp_flags = 2 };

	for (enum two_point point = TWO_IN; point <= TWO_OUT; point++)
		assert_int_equal(two_push(t, point, &f), 0);
}

/* Each packet begins a connection of its own. */
static void judge_lives(uint64_t found)
{
	struct two *t;

	assert_int_equal(two_new(&(struct two_options){ .sink = { on_flow, on_event, NULL } }, &t), 0);
	for (size_t i = 0; i < n_packets; i++) {
		push_syn(t, &packets[i]);
		for (enum two_point p = TWO_IN; p <= TWO_OUT; p++) {
			struct frame f = frame_of(i, p);

			assert_int_equal(two_push(t, p, &f), 0);
		}
	}
	assert_int_equal(two_upcalls(t, &(struct two_upcalls){ notes, n_notes, 0, 0 }), 0);
	end(t);
	check(found);
	assert_int_equal(a->flows, n_packets);
}

static void test_ports_again(void **state)
{
	noted(tcp(1000, 100, 7, ANALYSIS_UPCALLED));
	noted(tcp(700000, 100, 9, ANALYSIS_UPCALLED));
	tcp(1050, 100, 10, ANALYSIS_DIRECT);
	judge_lives(2);
	assert_int_equal(flows[0].upcalled, 1);
	assert_int_equal(flows[1].upcalled, 1);
	assert_int_equal(flows[2].upcalled, 0);
	assert_true(flows[2].upcalls_known);
}

/* One note for two connections of the same ports, without IP IDs: of neither is it sure. */
static void test_ports_again_ipv6(void **state)
{
	tcp6(1000, 100, ANALYSIS_UNTOLD);
	note(tcp6(1001, 100, ANALYSIS_UNTOLD)->key, 1050, 10, 0);
	noted(tcp6(700000, 100, ANALYSIS_UPCALLED));
	judge_lives(2);
	assert_false(flows[0].upcalls_known);
	assert_false(flows[1].upcalls_known);
}

/* Packets of a flow beyond its bound are counted only. */
static void test_over(void **state)
{
	const struct two_options opt = { .max_flow_packets = 2, .sink = { on_flow, on_event, NULL } };
	struct two *t;

	for (uint32_t i = 0; i < 3; i++)
		noted(tcp(1000 + 100 * i, 100, (uint16_t)i, ANALYSIS_UPCALLED));
	assert_int_equal(two_new(&opt, &t), 0);
	for (size_t i = 0; i < n_packets; i++) {
		struct frame f = frame_of(i, TWO_IN);

		assert_int_equal(two_push(t, TWO_IN, &f), 0);
	}
	assert_int_equal(two_upcalls(t, &(struct two_upcalls){ notes, n_notes, 0, 0 }), 0);
	end(t);
	assert_false(flows[0].upcalls_known);
	assert_int_equal(flows[0].upcalled, 0);
}

/* ---- UDP ------------------------------------------------------------------------ */

static void test_udp(void **state)
{
	noted(udp(1, 100, ANALYSIS_UPCALLED));
	udp(2, 100, ANALYSIS_DIRECT);
	note(udp(3, 100, ANALYSIS_DIRECT)->key, 0, 200, 3);	/* another length */
	noted(udp(4, 70, ANALYSIS_UPCALLED));
	notes[n_notes - 1].seq = 12345;		/* UDP has none: a file may say what it likes */
	judge(2);
}

/* Senders that count no IP IDs, and IDs that come again. */
static void test_udp_ambiguous(void **state)
{
	noted(udp(0, 100, ANALYSIS_UNTOLD));
	udp(0, 100, ANALYSIS_UNTOLD);
	noted(udp(0, 101, ANALYSIS_UPCALLED));
	udp(0, 102, ANALYSIS_DIRECT);
	udp(0, 102, ANALYSIS_DIRECT);
	judge(2);
	assert_int_equal(flows[0].upcalled, 1);
	assert_false(flows[0].upcalls_known);
}

/* ---- time, and strangers ----------------------------------------------------------- */

static void test_time(void **state)
{
	for (uint32_t i = 0; i < 5; i++)
		tcp(1000 + 100 * i, 100, (uint16_t)i, i == 0 || i == 4 ? ANALYSIS_UNTOLD : ANALYSIS_DIRECT);
	packets[0].way = packets[2].way = ANALYSIS_UPCALLED;
	noted(&packets[0]);
	noted(&packets[2]);
	noted(&packets[4]);		/* of another packet, that looked the same */
	judge_at(packets[1].ns, packets[3].ns);
	check(2);
}

/* Notes of which any may be of any packet: the answer is that it is not known, and soon. */
static void test_heaps(void **state)
{
	struct timespec from, to;
	struct obs_key key = { 0 };

	for (uint32_t i = 0; i < 4000; i++)
		key = tcp6(i, 60000, ANALYSIS_UNTOLD)->key;
	for (uint32_t i = 0; i < MAX_NOTES; i++)
		note(key, i % 64000, 1 + i / 64000, 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	judge_at(0, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec < 20);
	assert_int_equal(flows[0].upcalled, 0);
	assert_false(flows[0].upcalls_known);
	assert_int_equal(a->transit_way_ns[ANALYSIS_DIRECT].count, 0);
}

/* ---- chance ---------------------------------------------------------------------------- */

/* Packets from @first on that follow each other, at most three: merged, and upcalled. */
static size_t merge(size_t first, uint64_t *seed)
{
	const struct packet *p = &packets[first];
	uint32_t len = 0;
	size_t i = first, most = first + 1 + next_random(seed) % 3;

	do {
		packets[i].way = ANALYSIS_UPCALLED;
		len += packets[i++].len;
	} while (i < n_packets && i < most && packets[i].seq == p->seq + len);
	note(p->key, p->seq, len, p->ip_id);
	return i;
}

/* Pieces of a packet, with counted IP IDs; one of them, at least. */
static void cut(struct packet *p, uint64_t *seed)
{
	uint32_t piece = 100 + next_random(seed) % 100, at = 0;
	uint16_t id = p->ip_id;

	p->way = ANALYSIS_UPCALLED;
	for (bool first = true; at < p->len; at += piece, id++, first = false)
		if (first || next_random(seed) % 2)
			note(p->key, p->seq + at, p->len - at < piece ? p->len - at : piece, id);
}

/* A connection with losses that are sent again; each of its packets has an IP ID of its own. */
static void fill(uint64_t *seed)
{
	uint32_t next = (uint32_t)next_random(seed);
	uint16_t id = (uint16_t)next_random(seed);

	for (int i = 0; i < 200; i++) {
		uint32_t len = 1 + next_random(seed) % 2000;
		const struct packet *old = n_packets ? &packets[next_random(seed) % n_packets] : NULL;

		if (old && next_random(seed) % 4 == 0) {
			tcp(old->seq, old->len, id, ANALYSIS_DIRECT);
			id += 1 + old->len / 100;
		} else {
			tcp(next, len, id, ANALYSIS_DIRECT);
			next += len;
			id += 1 + len / 100;
		}
	}
}

/* What the distributions say, of those that are as the packets are. */
static uint64_t told(enum analysis_way way, uint64_t each_ns)
{
	const struct hist *h = &a->transit_way_ns[way];

	assert_int_equal(h->sum, h->count * each_ns);
	return h->count;
}

/* None is wrong; a few are not decided: a piece of one that was sent again right after. */
static void test_chance(void **state)
{
	uint64_t seed = 0x5eed, all = 0, right = 0;

	for (int round = 0; round < 200; round++) {
		setup(NULL);
		fill(&seed);
		for (size_t i = 0; i < n_packets;) {
			uint64_t kind = next_random(&seed) % 8;

			if (kind == 0)
				i = merge(i, &seed);
			else if (kind == 1)
				cut(&packets[i++], &seed);
			else
				i++;
		}
		judge_at(0, 0);
		assert_int_equal(a->upcalls_found, a->upcalls);
		right += told(ANALYSIS_UPCALLED, UPCALLED_NS) + told(ANALYSIS_DIRECT, DIRECT_NS);
		all += a->transit_ns.count;
		assert_true(a->transit_ns.count > n_packets / 2);
		teardown(NULL);
	}
	print_message("%llu of %llu told\n", (unsigned long long)right, (unsigned long long)all);
	assert_true(right * 100 > all * 99);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exact), TEST(test_unasked), TEST(test_none), TEST(test_twice), TEST(test_merged),
		TEST(test_merged_no_further), TEST(test_cut), TEST(test_cut_and_merged), TEST(test_sent_again),
		TEST(test_sent_again_cut), TEST(test_sent_again_cut_ipv6),
		TEST(test_ipv6), TEST(test_wrap), TEST(test_wrap_whole),
		TEST(test_other_flows), TEST(test_ports_again), TEST(test_ports_again_ipv6), TEST(test_over),
		TEST(test_udp), TEST(test_udp_ambiguous),
		TEST(test_time), TEST(test_heaps), TEST(test_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
