// SPDX-License-Identifier: GPL-2.0
/*
 * one_tcp.c - TCP segments of a flow at one point: in order or not
 *
 * Sequence numbers are extended to 64 bits against the highest one so far (RFC 4737
 * section 6). What lies further from it than a window can be belongs to another
 * connection, of which the beginning was not captured.
 */
#include "core/one_tcp.h"

#define WINDOW_MAX (1 << 30)		/* RFC 7323 section 2.3 */
#define IDLE_NS 1000000000ull		/* before a keep-alive, where ACKs do not tell */

/* ---- the other direction ------------------------------------------------- */

static uint64_t rank_of(const struct one_half *h, uint32_t seq)
{
	return h->max + (uint64_t)(int64_t)(int32_t)(seq - h->seq);
}

/* The receiver has what the open holes below @una lack: it went by unseen. */
static void acknowledge_holes(struct one_half *h)
{
	struct one_disorder *d = h->disorder;
	uint64_t una = rank_of(h, h->tcp.una);

	for (uint32_t i = 0; i < d->n_holes && d->hole[i].end <= una; i++) {
		struct one_hole *hole = &d->hole[i];

		if (hole->state != ONE_HOLE_OPEN)
			continue;
		hole->state = ONE_HOLE_ACKED;
		hole->due = d->position + ONE_REMEMBER;
		d->due = hole->due < d->due ? hole->due : d->due;
	}
}

static void advance_una(struct one_half *h, const struct frame *f)
{
	h->tcp.una = f->ack;
	h->dups = 0;
	if (h->tcp.timed_ns && (int32_t)(f->ack - h->tcp.timed_end) >= 0) {
		uint64_t ns = f->time_ns - h->tcp.timed_ns;

		h->tcp.timed_ns = 0;
		if (ns <= INT64_MAX && (!h->tcp.rtt_ns || ns < h->tcp.rtt_ns))
			h->tcp.rtt_ns = ns < 1 ? 1 : ns < UINT32_MAX ? ns : UINT32_MAX;
	}
	if (h->flags & ONE_DISORDER)
		acknowledge_holes(h);
}

static bool has_sack(const struct frame *f)
{
	for (unsigned int i = 0; i < f->n_sack && i < FRAME_SACKS; i++)
		if ((int32_t)(f->sack_end[i] - f->ack) > 0)
			return true;
	return false;
}

static bool is_plain(const struct frame *f)
{
	return !f->len && !(f->tcp_flags & (ONE_SYN | ONE_FIN | ONE_RST));
}

void one_tcp_ack(struct one *o, struct one_conn *c, struct one_half *h,
		 const struct frame *f)
{
	int32_t ahead = (int32_t)(f->ack - h->seq), step = (int32_t)(f->ack - h->tcp.una);

	if (f->tcp_flags & ONE_RST || ahead > WINDOW_MAX || ahead < -WINDOW_MAX)
		return;
	if (f->window)
		h->flags &= ~ONE_ZERO_WINDOW;
	else
		h->flags |= ONE_ZERO_WINDOW;
	if (!(h->flags & ONE_ACK_SEEN) || step > 0) {
		h->flags |= ONE_ACK_SEEN;
		advance_una(h, f);
	} else if (!step && ahead && is_plain(f) && h->dups < UINT8_MAX) {
		h->dups++;
	}
	if (h->flags & ONE_DISORDER && ((!step && ahead && is_plain(f)) || (f->n_sack && has_sack(f))))
		h->disorder->asked_ns = f->time_ns;
}

/* ---- below the highest byte ---------------------------------------------- */

/*
 * How many IP IDs the sender's other flows use. Those of this flow are known: one
 * a packet, and one for each segment of what GRO merged.
 */
static uint32_t hidden_ids(const struct one_half *h)
{
	uint64_t packets = h->packets + h->pending;
	uint64_t own = packets + (h->bytes + h->max - h->told) / 512;
	uint64_t ms = (h->last_ns - h->first_ns) / 1000000 + 1, rate;
	int32_t others = (int32_t)(h->id_sum - (uint32_t)own);

	if (others <= 0 || h->last_ns < h->first_ns)
		return 0;
	rate = (uint64_t)others * 1000 / ms;
	return rate < UINT32_MAX ? rate : UINT32_MAX;
}

/* How long the sender's timestamps stay the same, at most; 0 unknown. */
static uint64_t tick_ns(const struct one_half *h)
{
	uint32_t ticks = h->tcp.ts - h->first_ts;

	if (!(h->flags & ONE_HAS_TS) || ticks < 2 || ticks > INT32_MAX ||
	    h->last_ns < h->first_ts_ns)
		return 0;
	return (h->last_ns - h->first_ts_ns) / (ticks - 1) + 1;
}

