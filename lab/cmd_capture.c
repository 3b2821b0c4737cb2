// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_capture.c - 'ovslab capture'
 */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/channel.h"
#include "host/vm.h"
#include "noting.h"
#include "report/json.h"
#include "run/bench.h"
#include "run/capture.h"

#define LONGEST_S (7 * 86400)

static struct capture_config {
	const char *dir;
	bool both_sides;
	unsigned int seconds, count, snaplen;
	int format;
} config = { .dir = "." };

static const struct opt opts[] = {
	{ "write", 'w', OPT_STRING(struct capture_config, dir), .arg = "DIR",
	  .help = "folder for the files, one TAP.pcap each" },
	{ "both-sides", 0, OPT_FLAG(struct capture_config, both_sides),
	  .help = "where packets enter the switch and where they leave it" },
	{ "seconds", 0, OPT_SECONDS(struct capture_config, seconds), .min = 1, .max = LONGEST_S,
	  .fallback = "until Ctrl-C, a week at most", .help = "how long to capture" },
	{ "count", 'c', OPT_UINT(struct capture_config, count), .arg = "N", .min = 1,
	  .max = INT32_MAX, .fallback = "no limit", .help = "end after N packets on each tap" },
	{ "snaplen", 's', OPT_UINT(struct capture_config, snaplen), .arg = "BYTES",
	  .fallback = "all", .help = "keep that much of each packet" },
	{ "format", 0, OPT_CHOICE(struct capture_config, format), .choices = capture_format_names,
	  .help = "pcap: the classic one, without comment, in microseconds" },
	{ .name = NULL },
};

/* Positionals: taps first; what follows is a filter expression. */
static unsigned int take_taps(const struct lab *lab, int argc, char **argv, const char **taps)
{
	unsigned int n = 0;

	while (n < (unsigned int)argc && n < CAPTURE_TAPS_MAX && lab_tap_holder(lab, argv[n])) {
		taps[n] = argv[n];
		n++;
	}
	return n;
}

/* A VM's tap goes with it. */
static int check_alive(const struct lab *lab, const char *const taps[], unsigned int n,
		       struct err *err)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct lab_node *node = lab_tap_holder(lab, taps[i]);

		if (node && !vm_alive(node))
			return channel_explain(err, -ECONNRESET, lab, node);
	}
	return 0;
}

