/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arena.h - memory that is released all at once
 */
#ifndef OVSLAB_CORE_ARENA_H
#define OVSLAB_CORE_ARENA_H

#include <stddef.h>

struct arena_block;

/** struct arena - a zeroed one is empty */
struct arena {
	struct arena_block *blocks;
};

/** arena_alloc() - @size zeroed bytes; NULL when out of memory */
void *arena_alloc(struct arena *a, size_t size);

/** arena_copy() - the first @len bytes of @text, and a NUL */
char *arena_copy(struct arena *a, const char *text, size_t len);

/** arena_free() - release all of it; the arena is empty afterwards */
void arena_free(struct arena *a);

#endif
