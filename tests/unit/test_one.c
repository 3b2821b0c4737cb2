// SPDX-License-Identifier: GPL-2.0
/*
 * test_one.c - one capture: each rule of evidence on a small trace of its own
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/util.h"
#include "one_frames.h"
#include "one_real.h"

#define MAX_SEGS 24
#define F_FIN 0x11
#define F_SYN 0x02
#define F_SYNACK 0x12
#define F_PSH 0x18

struct scene {
	const char *name;
	struct seg seg[MAX_SEGS];	/* ends with a row without time, length and flags */
	uint64_t packets;		/* L */
	uint64_t flows;			/* 0: 1 */
	uint64_t keepalives, unjudged;
};

static const struct scene scenes[] = {
	{ .name = "in order, both directions with data", .packets = 5, .flows = 2, .seg = {
		{ .seq = 100, .flags = F_SYN, .id = 1 },
		{ .reply = 1, .seq = 500, .ack = 101, .flags = F_SYNACK },
		{ .seq = 101, .ack = 501, .len = 10, .id = 2 },
		{ .seq = 111, .ack = 501, .len = 10, .id = 3 },
		{ .reply = 1, .seq = 501, .ack = 121, .len = 30, .id = 77 },
		{ .seq = 121, .ack = 531, .len = 10, .id = 4 },
		{ .reply = 1, .seq = 531, .ack = 131, .len = 30, .id = 78 },
	} },
	{ .name = "IP ID: between its neighbours", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 140, .len = 10, .id = 5 },
		{ .seq = 120, .len = 10, .id = 3, .want = "RI" },
	} },
	{ .name = "IP ID: after the overtaker", .packets = 4, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 140, .len = 10, .id = 5 },
		{ .seq = 120, .len = 10, .id = 6, .want = "TI" },
	} },
	{ .name = "IP ID goes before timestamps", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 1, .ts = 7 },
		{ .seq = 110, .len = 10, .id = 2, .ts = 7 },
		{ .seq = 130, .len = 10, .id = 4, .ts = 7 },
		{ .seq = 140, .len = 10, .id = 5, .ts = 7 },
		{ .seq = 120, .len = 10, .id = 3, .ts = 9, .want = "RI" },
	} },
	{ .name = "IP ID wraps", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 0xfffd },
		{ .seq = 110, .len = 10, .id = 0xfffe },
		{ .seq = 130, .len = 10, .id = 1 },
		{ .seq = 140, .len = 10, .id = 2 },
		{ .seq = 120, .len = 10, .id = 0xffff, .want = "RI" },
	} },
	{ .name = "IP ID in steps of a counter that is shared", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 10 },
		{ .seq = 110, .len = 10, .id = 17 },
		{ .seq = 130, .len = 10, .id = 29 },
		{ .seq = 140, .len = 10, .id = 42 },
		{ .seq = 120, .len = 10, .id = 19, .want = "RI" },
		{ .seq = 120, .len = 10, .id = 55, .want = "TI" },
	} },
	{ .name = "IP ID drawn at random says nothing", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 45678 },
		{ .seq = 110, .len = 10, .id = 1234 },
		{ .seq = 120, .len = 10, .id = 60001 },
		{ .seq = 140, .len = 10, .id = 30000 },
		{ .seq = 150, .len = 10, .id = 9 },
		{ .seq = 130, .len = 10, .id = 29990, .want = "AN" },
	} },
	{ .name = "IP ID 0 says nothing", .packets = 4, .seg = {
		{ .seq = 100, .len = 10 },
		{ .seq = 110, .len = 10 },
		{ .seq = 130, .len = 10 },
		{ .seq = 140, .len = 10 },
		{ .seq = 120, .len = 10, .want = "AN" },
	} },
	{ .name = "IPv6 has none", .packets = 4, .seg = {
		{ .seq = 100, .len = 10, .family = 6 },
		{ .seq = 110, .len = 10, .family = 6 },
		{ .seq = 130, .len = 10, .family = 6 },
		{ .seq = 140, .len = 10, .family = 6 },
		{ .seq = 120, .len = 10, .family = 6, .want = "AN" },
	} },
	{ .name = "timestamp smaller", .packets = 4, .seg = {
		{ .seq = 100, .len = 10, .ts = 50 },
		{ .seq = 120, .len = 10, .ts = 60 },
		{ .seq = 130, .len = 10, .ts = 60 },
		{ .seq = 110, .len = 10, .ts = 59, .want = "RT" },
	} },
	{ .name = "timestamp larger", .packets = 3, .seg = {
		{ .seq = 100, .len = 10, .ts = 50 },
		{ .seq = 120, .len = 10, .ts = 60 },
		{ .seq = 130, .len = 10, .ts = 60 },
		{ .seq = 110, .len = 10, .ts = 61, .want = "TT" },
	} },
	{ .name = "timestamp equal", .packets = 3, .seg = {
		{ .seq = 100, .len = 10, .ts = 60 },
		{ .seq = 120, .len = 10, .ts = 60 },
		{ .seq = 130, .len = 10, .ts = 60 },
		{ .seq = 110, .len = 10, .ts = 60, .want = "AN" },
	} },
	{ .name = "timestamps wrap", .packets = 3, .seg = {
		{ .seq = 100, .len = 10, .ts = 0xfffffff0 },
		{ .seq = 120, .len = 10, .ts = 5 },
		{ .seq = 110, .len = 10, .ts = 0xfffffff8, .want = "RT" },
	} },
	{ .name = "sooner than any round trip", .packets = 4, .seg = {
		{ .us = 1000, .seq = 100, .len = 10 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 3000, .seq = 110, .len = 10 },
		{ .us = 3100, .seq = 130, .len = 10 },
		{ .us = 3900, .seq = 120, .len = 10, .want = "RA" },
	} },
	{ .name = "soon after the overtaker, but a timer may have run", .packets = 3, .seg = {
		{ .us = 1000, .seq = 100, .len = 10 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 3000, .seq = 110, .len = 10 },
		{ .us = 303100, .seq = 130, .len = 10 },
		{ .us = 303900, .seq = 120, .len = 10, .want = "AN" },
	} },
	{ .name = "asked for by a duplicate ACK, and late enough", .packets = 3, .seg = {
		{ .us = 1000, .seq = 100, .len = 10 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 3000, .seq = 120, .len = 10 },
		{ .us = 3100, .seq = 130, .len = 10 },
		{ .us = 3500, .reply = 1, .ack = 110 },
		{ .us = 4500, .seq = 110, .len = 10, .want = "TA" },
	} },
	{ .name = "asked for by a SACK, and late enough", .packets = 3, .seg = {
		{ .us = 1000, .seq = 100, .len = 10 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 3000, .seq = 120, .len = 10 },
		{ .us = 3100, .seq = 130, .len = 10 },
		{ .us = 3500, .reply = 1, .ack = 110, .sack = { 120, 140 } },
		{ .us = 4500, .seq = 110, .len = 10, .want = "TA" },
	} },
	{ .name = "asked for, but of the overtaker's tick, and ticks are short", .packets = 4, .seg = {
		{ .us = 1000, .seq = 100, .len = 10, .ts = 100 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 51000, .seq = 110, .len = 10, .ts = 150 },
		{ .us = 60000, .seq = 130, .len = 10, .ts = 159 },
		{ .us = 60500, .reply = 1, .ack = 120, .sack = { 130, 140 } },
		{ .us = 60600, .seq = 140, .len = 10, .ts = 159 },
		{ .us = 66000, .seq = 120, .len = 10, .ts = 159, .want = "AN" },
	} },
	{ .name = "the same, and the SYN told how long a tick is", .packets = 3, .seg = {
		{ .us = 1000, .seq = 99, .flags = F_SYN, .ts = 100 },
		{ .us = 1400, .reply = 1, .seq = 7, .ack = 100, .flags = F_SYNACK, .ts = 9 },
		{ .us = 4000, .seq = 100, .ack = 8, .ts = 103 },
		{ .us = 6000, .seq = 100, .len = 10, .ts = 105 },
		{ .us = 6400, .reply = 1, .ack = 110 },
		{ .us = 7000, .seq = 120, .len = 10, .ts = 105 },
		{ .us = 7400, .reply = 1, .ack = 110, .sack = { 120, 130 } },
		{ .us = 7600, .seq = 130, .len = 10, .ts = 105 },
		{ .us = 11500, .seq = 110, .len = 10, .ts = 105, .want = "AN" },
	} },
	{ .name = "asked for, of the overtaker's tick, and ticks are long", .packets = 3, .seg = {
		{ .us = 1000, .seq = 100, .len = 10, .ts = 100 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 60000, .seq = 120, .len = 10, .ts = 101 },
		{ .us = 60500, .reply = 1, .ack = 110, .sack = { 120, 130 } },
		{ .us = 60600, .seq = 130, .len = 10, .ts = 101 },
		{ .us = 66000, .seq = 110, .len = 10, .ts = 101, .want = "TA" },
	} },
	{ .name = "late enough, but not asked for", .packets = 3, .seg = {
		{ .us = 1000, .seq = 100, .len = 10 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 3000, .seq = 120, .len = 10 },
		{ .us = 3100, .seq = 130, .len = 10 },
		{ .us = 4500, .seq = 110, .len = 10, .want = "AN" },
	} },
	{ .name = "asked for, but within the round trip of the handshake", .packets = 3, .seg = {
		{ .us = 1000, .seq = 99, .flags = F_SYN },
		{ .us = 1100, .reply = 1, .seq = 7, .ack = 100, .flags = F_SYNACK },
		{ .us = 9000, .seq = 100, .ack = 8 },
		{ .us = 9010, .seq = 100, .len = 10 },
		{ .us = 9110, .reply = 1, .ack = 110 },
		{ .us = 9200, .seq = 120, .len = 10 },
		{ .us = 9300, .reply = 1, .ack = 110, .sack = { 120, 130 } },
		{ .us = 9400, .seq = 130, .len = 10 },
		{ .us = 10500, .seq = 110, .len = 10, .want = "AN" },
	} },
	{ .name = "the receiver has it: an ACK, not the capture, saw it", .packets = 3, .seg = {
		{ .us = 1000, .seq = 100, .len = 10 },
		{ .us = 2000, .reply = 1, .ack = 110 },
		{ .us = 3000, .seq = 120, .len = 10 },
		{ .us = 3500, .reply = 1, .ack = 130 },
		{ .us = 3600, .seq = 130, .len = 10 },
		{ .us = 9000, .seq = 110, .len = 10, .want = "AN" },
	} },
	{ .name = "a retransmission, then the original", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 140, .len = 10, .id = 5 },
		{ .seq = 120, .len = 10, .id = 6, .want = "TI" },
		{ .seq = 120, .len = 10, .id = 6, .want = "DI" },
		{ .seq = 120, .len = 10, .id = 7, .want = "TI" },
		{ .seq = 120, .len = 10, .id = 3, .want = "RI" },
		{ .seq = 120, .len = 10, .id = 3, .want = "DI" },
	} },
	{ .name = "the same by timestamps", .packets = 3, .seg = {
		{ .seq = 100, .len = 10, .ts = 50 },
		{ .seq = 120, .len = 10, .ts = 60 },
		{ .seq = 110, .len = 10, .ts = 70, .want = "TT" },
		{ .seq = 110, .len = 10, .ts = 70, .want = "DB" },
		{ .seq = 110, .len = 10, .ts = 55, .want = "RT" },
	} },
	{ .name = "bytes seen, sent anew or the same packet", .packets = 4, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 120, .len = 10, .id = 3 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 130, .len = 10, .id = 4, .want = "DI" },
		{ .seq = 110, .len = 10, .id = 2, .want = "DI" },
		{ .seq = 110, .len = 10, .id = 5, .want = "TI" },
	} },
	{ .name = "the same by timestamps", .packets = 3, .seg = {
		{ .seq = 100, .len = 10, .ts = 1 },
		{ .seq = 110, .len = 10, .ts = 2 },
		{ .seq = 120, .len = 10, .ts = 3 },
		{ .seq = 110, .len = 10, .ts = 2, .want = "DT" },
		{ .seq = 110, .len = 10, .ts = 9, .want = "TT" },
		{ .seq = 120, .len = 10, .ts = 3, .want = "DB" },
	} },
	{ .name = "the same with nothing but ACKs", .packets = 3, .seg = {
		{ .seq = 100, .len = 10 },
		{ .seq = 110, .len = 10 },
		{ .seq = 120, .len = 10 },
		{ .seq = 120, .len = 10, .want = "DB" },
		{ .reply = 1, .ack = 110 },
		{ .reply = 1, .ack = 110 },
		{ .seq = 110, .len = 10, .want = "TA" },
		{ .seq = 120, .len = 10, .want = "DB" },
	} },
	{ .name = "two holes, filled crosswise", .packets = 7, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 150, .len = 10, .id = 6 },
		{ .seq = 160, .len = 10, .id = 7 },
		{ .seq = 140, .len = 10, .id = 5, .want = "RI" },
		{ .seq = 120, .len = 10, .id = 3, .want = "RI" },
	} },
	{ .name = "one hole, filled from its middle", .packets = 6, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 150, .len = 10, .id = 6 },
		{ .seq = 160, .len = 10, .id = 7 },
		{ .seq = 130, .len = 10, .id = 4, .want = "RI" },
		{ .seq = 140, .len = 10, .id = 8, .want = "TI" },
		{ .seq = 120, .len = 10, .id = 3, .want = "RI" },
		{ .seq = 120, .len = 30, .id = 9, .want = "TI" },
	} },
	{ .name = "one segment over two holes", .packets = 4, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 150, .len = 10, .id = 6 },
		{ .seq = 120, .len = 30, .id = 7, .want = "TI" },
	} },
	{ .name = "new bytes behind old ones are in order", .packets = 5, .seg = {
		{ .seq = 100, .len = 10, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 115, .len = 35, .id = 5 },
		{ .seq = 120, .len = 10, .id = 3, .want = "RI" },
	} },
	{ .name = "GRO: IDs advance by what was merged", .packets = 6, .seg = {
		{ .seq = 1000, .len = 2896, .id = 10 },
		{ .seq = 3896, .len = 2896, .id = 12 },
		{ .seq = 6792, .len = 14480, .id = 14 },
		{ .seq = 24168, .len = 2896, .id = 26 },
		{ .seq = 27064, .len = 1448, .id = 28 },
		{ .seq = 21272, .len = 2896, .id = 24, .want = "RI" },
	} },
	{ .name = "joined midway: what was before the first", .packets = 5, .seg = {
		{ .seq = 120, .len = 10, .id = 3 },
		{ .seq = 130, .len = 10, .id = 4 },
		{ .seq = 140, .len = 10, .id = 5 },
		{ .seq = 150, .len = 10, .id = 6 },
		{ .seq = 110, .len = 10, .id = 2, .want = "RI" },
		{ .seq = 100, .len = 10, .id = 7, .want = "TI" },
	} },
	{ .name = "joined midway, nothing to tell by", .packets = 2, .seg = {
		{ .seq = 120, .len = 10 },
		{ .seq = 130, .len = 10 },
		{ .seq = 110, .len = 10, .want = "AN" },
	} },
	{ .name = "seen from its SYN: the first data is overtaken", .packets = 3, .seg = {
		{ .seq = 99, .flags = F_SYN, .id = 1 },
		{ .reply = 1, .seq = 7, .ack = 100, .flags = F_SYNACK },
		{ .seq = 100, .ack = 8, .id = 2 },
		{ .seq = 110, .len = 10, .id = 4 },
		{ .seq = 120, .len = 10, .id = 5 },
		{ .seq = 100, .len = 10, .id = 3, .want = "RI" },
	} },
	{ .name = "a SYN that came late, and one that came twice", .packets = 2, .seg = {
		{ .seq = 100, .len = 10, .id = 2 },
		{ .seq = 99, .flags = F_SYN, .id = 1 },
		{ .seq = 99, .flags = F_SYN, .id = 3 },
		{ .seq = 110, .len = 10, .id = 4 },
	} },
	{ .name = "a port used again", .packets = 4, .flows = 2, .seg = {
		{ .seq = 99, .flags = F_SYN, .id = 1 },
		{ .seq = 100, .len = 10, .id = 2 },
		{ .seq = 110, .len = 10, .id = 3 },
		{ .seq = 60, .flags = F_SYN, .id = 4 },
		{ .seq = 61, .len = 10, .id = 5 },
		{ .seq = 71, .len = 10, .id = 6 },
	} },
	{ .name = "a port used again, its beginning not captured", .packets = 3, .flows = 2, .seg = {
		{ .seq = 100, .len = 10, .id = 2 },
		{ .seq = 0x70000000, .len = 10, .id = 9 },
		{ .seq = 0x7000000a, .len = 10, .id = 10 },
	} },
	{ .name = "data in the SYN, data with the FIN, the FIN again", .packets = 3, .seg = {
		{ .seq = 99, .len = 10, .flags = F_SYN, .id = 1 },
		{ .seq = 110, .len = 10, .id = 2 },
		{ .seq = 120, .len = 10, .id = 3, .flags = F_FIN },
		{ .seq = 130, .flags = F_FIN, .id = 4 },
		{ .seq = 120, .len = 10, .id = 5, .flags = F_FIN, .want = "TI" },
	} },
	{ .name = "what a RST carries is no data", .packets = 1, .seg = {
		{ .seq = 100, .len = 10 },
		{ .seq = 150, .len = 20, .flags = 0x14 },
	} },
	{ .name = "keep-alives", .packets = 2, .keepalives = 2, .seg = {
		{ .us = 100, .seq = 100, .len = 10, .id = 1 },
		{ .us = 200, .reply = 1, .ack = 110 },
		{ .us = 5000000, .seq = 109, .len = 1, .id = 2 },
		{ .us = 5000100, .reply = 1, .ack = 110 },
		{ .us = 9000000, .seq = 109, .id = 3 },
		{ .us = 15000000, .seq = 109, .len = 1, .id = 4 },
		{ .us = 15000200, .seq = 110, .len = 10, .id = 5 },
	} },
	{ .name = "one byte sent again is no keep-alive", .packets = 4, .seg = {
		{ .us = 100, .seq = 100, .len = 1, .id = 1 },
		{ .us = 200, .seq = 101, .len = 1, .id = 2 },
		{ .us = 220, .seq = 102, .len = 1, .id = 3 },
		{ .us = 300, .reply = 1, .ack = 102 },
		{ .us = 400, .seq = 102, .len = 1, .id = 4, .want = "TI" },
		{ .us = 500, .seq = 103, .len = 1, .id = 5 },
	} },
	{ .name = "zero-window probes", .packets = 3, .keepalives = 2, .seg = {
		{ .us = 100, .seq = 100, .len = 10, .id = 1 },
		{ .us = 200, .reply = 1, .ack = 110, .no_window = true },
		{ .us = 300000, .seq = 110, .len = 1, .id = 2 },
		{ .us = 300100, .reply = 1, .ack = 110, .no_window = true },
		{ .us = 900000, .seq = 110, .len = 1, .id = 3 },
		{ .us = 900100, .reply = 1, .ack = 110, .no_window = true },
		{ .us = 1900000, .seq = 110, .len = 1, .id = 4 },
		{ .us = 1900100, .reply = 1, .ack = 110 },
		{ .us = 1900200, .seq = 110, .len = 10, .id = 5 },
	} },
	{ .name = "UDP: IDs number the packets", .packets = 8, .seg = {
		{ .proto = 17, .len = 10, .id = 1 },
		{ .proto = 17, .len = 10, .id = 2 },
		{ .proto = 17, .len = 10, .id = 3 },
		{ .proto = 17, .len = 10, .id = 6 },
		{ .proto = 17, .len = 10, .id = 4, .want = "RI" },
		{ .proto = 17, .len = 10, .id = 4, .want = "DI" },
		{ .proto = 17, .len = 10, .id = 7 },
		{ .proto = 17, .len = 10, .id = 5, .want = "RI" },
		{ .proto = 17, .len = 10, .id = 8 },
	} },
	{ .name = "UDP: IDs that do not count up", .packets = 0, .unjudged = 5, .seg = {
		{ .proto = 17, .len = 10, .id = 1 },
		{ .proto = 17, .len = 10, .id = 30000 },
		{ .proto = 17, .len = 10, .id = 500 },
		{ .proto = 17, .len = 10, .id = 12345 },
		{ .proto = 17, .len = 10 },
	} },
	{ .name = "UDP: a leap, and a new count", .packets = 6, .unjudged = 1, .seg = {
		{ .proto = 17, .len = 10, .id = 1 },
		{ .proto = 17, .len = 10, .id = 2 },
		{ .proto = 17, .len = 10, .id = 3 },
		{ .proto = 17, .len = 10, .id = 30000 },
		{ .proto = 17, .len = 10, .id = 5000 },
		{ .proto = 17, .len = 10, .id = 5001 },
		{ .proto = 17, .len = 10, .id = 5002 },
	} },
};

