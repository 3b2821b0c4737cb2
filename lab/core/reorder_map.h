/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_map.h - a flow's bytes cut at every boundary that either tap saw
 *
 * Private to the two-point metrics.
 */
#ifndef OVSLAB_CORE_REORDER_MAP_H
#define OVSLAB_CORE_REORDER_MAP_H

#include "core/reorder_runs.h"

#define REORDER_NO_TX UINT32_MAX

/* Packets that entered the switch together: a run's part within one cell. */
struct reorder_tx {
	uint64_t rank;			/* once all are matched: order of entering, of
					 * those that left; the first packet's */
	uint64_t weight;		/* packets; a piece of one counts as one */
	uint32_t run;			/* in the ingress runs */
	uint32_t cell;
	uint32_t next;			/* of this cell, that has not left; or that has */
	bool inside;			/* begins inside a packet that was cut */
	bool again;			/* these bytes had entered before */
	bool left;			/* seen at the egress tap */
	bool joined;			/* it left right after the piece before it, so that
					 * their packet counts once */
};

/*
 * Cell c is the bytes pos[c] ... pos[c + 1]. No run begins or ends inside one, so
 * what a run has in it moves as a whole. Where bytes entered more than once and
 * the packets are known, or all of one length, none begins or ends inside one either.
 */
struct reorder_map {
	uint64_t *pos;			/* [n_pos], ascending */
	size_t n_pos;			/* cells + 1, or 0 */
	uint64_t *before;		/* [n_pos]: first transmissions below pos; NULL if
					 * the packets are known */
	struct reorder_tx *tx;		/* [n_tx], in the order of entering */
	size_t n_tx;
	uint32_t *first;		/* [n_pos]: the first tx of the cell, and the first */
	uint32_t *waiting;		/* that has not left; or REORDER_NO_TX */
	uint32_t *gone;			/* the last that has left; or REORDER_NO_TX */
	uint64_t estimated;		/* cuts placed by packet size alone */
};

/**
 * reorder_map() - cut the bytes of a flow and order what entered the switch
 * @in:		ingress runs, cut
 * @out:	egress runs
 * @same_units:	a packet is the same packet at both taps (no GRO, no GSO between)
 *
 * Return: 0; -E2BIG if the runs overlap so often that this would not end; -ENOMEM.
 */
int reorder_map(const struct reorder_runs *in, const struct reorder_runs *out,
		bool same_units, struct reorder_map *ret);
void reorder_map_free(struct reorder_map *m);

/** reorder_map_cell() - the index of @pos among the cuts; it must be one */
size_t reorder_map_cell(const struct reorder_map *m, uint64_t pos);

#endif
