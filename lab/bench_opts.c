// SPDX-License-Identifier: GPL-2.0
/*
 * bench_opts.c - the options that describe a bench: checks beyond their types
 *
 * What QEMU or the switch's VM would refuse after the lab is half up is refused
 * here.
 */
#include "bench_opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/nearest.h"
#include "core/number.h"
#include "core/util.h"

/* ---- files ------------------------------------------------------------------------ */

static int check_kind(const char *path, bool folder)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (folder)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	return access(path, R_OK) < 0 ? -errno : 0;
}

static int bad_path(const char *command, const char *option, const char *path, int rc,
		    struct err *err)
{
	if (!*path)
		return err_set(err, STATUS_USAGE, EINVAL, "option '%s' for '%s': '' names no file",
			       option, command);
	return err_set(err, STATUS_USAGE, rc, "option '%s' for '%s': '%.200s': %s", option, command,
		       path, rc == -EINVAL ? "Not a regular file" : strerror(-rc));
}

/* The full path into @buf, PATH_MAX bytes. */
static int take_path(const char *command, const char *option, const char *path, bool folder,
		     char *buf, struct err *err)
{
	_cleanup_free_ char *full = NULL;
	int rc = *path ? check_kind(path, folder) : -EINVAL;

	if (rc < 0)
		return bad_path(command, option, path, rc, err);
	full = realpath(path, NULL);
	if (!full)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", path, strerror(errno));
	snprintf(buf, PATH_MAX, "%s", full);
	return 0;
}

/* ---- where the switch comes from ------------------------------------------------------ */

static int check_suite(const char *command, const char *option, const char *suite, struct err *err)
{
	struct nearest near = { .word = suite };
	char list[128] = "";

	if (lab_suite_known(suite))
		return 0;
	for (const char *const *s = lab_suites; *s; s++) {
		size_t used = strlen(list);

		nearest_offer(&near, *s);
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", *s);
	}
	err_set(err, STATUS_USAGE, EINVAL, "option '%s' for '%s': unknown suite '%s'%s%s%s", option,
		command, suite, near.best ? " (did you mean '" : "", near.best ? near.best : "",
		near.best ? "'?)" : "");
	err_hint(err, "the suites are: %s", list);
	return -EINVAL;
}

/* The text again, with full paths. */
static int take_source(const char *command, const char *option, const char *text, bool kernel,
		       char *buf, size_t size, struct err *err)
{
	char path[PATH_MAX], modules[PATH_MAX];
	struct lab_source source;
	int rc = lab_source_parse(text, kernel, &source, err);

	if (rc < 0)
		return err_wrap(err, rc, "option '%s' for '%s'", option, command);
	switch (source.kind) {
	case LAB_FROM_DEBIAN:
		rc = check_suite(command, option, source.suite, err);
		snprintf(buf, size, "%s", text);
		break;
	case LAB_FROM_DIR:
		rc = take_path(command, option, source.path, true, path, err);
		if (rc == 0)
			snprintf(buf, size, "dir:%s", path);
		break;
	case LAB_FROM_FILE:
		rc = take_path(command, option, source.path, false, path, err);
		if (rc == 0)
			rc = take_path(command, option, source.modules, true, modules, err);
		if (rc == 0 && strchr(path, ','))
			rc = err_set(err, STATUS_USAGE, EINVAL,
				     "option '%s' for '%s': the kernel's path has a comma: %.200s",
				     option, command, path);
		if (rc == 0)
			snprintf(buf, size, "file:%s,%s", path, modules);
		break;
	}
	return rc;
}

/* ---- pins ---------------------------------------------------------------------------- */

static int bad_pin(const char *command, const char *pin, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL, "option '--pin' for '%s': '%.60s' pins nothing", command,
		pin);
	err_hint(err, "write NODE=CPUS, with a node (vm1, vm2, sw) and CPUs of this host (0-%ld): sw=0,1",
		 sysconf(_SC_NPROCESSORS_CONF) - 1);
	return -EINVAL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int take_pins(const char *command, const char **pins, char *buf, size_t size, struct err *err)
{
	static const char *const nodes[] = { "sw", "vm1", "vm2" };
	size_t n = 0, used = 0;

	while (pins && pins[n])
		n++;
	if (n)
		qsort(pins, n, sizeof(*pins), by_text);	/* so that equal benches look alike */
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(pins[i], '=');
		bool known = false;

		for (size_t k = 0; eq && k < ARRAY_SIZE(nodes); k++)
			known |= strlen(nodes[k]) == (size_t)(eq - pins[i]) &&
				 strncmp(nodes[k], pins[i], eq - pins[i]) == 0;
		if (!known || !number_cpus(eq + 1, sysconf(_SC_NPROCESSORS_CONF)))
			return bad_pin(command, pins[i], err);
		used += snprintf(buf + used, size - used, "%s%s", used ? " " : "", pins[i]);
		if (used >= size)
			return err_set(err, STATUS_USAGE, E2BIG, "option '--pin' for '%s': too long",
				       command);
	}
	return 0;
}

int bench_config_finish(struct bench_config *c, const char *command, struct err *err)
{
	struct lab_bench *bench = &c->bench;
	int rc = 0;

	bench->memory_mib = (unsigned int)(c->memory >> 20);
	bench->switch_memory_mib = (unsigned int)(c->switch_memory >> 20);
	if (c->kernel)
		rc = take_path(command, "--kernel", c->kernel, false, bench->kernel, err);
	if (rc == 0 && c->initrd)
		rc = take_path(command, "--initrd", c->initrd, false, bench->initrd, err);
	if (rc == 0 && c->ovs)
		rc = take_source(command, "--ovs", c->ovs, false, bench->ovs, sizeof(bench->ovs), err);
	if (rc == 0 && c->ovs_kernel)
		rc = take_source(command, "--ovs-kernel", c->ovs_kernel, true, bench->ovs_kernel,
				 sizeof(bench->ovs_kernel), err);
	if (rc == 0)
		rc = take_pins(command, c->pins, bench->pins, sizeof(bench->pins), err);
	return rc;
}