static bool is_end(const struct seg *s)
{
	return !s->us && !s->len && !s->flags && !s->seq && !s->ack;
}

static void play(const struct scene *s, struct log *log)
{
	size_t n = 0;

	for (; n < MAX_SEGS && !is_end(&s->seg[n]); n++)
		assert_int_equal(log_push(log, &s->seg[n]), 0);
	assert_int_equal(one_end(log->one, &log->a), 0);
	for (size_t i = 0; i < n; i++) {
		const char *said = log_said(log, i + 1), *want = s->seg[i].want;

		if (strcmp(said, want ? want : ""))
			fail_msg("%s: frame %zu is '%s'", s->name, i + 1, said);
	}
}

static void test_scenes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		const struct scene *s = &scenes[i];
		struct log *log = log_new(&ONE_OPTIONS_DEFAULT);

		play(s, log);
		if (log->a.m.packets != s->packets || log->a.flows != (s->flows ? s->flows : 1) ||
		    log->n_flows != log->a.flows || log->a.keepalives != s->keepalives ||
		    log->a.unjudged != s->unjudged)
			fail_msg("%s: %d packets, %d flows, %d keep-alives, %d unjudged", s->name,
				 (int)log->a.m.packets, (int)log->a.flows,
				 (int)log->a.keepalives, (int)log->a.unjudged);
		assert_true(log->a.exact);
		log_free(log);
	}
}

