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
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "host/rtnl.h"

#define GSO_WHOLE 65535			/* the kernel's default */

static int take_gso(const struct nlmsghdr *head, void *arg)
{
	struct ifinfomsg *link = NLMSG_DATA(head);
	struct rtattr *attr = IFLA_RTA(link);
	int left = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*link));

	if (head->nlmsg_type != RTM_NEWLINK)
		return 0;
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_GSO_MAX_SEGS && RTA_PAYLOAD(attr) == sizeof(uint32_t))
			memcpy(arg, RTA_DATA(attr), sizeof(uint32_t));
	return 0;
}

uint32_t gso_max_segs(const char *dev)
{
	int ifindex = (int)if_nametoindex(dev);
	struct rtnl_request r = rtnl_link(ifindex, RTM_GETLINK, 0);
	uint32_t value = 0;

	return ifindex && rtnl_ask(&r, take_gso, &value) == 0 ? value : 0;
}

static int gso_set(const char *dev, uint32_t value, struct err *err)
{
	struct rtnl_request r = rtnl_link((int)if_nametoindex(dev), RTM_NEWLINK, NLM_F_ACK);
	int rc;

	rtnl_put(&r, IFLA_GSO_MAX_SEGS, &value, sizeof(value));
	rc = rtnl_ask(&r, NULL, NULL);
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
