// SPDX-License-Identifier: GPL-2.0
/*
 * test_one_table.c - the table of connections against a plain list, and its bounds
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/one_table.h"
#include "core/util.h"

#define KEYS 3000
#define STEPS 60000

static uint32_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

/* Key @i, as of either direction; every third one IPv6, few differ in one field only. */
static struct obs_key key_of(uint32_t i, bool reply)
{
	struct obs_key k = { .family = i % 3 ? 4 : 6, .proto = i % 2 ? 6 : 17 };
	uint8_t *a = reply ? k.daddr : k.saddr, *b = reply ? k.saddr : k.daddr;
	uint16_t *p = reply ? &k.dport : &k.sport, *q = reply ? &k.sport : &k.dport;

	a[k.family == 6 ? 15 : 3] = i / 64;
	a[0] = b[0] = 10;
	b[1] = i / 1024;
	*p = i % 64;
	*q = 80;
	return k;
}

static struct one_conn *find(struct one_table *t, uint32_t i, bool reply)
{
	struct obs_key k = key_of(i, reply);

	return one_table_find(t, one_table_ref(t, &k), &k);
}

static void test_directions(void **state)
{
	struct one_table t;

	assert_int_equal(one_table_init(&t, 1), 0);
	for (uint32_t i = 0; i < KEYS; i++) {
		struct obs_key a = key_of(i, false), b = key_of(i, true);
		struct one_ref ra = one_table_ref(&t, &a), rb = one_table_ref(&t, &b);

		assert_int_equal(ra.hash, rb.hash);
		assert_int_not_equal(ra.dir, rb.dir);
		assert_non_null(one_table_add(&t, ra, &a, 0));
		assert_ptr_equal(find(&t, i, false), find(&t, i, true));
	}
	one_table_release(&t);
}

/* The list: when each key was last touched; 0 = it is not there. */
static void check(struct one_table *t, const uint32_t *touched)
{
	uint32_t n = 0, oldest = UINT32_MAX;

	for (uint32_t i = 0; i < KEYS; i++) {
		struct one_conn *c = find(t, i, i % 5);

		assert_int_equal(!!c, !!touched[i]);
		n += !!c;
		if (c)
			assert_int_equal(c->isn[0], i);
		if (touched[i] && touched[i] < oldest)
			oldest = touched[i];
	}
	assert_int_equal(t->n_conns, n);
	if (n)
		assert_int_equal(touched[one_table_oldest(t)->isn[0]], oldest);
}

static void test_random(void **state)
{
	uint32_t *touched = calloc(KEYS, sizeof(*touched));
	uint64_t seed = 4;
	struct one_table t;

	assert_int_equal(one_table_init(&t, 99), 0);
	for (uint32_t step = 1; step <= STEPS; step++) {
		uint32_t i = draw(&seed) % KEYS, what = draw(&seed) % 8;
		struct obs_key k = key_of(i, what & 1);
		struct one_conn *c = find(&t, i, false);

		if (!c && what < 5) {
			c = one_table_add(&t, one_table_ref(&t, &k), &k, step);
			c->isn[0] = i;
			touched[i] = step;
			if (what == 2)
				assert_non_null(one_table_add_peer(&t, c));
		} else if (c && what > 4) {
			one_table_remove(&t, c);
			assert_false(one_conn_is(c, &k, one_table_ref(&t, &k).dir));
			touched[i] = 0;
		} else if (c) {
			one_table_touch(&t, c, step);
			touched[i] = step;
		}
		if (step % 5000 == 0)
			check(&t, touched);
	}
	while (one_table_oldest(&t))
		one_table_remove(&t, one_table_oldest(&t));
	assert_int_equal(t.n_conns + t.n_peers, 0);
	for (uint32_t i = 0; i <= t.mask; i++)
		assert_int_equal(t.slot[i], 0);
	one_table_release(&t);
	free(touched);
}

/* Longest stretch of full slots with @n connections of one server. */
static uint32_t longest(uint64_t seed, uint32_t n)
{
	uint32_t run = 0, most = 0;
	struct one_table t;

	assert_int_equal(one_table_init(&t, seed), 0);
	for (uint32_t i = 0; i < n; i++) {
		struct obs_key k = { .family = 4, .proto = 6, .dport = 80, .daddr = { 1 } };

		k.sport = i;
		k.saddr[0] = 10;
		k.saddr[3] = i >> 16;
		one_table_add(&t, one_table_ref(&t, &k), &k, 0);
	}
	for (uint32_t i = 0; i <= t.mask; i++) {
		run = t.slot[i] ? run + 1 : 0;
		most = run > most ? run : most;
	}
	one_table_release(&t);
	return most;
}

/* Keys in a row do not cluster, with any seed; what random ones do is below 200. */
static void test_spread(void **state)
{
	for (uint64_t seed = 0; seed < 8; seed++)
		assert_in_range(longest(seed, 60000), 1, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
