// SPDX-License-Identifier: GPL-2.0
/*
 * test_mangle_log.c - reading the log of manglers, and what is printed of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/mangle_log.h"
#include "core/util.h"
#include "report/inject_log.h"
#include "report/json.h"

#define SLOTS 16

/* As the program does it: zero first, the serial last. */
static void write_event(struct log_event *ring, uint64_t serial)
{
	struct log_event *e = &ring[(serial - 1) % SLOTS];

	e->serial = 0;
	e->seq = (uint32_t)serial * 3;
	e->serial = serial;
}

static void write_up_to(struct log_event *ring, uint64_t from, uint64_t to)
{
	for (uint64_t serial = from; serial <= to; serial++)
		write_event(ring, serial);
}

static void assert_got(const struct log_got *got, size_t n, uint64_t last, uint64_t lost, bool more)
{
	assert_int_equal(got->n, n);
	assert_int_equal(got->last, last);
	assert_int_equal(got->lost, lost);
	assert_int_equal(got->more, more);
}

/* ---- reading ---------------------------------------------------------------------- */

static void an_empty_log(void **state)
{
	struct log_event ring[SLOTS] = { 0 }, to[SLOTS];
	struct log_got got;

	log_read(ring, SLOTS, 0, false, to, SLOTS, &got);
	assert_got(&got, 0, 0, 0, false);
	assert_int_equal(log_head(ring, SLOTS), 0);
}

static void in_pages(void **state)
{
	struct log_event ring[SLOTS] = { 0 }, to[4];
	struct log_got got;

	write_up_to(ring, 1, 10);
	log_read(ring, SLOTS, 0, false, to, 4, &got);
	assert_got(&got, 4, 4, 0, true);
	log_read(ring, SLOTS, got.last, false, to, 4, &got);
	assert_got(&got, 4, 8, 0, true);
	log_read(ring, SLOTS, got.last, false, to, 4, &got);
	assert_got(&got, 2, 10, 0, false);
	assert_int_equal(to[1].serial, 10);
	assert_int_equal(to[1].seq, 30);
	log_read(ring, SLOTS, got.last, false, to, 4, &got);
	assert_got(&got, 0, 10, 0, false);
}

static void what_was_overwritten_is_counted(void **state)
{
	struct log_event ring[SLOTS] = { 0 }, to[SLOTS];
	struct log_got got;

	write_up_to(ring, 1, 40);
	log_read(ring, SLOTS, 5, false, to, SLOTS, &got);
	assert_got(&got, SLOTS, 40, 40 - SLOTS - 5, false);
	assert_int_equal(to[0].serial, 40 - SLOTS + 1);
}

/* One that is being written ends the look, and is not missed by the next one. */
static void an_event_in_the_making(void **state)
{
	struct log_event ring[SLOTS] = { 0 }, to[SLOTS];
	struct log_got got;

	write_up_to(ring, 1, 12);
	ring[9].serial = 0;		/* 10 */
	log_read(ring, SLOTS, 0, false, to, SLOTS, &got);
	assert_got(&got, 9, 9, 0, true);
	log_read(ring, SLOTS, got.last, false, to, SLOTS, &got);
	assert_got(&got, 0, 9, 0, true);
	write_event(ring, 10);
	log_read(ring, SLOTS, got.last, false, to, SLOTS, &got);
	assert_got(&got, 3, 12, 0, false);
	ring[9].serial = 0;
	log_read(ring, SLOTS, 8, true, to, SLOTS, &got);
	assert_got(&got, 3, 12, 1, false);
	assert_int_equal(to[1].serial, 11);
}

/* All manglers of the place went, and others came. */
static void a_log_that_began_anew(void **state)
{
	struct log_event ring[SLOTS] = { 0 }, to[SLOTS];
	struct log_got got;

	write_up_to(ring, 1, 3);
	log_read(ring, SLOTS, 100, false, to, SLOTS, &got);
	assert_got(&got, 3, 3, 0, false);
	memset(ring, 0, sizeof(ring));
	log_read(ring, SLOTS, 100, false, to, SLOTS, &got);
	assert_got(&got, 0, 0, 0, false);
}

/* Whatever is in the memory, it ends, and nothing is written beyond the room. */
static void any_memory(void **state)
{
	struct log_event ring[SLOTS], *to = calloc(5, sizeof(*to));
	uint64_t seed = 88172645463325252ull;
	struct log_got got;

	assert_non_null(to);
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < SLOTS; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			ring[k].serial = seed % 3 ? seed % 64 : i % 100 ? 0 : seed;
		}
		log_read(ring, SLOTS, seed % 70, seed & 1, to, 5, &got);
		assert_true(got.n <= 5);
		for (size_t k = 1; k < got.n; k++)
			assert_true(to[k].serial > to[k - 1].serial);
	}
	free(to);
}

