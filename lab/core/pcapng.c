// SPDX-License-Identifier: GPL-2.0
/*
 * pcapng.c - blocks of a pcapng file, made in memory
 *
 * A block: type, length, body, length again. Options within: code, length, value, all
 * padded to 32 bits; a list of options ends with code 0.
 */
#include "core/pcapng.h"

#include <string.h>

#include "core/utf8.h"

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1 };
enum { SHB_OS = 3, SHB_PROGRAM = 4 };
enum { IF_NAME = 2, IF_DESCRIPTION = 3, IF_TSRESOL = 9, IF_FILTER = 11 };
enum { ISB_OSDROP = 7, ISB_USRDELIV = 8 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define NANOSECONDS 9			/* if_tsresol: 10^-9 */

/* A block that is being written. */
struct block {
	uint8_t *start, *at;
};

static void put(struct block *b, const void *data, size_t len)
{
	memcpy(b->at, data, len);
	b->at += len;
}

static void put16(struct block *b, uint16_t v)
{
	put(b, &v, sizeof(v));
}

static void put32(struct block *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

/* High word first, whatever the byte order. */
static void put_time(struct block *b, uint64_t ns)
{
	put32(b, (uint32_t)(ns >> 32));
	put32(b, (uint32_t)ns);
}

static void pad(struct block *b)
{
	while ((b->at - b->start) % 4)
		*b->at++ = 0;
}

static struct block begin(uint8_t *buf, uint32_t type)
{
	struct block b = { buf, buf };

	put32(&b, type);
	put32(&b, 0);			/* end() knows */
	return b;
}

static size_t end(struct block *b)
{
	uint32_t len = (uint32_t)(b->at - b->start) + 4;

	memcpy(b->start + 4, &len, sizeof(len));
	put32(b, len);
	return len;
}

static void option(struct block *b, uint16_t code, const void *value, size_t len)
{
	put16(b, code);
	put16(b, (uint16_t)len);
	put(b, value, len);
	pad(b);
}

/* Bytes of @text that may go in; what is cut is cut between characters. */
static size_t text_length(const char *text, size_t max)
{
	size_t len = 0;

	while (text[len]) {
		uint32_t c;
		int n = utf8_decode(text + len, &c);

		n = n < 0 ? 1 : n;
		if (len + (size_t)n > max)
			break;
		len += (size_t)n;
	}
	return len;
}

static void text_option(struct block *b, uint16_t code, const char *text)
{
	if (text && *text)
		option(b, code, text, text_length(text, PCAPNG_TEXT_MAX));
}

/* A filter: a byte that says "as text", and the text. */
static void filter_option(struct block *b, const char *text)
{
	uint8_t value[PCAPNG_TEXT_MAX];
	size_t len;

	if (!text || !*text)
		return;
	len = text_length(text, sizeof(value) - 1);
	value[0] = 0;
	memcpy(value + 1, text, len);
	option(b, IF_FILTER, value, len + 1);
}

size_t pcapng_section(uint8_t *buf, const struct pcapng_section *s)
{
	const uint64_t unknown = UINT64_MAX;	/* length of the section */
	struct block b = begin(buf, BLOCK_SECTION);

	put32(&b, BYTE_ORDER_MAGIC);
	put16(&b, 1);
	put16(&b, 0);
	put(&b, &unknown, sizeof(unknown));
	text_option(&b, OPT_COMMENT, s->comment);
	text_option(&b, SHB_OS, s->os);
	text_option(&b, SHB_PROGRAM, s->program);
	option(&b, OPT_END, "", 0);
	return end(&b);
}

size_t pcapng_interface(uint8_t *buf, const struct pcapng_interface *i)
{
	const uint8_t resolution = NANOSECONDS;
	struct block b = begin(buf, BLOCK_INTERFACE);

	put16(&b, i->link);
	put16(&b, 0);
	put32(&b, i->snaplen);
	text_option(&b, IF_NAME, i->name);
	text_option(&b, IF_DESCRIPTION, i->description);
	option(&b, IF_TSRESOL, &resolution, sizeof(resolution));
	filter_option(&b, i->filter);
	option(&b, OPT_END, "", 0);
	return end(&b);
}

size_t pcapng_packet(uint8_t *buf, const struct frame_record *r)
{
	struct block b = begin(buf, BLOCK_PACKET);

	put32(&b, 0);			/* the interface */
	put_time(&b, r->time_ns);
	put32(&b, r->captured);
	put32(&b, r->length);
	put(&b, r->data, r->captured);
	pad(&b);
	return end(&b);
}

size_t pcapng_statistics(uint8_t *buf, const struct pcapng_statistics *s)
{
	struct block b = begin(buf, BLOCK_STATISTICS);

	put32(&b, 0);
	put_time(&b, s->time_ns);
	option(&b, ISB_OSDROP, &s->dropped, sizeof(s->dropped));
	option(&b, ISB_USRDELIV, &s->delivered, sizeof(s->delivered));
	option(&b, OPT_END, "", 0);
	return end(&b);
}
