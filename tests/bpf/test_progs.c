// SPDX-License-Identifier: GPL-2.0
/*
 * test_progs.c - the manglers on made-up frames (BPF_PROG_TEST_RUN)
 *
 * Needs the right to load BPF programs; touches no device. Exit status 77: this
 * machine does not let it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/knobs.h"
#include "bpf/psh.skel.h"
#include "bpf/ttl.skel.h"
#include "core/util.h"
#include "frame.h"
#include "prog_run.h"

static struct counters read_counters(const struct bpf_map *map)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct counters *all = calloc(cpus, sizeof(*all));
	struct counters sum = { 0 };
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &zero, all), 0);
	for (int i = 0; i < cpus; i++) {
		sum.seen += all[i].seen;
		sum.eligible += all[i].eligible;
		sum.already += all[i].already;
		sum.mangled += all[i].mangled;
		sum.cleared += all[i].cleared;
	}
	return sum;
}

static struct psh_bpf *load_psh(uint32_t ratio, uint64_t seed, uint32_t flags)
{
	struct psh_bpf *skel = psh_bpf__open();

	assert_non_null(skel);
	skel->rodata->knobs.ratio = ratio;
	skel->rodata->knobs.seed = seed;
	skel->rodata->knobs.flags = flags;
	assert_int_equal(psh_bpf__load(skel), 0);
	return skel;
}

static int psh_fd(const struct psh_bpf *skel)
{
	return bpf_program__fd(skel->progs.ovslab_psh);
}

/* Everything but the flags byte and the checksum must be as it was. */
static void assert_same_but_psh(const struct frame *before, const struct frame *after)
{
	struct frame copy = *after;

	copy.data[copy.l4 + 13] = before->data[before->l4 + 13];
	memcpy(copy.data + copy.l4 + 16, before->data + before->l4 + 16, 2);
	assert_memory_equal(copy.data, before->data, before->len);
	assert_int_equal((frame_tcp_flags(before) ^ frame_tcp_flags(after)) & ~PSH, 0);
}

/* ---- psh ---- */

static void psh_sets_in_every_shape(void **state)
{
	struct psh_bpf *skel = load_psh(1, 1, 0);
	struct frame before, after;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		print_message("    %s\n", tcp_shapes[i].name);
		frame_build(&before, &tcp_shapes[i].spec);
		assert_true(frame_sums_ok(&before));
		after = before;
		run(psh_fd(skel), &after);
		assert_int_equal(frame_tcp_flags(&after), ACK | PSH);
		assert_true(frame_sums_ok(&after));
		assert_same_but_psh(&before, &after);
	}
	assert_int_equal(read_counters(skel->maps.counters).mangled,
			 ARRAY_SIZE(tcp_shapes));
	psh_bpf__destroy(skel);
}

static void psh_leaves_what_is_not_tcp(void **state)
{
	struct psh_bpf *skel = load_psh(1, 1, 0);
	struct frame before, after;
	struct counters n;

	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++) {
		print_message("    %s\n", not_tcp_shapes[i].name);
		frame_build(&before, &not_tcp_shapes[i].spec);
		after = before;
		run(psh_fd(skel), &after);
		assert_memory_equal(after.data, before.data, before.len);
	}
	n = read_counters(skel->maps.counters);
	assert_int_equal(n.seen, ARRAY_SIZE(not_tcp_shapes));
	assert_int_equal(n.eligible + n.already + n.mangled, 0);
	psh_bpf__destroy(skel);
}

static void psh_first_fragment(void **state)
{
	struct psh_bpf *skel = load_psh(1, 1, 0);
	struct frame_spec spec = { .more_frags = true, .payload = 64 };
	struct frame f;

	frame_build(&f, &spec);
	run(psh_fd(skel), &f);
	assert_int_equal(frame_tcp_flags(&f), ACK | PSH);
	assert_int_equal(l4_sum(&f), 0);
	psh_bpf__destroy(skel);
}

