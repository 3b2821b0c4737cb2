/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boot.h - what the nodes of a lab boot: images found or built, files composed
 */
#ifndef OVSLAB_RUN_BOOT_H
#define OVSLAB_RUN_BOOT_H

#include "core/err.h"
#include "core/lab.h"
#include "host/domain.h"
#include "host/image.h"
#include "host/wait.h"

#define BOOT_CMDLINE_MAX 1024

struct boot_files {
	char kernel[PATH_MAX], initrd[PATH_MAX];
};

struct boot {
	struct image image;			/* of the nodes */
	struct image sw_image, sw_kernel;	/* of the switch's VM: userland; kernel and modules */
	int held[3];				/* keep 'image prune' away from these; owned */
	unsigned int n_held;
	struct lab_source ovs, ovs_kernel;
	struct boot_files node_files, sw_files;
	char cmdlines[LAB_NODES_MAX][BOOT_CMDLINE_MAX];
	struct domain_boot rows[LAB_NODES_MAX];	/* for each node, in the order of lab->nodes */
};

/** boot_images() - find the images that the lab's bench needs, or build them; once */
int boot_images(const struct job *job, struct lab *lab, struct boot *boot, struct err *err);

/** boot_compose() - write the initramfs files into the lab's directory, fill boot->rows */
int boot_compose(const struct job *job, const struct lab *lab, struct boot *boot, struct err *err);

/** boot_proof_kernel() - a kernel that is known to be one, to see whether KVM boots it */
const char *boot_proof_kernel(const struct lab *lab, const struct boot *boot);

/** boot_release() - a zeroed one is fine */
void boot_release(struct boot *boot);

#endif
