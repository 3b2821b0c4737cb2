// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_match.c - which transmission is it that left the switch?
 *
 * Theory of operation. The egress runs are walked in order of arrival: each cell of
 * each run is matched with a transmission of that cell that has not left yet. Where
 * there are several (a retransmission), these decide, in this order:
 *
 * 1. it had entered when the packet left;
 * 2. GRO merges what follows each other: inside a packet that left, what continues
 *    the match of its beginning;
 * 3. the IP ID, if exactly one has it;
 * 4. a further piece of the packet whose piece left just before;
 * 5. what fills a hole is the later transmission, so that the sender's repetition is
 *    not blamed on the switch.
 *
 * Where one has left already, what is seen may be a copy of it, made by the switch:
 * it is if nothing else had entered, or if its IP ID is known and that one's alone.
 * A packet that seems to leave before anything entered has but a wrong clock.
 */
#include "core/reorder_match.h"

#include <errno.h>
#include <stdlib.h>

#include "core/util.h"

#define MAX_STEPS (32u << 20)
#define MAX_CHOICE 16			/* transmissions of a cell that are compared */

struct walk {
	struct reorder_match *m;
	const struct reorder_hooks *hooks;
	uint32_t last;			/* tx that was matched just before, or none */
	uint32_t copied;		/* or the one of which that was a copy */
	uint32_t next;			/* above all that have left */
};

/* What is known of a packet that left the switch at the start of a cell. */
struct sighting {
	const struct reorder_run *run;
	size_t cell;
	uint64_t latest_ns;		/* it left then, or before */
	bool begins;			/* a packet that left begins here */
	uint32_t len;			/* of that packet */
	uint16_t ip_id;
};

static uint64_t cell_bytes(const struct reorder_map *m, size_t cell)
{
	return m->pos[cell + 1] - m->pos[cell];
}

/* Bytes of the point that arrived before this cell of run @r. */
static uint64_t place(const struct reorder_map *m, const struct reorder_run *r, size_t cell)
{
	return r->at + (m->pos[cell] - r->start);
}

static const struct obs_packet *packet_of(const struct reorder_run *r, uint64_t at,
					  uint64_t *ret_start)
{
	size_t k = obs_packet_at(r->packet, r->n_packet, at);

	*ret_start = k ? r->packet[k - 1].end : 0;
	return &r->packet[k];
}

/* ---- IP IDs -------------------------------------------------------------- */

/*
 * Without the packets: senders count IP IDs by wire packet, and @unit is how long
 * those are; 0 = unknown.
 */
static bool counted_id(const struct reorder_match *m, const struct reorder_run *r,
		       size_t cell, uint32_t unit, uint16_t *ret)
{
	uint64_t off = m->map->pos[cell] - r->start;

	if (!r->has_ip_id || (off && (!r->ids_count || !unit || off % unit)))
		return false;
	*ret = (uint16_t)(r->ip_id + (off ? off / unit : 0));
	return true;
}

enum id_verdict { ID_UNKNOWN, ID_SAME, ID_OTHER };

static enum id_verdict verdict(uint16_t a, uint16_t b)
{
	return a == b ? ID_SAME : ID_OTHER;
}

static enum id_verdict compare_counted(const struct reorder_match *m,
				       const struct reorder_tx *tx, const struct sighting *s)
{
	const struct reorder_run *r = &m->in->run[tx->run];
	uint32_t unit = m->wire_units && reorder_run_even(r) ? r->len : 0;
	uint16_t in = 0, out = 0;

	if (!counted_id(m, r, s->cell, unit, &in) ||
	    !counted_id(m, s->run, s->cell, unit, &out))
		return ID_UNKNOWN;
	return verdict(in, out);
}

/* GSO numbers its pieces from the ID of what it splits. */
static enum id_verdict compare_known(const struct reorder_match *m, const struct reorder_tx *tx,
				     const struct sighting *s)
{
	const struct reorder_run *r = &m->in->run[tx->run];
	uint64_t at = place(m->map, r, tx->cell), start;
	const struct obs_packet *p = packet_of(r, at, &start);

	if (!s->begins || (at - start) % s->len)
		return ID_UNKNOWN;
	return verdict((uint16_t)(p->ip_id + (at - start) / s->len), s->ip_id);
}

static enum id_verdict compare_ids(const struct reorder_match *m, const struct reorder_tx *tx,
				   const struct sighting *s)
{
	if (!m->ip_ids)
		return ID_UNKNOWN;
	return s->run->packet && m->in->run[tx->run].packet ? compare_known(m, tx, s) :
							       compare_counted(m, tx, s);
}

/* ---- choosing ------------------------------------------------------------ */

static struct sighting look(const struct reorder_match *m, const struct reorder_run *r,
			    size_t cell)
{
	struct sighting s = { .run = r, .cell = cell, .latest_ns = r->until_ns };

	if (r->packet) {
		uint64_t at = place(m->map, r, cell), start;
		const struct obs_packet *p = packet_of(r, at, &start);

		s.latest_ns = p->time_ns;
		s.begins = start == at;
		s.len = (uint32_t)(p->end - start);
		s.ip_id = p->ip_id;
	}
	return s;
}