static void psh_truncated_at_every_byte(void **state)
{
	struct psh_bpf *skel = load_psh(1, 1, 0);

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
		truncated(psh_fd(skel), &tcp_shapes[i]);
	assert_int_equal(read_counters(skel->maps.counters).mangled, 0);
	psh_bpf__destroy(skel);
}

/* Headers that contradict themselves. */
static void psh_malformed(void **state)
{
	static const struct { const char *what; int l3, l4; uint8_t value; } rows[] = {
		{ "IP version", 0, -1, 0x55 }, { "short IHL", 0, -1, 0x44 },
		{ "total length", 2, -1, 0x7f }, { "IHL beyond", 0, -1, 0x4f },
		{ "short data offset", -1, 12, 0x40 },
		{ "data offset beyond", -1, 12, 0xf0 },
	};
	struct psh_bpf *skel = load_psh(1, 1, 0);
	struct frame_spec spec = { .payload = 10 };
	struct frame before, after;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("    %s\n", rows[i].what);
		frame_build(&before, &spec);
		if (rows[i].l3 >= 0)
			before.data[before.l3 + rows[i].l3] = rows[i].value;
		else
			before.data[before.l4 + rows[i].l4] = rows[i].value;
		after = before;
		run(psh_fd(skel), &after);
		assert_memory_equal(after.data, before.data, before.len);
	}
	psh_bpf__destroy(skel);
}

/* What the issue asks for, flag by flag: ratio 1 chooses all that may be. */
static bool expect_psh(uint32_t mode, bool chosen, uint8_t flags, bool data)
{
	bool may = data && !(flags & (SYN | FIN | RST));

	if (mode & KNOBS_CLEAR)
		return false;
	if (mode & KNOBS_CLEAR_OTHERS)
		return may && chosen;
	return (flags & PSH) || (may && chosen);
}

static void flags_in_mode(uint32_t mode, uint32_t ratio)
{
	struct psh_bpf *skel = load_psh(ratio, 1, mode);
	uint64_t already = 0, left = 0;
	struct counters n;

	for (int i = 0; i < 1024; i++) {
		struct frame_spec spec = { .tcp_flags = i, .raw_flags = true,
					   .payload = i & 256 ? 50 : 0,
					   .family = i & 512 ? 6 : 4 };
		struct frame before, after;

		frame_build(&before, &spec);
		after = before;
		run(psh_fd(skel), &after);
		assert_int_equal(!!(frame_tcp_flags(&after) & PSH),
				 expect_psh(mode, ratio == 1, i, spec.payload));
		assert_true(frame_sums_ok(&after));
		assert_same_but_psh(&before, &after);
		already += !!(i & PSH);
		left += !!(frame_tcp_flags(&after) & PSH);
	}
	n = read_counters(skel->maps.counters);
	assert_int_equal(n.seen, 1024);
	assert_int_equal(n.already, already);
	assert_int_equal(n.eligible, 2 * 16);	/* data; PSH, SYN, FIN, RST unset */
	assert_int_equal(n.already + n.mangled - n.cleared, left);
	psh_bpf__destroy(skel);
}

static void psh_every_flag_combination(void **state)
{
	flags_in_mode(0, 1);
	flags_in_mode(0, UINT32_MAX);
	flags_in_mode(KNOBS_CLEAR, 1);
	flags_in_mode(KNOBS_CLEAR_OTHERS, 1);
	flags_in_mode(KNOBS_CLEAR_OTHERS, UINT32_MAX);
}

/* Runs @n data packets and notes which have PSH afterwards. */
static unsigned int choices(const struct psh_bpf *skel, uint8_t flags, bool *chosen,
			    int n)
{
	struct frame_spec spec = { .payload = 8, .tcp_flags = flags };
	unsigned int with = 0;
	struct frame f;

	for (int i = 0; i < n; i++) {
		frame_build(&f, &spec);
		run(psh_fd(skel), &f);
		chosen[i] = frame_tcp_flags(&f) & PSH;
		with += chosen[i];
	}
	return with;
}

