// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_measure.c - 'ovslab measure'
 */
#include "cmd.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/limits.h"
#include "core/util.h"
#include "progress.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "run/bench.h"
#include "run/bursts.h"
#include "run/measure.h"
#include "store.h"

static struct measure_config {
	struct measure_opts m;
	const char *dir;
} config;

/* What is not given is 0 until complete() puts the default there. */
static const struct traffic_opts defaults = TRAFFIC_DEFAULTS;

static const struct opt opts[] = {
	{ "traffic", 't', OPT_CHOICE(struct measure_config, m.traffic.kind),
	  .choices = traffic_kind_names,
	  .help = "conns: many connections of one large write; bulk: iperf3; bursts: UDP in new flows; "
		  "connect: connections that are only opened" },
	{ "connections", 0, OPT_UINT(struct measure_config, m.traffic.connections), .arg = "N",
	  .min = 1, .max = CONNS_CONNECTIONS_MAX, .fallback = TEXT_OF(TRAFFIC_CONNECTIONS),
	  .help = "conns: how many" },
	{ "bytes", 0, OPT_SIZE(struct measure_config, m.traffic.bytes), .min = 1,
	  .max = CONNS_BYTES_MAX, .fallback = TEXT_OF(TRAFFIC_MIB) "M",
	  .help = "conns: size of the write" },
	{ "parallel", 0, OPT_UINT(struct measure_config, m.traffic.parallel), .arg = "N", .min = 1,
	  .max = CONNS_PARALLEL_MAX, .fallback = TEXT_OF(TRAFFIC_PARALLEL),
	  .help = "conns: open at the same time" },
	{ "streams", 'P', OPT_UINT(struct measure_config, m.traffic.streams), .arg = "N", .min = 1,
	  .max = TRAFFIC_STREAMS_MAX, .fallback = TEXT_OF(TRAFFIC_STREAMS),
	  .help = "bulk: parallel streams" },
	{ "seconds", 0, OPT_SECONDS(struct measure_config, m.traffic.seconds), .min = 1,
	  .max = TRAFFIC_SECONDS_MAX, .fallback = TEXT_OF(TRAFFIC_SECONDS), .help = "bulk: how long" },
	{ "cycles", 0, OPT_UINT(struct measure_config, m.traffic.cycles), .arg = "N", .min = 1,
	  .max = BURSTS_CYCLES_MAX, .fallback = TEXT_OF(TRAFFIC_CYCLES), .help = "bursts: how many" },
	{ "flows", 0, OPT_UINT(struct measure_config, m.traffic.flows), .arg = "N", .min = 1,
	  .max = BURSTS_FLOWS_MAX, .fallback = TEXT_OF(TRAFFIC_FLOWS),
	  .help = "bursts: new flows in each, their packets in turns" },
	{ "packets", 0, OPT_UINT(struct measure_config, m.traffic.packets), .arg = "N", .min = 1,
	  .max = BURSTS_PACKETS_MAX, .fallback = TEXT_OF(TRAFFIC_PACKETS),
	  .help = "bursts: packets of each flow" },
	{ "payload", 0, OPT_UINT(struct measure_config, m.traffic.payload), .arg = "BYTES",
	  .min = BURSTS_PAYLOAD_MIN, .max = BURSTS_PAYLOAD_MAX, .fallback = TEXT_OF(TRAFFIC_PAYLOAD),
	  .help = "bursts: of each packet" },
	{ "stall", 0, OPT_CHOICE(struct measure_config, m.traffic.stall),
	  .choices = traffic_stall_names, .help = "bursts: what is stopped while one is sent" },
	{ "port", 0, OPT_UINT(struct measure_config, m.traffic.port), .arg = "PORT", .min = 1,
	  .max = 65535, .help = "connect: of the receiver; must be given" },
	{ "attempts", 0, OPT_UINT(struct measure_config, m.traffic.attempts), .arg = "N", .min = 1,
	  .max = CONNECT_ATTEMPTS_MAX, .fallback = TEXT_OF(TRAFFIC_ATTEMPTS),
	  .help = "connect: how many, one after the other" },
	{ "ip", 0, OPT_CHOICE(struct measure_config, m.traffic.ip), .choices = traffic_ip_names,
	  .help = "version of IP; bursts: 4" },
	{ "no-purge", 0, OPT_FLAG(struct measure_config, m.no_purge),
	  .help = "keep the megaflows that there are" },
	{ "revalidate-every", 0, OPT_SECONDS(struct measure_config, m.revalidate_s), .min = 1, .max = 3600,
	  .fallback = "never",
	  .help = "while traffic runs, change a flow that matches nothing, so that all megaflows are "
		  "revalidated" },
	{ "flush-conntrack", 0, OPT_FLAG(struct measure_config, m.flush_conntrack),
	  .help = "first have the switch forget all connections" },
	{ "from", 0, OPT_STRING(struct measure_config, m.from), .arg = "NODE", .fallback = "vm1",
	  .help = "sender" },
	{ "to", 0, OPT_STRING(struct measure_config, m.to), .arg = "NODE", .fallback = "vm2",
	  .help = "receiver" },
	{ "events", 0, OPT_FLAG(struct measure_config, m.events),
	  .help = "keep a list of the packets that were late or moved (for --json)" },
	{ "write", 'w', OPT_STRING(struct measure_config, dir), .arg = "DIR",
	  .fallback = "/var/lib/ovslab/runs", .help = "folder for the run's file" },
	{ .name = NULL },
};

