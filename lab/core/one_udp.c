// SPDX-License-Identifier: GPL-2.0
/*
 * one_udp.c - UDP packets of a flow at one point, ranked by their IP IDs
 *
 * Theory of operation. A sender that counts its IP IDs numbers its packets. The
 * first few steps show whether it does; until then, and after a leap, packets are
 * unjudged. Where other flows use the same counter each step leaves a hole that
 * nothing will fill, so holes are kept for a short while only.
 */
#include "core/one_udp.h"

#define LEAP 1024			/* IDs; further away is another count */
#define HOLE_ARRIVALS 128		/* how long a hole is kept */

static void learn_anew(struct one_half *h, const struct frame *f)
{
	h->id_score = 0;
	h->udp.learnt = 0;
	h->udp.bytes = f->len;
}

/* Ranks may begin: what was learnt from was in order. */
static void promote(struct one_half *h)
{
	h->pending = h->udp.learnt + 1;
	h->udp.unjudged -= h->pending;
	h->max += h->pending;
	h->udp.learnt = 0;
}

static int learn(struct one_half *h, const struct frame *f)
{
	uint16_t step = f->ip_id - h->id;

	h->udp.unjudged++;
	h->last_ns = f->time_ns;
	if (!h->id || step - 1u >= ONE_ID_STEP) {
		learn_anew(h, f);
	} else {
		h->id_score = one_id_step(h->id_score, step);
		h->udp.learnt++;
		h->udp.bytes += f->len;
	}
	h->id = f->ip_id;
	if (h->id_score == ONE_ID_USABLE)
		promote(h);
	return 0;
}

static int late(struct one *o, struct one_conn *c, struct one_half *h, const struct frame *f,
		uint64_t rank)
{
	bool known = rank >= ONE_ORIGIN;

	h->late_ns = f->time_ns;
	if (known && one_flow_reserve(o, c, h)) {
		uint32_t i = one_hole_find(h->disorder, 0, rank, rank + 1);

		if (i < h->disorder->n_holes) {
			one_hole_cut(h->disorder, i, rank, rank + 1, NULL);
			known = false;
		}
	}
	if (known) {
		one_flow_count(o, c, h, f, rank, one_flow_doubt(h, rank, (struct one_verdict){
			ANALYSIS_DUPLICATED, ANALYSIS_BY_IP_ID }));
		return 0;
	}
	o->a.evidence[ANALYSIS_BY_IP_ID]++;
	return one_flow_arrive(o, c, h, f, rank, rank + 1, ANALYSIS_BY_IP_ID);
}

static int next(struct one *o, struct one_conn *c, struct one_half *h, const struct frame *f,
		uint32_t step)
{
	uint64_t low = h->max, rank = low + step - 1;
	struct one_hole hole = {
		.start = low, .end = rank, .opened_ns = f->time_ns,
		.due = HOLE_ARRIVALS, .id = f->ip_id,
	};
	bool forgotten;

	h->id_score = one_id_step(h->id_score, step);
	h->id = f->ip_id;
	h->last_ns = f->time_ns;
	h->max = rank + 1;
	if (step == 1 && !h->disorder && h->pending < UINT32_MAX) {
		h->pending++;
		h->udp.bytes += f->len;
		return 0;
	}
	h->max = low;
	one_flow_tell(o, c, h);
	h->max = rank + 1;
	forgotten = step > 1 && !one_flow_hole(o, c, h, &hole);
	one_flow_arrive(o, c, h, f, rank, rank + 1, ANALYSIS_BY_RANK);
	if (forgotten)
		one_flow_skip(o, c, h, low, rank);
	return one_flow_settle(o, c, h);
}

int one_udp(struct one *o, struct one_conn *c, struct one_half *h, const struct frame *f)
{
	int step = (int16_t)(f->ip_id - h->id);

	if (!f->ip_id) {
		h->udp.unjudged++;
		h->last_ns = f->time_ns;
		return 0;
	}
	if (h->id_score < ONE_ID_USABLE)
		return learn(h, f);
	if (step > 0 && step <= LEAP && one_id_step(h->id_score, step) >= ONE_ID_USABLE)
		return next(o, c, h, f, step);
	if (step <= 0 && step >= -LEAP)
		return late(o, c, h, f, h->max - 1 + (uint64_t)(int64_t)step);
	one_flow_tell(o, c, h);
	one_flow_forget(o, c, h);
	learn_anew(h, f);
	return learn(h, f);
}
