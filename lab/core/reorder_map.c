// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_map.c - a flow's bytes cut at every boundary that either tap saw
 *
 * Theory of operation. How many packets lie between two cuts is known where a run
 * joins them: an ingress run of n packets says "n packets further" of its two
 * ends, and so does an egress run when both taps count the same packets. These
 * statements are joined in a union-find tree whose edges carry the difference in
 * packets. Cuts that no run ties to the rest (beside a loss) are placed by packet
 * size, one for each such island, and counted as estimated. Where each packet is
 * known (captures), all this is looked up instead.
 */
#include "core/reorder_map.h"

#include <errno.h>
#include <stdlib.h>

#include "core/search.h"
#include "core/util.h"

#define MAX_TX (8u << 20)

void reorder_map_free(struct reorder_map *m)
{
	free(m->pos);
	free(m->before);
	free(m->tx);
	free(m->first);
	free(m->waiting);
	free(m->gone);
	*m = (struct reorder_map){ 0 };
}

size_t reorder_map_cell(const struct reorder_map *m, uint64_t pos)
{
	size_t above = search_above(m->pos, m->n_pos, sizeof(*m->pos), 0, pos);

	return above ? above - 1 : 0;
}

/* ---- cuts ---------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Positions as they are found; room grows. */
struct cuts {
	uint64_t *pos;
	size_t n, room;
};

static int add_cut(struct cuts *c, uint64_t pos)
{
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		uint64_t *more = reallocarray(c->pos, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->pos = more;
		c->room = room;
	}
	c->pos[c->n++] = pos;
	return 0;
}

static void sort_cuts(struct cuts *c)
{
	size_t n = 0;

	if (c->n)
		qsort(c->pos, c->n, sizeof(*c->pos), ascending);
	for (size_t i = 0; i < c->n; i++)
		if (!n || c->pos[i] != c->pos[n - 1])
			c->pos[n++] = c->pos[i];
	c->n = n;
}

static int cut_at_runs(struct cuts *c, const struct reorder_runs *s)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < s->n; i++)
		rc = add_cut(c, s->run[i].start) ?: add_cut(c, s->run[i].end);
	return rc;
}

/* Bytes that had been passed before they entered: ascending, apart. */
struct ranges {
	struct range { uint64_t start, end; } *v;
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int late_ranges(const struct reorder_runs *in, struct ranges *ret)
{
	size_t n = 0, late = 0;

	ret->v = calloc(in->n + 1, sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	for (size_t i = 0; i < in->n; i++)
		if (in->run[i].late)
			ret->v[late++] = (struct range){ in->run[i].start, in->run[i].end };
	if (late)
		qsort(ret->v, late, sizeof(*ret->v), by_start);
	for (size_t i = 0; i < late; i++) {
		if (!n || ret->v[i].start > ret->v[n - 1].end)
			ret->v[n++] = ret->v[i];
		else if (ret->v[i].end > ret->v[n - 1].end)
			ret->v[n - 1].end = ret->v[i].end;
	}
	ret->n = n;
	return 0;
}

/* Where the packet with byte @pos of a run ends. */
static uint64_t packet_end(const struct reorder_run *r, uint64_t pos)
{
	uint64_t end;

	if (r->packet)
		end = r->start + r->packet[obs_packet_at(r->packet, r->n_packet,
							 r->at + pos - r->start)].end - r->at;
	else if (reorder_run_even(r))
		end = pos - (pos - r->start) % r->len + r->len;
	else
		end = r->end;
	return end < r->end ? end : r->end;
}

/* The first range that ends above @pos; n if there is none. */
static size_t range_above(const struct ranges *late, uint64_t pos)
{
	return SEARCH_ABOVE(late->v, late->n, end, pos);
}

/* The end of each packet of @r that has late bytes, and where these begin. */
static int cut_at_packets(struct cuts *c, const struct reorder_run *r,
			  const struct ranges *late)
{
	uint64_t pos = r->start;
	int rc = 0;

	while (rc == 0) {
		size_t k = range_above(late, pos);

		if (k == late->n || late->v[k].start >= r->end || pos >= r->end)
			break;
		if (late->v[k].start > pos)
			pos = late->v[k].start;
		rc = add_cut(c, pos);
		pos = packet_end(r, pos);
		rc = rc ?: add_cut(c, pos);
	}
	return rc;
}

/* Where bytes entered more than once, which copy left is decided packet by packet. */
static int cut_in_ranges(struct cuts *c, const struct reorder_runs *s, const struct ranges *late)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < s->n; i++)
		rc = cut_at_packets(c, &s->run[i], late);
	return rc;
}

