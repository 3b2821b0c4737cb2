/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder_words.h - an analysis in words and columns, for all of its writers
 */
#ifndef OVSLAB_REPORT_REORDER_WORDS_H
#define OVSLAB_REPORT_REORDER_WORDS_H

#include "core/analysis.h"
#include "report/json.h"

/* By enum analysis_mode, analysis_class, analysis_evidence, reorder_psh; NULL ends. */
extern const char *const reorder_mode_words[];
extern const char *const reorder_class_words[];
extern const char *const reorder_evidence_words[];
extern const char *const reorder_psh_words[];

/* By the bits of enum analysis_bound; NULL ends. */
extern const char *const reorder_bound_words[];

/* What JSON and CSV say of a flow beside its key and its first PSH. */
extern const struct json_field reorder_flow_fields[];

#endif
