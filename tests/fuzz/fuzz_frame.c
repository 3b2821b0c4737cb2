// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_frame.c - any bytes as a frame of any link type
 *
 * Input: a byte that chooses the link, two for what the wire had more than was captured
 * (little-endian), the frame.
 */
#include <string.h>

#include "fuzz.h"

static const uint16_t links[] = { 1, 101, 113, 276, 0, 108, 228, 229, 12, 14, 147 };

/* Fields that do not depend on the link. */
static bool same(const struct frame *a, const struct frame *b)
{
	return a->kind == b->kind && !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->window == b->window && a->ip_id == b->ip_id && a->tcp_flags == b->tcp_flags &&
	       a->n_sack == b->n_sack && a->has_ts == b->has_ts &&
	       (!a->has_ts || (a->tsval == b->tsval && a->tsecr == b->tsecr)) &&
	       a->payload == b->payload && a->payload_captured == b->payload_captured;
}

/* The short way for plain Ethernet and the long one for raw IP must agree. */
static void compare_with_raw(const struct frame_record *r, const struct frame *f)
{
	struct frame_record raw = *r;
	struct frame other;

	raw.data += 14;
	raw.captured -= 14;
	raw.length -= 14;
	raw.link = 228;
	must(fuzz_frame(&raw, &other) && same(f, &other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_record r = { 0 };
	struct frame f;

	if (size < 3)
		return 0;
	r.data = data + 3;
	r.captured = (uint32_t)(size - 3);
	r.length = r.captured + data[1] + data[2] * 256u;
	r.link = links[data[0] % ARRAY_SIZE(links)];
	memset(&f, 0xa5, sizeof(f));
	if (fuzz_frame(&r, &f) && r.link == 1 && f.key.family == 4 && f.n_vlan == 0)
		compare_with_raw(&r, &f);
	return 0;
}
