// SPDX-License-Identifier: GPL-2.0
/*
 * test_match.c - which packets a match means, by the code that the kernel runs
 * (bpf/match.h); and that the parser's short cut says what the parser says
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define IO_NATIVE
#include "bpf/match.h"
#include "core/util.h"
#include "tests/bpf/frame.h"

/* ---- matching ---- */

static bool matches(const struct match *m, const struct frame_spec *spec, uint16_t tag)
{
	struct pkt p = { 0 };
	struct frame f;
	struct io io;

	frame_build(&f, spec);
	io = (struct io){ .data = f.data, .len = f.len, .room = sizeof(f.data), .vlan = tag };
	if (pkt_parse(f.data, f.data + f.len, f.len, &p) != PKT_OK)
		return false;
	io_vlan(&io, &p.vlan_tci);
	return match_flow(m, &io, &p) && match_packet(m, &io, &p);
}

static const struct frame_spec tcp4 = { .payload = 10 }, bare = { .payload = 0 };
static const struct frame_spec tcp6 = { .family = 6, .payload = 10 };
static const struct frame_spec udp4 = { .proto = 17, .payload = 10 };
static const struct frame_spec icmp4 = { .proto = 1, .icmp_type = 8 };
static const struct frame_spec icmp6 = { .family = 6, .proto = 58, .icmp_type = 128 };
static const struct frame_spec first = { .more_frags = true, .payload = 64 };
static const struct frame_spec later = { .frag_units = 10, .payload = 64 };
static const struct frame_spec tagged = { .vlans = 1, .payload = 10 };
static const struct frame_spec syn = { .tcp_flags = 0x02 }, push = { .tcp_flags = 0x18 };
static const struct frame_spec old = { .ttl = 3, .payload = 1 };
static const struct frame_spec old6 = { .family = 6, .ttl = 3, .payload = 1 };

#define IP(last)	{ 198, 18, 0, last }
#define IP6(last)	{ 0xfd, [15] = (last) }
#define ALL		{ 255, 255, 255, 255 }
#define ALL6		{ 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, \
			  255, 255, 255 }

