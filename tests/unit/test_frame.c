// SPDX-License-Identifier: GPL-2.0
/*
 * test_frame.c - headers of every link type, whole, cut and wrong
 *
 * Each frame is parsed from a heap block of just what was captured, so that reading
 * beyond it is seen by the address sanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/frame.h"
#include "core/util.h"

#define MACS "02 00 00 00 00 01 02 00 00 00 00 02"
#define TS_OPTION "01 01 08 0a 00 00 00 64 00 00 00 c8"	/* 100, 200 */
#define PAYLOAD_BYTES 30
#define WHOLE SIZE_MAX

enum { ETHERNET = 1, RAW = 101, SLL2 = 276 };

/* ---- frames --------------------------------------------------------------------- */

static void put_tcp(struct bytes *to, const char *options, size_t payload)
{
	struct bytes opt = { 0 };

	put_hex(&opt, options);
	put16(to, 4000);
	put16(to, 5201);
	put32(to, 0x11223344);
	put32(to, 0x55667788);
	put8(to, (uint8_t)((20 + opt.n) / 4 << 4));
	put8(to, 0x18);
	put16(to, 501);
	put32(to, 0);
	put_bytes(to, &opt);
	for (size_t i = 0; i < payload; i++)
		put8(to, (uint8_t)(0x80 + i));
}

static void put_udp(struct bytes *to, uint16_t length, size_t payload)
{
	put16(to, 4000);
	put16(to, 53);
	put16(to, length);
	put16(to, 0);
	put_zeros(to, payload);
}

struct ipv4 {
	int total;			/* -1: right */
	uint8_t first, proto;
	uint16_t fragment;
	const char *options;
};

#define IPV4_TCP { .total = -1, .first = 0x45, .proto = 6, .fragment = 0x4000 }

static void put_ipv4(struct bytes *to, const struct ipv4 *ip, const struct bytes *l4)
{
	struct bytes opt = { 0 };

	put_hex(&opt, ip->options ? ip->options : "");
	put8(to, ip->first);
	put8(to, 0);
	put16(to, (uint16_t)(ip->total < 0 ? 20 + opt.n + l4->n : (size_t)ip->total));
	put16(to, 0xabcd);
	put16(to, ip->fragment);
	put8(to, 64);
	put8(to, ip->proto);
	put16(to, 0);
	put_hex(to, "c6 12 00 01 c6 13 00 02");
	put_bytes(to, &opt);
	put_bytes(to, l4);
}

static void put_ipv6(struct bytes *to, int length, uint8_t next, const struct bytes *rest)
{
	put32(to, 0x60000000);
	put16(to, (uint16_t)(length < 0 ? (int)rest->n : length));
	put8(to, next);
	put8(to, 64);
	put_hex(to, "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01");
	put_hex(to, "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02");
	put_bytes(to, rest);
}

static void plain_ip(struct bytes *to)
{
	struct bytes tcp = { 0 };

	put_tcp(&tcp, TS_OPTION, PAYLOAD_BYTES);
	put_ipv4(to, &(struct ipv4)IPV4_TCP, &tcp);
}

static void plain_ip6(struct bytes *to)
{
	struct bytes tcp = { 0 };

	put_tcp(&tcp, TS_OPTION, PAYLOAD_BYTES);
	put_ipv6(to, -1, 6, &tcp);
}

/* What parsing gives; the captured bytes live until the next call. */
static bool parse(uint16_t link, const struct bytes *from, size_t captured, size_t length,
		  struct frame *ret)
{
	static uint8_t *copy;
	struct frame_record r = { .link = link, .time_ns = 7, .number = 9 };
	bool judged;

	r.captured = (uint32_t)(captured < from->n ? captured : from->n);
	r.length = (uint32_t)(length == WHOLE ? from->n : length);
	free(copy);
	r.data = copy = malloc(r.captured ? r.captured : 1);
	memcpy(copy, from->b, r.captured);
	memset(ret, 0xee, sizeof(*ret));
	judged = frame_parse(&r, ret);
	assert_int_equal(judged, ret->kind == FRAME_TCP || ret->kind == FRAME_UDP);
	assert_int_equal(ret->time_ns, 7);
	assert_int_equal(ret->number, 9);
	if (judged) {
		assert_true(ret->payload >= copy);
		assert_true(ret->payload_captured <= copy + r.captured - ret->payload);
		assert_true(ret->payload_captured <= ret->len);
	}
	return judged;
}

