/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_csv.h - the flows of an analysis as CSV: a header, a row for each
 *
 * The columns are the members of 'flow_list' in docs/schemas/reorder.json; "left_as" is
 * four of them, which are the flow's own where nothing was rewritten.
 */
#ifndef OVSLAB_REPORT_REORDER_CSV_H
#define OVSLAB_REPORT_REORDER_CSV_H

#include <stdio.h>

#include "core/analysis.h"

/** reorder_csv_header() - the names of the columns */
void reorder_csv_header(FILE *f);

/** reorder_csv_flow() - a row; errors stay in the stream, see ferror(3) */
void reorder_csv_flow(FILE *f, const struct analysis_flow *flow);

#endif
