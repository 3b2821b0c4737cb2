// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_up.c - 'ovslab up'
 */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/lab.h"
#include "run/bench.h"

static struct up_config {
	struct lab_bench bench;
	const char *kernel, *initrd;
	uint64_t memory;
	bool keep;
} config = { .bench = { .vcpus = 1 }, .memory = 512 << 20 };

static const struct opt opts[] = {
	{ "datapath", 0, OPT_CHOICE(struct up_config, bench.datapath),
	  .choices = lab_datapath_names, .help = "datapath of the switch" },
	{ "offloads", 0, OPT_CHOICE(struct up_config, bench.offloads),
	  .choices = lab_offloads_names, .help = "checksum and segmentation offloads of the NICs" },
	{ "accel", 0, OPT_CHOICE(struct up_config, bench.accel), .choices = lab_accel_names,
	  .help = "how the VMs run" },
	{ "vcpus", 0, OPT_UINT(struct up_config, bench.vcpus), .arg = "N", .min = 1, .max = 64,
	  .help = "virtual CPUs of each node" },
	{ "memory", 'm', OPT_SIZE(struct up_config, memory), .min = 128 << 20,
	  .max = UINT64_C(1) << 40, .help = "memory of each node" },
	{ "kernel", 0, OPT_STRING(struct up_config, kernel), .arg = "FILE",
	  .help = "boot this kernel in the nodes", .fallback = "the image's" },
	{ "initrd", 0, OPT_STRING(struct up_config, initrd), .arg = "FILE",
	  .help = "boot this initramfs; it must start qemu-ga", .fallback = "the image's" },
	{ "keep-on-failure", 0, OPT_FLAG(struct up_config, keep),
	  .help = "leave a failed lab in place for inspection" },
	{ .name = NULL },
};

/* A kernel or initramfs: what QEMU would refuse after the lab is half up. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	return access(path, R_OK) < 0 ? -errno : 0;
}

/* The path as another process, and 'up' from another folder, would need it. */
static int take_path(const char *option, const char *path, char *buf, struct err *err)
{
	char *full;
	int rc = path ? check_file(path) : 0;

	if (!path)
		return 0;
	if (!*path)
		return err_set(err, STATUS_USAGE, EINVAL, "option '%s' for 'up': '' names no file",
			       option);
	if (rc < 0)
		return err_set(err, STATUS_USAGE, rc, "option '%s' for 'up': '%.200s': %s", option,
			       path, rc == -EINVAL ? "Not a regular file" : strerror(-rc));
	full = realpath(path, NULL);
	if (!full)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", path, strerror(errno));
	snprintf(buf, PATH_MAX, "%s", full);
	free(full);
	return 0;
}

static void print_phases(const struct lab *lab)
{
	double total = 0;

	for (unsigned int i = 0; i < lab->n_phases; i++)
		total += lab->phases[i].seconds;
	printf("up in %.2f s: ", total);
	for (unsigned int i = 0; i < lab->n_phases; i++)
		printf("%s%s %.2f", i ? ", " : "", lab->phases[i].name, lab->phases[i].seconds);
	putchar('\n');
}

static void print_up(const struct lab *lab, bool made)
{
	printf("lab '%s' %s: ", lab->name, made ? "is up" : "was up already");
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		printf("%s%s %s", i ? ", " : "", lab->nodes[i].name, lab->nodes[i].addr);
	printf("; Open vSwitch %s\n", lab->ovs_version);
	if (!made)
		return;
	printf("%s\n%s\n", lab->why_datapath, lab->why_accel);
	print_phases(lab);
}

static int run_up(const struct session *s, int argc, char **argv, struct err *err)
{
	struct lab lab;
	bool made;
	int rc;

	config.bench.memory_mib = (unsigned int)(config.memory >> 20);
	rc = take_path("--kernel", config.kernel, config.bench.kernel, err);
	if (rc == 0)
		rc = take_path("--initrd", config.initrd, config.bench.initrd, err);
	if (rc == 0)
		rc = bench_up(&s->job, s->lab, &config.bench, config.keep, &lab, &made, err);
	if (rc < 0)
		return rc;
	if (s->json)
		return print_json(lab_to_json(&lab), err);
	print_up(&lab, made);
	return STATUS_OK;
}

const struct command cmd_up = {
	.name = "up",
	.group = GROUP_BENCH,
	.summary = "bring a lab up: two VMs on an OVS bridge, ready",
	.about = "Makes a network namespace with a private Open vSwitch and two VMs, vm1 and vm2, "
		 "and returns when each has reached the other through the switch. Nothing outside "
		 "that namespace is touched. If the lab is up with the same bench already, nothing "
		 "happens. Any failure undoes what was done.\n\n"
		 "Datapath auto is the kernel's where the host has the openvswitch module, else "
		 "userspace. Offloads auto is on with the kernel datapath and off with the userspace "
		 "one, which then shows reordering inside its batches plainly. Accel auto uses KVM if "
		 "a kernel has been seen to boot under it, else TCG.",
	.examples = "ovslab up\n"
		    "ovslab -n second up --vcpus 2 --memory 1G\n"
		    "# a kernel of your own in both nodes\n"
		    "ovslab up --kernel arch/x86/boot/bzImage",
	.opts = opts,
	.config = &config,
	.timeout = 300,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_up,
};
