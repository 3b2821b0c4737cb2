// SPDX-License-Identifier: GPL-2.0
/*
 * test_opt.c - command lines against option tables: values, errors, defaults
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "core/util.h"
#include "opt.h"

struct config {
	bool flag, help;
	unsigned int count, ratio, limit;
	uint64_t seed, memory;
	int units;
	const char *file;
	const char **hosts;
};

static const char *const units[] = { "wire", "skb", NULL };

static const struct opt rows[] = {
	{ "flag", 'f', OPT_FLAG(struct config, flag), .help = "a flag" },
	{ "verbose", 'v', OPT_COUNT(struct config, count), .help = "counts" },
	{ "ratio", 'r', OPT_UINT(struct config, ratio), .min = 1, .help = "a ratio" },
	{ "limit", 0, OPT_SECONDS(struct config, limit), .min = 1, .max = 3600,
	  .help = "a time", .fallback = "none" },
	{ "seed", 0, OPT_U64(struct config, seed), .help = "a seed" },
	{ "memory", 'm', OPT_SIZE(struct config, memory), .min = 1 << 20,
	  .max = 1ULL << 40, .help = "a size" },
	{ "units", 0, OPT_CHOICE(struct config, units), .choices = units, .help = "a word" },
	{ "file", 0, OPT_STRING(struct config, file), .arg = "FILE", .help = "a file" },
	{ "host", 0, OPT_STRINGS(struct config, hosts), .help = "hosts" },
	{ "help", 'h', OPT_STOP(struct config, help), .help = "help" },
	{ .name = NULL }
};

/* One command line, parsed: what the tests look at. */
struct result {
	struct config c;
	struct opt_args args;
	struct err err;
	int rc;
};

static const struct config defaults = { .ratio = 10, .memory = 512 << 20, .units = 1 };

#define PARSE(r, flags, ...) parse_line(r, flags, (const char *[]){ __VA_ARGS__, NULL })

/* opt_parse() takes what main() is given, and does not write to it. */
static void parse_line(struct result *r, unsigned int flags, const char **argv)
{
	struct opt_set sets[] = { { rows, &r->c }, { NULL, NULL } };
	int argc = 0;

	*r = (struct result){ .c = defaults };
	while (argv[argc])
		argc++;
	r->rc = opt_parse(sets, flags, "cmd", argc, (char **)argv, &r->args, &r->err);
}

static void done(struct result *r)
{
	opt_args_free(&r->args);
	err_reset(&r->err);
}

static void test_all_types(void **state)
{
	struct result r;

	PARSE(&r, 0, "-fvv", "--ratio", "7", "--limit=2m", "--seed", "0xDeadBeef", "-m1G",
	      "--units", "wire", "--file=a b", "--host", "x", "--host=y", "left", "-", "over");
	assert_int_equal(r.rc, 0);
	assert_true(r.c.flag);
	assert_int_equal(r.c.count, 2);
	assert_int_equal(r.c.ratio, 7);
	assert_int_equal(r.c.limit, 120);
	assert_int_equal(r.c.seed, 0xdeadbeef);
	assert_int_equal(r.c.memory, 1ULL << 30);
	assert_int_equal(r.c.units, 0);
	assert_string_equal(r.c.file, "a b");
	assert_string_equal(r.c.hosts[0], "x");
	assert_string_equal(r.c.hosts[1], "y");
	assert_null(r.c.hosts[2]);
	assert_int_equal(r.args.argc, 3);
	assert_string_equal(r.args.argv[1], "-");
	assert_null(r.args.argv[3]);
	done(&r);
}

static void test_values_outlive_the_command_line(void **state)
{
	char file[] = "--file=abc", arg[] = "positional";
	struct result r;

	PARSE(&r, 0, file, arg);
	memset(file, 'X', sizeof(file) - 1);
	memset(arg, 'X', sizeof(arg) - 1);
	assert_string_equal(r.c.file, "abc");
	assert_string_equal(r.args.argv[0], "positional");
	done(&r);
}

static void test_last_one_counts(void **state)
{
	struct result r;

	PARSE(&r, 0, "--ratio=3", "-r", "4");
	assert_int_equal(r.c.ratio, 4);
	done(&r);
}

static void test_where_options_end(void **state)
{
	struct result r;

	PARSE(&r, 0, "a", "--flag", "--", "--ratio", "-v");
	assert_int_equal(r.rc, 0);
	assert_true(r.c.flag);
	assert_int_equal(r.args.argc, 3);
	assert_string_equal(r.args.argv[1], "--ratio");
	done(&r);

	PARSE(&r, OPT_POSIX, "--flag", "vm1", "--", "ls", "-v", "--ratio");
	assert_int_equal(r.rc, 0);
	assert_true(r.c.flag);
	assert_int_equal(r.c.count, 0);
	assert_int_equal(r.args.argc, 5);
	assert_string_equal(r.args.argv[1], "--");
	assert_string_equal(r.args.argv[3], "-v");
	done(&r);
}

