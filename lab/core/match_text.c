// SPDX-License-Identifier: GPL-2.0
/*
 * match_text.c - a match as text of ovs-ofctl's flows
 *
 * The shortest words that match.c makes the same of, always in the same order.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "core/match.h"
#include "core/util.h"

/* Text that is made; @used counts on beyond @size. */
struct out {
	char *buf;
	size_t size, used;
};

static void put(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct out *o, const char *fmt, ...)
{
	size_t left = o->used < o->size ? o->size - o->used : 0;
	va_list ap;

	va_start(ap, fmt);
	o->used += (size_t)vsnprintf(left ? o->buf + o->used : NULL, left, fmt, ap);
	va_end(ap);
}

static void comma(struct out *o)
{
	if (o->used)
		put(o, ",");
}

static void put_protocol(struct out *o, const struct match *m)
{
	const struct match_keyword *found = NULL;

	for (size_t i = 0; i < MATCH_KEYWORDS; i++)
		if (match_keywords[i].family == m->family &&
		    (!match_keywords[i].has_proto ||
		     ((m->on & MATCH_PROTO) && match_keywords[i].proto == m->proto)))
			found = &match_keywords[i];
	if (!(m->on & MATCH_FAMILY) || !found)
		return;
	put(o, "%s", found->name);
	if ((m->on & MATCH_PROTO) && !found->has_proto)
		put(o, ",nw_proto=%u", m->proto);
}

static void put_mac(struct out *o, const uint8_t *a)
{
	put(o, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void put_eth(struct out *o, const char *name, const uint8_t *addr, const uint8_t *mask)
{
	static const uint8_t whole[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	comma(o);
	put(o, "%s=", name);
	put_mac(o, addr);
	if (memcmp(mask, whole, sizeof(whole)) == 0)
		return;
	put(o, "/");
	put_mac(o, mask);
}

static void put_vlan(struct out *o, uint16_t tci, uint16_t mask)
{
	bool vid = (mask & 0x1fff) == 0x1fff, pcp = (mask & 0xf000) == 0xf000;

	comma(o);
	if (!(tci & MATCH_TCI_PRESENT) || (mask != 0x1fff && mask != 0xf000 && mask != 0xffff)) {
		put(o, "vlan_tci=0x%04x/0x%04x", tci, mask);
		return;
	}
	if (vid)
		put(o, "dl_vlan=%u", tci & 0xfff);
	if (pcp)
		put(o, "%sdl_vlan_pcp=%u", vid ? "," : "", tci >> 13);
}

/* The length of a mask, -1 if it has holes */
static int prefix(const uint8_t *mask, size_t n)
{
	size_t len = 0;

	while (len < n * 8 && (mask[len / 8] & 0x80 >> len % 8))
		len++;
	for (size_t i = len; i < n * 8; i++)
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	return (int)len;
}

static void put_ip(struct out *o, const char *name, uint8_t family, const uint8_t *addr,
		   const uint8_t *mask)
{
	int af = family == 4 ? AF_INET : AF_INET6, len;
	size_t n = family == 4 ? 4 : 16;
	char text[INET6_ADDRSTRLEN];

	comma(o);
	put(o, "%s%s=%s", family == 4 ? "nw_" : "ipv6_", name,
	    inet_ntop(af, addr, text, sizeof(text)));
	len = prefix(mask, n);
	if (len == (int)n * 8)
		return;
	if (len >= 0)
		put(o, "/%d", len);
	else
		put(o, "/%s", inet_ntop(af, mask, text, sizeof(text)));
}

static void put_masked(struct out *o, const char *name, uint16_t value, uint16_t mask)
{
	comma(o);
	if (mask == 0xffff)
		put(o, "%s=%u", name, value);
	else
		put(o, "%s=0x%x/0x%x", name, value, mask);
}

static void put_tcp_flags(struct out *o, uint16_t flags, uint16_t mask)
{
	comma(o);
	if (mask >> MATCH_TCP_FLAGS_N) {	/* bits without a name */
		put(o, "tcp_flags=0x%03x/0x%03x", flags, mask);
		return;
	}
	put(o, "tcp_flags=");
	for (size_t i = 0; i < MATCH_TCP_FLAGS_N; i++)
		if (mask & 1 << i)
			put(o, "%c%s", flags & 1 << i ? '+' : '-', match_tcp_flags[i]);
}

static void put_number(struct out *o, bool on, const char *name, unsigned int value)
{
	if (!on)
		return;
	comma(o);
	put(o, "%s=%u", name, value);
}

static void put_layer3(struct out *o, const struct match *m)
{
	if (m->on & MATCH_SRC)
		put_ip(o, "src", m->family, m->src, m->src_mask);
	if (m->on & MATCH_DST)
		put_ip(o, "dst", m->family, m->dst, m->dst_mask);
	put_number(o, m->tos_mask & 0xfc, "nw_tos", m->tos & 0xfc);
	put_number(o, m->tos_mask & 0x03, "nw_ecn", m->tos & 0x03);
	put_number(o, m->on & MATCH_TTL, "nw_ttl", m->ttl);
	if ((m->on & MATCH_FRAG) && m->frag < MATCH_FRAGS) {
		comma(o);
		put(o, "ip_frag=%s", match_frags[m->frag]);
	}
}

int match_format(const struct match *m, char *buf, size_t size)
{
	struct out o = { buf, size, 0 };

	if (size)
		*buf = '\0';
	put_protocol(&o, m);
	if (m->on & MATCH_ETH_SRC)
		put_eth(&o, "dl_src", m->eth_src, m->eth_src_mask);
	if (m->on & MATCH_ETH_DST)
		put_eth(&o, "dl_dst", m->eth_dst, m->eth_dst_mask);
	if (m->on & MATCH_VLAN)
		put_vlan(&o, m->vlan_tci, m->vlan_tci_mask);
	put_layer3(&o, m);
	if (m->on & MATCH_SPORT)
		put_masked(&o, "tp_src", m->sport, m->sport_mask);
	if (m->on & MATCH_DPORT)
		put_masked(&o, "tp_dst", m->dport, m->dport_mask);
	if (m->on & MATCH_TCP_FLAGS)
		put_tcp_flags(&o, m->tcp_flags, m->tcp_flags_mask);
	put_number(&o, m->on & MATCH_ICMP_TYPE, "icmp_type", m->icmp_type);
	put_number(&o, m->on & MATCH_ICMP_CODE, "icmp_code", m->icmp_code);
	if (m->on & MATCH_PAYLOAD) {
		comma(&o);
		put(&o, MATCH_PAYLOAD_TEXT);
	}
	return o.used < size ? (int)o.used : -ENOSPC;
}
