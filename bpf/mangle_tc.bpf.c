// SPDX-License-Identifier: GPL-2.0
/*
 * mangle_tc.bpf.c - the manglers of a tc hook, in order
 *
 * Other filters of the hook still run: TC_ACT_UNSPEC goes on.
 */
#define IO_TC
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "engine.h"

/* What a stage has doubled comes back here. */
PKT_FN int is_own_copy(struct io *io)
{
	return ENGINE_ANY(engine_doubles) && io_is_clone(io);
}

SEC("tc")
int ovslab_mangle_tc(struct __sk_buff *skb)
{
	struct engine e;

	e.io = (struct io){ skb, knobs.device, knobs.flags & STAGES_INGRESS };
	if (is_own_copy(&e.io))
		return TC_ACT_UNSPEC;
	return engine_run(&e) == KIND_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
