// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_words.c - an analysis in words and columns, for all of its writers
 */
#include "report/reorder_words.h"

const char *const reorder_mode_words[] = {
	[ANALYSIS_RANKS] = "ranks", [ANALYSIS_ONE_POINT] = "one-point",
	[ANALYSIS_TWO_POINT] = "two-point", NULL
};

const char *const reorder_class_words[] = {
	[ANALYSIS_REORDERED] = "reordered", [ANALYSIS_EARLY] = "early",
	[ANALYSIS_RETRANSMITTED] = "retransmitted", [ANALYSIS_DUPLICATED] = "duplicated",
	[ANALYSIS_LOST] = "lost", [ANALYSIS_AMBIGUOUS] = "ambiguous", NULL
};

const char *const reorder_evidence_words[] = {
	[ANALYSIS_BY_TAPS] = "taps", [ANALYSIS_BY_RANK] = "rank", [ANALYSIS_BY_IP_ID] = "ip-id",
	[ANALYSIS_BY_TIMESTAMP] = "timestamp", [ANALYSIS_BY_ACK] = "ack",
	[ANALYSIS_BY_BYTES] = "bytes", [ANALYSIS_BY_NOTHING] = "nothing", NULL
};

const char *const reorder_psh_words[] = {
	[REORDER_PSH_NONE] = "none", [REORDER_PSH_LOST] = "lost",
	[REORDER_PSH_IN_ORDER] = "in-order", [REORDER_PSH_LATE] = "late",
	[REORDER_PSH_EARLY] = "early", [REORDER_PSH_UNKNOWN] = "unknown", NULL
};

const char *const reorder_bound_words[] = {
	"many-flows", "many-packets", "long-flow", "no-order", NULL
};

_Static_assert(ANALYSIS_MANY_FLOWS == 1 << 0 && ANALYSIS_MANY_PACKETS == 1 << 1 &&
	       ANALYSIS_LONG_FLOW == 1 << 2 && ANALYSIS_NO_ORDER == 1 << 3, "their order");

#define FLOW(name, kind, member) JSON_FIELD(name, kind, struct analysis_flow, member)

const struct json_field reorder_flow_fields[] = {
	FLOW("packets", JSON_U64, packets),
	FLOW("payload_bytes", JSON_U64, bytes),
	FLOW("reordered", JSON_U64, reordered),
	FLOW("movers", JSON_U64, movers),
	FLOW("retransmitted", JSON_U64, retransmitted),
	FLOW("duplicated", JSON_U64, duplicated),
	FLOW("lost", JSON_U64, lost),
	FLOW("ambiguous", JSON_U64, ambiguous),
	FLOW("unjudged", JSON_U64, unjudged),
	FLOW("extent_max", JSON_U64, extent_max),
	FLOW("psh", JSON_U64, psh),
	FLOW("first_ns", JSON_U64, first_ns),
	FLOW("last_ns", JSON_U64, last_ns),
	FLOW("began_at_psh", JSON_BOOL, began_at_psh),
	FLOW("complete", JSON_BOOL, complete),
	FLOW("exact", JSON_BOOL, exact),
	{ 0 }
};
