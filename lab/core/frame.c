// SPDX-License-Identifier: GPL-2.0
/*
 * frame.c - a frame's headers, from the link to TCP or UDP
 *
 * Owns the link types, IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293, 7323, 2018)
 * and UDP (RFC 768). Two ways through: plain_tcp() knows one shape, which nearly
 * all packets of a bulk transfer have, and costs a few comparisons; all else takes
 * a cursor from header to header.
 *
 * A cursor knows how much was captured and how much was on the wire: snapped frames
 * end anywhere, and what counts is what their headers say.
 */
#include "core/frame.h"

#include <endian.h>
#include <string.h>

#include "core/util.h"

/* LINKTYPE_*, and DLT_RAW as some systems write it */
enum link {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW_12 = 12,
	LINK_RAW_14 = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

enum ethertype {
	ETHER_IPV4 = 0x0800,
	ETHER_IPV6 = 0x86dd,
	ETHER_8021Q = 0x8100,
	ETHER_8021AD = 0x88a8,
	ETHER_QINQ = 0x9100,		/* before 802.1ad */
};

enum ip_proto {
	PROTO_HOP_BY_HOP = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_DESTINATION = 60,
	PROTO_MOBILITY = 135,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

enum tcp_option { OPT_END = 0, OPT_NOP = 1, OPT_SACK = 5, OPT_TIMESTAMP = 8 };

#define ETHER_BYTES 14
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define TCP_BYTES_NEEDED 14		/* up to the flags */
#define TCP_TIMESTAMP_BYTES 12		/* with the two NOPs before it */
#define UDP_BYTES 8
#define UDP_BYTES_NEEDED 6		/* up to the length */
#define IPV4_FRAGMENT 0x3fff		/* more fragments, or an offset */
#define IPV6_FRAGMENT 0xfff9
#define VLAN_MAX 8
#define EXTENSIONS_MAX 8

static inline uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t get32_raw(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t get32(const uint8_t *p)
{
	return be32toh(get32_raw(p));
}

/* Whether the four bytes at @p are @value where @mask has ones. */
static inline bool matches(const uint8_t *p, uint32_t mask, uint32_t value)
{
	return (get32_raw(p) & htobe32(mask)) == htobe32(value);
}

static inline void put_word(uint8_t *to, uint64_t v)
{
	memcpy(to, &v, sizeof(v));
}

/* @value as a member of @bytes at @offset within 8 bytes of a struct. */
static inline uint64_t member(uint64_t value, size_t offset, size_t bytes)
{
	return value << 8 * (__BYTE_ORDER == __LITTLE_ENDIAN ? offset : 8 - offset - bytes);
}

/*
 * In words: who reads the key as words soon after, to hash it, would otherwise wait for
 * the bytes of several stores to come together.
 */
static inline void key_ipv4(struct obs_key *key, const uint8_t *ip, uint8_t proto, uint16_t sport,
			    uint16_t dport)
{
	_Static_assert(sizeof(*key) == 40 && offsetof(struct obs_key, sport) == 32 &&
		       offsetof(struct obs_key, dport) == 34 &&
		       offsetof(struct obs_key, proto) == 36 &&
		       offsetof(struct obs_key, family) == 37, "words as below");
	uint8_t *to = (uint8_t *)key;

	put_word(to, member(get32_raw(ip + 12), 0, 4));
	put_word(to + 8, 0);
	put_word(to + 16, member(get32_raw(ip + 16), 0, 4));
	put_word(to + 24, 0);
	put_word(to + 32, member(sport, 0, 2) | member(dport, 2, 2) | member(proto, 4, 1) |
			  member(4, 5, 1));
}

/* From the sequence number to the window. */
static inline void tcp_fixed(struct frame *f, const uint8_t *tcp)
{
	f->seq = get32(tcp + 4);
	f->ack = get32(tcp + 8);
	f->tcp_flags = tcp[13];
	f->window = get16(tcp + 14);
}

/* ---- the one shape: Ethernet, IPv4 without options, TCP with timestamps only --- */

static inline bool plain_tcp(const struct frame_record *r, struct frame *f)
{
	enum { IP = ETHER_BYTES, TCP = IP + IPV4_BYTES, OPTIONS = TCP + TCP_BYTES,
	       PAYLOAD = OPTIONS + TCP_TIMESTAMP_BYTES };
	const uint8_t *p = r->data;
	uint32_t total, captured;

	if (r->link != LINK_ETHERNET || r->captured < PAYLOAD || r->length < r->captured)
		return false;
	if (!matches(p + IP - 2, 0xffffff00, ETHER_IPV4 << 16 | 0x4500) ||
	    !matches(p + IP + 6, IPV4_FRAGMENT << 16 | 0xff, PROTO_TCP) ||
	    !matches(p + TCP + 12, 0xf0000000, (uint32_t)(PAYLOAD - TCP) / 4 << 28) ||
	    !matches(p + OPTIONS, 0xffffffff, 0x0101080a))
		return false;
	total = get16(p + IP + 2);
	if (total < PAYLOAD - IP || total > r->length - IP)
		return false;
	key_ipv4(&f->key, p + IP, PROTO_TCP, get16(p + TCP), get16(p + TCP + 2));
	f->ip_id = get16(p + IP + 4);
	tcp_fixed(f, p + TCP);
	f->tsval = get32(p + OPTIONS + 4);
	f->tsecr = get32(p + OPTIONS + 8);
	f->has_ts = true;
	f->extended = false;
	f->n_sack = f->n_vlan = 0;
	f->kind = FRAME_TCP;
	f->len = total - (PAYLOAD - IP);
	captured = r->captured - PAYLOAD;
	f->payload = p + PAYLOAD;
	f->payload_captured = captured < f->len ? captured : f->len;
	return true;
}

/* ---- from header to header ------------------------------------------------------ */

struct cursor {
	const uint8_t *at;
	uint32_t captured;		/* bytes at @at */
	uint32_t wire;			/* the same as sent; >= @captured */
	bool snapped;			/* the record tells its length on the wire */
};

static bool skip(struct cursor *c, uint32_t n)
{
	if (n > c->captured)
		return false;
	c->at += n;
	c->captured -= n;
	c->wire -= n;
	return true;
}

/* What is beyond @total bytes is padding. False if the wire did not have as many:
 * unless the writer gave no length but the captured one. */
static bool limit(struct cursor *c, uint32_t total)
{
	if (total > c->wire && c->snapped)
		return false;
	c->wire = total;
	if (c->captured > total)
		c->captured = total;
	return true;
}

static void payload(struct cursor *c, struct frame *f)
{
	f->len = c->wire;
	f->payload = c->at;
	f->payload_captured = c->captured;
}

static void sack_blocks(const uint8_t *p, unsigned int n, struct frame *f)
{
	for (unsigned int i = 0; i < n && f->n_sack < FRAME_SACKS; i++, p += 8) {
		f->sack_start[f->n_sack] = get32(p);
		f->sack_end[f->n_sack++] = get32(p + 4);
	}
}

/* What cannot be read of the options is as if it were not there. */
static void tcp_options(const uint8_t *p, const uint8_t *end, struct frame *f)
{
	while (p < end && *p != OPT_END) {
		if (*p == OPT_NOP) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return;
		if (*p == OPT_TIMESTAMP && p[1] == 10) {
			f->has_ts = true;
			f->tsval = get32(p + 2);
			f->tsecr = get32(p + 6);
		} else if (*p == OPT_SACK) {
			sack_blocks(p + 2, (p[1] - 2u) / 8, f);
		}
		p += p[1];
	}
}

static enum frame_kind read_tcp(struct cursor *c, struct frame *f)
{
	uint8_t fixed[16] = { 0 };
	uint32_t header, seen;

	if (c->wire < TCP_BYTES)
		return FRAME_BAD;
	if (c->captured < TCP_BYTES_NEEDED)
		return FRAME_SHORT;
	memcpy(fixed, c->at, c->captured < sizeof(fixed) ? TCP_BYTES_NEEDED : sizeof(fixed));
	f->key.sport = get16(fixed);
	f->key.dport = get16(fixed + 2);
	tcp_fixed(f, fixed);
	header = (fixed[12] >> 4) * 4u;
	if (header < TCP_BYTES || header > c->wire)
		return FRAME_BAD;
	seen = header < c->captured ? header : c->captured;
	if (seen > TCP_BYTES)
		tcp_options(c->at + TCP_BYTES, c->at + seen, f);
	c->at += seen;
	c->captured -= seen;
	c->wire -= header;
	payload(c, f);
	return FRAME_TCP;
}

/* A length of 0: a jumbogram (RFC 2675), or a super-packet. */
static enum frame_kind read_udp(struct cursor *c, struct frame *f)
{
	uint32_t length;

	if (c->wire < UDP_BYTES)
		return FRAME_BAD;
	if (c->captured < UDP_BYTES_NEEDED)
		return FRAME_SHORT;
	f->key.sport = get16(c->at);
	f->key.dport = get16(c->at + 2);
	length = get16(c->at + 4);
	if (length == 0)
		length = c->wire;
	if (length < UDP_BYTES || length > c->wire)
		return FRAME_BAD;
	limit(c, length);
	if (!skip(c, UDP_BYTES)) {
		c->at += c->captured;
		c->captured = 0;
		c->wire -= UDP_BYTES;
	}
	payload(c, f);
	return FRAME_UDP;
}

static enum frame_kind read_transport(struct cursor *c, uint8_t proto, struct frame *f)
{
	f->key.proto = proto;
	if (proto == PROTO_TCP)
		return read_tcp(c, f);
	if (proto == PROTO_UDP)
		return read_udp(c, f);
	return FRAME_OTHER;
}

static enum frame_kind read_ipv4(struct cursor *c, struct frame *f)
{
	uint32_t header, total;

	if (c->captured < IPV4_BYTES)
		return FRAME_SHORT;
	header = (c->at[0] & 15) * 4u;
	total = get16(c->at + 2);
	if (total == 0)
		total = c->wire;
	if (c->at[0] >> 4 != 4 || header < IPV4_BYTES || total < header || !limit(c, total))
		return FRAME_BAD;
	key_ipv4(&f->key, c->at, c->at[9], 0, 0);
	f->ip_id = get16(c->at + 4);
	if (get16(c->at + 6) & IPV4_FRAGMENT)
		return FRAME_FRAGMENT;
	if (!skip(c, header))
		return FRAME_SHORT;
	return read_transport(c, f->key.proto, f);
}

/* Bytes of an extension header (RFC 8200 4.1, RFC 4302 2.2); 0 if @proto is none. */
static uint32_t extension_bytes(uint8_t proto, uint8_t length)
{
	switch (proto) {
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_DESTINATION:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return 8 + length * 8u;
	case PROTO_AH:
		return 8 + length * 4u;
	case PROTO_FRAGMENT:
		return 8;
	}
	return 0;
}

static enum frame_kind read_extensions(struct cursor *c, uint8_t proto, struct frame *f)
{
	uint32_t bytes;

	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (!extension_bytes(proto, 0))
			return read_transport(c, proto, f);
		f->key.proto = proto;
		f->extended = true;
		if (c->wire < 8)
			return FRAME_BAD;
		if (c->captured < 8)
			return FRAME_SHORT;
		bytes = extension_bytes(proto, c->at[1]);
		if (bytes > c->wire)
			return FRAME_BAD;
		/* a fragment header with neither is an atomic fragment (RFC 6946) */
		if (proto == PROTO_FRAGMENT && get16(c->at + 2) & IPV6_FRAGMENT)
			return FRAME_FRAGMENT;
		proto = c->at[0];
		if (!skip(c, bytes))
			return FRAME_SHORT;
	}
	return FRAME_OTHER;
}

static enum frame_kind read_ipv6(struct cursor *c, struct frame *f)
{
	uint32_t length;
	uint8_t proto;

