/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm.h - the nodes' VMs, through libvirt: the only file that knows libvirt
 *
 * The connection is the embedded QEMU driver with the lab's own root, so no
 * libvirt daemon is needed and the host's domains are never seen. Other URIs
 * would come in here, behind the same calls.
 */
#ifndef OVSLAB_HOST_VM_H
#define OVSLAB_HOST_VM_H

#include "core/err.h"
#include "core/lab.h"
#include "host/domain.h"
#include "host/wait.h"

/** vm_uri() - libvirt URI of the lab, in a caller's buffer */
char *vm_uri(const struct lab *lab, char *buf, size_t size);

/** vm_log_outputs() - value of LIBVIRT_LOG_OUTPUTS that keeps warnings off the terminal */
char *vm_log_outputs(const char *root, char *buf, size_t size);

/**
 * vm_start() - define and start all nodes of a lab, side by side
 * @boots:	what each node boots, in the order of lab->nodes
 *
 * The caller is inside the lab's network namespace, and the switch runs:
 * libvirt plugs the taps into it. On success each node's pid and pid_start
 * are filled. The guests boot on by themselves afterwards.
 *
 * Return: 0 or -errno; the last lines of QEMU's log are the evidence.
 */
int vm_start(const struct job *job, struct lab *lab, const struct domain_boot boots[],
	     struct err *err);

/** vm_alive() - is the node's QEMU there? */
bool vm_alive(const struct lab_node *node);

/**
 * vm_ended() - has the node's QEMU ended, or does it within @ms?
 *
 * A process that is ending closes its sockets before it is gone.
 */
bool vm_ended(const struct lab_node *node, int ms);

#define VM_END_MS 2000

/**
 * vm_pinned() - the CPUs that a node is kept on, asked from the kernel
 *
 * Return: 1 and the list; 0 if it may run on all that this process may.
 */
int vm_pinned(const struct lab_node *node, char *buf, size_t size);

/** vm_evidence() - add what a node said last: its console, and QEMU's log */
void vm_evidence(const struct lab *lab, const struct lab_node *node, struct err *err);

/**
 * vm_probe_embedded() - can the embedded driver be opened on this host?
 * @root:	empty scratch directory
 * @ret_version:	libvirt's
 */
int vm_probe_embedded(const struct job *job, const char *root, char *ret_version,
		      size_t size, struct err *err);

/** vm_libvirt_version() - libvirt's version as text, "9.0.0" */
char *vm_libvirt_version(char *buf, size_t size);

#endif
