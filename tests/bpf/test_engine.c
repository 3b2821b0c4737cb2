// SPDX-License-Identifier: GPL-2.0
/*
 * test_engine.c - stages and triggers of the engine, on made-up frames (BPF_PROG_TEST_RUN)
 *
 * Exit status 77: this machine does not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "engine_run.h"

/* ---- stages ---- */

static void shapes_are_mangled(void **state)
{
	struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){ .ratio = 1 }));

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		struct frame f;

		print_message("    %s\n", tcp_shapes[i].name);
		frame_build(&f, &tcp_shapes[i].spec);
		assert_int_equal(pass(skel, &f), TC_ACT_UNSPEC);
		assert_int_equal(frame_tcp_flags(&f), ACK | PSH);
		assert_true(frame_sums_ok(&f));
	}
	assert_int_equal(counted(skel, 0).mangled, ARRAY_SIZE(tcp_shapes));
	mangle_tc_bpf__destroy(skel);
}

static void others_are_left_alone(void **state)
{
	struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){ .ratio = 1 }));
	struct frame before, after;
	struct stage_counters n;

	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++) {
		frame_build(&before, &not_tcp_shapes[i].spec);
		after = before;
		pass(skel, &after);
		assert_memory_equal(after.data, before.data, before.len);
	}
	n = counted(skel, 0);
	assert_int_equal(n.seen, ARRAY_SIZE(not_tcp_shapes));
	assert_int_equal(n.eligible + n.already + n.mangled, 0);
	mangle_tc_bpf__destroy(skel);
}

/* No stage at all, as the object is before anybody fills it. */
static void nothing_is_nothing(void **state)
{
	struct mangle_tc_bpf *skel = load(NULL, 0);
	struct frame f, before;

	frame_build(&f, &tcp_shapes[0].spec);
	before = f;
	assert_int_equal(pass(skel, &f), TC_ACT_UNSPEC);
	assert_memory_equal(&f, &before, sizeof(f));
	assert_int_equal(counted(skel, 0).seen, 0);
	mangle_tc_bpf__destroy(skel);
}

