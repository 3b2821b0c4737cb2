// SPDX-License-Identifier: GPL-2.0
/*
 * base64.c - RFC 4648 section 4
 */
#include "core/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value(char c)
{
	const char *p = c ? strchr(alphabet, c) : NULL;

	return p ? (int)(p - alphabet) : -1;
}

int base64_decode(const char *text, char **ret, size_t *ret_len)
{
	size_t len = strlen(text), pad = 0, n = 0;
	char *out;

	if (len % 4)
		return -EBADMSG;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	out = malloc(len / 4 * 3 + 1);
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			int v = i + k >= len - pad ? 0 : value(text[i + k]);

			if (v < 0) {
				free(out);
				return -EBADMSG;
			}
			group = group << 6 | (uint32_t)v;
		}
		out[n++] = (char)(group >> 16);
		out[n++] = (char)(group >> 8);
		out[n++] = (char)group;
	}
	n -= pad;
	out[n] = '\0';
	*ret = out;
	*ret_len = n;
	return 0;
}

char *base64_encode(const void *data, size_t len)
{
	const uint8_t *in = data;
	char *out = malloc((len + 2) / 3 * 4 + 1), *p = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				 (left > 2 ? in[i + 2] : 0);

		*p++ = alphabet[group >> 18];
		*p++ = alphabet[group >> 12 & 63];
		*p++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
		*p++ = left > 2 ? alphabet[group & 63] : '=';
	}
	*p = '\0';
	return out;
}
