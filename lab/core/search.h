/* SPDX-License-Identifier: GPL-2.0 */
/*
 * search.h - where a number falls among ascending ones
 */
#ifndef OVSLAB_CORE_SEARCH_H
#define OVSLAB_CORE_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** search_above() - SEARCH_ABOVE() of numbers @offset bytes into elements of @step bytes */
static inline size_t search_above(const void *array, size_t n, size_t step, size_t offset,
				  uint64_t value)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t v;

		memcpy(&v, (const char *)array + middle * step + offset, sizeof(v));
		if (v <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * SEARCH_ABOVE() - the index of the first whose @member is above @value; @n if none is
 * @array:	[@n], ascending by @member, a uint64_t
 */
#define SEARCH_ABOVE(array, n, member, value)			\
	_Generic((array)->member, uint64_t: search_above)	\
	(array, n, sizeof(*(array)), offsetof(__typeof__(*(array)), member), value)

/** SEARCH_LAST() - the index of the last whose @member is not above @value; 0 if all are */
#define SEARCH_LAST(array, n, member, value)			\
	({							\
		size_t above_ = SEARCH_ABOVE(array, n, member, value);	\
		above_ ? above_ - 1 : 0;			\
	})

#endif