static int cut(struct reorder_map *m, const struct reorder_runs *in,
	       const struct reorder_runs *out)
{
	struct cuts c = { 0 };
	struct ranges late = { 0 };
	int rc = cut_at_runs(&c, in) ?: cut_at_runs(&c, out);

	if (!rc)
		rc = late_ranges(in, &late);
	if (!rc)
		rc = cut_in_ranges(&c, in, &late) ?: cut_in_ranges(&c, out, &late);
	sort_cuts(&c);
	m->pos = c.pos;
	m->n_pos = c.n;
	free(late.v);
	return rc;
}

/* ---- packets between cuts ------------------------------------------------ */

struct island {
	size_t up;			/* towards the root; itself at the root */
	int64_t ahead;			/* packets ahead of @up */
};

static size_t root_of(struct island *t, size_t i, int64_t *ret_ahead)
{
	int64_t ahead = 0;

	while (t[i].up != i) {
		size_t up = t[i].up;

		t[i].ahead += t[up].ahead;	/* halve the path */
		t[i].up = t[up].up;
		ahead += t[i].ahead;
		i = t[i].up;
	}
	*ret_ahead = ahead;
	return i;
}

/* Cut @b is @n packets after cut @a; what was said first is not contradicted. */
static void join(struct island *t, size_t a, size_t b, int64_t n)
{
	int64_t ahead_a, ahead_b;
	size_t root_a = root_of(t, a, &ahead_a), root_b = root_of(t, b, &ahead_b);

	if (root_a == root_b)
		return;
	t[root_b].up = root_a;
	t[root_b].ahead = ahead_a + n - ahead_b;
}

static void join_runs(const struct reorder_map *m, struct island *t,
		      const struct reorder_runs *s, bool late)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->run[i].late == late)
			join(t, reorder_map_cell(m, s->run[i].start),
			     reorder_map_cell(m, s->run[i].end),
			     (int64_t)s->run[i].n);
}

/* First transmissions follow each other; a hole between them holds none. */
static const struct reorder_run *join_holes(const struct reorder_map *m, struct island *t,
					    const struct reorder_runs *in)
{
	const struct reorder_run *first = NULL, *last = NULL;

	for (size_t i = 0; i < in->n; i++) {
		const struct reorder_run *r = &in->run[i];

		if (r->late)
			continue;
		if (last)
			join(t, reorder_map_cell(m, last->end),
			     reorder_map_cell(m, r->start), 0);
		first = first ? first : r;
		last = r;
	}
	return first;
}

/* Tie the lone cut @i to the first transmissions that lie around it. */
static void place_by_size(struct reorder_map *m, struct island *t,
			  const struct reorder_runs *in, const size_t *fresh, size_t n,
			  size_t i)
{
	size_t lo = 0, hi = n;
	const struct reorder_run *r;
	struct reorder_cut c = { .sure = true };

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (in->run[fresh[mid]].start <= m->pos[i])
			lo = mid;
		else
			hi = mid;
	}
	r = &in->run[fresh[lo]];
	if (m->pos[i] > r->start)
		c = reorder_run_cut(r, m->pos[i] - r->start);
	m->estimated += !c.sure;
	join(t, reorder_map_cell(m, r->start), i, (int64_t)c.n);
}

static void read_tree(struct reorder_map *m, struct island *t,
		      const struct reorder_runs *in, const size_t *fresh, size_t n)
{
	size_t base = reorder_map_cell(m, in->run[fresh[0]].start);

	for (size_t i = 0; i < m->n_pos; i++) {
		int64_t ahead, base_ahead;

		if (root_of(t, i, &ahead) != root_of(t, base, &base_ahead)) {
			place_by_size(m, t, in, fresh, n, i);
			root_of(t, i, &ahead);
			root_of(t, base, &base_ahead);
		}
		ahead -= base_ahead;
		m->before[i] = ahead > 0 ? (uint64_t)ahead : 0;
		if (i && m->before[i] < m->before[i - 1])
			m->before[i] = m->before[i - 1];
	}
}