static enum frame_kind kind_of(uint16_t link, const struct bytes *from)
{
	struct frame f;

	parse(link, from, WHOLE, WHOLE, &f);
	return f.kind;
}

static void expect_key(const struct frame *f, int family)
{
	struct obs_key key = { .sport = 4000, .dport = 5201, .proto = 6, .family = (uint8_t)family };
	struct bytes a = { 0 };

	if (family == 4)
		put_hex(&a, "c6 12 00 01 c6 13 00 02");
	else
		put_hex(&a, "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
			    "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02");
	memcpy(key.saddr, a.b, a.n / 2);
	memcpy(key.daddr, a.b + a.n / 2, a.n / 2);
	assert_memory_equal(&f->key, &key, sizeof(key));
}

/* The packet of plain_ip() or plain_ip6(). */
static void expect_plain(const struct frame *f, int family)
{
	assert_int_equal(f->kind, FRAME_TCP);
	expect_key(f, family);
	assert_int_equal(f->seq, 0x11223344);
	assert_int_equal(f->ack, 0x55667788);
	assert_int_equal(f->tcp_flags, 0x18);
	assert_int_equal(f->window, 501);
	assert_int_equal(f->ip_id, family == 4 ? 0xabcd : 0);
	assert_true(f->has_ts);
	assert_int_equal(f->tsval, 100);
	assert_int_equal(f->tsecr, 200);
	assert_int_equal(f->n_sack, 0);
	assert_int_equal(f->len, PAYLOAD_BYTES);
	assert_int_equal(f->payload_captured, PAYLOAD_BYTES);
	assert_int_equal(f->payload[0], 0x80);
}

/* ---- links ---------------------------------------------------------------------- */

static const struct {
	uint16_t link;
	int family;
	const char *header;
	uint8_t n_vlan;
} links[] = {
	{ 1, 4, MACS "08 00", 0 },
	{ 1, 6, MACS "86 dd", 0 },
	{ 1, 4, MACS "81 00 00 05 08 00", 1 },
	{ 1, 4, MACS "88 a8 00 05 81 00 00 06 08 00", 2 },
	{ 1, 6, MACS "91 00 00 05 81 00 00 06 86 dd", 2 },
	{ 0, 4, "02 00 00 00", 0 },
	{ 0, 4, "00 00 00 02", 0 },
	{ 0, 6, "0a 00 00 00", 0 },
	{ 0, 6, "00 00 00 18", 0 },
	{ 0, 6, "1c 00 00 00", 0 },
	{ 0, 6, "1e 00 00 00", 0 },
	{ 108, 4, "00 00 00 02", 0 },
	{ 108, 6, "00 00 00 18", 0 },
	{ 12, 4, "", 0 }, { 12, 6, "", 0 },
	{ 14, 4, "", 0 }, { 14, 6, "", 0 },
	{ 101, 4, "", 0 }, { 101, 6, "", 0 },
	{ 228, 4, "", 0 },
	{ 229, 6, "", 0 },
	{ 113, 4, "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00", 0 },
	{ 113, 6, "00 04 00 01 00 06 02 00 00 00 00 01 00 00 86 dd", 0 },
	{ 113, 4, "00 04 00 01 00 06 02 00 00 00 00 01 00 00 81 00 00 05 08 00", 1 },
	{ 276, 4, "08 00 00 00 00 00 00 03 00 01 00 06 02 00 00 00 00 01 00 00", 0 },
	{ 276, 6, "86 dd 00 00 00 00 00 03 00 01 00 06 02 00 00 00 00 01 00 00", 0 },
	{ 276, 4, "81 00 00 00 00 00 00 03 00 01 00 06 02 00 00 00 00 01 00 00 00 05 08 00", 1 },
};

static void link_frame(size_t i, struct bytes *to)
{
	put_hex(to, links[i].header);
	if (links[i].family == 4)
		plain_ip(to);
	else
		plain_ip6(to);
}

static void test_links(void **state)
{
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		struct bytes frame = { 0 };

		link_frame(i, &frame);
		assert_true(parse(links[i].link, &frame, WHOLE, WHOLE, &f));
		expect_plain(&f, links[i].family);
		assert_int_equal(f.n_vlan, links[i].n_vlan);
	}
}

