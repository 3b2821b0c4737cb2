// SPDX-License-Identifier: GPL-2.0
/*
 * test_one_sim.c - one capture of a simulated connection of which all is known
 *
 * A sender with a window, fast retransmit (RFC 6582) and a timer; a path that
 * loses, delays and doubles packets before the capture and loses them after it; a
 * receiver that acknowledges everything with a SACK. What is said of each frame is
 * held against what it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/util.h"
#include "one_frames.h"

#define UNITS 3000
#define UNIT 1000			/* bytes */
#define WINDOW 24
#define PACE_US 100
#define RTO_US 200000
#define FLIGHT 4096

enum ids { IDS_COUNT, IDS_SHARED, IDS_RANDOM, IDS_NONE };

struct world {
	const char *name;
	enum ids ids;
	uint32_t tick_us;		/* of timestamps; 0 none */
	bool acks;			/* captured too */
};

/* A transmission, or an ACK, on its way to the capture or beyond. */
struct flight {
	uint64_t at, order;		/* order: of what is due at once */
	enum { DATA_TO_CAPTURE, DATA_TO_RECEIVER, ACK_TO_CAPTURE, ACK_TO_SENDER } where;
	uint32_t unit, ack, sack;	/* ack and sack: units; sack 0: none */
	uint32_t tx, ts;
	uint16_t id;
	bool again;
};

/* What the capture saw, by frame number. */
struct truth {
	uint32_t tx;
	bool data, again, second;	/* second: this transmission was seen before */
	bool late;			/* a later transmission was seen before */
};

struct sim {
	const struct world *w;
	uint64_t seed, now, launched;
	struct flight f[FLIGHT];
	uint32_t n_flight;
	uint32_t next, una, dups, recover, tx;	/* the sender's */
	uint64_t next_at, timer_at;
	uint16_t id;
	bool got[UNITS + 1];		/* the receiver's */
	uint32_t cum;
	struct truth truth[65536];	/* the capture's, from 1 */
	bool seen[65536];		/* by transmission */
	uint32_t highest_tx;
	struct log *log;
};

static uint32_t draw(struct sim *s, uint32_t n)
{
	s->seed = s->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(s->seed >> 33) % n;
}

static void launch(struct sim *s, struct flight f, uint32_t delay)
{
	assert_true(s->n_flight < FLIGHT);
	f.at = s->now + delay;
	f.order = s->launched++;
	s->f[s->n_flight++] = f;
}

static uint16_t next_id(struct sim *s)
{
	switch (s->w->ids) {
	case IDS_COUNT:
		return s->id += s->id == 0xffff ? 2 : 1;
	case IDS_SHARED:
		s->id += 1 + draw(s, 6);
		return s->id += !s->id;
	case IDS_RANDOM:
		return 1 + draw(s, 65535);
	default:
		return 0;
	}
}

static void transmit(struct sim *s, uint32_t unit, bool again)
{
	struct flight f = {
		.unit = unit, .again = again, .tx = s->tx++, .id = next_id(s),
		.ts = s->w->tick_us ? 1 + s->now / s->w->tick_us : 0,
	};
	uint32_t delay = 2000;

	if (!draw(s, 40))
		delay += 1 + draw(s, 3000);
	if (draw(s, 60))
		launch(s, f, delay);
	if (!draw(s, 80))
		launch(s, f, delay + 1 + draw(s, 300));
}

static void capture(struct sim *s, const struct flight *f, bool data)
{
	struct seg seg = {
		.us = s->now + 1, .reply = !data, .seq = data ? 1 + f->unit * UNIT : 1,
		.len = data ? UNIT : 0, .ack = data ? 1 : 1 + f->ack * UNIT,
		.id = data ? f->id : 0, .ts = data ? f->ts : 0,
	};
	struct truth *t;

	if (!data && f->sack) {
		seg.sack[0] = 1 + (f->sack - 1) * UNIT;
		seg.sack[1] = 1 + f->sack * UNIT;
	}
	assert_int_equal(log_push(s->log, &seg), 0);
	t = &s->truth[s->log->number];
	*t = (struct truth){ .tx = f->tx, .data = data, .again = f->again };
	if (!data)
		return;
	t->second = s->seen[f->tx];
	t->late = f->tx < s->highest_tx;
	s->seen[f->tx] = true;
	s->highest_tx = f->tx > s->highest_tx ? f->tx : s->highest_tx;
}

