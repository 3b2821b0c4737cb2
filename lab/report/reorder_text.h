/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_text.h - an analysis for a person: the answer first, then what is behind it
 */
#ifndef OVSLAB_REPORT_REORDER_TEXT_H
#define OVSLAB_REPORT_REORDER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/analysis.h"

#define REORDER_TEXT_FLOWS 20		/* listed: those with most to tell */

/* Zeroed, and set as wanted. Memory does not grow with flows or events. */
struct reorder_text {
	bool flows;			/* list flows */
	FILE *events;			/* read and write, empty; the caller's. NULL: no list */
	bool full;			/* also densities and runs */
	bool upcalls;			/* it is known which packets were upcalled: mark events */
	bool colour;
	unsigned int columns;		/* of the terminal; 0 = 80 */
	struct analysis_flow top[REORDER_TEXT_FLOWS];
	size_t n_top;
	uint64_t n_flows, n_events;
};

/** reorder_text_flow() - a flow for the list: it may be among those that are shown */
void reorder_text_flow(struct reorder_text *t, const struct analysis_flow *flow);

/** reorder_text_event() - an event for the list; nothing without a file */
void reorder_text_event(struct reorder_text *t, enum analysis_mode mode,
			const struct analysis_event *event);

/**
 * reorder_text_print() - the report
 * @inputs:	[n] what was read
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int reorder_text_print(FILE *f, struct reorder_text *t, const struct analysis *a,
		       const struct analysis_input *inputs, size_t n);

#endif