static const struct row {
	const char *what;
	struct match m;
	const struct frame_spec *yes[4], *no[4];
} rows[] = {
	{ "nothing", { .on = 0 }, { &tcp4, &icmp6, &later, &tagged }, { NULL } },
	{ "ip", { .on = MATCH_FAMILY, .family = 4 }, { &tcp4, &icmp4, &later }, { &tcp6 } },
	{ "ipv6", { .on = MATCH_FAMILY, .family = 6 }, { &tcp6, &icmp6 }, { &tcp4 } },
	{ "tcp", { .on = MATCH_PROTO, .proto = 6 }, { &tcp4, &tcp6, &later }, { &udp4 } },
	{ "nw_src", { .on = MATCH_FAMILY | MATCH_SRC, .family = 4, .src = IP(1),
		      .src_mask = ALL }, { &tcp4, &later, &tagged }, { &tcp6 } },
	{ "nw_src, other", { .on = MATCH_SRC, .src = IP(2), .src_mask = ALL },
	  { NULL }, { &tcp4, &tcp6 } },
	{ "nw_src/24", { .on = MATCH_SRC, .src = IP(0), .src_mask = { 255, 255, 255 } },
	  { &tcp4 }, { &tcp6 } },
	{ "nw_dst", { .on = MATCH_DST, .dst = IP(2), .dst_mask = ALL }, { &tcp4, &udp4 },
	  { &tcp6 } },
	{ "nw_dst, the source's", { .on = MATCH_DST, .dst = IP(1), .dst_mask = ALL },
	  { NULL }, { &tcp4 } },
	{ "ipv6_src", { .on = MATCH_SRC, .src = IP6(1), .src_mask = ALL6 },
	  { &tcp6, &icmp6 }, { &tcp4 } },
	{ "ipv6_dst", { .on = MATCH_DST, .dst = IP6(2), .dst_mask = ALL6 }, { &tcp6 },
	  { &tcp4 } },
	{ "ipv6_dst/8", { .on = MATCH_DST, .dst = { 0xfd }, .dst_mask = { 255 } },
	  { &tcp6 }, { &tcp4 } },
	{ "ipv6_dst, other", { .on = MATCH_DST, .dst = IP6(3), .dst_mask = ALL6 },
	  { NULL }, { &tcp6 } },
	{ "tp_src", { .on = MATCH_SPORT, .sport = 40000, .sport_mask = 0xffff },
	  { &tcp4, &udp4, &first, &tcp6 }, { &icmp4, &later } },
	{ "tp_src/0xff00", { .on = MATCH_SPORT, .sport = 40000 & 0xff00,
			     .sport_mask = 0xff00 }, { &tcp4 }, { &later } },
	{ "tp_src 0", { .on = MATCH_SPORT, .sport = 0, .sport_mask = 0xffff }, { NULL },
	  { &tcp4, &icmp4, &later } },
	{ "tp_dst", { .on = MATCH_DPORT, .dport = 5201, .dport_mask = 0xffff },
	  { &tcp4, &tagged }, { &udp4, &icmp4 } },
	{ "+syn-ack", { .on = MATCH_TCP_FLAGS, .tcp_flags = 2, .tcp_flags_mask = 0x12 },
	  { &syn }, { &tcp4, &push, &udp4, &later } },
	{ "+ack+psh", { .on = MATCH_TCP_FLAGS, .tcp_flags = 0x18, .tcp_flags_mask = 0x18 },
	  { &push }, { &tcp4, &syn } },
	{ "-ns", { .on = MATCH_TCP_FLAGS, .tcp_flags = 0, .tcp_flags_mask = 0x100 },
	  { &tcp4, &syn }, { &udp4 } },
	{ "+ns", { .on = MATCH_TCP_FLAGS, .tcp_flags = 0x100, .tcp_flags_mask = 0x100 },
	  { NULL }, { &tcp4 } },
	{ "dl_vlan", { .on = MATCH_VLAN, .vlan_tci = 0x1064, .vlan_tci_mask = 0x1fff },
	  { &tagged }, { &tcp4 } },
	{ "no tag", { .on = MATCH_VLAN, .vlan_tci = 0, .vlan_tci_mask = 0x1000 },
	  { &tcp4, &tcp6 }, { &tagged } },
	{ "nw_ttl", { .on = MATCH_TTL, .ttl = 3 }, { &old, &old6 }, { &tcp4, &tcp6 } },
	{ "nw_tos 0", { .on = MATCH_TOS, .tos = 0, .tos_mask = 0xfc }, { &tcp4, &tcp6 },
	  { NULL } },
	{ "nw_tos 4", { .on = MATCH_TOS, .tos = 4, .tos_mask = 0xfc }, { NULL },
	  { &tcp4, &tcp6 } },
	{ "frag no", { .on = MATCH_FRAG, .frag = MATCH_FRAG_NO }, { &tcp4 },
	  { &first, &later } },
	{ "frag yes", { .on = MATCH_FRAG, .frag = MATCH_FRAG_YES }, { &first, &later },
	  { &tcp4 } },
	{ "frag first", { .on = MATCH_FRAG, .frag = MATCH_FRAG_FIRST }, { &first },
	  { &tcp4, &later } },
	{ "frag later", { .on = MATCH_FRAG, .frag = MATCH_FRAG_LATER }, { &later },
	  { &tcp4, &first } },
	{ "frag not_later", { .on = MATCH_FRAG, .frag = MATCH_FRAG_NOT_LATER },
	  { &tcp4, &first }, { &later } },
	{ "icmp_type", { .on = MATCH_ICMP_TYPE, .icmp_type = 8 }, { &icmp4 },
	  { &icmp6, &tcp4 } },
	{ "icmpv6_type", { .on = MATCH_FAMILY | MATCH_ICMP_TYPE, .family = 6,
			   .icmp_type = 128 }, { &icmp6 }, { &icmp4 } },
	{ "icmp_code", { .on = MATCH_ICMP_CODE, .icmp_code = 0 }, { &icmp4, &icmp6 },
	  { &tcp4 } },
	{ "icmp_code 1", { .on = MATCH_ICMP_CODE, .icmp_code = 1 }, { NULL }, { &icmp4 } },
	{ "dl_src", { .on = MATCH_ETH_SRC, .eth_src = { 2, 0, 0, 0, 0, 1 },
		      .eth_src_mask = { 255, 255, 255, 255, 255, 255 } }, { &tcp4, &tcp6 },
	  { NULL } },
	{ "dl_dst", { .on = MATCH_ETH_DST, .eth_dst = { 2, 0, 0, 0, 0, 1 },
		      .eth_dst_mask = { 255, 255, 255, 255, 255, 255 } }, { NULL },
	  { &tcp4, &tcp6 } },
	{ "dl_dst/01:..", { .on = MATCH_ETH_DST, .eth_dst = { 0 }, .eth_dst_mask = { 1 } },
	  { &tcp4 }, { NULL } },
	{ "payload>0", { .on = MATCH_PAYLOAD }, { &tcp4, &udp4, &tcp6 }, { &bare, &syn } },
};