static struct one_facts facts(const struct one_conn *c, const struct one_half *h,
			      uint32_t seq)
{
	return (struct one_facts){
		.id_sum = h->id_sum, .id_hidden_per_s = hidden_ids(h),
		.id_score = h->id_score, .id = h->id,
		.ts = h->tcp.ts, .has_ts = h->flags & ONE_HAS_TS, .tick_ns = tick_ns(h),
		.rtt_ns = h->tcp.rtt_ns, .loop_ns = c->half.loop_ns,
		.asked_ns = h->disorder ? h->disorder->asked_ns : 0,
		.dups = h->flags & ONE_ACK_SEEN && h->tcp.una == seq ? h->dups : 0,
	};
}

/* The first hole that is not filled, and has ranks of [start, end). */
static uint32_t find_open(const struct one_disorder *d, uint64_t start, uint64_t end)
{
	uint32_t i = one_hole_find(d, 0, start, end);

	while (i < d->n_holes && d->hole[i].state == ONE_HOLE_FILLED)
		i = one_hole_find(d, i + 1, start, end);
	return i;
}

static struct one_hole filled_by(const struct one_disorder *d, const struct one_hole *hole,
				 const struct frame *f)
{
	struct one_hole filled = *hole;

	filled.state = ONE_HOLE_FILLED;
	filled.filler_id = f->ip_id;
	filled.filler_ts = f->tsval;
	filled.due = d->position + ONE_REMEMBER;
	return filled;
}

/*
 * Take what is missing of [start, end) as brought by @f. A packet of the stream is
 * one, however many holes it touches.
 */
static int fill(struct one *o, struct one_conn *c, struct one_half *h,
		const struct frame *f, uint64_t start, uint64_t end, struct one_verdict v)
{
	bool arrived = v.what != ANALYSIS_REORDERED;

	while (start < end && one_flow_reserve(o, c, h)) {
		struct one_disorder *d = h->disorder;
		uint32_t i = find_open(d, start, end);
		struct one_hole hole, filled;
		uint64_t stop;

		if (i == d->n_holes)
			break;
		hole = d->hole[i];
		filled = filled_by(d, &hole, f);
		start = start > hole.start ? start : hole.start;
		stop = end < hole.end ? end : hole.end;
		one_hole_cut(d, i, start, stop,
			     v.what == ANALYSIS_RETRANSMITTED ? &filled : NULL);
		if (!arrived)
			one_flow_arrive(o, c, h, f, start, stop, v.evidence);
		else if (v.what != ANALYSIS_RETRANSMITTED)
			one_flow_skip(o, c, h, start, stop);
		arrived = true;
		start = stop;
	}
	return arrived ? o->rc : one_flow_arrive(o, c, h, f, start, end, v.evidence);
}

static int judge_fill(struct one *o, struct one_conn *c, struct one_half *h,
		      const struct frame *f, uint64_t start, uint64_t end, uint32_t i)
{
	struct one_facts flow = facts(c, h, f->seq);
	struct one_verdict v = one_judge_fill(&h->disorder->hole[i], &flow, f);

	if (v.what == ANALYSIS_REORDERED)
		o->a.evidence[v.evidence]++;
	else
		one_flow_count(o, c, h, f, start, v);
	return fill(o, c, h, f, start, end, v);
}

/* A retransmission filled hole @i before; is this the original? */
static int judge_refill(struct one *o, struct one_conn *c, struct one_half *h,
			const struct frame *f, uint64_t start, uint64_t end, uint32_t i)
{
	struct one_facts flow = facts(c, h, f->seq);
	struct one_hole hole = h->disorder->hole[i];
	struct one_verdict v = one_judge_refill(&hole, &flow, f);

	if (v.what != ANALYSIS_REORDERED) {
		one_flow_count(o, c, h, f, start, v);
		return 0;
	}
	o->a.evidence[v.evidence]++;
	start = start > hole.start ? start : hole.start;
	end = end < hole.end ? end : hole.end;
	if (one_flow_reserve(o, c, h)) {
		i = one_hole_find(h->disorder, 0, start, end);
		if (i < h->disorder->n_holes && h->disorder->hole[i].start <= start &&
		    h->disorder->hole[i].end >= end)
			one_hole_cut(h->disorder, i, start, end, NULL);
	}
	return one_flow_arrive(o, c, h, f, start, end, v.evidence);
}

/* Joined midway, and this was sent before the first packet, or again. */
static int judge_before_first(struct one *o, struct one_conn *c, struct one_half *h,
			      const struct frame *f, uint64_t start, uint64_t end)
{
	struct one_facts flow = facts(c, h, f->seq);
	struct one_hole hole = {
		.start = start, .end = ONE_ORIGIN, .opened_ns = h->first_ns,
		.id = h->id ? h->id - h->id_sum : 0,
		.ts = h->tcp.ts, .has_ts = h->flags & ONE_HAS_TS,
	};
	struct one_verdict v;

	if (flow.dups)
		flow.asked_ns = f->time_ns;
	v = one_judge_fill(&hole, &flow, f);
	if (v.what != ANALYSIS_REORDERED) {
		one_flow_count(o, c, h, f, start, v);
		return 0;
	}
	o->a.evidence[v.evidence]++;
	end = end < ONE_ORIGIN ? end : ONE_ORIGIN;
	return one_flow_arrive(o, c, h, f, start, end, v.evidence);
}

