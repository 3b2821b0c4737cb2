// SPDX-License-Identifier: GPL-2.0
/*
 * test_kinds.c - every kind of mangler at tc and at XDP, on made-up frames
 * (BPF_PROG_TEST_RUN)
 *
 * All sums are complete here, and no frame leaves: test_kinds_wire.c has the rest. Exit
 * status 77: this machine does not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "kind_prog.h"

static const struct { int pass, drop; } verdicts[HOOKS] = {
	{ TC_ACT_UNSPEC, TC_ACT_SHOT }, { XDP_PASS, XDP_DROP },
};

static void load_one(struct kind_prog *k, enum hook hook, struct stage stage)
{
	prog_load(k, hook, NULL, &stage, 1);
}

/* Passes a frame; returns how many were mangled. */
static uint64_t mangled_by(const struct kind_prog *k, enum hook hook, struct frame *f)
{
	uint64_t before = prog_counted(k, 0).mangled;

	assert_int_equal(prog_pass(k, f), verdicts[hook].pass);
	return prog_counted(k, 0).mangled - before;
}

static void assert_same(const struct frame *got, const struct frame *wanted)
{
	assert_int_equal(got->len, wanted->len);
	assert_memory_equal(got->data, wanted->data, wanted->len);
}

static bool works_at(uint32_t kind, enum hook hook)
{
	return hook == HOOK_TC || (kind != STAGE_DUP && kind != STAGE_DELAY &&
				   kind != STAGE_REORDER);
}

/* ---- every kind in every program ---- */

/* Alone and in the last stage, with all that costs stack: the verifier takes it. */
static void kinds_load(void **state)
{
	const struct trigger nth = { .nth = 3, .limit = 9, .from = 1, .until_ns = 1 };

	for (uint32_t kind = STAGE_FLAGS; kind <= STAGE_REORDER; kind++) {
		for (int way = 0; way < 2 * HOOKS; way++) {
			struct stage stages[STAGES] = { { .kind = STAGE_TTL } };
			enum hook hook = way % HOOKS;
			struct kind_prog k;

			if (!works_at(kind, hook))
				continue;
			for (int i = 1; i < STAGES; i++)
				stages[i] = stages[0];
			stages[STAGES - 1] = (struct stage){
				.kind = kind, .arg = { 2, 3 }, .trigger = nth,
				.flags = STAGE_SEEDED | STAGE_LOG, .match.on = MATCH_SRC | MATCH_DST,
			};
			if (way / HOOKS)
				prog_load(&k, hook, NULL, stages, STAGES);
			else
				load_one(&k, hook, stages[STAGES - 1]);
			prog_free(&k);
		}
	}
}

/* ---- header fields ---- */

static void edit_shapes(const struct edit *edit, const struct kind_prog *k, enum hook hook)
{
	struct frame f, expected;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		edit_build(&f, &tcp_shapes[i].spec);
		expected = f;
		edit->expect(&expected);
		frame_resum(&expected);
		assert_int_equal(mangled_by(k, hook, &f), 1);
		assert_same(&f, &expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++) {
		const struct frame_spec *spec = &not_tcp_shapes[i].spec;
		bool ip = spec->vlans < 3 && spec->n_ext < 7;

		edit_build(&f, spec);
		expected = f;
		if (edit->ip_only && ip) {
			edit->expect(&expected);
			frame_resum(&expected);
		}
		assert_int_equal(mangled_by(k, hook, &f), edit->ip_only && ip);
		assert_same(&f, &expected);
	}
}

static void edits_fields(void **state)
{
	for (size_t i = 0; i < HOOKS * ARRAY_SIZE(edits); i++) {
		const struct edit *edit = &edits[i / HOOKS];
		enum hook hook = i % HOOKS;
		struct kind_prog k;

		print_message("    %s %s\n", edit->name, hook_names[hook]);
		load_one(&k, hook, edit->stage);
		edit_shapes(edit, &k, hook);
		prog_free(&k);
	}
}

