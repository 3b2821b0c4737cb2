// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_tc.c - our filters on the clsact hook of a device
 */
#include "host/bpf_tc.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/util.h"
#include "host/bpf_load.h"

static enum bpf_tc_attach_point attach_point(const struct tc_place *place)
{
	return place->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

static const char *direction(const struct tc_place *place)
{
	return place->egress ? "egress" : "ingress";
}

int tc_find(const struct tc_place *place, uint32_t *ret_prog_id, struct err *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex,
		    .attach_point = attach_point(place));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = place->priority);
	char name[16];
	int rc;

	bpf_catch_log();
	rc = bpf_tc_query(&hook, &opts);
	if (rc == -ENOENT || rc == -EINVAL)	/* no filter; no clsact */
		return -ENOENT;
	if (rc)
		return bpf_failed(err, rc, "cannot look at tc %s of %s",
				  direction(place), place->dev);
	if (bpf_prog_is_ours(opts.prog_id)) {
		*ret_prog_id = opts.prog_id;
		return 0;
	}
	bpf_prog_name(opts.prog_id, name);
	return err_set(err, STATUS_BENCH, EBUSY,
		       "tc %s of %s has a filter that is not ovslab's (program '%s')",
		       direction(place), place->dev, name);
}

int tc_clsact(const struct tc_place *place, bool *ret_made, struct err *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int rc;

	bpf_catch_log();
	rc = bpf_tc_hook_create(&hook);
	if (rc && rc != -EEXIST) {
		rc = bpf_failed(err, rc, "cannot add the clsact qdisc to %s",
				place->dev);
		if (rc == -ENOENT)
			err_hint(err, "the kernel needs the module sch_ingress");
		return rc;
	}
	*ret_made = !rc;
	return 0;
}

int tc_attach(const struct tc_place *place, int prog_fd, struct err *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex,
		    .attach_point = attach_point(place));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = place->priority, .prog_fd = prog_fd,
		    .flags = BPF_TC_F_REPLACE);
	int rc;

	bpf_catch_log();
	rc = bpf_tc_attach(&hook, &opts);
	if (rc)
		return bpf_failed(err, rc, "cannot attach to tc %s of %s",
				  direction(place), place->dev);
	return 0;
}

int tc_detach(const struct tc_place *place, struct err *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex,
		    .attach_point = attach_point(place));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = place->priority);
	int rc;

	bpf_catch_log();
	rc = bpf_tc_detach(&hook, &opts);
	if (rc)
		return bpf_failed(err, rc, "cannot detach from tc %s of %s",
				  direction(place), place->dev);
	return 0;
}

static int ask_filters(int fd, int ifindex, uint32_t minor)
{
	struct {
		struct nlmsghdr head;
		struct tcmsg tc;
	} request = {
		.head.nlmsg_len = sizeof(request),
		.head.nlmsg_type = RTM_GETTFILTER,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.tc.tcm_ifindex = ifindex,
		.tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor),
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* Returns how many filters there are, 1 meaning "or more", or -errno. */
static int read_filters(int fd)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		struct nlmsghdr *head = (struct nlmsghdr *)buf;
		unsigned int left = n;

		for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
			if (head->nlmsg_type == NLMSG_DONE)
				return 0;
			if (head->nlmsg_type == NLMSG_ERROR)
				return -EIO;
			if (head->nlmsg_type == RTM_NEWTFILTER)
				return 1;
		}
	}
	return n < 0 ? -errno : -EIO;
}

static bool has_filters(int ifindex, uint32_t minor)
{
	struct timeval limit = { .tv_sec = 2 };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
					NETLINK_ROUTE);

	if (fd < 0)
		return true;		/* in doubt, the qdisc stays */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return ask_filters(fd, ifindex, minor) || read_filters(fd) != 0;
}

void tc_clsact_drop(const struct tc_place *place)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (has_filters(place->ifindex, TC_H_MIN_INGRESS) ||
	    has_filters(place->ifindex, TC_H_MIN_EGRESS))
		return;
	bpf_catch_log();
	bpf_tc_hook_destroy(&hook);
}