static void test_empty_lines(void **state)
{
	struct opt_set none[] = { { NULL, NULL } };
	struct result r;
	char word[] = "x", *argv[] = { word, NULL };

	parse_line(&r, 0, (const char *[]){ NULL });
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.args.argc, 0);
	assert_non_null(r.args.argv);
	done(&r);

	assert_int_equal(opt_parse(none, 0, "", 1, argv, &r.args, NULL), 0);
	assert_string_equal(r.args.argv[0], "x");
	opt_args_free(&r.args);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "1048576", 1 << 20 }, { "1048576B", 1 << 20 }, { "2048k", 2 << 20 },
		{ "1M", 1 << 20 }, { "1MiB", 1 << 20 }, { "2MB", 2000000 },
		{ "3gib", 3ULL << 30 }, { "4GB", 4000000000ULL }, { "1T", 1ULL << 40 },
	};
	static const char *const bad[] = {
		"", "M", "-1M", "+1M", " 1M", "1 M", "1.5G", "1X", "1MM", "0x100000", "1e9",
		"18446744073709551616x",
	};
	static const char *const big[] = {
		"2T", "18446744073709551615", "18446744073709551616", "99999999999T",
	};
	struct result r;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		PARSE(&r, 0, "-m", good[i].text);
		assert_int_equal(r.rc, 0);
		assert_int_equal(r.c.memory, good[i].bytes);
		done(&r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		PARSE(&r, 0, "--memory", bad[i]);
		assert_int_equal(r.rc, -EINVAL);
		assert_non_null(strstr(r.err.msg, "is not a size"));
		assert_int_equal(r.c.memory, defaults.memory);
		done(&r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(big); i++) {
		PARSE(&r, 0, "--memory", big[i]);
		assert_int_equal(r.rc, -EINVAL);
		assert_non_null(strstr(r.err.msg, "is out of range: 1M to 1T"));
		assert_int_equal(r.c.memory, defaults.memory);
		done(&r);
	}
}

static void test_seconds(void **state)
{
	struct result r;

	PARSE(&r, 0, "--limit", "10");
	assert_int_equal(r.c.limit, 10);
	done(&r);
	PARSE(&r, 0, "--limit", "10s");
	assert_int_equal(r.c.limit, 10);
	done(&r);
	PARSE(&r, 0, "--limit", "1h");
	assert_int_equal(r.c.limit, 3600);
	done(&r);
	PARSE(&r, 0, "--limit", "2h");
	assert_int_equal(r.rc, -EINVAL);
	assert_string_equal(r.err.msg, "option '--limit' for 'cmd': '2h' is out of range: "
			    "1 to 3600");
	done(&r);
}

/* Each line: what is refused, and the message to the letter. */
static void test_messages(void **state)
{
	static struct {
		const char *argv[3];
		const char *msg;
	} lines[] = {
		{ { "--ration", "5" }, "unknown option '--ration' for 'cmd' "
				       "(did you mean '--ratio'?)" },
		{ { "--ratoi=5" }, "unknown option '--ratoi' for 'cmd' "
				   "(did you mean '--ratio'?)" },
		{ { "--rat", "5" }, "unknown option '--rat' for 'cmd' "
				    "(did you mean '--ratio'?)" },
		{ { "--bogus" }, "unknown option '--bogus' for 'cmd'" },
		{ { "-x" }, "unknown option '-x' for 'cmd'" },
		{ { "-fxv" }, "unknown option '-x' in '-fxv' for 'cmd'" },
		{ { "-\303\251" }, "unknown option '-\303\251' for 'cmd'" },
		{ { "--ratio" }, "option '--ratio' for 'cmd' needs a value" },
		{ { "-r" }, "option '-r' for 'cmd' needs a value" },
		{ { "--flag=1" }, "option '--flag' takes no value: '--flag=1'" },
		{ { "--ratio", "0" }, "option '--ratio' for 'cmd': '0' is out of range: "
				      "1 to 4294967295" },
		{ { "--ratio=4294967296" }, "option '--ratio' for 'cmd': '4294967296' is out "
					    "of range: 1 to 4294967295" },
		{ { "--ratio", "ten" }, "option '--ratio' for 'cmd': 'ten' is not a whole "
					"number" },
		{ { "--ratio", "99999999999999999999" },
		  "option '--ratio' for 'cmd': '99999999999999999999' is out of range: "
		  "1 to 4294967295" },
		{ { "--ratio", "99999999999999999999x" },
		  "option '--ratio' for 'cmd': '99999999999999999999x' is not a whole number" },
		{ { "--seed", "0x10000000000000000" },
		  "option '--seed' for 'cmd': '0x10000000000000000' is out of range: "
		  "0 to 18446744073709551615" },
		{ { "--ratio", "-5" }, "option '--ratio' for 'cmd': '-5' is not a whole "
				       "number" },
		{ { "--ratio=" }, "option '--ratio' for 'cmd': '' is not a whole number" },
		{ { "--ratio", "0x10" }, "option '--ratio' for 'cmd': '0x10' is not a whole "
					 "number" },
		{ { "--seed", "0x" }, "option '--seed' for 'cmd': '0x' is not a whole number "
				      "(decimal or 0x...)" },
		{ { "--seed", "0x-1" }, "option '--seed' for 'cmd': '0x-1' is not a whole "
					"number (decimal or 0x...)" },
		{ { "--memory", "1k" }, "option '--memory' for 'cmd': '1k' is out of range: "
					"1M to 1T" },
		{ { "--units", "wired" }, "option '--units' for 'cmd': 'wired' is not wire or "
					  "skb (did you mean 'wire'?)" },
		{ { "--units", "zz9" }, "option '--units' for 'cmd': 'zz9' is not wire or "
					"skb" },
	};
	struct result r;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		parse_line(&r, 0, lines[i].argv);
		assert_int_equal(r.rc, -EINVAL);
		assert_int_equal(r.err.status, STATUS_USAGE);
		assert_string_equal(r.err.msg, lines[i].msg);
		done(&r);
	}
}

