// SPDX-License-Identifier: GPL-2.0
/*
 * make-capture.c - a capture to measure readers with, always the same
 *
 *	make-capture PACKETS FLOWS SNAPLEN REORDERED >FILE
 *
 * TCP over IPv4 with timestamps: after every two data packets of a flow an ACK
 * comes back. Flows are interleaved in bursts of up to 8 packets. Of 1,000,000
 * data packets, REORDERED are overtaken by their successor.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS = 14 + 20 + 32, PAYLOAD = 1448, BUFFER = 1 << 22 };

struct flow {
	uint32_t seq, acked;
	uint16_t id, ack_id;
	uint8_t unacked;
};

struct capture {
	uint32_t snaplen;
	uint64_t time_us, n, packets;
	uint64_t random;
};

static uint64_t next_random(struct capture *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

struct segment {
	uint32_t seq, ack, len, flow;
	uint16_t id;
	int back;			/* an ACK: from the receiver */
};

static void fill(uint8_t *p, const struct segment *s, uint64_t time_us)
{
	uint8_t *ip = p + 14, *tcp = p + 34;
	uint32_t client = 0xc6120000 + s->flow / 60000, server = 0xc6130001;

	memset(p, 0, HEADERS);
	put16(p + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 52 + s->len);
	put16(ip + 4, s->id);
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, s->back ? server : client);
	put32(ip + 16, s->back ? client : server);
	put16(tcp, s->back ? 5201 : 1024 + s->flow % 60000);
	put16(tcp + 2, s->back ? 1024 + s->flow % 60000 : 5201);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = 0x80;
	tcp[13] = 0x10;
	put16(tcp + 14, 501);
	tcp[20] = tcp[21] = 1;
	tcp[22] = 8;
	tcp[23] = 10;
	put32(tcp + 24, (uint32_t)(time_us / 1000));
	put32(tcp + 28, (uint32_t)(time_us / 1000));
}

static void write_packet(struct capture *c, const struct segment *s)
{
	static uint8_t packet[HEADERS + PAYLOAD];
	uint32_t length = HEADERS + s->len;
	uint32_t kept = length < c->snaplen ? length : c->snaplen;
	uint32_t header[4] = { (uint32_t)(c->time_us / 1000000), (uint32_t)(c->time_us % 1000000),
			       kept, length };

	if (c->n == c->packets)
		return;
	fill(packet, s, c->time_us);
	fwrite(header, sizeof(header), 1, stdout);
	fwrite(packet, kept, 1, stdout);
	c->time_us += 2;
	c->n++;
}

static void send_data(struct capture *c, struct flow *f, uint32_t flow, unsigned int place)
{
	write_packet(c, &(struct segment){ .seq = f->seq + place * PAYLOAD, .ack = 1, .len = PAYLOAD,
					   .flow = flow, .id = (uint16_t)(f->id + place) });
}

/* The next two packets of a flow, and the ACK for them. */
static void send_two(struct capture *c, struct flow *f, uint32_t flow, uint64_t reordered)
{
	unsigned int swap = next_random(c) % 500000 < reordered;

	send_data(c, f, flow, swap);
	send_data(c, f, flow, !swap);
	f->seq += 2 * PAYLOAD;
	f->id += 2;
	write_packet(c, &(struct segment){ .seq = 1, .ack = f->seq, .flow = flow,
					   .id = f->ack_id++, .back = 1 });
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || end == text) {
		fprintf(stderr, "make-capture: '%s' is not a number\n", text);
		exit(2);
	}
	return v;
}

int main(int argc, char **argv)
{
	struct { uint32_t magic; uint16_t major, minor; uint32_t zone, digits, snaplen, link; } head = {
		0xa1b2c3d4, 2, 4, 0, 0, 262144, 1
	};
	struct capture c = { .time_us = 1700000000000000, .random = 88172645463325252 };
	uint64_t flows, reordered;
	struct flow *flow;

	if (argc != 5) {
		fputs("usage: make-capture PACKETS FLOWS SNAPLEN REORDERED >FILE\n", stderr);
		return 2;
	}
	c.packets = number(argv[1]);
	flows = number(argv[2]);
	c.snaplen = (uint32_t)number(argv[3]);
	reordered = number(argv[4]);
	/* pages of the cache as large as a file has that was read from disk, or copied */
	setvbuf(stdout, NULL, _IOFBF, BUFFER);
	flow = calloc(flows ? flows : 1, sizeof(*flow));
	if (!flow || !flows || c.snaplen < HEADERS)
		return 2;
	for (uint64_t i = 0; i < flows; i++)
		flow[i] = (struct flow){ .seq = (uint32_t)next_random(&c), .id = (uint16_t)next_random(&c) };
	head.snaplen = c.snaplen;
	fwrite(&head, sizeof(head), 1, stdout);
	for (uint64_t i = 0; c.n < c.packets; i++) {
		/* every flow has its turn, so that all of them are there */
		uint64_t at = i < flows ? i : next_random(&c) % flows;

		for (uint64_t burst = i < flows ? 1 : 1 + next_random(&c) % 3; burst; burst--)
			send_two(&c, &flow[at], (uint32_t)at, reordered);
	}
	free(flow);
	return fflush(stdout) ? 1 : 0;
}
