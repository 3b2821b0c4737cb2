// SPDX-License-Identifier: GPL-2.0
/*
 * match_fields.c - the fields of a match: their values from text, and the table of them
 */
#include "core/match_parts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/number.h"
#include "core/util.h"

int match_refuse(const struct match_parse *p, size_t at, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(p->err, STATUS_USAGE, EINVAL, "character %zu: %s", at, why);
}

/* ---- numbers ---------------------------------------------------------------------- */

static int number(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && tolower((unsigned char)text[1]) == 'x';

	return number_whole(hex ? text + 2 : text, hex ? 16 : 10, ret);
}

static int in_range(struct match_parse *p, const struct match_field *f, const char *value, uint64_t *ret)
{
	int rc = number(value, ret);

	if (rc == -EINVAL)
		return match_refuse(p, p->at, "%s: '%s' is not a number", f->name, value);
	if (rc < 0 || *ret < f->low || *ret > f->high)
		return match_refuse(p, p->at, "%s: '%s' is out of range: %llu to %llu", f->name, value,
				    (unsigned long long)f->low, (unsigned long long)f->high);
	return 0;
}

/* "value" or "value/mask", both up to @f->high; a plain value is compared wholly. */
static int masked(struct match_parse *p, const struct match_field *f, const char *value, uint16_t *ret,
		  uint16_t *ret_mask)
{
	char copy[WORD_MAX], *slash;
	uint64_t v, mask = f->high;
	int rc;

	snprintf(copy, sizeof(copy), "%s", value);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	rc = in_range(p, f, copy, &v);
	if (rc == 0 && slash)
		rc = in_range(p, f, slash, &mask);
	if (rc < 0)
		return rc;
	*ret = (uint16_t)(v & mask);
	*ret_mask = (uint16_t)mask;
	return 0;
}

/* ---- fields: layer 2 ------------------------------------------------------------------ */

static bool mac(const char *text, uint8_t ret[6])
{
	for (int i = 0; i < 6; i++, text += 3) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    text[2] != (i < 5 ? ':' : '\0'))
			return false;
		ret[i] = (uint8_t)strtoul(text, NULL, 16);
	}
	return true;
}

static bool apply_mask(uint8_t *value, const uint8_t *mask, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		value[i] &= mask[i];
		any |= mask[i];
	}
	return any;
}

static int parse_eth(struct match_parse *p, const struct match_field *f, const char *value)
{
	bool src = f->slot == SLOT_ETH_SRC;
	uint8_t *addr = src ? p->m.eth_src : p->m.eth_dst;
	uint8_t *mask = src ? p->m.eth_src_mask : p->m.eth_dst_mask;
	char copy[WORD_MAX], *slash;

	snprintf(copy, sizeof(copy), "%s", value);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	memset(mask, 0xff, 6);
	if (!mac(copy, addr) || (slash && !mac(slash, mask)))
		return match_refuse(p, p->at, "%s: '%s' is no Ethernet address: xx:xx:xx:xx:xx:xx, "
				    "maybe with a mask behind a slash", f->name, value);
	if (apply_mask(addr, mask, 6))
		p->m.on |= src ? MATCH_ETH_SRC : MATCH_ETH_DST;
	return 0;
}

static void match_vlan(struct match *m, uint16_t tci, uint16_t mask)
{
	m->vlan_tci |= tci & mask;
	m->vlan_tci_mask |= mask;
	if (mask)
		m->on |= MATCH_VLAN;
}

static int parse_vid(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t vid;

	if (number(value, &vid) == 0 && vid == 0xffff) {	/* without a tag */
		match_vlan(&p->m, 0, MATCH_TCI_PRESENT);
		return 0;
	}
	if (in_range(p, f, value, &vid) < 0) {
		err_hint(p->err, "or 0xffff for packets without a tag");
		return -EINVAL;
	}
	match_vlan(&p->m, (uint16_t)(MATCH_TCI_PRESENT | vid), 0x1fff);
	return 0;
}

static int parse_pcp(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t pcp;
	int rc = in_range(p, f, value, &pcp);

	if (rc == 0)
		match_vlan(&p->m, (uint16_t)(MATCH_TCI_PRESENT | pcp << 13), 0xe000 | MATCH_TCI_PRESENT);
	return rc;
}

