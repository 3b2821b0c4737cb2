/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench_opts.h - the options that describe a bench, for each command that makes one
 */
#ifndef OVSLAB_BENCH_OPTS_H
#define OVSLAB_BENCH_OPTS_H

#include "core/lab.h"
#include "opt.h"
#include "run/choose.h"

struct bench_config {
	struct lab_bench bench;
	const char *ovs, *ovs_kernel, *kernel, *initrd;
	const char **pins;
	uint64_t memory, switch_memory;
	bool warm;
};

#define BENCH_DEFAULTS { \
	.bench = { .vcpus = LAB_VCPUS, .switch_vcpus = CHOOSE_SWITCH_VCPUS }, \
	.memory = LAB_MEMORY_MIB << 20, .switch_memory = CHOOSE_SWITCH_MIB << 20 }

/* Rows for a command whose config has a struct bench_config as member @m. */
#define BENCH_OPTS(c, m) \
	{ "switch", 0, OPT_CHOICE(c, m.bench.place), .choices = lab_switch_names, \
	  .help = "where Open vSwitch runs: on the host, or in a VM with a kernel of its own" }, \
	{ "ovs", 0, OPT_STRING(c, m.ovs), .arg = "SOURCE", .fallback = "debian:" CHOOSE_SUITE, \
	  .help = "Open vSwitch of the switch's VM: debian:SUITE, or dir:TREE made by " \
		  "'make install DESTDIR=TREE'" }, \
	{ "ovs-kernel", 0, OPT_STRING(c, m.ovs_kernel), .arg = "SOURCE", \
	  .fallback = "that of --ovs; with dir:, debian:" CHOOSE_SUITE, \
	  .help = "kernel of the switch's VM: debian:SUITE, or file:KERNEL,MODULES-DIR" }, \
	{ "datapath", 0, OPT_CHOICE(c, m.bench.datapath), .choices = lab_datapath_names, \
	  .help = "datapath of the switch" }, \
	{ "offloads", 0, OPT_CHOICE(c, m.bench.offloads), .choices = lab_offloads_names, \
	  .help = "checksum and segmentation offloads of the NICs" }, \
	{ "accel", 0, OPT_CHOICE(c, m.bench.accel), .choices = lab_accel_names, \
	  .help = "how the VMs run" }, \
	{ "vcpus", 0, OPT_UINT(c, m.bench.vcpus), .arg = "N", .min = 1, .max = LAB_VCPUS_MAX, \
	  .help = "virtual CPUs of each node" }, \
	{ "memory", 'm', OPT_SIZE(c, m.memory), .min = 128 << 20, .max = UINT64_C(1) << 40, \
	  .help = "memory of each node" }, \
	{ "switch-vcpus", 0, OPT_UINT(c, m.bench.switch_vcpus), .arg = "N", .min = 1, .max = LAB_VCPUS_MAX, \
	  .help = "virtual CPUs of the switch's VM: upcall handlers run on them" }, \
	{ "switch-memory", 0, OPT_SIZE(c, m.switch_memory), .min = 192 << 20, \
	  .max = UINT64_C(1) << 40, .help = "memory of the switch's VM" }, \
	{ "wire", 0, OPT_CHOICE(c, m.bench.wire), .choices = lab_wire_names, \
	  .help = "what joins the nodes' taps to the switch's VM" }, \
	{ "pin", 0, OPT_STRINGS(c, m.pins), .arg = "NODE=CPUS", \
	  .help = "keep a VM on these CPUs of the host: sw=1, vm1=0-1,3" }, \
	{ "warm", 0, OPT_FLAG(c, m.warm), \
	  .help = "restore the saved lab of this bench; if there is none, boot and save it" }

/**
 * bench_config_finish() - check what was given, and put it into @config->bench
 * @command:	for messages: "up"
 *
 * Paths become absolute: another process, and 'up' from another folder, need them.
 */
int bench_config_finish(struct bench_config *config, const char *command, struct err *err);

#endif
