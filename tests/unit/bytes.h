/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bytes.h - byte strings put together, for tests of what reads frames and files
 */
#ifndef OVSLAB_TESTS_UNIT_BYTES_H
#define OVSLAB_TESTS_UNIT_BYTES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	size_t n;
	bool little;			/* order of put16() and put32() */
	uint8_t b[16384];
};

static inline void put(struct bytes *to, const void *data, size_t n)
{
	assert(n <= sizeof(to->b) - to->n);
	memcpy(to->b + to->n, data, n);
	to->n += n;
}

static inline void put_number(struct bytes *to, uint64_t v, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint8_t one = (uint8_t)(v >> 8 * (to->little ? i : n - 1 - i));

		put(to, &one, 1);
	}
}

static inline void put8(struct bytes *to, uint8_t v)
{
	put_number(to, v, 1);
}

static inline void put16(struct bytes *to, uint16_t v)
{
	put_number(to, v, 2);
}

static inline void put32(struct bytes *to, uint32_t v)
{
	put_number(to, v, 4);
}

static inline void put_zeros(struct bytes *to, size_t n)
{
	while (n--)
		put8(to, 0);
}

static inline void put_bytes(struct bytes *to, const struct bytes *from)
{
	put(to, from->b, from->n);
}

/* Space separated hex digits, two for each byte. */
static inline void put_hex(struct bytes *to, const char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		put8(to, (uint8_t)((strchr(digits, hex[0]) - digits) << 4 |
				   (strchr(digits, hex[1]) - digits)));
		hex++;
	}
}

#endif
