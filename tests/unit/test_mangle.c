// SPDX-License-Identifier: GPL-2.0
/*
 * test_mangle.c - specs of manglers: text to stage to text, and what is refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/mangle.h"
#include "core/util.h"

#define FIN 0x01
#define PSH 0x08
#define URG 0x20

static int parse(const char *text, struct mangle_spec *ret, struct err *err)
{
	return mangle_spec_parse_text(text, ret, err);
}

static struct mangle_spec must_parse(const char *text)
{
	struct mangle_spec spec = { 0 };
	struct err err = { 0 };

	if (parse(text, &spec, &err) != 0)
		fail_msg("'%s': %s", text, err.msg);
	return spec;
}

/* What the issue promises, and each option of each kind at least once. */
static const struct spec_row {
	const char *text;
	const char *canonical;		/* NULL: the same */
	enum stage_kind kind;
	uint32_t flags, arg0, arg1, ratio;
} spec_rows[] = {
	{ "psh --first --clear-others --match tcp,tp_dst=9000", NULL, STAGE_FLAGS,
	  STAGE_DATA_ONLY | STAGE_CLEAR_OTHERS, PSH, 0, 0 },
	{ "flags --set psh --clear urg --every 10", NULL, STAGE_FLAGS, 0, PSH, URG, 0 },
	{ "flags --set URG,fin", "flags --set fin,urg", STAGE_FLAGS, 0, FIN | URG, 0, 1 },
	{ "flags --set cwr --clear-others", NULL, STAGE_FLAGS, STAGE_CLEAR_OTHERS, 0x80, 0, 1 },
	{ "ttl", NULL, STAGE_TTL, 0, 0, 0, 1 },
	{ "ttl --random", NULL, STAGE_TTL, 0, 0, 0, 1 },
	{ "ttl --set 3", NULL, STAGE_TTL, 0, 1, 3, 1 },
	{ "ttl --dec 1", NULL, STAGE_TTL, 0, 2, 1, 1 },
	{ "ecn --ce --ratio 50", NULL, STAGE_ECN, 0, 3, 0, 50 },
	{ "ecn --ect0", NULL, STAGE_ECN, 0, 2, 0, 1 },
	{ "ecn --ect1", NULL, STAGE_ECN, 0, 1, 0, 1 },
	{ "ecn --not-ect", NULL, STAGE_ECN, 0, 0, 0, 1 },
	{ "dscp --set 46", NULL, STAGE_DSCP, 0, 46, 0, 1 },
	{ "dscp --set 0x2e", "dscp --set 46", STAGE_DSCP, 0, 46, 0, 1 },
	{ "window --set 0 --nth 20", NULL, STAGE_WINDOW, 0, 0, 0, 0 },
	{ "mss --clamp 536", NULL, STAGE_MSS, 0, 536, 0, 1 },
	{ "vlan --push 10", NULL, STAGE_VLAN, 0, 1, 10, 1 },
	{ "vlan --push 4094:7", NULL, STAGE_VLAN, 0, 1, 0xeffe, 1 },
	{ "vlan --push 10:0", NULL, STAGE_VLAN, 0, 1, 10, 1 },
	{ "vlan --pop", NULL, STAGE_VLAN, 0, 2, 0, 1 },
	{ "drop --nth 7 --limit 3", NULL, STAGE_DROP, 0, 0, 0, 0 },
	{ "dup --nth 7 --limit 3", NULL, STAGE_DUP, 0, 0, 0, 0 },
	{ "corrupt --nth 7 --limit 3", NULL, STAGE_CORRUPT, 0, 0, 0, 0 },
	{ "truncate --nth 7 --limit 3", NULL, STAGE_TRUNCATE, 0, 0, 0, 0 },
	{ "truncate --to 100", NULL, STAGE_TRUNCATE, 0, 100, 0, 1 },
	{ "badcsum --nth 7 --limit 3", NULL, STAGE_BADCSUM, 0, 0, 0, 0 },
	{ "delay --ms 5 --jitter 2 --ratio 20", NULL, STAGE_DELAY, 0, 5000, 2000, 20 },
	{ "delay --ms 0.25", NULL, STAGE_DELAY, 0, 250, 0, 1 },
	{ "delay --ms 010.100", "delay --ms 10.1", STAGE_DELAY, 0, 10100, 0, 1 },
	{ "delay --ms 10000", NULL, STAGE_DELAY, 0, 10000000, 0, 1 },
	{ "reorder --depth 3 --ratio 100", NULL, STAGE_REORDER, 0, 3, 10000, 100 },
	{ "reorder --depth 3", "reorder --depth 3 --ratio 100", STAGE_REORDER, 0, 3, 10000, 100 },
	{ "reorder --depth 1 --ms 2.5 --first", NULL, STAGE_REORDER, 0, 1, 2500, 0 },
	/* as before there was more than psh and ttl */
	{ "psh", "psh --ratio 10", STAGE_FLAGS, STAGE_DATA_ONLY, PSH, 0, 10 },
	{ "psh --ratio 10 --seed 1", NULL, STAGE_FLAGS, STAGE_DATA_ONLY | STAGE_SEEDED, PSH, 0, 10 },
	{ "psh --ratio 1 --clear-others", NULL, STAGE_FLAGS, STAGE_DATA_ONLY | STAGE_CLEAR_OTHERS, PSH,
	  0, 1 },
	{ "psh --clear", NULL, STAGE_FLAGS, STAGE_DATA_ONLY | STAGE_CLEAR_ALL, PSH, PSH, 0 },
	{ "psh --clear --units skb", NULL, STAGE_FLAGS, STAGE_DATA_ONLY | STAGE_CLEAR_ALL, PSH, PSH, 0 },
	{ "ttl --ratio 3 --seed 0", NULL, STAGE_TTL, STAGE_SEEDED, 0, 0, 3 },
	/* what all kinds take; of two the last one; in any order */
	{ "drop --log --dry-run", NULL, STAGE_DROP, STAGE_LOG | STAGE_DRY_RUN, 0, 0, 1 },
	{ "drop --ratio=7 --units=skb", "drop --ratio 7 --units skb", STAGE_DROP, 0, 0, 0, 7 },
	{ "drop --ratio 7 --ratio 8", "drop --ratio 8", STAGE_DROP, 0, 0, 0, 8 },
	{ "ttl --seed 9 --set 3 --ratio 2", "ttl --set 3 --ratio 2 --seed 9", STAGE_TTL, STAGE_SEEDED, 1,
	  3, 2 },
	{ "  drop\t--after  64K\n", "drop --after 65536", STAGE_DROP, 0, 0, 0, 1 },
	{ "drop --between 0-1m", "drop --between 0-1048576", STAGE_DROP, 0, 0, 0, 1 },
	{ "drop --duration 2m", "drop --duration 120", STAGE_DROP, 0, 0, 0, 1 },
	{ "drop --ratio 4294967295 --seed 0xffffffffffffffff",
	  "drop --ratio 4294967295 --seed 18446744073709551615", STAGE_DROP, STAGE_SEEDED, 0, 0,
	  4294967295 },
	{ "drop --match tcp_dst=80,,nw_proto=6,ip", "drop --match tcp,tp_dst=80", STAGE_DROP, 0, 0, 0, 1 },
};

