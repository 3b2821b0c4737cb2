// SPDX-License-Identifier: GPL-2.0
/*
 * test_kinds_harm.c - the kinds of manglers that do more than edit a header field
 *
 * mss, vlan, drop, dup, corrupt, truncate, badcsum, delay and reorder, run natively.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kind_run.h"

typedef void on_shape(const struct frame_spec *spec, bool partial);

static void for_all_flows(on_shape *fn)
{
	for (int partial = 0; partial < 2; partial++) {
		for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
			fn(&tcp_shapes[i].spec, partial);
		for (size_t i = 0; i < ARRAY_SIZE(udp_shapes); i++)
			fn(&udp_shapes[i].spec, partial);
	}
}

/* Builds, runs, and completes the sum if that was left to others. */
static void run_on(struct kind_run *r, const struct stage *s, const struct frame_spec *spec,
		   bool partial, uint64_t random, struct frame *before, struct frame *after)
{
	frame_build(before, spec);
	*after = *before;
	if (partial)
		frame_make_partial(after);
	r->io.partial = partial;
	kind_run(r, s, after, random);
	if (partial)
		frame_complete(after);
}

/* ---- mss ---- */

static void clamp(const struct mss_row *row, int family, uint32_t mss, bool partial)
{
	struct stage s = { .kind = STAGE_MSS, .arg = { mss } };
	struct kind_run r = { .io.partial = partial };
	bool changes = row->at && mss < 0x05b4;
	struct frame f, expected;

	build_syn(&f, row, family, 0x02);
	expected = f;
	if (changes) {
		put16(expected.data + f.l4 + 20 + row->at, mss);
		frame_resum(&expected);
	}
	if (partial)
		frame_make_partial(&f);
	kind_run(&r, &s, &f, 0);
	if (partial)
		frame_complete(&f);
	assert_int_equal(r.may, KIND_YES);
	assert_int_equal(r.rc, changes ? 0 : KIND_SAME);
	assert_int_equal(r.e.before, row->at ? 0x05b4 : 0);
	assert_int_equal(r.e.after, changes ? mss : r.e.before);
	assert_memory_equal(f.data, expected.data, expected.len);
}

static void mss_is_clamped(void **state)
{
	static const uint32_t values[] = { 0, 1, 536, 1459, 1460, 1461, 65535 };

	for (size_t i = 0; i < ARRAY_SIZE(mss_rows); i++) {
		print_message("    %s\n", mss_rows[i].name);
		for (size_t k = 0; k < ARRAY_SIZE(values); k++)
			for (int way = 0; way < 4; way++)
				clamp(&mss_rows[i], way & 1 ? 6 : 4, values[k], way & 2);
	}
}

static void mss_is_for_syns(void **state)
{
	struct stage s = { .kind = STAGE_MSS, .arg = { 536 } };

	for (int flags = 1; flags < 256; flags++) {
		struct kind_run r = { 0 };
		struct frame f;

		build_syn(&f, &mss_rows[0], 4, flags);
		kind_run(&r, &s, &f, 0);
		assert_int_equal(r.may, flags & 2 ? KIND_YES : KIND_NO);
	}
}

/* Whatever options are: nothing beyond them is read or written, and the sum is right. */
static void mss_of_random_options(void **state)
{
	struct stage s = { .kind = STAGE_MSS, .arg = { 100 } };
	int clamped = 0;

	for (uint64_t n = 0; n < 50000; n++) {
		struct frame_spec spec = { .tcp_opt_words = choose_random(1, n) % 11,
					   .tcp_flags = 0x12 };
		struct kind_run r = { 0 };
		struct frame f, before;

		frame_build(&f, &spec);
		for (int i = 0; i < spec.tcp_opt_words * 4; i++)
			f.data[f.l4 + 20 + i] = choose_random(n, i) % 6;
		frame_resum(&f);
		before = f;
		kind_run(&r, &s, &f, 0);
		assert_true(r.rc >= 0);
		assert_true(frame_sums_ok(&f));
		if (r.rc == KIND_SAME)
			assert_memory_equal(f.data, before.data, f.len);
		clamped += !r.rc;
	}
	assert_true(clamped > 500);
}

/* ---- vlan ---- */

static uint16_t at16(const struct frame *f, size_t at)
{
	return f->data[at] << 8 | f->data[at + 1];
}

