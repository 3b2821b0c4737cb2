// SPDX-License-Identifier: GPL-2.0
/*
 * two_udp.c - one UDP flow of two captures, by what its packets are known by
 *
 * Theory of operation. Ranks are the order at ingress. What left is matched with the
 * oldest packet of the same identity that had entered by then and has not left yet.
 * IP IDs come again after 65536 packets: one that is further behind than half of that
 * counts as lost if a younger one could be meant.
 */
#include "core/two_judge.h"

#include <errno.h>
#include <stdlib.h>

#include "core/util.h"

#define STALE 32768

/* ---- identity ------------------------------------------------------------ */

/* Does the flow count its IP IDs? One of no value is there in each packet. */
static bool counts_ids(const struct two_judge *j)
{
	uint32_t same = 0;

	if (j->flow->key.family != 4)
		return false;
	for (uint32_t i = 1; i < j->in->n; i++)
		same += j->in->packet[i].ip_id == j->in->packet[i - 1].ip_id;
	return j->in->n > 1 ? same < j->in->n / 2 : j->in->n && j->in->packet[0].ip_id;
}

static bool by_ip_id(const struct two_judge *j)
{
	if (j->opt->id == TWO_ID_AUTO)
		return counts_ids(j);
	return j->opt->id == TWO_ID_IPID;
}

static uint64_t identity(const struct obs_packet *p, bool ip_id)
{
	return (uint64_t)(ip_id ? p->ip_id : p->seq) << 32 | p->len;
}

/* ---- matching ------------------------------------------------------------ */

/* Packets at ingress by identity, then by order. */
struct known {
	uint64_t id;
	uint32_t i;			/* at ingress */
	uint32_t from;			/* of the first one of an identity: those of it
					 * before this one have left, or are too old */
};

struct udp {
	struct two_judge *j;
	bool ip_id;
	struct known *known;		/* [in->n] */
	uint32_t *from;			/* [out->n]: packet at ingress + 1, or 0 */
	uint32_t *rank;			/* [in->n]: among what left */
	uint32_t next;			/* above all that have left */
};