static int parse_tci(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint16_t tci, mask;
	int rc = masked(p, f, value, &tci, &mask);

	if (rc == 0)
		match_vlan(&p->m, tci, mask);
	return rc;
}

/* ---- fields: layer 3 ------------------------------------------------------------------ */

int match_only_ip(const struct match_parse *p, const char *word)
{
	return match_refuse(p, p->at, "'%s': only IP packets are mangled (ip, ipv6, dl_type=0x0800, "
			    "dl_type=0x86dd)", word);
}

/* A second word may say the same again, but nothing else. */
int match_set_family(struct match_parse *p, const char *word, uint8_t family)
{
	if (p->m.family && p->m.family != family)
		return match_refuse(p, p->at, "'%s' contradicts '%s' at character %zu", word,
				    p->slots[SLOT_FAMILY].word, p->slots[SLOT_FAMILY].at);
	p->m.family = family;
	p->m.on |= MATCH_FAMILY;
	return 0;
}

int match_set_proto(struct match_parse *p, const char *word, uint8_t proto)
{
	if ((p->m.on & MATCH_PROTO) && p->m.proto != proto)
		return match_refuse(p, p->at, "'%s' contradicts '%s' at character %zu", word,
				    p->slots[SLOT_PROTO].word, p->slots[SLOT_PROTO].at);
	p->m.proto = proto;
	p->m.on |= MATCH_PROTO;
	return 0;
}

static int parse_type(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t type;
	int rc = in_range(p, f, value, &type);

	if (rc < 0)
		return rc;
	if (type != 0x0800 && type != 0x86dd)
		return match_only_ip(p, value);
	return match_set_family(p, f->name, type == 0x0800 ? 4 : 6);
}

static int parse_proto(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t proto;
	int rc = in_range(p, f, value, &proto);

	return rc < 0 ? rc : match_set_proto(p, f->name, (uint8_t)proto);
}

/* "len", or a mask in the form of an address; @n is 4 or 16 */
static bool ip_mask(const char *text, int family, size_t n, uint8_t *mask)
{
	uint64_t len;

	if (number_whole(text, 10, &len) < 0)
		return inet_pton(family, text, mask) == 1;
	if (len > n * 8)
		return false;
	memset(mask, 0, n);
	for (size_t i = 0; i < len; i++)
		mask[i / 8] |= 0x80 >> i % 8;
	return true;
}

static int parse_ip(struct match_parse *p, const struct match_field *f, const char *value)
{
	bool src = f->slot == SLOT_SRC, four = f->need == NEED_IP4;
	uint8_t *addr = src ? p->m.src : p->m.dst, *mask = src ? p->m.src_mask : p->m.dst_mask;
	int family = four ? AF_INET : AF_INET6;
	char copy[WORD_MAX], *slash;
	size_t n = four ? 4 : 16;

	snprintf(copy, sizeof(copy), "%s", value);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(family, copy, addr) != 1)
		return match_refuse(p, p->at, "%s: '%s' is no IPv%d address", f->name, copy, four ? 4 : 6);
	memset(mask, 0xff, n);
	if (slash && !ip_mask(slash, family, n, mask))
		return match_refuse(p, p->at, "%s: '%s' is neither a length (0 to %zu) nor a mask", f->name,
				    slash, n * 8);
	if (apply_mask(addr, mask, n))
		p->m.on |= src ? MATCH_SRC : MATCH_DST;
	return 0;
}

static void match_tos(struct match *m, uint64_t tos, uint8_t mask)
{
	m->tos |= tos & mask;
	m->tos_mask |= mask;
	m->on |= MATCH_TOS;
}

static int parse_tos(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t tos;
	int rc = in_range(p, f, value, &tos);

	if (rc == 0 && (tos & 3))
		rc = match_refuse(p, p->at, "%s: '%s' has bits of ECN: those are nw_ecn's", f->name, value);
	if (rc == 0)
		match_tos(&p->m, tos, 0xfc);
	return rc;
}

static int parse_dscp(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t dscp;
	int rc = in_range(p, f, value, &dscp);

	if (rc == 0)
		match_tos(&p->m, dscp << 2, 0xfc);
	return rc;
}

static int parse_ecn(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t ecn;
	int rc = in_range(p, f, value, &ecn);

	if (rc == 0)
		match_tos(&p->m, ecn, 0x03);
	return rc;
}