static void what_a_guest_may_send(void **state)
{
	struct log_event e = { .serial = 1, .family = 4, .kind = STAGE_TTL, .stage = STAGES - 1 };

	assert_true(log_event_ok(&e));
	e.family = 5;
	assert_false(log_event_ok(&e));
	e.family = 6;
	e.stage = STAGES;
	assert_false(log_event_ok(&e));
	e.stage = 0;
	e.kind = 0;
	assert_false(log_event_ok(&e));
	e.kind = 1;
	e.serial = 0;
	assert_false(log_event_ok(&e));
}

/* ---- printing ---------------------------------------------------------------------- */

static const struct log_event first_psh = {
	.serial = 17, .time_ns = 5, .offset = 1448, .saddr = { 198, 18, 0, 1 },
	.daddr = { 198, 18, 0, 2 }, .sport = 40000, .dport = 9000, .connection = 3,
	.seq = 4000000000u, .len = 1448, .before = 0x10, .after = 0x18, .ip_id = 77, .family = 4,
	.proto = 6, .kind = STAGE_FLAGS,
};

static struct log_row row_of(const struct log_event *e)
{
	return (struct log_row){ e, "vm1:egress", mangle_kind_find("psh"), 1700000000123456789 };
}

static void assert_line(const struct log_row *row, bool stable, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(log_row_print(f, row, stable), 0);
	fclose(f);
	assert_string_equal(text, expected);
}

static void as_text(void **state)
{
	struct log_event e = first_psh;
	struct log_row row = row_of(&e);

	setenv("TZ", "UTC", 1);
	assert_line(&row, false, "22:13:20.123456  vm1:egress  psh  198.18.0.1:40000 > "
		    "198.18.0.2:9000  connection 3 to 9000  byte 1448  length 1448  "
		    "seq 4000000000  id 77  ack -> psh,ack\n");
	assert_line(&row, true, "psh  connection 3 to 9000  byte 1448  length 1448  ack -> psh,ack\n");
	e = (struct log_event){ .offset = UINT64_MAX, .saddr = { 0xfd, [15] = 1 },
				.daddr = { 0xfd, [15] = 2 }, .sport = 53, .dport = 4000, .len = 9,
				.before = 64, .after = 3, .family = 6, .kind = STAGE_TTL,
				.flags = LOG_DRY_RUN | LOG_AGAIN };
	row.kind = NULL;
	assert_line(&row, false, "22:13:20.123456  vm1:egress  unknown  [fd00::1]:53 > [fd00::2]:4000"
		    "  length 9  seq 0  id 0  64 -> 3  dry run  again\n");
}

static void as_json(void **state)
{
	struct log_event e = first_psh;
	struct log_row row = row_of(&e);
	_cleanup_json_ json_t *stable = log_row_json(&row, true), *whole = log_row_json(&row, false);
	_cleanup_free_ char *text = json_dumps(stable, JSON_COMPACT);
	_cleanup_json_ json_t *far = NULL;

	assert_string_equal(text, "{\"kind\":\"psh\",\"connection\":3,\"server_port\":9000,"
			    "\"offset\":1448,\"length\":1448,\"before\":16,\"after\":24}");
	assert_int_equal(json_integer_value(json_object_get(whole, "seq")), 4000000000);
	assert_string_equal(json_string_value(json_object_get(whole, "destination")), "198.18.0.2");
	e.offset = UINT64_MAX;
	e.flags = LOG_FROM_SERVER;
	far = log_row_json(&row, true);
	assert_true(json_is_null(json_object_get(far, "offset")));
	assert_int_equal(json_integer_value(json_object_get(far, "server_port")), 40000);
}

/* The order is by what is stable, whatever the serials, times and client's ports are. */
static void stable_order(void **state)
{
	struct log_event e[4] = { first_psh, first_psh, first_psh, first_psh };
	struct log_row rows[4];

	e[0].connection = 9;
	e[1].offset = 99;
	e[2].dport = 80;
	e[3].sport = 1;
	e[3].serial = 2;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		rows[i] = row_of(&e[i]);
	qsort(rows, ARRAY_SIZE(rows), sizeof(*rows), log_row_compare);
	assert_ptr_equal(rows[0].e, &e[2]);
	assert_ptr_equal(rows[1].e, &e[1]);
	assert_ptr_equal(rows[2].e, &e[3]);
	assert_ptr_equal(rows[3].e, &e[0]);
	assert_true(log_row_is_stable(&rows[0]));
	e[2].flags = LOG_AGAIN;
	assert_false(log_row_is_stable(&rows[0]));
	e[2].flags = LOG_CLEARED;
	assert_false(log_row_is_stable(&rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_log),
		cmocka_unit_test(in_pages),
		cmocka_unit_test(what_was_overwritten_is_counted),
		cmocka_unit_test(an_event_in_the_making),
		cmocka_unit_test(a_log_that_began_anew),
		cmocka_unit_test(any_memory),
		cmocka_unit_test(what_a_guest_may_send),
		cmocka_unit_test(as_text),
		cmocka_unit_test(as_json),
		cmocka_unit_test(stable_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