/* Cut after any byte, it is short up to the TCP flags, and whole in what counts after. */
static void test_cut_anywhere(void **state)
{
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		struct bytes frame = { 0 };
		size_t tcp, data;

		link_frame(i, &frame);
		data = frame.n - PAYLOAD_BYTES;
		tcp = data - 32;
		for (size_t n = 0; n < frame.n; n++) {
			parse(links[i].link, &frame, n, WHOLE, &f);
			if (n < tcp + 14) {
				assert_int_equal(f.kind, FRAME_SHORT);
				continue;
			}
			assert_int_equal(f.kind, FRAME_TCP);
			expect_key(&f, links[i].family);
			assert_int_equal(f.seq, 0x11223344);
			assert_int_equal(f.tcp_flags, 0x18);
			assert_int_equal(f.len, PAYLOAD_BYTES);
			assert_int_equal(f.window, n < tcp + 16 ? 0 : 501);
			assert_int_equal(f.has_ts, n >= data);
			assert_int_equal(f.payload_captured, n < data ? 0 : n - data);
		}
	}
}

static void test_other_links(void **state)
{
	static const struct {
		uint16_t link;
		const char *header;
		enum frame_kind kind;
	} rows[] = {
		{ 147, "", FRAME_UNKNOWN_LINK },
		{ 0xffff, "", FRAME_UNKNOWN_LINK },
		{ 1, MACS "08 06", FRAME_OTHER },
		{ 1, MACS "00 2e", FRAME_OTHER },
		{ 0, "00 00 00 07", FRAME_OTHER },
		{ 108, "0a 0b 0c 0d", FRAME_OTHER },
		{ 229, "", FRAME_BAD },		/* IPv4 where IPv6 must be */
		{ 1, MACS "86 dd", FRAME_BAD },
		{ 0, "1e 00 00 00", FRAME_BAD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes frame = { 0 };

		put_hex(&frame, rows[i].header);
		plain_ip(&frame);
		assert_int_equal(kind_of(rows[i].link, &frame), rows[i].kind);
	}
}

static void test_vlan_depth(void **state)
{
	for (int depth = 7; depth <= 9; depth++) {
		struct bytes frame = { 0 };

		put_hex(&frame, MACS);
		for (int i = 0; i < depth; i++)
			put_hex(&frame, "81 00 00 05");
		put_hex(&frame, "08 00");
		plain_ip(&frame);
		assert_int_equal(kind_of(ETHERNET, &frame), depth <= 8 ? FRAME_TCP : FRAME_OTHER);
	}
}

/* ---- IP ------------------------------------------------------------------------- */

static void test_ipv4_headers(void **state)
{
	static const struct {
		struct ipv4 ip;
		enum frame_kind kind;
	} rows[] = {
		{ { -1, 0x45, 6, 0x0000, NULL }, FRAME_TCP },
		{ { -1, 0x45, 6, 0x8000, NULL }, FRAME_TCP },		/* the reserved bit */
		{ { -1, 0x46, 6, 0, "94 04 00 00" }, FRAME_TCP },	/* router alert */
		{ { -1, 0x4f, 6, 0, "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01"
				    "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01" },
		  FRAME_TCP },
		{ { -1, 0x45, 6, 0x2000, NULL }, FRAME_FRAGMENT },	/* the first one */
		{ { -1, 0x45, 6, 0x0001, NULL }, FRAME_FRAGMENT },	/* the last one */
		{ { -1, 0x45, 6, 0x3fff, NULL }, FRAME_FRAGMENT },
		{ { -1, 0x45, 1, 0, NULL }, FRAME_OTHER },
		{ { -1, 0x44, 6, 0, NULL }, FRAME_BAD },
		{ { -1, 0x55, 6, 0, NULL }, FRAME_BAD },
		{ { 19, 0x45, 6, 0, NULL }, FRAME_BAD },
		{ { 39, 0x45, 6, 0, NULL }, FRAME_BAD },		/* half a TCP header */
		{ { 51, 0x45, 6, 0, NULL }, FRAME_BAD },		/* its options do not fit */
		{ { 52, 0x45, 6, 0, NULL }, FRAME_TCP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes tcp = { 0 }, frame = { 0 };

		put_hex(&frame, MACS "08 00");
		put_tcp(&tcp, TS_OPTION, PAYLOAD_BYTES);
		put_ipv4(&frame, &rows[i].ip, &tcp);
		assert_int_equal(kind_of(ETHERNET, &frame), rows[i].kind);
	}
}

/* Ethernet fills up to 60 bytes: that is no payload. */
static void test_padding(void **state)
{
	static const char *const options[] = { "", TS_OPTION };
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct bytes tcp = { 0 }, frame = { 0 };

		put_hex(&frame, MACS "08 00");
		put_tcp(&tcp, options[i], 1);
		put_ipv4(&frame, &(struct ipv4)IPV4_TCP, &tcp);
		put_zeros(&frame, 6);
		assert_true(parse(ETHERNET, &frame, WHOLE, WHOLE, &f));
		assert_int_equal(f.len, 1);
		assert_int_equal(f.payload_captured, 1);
		assert_int_equal(f.payload[0], 0x80);
	}
}

/* Super-packets beyond 64 KiB have 0 there: the record knows. */
static void test_no_ip_length(void **state)
{
	struct bytes tcp = { 0 }, four = { 0 }, six = { 0 };
	struct frame f;

	put_tcp(&tcp, TS_OPTION, PAYLOAD_BYTES);
	put_ipv4(&four, &(struct ipv4){ 0, 0x45, 6, 0, NULL }, &tcp);
	assert_true(parse(RAW, &four, WHOLE, 100000, &f));
	assert_int_equal(f.len, 100000 - 20 - 32);
	assert_int_equal(f.payload_captured, PAYLOAD_BYTES);
	put_ipv6(&six, 0, 6, &tcp);
	assert_true(parse(RAW, &six, WHOLE, 100000, &f));
	assert_int_equal(f.len, 100000 - 40 - 32);
}

/* Longer than the wire is bad; unless the writer gave the captured length for both. */
static void test_longer_than_frame(void **state)
{
	struct bytes tcp = { 0 }, frame = { 0 };
	struct frame f;

	put_hex(&frame, MACS "08 00");
	put_tcp(&tcp, TS_OPTION, PAYLOAD_BYTES);
	put_ipv4(&frame, &(struct ipv4){ 1500, 0x45, 6, 0, NULL }, &tcp);
	assert_false(parse(ETHERNET, &frame, WHOLE, 1513, &f));
	assert_int_equal(f.kind, FRAME_BAD);
	assert_true(parse(ETHERNET, &frame, WHOLE, 1514, &f));
	assert_int_equal(f.len, 1448);
	assert_true(parse(ETHERNET, &frame, WHOLE, WHOLE, &f));
	assert_int_equal(f.len, 1448);
	assert_int_equal(f.payload_captured, PAYLOAD_BYTES);
	/* a real length below the captured one is not believed */
	assert_true(parse(ETHERNET, &frame, WHOLE, 20, &f));
	assert_int_equal(f.len, 1448);
}

static void test_ipv6_headers(void **state)
{
	static const struct {
		uint8_t next;
		const char *extensions;
		enum frame_kind kind;
	} rows[] = {
		{ 0, "06 00 01 04 00 00 00 00", FRAME_TCP },
		{ 60, "06 01 01 0c 00 00 00 00 00 00 00 00 00 00 00 00", FRAME_TCP },
		{ 43, "3c 00 00 00 00 00 00 00" "06 00 01 04 00 00 00 00", FRAME_TCP },
		{ 51, "06 01 00 00 00 00 00 01 00 00 00 01", FRAME_TCP },
		{ 135, "06 00 00 00 00 00 00 00", FRAME_TCP },
		{ 44, "06 00 00 00 12 34 56 78", FRAME_TCP },		/* atomic */
		{ 44, "06 00 00 01 12 34 56 78", FRAME_FRAGMENT },
		{ 44, "06 00 00 08 12 34 56 78", FRAME_FRAGMENT },
		{ 50, "00 00 00 01 00 00 00 01", FRAME_OTHER },		/* ESP */
		{ 59, "", FRAME_OTHER },
		{ 58, "80 00 00 00 00 00 00 00", FRAME_OTHER },
		{ 60, "06 ff 01 04 00 00 00 00", FRAME_BAD },		/* longer than the packet */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes rest = { 0 }, frame = { 0 };
		struct frame f;

		put_hex(&rest, rows[i].extensions);
		put_tcp(&rest, TS_OPTION, PAYLOAD_BYTES);
		put_ipv6(&frame, -1, rows[i].next, &rest);
		parse(RAW, &frame, WHOLE, WHOLE, &f);
		assert_int_equal(f.kind, rows[i].kind);
		if (f.kind == FRAME_TCP)
			expect_plain(&f, 6);
	}
}

static void test_ipv6_chain(void **state)
{
	for (int depth = 6; depth <= 8; depth++) {
		struct bytes rest = { 0 }, frame = { 0 };

		for (int i = 0; i < depth; i++)
			put_hex(&rest, i < depth - 1 ? "3c 00 01 04 00 00 00 00" :
						       "06 00 01 04 00 00 00 00");
		put_tcp(&rest, TS_OPTION, PAYLOAD_BYTES);
		put_ipv6(&frame, -1, 60, &rest);
		assert_int_equal(kind_of(RAW, &frame), depth < 8 ? FRAME_TCP : FRAME_OTHER);
	}
}

/* ---- TCP and UDP ---------------------------------------------------------------- */

static void tcp_with(const char *options, struct frame *ret)
{
	struct bytes tcp = { 0 }, frame = { 0 };

	put_hex(&frame, MACS "08 00");
	put_tcp(&tcp, options, PAYLOAD_BYTES);
	put_ipv4(&frame, &(struct ipv4)IPV4_TCP, &tcp);
	assert_true(parse(ETHERNET, &frame, WHOLE, WHOLE, ret));
	assert_int_equal(ret->len, PAYLOAD_BYTES);
	assert_int_equal(ret->payload[0], 0x80);
}

static void test_tcp_options(void **state)
{
	struct frame f;

	tcp_with("", &f);
	assert_false(f.has_ts);
	assert_int_equal(f.n_sack, 0);
	/* a SYN's: MSS, SACK permitted, timestamps, NOP, window scale */
	tcp_with("02 04 05 b4 04 02 08 0a 00 00 00 64 00 00 00 c8 01 03 03 07", &f);
	assert_true(f.has_ts);
	assert_int_equal(f.tsval, 100);
	assert_int_equal(f.n_sack, 0);
	/* timestamps and three blocks */
	tcp_with(TS_OPTION "01 01 05 1a 00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04 "
			   "ff ff ff ff 00 00 00 06", &f);
	assert_true(f.has_ts);
	assert_int_equal(f.n_sack, 3);
	assert_int_equal(f.sack_start[1], 3);
	assert_int_equal(f.sack_end[1], 4);
	assert_int_equal(f.sack_start[2], 0xffffffff);
	assert_int_equal(f.sack_end[2], 6);
}

/* More blocks than there may be, over two options; a length that is no multiple. */
static void test_many_sacks(void **state)
{
	struct frame f;

	tcp_with("05 12 00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04"
		 "05 12 00 00 00 05 00 00 00 06 00 00 00 07 00 00 00 08 00 00 00 00", &f);
	assert_int_equal(f.n_sack, FRAME_SACKS);
	assert_int_equal(f.sack_end[3], 8);
	tcp_with("05 0d 00 00 00 01 00 00 00 02 00 00 00 01 01 01", &f);
	assert_int_equal(f.n_sack, 1);
}

/* Options that are none hide what follows, and no more. */
static void test_broken_options(void **state)
{
	static const char *const rows[] = {
		"08 00 01 01", "08 01 01 01", "08 0a 00 00", "02 05 05 b4", "01 01 01 08",
		"00 00 08 0a 00 00 00 64 00 00 00 c8", "08 09 00 00 00 64 00 00 00 01 01 01",
		"05 01 00 00", "05 02 01 01", "05 09 00 00 00 01 00 00 00 01 01 01",
	};
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tcp_with(rows[i], &f);
		assert_false(f.has_ts);
		assert_int_equal(f.n_sack, 0);
	}
}

