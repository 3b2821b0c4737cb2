// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_analyze.c - 'ovslab analyze'
 *
 * Flows and events wait in unnamed files until the totals are known: the answer comes
 * first, and what goes wrong before it leaves nothing on standard output.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/input.h"
#include "noting.h"
#include "progress.h"
#include "report/reorder_csv.h"
#include "report/reorder_json.h"
#include "report/reorder_text.h"
#include "run/analyze.h"

static const char *const id_names[] = { "auto", "ipid", "payload-hash", NULL };

static struct analyze_config {
	const char *ingress, *egress, *upcalls, *ranks;
	bool flows, events, csv, rewrites, clocks_differ;
	unsigned int threshold, port;
	int id;				/* enum two_id */
} config = { .threshold = 16 };

static const struct opt opts[] = {
	{ "ingress", 0, OPT_STRING(struct analyze_config, ingress), .arg = "FILE",
	  .help = "captured where packets enter the switch" },
	{ "egress", 0, OPT_STRING(struct analyze_config, egress), .arg = "FILE",
	  .help = "captured where they leave it" },
	{ "upcalls", 0, OPT_STRING(struct analyze_config, upcalls), .arg = "FILE",
	  .fallback = "of a folder, its " UPCALL_NOTES_FILE,
	  .help = "two points: which packets went through vswitchd" },
	{ "ranks", 0, OPT_STRING(struct analyze_config, ranks), .arg = "LIST",
	  .help = "no capture, but these ranks in order of arrival: \"1 2 4 5 3\"" },
	{ "flows", 0, OPT_FLAG(struct analyze_config, flows),
	  .help = "list the flows; text: those with most to tell" },
	{ "events", 0, OPT_FLAG(struct analyze_config, events),
	  .help = "list each packet that was reordered, sent again, lost ..." },
	{ "csv", 0, OPT_FLAG(struct analyze_config, csv),
	  .help = "print the flows as CSV, and nothing else" },
	{ "port", 0, OPT_UINT(struct analyze_config, port), .arg = "N", .min = 1, .max = 65535,
	  .fallback = "all", .help = "only flows from or to that port" },
	{ "threshold", 0, OPT_UINT(struct analyze_config, threshold), .arg = "N", .min = 1,
	  .max = REORDER_THRESHOLD_MAX, .help = "DT and BT of RFC 5236, packets" },
	{ "id", 0, OPT_CHOICE(struct analyze_config, id), .choices = id_names,
	  .help = "two points: by what a UDP packet is known at the egress" },
	{ "rewrites", 0, OPT_FLAG(struct analyze_config, rewrites),
	  .help = "two points: the switch changes addresses or ports (NAT)" },
	{ "clocks-differ", 0, OPT_FLAG(struct analyze_config, clocks_differ),
	  .help = "two points: captured on different hosts, do not compare times" },
	{ .name = NULL },
};

/* Where flows and events go. One for the process: large. */
static struct output {
	bool json;
	enum analysis_mode mode;
	FILE *csv;			/* rows, until they may be printed */
	struct reorder_json as_json;
	struct reorder_text as_text;
} output;

static struct analyze_result result;

static struct upcall_notes notes;

/* Why it is not known which packets were upcalled, where a file should have told; or "". */
static char why_not[512];

/* ---- what is asked ---------------------------------------------------------------- */

static int bad(struct err *err, const char *why)
{
	return err_set(err, STATUS_USAGE, EINVAL, "%s", why);
}

static int check_lists(const struct session *s, struct err *err)
{
	if (config.csv && (s->json || config.events))
		return bad(err, "--csv prints flows alone: no --json, no --events");
	if (config.ranks && (config.rewrites || config.id || config.port || config.clocks_differ))
		return bad(err, "--ranks goes with --threshold and what is printed alone");
	return 0;
}

static int check_inputs(int argc, struct err *err)
{
	bool pair = config.ingress || config.egress;

	if (pair + (config.ranks != NULL) + (argc > 0) > 1)
		return bad(err, "one capture, or --ingress and --egress, or --ranks");
	if (pair + (config.ranks != NULL) + (argc > 0) == 0)
		return bad(err, "what? A capture, a folder, --ingress and --egress, or --ranks");
	if (pair && !(config.ingress && config.egress))
		return bad(err, "--ingress and --egress go together");
	return 0;
}

/* @ret_upcalls: the notes of a folder, or NULL */
static int find_inputs(int argc, char **argv, struct analyze_opts *o, const char **ret_upcalls,
		       struct err *err)
{
	static struct analyze_folder folder;
	const char *one = argc > 0 ? argv[0] : NULL, *two = argc > 1 ? argv[1] : NULL;

