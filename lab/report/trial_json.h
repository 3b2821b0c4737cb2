/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trial_json.h - a trial as a JSON document, "schema": "ovslab.trial/1"
 *
 * docs/schemas/trial.json describes it. "outcome" is for readers, and made anew from the
 * runs when a document is read.
 */
#ifndef OVSLAB_REPORT_TRIAL_JSON_H
#define OVSLAB_REPORT_TRIAL_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "core/err.h"
#include "core/trial.h"

#define TRIAL_SCHEMA "ovslab.trial/1"
#define TRIAL_MAX_BYTES (64u << 20)	/* of a document that is read */

/** trial_to_json() - a new reference, NULL when out of memory */
json_t *trial_to_json(const struct trial *t, const struct trial_outcome *o);

/**
 * trial_from_json() - read what trial_to_json() wrote; for documents from strangers
 *
 * A document with "schema": "ovslab.run/1" is read as a trial of one run without a scenario.
 *
 * Return: 0, -EBADMSG with the name of the member that is wrong, -ENOMEM.
 */
int trial_from_json(const json_t *doc, struct trial *ret, struct err *err);

/** trial_read() - read one document of at most TRIAL_MAX_BYTES */
int trial_read(FILE *f, struct trial *ret, struct err *err);

#endif
