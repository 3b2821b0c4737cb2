/* SPDX-License-Identifier: GPL-2.0 */
/*
 * choose.h - what 'auto' means on this host, and why
 */
#ifndef OVSLAB_RUN_CHOOSE_H
#define OVSLAB_RUN_CHOOSE_H

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

/* Where the switch VM's Open vSwitch and kernel come from unless it is said. */
#define CHOOSE_SUITE LAB_SWITCH_SUITE
#define CHOOSE_SWITCH_VCPUS LAB_SWITCH_VCPUS
#define CHOOSE_SWITCH_MIB LAB_SWITCH_MIB

/**
 * choose_switch() - lab->bench from lab->asked: place, datapath, offloads, sources
 *
 * On the host with the kernel's datapath if the host has the module loaded, else in
 * a VM with that datapath; a userspace datapath, if asked for, is on the host unless
 * a VM is asked for. Also fills why_switch and why_datapath, and gives the lab the
 * switch's node and wires.
 */
int choose_switch(struct lab *lab, struct err *err);

/**
 * choose_accel() - KVM if it is seen to boot a kernel
 * @kernel:	to boot as the proof
 */
int choose_accel(const struct job *job, struct lab *lab, const char *kernel, struct err *err);

#endif
