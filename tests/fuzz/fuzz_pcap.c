// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_pcap.c - any bytes as a classic capture file; in pieces, and as a whole
 */
#include "core/pcap.h"
#include "fuzz.h"

struct summary {
	uint64_t records, bytes, times;
	size_t at;			/* where the walk stopped */
	const char *damage;
};

/* The bytes become known @piece at a time; as many as @room records are asked for. */
static void walk(const uint8_t *data, size_t size, size_t piece, size_t room,
		 struct summary *s)
{
	struct frame_record r[16];
	struct pcap_walk w;
	struct frame f;
	size_t have = PCAP_HEADER_BYTES, used, n;

	*s = (struct summary){ .at = PCAP_HEADER_BYTES };
	must(pcap_walk_begin(&w, data));
	do {
		have = piece < size - have ? have + piece : size;
		do {
			n = pcap_walk_next(&w, data + s->at, have - s->at, r, room, &used);
			must(n <= room && used <= have - s->at);
			s->at += used;
			for (size_t i = 0; i < n; i++) {
				must(r[i].number == ++s->records);
				s->bytes += r[i].captured;
				s->times ^= r[i].time_ns;
				fuzz_frame(&r[i], &f);
			}
		} while (n == room);
	} while (have < size && !w.damage);
	s->damage = w.damage;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct summary whole, pieces;
	struct pcap_walk w;

	if (size < PCAP_HEADER_BYTES || !pcap_walk_begin(&w, data))
		return 0;
	walk(data, size, size, 16, &whole);
	walk(data, size, 1 + size % 61, 1 + size % 3, &pieces);
	must(whole.records == pieces.records && whole.bytes == pieces.bytes);
	must(whole.times == pieces.times && whole.at == pieces.at);
	must(whole.damage == pieces.damage);
	return 0;
}
