/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rtnl.h - one question or order to the kernel's rtnetlink, and its answer
 *
 * For what libbpf has no call for: qdiscs, filters, settings of a device. In the
 * current network namespace; each call has a socket and a limit of its own.
 */
#ifndef OVSLAB_HOST_RTNL_H
#define OVSLAB_HOST_RTNL_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct rtnl_request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct tcmsg tc;
	};
	char attrs[256];
};

/** rtnl_link() - a request about a device: RTM_GETLINK, RTM_NEWLINK */
struct rtnl_request rtnl_link(int ifindex, uint16_t type, uint16_t flags);

/** rtnl_tc() - a request about qdiscs or filters: RTM_GETQDISC, RTM_NEWQDISC, ... */
struct rtnl_request rtnl_tc(int ifindex, uint32_t parent, uint16_t type, uint16_t flags);

/** rtnl_put() - append an attribute; the caller knows that it fits */
void rtnl_put(struct rtnl_request *r, uint16_t type, const void *data, size_t len);

/** rtnl_nest() - begin an attribute that holds others; rtnl_nest_end() ends it */
struct rtattr *rtnl_nest(struct rtnl_request *r, uint16_t type);
void rtnl_nest_end(struct rtnl_request *r, struct rtattr *nest);

/**
 * rtnl_ask() - send a request, and look at each message of the answer
 * @each:	not 0 ends it, and is what is returned; NULL: only the outcome counts
 *
 * Return: 0; what @each returned; -errno, the kernel's or ours.
 */
int rtnl_ask(struct rtnl_request *r, int (*each)(const struct nlmsghdr *head, void *arg), void *arg);

/* A queueing discipline of a device. */
struct qdisc {
	char kind[16];			/* "fq", "clsact" */
	uint32_t handle;		/* 0: the kernel put it there by itself */
};

/**
 * qdisc_at() - what hangs below @parent of a device
 * @parent:	TC_H_ROOT, TC_H_CLSACT (also a plain "ingress")
 *
 * Return: 0; -ENOENT if there is nothing, or only what queues nothing; -errno.
 */
int qdisc_at(int ifindex, uint32_t parent, struct qdisc *ret);

#endif
