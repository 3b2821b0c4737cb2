/* SPDX-License-Identifier: GPL-2.0 */
/*
 * random.h - numbers that are drawn, the same in each run
 */
#ifndef OVSLAB_TESTS_UNIT_RANDOM_H
#define OVSLAB_TESTS_UNIT_RANDOM_H

#include <stdint.h>

/* xorshift; @seed is not 0. */
static inline uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

#endif
