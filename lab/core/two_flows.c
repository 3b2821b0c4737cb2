// SPDX-License-Identifier: GPL-2.0
/*
 * two_flows.c - the flows of two captures: found by key, packets kept
 *
 * A table with open addressing finds the first flow with a key; those that use the
 * same ports later hang behind it. Beyond a bound a flow's packets are given up for
 * the probe's figures, so that totals stay right.
 */
#include "core/two_flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/util.h"

#define LIVES_SEARCHED 64		/* flows with one key that a SYN is looked for in */

/* ---- finding ------------------------------------------------------------- */

static uint32_t slot_of(const struct two *t, const struct obs_key *key)
{
	return (uint32_t)XXH3_64bits_withSeed(key, sizeof(*key), t->opt.seed) & (t->slots - 1);
}

/* The key's slot, or the free one where it belongs. */
static uint32_t *find(const struct two *t, const struct obs_key *key)
{
	uint32_t i = slot_of(t, key);

	while (t->table[i] && memcmp(&t->flow[t->table[i] - 1].key, key, sizeof(*key)))
		i = (i + 1) & (t->slots - 1);
	return &t->table[i];
}

/* At most half full. */
static int grow_table(struct two *t)
{
	uint32_t *old = t->table, slots = t->slots;

	if (2 * (uint64_t)t->n < slots)
		return 0;
	t->slots = slots ? 2 * slots : 1024;
	t->table = calloc(t->slots, sizeof(*t->table));
	if (!t->table) {
		t->table = old;
		t->slots = slots;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < slots; i++)
		if (old[i])
			*find(t, &t->flow[old[i] - 1].key) = old[i];
	free(old);
	return 0;
}

