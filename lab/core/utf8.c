// SPDX-License-Identifier: GPL-2.0
/*
 * utf8.c - how wide a text is on a terminal, and what of it may go there; asks no locale
 */
#include "core/utf8.h"

#include <string.h>

#include "core/util.h"

struct range {
	uint32_t from, to;
};

static bool within(const struct range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}

int utf8_decode(const char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	int n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? -1 : p[0] < 0xe0 ? 2 :
		p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : -1;
	uint32_t c;

	if (n <= 1) {
		*ret = p[0];
		return n;
	}
	c = p[0] & (0x7f >> n);
	for (int i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*ret = c;
	return n;
}

bool utf8_is_control(uint32_t c)
{
	static const struct range control[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
		{ 0x2066, 0x2069 },
	};

	return within(control, ARRAY_SIZE(control), c);
}

/* Combining marks take no column, East Asian wide characters and emoji two. */
static size_t columns_of(uint32_t c)
{
	static const struct range none[] = {
		{ 0x300, 0x36f }, { 0x200b, 0x200d }, { 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf },
		{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
		{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff },
		{ 0x20000, 0x3fffd },
	};

	if (within(none, ARRAY_SIZE(none), c))
		return 0;
	return within(two, ARRAY_SIZE(two), c) ? 2 : 1;
}

static size_t step(const char *s, size_t *ret_bytes)
{
	uint32_t c;
	int n = utf8_decode(s, &c);

	*ret_bytes = n < 0 ? 1 : (size_t)n;
	return n < 0 ? 1 : columns_of(c);
}

size_t utf8_width(const char *s)
{
	size_t columns = 0, bytes;

	for (; *s; s += bytes)
		columns += step(s, &bytes);
	return columns;
}

size_t utf8_fit(const char *s, size_t columns)
{
	size_t at = 0, bytes;

	while (s[at]) {
		size_t w = step(s + at, &bytes);

		if (w > columns)
			break;
		columns -= w;
		at += bytes;
	}
	return at;
}

size_t utf8_clean(char *s, size_t len)
{
	size_t kept = 0;
	uint32_t c;

	for (size_t at = 0; at < len;) {
		int n = utf8_decode(s + at, &c);
		bool text = n > 0 && (c == '\n' || c == '\t' || !utf8_is_control(c));

		n = n > 0 ? n : 1;
		if (text) {
			memmove(s + kept, s + at, n);
			kept += n;
		}
		at += n;
	}
	s[kept] = '\0';
	return kept;
}
