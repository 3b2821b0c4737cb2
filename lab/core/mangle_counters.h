/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mangle_counters.h - the counters of a mangler by name
 *
 * For all who write them down, read them back or print them.
 */
#ifndef OVSLAB_CORE_MANGLE_COUNTERS_H
#define OVSLAB_CORE_MANGLE_COUNTERS_H

#include "core/mangle.h"

struct mangle_counter_row {
	const char *name;		/* "seen"; NULL ends the table */
	size_t offset;			/* in struct mangle_counters */
};

extern const struct mangle_counter_row mangle_counter_rows[];

static inline uint64_t *mangle_counter(struct mangle_counters *c,
				       const struct mangle_counter_row *row)
{
	return (uint64_t *)((char *)c + row->offset);
}

/** mangle_counters_since() - what was added to @before */
struct mangle_counters mangle_counters_since(struct mangle_counters now,
					     struct mangle_counters before);

#endif
