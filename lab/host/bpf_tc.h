/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_tc.h - our filters on the clsact hook of a device
 *
 * Each of our programs has a handle and a priority of its own, the same on every
 * device, so a later process finds what an earlier one attached. On egress a
 * mangler (lower priority number) runs before the probe, which so sees its work.
 */
#ifndef OVSLAB_HOST_BPF_TC_H
#define OVSLAB_HOST_BPF_TC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum {
	TC_PRIORITY_MANGLE = 0x6d00,
	TC_PRIORITY_PROBE = 0x7000,
	TC_PRIORITY_USER = 0x7100,	/* a program of the user's own: it may end the hook */
	TC_PRIORITY_WIRE = 0x7f00,
	TC_HANDLE = 0x6f76,		/* "ov" */
};

struct tc_place {
	const char *dev;
	int ifindex;
	bool egress;			/* else ingress */
	uint32_t priority;
};

/**
 * tc_look() - what sits at our place, whoever's it is
 *
 * Return: 0, -ENOENT if nothing does.
 */
int tc_look(const struct tc_place *place, uint32_t *ret_prog_id, struct err *err);

/**
 * tc_find() - the same, where only a program of ours is welcome
 * @ret_prog_id:	id of the program
 *
 * Return: 0, -ENOENT if nothing does, -EBUSY if a program that is not ours does.
 */
int tc_find(const struct tc_place *place, uint32_t *ret_prog_id, struct err *err);

/**
 * tc_attach() - put a program at our place; replaces one of ours atomically
 *
 * A device without clsact gets it. Processes that attach and detach in the same network
 * namespace at the same time wait for each other, for 10 s at most.
 *
 * Return: 0; -EBUSY if another qdisc is where clsact has to be, or after 10 s; -errno.
 */
int tc_attach(const struct tc_place *place, int prog_fd, struct err *err);

/**
 * tc_detach() - remove our filter; what is not ours must have been excluded
 *
 * A clsact that one of our programs made goes with the last filter on it.
 */
int tc_detach(const struct tc_place *place, struct err *err);

#endif
