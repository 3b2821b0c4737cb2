// SPDX-License-Identifier: GPL-2.0
/*
 * one_judge.c - reordered or retransmitted: what the evidence says of a segment
 *
 * Theory of operation. A sender that counts gives the packets of a hole the IDs
 * between its two neighbours, and any repetition an ID after all that was sent
 * before. IDs are 16 bits: once 2^15 of them may have passed since the hole
 * opened, before and after cannot be told apart. Those that this flow used are
 * known; for those that the sender's other flows used there is an estimate.
 */
#include "core/one_judge.h"

#include "core/analysis.h"

#define ID_LOCAL 64			/* a hole so narrow is evidence in itself */
#define ID_BEYOND 1024			/* how far below a flow's first packet is credible */

/* May the sender's counter have gone half way round since the hole opened? */
static bool id_worn(const struct one_hole *hole, const struct one_facts *flow,
		    const struct frame *f)
{
	int32_t passed = (int32_t)(flow->id_sum - hole->id_sum);
	uint64_t age_ms = f->time_ns > hole->opened_ns ?
			  (f->time_ns - hole->opened_ns) / 1000000 : 0;

	if (passed >= 1 << 15 || passed <= -(1 << 15))
		return true;
	if (!flow->id_hidden_per_s)
		return false;
	return age_ms > 600000 || age_ms * flow->id_hidden_per_s / 1000 >= 1u << 14;
}

/* < 0: sent before the overtaker; > 0: after; 0: not told. */
static int by_id(const struct one_hole *hole, const struct one_facts *flow,
		 const struct frame *f)
{
	uint16_t width = hole->below_id ? hole->id - hole->below_id : ID_BEYOND;
	int d = (int16_t)(f->ip_id - hole->id);
	bool local = hole->below_id && width > 1 && width <= ID_LOCAL && flow->id_score;

	if (!f->ip_id || !hole->id || !d)
		return 0;
	if (flow->id_score < ONE_ID_USABLE && !local)
		return 0;
	if (id_worn(hole, flow, f))
		return 0;
	if (d > 0)
		return 1;
	return -d < width ? -1 : 0;
}

static int by_ts(const struct one_hole *hole, const struct frame *f)
{
	int32_t d = (int32_t)(f->tsval - hole->ts);

	if (!hole->has_ts || !f->has_ts)
		return 0;
	return d < 0 ? -1 : d > 0;
}

/*
 * Of the same tick as the overtaker, which came two ticks ago or more: what was asked
 * for since then cannot be that old.
 */
static bool too_old_to_repeat(const struct one_hole *hole, const struct one_facts *flow,
			      const struct frame *f)
{
	return hole->has_ts && f->has_ts && f->tsval == hole->ts && flow->tick_ns &&
	       (f->time_ns - hole->opened_ns) / 2 > flow->tick_ns;
}

/*
 * Sooner than a round trip after the packet below, nobody can have missed the
 * packet and sent it again: neither on ACKs nor on a timer. The time since the
 * overtaker would not do, for a timer does not wait for it.
 */
static int by_ack(const struct one_hole *hole, const struct one_facts *flow,
		  const struct frame *f)
{
	uint32_t loop = flow->loop_ns > flow->rtt_ns ? flow->loop_ns : flow->rtt_ns;
	bool asked = flow->asked_ns && flow->asked_ns >= hole->opened_ns &&
		     flow->asked_ns <= f->time_ns;

	if (!flow->rtt_ns || f->time_ns < hole->opened_ns || hole->state != ONE_HOLE_OPEN)
		return 0;
	if (hole->below_ns && f->time_ns - hole->below_ns < flow->rtt_ns)
		return -1;
	if (asked && f->time_ns - hole->opened_ns > loop && !too_old_to_repeat(hole, flow, f))
		return 1;
	return 0;
}

static struct one_verdict verdict(int sign, uint8_t before, uint8_t evidence)
{
	return (struct one_verdict){
		.what = sign < 0 ? before : ANALYSIS_RETRANSMITTED,
		.evidence = evidence,
	};
}

struct one_verdict one_judge_fill(const struct one_hole *hole, const struct one_facts *flow,
				  const struct frame *f)
{
	int sign = by_id(hole, flow, f);

	if (sign)
		return verdict(sign, ANALYSIS_REORDERED, ANALYSIS_BY_IP_ID);
	sign = by_ts(hole, f);
	if (sign)
		return verdict(sign, ANALYSIS_REORDERED, ANALYSIS_BY_TIMESTAMP);
	sign = by_ack(hole, flow, f);
	if (sign)
		return verdict(sign, ANALYSIS_REORDERED, ANALYSIS_BY_ACK);
	return (struct one_verdict){ ANALYSIS_AMBIGUOUS, ANALYSIS_BY_NOTHING };
}

static bool same_packet(const struct one_hole *hole, const struct frame *f)
{
	return f->ip_id && f->ip_id == hole->filler_id &&
	       (!f->has_ts || f->tsval == hole->filler_ts);
}

struct one_verdict one_judge_refill(const struct one_hole *hole, const struct one_facts *flow,
				    const struct frame *f)
{
	int sign;

	if (same_packet(hole, f))
		return (struct one_verdict){ ANALYSIS_DUPLICATED, ANALYSIS_BY_IP_ID };
	sign = by_id(hole, flow, f);
	if (sign)
		return verdict(sign, ANALYSIS_REORDERED, ANALYSIS_BY_IP_ID);
	sign = by_ts(hole, f);
	if (sign < 0 || (sign > 0 && f->tsval != hole->filler_ts))
		return verdict(sign, ANALYSIS_REORDERED, ANALYSIS_BY_TIMESTAMP);
	return (struct one_verdict){ ANALYSIS_DUPLICATED, ANALYSIS_BY_BYTES };
}

struct one_verdict one_judge_seen(const struct one_facts *flow, const struct frame *f)
{
	int d = 0;

	if (f->ip_id && flow->id && flow->id_score >= ONE_ID_USABLE) {
		d = (int16_t)(f->ip_id - flow->id);
		return verdict(d > 0 ? 1 : -1, ANALYSIS_DUPLICATED, ANALYSIS_BY_IP_ID);
	}
	if (f->has_ts && flow->has_ts)
		d = (int32_t)(f->tsval - flow->ts) < 0 ? -1 : f->tsval != flow->ts;
	if (d)
		return verdict(d, ANALYSIS_DUPLICATED, ANALYSIS_BY_TIMESTAMP);
	if (flow->dups)
		return (struct one_verdict){ ANALYSIS_RETRANSMITTED, ANALYSIS_BY_ACK };
	return (struct one_verdict){ ANALYSIS_DUPLICATED, ANALYSIS_BY_BYTES };
}
