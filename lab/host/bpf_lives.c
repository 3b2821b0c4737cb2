// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_lives.c - what the probes sent and left behind, as flows
 *
 * Theory of operation. A life is announced by its first event, which carries its
 * key, and its figures come once: as a closing, when a SYN took its ports into
 * use again, or from the flow record at the end. A life whose figures never came
 * had its record given to another flow. Sorted by id, the announcement and the
 * figures of a life are neighbours; sorted by key, its two points are.
 */
#include "host/bpf_lives.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/observe_flow.h"
#include "core/util.h"
#include "host/bpf_probe.h"

_Static_assert(sizeof(struct obs_key) == sizeof(struct flow_key),
	       "the same fields, except for the point");

/* ---- gathering ---- */

/* Room for one more of @n elements of @size bytes; NULL: there is none. */
static void *grown(void *v, size_t n, size_t *room, size_t max, size_t size)
{
	size_t more = *room ? 2 * *room : 4096;

	if (n < *room)
		return v;
	if (more > max)
		return NULL;
	v = reallocarray(v, more, size);
	if (v)
		*room = more;
	return v;
}

static void keep_event(struct lives *l, const struct flow_event *event)
{
	struct flow_event *v = grown(l->events, l->n_events, &l->events_room,
				     LIVES_EVENTS_MAX, sizeof(*v));

	if (!v) {
		l->dropped++;
		return;
	}
	l->events = v;
	v[l->n_events++] = *event;
}

static void keep_life(struct lives *l, const struct life *life)
{
	struct life *v = grown(l->v, l->n, &l->room, LIVES_MAX, sizeof(*v));

	if (!v) {
		l->dropped++;
		return;
	}
	l->v = v;
	v[l->n++] = *life;
}

void lives_add(struct lives *l, const struct flow_key *key, const struct flow_state *state)
{
	struct life life = { *key, *state, true };

	if (state->packets)
		keep_life(l, &life);
}

static void take_opening(struct lives *l, const struct flow_opening *o)
{
	struct life life = { .key = o->key, .state = {
		.id = o->event.flow, .first_seq = o->event.prev_end,
		.by_syn = !!(o->event.flags & FLOW_BY_SYN),
	} };

	keep_life(l, &life);
	keep_event(l, &o->event);
}

void lives_take(struct lives *l, const void *record, size_t size)
{
	const struct flow_closing *closing = record;

	if (size == sizeof(struct flow_event))
		keep_event(l, record);
	else if (size == sizeof(struct flow_opening))
		take_opening(l, record);
	else if (size == sizeof(*closing))
		lives_add(l, &closing->key, &closing->state);
	else
		l->dropped++;
}

void lives_free(struct lives *l)
{
	free(l->events);
	free(l->v);
	*l = (struct lives){ 0 };
}

/* ---- order ---- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_events(const void *a, const void *b)
{
	const struct flow_event *x = a, *y = b;

	return compare_u64(x->flow, y->flow) ?: compare_u64(x->index, y->index);
}

/* What is known of a life comes before its announcement. */
static int compare_ids(const void *a, const void *b)
{
	const struct life *x = a, *y = b;

	return compare_u64(x->state.id, y->state.id) ?: y->known - x->known;
}

/*
 * Lives of one flow compare equal: with the same ports, and begun by the same SYN
 * or by none.
 */
static int compare_flows(const struct life *x, const struct life *y)
{
	return memcmp(&x->key, &y->key, offsetof(struct flow_key, point)) ?:
	       compare_u64(x->state.by_syn, y->state.by_syn) ?:
	       (x->state.by_syn ? compare_u64(x->state.first_seq, y->state.first_seq) : 0);
}

static int compare_lives(const void *a, const void *b)
{
	const struct life *x = a, *y = b;

	return compare_flows(x, y) ?: compare_u64(x->key.point, y->key.point) ?:
	       compare_u64(x->state.id, y->state.id);
}

/* Leaves each life once. Return: how many of them have their figures. */
static size_t merge(struct lives *l)
{
	size_t n = 0, known = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_ids);
	for (size_t i = 0; i < l->n; i++) {
		if (n && l->v[n - 1].state.id == l->v[i].state.id)
			continue;
		l->v[n++] = l->v[i];
		known += l->v[n - 1].known;
	}
	l->n = n;
	return known;
}

/* The first event of a life, or of a later one. */
static size_t events_from(const struct lives *l, uint64_t flow)
{
	size_t low = 0, high = l->n_events;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->events[middle].flow < flow)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- a flow at one point ---- */

