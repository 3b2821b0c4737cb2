// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_logs.c - 'ovslab logs'
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/domain.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "run/bench.h"

static struct logs_config {
	bool follow;
	unsigned int lines;
} config = { .lines = 200 };

static const struct opt opts[] = {
	{ "follow", 'f', OPT_FLAG(struct logs_config, follow), .help = "go on as the log grows" },
	{ "lines", 0, OPT_UINT(struct logs_config, lines), .arg = "N", .min = 1, .max = 1000000,
	  .help = "how many of the last lines" },
	{ .name = NULL },
};

/* Where a log is: *@ret_sw is the VM that has it, or NULL if it is a file of the host. */
static int find_log(const struct lab *lab, const char *what, char *buf, size_t size,
		    const struct lab_node **ret_sw, struct err *err)
{
	const struct lab_node *node;
	int rc;

	*ret_sw = NULL;
	if (ovs_log_path(lab, what, buf, size) == 0) {
		*ret_sw = lab_switch_node(lab);
		return 0;
	}
	rc = bench_node(lab, what, &node, err);
	if (rc == 0)
		domain_path(lab, node->name, DOMAIN_CONSOLE_LOG, buf, size);
	return rc;
}

/* A guest writes its console: nothing of it may steer this terminal. */
static int print_clean(char *text, size_t len)
{
	len = utf8_clean(text, len);
	return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0 ? 0 : -errno;
}

static char *last_lines(char *text, size_t len, unsigned int lines)
{
	char *p = text + len;

	if (p > text)
		p--;			/* the newline that ends the last line */
	for (; p > text; p--)
		if (p[-1] == '\n' && lines-- == 1)
			break;
	return p;
}

static int follow(const struct session *s, FILE *f, struct err *err)
{
	char buf[8192 + 1];

	for (;;) {
		int rc = 0;
		size_t n;

		clearerr(f);
		while (rc == 0 && (n = fread(buf, 1, sizeof(buf) - 1, f)) > 0)
			rc = print_clean(buf, n);
		if (rc < 0)
			return stdout_failed(rc, err);
		rc = wait_fd(STDOUT_FILENO, 0, job_limit(&s->job, 200));
		/* Ctrl-C, or a reader that has left; the time that was given */
		if (rc != -ETIMEDOUT || job_limit(&s->job, 0) == s->job.deadline_ns)
			return 0;
	}
}

static int pass_clean(void *arg, int fd, const char *data, size_t len)
{
	_cleanup_free_ char *text = strndup(data, len);
	int *ret_failed = arg, rc;

	if (!text)
		return -ENOMEM;
	if (fd != 1) {
		fwrite(text, 1, utf8_clean(text, strlen(text)), stderr);
		return 0;
	}
	rc = print_clean(text, strlen(text));
	if (rc < 0)
		*ret_failed = rc;
	return rc;
}

/* The log of a switch in a VM, by tail(1) there. */
static int show_in_vm(const struct session *s, const struct lab *lab, const struct lab_node *sw,
		      const char *path, struct err *err)
{
	char lines[16];
	const char *argv[] = { "tail", "-n", lines, path, config.follow ? "-f" : NULL, NULL };
	int status = 0, failed = 0, rc;

	snprintf(lines, sizeof(lines), "%u", config.lines);
	rc = agent_stream(&s->job, lab, sw, argv, NULL, 0, pass_clean, &failed, &status, err);
	if (failed)
		return stdout_failed(failed, err);
	if (config.follow && (rc == -EINTR || rc == -ETIMEDOUT)) {
		err_reset(err);
		return 0;
	}
	return rc < 0 ? rc : status ? STATUS_BENCH : STATUS_OK;
}

static int show_file(const struct session *s, const char *path, struct err *err)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size = 4 << 20, n;
	char *from;
	int rc;

	f = fopen(path, "re");
	text = malloc(size + 1);
	if (!f || !text)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	if (fseek(f, -(long)size, SEEK_END) < 0)
		rewind(f);
	n = fread(text, 1, size, f);
	from = last_lines(text, n, config.lines);
	rc = print_clean(from, n - (from - text));
	if (rc < 0)
		return stdout_failed(rc, err);
	return config.follow ? follow(s, f, err) : STATUS_OK;
}

static int run_logs(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct lab_node *sw = NULL;
	char path[PATH_MAX];
	struct lab lab;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc == 0)
		rc = find_log(&lab, argc ? argv[0] : "switch", path, sizeof(path), &sw, err);
	if (rc < 0)
		return rc;
	return sw ? show_in_vm(s, &lab, sw, path, err) : show_file(s, path, err);
}

const struct command cmd_logs = {
	.name = "logs",
	.group = GROUP_BENCH,
	.args = "[NODE|switch|ovsdb]",
	.args_max = 1,
	.summary = "show a node's console or the switch's log",
	.about = "Of a node (vm1, vm2, sw) it is what its serial console wrote, with the kernel's messages; "
		 "'switch' is the log of ovs-vswitchd, 'ovsdb' that of ovsdb-server. Without an argument, "
		 "the log of ovs-vswitchd.",
	.examples = "ovslab logs\novslab logs vm1\novslab logs -f switch",
	.opts = opts,
	.config = &config,
	.run = run_logs,
};
