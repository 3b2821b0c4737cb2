/* SPDX-License-Identifier: GPL-2.0 */
/*
 * base64.h - RFC 4648 section 4, as the guest agent's replies carry bytes
 */
#ifndef OVSLAB_CORE_BASE64_H
#define OVSLAB_CORE_BASE64_H

#include <stddef.h>

/**
 * base64_decode() - decode padded base64
 * @ret:	to be freed; NUL-terminated beyond @ret_len
 *
 * Return: 0, -EBADMSG for what is not base64, -ENOMEM
 */
int base64_decode(const char *text, char **ret, size_t *ret_len);

/** base64_encode() - to be freed; NULL when out of memory */
char *base64_encode(const void *data, size_t len);

#endif
