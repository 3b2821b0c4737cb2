/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lab.h - what a lab is: its bench, its nodes, and what was done to bring it up
 *
 * Plain data, and its form on disk (JSON, "schema": "ovslab.lab/1"), which is
 * what 'inspect --json' prints and what 'down' works from after a crash.
 */
#ifndef OVSLAB_CORE_LAB_H
#define OVSLAB_CORE_LAB_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

#define LAB_SCHEMA "ovslab.lab/1"
#define LAB_NAME_MAX 20		/* socket paths below the lab's directory are limited */
#define LAB_NODES_MAX 4
#define LAB_SWITCH_NAME "sw"	/* of the switch, and of its VM if it has one */
#define LAB_WIRES_MAX 2
#define LAB_STEPS_MAX 12
#define LAB_PHASES_MAX 16
#define LAB_TRIAL_MAX 48

/* The Debian suites that guests and switches are made from, oldest first. */
#define LAB_SUITES "bullseye", "bookworm", "trixie", "sid"

/* A bench of which nothing was said: its nodes, and the switch's VM. */
#define LAB_VCPUS 1
#define LAB_MEMORY_MIB 512
#define LAB_SWITCH_SUITE "trixie"
#define LAB_SWITCH_VCPUS 2
#define LAB_SWITCH_MIB 512
#define LAB_VCPUS_MAX 64

#define LAB_PINS_MAX 160
#define LAB_SOURCE_MAX (PATH_MAX + 8)

enum lab_status { LAB_STARTING, LAB_READY, LAB_FAILED, LAB_STOPPING };
enum lab_switch { LAB_SWITCH_AUTO, LAB_SWITCH_HOST, LAB_SWITCH_VM };
enum lab_datapath { LAB_DATAPATH_AUTO, LAB_DATAPATH_KERNEL, LAB_DATAPATH_USERSPACE };
enum lab_offloads { LAB_OFFLOADS_AUTO, LAB_OFFLOADS_ON, LAB_OFFLOADS_OFF };
enum lab_accel { LAB_ACCEL_AUTO, LAB_ACCEL_KVM, LAB_ACCEL_TCG };
enum lab_wire_kind { LAB_WIRE_BRIDGE, LAB_WIRE_REDIRECT };

/* The words of these enums, in their order; NULL ends. Options use them too. */
extern const char *const lab_status_names[];
extern const char *const lab_switch_names[];
extern const char *const lab_datapath_names[];
extern const char *const lab_offloads_names[];
extern const char *const lab_accel_names[];
extern const char *const lab_wire_names[];
extern const char *const lab_suites[];

/* What the user asked for; after bring-up nothing in it is 'auto' or "". */
struct lab_bench {
	unsigned int place;		/* of the switch: enum lab_switch */
	unsigned int datapath;		/* enum lab_datapath */
	unsigned int offloads;		/* enum lab_offloads */
	unsigned int accel;		/* enum lab_accel */
	unsigned int vcpus;		/* of each node */
	unsigned int memory_mib;	/* of each node */
	char kernel[PATH_MAX];		/* a guest kernel of the user's own, or "" */
	char initrd[PATH_MAX];
	char pins[LAB_PINS_MAX];	/* "sw=1 vm1=0": QEMU's threads on CPUs, or "" */
	/* only where the switch is a VM */
	char ovs[LAB_SOURCE_MAX];	/* "debian:SUITE" or "dir:TREE" */
	char ovs_kernel[2 * LAB_SOURCE_MAX];	/* "debian:SUITE" or "file:KERNEL,MODULES" */
	unsigned int switch_vcpus, switch_memory_mib;
	unsigned int wire;		/* enum lab_wire_kind */
};

/* A VM. The switch's has no tap of its own: its ports are at the ends of wires. */
struct lab_node {
	char name[8];
	char tap[16];
	char mac[18];
	char addr[16], addr6[40];	/* without prefix length */
	unsigned int ofport;
	pid_t pid;			/* QEMU's */
	uint64_t pid_start;
	char kernel[64];		/* release that runs in the guest */
};

/* From a node's tap to a port of the switch VM. */
struct lab_wire {
	char name[16];			/* "wire-vm1"; also the bridge's, if it is one */
	char tap[16];			/* the node's */
	char switch_tap[16];		/* the switch VM's end */
	char mac[18];			/* of the NIC there */
	char port[16];			/* what the switch VM calls it: "to-vm1" */
	unsigned int ofport;
};

/* What runs, asked from the running switch; "" is unknown. */
struct lab_ovs {
	char version[64];		/* "3.5.0" */
	char package[64];		/* with the distribution's patch level */
	char kernel[64];		/* release of the kernel below it */
	char kernel_build[128];		/* uname -v: has the distribution's version */
	char dispatch[16];		/* "per-cpu", "per-vport"; "" without kernel datapath */
	unsigned int handlers, revalidators;	/* threads */
	char cpus[1024];		/* where they and the ports' receive interrupts may run:
					 * "to-vm1=0 handler1=1 ..."; in a VM alone */
};

