// SPDX-License-Identifier: GPL-2.0
/*
 * ofctl.c - OpenFlow flows read by this host's ovs-ofctl, without a switch
 */
#include "host/ofctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/proc.h"

#define LIMIT_MS 10000
#define SAID_MAX 8192			/* of what it writes to stderr */

/* "ovs-ofctl (Open vSwitch) 3.1.0" */
int ofctl_version(const struct job *job, char *buf, size_t size, struct err *err)
{
	static const char *const argv[] = { "ovs-ofctl", "--version", NULL };
	struct proc_opts opts = { .limit_ms = LIMIT_MS, .die_with_us = true };
	_cleanup_free_ char *out = NULL;
	const char *word;
	int rc = proc_output(job, &opts, argv, &out, err);

	if (rc < 0)
		return rc;
	out[strcspn(out, "\n")] = '\0';
	word = strrchr(out, ' ');
	if (!word || strspn(word + 1, "0123456789.") == 0)
		return err_set(err, STATUS_HOST, EBADMSG, "ovs-ofctl does not tell its version");
	snprintf(buf, size, "%.*s", (int)strcspn(word + 1, "-+~"), word + 1);
	return 0;
}

static char *join_lines(const char *const *flows, size_t n, size_t *ret_len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_len);

	for (size_t i = 0; i < n && f; i++)
		fprintf(f, "%s\n", flows[i]);
	if (f && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* "ovs-ofctl: -:2: unknown keyword x": the line, from 1, and the rest; 0: it says no such thing. */
static size_t refused_line(char *said, const char **ret_why)
{
	static const char lead[] = "ovs-ofctl: -:";
	char *save, *end;

	for (char *line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long n;

		if (strncmp(line, lead, strlen(lead)) != 0)
			continue;
		n = strtoul(line + strlen(lead), &end, 10);
		if (n && strncmp(end, ": ", 2) == 0) {
			*ret_why = end + 2;
			return n;
		}
	}
	return 0;
}

static void read_said(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = ' ';
}

/* --bundle: as the flows are set in a switch, which says what versions of OpenFlow may be used */
int ofctl_parse(const struct job *job, const char *const *flows, size_t n, size_t *ret_bad,
		char *ret_why, struct err *err)
{
	static const char *const argv[] = { "ovs-ofctl", "--bundle", "parse-flows", "-", NULL };
	_cleanup_close_ int in = -1, out = proc_text("", 0, err);
	_cleanup_free_ char *text = NULL;
	char said[SAID_MAX];
	const char *why;
	size_t len, line;
	int rc;

	text = join_lines(flows, n, &len);
	in = text ? proc_text(text, len, err) : err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	if (in < 0 || out < 0)
		return in < 0 ? in : out;
	rc = proc_run(job, &(struct proc_opts){ .in = in, .err = out, .limit_ms = LIMIT_MS,
						.die_with_us = true }, argv, err);
	if (rc != -ECHILD) {
		*ret_bad = n;
		return rc;
	}
	read_said(out, said, sizeof(said));
	line = refused_line(said, &why);
	if (!line || line > n)
		return rc;
	err_reset(err);
	*ret_bad = line - 1;
	snprintf(ret_why, OFCTL_WHY_MAX, "%s", why);
	return 0;
}
