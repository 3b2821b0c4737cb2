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
#include "host/channel.h"
#include "host/domain.h"
#include "host/labdir.h"
#include "host/vm.h"
#include "run/bench.h"

#define DETACH_KEY 0x1d			/* Ctrl-] as in virsh and telnet */
#define ANSWER_MS 500
#define NO_LIMIT INT64_MAX

static int connect_console(const struct lab *lab, const struct lab_node *node, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[PATH_MAX];
	int rc;

	domain_path(lab, node->name, DOMAIN_CONSOLE_SOCKET, path, sizeof(path));
	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, STATUS_BENCH, ENAMETOOLONG, "%s is too long a path", path);
	strcpy(addr.sun_path, path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return take_fd(&fd);
	rc = -errno;
	if (node->pid && vm_ended(node, VM_END_MS))
		return channel_explain(err, -ECONNRESET, lab, node);
	return err_set(err, STATUS_BENCH, rc, "console of %s: %s", node->name, strerror(-rc));
}

enum passed { PASSED, PASS_ENDED, PASS_LEFT };

/* Pass on what one side said. */
static enum passed pass(int from, int to, bool keys)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0)
		return PASS_ENDED;
	if (keys && memchr(buf, DETACH_KEY, n))
		return PASS_LEFT;
	for (ssize_t done = 0, w; done < n; done += w)
		if ((w = write(to, buf + done, n - done)) < 0)
			return PASS_LEFT;
	return PASSED;
}

/* Standard input has ended: a guest that was asked something may answer yet. */
static int hear_out(const struct session *s, int fd, bool *ret_heard)
{
	int64_t limit = job_limit(&s->job, ANSWER_MS);

	while (now_ns() < limit) {
		int rc = wait_fd(fd, POLLIN, limit);
		enum passed passed = rc < 0 ? PASS_LEFT : pass(fd, STDOUT_FILENO, false);

		if (rc < 0)
			return rc == -ETIMEDOUT ? 0 : rc;
		if (passed != PASSED)
			return passed == PASS_ENDED ? -ECONNRESET : 0;
		*ret_heard = true;
	}
	return 0;
}

/* -ECONNRESET if it was QEMU that hung up */
static int talk(const struct session *s, int fd, bool *ret_heard)
{
	struct pollfd p[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN },
	};

	for (;;) {
		int rc = wait_fds(p, 2, s->job.deadline_ns ? s->job.deadline_ns : NO_LIMIT);
		enum passed passed = PASSED;

		if (rc < 0)
			return rc == -ETIMEDOUT ? 0 : rc;
		if (p[1].revents)
			passed = pass(fd, STDOUT_FILENO, false);
		if (passed != PASSED)
			return passed == PASS_ENDED ? -ECONNRESET : 0;
		*ret_heard |= p[1].revents != 0;
		if (p[0].revents)
			passed = pass(STDIN_FILENO, fd, true);
		if (passed == PASS_ENDED)
			return hear_out(s, fd, ret_heard);
		if (passed == PASS_LEFT)
			return 0;
	}
}

/* The same with a terminal's keys passed on as they are typed. */
static int talk_raw(const struct session *s, int fd, bool *ret_heard)
{
	struct termios saved, raw;
	int rc;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0)
		return talk(s, fd, ret_heard);
	raw = saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	rc = talk(s, fd, ret_heard);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	/* the guest's last line has seldom ended */
	if (isatty(STDOUT_FILENO))
		putchar('\n');
	return rc;
}

static int run_console(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct lab_node *node;
	_cleanup_close_ int fd = -1;
	bool heard = false;
	struct lab lab;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc == 0)
		rc = bench_node(&lab, argv[0], &node, err);
	if (rc == 0)
		rc = fd = connect_console(&lab, node, err);
	if (rc < 0)
		return rc;
	job_progress(&s->job, node->name, "console; Ctrl-] leaves it");
	rc = talk_raw(s, fd, &heard);
	if (rc < 0 && rc != -ECONNRESET)
		return wait_failed(err, rc, "the console of %s", node->name);
	if (!heard && node->pid && vm_ended(node, rc < 0 ? VM_END_MS : 0))
		return channel_explain(err, -ECONNRESET, &lab, node);
	if (!heard)
		job_progress(&s->job, node->name,
			     "nothing came: the guest is silent, or another console is attached");
	return STATUS_OK;
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
