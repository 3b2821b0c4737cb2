// SPDX-License-Identifier: GPL-2.0
/*
 * test_one_oracle.c - one capture against a plain reading of the rules
 *
 * Segments of one size and a sender that counts its IP IDs: then a table of units
 * says all. Thousands of short random traces with losses, repetitions, doubles and
 * any disorder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/one_judge.h"
#include "core/util.h"
#include "one_frames.h"

#define UNITS 40
#define UNIT 10
#define ARRIVALS 200
#define TRACES 4000

struct arrival {
	uint32_t unit;
	uint16_t id;
};

struct unit {
	enum { UNSEEN, SEEN, FILLED } state;
	uint16_t below, over, filler;	/* IP IDs */
};

struct oracle {
	struct unit unit[UNITS];
	uint32_t next;			/* above the highest unit */
	uint16_t id;			/* of that one */
	uint8_t score;
	char said[ARRIVALS];		/* 'I' in order, or a class */
	uint32_t rank[ARRIVALS];	/* the stream: units that were told to it */
	size_t at[ARRIVALS], n_ranks;	/* and which arrivals they were */
};

static uint32_t draw(uint64_t *seed, uint32_t n)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33) % n;
}

static char above(struct oracle *o, const struct arrival *a)
{
	if (a->unit == o->next)
		o->score = one_id_step(o->score, a->id - o->id);
	for (; o->next < a->unit; o->next++) {
		o->unit[o->next].below = o->id;
		o->unit[o->next].over = a->id;
	}
	o->unit[o->next++].state = SEEN;
	o->id = a->id;
	return 'I';
}

/* < 0 before, > 0 after, 0 not told: the rule of IP IDs for a unit that was jumped over. */
static int side(const struct oracle *o, const struct arrival *a)
{
	const struct unit *u = &o->unit[a->unit];
	uint16_t gap = u->over - u->below;
	int d = (int16_t)(a->id - u->over);

	if (o->score < 2 && !(o->score == 1 && gap > 1 && gap <= 64))
		return 0;
	return d >= 0 ? d : -d < gap ? -1 : 0;
}

static char below(struct oracle *o, const struct arrival *a)
{
	struct unit *u = &o->unit[a->unit];
	int d = u->state == SEEN ? 0 : side(o, a);

	if (u->state == SEEN)
		return o->score >= 2 && (int16_t)(a->id - o->id) > 0 ? 'T' : 'D';
	if (u->state == FILLED && a->id == u->filler)
		return 'D';
	if (d > 0 && u->state == UNSEEN) {
		u->state = FILLED;
		u->filler = a->id;
	}
	if (d > 0)
		return 'T';
	if (d < 0 || u->state == UNSEEN) {
		u->state = SEEN;
		return d < 0 ? 'R' : 'A';
	}
	return 'D';
}

static void judge(struct oracle *o, const struct arrival *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		o->said[i] = a[i].unit >= o->next ? above(o, &a[i]) : below(o, &a[i]);
		if (o->said[i] != 'I' && o->said[i] != 'R')
			continue;
		o->at[o->n_ranks] = i;
		o->rank[o->n_ranks++] = a[i].unit;
	}
}

/* RFC 4737 4.2.3, as it is written. */
static size_t extent(const struct oracle *o, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (o->rank[j] > o->rank[i])
			return i - j;
	return 0;
}

/* What a sender sends, then what becomes of it on the way. */
static size_t trace(uint64_t *seed, struct arrival *a)
{
	uint32_t calm = draw(seed, 4), wild = 1 + draw(seed, 12), next = 0;
	uint16_t id = draw(seed, 65536);
	size_t n = 0, place;

	while (next < UNITS && n < ARRIVALS - 2) {
		uint32_t unit = next && next > calm && !draw(seed, 5) ? draw(seed, next) : next++;
		struct arrival x = { unit, id += id == 0xffff ? 2 : 1 };

		if (unit > calm && !draw(seed, 6))
			continue;
		a[n++] = x;
		if (unit > calm && !draw(seed, 8))
			a[n++] = x;
	}
	for (size_t i = 1; i < n; i++) {	/* some travel towards the front */
		struct arrival x = a[i];

		if (x.unit <= calm || draw(seed, 3))
			continue;
		place = i - draw(seed, i < wild ? i : wild);
		while (place < i && a[place].unit <= calm)
			place++;
		memmove(&a[place + 1], &a[place], (i - place) * sizeof(x));
		a[place] = x;
	}
	return n;
}

static void check(const struct oracle *o, const struct log *log, size_t n, uint64_t nr)
{
	char said[ARRIVALS];

	memset(said, 'I', sizeof(said));
	for (size_t i = 0; i < log->n_events; i++)
		if (log->event[i].what != ANALYSIS_EARLY)
			said[log->event[i].frame - 2] = CLASSES[log->event[i].what];
	for (size_t i = 0; i < n; i++)
		if (said[i] != o->said[i])
			fail_msg("trace %d, arrival %zu: '%c', not '%c'", (int)nr, i, said[i],
				 o->said[i]);
	assert_int_equal(log->a.m.packets, o->n_ranks);
	for (size_t i = 0; i < o->n_ranks; i++) {
		const struct analysis_event *e = log_find(log, o->at[i] + 2);

		if (o->said[o->at[i]] != 'R')
			continue;
		assert_non_null(e);
		assert_int_equal(e->start, o->rank[i] * UNIT);
		assert_int_equal(e->end, (o->rank[i] + 1) * UNIT);
		assert_int_equal(e->extent, extent(o, i));
	}
}

static void test_random(void **state)
{
	uint64_t classes[128] = { 0 }, seed = 20;

	for (uint64_t nr = 0; nr < TRACES; nr++) {
		struct log *log = log_new(&ONE_OPTIONS_DEFAULT);
		struct oracle o = { 0 };
		struct arrival a[ARRIVALS];
		size_t n = trace(&seed, a);

		o.id = a[0].id;
		log_push(log, &(struct seg){ .seq = 99, .flags = 2 });
		for (size_t i = 0; i < n; i++)
			log_push(log, &(struct seg){ .seq = 100 + a[i].unit * UNIT, .len = UNIT,
						     .id = a[i].id });
		assert_int_equal(one_end(log->one, &log->a), 0);
		judge(&o, a, n);
		check(&o, log, n, nr);
		for (size_t i = 0; i < n; i++)
			classes[(unsigned char)o.said[i]]++;
		log_free(log);
	}
	for (const char *c = "IRTDA"; *c; c++)
		assert_true(classes[(unsigned char)*c] > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