/* Pushed beside the frame first; a tag that is there already goes into it. */
static void vlan_is_pushed(void **state)
{
	struct stage s = { .kind = STAGE_VLAN, .arg = { VLAN_PUSH, 5 << 13 | 10 } };

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		const struct frame_spec *spec = &tcp_shapes[i].spec;
		struct frame before, after;
		struct kind_run r = { 0 };

		frame_build(&before, spec);
		after = before;
		kind_run(&r, &s, &after, 0);
		assert_int_equal(r.rc, 0);
		assert_int_equal(r.io.vlan, 5 << 13 | 0x1000 | 10);
		assert_int_equal(r.e.after, r.io.vlan);
		assert_int_equal(r.e.before, spec->vlans ? 100 | 0x1000 : 0);
		assert_memory_equal(after.data, before.data, before.len);

		kind_run(&r, &s, &after, 0);
		assert_int_equal(r.rc, 0);
		assert_int_equal(r.e.before, 5 << 13 | 0x1000 | 10);
		assert_int_equal(after.len, before.len + 4);
		assert_int_equal(at16(&after, 12), 0x8100);
		assert_int_equal(at16(&after, 14), 5 << 13 | 10);
		assert_memory_equal(after.data, before.data, 12);
		assert_memory_equal(after.data + 16, before.data + 12, before.len - 12);
	}
}

static void vlan_is_popped(void **state)
{
	struct stage s = { .kind = STAGE_VLAN, .arg = { VLAN_POP } };

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		const struct frame_spec *spec = &tcp_shapes[i].spec;
		struct frame before, after;
		struct kind_run r = { 0 };

		frame_build(&before, spec);
		after = before;
		kind_run(&r, &s, &after, 0);
		if (!spec->vlans) {
			assert_int_equal(r.may, KIND_NO);
			assert_memory_equal(after.data, before.data, before.len);
			continue;
		}
		assert_int_equal(r.rc, 0);
		assert_int_equal(r.e.before, 100 | 0x1000);
		assert_int_equal(r.e.after, spec->vlans > 1 ? 101 | 0x1000 : 0);
		assert_int_equal(after.len, before.len - 4);
		assert_memory_equal(after.data, before.data, 12);
		assert_memory_equal(after.data + 12, before.data + 16, after.len - 12);
	}
}

static void vlan_beside_the_frame_is_popped(void **state)
{
	struct stage s = { .kind = STAGE_VLAN, .arg = { VLAN_POP } };
	struct kind_run r = { .io.vlan = 7 | 0x1000 };
	struct frame_spec spec = { .payload = 9 };
	struct frame before, after;

	frame_build(&before, &spec);
	after = before;
	kind_run(&r, &s, &after, 0);
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.e.before, 7 | 0x1000);
	assert_int_equal(r.e.after, 0);
	assert_int_equal(r.io.vlan, 0);
	assert_memory_equal(after.data, before.data, before.len);
}

/* ---- drop, dup ---- */

static void drop_and_dup(const struct frame_spec *spec, bool partial)
{
	struct stage drop = { .kind = STAGE_DROP }, dup = { .kind = STAGE_DUP };
	struct frame before, after;
	struct kind_run r = { 0 };

	run_on(&r, &drop, spec, partial, 0, &before, &after);
	assert_int_equal(r.may, KIND_YES);
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.e.verdict, KIND_DROP);
	assert_int_equal(r.e.before, before.len);
	run_on(&r, &dup, spec, partial, 0, &before, &after);
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.io.clones, 1);
	assert_int_equal(r.e.verdict, KIND_PASS);
	assert_int_equal(r.e.after, 2);
	assert_memory_equal(after.data, before.data, before.len);
}

static void drops_and_doubles(void **state)
{
	for_all_flows(drop_and_dup);
	for (size_t i = 1; i < ARRAY_SIZE(not_tcp_shapes); i++)
		if (not_tcp_shapes[i].spec.n_ext < 7)
			drop_and_dup(&not_tcp_shapes[i].spec, false);
}

/* ---- corrupt ---- */

static int bits_of(uint8_t byte)
{
	return __builtin_popcount(byte);
}

