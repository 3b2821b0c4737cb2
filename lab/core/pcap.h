/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pcap.h - the classic capture file, format 2.4, walked in memory
 *
 * A file header of 24 bytes, then records: a header of 16 bytes (seconds, fraction,
 * captured and real length, in the writer's byte order) and the frame. There is no
 * mark to find a record by, so a wrong length spoils all that follows: a header that
 * cannot be one is damage, and ends the walk. (draft-ietf-opsawg-pcap)
 */
#ifndef OVSLAB_CORE_PCAP_H
#define OVSLAB_CORE_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

#define PCAP_HEADER_BYTES 24
#define PCAP_RECORD_BYTES 16
/* Of a frame. The longest that Linux builds are 512 KiB super-packets. */
#define PCAP_FRAME_MAX (1 << 20)

struct pcap_walk {
	bool swapped;			/* not in this machine's byte order */
	uint32_t tick_ns;		/* unit of the fraction: 1000 or 1 */
	uint16_t link;			/* LINKTYPE_*; 0xffff if it does not fit */
	uint64_t number;		/* of the last record handed out */
	const char *damage;		/* why there is no next record; or NULL */
};

/**
 * pcap_walk_begin() - read a file header
 * @data:	PCAP_HEADER_BYTES
 *
 * Return: whether it is format 2.4, with micro- or nanoseconds
 */
bool pcap_walk_begin(struct pcap_walk *w, const uint8_t *data);

/**
 * pcap_walk_next() - hand out the whole records at the beginning of a piece of the file
 * @data:	it begins where the previous call stopped
 * @len:	bytes
 * @ret:	[@max]; their data point into @data
 * @ret_used:	bytes that they take
 *
 * Return: how many. If fewer than @max, the next record is not whole, or is none:
 * @w->damage then says why.
 */
size_t pcap_walk_next(struct pcap_walk *w, const uint8_t *data, size_t len,
		      struct frame_record *ret, size_t max, size_t *ret_used);

#endif
