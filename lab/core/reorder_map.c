// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_map.c - a flow's bytes cut at every boundary that either tap saw
 *
 * Theory of operation. How many packets lie between two cuts is known where a run
 * joins them: an ingress run of n packets says "n packets further" of its two
 * ends, and so does an egress run when both taps count the same packets. These
 * statements are joined in a union-find tree whose edges carry the difference in
 * packets. Cuts that no run ties to the rest (beside a loss) are placed by packet
 * size, one for each such island, and counted as estimated.
 */
#include "core/reorder_map.h"

#include <errno.h>
#include <stdlib.h>

#include "core/util.h"

#define MAX_TX (16u << 20)

void reorder_map_free(struct reorder_map *m)
{
	free(m->pos);
	free(m->before);
	free(m->tx);
	free(m->of);
	free(m->at);
	*m = (struct reorder_map){ 0 };
}

size_t reorder_map_cell(const struct reorder_map *m, uint64_t pos)
{
	size_t lo = 0, hi = m->n_pos;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->pos[mid] <= pos)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* ---- cuts ---------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void add_cuts(struct reorder_map *m, const struct reorder_runs *s)
{
	for (size_t i = 0; i < s->n; i++) {
		m->pos[m->n_pos++] = s->run[i].start;
		m->pos[m->n_pos++] = s->run[i].end;
	}
}

static int cut(struct reorder_map *m, const struct reorder_runs *in,
	       const struct reorder_runs *out)
{
	size_t n = 0;

	m->pos = calloc(2 * (in->n + out->n) + 1, sizeof(*m->pos));
	if (!m->pos)
		return -ENOMEM;
	add_cuts(m, in);
	add_cuts(m, out);
	qsort(m->pos, m->n_pos, sizeof(*m->pos), ascending);
	for (size_t i = 0; i < m->n_pos; i++)
		if (!n || m->pos[i] != m->pos[n - 1])
			m->pos[n++] = m->pos[i];
	m->n_pos = n;
	return 0;
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
	bool sure = true;
	uint64_t k = 0;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (in->run[fresh[mid]].start <= m->pos[i])
			lo = mid;
		else
			hi = mid;
	}
	r = &in->run[fresh[lo]];
	if (m->pos[i] > r->start)
		k = reorder_run_packets(r, m->pos[i] - r->start, &sure);
	m->estimated += !sure;
	join(t, reorder_map_cell(m, r->start), i, (int64_t)k);
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

/* Packets of run @r up to cut @c; first transmissions are counted by the map. */
static uint64_t packets_upto(struct reorder_map *m, const struct reorder_run *r,
			     size_t lo, size_t hi, size_t c)
{
	bool sure = true;
	uint64_t k;

	if (c == hi)
		return r->n;
	if (m->before[hi] - m->before[lo] == r->n)
		return m->before[c] - m->before[lo];
	k = reorder_run_packets(r, m->pos[c] - r->start, &sure);
	m->estimated += !sure;
	return k;
}

static void add_tx(struct reorder_map *m, const struct reorder_runs *in, size_t run,
		   uint64_t *rank)
{
	const struct reorder_run *r = &in->run[run];
	size_t lo = reorder_map_cell(m, r->start), hi = reorder_map_cell(m, r->end);
	uint64_t done = 0;

	for (size_t c = lo; c < hi; c++) {
		uint64_t upto = packets_upto(m, r, lo, hi, c + 1);
		uint64_t weight = upto > done ? upto - done : 1;

		m->tx[m->n_tx++] = (struct reorder_tx){ run, c, *rank, weight, false };
		*rank += weight;
		done = upto > done ? upto : done;
	}
}

static void index_by_cell(struct reorder_map *m)
{
	for (size_t i = 0; i < m->n_tx; i++)
		m->at[m->tx[i].cell + 2]++;
	for (size_t c = 2; c < m->n_pos + 2; c++)
		m->at[c] += m->at[c - 1];
	for (size_t i = 0; i < m->n_tx; i++)
		m->of[m->at[m->tx[i].cell + 1]++] = i;
}

static int transmissions(struct reorder_map *m, const struct reorder_runs *in)
{
	uint64_t rank = 0;
	size_t n = 0;

	for (size_t i = 0; i < in->n && n <= MAX_TX; i++)
		n += reorder_map_cell(m, in->run[i].end) -
		     reorder_map_cell(m, in->run[i].start);
	if (n > MAX_TX)
		return -E2BIG;
	m->tx = calloc(n + 1, sizeof(*m->tx));
	m->of = calloc(n + 1, sizeof(*m->of));
	m->at = calloc(m->n_pos + 3, sizeof(*m->at));
	if (!m->tx || !m->of || !m->at)
		return -ENOMEM;
	for (size_t i = 0; i < in->n; i++)
		add_tx(m, in, i, &rank);
	index_by_cell(m);
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
		rc = transmissions(&m, in);
	if (rc)
		reorder_map_free(&m);
	else
		*ret = m;
	return rc;
}
