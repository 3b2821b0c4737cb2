// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_two.c - two captures of whatever there is: figures that must hold for any
 *
 * Four bytes of options, then frames of eight bytes: where and what, flow, place in
 * the flow, length, IP ID, time that passed. Some have a note that they were upcalled,
 * right or wrong.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/two.h"
#include "tests/fuzz/fuzz.h"

enum { OPTIONS = 4, FRAME = 8, MAX_FRAMES = 4096 };

struct seen {
	uint64_t data[2];		/* packets, by enum two_point */
	uint64_t flows;
	uint64_t reordered, packets, movers;
	uint64_t upcalled;
	uint64_t events[ANALYSIS_CLASSES];
	struct attribute_mark notes[MAX_FRAMES];
	size_t n_notes;
};

static void on_flow(void *arg, const struct analysis_flow *f)
{
	struct seen *s = arg;

	s->flows++;
	s->reordered += f->reordered;
	s->packets += f->packets;
	s->movers += f->movers;
	must(f->id == s->flows);
	must(f->reordered <= f->packets && f->movers <= f->packets);
	must(f->extent_max < f->packets || !f->packets);
	must(!f->began_at_psh || f->reordered);
	must(!f->upcalled || s->n_notes);
	s->upcalled += f->upcalled;
}

static void on_event(void *arg, const struct analysis_event *e)
{
	struct seen *s = arg;

	must(e->what < ANALYSIS_CLASSES);
	must(e->start < e->end);
	must(e->frame || e->frame_in);
	must(e->way == ANALYSIS_UNTOLD || (s->n_notes && e->way < ANALYSIS_WAYS));
	s->events[e->what]++;
}

static struct frame frame_of(const uint8_t *d, uint64_t number, uint64_t *time_ns)
{
	struct frame f = { .kind = d[0] & 2 ? FRAME_UDP : FRAME_TCP, .number = number,
			   .len = d[4] * (d[0] & 4 ? 256u : 4u), .ip_id = d[5],
			   .seq = (uint32_t)(d[2] << 8 | d[3]) << 2 };

	*time_ns += (uint64_t)d[6] << (d[7] & 15);
	f.time_ns = *time_ns;
	f.key.proto = d[0] & 2 ? IPPROTO_UDP : IPPROTO_TCP;
	f.key.family = d[1] & 1 ? 6 : 4;
	f.key.sport = d[1] >> 1 & 7;
	f.key.saddr[3] = d[1] >> 4;
	f.tcp_flags = (d[0] & 8) | (d[0] >> 3 & 2);
	f.seq -= d[0] & 32 ? 1u << 17 : 0;		/* around the wrap */
	f.payload = d;
	f.payload_captured = f.len < 2 ? f.len : 2;
	return f;
}

/* 64: it was noted; 128: as another packet, which may be there, or nowhere. */
static void take_note(struct seen *s, const struct frame *f, uint8_t bits)
{
	struct attribute_mark *note = &s->notes[s->n_notes];

	if (!(bits & 64))
		return;
	*note = (struct attribute_mark){ .key = f->key, .seq = f->seq, .len = f->len, .ip_id = f->ip_id };
	if (bits & 128) {
		note->seq += f->len / 2;
		note->len *= 3;
		note->ip_id++;
	}
	s->n_notes++;
}

static void check_ways(const struct analysis *a, const struct seen *s)
{
	uint64_t all = 0;

	for (int way = 0; way < ANALYSIS_WAYS; way++)
		all += a->transit_way_ns[way].count;
	must(a->upcalls_known == (s->n_notes > 0));
	must(all == (a->upcalls_known ? a->transit_ns.count : 0));
	must(a->transit_way_ns[ANALYSIS_UPCALLED].count <= s->upcalled);
	must(a->upcalls_found <= a->upcalls && a->upcalls <= s->n_notes);
}

static void check(const struct analysis *a, const struct seen *s)
{
	must(a->flows == s->flows);
	must(a->m.packets == s->packets && a->m.reordered == s->reordered);
	must(a->m.in_order + a->m.reordered == a->m.packets);
	must(a->m.extent.count <= a->m.reordered);
	must(a->transit_ns.count + a->transit_negative <= s->data[TWO_IN]);
	check_ways(a, s);
	must(a->retransmitted <= s->data[TWO_IN]);
	must(a->duplicated + a->unmatched <= s->data[TWO_OUT]);
	must(a->flows_reordered <= a->flows && a->inexact_flows <= a->flows);
	must(!a->exact || (!a->bounds && !a->inexact_flows));
	if (a->bounds)
		return;
	must(s->events[ANALYSIS_REORDERED] == a->m.reordered);
	must(s->events[ANALYSIS_RETRANSMITTED] <= s->data[TWO_IN]);
	must(a->m.movers == s->movers && a->unjudged == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct two_options opt = { 0 };
	struct analysis *a = malloc(sizeof(*a));
	static struct seen s;
	uint64_t time_ns[2] = { 0 };
	struct two *t;

	if (size < OPTIONS) {
		free(a);
		return 0;
	}
	s = (struct seen){ .n_notes = 0 };
	opt.id = data[0] % 3;
	opt.rewrites = data[0] & 4;
	opt.clocks_differ = data[0] & 8;
	opt.max_flows = data[1];
	opt.max_flow_packets = data[2];
	opt.max_packets = data[3] * 4;
	opt.limits.window = data[0] >> 4;
	opt.sink = (struct analysis_sink){ on_flow, on_event, &s };
	must(a && !two_new(&opt, &t));
	for (size_t i = 0; i < MAX_FRAMES && OPTIONS + (i + 1) * FRAME <= size; i++) {
		const uint8_t *d = data + OPTIONS + i * FRAME;
		enum two_point point = d[0] & 1 ? TWO_OUT : TWO_IN;
		struct frame f = frame_of(d, i + 1, &time_ns[point]);

		s.data[TWO_IN] += point == TWO_IN && f.len;
		s.data[TWO_OUT] += point == TWO_OUT && f.len;
		must(!two_push(t, point, &f));
		take_note(&s, &f, d[0]);
	}
	if (s.n_notes)
		must(!two_upcalls(t, &(struct two_upcalls){ s.notes, s.n_notes, data[0], data[1] << 8 }));
	must(!two_end(t, a));
	check(a, &s);
	two_free(t);
	free(a);
	return 0;
}
