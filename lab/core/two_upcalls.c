// SPDX-License-Identifier: GPL-2.0
/*
 * two_upcalls.c - which transmissions of two captures went through vswitchd
 *
 * Theory of operation. A note has what the datapath saw of a packet: flow, bytes, IP ID.
 * The packets of a flow are gone through twice, in the order in which they entered, and each
 * looks up the notes that begin with one of its bytes (a UDP packet: its IP ID and length).
 * First it is counted how many can be meant by each note; then those that are the only ones
 * are upcalled, and where there are several it is not known of either. A packet that
 * begins where the note does, with its IP ID, outweighs one that has the byte within: that
 * one was cut on its way, its pieces' IP IDs count up. Without an IP ID (IPv6) neither
 * does. Where a note reaches farther than the
 * packet that it begins in, packets were merged: it is of those that entered next, too,
 * as far as their bytes go on.
 *
 * attribute_marks.c does the like for the live probes. They know runs of packets, by the
 * IP ID of the first; here each packet's own is known, and nothing is estimated.
 *
 * Notes are a stranger's. Steps have a budget in proportion to packets and notes: where
 * notes heap up beyond that, no flow with notes is known.
 */
#include "core/two_upcalls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

#define SEGMENT_MIN 48			/* bytes of a piece, but the last: TCP_MIN_SND_MSS of Linux */
#define STEPS 64			/* in all, for each packet and each note */

/* ---- notes --------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	const struct two_note *x = a, *y = b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static int by_place(const void *a, const void *b)
{
	const struct two_note *x = a, *y = b;
	int rc = by_key(x, y);

	if (rc == 0 && x->seq != y->seq)
		rc = x->seq < y->seq ? -1 : 1;
	if (rc == 0)
		rc = (int)x->ip_id - y->ip_id;
	return rc ?: x->len < y->len ? -1 : x->len > y->len;
}

/* Several of the same count as one: a packet may go to vswitchd again and again. */
static void settle(struct two_notes *notes)
{
	size_t n = 0;

	if (notes->n)
		qsort(notes->v, notes->n, sizeof(*notes->v), by_place);
	for (size_t i = 0; i < notes->n; i++)
		if (!n || by_place(&notes->v[n - 1], &notes->v[i]))
			notes->v[n++] = notes->v[i];
	notes->n = n;
}

struct two_notes *two_notes_new(const struct two_upcalls *u)
{
	struct two_notes *notes = calloc(1, sizeof(*notes));

	if (!notes)
		return NULL;
	notes->v = calloc(u->n + 1, sizeof(*notes->v));
	if (!notes->v) {
		free(notes);
		return NULL;
	}
	notes->n = u->n;
	notes->from_ns = u->from_ns;
	notes->to_ns = u->to_ns ?: UINT64_MAX;
	for (size_t i = 0; i < u->n; i++)
		notes->v[i] = (struct two_note){
			.key = u->notes[i].key, .len = u->notes[i].len, .ip_id = u->notes[i].ip_id,
			.seq = u->notes[i].key.proto == IPPROTO_UDP ? 0 : u->notes[i].seq };
	settle(notes);
	return notes;
}

void two_notes_free(struct two_notes *notes)
{
	if (notes)
		free(notes->v);
	free(notes);
}

void two_upcalls_end(const struct two_notes *notes, struct analysis *ret)
{
	ret->upcalls_known = true;
	ret->upcalls = notes->n;
	for (size_t i = 0; i < notes->n; i++)
		ret->upcalls_found += notes->v[i].found;
}

/* ---- a flow's packets, past its notes -------------------------------------- */

struct scan {
	const struct two_flow *flow;
	const struct two_side *in;
	struct two_note *note;		/* [n], of this flow */
	size_t n;
	uint64_t to_ns;			/* what entered later is in no note */
	uint64_t *steps;		/* that are left */
	uint8_t *way;			/* of each packet; NULL: it is only counted */
	/* payload bytes behind the last packet that a note says so of */
	uint64_t ahead[ANALYSIS_WAYS];
};

/* The first of [@n] notes, ascending by @by, that is not below @like; @above: that is above. */
static size_t find(const struct two_note *v, size_t n, const struct two_note *like,
		   int (*by)(const void *a, const void *b), bool above)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by(&v[mid], like) < above)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct scan scan_of(struct two_notes *notes, const struct two_flow *flow, uint8_t *way)
{
	const struct two_note like = { .key = flow->key };
	size_t first = find(notes->v, notes->n, &like, by_key, false);

	return (struct scan){
		.flow = flow, .in = &flow->side[TWO_IN], .note = &notes->v[first],
		.n = find(notes->v, notes->n, &like, by_key, true) - first, .steps = &notes->steps, .way = way,
		.to_ns = notes->to_ns,
	};
}

/* The first note of the flow from a place on; its n if there is none. */
static size_t first_from(const struct scan *s, uint32_t seq, uint16_t ip_id, uint32_t len)
{
	const struct two_note like = { .key = s->flow->key, .seq = seq, .ip_id = ip_id, .len = len };

	return find(s->note, s->n, &like, by_place, false);
}

static void say(const struct scan *s, uint32_t i, enum analysis_way way)
{
	if (way == ANALYSIS_UPCALLED || s->way[i] == ANALYSIS_DIRECT)
		s->way[i] = (uint8_t)way;
}