/* Where they were asked to run, in a VM; "" for anywhere. */
struct lab_placement {
	char irq[8];			/* CPU of the ports' receive interrupts */
	char handlers[64];		/* CPUs of the handlers, in their order: "1,0" */
};

struct lab_phase {
	char name[24];
	double seconds;
};

struct lab {
	char name[LAB_NAME_MAX + 1];
	char id[37];			/* random UUID: the owner mark */
	char dir[PATH_MAX / 8];		/* everything of the lab is below it */
	enum lab_status status;
	int64_t created_s;		/* Unix time */
	pid_t creator;			/* the 'up' that made it */
	uint64_t creator_start;
	char trial[LAB_TRIAL_MAX];	/* what that process tries with it, and nobody else wants; "" */
	struct lab_bench asked;		/* as given to 'up' */
	struct lab_bench bench;		/* as it is: nothing is 'auto' */
	char why_switch[160];		/* how 'auto' was decided, in words */
	char why_datapath[128];
	char why_accel[160];
	struct lab_ovs ovs;
	struct lab_placement placement;
	char image[72];			/* key of the guest image, or "" */
	char saved[40];			/* key of the saved lab that this one is, or "" */
	bool restored;			/* from it, and not booted */
	struct lab_node nodes[LAB_NODES_MAX];
	unsigned int n_nodes;		/* with the switch's VM */
	unsigned int n_vms;		/* without it: it is the last one */
	struct lab_wire wires[LAB_WIRES_MAX];
	unsigned int n_wires;
	char steps[LAB_STEPS_MAX][16];	/* begun, in order: undone in reverse */
	unsigned int n_steps;
	struct lab_phase phases[LAB_PHASES_MAX];
	unsigned int n_phases;
};

/** lab_suite_known() - is it one of lab_suites? */
bool lab_suite_known(const char *suite);

/** lab_name_valid() - letters, digits, '-' and '_', at most LAB_NAME_MAX */
bool lab_name_valid(const char *name);

/** lab_init() - a lab of two nodes with the addresses and names of DESIGN 3 */
void lab_init(struct lab *lab, const char *name, const char *id);

/** lab_add_switch() - put the switch into a VM of its own: node sw, a wire for each node */
void lab_add_switch(struct lab *lab);

/** lab_switch_node() - the VM that the switch runs in, NULL if it runs on the host */
const struct lab_node *lab_switch_node(const struct lab *lab);

/** lab_ports() - the ports of the switch's VM, "to-vm1,to-vm2"; "" if there is none */
const char *lab_ports(const struct lab *lab, char *buf, size_t size);

/* Where Open vSwitch or its kernel come from. */
struct lab_source {
	enum { LAB_FROM_DEBIAN, LAB_FROM_DIR, LAB_FROM_FILE } kind;
	char suite[16];			/* LAB_FROM_DEBIAN */
	char path[PATH_MAX];		/* tree; kernel */
	char modules[PATH_MAX];		/* LAB_FROM_FILE: folder of its modules */
};

/**
 * lab_source_parse() - "debian:SUITE", "dir:TREE", "file:KERNEL,MODULES"
 * @kernel:	a kernel is wanted (no dir:), else an OVS (no file:)
 *
 * Looks at the text alone; the suite may be one that does not exist.
 *
 * Return: 0, or -EINVAL with what is allowed.
 */
int lab_source_parse(const char *text, bool kernel, struct lab_source *ret, struct err *err);

/**
 * lab_pin() - the CPUs of a node, "0-1,3"
 * @pins:	"sw=1 vm1=0"
 *
 * Return: @buf, or NULL if the node is not pinned.
 */
const char *lab_pin(const char *pins, const char *node, char *buf, size_t size);

/** lab_node_find() - a node by name, NULL if there is none */
const struct lab_node *lab_node_find(const struct lab *lab, const char *name);

/** lab_tap_owner() - the node whose tap is called @tap, NULL if there is none */
const struct lab_node *lab_tap_owner(const struct lab *lab, const char *tap);

/** lab_tap_holder() - the same, and the switch's VM for the far ends of the wires */
const struct lab_node *lab_tap_holder(const struct lab *lab, const char *tap);

/**
 * lab_difference() - would 'up' with @asked make this bench?
 *
 * What 'auto' came to may be asked for by its name.
 *
 * Return: NULL if so, else the name of the first setting that differs.
 */
const char *lab_difference(const struct lab *lab, const struct lab_bench *asked);

void lab_add_phase(struct lab *lab, const char *name, double seconds);

/** lab_to_json() - a new reference, NULL when out of memory or if a path is not UTF-8 */
json_t *lab_to_json(const struct lab *lab);

/**
 * lab_from_json() - read what lab_to_json() wrote
 *
 * Return: 0, or -EBADMSG with the name of the member that is wrong.
 */
int lab_from_json(struct lab *ret, const json_t *doc, struct err *err);

#endif
