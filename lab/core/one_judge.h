/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_judge.h - reordered or retransmitted: what the evidence says of a segment
 *
 * Private to the one-point analysis. Plain functions of a hole, a segment and what
 * is known of the flow; one.h has the order of evidence.
 */
#ifndef OVSLAB_CORE_ONE_JUDGE_H
#define OVSLAB_CORE_ONE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/frame.h"
#include "core/one_hole.h"

/* What is known of the flow when a segment below its highest byte arrives. */
struct one_facts {
	uint32_t id_sum;		/* IP IDs passed so far, modulo 2^32 */
	uint32_t id_hidden_per_s;	/* IP IDs that others use up, per second */
	uint8_t id_score;		/* of one_id_step() */
	uint16_t id;			/* of the packet with the highest byte; 0 unknown */
	uint32_t ts;			/* of the same */
	bool has_ts;
	uint64_t tick_ns;		/* how long its timestamps stay the same, at
					 * most; 0 unknown */
	uint32_t rtt_ns;		/* least time from data to its ACK; 0 unknown */
	uint32_t loop_ns;		/* of the handshake: sender and back; 0 unknown */
	uint64_t asked_ns;		/* last duplicate ACK or SACK; 0 none */
	uint8_t dups;			/* duplicate ACKs for this very byte */
};

struct one_verdict {
	uint8_t what;			/* enum analysis_class */
	uint8_t evidence;		/* enum analysis_evidence */
};

#define ONE_ID_STEP 64			/* the largest step that is small */
#define ONE_ID_USABLE 2			/* least score of a sender that counts */

/**
 * one_id_step() - learn from the IP IDs of two in-order neighbours
 * @score:	so far; 0 at first
 * @step:	from one to the next, modulo 2^16; 0 says nothing
 *
 * Two small steps suffice: by chance that is one in a million. A sender that draws
 * its IDs makes large ones, each of which undoes four small ones.
 *
 * Return: the new score, at most 15.
 */
static inline uint8_t one_id_step(uint8_t score, uint16_t step)
{
	if (step - 1u < ONE_ID_STEP)
		return score < 15 ? score + 1 : 15;
	if (!step)
		return score;
	return score > 4 ? score - 4 : 0;
}

/** one_judge_fill() - a segment that has bytes of @hole, which is open or acked */
struct one_verdict one_judge_fill(const struct one_hole *hole, const struct one_facts *flow,
				  const struct frame *f);

/** one_judge_refill() - the same bytes again, after a retransmission filled @hole */
struct one_verdict one_judge_refill(const struct one_hole *hole, const struct one_facts *flow,
				    const struct frame *f);

/** one_judge_seen() - all bytes had been seen, and not lately in a hole */
struct one_verdict one_judge_seen(const struct one_facts *flow, const struct frame *f);

#endif