/* What a stage changed, the next one sees so; and not the other way round. */
static void stages_run_in_order(void **state)
{
	struct stage psh = psh_stage((struct trigger){ .ratio = 1 }), ttl = ttl_stage(3);
	struct mangle_tc_bpf *one, *other;
	struct frame f;

	ttl.match = (struct match){ .on = MATCH_TCP_FLAGS, .tcp_flags = PSH,
				    .tcp_flags_mask = PSH };
	one = load((struct stage[]){ psh, ttl, ttl_stage(4), ttl_stage(5) }, 4);
	frame_build(&f, &tcp_shapes[0].spec);
	pass(one, &f);
	assert_int_equal(frame_tcp_flags(&f), ACK | PSH);
	assert_int_equal(frame_ttl(&f), 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(counted(one, i).mangled, 1);
	other = load((struct stage[]){ ttl, psh }, 2);
	frame_build(&f, &tcp_shapes[0].spec);
	pass(other, &f);
	assert_int_equal(frame_tcp_flags(&f), ACK | PSH);
	assert_int_equal(frame_ttl(&f), 64);
	assert_int_equal(counted(other, 0).mangled, 0);
	assert_int_equal(counted(other, 1).mangled, 1);
	mangle_tc_bpf__destroy(one);
	mangle_tc_bpf__destroy(other);
}

static void what_is_dropped_goes_no_further(void **state)
{
	struct stage drop = { .kind = STAGE_DROP, .trigger.nth = 2 };
	struct mangle_tc_bpf *skel = load((struct stage[]){ ttl_stage(9), drop, ttl_stage(8) }, 3);
	int dropped = 0;

	for (int i = 0; i < 5; i++) {
		struct frame_spec spec = { .seq = i * MSS, .payload = MSS };
		struct frame f;
		int rc;

		frame_build(&f, &spec);
		rc = pass(skel, &f);
		assert_int_equal(rc, i == 1 ? TC_ACT_SHOT : TC_ACT_UNSPEC);
		assert_int_equal(frame_ttl(&f), i == 1 ? 9 : 8);
		dropped += rc == TC_ACT_SHOT;
	}
	assert_int_equal(dropped, 1);
	assert_int_equal(counted(skel, 0).seen, 5);
	assert_int_equal(counted(skel, 1).mangled, 1);
	assert_int_equal(counted(skel, 2).seen, 4);
	mangle_tc_bpf__destroy(skel);
}

/* A tag that is pushed moves nothing that the next stage would miss. */
static void stage_after_vlan_push_finds_its_way(void **state)
{
	struct stage push = { .kind = STAGE_VLAN, .arg = { 1, 10 } };
	struct stage ttl = ttl_stage(7);
	struct mangle_tc_bpf *skel;
	struct frame f;

	ttl.match = (struct match){ .on = MATCH_VLAN, .vlan_tci = 0x100a,
				    .vlan_tci_mask = 0x1fff };
	skel = load((struct stage[]){ push, ttl }, 2);
	for (int vlans = 0; vlans < 2; vlans++) {
		struct frame_spec spec = { .vlans = vlans, .payload = 10 };

		frame_build(&f, &spec);
		pass(skel, &f);
		assert_int_equal(counted(skel, 1).mangled, vlans + 1);
	}
	mangle_tc_bpf__destroy(skel);
}

static void dry_run_touches_nothing(void **state)
{
	struct stage drop = { .kind = STAGE_DROP, .flags = STAGE_DRY_RUN };
	struct stage psh = psh_stage((struct trigger){ .ratio = 1, .limit = 2 });
	struct mangle_tc_bpf *skel;
	struct frame f, before;

	psh.flags |= STAGE_DRY_RUN;
	skel = load((struct stage[]){ drop, psh }, 2);
	for (int i = 0; i < 5; i++) {
		frame_build(&f, &tcp_shapes[0].spec);
		before = f;
		assert_int_equal(pass(skel, &f), TC_ACT_UNSPEC);
		assert_memory_equal(&f, &before, sizeof(f));
	}
	assert_int_equal(counted(skel, 0).mangled, 5);
	assert_int_equal(counted(skel, 1).mangled, 2);
	mangle_tc_bpf__destroy(skel);
}

static void match_decides_first(void **state)
{
	struct stage psh = psh_stage((struct trigger){ .ratio = 1 });
	struct mangle_tc_bpf *skel;
	struct stage_counters n;

	psh.match = (struct match){ .on = MATCH_SPORT, .sport = 1000, .sport_mask = 0xffff };
	skel = load_one(psh);
	for (int i = 0; i < 3; i++) {
		struct stream s = { skel, { 0 }, 1000 + i, 1 };

		assert_int_equal(send_at(&s, 0, 5, ACK), i == 0);
	}
	n = counted(skel, 0);
	assert_int_equal(n.seen, 3);
	assert_int_equal(n.eligible, 1);
	mangle_tc_bpf__destroy(skel);
}

/* ---- triggers ---- */

/* psh --first --clear-others: PSH on one data packet of each connection, also again. */
static void first_of_each_connection(void **state, int family)
{
	struct stage psh = psh_stage((struct trigger){ .nth = 1 });
	struct mangle_tc_bpf *skel;
	struct stage_counters n;

	psh.flags |= STAGE_CLEAR_OTHERS;
	skel = load_one(psh);
	for (int i = 0; i < 200; i++) {
		struct stream s = { skel, { .family = family, .vlans = i % 3 }, 20000 + i,
				    i * 77777777u };

		open_stream(&s);
		for (int p = 0; p < 10; p++)
			assert_int_equal(send_at(&s, p * MSS, MSS, p % 2 ? ACK | PSH : ACK), !p);
		assert_true(send_at(&s, 0, MSS, ACK));
		assert_false(send_at(&s, 5 * MSS, MSS, ACK | PSH));
		assert_false(send_at(&s, 10 * MSS, 1, ACK | PSH | FIN));
	}
	n = counted(skel, 0);
	assert_int_equal(n.connections, 200);
	assert_int_equal(n.midway + n.untracked + n.forgotten, 0);
	assert_int_equal(n.mangled, 400);
	assert_int_equal(n.already + n.mangled - n.cleared, 400);
	mangle_tc_bpf__destroy(skel);
}

static void first_of_each_connection4(void **state)
{
	first_of_each_connection(state, 4);
}

static void first_of_each_connection6(void **state)
{
	first_of_each_connection(state, 6);
}

static void every_tenth_of_each_connection(void **state)
{
	struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){ .every = 10 }));
	struct stream a = { skel, { 0 }, 1111, 5 }, b = { skel, { 0 }, 2222, 0xffffff00 };

	open_stream(&a);
	open_stream(&b);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(send_at(&a, i * MSS, MSS, ACK), i % 10 == 9);
		send_at(&a, (i + 1) * MSS, 0, ACK);	/* no data: not eligible */
		assert_int_equal(send_at(&b, i * MSS, MSS, ACK), i % 10 == 9);
		assert_int_equal(send_at(&b, i * MSS, MSS, ACK), i % 10 == 9);
	}
	mangle_tc_bpf__destroy(skel);
}