#define DRAWS 20000

/* Five standard deviations around 1/ratio. */
static void assert_share(unsigned int with, unsigned int ratio)
{
	double mean = (double)DRAWS / ratio, off = with - mean;
	double variance = mean * (1 - 1.0 / ratio);

	print_message("    ratio %u: %u of %u\n", ratio, with, DRAWS);
	assert_true(off * off <= 25 * variance);
}

static void psh_ratio(void **state)
{
	static const uint32_t ratios[] = { 1, 2, 10, 100 };
	static bool chosen[DRAWS];

	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		struct psh_bpf *skel = load_psh(ratios[i], 7, 0);
		unsigned int with = choices(skel, ACK, chosen, DRAWS);
		struct counters n = read_counters(skel->maps.counters);

		assert_share(with, ratios[i]);
		assert_int_equal(n.eligible, DRAWS);
		assert_int_equal(n.mangled, with);
		psh_bpf__destroy(skel);
	}
}

/* --clear-others: the share is 1/ratio whether or not PSH was there before. */
static void psh_clear_others_ratio(void **state)
{
	static bool chosen[DRAWS];
	struct psh_bpf *skel = load_psh(10, 7, KNOBS_CLEAR_OTHERS);
	unsigned int with = choices(skel, ACK | PSH, chosen, DRAWS);
	struct counters n = read_counters(skel->maps.counters);

	assert_share(with, 10);
	assert_int_equal(n.already, DRAWS);
	assert_int_equal(n.cleared, DRAWS - with);
	assert_int_equal(n.mangled, 0);
	assert_share(choices(skel, ACK, chosen, DRAWS), 10);
	psh_bpf__destroy(skel);
}

static void psh_seed_repeats(void **state)
{
	static bool a[2000], b[2000], c[2000];
	struct psh_bpf *one = load_psh(10, 42, 0), *same = load_psh(10, 42, 0);
	struct psh_bpf *other = load_psh(10, 43, 0);

	choices(one, ACK, a, 2000);
	choices(same, ACK, b, 2000);
	choices(other, ACK, c, 2000);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	psh_bpf__destroy(one);
	psh_bpf__destroy(same);
	psh_bpf__destroy(other);
}

/* ---- ttl ---- */

static struct ttl_bpf *load_ttl(uint32_t ratio)
{
	struct ttl_bpf *skel = ttl_bpf__open();

	assert_non_null(skel);
	skel->rodata->knobs.ratio = ratio;
	skel->rodata->knobs.seed = 3;
	assert_int_equal(ttl_bpf__load(skel), 0);
	return skel;
}

static int ttl_fd(const struct ttl_bpf *skel)
{
	return bpf_program__fd(skel->progs.ovslab_ttl);
}

static void assert_same_but_ttl(const struct frame *before, const struct frame *after)
{
	struct frame copy = *after;

	if (before->family == 4) {
		copy.data[copy.l3 + 8] = before->data[before->l3 + 8];
		memcpy(copy.data + copy.l3 + 10, before->data + before->l3 + 10, 2);
	} else {
		copy.data[copy.l3 + 7] = before->data[before->l3 + 7];
	}
	assert_memory_equal(copy.data, before->data, before->len);
}

static void ttl_in_shapes(int fd, const struct frame_shape *shapes, size_t n,
			  const char *except)
{
	struct frame before, after;

	for (size_t i = 0; i < n; i++) {
		bool changed = false;

		print_message("    %s\n", shapes[i].name);
		for (int again = 0; again < 20; again++) {
			frame_build(&before, &shapes[i].spec);
			after = before;
			run(fd, &after);
			assert_true(frame_ttl(&after) != 0);
			assert_true(frame_sums_ok(&after));
			assert_same_but_ttl(&before, &after);
			changed |= frame_ttl(&after) != frame_ttl(&before);
		}
		assert_int_equal(changed, !strstr(except, shapes[i].name));
	}
}

