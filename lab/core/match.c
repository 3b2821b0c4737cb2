// SPDX-License-Identifier: GPL-2.0
/*
 * match.c - text of ovs-ofctl's flows to a match
 *
 * Each word is looked up in one of two tables, keywords ("tcp") and fields ("tp_dst=80"),
 * and put where it belongs: its slot, which no second word may fill. What needs what is
 * looked at when all words are known, so their order does not matter.
 */
#include "core/match.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/match_parts.h"
#include "core/nearest.h"
#include "core/util.h"

static const char *const need_words[] = {
	[NEED_IP4] = "ip (or tcp, udp, icmp)",
	[NEED_IP6] = "ipv6 (or tcp6, udp6, icmp6)",
	[NEED_IP] = "ip or ipv6 (or tcp, tcp6, ...)",
	[NEED_TCP] = "tcp or tcp6",
	[NEED_UDP] = "udp or udp6",
	[NEED_PORTS] = "tcp, udp, tcp6 or udp6",
	[NEED_ICMP] = "icmp or icmp6",
	[NEED_ICMP6] = "icmp6",
	[NEED_PAYLOAD] = "tcp, udp, tcp6 or udp6, or no protocol at all",
};

const struct match_keyword match_keywords[MATCH_KEYWORDS] = {
	{ "ip", 4, 0, false }, { "ipv6", 6, 0, false },
	{ "tcp", 4, IPPROTO_TCP, true }, { "tcp6", 6, IPPROTO_TCP, true },
	{ "udp", 4, IPPROTO_UDP, true }, { "udp6", 6, IPPROTO_UDP, true },
	{ "icmp", 4, IPPROTO_ICMP, true }, { "icmp6", 6, IPPROTO_ICMPV6, true },
};

static const char *const not_ip[] = { "arp", "rarp", "mpls", "mplsm" };

/* ---- words ---------------------------------------------------------------------------- */

static int fill(struct match_parse *p, enum slot slot, const char *word, enum need need)
{
	struct filled *f = &p->slots[slot];

	if (f->at && strcmp(f->word, word) == 0)
		return match_refuse(p, p->at, "'%s' is there twice", word);
	if (f->at)
		return match_refuse(p, p->at, "'%s' is the same field as '%s' at character %zu", word,
				    f->word, f->at);
	snprintf(f->word, sizeof(f->word), "%s", word);
	f->at = p->at;
	f->need = need;
	return 0;
}

/* "ip,tcp" says one thing more precisely; "tcp,tcp" is a mistake. */
static int keyword(struct match_parse *p, const struct match_keyword *k)
{
	struct filled *family = &p->slots[SLOT_FAMILY], *proto = &p->slots[SLOT_PROTO];
	int rc;

	if ((family->at && strcmp(family->word, k->name) == 0) ||
	    (proto->at && strcmp(proto->word, k->name) == 0))
		return match_refuse(p, p->at, "'%s' is there twice", k->name);
	rc = match_set_family(p, k->name, k->family);
	if (rc == 0 && k->has_proto)
		rc = match_set_proto(p, k->name, k->proto);
	if (rc == 0 && !family->at)
		rc = fill(p, SLOT_FAMILY, k->name, NEED_NOTHING);
	if (rc == 0 && k->has_proto && !proto->at)
		rc = fill(p, SLOT_PROTO, k->name, NEED_NOTHING);
	return rc;
}

static int unknown(struct match_parse *p, const char *word)
{
	struct nearest near = { .word = word };

	for (size_t i = 0; i < ARRAY_SIZE(not_ip); i++)
		if (strcmp(not_ip[i], word) == 0)
			return match_only_ip(p, word);
	for (const struct match_field *f = match_fields; f->name; f++)
		nearest_offer(&near, f->name);
	for (size_t i = 0; i < MATCH_KEYWORDS; i++)
		nearest_offer(&near, match_keywords[i].name);
	nearest_offer(&near, MATCH_PAYLOAD_TEXT);
	match_refuse(p, p->at, "unknown field '%.40s'%s%s%s", word, near.best ? " (did you mean '" : "",
		     near.best ?: "", near.best ? "'?)" : "");
	err_hint(p->err, "fields are those of ovs-ofctl that are in an IP packet, such as tcp, nw_src, "
		 "ipv6_dst, tp_dst, tcp_flags, nw_tos, ip_frag, icmp_type, dl_src, dl_vlan");
	return -EINVAL;
}

/* "tcp,nw_proto=6": what a keyword implies may be said once more, as a field. */
static bool by_keyword(const struct match_parse *p, enum slot slot)
{
	return (slot == SLOT_FAMILY || slot == SLOT_PROTO) && !strchr(p->slots[slot].word, '_');
}