/* Of packets without data it counts each: they have no offset to come again. */
static void every_of_bare_packets(void **state)
{
	struct stage window = { .kind = STAGE_WINDOW, .trigger.nth = 3 };
	struct mangle_tc_bpf *skel = load_one(window);

	for (int i = 0; i < 6; i++) {
		struct frame_spec spec = { .seq = 1000 };
		struct frame f;

		frame_build(&f, &spec);
		pass(skel, &f);
		assert_int_equal(f.data[f.l4 + 14] << 8 | f.data[f.l4 + 15], i == 2 ? 0 : 500);
		assert_true(frame_sums_ok(&f));
	}
	mangle_tc_bpf__destroy(skel);
}

static void range_of_the_stream(void **state)
{
	struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){
		.ratio = 1, .from = 3 * MSS, .to = 6 * MSS + 1 }));
	struct stream s = { skel, { 0 }, 1111, 0xfffffff0 };
	bool has[10];

	open_stream(&s);
	assert_int_equal(send_many(&s, 10, has), 4);
	assert_true(has[3] && has[4] && has[5] && has[6]);
	mangle_tc_bpf__destroy(skel);
}

static void time_is_over(void **state)
{
	struct timespec now;
	uint64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	for (int later = 0; later < 2; later++) {
		struct mangle_tc_bpf *skel = load_one(psh_stage((struct trigger){
			.ratio = 1, .until_ns = now_ns + later * 3600000000000ull }));
		struct stream s = { skel, { 0 }, 1, 1 };

		assert_int_equal(send_at(&s, 0, 5, ACK), later);
		mangle_tc_bpf__destroy(skel);
	}
}

/* A limit of chosen ones: what is over it is cleared with the others. */
static void limit_counts_the_chosen(void **state)
{
	struct stage psh = psh_stage((struct trigger){ .ratio = 1, .limit = 3 });
	struct mangle_tc_bpf *skel;
	struct stream s = { .port = 7 };
	int with = 0;

	psh.flags |= STAGE_CLEAR_OTHERS;
	skel = load_one(psh);
	s.skel = skel;
	for (int i = 0; i < 20; i++)
		with += send_at(&s, i * MSS, MSS, i % 2 ? ACK | PSH : ACK);
	assert_int_equal(with, 3);
	mangle_tc_bpf__destroy(skel);
}

/* What the kernel refused to edit is not one of the limit's. */
static void limit_leaves_out_failures(void **state)
{
	struct stage cut = { .kind = STAGE_BADCSUM, .trigger.limit = 2 };
	struct mangle_tc_bpf *skel = load_one(cut);
	struct stage_counters n;
	int wrong = 0;

	for (int i = 0; i < 10; i++) {
		struct frame_spec spec = { .proto = 17, .payload = 20 };
		struct frame f;

		frame_build(&f, &spec);
		if (i < 4)
			put16(f.data + f.l4 + 6, 0);	/* UDP without a checksum */
		pass(skel, &f);
		wrong += i >= 4 && !frame_sums_ok(&f);
	}
	n = counted(skel, 0);
	assert_int_equal(wrong, 2);
	assert_int_equal(n.mangled, 2);
	assert_int_equal(n.failed, 4);
	mangle_tc_bpf__destroy(skel);
}

/* Repeated runs of a dry run see the packet as it was: DRAWS draws in one call. */
static void ratio_has_its_share(void **state)
{
	static const uint32_t ratios[] = { 1, 2, 10, 100 }, draws = 100000;

	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		struct stage psh = psh_stage((struct trigger){ .ratio = ratios[i] });
		double mean = (double)draws / ratios[i], off;
		struct mangle_tc_bpf *skel;
		struct frame f;

		psh.flags |= STAGE_DRY_RUN;
		skel = load_one(psh);
		frame_build(&f, &tcp_shapes[0].spec);
		run_ctx(bpf_program__fd(skel->progs.ovslab_mangle_tc), &f, NULL, draws);
		off = counted(skel, 0).mangled - mean;
		print_message("    1 of %u: %.0f off %.0f\n", ratios[i], off, mean);
		assert_true(off * off <= SIGMAS * SIGMAS * mean * (1 - 1.0 / ratios[i]));
		assert_int_equal(counted(skel, 0).eligible, draws);
		mangle_tc_bpf__destroy(skel);
	}
}