static void there_and_back(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(spec_rows); i++) {
		const struct spec_row *row = &spec_rows[i];
		struct mangle_spec spec = must_parse(row->text), again;
		const struct stage *s = &spec.stage;
		struct mangle_argv words;
		char text[STAGE_SPEC_MAX];

		if (s->kind != row->kind || s->flags != row->flags || s->arg[0] != row->arg0 ||
		    s->arg[1] != row->arg1 || s->trigger.ratio != row->ratio)
			fail_msg("'%s': kind %u flags %#x args %u %u ratio %u", row->text, s->kind,
				 s->flags, s->arg[0], s->arg[1], s->trigger.ratio);
		assert_int_equal(mangle_spec_format(&spec, text, sizeof(text)), 0);
		assert_string_equal(text, row->canonical ?: row->text);
		assert_string_equal(text, s->spec);
		mangle_spec_argv(&spec, &words);
		assert_null(words.argv[words.argc]);
		assert_int_equal(mangle_spec_parse(words.argc, words.argv, &again, NULL), 0);
		assert_memory_equal(&again, &spec, sizeof(spec));
		assert_int_equal(mangle_spec_format(&spec, text, strlen(s->spec)), -ENOSPC);
	}
}

static void triggers(void **state)
{
	struct mangle_spec s = must_parse("drop --every 10 --after 100 --limit 5 --duration 1h");

	assert_int_equal(s.stage.trigger.every, 10);
	assert_int_equal(s.stage.trigger.from, 100);
	assert_int_equal(s.stage.trigger.to, 0);
	assert_int_equal(s.stage.trigger.limit, 5);
	assert_int_equal(s.duration_s, 3600);
	assert_int_equal(s.stage.trigger.until_ns, 0);	/* for who attaches it */
	s = must_parse("drop --first --between 10-20 --seed 7");
	assert_int_equal(s.stage.trigger.nth, 1);
	assert_int_equal(s.stage.trigger.from, 10);
	assert_int_equal(s.stage.trigger.to, 20);
	assert_int_equal(s.stage.trigger.seed, 7);
	s = must_parse("drop --nth 7 --match udp6,udp_src=53");
	assert_int_equal(s.stage.trigger.nth, 7);
	assert_int_equal(s.stage.match.on, MATCH_FAMILY | MATCH_PROTO | MATCH_SPORT);
	assert_int_equal(s.stage.match.sport, 53);
}

