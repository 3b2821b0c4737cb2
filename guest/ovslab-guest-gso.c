// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-gso.c - gso_max_segs of a device, and the value to put back
 *
 * TCP builds packets of up to 64 KiB that are cut after tc egress; then a ratio
 * counts those and not what the wire carries. With one segment for each packet
 * the two are the same. The previous value is kept in GUEST_RUN_DIR.
 */
#include "guest/ovslab-guest.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/util.h"

#define GSO_WHOLE 65535			/* the kernel's default */

struct request {
	struct nlmsghdr head;
	struct ifinfomsg link;
	struct rtattr attr;
	uint32_t value;
};

/* Sends the request and returns the length of the answer in @buf, or -errno. */
static ssize_t ask(struct request *request, void *buf, size_t size)
{
	struct timeval limit = { .tv_sec = 5 };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
					NETLINK_ROUTE);
	ssize_t n;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (send(fd, request, request->head.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, buf, size, 0);
	return n < 0 ? -errno : n;
}

static struct request make_request(const char *dev, int type, int flags)
{
	return (struct request){
		.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.head.nlmsg_type = type,
		.head.nlmsg_flags = NLM_F_REQUEST | flags,
		.link.ifi_index = if_nametoindex(dev),
	};
}

static uint32_t find_attr(struct nlmsghdr *head)
{
	struct ifinfomsg *link = NLMSG_DATA(head);
	struct rtattr *attr = IFLA_RTA(link);
	int left = IFLA_PAYLOAD(head);

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_GSO_MAX_SEGS)
			return *(uint32_t *)RTA_DATA(attr);
	return 0;
}

uint32_t gso_max_segs(const char *dev)
{
	struct request request = make_request(dev, RTM_GETLINK, 0);
	char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *head = (struct nlmsghdr *)buf;
	ssize_t n;

	if (!request.link.ifi_index)
		return 0;
	n = ask(&request, buf, sizeof(buf));
	if (n < 0 || !NLMSG_OK(head, n) || head->nlmsg_type != RTM_NEWLINK)
		return 0;
	return find_attr(head);
}

static int gso_set(const char *dev, uint32_t value, struct err *err)
{
	struct request request = make_request(dev, RTM_NEWLINK, NLM_F_ACK);
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[512];
	} answer;
	ssize_t n;
	int rc;

	request.attr.rta_type = IFLA_GSO_MAX_SEGS;
	request.attr.rta_len = RTA_LENGTH(sizeof(value));
	request.value = value;
	request.head.nlmsg_len = sizeof(request);
	n = ask(&request, &answer, sizeof(answer));
	rc = n < 0 ? n : answer.head.nlmsg_type == NLMSG_ERROR ?
	     answer.error.error : -EPROTO;
	if (rc)
		return err_set(err, STATUS_BENCH, rc,
			       "cannot set gso_max_segs %" PRIu32 " on %s: %s",
			       value, dev, strerror(-rc));
	return 0;
}

static void state_path(const char *dev, char *buf, size_t size)
{
	snprintf(buf, size, GUEST_RUN_DIR "/gso_max_segs-%s", dev);
}

/* The remembered value, 0 if there is none. */
static uint32_t remembered(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	uint32_t value;

	return f && fscanf(f, "%" SCNu32, &value) == 1 ? value : 0;
}

int gso_split(const char *dev, struct err *err)
{
	uint32_t now = gso_max_segs(dev);
	char path[128], text[16];
	int rc;

	if (!now)
		return err_set(err, STATUS_BENCH, ENODEV,
			       "cannot read gso_max_segs of '%s'", dev);
	state_path(dev, path, sizeof(path));
	if (!remembered(path)) {
		snprintf(text, sizeof(text), "%" PRIu32 "\n", now);
		rc = guest_run_dir(err) ?: guest_write(path, text, err);
		if (rc)
			return rc;
	}
	return now == 1 ? 0 : gso_set(dev, 1, err);
}

int gso_restore(const char *dev, struct err *err)
{
	uint32_t before;
	char path[128];
	int rc;

	state_path(dev, path, sizeof(path));
	if (access(path, F_OK))
		return 0;
	before = remembered(path) ?: GSO_WHOLE;
	rc = gso_set(dev, before, err);
	if (!rc)
		unlink(path);
	return rc;
}
