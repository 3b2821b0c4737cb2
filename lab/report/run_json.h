/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_json.h - a run as a JSON document, "schema": "ovslab.run/1"
 *
 * docs/schemas/run.json describes it; members may be added to /1, never renamed.
 */
#ifndef OVSLAB_REPORT_RUN_JSON_H
#define OVSLAB_REPORT_RUN_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "core/err.h"
#include "core/run.h"

#define RUN_SCHEMA "ovslab.run/1"
#define RUN_MAX_BYTES (64u << 20)	/* of a document that is read */

/** run_to_json() - a new reference, NULL when out of memory */
json_t *run_to_json(const struct run *run);

/**
 * run_from_json() - read what run_to_json() wrote; for documents from strangers
 *
 * Return: 0, -EBADMSG with the name of the member that is wrong, -ENOMEM.
 */
int run_from_json(const json_t *doc, struct run *ret, struct err *err);

/** run_write() - write the document. Return: 0, -ENOMEM or -EIO. */
int run_write(FILE *f, const struct run *run);

/** run_read() - read one document of at most RUN_MAX_BYTES */
int run_read(FILE *f, struct run *ret, struct err *err);

#endif