static const struct refusal { const char *text, *says, *hints; } refusals[] = {
	{ "", "which kind", "" },
	{ "pshh", "no mangler 'pshh' (did you mean 'psh'?)", "" },
	{ "psh 10", "psh takes options only: '10'", "" },
	{ "psh -r 10", "psh takes options only: '-r'", "" },
	{ "psh --ratio 0", "option '--ratio' for 'psh': '0' is out of range: 1 to 4294967295", "" },
	{ "psh --ratio ten", "'ten' is not a whole number", "" },
	{ "psh --ratio 10x", "'10x' is not a whole number", "" },
	{ "psh --ratio -1", "'-1' is not a whole number", "" },
	{ "psh --ratio=", "'' is not a whole number", "" },
	{ "psh --ratio 4294967296", "out of range: 1 to 4294967295", "" },
	{ "psh --seed 18446744073709551616", "out of range: 0 to 18446744073709551615", "" },
	{ "psh --ratio", "option '--ratio' for 'psh' needs a value", "" },
	{ "psh --clear=1", "option '--clear' for 'psh' takes no value", "" },
	{ "psh --units bytes", "neither wire nor skb", "" },
	{ "psh --rati 3", "unknown option '--rati' for 'psh' (did you mean '--ratio'?)", "" },
	{ "psh --hook xdp", "unknown option '--hook'", "" },
	{ "psh --set psh", "psh has no --set", "these have it: flags, ttl, dscp, window" },
	{ "ttl --clear", "ttl has no --clear", "these have it: psh, flags" },
	{ "drop --clear-others", "drop has no --clear-others", "psh, flags" },
	{ "psh --clear --clear-others", "--clear excludes --clear-others", "take one of them" },
	{ "psh --clear --ratio 3", "--clear excludes --ratio", "take one of them" },
	{ "psh --clear --seed 3", "--clear excludes --seed", "take one of them" },
	{ "psh --clear --limit 3", "--clear excludes --limit", "take one of them" },
	{ "drop --ratio 3 --nth 2", "--ratio and --nth exclude each other: one rule chooses",
	  "take one of --ratio N, --every N, --nth K, --first" },
	{ "drop --first --nth 1", "--nth and --first exclude each other", "take one of" },
	{ "drop --every 2 --first", "--every and --first exclude each other", "take one of" },
	{ "drop --every 2 --ratio 2", "--ratio and --every exclude each other", "take one of" },
	{ "drop --after 1 --between 1-2", "--after and --between exclude each other",
	  "take one of --after BYTES, --between FROM-TO" },
	{ "drop --every 0", "option '--every' for 'drop': '0' is out of range: 1 to", "" },
	{ "drop --nth 0", "'0' is out of range: 1 to", "" },
	{ "drop --limit 0", "'0' is out of range: 1 to", "" },
	{ "drop --after 0", "'0' is out of range: 1 to", "" },
	{ "drop --after 64Q", "'64Q' is not a size", "" },
	{ "drop --duration 0", "'0' is out of range: 1 to 2592000", "" },
	{ "drop --duration 5d", "'5d' is not a time", "" },
	{ "drop --between 5", "'5' is not FROM-TO", "" },
	{ "drop --between 5-", "'5-' is not FROM-TO", "" },
	{ "drop --between -5", "'-5' is not FROM-TO", "" },
	{ "drop --between 20-10", "'20-10' holds no byte: FROM must be less than TO", "" },
	{ "drop --between 20-20", "holds no byte", "" },
	{ "drop --between 0-9999999999G", "is out of range", "" },
	{ "flags", "flags needs one of --set FLAG[,FLAG], --clear FLAG[,FLAG]", "" },
	{ "flags --set push", "'push' is not fin, syn, rst, psh", "" },
	{ "flags --set psg", "(did you mean 'psh'?)", "" },
	{ "flags --set psh,", "is not fin", "" },
	{ "flags --set ns", "is not fin", "" },
	{ "flags --set psh --clear psh,urg", "name the same flag", "leave it out of one of them" },
	{ "flags --clear urg --clear-others", "nothing is set", "name with --set" },
	{ "ttl --set 0", "'0' is out of range: 1 to 255", "" },
	{ "ttl --set 256", "'256' is out of range: 1 to 255", "" },
	{ "ttl --dec 0", "'0' is out of range: 1 to 254", "" },
	{ "ttl --set 3 --dec 1", "--set and --dec exclude each other", "take one of --random, --set N" },
	{ "ttl --random --dec 1", "--random and --dec exclude each other", "take one of" },
	{ "ecn", "ecn needs one of --ce, --ect0, --ect1, --not-ect", "" },
	{ "ecn --ce --ect0", "--ce and --ect0 exclude each other", "take one of" },
	{ "dscp", "dscp needs --set N", "" },
	{ "dscp --set 64", "'64' is out of range: 0 to 63", "" },
	{ "window --set 65536", "'65536' is out of range: 0 to 65535", "" },
	{ "mss --clamp 0", "'0' is out of range: 1 to 65535", "" },
	{ "mss --clamp 536 --after 1", "a SYN comes before the first byte", "leave it out" },
	{ "vlan", "vlan needs one of --push VID[:PCP], --pop", "" },
	{ "vlan --push 1 --pop", "--push and --pop exclude each other", "take one of" },
	{ "vlan --push 4095", "'4095' is not VID[:PCP], 0 to 4094 and 0 to 7", "" },
	{ "vlan --push 1:8", "is not VID[:PCP]", "" },
	{ "vlan --push 1:", "is not VID[:PCP]", "" },
	{ "vlan --push :1", "is not VID[:PCP]", "" },
	{ "vlan --push 111111111:1", "is not VID[:PCP]", "" },
	{ "truncate --to 0", "'0' is out of range: 1 to 65535", "" },
	{ "delay", "delay needs --ms MS", "" },
	{ "delay --ms 0", "'0' is out of range: 0.001 to 10000 milliseconds", "" },
	{ "delay --ms 10000.001", "is out of range: 0.001 to 10000", "" },
	{ "delay --ms 1.2345", "is no number of milliseconds", "" },
	{ "delay --ms 1.", "is no number of milliseconds", "" },
	{ "delay --ms .5", "is no number of milliseconds", "" },
	{ "delay --ms 99999999999999999999", "is out of range", "" },
	{ "delay --ms 5 --jitter 5.001", "--jitter is more than --ms", "make --ms larger" },
	{ "reorder", "reorder needs --depth N", "" },
	{ "reorder --depth 0", "'0' is out of range: 1 to 1000", "" },
	{ "reorder --depth 1001", "'1001' is out of range: 1 to 1000", "" },
	{ "psh --match udp", "it changes TCP only", "match tcp, tcp6, or neither" },
	{ "drop --match tcp,tp_dts=1",
	  "option '--match' for 'drop': character 5: unknown field 'tp_dts' (did you mean 'tp_dst'?)",
	  "fields are those of ovs-ofctl" },
	{ "drop --match=", "option '--match' for 'drop': it names no field", "" },
	{ "drop --match nw_tos=3,ip", "has bits of ECN", "" },
};

