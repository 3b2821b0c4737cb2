// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inject_log.c - 'ovslab inject log'
 */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>

#include "core/util.h"
#include "report/inject_log.h"
#include "run/bench.h"
#include "run/inject_log.h"

#define FOLLOW_MS 200

static struct log_config {
	const char *place;
	bool follow, stable;
	unsigned int count;
} config;

static const struct opt opts[] = {
	{ "at", 0, OPT_STRING(struct log_config, place), .arg = "PLACE",
	  .fallback = "all that log", .help = "only the log of this place" },
	{ "follow", 'f', OPT_FLAG(struct log_config, follow),
	  .help = "go on with what comes, until interrupted" },
	{ "count", 'c', OPT_UINT(struct log_config, count), .arg = "N", .min = 1, .max = UINT32_MAX,
	  .fallback = "no end", .help = "end after N events" },
	{ "stable", 0, OPT_FLAG(struct log_config, stable),
	  .help = "only what is the same in two runs with the same seed, in an order that is" },
	{ .name = NULL },
};

/* Rows that point into @events; to be freed. */
static struct log_row *rows_of(const struct inject_event *events, size_t n, size_t *ret_n)
{
	struct log_row *rows = calloc(n + 1, sizeof(*rows));
	size_t kept = 0;

	for (size_t i = 0; rows && i < n; i++) {
		rows[kept] = (struct log_row){ &events[i].e, events[i].place, events[i].kind,
					       events[i].unix_ns };
		kept += !config.stable || log_row_is_stable(&rows[kept]);
	}
	if (rows && config.stable)
		qsort(rows, kept, sizeof(*rows), log_row_compare);
	*ret_n = kept;
	return rows;
}

static int print_document(const struct session *s, const struct log_row *rows, size_t n,
			  uint64_t lost, struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, log_row_json(&rows[i], config.stable));
	return print_json(json_pack("{s:s,s:s,s:b,s:I,s:o}", "schema", "ovslab.inject-log/1", "lab",
				    s->lab, "stable", (int)config.stable, "lost", (json_int_t)lost,
				    "events", list), err);
}

static int print_line(const struct session *s, const struct log_row *row)
{
	json_t *doc;
	int rc;

	if (!s->json)
		return log_row_print(stdout, row, config.stable);
	doc = log_row_json(row, config.stable);
	rc = doc ? json_dumpf(doc, stdout, JSON_COMPACT) : -1;
	json_decref(doc);
	return rc || putchar('\n') == EOF ? -errno : 0;
}

static int print_lines(const struct session *s, const struct log_row *rows, size_t n,
		       struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = print_line(s, &rows[i]);
	if (rc == 0 && fflush(stdout))
		rc = -errno;
	return rc ? stdout_failed(rc, err) : 0;
}

static void say_lost(const struct session *s, uint64_t lost)
{
	if (lost)
		job_progress(&s->job, "log", "%llu events had been overwritten before they were read",
			     (unsigned long long)lost);
}

/* Return: how many were printed, or what to end with, negative or a status. */
static int print_new(const struct session *s, const struct lab *lab, struct inject_logs *logs,
		     size_t *count, struct err *err)
{
	_cleanup_free_ struct inject_event *events = NULL;
	_cleanup_free_ struct log_row *rows = NULL;
	size_t n = 0;
	int rc = inject_logs_read(&s->job, lab, logs, &events, &n, err);

	if (rc < 0)
		return rc;
	rows = rows_of(events, n, &n);
	if (!rows)
		return -ENOMEM;
	if (config.count && n > config.count - *count)
		n = config.count - *count;
	*count += n;
	if (s->json && !config.follow)
		return print_document(s, rows, n, inject_logs_lost(logs), err);
	return print_lines(s, rows, n, err);
}

static int follow(const struct session *s, const struct lab *lab, struct inject_logs *logs,
		  struct err *err)
{
	uint64_t lost = 0;
	size_t count = 0;
	int rc = 0;

	while (rc == 0 && (!config.count || count < config.count)) {
		rc = print_new(s, lab, logs, &count, err);
		if (inject_logs_lost(logs) != lost)
			say_lost(s, inject_logs_lost(logs) - lost);
		lost = inject_logs_lost(logs);
		if (rc == 0 && (!config.count || count < config.count))
			rc = wait_ms(&s->job, FOLLOW_MS);
	}
	if (rc != -EINTR && rc != -ETIMEDOUT)
		return rc;
	err_reset(err);			/* that is how it ends */
	return STATUS_OK;
}

static int run_log(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_free_ struct inject_logs *logs = calloc(1, sizeof(*logs));
	struct lab lab;
	size_t count = 0;
	int rc = logs ? bench_enter(s->lab, &lab, err) : -ENOMEM;

	if (rc == 0)
		rc = inject_logs_open(&s->job, &lab, config.place, logs, err);
	if (rc < 0)
		return rc;
	if (!logs->n && (config.follow || !s->json)) {
		err_set(err, STATUS_BENCH, ENOENT, "nothing logs in lab '%s'", s->lab);
		err_hint(err, "a mangler logs with --log: 'ovslab inject psh --first --log'");
		return -ENOENT;
	}
	if (config.follow)
		return follow(s, &lab, logs, err);
	rc = print_new(s, &lab, logs, &count, err);
	if (rc >= 0)
		say_lost(s, inject_logs_lost(logs));
	return rc;
}

const struct command cmd_inject_log = {
	.name = "inject log",
	.group = GROUP_EXPERIMENT,
	.summary = "show which packets were mangled, one by one",
	.about = "Prints what manglers with --log have recorded: when, which connection, which bytes, "
		 "the IP ID, and what was changed from what to what. The log of a place has room for the "
		 "last 16384 events; reading it takes nothing away.\n\n"
		 "A connection's number is its turn among those to the same server port, and bytes are "
		 "counted from its first one. So with --seed the same bytes are mangled in every run of "
		 "the same traffic: --stable prints what two such runs have in common, and leaves out "
		 "retransmissions and what --clear or --clear-others cleared, which are up to TCP. So is who "
		 "has PSH already: a packet that psh chooses and that has it is not in the log.\n\n"
		 "The time is by the wall clock of the machine that the mangler runs on. Those of "
		 "guests were set to the host's when the lab came up, and are off by a few "
		 "milliseconds.\n\n"
		 "With --json, one document; with --follow as well, one line for each event.",
	.examples = "ovslab inject psh --first --clear-others --log --seed 7\n"
		    "ovslab measure --connections 200\n"
		    "ovslab inject log\n"
		    "# two runs with the same seed: no difference\n"
		    "ovslab inject log --stable >first.txt\n"
		    "ovslab inject log -f --json | jq -c '[.connection, .offset]'",
	.opts = opts,
	.config = &config,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_log,
};
