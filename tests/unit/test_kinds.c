// SPDX-License-Identifier: GPL-2.0
/*
 * test_kinds.c - the kinds of manglers that edit header fields, run natively
 *
 * What each must do is written here a second time, on the bytes where the RFCs say,
 * and every checksum is computed anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kind_run.h"

/* ---- one edit, in every shape ---- */

static void assert_edit(const struct edit *edit, const struct frame_shape *shape, bool partial)
{
	struct kind_run r = { .io.partial = partial };
	struct frame before, after, expected;

	edit_build(&before, &shape->spec);
	expected = before;
	edit->expect(&expected);
	frame_resum(&expected);
	after = before;
	if (partial)
		frame_make_partial(&after);
	kind_run(&r, &edit->stage, &after, 0);
	if (partial)
		frame_complete(&after);
	assert_int_equal(r.may, KIND_YES);
	assert_int_equal(r.rc, 0);
	assert_int_equal(after.len, expected.len);
	assert_memory_equal(after.data, expected.data, expected.len);
	assert_int_equal(r.e.before, edit->field(&before));
	assert_int_equal(r.e.after, edit->field(&expected));
	assert_int_equal(r.e.verdict, KIND_PASS);

	kind_run(&r, &edit->stage, &after, 0);	/* what TTL_DEC does again */
	assert_int_equal(r.may, edit->expect == ttl_63 ? KIND_YES : KIND_ALREADY);
}

static void edits_fields(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		print_message("    %s\n", edits[i].name);
		for (size_t k = 0; k < ARRAY_SIZE(tcp_shapes); k++) {
			assert_edit(&edits[i], &tcp_shapes[k], false);
			assert_edit(&edits[i], &tcp_shapes[k], true);
		}
	}
}

/* Later fragments, UDP, ICMP: only what is IP's may change. Three tags: nothing. */
static void edits_only_its_protocol(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(not_tcp_shapes); k++) {
			struct kind_run r = { 0 };
			struct frame before, after;

			edit_build(&before, &not_tcp_shapes[k].spec);
			after = before;
			kind_run(&r, &edits[i].stage, &after, 0);
			if (edits[i].ip_only && !r.parsed) {
				assert_int_equal(r.rc, 0);
				edits[i].expect(&before);
				frame_resum(&before);
			} else {
				assert_int_equal(r.may, KIND_NO);
			}
			assert_memory_equal(after.data, before.data, before.len);
		}
	}
}

/* The first fragment has the header; its sum covers what is in the others too. */
static void edits_the_first_fragment(void **state)
{
	static const struct frame_spec specs[] = {
		{ .more_frags = true, .payload = 64 },
		{ .family = 6, .ext = { 44 }, .n_ext = 1, .more_frags = true, .payload = 64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(specs); k++) {
			struct kind_run r = { 0 };
			struct frame f, expected;

			edit_build(&f, &specs[k]);
			expected = f;
			edits[i].expect(&expected);
			frame_resum(&expected);
			kind_run(&r, &edits[i].stage, &f, 0);
			assert_memory_equal(f.data, expected.data, expected.len);
		}
	}
}

/* A frame that is shorter than its headers say: no kind may touch it. */
static void truncated_frames_stay(void **state)
{
	struct frame whole, before, after;

	for (size_t k = 0; k < ARRAY_SIZE(tcp_shapes); k++) {
		edit_build(&whole, &tcp_shapes[k].spec);
		for (size_t len = 0; len < whole.ip_end; len++) {
			for (uint32_t kind = STAGE_FLAGS; kind <= STAGE_REORDER; kind++) {
				struct stage s = { .kind = kind, .arg = { 1, 1 } };
				struct kind_run r = { 0 };

				before = whole;
				before.len = len;
				after = before;
				kind_run(&r, &s, &after, 0);
				assert_int_not_equal(r.parsed, PKT_OK);
				assert_int_equal(after.len, len);
				assert_memory_equal(after.data, before.data, len);
			}
		}
	}
}

/*
 * An skb or a buffer of XDP may hold less than was parsed: the edit fails, and there is
 * no half of one.
 */
static void what_is_not_there_is_not_edited(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(tcp_shapes); k++) {
			struct kind_edit e = { 0 };
			struct frame f;
			struct pkt p = { 0 };

			edit_build(&f, &tcp_shapes[k].spec);
			assert_int_equal(pkt_parse(f.data, f.data + f.len, f.len, &p), 0);
			for (size_t len = 0; len <= f.l3; len++) {
				struct io io = { .data = copy_of(f.data, len, len),
						 .len = len, .room = len };

				assert_true(kind_edit(&io, &p, &edits[i].stage, 0, &e) < 0);
				assert_memory_equal(io.data, f.data, len);
				free(io.data);
			}
		}
	}
}

/* ---- flags ---- */

/* What psh has always done, flag by flag: ratio 1 chooses all that may be. */
static bool expect_psh(uint32_t mode, bool chosen, uint8_t flags, bool data)
{
	bool may = data && !(flags & (1 | 2 | 4));

	if (mode & STAGE_CLEAR_ALL)
		return false;
	if (mode & STAGE_CLEAR_OTHERS)
		return may && chosen;
	return (flags & 8) || (may && chosen);
}

/* As the engine goes about it. */
static void flags_decide(const struct stage *s, struct frame *f, bool win, int *counts)
{
	struct io io = { .data = f->data, .len = f->len, .room = f->len };
	struct kind_edit e = { 0 };
	enum kind_may may;
	struct pkt p = { 0 };

	assert_int_equal(pkt_parse(f->data, f->data + f->len, f->len, &p), 0);
	may = kind_may(s, &p);
	counts[may]++;
	if (kind_takes_part(s, &p, may) && win) {
		if (may == KIND_YES)
			assert_int_equal(kind_edit(&io, &p, s, 0, &e), 0);
	} else if (kind_clears(s, &p)) {
		assert_int_equal(kind_clear(&io, &p, s, &e), 0);
		assert_int_equal(e.before, e.after | 8);
	}
}