	if (c->captured < IPV6_BYTES)
		return FRAME_SHORT;
	if (c->at[0] >> 4 != 6)
		return FRAME_BAD;
	length = get16(c->at + 4);
	proto = c->at[6];
	f->key.family = 6;
	memcpy(f->key.saddr, c->at + 8, 16);
	memcpy(f->key.daddr, c->at + 24, 16);
	skip(c, IPV6_BYTES);
	if (length && !limit(c, length))
		return FRAME_BAD;
	return read_extensions(c, proto, f);
}

static enum frame_kind read_ip(struct cursor *c, struct frame *f)
{
	if (c->captured < 1)
		return FRAME_SHORT;
	return c->at[0] >> 4 == 6 ? read_ipv6(c, f) : read_ipv4(c, f);
}

/* ---- links -------------------------------------------------------------------- */

static enum frame_kind read_ethertype(struct cursor *c, uint16_t type, struct frame *f)
{
	while (type == ETHER_8021Q || type == ETHER_8021AD || type == ETHER_QINQ) {
		if (f->n_vlan == VLAN_MAX)
			return FRAME_OTHER;
		if (c->captured < 4)
			return FRAME_SHORT;
		type = get16(c->at + 2);
		skip(c, 4);
		f->n_vlan++;
	}
	if (type == ETHER_IPV4)
		return read_ipv4(c, f);
	return type == ETHER_IPV6 ? read_ipv6(c, f) : FRAME_OTHER;
}

/* A link header of @header bytes with an EtherType at @type. */
static enum frame_kind read_framed(struct cursor *c, uint32_t header, uint32_t type,
				   struct frame *f)
{
	uint16_t ethertype;

