/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trigger.h - which of the eligible packets: ranges, shares, seeds, limits
 *
 * No maps and no clock, so it runs natively too. What counts the packets of one
 * connection is in conn.h.
 */
#ifndef OVSLAB_BPF_TRIGGER_H
#define OVSLAB_BPF_TRIGGER_H

#include "choose.h"
#include "stage.h"

/**
 * trigger_in_range() - whether the range of payload takes a packet
 * @offset:	of the packet's first byte in its connection
 *
 * The first byte decides: a packet that begins before the range is not in it.
 */
PKT_FN int trigger_in_range(const struct trigger *t, __u64 offset)
{
	return offset >= t->from && (!t->to || offset < t->to);
}

/** trigger_is_drawn() - a random number decides */
PKT_FN int trigger_is_drawn(const struct trigger *t)
{
	return t->ratio > 1 && !t->nth && !t->every;
}

/**
 * trigger_seeded() - the random number of a place in a stream
 * @ordinal:	of the connection among those to @server, from 1
 * @server:	the port of the server
 * @id:		what is the same in each run: conn_pos.id
 *
 * Ports and sequence numbers of a client differ between runs, so neither is in it.
 */
PKT_FN __u64 trigger_seeded(__u64 seed, __u32 ordinal, __u16 server, __u64 id)
{
	return choose_random(choose_random(seed, (__u64)ordinal << 16 | server), id);
}

/** trigger_expired() - the time is over; @now_ns by the clock of trigger.until_ns */
PKT_FN int trigger_expired(const struct trigger *t, __u64 now_ns)
{
	return now_ns >= t->until_ns;
}

/**
 * trigger_take() - take one of @limit
 * @taken:	how many have been, on all CPUs
 *
 * Return: 1; or 0 if none is left. What was taken in vain goes back by
 * trigger_give_back(): so never more than @limit are kept, and those who ask at that
 * moment may be refused the last one.
 */
PKT_FN int trigger_take(__u64 *taken, __u32 limit)
{
	if (*(volatile __u64 *)taken >= limit)
		return 0;
	if (__sync_fetch_and_add(taken, 1) < limit)
		return 1;
	__sync_fetch_and_add(taken, -1);
	return 0;
}

PKT_FN void trigger_give_back(__u64 *taken)
{
	__sync_fetch_and_add(taken, -1);
}

#endif
