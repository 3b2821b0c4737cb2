// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-place.c - on which CPUs the switch receives and handles packets
 *
 * Receive interrupts are those of the NICs' virtio queues, told by the names that the
 * driver gives them: "virtio2-input.0" with MSI-X, "virtio2" without. Receive packet
 * steering would move packets on from there, so it is switched off.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "guest/ovslab-guest.h"

#define CPUS_MAX 1024
#define NO_CPU UINT64_MAX

/* ---- files of the kernel's ------------------------------------------------------------ */

/* The first line, without its end; "" if there is none. */
static void read_line(const char *path, char *buf, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");

	*buf = '\0';
	if (f && fgets(buf, size, f))
		buf[strcspn(buf, "\n")] = '\0';
}

static int write_knob(const char *path, const char *text, struct err *err)
{
	FILE *f = fopen(path, "we");
	int bad;

	if (!f)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	bad = fputs(text, f) == EOF;
	bad |= fclose(f) == EOF;
	return bad ? err_set(err, STATUS_BENCH, EINVAL, "%s does not take '%s': %s", path, text,
			     strerror(errno)) : 0;
}

/* ---- a NIC's receive interrupts --------------------------------------------------------- */

/* Is one of the line's words @device, or begins with "@device-input."? */
static bool names_device(const char *line, const char *device)
{
	size_t len = strlen(device);

	for (const char *at = line; (at = strstr(at, device)); at += len) {
		const char *after = at + len;

		if (at > line && at[-1] != ' ' && at[-1] != '\t' && at[-1] != ',')
			continue;
		if (*after == '\n' || *after == '\0' || *after == ',' ||
		    strncmp(after, "-input.", 7) == 0)
			return true;
	}
	return false;
}

/* Name of the virtio device behind a NIC: the last part of where its link points. */
static bool find_device(const char *nic, char *buf, size_t size)
{
	char path[64], to[512];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/device", nic);
	n = readlink(path, to, sizeof(to) - 1);
	if (n <= 0)
		return false;
	to[n] = '\0';
	last = strrchr(to, '/');
	snprintf(buf, size, "%.63s", last ? last + 1 : to);
	return true;
}

/* The next receive interrupt of @device; false after the last one. */
static bool next_irq(FILE *interrupts, const char *device, int *ret)
{
	char line[8192];

	while (fgets(line, sizeof(line), interrupts))
		if (names_device(line, device) && sscanf(line, " %d:", ret) == 1)
			return true;
	return false;
}

static FILE *irqs_of(const char *nic, char *device, size_t size)
{
	return find_device(nic, device, size) ? fopen("/proc/interrupts", "re") : NULL;
}

/* Each NIC of "to-vm1,to-vm2" in turn; false after the last one. */
static bool next_nic(const char **at, char *buf, size_t size)
{
	size_t len = strcspn(*at, ",");

	if (!**at)
		return false;
	snprintf(buf, size, "%.*s", (int)len, *at);
	*at += len + ((*at)[len] == ',');
	return !strchr(buf, '/');	/* it becomes part of a path */
}

/* ---- as it is ------------------------------------------------------------------------------ */

static void add(json_t *to, const char *name, const char *cpus)
{
	char text[128];

	snprintf(text, sizeof(text), "%.32s=%.64s", name, *cpus ? cpus : "unknown");
	json_array_append_new(to, json_string(text));
}

static void read_nic(const char *nic, json_t *to)
{
	char device[64], path[128], cpus[128], name[40];
	_cleanup_fclose_ FILE *f = irqs_of(nic, device, sizeof(device));
	int irq;

	while (f && next_irq(f, device, &irq)) {
		snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list", irq);
		read_line(path, cpus, sizeof(cpus));
		add(to, nic, cpus);
	}
	snprintf(path, sizeof(path), "/sys/class/net/%.15s/queues/rx-0/rps_cpus", nic);
	read_line(path, cpus, sizeof(cpus));
	if (strspn(cpus, "0,") == strlen(cpus))
		return;
	snprintf(name, sizeof(name), "%.15s:rps", nic);
	add(to, name, cpus);
}

static void read_thread(int pid, const struct ovs_thread *t, json_t *to)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[4096], cpus[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, t->tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Cpus_allowed_list: %127s", cpus) == 1)
			break;
	add(to, t->name, cpus);
}

json_t *place_read(int pid, const struct ovs_threads *threads, const char *nics)
{
	json_t *all = json_array();
	char nic[32];

	while (next_nic(&nics, nic, sizeof(nic)))
		read_nic(nic, all);
	for (unsigned int i = 0; i < threads->handlers + threads->revalidators; i++)
		read_thread(pid, &threads->thread[i], all);
	return all;
}

/* ---- as it is to be ---------------------------------------------------------------------- */