/* One bit of the payload, the sum of the intact packet, and the log says which. */
static void corrupt_one(const struct frame_spec *spec, bool partial, uint64_t random)
{
	struct stage s = { .kind = STAGE_CORRUPT };
	struct frame before, after;
	struct kind_run r = { 0 };
	size_t start, at;
	int bits = 0;

	run_on(&r, &s, spec, partial, random, &before, &after);
	start = before.ip_end - spec->payload;
	assert_int_equal(r.may, KIND_YES);
	assert_int_equal(r.rc, 0);
	for (size_t i = 0; i < before.len; i++)
		bits += bits_of(before.data[i] ^ after.data[i]);
	assert_int_equal(bits, 1);
	at = start + (r.e.after >> 8);
	assert_in_range(at, start, before.ip_end - 1);
	assert_int_equal(bits_of(before.data[at] ^ after.data[at]), 1);
	assert_int_equal(r.e.before, (at - start) << 8 | before.data[at]);
	assert_int_equal(r.e.after, (at - start) << 8 | after.data[at]);
	assert_true(frame_sums_ok(&before));
	assert_false(frame_sums_ok(&after));
}

static void corrupt_often(const struct frame_spec *spec, bool partial)
{
	for (uint64_t n = 0; n < 64; n++)
		corrupt_one(spec, partial, choose_random(3, n));
	corrupt_one(spec, partial, 0);
	corrupt_one(spec, partial, UINT32_MAX);
}

static void corrupts_one_bit(void **state)
{
	for_all_flows(corrupt_often);
}

/* 4 bytes: 32 bits, each about as often. */
static void corrupts_any_bit(void **state)
{
	struct frame_spec spec = { .payload = 4 };
	struct stage s = { .kind = STAGE_CORRUPT };
	unsigned int count[4][256] = { { 0 } };
	struct frame before, after;

	for (uint64_t n = 0; n < 32 * 400; n++) {
		struct kind_run r = { 0 };

		run_on(&r, &s, &spec, false, choose_random(4, n), &before, &after);
		count[r.e.after >> 8][(r.e.before ^ r.e.after) & 0xff]++;
	}
	for (int i = 0; i < 32; i++)
		assert_in_range(count[i / 8][1 << i % 8], 300, 500);	/* 5 sigma */
}

/* ---- badcsum ---- */

static void spoil_one(const struct frame_spec *spec, bool partial)
{
	struct stage s = { .kind = STAGE_BADCSUM };
	struct frame before, after;
	struct kind_run r = { 0 };

	run_on(&r, &s, spec, partial, 0, &before, &after);
	assert_int_equal(r.may, KIND_YES);
	assert_int_equal(r.rc, 0);
	assert_false(frame_sums_ok(&after));
	assert_int_not_equal(r.e.before, r.e.after);
	if (!partial) {
		assert_int_equal(r.e.before, at16(&before, check_at(&before)));
		assert_int_equal(r.e.after, at16(&after, check_at(&after)));
	}
	frame_resum(&after);
	assert_memory_equal(after.data, before.data, before.len);
}

static void spoils_sums(void **state)
{
	for_all_flows(spoil_one);
}

/* Whatever the sum was: another one, not the same in one's complement, and not "none". */
static void spoiled_is_another(void **state)
{
	for (uint32_t check = 0; check < 0x10000; check++) {
		uint16_t spoiled = sum_spoiled(check);

		assert_int_not_equal(spoiled % 0xffff, check % 0xffff);
		assert_int_not_equal(spoiled, 0);
	}
}

/* Without a checksum there is none to be wrong; of what edits payload it stays none. */
static void udp_without_a_sum(void **state)
{
	static const uint32_t kinds[] = { STAGE_BADCSUM, STAGE_CORRUPT, STAGE_TTL };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct stage s = { .kind = kinds[i], .arg = { TTL_DEC, 1 } };
		struct frame_spec spec = { .proto = 17, .payload = 20 };
		struct kind_run r = { 0 };
		struct frame f;

		frame_build(&f, &spec);
		put16(f.data + check_at(&f), 0);
		kind_run(&r, &s, &f, 99);
		assert_int_equal(r.rc < 0, s.kind == STAGE_BADCSUM);
		assert_int_equal(at16(&f, check_at(&f)), 0);
	}
}

/* ---- truncate ---- */

static void cut_one(const struct frame_spec *spec, bool partial)
{
	for (int stays = 0; stays <= spec->payload + 1; stays++) {
		struct stage s = { .kind = STAGE_TRUNCATE, .arg = { stays } };
		int left = stays ?: spec->payload / 2;
		struct frame before, after;
		struct kind_run r = { 0 };

		run_on(&r, &s, spec, false, 0, &before, &after);
		assert_memory_equal(after.data, before.data, after.len);
		if (left >= spec->payload) {
			assert_int_equal(r.may, KIND_ALREADY);
			assert_int_equal(after.len, before.len);
			continue;
		}
		assert_int_equal(r.rc, 0);
		assert_int_equal(after.len, before.ip_end - spec->payload + left);
		assert_int_equal(r.e.before, spec->payload);
		assert_int_equal(r.e.after, left);
	}
}