static int parse_ttl(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint64_t ttl;
	int rc = in_range(p, f, value, &ttl);

	if (rc < 0)
		return rc;
	p->m.ttl = (uint8_t)ttl;
	p->m.on |= MATCH_TTL;
	return 0;
}

const char *const match_frags[MATCH_FRAGS] = {
	[MATCH_FRAG_NO] = "no", [MATCH_FRAG_YES] = "yes", [MATCH_FRAG_FIRST] = "first",
	[MATCH_FRAG_LATER] = "later", [MATCH_FRAG_NOT_LATER] = "not_later",
};

static int parse_frag(struct match_parse *p, const struct match_field *f, const char *value)
{
	for (size_t i = 0; i < MATCH_FRAGS; i++) {
		if (strcmp(match_frags[i], value) != 0)
			continue;
		p->m.frag = (uint8_t)i;
		p->m.on |= MATCH_FRAG;
		return 0;
	}
	return match_refuse(p, p->at, "%s: '%s' is not no, yes, first, later or not_later", f->name, value);
}

/* ---- fields: layer 4 ------------------------------------------------------------------ */

static int parse_port(struct match_parse *p, const struct match_field *f, const char *value)
{
	bool src = f->slot == SLOT_SPORT;
	uint16_t port, mask;
	int rc = masked(p, f, value, &port, &mask);

	if (rc < 0 || !mask)
		return rc;
	*(src ? &p->m.sport : &p->m.dport) = port;
	*(src ? &p->m.sport_mask : &p->m.dport_mask) = mask;
	p->m.on |= src ? MATCH_SPORT : MATCH_DPORT;
	return 0;
}

const char *const match_tcp_flags[MATCH_TCP_FLAGS_N] = {
	"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"
};

uint16_t match_tcp_flag(const char *name, size_t len)
{
	for (size_t i = 0; i < MATCH_TCP_FLAGS_N; i++)
		if (strlen(match_tcp_flags[i]) == len && !strncasecmp(match_tcp_flags[i], name, len))
			return (uint16_t)(1 << i);
	return 0;
}

static int unknown_flag(struct match_parse *p, const struct match_field *f, const char *name, size_t len)
{
	char flag[WORD_MAX];
	struct nearest near = { .word = flag };

	snprintf(flag, sizeof(flag), "%.*s", (int)len, name);
	for (size_t i = 0; i < MATCH_TCP_FLAGS_N; i++)
		nearest_offer(&near, match_tcp_flags[i]);
	if (match_tcp_flag(name, len))
		match_refuse(p, p->at, "%s: '%s' has no sign: +%s or -%s", f->name, flag, flag, flag);
	else
		match_refuse(p, p->at, "%s: '%s' is no flag of TCP%s%s%s", f->name, flag,
			     near.best ? " (did you mean '" : "", near.best ?: "", near.best ? "'?)" : "");
	err_hint(p->err, "write +psh-ack, with fin, syn, rst, psh, ack, urg, ece, cwr, ns; or a "
		 "number, maybe with a mask behind a slash");
	return -EINVAL;
}

/* "+ack-psh": these set, those not, and any others */
static int signed_flags(struct match_parse *p, const struct match_field *f, const char *value,
			uint16_t *ret, uint16_t *ret_mask)
{
	while (*value) {
		bool set = *value == '+', sign = set || *value == '-';
		const char *name = value + sign;
		size_t len = strcspn(name, "+-");
		uint16_t bit = match_tcp_flag(name, len);

		if (!bit || !sign)
			return unknown_flag(p, f, name, len);
		if (*ret_mask & bit)
			return match_refuse(p, p->at, "%s: '%.*s' is there twice", f->name, (int)len, name);
		*ret_mask |= bit;
		*ret |= set ? bit : 0;
		value = name + len;
	}
	return 0;
}

static int parse_tcp_flags(struct match_parse *p, const struct match_field *f, const char *value)
{
	uint16_t flags = 0, mask = 0;
	int rc;

	if (isdigit((unsigned char)*value))
		rc = masked(p, f, value, &flags, &mask);
	else
		rc = signed_flags(p, f, value, &flags, &mask);
	if (rc < 0 || !mask)
		return rc;
	p->m.tcp_flags = flags;
	p->m.tcp_flags_mask = mask;
	p->m.on |= MATCH_TCP_FLAGS;
	return 0;
}