static uint64_t entered_ns(const struct reorder_match *m, const struct reorder_tx *tx)
{
	const struct reorder_run *r = &m->in->run[tx->run];
	uint64_t start;

	if (!r->packet)
		return r->time_ns;
	return packet_of(r, place(m->map, r, tx->cell), &start)->time_ns;
}

/* Whether @tx follows what was matched just before, in bytes and in entering. */
static bool follows(const struct walk *w, uint32_t tx)
{
	const struct reorder_map *map = w->m->map;

	return w->last != REORDER_NO_TX && w->last + 1 == tx &&
	       map->tx[w->last].cell + 1 == map->tx[tx].cell;
}

struct choice {
	uint32_t in_order, last, same_id, following;
	unsigned int n, n_same_id, n_unknown;
};

#define NO_CHOICE ((struct choice){ REORDER_NO_TX, REORDER_NO_TX, REORDER_NO_TX, \
				    REORDER_NO_TX, 0, 0, 0 })

/* Inside a packet that left, GRO merged what follows. */
static bool is_merged(const struct sighting *s)
{
	return s->run->packet && !s->begins;
}

static void consider(const struct walk *w, const struct sighting *s, uint32_t i,
		     struct choice *c)
{
	const struct reorder_tx *tx = &w->m->map->tx[i];
	enum id_verdict id = compare_ids(w->m, tx, s);

	if (c->in_order == REORDER_NO_TX && i >= w->next)
		c->in_order = i;
	if (follows(w, i) && (is_merged(s) || (tx->inside && id != ID_OTHER)))
		c->following = i;
	c->last = i;
	c->n++;
	c->n_unknown += id == ID_UNKNOWN;
	if (id == ID_SAME) {
		c->same_id = i;
		c->n_same_id++;
	}
}

static uint32_t choose(const struct sighting *s, const struct choice *c)
{
	if (c->following != REORDER_NO_TX && is_merged(s))
		return c->following;
	if (c->n_same_id == 1)
		return c->same_id;
	if (c->following != REORDER_NO_TX)
		return c->following;
	return c->in_order != REORDER_NO_TX ? c->in_order : c->last;
}

/* The one that has left and of which this may be a copy, by its IP ID. */
static uint32_t copy_of(const struct walk *w, const struct sighting *s)
{
	const struct reorder_map *map = w->m->map;
	uint32_t i = map->gone[s->cell];

	for (int n = 0; i != REORDER_NO_TX && n < MAX_CHOICE; n++, i = map->tx[i].next) {
		bool on = w->copied != REORDER_NO_TX && w->copied + 1 == i;

		if (compare_ids(w->m, &map->tx[i], s) == ID_SAME || (on && is_merged(s)))
			return i;
	}
	return REORDER_NO_TX;
}

/*
 * Without the packets, whether there is doubt: a cell may have some packets of this
 * copy and some of that, or their IP IDs are not known. Where there are none, the
 * packets would not tell more.
 */
static bool is_guess(const struct walk *w, const struct sighting *s, const struct choice *able)
{
	const struct reorder_map *map = w->m->map;

	if (able->n > 1 && map->tx[able->last].weight > 1)
		return true;
	return w->m->ip_ids && able->n_unknown && able->n > 1;
}

static uint32_t among(const struct walk *w, const struct sighting *s, uint32_t *ret_copied)
{
	struct choice any = NO_CHOICE, able = NO_CHOICE;
	struct reorder_map *map = w->m->map;

	for (uint32_t i = map->waiting[s->cell]; i != REORDER_NO_TX; i = map->tx[i].next) {
		if (any.n == MAX_CHOICE) {
			map->estimated++;
			break;
		}
		consider(w, s, i, &any);
		if (w->m->clocks_differ || entered_ns(w->m, &map->tx[i]) <= s->latest_ns)
			consider(w, s, i, &able);
	}
	if (!able.n_same_id && able.following == REORDER_NO_TX)
		*ret_copied = copy_of(w, s);
	if (!s->run->packet && any.n)
		map->estimated += is_guess(w, s, &able);
	if (*ret_copied != REORDER_NO_TX ||
	    (!able.n && map->gone[s->cell] != REORDER_NO_TX))
		return REORDER_NO_TX;
	return choose(s, able.n ? &able : &any);
}

/* The transmission that was seen leaving; none if all of this cell left before. */
static uint32_t match(const struct walk *w, const struct reorder_run *r, size_t cell,
		      uint32_t *ret_copied)
{
	struct reorder_map *map = w->m->map;
	uint32_t i = map->waiting[cell], *from = &map->waiting[cell];
	bool alone = map->gone[cell] == REORDER_NO_TX &&
		     (i == REORDER_NO_TX || map->tx[i].next == REORDER_NO_TX);

	*ret_copied = REORDER_NO_TX;
	if (!alone) {
		struct sighting s = look(w->m, r, cell);

		i = among(w, &s, ret_copied);
	}
	if (i == REORDER_NO_TX)
		return i;
	while (*from != i)
		from = &map->tx[*from].next;
	*from = map->tx[i].next;
	map->tx[i].next = map->gone[cell];
	map->gone[cell] = i;
	return i;
}

