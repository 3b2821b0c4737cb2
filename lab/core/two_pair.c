// SPDX-License-Identifier: GPL-2.0
/*
 * two_pair.c - which flow is it at the other tap?
 *
 * Theory of operation. Where the switch changes addresses or ports, flows are left
 * over that were seen at one tap only. Marks of those at ingress are sorted: the
 * SYN's sequence number, and sequence numbers (UDP: payload hashes) of the first
 * packets. Each flow at egress looks up its own marks and collects candidates. The
 * one with the best score is its pair, unless another one is as good, or that one is
 * wanted as much by another flow: a pair is found or not, never guessed.
 */
#include "core/two_flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

#define MARKS 16			/* packets of a flow that are looked at */
#define CANDIDATES 64
#define SAMPLES 64			/* packets at egress, for the direction */

/* ---- direction ----------------------------------------------------------- */

static bool same_packet(const struct obs_packet *a, const struct obs_packet *b)
{
	return a->seq == b->seq && a->len == b->len && a->ip_id == b->ip_id;
}

bool two_is_reverse(const struct two_side *in, const struct two_side *out)
{
	uint32_t forward = 0, reverse = 0;

	for (uint32_t i = 0; i < in->n && i < MARKS; i++) {
		for (uint32_t k = 0; k < out->n && k < SAMPLES; k++) {
			if (!same_packet(&in->packet[i], &out->packet[k]))
				continue;
			forward += in->packet[i].time_ns <= out->packet[k].time_ns;
			reverse += in->packet[i].time_ns > out->packet[k].time_ns;
			break;
		}
		if (forward > 2 && !reverse)
			break;
	}
	return reverse > forward;
}

/* ---- marks --------------------------------------------------------------- */

struct mark {
	uint32_t seq, len;
	uint32_t flow;
	uint16_t ip_id;
	uint8_t proto, family;
};

struct marks {
	struct mark *v;
	size_t n;
};

/* Sorted by what must be equal. */
static int compare(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return x->family - y->family;
}

/* TCP may be merged or split on its way: only where it begins is sure. */
static struct mark mark_of(const struct two_flow *f, const struct obs_packet *p)
{
	struct mark m = { .seq = p->seq, .len = p->len, .ip_id = (uint16_t)p->ip_id,
			  .proto = f->key.proto, .family = f->key.family };

	if (f->key.proto == IPPROTO_UDP)
		m.seq += (p->ip_id << 16 | p->ip_id) ^ p->len * 0x9e3779b1u;
	return m;
}

/* Of the SYN first, if it was seen: it has no length. */
static size_t marks_of(const struct two_flow *f, enum two_point point,
		       struct mark ret[MARKS + 1])
{
	const struct two_side *s = &f->side[point];
	size_t n = 0;

	if (f->has_isn)
		ret[n++] = (struct mark){ .seq = f->isn - 1, .proto = f->key.proto,
					  .family = f->key.family };
	for (uint32_t i = 0; i < s->n && i < MARKS; i++)
		ret[n++] = mark_of(f, &s->packet[i]);
	return n;
}

static bool only_at(const struct two_flow *f, enum two_point point)
{
	const struct two_side *other = &f->side[!point];

	return f->side[point].n && !other->n && !other->over;
}

static int gather(const struct two *t, struct marks *ret)
{
	size_t room = 0;

	for (uint32_t i = 0; i < t->n; i++)
		room += only_at(&t->flow[i], TWO_IN) ? MARKS + 1 : 0;
	ret->v = calloc(room + 1, sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->n; i++) {
		size_t n;

		if (!only_at(&t->flow[i], TWO_IN))
			continue;
		n = marks_of(&t->flow[i], TWO_IN, &ret->v[ret->n]);
		for (; n; n--)
			ret->v[ret->n++].flow = i;
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare);
	return 0;
}

/* ---- candidates ---------------------------------------------------------- */

struct candidate {
	uint32_t flow;
	uint64_t score;
};

struct candidates {
	struct candidate v[CANDIDATES];
	size_t n;
	bool too_many;
};

/* One end as it was outweighs any number of marks, the SYN even that. */
enum { SCORE_SEQ = 1, SCORE_PACKET = 4, SCORE_END = 1 << 16, SCORE_SYN = 1 << 20 };