/* Events of a life that follows @p->packets others of the same flow. */
static int append_events(const struct flow_event *e, size_t n, struct obs_point *p)
{
	struct obs_event *v = reallocarray(p->events, p->n_events + n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	p->events = v;
	for (size_t i = 0; i < n; i++) {
		struct obs_event *last = &v[p->n_events++];

		*last = obs_event_of(&e[i]);
		last->index += p->packets;
		if (!e[i].index)
			last->prev_end = p->last_end;
	}
	return 0;
}

static void add_figures(const struct flow_state *s, struct obs_point *p)
{
	p->wire_packets += s->wire_packets;
	p->bytes += s->bytes;
	p->psh += s->psh;
	p->late += s->late;
	if (s->psh && !p->has_psh)
		p->first_psh_seq = s->first_psh_seq;
	p->has_psh |= s->psh > 0;
	p->first_ns = p->packets ? p->first_ns : s->first_ns;
	p->last_ns = s->last_ns;
	p->last_end = s->next_seq;
	p->packets += s->packets;
}

/* What the events alone tell: lower bounds. */
static struct flow_state guess(const struct flow_event *e, size_t n)
{
	struct flow_state s = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (e[i].flags & FLOW_FIRST_PSH)
			s.first_psh_seq = e[i].seq;
		s.psh += e[i].flags & FLOW_PSH;
	}
	if (!n)
		return s;
	s.first_ns = e[0].time_ns;
	s.last_ns = e[n - 1].time_ns;
	s.packets = e[n - 1].index + 1;
	s.next_seq = e[n - 1].seq + e[n - 1].len;
	return s;
}

static int add_life(const struct lives *l, const struct life *life, struct obs_point *p)
{
	size_t from = events_from(l, life->state.id);
	size_t n = events_from(l, (uint64_t)life->state.id + 1) - from;
	struct flow_state s = life->state;
	int rc = append_events(l->events + from, n, p);

	p->evicted |= !life->known || p->packets;
	if (!life->known)
		s = guess(l->events + from, n);
	add_figures(&s, p);
	return rc;
}

/* ---- all of it ---- */

static void fill_key(const struct flow_key *key, struct obs_key *ret)
{
	*ret = (struct obs_key){ .sport = key->sport, .dport = key->dport,
				 .proto = key->proto, .family = key->family };
	memcpy(ret->saddr, key->saddr, sizeof(ret->saddr));
	memcpy(ret->daddr, key->daddr, sizeof(ret->daddr));
}

static struct obs_totals fill_totals(const struct flow_totals *t)
{
	return (struct obs_totals){ t->packets, t->wire_packets, t->bytes, t->psh,
				    t->late, t->lives };
}

static int fill_flows(const struct lives *l, struct observation *obs)
{
	int rc = 0;

	obs->flows = calloc(l->n + 1, sizeof(*obs->flows));
	if (!obs->flows)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		const struct life *life = &l->v[i];
		struct obs_flow *flow;

		if (!i || compare_flows(life, life - 1))
			fill_key(&life->key, &obs->flows[obs->n_flows++].key);
		flow = &obs->flows[obs->n_flows - 1];
		rc = add_life(l, life, life->key.point == FLOW_IN ? &flow->in : &flow->out);
	}
	return rc;
}

int lives_collect(struct lives *l, const struct flow_totals totals[2],
		  struct observation *ret)
{
	const struct flow_totals *in = &totals[FLOW_IN], *out = &totals[FLOW_OUT];
	struct observation obs = {
		.in = fill_totals(in), .out = fill_totals(out),
		.events_dropped = l->dropped + in->dropped + out->dropped,
	};
	uint64_t begun = in->lives + out->lives, known = merge(l);
	int rc;

	obs.events = l->n_events;
	obs.flows_saturated = (begun > known ? begun - known : 0) + in->unrecorded +
			      out->unrecorded;
	if (l->n_events)
		qsort(l->events, l->n_events, sizeof(*l->events), compare_events);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_lives);
	rc = fill_flows(l, &obs);
	if (rc)
		observation_release(&obs);
	else
		*ret = obs;
	return rc;
}

void observation_release(struct observation *obs)
{
	for (size_t i = 0; i < obs->n_flows; i++) {
		free(obs->flows[i].in.events);
		free(obs->flows[i].out.events);
	}
	free(obs->flows);
	*obs = (struct observation){ 0 };
}