	o->ingress = config.ingress;
	o->egress = config.egress;
	o->ranks = config.ranks;
	if (argc == 1 && analyze_is_folder(one)) {
		int rc = analyze_folder(one, &folder, err);

		if (rc < 0)
			return rc;
		one = folder.one;
		two = *folder.two ? folder.two : NULL;
	}
	*ret_upcalls = *folder.upcalls ? folder.upcalls : NULL;
	if (two) {
		o->ingress = one;
		o->egress = two;
		o->either_way = true;
	} else {
		o->capture = one;
	}
	return 0;
}

static int check_mode(const struct analyze_opts *o, struct err *err)
{
	if (o->capture && (config.rewrites || config.id || config.clocks_differ))
		return bad(err, "--id, --rewrites and --clocks-differ are for two captures");
	if (config.upcalls && !o->ingress)
		return bad(err, "--upcalls is for two captures");
	if (config.upcalls && !strcmp(config.upcalls, "-") &&
	    (!strcmp(o->ingress, "-") || !strcmp(o->egress, "-")))
		return bad(err, "the standard input can be read once only");
	if (o->ingress && !strcmp(o->ingress, "-") && !strcmp(o->egress, "-"))
		return bad(err, "the standard input can be read once only");
	if (o->either_way && (!strcmp(o->ingress, "-") || !strcmp(o->egress, "-")))
		return bad(err, "which is the ingress? --ingress FILE --egress FILE");
	return 0;
}

/* ---- upcalls ------------------------------------------------------------------------- */

static void warn(const char *what)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s", what);
	utf8_clean(text, strlen(text));
	fprintf(stderr, "ovslab: warning: %s\n", text);
}

/* What lies beside captures may be damaged, and they are analysed all the same. */
static int load_notes(const struct session *s, const char *found, struct err *err)
{
	const char *name = config.upcalls ?: found;
	struct err reason = { 0 };
	int rc = name ? noting_load(&s->job, name, &notes, &reason) : 0;

	if (rc == 0 && name && !notes.known)
		snprintf(why_not, sizeof(why_not), "%s", notes.why_not ?: "the file does not say why");
	if (rc == 0)
		return 0;
	if (config.upcalls || rc == -EINTR || rc == -ETIMEDOUT || rc == -ENOMEM) {
		err_move(err, &reason);
		return rc;
	}
	warn(reason.msg);
	snprintf(why_not, sizeof(why_not), "%.500s", reason.msg);
	err_reset(&reason);
	return 0;
}

/* ---- flows and events -------------------------------------------------------------- */

static void on_flow(void *arg, const struct analysis_flow *flow)
{
	struct output *out = arg;

	if (out->csv)
		reorder_csv_flow(out->csv, flow);
	else if (out->json)
		reorder_json_flow(&out->as_json, flow);
	else
		reorder_text_flow(&out->as_text, flow);
}

static void on_event(void *arg, const struct analysis_event *event)
{
	struct output *out = arg;

	if (out->json)
		reorder_json_event(&out->as_json, out->mode, event);
	else
		reorder_text_event(&out->as_text, out->mode, event);
}