static void receive(struct sim *s, const struct flight *f)
{
	s->got[f->unit] = true;
	while (s->got[s->cum])
		s->cum++;
	launch(s, (struct flight){
		.where = ACK_TO_CAPTURE, .ack = s->cum,
		.sack = f->unit > s->cum ? f->unit + 1 : 0,
	}, 1000);
}

static void acknowledge(struct sim *s, const struct flight *f)
{
	if (f->ack > s->una) {
		s->una = f->ack;
		s->dups = 0;
		s->timer_at = s->now + RTO_US;
		if (s->una < s->recover)
			transmit(s, s->una, true);
		return;
	}
	if (f->ack == s->una && ++s->dups == 3 && s->una >= s->recover) {
		s->recover = s->next;
		transmit(s, s->una, true);
	}
}

static void arrive(struct sim *s, struct flight f)
{
	switch (f.where) {
	case DATA_TO_CAPTURE:
		capture(s, &f, true);
		f.where = DATA_TO_RECEIVER;
		if (draw(s, 80))
			launch(s, f, 1000);
		break;
	case DATA_TO_RECEIVER:
		receive(s, &f);
		break;
	case ACK_TO_CAPTURE:
		if (s->w->acks)
			capture(s, &f, false);
		f.where = ACK_TO_SENDER;
		launch(s, f, 2000);
		break;
	case ACK_TO_SENDER:
		acknowledge(s, &f);
		break;
	}
}

/* The next thing that happens; false when all is acknowledged. */
static bool step(struct sim *s)
{
	bool may_send = s->next < UNITS && s->next - s->una < WINDOW;
	uint32_t first = 0;

	if (s->una == UNITS)
		return false;
	for (uint32_t i = 1; i < s->n_flight; i++)
		if (s->f[i].at < s->f[first].at ||
		    (s->f[i].at == s->f[first].at && s->f[i].order < s->f[first].order))
			first = i;
	if (may_send && (!s->n_flight || s->next_at <= s->f[first].at)) {
		s->now = s->next_at > s->now ? s->next_at : s->now;
		s->next_at = s->now + PACE_US;
		transmit(s, s->next++, false);
	} else if (!s->n_flight || s->timer_at < s->f[first].at) {
		s->now = s->timer_at > s->now ? s->timer_at : s->now;
		s->timer_at = s->now + RTO_US;
		s->recover = s->next;
		transmit(s, s->una, true);
	} else {
		struct flight f = s->f[first];

		s->now = f.at;
		s->f[first] = s->f[--s->n_flight];
		arrive(s, f);
	}
	return true;
}

struct score {
	uint32_t late_originals, found;	/* overtaken first transmissions; called reordered */
	uint32_t again, again_found;	/* repetitions, not overtaken; called retransmitted */
	uint32_t doubles, doubles_found;
	uint32_t false_reordered;	/* repetitions called reordered */
	uint32_t false_again;		/* first transmissions called retransmitted */
	uint32_t ambiguous;
};

static void judge(struct sim *s, struct score *sum)
{
	char *what = calloc(s->log->number + 1, 1);

	for (size_t i = 0; i < s->log->n_events; i++)
		what[s->log->event[i].frame] = CLASSES[s->log->event[i].what];
	for (uint64_t n = 1; n <= s->log->number; n++) {
		const struct truth *t = &s->truth[n];
		bool original = t->data && !t->again && !t->second;
		bool again = t->data && t->again && !t->second;
		bool punctual = again && !t->late;

		sum->late_originals += original && t->late && what[n] && what[n] != 'E';
		sum->found += original && what[n] == 'R';
		sum->again += punctual && what[n];
		sum->again_found += punctual && what[n] == 'T';
		sum->doubles += t->data && t->second && !t->again;
		sum->doubles_found += t->second && !t->again && what[n] == 'D';
		sum->false_reordered += again && what[n] == 'R';
		sum->false_again += original && what[n] == 'T';
		sum->ambiguous += what[n] == 'A';
		if (!t->data)
			assert_int_equal(what[n], 0);
	}
	free(what);
}