/* RPS off: all queues that the NIC may have. */
static int steer_none(const char *nic, struct err *err)
{
	char path[128];

	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/sys/class/net/%.15s/queues/rx-%d/rps_cpus", nic, i);
		if (access(path, F_OK) != 0)
			return 0;
		if (write_knob(path, "0", err) < 0)
			return -EIO;
	}
	return 0;
}

static int place_nic(const char *nic, const char *cpus, struct err *err)
{
	char device[64], path[64];
	_cleanup_fclose_ FILE *f = irqs_of(nic, device, sizeof(device));
	int irq, n = 0, rc = 0;

	while (rc == 0 && f && next_irq(f, device, &irq)) {
		snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list", irq);
		rc = write_knob(path, cpus, err);
		n++;
	}
	if (rc == 0 && !n)
		rc = err_set(err, STATUS_BENCH, ENODEV, "no receive interrupt of %s is found", nic);
	return rc == 0 ? steer_none(nic, err) : rc;
}

static int place_nics(const char *nics, const char *cpus, struct err *err)
{
	char nic[32];
	int rc = 0;

	while (rc == 0 && next_nic(&nics, nic, sizeof(nic)))
		rc = place_nic(nic, cpus, err);
	return rc;
}

static int place_thread(const struct ovs_thread *t, const cpu_set_t *set, struct err *err)
{
	if (sched_setaffinity(t->tid, sizeof(*set), set) == 0)
		return 0;
	return err_set(err, STATUS_BENCH, errno, "%s: %s", t->name,
		       errno == EINVAL ? "there is no such CPU" : strerror(errno));
}

/* "1,0": a CPU for each handler. */
static int place_handlers(const struct ovs_threads *threads, const char *cpus, struct err *err)
{
	unsigned int n = 0;
	int rc = 0;

	for (const char *at = cpus; *at && rc == 0; n++) {
		cpu_set_t set;
		char *end;
		unsigned long cpu = strtoul(at, &end, 10);

		if (end == at || (*end && *end != ',') || cpu >= CPUS_MAX)
			return err_set(err, STATUS_USAGE, EINVAL, "--handlers: '%s' is no list of CPUs",
				       cpus);
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (n < threads->handlers)
			rc = place_thread(&threads->thread[n], &set, err);
		at = *end ? end + 1 : end;
	}
	if (rc == 0 && n != threads->handlers)
		rc = err_set(err, STATUS_USAGE, ERANGE, "'%s' is %u CPU%s: ovs-vswitchd has %u handler%s",
			     cpus, n, n == 1 ? "" : "s", threads->handlers,
			     threads->handlers == 1 ? "" : "s");
	return rc;
}

/* Anywhere, as after a start. */
static int reset(const struct ovs_threads *threads, const char *nics, struct err *err)
{
	char online[128];
	cpu_set_t all;
	int rc;

	read_line("/sys/devices/system/cpu/online", online, sizeof(online));
	rc = place_nics(nics, online, err);
	memset(&all, 0xff, sizeof(all));
	for (unsigned int i = 0; i < threads->handlers && rc == 0; i++)
		rc = place_thread(&threads->thread[i], &all, err);
	return rc;
}

int guest_place(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *rundir = GUEST_OVS_DIR, *nics = "", *handlers = NULL;
	uint64_t irq = NO_CPU;
	bool anywhere = false;
	const struct guest_opt opts[] = {
		{ "--rundir", OPT_TEXT, &rundir, 0, 0 },
		{ "--nics", OPT_TEXT, &nics, 0, 0 },
		{ "--irq", OPT_NUMBER, &irq, 0, CPUS_MAX - 1 },
		{ "--handlers", OPT_TEXT, &handlers, 0, 0 },
		{ "--reset", OPT_FLAG, &anywhere, 0, 0 },
		{ 0 },
	};
	struct ovs_threads threads = { 0 };
	char cpu[24];
	int pid, rc = guest_options(argc, argv, opts, err);

	if (rc == 0)
		rc = guest_vswitchd(rundir, &pid, err);
	if (rc == 0)
		rc = ovs_threads_read(pid, &threads, err);
	if (rc == 0 && anywhere)
		rc = reset(&threads, nics, err);
	snprintf(cpu, sizeof(cpu), "%u", (unsigned int)irq);
	if (rc == 0 && irq != NO_CPU)
		rc = place_nics(nics, cpu, err);
	if (rc == 0 && handlers)
		rc = place_handlers(&threads, handlers, err);
	if (rc < 0)
		return rc;
	*ret = json_pack("{s:s, s:o}", "schema", "ovslab.guest-place/1", "cpus",
			 place_read(pid, &threads, nics));
	return *ret ? 0 : -ENOMEM;
}
