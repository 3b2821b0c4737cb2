// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_runs.c - the runs of packets of a flow at one tap, in 64-bit bytes
 */
#include "core/reorder_runs.h"

#include <errno.h>
#include <stdlib.h>

#include "core/reorder_stream.h"
#include "core/util.h"

/* A run is closed by the event after it, or by the point's end. */
struct closing {
	uint64_t index, time_ns;
	uint32_t end;
};

static struct closing closing_of(const struct obs_point *p, size_t k)
{
	if (k + 1 == p->n_events)
		return (struct closing){ p->packets, p->last_ns, p->last_end };
	return (struct closing){ p->events[k + 1].index, p->events[k + 1].time_ns,
				 p->events[k + 1].prev_end };
}

/*
 * The length of a run is known modulo 2^32; how often it wrapped follows from its
 * packets and the flow's mean packet size.
 */
static uint64_t run_bytes(const struct obs_point *p, const struct obs_event *e,
			  const struct closing *c, uint64_t n)
{
	uint64_t low = c->end - e->seq;
	double mean = (double)p->bytes / (double)p->packets;
	double wraps = ((double)n * mean - (double)low) / 4294967296.0;

	return wraps < 0.5 ? low : low + ((uint64_t)(wraps + 0.5) << 32);
}

static bool event_fits(const struct obs_point *p, size_t k)
{
	const struct obs_event *e = &p->events[k];

	return e->len && e->index < closing_of(p, k).index && (k || !e->index);
}

static struct reorder_run open_run(const struct obs_point *p, size_t k, uint64_t max)
{
	const struct obs_event *e = &p->events[k];
	struct closing c = closing_of(p, k);
	uint64_t start = reorder_extend(max, e->seq);
	uint64_t n = c.index - e->index;

	return (struct reorder_run){
		.start = start, .end = start + run_bytes(p, e, &c, n), .n = n,
		.time_ns = e->time_ns, .until_ns = n == 1 ? e->time_ns : c.time_ns,
		.len = e->len, .ip_id = e->ip_id, .has_ip_id = true,
		.ids_count = e->flags & OBS_IDS_COUNT,
		.first_psh = e->flags & OBS_FIRST_PSH,
		.packet = p->packet, .n_packet = p->packets,
	};
}

/* Add a run, in two pieces if it is to be cut at @max and passes it. */
static void add_run(struct reorder_runs *s, struct reorder_run r, uint64_t max, bool cut)
{
	struct reorder_run rest = r;
	struct reorder_cut c;

	r.late = r.start < max && (r.end <= max || cut);
	if (!r.late || r.end <= max) {
		s->run[s->n++] = r;
		return;
	}
	c = reorder_run_cut(&r, max - r.start);
	r.end = rest.start = max;
	r.n = c.n;
	rest.n -= c.n;
	rest.at += r.end - r.start;
	rest.inside = c.inside;
	rest.has_ip_id = false;
	s->run[s->n++] = r;
	s->run[s->n++] = rest;
}

int reorder_runs(const struct obs_point *p, uint64_t anchor, bool cut,
		 struct reorder_runs *ret)
{
	struct reorder_runs s = { calloc(2 * p->n_events + 1, sizeof(*s.run)), 0 };
	_cleanup_free_ struct reorder_run *owned = s.run;
	uint64_t max = anchor, bytes = 0;

	if (!owned)
		return -ENOMEM;
	if (!p->n_events != !p->packets)
		return -EBADMSG;
	for (size_t k = 0; k < p->n_events; k++) {
		struct reorder_run r;

		if (!event_fits(p, k))
			return -EBADMSG;
		r = open_run(p, k, max);
		r.at = bytes;
		if (r.end - r.start < r.n)
			return -EBADMSG;
		add_run(&s, r, k ? max : 0, cut);
		max = !k || r.end > max ? r.end : max;
		bytes += r.end - r.start;
	}
	if (bytes != p->bytes)
		return -EBADMSG;
	s.run = take_ptr(owned);
	*ret = s;
	return 0;
}

/* ---- cuts ---------------------------------------------------------------- */

static struct reorder_cut exact_cut(const struct reorder_run *r, uint64_t off)
{
	size_t first = obs_packet_at(r->packet, r->n_packet, r->at);
	size_t last = obs_packet_at(r->packet, r->n_packet, r->at + off - 1);

	return (struct reorder_cut){ .n = last - first + !r->inside,
				     .inside = r->packet[last].end != r->at + off,
				     .sure = true };
}

bool reorder_run_even(const struct reorder_run *r)
{
	uint64_t bytes = r->end - r->start;

	return !r->inside && r->n && (r->n - 1) * r->len < bytes && bytes <= r->n * r->len;
}

struct reorder_cut reorder_run_cut(const struct reorder_run *r, uint64_t off)
{
	uint64_t bytes = r->end - r->start, k;

	if (!off)
		return (struct reorder_cut){ 0, r->inside, true };
	if (off >= bytes)
		return (struct reorder_cut){ r->n, false, true };
	if (r->packet)
		return exact_cut(r, off);
	if (r->n <= 1)
		return (struct reorder_cut){ r->n, true, true };
	if (reorder_run_even(r))
		return (struct reorder_cut){ (off + r->len - 1) / r->len, off % r->len != 0,
					     off % r->len == 0 };
	k = (uint64_t)((double)off / (double)bytes * (double)r->n + 0.5);
	return (struct reorder_cut){ k < 1 ? 1 : k > r->n ? r->n : k, false, false };
}
