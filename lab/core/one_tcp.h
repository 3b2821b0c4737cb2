/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_tcp.h - TCP segments of a flow at one point: in order or not
 *
 * Private to the one-point analysis.
 */
#ifndef OVSLAB_CORE_ONE_TCP_H
#define OVSLAB_CORE_ONE_TCP_H

#include "core/one_flow.h"

enum { ONE_FIN = 1, ONE_SYN = 2, ONE_RST = 4, ONE_PSH = 8, ONE_ACK = 16 };

/** one_tcp_learn() - @id is that of the in-order neighbour of @h's last packet */
static inline void one_tcp_learn(struct one_half *h, uint16_t id)
{
	uint16_t step = id - h->id;

	if (!id)
		return;
	if (h->id) {
		h->id_score = one_id_step(h->id_score, step);
		h->id_sum += (uint32_t)(int16_t)step;
	}
	h->id = id;
}

/** one_tcp_first_ts() - @f has a timestamp: perhaps the first one of @h's side */
static inline void one_tcp_first_ts(struct one_half *h, const struct frame *f)
{
	h->flags |= ONE_HAS_TS;
	if (h->first_ts_ns)
		return;
	h->first_ts = f->tsval;
	h->first_ts_ns = f->time_ns;
}

/** one_tcp_advance() - @f has the highest byte now, @len bytes above the last */
static inline void one_tcp_advance(struct one_half *h, const struct frame *f, uint32_t len)
{
	h->max += len;
	h->seq += len;
	h->last_ns = f->time_ns;
	h->tcp.ts = f->has_ts ? f->tsval : h->tcp.ts;
	if (!h->tcp.timed_ns) {
		h->tcp.timed_ns = f->time_ns;
		h->tcp.timed_end = h->seq;
	}
}

/**
 * one_tcp_data() - a segment with data from sequence number @seq on
 *
 * For all but what one_tcp_fast() takes.
 */
int one_tcp_data(struct one *o, struct one_conn *c, struct one_half *h,
		 const struct frame *f, uint32_t seq);

/** one_tcp_fast() - data in order of a flow in order, if @f is; false if not */
static inline bool one_tcp_fast(struct one_half *h, const struct frame *f)
{
	if (f->seq != h->seq || h->flags & ONE_DISORDER || h->pending == UINT32_MAX ||
	    f->tcp_flags & (ONE_SYN | ONE_RST))
		return false;
	if (f->tcp_flags & ONE_PSH)
		one_flow_psh(h, h->max);
	one_tcp_learn(h, f->ip_id);
	one_tcp_advance(h, f, f->len);
	h->pending++;
	return true;
}

/** one_tcp_ack() - the other side of @h acknowledges */
void one_tcp_ack(struct one *o, struct one_conn *c, struct one_half *h,
		 const struct frame *f);

#endif
