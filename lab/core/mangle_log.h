/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangle_log.h - reading the log of the manglers of a place
 *
 * The log is an array that the program writes round and round (bpf/stage.h); readers
 * look at it as it is, and take nothing away. Here is what a reader does, whatever
 * memory the array is in: the kernel's, mapped, or a copy that a guest has sent.
 */
#ifndef OVSLAB_CORE_MANGLE_LOG_H
#define OVSLAB_CORE_MANGLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/stage.h"

/* Where the program puts the event of this serial. */
#define LOG_SLOT(serial, slots) (((serial) - 1) % (slots))

/* What a look at the log gave. */
struct log_got {
	size_t n;			/* events */
	uint64_t last;			/* go on after this one */
	uint64_t lost;			/* events before them that were overwritten, or torn */
	bool more;			/* there are some already */
};

/**
 * log_read() - the events after one, in their order, each of them whole
 * @ring:	[@slots], maybe being written
 * @after:	serial of the last one that is known; 0 for none
 * @to:		[@room]
 * @finished:	an event that is not whole never will be: it is lost. Else the look ends
 *		before it, and the next one has it
 *
 * A log that ends before @after is another one: it is read from its beginning.
 */
void log_read(const struct log_event *ring, size_t slots, uint64_t after, bool finished,
	      struct log_event *to, size_t room, struct log_got *ret);

/** log_head() - the highest serial, 0 for an empty log */
uint64_t log_head(const struct log_event *ring, size_t slots);

/** log_event_ok() - can be one of ours: for those that a guest has sent */
bool log_event_ok(const struct log_event *e);

/** log_server_port() - the port of the server: the one by which connections are numbered */
static inline uint16_t log_server_port(const struct log_event *e)
{
	return e->flags & LOG_FROM_SERVER ? e->sport : e->dport;
}

#endif