static char *join(int argc, char **argv)
{
	size_t len = 1;
	char *text;

	for (int i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	text = calloc(1, len);
	for (int i = 0; i < argc && text; i++) {
		strcat(text, i ? " " : "");
		strcat(text, argv[i]);
	}
	return text;
}

static int wait_end(const struct session *s, struct capture *c)
{
	int seconds = config.seconds ? (int)config.seconds : LONGEST_S;
	int64_t limit = job_limit(&s->job, seconds * 1000);
	int rc = capture_wait(c, limit);

	/* the end that was asked for: time, or the user's Ctrl-C */
	return rc == -ETIMEDOUT || rc == -EINTR ? 0 : rc;
}

static void print_file(const struct capture_file *f)
{
	printf("%s: %" PRIu64 " packet%s", f->path, f->packets, f->packets == 1 ? "" : "s");
	if (f->dropped)
		printf("; the kernel dropped %" PRIu64 " more that the file lacks", f->dropped);
	putchar('\n');
}

static int print_result(const struct session *s, const struct capture *c, const struct noting *n,
			struct err *err)
{
	json_t *files = json_array();

	for (unsigned int i = 0; i < c->n; i++) {
		const struct capture_file *f = &c->files[i];

		if (!s->json)
			print_file(f);
		json_array_append_new(files, json_pack("{s:s,s:o,s:s,s:I,s:I}", "tap", f->tap, "path",
						       json_clean(f->path), "format",
						       capture_format_names[config.format],
						       "packets", (json_int_t)f->packets, "dropped",
						       (json_int_t)f->dropped));
	}
	if (s->json)
		return print_json(json_pack("{s:s,s:o,s:o}", "schema", "ovslab.capture/1", "files", files,
					    "upcalls", noting_json(n)), err);
	json_decref(files);
	noting_print(n);
	return STATUS_OK;
}

static int capture(const struct session *s, const struct lab *lab, const char *const taps[],
		   unsigned int n_taps, const struct capture_opts *o, struct noting *noting, struct err *err)
{
	struct capture c;
	int rc = noting_begin(&s->job, lab, config.dir, noting, err), kept;

	if (rc == 0)
		rc = capture_start(&s->job, lab, taps, n_taps, o, &c, err);
	if (rc < 0)
		return rc;
	rc = noting_replace(noting, err);
	if (rc < 0) {
		capture_stop(&c, NULL);
		return rc;
	}
	job_progress(&s->job, "capture", config.seconds || config.count ? "listening" :
		     "listening; Ctrl-C ends it");
	rc = wait_end(s, &c);
	if (rc < 0)
		capture_stop(&c, NULL);
	else
		rc = capture_stop(&c, err);
	kept = noting_end(lab, noting, rc < 0 ? NULL : err);
	rc = rc < 0 ? rc : kept;
	return rc < 0 ? rc : print_result(s, &c, noting, err);
}

static int run_capture(const struct session *s, int argc, char **argv, struct err *err)
{
	const char *taps[CAPTURE_TAPS_MAX];
	_cleanup_free_ char *filter = NULL;
	struct capture_opts o = { config.dir, config.snaplen, config.count, NULL, config.format };
	struct noting noting = { .wanted = false };
	struct lab lab;
	unsigned int named, n;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc < 0)
		return rc;
	n = named = take_taps(&lab, argc, argv, taps);
	if (named && config.both_sides)
		return err_set(err, STATUS_USAGE, EINVAL, "--both-sides names the taps itself: '%s'",
			       taps[0]);
	for (; named == 0 && n < lab.n_vms; n++)
		taps[n] = lab.nodes[n].tap;
	noting.wanted = !named;
	o.filter = filter = join(argc - (int)named, argv + named);
	if (!filter)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	rc = check_alive(&lab, taps, n, err);
	if (rc == 0)
		rc = capture(s, &lab, taps, n, &o, &noting, err);
	noting_release(&lab, &noting);
	if (rc == -EINVAL && named < (unsigned int)argc)
		err_hint(err, "'%s' and what follows is read as a filter: it names no tap of this lab",
			 argv[named]);
	return rc;
}

const struct command cmd_capture = {
	.name = "capture",
	.group = GROUP_BENCH,
	.args = "[TAP...] [FILTER...]",
	.args_max = ARGS_ANY,
	.summary = "capture packets on taps with tcpdump",
	.about = "Captures on the named taps, or on those of all nodes, into one file each, until the "
		 "time or count given is reached or Ctrl-C comes. The words after the taps are a "
		 "pcap-filter(7) expression. What the VM sent is seen as it came out of an XDP "
		 "mangler on that tap. tap-s1 and tap-s2 are the far ends of the wires to a switch in "
		 "a VM.\n\n"
		 "The files are pcapng inside, which Wireshark, tshark and tcpdump open by their content. "
		 "A comment in them names the lab, its switch, the taps and what is injected; times are "
		 "in nanoseconds, and the packets that the kernel dropped are noted at the end. Packets "
		 "are written as they come: whatever ends a capture, what is in its files is whole.\n\n"
		 "Of both sides, and where the switch is a VM with the kernel's datapath, it is noted besides "
		 "which packets went through vswitchd; " UPCALL_NOTES_FILE " has that at the end.\n\n"
		 "'ovslab analyze DIR' tells what the switch between two taps did, and how long packets "
		 "took either way.",
	.examples = "ovslab capture --both-sides -w out/ 'tcp port 5201'\n"
		    "ovslab capture tap-vm1 -w out/ --seconds 10 -s 96 tcp port 5201\n"
		    "ovslab capture --both-sides -w out/ -s 96 tcp &\n"
		    "ovslab measure; kill %1; wait; ovslab analyze out/",
	.opts = opts,
	.config = &config,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_capture,
};
