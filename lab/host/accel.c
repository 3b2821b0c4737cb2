// SPDX-License-Identifier: GPL-2.0
/*
 * accel.c - does KVM work here?
 */
#include "host/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/util.h"
#include "host/cachedir.h"
#include "host/labdir.h"
#include "host/proc.h"

#define BINARY "qemu-system-x86_64"
#define NOT_KVM "TCG: "		/* in front of why it is not KVM */
#define PROOF_LIMIT_MS 10000
#define PROOF_OUTPUT_MAX (256 * 1024)
/* what a kernel without an initramfs says at the end of its boot */
#define PROOF_TEXT "Unable to mount root fs"

static bool read_boot_id(char *buf, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(buf, (int)size, f))
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

static int cache_path(char *buf, size_t size)
{
	char dir[PATH_MAX];

	if (cachedir_make("facts", dir, sizeof(dir), NULL) < 0)
		return -ENOENT;
	return snprintf(buf, size, "%s/kvm.json", dir) < (int)size ? 0 : -ENAMETOOLONG;
}

/* 1: known and works, 0: known and does not, -ENOENT: not known */
static int recall(const char *boot_id, const char *kernel, char *why, size_t size)
{
	char path[PATH_MAX];
	const char *id, *file, *text;
	json_t *doc;
	int works, rc = -ENOENT;

	if (cache_path(path, sizeof(path)) < 0)
		return -ENOENT;
	doc = json_load_file(path, 0, NULL);
	if (doc && json_unpack(doc, "{s:s,s:s,s:b,s:s}", "boot_id", &id, "kernel", &file, "works",
			       &works, "why", &text) == 0 &&
	    strcmp(id, boot_id) == 0 && strcmp(file, kernel) == 0) {
		snprintf(why, size, "%s", text);
		rc = works;
	}
	json_decref(doc);
	return rc;
}

static void remember(const char *boot_id, const char *kernel, bool works, const char *why)
{
	char path[PATH_MAX];
	json_t *doc;
	char *text;

	if (cache_path(path, sizeof(path)) < 0)
		return;
	doc = json_pack("{s:s,s:s,s:b,s:s}", "boot_id", boot_id, "kernel", kernel, "works", works,
			"why", why);
	text = json_dumps(doc, JSON_INDENT(2));
	json_decref(doc);
	if (text)
		file_write(path, text, strlen(text), NULL);
	free(text);
}

/* Boot under KVM, console into @fd. */
static int boot(const struct job *job, const char *kernel, int fd, struct err *err)
{
	const char *const argv[] = {
		BINARY, "-accel", "kvm", "-cpu", "host", "-machine", "q35", "-m", "256",
		"-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel,
		"-append", "console=ttyS0 panic=-1", NULL,
	};
	struct proc_opts opts = {
		.out = fd, .limit_ms = PROOF_LIMIT_MS, .die_with_us = true, .own_group = true,
	};

	return proc_run(job, &opts, argv, err);
}

static bool booted(int fd)
{
	_cleanup_free_ char *text = calloc(1, PROOF_OUTPUT_MAX + 1);

	return text && pread(fd, text, PROOF_OUTPUT_MAX, 0) > 0 && strstr(text, PROOF_TEXT);
}

/* What QEMU said first, without its own name in front. */
static const char *qemu_words(const struct err *err)
{
	const char *line = err->evidence ? strchr(err->evidence, '\n') : NULL;
	const char *name = line ? strstr(line, BINARY ": ") : NULL;

	if (name)
		return name + strlen(BINARY ": ");
	return line ? line + 1 : err->msg;
}

static int attempt(const struct job *job, const char *kernel, char *why, size_t size)
{
	_cleanup_close_ int fd = memfd_create("kvm-proof", MFD_CLOEXEC);
	struct err err = { 0 };
	int rc;

	if (fd < 0)
		return -errno;
	job_progress(job, "kvm", "proving that KVM works by booting a kernel (once per host boot)");
	rc = boot(job, kernel, fd, &err);
	if (rc == -EINTR)
		return rc;
	if (booted(fd)) {
		snprintf(why, size, "KVM, proved by booting a kernel");
		rc = 1;
	} else if (rc == -ETIMEDOUT) {
		snprintf(why, size, NOT_KVM "a kernel did not boot under /dev/kvm in %d s",
			 PROOF_LIMIT_MS / 1000);
		rc = 0;
	} else {
		snprintf(why, size, NOT_KVM "QEMU fails with /dev/kvm: %.100s", qemu_words(&err));
		why[strcspn(why, "\n")] = '\0';
		rc = 0;
	}
	err_reset(&err);
	return rc;
}

int accel_prove_kvm(const struct job *job, const char *kernel, char *ret_why, size_t size,
		    struct err *err)
{
	char boot_id[64];
	int rc;

	if (access("/dev/kvm", R_OK | W_OK) < 0) {
		snprintf(ret_why, size, NOT_KVM "/dev/kvm: %s", strerror(errno));
		return err_set(err, STATUS_HOST, ENOTSUP, "/dev/kvm: %s", strerror(errno));
	}
	if (!read_boot_id(boot_id, sizeof(boot_id)))
		return err_set(err, STATUS_HOST, EIO, "/proc has no boot_id");
	rc = recall(boot_id, kernel, ret_why, size);
	if (rc < 0) {
		rc = attempt(job, kernel, ret_why, size);
		if (rc == -EINTR)
			return wait_failed(err, rc, "a kernel to boot under KVM");
		if (rc < 0)
			return err_set(err, STATUS_HOST, rc, "KVM: %s", strerror(-rc));
		remember(boot_id, kernel, rc, ret_why);
	}
	return rc ? 0 : err_set(err, STATUS_HOST, ENOTSUP, "%s", ret_why + strlen(NOT_KVM));
}
