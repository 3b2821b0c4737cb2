// SPDX-License-Identifier: GPL-2.0
/*
 * one_hole.c - what a flow that is out of order remembers: holes and arrivals
 */
#include "core/one_hole.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/search.h"

/* What the stream's window takes beside each arrival that is kept here. */
#define STREAM_BYTES 64

/* Grow an array of @size bytes each from @old to @room; @extra is accounted for only. */
static void *grow(void *p, uint32_t old, uint32_t room, size_t size, size_t extra,
		  struct one_budget *b)
{
	size_t more = (room - old) * (size + extra);
	void *grown;

	if (more > b->max - b->used)
		return NULL;
	grown = realloc(p, room * size);
	if (grown)
		b->used += more;
	return grown;
}

struct one_disorder *one_disorder_new(struct one_budget *b)
{
	struct one_disorder *d = grow(NULL, 0, 1, sizeof(*d), 0, b);

	if (d)
		*d = (struct one_disorder){ .due = UINT64_MAX };
	return d;
}

void one_disorder_free(struct one_disorder *d, struct one_budget *b)
{
	if (!d)
		return;
	b->used -= sizeof(*d) + d->holes_room * sizeof(*d->hole) +
		   d->arrivals_room * (sizeof(*d->arrival) + STREAM_BYTES);
	free(d->hole);
	free(d->arrival);
	free(d);
}

/* Make room by forgetting all but the last @most. */
static void forget_old(struct one_disorder *d, uint32_t most)
{
	uint32_t old = d->n_arrivals - most;

	memmove(d->arrival, &d->arrival[old], most * sizeof(*d->arrival));
	d->n_arrivals = most;
	d->base += old;
}

static int more_arrivals(struct one_disorder *d, uint32_t most, struct one_budget *b)
{
	uint32_t room = d->arrivals_room ? 2 * d->arrivals_room : 8;
	void *p;

	if (d->n_arrivals > most + most / 4) {
		forget_old(d, most);
		return 0;
	}
	if (room > most + most / 4 + 8)
		room = most + most / 4 + 8;
	p = grow(d->arrival, d->arrivals_room, room, sizeof(*d->arrival), STREAM_BYTES, b);
	if (!p)
		return -ENOMEM;
	d->arrival = p;
	d->arrivals_room = room;
	return 0;
}

int one_disorder_note(struct one_disorder *d, const struct one_arrival *a, uint32_t most,
		      struct one_budget *b)
{
	if (d->n_arrivals == d->arrivals_room && more_arrivals(d, most, b))
		return -ENOMEM;
	d->arrival[d->n_arrivals++] = *a;
	d->position++;
	return 0;
}

void one_disorder_unnote(struct one_disorder *d)
{
	d->n_arrivals--;
	d->position--;
}

void one_disorder_forget(struct one_disorder *d)
{
	d->base += d->n_arrivals;
	d->n_arrivals = 0;
}

int one_hole_room(struct one_disorder *d, uint32_t n, struct one_budget *b)
{
	uint32_t room = d->holes_room ? d->holes_room : 2;
	void *p;

	while (room - d->n_holes < n)
		room *= 2;
	if (room == d->holes_room)
		return 0;
	p = grow(d->hole, d->holes_room, room, sizeof(*d->hole), 0, b);
	if (!p)
		return -ENOMEM;
	d->hole = p;
	d->holes_room = room;
	return 0;
}

void one_hole_add(struct one_disorder *d, const struct one_hole *h)
{
	d->hole[d->n_holes++] = *h;
	if (h->due < d->due)
		d->due = h->due;
}

uint32_t one_hole_find(const struct one_disorder *d, uint32_t i, uint64_t start,
		       uint64_t end)
{
	uint32_t above = (uint32_t)SEARCH_ABOVE(d->hole, d->n_holes, end, start);

	i = above > i ? above : i;
	return i < d->n_holes && d->hole[i].start < end ? i : d->n_holes;
}

void one_hole_drop(struct one_disorder *d, uint32_t i)
{
	d->n_holes--;
	memmove(&d->hole[i], &d->hole[i + 1], (d->n_holes - i) * sizeof(*d->hole));
}

void one_hole_cut(struct one_disorder *d, uint32_t i, uint64_t start, uint64_t end,
		  const struct one_hole *filled)
{
	struct one_hole whole = d->hole[i], part[3];
	uint32_t n = 0;

	if (whole.start < start) {
		part[n] = whole;
		part[n++].end = start;
	}
	if (filled) {
		part[n] = *filled;
		part[n].start = start;
		part[n++].end = end;
		if (filled->due < d->due)
			d->due = filled->due;
	}
	if (end < whole.end) {
		part[n] = whole;
		part[n++].start = end;
	}
	memmove(&d->hole[i + n], &d->hole[i + 1], (d->n_holes - i - 1) * sizeof(whole));
	memcpy(&d->hole[i], part, n * sizeof(whole));
	d->n_holes += n - 1;
}
