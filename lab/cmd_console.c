// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_console.c - 'ovslab console'
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "core/util.h"
#include "host/domain.h"
#include "host/labdir.h"
#include "run/bench.h"

#define DETACH_KEY 0x1d			/* Ctrl-] as in virsh and telnet */
#define NO_LIMIT INT64_MAX

static int connect_console(const struct lab *lab, const struct lab_node *node, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[PATH_MAX];

	domain_path(lab, node->name, DOMAIN_CONSOLE_SOCKET, path, sizeof(path));
	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, STATUS_BENCH, ENAMETOOLONG, "%s is too long a path", path);
	strcpy(addr.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_set(err, STATUS_BENCH, errno, "console of %s: %s", node->name, strerror(errno));
	return take_fd(&fd);
}

/* Pass on what one side said: 1 to go on, 0 at the end. */
static int pass(int from, int to, bool keys)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0)
		return 0;
	if (keys && memchr(buf, DETACH_KEY, n))
		return 0;
	for (ssize_t done = 0, w; done < n; done += w)
		if ((w = write(to, buf + done, n - done)) < 0)
			return 0;
	return 1;
}

static int talk(const struct session *s, int fd)
{
	struct pollfd p[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN },
	};

	for (;;) {
		int rc = wait_fds(p, 2, s->job.deadline_ns ? s->job.deadline_ns : NO_LIMIT);

		if (rc < 0)
			return rc == -ETIMEDOUT ? 0 : rc;
		if (p[1].revents && !pass(fd, STDOUT_FILENO, false))
			return 0;
		if (p[0].revents && !pass(STDIN_FILENO, fd, true))
			return 0;
	}
}

static int run_console(const struct session *s, int argc, char **argv, struct err *err)
{
	bool tty = isatty(STDIN_FILENO);
	const struct lab_node *node;
	_cleanup_close_ int fd = -1;
	struct termios saved, raw;
	struct lab lab;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc == 0)
		rc = bench_node(&lab, argv[0], &node, err);
	if (rc == 0)
		rc = fd = connect_console(&lab, node, err);
	if (rc < 0)
		return rc;
	job_progress(&s->job, node->name, "console; Ctrl-] leaves it");
	tty = tty && tcgetattr(STDIN_FILENO, &saved) == 0;
	if (tty) {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	rc = talk(s, fd);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return rc < 0 ? wait_failed(err, rc, "the console of %s", node->name) : STATUS_OK;
}

const struct command cmd_console = {
	.name = "console",
	.group = GROUP_BENCH,
	.args = "NODE",
	.args_min = 1,
	.args_max = 1,
	.summary = "talk to a node's serial console",
	.about = "Connects the terminal to the guest's first serial port. Ctrl-] leaves it; the guest "
		 "runs on. One console at a time: QEMU serves a second one when the first has left.",
	.examples = "ovslab console vm1",
	.flags = CMD_ROOT,
	.run = run_console,
};
