/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ovs_stall.h - vswitchd stopped for a while (SIGSTOP): what misses waits meanwhile
 *
 * With the kernel's datapath what hits a megaflow passes all the same; a userspace
 * datapath stands still. A note in the lab's directory says that it may be stopped, so
 * that a process that is killed leaves nothing stopped for good.
 */
#ifndef OVSLAB_HOST_OVS_STALL_H
#define OVSLAB_HOST_OVS_STALL_H

#include "core/err.h"
#include "core/lab.h"

/* The vswitchd that was stopped. */
struct ovs_stall {
	int64_t pid;
	int64_t start_ticks;		/* proc(5), field 22 */
};

/**
 * ovs_stall_begin() - stop vswitchd, all of its threads
 *
 * Ctrl-C is not noticed meanwhile: it is known afterwards what is stopped. Also after a
 * failure ovs_stall_end() is to be called. Return: 0 or -errno.
 */
int ovs_stall_begin(const struct lab *lab, struct ovs_stall *ret, struct err *err);

/**
 * ovs_stall_end() - let it go on
 * @stall:	what ovs_stall_begin() gave, or NULL if that is not known
 *
 * Return: 0, or -errno: also if it is another vswitchd than the one that was stopped.
 */
int ovs_stall_end(const struct lab *lab, const struct ovs_stall *stall, struct err *err);

/**
 * ovs_stall_settle() - let go on what a killed process left stopped
 *
 * Only where the note says that there may be something. To be called when it is sure
 * that nobody else is between the two others.
 */
int ovs_stall_settle(const struct lab *lab, struct err *err);

#endif
