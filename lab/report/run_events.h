/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_events.h - what a run says of its probes and of who moved, as JSON
 *
 * Members "events" and "attribution" of docs/schemas/run.json. Private to run_json.c.
 */
#ifndef OVSLAB_REPORT_RUN_EVENTS_H
#define OVSLAB_REPORT_RUN_EVENTS_H

#include <jansson.h>

#include "core/err.h"
#include "core/run.h"

/** run_events_put() - add both members; 0, or -ENOMEM */
int run_events_put(json_t *doc, const struct run *run);

/**
 * run_events_get() - read them, where they are there
 *
 * Return: 0; -EBADMSG; -ENOMEM. What was read belongs to @run in any case.
 */
int run_events_get(const json_t *doc, struct run *run, struct err *err);

#endif