/* The sum covers the other fragments too, so it can only be updated. */
static void edits_the_first_fragment(void **state)
{
	struct frame_spec spec = { .more_frags = true, .payload = 64 };

	for (int hook = 0; hook < HOOKS; hook++) {
		struct kind_prog k;
		struct frame f;

		load_one(&k, hook, (struct stage){ .kind = STAGE_WINDOW, .arg = { 7 } });
		frame_build(&f, &spec);
		assert_int_equal(mangled_by(&k, hook, &f), 1);
		assert_int_equal(f.data[f.l4 + 15], 7);
		assert_int_equal(l4_sum(&f), 0);
		prog_free(&k);
	}
}

static void mss_is_clamped(void **state)
{
	for (int i = 0; i < 2 * HOOKS; i++) {
		enum hook hook = i % HOOKS;
		struct frame f, expected;
		struct kind_prog k;

		load_one(&k, hook, (struct stage){ .kind = STAGE_MSS, .arg = { 536 } });
		for (size_t row = 0; row < ARRAY_SIZE(mss_rows); row++) {
			print_message("    %s %s\n", mss_rows[row].name, hook_names[hook]);
			build_syn(&f, &mss_rows[row], i / HOOKS ? 6 : 4, 0x12);
			expected = f;
			if (mss_rows[row].at) {
				put16(expected.data + f.l4 + 20 + mss_rows[row].at, 536);
				frame_resum(&expected);
			}
			assert_int_equal(mangled_by(&k, hook, &f), !!mss_rows[row].at);
			assert_same(&f, &expected);
		}
		assert_int_equal(prog_counted(&k, 0).failed, 0);
		prog_free(&k);
	}
}

/* What one stage left, the next one sees. */
static void stages_see_each_other(void **state)
{
	const struct stage stages[] = {
		{ .kind = STAGE_FLAGS, .arg = { 8 } }, { .kind = STAGE_TTL, .arg = { TTL_DEC, 4 } },
		{ .kind = STAGE_FLAGS, .arg = { 0, 8 } }, { .kind = STAGE_TTL, .arg = { TTL_DEC, 5 } },
	};

	for (size_t i = 0; i < HOOKS * ARRAY_SIZE(tcp_shapes); i++) {
		const struct frame_spec *spec = &tcp_shapes[i / HOOKS].spec;
		enum hook hook = i % HOOKS;
		struct frame f, expected;
		struct kind_prog k;

		prog_load(&k, hook, NULL, stages, ARRAY_SIZE(stages));
		frame_build(&f, spec);
		expected = f;
		set_ttl(&expected, 55);
		frame_resum(&expected);
		assert_int_equal(prog_pass(&k, &f), verdicts[hook].pass);
		assert_same(&f, &expected);
		for (int stage = 0; stage < 4; stage++)
			assert_int_equal(prog_counted(&k, stage).mangled, 1);
		prog_free(&k);
	}
}

/* ---- layer 2 ---- */

static void expect_tag(struct frame *f, uint16_t tci)
{
	memmove(f->data + 16, f->data + 12, f->len - 12);
	put16(f->data + 12, 0x8100);
	put16(f->data + 14, tci);
	f->len += 4;
}

static void expect_no_tag(struct frame *f)
{
	memmove(f->data + 12, f->data + 16, f->len - 16);
	f->len -= 4;
}

/* At tc the outermost tag stays beside the frame, so what shows there is one less. */
static void vlan_is_pushed(void **state)
{
	const struct stage stages[] = {
		{ .kind = STAGE_VLAN, .arg = { VLAN_PUSH, 3 << 13 | 10 } },
		{ .kind = STAGE_VLAN, .arg = { VLAN_PUSH, 20 } },
	};

	for (size_t i = 0; i < HOOKS * ARRAY_SIZE(tcp_shapes); i++) {
		enum hook hook = i % HOOKS;
		struct frame f, expected;
		struct kind_prog k;

		frame_build(&f, &tcp_shapes[i / HOOKS].spec);
		if (tcp_shapes[i / HOOKS].spec.vlans > 1)
			continue;		/* the second stage finds no IP in it */
		prog_load(&k, hook, NULL, stages, 2);
		expected = f;
		expect_tag(&expected, 3 << 13 | 10);
		if (hook == HOOK_XDP)
			expect_tag(&expected, 20);
		assert_int_equal(mangled_by(&k, hook, &f), 1);
		assert_int_equal(prog_counted(&k, 1).mangled, 1);
		assert_same(&f, &expected);
		prog_free(&k);
	}
}

