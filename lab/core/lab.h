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
#define LAB_STEPS_MAX 8
#define LAB_PHASES_MAX 16

enum lab_status { LAB_STARTING, LAB_READY, LAB_FAILED, LAB_STOPPING };
enum lab_datapath { LAB_DATAPATH_AUTO, LAB_DATAPATH_KERNEL, LAB_DATAPATH_USERSPACE };
enum lab_offloads { LAB_OFFLOADS_AUTO, LAB_OFFLOADS_ON, LAB_OFFLOADS_OFF };
enum lab_accel { LAB_ACCEL_AUTO, LAB_ACCEL_KVM, LAB_ACCEL_TCG };

/* The words of these enums, in their order; NULL ends. Options use them too. */
extern const char *const lab_status_names[];
extern const char *const lab_datapath_names[];
extern const char *const lab_offloads_names[];
extern const char *const lab_accel_names[];

/* What the user asked for; after bring-up nothing in it is 'auto'. */
struct lab_bench {
	unsigned int datapath;		/* enum lab_datapath */
	unsigned int offloads;		/* enum lab_offloads */
	unsigned int accel;		/* enum lab_accel */
	unsigned int vcpus;		/* of each node */
	unsigned int memory_mib;	/* of each node */
	char kernel[PATH_MAX];		/* a guest kernel of the user's own, or "" */
	char initrd[PATH_MAX];
};

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
	struct lab_bench asked;		/* as given to 'up' */
	struct lab_bench bench;		/* as it is: nothing is 'auto' */
	char why_datapath[128];		/* how 'auto' was decided, in words */
	char why_accel[160];
	char ovs_version[64];
	char image[72];			/* key of the guest image, or "" */
	struct lab_node nodes[LAB_NODES_MAX];
	unsigned int n_nodes;
	char steps[LAB_STEPS_MAX][16];	/* begun, in order: undone in reverse */
	unsigned int n_steps;
	struct lab_phase phases[LAB_PHASES_MAX];
	unsigned int n_phases;
};

/** lab_name_valid() - letters, digits, '-' and '_', at most LAB_NAME_MAX */
bool lab_name_valid(const char *name);

/** lab_init() - a lab of two nodes with the addresses and names of DESIGN 3 */
void lab_init(struct lab *lab, const char *name, const char *id);

/** lab_node_find() - a node by name, NULL if there is none */
const struct lab_node *lab_node_find(const struct lab *lab, const char *name);

/** lab_tap_owner() - the node whose tap is called @tap, NULL if there is none */
const struct lab_node *lab_tap_owner(const struct lab *lab, const char *tap);

/** lab_bench_equal() - would 'up' with @a and with @b make the same bench? */
bool lab_bench_equal(const struct lab_bench *a, const struct lab_bench *b);

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
