/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_holes.h - the ranks that are missing below the highest rank seen
 *
 * Private to reorder_stream.c. A set of intervals that do not touch what has
 * arrived, in a balanced tree (an AA tree: Andersson 1993), so that no order of
 * arrival costs more than O(log n) for each.
 */
#ifndef OVSLAB_CORE_REORDER_HOLES_H
#define OVSLAB_CORE_REORDER_HOLES_H

#include <stdint.h>

struct reorder_hole {
	uint64_t start, end;
	uint32_t left, right;		/* nodes; 0 = none */
	uint32_t level;
};

/* Zeroed: none. */
struct reorder_holes {
	struct reorder_hole *node;	/* [size], node 0 stands for none; owned */
	uint32_t size, used;
	uint32_t root;
	uint32_t free;			/* a list, by left */
	uint32_t n;			/* how many holes */
};

void reorder_holes_free(struct reorder_holes *h);

/** reorder_holes_add() - add [start, end), which overlaps none; 0 or -ENOMEM */
int reorder_holes_add(struct reorder_holes *h, uint64_t start, uint64_t end);

/** reorder_holes_below() - the hole with the highest start <= @rank; NULL if none */
const struct reorder_hole *reorder_holes_below(const struct reorder_holes *h, uint64_t rank);

/**
 * reorder_holes_fill() - take [start, end) out of @hole, in which it lies
 *
 * Return: 0; -ENOMEM, and nothing is changed.
 */
int reorder_holes_fill(struct reorder_holes *h, const struct reorder_hole *hole,
		       uint64_t start, uint64_t end);

#endif