	if (c->captured < header)
		return FRAME_SHORT;
	ethertype = get16(c->at + type);
	skip(c, header);
	return read_ethertype(c, ethertype, f);
}

/* An address family as the capturing host numbers it, in its byte order. */
static enum frame_kind read_loopback(struct cursor *c, struct frame *f)
{
	uint32_t family;

	if (c->captured < 4)
		return FRAME_SHORT;
	family = get32(c->at);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	skip(c, 4);
	switch (family) {
	case 2:
		return read_ipv4(c, f);
	case 10:			/* Linux */
	case 24:			/* NetBSD, OpenBSD */
	case 28:			/* FreeBSD */
	case 30:			/* Darwin */
		return read_ipv6(c, f);
	}
	return FRAME_OTHER;
}

static enum frame_kind read_link(struct cursor *c, uint16_t link, struct frame *f)
{
	switch (link) {
	case LINK_ETHERNET:
		return read_framed(c, ETHER_BYTES, 12, f);
	case LINK_SLL:
		return read_framed(c, 16, 14, f);
	case LINK_SLL2:
		return read_framed(c, 20, 0, f);
	case LINK_RAW:
	case LINK_RAW_12:
	case LINK_RAW_14:
		return read_ip(c, f);
	case LINK_IPV4:
		return read_ipv4(c, f);
	case LINK_IPV6:
		return read_ipv6(c, f);
	case LINK_NULL:
	case LINK_LOOP:
		return read_loopback(c, f);
	}
	return FRAME_UNKNOWN_LINK;
}

/* All but the SACK blocks, which n_sack bounds: a memset() of the whole takes as long as
 * reading all headers, where the compiler makes a string instruction of it. */
static inline void clear(struct frame *f)
{
	f->key = (struct obs_key){ 0 };
	f->seq = f->ack = f->len = f->window = f->tsval = f->tsecr = 0;
	f->ip_id = 0;
	f->tcp_flags = f->n_sack = f->n_vlan = 0;
	f->has_ts = f->extended = false;
	f->payload = NULL;
	f->payload_captured = 0;
}

static bool read_any(const struct frame_record *r, struct frame *f)
{
	struct cursor c = {
		.at = r->data,
		.captured = r->captured,
		.wire = r->length > r->captured ? r->length : r->captured,
		.snapped = r->length > r->captured,
	};

	clear(f);
	f->kind = read_link(&c, r->link, f);
	return f->kind == FRAME_TCP || f->kind == FRAME_UDP;
}

/* Inline below; frame.h makes it an external one as well (C11 6.7.4). */
inline bool frame_parse(const struct frame_record *r, struct frame *ret)
{
	bool judged = plain_tcp(r, ret) || read_any(r, ret);

	ret->time_ns = r->time_ns;
	ret->number = r->number;
	return judged;
}

size_t frame_parse_many(const struct frame_record *r, size_t n, struct frame *ret,
			uint64_t kinds[FRAME_KINDS])
{
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		struct frame *f = &ret[good];

		good += frame_parse(&r[i], f);
		kinds[f->kind]++;
	}
	return good;
}

const char *frame_kind_name(enum frame_kind kind)
{
	static const char *const names[] = {
		[FRAME_TCP] = "tcp",
		[FRAME_UDP] = "udp",
		[FRAME_FRAGMENT] = "fragment",
		[FRAME_OTHER] = "other",
		[FRAME_SHORT] = "short",
		[FRAME_BAD] = "bad",
		[FRAME_UNKNOWN_LINK] = "unknown-link",
	};

	return kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}
