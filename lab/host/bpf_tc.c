// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_tc.c - our filters on the clsact hook of a device
 *
 * Theory of operation: a clsact that we made is marked by a chain of ours on it, which
 * the kernel keeps for as long as it keeps the qdisc. So whichever of our programs is the
 * last to go, a mangler, a probe or one of the user's, knows whether it may take clsact
 * with it; one that somebody else made has no such chain, and stays.
 *
 * To look for filters and to take clsact away are two steps, and so are to make it and to
 * attach: commands that do not know of each other would lose filters in between. So each
 * pair is done under a lock on the network namespace, which is where all who see the
 * device are.
 */
#include "host/bpf_tc.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "core/util.h"
#include "host/bpf_load.h"
#include "host/rtnl.h"
#include "host/wait.h"

#define LOCK_LIMIT_MS 10000		/* others have it for some netlink calls */
#define LOCK_POLL_MS 2

static enum bpf_tc_attach_point attach_point(const struct tc_place *place)
{
	return place->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

static const char *direction(const struct tc_place *place)
{
	return place->egress ? "egress" : "ingress";
}

static struct bpf_tc_hook hook_of(const struct tc_place *place, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex, .attach_point = point);

	return hook;
}

static struct bpf_tc_opts filter_of(const struct tc_place *place)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = place->priority);

	return opts;
}

/* ---- filters of any kind ---------------------------------------------------- */

struct looked_for {
	uint32_t priority;		/* 0: any */
	char kind[16];			/* of the first that was found */
};

static int take_filter(const struct nlmsghdr *head, void *arg)
{
	struct looked_for *l = arg;
	const struct tcmsg *tc = NLMSG_DATA(head);
	const struct rtattr *attr = TCA_RTA(tc);
	int left = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*tc));

	if (head->nlmsg_type != RTM_NEWTFILTER || left < 0 ||
	    (l->priority && TC_H_MAJ(tc->tcm_info) >> 16 != l->priority))
		return 0;
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == TCA_KIND)
			snprintf(l->kind, sizeof(l->kind), "%.*s", (int)RTA_PAYLOAD(attr),
				 (const char *)RTA_DATA(attr));
	return 1;
}

/* Returns 1 if there is one, 0 if not, or -errno. */
static int has_filter(int ifindex, bool egress, struct looked_for *l)
{
	uint32_t minor = egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS;
	struct rtnl_request r = rtnl_tc(ifindex, TC_H_MAKE(TC_H_CLSACT, minor), RTM_GETTFILTER,
					NLM_F_DUMP);

	return rtnl_ask(&r, take_filter, l);
}

/* A filter at our place that is no BPF program: libbpf does not see it. */
static int other_kind(const struct tc_place *place, struct err *err)
{
	struct looked_for l = { .priority = place->priority };

	if (has_filter(place->ifindex, place->egress, &l) != 1 || strcmp(l.kind, "bpf") == 0)
		return -ENOENT;
	return err_set(err, STATUS_BENCH, EBUSY,
		       "tc %s of %s has a filter that is not ovslab's (kind '%s', pref %u)",
		       direction(place), place->dev, l.kind, place->priority);
}

/* ---- ours ------------------------------------------------------------------- */

int tc_look(const struct tc_place *place, uint32_t *ret_prog_id, struct err *err)
{
	struct bpf_tc_hook hook = hook_of(place, attach_point(place));
	struct bpf_tc_opts opts = filter_of(place);
	int rc;

	bpf_catch_log();
	rc = bpf_tc_query(&hook, &opts);
	if (rc == -ENOENT || rc == -EINVAL)	/* no filter; no clsact */
		return other_kind(place, err);
	if (rc)
		return bpf_failed(err, rc, "cannot look at tc %s of %s",
				  direction(place), place->dev);
	*ret_prog_id = opts.prog_id;
	return 0;
}

int tc_find(const struct tc_place *place, uint32_t *ret_prog_id, struct err *err)
{
	char name[16];
	uint32_t id;
	int rc = tc_look(place, &id, err);

	if (rc)
		return rc;
	if (bpf_prog_is_ours(id)) {
		*ret_prog_id = id;
		return 0;
	}
	bpf_prog_name(id, name);
	return err_set(err, STATUS_BENCH, EBUSY,
		       "tc %s of %s has a filter that is not ovslab's (program '%s', id %u)",
		       direction(place), place->dev, name, id);
}

/* The hooks of egress come with clsact only. */
static int check_clsact(const struct tc_place *place, struct err *err)
{
	struct qdisc q;
	int rc = qdisc_at(place->ifindex, TC_H_CLSACT, &q);

	if (rc == 0 && strcmp(q.kind, "clsact") == 0)
		return 0;
	return err_set(err, STATUS_BENCH, EBUSY,
		       "%s has the qdisc '%s' of somebody else where clsact has to be", place->dev,
		       rc == 0 ? q.kind : "?");
}