static void run(const struct world *w, uint64_t seed, struct score *sum)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct analysis *a;
	uint64_t data = 0;

	s->w = w;
	s->seed = seed;
	s->log = log_new(&ONE_OPTIONS_DEFAULT);
	s->id = draw(s, 65536);
	s->timer_at = RTO_US;
	log_push(s->log, &(struct seg){ .us = 1, .seq = 0, .flags = 2 });
	while (step(s))
		;
	a = &s->log->a;
	assert_int_equal(one_end(s->log->one, a), 0);
	for (uint64_t n = 1; n <= s->log->number; n++)
		data += s->truth[n].data;
	assert_int_equal(a->m.packets + a->retransmitted + a->duplicated + a->ambiguous, data);
	judge(s, sum);
	log_free(s->log);
	free(s);
}

static struct score runs(const struct world *w)
{
	struct score sum = { 0 };

	for (uint64_t seed = 1; seed <= 6; seed++)
		run(w, seed, &sum);
	print_message("%s: %u of %u late originals, %u of %u repetitions, %u of %u doubles, "
		      "%u ambiguous\n", w->name, sum.found, sum.late_originals, sum.again_found,
		      sum.again, sum.doubles_found, sum.doubles, sum.ambiguous);
	assert_int_equal(sum.false_reordered, 0);
	assert_true(sum.again > 100);
	return sum;
}

static void test_ip_id(void **state)
{
	static const struct world worlds[] = {
		{ "IP ID", IDS_COUNT, 0, false },
		{ "IP ID and all else", IDS_COUNT, 1000, true },
		{ "IP ID of a shared counter", IDS_SHARED, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct score sum = runs(&worlds[i]);

		assert_int_equal(sum.false_again, 0);
		assert_true(sum.late_originals > 100);
		assert_int_equal(sum.found, sum.late_originals);
		assert_int_equal(sum.again_found, sum.again);
		assert_int_equal(sum.doubles_found, sum.doubles);
	}
}

static void test_timestamps(void **state)
{
	static const struct {
		struct world w;
		uint32_t least;		/* percent that must be found */
	} rows[] = {
		{ { "timestamps of 0.1 ms", IDS_NONE, 100, false }, 100 },
		{ { "timestamps of 1 ms, random IDs", IDS_RANDOM, 1000, false }, 5 },
		{ { "timestamps of 10 ms", IDS_NONE, 10000, false }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct score sum = runs(&rows[i].w);

		assert_int_equal(sum.false_again, 0);
		assert_true(sum.found * 100 >= sum.late_originals * rows[i].least);
		assert_true(sum.again_found * 100 >= sum.again * rows[i].least * 9 / 10);
	}
}

/* ACKs alone: what is less late than a round trip is never called sent again. */
static void test_acks(void **state)
{
	static const struct world w = { "ACKs", IDS_NONE, 0, true };
	struct score sum = runs(&w);

	assert_true(sum.found > 50);
	assert_true(sum.again_found > 50);
	assert_true(sum.ambiguous > 0);
}

static void test_nothing(void **state)
{
	static const struct world worlds[] = {
		{ "nothing", IDS_NONE, 0, false },
		{ "random IDs", IDS_RANDOM, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct score sum = runs(&worlds[i]);

		assert_int_equal(sum.found + sum.again_found, 0);
		assert_int_equal(sum.false_again, 0);
		assert_true(sum.ambiguous > 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip_id),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_acks),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