static void psh_in_mode(uint32_t mode, bool win)
{
	struct stage s = { .kind = STAGE_FLAGS, .flags = mode | STAGE_DATA_ONLY, .arg = { 8 } };
	int counts[3] = { 0 };

	if (mode & STAGE_CLEAR_ALL)
		s.arg[0] = 0, s.arg[1] = 8;
	for (int i = 0; i < 1024; i++) {
		struct frame_spec spec = { .tcp_flags = i, .raw_flags = true,
					   .payload = i & 256 ? 50 : 0,
					   .family = i & 512 ? 6 : 4 };
		struct frame before, after;

		frame_build(&before, &spec);
		after = before;
		flags_decide(&s, &after, win, counts);
		assert_true(frame_sums_ok(&after));
		if (expect_psh(mode, win, i, spec.payload))
			before.data[before.l4 + 13] |= 8;
		else
			before.data[before.l4 + 13] &= ~8;
		frame_resum(&before);
		assert_memory_equal(after.data, before.data, before.len);
	}
	assert_int_equal(counts[KIND_ALREADY], 512);
	assert_int_equal(counts[KIND_YES], 2 * 16);	/* data; PSH, SYN, FIN, RST unset */
}

static void psh_every_flag_combination(void **state)
{
	static const uint32_t modes[] = { 0, STAGE_CLEAR_OTHERS, STAGE_CLEAR_ALL };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		psh_in_mode(modes[i], true);
		psh_in_mode(modes[i], false);
	}
}

/* Set and clear at once, without regard to data: against all flags of a byte. */
static void flags_set_and_clear(void **state)
{
	struct stage s = { .kind = STAGE_FLAGS, .arg = { 0x81, 0x20 } };

	for (int i = 0; i < 256; i++) {
		struct frame_spec spec = { .tcp_flags = i, .raw_flags = true };
		int wanted = (i | 0x81) & ~0x20;
		struct kind_run r = { 0 };
		struct frame f;

		frame_build(&f, &spec);
		kind_run(&r, &s, &f, 0);
		assert_int_equal(r.may, i == wanted ? KIND_ALREADY : KIND_YES);
		assert_int_equal(frame_tcp_flags(&f), wanted);
		assert_true(frame_sums_ok(&f));
	}
}

/* ---- ttl ---- */

static void ttl_random(void **state)
{
	struct stage s = { .kind = STAGE_TTL, .arg = { TTL_RANDOM } };
	struct frame_spec spec = { .payload = 1 };
	unsigned int count[256] = { 0 };
	struct kind_run r = { 0 };
	struct frame f;

	for (uint64_t n = 0; n < 25500; n++) {
		frame_build(&f, &spec);
		kind_run(&r, &s, &f, choose_random(1, n));
		assert_int_equal(r.rc, frame_ttl(&f) == 64 ? KIND_SAME : 0);
		assert_int_equal(r.e.after, frame_ttl(&f));
		assert_true(frame_sums_ok(&f));
		count[frame_ttl(&f)]++;
	}
	assert_int_equal(count[0], 0);
	for (int ttl = 1; ttl < 256; ttl++)
		assert_in_range(count[ttl], 50, 150);	/* 100, 5 sigma */
}

static void ttl_spares_neighbour_discovery(void **state)
{
	for (int type = 0; type < 256; type++) {
		struct frame_spec spec = { .family = 6, .proto = 58, .ttl = 255, .vlans = type % 3,
					   .icmp_type = type, .n_ext = type % 2, .payload = 24 };
		struct stage s = { .kind = STAGE_TTL, .arg = { TTL_DEC, 1 } };
		bool discovery = type >= 133 && type <= 137;
		struct kind_run r = { 0 };
		struct frame f;

		frame_build(&f, &spec);
		kind_run(&r, &s, &f, 0);
		assert_int_equal(r.may, discovery ? KIND_NO : KIND_YES);
		assert_int_equal(frame_ttl(&f), discovery ? 255 : 254);
	}
}

/* Every codepoint after every other one; the rest of the byte stays. */
static void ecn_and_dscp_every_value(void **state)
{
	struct frame_spec specs[] = { { .payload = 5 }, { .family = 6, .payload = 5 } };

	for (int i = 0; i < 2 * 256 * 68; i++) {
		int tos = i / 2 % 256, value = i / 512, wanted;
		struct stage s = { .kind = value < 64 ? STAGE_DSCP : STAGE_ECN,
				   .arg = { value % 64 } };
		struct kind_run r = { 0 };
		struct frame f;

		wanted = value < 64 ? value << 2 | (tos & 3) : (tos & 0xfc) | value % 64;
		frame_build(&f, &specs[i % 2]);
		frame_set_tos(&f, tos, 0xfffff);
		kind_run(&r, &s, &f, 0);
		assert_int_equal(r.may, tos == wanted ? KIND_ALREADY : KIND_YES);
		assert_int_equal(frame_tos(&f), wanted);
		assert_true(frame_sums_ok(&f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_fields),
		cmocka_unit_test(edits_only_its_protocol),
		cmocka_unit_test(edits_the_first_fragment),
		cmocka_unit_test(truncated_frames_stay),
		cmocka_unit_test(what_is_not_there_is_not_edited),
		cmocka_unit_test(psh_every_flag_combination),
		cmocka_unit_test(flags_set_and_clear),
		cmocka_unit_test(ttl_random),
		cmocka_unit_test(ttl_spares_neighbour_discovery),
		cmocka_unit_test(ecn_and_dscp_every_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