static void cuts_payload(void **state)
{
	for_all_flows(cut_one);
}

/* A segment of a GSO frame cannot be meant alone: refused, and nothing is changed. */
static void gso_frames_are_refused(void **state)
{
	static const uint32_t kinds[] = { STAGE_CORRUPT, STAGE_TRUNCATE };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct frame_spec spec = { .payload = 3000 };
		struct stage s = { .kind = kinds[i] };
		struct kind_run r = { .io.gso_size = 1000 };
		struct frame before, after;

		run_on(&r, &s, &spec, true, 5, &before, &after);
		assert_int_equal(r.may, KIND_YES);
		assert_true(r.rc < 0);
		assert_int_equal(after.len, before.len);
		assert_memory_equal(after.data, before.data, before.len);
	}
}

/* Not for packets that have no payload, or whose ports are in another fragment. */
static void no_harm_without_payload(void **state)
{
	static const struct frame_spec specs[] = {
		{ .payload = 0 }, { .payload = 0, .padding = 6 }, { .proto = 17 },
		{ .proto = 1, .payload = 9 }, { .frag_units = 3, .payload = 99 },
		{ .family = 6, .ext = { 44 }, .n_ext = 1, .frag_units = 1, .payload = 99 },
	};
	static const uint32_t kinds[] = { STAGE_CORRUPT, STAGE_TRUNCATE, STAGE_REORDER };

	for (size_t i = 0; i < ARRAY_SIZE(specs) * ARRAY_SIZE(kinds); i++) {
		struct stage s = { .kind = kinds[i % ARRAY_SIZE(kinds)] };
		struct frame before, after;
		struct kind_run r = { 0 };

		run_on(&r, &s, &specs[i / ARRAY_SIZE(kinds)], false, 0, &before, &after);
		assert_int_equal(r.parsed, PKT_OK);
		assert_int_equal(r.may, KIND_NO);
	}
}

/* ---- delay ---- */

static uint64_t delayed(const struct stage *s, uint64_t now, uint64_t tstamp, uint64_t random,
			uint32_t *us)
{
	struct kind_run r = { .io.now = now, .io.tstamp = tstamp };
	struct frame_spec spec = { .payload = 1 };
	struct frame f;

	frame_build(&f, &spec);
	kind_run(&r, s, &f, random);
	assert_int_equal(r.rc, 0);
	*us = r.e.after;
	return r.io.tstamp;
}

static void delays(void **state)
{
	struct stage s = { .kind = STAGE_DELAY, .arg = { 5000 } };
	unsigned int low = 0, high = 0;
	uint64_t now = 1000000000;
	uint32_t us;

	assert_int_equal(delayed(&s, now, 0, 7, &us), now + 5000000);
	assert_int_equal(delayed(&s, now, now - 9, 7, &us), now + 5000000);
	assert_int_equal(delayed(&s, now, now + 9, 7, &us), now + 9 + 5000000);
	assert_int_equal(us, 5000);
	s.arg[1] = 2000;
	for (uint64_t n = 0; n < 40010; n++) {
		uint64_t at = delayed(&s, now, 0, choose_random(5, n), &us);

		assert_int_equal(at, now + us * 1000ull);
		assert_in_range(us, 3000, 7000);
		low += us < 4000;
		high += us > 6000;
	}
	assert_in_range(low, 9500, 10500);	/* a quarter of 40000; 5 sigma are 433 */
	assert_in_range(high, 9500, 10500);
	s.arg[1] = 9000;
	for (uint64_t n = 0; n < 1000; n++) {
		delayed(&s, now, 0, choose_random(6, n), &us);
		assert_in_range(us, 0, 14000);
	}
}

/* ---- reorder ---- */

enum { STREAM = 400, HOLD_NS = 10000000 };

struct sent {
	int index;
	uint64_t leaves;
};

static int by_time(const void *a, const void *b)
{
	const struct sent *x = a, *y = b;

	if (x->leaves != y->leaves)
		return x->leaves < y->leaves ? -1 : 1;
	return x->index - y->index;
}

