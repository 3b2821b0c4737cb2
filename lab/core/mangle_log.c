// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_log.c - reading the log of the manglers of a place
 */
#include "core/mangle_log.h"

#include <string.h>

static uint64_t serial_of(const struct log_event *e)
{
	return __atomic_load_n(&e->serial, __ATOMIC_ACQUIRE);
}

uint64_t log_head(const struct log_event *ring, size_t slots)
{
	uint64_t head = 0, serial;

	for (size_t i = 0; i < slots; i++) {
		serial = serial_of(&ring[i]);
		head = serial > head ? serial : head;
	}
	return head;
}

/* The same serial before and after: nobody wrote to it meanwhile. */
static bool copy_whole(const struct log_event *slot, uint64_t serial, struct log_event *to)
{
	if (serial_of(slot) != serial)
		return false;
	memcpy(to, slot, sizeof(*to));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return serial_of(slot) == serial && to->serial == serial;
}

void log_read(const struct log_event *ring, size_t slots, uint64_t after, bool finished,
	      struct log_event *to, size_t room, struct log_got *ret)
{
	uint64_t head = log_head(ring, slots), oldest = head > slots ? head - slots + 1 : 1;
	struct log_got got = { 0 };

	if (head < after)		/* the slot of the last one is there, or this is another log */
		after = 0;
	got.last = after;
	if (oldest > after + 1) {
		got.lost = oldest - after - 1;
		got.last = oldest - 1;
	}
	while (got.last < head && got.n < room) {
		uint64_t serial = got.last + 1;
		const struct log_event *slot = &ring[LOG_SLOT(serial, slots)];

		if (copy_whole(slot, serial, &to[got.n]))
			got.n++;
		else if (finished || serial_of(slot) > serial)
			got.lost++;
		else
			break;
		got.last = serial;
	}
	got.more = got.last < head;
	*ret = got;
}

bool log_event_ok(const struct log_event *e)
{
	return e->serial && (e->family == 4 || e->family == 6) && e->stage < STAGES && e->kind;
}