/* ---- seeds ---- */

#define SEEDED 3000

/* Three connections to one server, the second with packets that come again. */
static void seeded_run(uint64_t seed, uint16_t port, uint32_t isn, bool *has)
{
	struct stage psh = psh_stage((struct trigger){ .ratio = 10, .seed = seed });
	struct mangle_tc_bpf *skel;

	psh.flags |= STAGE_SEEDED;
	skel = load_one(psh);
	for (int i = 0; i < 3; i++) {
		struct stream s = { skel, { 0 }, port + i * 13, isn * (i + 1) };

		open_stream(&s);
		send_many(&s, SEEDED, has + i * SEEDED);
		for (int again = 0; i == 1 && again < SEEDED; again += 7)
			assert_int_equal(send_at(&s, again * MSS, MSS, ACK),
					 has[SEEDED + again]);
	}
	mangle_tc_bpf__destroy(skel);
}

static void seed_decides_by_ordinal_and_offset(void **state)
{
	static bool a[3 * SEEDED], b[3 * SEEDED], c[3 * SEEDED];
	unsigned int with = 0;
	double mean = 3 * SEEDED / 10.0, off;

	seeded_run(42, 40000, 1, a);
	seeded_run(42, 50001, 0xf0000000, b);
	seeded_run(43, 40000, 1, c);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	assert_memory_not_equal(a, a + SEEDED, SEEDED);
	for (int i = 0; i < 3 * SEEDED; i++)
		with += a[i];
	off = with - mean;
	assert_true(off * off <= SIGMAS * SIGMAS * mean * 0.9);
}

/* ---- the verifier ---- */

/* Every trigger and stage at once is what is hardest to verify. */
static void loads_with_everything_on(void **state)
{
	static const uint32_t kinds[][STAGES] = {
		{ STAGE_FLAGS, STAGE_TTL, STAGE_DROP, STAGE_DUP },
		{ STAGE_ECN, STAGE_DSCP, STAGE_WINDOW, STAGE_MSS },
		{ STAGE_VLAN, STAGE_CORRUPT, STAGE_TRUNCATE, STAGE_BADCSUM },
		{ STAGE_DELAY, STAGE_REORDER, STAGE_MSS, STAGE_MSS },
		{ STAGE_REORDER, STAGE_REORDER, STAGE_CORRUPT, STAGE_CORRUPT },
	};
	struct stage all = { .flags = STAGE_SEEDED | STAGE_LOG, .arg = { 1, 1 },
			     .match.on = ~0u, .match.tcp_flags_mask = 0xfff,
			     .trigger = { .ratio = 3, .limit = 5, .from = 1, .to = 100000,
					  .until_ns = ~0ull, .seed = 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(kinds) * 3; i++) {
		struct stage stages[STAGES];

		all.trigger.every = i % 3 == 1 ? 3 : 0;
		all.trigger.nth = i % 3 == 2 ? 3 : 0;
		for (int at = 0; at < STAGES; at++) {
			stages[at] = all;
			stages[at].kind = kinds[i / 3][at];
		}
		mangle_tc_bpf__destroy(load(stages, STAGES));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_are_mangled),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(stages_run_in_order),
		cmocka_unit_test(what_is_dropped_goes_no_further),
		cmocka_unit_test(stage_after_vlan_push_finds_its_way),
		cmocka_unit_test(dry_run_touches_nothing),
		cmocka_unit_test(match_decides_first),
		cmocka_unit_test(first_of_each_connection4),
		cmocka_unit_test(first_of_each_connection6),
		cmocka_unit_test(every_tenth_of_each_connection),
		cmocka_unit_test(every_of_bare_packets),
		cmocka_unit_test(range_of_the_stream),
		cmocka_unit_test(time_is_over),
		cmocka_unit_test(limit_counts_the_chosen),
		cmocka_unit_test(limit_leaves_out_failures),
		cmocka_unit_test(ratio_has_its_share),
		cmocka_unit_test(seed_decides_by_ordinal_and_offset),
		cmocka_unit_test(loads_with_everything_on),
	};

	return ENGINE_RUN(tests);
}