static int by_identity(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

static void learn(struct udp *u)
{
	const struct two_side *in = u->j->in;

	for (uint32_t i = 0; i < in->n; i++)
		u->known[i] = (struct known){ identity(&in->packet[i], u->ip_id), i, 0 };
	if (in->n)
		qsort(u->known, in->n, sizeof(*u->known), by_identity);
	for (uint32_t k = 0; k < in->n; k++)
		u->known[k].from = k;
}

static uint32_t first_of(const struct udp *u, uint64_t id)
{
	uint32_t lo = 0, hi = u->j->in->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (u->known[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Whether place @k has a packet of this identity that had entered by then. */
static bool able(const struct udp *u, uint32_t k, uint64_t id, uint64_t left_ns)
{
	const struct two_side *in = u->j->in;

	return k < in->n && u->known[k].id == id &&
	       (u->j->opt->clocks_differ || in->packet[u->known[k].i].time_ns <= left_ns);
}

static uint32_t match(struct udp *u, const struct obs_packet *p, uint32_t *ret_known)
{
	uint64_t id = identity(p, u->ip_id);
	uint32_t first = first_of(u, id), k;

	*ret_known = first;
	if (first == u->j->in->n || u->known[first].id != id)
		return 0;
	k = u->known[first].from;
	while (able(u, k + 1, id, p->time_ns) && able(u, k, id, p->time_ns) &&
	       u->known[k].i + STALE < u->next)
		k++;
	if (!able(u, k, id, p->time_ns))
		return 0;
	u->known[first].from = k + 1;
	return u->known[k].i + 1;
}

/* Left without having entered, or once more than it entered. */
static void stray(struct udp *u, uint32_t e, uint32_t first)
{
	const struct two_judge *j = u->j;
	uint64_t id = identity(&j->out->packet[e], u->ip_id);

	if (first == j->in->n || u->known[first].id != id || u->known[first].from == first) {
		j->sum->unmatched++;
		return;
	}
	j->ret->duplicated++;
	two_event_out(j, e, (struct analysis_event){
		.what = ANALYSIS_DUPLICATED, .start = u->known[first].i,
		.end = (uint64_t)u->known[first].i + 1 });
}

static void match_all(struct udp *u)
{
	const struct two_judge *j = u->j;

	for (uint32_t e = 0; e < j->out->n; e++) {
		uint32_t first, i = match(u, &j->out->packet[e], &first);

		u->from[e] = i;
		if (!i) {
			stray(u, e, first);
			continue;
		}
		u->rank[i - 1] = 1;
		if (j->opt->sink.event)
			j->left_as[i - 1] = e + 1;
		two_transit(j, i - 1, e);
		if (i > u->next)
			u->next = i;
	}
}

/* ---- judging ------------------------------------------------------------- */

static void give_ranks(struct udp *u)
{
	const struct two_judge *j = u->j;
	uint32_t rank = 0;

	for (uint32_t i = 0; i < j->in->n; i++) {
		if (u->rank[i]) {
			u->rank[i] = rank++;
			continue;
		}
		j->ret->lost++;
		j->sum->lost_bytes += j->in->packet[i].len;
		two_event(j, i, (struct analysis_event){ .what = ANALYSIS_LOST, .start = i,
							 .end = (uint64_t)i + 1 });
	}
}

static void on_found(void *arg, const struct reorder_found *f)
{
	const struct two_judge *j = arg;

	j->ret->reordered += f->reordered;
	j->ret->movers += f->moved;
	if (f->extent > j->ret->extent_max)
		j->ret->extent_max = f->extent;
	two_event(j, (uint32_t)f->tag, (struct analysis_event){
		.what = f->reordered ? ANALYSIS_REORDERED : ANALYSIS_EARLY,
		.start = f->tag, .end = f->tag + 1, .extent = f->extent,
		.displacement = f->displacement, .late_ns = f->late_ns, .moved = f->moved });
}

static int stream(struct udp *u)
{
	const struct two_judge *j = u->j;
	const struct reorder_sink sink = { .sum = &j->sum->m, .found = on_found, .arg = u->j };
	struct reorder_limits limits = j->opt->limits;
	struct reorder_state s;
	int rc = 0, flushed;

	limits.window = limits.window ?: UINT32_MAX;
	limits.threshold = j->sum->m.threshold;
	reorder_init(&s, 0);
	for (uint32_t e = 0; rc >= 0 && e < j->out->n; e++) {
		const struct obs_packet *p = &j->out->packet[e];
		uint64_t rank;

		if (!u->from[e])
			continue;
		rank = u->rank[u->from[e] - 1];
		j->ret->packets++;
		j->ret->bytes += p->len;
		rc = reorder_push(&s, &(struct reorder_arrival){
			.start = rank, .end = rank + 1, .packets = 1, .time_ns = p->time_ns,
			.bytes = p->len, .tag = u->from[e] - 1 }, &limits, &sink);
	}
	flushed = reorder_flush(&s, &limits, &sink);
	return rc < 0 ? rc : flushed < 0 ? flushed : 0;
}

static int judge(struct udp *u)
{
	const struct two_judge *j = u->j;
	uint64_t unmatched = j->sum->unmatched, beyond = j->sum->m.beyond;
	int rc;

	learn(u);
	match_all(u);
	give_ranks(u);
	rc = stream(u);
	j->sum->m.duplicates += j->ret->duplicated;
	j->ret->exact = j->sum->unmatched == unmatched && j->sum->m.beyond == beyond;
	return rc;
}

static uint64_t packets_of(const struct two_side *s)
{
	return s->over ? s->over->packets : s->n;
}

/* Beyond a bound: what left, and how much less it was. */
static void count_only(const struct two_judge *j)
{
	uint64_t in = packets_of(j->in), out = packets_of(j->out);

	j->ret->packets = out;
	j->ret->lost = in > out ? in - out : 0;
	j->sum->m.packets += out;
	j->sum->m.in_order += out;
}

int two_judge_udp(struct two_judge *j)
{
	_cleanup_free_ struct known *known = NULL;
	_cleanup_free_ uint32_t *from = NULL, *rank = NULL;
	struct udp u = { .j = j, .ip_id = by_ip_id(j) };

	if (j->in->over || j->out->over) {
		count_only(j);
		return 0;
	}
	known = calloc((size_t)j->in->n + 1, sizeof(*known));
	from = calloc((size_t)j->out->n + 1, sizeof(*from));
	rank = calloc((size_t)j->in->n + 1, sizeof(*rank));
	if (!known || !from || !rank || two_room_left(j))
		return -ENOMEM;
	u.known = known;
	u.from = from;
	u.rank = rank;
	return judge(&u);
}
