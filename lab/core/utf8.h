/* SPDX-License-Identifier: GPL-2.0 */
/*
 * utf8.h - how wide a text is on a terminal, and what of it may go there
 */
#ifndef OVSLAB_CORE_UTF8_H
#define OVSLAB_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * utf8_decode() - the code point at the start of a string that is not empty
 *
 * Return: its length in bytes, or -1 if the bytes are not valid UTF-8 (RFC 3629).
 */
int utf8_decode(const char *s, uint32_t *ret);

/** utf8_is_control() - C0, DEL, C1, and what changes the direction of text */
bool utf8_is_control(uint32_t c);

/** utf8_width() - columns of @s; a byte that is not UTF-8 takes one */
size_t utf8_width(const char *s);

/** utf8_fit() - bytes of the longest start of @s that fits in @columns */
size_t utf8_fit(const char *s, size_t columns);

/**
 * utf8_clean() - drop, in place, what is not text
 * @s:		@len bytes and a NUL
 *
 * Keeps newlines, tabs and valid UTF-8; drops other control characters, with
 * which a guest could steer the terminal that shows what it said.
 *
 * Return: what is left of @len; NUL-terminated again.
 */
size_t utf8_clean(char *s, size_t len);

#endif
