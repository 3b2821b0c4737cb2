/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_lives.h - what the probes sent and left behind, as flows
 *
 * No BPF object is touched here: bytes in, an observation out. A life is what
 * one flow record was of one flow at one point (bpf/flow.h).
 */
#ifndef OVSLAB_HOST_BPF_LIVES_H
#define OVSLAB_HOST_BPF_LIVES_H

#include "bpf/flow.h"
#include "core/observe.h"

#define LIVES_EVENTS_MAX (2 * 1024 * 1024)	/* 80 MiB; later ones are dropped */
#define LIVES_MAX (512 * 1024)			/* half as many lives; 72 MiB */

struct life {
	struct flow_key key;
	struct flow_state state;
	bool known;			/* else only key, id, by_syn, first_seq: the
					 * closing figures did not come (yet) */
};

/* Zeroed, it is empty. */
struct lives {
	struct flow_event *events;
	size_t n_events, events_room;
	struct life *v;
	size_t n, room;
	uint64_t dropped;		/* no room here */
};

/**
 * lives_take() - keep one record of the ring buffer
 * @size:	tells what it is; what is none of ours counts as dropped
 */
void lives_take(struct lives *l, const void *record, size_t size);

/** lives_add() - keep the figures of a life: those of a flow record at the end */
void lives_add(struct lives *l, const struct flow_key *key, const struct flow_state *state);

/**
 * lives_collect() - put lives, events and both points of each flow together
 * @totals:	by enum flow_point, summed over CPUs
 * @ret:	to be released with observation_release() (bpf_probe.h)
 *
 * The lives of a flow whose record was given away become one flow again, marked
 * as evicted. Sorts what @l holds.
 *
 * Return: 0, or -ENOMEM.
 */
int lives_collect(struct lives *l, const struct flow_totals totals[2],
		  struct observation *ret);

/** lives_free() - release what @l owns, and zero it */
void lives_free(struct lives *l);

#endif
