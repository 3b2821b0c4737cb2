// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_one.c - any sequence of segments through the one-point analysis
 *
 * Input: two bytes of bounds, then rows of 10 bytes, see struct row. Sequence
 * numbers, IDs and times are given relative to what came before, so that most
 * rows are near to what a sender would do. Each packet must be counted once, flows
 * must add up to the totals, and batches must give what single frames give.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/one.h"
#include "core/util.h"
#include "tests/fuzz/fuzz.h"

#define MAX_ROWS 2000
#define FLOWS 8				/* 6 TCP, of which 2 over IPv6; 2 UDP */

struct row {
	uint8_t flow;			/* bits 0-2; 3 reply; 4 timestamp; 5 far; 6 SACK; 7 window 0 */
	uint8_t flags;			/* of TCP */
	int8_t seq[2];			/* beyond where the last row of the flow ended */
	uint8_t len;
	int8_t id, ts, ack;
	uint8_t time;			/* microseconds, as a power of two; 128: back */
	uint8_t stay;			/* where the last row ended is not moved */
};

struct side {
	uint32_t seq, ts;
	uint16_t id;
};

struct sums {
	uint64_t flows, packets, reordered, movers, retransmitted, duplicated, ambiguous,
		 unjudged;
	uint64_t events[ANALYSIS_CLASSES];
};

static void on_flow(void *arg, const struct analysis_flow *f)
{
	struct sums *s = arg;

	must(f->id && f->first_ns);
	s->flows++;
	s->packets += f->packets;
	s->reordered += f->reordered;
	s->movers += f->movers;
	s->retransmitted += f->retransmitted;
	s->duplicated += f->duplicated;
	s->ambiguous += f->ambiguous;
	s->unjudged += f->unjudged;
	must(f->reordered || !f->extent_max);
}

static void on_event(void *arg, const struct analysis_event *e)
{
	struct sums *s = arg;

	must(e->what < ANALYSIS_CLASSES && e->evidence < ANALYSIS_EVIDENCES);
	must(e->frame && e->frame <= MAX_ROWS && e->end >= e->start);
	s->events[e->what]++;
}

static struct frame frame_of(const struct row *r, struct side (*sides)[2], uint64_t *time_ns)
{
	unsigned int flow = r->flow % FLOWS, reply = r->flow >> 3 & 1;
	struct side *s = &sides[flow][reply], *other = &sides[flow][!reply];
	struct frame f = {
		.kind = flow < 6 ? FRAME_TCP : FRAME_UDP, .tcp_flags = r->flags,
		.key = {
			.sport = reply ? 80 : 1000 + flow, .dport = reply ? 1000 + flow : 80,
			.proto = flow < 6 ? 6 : 17, .family = flow % 3 == 2 ? 6 : 4,
			.saddr = { 10, reply }, .daddr = { 10, !reply },
		},
		.len = r->len, .window = r->flow >> 7 ? 0 : 100, .has_ts = r->flow >> 4 & 1,
	};

	f.seq = s->seq + (uint32_t)r->seq[0] * (r->flow & 32 ? 1u << 24 : 1) +
		(uint32_t)r->seq[1] * 256;
	if (!r->stay)
		s->seq = f.seq + r->len + (r->flags & 2 ? 1 : 0);
	f.ip_id = f.key.family == 4 ? s->id += r->id : 0;
	f.tsval = s->ts += (uint32_t)r->ts;
	f.ack = other->seq + (uint32_t)(r->ack * 4);
	f.n_sack = r->flow >> 6 & 1;
	f.sack_start[0] = f.ack + 10;
	f.sack_end[0] = f.ack + r->len;
	*time_ns += (r->time & 128 ? -1ull : 1ull) * (1000ull << (r->time & 31));
	f.time_ns = *time_ns;
	return f;
}

static void check(const struct analysis *a, const struct sums *s, uint64_t packets)
{
	must(a->m.packets + a->retransmitted + a->duplicated + a->ambiguous + a->keepalives +
	     a->unjudged == packets);
	must(s->flows == a->flows && s->packets == a->m.packets);
	must(s->reordered == a->m.reordered && s->movers == a->m.movers);
	must(s->retransmitted == a->retransmitted && s->duplicated == a->duplicated);
	must(s->ambiguous == a->ambiguous && s->unjudged == a->unjudged);
	must(s->events[ANALYSIS_RETRANSMITTED] == a->retransmitted);
	must(s->events[ANALYSIS_DUPLICATED] == a->duplicated);
	must(s->events[ANALYSIS_AMBIGUOUS] == a->ambiguous);
	must(s->events[ANALYSIS_REORDERED] == a->m.reordered || a->inexact_flows);
}

static void analyse(const struct one_options *opt, const struct frame *f, size_t n, bool many,
		    struct analysis *ret)
{
	struct one_options o = *opt;
	struct sums sums = { 0 };
	uint64_t packets = 0;
	struct one *one;

	o.sink = (struct analysis_sink){ .flow = on_flow, .event = on_event, .arg = &sums };
	one = one_new(&o);
	must(one);
	for (size_t i = 0; i < n; i++) {
		packets += f[i].kind == FRAME_UDP || (f[i].len && !(f[i].tcp_flags & 4));
		must(many || !one_push(one, &f[i]));
	}
	must(!many || !one_push_many(one, f, n));
	must(!one_end(one, ret));
	check(ret, &sums, packets);
	one_free(one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame f[MAX_ROWS];
	static struct analysis single, batch;
	struct one_options opt = ONE_OPTIONS_DEFAULT;
	struct side sides[FLOWS][2] = { { { 0 } } };
	uint64_t time_ns = 1ull << 50;
	size_t n = 0;

	if (size < 2)
		return 0;
	opt.max_flows = 1 + data[0] % 16;
	opt.max_holes = 4 + data[0] / 16;
	opt.limits.window = 4 + data[1] % 64;
	opt.max_disorder_bytes = 512u << data[1] / 64 * 2;
	data += 2;
	size -= 2;
	for (; size >= sizeof(struct row) && n < MAX_ROWS; n++) {
		struct row r;

		memcpy(&r, data, sizeof(r));
		data += sizeof(r);
		size -= sizeof(r);
		f[n] = frame_of(&r, sides, &time_ns);
		f[n].number = n + 1;
	}
	analyse(&opt, f, n, false, &single);
	analyse(&opt, f, n, true, &batch);
	must(!memcmp(&single, &batch, sizeof(single)));
	return 0;
}