static void each_field(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("    %s\n", rows[i].what);
		for (int n = 0; n < 4 && rows[i].yes[n]; n++)
			assert_true(matches(&rows[i].m, rows[i].yes[n], 0));
		for (int n = 0; n < 4 && rows[i].no[n]; n++)
			assert_false(matches(&rows[i].m, rows[i].no[n], 0));
	}
}

/* Two fields: both must hold, whichever halves they are of. */
static void all_fields_must_hold(void **state)
{
	struct match m = { .on = MATCH_PROTO | MATCH_DPORT | MATCH_TCP_FLAGS | MATCH_PAYLOAD,
			   .proto = 6, .dport = 5201, .dport_mask = 0xffff, .tcp_flags = 0x10,
			   .tcp_flags_mask = 0x10 };

	assert_true(matches(&m, &tcp4, 0));
	assert_false(matches(&m, &bare, 0));
	m.dport = 80;
	assert_false(matches(&m, &tcp4, 0));
}

/* A tag that the device keeps beside the frame is a tag. */
static void tag_beside_the_frame(void **state)
{
	struct match m = { .on = MATCH_VLAN, .vlan_tci = 0x1005, .vlan_tci_mask = 0x1fff };

	assert_true(matches(&m, &tcp4, 0x1005));
	assert_false(matches(&m, &tcp4, 0x1006));
	assert_false(matches(&m, &tcp4, 0));
}

/* ---- the short cut ---- */

/* Parses bytes that end where their allocation ends. */
static int parse_both(const uint8_t *data, size_t linear, size_t frame, struct pkt *slow,
		      struct pkt *fast)
{
	uint8_t *copy = malloc(linear ?: 1);
	int rc, slow_rc;

	assert_non_null(copy);
	memcpy(copy, data, linear);
	memset(slow, 0, sizeof(*slow));
	memset(fast, 0, sizeof(*fast));
	slow_rc = pkt_parse(copy, copy + linear, frame, slow);
	rc = pkt_parse_plain(copy, copy + linear, frame, fast);
	free(copy);
	if (!rc)
		assert_int_equal(slow_rc, PKT_OK);
	return rc;
}

static void assert_same_pkt(const struct pkt *a, const struct pkt *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

/* Whatever any byte of the headers is: what the short cut takes, it takes for the same. */
static void short_cut_agrees(void **state)
{
	unsigned int taken = 0;
	struct pkt slow, fast;
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		frame_build(&f, &tcp_shapes[i].spec);
		for (size_t at = 12; at < f.l4 + 20; at++) {
			uint8_t right = f.data[at];

			for (int value = 0; value < 256; value++) {
				f.data[at] = value;
				if (parse_both(f.data, f.len, f.len, &slow, &fast))
					continue;
				assert_same_pkt(&slow, &fast);
				taken++;
			}
			f.data[at] = right;
		}
	}
	assert_true(taken > 1000);
}

static void short_cut_takes_the_plain_only(void **state)
{
	struct pkt slow, fast;
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_shapes); i++) {
		const struct frame_spec *s = &tcp_shapes[i].spec;

		frame_build(&f, s);
		assert_int_equal(parse_both(f.data, f.len, f.len, &slow, &fast) == PKT_OK,
				 !s->vlans && s->family != 6 && !s->ip_opt_words);
	}
}

/* Cut short, linear or not; and packets of more than 64 KiB. */
static void short_cut_bounds(void **state)
{
	struct frame_spec spec = { .payload = 100, .tcp_opt_words = 3 };
	struct pkt slow, fast;
	struct frame f;

	frame_build(&f, &spec);
	for (size_t len = 0; len < f.len; len++) {
		assert_int_not_equal(parse_both(f.data, len, len, &slow, &fast), PKT_OK);
		if (!parse_both(f.data, len, f.len, &slow, &fast))
			assert_same_pkt(&slow, &fast);
	}
	put16(f.data + f.l3 + 2, 0);
	assert_int_equal(parse_both(f.data, f.len, 100000, &slow, &fast), PKT_OK);
	assert_same_pkt(&slow, &fast);
	assert_int_equal(fast.payload, 100000 - f.l4 - 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field),
		cmocka_unit_test(all_fields_must_hold),
		cmocka_unit_test(tag_beside_the_frame),
		cmocka_unit_test(short_cut_agrees),
		cmocka_unit_test(short_cut_takes_the_plain_only),
		cmocka_unit_test(short_cut_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
