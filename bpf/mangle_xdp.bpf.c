// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_xdp.bpf.c - the manglers of a device's XDP hook, in order
 */
#define IO_XDP
#include <linux/bpf.h>

#include "engine.h"

SEC("xdp")
int ovslab_mangle_xdp(struct xdp_md *ctx)
{
	struct engine e;

	e.io = (struct io){ ctx };
	return engine_run(&e) == KIND_DROP ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
