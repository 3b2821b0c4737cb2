// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_counters.c - the counters of a mangler by name
 */
#include "core/mangle_counters.h"

#include "core/util.h"

#define ROW(name) { #name, offsetof(struct mangle_counters, name) }

const struct mangle_counter_row mangle_counter_rows[] = {
	ROW(seen), ROW(eligible), ROW(already), ROW(mangled), ROW(cleared), ROW(failed),
	ROW(connections), ROW(untracked), ROW(midway), ROW(forgotten),
	{ NULL, 0 },
};

_Static_assert(sizeof(struct mangle_counters) ==
	       (ARRAY_SIZE(mangle_counter_rows) - 1) * sizeof(uint64_t), "a row for each");

struct mangle_counters mangle_counters_since(struct mangle_counters now,
					     struct mangle_counters before)
{
	for (const struct mangle_counter_row *row = mangle_counter_rows; row->name; row++)
		*mangle_counter(&now, row) -= *mangle_counter(&before, row);
	return now;
}