static int count(struct reorder_map *m, const struct reorder_runs *in,
		 const struct reorder_runs *out, bool same_units)
{
	_cleanup_free_ struct island *t = calloc(m->n_pos + 1, sizeof(*t));
	_cleanup_free_ size_t *fresh = calloc(in->n + 1, sizeof(*fresh));
	size_t n = 0;

	if (in->n && in->run[0].packet)
		return 0;
	m->before = calloc(m->n_pos + 1, sizeof(*m->before));
	if (!t || !fresh || !m->before)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_pos; i++)
		t[i].up = i;
	for (size_t i = 0; i < in->n; i++)
		if (!in->run[i].late)
			fresh[n++] = i;
	if (!n)
		return 0;
	join_runs(m, t, in, false);
	join_holes(m, t, in);
	if (same_units) {
		join_runs(m, t, out, false);
		join_runs(m, t, out, true);
		join_runs(m, t, in, true);
	}
	read_tree(m, t, in, fresh, n);
	return 0;
}

/* ---- transmissions ------------------------------------------------------- */

/* Cut @c of run @r, which has the cells from @lo up to @hi. */
static struct reorder_cut cut_of(struct reorder_map *m, const struct reorder_run *r,
				 size_t lo, size_t hi, size_t c, bool same_units)
{
	struct reorder_cut at = reorder_run_cut(r, m->pos[c] - r->start);

	if (c == lo || c == hi || r->packet)
		return at;
	if (m->before[hi] - m->before[lo] == r->n)
		return (struct reorder_cut){ m->before[c] - m->before[lo],
					     at.inside && !same_units, true };
	m->estimated += !at.sure;
	return at;
}

static void link_tx(struct reorder_map *m, uint32_t *last, struct reorder_tx tx)
{
	uint32_t i = (uint32_t)m->n_tx++;

	tx.again = m->first[tx.cell] != REORDER_NO_TX;
	if (tx.again)
		m->tx[last[tx.cell]].next = i;
	else
		m->first[tx.cell] = m->waiting[tx.cell] = i;
	last[tx.cell] = i;
	m->tx[i] = tx;
}

static void add_tx(struct reorder_map *m, const struct reorder_runs *in, size_t run,
		   bool same_units, uint32_t *last)
{
	const struct reorder_run *r = &in->run[run];
	size_t lo = reorder_map_cell(m, r->start), hi = reorder_map_cell(m, r->end);
	struct reorder_cut head = cut_of(m, r, lo, hi, lo, same_units), next;

	for (size_t c = lo; c < hi; c++, head = next) {
		struct reorder_tx tx = { .run = (uint32_t)run, .cell = (uint32_t)c,
					 .next = REORDER_NO_TX };
		uint64_t begin;

		next = cut_of(m, r, lo, hi, c + 1, same_units);
		begin = next.n > head.n ? next.n - head.n : 0;
		tx.inside = head.inside || !begin;
		tx.weight = begin + tx.inside;
		if (next.n < head.n)
			next.n = head.n;
		link_tx(m, last, tx);
	}
}

static int transmissions(struct reorder_map *m, const struct reorder_runs *in,
			 bool same_units)
{
	_cleanup_free_ uint32_t *last = calloc(m->n_pos + 1, sizeof(*last));
	size_t n = 0;

	for (size_t i = 0; i < in->n && n <= MAX_TX; i++)
		n += reorder_map_cell(m, in->run[i].end) -
		     reorder_map_cell(m, in->run[i].start);
	if (n > MAX_TX)
		return -E2BIG;
	m->tx = calloc(n + 1, sizeof(*m->tx));
	m->first = calloc(m->n_pos + 1, sizeof(*m->first));
	m->waiting = calloc(m->n_pos + 1, sizeof(*m->waiting));
	m->gone = calloc(m->n_pos + 1, sizeof(*m->gone));
	if (!last || !m->tx || !m->first || !m->waiting || !m->gone)
		return -ENOMEM;
	for (size_t c = 0; c < m->n_pos; c++)
		m->first[c] = m->waiting[c] = m->gone[c] = REORDER_NO_TX;
	for (size_t i = 0; i < in->n; i++)
		add_tx(m, in, i, same_units, last);
	return 0;
}

int reorder_map(const struct reorder_runs *in, const struct reorder_runs *out,
		bool same_units, struct reorder_map *ret)
{
	struct reorder_map m = { 0 };
	int rc = cut(&m, in, out);

	if (!rc)
		rc = count(&m, in, out, same_units);
	if (!rc)
		rc = transmissions(&m, in, same_units);
	if (rc)
		reorder_map_free(&m);
	else
		*ret = m;
	return rc;
}