static bool same_end(const struct obs_key *a, const struct obs_key *b)
{
	return (a->sport == b->sport && !memcmp(a->saddr, b->saddr, sizeof(a->saddr))) ||
	       (a->dport == b->dport && !memcmp(a->daddr, b->daddr, sizeof(a->daddr)));
}

static void vote(const struct two *t, const struct two_flow *out, const struct mark *m,
		 const struct mark *mine, struct candidates *c)
{
	size_t i = 0;

	while (i < c->n && c->v[i].flow != m->flow)
		i++;
	if (i == CANDIDATES) {
		c->too_many = true;
		return;
	}
	if (i == c->n)
		c->v[c->n++] = (struct candidate){
			m->flow, same_end(&t->flow[m->flow].key, &out->key) ? SCORE_END : 0 };
	if (m->len != mine->len || m->ip_id != mine->ip_id)
		c->v[i].score += SCORE_SEQ;
	else
		c->v[i].score += m->len ? SCORE_PACKET : SCORE_SYN;
}

static void look_up(const struct two *t, const struct marks *all, const struct two_flow *out,
		    const struct mark *mine, struct candidates *c)
{
	size_t lo = 0, hi = all->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&all->v[mid], mine) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t k = 0; lo < all->n && !compare(&all->v[lo], mine); k++, lo++) {
		if (k == CANDIDATES * MARKS) {
			c->too_many = true;
			return;
		}
		vote(t, out, &all->v[lo], mine, c);
		if (c->too_many)
			return;
	}
}

/* The best one; @ret_tie if another is as good. */
static const struct candidate *best_of(const struct candidates *c, bool *ret_tie)
{
	const struct candidate *best = NULL;

	*ret_tie = c->too_many;
	for (size_t i = 0; i < c->n; i++) {
		if (best && c->v[i].score == best->score)
			*ret_tie = true;
		if (best && c->v[i].score <= best->score)
			continue;
		*ret_tie = c->too_many;
		best = &c->v[i];
	}
	return best;
}

/* ---- pairs --------------------------------------------------------------- */

/* Who wants a flow at ingress. */
struct claim {
	uint32_t out;			/* index + 1, or 0 */
	uint64_t score;
	bool tie;
};

static void claim(struct claim *c, uint32_t out, uint64_t score, struct analysis *ret)
{
	if (c->out && c->score >= score)
		ret->flows_ambiguous++;
	if (c->out && c->score == score) {
		c->tie = true;
	} else if (!c->out || c->score < score) {
		ret->flows_ambiguous += c->out != 0;
		*c = (struct claim){ out + 1, score, false };
	}
}

static void want(const struct two *t, const struct marks *all, uint32_t out,
		 struct claim *claims, struct analysis *ret)
{
	struct candidates c = { .n = 0 };
	struct mark mine[MARKS + 1];
	size_t n = marks_of(&t->flow[out], TWO_OUT, mine);
	const struct candidate *best;
	bool tie;

	for (size_t i = 0; i < n && !c.too_many; i++)
		look_up(t, all, &t->flow[out], &mine[i], &c);
	best = best_of(&c, &tie);
	if (best && tie)
		ret->flows_ambiguous++;
	else if (best)
		claim(&claims[best->flow], out, best->score, ret);
}

static void settle(struct two *t, const struct claim *claims, struct analysis *ret)
{
	for (uint32_t i = 0; i < t->n; i++) {
		if (!claims[i].out)
			continue;
		if (claims[i].tie) {
			ret->flows_ambiguous++;
			continue;
		}
		t->flow[i].out = claims[i].out - 1;
		t->flow[claims[i].out - 1].out = TWO_NONE;
		ret->flows_rewritten++;
	}
}

int two_pair_rewritten(struct two *t, struct analysis *ret)
{
	struct marks all = { 0 };
	_cleanup_free_ struct claim *claims = calloc((size_t)t->n + 1, sizeof(*claims));
	_cleanup_free_ struct mark *owned = NULL;

	if (!claims || gather(t, &all))
		return -ENOMEM;
	owned = all.v;
	for (uint32_t i = 0; i < t->n; i++)
		if (only_at(&t->flow[i], TWO_OUT))
			want(t, &all, i, claims, ret);
	settle(t, claims, ret);
	return 0;
}