static void vlan_is_popped(void **state)
{
	for (int hook = 0; hook < HOOKS; hook++) {
		struct frame f, expected;
		struct kind_prog k;

		load_one(&k, hook, (struct stage){ .kind = STAGE_VLAN, .arg = { VLAN_POP } });
		for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
			const struct frame_spec *spec = &tcp_shapes[i].spec;

			frame_build(&f, spec);
			expected = f;
			for (int tags = spec->vlans; tags; tags = hook == HOOK_TC ? tags - 1 : 0)
				expect_no_tag(&expected);	/* tc: the inner one too, beside */
			assert_int_equal(mangled_by(&k, hook, &f), !!spec->vlans);
			assert_same(&f, &expected);
		}
		assert_int_equal(prog_counted(&k, 0).failed, 0);
		prog_free(&k);
	}
}

/* ---- harm ---- */

static void drops(void **state)
{
	for (int hook = 0; hook < HOOKS; hook++) {
		struct kind_prog k;
		struct frame f;

		load_one(&k, hook, (struct stage){ .kind = STAGE_DROP });
		for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
			frame_build(&f, &tcp_shapes[i].spec);
			assert_int_equal(prog_pass(&k, &f), verdicts[hook].drop);
		}
		assert_int_equal(prog_counted(&k, 0).mangled, ARRAY_SIZE(tcp_shapes));
		prog_free(&k);
	}
}

typedef void on_shape(const struct kind_prog *k, enum hook hook, const struct frame_spec *spec);

static void for_all_flows(struct stage stage, on_shape *fn)
{
	for (int hook = 0; hook < HOOKS; hook++) {
		struct kind_prog k;

		load_one(&k, hook, stage);
		for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
			fn(&k, hook, &tcp_shapes[i].spec);
		for (size_t i = 0; i < ARRAY_SIZE(udp_shapes); i++)
			fn(&k, hook, &udp_shapes[i].spec);
		assert_int_equal(prog_counted(&k, 0).failed, 0);
		prog_free(&k);
	}
}

static void corrupt_one(const struct kind_prog *k, enum hook hook, const struct frame_spec *spec)
{
	for (int again = 0; again < 50; again++) {
		struct frame before, after;
		int bits = 0, payload_bits = 0;

		frame_build(&before, spec);
		after = before;
		assert_int_equal(mangled_by(k, hook, &after), 1);
		assert_int_equal(after.len, before.len);
		for (size_t i = 0; i < before.len; i++) {
			int n = __builtin_popcount(before.data[i] ^ after.data[i]);

			bits += n;
			if (i >= before.ip_end - spec->payload && i < before.ip_end)
				payload_bits += n;
		}
		assert_int_equal(bits, 1);
		assert_int_equal(payload_bits, 1);
		assert_false(frame_sums_ok(&after));
	}
}

static void corrupts_one_bit(void **state)
{
	for_all_flows((struct stage){ .kind = STAGE_CORRUPT }, corrupt_one);
}

static void spoil_one(const struct kind_prog *k, enum hook hook, const struct frame_spec *spec)
{
	struct frame before, after;

	frame_build(&before, spec);
	after = before;
	assert_int_equal(mangled_by(k, hook, &after), 1);
	assert_false(frame_sums_ok(&after));
	frame_resum(&after);
	assert_same(&after, &before);
}

static void spoils_sums(void **state)
{
	for_all_flows((struct stage){ .kind = STAGE_BADCSUM }, spoil_one);
}

static void cut_one(const struct kind_prog *k, enum hook hook, const struct frame_spec *spec)
{
	struct frame before, after;

	frame_build(&before, spec);
	after = before;
	assert_int_equal(mangled_by(k, hook, &after), 1);
	assert_int_equal(after.len, before.ip_end - spec->payload + spec->payload / 2);
	assert_memory_equal(after.data, before.data, after.len);
}

static void cuts_payload(void **state)
{
	for_all_flows((struct stage){ .kind = STAGE_TRUNCATE }, cut_one);
}

