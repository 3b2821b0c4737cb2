// SPDX-License-Identifier: GPL-2.0
/*
 * test_report_table.c - aligned tables, widths of UTF-8, numbers with units
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/utf8.h"
#include "core/util.h"
#include "report/table_text.h"
#include "report/units.h"

static char *print(struct table *t, size_t width, bool colour)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(table_print(f, t, width, colour), 0);
	fclose(f);
	table_free(t);
	return text;
}

static void test_aligned(void **state)
{
	struct table t = { 0 };
	_cleanup_free_ char *text = NULL;

	table_column(&t, "\nname", TABLE_LEFT);
	table_column(&t, "packets\nlost", TABLE_RIGHT);
	table_column(&t, "\nstate", TABLE_LEFT);
	table_cell(&t, "größe");
	table_cell(&t, "%d", 7);
	table_cell(&t, "up");
	table_cell(&t, "日本");
	table_cell(&t, "%d", 12345678);
	table_cell(&t, "a\033b");
	text = print(&t, 80, false);
	assert_string_equal(text, "        packets\n"
				  "name       lost  state\n"
				  "größe         7  up\n"
				  "日本   12345678  a?b\n");
}

static void test_fits(void **state)
{
	struct table t = { 0 };
	_cleanup_free_ char *text = NULL;

	table_column(&t, "name", TABLE_LEFT);
	table_column(&t, "n", TABLE_RIGHT);
	table_cell(&t, "ein-sehr-langer-näme-日本語");
	table_cell(&t, "12345");
	table_cell(&t, "kurz");
	table_cell(&t, "6");
	text = print(&t, 24, false);
	assert_string_equal(text, "name                   n\n"
				  "ein-sehr-langer-…  12345\n"
				  "kurz                   6\n");
}

static void fill_folding(struct table *t)
{
	*t = (struct table){ 0 };
	table_column(t, "name", TABLE_LEFT);
	table_column(t, "n", TABLE_RIGHT);
	table_column(t, "what it is", TABLE_FOLD);
	table_cell(t, "eins");
	table_cell(t, "7");
	table_cell(t, "a summary that is too long for a line of fifty columns: größer");
	table_cell(t, "zwei");
	table_cell(t, "123");
	table_cell(t, "kurz");
	table_cell(t, "drei");
	table_cell(t, "8");
	table_cell(t, "%s", "");
}

/* Beside the other columns, below them, and as it is where all fits. */
static void test_folds(void **state)
{
	static const struct {
		size_t width;
		const char *text;
	} rows[] = {
		{ 55, "name    n  what it is\n"
		      "eins    7  a summary that is too long for a line of\n"
		      "           fifty columns: größer\n"
		      "zwei  123  kurz\n"
		      "drei    8  \n" },
		{ 40, "name    n\n    what it is\n"
		      "eins    7\n    a summary that is too long for a\n    line of fifty columns: größer\n"
		      "zwei  123\n    kurz\n"
		      "drei    8\n" },
		{ 80, "name    n  what it is\n"
		      "eins    7  a summary that is too long for a line of fifty columns: größer\n"
		      "zwei  123  kurz\n"
		      "drei    8  \n" },
		{ 0, "name    n  what it is\n"
		     "eins    7  a summary that is too long for a line of fifty columns: größer\n"
		     "zwei  123  kurz\n"
		     "drei    8  \n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct table t;

		fill_folding(&t);
		text = print(&t, rows[i].width, false);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_colour(void **state)
{
	struct table t = { 0 };
	_cleanup_free_ char *text = NULL;

	table_column(&t, "a", TABLE_LEFT);
	table_cell(&t, "b");
	text = print(&t, 0, true);
	assert_string_equal(text, "\033[1ma\033[0m\nb\n");
}

static void test_width(void **state)
{
	assert_int_equal(utf8_width(""), 0);
	assert_int_equal(utf8_width("abc"), 3);
	assert_int_equal(utf8_width("größe"), 5);
	assert_int_equal(utf8_width("日本"), 4);
	assert_int_equal(utf8_width("e\xcc\x81"), 1);
	assert_int_equal(utf8_width("\xff\xfe"), 2);
	assert_int_equal(utf8_fit("日本", 3), 3);
	assert_int_equal(utf8_fit("abc", 9), 3);
}

static void test_decode(void **state)
{
	static const char *const bad[] = { "\x80", "\xc1\x81", "\xe0\x80\x80", "\xed\xa0\x80",
					   "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3" };
	uint32_t c;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(utf8_decode(bad[i], &c), -1);
	assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", &c), 4);
	assert_int_equal(c, 0x1f600);
}

static void test_units(void **state)
{
	static const struct {
		double bps;
		const char *text;
	} rates[] = {
		{ 0, "0 b/s" }, { 999, "999 b/s" }, { 1000, "1 kb/s" },
		{ 341.5e6, "342 Mb/s" }, { 1.25e9, "1.25 Gb/s" }, { 12.34e9, "12.3 Gb/s" },
		{ 999.9e6, "1 Gb/s" }, { 5e15, "5000 Tb/s" },
	};
	static const struct {
		double share;
		const char *text;
	} shares[] = {
		{ 0, "0 %" }, { 0.00001, "<0.01 %" }, { 0.0095, "0.95 %" },
		{ 0.0944, "9.4 %" }, { 0.42, "42.0 %" }, { 1, "100 %" },
	};
	struct unit_text buf;

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		assert_string_equal(units_bps(&buf, rates[i].bps), rates[i].text);
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
		assert_string_equal(units_percent(&buf, shares[i].share), shares[i].text);
	assert_string_equal(units_bytes(&buf, 1 << 20), "1 MiB");
	assert_string_equal(units_bytes(&buf, 12600), "12.3 KiB");
	assert_string_equal(units_bytes(&buf, 17), "17 B");
}

/* What a guest's console may hold, and what of it may reach a terminal. */
static void test_utf8_clean(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "a\tb\n", "a\tb\n" }, { "größe", "größe" },
		{ "\033[2Jx\r\b\a\x7f", "[2Jx" }, { "a\xc2\x9b" "b", "ab" },
		{ "\x9b\xff" "a\xc3", "a" }, { "a\xe2\x80\xae" "b", "ab" },
	};
	char text[] = "a\0b", one[32];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strcpy(one, rows[i][0]);
		assert_int_equal(utf8_clean(one, strlen(one)), strlen(rows[i][1]));
		assert_string_equal(one, rows[i][1]);
	}
	assert_int_equal(utf8_clean(text, 3), 2);
	assert_string_equal(text, "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned), cmocka_unit_test(test_fits),
		cmocka_unit_test(test_folds),
		cmocka_unit_test(test_colour), cmocka_unit_test(test_width),
		cmocka_unit_test(test_decode), cmocka_unit_test(test_units),
		cmocka_unit_test(test_utf8_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