static void test_globals_have_no_command(void **state)
{
	struct config c = { 0 };
	struct opt_set sets[] = { { rows, &c }, { NULL, NULL } };
	char word[] = "--bogus", *argv[] = { word, NULL };
	struct opt_args args;
	struct err err = { 0 };

	assert_int_equal(opt_parse(sets, 0, "", 1, argv, &args, &err), -EINVAL);
	assert_string_equal(err.msg, "unknown option '--bogus'");
	opt_args_free(&args);
	err_reset(&err);
}

static void test_stop_beats_bad_values(void **state)
{
	struct result r;

	PARSE(&r, 0, "--ratio", "ten", "--flag", "-h", "--units=7");
	assert_int_equal(r.rc, 0);
	assert_true(r.c.help);
	assert_false(r.c.flag);
	assert_int_equal(r.c.ratio, defaults.ratio);
	done(&r);
}

static void test_defaults_as_text(void **state)
{
	static const char *const expected[] = {
		NULL, NULL, "10", "none", NULL, "512M", "skb", NULL, NULL, NULL,
	};
	struct config c = defaults;
	char buf[32];

	for (size_t i = 0; rows[i].name; i++) {
		assert_int_equal(opt_default(&rows[i], &c, buf, sizeof(buf)), !!expected[i]);
		if (expected[i])
			assert_string_equal(buf, expected[i]);
	}
	c.memory = 1500000;
	c.file = "f";
	assert_true(opt_default(&rows[5], &c, buf, sizeof(buf)));
	assert_string_equal(buf, "1500000");
	assert_true(opt_default(&rows[7], &c, buf, sizeof(buf)));
	assert_string_equal(buf, "f");
	assert_false(opt_default(&rows[2], NULL, buf, sizeof(buf)));
}

static void test_argument_names(void **state)
{
	assert_null(opt_arg_name(&rows[0]));
	assert_null(opt_arg_name(&rows[1]));
	assert_string_equal(opt_arg_name(&rows[2]), "N");
	assert_string_equal(opt_arg_name(&rows[5]), "SIZE");
	assert_string_equal(opt_arg_name(&rows[7]), "FILE");
}

static int check(const struct opt *more, struct err *err)
{
	static struct config c;
	struct opt_set sets[] = { { rows, &c }, { more, &c }, { NULL, NULL } };

	return opt_check(sets, "cmd", err);
}

static void test_mistakes_in_tables(void **state)
{
	static const struct opt wrong[][2] = {
		{ { "ratio", 0, OPT_UINT(struct config, ratio), .help = "twice" } },
		{ { "other", 'r', OPT_UINT(struct config, ratio), .help = "same key" } },
		{ { "wide", 0, OPT_UINT(struct config, seed), .help = "wrong size" } },
		{ { "mute", 0, OPT_FLAG(struct config, flag), .help = NULL } },
		{ { "word", 0, OPT_CHOICE(struct config, units), .help = "no choices" } },
		{ { "empty", 0, OPT_UINT(struct config, ratio), .min = 5, .max = 4,
		    .help = "empty range" } },
	};
	struct err err = { 0 };

	assert_int_equal(check(NULL, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(check(wrong[i], &err), -EINVAL);
		assert_non_null(strstr(err.msg, wrong[i][0].name));
	}
	err_reset(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_types),
		cmocka_unit_test(test_values_outlive_the_command_line),
		cmocka_unit_test(test_last_one_counts),
		cmocka_unit_test(test_where_options_end),
		cmocka_unit_test(test_empty_lines),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_globals_have_no_command),
		cmocka_unit_test(test_stop_beats_bad_values),
		cmocka_unit_test(test_defaults_as_text),
		cmocka_unit_test(test_argument_names),
		cmocka_unit_test(test_mistakes_in_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