/* tmpfile() does not ask TMPDIR, and a list may be larger than /tmp. */
static FILE *unnamed_file(const char *dir)
{
	char path[PATH_MAX];
	FILE *f;
	int fd;

	if (snprintf(path, sizeof(path), "%s/ovslab-XXXXXX", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	unlink(path);
	f = fdopen(fd, "w+");
	if (!f)
		close(fd);
	return f;
}

static int make_file(bool wanted, FILE **ret, struct err *err)
{
	const char *dir = getenv("TMPDIR");

	*ret = !wanted ? NULL : dir && *dir ? unnamed_file(dir) : tmpfile();
	if (wanted && !*ret)
		return err_set(err, STATUS_BENCH, errno, "no temporary file%s%s: %s",
			       dir && *dir ? " in " : "", dir && *dir ? dir : "", strerror(errno));
	return 0;
}

static int make_output(const struct session *s, struct output *out, struct err *err)
{
	out->json = s->json;
	out->mode = config.ranks ? ANALYSIS_RANKS : ANALYSIS_TWO_POINT;
	out->as_text.flows = config.flows && !s->json;
	out->as_text.full = s->verbosity || config.ranks;
	out->as_text.upcalls = notes.known;
	out->as_text.colour = use_color(stdout);
	out->as_text.columns = terminal_columns(STDOUT_FILENO);
	return make_file(config.csv, &out->csv, err) ?:
	       make_file(config.flows && s->json, &out->as_json.flows, err) ?:
	       make_file(config.events && s->json, &out->as_json.events, err) ?:
	       make_file(config.events && !s->json, &out->as_text.events, err);
}

static void empty(FILE *f)
{
	if (f && (fflush(f) == EOF || ftruncate(fileno(f), 0) < 0 || fseek(f, 0, SEEK_SET) < 0))
		clearerr(f);		/* told when it is printed */
}

static void start_again(void *arg)
{
	struct output *out = arg;

	empty(out->csv);
	empty(out->as_json.flows);
	empty(out->as_json.events);
	empty(out->as_text.events);
	out->as_json.n_flows = out->as_json.n_events = 0;
	out->as_text.n_flows = out->as_text.n_events = out->as_text.n_top = 0;
}

/* ---- printing ------------------------------------------------------------------------ */

static int print_csv(struct output *out)
{
	char buf[16384];
	size_t n;

	if (fflush(out->csv) == EOF || fseek(out->csv, 0, SEEK_SET) < 0)
		return -errno;
	reorder_csv_header(stdout);
	while ((n = fread(buf, 1, sizeof(buf), out->csv)) > 0)
		fwrite(buf, 1, n, stdout);
	return ferror(out->csv) ? -EIO : 0;
}

static int print_result(struct output *out, struct err *err)
{
	const struct analyze_result *r = &result;
	int rc;

	if (out->csv)
		rc = print_csv(out);
	else if (out->json)
		rc = reorder_json_print(stdout, &out->as_json, &r->a, r->inputs, r->n_inputs);
	else
		rc = reorder_text_print(stdout, &out->as_text, &r->a, r->inputs, r->n_inputs);
	if (rc < 0 && ferror(stdout))
		return stdout_failed(errno ? -errno : rc, err);
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "cannot keep flows or events: %s",
				strerror(-rc)) : STATUS_OK;
}

/* The answer may lack what stands behind the damage: said also with --quiet. */
static void warn_of_damage(void)
{
	for (size_t i = 0; i < result.n_inputs; i++) {
		const struct analysis_input *in = &result.inputs[i];
		char text[1024];

		if (!in->damaged)
			continue;
		snprintf(text, sizeof(text), "%s: damaged at byte %llu%s: %s; what is before it was read",
			 input_title(in->name), (unsigned long long)in->truncated_at,
			 in->unpacked ? " of what it unpacks to" : "", result.damage[i]);
		warn(text);
	}
}

static int run_analyze(const struct session *s, int argc, char **argv, struct err *err)
{
	struct analyze_opts o = {
		.id = (enum two_id)config.id, .rewrites = config.rewrites,
		.clocks_differ = config.clocks_differ, .threshold = config.threshold,
		.port = config.port, .again = start_again,
		.sink = { .flow = on_flow, .event = config.events ? on_event : NULL, .arg = &output },
	};
	const char *found = NULL;
	struct two_upcalls upcalls;
	int rc = check_inputs(argc, err) ?: check_lists(s, err) ?: find_inputs(argc, argv, &o, &found, err);

	rc = rc ?: check_mode(&o, err) ?: load_notes(s, found, err) ?: make_output(s, &output, err);
	if (rc < 0)
		return rc;
	upcalls = upcall_notes_two(&notes);
	o.upcalls = notes.known ? &upcalls : NULL;
	if (o.capture)
		output.mode = ANALYSIS_ONE_POINT;
	rc = analyze_run(&s->job, &o, &result, err);
	if (rc < 0)
		return rc;
	result.a.upcalls_why_not = *why_not ? why_not : NULL;
	progress_settle(s->job.progress_arg);
	warn_of_damage();
	return print_result(&output, err);
}

const struct command cmd_analyze = {
	.name = "analyze",
	.group = GROUP_EXPERIMENT,
	.args = "[FILE|DIR [FILE]]",
	.args_max = 2,
	.summary = "tell from captures what was reordered, and by whom",
	.about = "With two captures, one of each side of a switch: what the switch reordered, lost and "
		 "duplicated, packet by packet, and how long packets took. What the sender sent "
		 "again is never the switch's reordering. With one capture: what arrived reordered "
		 "and what was retransmitted, by IP IDs, TCP timestamps and ACKs; where they do not "
		 "tell, a packet is called ambiguous. Of a folder, the captures that "
		 "'ovslab capture -w' left in it. Where --ingress and --egress are not given, the "
		 "side that most packets come from is the ingress. Where it was noted which packets went "
		 "through vswitchd, as 'capture' does beside its files, how long those took is told "
		 "from how long the others did.\n\n"
		 "Reads pcap and pcapng, also gzipped, and from pipes ('-' is the standard input, "
		 "which Ctrl-C ends). A damaged file gives the packets before the damage, and a "
		 "warning with its offset. Memory is bounded; where a bound was met the report says so.\n\n"
		 "Reordering found is no failure: the exit status is 0 if a report was made, and 2 if "
		 "an input could not be read at all. -v adds densities (RFC 5236) and runs.",
	.examples = "ovslab analyze out/\n"
		    "ovslab analyze --ingress in.pcap --egress out.pcap --flows\n"
		    "ovslab analyze --events somebody-elses.pcapng.gz\n"
		    "tcpdump -i eth0 -s 96 -U -w - tcp | ovslab analyze -\n"
		    "# against the RFCs\n"
		    "ovslab analyze --ranks \"1 2 4 5 3\" --json",
	.opts = opts,
	.config = &config,
	.flags = CMD_JSON,
	.run = run_analyze,
};
