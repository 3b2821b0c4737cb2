// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_holes.c - the ranks that are missing below the highest rank seen
 */
#include "core/reorder_holes.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define FIRST_SIZE 4

void reorder_holes_free(struct reorder_holes *h)
{
	free(h->node);
	*h = (struct reorder_holes){ 0 };
}

/* ---- the tree ------------------------------------------------------------ */

/* A left child of the same level goes up. */
static uint32_t skew(struct reorder_hole *node, uint32_t t)
{
	uint32_t l = node[t].left;

	if (!t || !l || node[l].level != node[t].level)
		return t;
	node[t].left = node[l].right;
	node[l].right = t;
	return l;
}

/* Of three of the same level to the right, the middle one goes up. */
static uint32_t split(struct reorder_hole *node, uint32_t t)
{
	uint32_t r = node[t].right;

	if (!t || !r || node[node[r].right].level != node[t].level)
		return t;
	node[t].right = node[r].left;
	node[r].left = t;
	node[r].level++;
	return r;
}

static uint32_t insert(struct reorder_hole *node, uint32_t t, uint32_t new)
{
	if (!t)
		return new;
	if (node[new].start < node[t].start)
		node[t].left = insert(node, node[t].left, new);
	else
		node[t].right = insert(node, node[t].right, new);
	return split(node, skew(node, t));
}

static uint32_t rebalance(struct reorder_hole *node, uint32_t t)
{
	uint32_t l = node[node[t].left].level, r = node[node[t].right].level;
	uint32_t level = (l < r ? l : r) + 1;

	if (level < node[t].level) {
		node[t].level = level;
		if (level < r)
			node[node[t].right].level = level;
	}
	t = skew(node, t);
	r = node[t].right = skew(node, node[t].right);
	if (r)
		node[r].right = skew(node, node[r].right);
	t = split(node, t);
	node[t].right = split(node, node[t].right);
	return t;
}

static uint32_t outermost(const struct reorder_hole *node, uint32_t t, bool left)
{
	while (left ? node[t].left : node[t].right)
		t = left ? node[t].left : node[t].right;
	return t;
}

/* Remove the node that begins at @start; *@ret_freed is the one that is now unused. */
static uint32_t without(struct reorder_hole *node, uint32_t t, uint64_t start,
			uint32_t *ret_freed)
{
	if (start < node[t].start) {
		node[t].left = without(node, node[t].left, start, ret_freed);
	} else if (start > node[t].start) {
		node[t].right = without(node, node[t].right, start, ret_freed);
	} else if (!node[t].left && !node[t].right) {
		*ret_freed = t;
		return 0;
	} else {
		bool right = !node[t].left;
		uint32_t heir = outermost(node, right ? node[t].right : node[t].left, right);

		node[t].start = node[heir].start;
		node[t].end = node[heir].end;
		if (right)
			node[t].right = without(node, node[t].right, node[t].start, ret_freed);
		else
			node[t].left = without(node, node[t].left, node[t].start, ret_freed);
	}
	return rebalance(node, t);
}

/* ---- the set ------------------------------------------------------------- */

static int make_room(struct reorder_holes *h)
{
	uint32_t size = h->size ? 2 * h->size : FIRST_SIZE;
	struct reorder_hole *node;

	if (h->free || (h->used && h->used < h->size))
		return 0;
	if (size < h->size)
		return -ENOMEM;
	node = realloc(h->node, size * sizeof(*node));
	if (!node)
		return -ENOMEM;
	if (!h->used) {
		node[0] = (struct reorder_hole){ 0 };
		h->used = 1;
	}
	h->node = node;
	h->size = size;
	return 0;
}

int reorder_holes_add(struct reorder_holes *h, uint64_t start, uint64_t end)
{
	uint32_t new;

	if (make_room(h))
		return -ENOMEM;
	new = h->free;
	if (new)
		h->free = h->node[new].left;
	else
		new = h->used++;
	h->node[new] = (struct reorder_hole){ .start = start, .end = end, .level = 1 };
	h->root = insert(h->node, h->root, new);
	h->n++;
	return 0;
}

const struct reorder_hole *reorder_holes_below(const struct reorder_holes *h, uint64_t rank)
{
	const struct reorder_hole *found = NULL;
	uint32_t t = h->root;

	while (t) {
		if (h->node[t].start > rank) {
			t = h->node[t].left;
		} else {
			found = &h->node[t];
			t = h->node[t].right;
		}
	}
	return found;
}

static void remove_hole(struct reorder_holes *h, uint64_t start)
{
	uint32_t freed = 0;

	h->root = without(h->node, h->root, start, &freed);
	h->node[freed].left = h->free;
	h->free = freed;
	h->n--;
}

int reorder_holes_fill(struct reorder_holes *h, const struct reorder_hole *hole,
		       uint64_t start, uint64_t end)
{
	size_t k = (size_t)(hole - h->node);
	struct reorder_hole old = *hole;

	if (start == old.start && end == old.end) {
		remove_hole(h, start);
	} else if (start == old.start) {
		h->node[k].start = end;	/* still below the hole above it */
	} else {
		if (end < old.end && reorder_holes_add(h, end, old.end))
			return -ENOMEM;
		h->node[k].end = start;
	}
	return 0;
}
