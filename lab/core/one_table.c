// SPDX-License-Identifier: GPL-2.0
/*
 * one_table.c - the connections of the one-point analysis, and where they are kept
 *
 * Open addressing with linear probing, at most 3/4 full; a removal shifts back what
 * it would otherwise cut off, so there are no tombstones.
 */
#include "core/one_table.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 256u

/* splitmix64: one seed into many keys. */
static uint64_t next_key(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

int one_table_init(struct one_table *t, uint64_t seed)
{
	*t = (struct one_table){
		.mask = FIRST_SLOTS - 1,
		.conns.size = sizeof(struct one_conn),
		.peers.size = sizeof(struct one_half),
	};
	for (size_t i = 0; i <= ONE_HASH_WORDS; i++)
		t->key[i] = next_key(&seed);
	t->slot = calloc(FIRST_SLOTS, sizeof(*t->slot));
	return t->slot ? 0 : -ENOMEM;
}

/* ---- slabs --------------------------------------------------------------- */

static void slab_release(struct one_slab *s)
{
	for (uint32_t i = 0; i < s->n_chunks; i++)
		free(s->chunk[i]);
	free(s->chunk);
}

void one_table_release(struct one_table *t)
{
	slab_release(&t->conns);
	slab_release(&t->peers);
	free(t->slot);
}

static void *slab_at(const struct one_slab *s, uint32_t index)
{
	return (char *)s->chunk[index / ONE_CHUNK] + index % ONE_CHUNK * s->size;
}

static int slab_grow(struct one_slab *s)
{
	if (s->n_chunks == s->chunks_room) {
		uint32_t room = s->chunks_room ? 2 * s->chunks_room : 8;
		void **chunk = realloc(s->chunk, room * sizeof(*chunk));

		if (!chunk)
			return -ENOMEM;
		s->chunk = chunk;
		s->chunks_room = room;
	}
	s->chunk[s->n_chunks] = aligned_alloc(ONE_CACHE_LINE, ONE_CHUNK * s->size);
	if (!s->chunk[s->n_chunks])
		return -ENOMEM;
	s->n_chunks++;
	return 0;
}

/* A free element begins with the index + 1 of the next one. */
static void *slab_get(struct one_slab *s, uint32_t *ret_index)
{
	void *p;

	if (s->free) {
		*ret_index = s->free - 1;
		p = slab_at(s, *ret_index);
		s->free = *(uint32_t *)p;
	} else {
		if (s->n == s->n_chunks * ONE_CHUNK && slab_grow(s))
			return NULL;
		*ret_index = s->n++;
		p = slab_at(s, *ret_index);
	}
	return memset(p, 0, s->size);
}

static void slab_put(struct one_slab *s, uint32_t index)
{
	*(uint32_t *)slab_at(s, index) = s->free;
	s->free = index + 1;
}

/* ---- the order of idleness ----------------------------------------------- */

static struct one_conn *conn_at(const struct one_table *t, uint32_t index1)
{
	return one_conn_at(t, index1 - 1);
}

static uint32_t index1_of(const struct one_table *t, const struct one_conn *c)
{
	if (c->newer)
		return conn_at(t, c->newer)->older;
	return t->newest;
}

static void unlink_idle(struct one_table *t, struct one_conn *c)
{
	*(c->newer ? &conn_at(t, c->newer)->older : &t->newest) = c->older;
	*(c->older ? &conn_at(t, c->older)->newer : &t->oldest) = c->newer;
}

static void link_newest(struct one_table *t, struct one_conn *c, uint32_t index1)
{
	c->newer = 0;
	c->older = t->newest;
	*(t->newest ? &conn_at(t, t->newest)->newer : &t->oldest) = index1;
	t->newest = index1;
}

void one_table_touch(struct one_table *t, struct one_conn *c, uint16_t tick)
{
	uint32_t index1 = index1_of(t, c);

	unlink_idle(t, c);
	link_newest(t, c, index1);
	c->tick = tick;
}

struct one_conn *one_table_oldest(const struct one_table *t)
{
	return t->oldest ? conn_at(t, t->oldest) : NULL;
}

/* ---- slots --------------------------------------------------------------- */

static void put_slot(uint64_t *slot, uint32_t mask, uint64_t value)
{
	uint32_t i = (value >> 32) & mask;

	while (slot[i])
		i = (i + 1) & mask;
	slot[i] = value;
}

static int grow_slots(struct one_table *t)
{
	uint64_t n = 2 * ((uint64_t)t->mask + 1);
	uint64_t *slot = calloc(n, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	for (uint64_t i = 0; i <= t->mask; i++)
		if (t->slot[i])
			put_slot(slot, n - 1, t->slot[i]);
	free(t->slot);
	t->slot = slot;
	t->mask = n - 1;
	return 0;
}

/* Empty slot @i; what was pushed past it by its presence moves back. */
static void clear_slot(struct one_table *t, uint32_t i)
{
	for (uint32_t j = (i + 1) & t->mask; t->slot[j]; j = (j + 1) & t->mask) {
		uint32_t home = (t->slot[j] >> 32) & t->mask;

		if (((j - home) & t->mask) < ((j - i) & t->mask))
			continue;
		t->slot[i] = t->slot[j];
		i = j;
	}
	t->slot[i] = 0;
}

static struct obs_key canonical(const struct obs_key *k, uint32_t dir)
{
	struct obs_key c = {
		.sport = dir ? k->dport : k->sport, .dport = dir ? k->sport : k->dport,
		.proto = k->proto, .family = k->family,
	};
	size_t n = k->family == 4 ? 4 : sizeof(c.saddr);

	memcpy(c.saddr, dir ? k->daddr : k->saddr, n);
	memcpy(c.daddr, dir ? k->saddr : k->daddr, n);
	return c;
}

struct one_ref one_table_ref_v6(const struct one_table *t, const struct obs_key *k)
{
	int order = memcmp(k->saddr, k->daddr, sizeof(k->saddr));
	uint32_t dir = order > 0 || (!order && k->sport > k->dport);
	const struct obs_key c = canonical(k, dir);
	uint64_t sum = t->key[0];

	for (size_t i = 0; i < 4; i++) {
		sum += t->key[1 + i] * one_load32(c.saddr + 4 * i);
		sum += t->key[5 + i] * one_load32(c.daddr + 4 * i);
	}
	sum += t->key[9] * ((uint64_t)c.sport << 16 | c.dport);
	sum += t->key[10] * ((uint64_t)c.family << 8 | c.proto);
	return (struct one_ref){ .hash = sum >> 32, .dir = dir };
}

struct one_conn *one_table_add(struct one_table *t, struct one_ref ref,
			       const struct obs_key *key, uint16_t tick)
{
	struct one_conn *c;
	uint32_t index;

	if (4 * ((uint64_t)t->n_conns + 1) > 3 * ((uint64_t)t->mask + 1) && grow_slots(t))
		return NULL;
	c = slab_get(&t->conns, &index);
	if (!c)
		return NULL;
	c->key = canonical(key, ref.dir);
	c->tick = tick;
	link_newest(t, c, index + 1);
	put_slot(t->slot, t->mask, (uint64_t)ref.hash << 32 | (index + 1));
	t->n_conns++;
	return c;
}

void one_table_remove(struct one_table *t, struct one_conn *c)
{
	uint32_t index1 = index1_of(t, c), hash = one_table_ref(t, &c->key).hash;
	uint32_t i = hash & t->mask;

	while ((uint32_t)t->slot[i] != index1)
		i = (i + 1) & t->mask;
	clear_slot(t, i);
	one_table_drop_peer(t, c);
	unlink_idle(t, c);
	c->key = (struct obs_key){ 0 };
	slab_put(&t->conns, index1 - 1);
	t->n_conns--;
}

struct one_half *one_table_add_peer(struct one_table *t, struct one_conn *c)
{
	uint32_t index;
	struct one_half *h = slab_get(&t->peers, &index);

	if (!h)
		return NULL;
	c->peer = index + 1;
	t->n_peers++;
	return h;
}

void one_table_drop_peer(struct one_table *t, struct one_conn *c)
{
	if (!c->peer)
		return;
	slab_put(&t->peers, c->peer - 1);
	t->n_peers--;
	c->peer = 0;
}
