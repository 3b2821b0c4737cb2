// SPDX-License-Identifier: GPL-2.0
/*
 * test_trigger.c - which packets of a connection are chosen, by the code that the kernel
 * runs: bpf/trigger.h, bpf/conn.h
 *
 * Shares are judged at SIGMAS standard deviations, which chance passes once in 10^10.
 * Here the numbers are the same in each run anyway; in the kernel they are not
 * (tests/bpf/test_engine.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define IO_NATIVE
#include "bpf/conn.h"
#include "bpf/trigger.h"
#include "core/util.h"

#define DRAWS	100000
#define SIGMAS	6.5
#define MSS	1448

enum { SYN = PKT_SYN, ACK = PKT_ACK, FIN = PKT_FIN };

/* ---- drawing ---- */

static void assert_share(unsigned int chosen, unsigned int draws, double share)
{
	double off = chosen - draws * share;

	assert_true(off * off <= SIGMAS * SIGMAS * draws * share * (1 - share));
}

static const uint32_t ratios[] = { 1, 2, 3, 10, 100, 1000 };

static void ratio_has_its_share(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		__u64 at = 4711 + i;
		unsigned int chosen = 0;

		for (int n = 0; n < DRAWS; n++)
			chosen += choose_one_of(choose_next(&at), ratios[i]);
		assert_share(chosen, DRAWS, 1.0 / ratios[i]);
	}
}

/* Along a stream, across connections, and for one offset with different seeds. */
static void seeded_has_its_share(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		unsigned int along = 0, across = 0, seeds = 0, bytes = 0;

		for (uint64_t n = 0; n < DRAWS; n++) {
			along += choose_one_of(trigger_seeded(1, 1, 5201, n * MSS), ratios[i]);
			bytes += choose_one_of(trigger_seeded(1, 1, 5201, n), ratios[i]);
			across += choose_one_of(trigger_seeded(1, n + 1, 80, 0), ratios[i]);
			seeds += choose_one_of(trigger_seeded(n, 1, 80, 0), ratios[i]);
		}
		assert_share(along, DRAWS, 1.0 / ratios[i]);
		assert_share(bytes, DRAWS, 1.0 / ratios[i]);
		assert_share(across, DRAWS, 1.0 / ratios[i]);
		assert_share(seeds, DRAWS, 1.0 / ratios[i]);
	}
}

/* What was chosen says nothing about the next: pairs have the square of the share. */
static void seeded_is_independent(void **state)
{
	unsigned int pairs = 0, last = 0;

	for (uint64_t n = 0; n < DRAWS; n++) {
		unsigned int chosen = choose_one_of(trigger_seeded(9, 3, 443, n * MSS), 4);

		pairs += chosen & last;
		last = chosen;
	}
	assert_share(pairs, DRAWS, 1.0 / 16);
}

/* The half that kinds pick from is not the half that decides. */
static void picks_are_even_among_the_chosen(void **state)
{
	unsigned int low[16] = { 0 }, chosen = 0;
	__u64 at = 5;

	for (int n = 0; n < 10 * DRAWS; n++) {
		__u64 random = choose_next(&at);

		if (!choose_one_of(random, 10))
			continue;
		chosen++;
		low[(random & 0xffffffff) >> 28]++;
	}
	for (int i = 0; i < 16; i++)
		assert_share(low[i], chosen, 1.0 / 16);
}