/* One packet every @gap ns, those at @chosen are chosen if they may be; fq as it sends. */
static void send_stream(uint32_t depth, uint64_t gap, uint64_t chosen_every, int flags_at,
			uint8_t flags, struct sent *out, bool *held)
{
	struct stage s = { .kind = STAGE_REORDER, .arg = { depth, HOLD_NS / 1000 } };
	struct kind_state state = { 0 };

	for (int i = 0; i < STREAM; i++) {
		struct io io = { .now = 1000000 + i * gap };
		struct pkt p = { .family = 4, .has_l4 = 1, .proto = 6, .payload = 100 };
		struct kind_edit e = { .state = &state };
		enum kind_may may;

		if (i == flags_at) {
			p.payload = 0;
			p.tcp_flags = flags;
		}
		may = kind_pass(&io, &p, &s, &state);
		held[i] = may == KIND_YES && i % chosen_every == 5;
		if (held[i])
			assert_int_equal(kind_edit(&io, &p, &s, 0, &e), 0);
		out[i] = (struct sent){ i, io.tstamp > io.now ? io.tstamp : io.now };
	}
	qsort(out, STREAM, sizeof(*out), by_time);
}

/* How many packets that came behind @index left before it. */
static unsigned int overtaken_by(const struct sent *out, int index)
{
	unsigned int n = 0;

	for (int i = 0; out[i].index != index; i++)
		n += out[i].index > index;
	return n;
}

/* Enough packets while it waits: each held packet is overtaken by N, no other by any. */
static void reorder_by_depth(void **state)
{
	static const uint32_t depths[] = { 1, 2, 3, 10 };
	static const uint64_t gaps[] = { 1000, 100000, 900000 }, every[] = { 11, 50, 1000 };
	static struct sent out[STREAM];
	static bool held[STREAM];

	for (int i = 0; i < 4 * 3 * 3; i++) {
		uint32_t depth = depths[i % 4];
		int n = 0;

		send_stream(depth, gaps[i / 4 % 3], every[i / 12], -1, 0, out, held);
		for (int k = 0; k < STREAM - 12; k++) {
			assert_int_equal(overtaken_by(out, k), held[k] ? depth : 0);
			n += held[k];
		}
		assert_true(n >= 1 && n <= STREAM / 11 + 1);
	}
}

/* Few packets: when the time is over it leaves, and those behind it in their order. */
static void reorder_ends_by_time(void **state)
{
	static struct sent out[STREAM];
	static bool held[STREAM];

	send_stream(3, HOLD_NS * 2 / 3, 1000, -1, 0, out, held);
	assert_true(held[5]);
	for (int k = 0; k < STREAM; k++)
		assert_int_equal(overtaken_by(out, k), k == 5);
	for (int k = 0; k < STREAM; k++)
		if (out[k].index == 5)
			assert_int_equal(out[k].leaves, 1000000 + 5ull * (HOLD_NS * 2 / 3) +
							HOLD_NS);
}

/* A bare ACK goes ahead and does not count; FIN and RST do not go ahead of data. */
static void reorder_and_bare_packets(void **state)
{
	static const struct { uint8_t flags; bool waits; } rows[] = {
		{ 0x10, false }, { 0x11, true }, { 0x14, true }, { 0x04, true },
	};
	static struct sent out[STREAM];
	static bool held[STREAM];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		send_stream(3, 1000, 1000, 7, rows[i].flags, out, held);
		for (int k = 0, bare = 0; k < STREAM; k++) {
			bare |= out[k].index == 7;
			if (out[k].index == 5)
				assert_int_equal(bare, !rows[i].waits);
		}
		assert_int_equal(overtaken_by(out, 5), rows[i].waits ? 3 : 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mss_is_clamped),
		cmocka_unit_test(mss_is_for_syns),
		cmocka_unit_test(mss_of_random_options),
		cmocka_unit_test(vlan_is_pushed),
		cmocka_unit_test(vlan_is_popped),
		cmocka_unit_test(vlan_beside_the_frame_is_popped),
		cmocka_unit_test(drops_and_doubles),
		cmocka_unit_test(corrupts_one_bit),
		cmocka_unit_test(corrupts_any_bit),
		cmocka_unit_test(spoils_sums),
		cmocka_unit_test(spoiled_is_another),
		cmocka_unit_test(udp_without_a_sum),
		cmocka_unit_test(cuts_payload),
		cmocka_unit_test(gso_frames_are_refused),
		cmocka_unit_test(no_harm_without_payload),
		cmocka_unit_test(delays),
		cmocka_unit_test(reorder_by_depth),
		cmocka_unit_test(reorder_ends_by_time),
		cmocka_unit_test(reorder_and_bare_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