/* An option of the other kind of traffic would be without effect. */
static int check_options(const struct measure_opts *m, struct err *err)
{
	const struct traffic_opts *t = &m->traffic;
	const struct { const char *name; int kind; bool given; } options[] = {
		{ "--connections", TRAFFIC_CONNS, t->connections }, { "--bytes", TRAFFIC_CONNS, t->bytes },
		{ "--parallel", TRAFFIC_CONNS, t->parallel }, { "--streams", TRAFFIC_BULK, t->streams },
		{ "--seconds", TRAFFIC_BULK, t->seconds }, { "--cycles", TRAFFIC_BURSTS, t->cycles },
		{ "--flows", TRAFFIC_BURSTS, t->flows }, { "--packets", TRAFFIC_BURSTS, t->packets },
		{ "--payload", TRAFFIC_BURSTS, t->payload }, { "--stall", TRAFFIC_BURSTS, t->stall },
		{ "--port", TRAFFIC_CONNECT, t->port }, { "--attempts", TRAFFIC_CONNECT, t->attempts },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given && options[i].kind != t->kind)
			return err_set(err, STATUS_USAGE, EINVAL, "%s is for --traffic %s",
				       options[i].name, traffic_kind_names[options[i].kind]);
	if (m->events && (t->kind == TRAFFIC_BURSTS || t->kind == TRAFFIC_CONNECT))
		return err_set(err, STATUS_USAGE, EINVAL, "--events is for TCP: --traffic conns or bulk");
	if (t->ip == TRAFFIC_IP6 && t->kind == TRAFFIC_BURSTS)
		return err_set(err, STATUS_USAGE, EINVAL, "--traffic bursts is IPv4 only");
	if (t->kind == TRAFFIC_CONNECT && !t->port)
		return err_set(err, STATUS_USAGE, EINVAL, "--traffic connect needs --port PORT");
	return 0;
}

static void complete(struct traffic_opts *t)
{
	t->connections = t->connections ? t->connections : defaults.connections;
	t->bytes = t->bytes ? t->bytes : defaults.bytes;
	t->parallel = t->parallel ? t->parallel : defaults.parallel;
	t->streams = t->streams ? t->streams : defaults.streams;
	t->seconds = t->seconds ? t->seconds : defaults.seconds;
	t->cycles = t->cycles ? t->cycles : defaults.cycles;
	t->flows = t->flows ? t->flows : defaults.flows;
	t->packets = t->packets ? t->packets : defaults.packets;
	t->payload = t->payload ? t->payload : defaults.payload;
	t->attempts = t->attempts ? t->attempts : defaults.attempts;
}

/* The report comes also where the run could not be kept. */
static int print_run(const struct session *s, const struct run *run, struct err *err)
{
	char path[PATH_MAX];
	int stored = store_run(run, config.dir, NULL, path, sizeof(path), err), rc;

	if (stored == 0)
		job_progress(&s->job, "measure", "kept as %s", path);
	progress_settle(s->job.progress_arg);
	if (s->json)
		rc = print_json(run_to_json(run), stored < 0 ? NULL : err);
	else
		rc = run_print_text(stdout, run, s->verbosity > 0, use_color(stdout));
	return stored < 0 ? stored : rc;
}

static int run_measure(const struct session *s, int argc, char **argv, struct err *err)
{
	char command[1024];
	struct lab lab;
	struct run run;
	int rc = check_options(&config.m, err);

	complete(&config.m.traffic);
	if (rc == 0)
		rc = bursts_check(&config.m.traffic, err);
	config.m.command = command_line(command, sizeof(command));
	if (rc == 0)
		rc = store_check(config.dir, err);
	if (rc == 0)
		rc = bench_enter(s->lab, &lab, err);
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
	.about = "Traffic goes from one node to the other, TCP unless told otherwise, with BPF probes on the tap where it enters the "
		 "switch and on the one where it leaves it. A packet counts as reordered if it left "
		 "the switch after one that had entered later (RFC 4737); what the sender sent again "
		 "never counts. Megaflows are purged first, so each run starts with misses.\n\n"
		 "The default traffic is many connections of one large write each: the first packet "
		 "with PSH of each then has neighbours that can overtake it. iperf3 sends a few "
		 "control bytes with PSH before its bulk.\n\n"
		 "Bursts are UDP: packets of some flows in turns, as fast as they go, in flows that are "
		 "new in each burst. Each packet is known by what it carries, both taps are captured, "
		 "and order is judged as 'analyze' does it. With --stall vswitchd, ovs-vswitchd is "
		 "stopped (SIGSTOP) before each burst and goes on when all of it has entered the switch: "
		 "what missed waits for it in one batch, and no race decides. It goes on in any case; "
		 "what a killed command left stopped, the next one lets go on.\n\n"
		 "Connect opens TCP connections to a port of the receiver, closes each at once, and "
		 "tells how the attempts ended: established, refused, unreachable (an ICMP error came), or "
		 "timed out after " TEXT_OF(CONNECT_LIMIT_S) " s. Nothing is started there: what listens, "
		 "or refuses, is what there is.\n\n"
		 "While PSH is mangled, or with --events, the probes know each packet with PSH, and the "
		 "run tells whether it was those that moved, by Fisher's exact test.\n\n"
		 "The report is short; -v adds the switch's events, throughput over time, the flows and "
		 "all versions. The run is kept as a JSON file with all of it. A run in which an "
		 "injected mangler changed nothing, an injection came or went, or the switch was restarted, "
		 "exits with status 1.",
	.examples = "ovslab measure\n"
		    "ovslab measure --traffic bulk --streams 4 --seconds 10\n"
		    "ovslab measure --json | jq .reorder.reordered\n"
		    "ovslab measure --traffic bursts --stall vswitchd\n"
		    "ovslab measure --traffic connect --port 22\n"
		    "ovslab measure --no-purge --revalidate-every 1s\n"
		    "ovslab measure --events --json | jq -c '.events.list[]'",
	.opts = opts,
	.config = &config,
	.timeout = 300,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_measure,
};
