// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_measure.c - 'ovslab measure'
 */
#include "cmd.h"

#include <limits.h>
#include <string.h>

#include "core/limits.h"
#include "progress.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "run/bench.h"
#include "run/measure.h"
#include "store.h"

static struct measure_config {
	struct measure_opts m;
	const char *dir;
} config = { .m = { .traffic = TRAFFIC_DEFAULTS } };

static const struct opt opts[] = {
	{ "traffic", 't', OPT_CHOICE(struct measure_config, m.traffic.kind),
	  .choices = traffic_kind_names,
	  .help = "conns: many connections of one large write; bulk: iperf3" },
	{ "connections", 0, OPT_UINT(struct measure_config, m.traffic.connections), .arg = "N",
	  .min = 1, .max = CONNS_CONNECTIONS_MAX, .help = "conns: how many" },
	{ "bytes", 0, OPT_SIZE(struct measure_config, m.traffic.bytes), .min = 1,
	  .max = CONNS_BYTES_MAX, .help = "conns: size of the write" },
	{ "parallel", 0, OPT_UINT(struct measure_config, m.traffic.parallel), .arg = "N", .min = 1,
	  .max = CONNS_PARALLEL_MAX, .help = "conns: open at the same time" },
	{ "streams", 'P', OPT_UINT(struct measure_config, m.traffic.streams), .arg = "N", .min = 1,
	  .max = TRAFFIC_STREAMS_MAX, .help = "bulk: parallel streams" },
	{ "seconds", 0, OPT_SECONDS(struct measure_config, m.traffic.seconds), .min = 1,
	  .max = 86400, .help = "bulk: how long" },
	{ "from", 0, OPT_STRING(struct measure_config, m.from), .arg = "NODE", .fallback = "vm1",
	  .help = "sender" },
	{ "to", 0, OPT_STRING(struct measure_config, m.to), .arg = "NODE", .fallback = "vm2",
	  .help = "receiver" },
	{ "write", 'w', OPT_STRING(struct measure_config, dir), .arg = "DIR",
	  .fallback = "/var/lib/ovslab/runs", .help = "folder for the run's file" },
	{ .name = NULL },
};

static int print_run(const struct session *s, const struct run *run, struct err *err)
{
	char path[PATH_MAX];
	int rc = store_run(run, config.dir, NULL, path, sizeof(path), err);

	if (rc < 0)
		return rc;
	job_progress(&s->job, "measure", "kept as %s", path);
	progress_settle(s->job.progress_arg);
	if (s->json)
		rc = print_json(run_to_json(run), err);
	else
		rc = run_print_text(stdout, run, s->verbosity > 0, use_color(stdout));
	return rc;
}

static int run_measure(const struct session *s, int argc, char **argv, struct err *err)
{
	char command[1024];
	struct lab lab;
	struct run run;
	int rc = bench_enter(s->lab, &lab, err);

	config.m.command = command_line(command, sizeof(command));
	if (rc == 0)
		rc = measure_run(&s->job, &lab, &config.m, &run, err);
	if (rc < 0)
		return rc;
	rc = print_run(s, &run, err);
	if (rc == 0 && run.status != RUN_OK)
		rc = STATUS_VERDICT;
	run_free(&run);
	return rc;
}

const struct command cmd_measure = {
	.name = "measure",
	.group = GROUP_EXPERIMENT,
	.summary = "send traffic and report throughput and what the switch reordered",
	.about = "Sends TCP from one node to the other, with BPF probes on the tap where it enters the "
		 "switch and on the tap where it leaves it. A packet counts as reordered if it left "
		 "the switch after one that had entered later (RFC 4737); what the sender sent again "
		 "never counts. Megaflows are purged first, so each run starts with misses.\n\n"
		 "The default traffic is many connections of one large write each: the first packet "
		 "with PSH of each then has neighbours that can overtake it. iperf3 sends a few "
		 "control bytes with PSH before its bulk.\n\n"
		 "The report is short; -v adds the switch's events, throughput over time, the flows and "
		 "all versions. The run is kept as a JSON file with all of it. A run in which an injected mangler changed nothing "
		 "exits with status 1.",
	.examples = "ovslab measure\n"
		    "ovslab measure --traffic bulk --streams 4 --seconds 10\n"
		    "ovslab measure --json | jq '.reorder | {packets, reordered, ratio}'",
	.opts = opts,
	.config = &config,
	.timeout = 300,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_measure,
};
