// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_xdp.c - our program on the XDP hook of a device
 */
#include "host/bpf_xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>

#include "core/util.h"
#include "host/bpf_load.h"

int xdp_find(const struct xdp_place *place, uint32_t *ret_prog_id, bool *ret_native,
	     struct err *err)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int rc;

	bpf_catch_log();
	rc = bpf_xdp_query(place->ifindex, 0, &opts);
	if (rc)
		return bpf_failed(err, rc, "cannot look at XDP of %s", place->dev);
	if (opts.attach_mode == XDP_ATTACHED_NONE)
		return -ENOENT;
	*ret_prog_id = opts.drv_prog_id ?: opts.skb_prog_id ?: opts.hw_prog_id ?: opts.prog_id;
	*ret_native = opts.drv_prog_id;
	return 0;
}

static uint32_t mode_flag(bool native)
{
	return native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

/* Somebody was quicker, or native mode was tried where generic is taken: no reason to go on. */
static bool is_taken(int rc)
{
	return rc == -EEXIST || rc == -EBUSY || rc == -EPERM;
}

int xdp_attach(const struct xdp_place *place, int prog_fd, bool native_only, struct err *err)
{
	const uint32_t flags = XDP_FLAGS_UPDATE_IF_NOEXIST;
	int rc;

	bpf_catch_log();
	rc = bpf_xdp_attach(place->ifindex, prog_fd, flags | mode_flag(true), NULL);
	if (rc && !is_taken(rc) && !native_only)
		rc = bpf_xdp_attach(place->ifindex, prog_fd, flags | mode_flag(false), NULL);
	if (rc == -EEXIST)
		rc = -EBUSY;
	if (rc)
		return bpf_failed(err, rc, "cannot attach to XDP of %s", place->dev);
	return 0;
}

/* The kernel's -EEXIST: what is attached is not what was expected. */
static int change(const struct xdp_place *place, int prog_fd, uint32_t old_id, bool native)
{
	_cleanup_close_ int old_fd = bpf_prog_get_fd_by_id(old_id);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);
	int rc;

	if (old_fd < 0)
		return errno == ENOENT ? -EBUSY : -errno;
	rc = bpf_xdp_attach(place->ifindex, prog_fd, XDP_FLAGS_REPLACE | mode_flag(native), &opts);
	return rc == -EEXIST ? -EBUSY : rc;
}

int xdp_replace(const struct xdp_place *place, int prog_fd, uint32_t old_id, bool native,
		struct err *err)
{
	int rc;

	bpf_catch_log();
	rc = change(place, prog_fd, old_id, native);
	if (rc)
		return bpf_failed(err, rc, "cannot replace program %u on XDP of %s", old_id,
				  place->dev);
	return 0;
}

int xdp_detach(const struct xdp_place *place, uint32_t prog_id, bool native, struct err *err)
{
	int rc;

	bpf_catch_log();
	rc = change(place, -1, prog_id, native);
	if (rc)
		return bpf_failed(err, rc, "cannot detach program %u from XDP of %s", prog_id,
				  place->dev);
	return 0;
}
