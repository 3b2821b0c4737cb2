// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-dev.c - what manglers need of a device, put there and put back
 *
 * Theory of operation: each time that manglers come or go, what those that are there
 * need is compared with how the device is. gso_max_segs 1 (ovslab-guest-gso.c) is for
 * those that count packets on the wire. fq as the root qdisc is for those that hold a
 * packet back: they write its departure time, and fq keeps it. Our fq is told from
 * others by its handle, so nothing has to be remembered; when it goes, the kernel puts
 * its default there again. A root qdisc that somebody has chosen is left alone. Checksums
 * are completed by the stack for those that spoil them: a sum that is left to the device
 * is never computed on the way to another VM, which takes the packet for right. That it
 * was the device's is remembered in GUEST_RUN_DIR.
 */
#include "guest/ovslab-guest.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/pkt_sched.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/util.h"
#include "host/rtnl.h"

#define FQ_HANDLE (0x6f76u << 16)	/* "ov" */
#define FQ_PACKETS 65536		/* what is held back must not be dropped */

static bool is_fq(const struct qdisc *q)
{
	return strcmp(q->kind, "fq") == 0;
}

/* No pacing: fq keeps the times that are in the packets, and makes none up. */
static int fq_order(int ifindex)
{
	struct rtnl_request r = rtnl_tc(ifindex, TC_H_ROOT, RTM_NEWQDISC,
					NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	const uint32_t room = FQ_PACKETS, off = 0;
	struct rtattr *options;

	r.tc.tcm_handle = FQ_HANDLE;
	rtnl_put(&r, TCA_KIND, "fq", sizeof("fq"));
	options = rtnl_nest(&r, TCA_OPTIONS);
	rtnl_put(&r, TCA_FQ_PLIMIT, &room, sizeof(room));
	rtnl_put(&r, TCA_FQ_FLOW_PLIMIT, &room, sizeof(room));
	rtnl_put(&r, TCA_FQ_RATE_ENABLE, &off, sizeof(off));
	rtnl_nest_end(&r, options);
	return rtnl_ask(&r, NULL, NULL);
}

static int fq_refused(const char *dev, const struct qdisc *q, struct err *err)
{
	err_set(err, STATUS_BENCH, EBUSY,
		"the root qdisc of %s is one that somebody has chosen ('%s', handle %x:)", dev, q->kind,
		q->handle >> 16);
	err_hint(err, "to hold packets back it has to be fq: 'tc qdisc del dev %s root' makes room",
		 dev);
	return -EBUSY;
}

static int fq_put(const char *dev, int ifindex, struct err *err)
{
	struct qdisc q = { 0 };
	int rc = qdisc_at(ifindex, TC_H_ROOT, &q);

	if (rc == 0 && is_fq(&q) && (q.handle == FQ_HANDLE || q.handle == 0))
		return 0;
	if (rc == 0 && q.handle)
		return fq_refused(dev, &q, err);
	if (rc == 0 || rc == -ENOENT)
		rc = fq_order(ifindex);
	if (rc == 0)
		return 0;
	err_set(err, STATUS_BENCH, rc, "cannot make fq the root qdisc of %s: %s", dev, strerror(-rc));
	if (rc == -ENOENT)
		err_hint(err, "the kernel needs the module sch_fq");
	return rc;
}

static int fq_remove(const char *dev, int ifindex, struct err *err)
{
	struct rtnl_request r = rtnl_tc(ifindex, TC_H_ROOT, RTM_DELQDISC, NLM_F_ACK);
	struct qdisc q = { 0 };
	int rc;

	if (qdisc_at(ifindex, TC_H_ROOT, &q) != 0 || !is_fq(&q) || q.handle != FQ_HANDLE)
		return 0;
	r.tc.tcm_handle = FQ_HANDLE;
	rc = rtnl_ask(&r, NULL, NULL);
	if (rc)
		return err_set(err, STATUS_BENCH, rc, "cannot put the root qdisc of %s back: %s", dev,
			       strerror(-rc));
	return 0;
}

/* ---- checksums ---------------------------------------------------------------------- */

static int ethtool_value(const char *dev, struct ethtool_value *value)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_data = (void *)value };

	strncpy(request.ifr_name, dev, sizeof(request.ifr_name) - 1);
	return fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static void sums_path(const char *dev, char *buf, size_t size)
{
	snprintf(buf, size, GUEST_RUN_DIR "/tx_checksums-%s", dev);
}

static int sums_offload(const char *dev, bool on, struct err *err)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STXCSUM, .data = on };
	int rc = ethtool_value(dev, &value);

	if (rc)
		err_set(err, STATUS_BENCH, rc, "cannot switch the checksum offload of %s %s: %s", dev,
			on ? "on" : "off", strerror(-rc));
	return rc;
}

static int sums_complete(const char *dev, struct err *err)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GTXCSUM };
	char path[128];
	int rc = ethtool_value(dev, &value);

	if (rc || !value.data)		/* a device that cannot leaves none to itself */
		return 0;
	sums_path(dev, path, sizeof(path));
	rc = guest_run_dir(err) ?: guest_write(path, "on\n", err);
	return rc ? rc : sums_offload(dev, false, err);
}

static int sums_restore(const char *dev, struct err *err)
{
	char path[128];
	int rc;

	sums_path(dev, path, sizeof(path));
	if (access(path, F_OK))
		return 0;
	rc = sums_offload(dev, true, err);
	if (!rc)
		unlink(path);
	return rc;
}

bool dev_sums_partial(const char *dev)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GRXCSUM };

	return ethtool_value(dev, &value) < 0 || value.data;
}

/* ---- all of it ---------------------------------------------------------------------- */

int dev_prepare(const char *dev, const struct dev_needs *needs, struct err *err)
{
	int ifindex = (int)if_nametoindex(dev);
	int rc = 0;

	if (!ifindex)
		return err_set(err, STATUS_BENCH, ENODEV, "there is no network device '%s'", dev);
	if (needs->fq)
		rc = fq_put(dev, ifindex, err);
	if (rc == 0 && needs->split)
		rc = gso_split(dev, err);
	if (rc == 0 && needs->sums)
		rc = sums_complete(dev, err);
	return rc;
}

int dev_restore(const char *dev, const struct dev_needs *still, struct err *err)
{
	int ifindex = (int)if_nametoindex(dev);
	int rc = 0;

	if (!still->split)
		rc = gso_restore(dev, err);
	if (rc == 0 && !still->sums)
		rc = sums_restore(dev, err);
	if (rc == 0 && ifindex && !still->fq)
		rc = fq_remove(dev, ifindex, err);
	return rc;
}
