/* SPDX-License-Identifier: GPL-2.0 */
/*
 * match_parts.h - a match while it is read
 *
 * Private to match.c and match_fields.c.
 */
#ifndef OVSLAB_CORE_MATCH_PARTS_H
#define OVSLAB_CORE_MATCH_PARTS_H

#include "core/match.h"

#define WORD_MAX 128			/* bytes of one field, with its NUL */

/* What a word fills. */
enum slot {
	SLOT_FAMILY, SLOT_PROTO, SLOT_SRC, SLOT_DST, SLOT_SPORT, SLOT_DPORT, SLOT_TCP_FLAGS,
	SLOT_VID, SLOT_PCP, SLOT_TCI, SLOT_DSCP, SLOT_ECN, SLOT_TTL, SLOT_FRAG, SLOT_ICMP_TYPE,
	SLOT_ICMP_CODE, SLOT_ETH_SRC, SLOT_ETH_DST, SLOT_PAYLOAD, SLOTS,
};

/* What a field needs beside it. */
enum need { NEED_NOTHING, NEED_IP4, NEED_IP6, NEED_IP, NEED_TCP, NEED_UDP, NEED_PORTS, NEED_ICMP,
	    NEED_ICMP6, NEED_PAYLOAD };

/* A slot that is filled: with which word, where that stands. */
struct filled {
	char word[20];
	size_t at;			/* from 1; 0: not filled */
	enum need need;
};

struct match_parse {
	struct match m;
	struct filled slots[SLOTS];
	size_t at;			/* of the word at hand, from 1 */
	const char *name;		/* of its field */
	struct err *err;
};

struct match_field {
	const char *name;
	enum slot slot;
	enum need need;
	int (*parse)(struct match_parse *p, const struct match_field *f, const char *value);
	uint64_t low, high;
};

extern const struct match_field match_fields[];	/* ends with a NULL name */

/** match_refuse() - say what is wrong at character @at. Return: -EINVAL */
int match_refuse(const struct match_parse *p, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** match_only_ip() - @word asks for what is no IP packet. Return: -EINVAL */
int match_only_ip(const struct match_parse *p, const char *word);

/** match_set_family() - 4 or 6, as @word says. Return: 0, or -EINVAL if another did otherwise */
int match_set_family(struct match_parse *p, const char *word, uint8_t family);

/** match_set_proto() - the same of the IP protocol */
int match_set_proto(struct match_parse *p, const char *word, uint8_t proto);

#endif