/* ---- clsact -------------------------------------------------------------------- */

/* A chain without filters: no packet sees it, and it goes with the qdisc. */
#define OUR_CHAIN TC_HANDLE

static struct rtnl_request about_chains(int ifindex, uint16_t type, uint16_t flags)
{
	return rtnl_tc(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), type, flags);
}

/* A kernel that does not know chains leaves it unmarked, and it will stay. */
static void mark_ours(int ifindex)
{
	struct rtnl_request r = about_chains(ifindex, RTM_NEWCHAIN, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	const uint32_t index = OUR_CHAIN;

	rtnl_put(&r, TCA_CHAIN, &index, sizeof(index));
	rtnl_ask(&r, NULL, NULL);
}

static int take_chain(const struct nlmsghdr *head, void *arg)
{
	const struct tcmsg *tc = NLMSG_DATA(head);
	const struct rtattr *attr = TCA_RTA(tc);
	int left = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*tc));

	if (head->nlmsg_type != RTM_NEWCHAIN || left < 0)
		return 0;
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == TCA_CHAIN && RTA_PAYLOAD(attr) == sizeof(uint32_t) &&
		    *(const uint32_t *)RTA_DATA(attr) == OUR_CHAIN)
			return 1;
	return 0;
}

static bool is_marked(int ifindex)
{
	struct rtnl_request r = about_chains(ifindex, RTM_GETCHAIN, NLM_F_DUMP);

	return rtnl_ask(&r, take_chain, NULL) == 1;
}

static int make_clsact(const struct tc_place *place, struct err *err)
{
	struct bpf_tc_hook hook = hook_of(place, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int rc;

	bpf_catch_log();
	rc = bpf_tc_hook_create(&hook);
	if (rc == -EEXIST)
		return check_clsact(place, err);
	if (rc == 0) {
		mark_ours(place->ifindex);
		return 0;
	}
	rc = bpf_failed(err, rc, "cannot add the clsact qdisc to %s", place->dev);
	if (rc == -ENOENT)
		err_hint(err, "the kernel needs the module sch_ingress");
	return rc;
}

/* In doubt, it stays. */
static void drop_clsact(const struct tc_place *place)
{
	struct bpf_tc_hook hook = hook_of(place, BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct looked_for any = { 0 };

	if (!is_marked(place->ifindex) || has_filter(place->ifindex, false, &any) ||
	    has_filter(place->ifindex, true, &any))
		return;
	bpf_catch_log();
	bpf_tc_hook_destroy(&hook);
}

/* ---- one process at a time -------------------------------------------------------- */

static int try_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

/* flock(2) on the namespace of this thread; closing @ret_fd lets go of it. */
static int lock_namespace(int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int64_t limit = job_limit(NULL, LOCK_LIMIT_MS);
	int rc = fd < 0 ? errno : try_lock(fd);

	wait_shield(true);		/* a cancelled command still has to detach */
	while (rc == EWOULDBLOCK && now_ns() < limit) {
		wait_ms(NULL, LOCK_POLL_MS);
		rc = try_lock(fd);
	}
	wait_shield(false);
	if (rc == EWOULDBLOCK)
		return err_set(err, STATUS_BENCH, EBUSY, "another process has locked the network namespace");
	if (rc)
		return err_set(err, STATUS_BENCH, rc, "the lock of the network namespace: %s", strerror(rc));
	*ret_fd = take_fd(&fd);
	return 0;
}

/* ---- attaching and detaching ------------------------------------------------------ */

int tc_attach(const struct tc_place *place, int prog_fd, struct err *err)
{
	struct bpf_tc_hook hook = hook_of(place, attach_point(place));
	struct bpf_tc_opts opts = filter_of(place);
	_cleanup_close_ int lock = -1;
	int rc = lock_namespace(&lock, err) ?: make_clsact(place, err);

	if (rc)
		return rc;
	opts.prog_fd = prog_fd;
	opts.flags = BPF_TC_F_REPLACE;
	bpf_catch_log();
	rc = bpf_tc_attach(&hook, &opts);
	if (rc == 0)
		return 0;
	rc = bpf_failed(err, rc, "cannot attach to tc %s of %s", direction(place), place->dev);
	drop_clsact(place);
	return rc;
}

int tc_detach(const struct tc_place *place, struct err *err)
{
	struct bpf_tc_hook hook = hook_of(place, attach_point(place));
	struct bpf_tc_opts opts = filter_of(place);
	_cleanup_close_ int lock = -1;
	int rc = lock_namespace(&lock, err);

	if (rc)
		return rc;
	bpf_catch_log();
	rc = bpf_tc_detach(&hook, &opts);
	if (rc)
		return bpf_failed(err, rc, "cannot detach from tc %s of %s",
				  direction(place), place->dev);
	drop_clsact(place);
	return 0;
}