static void test_tcp_header_length(void **state)
{
	for (unsigned int words = 0; words < 16; words++) {
		struct bytes tcp = { 0 }, frame = { 0 };
		struct frame f;

		put_tcp(&tcp, "", 20);
		tcp.b[12] = (uint8_t)(words << 4);
		put_hex(&frame, MACS "08 00");
		put_ipv4(&frame, &(struct ipv4)IPV4_TCP, &tcp);
		parse(ETHERNET, &frame, WHOLE, WHOLE, &f);
		if (words < 5 || words > 10) {
			assert_int_equal(f.kind, FRAME_BAD);
			continue;
		}
		assert_int_equal(f.kind, FRAME_TCP);
		assert_int_equal(f.len, 40 - words * 4);
	}
}

static void test_udp(void **state)
{
	static const struct {
		uint16_t length;
		enum frame_kind kind;
		uint32_t len;
	} rows[] = {
		{ 28, FRAME_UDP, 20 },
		{ 0, FRAME_UDP, 20 },
		{ 18, FRAME_UDP, 10 },
		{ 8, FRAME_UDP, 0 },
		{ 7, FRAME_BAD, 0 },
		{ 29, FRAME_BAD, 0 },
	};
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes udp = { 0 }, frame = { 0 };

		put_udp(&udp, rows[i].length, 20);
		put_ipv6(&frame, -1, 17, &udp);
		parse(RAW, &frame, WHOLE, WHOLE, &f);
		assert_int_equal(f.kind, rows[i].kind);
		if (f.kind != FRAME_UDP)
			continue;
		assert_int_equal(f.len, rows[i].len);
		assert_int_equal(f.payload_captured, rows[i].len);
		assert_int_equal(f.key.sport, 4000);
		assert_int_equal(f.key.dport, 53);
		assert_int_equal(f.seq, 0);
	}
}