/* Extent, time and displacement of a late packet, and the flow's own figures. */
static void test_event(void **state)
{
	static const struct seg segs[] = {
		{ .us = 100, .seq = 99, .flags = F_SYN, .id = 1 },
		{ .us = 110, .seq = 100, .len = 10, .id = 2 },
		{ .us = 120, .seq = 120, .len = 10, .id = 4 },
		{ .us = 130, .seq = 130, .len = 10, .id = 5 },
		{ .us = 140, .seq = 140, .len = 10, .id = 6, .flags = F_PSH },
		{ .us = 170, .seq = 110, .len = 10, .id = 3, .flags = F_PSH },
		{ .us = 180, .seq = 150, .len = 10, .id = 7 },
	};
	struct log *log = log_new(&ONE_OPTIONS_DEFAULT);
	const struct analysis_event *e;
	const struct analysis_flow *f;

	for (size_t i = 0; i < ARRAY_SIZE(segs); i++)
		log_push(log, &segs[i]);
	one_end(log->one, &log->a);
	assert_int_equal(log->n_events, 1);
	e = &log->event[0];
	assert_int_equal(e->frame, 6);
	assert_int_equal(e->time_ns, 170000);
	assert_int_equal(e->start, 10);
	assert_int_equal(e->end, 20);
	assert_int_equal(e->extent, 3);
	assert_int_equal(e->displacement, 3);
	assert_int_equal(e->late_ns, 50000);
	assert_true(e->moved && e->psh);
	assert_int_equal(e->key.sport, 1000);
	f = &log->flow[0];
	assert_int_equal(f->id, e->flow);
	assert_int_equal(f->packets, 6);
	assert_int_equal(f->bytes, 60);
	assert_int_equal(f->reordered, 1);
	assert_int_equal(f->movers, 1);
	assert_int_equal(f->extent_max, 3);
	assert_int_equal(f->psh, 2);
	assert_int_equal(f->first_psh, REORDER_PSH_LATE);
	assert_int_equal(f->first_ns, 110000);
	assert_int_equal(f->last_ns, 180000);
	assert_true(f->began_at_psh && f->complete && f->exact);
	assert_int_equal(log->a.flows_began_at_psh, 1);
	assert_int_equal(log->a.m.reordered, 1);
	assert_int_equal(log->a.m.extent.max, 3);
	assert_int_equal(log->a.evidence[ANALYSIS_BY_IP_ID], 1);
	log_free(log);
}

