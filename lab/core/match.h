/* SPDX-License-Identifier: GPL-2.0 */
/*
 * match.h - which packets, written as in ovs-ofctl's flows
 *
 * The fields and their prerequisites are those of ovs-fields(7): "tcp,tp_dst=9000". As
 * there, tcp is TCP over IPv4, and tcp6 over IPv6. "payload>0" is ours. Only IP packets
 * are mangled, so nothing else can be asked for.
 */
#ifndef OVSLAB_CORE_MATCH_H
#define OVSLAB_CORE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/stage.h"
#include "core/err.h"

/**
 * match_parse() - fields, separated by commas or blanks
 * @ret:	values with their masks applied, host order; only written on success
 *
 * A field that is wholly masked out ("nw_src=0.0.0.0/0") is as if it were not there.
 *
 * Return: 0, or -EINVAL; @err says where ("character 5: ...") and what is wrong
 */
int match_parse(const char *text, struct match *ret, struct err *err);

/**
 * match_format() - the canonical text, which match_parse() makes the same match of
 *
 * Return: its length, "" for what matches all; or -ENOSPC
 */
int match_format(const struct match *m, char *buf, size_t size);

/* One word for the family, and maybe the protocol. */
struct match_keyword {
	const char *name;
	uint8_t family, proto;
	bool has_proto;
};

#define MATCH_KEYWORDS 8
#define MATCH_FRAGS 5
#define MATCH_PAYLOAD_TEXT "payload>0"
#define MATCH_TCI_PRESENT 0x1000	/* in vlan_tci: there is a tag */

extern const struct match_keyword match_keywords[MATCH_KEYWORDS];
extern const char *const match_frags[MATCH_FRAGS];	/* by enum match_frag */

#define MATCH_TCP_FLAGS_N 9

/* By bit: fin, syn, rst, psh, ack, urg, ece, cwr, ns */
extern const char *const match_tcp_flags[MATCH_TCP_FLAGS_N];

/** match_tcp_flag() - the bit that is called so: fin, syn, ... cwr, ns; 0 if none is */
uint16_t match_tcp_flag(const char *name, size_t len);

#endif