static int grow_flows(struct two *t)
{
	uint32_t room = t->room + t->room / 2 + 256;
	struct two_flow *more;

	if (t->n < t->room)
		return 0;
	more = reallocarray(t->flow, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	t->flow = more;
	t->room = room;
	return 0;
}

/* Add a flow; @ret is TWO_NONE if there are too many. */
static int add_flow(struct two *t, const struct obs_key *key, uint32_t *ret)
{
	int rc;

	*ret = TWO_NONE;
	if (t->n >= t->opt.max_flows) {
		t->bounds |= ANALYSIS_MANY_FLOWS;
		return 0;
	}
	rc = grow_flows(t);
	if (rc)
		return rc;
	*ret = t->n++;
	t->flow[*ret] = (struct two_flow){ .key = *key, .next = TWO_NONE, .last = *ret,
					   .now = { *ret, *ret }, .out = *ret };
	return 0;
}

/* The first flow with a key; added if @add. */
static int first_of(struct two *t, enum two_point point, const struct obs_key *key,
		    uint32_t *ret)
{
	uint32_t *slot, c = t->cached[point];
	int rc;

	*ret = c;
	if (c != TWO_NONE && !memcmp(&t->flow[c].key, key, sizeof(*key)))
		return 0;
	rc = grow_table(t);
	if (rc)
		return rc;
	slot = find(t, key);
	*ret = *slot - 1;
	if (!*slot) {
		rc = add_flow(t, key, ret);
		if (*ret != TWO_NONE)
			*slot = *ret + 1;
	}
	t->cached[point] = *ret;
	return rc;
}

/* ---- ports used again ---------------------------------------------------- */

static bool begins_with(const struct two_side *s, uint32_t seq)
{
	return s->n && s->packet[0].seq == seq;
}

/* Whether @flow is the one that a SYN before @isn began. */
static bool begun_by(const struct two_flow *flow, uint32_t isn)
{
	if (flow->has_isn)
		return flow->isn == isn;
	return begins_with(&flow->side[TWO_IN], isn) || begins_with(&flow->side[TWO_OUT], isn);
}

static bool is_blank(const struct two_flow *flow)
{
	return !flow->has_isn && !flow->side[TWO_IN].n && !flow->side[TWO_OUT].n &&
	       !flow->side[TWO_IN].over && !flow->side[TWO_OUT].over;
}

/* From the one that is under way on, then from the first on. */
static uint32_t find_life(const struct two *t, enum two_point point, uint32_t first,
			  uint32_t isn)
{
	const uint32_t from[] = { t->flow[first].now[point], first };

	for (size_t k = 0; k < ARRAY_SIZE(from); k++) {
		uint32_t i = from[k];

		for (int n = 0; i != TWO_NONE && n < LIVES_SEARCHED; n++) {
			if (begun_by(&t->flow[i], isn))
				return i;
			i = t->flow[i].next;
		}
	}
	return TWO_NONE;
}

static int begin_life(struct two *t, enum two_point point, uint32_t first, uint32_t isn)
{
	uint32_t i = find_life(t, point, first, isn);
	int rc;

	if (i == TWO_NONE && is_blank(&t->flow[first]))
		i = first;
	if (i == TWO_NONE) {
		struct obs_key key = t->flow[first].key;

		rc = add_flow(t, &key, &i);
		if (i == TWO_NONE) {	/* what follows is not the old one's */
			t->flow[first].now[point] = TWO_NONE;
			return rc;
		}
		t->flow[t->flow[first].last].next = i;
		t->flow[first].last = i;
	}
	t->flow[i].isn = isn;
	t->flow[i].has_isn = true;
	t->flow[first].now[point] = i;
	return 0;
}

int two_flow_of(struct two *t, enum two_point point, const struct frame *f, uint32_t *ret)
{
	bool syn = f->kind == FRAME_TCP && (f->tcp_flags & PKT_SYN);
	int rc;

	*ret = TWO_NONE;
	if (!syn && !f->len)
		return 0;
	rc = first_of(t, point, &f->key, ret);
	if (rc || *ret == TWO_NONE)
		return rc;
	if (syn)
		rc = begin_life(t, point, *ret, f->seq + 1);
	*ret = t->flow[*ret].now[point];
	return rc;
}

/* ---- keeping ------------------------------------------------------------- */

void two_side_free(struct two_side *s)
{
	free(s->packet);
	s->packet = NULL;
	s->n = s->room = 0;
}

static void count(struct flow_state *s, const struct obs_packet *p)
{
	struct flow_event e;

	flow_push(s, &(struct flow_packet){ p->time_ns, p->seq, p->len, 0,
					    (uint16_t)p->ip_id, p->psh }, 0, &e);
}

static int give_up(struct two *t, struct two_side *s)
{
	s->over = calloc(1, sizeof(*s->over));
	if (!s->over)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n; i++)
		count(s->over, &s->packet[i]);
	t->packets -= s->n;
	two_side_free(s);
	return 0;
}

static int make_room(struct two_side *s)
{
	uint64_t room = s->room + (s->room < 64 ? s->room : s->room / 4) + 1;
	struct obs_packet *more;

	if (s->n < s->room)
		return 0;
	more = reallocarray(s->packet, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->packet = more;
	s->room = (uint32_t)room;
	return 0;
}

int two_keep(struct two *t, enum two_point point, uint32_t flow, const struct obs_packet *p)
{
	struct two_side *s = &t->flow[flow].side[point];
	uint8_t bound = s->n >= t->opt.max_flow_packets ? ANALYSIS_LONG_FLOW :
			t->packets >= t->opt.max_packets ? ANALYSIS_MANY_PACKETS : 0;
	int rc = 0;

	if (!s->over && bound) {
		t->flow[flow].bounds |= bound;
		t->bounds |= bound;
		rc = give_up(t, s);
	}
	if (s->over)
		count(s->over, p);
	if (rc || s->over)
		return rc;
	rc = make_room(s);
	if (rc)
		return rc;
	s->packet[s->n++] = *p;
	t->packets++;
	return 0;
}
