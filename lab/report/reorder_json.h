/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_json.h - an analysis as a JSON document: docs/schemas/reorder.json
 *
 * Flows and events come one by one, in any number, before the totals are known.
 * They wait in files of the caller's, a line each, so that the document has the
 * totals first and memory holds none of them.
 */
#ifndef OVSLAB_REPORT_REORDER_JSON_H
#define OVSLAB_REPORT_REORDER_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "core/analysis.h"

#define REORDER_SCHEMA "ovslab.reorder/1"

/* Zeroed, and with a file for each list that is wanted. */
struct reorder_json {
	FILE *flows, *events;		/* read and write, empty; the caller's. NULL: no list */
	uint64_t n_flows, n_events;
	int failed;			/* 0 or -errno: told by reorder_json_print() */
};

/** reorder_json_flow() - keep a flow for the list; nothing without a file */
void reorder_json_flow(struct reorder_json *j, const struct analysis_flow *flow);

/** reorder_json_event() - keep an event for the list; nothing without a file */
void reorder_json_event(struct reorder_json *j, enum analysis_mode mode,
			const struct analysis_event *event);

/** reorder_to_json() - the document without its lists; NULL when out of memory */
json_t *reorder_to_json(const struct analysis *a, const struct analysis_input *inputs, size_t n);

/**
 * reorder_json_print() - the whole document, and a newline
 * @inputs:	[n] what was read: one point one, two points ingress and egress
 *
 * Return: 0, -ENOMEM, -EIO, or what failed when a flow or an event was kept.
 */
int reorder_json_print(FILE *f, struct reorder_json *j, const struct analysis *a,
		       const struct analysis_input *inputs, size_t n);

#endif
