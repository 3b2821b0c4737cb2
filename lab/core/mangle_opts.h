/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangle_opts.h - the options of manglers: one table
 *
 * From it come the enum (mangle.h), the parser (mangle_value.c), the command's rows and
 * with them help, man page and completion (cmd_inject.c), and the order of options in
 * canonical text.
 *
 *	V(ID, SCOPE, NAME, KEY, ARG, PARSER, LOW, HIGH, FIELD, MODE, HELP)	with a value
 *	F(ID, SCOPE, NAME, FIELD, BITS, HELP)					a flag
 *
 * COMMON options are taken by all kinds, OWN ones by those that list them; rows may share
 * a NAME if no kind takes both. KEY is the short name or 0, ARG what help calls the value.
 * PARSER is parse_PARSER() of mangle_value.c: it puts the value into FIELD of struct
 * mangle_spec if it is within LOW to HIGH; MODE is or-ed into stage.arg[0], which tells
 * the kind's options apart. A flag or-s BITS into FIELD.
 */
#ifndef OVSLAB_CORE_MANGLE_OPTS_H
#define OVSLAB_CORE_MANGLE_OPTS_H

#define MANGLE_OPTIONS(V, F) \
	V(SET_FLAGS, OWN, "set", 0, "FLAG[,FLAG]", tcp_flags, 0, 0, stage.arg[0], 0, \
	  "TCP flags to set: fin, syn, rst, psh, ack, urg, ece, cwr") \
	V(CLEAR_FLAGS, OWN, "clear", 0, "FLAG[,FLAG]", tcp_flags, 0, 0, stage.arg[1], 0, \
	  "TCP flags to clear") \
	F(CLEAR, OWN, "clear", stage.flags, STAGE_CLEAR_ALL, \
	  "PSH on no packet at all (the control)") \
	F(RANDOM, OWN, "random", stage.arg[0], 0, "a random one, 1 to 255 (the default)") \
	V(SET_TTL, OWN, "set", 0, "N", number, 1, 255, stage.arg[1], 1, "this one, 1 to 255") \
	V(DEC, OWN, "dec", 0, "N", number, 1, 254, stage.arg[1], 2, \
	  "less by N, 1 to 254, but never below 1") \
	F(CE, OWN, "ce", stage.arg[0], 3, "congestion experienced") \
	F(ECT0, OWN, "ect0", stage.arg[0], 2, "ECN-capable, ECT(0)") \
	F(ECT1, OWN, "ect1", stage.arg[0], 1, "ECN-capable, ECT(1)") \
	F(NOT_ECT, OWN, "not-ect", stage.arg[0], 0, "not ECN-capable") \
	V(SET_DSCP, OWN, "set", 0, "N", number, 0, 63, stage.arg[0], 0, \
	  "the code point, 0 to 63") \
	V(SET_WINDOW, OWN, "set", 0, "N", number, 0, 65535, stage.arg[0], 0, \
	  "the field as it is in the header, 0 to 65535") \
	V(CLAMP, OWN, "clamp", 0, "BYTES", number, 1, 65535, stage.arg[0], 0, \
	  "the most that a SYN may announce, 1 to 65535") \
	V(PUSH, OWN, "push", 0, "VID[:PCP]", vlan_tag, 0, 0, stage.arg[1], 1, \
	  "put a tag in front: VLAN 0 to 4094, priority 0 to 7") \
	F(POP, OWN, "pop", stage.arg[0], 2, "take the outermost tag off") \
	V(TO, OWN, "to", 0, "BYTES", number, 1, 65535, stage.arg[0], 0, \
	  "payload bytes that stay, 1 to 65535; without it half of them") \
	V(DELAY_MS, OWN, "ms", 0, "MS", msecs, 1, 10000000, stage.arg[0], 0, \
	  "milliseconds, 0.001 to 10000") \
	V(JITTER, OWN, "jitter", 0, "MS", msecs, 1, 10000000, stage.arg[1], 0, \
	  "up to so many milliseconds more or less") \
	V(DEPTH, OWN, "depth", 0, "N", number, 1, 1000, stage.arg[0], 0, \
	  "packets of its connection that overtake the chosen one, 1 to 1000") \
	V(HOLD_MS, OWN, "ms", 0, "MS", msecs, 1, 10000000, stage.arg[1], 0, \
	  "milliseconds that it is held back, 0.001 to 10000; without it 10") \
	V(RATIO, COMMON, "ratio", 'r', "N", number, 1, UINT32_MAX, stage.trigger.ratio, 0, \
	  "1 of N eligible packets, at random; without this, --every, --nth and --first all of them") \
	V(EVERY, COMMON, "every", 0, "N", number, 1, UINT32_MAX, stage.trigger.every, 0, \
	  "each N-th of a connection") \
	V(NTH, COMMON, "nth", 0, "K", number, 1, UINT32_MAX, stage.trigger.nth, 0, \
	  "the K-th of each connection") \
	F(FIRST, COMMON, "first", stage.trigger.nth, 1, \
	  "the first of each connection: --nth 1") \
	F(CLEAR_OTHERS, OWN, "clear-others", stage.flags, STAGE_CLEAR_OTHERS, \
	  "on the packets that were not chosen, clear what the chosen ones get") \
	V(AFTER, COMMON, "after", 0, "BYTES", size, 1, 1ULL << 60, stage.trigger.from, 0, \
	  "only what follows the first BYTES of a connection's payload") \
	V(BETWEEN, COMMON, "between", 0, "FROM-TO", between, 0, 1ULL << 60, stage.trigger.from, 0, \
	  "only payload bytes FROM up to, not including, TO of a connection") \
	V(LIMIT, COMMON, "limit", 0, "K", number, 1, UINT32_MAX, stage.trigger.limit, 0, \
	  "at most K packets altogether; without it any number") \
	V(DURATION, COMMON, "duration", 0, "SECS", seconds, 1, 2592000, duration_s, 0, \
	  "only for so long: 10, 10s, 2m, 1h; without it until 'inject clear'") \
	V(SEED, COMMON, "seed", 's', "SEED", seed, 0, UINT64_MAX, stage.trigger.seed, 0, \
	  "choose by SEED, connection and byte offset: the same bytes in every run; " \
	  "without it each run draws anew") \
	V(UNITS, COMMON, "units", 0, "wire|skb", units, 0, 0, units, 0, \
	  "what NODE:egress counts, packets on the wire or the stack's buffers; without it wire") \
	V(MATCH, COMMON, "match", 0, "FLOW", match, 0, 0, stage.match, 0, \
	  "only these, as ovs-ofctl writes them: tcp,tp_dst=9000; also payload>0; without it all") \
	F(LOG, COMMON, "log", stage.flags, STAGE_LOG, "log each mangled packet, for 'inject log'") \
	F(DRY_RUN, COMMON, "dry-run", stage.flags, STAGE_DRY_RUN, \
	  "count (and log) what would be mangled, but touch nothing")

#endif
