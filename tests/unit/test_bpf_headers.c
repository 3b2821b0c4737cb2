// SPDX-License-Identifier: GPL-2.0
/*
 * test_bpf_headers.c - the logic that the BPF programs share, run natively
 *
 * Frames live in allocations of their exact size, so that ASan sees every byte
 * read beyond the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bpf/choose.h"
#include "bpf/flow.h"
#include "core/util.h"
#include "tests/bpf/frame.h"

/* Parses the first @linear of @frame bytes, of which no others exist. */
static int parse(const uint8_t *data, size_t linear, size_t frame, struct pkt *p)
{
	uint8_t *copy = malloc(linear ?: 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, data, linear);
	*p = (struct pkt){ 0 };
	rc = pkt_parse(copy, copy + linear, frame, p);
	free(copy);
	return rc;
}

static void pkt_finds_tcp(void **state)
{
	struct frame f;
	struct pkt p;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		struct frame_spec spec = tcp_shapes[i].spec;

		spec.seq = 0xfffffff0;
		spec.ip_id = 4711;
		spec.tcp_flags = 0xff;
		frame_build(&f, &spec);
		assert_int_equal(parse(f.data, f.len, f.len, &p), PKT_OK);
		assert_true(pkt_is_tcp(&p));
		assert_int_equal(p.l3_off, f.l3);
		assert_int_equal(p.l4_off, f.l4);
		assert_int_equal(p.family, f.family);
		assert_int_equal(p.payload, spec.payload);
		assert_int_equal(p.seq, 0xfffffff0);
		assert_int_equal(p.sport, 40000);
		assert_int_equal(p.dport, 5201);
		assert_int_equal(p.tcp_flags, 0xff);
		assert_int_equal(p.ip_id, f.family == 4 ? 4711 : 0);
		assert_int_equal(p.fragment, 0);
	}
}

static void pkt_finds_no_tcp(void **state)
{
	struct frame f;
	struct pkt p;

	for (size_t i = 0; i < ARRAY_SIZE(not_tcp_shapes); i++) {
		int rc;

		frame_build(&f, &not_tcp_shapes[i].spec);
		rc = parse(f.data, f.len, f.len, &p);
		assert_true(rc == PKT_OTHER || (rc == PKT_OK && !pkt_is_tcp(&p)));
	}
}

/* Cut short, a frame is never valid; not linear, it is valid or short. */
static void pkt_bounds(void **state)
{
	struct frame f;
	struct pkt p;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		frame_build(&f, &tcp_shapes[i].spec);
		for (size_t len = 0; len < f.ip_end; len++) {
			size_t headers = f.ip_end - tcp_shapes[i].spec.payload -
					 tcp_shapes[i].spec.tcp_opt_words * 4;

			assert_int_not_equal(parse(f.data, len, len, &p), PKT_OK);
			assert_int_equal(parse(f.data, len, f.len, &p),
					 len < headers ? PKT_SHORT : PKT_OK);
		}
	}
}

/* Whatever a byte says, nothing is read beyond the end. */
static void pkt_corrupted(void **state)
{
	struct frame f;
	struct pkt p;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		frame_build(&f, &tcp_shapes[i].spec);
		for (size_t at = 12; at < f.l4 + 20; at++) {
			uint8_t right = f.data[at];

			for (int value = 0; value < 256; value++) {
				f.data[at] = value;
				parse(f.data, f.len, f.len, &p);
			}
			f.data[at] = right;
		}
	}
}

/* More than 64 KiB: the length field is 0. */
static void pkt_big_tcp(void **state)
{
	struct frame_spec spec = { .payload = 10 };
	struct frame f;
	struct pkt p;

	frame_build(&f, &spec);
	put16(f.data + f.l3 + 2, 0);
	assert_int_not_equal(parse(f.data, f.len, f.len, &p), PKT_OK);
	assert_int_equal(parse(f.data, f.len, 100000, &p), PKT_OK);
	assert_int_equal(p.payload, 100000 - f.l4 - 20);
}

static void choose_has_the_ratio(void **state)
{
	static const uint32_t ratios[] = { 1, 2, 3, 10, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		double mean = 1e6 / ratios[i], off = -mean;

		for (uint64_t n = 0; n < 1000000; n++)
			off += choose_one_of(choose_random(9, n), ratios[i]);
		assert_true(off * off <= 25 * mean * (1 - 1.0 / ratios[i]));
	}
	assert_false(choose_one_of(UINT64_MAX, UINT32_MAX));
	assert_true(choose_one_of(0, UINT32_MAX));
}

static void flow_cuts_segments(void **state)
{
	assert_int_equal(flow_wire_packets(1448, 0), 1);
	assert_int_equal(flow_wire_packets(65000, 0), 1);
	assert_int_equal(flow_wire_packets(2896, 1448), 2);
	assert_int_equal(flow_wire_packets(2897, 1448), 3);
}

/*
 * The runs give the exact order back: a stream with swaps, over the wrap of the
 * sequence space, is rebuilt packet by packet from its events.
 */
static void flow_order_is_rebuilt(void **state)
{
	enum { N = 3000, LEN = 1000 };
	static uint32_t seqs[N];
	static struct flow_event events[N];
	struct flow_state flow = { 0 };
	size_t n_events = 0, late = 0, run = 0;
	uint32_t seq = 0;

	for (int i = 0; i < N; i++)
		seqs[i] = (uint32_t)-1500000 + i * LEN;
	for (int i = 10; i < N - 1; i += 1 + choose_random(5, i) % 40) {
		uint32_t swap = seqs[i];

		seqs[i] = seqs[i + 1];
		seqs[++i] = swap;
		late++;
	}
	for (int i = 0; i < N; i++) {
		struct flow_packet packet = { .seq = seqs[i], .len = LEN,
					      .psh = i % 97 == 50 };

		if (flow_push(&flow, &packet, 0, &events[n_events]))
			n_events++;
	}
	assert_int_equal(flow.late, late);
	assert_int_equal(flow.packets, N);
	for (uint64_t i = 0; i < N; i++) {
		if (run < n_events && events[run].index == i)
			seq = events[run++].seq;
		assert_int_equal(seq, seqs[i]);
		seq += LEN;
	}
	assert_true(n_events < N / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pkt_finds_tcp),
		cmocka_unit_test(pkt_finds_no_tcp),
		cmocka_unit_test(pkt_bounds),
		cmocka_unit_test(pkt_corrupted),
		cmocka_unit_test(pkt_big_tcp),
		cmocka_unit_test(choose_has_the_ratio),
		cmocka_unit_test(flow_cuts_segments),
		cmocka_unit_test(flow_order_is_rebuilt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