static void ttl_changes_every_shape(void **state)
{
	struct ttl_bpf *skel = load_ttl(1);

	ttl_in_shapes(ttl_fd(skel), tcp_shapes, ARRAY_SIZE(tcp_shapes), "");
	ttl_in_shapes(ttl_fd(skel), not_tcp_shapes, ARRAY_SIZE(not_tcp_shapes),
		      "three tags, IPv6 seven headers");
	ttl_bpf__destroy(skel);
}

static void ttl_truncated_at_every_byte(void **state)
{
	struct ttl_bpf *skel = load_ttl(1);

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++)
		truncated(ttl_fd(skel), &tcp_shapes[i]);
	assert_int_equal(read_counters(skel->maps.counters).mangled, 0);
	ttl_bpf__destroy(skel);
}

static void ttl_spares_neighbour_discovery(void **state)
{
	struct ttl_bpf *skel = load_ttl(1);

	for (int type = 0; type < 256; type++) {
		struct frame_spec spec = { .family = 6, .proto = 58, .ttl = 255,
					   .vlans = type % 3, .icmp_type = type,
					   .ext = { 0 }, .n_ext = type % 2,
					   .payload = 24 };
		bool changed = false;
		struct frame f;

		for (int again = 0; again < 8; again++) {
			frame_build(&f, &spec);
			run(ttl_fd(skel), &f);
			changed |= frame_ttl(&f) != 255;
		}
		assert_int_equal(changed, type < 133 || type > 137);
	}
	ttl_bpf__destroy(skel);
}

/* Every value comes up, none far more often than the others. */
static void ttl_distribution(void **state)
{
	struct ttl_bpf *skel = load_ttl(1);
	struct frame_spec spec = { .proto = 1, .icmp_type = 8, .payload = 8 };
	unsigned int count[256] = { 0 };
	struct counters n;
	struct frame f;

	for (int i = 0; i < DRAWS; i++) {
		frame_build(&f, &spec);
		run(ttl_fd(skel), &f);
		count[frame_ttl(&f)]++;
	}
	assert_int_equal(count[0], 0);
	for (int ttl = 1; ttl < 256; ttl++)
		assert_in_range(count[ttl], 30, 130);	/* mean 78, 5 sigma 44 */
	n = read_counters(skel->maps.counters);
	assert_int_equal(n.eligible, DRAWS);
	assert_int_equal(n.mangled, DRAWS - count[64]);
	ttl_bpf__destroy(skel);
}

static void ttl_ratio(void **state)
{
	struct ttl_bpf *skel = load_ttl(10);
	struct frame_spec spec = { .proto = 17, .payload = 8 };
	unsigned int changed = 0;
	struct frame f;

	for (int i = 0; i < DRAWS; i++) {
		frame_build(&f, &spec);
		run(ttl_fd(skel), &f);
		changed += frame_ttl(&f) != 64;
	}
	assert_share(changed, 10);
	ttl_bpf__destroy(skel);
}

static int can_load(void)
{
	struct psh_bpf *skel = psh_bpf__open_and_load();
	int rc = skel ? 0 : errno;

	psh_bpf__destroy(skel);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psh_sets_in_every_shape),
		cmocka_unit_test(psh_leaves_what_is_not_tcp),
		cmocka_unit_test(psh_first_fragment),
		cmocka_unit_test(psh_truncated_at_every_byte),
		cmocka_unit_test(psh_malformed),
		cmocka_unit_test(psh_every_flag_combination),
		cmocka_unit_test(psh_ratio),
		cmocka_unit_test(psh_clear_others_ratio),
		cmocka_unit_test(psh_seed_repeats),
		cmocka_unit_test(ttl_changes_every_shape),
		cmocka_unit_test(ttl_truncated_at_every_byte),
		cmocka_unit_test(ttl_spares_neighbour_discovery),
		cmocka_unit_test(ttl_distribution),
		cmocka_unit_test(ttl_ratio),
	};
	int rc = can_load();

	if (rc == EPERM) {
		printf("skip: no right to load BPF programs: %s\n", strerror(rc));
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
