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

/**
 * vm_save() - save all nodes side by side, each into @dir/NODE.save; they end with it
 * @dir:	absolute path
 *
 * A node that could not be saved runs on, so after a failure some may have
 * ended and others not: vm_alive() tells. Of those that are saved libvirt knows
 * nothing any more.
 *
 * Return: 0, the nodes' pids are 0 then, or -errno; -ENOSPC has a hint.
 */
int vm_save(const struct job *job, struct lab *lab, const char *dir, struct err *err);

/**
 * vm_restore() - as vm_start(), from what vm_save() wrote, also in another lab
 * @boots:	as they were at the start: QEMU reads the files again
 *
 * What a guest can see must be as it was when it was saved: vcpus, memory,
 * accelerator, NICs. What it cannot, such as paths and the owner mark, is that
 * of this lab. The guests run on where they were.
 */
int vm_restore(const struct job *job, struct lab *lab, const struct domain_boot boots[],
	       const char *dir, struct err *err);

/**
 * vm_suspend() - have nodes stand still; their clocks stop too
 * @node:	which one; NULL: all of the lab, side by side
 *
 * One that is paused already stays so.
 */
int vm_suspend(const struct job *job, const struct lab *lab, const struct lab_node *node,
	       struct err *err);

/** vm_resume() - have them go on where they were; one that is not paused is left alone */
int vm_resume(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      struct err *err);

/**
 * vm_paused() - does a node stand still?
 *
 * As libvirt noted it on disk, so also if a user has paused it with virsh. Opens no
 * connection.
 */
bool vm_paused(const struct lab *lab, const struct lab_node *node);

/** vm_saved_path() - where a node is saved, in a caller's buffer */
char *vm_saved_path(const char *dir, const struct lab_node *node, char *buf, size_t size);

/** vm_resident_bytes() - memory that the nodes' QEMUs hold: more than saving them takes */
uint64_t vm_resident_bytes(const struct lab *lab);

/** vm_alive() - is the node's QEMU there? */
bool vm_alive(const struct lab_node *node);

/**
 * vm_ended() - has the node's QEMU ended, or does it within @ms?
 *
 * A process that is ending closes its sockets before it is gone.
 */
bool vm_ended(const struct lab_node *node, int ms);

#define VM_END_MS 2000

/** vm_stand_back() - while @on, a node's QEMU leaves the CPUs to who else wants them */
void vm_stand_back(const struct lab_node *node, bool on);

/** vm_hurry() - while @on, a node's QEMU has the CPUs before nearly everybody else */
void vm_hurry(const struct lab_node *node, bool on);

/**
 * vm_pinned() - the CPUs that a node is kept on, asked from the kernel
 *
 * Return: 1 and the list; 0 if it may run where init (PID 1) may.
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

/**
 * vm_libvirt_version() - libvirt's version as text, "9.0.0"
 *
 * Return: @buf, or NULL (and "" in it) if libvirt does not tell.
 */
char *vm_libvirt_version(char *buf, size_t size);

#endif
