// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_ls.c - 'ovslab ls'
 */
#include "cmd.h"

#include <string.h>
#include <time.h>

#include "core/util.h"
#include "host/labdir.h"
#include "host/vm.h"
#include "report/table_text.h"
#include "run/bench.h"

static json_t *row(const struct lab *lab)
{
	json_t *nodes = json_array();

	for (unsigned int i = 0; i < lab->n_nodes; i++)
		json_array_append_new(nodes, json_pack("{s:s,s:s,s:b}", "name", lab->nodes[i].name,
						       "addr", lab->nodes[i].addr, "alive",
						       vm_alive(&lab->nodes[i])));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:o}", "name", lab->name, "status",
			 bench_condition(lab), "switch", lab_switch_names[lab->bench.place],
			 "datapath", lab_datapath_names[lab->bench.datapath], "accel",
			 lab_accel_names[lab->bench.accel], "ovs_version", lab->ovs.version,
			 "created_s", (json_int_t)lab->created_s, "nodes", nodes);
}

static int collect(json_t *rows, struct err *err)
{
	char **names;
	int rc = labdir_list(&names, err);

	if (rc < 0)
		return rc;
	for (char **n = names; *n; n++) {
		struct lab lab;

		if (labdir_load(*n, &lab, NULL) == 0)
			json_array_append_new(rows, row(&lab));
		else	/* it is being made, removed, or was killed in between */
			json_array_append_new(rows, json_pack("{s:s,s:s}", "name", *n, "status",
							      labdir_locked(*n) ? "starting" :
							      "abandoned"));
	}
	labdir_list_free(names);
	return 0;
}

static const char *text_of(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text && *text ? text : "-";
}

static int print_rows(const json_t *rows)
{
	static const char *const headings[] = { "LAB", "STATUS", "SWITCH", "DATAPATH", "ACCEL", "OVS", "AGE" };
	struct table t = { 0 };
	size_t i;
	json_t *r;
	int rc;

	for (i = 0; i < ARRAY_SIZE(headings); i++)
		table_column(&t, headings[i], TABLE_LEFT);
	json_array_foreach(rows, i, r) {
		long age = time(NULL) - json_integer_value(json_object_get(r, "created_s"));

		table_cell(&t, "%s", text_of(r, "name"));
		table_cell(&t, "%s", text_of(r, "status"));
		table_cell(&t, "%s", text_of(r, "switch"));
		table_cell(&t, "%s", text_of(r, "datapath"));
		table_cell(&t, "%s", text_of(r, "accel"));
		table_cell(&t, "%s", text_of(r, "ovs_version"));
		if (!json_object_get(r, "created_s"))
			table_cell(&t, "-");
		else if (age < 120)
			table_cell(&t, "%ld s", age);
		else
			table_cell(&t, "%ld min", age / 60);
	}
	rc = table_print(stdout, &t, 0, false);
	table_free(&t);
	return rc;
}

static int run_ls(const struct session *s, int argc, char **argv, struct err *err)
{
	json_t *rows = json_array();
	int rc = collect(rows, err);

	if (rc == 0 && s->json)
		return print_json(json_pack("{s:s,s:o}", "schema", "ovslab.ls/1", "labs", rows), err);
	if (rc == 0 && json_array_size(rows) > 0)
		rc = print_rows(rows);
	else if (rc == 0)
		printf("no labs; 'ovslab up' makes one\n");
	json_decref(rows);
	return rc;
}

const struct command cmd_ls = {
	.name = "ls",
	.group = GROUP_BENCH,
	.summary = "list the labs on this host",
	.about = "Prints one line for each lab. Besides the states that a command leaves (starting, "
		 "ready, failed, stopping) a lab can be 'paused' (a VM stands still: of the labs of a trial all "
		 "but the one that is measured), 'broken' (a VM or the switch has ended) or 'abandoned' (the 'up' "
		 "that made it was killed): 'down' takes down all of them.",
	.examples = "ovslab ls\novslab ls --json | jq -r '.labs[].name'",
	.flags = CMD_JSON,
	.run = run_ls,
};
