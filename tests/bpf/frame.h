/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - build Ethernet frames for tests, and check every checksum in them
 *
 * Independent of bpf/pkt.h on purpose: it writes bytes where the RFCs say.
 */
#ifndef TESTS_FRAME_H
#define TESTS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct frame_spec {
	int vlans;			/* tags: 0, 1, 2, ... */
	int family;			/* 4 or 6; 0 = 4 */
	int ip_opt_words;		/* IPv4 options, 4 bytes each */
	int frag_units;			/* fragment offset, 8 bytes each */
	bool more_frags;
	uint8_t ext[8];			/* IPv6 extension headers; ends with 255 */
	int n_ext;
	uint8_t proto;			/* 0 = TCP */
	int tcp_opt_words;
	uint8_t tcp_flags;		/* 0 = ACK, see raw_flags */
	bool raw_flags;			/* take tcp_flags as it is */
	uint8_t icmp_type;
	uint32_t seq;
	uint16_t sport, ip_id;
	int payload;			/* bytes after the layer 4 header */
	uint8_t ttl;			/* 0 = 64 */
	int padding;			/* bytes after the IP packet */
};

struct frame {
	uint8_t data[4096];
	size_t len, l3, l4, ip_end;
	int family;
	uint8_t proto;
	bool fragment;
};

static inline void put16(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static inline uint32_t sum16(const uint8_t *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += at[i] << 8 | at[i + 1];
	if (len & 1)
		sum += at[len - 1] << 8;
	return sum;
}

/* The checksum field that makes everything add up; 0 if it does already. */
static inline uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static inline uint16_t l4_sum(const struct frame *f)
{
	size_t len = f->ip_end - f->l4;
	uint32_t sum = sum16(f->data + f->l4, len) + f->proto + len;

	if (f->family == 4 && f->proto == 1)
		return fold(sum16(f->data + f->l4, len));
	if (f->family == 4)
		return fold(sum + sum16(f->data + f->l3 + 12, 8));
	return fold(sum + sum16(f->data + f->l3 + 8, 32));
}

static inline size_t check_at(const struct frame *f)
{
	return f->l4 + (f->proto == 6 ? 16 : f->proto == 17 ? 6 : 2);
}

/* True if the IPv4 header's and layer 4's checksums are right. */
static inline bool frame_sums_ok(const struct frame *f)
{
	if (f->family == 4 && fold(sum16(f->data + f->l3, f->l4 - f->l3)))
		return false;
	return f->fragment || !l4_sum(f);
}

static inline void add_ether(struct frame *f, const struct frame_spec *s)
{
	memcpy(f->data, "\x02\0\0\0\0\2\x02\0\0\0\0\1", 12);
	f->len = 12;
	for (int i = 0; i < s->vlans; i++) {
		put16(f->data + f->len, i + 1 < s->vlans ? 0x88a8 : 0x8100);
		put16(f->data + f->len + 2, 100 + i);
		f->len += 4;
	}
	put16(f->data + f->len, f->family == 4 ? 0x0800 : 0x86dd);
	f->len += 2;
	f->l3 = f->len;
}

static inline void add_ipv4(struct frame *f, const struct frame_spec *s)
{
	uint8_t *ip = f->data + f->l3;
	int words = 5 + s->ip_opt_words;

	ip[0] = 0x40 | words;
	put16(ip + 4, s->ip_id);
	put16(ip + 6, (s->more_frags ? 0x2000 : 0x4000) | s->frag_units);
	if (s->frag_units)
		ip[6] &= ~0x40;
	ip[8] = s->ttl ?: 64;
	ip[9] = f->proto;
	put32(ip + 12, 0xc6120001);
	put32(ip + 16, 0xc6120002);
	memset(ip + 20, 1, s->ip_opt_words * 4);	/* NOP */
	f->len += words * 4;
	f->fragment = s->frag_units || s->more_frags;
}

static inline size_t add_ext(struct frame *f, const struct frame_spec *s, int i)
{
	uint8_t *ext = f->data + f->len, type = s->ext[i];
	size_t len = type == 51 ? 24 : type == 60 ? 16 : 8;

	ext[0] = i + 1 < s->n_ext ? s->ext[i + 1] : f->proto;
	if (type == 44) {
		put16(ext + 2, s->frag_units << 3 | s->more_frags);
		f->fragment = true;
	} else {
		ext[1] = type == 51 ? 24 / 4 - 2 : len / 8 - 1;
		if (type != 51) {
			ext[2] = 1;			/* PadN */
			ext[3] = len - 4;
		}
	}
	return len;
}

static inline void add_ipv6(struct frame *f, const struct frame_spec *s)
{
	uint8_t *ip = f->data + f->l3;

	ip[0] = 0x60;
	ip[6] = s->n_ext ? s->ext[0] : f->proto;
	ip[7] = s->ttl ?: 64;
	put32(ip + 8, 0xfd000000);
	put32(ip + 20, 1);
	put32(ip + 24, 0xfd000000);
	put32(ip + 36, 2);
	f->len += 40;
	for (int i = 0; i < s->n_ext; i++)
		f->len += add_ext(f, s, i);
}

static inline void add_tcp(struct frame *f, const struct frame_spec *s)
{
	uint8_t *tcp = f->data + f->l4;
	int words = 5 + s->tcp_opt_words;

	put16(tcp, s->sport ?: 40000);
	put16(tcp + 2, 5201);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, 77);
	tcp[12] = words << 4;
	tcp[13] = s->raw_flags || s->tcp_flags ? s->tcp_flags : 0x10;
	put16(tcp + 14, 500);
	memset(tcp + 20, 1, s->tcp_opt_words * 4);
	f->len += words * 4;
}