/* ---- walking ------------------------------------------------------------- */

static struct reorder_passed *add_passed(struct reorder_match *m)
{
	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 16;
		struct reorder_passed *more = reallocarray(m->passed, room, sizeof(*more));

		if (!more)
			return NULL;
		m->passed = more;
		m->room = room;
	}
	m->passed[m->n] = (struct reorder_passed){ 0 };
	return &m->passed[m->n++];
}

static uint64_t left_ns(const struct reorder_run *r, uint64_t at)
{
	uint64_t start;

	return r->packet ? packet_of(r, at, &start)->time_ns : r->time_ns;
}

static int leave(struct walk *w, const struct reorder_run *r, size_t cell, uint32_t i)
{
	struct reorder_match *m = w->m;
	struct reorder_tx *tx = &m->map->tx[i];
	const struct reorder_run *in = &m->in->run[tx->run];
	struct reorder_passed *u = m->n ? &m->passed[m->n - 1] : NULL;
	uint64_t out_at = place(m->map, r, cell);
	bool on = follows(w, i) && u->first_psh == in->first_psh;

	tx->left = true;
	tx->joined = on && tx->inside;
	if (!on) {
		u = add_passed(m);
		if (!u)
			return -ENOMEM;
		u->s.start = m->map->pos[cell] - m->map->pos[0];
		u->s.in_at = place(m->map, in, cell);
		u->s.out_at = out_at;
		u->tx = i;
		u->time_ns = left_ns(r, out_at);
		u->first_psh = in->first_psh;
	}
	u->s.end = m->map->pos[cell + 1] - m->map->pos[0];
	u->s.packets += tx->weight - tx->joined;
	if (i >= w->next)
		w->next = i + 1;
	w->last = i;
	return 0;
}

/* Bytes that left without having entered, or once more than they entered. */
static void stray(struct walk *w, const struct reorder_run *r, size_t cell)
{
	struct reorder_match *m = w->m;
	uint64_t bytes = cell_bytes(m->map, cell), off = m->map->pos[cell] - r->start;
	struct reorder_cut head = reorder_run_cut(r, off), end = reorder_run_cut(r, off + bytes);
	bool twice = m->map->first[cell] != REORDER_NO_TX;
	struct reorder_stretch s = { .start = m->map->pos[cell] - m->map->pos[0],
				     .end = m->map->pos[cell + 1] - m->map->pos[0],
				     .out_at = place(m->map, r, cell) };

	s.packets = end.n > head.n ? end.n - head.n : 0;
	if (twice) {
		m->duplicated_bytes += bytes;
		m->duplicated += s.packets;
	} else {
		m->unseen_bytes += bytes;
		m->unseen += s.packets;
	}
	if (w->hooks && w->hooks->note)
		w->hooks->note(w->hooks->arg, twice ? REORDER_TWICE : REORDER_UNSEEN, &s);
	w->last = REORDER_NO_TX;
}

static int walk_run(struct walk *w, const struct reorder_run *r)
{
	size_t begin = reorder_map_cell(w->m->map, r->start);
	size_t end = reorder_map_cell(w->m->map, r->end);
	int rc = 0;

	for (size_t cell = begin; rc == 0 && cell < end; cell++) {
		uint32_t copied, i = match(w, r, cell, &copied);

		if (i == REORDER_NO_TX)
			stray(w, r, cell);
		else
			rc = leave(w, r, cell, i);
		w->copied = i == REORDER_NO_TX ? copied : REORDER_NO_TX;
	}
	return rc;
}

static bool too_much(const struct reorder_match *m)
{
	size_t steps = 0;

	for (size_t i = 0; i < m->out->n && steps <= MAX_STEPS; i++)
		steps += reorder_map_cell(m->map, m->out->run[i].end) -
			 reorder_map_cell(m->map, m->out->run[i].start);
	return steps > MAX_STEPS;
}

/* Ranks without what was lost: loss is not disorder. */
static void rank(struct reorder_match *m)
{
	uint64_t rank = 0;

	for (size_t i = 0; i < m->map->n_tx; i++) {
		struct reorder_tx *tx = &m->map->tx[i];

		tx->rank = rank;
		rank += tx->left ? tx->weight - tx->joined : 0;
	}
	for (size_t i = 0; i < m->n; i++)
		m->passed[i].rank = m->map->tx[m->passed[i].tx].rank;
}

int reorder_match(struct reorder_match *m, const struct reorder_hooks *hooks)
{
	struct walk w = { .m = m, .hooks = hooks, .last = REORDER_NO_TX,
			  .copied = REORDER_NO_TX };
	int rc = too_much(m) ? -E2BIG : 0;

	for (size_t i = 0; rc == 0 && i < m->out->n; i++)
		rc = walk_run(&w, &m->out->run[i]);
	if (!rc)
		rank(m);
	return rc;
}
