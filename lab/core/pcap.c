// SPDX-License-Identifier: GPL-2.0
/*
 * pcap.c - the classic capture file, walked in memory
 *
 * What is damage was chosen so that files which are merely odd pass: a fraction of up
 * to two seconds, frames beyond the snapshot length of the file header, or captured
 * with more bytes than they had (a trailer). Bytes that are no header meet one of the
 * bounds nearly always; a hole of zeros does.
 */
#include "core/pcap.h"

#include <string.h>

#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d
#define LINK_MASK 0x03ffffff		/* above: length of a frame check sequence */
#define AHEAD 8				/* records */
#define NS_PER_S UINT64_C(1000000000)

static inline uint32_t load(const uint8_t *p, bool swapped)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? __builtin_bswap32(v) : v;
}

bool pcap_walk_begin(struct pcap_walk *w, const uint8_t *data)
{
	uint32_t magic = load(data, false), link;
	uint16_t version[2];

	*w = (struct pcap_walk){
		.swapped = magic != MAGIC_US && magic != MAGIC_NS,
	};
	magic = load(data, w->swapped);
	if (magic != MAGIC_US && magic != MAGIC_NS)
		return false;
	memcpy(version, data + 4, sizeof(version));
	if (w->swapped)
		for (int i = 0; i < 2; i++)
			version[i] = __builtin_bswap16(version[i]);
	if (version[0] != 2 || version[1] != 4)
		return false;
	w->tick_ns = magic == MAGIC_NS ? 1 : 1000;
	link = load(data + 20, w->swapped) & LINK_MASK;
	w->link = link < 0xffff ? link : 0xffff;
	return true;
}

/* In a function of its own: it is seldom asked. */
static const char *what_is_wrong(uint32_t captured, uint32_t length)
{
	if (captured > PCAP_FRAME_MAX || length > PCAP_FRAME_MAX)
		return "a record longer than 1 MiB";
	if (length == 0)
		return "a record of an empty frame";
	return "a record whose fraction of a second is none";
}

/* Where a later header begins is known only by all before it; a guess, as if they were
 * all as long as this one, is right often enough. It may point beyond the buffer. */
static inline void prefetch(const uint8_t *p, size_t ahead)
{
	__builtin_prefetch((const void *)((uintptr_t)p + ahead));
	__builtin_prefetch((const void *)((uintptr_t)p + ahead + 64));
}

/* Two lengths that are copied as one vector would come out of it late, and the next
 * record waits for them: so no initializer, and members that do not lie side by side. */
static inline size_t walk(struct pcap_walk *w, bool swapped, const uint8_t *data, size_t len,
			  struct frame_record *ret, size_t max, size_t *ret_used)
{
	const uint8_t *p = data, *end = data + len;
	uint32_t tick_ns = w->tick_ns;
	uint64_t fraction_max = 2 * NS_PER_S / tick_ns;
	uint64_t number = w->number;
	size_t n = 0;

	while (n < max && end - p >= PCAP_RECORD_BYTES) {
		uint32_t fraction = load(p + 4, swapped);
		uint32_t captured = load(p + 8, swapped), length = load(p + 12, swapped);

		if (captured > PCAP_FRAME_MAX || length > PCAP_FRAME_MAX || length == 0 ||
		    fraction >= fraction_max) {
			w->damage = what_is_wrong(captured, length);
			break;
		}
		if ((size_t)(end - p) - PCAP_RECORD_BYTES < captured)
			break;
		ret[n].data = p + PCAP_RECORD_BYTES;
		ret[n].captured = captured;
		ret[n].length = length;
		ret[n].link = w->link;
		ret[n].time_ns = load(p, swapped) * NS_PER_S + (uint64_t)fraction * tick_ns;
		ret[n++].number = ++number;
		p += PCAP_RECORD_BYTES + captured;
		prefetch(p, AHEAD * (PCAP_RECORD_BYTES + (size_t)captured));
	}
	w->number = number;
	*ret_used = p - data;
	return n;
}

size_t pcap_walk_next(struct pcap_walk *w, const uint8_t *data, size_t len,
		      struct frame_record *ret, size_t max, size_t *ret_used)
{
	/* two copies of the loop, each without a question of order */
	return w->swapped ? walk(w, true, data, len, ret, max, ret_used) :
			    walk(w, false, data, len, ret, max, ret_used);
}
