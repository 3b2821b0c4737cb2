// SPDX-License-Identifier: GPL-2.0
/*
 * reorder_csv.c - the flows of an analysis as CSV
 *
 * No value needs quotes: they are numbers, addresses and words of ours. What is not known
 * is empty.
 */
#include "report/reorder_csv.h"

#include <inttypes.h>

#include "report/flow_text.h"
#include "report/reorder_words.h"

void reorder_csv_header(FILE *f)
{
	fputs("flow,protocol,source,source_port,destination,destination_port", f);
	for (const struct json_field *c = reorder_flow_fields; c->name; c++)
		fprintf(f, ",%s", c->name);
	fputs(",first_psh,source_out,source_port_out,destination_out,destination_port_out,upcalled\n", f);
}

static void print_ends(FILE *f, const struct obs_key *k)
{
	struct flow_text from, to;

	fprintf(f, ",%s,%u,%s,%u", flow_address(&from, k, k->saddr) ?: "", k->sport,
		flow_address(&to, k, k->daddr) ?: "", k->dport);
}

void reorder_csv_flow(FILE *f, const struct analysis_flow *flow)
{
	struct flow_text protocol;

	fprintf(f, "%" PRIu64 ",%s", flow->id, flow_protocol(&protocol, &flow->key) ?: "");
	print_ends(f, &flow->key);
	for (const struct json_field *c = reorder_flow_fields; c->name; c++) {
		const char *p = (const char *)flow + c->offset;

		if (c->kind == JSON_BOOL)
			fprintf(f, ",%s", *(const bool *)p ? "true" : "false");
		else
			fprintf(f, ",%" PRIu64, *(const uint64_t *)p);
	}
	fprintf(f, ",%s", reorder_psh_words[flow->first_psh]);
	print_ends(f, &flow->key_out);
	if (flow->upcalls_known)
		fprintf(f, ",%" PRIu64 "\n", flow->upcalled);
	else
		fputs(",\n", f);
}
