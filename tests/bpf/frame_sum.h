/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame_sum.h - frames whose checksums are computed anew, or by somebody else
 *
 * As with checksum offload: the field holds the sum of the pseudo header, and who sends
 * the frame adds up what follows.
 */
#ifndef TESTS_FRAME_SUM_H
#define TESTS_FRAME_SUM_H

#include "frame.h"

/* After bytes were changed: all from the start. */
static inline void frame_resum(struct frame *f)
{
	if (f->family == 4)
		put16(f->data + f->l3 + 10, 0);
	put16(f->data + check_at(f), 0);
	frame_sums(f);
}

static inline uint32_t pseudo_sum(const struct frame *f)
{
	const uint8_t *ip = f->data + f->l3;
	uint32_t sum = f->proto + f->ip_end - f->l4;

	return sum + (f->family == 4 ? sum16(ip + 12, 8) : sum16(ip + 8, 32));
}

/* Leave the sum to others. */
static inline void frame_make_partial(struct frame *f)
{
	put16(f->data + check_at(f), (uint16_t)~fold(pseudo_sum(f)));
}

/* What a device makes of the field; it is not asked whether it is right. */
static inline void frame_complete(struct frame *f)
{
	uint16_t check = fold(sum16(f->data + f->l4, f->ip_end - f->l4));

	if (!check && f->proto == 17)
		check = 0xffff;
	put16(f->data + check_at(f), check);
}

/* Fields that frame_spec does not have, so that an edit has something to change. */
static inline void frame_set_tos(struct frame *f, uint8_t tos, uint32_t flow_label)
{
	uint8_t *ip = f->data + f->l3;

	if (f->family == 4)
		ip[1] = tos;
	else
		put32(ip, 6u << 28 | (uint32_t)tos << 20 | flow_label);
	frame_resum(f);
}

static inline uint8_t frame_tos(const struct frame *f)
{
	const uint8_t *ip = f->data + f->l3;

	return f->family == 4 ? ip[1] : (ip[0] & 15) << 4 | ip[1] >> 4;
}

#endif
