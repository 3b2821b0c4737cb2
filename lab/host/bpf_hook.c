// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_hook.c - one program on one of the three hooks of a device: tc's two, or XDP
 */
#include "host/bpf_hook.h"

#include "host/bpf_tc.h"
#include "host/bpf_xdp.h"

static struct tc_place tc_of(const struct bpf_hook *h)
{
	return (struct tc_place){ h->dev, h->ifindex, h->hook == MANGLE_TC_EGRESS, h->priority };
}

static struct xdp_place xdp_of(const struct bpf_hook *h)
{
	return (struct xdp_place){ h->dev, h->ifindex };
}

static bool is_native(const struct hooked *there)
{
	return there->mode == MANGLE_MODE_NATIVE;
}

int hook_look(const struct bpf_hook *hook, struct hooked *ret, struct err *err)
{
	struct tc_place tc = tc_of(hook);
	struct xdp_place xdp = xdp_of(hook);
	bool native = false;
	uint32_t id = 0;
	int rc = hook->hook == MANGLE_XDP ? xdp_find(&xdp, &id, &native, err) : tc_look(&tc, &id, err);

	if (rc == 0)
		*ret = (struct hooked){ id, mangle_hook_mode(hook->hook, native) };
	return rc;
}

int hook_put(const struct bpf_hook *hook, int prog_fd, const struct hooked *old, bool native_only,
	     struct err *err)
{
	struct tc_place tc = tc_of(hook);
	struct xdp_place xdp = xdp_of(hook);

	if (hook->hook != MANGLE_XDP)
		return tc_attach(&tc, prog_fd, err);
	return old->prog_id ? xdp_replace(&xdp, prog_fd, old->prog_id, is_native(old), err) :
			      xdp_attach(&xdp, prog_fd, native_only, err);
}

int hook_take(const struct bpf_hook *hook, const struct hooked *old, struct err *err)
{
	struct tc_place tc = tc_of(hook);
	struct xdp_place xdp = xdp_of(hook);

	return hook->hook == MANGLE_XDP ? xdp_detach(&xdp, old->prog_id, is_native(old), err) :
					  tc_detach(&tc, err);
}
