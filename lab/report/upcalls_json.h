/* SPDX-License-Identifier: GPL-2.0 */
/*
 * upcalls_json.h - notes of upcalls as a JSON document, and back: docs/schemas/upcalls.json
 */
#ifndef OVSLAB_REPORT_UPCALLS_JSON_H
#define OVSLAB_REPORT_UPCALLS_JSON_H

#include <stdio.h>

#include "core/err.h"
#include "core/upcall_notes.h"

#define UPCALLS_SCHEMA "ovslab.upcalls/1"
#define UPCALLS_MAX_BYTES (20 << 20)	/* of a document that is read; 65536 notes are 15 MB */

/**
 * upcalls_json_write() - the document, one note a line, and a newline
 * @lab:	its name
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int upcalls_json_write(FILE *f, const char *lab, const struct upcall_notes *u);

/**
 * upcalls_json_read() - anybody's document
 * @text:	[@len]
 * @ret:	release with upcall_notes_free(). known means that the document says so
 *
 * Return: 0; -EBADMSG, -EFBIG with what is wrong; -ENOMEM.
 */
int upcalls_json_read(const char *text, size_t len, struct upcall_notes *ret, struct err *err);

#endif