/* RFC 9293 sections 3.8.4 and 3.8.6.1: one byte that is not meant to be new. */
static bool is_probe(const struct one_half *h, const struct frame *f, uint64_t start)
{
	if (f->len != 1 || start + 1 != h->max || f->tcp_flags & (ONE_SYN | ONE_FIN | ONE_RST))
		return false;
	if (h->flags & ONE_ZERO_WINDOW)
		return true;
	if (h->flags & ONE_ACK_SEEN)
		return h->tcp.una == h->seq;
	return f->time_ns > h->last_ns && f->time_ns - h->last_ns >= IDLE_NS;
}

static int below(struct one *o, struct one_conn *c, struct one_half *h,
		 const struct frame *f, uint64_t start, uint64_t end)
{
	struct one_disorder *d = h->disorder;
	struct one_facts flow;

	h->tcp.timed_ns = 0;		/* Karn: whose ACK would it be? */
	if (is_probe(h, f, start)) {
		o->a.keepalives++;
		return 0;
	}
	h->late_ns = f->time_ns;
	if (d) {
		uint32_t i = find_open(d, start, end);

		if (i < d->n_holes)
			return judge_fill(o, c, h, f, start, end, i);
		i = one_hole_find(d, 0, start, end);
		if (i < d->n_holes)
			return judge_refill(o, c, h, f, start, end, i);
	}
	if (start < ONE_ORIGIN && !(h->flags & ONE_COMPLETE))
		return judge_before_first(o, c, h, f, start, end);
	flow = facts(c, h, f->seq);
	one_flow_count(o, c, h, f, start, one_flow_doubt(h, start, one_judge_seen(&flow, f)));
	return 0;
}

/* ---- above --------------------------------------------------------------- */

static bool open_hole(struct one *o, struct one_conn *c, struct one_half *h,
		      const struct frame *f, uint64_t start)
{
	struct one_hole hole = {
		.start = h->max, .end = start,
		.opened_ns = f->time_ns, .below_ns = h->last_ns,
		.due = o->opt.limits.window,
		.id = f->ip_id, .below_id = h->id,
		.id_sum = h->id_sum + (h->id && f->ip_id ? (uint32_t)(int16_t)(f->ip_id - h->id) : 0),
		.ts = f->tsval, .has_ts = f->has_ts,
	};

	return one_flow_hole(o, c, h, &hole);
}

/* The step over a hole is as large as the hole: nothing to learn from. */
static void learn_across(struct one_half *h, uint16_t id)
{
	if (!id)
		return;
	if (h->id)
		h->id_sum += (uint32_t)(int16_t)(id - h->id);
	h->id = id;
}

static int above(struct one *o, struct one_conn *c, struct one_half *h,
		 const struct frame *f, uint64_t start, uint64_t end)
{
	uint64_t low = h->max;
	bool jump = start > low, forgotten;
	int rc = one_flow_tell(o, c, h);

	if (start < low && h->disorder)
		fill(o, c, h, f, start, low,
		     (struct one_verdict){ .what = ANALYSIS_RETRANSMITTED });
	start = jump ? start : low;
	forgotten = jump && !open_hole(o, c, h, f, start);
	if (start == low && !h->disorder) {
		h->pending++;
		if (f->tcp_flags & ONE_PSH)
			one_flow_psh(h, start);
	} else {
		rc = one_flow_arrive(o, c, h, f, start, end, ANALYSIS_BY_RANK);
	}
	if (forgotten)
		rc = one_flow_skip(o, c, h, low, start);
	if (jump)
		learn_across(h, f->ip_id);
	else
		one_tcp_learn(h, f->ip_id);
	h->seq += (uint32_t)(start - low);
	h->max = start;
	one_tcp_advance(h, f, end - start);
	if (f->has_ts)
		one_tcp_first_ts(h, f);
	return rc < 0 ? rc : one_flow_settle(o, c, h);
}

/* Of another connection: end this flow, and begin one that is joined midway. */
static int restart(struct one *o, struct one_conn *c, struct one_half *h,
		   const struct frame *f, uint32_t seq)
{
	uint32_t loop_ns = h->loop_ns;

	one_flow_end(o, c, h);
	*h = (struct one_half){ .loop_ns = loop_ns, .seq = seq };
	c->flags &= ~(ONE_ISN_0 | ONE_ISN_1);
	one_flow_begin(o, h, f->time_ns);
	return above(o, c, h, f, h->max, h->max + f->len);
}

int one_tcp_data(struct one *o, struct one_conn *c, struct one_half *h,
		 const struct frame *f, uint32_t seq)
{
	int32_t ahead = (int32_t)(seq - h->seq);
	uint64_t start = h->max + (uint64_t)(int64_t)ahead, end = start + f->len;

	if (ahead > WINDOW_MAX || ahead < -WINDOW_MAX)
		return restart(o, c, h, f, seq);
	return end > h->max ? above(o, c, h, f, start, end) : below(o, c, h, f, start, end);
}
