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
#include "host/domain.h"
#include "host/labdir.h"
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

static int log_path(const struct lab *lab, const char *what, char *buf, size_t size,
		    struct err *err)
{
	const struct lab_node *node;
	int rc;

	if (strcmp(what, "switch") == 0) {
		labdir_path(lab, "ovs/ovs-vswitchd.log", buf, size);
		return 0;
	}
	if (strcmp(what, "ovsdb") == 0) {
		labdir_path(lab, "ovs/ovsdb-server.log", buf, size);
		return 0;
	}
	rc = bench_node(lab, what, &node, err);
	if (rc < 0)
		return rc;
	domain_path(lab, node->name, DOMAIN_CONSOLE_LOG, buf, size);
	return 0;
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

static int run_logs(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *text = NULL;
	const char *what = argc ? argv[0] : "switch";
	char path[PATH_MAX], *from;
	struct lab lab;
	size_t size = 4 << 20, n;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc == 0)
		rc = log_path(&lab, what, path, sizeof(path), err);
	if (rc < 0)
		return rc;
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

const struct command cmd_logs = {
	.name = "logs",
	.group = GROUP_BENCH,
	.args = "[NODE|switch|ovsdb]",
	.args_max = 1,
	.summary = "show a node's console or the switch's log",
	.about = "Without an argument, the log of ovs-vswitchd.",
	.examples = "ovslab logs\novslab logs vm1\novslab logs -f switch",
	.opts = opts,
	.config = &config,
	.run = run_logs,
};
