// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_down.c - 'ovslab down'
 */
#include "cmd.h"

#include <errno.h>

#include "host/labdir.h"
#include "run/bench.h"

static struct down_config {
	bool all;
} config;

static const struct opt opts[] = {
	{ "all", 'a', OPT_FLAG(struct down_config, all), .help = "all labs of this host" },
	{ .name = NULL },
};

static int down_one(const struct session *s, const char *name, json_t *done, struct err *err)
{
	bool was;
	int rc = bench_down(&s->job, name, &was, err);

	if (rc < 0)
		return rc;
	json_array_append_new(done, json_pack("{s:s,s:b}", "name", name, "was_there", was));
	if (!s->json)
		printf(was ? "lab '%s' is down\n" : "there was no lab '%s'\n", name);
	return 0;
}

static int run_down(const struct session *s, int argc, char **argv, struct err *err)
{
	json_t *done = json_array();
	char **names = NULL, **n;
	int rc = 0;

	if (config.all)
		rc = labdir_list(&names, err);
	else
		rc = down_one(s, s->lab, done, err);
	/* one that cannot be taken down is no reason to leave the others up */
	for (n = names; n && *n && !wait_signal(); n++) {
		int one = down_one(s, *n, done, rc < 0 ? NULL : err);

		rc = rc < 0 ? rc : one;
	}
	if (rc == 0 && n && *n)
		rc = wait_failed(err, -EINTR, "lab '%s' to go down", *n);
	labdir_list_free(names);
	if (rc == 0 && s->json)
		return print_json(json_pack("{s:s,s:o}", "schema", "ovslab.down/1", "labs", done), err);
	json_decref(done);
	return rc;
}

const struct command cmd_down = {
	.name = "down",
	.group = GROUP_BENCH,
	.summary = "take a lab down and remove all that it owns",
	.about = "Ends the lab's VMs and switch and removes its namespace and files, in whatever "
		 "state the lab is, also after an 'up' that was killed. Only what carries the lab's "
		 "own mark is touched. A lab that does not exist is down already: that is no error. "
		 "Results of runs and the guest image are kept.",
	.examples = "ovslab down\novslab -n second down\novslab down --all",
	.opts = opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_down,
};