static void range_by_the_first_byte(void **state)
{
	static const struct { uint64_t from, to, offset; int in; } rows[] = {
		{ 0, 0, 0, 1 }, { 1000, 0, 999, 0 }, { 1000, 0, 1000, 1 },
		{ 0, 2000, 1999, 1 }, { 0, 2000, 2000, 0 }, { 10, 20, 9, 0 },
		{ 10, 20, 10, 1 }, { 10, 20, 20, 0 }, { 1ull << 40, 0, 1ull << 40, 1 },
		{ 1, 0, UINT64_MAX, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trigger t = { .from = rows[i].from, .to = rows[i].to };

		assert_int_equal(trigger_in_range(&t, rows[i].offset), rows[i].in);
	}
}

struct takers {
	__u64 taken;
	unsigned int kept;
};

static void *take_many(void *arg)
{
	struct takers *t = arg;
	unsigned int kept = 0;

	for (int i = 0; i < 50000; i++) {
		if (!trigger_take(&t->taken, 1000))
			continue;
		if (i % 3)
			kept++;
		else
			trigger_give_back(&t->taken);
	}
	__sync_fetch_and_add(&t->kept, kept);
	return NULL;
}

/* Never more than the limit, and all of it is used in the end. */
static void limit_is_exact_across_threads(void **state)
{
	struct takers t = { 0 };
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(t.kept, 1000);
	assert_int_equal(t.taken, 1000);
}

/* ---- a connection ---- */

static struct pkt tcp(uint32_t seq, uint32_t payload, uint8_t flags)
{
	return (struct pkt){ .family = 4, .proto = IPPROTO_TCP, .has_l4 = 1, .seq = seq,
			     .payload = payload, .tcp_flags = flags, .sport = 40000,
			     .dport = 9000 };
}

static struct conn begun(const struct pkt *first)
{
	union conn_name name = { .key.sport = 1 };
	struct conn c;

	conn_begin(&c, &name, first, 7);
	return c;
}

static struct conn_pos pass(struct conn *c, struct pkt p)
{
	struct conn_pos pos = { 0 };

	assert_int_equal(conn_advance(c, &p, &pos), 0);
	assert_int_equal(pos.ordinal, 7);
	return pos;
}

static void offsets_count_from_the_first_byte(void **state)
{
	struct pkt syn = tcp(0xfffffff0, 0, SYN);
	struct conn c = begun(&syn);
	struct conn_pos pos;

	assert_int_equal(pass(&c, syn).id, CONN_ID_SYN);
	assert_int_equal(pass(&c, tcp(0xfffffff1, 0, ACK)).offset, 0);
	assert_int_equal(pass(&c, tcp(0xfffffff1, 100, ACK)).offset, 0);
	assert_int_equal(pass(&c, tcp(0xfffffff1 + 100, 50, ACK)).offset, 100);
	pos = pass(&c, tcp(0xfffffff1, 100, ACK));
	assert_int_equal(pos.offset, 0);
	assert_true(pos.flags & CONN_AGAIN);
	pos = pass(&c, tcp(0xfffffff1 + 150, 1, ACK));
	assert_int_equal(pos.offset, 150);
	assert_false(pos.flags & CONN_AGAIN);
}

/* Longer than the sequence space, twice. */
static void offsets_go_on_beyond_32_bits(void **state)
{
	struct pkt syn = tcp(123, 0, SYN);
	struct conn c = begun(&syn);
	const uint32_t step = 1 << 30;

	for (uint64_t i = 0; i < 12; i++) {
		struct conn_pos pos = pass(&c, tcp(124 + (uint32_t)i * step, step, ACK));

		assert_int_equal(pos.offset, i * step);
		assert_false(pos.flags & CONN_AGAIN);
	}
	assert_true(pass(&c, tcp(124 + 11u * step, 5, ACK)).flags & CONN_AGAIN);
	assert_int_equal(pass(&c, tcp(124 + 11u * step, 5, ACK)).offset, 11ull * step);
}

static void what_is_older_than_the_state_has_no_place(void **state)
{
	struct pkt first = tcp(5000, 10, ACK), older = tcp(4000, 10, ACK);
	struct conn c = begun(&first);
	struct conn_pos pos = { 0 };

	assert_int_equal(pass(&c, first).offset, 0);
	assert_true(conn_advance(&c, &older, &pos) < 0);
}

/* Data in a SYN (TCP Fast Open), and a SYN that comes again. */
static void syn_has_its_own_place(void **state)
{
	struct pkt syn = tcp(99, 0, SYN), open = tcp(99, 20, SYN);
	struct conn c = begun(&syn);
	struct conn_pos pos = { .flags = CONN_NEW };

	assert_int_equal(conn_advance(&c, &syn, &pos), 0);
	assert_false(pos.flags & CONN_AGAIN);
	assert_true(pass(&c, syn).flags & CONN_AGAIN);
	c = begun(&open);
	assert_int_equal(pass(&c, open).offset, 0);
	assert_int_equal(pass(&c, tcp(120, 5, ACK)).offset, 20);
}

static void server_is_whom_the_syn_went_to(void **state)
{
	static const struct { uint16_t sport, dport, server; uint8_t flags; } rows[] = {
		{ 40000, 9000, 9000, SYN }, { 9000, 40000, 40000, SYN },
		{ 9000, 40000, 9000, SYN | ACK }, { 40000, 9000, 40000, SYN | ACK },
		{ 40000, 9000, 9000, ACK }, { 9000, 40000, 9000, ACK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pkt p = tcp(1, 0, rows[i].flags);

		p.sport = rows[i].sport;
		p.dport = rows[i].dport;
		assert_int_equal(conn_server(&p), rows[i].server);
	}
}

static void reused_ports_are_known_by_the_syn(void **state)
{
	struct pkt syn = tcp(10, 0, SYN), other = tcp(11, 0, SYN), data = tcp(500, 9, ACK);
	struct conn c = begun(&syn);

	assert_false(conn_is_reused(&c, &syn));
	assert_true(conn_is_reused(&c, &other));
	assert_false(conn_is_reused(&c, &data));
	c = begun(&data);
	assert_true(conn_is_reused(&c, &syn));
}

static void udp_counts_what_came(void **state)
{
	struct pkt p = { .family = 4, .proto = IPPROTO_UDP, .has_l4 = 1, .payload = 100,
			 .sport = 5000, .dport = 53 };
	struct conn c = begun(&p);
	struct pkt empty = p;

	empty.payload = 0;
	assert_int_equal(pass(&c, p).offset, 0);
	assert_int_equal(pass(&c, p).offset, 100);
	assert_int_equal(pass(&c, empty).id, CONN_ID_BARE);
	assert_int_equal(pass(&c, empty).id, CONN_ID_BARE | 1);
	assert_int_equal(pass(&c, p).offset, 200);
	assert_int_equal(c.server, 53);
}

/* ---- nth and every ---- */

static bool turn(struct conn *c, const struct trigger *t, struct pkt p)
{
	struct conn_pos pos = pass(c, p);

	return conn_counts(&c->stage[0], t, &pos);
}

static void nth_once_and_again_when_it_comes_again(void **state)
{
	struct trigger t = { .nth = 3 };
	struct pkt syn = tcp(0, 0, SYN);
	struct conn c = begun(&syn);

	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(turn(&c, &t, tcp(1 + i * MSS, MSS, ACK)), i == 2);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(turn(&c, &t, tcp(1 + i * MSS, MSS, ACK)), i == 2);
	/* cut otherwise: the packet with the byte that began it */
	assert_true(turn(&c, &t, tcp(1 + MSS, 2 * MSS, ACK)));
	assert_true(turn(&c, &t, tcp(1 + 2 * MSS, 10, ACK)));
	assert_false(turn(&c, &t, tcp(1 + 2 * MSS + 10, 10, ACK)));
	assert_false(turn(&c, &t, tcp(1 + 10 * MSS, MSS, ACK)));
}

static void first_may_be_a_syn_or_a_bare_ack(void **state)
{
	struct trigger t = { .nth = 1 };
	struct pkt syn = tcp(0, 0, SYN);
	struct conn c = begun(&syn);
	struct conn_pos pos = { .flags = CONN_NEW };

	assert_int_equal(conn_advance(&c, &syn, &pos), 0);
	assert_true(conn_counts(&c.stage[0], &t, &pos));
	assert_true(turn(&c, &t, syn));
	assert_false(turn(&c, &t, tcp(1, 0, ACK)));
	assert_false(turn(&c, &t, tcp(1, 10, ACK)));
	c = begun(&syn);
	assert_true(turn(&c, &t, tcp(1, 0, ACK)));
	assert_false(turn(&c, &t, tcp(1, 0, ACK)));
	assert_false(turn(&c, &t, tcp(1, 10, ACK)));
}

static void every_counts_new_data_only(void **state)
{
	struct trigger t = { .every = 4 };
	struct pkt syn = tcp(0, 0, SYN);
	struct conn c = begun(&syn);

	for (uint32_t i = 0; i < 40; i++) {
		assert_int_equal(turn(&c, &t, tcp(1 + i * MSS, MSS, ACK)), i % 4 == 3);
		assert_int_equal(turn(&c, &t, tcp(1 + i * MSS, MSS, ACK)), i % 4 == 3);
	}
	/* of the chosen ones, the last CONN_CHOSEN are remembered */
	assert_true(turn(&c, &t, tcp(1 + 27 * MSS, MSS, ACK)));
	assert_false(turn(&c, &t, tcp(1 + 23 * MSS, MSS, ACK)));
	t.every = 1;
	assert_true(turn(&c, &t, tcp(1, MSS, ACK)));
}

struct racers {
	struct conn c;
	unsigned int fresh, chosen;
};

/* All threads pass the same packets: each is new once. */
static void *race(void *arg)
{
	struct trigger t = { .every = 10 };
	struct racers *r = arg;

	for (uint32_t i = 0; i < 20000; i++) {
		struct pkt p = tcp(1 + i * 10, 10, ACK);
		struct conn_pos pos = { 0 };

		if (conn_advance(&r->c, &p, &pos) || (pos.flags & CONN_AGAIN))
			continue;
		__sync_fetch_and_add(&r->fresh, 1);
		if (conn_counts(&r->c.stage[0], &t, &pos))
			__sync_fetch_and_add(&r->chosen, 1);
	}
	return NULL;
}

static void bytes_are_new_once_across_threads(void **state)
{
	struct pkt syn = tcp(0, 0, SYN);
	struct racers r = { .c = begun(&syn) };
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race, &r), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(r.c.next, 200000);
	assert_int_equal(r.c.stage[0].count, r.fresh);
	assert_int_equal(r.chosen, r.fresh / 10);
	assert_in_range(r.fresh, 1, 20000);
}

/* ---- the table ---- */

static void sets_give_away_what_ended_then_what_is_idle(void **state)
{
	struct conn_set s = { 0 };
	int forgot = 1;

	for (uint32_t i = 0; i < CONN_WAYS; i++) {
		assert_int_equal(conn_free_way(&s, &forgot), i);
		assert_false(forgot);
		s.tag[i] = 100 + i;
		s.used[i] = 1;
	}
	assert_int_equal(conn_way(&s, 105), 5);
	assert_int_equal(conn_way(&s, 99), CONN_WAYS);
	s.ended[6] = 1;
	assert_int_equal(conn_free_way(&s, &forgot), 6);
	assert_false(forgot);
	s.ended[6] = 0;
	s.used[3] = 0;
	assert_int_equal(conn_free_way(&s, &forgot), 3);
	assert_true(forgot);
	/* 0 to 2 had their second chance; the hand goes on from 4 */
	s.used[0] = s.used[3] = 1;
	assert_int_equal(conn_free_way(&s, &forgot), 1);
	assert_true(forgot);
	memset(s.used, 1, sizeof(s.used));
	assert_in_range(conn_free_way(&s, &forgot), 0, CONN_WAYS - 1);
}

/* Neighbouring ports and addresses spread over the sets as chance would have it. */
static void tags_spread(void **state)
{
	static unsigned int in_set[CONN_SETS];
	double sum = 0, mean = 65536.0 / CONN_SETS;

	for (uint32_t i = 0; i < 65536; i++) {
		union conn_name n = { .key = { .saddr = { 198, 18, i >> 12, 1 },
					       .daddr = { 198, 18, 0, 2 }, .proto = 6,
					       .sport = 32768 + i % 4096, .dport = 9000,
					       .family = 4 } };

		assert_true(conn_tag(&n) != 0);
		in_set[conn_set_of(conn_tag(&n))]++;
	}
	for (int i = 0; i < CONN_SETS; i++)
		sum += (in_set[i] - mean) * (in_set[i] - mean) / mean;
	/* chi-square of CONN_SETS - 1 degrees: mean n, deviation sqrt(2 n) */
	assert_true(sum < CONN_SETS + SIGMAS * 64);
}

static void tags_tell_names_apart(void **state)
{
	union conn_name n = { .key = { .family = 6, .proto = 6 } }, other;
	struct conn c = { 0 };
	uint64_t tag = conn_tag(&n);

	c.name = n;
	assert_true(conn_is_named(&c, &n));
	for (size_t i = 0; i < sizeof(n.key) - 2; i++) {
		other = n;
		((uint8_t *)&other)[i] ^= 0x40;
		assert_false(conn_is_named(&c, &other));
		assert_true(conn_tag(&other) != tag);
	}
}

static void lock_is_held_by_one(void **state)
{
	struct conn_set s = { 0 };

	assert_true(conn_lock(&s));
	assert_false(conn_lock(&s));
	conn_unlock(&s);
	assert_true(conn_lock(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratio_has_its_share),
		cmocka_unit_test(seeded_has_its_share),
		cmocka_unit_test(seeded_is_independent),
		cmocka_unit_test(picks_are_even_among_the_chosen),
		cmocka_unit_test(range_by_the_first_byte),
		cmocka_unit_test(limit_is_exact_across_threads),
		cmocka_unit_test(offsets_count_from_the_first_byte),
		cmocka_unit_test(offsets_go_on_beyond_32_bits),
		cmocka_unit_test(what_is_older_than_the_state_has_no_place),
		cmocka_unit_test(syn_has_its_own_place),
		cmocka_unit_test(server_is_whom_the_syn_went_to),
		cmocka_unit_test(reused_ports_are_known_by_the_syn),
		cmocka_unit_test(udp_counts_what_came),
		cmocka_unit_test(nth_once_and_again_when_it_comes_again),
		cmocka_unit_test(first_may_be_a_syn_or_a_bare_ack),
		cmocka_unit_test(every_counts_new_data_only),
		cmocka_unit_test(bytes_are_new_once_across_threads),
		cmocka_unit_test(sets_give_away_what_ended_then_what_is_idle),
		cmocka_unit_test(tags_spread),
		cmocka_unit_test(tags_tell_names_apart),
		cmocka_unit_test(lock_is_held_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
