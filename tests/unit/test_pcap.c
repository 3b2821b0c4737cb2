// SPDX-License-Identifier: GPL-2.0
/*
 * test_pcap.c - records of classic pcap: formats, pieces, and what is no record
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/pcap.h"
#include "core/util.h"

enum { US = 0xa1b2c3d4, NS = 0xa1b23c4d };

static void put_file_header(struct bytes *to, uint32_t magic, uint32_t link)
{
	put32(to, magic);
	put16(to, 2);
	put16(to, 4);
	put_zeros(to, 8);
	put32(to, 65535);
	put32(to, link);
}

static void put_record(struct bytes *to, uint32_t fraction, uint32_t captured, uint32_t length)
{
	put32(to, 1700000000);
	put32(to, fraction);
	put32(to, captured);
	put32(to, length);
}

static bool begin(struct pcap_walk *w, const struct bytes *b)
{
	return pcap_walk_begin(w, b->b);
}

static void test_formats(void **state)
{
	static const struct {
		bool little;
		uint32_t magic, fraction;
		uint64_t ns;
	} rows[] = {
		{ true, US, 123456, 123456000 },
		{ false, US, 123456, 123456000 },
		{ true, NS, 123456789, 123456789 },
		{ false, NS, 123456789, 123456789 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { .little = rows[i].little };
		struct frame_record r[4];
		struct pcap_walk w;
		size_t used;

		put_file_header(&file, rows[i].magic, 276);
		put_record(&file, rows[i].fraction, 3, 1514);
		put_hex(&file, "0a 0b 0c");
		put_record(&file, rows[i].fraction, 0, 60);
		assert_true(begin(&w, &file));
		assert_int_equal(pcap_walk_next(&w, file.b + 24, file.n - 24, r, 4, &used), 2);
		assert_int_equal(used, file.n - 24);
		assert_null(w.damage);
		assert_int_equal(r[0].time_ns, 1700000000 * UINT64_C(1000000000) + rows[i].ns);
		assert_int_equal(r[0].captured, 3);
		assert_int_equal(r[0].length, 1514);
		assert_int_equal(r[0].link, 276);
		assert_int_equal(r[0].number, 1);
		assert_ptr_equal(r[0].data, file.b + 40);
		assert_int_equal(r[1].captured, 0);
		assert_int_equal(r[1].number, 2);
	}
}

static void test_no_pcap(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = { { 0, 0xa2 }, { 3, 0 }, { 5, 3 }, { 7, 5 }, { 4, 1 } };
	struct pcap_walk w;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };

		put_file_header(&file, US, 1);
		assert_true(begin(&w, &file));
		file.b[rows[i].at] = rows[i].value;
		assert_false(begin(&w, &file));
	}
}

/* The upper bits of the link type tell of a frame check sequence. */
static void test_link(void **state)
{
	static const uint32_t rows[][2] = {
		{ 1, 1 }, { 0x24000001, 1 }, { 0x00010001, 0xffff }, { 0x03ffffff, 0xffff },
	};
	struct pcap_walk w;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };

		put_file_header(&file, NS, rows[i][0]);
		assert_true(begin(&w, &file));
		assert_int_equal(w.link, rows[i][1]);
	}
}

/* Whatever the pieces and the room, the same records come out. */
static void test_pieces(void **state)
{
	struct bytes file = { 0 };

	put_file_header(&file, US, 1);
	for (uint32_t i = 0; i < 20; i++) {
		put_record(&file, i, i * 7 % 40, 60);
		put_zeros(&file, i * 7 % 40);
	}
	for (size_t piece = 1; piece < 200; piece++) {
		struct frame_record r[3];
		struct pcap_walk w;
		size_t at = 24, seen = 0, have = 24, used, n;

		assert_true(begin(&w, &file));
		while (have < file.n) {
			have = have + piece < file.n ? have + piece : file.n;
			do {
				n = pcap_walk_next(&w, file.b + at, have - at, r, piece % 3 + 1, &used);
				for (size_t i = 0; i < n; i++, seen++) {
					assert_int_equal(r[i].number, seen + 1);
					assert_int_equal(r[i].captured, seen * 7 % 40);
					assert_int_equal(r[i].time_ns % 1000000000, seen * 1000);
				}
				at += used;
			} while (n);
			assert_null(w.damage);
		}
		assert_int_equal(seen, 20);
		assert_int_equal(at, file.n);
	}
}

static void test_damage(void **state)
{
	static const struct {
		uint32_t magic, fraction, captured, length;
		bool damaged;
	} rows[] = {
		{ US, 999999, 10, 10, false },
		{ US, 1999999, 10, 10, false },
		{ US, 2000000, 10, 10, true },
		{ NS, 1999999999, 10, 10, false },
		{ NS, 2000000000, 10, 10, true },
		{ US, 0, 10, 4, false },
		{ US, 0, 10, 0, true },
		{ US, 0, 0, 0, true },
		{ US, 0, 10, PCAP_FRAME_MAX, false },
		{ US, 0, 10, PCAP_FRAME_MAX + 1, true },
		{ US, 0, PCAP_FRAME_MAX + 1, PCAP_FRAME_MAX, true },
		{ US, 0, 0xffffffff, 60, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };
		struct frame_record r[4];
		struct pcap_walk w;
		size_t used;

		put_file_header(&file, rows[i].magic, 1);
		put_record(&file, 5, 10, 60);
		put_zeros(&file, 10);
		put_record(&file, rows[i].fraction, rows[i].captured, rows[i].length);
		put_zeros(&file, 10);
		assert_true(begin(&w, &file));
		assert_int_equal(pcap_walk_next(&w, file.b + 24, file.n - 24, r, 4, &used),
				 rows[i].damaged ? 1 : 2);
		assert_int_equal(w.damage != NULL, rows[i].damaged);
		assert_int_equal(used, rows[i].damaged ? 26 : 52);
	}
}

/* A whole frame of the greatest length is read, and waited for until it is whole. */
static void test_longest(void **state)
{
	_cleanup_free_ uint8_t *data = calloc(1, PCAP_RECORD_BYTES + PCAP_FRAME_MAX);
	struct bytes file = { 0 };
	struct frame_record r[2];
	struct pcap_walk w;
	size_t used;

	put_file_header(&file, US, 1);
	put_record(&file, 0, PCAP_FRAME_MAX, PCAP_FRAME_MAX);
	memcpy(data, file.b + 24, PCAP_RECORD_BYTES);
	assert_true(begin(&w, &file));
	assert_int_equal(pcap_walk_next(&w, data, PCAP_RECORD_BYTES + PCAP_FRAME_MAX - 1, r, 2, &used), 0);
	assert_int_equal(used, 0);
	assert_null(w.damage);
	assert_int_equal(pcap_walk_next(&w, data, PCAP_RECORD_BYTES + PCAP_FRAME_MAX, r, 2, &used), 1);
	assert_int_equal(r[0].captured, PCAP_FRAME_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_no_pcap),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
