// SPDX-License-Identifier: GPL-2.0
/*
 * clang.c - BPF programs in C, compiled on this host
 */
#include "host/clang.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/userprog.h"
#include "core/util.h"
#include "host/datadir.h"
#include "host/proc.h"

#define LIMIT_MS 60000
#define SAID_MAX 6000			/* bytes of what clang said: its first words matter */
#define OUR_HEADER "bpf/pkt.h"

static int check_source(const char *source, struct err *err)
{
	struct stat st;

	if (source[0] == '-')		/* clang would take it for an option */
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' is an odd name: write ./%s", source, source);
	if (stat(source, &st))
		return err_set(err, STATUS_USAGE, errno, "%s: %s", source, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, STATUS_USAGE, EINVAL, "%s is no regular file", source);
	if (st.st_size > USERPROG_OBJECT_MAX)
		return err_too_large(err, source, USERPROG_OBJECT_MAX);
	return 0;
}

/* Where "bpf/pkt.h" is below. */
static int header_folder(char *buf, size_t size, struct err *err)
{
	int rc = datadir_find(OUR_HEADER, buf, size, err);

	if (rc == 0)
		buf[strlen(buf) - strlen("/" OUR_HEADER)] = '\0';
	return rc;
}

static char *read_back(int fd)
{
	char *text = calloc(1, SAID_MAX + 1);
	ssize_t n = text ? pread(fd, text, SAID_MAX, 0) : -1;

	if (n > 0)
		return text;
	free(text);
	return NULL;
}

/* The first "FILE:LINE:COL: error: what": what it is. */
static void first_error(const char *said, char *buf, size_t size)
{
	const char *mark = said ? strstr(said, "error: ") : NULL;

	snprintf(buf, size, "%.*s", mark ? (int)strcspn(mark + 7, "\n") : 0, mark ? mark + 7 : "");
}

static int failed(const char *source, int rc, const char *said, struct err *err)
{
	char first[256];

	if (rc == -ENOENT) {
		err_set(err, STATUS_HOST, rc, "clang, which compiles %s, is not installed", source);
		err_hint(err, "apt-get install clang libbpf-dev, or dnf install clang libbpf-devel");
		return rc;
	}
	if (rc != -ECHILD)
		return rc;
	first_error(said, first, sizeof(first));
	err_reset(err);
	err_set(err, STATUS_USAGE, EINVAL, "clang refuses %s%s%s", source, *first ? ": " : "", first);
	if (said && strstr(said, "stack limit"))
		err_hint(err, "a BPF program has 512 bytes of stack: put large variables into a map");
	else
		err_hint(err, "look at what clang says");
	err_evidence(err, "clang", said ? said : "");
	return -EINVAL;
}

int clang_compile(const struct job *job, const char *source, const char *const *defines,
		  const char *object, char **ret_said, struct err *err)
{
	char ours[PATH_MAX], arch[160];
	const char *argv[2 * USERPROG_DEFINES_MAX + 24] = {
		"clang", "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", "-fno-color-diagnostics",
		"-idirafter", arch, "-idirafter", ours, "-c", source, "-o", object,
	};
	_cleanup_close_ int out = memfd_create("clang", MFD_CLOEXEC);
	struct proc_opts opts = { .err = out, .limit_ms = LIMIT_MS, .die_with_us = true };
	_cleanup_free_ char *said = NULL;
	struct utsname host;
	int n = 16, rc = check_source(source, err);

	if (rc == 0)
		rc = header_folder(ours, sizeof(ours), err);
	if (rc == 0 && out < 0)
		rc = err_set(err, STATUS_BENCH, errno, "cannot keep clang's messages: %s", strerror(errno));
	if (rc < 0)
		return rc;
	uname(&host);
	snprintf(arch, sizeof(arch), "/usr/include/%s-linux-gnu", host.machine);
	for (unsigned int i = 0; i < USERPROG_DEFINES_MAX && defines && defines[i]; i++) {
		argv[n++] = "-D";
		argv[n++] = defines[i];
	}
	rc = proc_run(job, &opts, argv, err);
	said = read_back(out);
	if (rc < 0)
		return failed(source, rc, said, err);
	*ret_said = take_ptr(said);
	return 0;
}
