/* SPDX-License-Identifier: GPL-2.0 */
/*
 * two_result.h - an analysis of two points in the shape of a run's result
 *
 * So that what was counted from packets on both taps and what the probes counted stand
 * in the same places of a run.
 */
#ifndef OVSLAB_CORE_TWO_RESULT_H
#define OVSLAB_CORE_TWO_RESULT_H

#include <stddef.h>

#include "core/analysis.h"
#include "core/reorder.h"

/* Gathers flows and events. Zeroed, it is ready. */
struct two_result {
	struct reorder_flow *flow;	/* [n]; owned */
	size_t n, room;
	struct reorder_hist extent;	/* of the flow whose events are coming */
	bool failed;			/* without memory */
};

/** two_result_sink() - what two_options.sink is to be */
struct analysis_sink two_result_sink(struct two_result *t);

/**
 * two_result_end() - the totals
 * @a:		what two_end() gave
 * @ret:	source REORDER_BY_CAPTURE; release with reorder_result_free()
 *
 * What the taps saw is counted from what was judged: packets that are not the flows'
 * own are not among it. Return: 0, or -ENOMEM.
 */
int two_result_end(struct two_result *t, const struct analysis *a, struct reorder_result *ret);

/** two_result_free() - release what two_result_end() did not take */
void two_result_free(struct two_result *t);

#endif