static inline void add_l4(struct frame *f, const struct frame_spec *s)
{
	uint8_t *l4 = f->data + f->l4;

	if (f->proto == 6) {
		add_tcp(f, s);
	} else if (f->proto == 17) {
		put16(l4, s->sport ?: 40000);
		put16(l4 + 2, 53);
		put16(l4 + 4, 8 + s->payload);
		f->len += 8;
	} else {
		l4[0] = s->icmp_type;
		f->len += 8;
	}
}

static inline void frame_sums(struct frame *f)
{
	uint8_t *ip = f->data + f->l3;

	if (f->family == 4) {
		put16(ip + 2, f->ip_end - f->l3);
		put16(ip + 10, fold(sum16(ip, f->l4 - f->l3)));
	} else {
		put16(ip + 4, f->ip_end - f->l3 - 40);
	}
	put16(f->data + check_at(f), l4_sum(f));
}

static inline void frame_build(struct frame *f, const struct frame_spec *s)
{
	memset(f, 0, sizeof(*f));
	f->family = s->family ?: 4;
	f->proto = s->proto ?: 6;
	add_ether(f, s);
	if (f->family == 4)
		add_ipv4(f, s);
	else
		add_ipv6(f, s);
	f->l4 = f->len;
	add_l4(f, s);
	for (int i = 0; i < s->payload; i++)
		f->data[f->len++] = i * 7 + 1;
	f->ip_end = f->len;
	frame_sums(f);
	memset(f->data + f->len, 0xee, s->padding);
	f->len += s->padding;
}

static inline uint8_t frame_tcp_flags(const struct frame *f)
{
	return f->data[f->l4 + 13];
}

static inline uint8_t frame_ttl(const struct frame *f)
{
	return f->data[f->l3 + (f->family == 4 ? 8 : 7)];
}

/* Shapes of TCP data packets that every program must find its way in. */
struct frame_shape {
	const char *name;
	struct frame_spec spec;
};

static const struct frame_shape tcp_shapes[] = {
	{ "plain", { .payload = 100 } },
	{ "odd payload", { .payload = 101 } },
	{ "padded", { .payload = 1, .padding = 5 } },
	{ "VLAN", { .vlans = 1, .payload = 100 } },
	{ "QinQ", { .vlans = 2, .payload = 100 } },
	{ "IP options", { .ip_opt_words = 10, .payload = 100 } },
	{ "TCP options", { .tcp_opt_words = 10, .payload = 100 } },
	{ "both options, QinQ", { .vlans = 2, .ip_opt_words = 3,
				  .tcp_opt_words = 3, .payload = 33 } },
	{ "IPv6", { .family = 6, .payload = 100 } },
	{ "IPv6 VLAN", { .family = 6, .vlans = 1, .payload = 100 } },
	{ "IPv6 QinQ", { .family = 6, .vlans = 2, .payload = 100 } },
	{ "IPv6 hop-by-hop", { .family = 6, .ext = { 0 }, .n_ext = 1,
			       .payload = 100 } },
	{ "IPv6 chain", { .family = 6, .ext = { 0, 60, 43, 51, 60 }, .n_ext = 5,
			  .payload = 100, .tcp_opt_words = 3 } },
	{ "IPv6 six headers", { .family = 6, .ext = { 0, 60, 43, 51, 60, 135 },
				.n_ext = 6, .payload = 100 } },
};

/* What must be left alone although it is or contains TCP. */
static const struct frame_shape not_tcp_shapes[] = {
	{ "three tags", { .vlans = 3, .payload = 100 } },
	{ "later fragment", { .frag_units = 10, .payload = 100 } },
	{ "later fragment, more", { .frag_units = 10, .more_frags = true,
				    .payload = 100 } },
	{ "IPv6 later fragment", { .family = 6, .ext = { 44 }, .n_ext = 1,
				   .frag_units = 10, .payload = 100 } },
	{ "IPv6 seven headers", { .family = 6, .n_ext = 7,
				  .ext = { 0, 60, 43, 51, 60, 135, 60 },
				  .payload = 100 } },
	{ "UDP", { .proto = 17, .payload = 100 } },
	{ "ICMP", { .proto = 1, .icmp_type = 8, .payload = 100 } },
	{ "IPv6 UDP", { .family = 6, .proto = 17, .payload = 100 } },
};

#endif
