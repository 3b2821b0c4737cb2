// SPDX-License-Identifier: GPL-2.0
/*
 * tap.c - scratch tap devices
 */
#include "host/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/util.h"

static int link_up(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_UP };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

int tap_open(const char *name, struct err *err)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	_cleanup_close_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return err_set(err, STATUS_HOST, errno, "/dev/net/tun: %s", strerror(errno));
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &req) < 0)
		return err_set(err, STATUS_HOST, errno, "tap %s: %s", name, strerror(errno));
	rc = link_up(name);
	if (rc < 0)
		return err_set(err, STATUS_HOST, rc, "tap %s: %s", name, strerror(-rc));
	return take_fd(&fd);
}
