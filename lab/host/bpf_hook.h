/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_hook.h - one program on one of the three hooks of a device: tc's two, or XDP
 *
 * For whoever is given the hook: tc and XDP differ in how a program is found, put there
 * and taken away (bpf_tc.h, bpf_xdp.h), and in nothing else.
 */
#ifndef OVSLAB_HOST_BPF_HOOK_H
#define OVSLAB_HOST_BPF_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mangle.h"

struct bpf_hook {
	const char *dev;
	int ifindex;
	enum mangle_hook hook;
	uint32_t priority;		/* of tc: TC_PRIORITY_...; XDP has room for one program */
};

struct hooked {
	uint32_t prog_id;		/* 0: nothing */
	enum mangle_mode mode;
};

/** hook_look() - Return: 0, whosever program it is; -ENOENT if there is none; -errno */
int hook_look(const struct bpf_hook *hook, struct hooked *ret, struct err *err);

/**
 * hook_put() - put a program there, in one step
 * @old:		what is there and will be replaced; 0: nothing
 * @native_only:	of XDP: do not fall back to generic mode
 *
 * Return: 0; -EBUSY if something else is there by now; -EOPNOTSUPP as xdp_attach(); -errno.
 */
int hook_put(const struct bpf_hook *hook, int prog_fd, const struct hooked *old, bool native_only,
	     struct err *err);

/** hook_take() - take away what is there; XDP only if it still is @old, else -EBUSY */
int hook_take(const struct bpf_hook *hook, const struct hooked *old, struct err *err);

#endif