static void test_udp_cut(void **state)
{
	struct bytes udp = { 0 }, frame = { 0 };
	struct frame f;

	put_udp(&udp, 28, 20);
	put_ipv4(&frame, &(struct ipv4){ -1, 0x45, 17, 0, NULL }, &udp);
	for (size_t n = 0; n <= frame.n; n++) {
		parse(RAW, &frame, n, WHOLE, &f);
		assert_int_equal(f.kind, n < 26 ? FRAME_SHORT : FRAME_UDP);
		if (f.kind == FRAME_UDP) {
			assert_int_equal(f.len, 20);
			assert_int_equal(f.payload_captured, n < 28 ? 0 : n - 28);
		}
	}
}

/* One after another, and all at once: the same. */
static void test_many(void **state)
{
	struct bytes ethernet = { 0 }, sixth = { 0 }, junk = { 0 };
	struct frame_record r[5];
	struct frame one, many[5];
	uint64_t kinds[FRAME_KINDS] = { [FRAME_SHORT] = 7 };
	size_t good = 0;

	plain_ip(&ethernet);
	plain_ip6(&sixth);
	junk.n = 20;		/* zeros */
	for (size_t i = 0; i < 5; i++) {
		const struct bytes *from = i == 1 ? &junk : i == 3 ? &sixth : &ethernet;

		r[i] = (struct frame_record){ .data = from->b, .captured = (uint32_t)from->n,
					      .length = (uint32_t)from->n, .link = 101,
					      .time_ns = 100 + i, .number = 1 + i };
	}
	r[2].captured = 10;
	assert_int_equal(frame_parse_many(r, 5, many, kinds), 3);
	assert_int_equal(kinds[FRAME_TCP], 3);
	assert_int_equal(kinds[FRAME_SHORT], 8);
	assert_int_equal(kinds[FRAME_BAD], 1);
	for (size_t i = 0; i < 5; i++) {
		if (!frame_parse(&r[i], &one))
			continue;
		assert_int_equal(many[good].number, 1 + i);
		assert_memory_equal(&many[good].key, &one.key, sizeof(one.key));
		assert_int_equal(many[good].len, one.len);
		assert_ptr_equal(many[good++].payload, one.payload);
	}
	assert_int_equal(good, 3);
}

static void test_kind_names(void **state)
{
	for (int i = 0; i < FRAME_KINDS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(frame_kind_name(i), frame_kind_name(k));
	assert_string_equal(frame_kind_name(FRAME_TCP), "tcp");
	assert_string_equal(frame_kind_name(99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_other_links),
		cmocka_unit_test(test_vlan_depth),
		cmocka_unit_test(test_ipv4_headers),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_no_ip_length),
		cmocka_unit_test(test_longer_than_frame),
		cmocka_unit_test(test_ipv6_headers),
		cmocka_unit_test(test_ipv6_chain),
		cmocka_unit_test(test_tcp_options),
		cmocka_unit_test(test_many_sacks),
		cmocka_unit_test(test_broken_options),
		cmocka_unit_test(test_tcp_header_length),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_cut),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
