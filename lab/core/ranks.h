/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ranks.h - a bare list of ranks, for checking the metrics against the RFCs by hand
 */
#ifndef OVSLAB_CORE_RANKS_H
#define OVSLAB_CORE_RANKS_H

#include "core/analysis.h"
#include "core/err.h"

#define RANKS_MAX (1u << 20)		/* of a list */

/**
 * ranks_analyze() - the metrics of ranks in their order of arrival
 * @text:	RANK[@MS[:BYTES]] ..., between blanks or commas: the order of sending,
 *		when it arrived in milliseconds (68, 68.5), and its payload. Both count
 *		as 0 where they are not given
 * @sink:	gets one flow, without addresses, and its events; frames are places in
 *		the list, from 1
 * @ret:	large: not for the stack
 *
 * The lowest rank is taken for the first that was sent, and ranks up to the highest
 * that do not occur for lost.
 *
 * Return: 0; -EINVAL (STATUS_USAGE) with the word that is none, or -ERANGE for times
 * that go back; -E2BIG; -ENOMEM.
 */
int ranks_analyze(const char *text, const struct reorder_limits *limits,
		  const struct analysis_sink *sink, struct analysis *ret, struct err *err);

#endif
