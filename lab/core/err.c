// SPDX-License-Identifier: GPL-2.0
/*
 * err.c - failure records: made where the cause is known, printed by main.c
 */
#include "core/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int err_set(struct err *err, enum status status, int rc, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		err_reset(err);
		err->status = status;
		va_start(ap, fmt);
		vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
		va_end(ap);
	}
	return rc > 0 ? -rc : rc;
}

int err_wrap(struct err *err, int rc, const char *fmt, ...)
{
	char context[sizeof(err->msg)], joined[sizeof(err->msg)];
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	if ((size_t)snprintf(joined, sizeof(joined), "%.500s: %s", context,
			     err->msg) >= sizeof(joined))
		joined[sizeof(joined) - 1] = '\0';
	memcpy(err->msg, joined, sizeof(joined));
	return rc;
}

int err_too_large(struct err *err, const char *what, unsigned int max)
{
	return err_set(err, STATUS_USAGE, EFBIG, "%s is larger than %u MiB", what, max >> 20);
}

void err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

void err_evidence(struct err *err, const char *title, const char *text)
{
	char *joined;

	if (!err || !text || !*text)
		return;
	if (asprintf(&joined, "%s%s--- %s\n%s%s",
		     err->evidence ? err->evidence : "",
		     err->evidence ? "\n" : "", title, text,
		     text[strlen(text) - 1] == '\n' ? "" : "\n") < 0)
		return;
	free(err->evidence);
	err->evidence = joined;
}

void err_move(struct err *to, struct err *from)
{
	err_reset(to);
	if (to) {
		*to = *from;
		from->evidence = NULL;
	}
	err_reset(from);
}

void err_reset(struct err *err)
{
	if (!err)
		return;
	free(err->evidence);
	*err = (struct err){ 0 };
}
