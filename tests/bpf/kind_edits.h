/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kind_edits.h - what the kinds of manglers must do, written a second time
 *
 * On the bytes where the RFCs say; used natively and in the kernel.
 */
#ifndef TESTS_KIND_EDITS_H
#define TESTS_KIND_EDITS_H

#define IO_NATIVE
#include "bpf/kinds/kinds.h"
#include "core/util.h"
#include "frame_sum.h"

struct edit {
	const char *name;
	struct stage stage;
	void (*expect)(struct frame *f);	/* does the same; sums come after it */
	uint32_t (*field)(const struct frame *f);
	bool ip_only;				/* of any protocol, and of fragments */
};

static inline uint32_t flags_field(const struct frame *f)
{
	return f->data[f->l4 + 13];
}

static inline uint32_t window_field(const struct frame *f)
{
	return f->data[f->l4 + 14] << 8 | f->data[f->l4 + 15];
}

static inline uint32_t ttl_field(const struct frame *f)
{
	return frame_ttl(f);
}

static inline uint32_t tos_field(const struct frame *f)
{
	return frame_tos(f);
}

static inline void psh(struct frame *f) { f->data[f->l4 + 13] |= 8; }
static inline void fin_not_ack(struct frame *f) { f->data[f->l4 + 13] = 1 | 32 | 128; }
static inline void window_0(struct frame *f) { put16(f->data + f->l4 + 14, 0); }
static inline void window_max(struct frame *f) { put16(f->data + f->l4 + 14, 65535); }

static inline void set_ttl(struct frame *f, uint8_t ttl)
{
	f->data[f->l3 + (f->family == 4 ? 8 : 7)] = ttl;
}

static inline void ttl_1(struct frame *f) { set_ttl(f, 1); }
static inline void ttl_3(struct frame *f) { set_ttl(f, 3); }
static inline void ttl_63(struct frame *f) { set_ttl(f, 63); }
static inline void ttl_255(struct frame *f) { set_ttl(f, 255); }

/* The low 20 bits of IPv6's first word are the flow label. */
static inline void set_tos(struct frame *f, uint8_t tos)
{
	frame_set_tos(f, tos, 0xabcde);
}

static inline void tos_ce(struct frame *f) { set_tos(f, (46 << 2) | 3); }
static inline void tos_ect1(struct frame *f) { set_tos(f, (46 << 2) | 1); }
static inline void tos_not_ect(struct frame *f) { set_tos(f, 46 << 2); }
static inline void dscp_0(struct frame *f) { set_tos(f, 2); }
static inline void dscp_63(struct frame *f) { set_tos(f, 0xfe); }

#define ROW(kind_, arg0, arg1, expect_, field_, ip) \
	{ #expect_, { .kind = kind_, .arg = { arg0, arg1 } }, expect_, field_, ip }

static const struct edit edits[] = {
	ROW(STAGE_FLAGS, 8, 0, psh, flags_field, false),
	ROW(STAGE_FLAGS, 1 | 32 | 128, 16, fin_not_ack, flags_field, false),
	ROW(STAGE_WINDOW, 0, 0, window_0, window_field, false),
	ROW(STAGE_WINDOW, 65535, 0, window_max, window_field, false),
	ROW(STAGE_TTL, TTL_SET, 3, ttl_3, ttl_field, true),
	ROW(STAGE_TTL, TTL_SET, 255, ttl_255, ttl_field, true),
	ROW(STAGE_TTL, TTL_SET, 0, ttl_1, ttl_field, true),
	ROW(STAGE_TTL, TTL_SET, 300, ttl_255, ttl_field, true),
	ROW(STAGE_TTL, TTL_DEC, 1, ttl_63, ttl_field, true),
	ROW(STAGE_TTL, TTL_DEC, 64, ttl_1, ttl_field, true),
	ROW(STAGE_TTL, TTL_DEC, UINT32_MAX, ttl_1, ttl_field, true),
	ROW(STAGE_ECN, 3, 0, tos_ce, tos_field, true),
	ROW(STAGE_ECN, 1, 0, tos_ect1, tos_field, true),
	ROW(STAGE_ECN, 0, 0, tos_not_ect, tos_field, true),
	ROW(STAGE_DSCP, 0, 0, dscp_0, tos_field, true),
	ROW(STAGE_DSCP, 63, 0, dscp_63, tos_field, true),
};

/* Frames with something in each field that may be edited. */
static inline void edit_build(struct frame *f, const struct frame_spec *spec)
{
	frame_build(f, spec);
	frame_set_tos(f, (46 << 2) | 2, 0xabcde);
}

/* ---- UDP ---- */

/* TCP and UDP, all of whose sums can be checked. */
static const struct frame_shape udp_shapes[] = {
	{ "UDP", { .proto = 17, .payload = 100 } },
	{ "UDP odd", { .proto = 17, .payload = 31, .padding = 7 } },
	{ "UDP one byte, options", { .proto = 17, .payload = 1, .ip_opt_words = 5 } },
	{ "IPv6 UDP VLAN", { .family = 6, .vlans = 1, .proto = 17, .payload = 77 } },
	{ "IPv6 UDP chain", { .family = 6, .ext = { 0, 60 }, .n_ext = 2, .proto = 17,
			      .payload = 64 } },
};

/* ---- mss ---- */

struct mss_row {
	const char *name;
	uint8_t options[12];
	int words;
	int at;				/* of the value, in the options; 0: there is none */
};

static const struct mss_row mss_rows[] = {
	{ "first", { 2, 4, 0x05, 0xb4, 1, 1, 4, 2 }, 2, 2 },
	{ "alone", { 2, 4, 0x05, 0xb4 }, 1, 2 },
	{ "behind a NOP", { 1, 2, 4, 0x05, 0xb4, 0, 0, 0 }, 2, 3 },
	{ "behind three NOPs", { 1, 1, 1, 2, 4, 0x05, 0xb4, 0 }, 2, 5 },
	{ "at the end", { 3, 3, 7, 1, 4, 2, 1, 1, 2, 4, 0x05, 0xb4 }, 3, 10 },
	{ "on an odd byte at the end", { 3, 3, 7, 5, 4, 9, 9, 2, 4, 0x05, 0xb4, 0 }, 3, 9 },
	{ "none", { 3, 3, 7, 1, 4, 2, 1, 1 }, 2, 0 },
	{ "NOPs only", { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 3, 0 },
	{ "behind the end", { 0, 2, 4, 0x05, 0xb4, 1, 1, 1 }, 2, 0 },
	{ "inside another option", { 8, 8, 2, 4, 0x05, 0xb4, 1, 1 }, 2, 0 },
	{ "of another length", { 2, 3, 5, 1, 1, 1, 1, 1 }, 2, 0 },
	{ "behind a length of 0", { 7, 0, 2, 4, 0x05, 0xb4, 1, 1 }, 2, 0 },
	{ "behind a length of 1", { 7, 1, 2, 4, 0x05, 0xb4, 1, 1 }, 2, 0 },
	{ "behind a length too far", { 7, 40, 2, 4, 0x05, 0xb4, 1, 1 }, 2, 0 },
	{ "cut off", { 1, 1, 1, 1, 1, 1, 2, 4 }, 2, 0 },
};

static inline void build_syn(struct frame *f, const struct mss_row *row, int family, uint8_t flags)
{
	struct frame_spec spec = { .family = family, .tcp_opt_words = row->words,
				   .tcp_flags = flags };

	frame_build(f, &spec);
	memcpy(f->data + f->l4 + 20, row->options, row->words * 4);
	frame_resum(f);
}

#endif