static void udp_without_a_sum(void **state)
{
	struct frame_spec spec = { .proto = 17, .payload = 20 };

	for (int hook = 0; hook < HOOKS; hook++) {
		struct frame before, after;
		struct kind_prog k;

		frame_build(&before, &spec);
		put16(before.data + check_at(&before), 0);
		after = before;
		load_one(&k, hook, (struct stage){ .kind = STAGE_BADCSUM });
		assert_int_equal(mangled_by(&k, hook, &after), 0);
		assert_int_equal(prog_counted(&k, 0).failed, 1);
		assert_same(&after, &before);
		prog_free(&k);
	}
}

/* ---- frames that end early ---- */

static void cut_short(const struct kind_prog *k, enum hook hook, const struct frame_spec *spec)
{
	struct frame whole, f;

	frame_build(&whole, spec);
	for (size_t len = 14; len < whole.ip_end; len++) {
		bool may_refuse = len < whole.l3 + (whole.family == 4 ? 20 : 40);
		int rc;

		f = whole;
		f.len = len;
		rc = prog_pass(k, &f);
		assert_true(rc == verdicts[hook].pass || (rc == -EINVAL && may_refuse));
		assert_int_equal(f.len, len);
		assert_memory_equal(f.data, whole.data, len);
	}
}

static void truncated_frames_stay(void **state)
{
	static const int shapes[] = { 0, 7, 12 };

	for (uint32_t kind = STAGE_FLAGS; kind <= STAGE_REORDER; kind++) {
		for (int hook = 0; hook < HOOKS; hook++) {
			struct kind_prog k;

			if (!works_at(kind, hook))
				continue;
			load_one(&k, hook, (struct stage){ .kind = kind, .arg = { 1, 2 } });
			for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
				cut_short(&k, hook, &tcp_shapes[shapes[i]].spec);
			assert_int_equal(prog_counted(&k, 0).mangled, 0);
			prog_free(&k);
		}
	}
}

/* ---- time ---- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t sent_at(const struct kind_prog *k, uint32_t seq, uint64_t tstamp)
{
	struct frame_spec spec = { .payload = 100, .seq = seq };
	struct __sk_buff ctx = { .tstamp = tstamp };
	struct frame f;

	frame_build(&f, &spec);
	assert_int_equal(prog_pass_ctx(k, &f, &ctx), TC_ACT_UNSPEC);
	return ctx.tstamp;
}

static void delays(void **state)
{
	struct stage s = { .kind = STAGE_DELAY, .arg = { 5000 } };
	uint64_t before, at, later = now_ns() + 60000000000;
	struct kind_prog k;

	load_one(&k, HOOK_TC, s);
	before = now_ns();
	at = sent_at(&k, 1, 0);
	assert_in_range(at, before + 5000000, now_ns() + 5000000);
	assert_int_equal(sent_at(&k, 2, later), later + 5000000);
	prog_free(&k);
}

/* The 5th of the connection: 2 packets keep their time, those behind them get its. */
static void reorders(void **state)
{
	struct stage s = { .kind = STAGE_REORDER, .arg = { 2, 20000000 }, .trigger.nth = 5 };
	uint64_t held = 0, at, before;
	struct kind_prog k;

	load_one(&k, HOOK_TC, s);
	before = now_ns();
	for (int i = 1; i <= 12; i++) {
		at = sent_at(&k, i * 100, 0);
		if (i == 5)
			held = at;
		assert_int_equal(at, i < 5 || i == 6 || i == 7 ? 0 : held);
	}
	assert_in_range(held, before + 20000000000, now_ns() + 20000000000);
	assert_int_equal(prog_counted(&k, 0).mangled, 1);
	prog_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_load),
		cmocka_unit_test(edits_fields),
		cmocka_unit_test(edits_the_first_fragment),
		cmocka_unit_test(mss_is_clamped),
		cmocka_unit_test(stages_see_each_other),
		cmocka_unit_test(vlan_is_pushed),
		cmocka_unit_test(vlan_is_popped),
		cmocka_unit_test(drops),
		cmocka_unit_test(corrupts_one_bit),
		cmocka_unit_test(spoils_sums),
		cmocka_unit_test(cuts_payload),
		cmocka_unit_test(udp_without_a_sum),
		cmocka_unit_test(truncated_frames_stay),
		cmocka_unit_test(delays),
		cmocka_unit_test(reorders),
	};
	int rc = prog_may_load();

	if (rc) {
		printf("skip: no right to load BPF programs\n");
		return rc;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