/* Packet @i can be meant by a note that begins @off bytes within. */
static void on_match(struct scan *s, uint32_t i, struct two_note *note, uint32_t off)
{
	uint64_t rest = s->in->packet[i].len - off;
	enum analysis_way way;
	uint32_t n;

	if (!s->way) {
		*(off ? &note->inside : &note->begin) += 1;
		return;
	}
	note->found = true;
	if (off && note->begin && note->ip_id)
		return;
	n = note->ip_id ? off ? note->inside : note->begin : note->begin + note->inside;
	way = n == 1 ? ANALYSIS_UPCALLED : ANALYSIS_UNTOLD;
	say(s, i, way);
	if (note->len > rest && note->len - rest > s->ahead[way])
		s->ahead[way] = note->len - rest;
}

/* The pieces of a packet that is cut count its IP ID up, or all have it. */
static bool can_be(const struct obs_packet *p, const struct two_note *note, uint32_t off)
{
	return (uint16_t)(note->ip_id - p->ip_id) <= off / SEGMENT_MIN;
}

/* Those of the last note that go on in packet @i. */
static void go_on(struct scan *s, uint32_t i)
{
	const struct obs_packet *p = &s->in->packet[i];
	bool next = i && p[-1].seq + p[-1].len == p->seq;

	for (int way = 0; way < ANALYSIS_WAYS; way++) {
		if (next && s->ahead[way])
			say(s, i, way);
		s->ahead[way] = next && s->ahead[way] > p->len ? s->ahead[way] - p->len : 0;
	}
}

static void look_tcp(struct scan *s, uint32_t i)
{
	const struct obs_packet *p = &s->in->packet[i];
	size_t k = first_from(s, p->seq, 0, 0);

	if (s->way)
		go_on(s, i);
	for (size_t n = 0; n < s->n && *s->steps; n++, k++, (*s->steps)--) {
		struct two_note *note = &s->note[k < s->n ? k : k - s->n];
		uint32_t off = note->seq - p->seq;

		if (off >= p->len)
			return;
		if (can_be(p, note, off))
			on_match(s, i, note, off);
	}
}

static void look_udp(struct scan *s, uint32_t i)
{
	const struct obs_packet *p = &s->in->packet[i];
	size_t k = first_from(s, 0, (uint16_t)p->ip_id, p->len);

	if (k < s->n && s->note[k].ip_id == p->ip_id && s->note[k].len == p->len)
		on_match(s, i, &s->note[k], 0);
}

static void look_all(struct scan *s)
{
	for (uint32_t i = 0; s->n && i < s->in->n && *s->steps; i++) {
		if (s->in->packet[i].time_ns > s->to_ns)
			continue;
		if (s->flow->key.proto == IPPROTO_UDP)
			look_udp(s, i);
		else
			look_tcp(s, i);
	}
}

/* ---- all flows, and one ------------------------------------------------------ */

void two_upcalls_begin(struct two *t)
{
	struct two_notes *notes = t->notes;
	uint64_t budget = notes ? STEPS * (t->packets + notes->n) : 0;

	if (!notes)
		return;
	if (t->opt.clocks_differ && (notes->from_ns || notes->to_ns != UINT64_MAX)) {
		notes->when_unknown = true;
		notes->from_ns = 0;
		notes->to_ns = UINT64_MAX;
	}
	notes->steps = budget;
	for (uint32_t i = 0; i < t->n; i++) {
		struct scan s = scan_of(notes, &t->flow[i], NULL);

		look_all(&s);
	}
	notes->steps = notes->steps ? budget : 0;
}

static int make_room(struct two_judge *j)
{
	if (j->in->n > j->room_way || !j->way) {
		free(j->way);
		j->room_way = j->in->n + j->in->n / 2 + 1;
		j->way = malloc(j->room_way);
		if (!j->way) {
			j->room_way = 0;
			return -ENOMEM;
		}
	}
	memset(j->way, ANALYSIS_DIRECT, j->in->n);
	return 0;
}

/* Whether it would be in a note, had it gone through vswitchd. */
static bool was_noted(const struct two_notes *notes, const struct obs_packet *p)
{
	return !p->unnoted && !notes->when_unknown && p->time_ns >= notes->from_ns &&
	       p->time_ns <= notes->to_ns;
}

static void mind_what_was_noted(const struct two_judge *j)
{
	for (uint32_t i = 0; i < j->in->n; i++)
		if (j->way[i] == ANALYSIS_DIRECT && !was_noted(j->notes, &j->in->packet[i]))
			j->way[i] = ANALYSIS_UNTOLD;
}

static void count(const struct two_judge *j)
{
	j->ret->upcalls_known = !j->in->over;
	for (uint32_t i = 0; i < j->in->n; i++) {
		j->ret->upcalled += j->way[i] == ANALYSIS_UPCALLED;
		j->ret->upcalls_known &= j->way[i] != ANALYSIS_UNTOLD;
	}
}

int two_upcalls_of(struct two_judge *j)
{
	struct scan s;
	int rc = j->notes ? make_room(j) : 0;

	if (rc || !j->notes)
		return rc;
	s = scan_of(j->notes, j->flow, j->way);
	look_all(&s);
	if (s.n && !j->notes->steps)
		memset(j->way, ANALYSIS_UNTOLD, j->in->n);
	mind_what_was_noted(j);
	count(j);
	return 0;
}
