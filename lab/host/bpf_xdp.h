/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_xdp.h - our program on the XDP hook of a device
 *
 * A device has one XDP program per mode, and the modes exclude each other, so a
 * replacement keeps the mode. Every change names the program that it expects
 * there: what somebody else has put there meanwhile is never replaced or removed.
 */
#ifndef OVSLAB_HOST_BPF_XDP_H
#define OVSLAB_HOST_BPF_XDP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct xdp_place {
	const char *dev;
	int ifindex;
};

/**
 * xdp_find() - what is attached
 * @ret_native:	in the driver; else generic, in the stack
 *
 * Return: 0, whosever it is; -ENOENT if nothing is.
 */
int xdp_find(const struct xdp_place *place, uint32_t *ret_prog_id, bool *ret_native,
	     struct err *err);

/**
 * xdp_attach() - put a program where there is none
 * @native_only:	do not fall back to generic mode
 *
 * Return: 0; -EOPNOTSUPP if the driver has no native mode and no other is wanted.
 */
int xdp_attach(const struct xdp_place *place, int prog_fd, bool native_only, struct err *err);

/** xdp_replace() - in one step, if @old_id still is what is attached, else -EBUSY */
int xdp_replace(const struct xdp_place *place, int prog_fd, uint32_t old_id, bool native,
		struct err *err);

/** xdp_detach() - if @prog_id still is what is attached, else -EBUSY */
int xdp_detach(const struct xdp_place *place, uint32_t prog_id, bool native, struct err *err);

#endif