static void refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct mangle_spec spec = { .duration_s = 99 };
		struct err err = { 0 };

		if (parse(refusals[i].text, &spec, &err) != -EINVAL)
			fail_msg("'%s' is accepted", refusals[i].text);
		assert_int_equal(err.status, STATUS_USAGE);
		if (!strstr(err.msg, refusals[i].says) || !strstr(err.hint, refusals[i].hints))
			fail_msg("'%s': '%s' (%s) lacks '%s' or '%s'", refusals[i].text, err.msg,
				 err.hint, refusals[i].says, refusals[i].hints);
		assert_int_equal(spec.duration_s, 99);	/* untouched */
		err_reset(&err);
	}
}

/* A spec is copied into the kernel, and comes from guests: its size is bounded. */
static void bounds(void **state)
{
	const char *longest = "ipv6_src=1111:2222:3333:4444:5555:6666:7777:8888/"
			      "ffff:f0ff:ffff:ffff:ffff:ffff:ffff:fff0,"
			      "ipv6_dst=1111:2222:3333:4444:5555:6666:7777:8888/"
			      "ffff:f0ff:ffff:ffff:ffff:ffff:ffff:fff0,"
			      "dl_src=11:11:11:11:11:11/f1:ff:ff:ff:ff:ff,"
			      "dl_dst=11:11:11:11:11:11/f1:ff:ff:ff:ff:ff,tcp6,tcp_flags=+fin-syn,"
			      "vlan_tci=0x0003/0x0fff,tp_src=0x1/0xf00f,tp_dst=0x1/0xf00f";
	char text[2 * STAGE_SPEC_MAX], huge[STAGE_SPEC_MAX + 1];
	const char *argv[] = { "flags", "--match", longest, "--set", "fin,syn,rst,psh,ack,urg",
			       "--between", "1000000000-2000000000", "--limit", "4000000000" };
	struct mangle_spec spec;
	struct err err = { 0 };

	snprintf(text, sizeof(text), "drop --match %s", longest);
	spec = must_parse(text);
	assert_true(strlen(spec.stage.spec) > STAGE_SPEC_MAX * 3 / 4);
	assert_int_equal(mangle_spec_parse(ARRAY_SIZE(argv), argv, &spec, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "longer than 399 bytes of text"));
	memset(huge, ' ', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(parse(huge, &spec, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "a spec of more than 399 bytes"));
	text[0] = '\0';
	for (int i = 0; i < 100; i++)
		strcat(text, "x ");
	assert_int_equal(parse(text, &spec, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "a spec of 100 words"));
}

static void places(void **state)
{
	static const struct { const char *name; bool guest; enum mangle_hook hook; } rows[] = {
		{ "NODE:egress", true, MANGLE_TC_EGRESS }, { "NODE:ingress", true, MANGLE_TC_INGRESS },
		{ "NODE:xdp", true, MANGLE_XDP }, { "tap-NODE:xdp", false, MANGLE_XDP },
		{ "tap-NODE:egress", false, MANGLE_TC_EGRESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum mangle_place place = mangle_place_find(rows[i].name);

		assert_int_equal(place, 1 << i);
		assert_string_equal(mangle_place_name(place), rows[i].name);
		assert_int_equal(mangle_place_hook(place), rows[i].hook);
		assert_int_equal(mangle_place_at(rows[i].guest, rows[i].hook), place);
		assert_int_equal(mangle_hook_find(mangle_hook_name(rows[i].hook)), rows[i].hook);
		assert_non_null(strchr(mangle_place_what(place), ' '));
	}
	assert_int_equal(mangle_place_at(false, MANGLE_TC_INGRESS), 0);
	assert_int_equal(mangle_place_find("vm1:egress"), 0);
	assert_int_equal(mangle_hook_find("tc-egress"), MANGLE_TC_EGRESS);
	assert_int_equal(mangle_hook_find("nowhere"), 0);
	for (enum mangle_mode mode = MANGLE_MODE_TC; mode <= MANGLE_MODE_GENERIC; mode++) {
		enum mangle_mode found = -1;

		assert_true(mangle_mode_find(mangle_mode_name(mode), &found));
		assert_int_equal(found, mode);
		assert_false(mangle_mode_find("native ", &found));
		assert_int_equal(found, mode);
	}
	assert_string_equal(mangle_mode_name(MANGLE_MODE_GENERIC), "generic");
	assert_int_equal(mangle_hook_mode(MANGLE_TC_INGRESS, true), MANGLE_MODE_TC);
	assert_int_equal(mangle_hook_mode(MANGLE_XDP, true), MANGLE_MODE_NATIVE);
	assert_int_equal(mangle_hook_mode(MANGLE_XDP, false), MANGLE_MODE_GENERIC);
	assert_string_equal(mangle_units_name(MANGLE_UNITS_SKB), "skb");
}

static void wrong_places(void **state)
{
	static const struct { const char *text; enum mangle_place place; const char *says; } rows[] = {
		{ "psh", PLACE_NODE_INGRESS, "psh cannot work at NODE:ingress: what passes there has left" },
		{ "psh", PLACE_TAP_EGRESS, "psh cannot work at tap-NODE:egress" },
		{ "dup", PLACE_TAP_XDP, "XDP cannot copy" },
		{ "badcsum", PLACE_NODE_INGRESS, "the checksum has been looked at" },
		{ "delay --ms 1", PLACE_TAP_EGRESS, "wait for their time only in the queue (fq)" },
		{ "reorder --depth 1", PLACE_NODE_XDP, "fq" },
		{ "ttl --units skb", PLACE_TAP_XDP, "--units makes no difference at tap-NODE:xdp" },
		{ "drop", 0, "drop cannot work at nowhere" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mangle_spec spec = must_parse(rows[i].text);
		struct err err = { 0 };

		spec.place = rows[i].place;
		assert_int_equal(mangle_spec_check(&spec, &err), -EINVAL);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("'%s': '%s' lacks '%s'", rows[i].text, err.msg, rows[i].says);
		err_reset(&err);
	}
}

static void needs(void **state)
{
	static const struct { const char *text; enum mangle_place place; bool tracks, splits; } rows[] = {
		{ "psh --ratio 10", PLACE_NODE_EGRESS, false, true },
		{ "psh --ratio 10 --units skb", PLACE_NODE_EGRESS, false, false },
		{ "psh --clear", PLACE_NODE_EGRESS, false, true },
		{ "psh", PLACE_TAP_XDP, false, false },
		{ "ttl", PLACE_NODE_EGRESS, false, false },
		{ "ttl --ratio 2", PLACE_NODE_EGRESS, false, true },
		{ "ttl --first", PLACE_NODE_EGRESS, true, true },
		{ "ttl --every 2", PLACE_TAP_XDP, true, false },
		{ "ttl --seed 1", PLACE_TAP_XDP, true, false },
		{ "ttl --log", PLACE_TAP_XDP, true, false },
		{ "ttl --after 1", PLACE_TAP_XDP, true, false },
		{ "ttl --between 0-1", PLACE_TAP_XDP, true, false },
		{ "ttl --limit 1 --duration 1 --match ip --dry-run", PLACE_TAP_XDP, false, false },
		{ "reorder --depth 1", PLACE_NODE_EGRESS, true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mangle_spec spec = must_parse(rows[i].text);

		spec.place = rows[i].place;
		if (mangle_spec_tracks(&spec) != rows[i].tracks ||
		    mangle_spec_splits(&spec) != rows[i].splits)
			fail_msg("'%s' at %s: tracks %d splits %d", rows[i].text,
				 mangle_place_name(spec.place), mangle_spec_tracks(&spec),
				 mangle_spec_splits(&spec));
	}
}

/* Of each kind at all places: what edits checksums at XDP, what spoils them on egress. */
static void sums(void **state)
{
	static const struct { const char *kind; unsigned int wants; } rows[] = {
		{ "psh", PLACES_XDP }, { "flags", PLACES_XDP }, { "window", PLACES_XDP },
		{ "mss", PLACES_XDP }, { "vlan", PLACES_XDP },
		{ "corrupt", PLACES_XDP | PLACE_NODE_EGRESS | PLACE_TAP_EGRESS },
		{ "badcsum", PLACES_XDP | PLACE_NODE_EGRESS | PLACE_TAP_EGRESS },
	};

	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++) {
		unsigned int expected = 0, wants = 0;

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			expected |= strcmp(rows[i].kind, kind->name) ? 0 : rows[i].wants;
		for (unsigned int place = 1; place & PLACES_ALL; place <<= 1)
			wants |= mangle_kind_wants_sums(kind, place) ? place : 0;
		if (wants != expected)
			fail_msg("%s: %#x", kind->name, wants);
	}
}

/* No kind has two options of one name, and each option that is not common has a kind. */
static void check_options(const struct mangle_kind *kind, uint64_t *used)
{
	for (enum mangle_option a = 0; a < MANGLE_OPTS; a++) {
		assert_int_equal(mangle_kind_takes(kind, a),
				 mangle_option_rows[a].common || kind->options >> a & 1);
		for (enum mangle_option b = 0; b < a; b++)
			if (mangle_kind_takes(kind, a) && mangle_kind_takes(kind, b) &&
			    !strcmp(mangle_option_rows[a].name, mangle_option_rows[b].name))
				fail_msg("%s: --%s twice", kind->name, mangle_option_rows[a].name);
	}
	*used |= kind->options;
	assert_int_equal(kind->needs & ~kind->options, 0);
	assert_int_equal(kind->one_of & ~kind->options, 0);
}

static void table(void **state)
{
	uint64_t used = 0;
	unsigned int numbers = 0;

	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++) {
		struct mangle_spec spec = mangle_spec_default(kind);

		assert_ptr_equal(spec.kind, kind);
		assert_int_equal(spec.place, kind->place);
		assert_int_equal(mangle_spec_check(&spec, NULL), 0);
		assert_int_equal(parse(kind->name, &spec, NULL), kind->needs ? -EINVAL : 0);
		assert_ptr_equal(mangle_kind_find(kind->name), kind);
		assert_non_null(strchr(kind->summary, ' '));
		assert_non_null(strchr(kind->default_place, ':'));
		assert_true(kind->places & kind->place);
		assert_int_equal(kind->places & ~PLACES_ALL, 0);
		assert_int_equal(!kind->elsewhere, kind->places == PLACES_ALL);
		numbers |= 1u << kind->number;
		check_options(kind, &used);
	}
	assert_int_equal(numbers, (2u << STAGE_REORDER) - 2);	/* each but STAGE_NONE */
	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++)
		assert_int_equal(mangle_option_rows[o].common, !(used >> o & 1));
	assert_null(mangle_kind_find("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(triggers),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounds),
		cmocka_unit_test(places),
		cmocka_unit_test(wrong_places),
		cmocka_unit_test(needs),
		cmocka_unit_test(sums),
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