static int parse_icmp(struct match_parse *p, const struct match_field *f, const char *value)
{
	bool type = f->slot == SLOT_ICMP_TYPE;
	uint64_t v;
	int rc = in_range(p, f, value, &v);

	if (rc < 0)
		return rc;
	*(type ? &p->m.icmp_type : &p->m.icmp_code) = (uint8_t)v;
	p->m.on |= type ? MATCH_ICMP_TYPE : MATCH_ICMP_CODE;
	return 0;
}

/* ---- the table ------------------------------------------------------------------------ */

const struct match_field match_fields[] = {
	{ "dl_src", SLOT_ETH_SRC, NEED_NOTHING, parse_eth, 0, 0 },
	{ "eth_src", SLOT_ETH_SRC, NEED_NOTHING, parse_eth, 0, 0 },
	{ "dl_dst", SLOT_ETH_DST, NEED_NOTHING, parse_eth, 0, 0 },
	{ "eth_dst", SLOT_ETH_DST, NEED_NOTHING, parse_eth, 0, 0 },
	{ "dl_vlan", SLOT_VID, NEED_NOTHING, parse_vid, 0, 4095 },
	{ "dl_vlan_pcp", SLOT_PCP, NEED_NOTHING, parse_pcp, 0, 7 },
	{ "vlan_tci", SLOT_TCI, NEED_NOTHING, parse_tci, 0, 0xffff },
	{ "dl_type", SLOT_FAMILY, NEED_NOTHING, parse_type, 0, 0xffff },
	{ "eth_type", SLOT_FAMILY, NEED_NOTHING, parse_type, 0, 0xffff },
	{ "nw_src", SLOT_SRC, NEED_IP4, parse_ip, 0, 0 },
	{ "ip_src", SLOT_SRC, NEED_IP4, parse_ip, 0, 0 },
	{ "nw_dst", SLOT_DST, NEED_IP4, parse_ip, 0, 0 },
	{ "ip_dst", SLOT_DST, NEED_IP4, parse_ip, 0, 0 },
	{ "ipv6_src", SLOT_SRC, NEED_IP6, parse_ip, 0, 0 },
	{ "ipv6_dst", SLOT_DST, NEED_IP6, parse_ip, 0, 0 },
	{ "nw_proto", SLOT_PROTO, NEED_IP, parse_proto, 0, 255 },
	{ "ip_proto", SLOT_PROTO, NEED_IP, parse_proto, 0, 255 },
	{ "nw_tos", SLOT_DSCP, NEED_IP, parse_tos, 0, 252 },
	{ "ip_dscp", SLOT_DSCP, NEED_IP, parse_dscp, 0, 63 },
	{ "nw_ecn", SLOT_ECN, NEED_IP, parse_ecn, 0, 3 },
	{ "ip_ecn", SLOT_ECN, NEED_IP, parse_ecn, 0, 3 },
	{ "nw_ttl", SLOT_TTL, NEED_IP, parse_ttl, 0, 255 },
	{ "ip_frag", SLOT_FRAG, NEED_IP, parse_frag, 0, 0 },
	{ "nw_frag", SLOT_FRAG, NEED_IP, parse_frag, 0, 0 },
	{ "tp_src", SLOT_SPORT, NEED_PORTS, parse_port, 0, 65535 },
	{ "tp_dst", SLOT_DPORT, NEED_PORTS, parse_port, 0, 65535 },
	{ "tcp_src", SLOT_SPORT, NEED_TCP, parse_port, 0, 65535 },
	{ "tcp_dst", SLOT_DPORT, NEED_TCP, parse_port, 0, 65535 },
	{ "udp_src", SLOT_SPORT, NEED_UDP, parse_port, 0, 65535 },
	{ "udp_dst", SLOT_DPORT, NEED_UDP, parse_port, 0, 65535 },
	{ "tcp_flags", SLOT_TCP_FLAGS, NEED_TCP, parse_tcp_flags, 0, 0xfff },
	{ "icmp_type", SLOT_ICMP_TYPE, NEED_ICMP, parse_icmp, 0, 255 },
	{ "icmp_code", SLOT_ICMP_CODE, NEED_ICMP, parse_icmp, 0, 255 },
	{ "icmpv6_type", SLOT_ICMP_TYPE, NEED_ICMP6, parse_icmp, 0, 255 },
	{ "icmpv6_code", SLOT_ICMP_CODE, NEED_ICMP6, parse_icmp, 0, 255 },
	{ .name = NULL },
};