/* One that jumps ahead is the mover; those it overtook are reordered. */
static void test_early(void **state)
{
	struct log *log = log_new(&ONE_OPTIONS_DEFAULT);
	struct seg s = { .seq = 100, .flags = F_SYN, .id = 1 };
	const struct analysis_event *e;

	log_push(log, &s);
	s = (struct seg){ .seq = 101, .len = 10, .id = 2 };
	log_push(log, &s);
	s = (struct seg){ .seq = 161, .len = 10, .id = 8, .flags = F_PSH };
	log_push(log, &s);
	for (unsigned int i = 1; i < 6; i++) {
		s = (struct seg){ .seq = 101 + 10 * i, .len = 10, .id = 2 + i };
		log_push(log, &s);
	}
	one_end(log->one, &log->a);
	e = log_find(log, 3);
	assert_non_null(e);
	assert_int_equal(e->what, ANALYSIS_EARLY);
	assert_true(e->moved && e->psh);
	assert_int_equal(log->a.m.reordered, 5);
	assert_int_equal(log->a.m.movers, 1);
	assert_int_equal(log->flow[0].first_psh, REORDER_PSH_EARLY);
	assert_true(log->flow[0].began_at_psh);
	assert_int_equal(log_find(log, 8)->extent, 5);
	log_free(log);
}

