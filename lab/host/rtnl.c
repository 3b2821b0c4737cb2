// SPDX-License-Identifier: GPL-2.0
/*
 * rtnl.c - one question or order to the kernel's rtnetlink, and its answer
 */
#include "host/rtnl.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/util.h"

#define ANSWER_SECONDS 5

struct rtnl_request rtnl_link(int ifindex, uint16_t type, uint16_t flags)
{
	return (struct rtnl_request){
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			  .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags },
		.link.ifi_index = ifindex,
	};
}

struct rtnl_request rtnl_tc(int ifindex, uint32_t parent, uint16_t type, uint16_t flags)
{
	return (struct rtnl_request){
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
			  .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags },
		.tc = { .tcm_ifindex = ifindex, .tcm_parent = parent },
	};
}

void rtnl_put(struct rtnl_request *r, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(r->head.nlmsg_len);
	struct rtattr *attr = (struct rtattr *)((char *)r + at);

	attr->rta_type = type;
	attr->rta_len = (uint16_t)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	r->head.nlmsg_len = (uint32_t)(at + RTA_ALIGN(attr->rta_len));
}

struct rtattr *rtnl_nest(struct rtnl_request *r, uint16_t type)
{
	struct rtattr *nest = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	rtnl_put(r, type, NULL, 0);
	return nest;
}

void rtnl_nest_end(struct rtnl_request *r, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)((char *)r + r->head.nlmsg_len - (char *)nest);
}

static int open_socket(void)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

struct listener {
	int (*each)(const struct nlmsghdr *head, void *arg);
	void *arg;
	bool dump;
	bool done;
};

static int take_message(struct listener *l, const struct nlmsghdr *head)
{
	const struct nlmsgerr *error = NLMSG_DATA(head);
	int rc;

	if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
		l->done = true;
		if (head->nlmsg_type == NLMSG_DONE)
			return 0;
		return head->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EPROTO : error->error;
	}
	rc = l->each ? l->each(head, l->arg) : 0;
	l->done = rc || !l->dump;
	return rc;
}

static int take_answer(struct listener *l, int fd)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n;
	int rc = 0;

	while (!l->done) {
		const struct nlmsghdr *head = (const struct nlmsghdr *)buf;
		unsigned int left;

		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0)
			return n < 0 ? -errno : -EPROTO;
		left = (unsigned int)n;
		for (; !l->done && NLMSG_OK(head, left); head = NLMSG_NEXT(head, left))
			rc = take_message(l, head);
	}
	return rc;
}

int rtnl_ask(struct rtnl_request *r, int (*each)(const struct nlmsghdr *head, void *arg), void *arg)
{
	struct listener l = { .each = each, .arg = arg,
			      .dump = (r->head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP };
	_cleanup_close_ int fd = open_socket();

	if (fd < 0 || send(fd, r, r->head.nlmsg_len, 0) < 0)
		return -errno;
	return take_answer(&l, fd);
}

/* ---- qdiscs ---------------------------------------------------------------- */

struct wanted {
	int ifindex;
	uint32_t parent;
	struct qdisc *ret;
};

static int take_qdisc(const struct nlmsghdr *head, void *arg)
{
	const struct wanted *w = arg;
	const struct tcmsg *tc = NLMSG_DATA(head);
	const struct rtattr *attr = TCA_RTA(tc);
	int left = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*tc));

	if (head->nlmsg_type != RTM_NEWQDISC || left < 0 || tc->tcm_ifindex != w->ifindex ||
	    tc->tcm_parent != w->parent)
		return 0;
	*w->ret = (struct qdisc){ .handle = tc->tcm_handle };
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == TCA_KIND)
			snprintf(w->ret->kind, sizeof(w->ret->kind), "%.*s",
				 (int)RTA_PAYLOAD(attr), (const char *)RTA_DATA(attr));
	return 1;
}

int qdisc_at(int ifindex, uint32_t parent, struct qdisc *ret)
{
	struct rtnl_request r = rtnl_tc(ifindex, 0, RTM_GETQDISC, NLM_F_DUMP);
	struct wanted w = { ifindex, parent, ret };
	int rc = rtnl_ask(&r, take_qdisc, &w);

	return rc == 1 ? 0 : rc ? rc : -ENOENT;
}
