// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_up.c - 'ovslab up'
 */
#include "cmd.h"

#include "bench_opts.h"
#include "core/lab.h"
#include "core/util.h"
#include "run/bench.h"

static struct up_config {
	struct bench_config b;
	bool keep;
} config = { .b = BENCH_DEFAULTS };

static const struct opt opts[] = {
	BENCH_OPTS(struct up_config, b),
	{ "kernel", 0, OPT_STRING(struct up_config, b.kernel), .arg = "FILE",
	  .help = "boot this kernel in the nodes", .fallback = "the image's" },
	{ "initrd", 0, OPT_STRING(struct up_config, b.initrd), .arg = "FILE",
	  .help = "boot this initramfs in the nodes; it must start qemu-ga",
	  .fallback = "the image's" },
	{ "keep-on-failure", 0, OPT_FLAG(struct up_config, keep),
	  .help = "leave a failed lab in place for inspection" },
	{ .name = NULL },
};

static void write_phases(FILE *f, const struct lab *lab)
{
	double total = 0;

	for (unsigned int i = 0; i < lab->n_phases; i++)
		total += lab->phases[i].seconds;
	fprintf(f, "up in %.2f s: ", total);
	for (unsigned int i = 0; i < lab->n_phases; i++)
		fprintf(f, "%s%s %.2f", i ? ", " : "", lab->phases[i].name, lab->phases[i].seconds);
}

static void write_nodes(FILE *f, const struct lab *lab)
{
	for (unsigned int i = 0; i < lab->n_vms; i++)
		fprintf(f, "%s%s %s", i ? ", " : "", lab->nodes[i].name, lab->nodes[i].addr);
	fprintf(f, "; Open vSwitch %s, kernel %s", lab->ovs.version, lab->ovs.kernel);
}

static void print_line(const char *first, const struct lab *lab,
		       void (*write)(FILE *f, const struct lab *lab))
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return;
	write(f, lab);
	if (fclose(f) == 0)
		print_filled("", "%s%s", first, text);
}

static void print_up(const struct lab *lab, bool made)
{
	char first[80];

	snprintf(first, sizeof(first), "lab '%s' %s: ", lab->name, made ? "is up" : "was up already");
	print_line(first, lab, write_nodes);
	if (!made)
		return;
	print_filled("", "%s", lab->why_switch);
	print_filled("", "%s", lab->why_accel);
	print_line("", lab, write_phases);
}

static int run_up(const struct session *s, int argc, char **argv, struct err *err)
{
	struct bench_opts how = { .keep = config.keep, .warm = config.b.warm };
	struct lab lab;
	bool made;
	int rc;

	rc = bench_config_finish(&config.b, "up", err);
	if (rc == 0)
		rc = bench_up(&s->job, s->lab, &config.b.bench, &how, &lab, &made, err);
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
		 "and returns when each has reached the other through the switch, and the switch has "
		 "forgotten the flows again. Nothing outside that namespace is touched. If the lab is "
		 "up with the same bench already, nothing happens. Any failure undoes what was done.\n\n"
		 "Switch auto is the host with the kernel's datapath, if the host's kernel has the "
		 "openvswitch module loaded; else a third VM, sw, with that datapath: any Open vSwitch on any "
		 "kernel, and nothing of it on the host. --datapath userspace alone means the host. "
		 "The switch's VM is made from packages of a Debian suite; Open vSwitch and kernel may "
		 "be of different suites, or your own.\n\n"
		 "Offloads auto is on with the kernel datapath and off with the userspace one, which "
		 "then shows reordering inside its batches plainly. Accel auto uses KVM if a kernel "
		 "has been seen to boot under it, else TCG.\n\n"
		 "With --warm the lab is restored from memory images that an earlier 'up --warm' of "
		 "the same bench has saved, which takes a second or two. Whatever shapes the bench is "
		 "part of the key: kernels, initramfs, your tree, QEMU, these options. A changed key "
		 "boots cold, and saves the lab for the next time.",
	.examples = "ovslab up\n"
		    "ovslab up --switch host --datapath userspace\n"
		    "ovslab up --ovs debian:sid --ovs-kernel debian:trixie\n"
		    "# your own Open vSwitch and kernel; booted once, then restored\n"
		    "ovslab up --ovs dir:_inst --ovs-kernel file:bzImage,_mod --warm\n"
		    "ovslab -n second up --vcpus 2 --memory 1G --pin sw=1\n"
		    "# a kernel of your own in both nodes\n"
		    "ovslab up --kernel arch/x86/boot/bzImage",
	.opts = opts,
	.config = &config,
	.timeout = 900,			/* the first one may build three images */
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_up,
};