/* Sequence numbers wrap; ranks do not. */
static void test_beyond_4g(void **state)
{
	struct log *log = log_new(&ONE_OPTIONS_DEFAULT);
	uint32_t seq = 0xffff0000, step = 60000;
	uint64_t sent = 0;
	uint16_t id = 1;

	for (unsigned int i = 0; i < 160000; i++) {
		struct seg a = { .seq = seq, .len = step, .id = id };
		struct seg b = { .seq = seq + step, .len = step, .id = id + 1 };

		log_push(log, i % 1000 ? &a : &b);
		log_push(log, i % 1000 ? &b : &a);
		seq += 2 * step;
		sent += 2 * step;
		id += 2;
	}
	one_end(log->one, &log->a);
	assert_true(sent > 4ull << 32);
	assert_int_equal(log->a.flows, 1);
	assert_int_equal(log->a.ambiguous, 1);	/* in the first pair: nothing was learnt yet */
	assert_int_equal(log->a.m.packets, 319999);
	assert_int_equal(log->a.m.reordered, 159);
	assert_int_equal(log->flow[0].bytes, sent - step);
	log_free(log);
}

static void test_real(void **state)
{
	static const uint64_t reordered[] = { 10, 18, 42, 45, 46, 47, 49, 50 };
	static const uint64_t again[] = { 14, 20, 22, 24, 26 };
	struct log *log = log_new(&ONE_OPTIONS_DEFAULT);
	uint32_t end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(real_frames); i++) {
		const struct seg *s = &real_frames[i];

		log_push(log, s);
		end = !s->reply && s->seq + s->len > end ? s->seq + s->len : end;
	}
	one_end(log->one, &log->a);
	assert_int_equal(log->a.m.reordered, ARRAY_SIZE(reordered));
	assert_int_equal(log->a.retransmitted, ARRAY_SIZE(again));
	assert_int_equal(log->a.duplicated + log->a.ambiguous, 0);
	for (size_t i = 0; i < ARRAY_SIZE(reordered); i++)
		assert_string_equal(log_said(log, reordered[i]), "RI");
	for (size_t i = 0; i < ARRAY_SIZE(again); i++)
		assert_string_equal(log_said(log, again[i]), "TI");
	assert_int_equal(log->flow[0].extent_max, 19);
	assert_int_equal(log->flow[0].bytes, end - 1);
	log_free(log);
}

/* Other kinds pass through; nothing at all is a result too. */
static void test_nothing(void **state)
{
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct one *o = one_new(&opt);
	static struct analysis a;

	for (int kind = FRAME_FRAGMENT; kind <= FRAME_UNKNOWN_LINK; kind++)
		assert_int_equal(one_push(o, &(struct frame){ .kind = kind, .len = 5 }), 0);
	assert_int_equal(one_end(o, &a), 0);
	assert_int_equal(a.flows, 0);
	assert_int_equal(a.m.packets, 0);
	assert_int_equal(a.mode, ANALYSIS_ONE_POINT);
	assert_true(a.exact);
	one_free(o);
	one_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_beyond_4g),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
