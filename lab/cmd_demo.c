// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_demo.c - 'ovslab demo'
 */
#include "cmd.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "bench_opts.h"
#include "progress.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "run/bench.h"
#include "run/demo.h"
#include "store.h"

#define DOWN_LIMIT_MS 60000

static struct demo_config {
	struct bench_config b;
	const char *dir;
	bool keep;
} config = { .b = BENCH_DEFAULTS };

static const struct opt opts[] = {
	BENCH_OPTS(struct demo_config, b),
	{ "write", 'w', OPT_STRING(struct demo_config, dir), .arg = "DIR", .fallback = "not kept",
	  .help = "keep the runs' files there" },
	{ "keep", 0, OPT_FLAG(struct demo_config, keep), .help = "leave the lab up at the end" },
	{ .name = NULL },
};

static const char not_shown[] =
	"The counts do not bear the story out; see the claims above. Run it again with\n"
	"-w DIR and look into the runs' files.\n";

static int store(const struct demo *demo, struct err *err)
{
	static const char *const names[DEMO_ROWS] = { "1-plain", "2-natural", "3-ratio", "4-clear" };
	char path[PATH_MAX];
	int rc = 0;

	for (unsigned int i = 0; config.dir && i < demo->n && rc == 0; i++)
		rc = store_run(&demo->runs[i], config.dir, names[i], path, sizeof(path), err);
	return rc;
}

static int print_text(const struct demo *demo)
{
	bool colour = use_color(stdout);
	const struct demo_step *steps = demo->story->steps;
	struct run_named rows[DEMO_ROWS];
	int rc;

	for (unsigned int i = 0; i < demo->n; i++)
		rows[i] = (struct run_named){ steps[i].name, &demo->runs[i] };
	printf("\n%s\nOVS %s, %s datapath of kernel %s\neach row is %llu connections of one %llu KiB write\n\n",
	       run_accel_text(&demo->runs[0]), demo->runs[0].env.ovs_version,
	       demo->runs[0].env.datapath, demo->runs[0].env.setup.kernel,
	       (unsigned long long)demo->runs[0].traffic.connections,
	       (unsigned long long)demo->runs[0].traffic.bytes >> 10);
	rc = run_compare_text(stdout, rows, demo->n, colour);
	printf("\n%s:\n%sthe other rows:\n%s\n", steps[DEMO_PLAIN].name, steps[DEMO_PLAIN].flows,
	       steps[DEMO_NATURAL].flows);
	for (const struct demo_check *c = demo->story->checks; c->claim; c++)
		printf("  %-4s %s\n", c->holds(demo->runs) ? "yes" : "NO", c->claim);
	printf("\n%s\nverdict: %s\n", demo_reproduced(demo) ? demo->story->shown : not_shown,
	       demo_reproduced(demo) ? "reproduced" : "not reproduced");
	return rc;
}

static int print_demo_json(const struct demo *demo, struct err *err)
{
	const struct demo_step *steps = demo->story->steps;
	json_t *rows = json_array(), *claims = json_array();

	for (unsigned int i = 0; i < demo->n; i++)
		json_array_append_new(rows, json_pack("{s:s,s:s,s:s?,s:o}",
						      "name", steps[i].name,
						      "flows", steps[i].flows,
						      "injection", steps[i].injection,
						      "run", run_to_json(&demo->runs[i])));
	for (const struct demo_check *c = demo->story->checks; c->claim; c++)
		json_array_append_new(claims, json_pack("{s:s,s:b}", "claim", c->claim, "holds",
							c->holds(demo->runs)));
	return print_json(json_pack("{s:s,s:b,s:o,s:o}", "schema", "ovslab.demo/1", "reproduced",
				    demo_reproduced(demo), "claims", claims, "rows", rows), err);
}

static int report(const struct session *s, const struct demo *demo, struct err *err)
{
	int rc = store(demo, err);

	progress_settle(s->job.progress_arg);
	if (rc == 0)
		rc = s->json ? print_demo_json(demo, err) : print_text(demo);
	if (rc < 0)
		return rc;
	return demo_reproduced(demo) ? STATUS_OK : STATUS_VERDICT;
}

/* Also after Ctrl-C; what fails in it stands beside the cause, if there is one. */
static int take_down(const char *name, int cause, struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(NULL, DOWN_LIMIT_MS) };
	struct err second = { 0 };
	bool was;
	int rc;

	wait_shield(true);
	rc = bench_down(&limited, name, &was, cause < 0 ? &second : err);
	wait_shield(false);
	err_evidence(err, "taking the lab down", second.msg);
	err_reset(&second);
	return rc;
}

/* Up, measure, down: down also after a failure, but never hiding its cause. */
static int tell(const struct session *s, const char *name, struct demo *demo, struct err *err)
{
	const struct bench_opts how = { .warm = config.b.warm };
	struct lab lab;
	bool made;
	int down, rc = bench_up(&s->job, name, &config.b.bench, &how, &lab, &made, err);

	if (rc < 0)
		return rc;
	if (!made) {
		rc = err_set(err, STATUS_USAGE, EEXIST, "lab '%s' is up already", name);
		err_hint(err, "the demo wants a lab of its own: choose another name with -n, or "
			 "'ovslab -n %s down'", name);
		return rc;
	}
	wait_hold(name, !config.keep);
	rc = demo_run(&s->job, &lab, demo, err);
	if (config.keep && rc == 0)
		return 0;
	down = take_down(name, rc, err);
	if (rc == 0 && down < 0)
		demo_free(demo);
	return rc < 0 ? rc : down;
}

static int run_demo(const struct session *s, int argc, char **argv, struct err *err)
{
	/* the default name is the user's own lab: keep out of it */
	const char *name = strcmp(s->lab, "default") == 0 ? "demo" : s->lab;
	struct demo demo = { 0 };
	int rc = bench_config_finish(&config.b, "demo", err);

	if (rc == 0 && config.dir)
		rc = store_check(config.dir, err);
	if (rc == 0)
		rc = tell(s, name, &demo, err);
	if (rc < 0)
		return rc;
	rc = report(s, &demo, err);
	demo_free(&demo);
	return rc;
}

const struct command cmd_demo = {
	.name = "demo",
	.group = GROUP_EXPERIMENT,
	.summary = "run the whole story on a lab of its own, with controls",
	.about = "Brings a lab up (named 'demo', unless -n says otherwise), measures four times, and takes "
		 "it down: flows that do not look at PSH; flows that tell PSH apart, with TCP's natural "
		 "PSH; the same with PSH injected into 1 of 10 packets; and the same with PSH cleared "
		 "from all. Exits with status 1 if the counts do not bear the story out.\n\n"
		 "On the kernel datapath the first packet with PSH of a connection is overtaken, as in "
		 "the report from the field. The userspace datapath reorders inside its batches "
		 "(--switch host --datapath userspace): there the dose shows. Options for the bench are "
		 "those of 'ovslab up'.",
	.examples = "ovslab demo\n"
		    "ovslab demo --ovs debian:bullseye\n"
		    "ovslab demo --switch host --datapath userspace\n"
		    "ovslab demo -w out/ --json | jq '.rows[].run.reorder.reordered'",
	.opts = opts,
	.config = &config,
	.timeout = 1200,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_demo,
};