/* @value: what follows '=', NULL without one */
static int field(struct match_parse *p, const struct match_field *f, const char *value)
{
	int rc;

	if (!value || !*value)
		return match_refuse(p, p->at, "%s needs a value: %s=...", f->name, f->name);
	if (p->slots[f->slot].at && !by_keyword(p, f->slot))
		return fill(p, f->slot, f->name, f->need);	/* which says why not */
	rc = f->parse(p, f, value);
	if (rc < 0)
		return rc;
	p->slots[f->slot].at = 0;
	return fill(p, f->slot, f->name, f->need);
}

static int word(struct match_parse *p, char *text)
{
	char *value = strchr(text, '=');

	if (strcmp(text, MATCH_PAYLOAD_TEXT) == 0) {
		p->m.on |= MATCH_PAYLOAD;
		return fill(p, SLOT_PAYLOAD, text, NEED_PAYLOAD);
	}
	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < MATCH_KEYWORDS; i++)
		if (strcmp(match_keywords[i].name, text) == 0)
			return value ? match_refuse(p, p->at, "'%s' takes no value", text) :
				       keyword(p, &match_keywords[i]);
	for (const struct match_field *f = match_fields; f->name; f++)
		if (strcmp(f->name, text) == 0)
			return field(p, f, value);
	return unknown(p, text);
}

/* ---- the whole -------------------------------------------------------------------------- */

static bool has(const struct match *m, enum need need)
{
	bool tcp = m->proto == IPPROTO_TCP, udp = m->proto == IPPROTO_UDP;
	bool icmp6 = m->family == 6 && m->proto == IPPROTO_ICMPV6;
	bool proto = m->on & MATCH_PROTO;

	switch (need) {
	case NEED_IP4:
		return m->family == 4;
	case NEED_IP6:
		return m->family == 6;
	case NEED_IP:
		return m->family;
	case NEED_TCP:
		return proto && tcp;
	case NEED_UDP:
		return proto && udp;
	case NEED_PORTS:
		return proto && (tcp || udp);
	case NEED_ICMP:
		return proto && (icmp6 || (m->family == 4 && m->proto == IPPROTO_ICMP));
	case NEED_ICMP6:
		return proto && icmp6;
	case NEED_PAYLOAD:
		return !proto || tcp || udp;
	case NEED_NOTHING:
		break;
	}
	return true;
}

static int check_needs(const struct match_parse *p)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct filled *f = &p->slots[i];

		if (f->at && !has(&p->m, f->need))
			return match_refuse(p, f->at, "%s needs %s beside it", f->word,
					    need_words[f->need]);
	}
	return 0;
}

/* Words that are right for themselves and never match together. */
static int check_together(const struct match_parse *p)
{
	static const enum slot beyond[] = { SLOT_SPORT, SLOT_DPORT, SLOT_TCP_FLAGS, SLOT_ICMP_TYPE,
					    SLOT_ICMP_CODE };
	const struct filled *tci = &p->slots[SLOT_TCI];
	const struct filled *vlan = &p->slots[p->slots[SLOT_VID].at ? SLOT_VID : SLOT_PCP];

	if (tci->at && vlan->at)
		return match_refuse(p, tci->at, "vlan_tci is the same field as '%s' at character %zu",
				    vlan->word, vlan->at);
	if (p->slots[SLOT_VID].at && p->slots[SLOT_PCP].at && p->m.vlan_tci_mask != 0xffff)
		return match_refuse(p, p->slots[SLOT_PCP].at, "without a tag there is no dl_vlan_pcp");
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		const struct filled *f = &p->slots[beyond[i]];

		if (f->at && (p->m.on & MATCH_FRAG) && p->m.frag == MATCH_FRAG_LATER)
			return match_refuse(p, f->at, "later fragments have no %s", f->word);
	}
	return 0;
}

int match_parse(const char *text, struct match *ret, struct err *err)
{
	static const char separators[] = ", \t\n";
	struct match_parse p = { .err = err };
	const char *c = text + strspn(text, separators);
	char copy[WORD_MAX];
	int rc = 0;

	if (!*c)
		return err_set(err, STATUS_USAGE, EINVAL, "it names no field");
	for (; *c && rc == 0; c += strspn(c, separators)) {
		size_t len = strcspn(c, separators);

		p.at = (size_t)(c - text) + 1;
		if (len >= sizeof(copy))
			return match_refuse(&p, p.at, "a field of %zu bytes", len);
		memcpy(copy, c, len);
		copy[len] = '\0';
		rc = word(&p, copy);
		c += len;
	}
	if (rc == 0)
		rc = check_needs(&p);
	if (rc == 0)
		rc = check_together(&p);
	if (rc == 0)
		*ret = p.m;
	return rc;
}
