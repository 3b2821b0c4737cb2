/* SPDX-License-Identifier: GPL-2.0 */
/*
 * upcall_notes.h - what was noted of the packets that a datapath handed to vswitchd
 */
#ifndef OVSLAB_CORE_UPCALL_NOTES_H
#define OVSLAB_CORE_UPCALL_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/attribute.h"
#include "core/two.h"

#define UPCALL_NOTES_MAX 65536
#define UPCALL_NOTES_FILE "upcalls.json"	/* beside captures */

/* What the datapath hands a packet up for: OVS_PACKET_CMD_* of linux/openvswitch.h. */
enum upcall_command { UPCALL_UNKNOWN, UPCALL_MISS, UPCALL_ACTION };

/* Of TCP and UDP with payload, in each direction. Zeroed, there are none, and it is not known. */
struct upcall_notes {
	bool known;			/* all of them are in @v */
	char *why_not;			/* else; owned. Not for a terminal as it is */
	uint64_t from_ns, to_ns;	/* CLOCK_REALTIME: noted was what entered in that time */
	uint64_t total;			/* a packet may have two */
	uint64_t actions;		/* ... by an action, of those in @v */
	uint64_t lost;			/* ... that there was no room for */
	struct attribute_mark *v;	/* [n], in the order of their coming; owned */
	size_t n;
};

/** upcall_notes_two() - them for two_upcalls() */
static inline struct two_upcalls upcall_notes_two(const struct upcall_notes *u)
{
	return (struct two_upcalls){ u->v, u->n, u->from_ns, u->to_ns };
}

static inline void upcall_notes_free(struct upcall_notes *u)
{
	free(u->why_not);
	free(u->v);
	*u = (struct upcall_notes){ 0 };
}

#endif
