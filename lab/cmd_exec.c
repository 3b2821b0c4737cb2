// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_exec.c - 'ovslab exec'
 */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/agent.h"
#include "host/labdir.h"
#include "host/netns.h"
#include "host/ovs.h"
#include "run/bench.h"

#define INPUT_MAX (4u << 20)

static struct exec_config {
	bool stdin_too;
} config;

static const struct opt opts[] = {
	{ "stdin", 'i', OPT_FLAG(struct exec_config, stdin_too),
	  .help = "pass standard input on (read to its end first, at most 4 MiB)" },
	{ .name = NULL },
};

/* @arg: an int for what failed on standard output, as -errno */
static int pass_on(void *arg, int fd, const char *data, size_t len)
{
	FILE *f = fd == 1 ? stdout : stderr;
	int *ret_failed = arg;

	if (fwrite(data, 1, len, f) == len && fflush(f) == 0)
		return 0;
	if (fd == 1)
		*ret_failed = -errno;
	return -errno;
}

static int read_input(char **ret, size_t *ret_len, struct err *err)
{
	char *buf = malloc(INPUT_MAX + 1);
	size_t n = buf ? fread(buf, 1, INPUT_MAX + 1, stdin) : 0;

	if (buf && ferror(stdin)) {
		free(buf);
		return err_set(err, STATUS_USAGE, EIO, "standard input: %s", strerror(errno));
	}
	if (!buf || n > INPUT_MAX) {
		free(buf);
		return err_too_large(err, "standard input", INPUT_MAX);
	}
	*ret = buf;
	*ret_len = n;
	return 0;
}

/* A switch on the host is no VM, but its tools are run alike. */
static int run_beside_switch(const struct session *s, const struct lab *lab, char **argv,
			     struct err *err)
{
	_cleanup_close_ int in = config.stdin_too ? dup(STDIN_FILENO) : -1;
	char path[PATH_MAX];
	int status = 0, rc = netns_enter(labdir_path(lab, "netns", path, sizeof(path)), err);

	if (rc == 0)
		rc = ovs_exec_on_host(&s->job, lab, (const char *const *)argv, in < 0 ? 0 : in, &status,
				      err);
	return rc < 0 ? rc : status;
}

static int run_exec(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_free_ char *input = NULL;
	const struct lab_node *node;
	size_t input_len = 0;
	struct lab lab;
	int status = 0, failed = 0, rc = labdir_load_ready(s->lab, &lab, err);

	if (rc == 0 && strcmp(argv[0], LAB_SWITCH_NAME) == 0 && !lab_switch_node(&lab))
		return run_beside_switch(s, &lab, argv + 1, err);
	if (rc == 0)
		rc = bench_node(&lab, argv[0], &node, err);
	if (rc == 0 && config.stdin_too)
		rc = read_input(&input, &input_len, err);
	if (rc == 0)
		rc = agent_stream(&s->job, &lab, node, (const char *const *)argv + 1, input, input_len,
				  pass_on, &failed, &status, err);
	if (failed)
		return stdout_failed(failed, err);
	return rc < 0 ? rc : status;
}

const struct command cmd_exec = {
	.name = "exec",
	.group = GROUP_BENCH,
	.args = "NODE -- CMD [ARG...]",
	.args_min = 2,
	.args_max = ARGS_ANY,
	.summary = "run a program in a node",
	.about = "Runs a program in a guest through its agent, passes its output on as it comes, and "
		 "exits with its status (128 + N if signal N ended it). Ctrl-C ends the program in "
		 "the guest.\n\n"
		 "The node sw is the switch: its VM, or, where it runs on the host, the lab's network "
		 "namespace. OVS's tools find their switch in either.",
	.examples = "ovslab exec vm1 -- ip addr\n"
		    "ovslab exec sw -- ovs-appctl dpctl/dump-flows\n"
		    "ovslab exec vm1 -- ping -c 3 vm2\n"
		    "echo 'table inet t {}' | ovslab exec -i vm2 -- nft -f -",
	.opts = opts,
	.config = &config,
	.flags = CMD_ROOT | CMD_POSIX,
	.run = run_exec,
};
