// SPDX-License-Identifier: GPL-2.0
/*
 * netns.c - network namespaces
 */
#include "host/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"

#define PUBLISH_TRIES 5

static int public_path(char *buf, size_t size, const char *public)
{
	return snprintf(buf, size, NETNS_PUBLIC_DIR "/%s", public) < (int)size ? 0 : -ENAMETOOLONG;
}

static int touch(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | flags, 0444);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int loopback_up(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

/* Its devices would ask for neighbours and routers, and be heard by the guests. */
static int say_nothing(void)
{
	static const char knob[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
	_cleanup_close_ int fd = open(knob, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;	/* a kernel without IPv6 */
	return write(fd, "1", 1) == 1 ? 0 : -errno;
}

/*
 * The public name is a symbolic link, which says itself whose it is, and of
 * which no second copy appears when 'ip netns add' mounts /run/netns over
 * itself. A claim beside the namespace says that the folder was made by us.
 */
static char *claim_path(const char *path, char *buf)
{
	snprintf(buf, PATH_MAX, "%s.public-dir", path);
	return buf;
}

static int make_public_dir(const char *path)
{
	char claim[PATH_MAX];
	int rc;

	if (access(NETNS_PUBLIC_DIR, F_OK) == 0)
		return 0;
	rc = touch(claim_path(path, claim), 0);
	if (rc == 0 && mkdir(NETNS_PUBLIC_DIR, 0755) < 0)
		rc = errno == EEXIST ? 0 : -errno;
	return rc;
}

static bool is_ours(const char *path, const char *target)
{
	char to[PATH_MAX];
	ssize_t n = readlink(target, to, sizeof(to) - 1);

	return n > 0 && (size_t)n == strlen(path) && memcmp(to, path, n) == 0;
}

/* Another lab's end may remove the folder in between: then make it again. */
static int make_public(const char *path, const char *target)
{
	int rc;

	for (int i = 0; i < PUBLISH_TRIES; i++) {
		rc = make_public_dir(path);
		if (rc == 0 && symlink(path, target) < 0)
			rc = -errno;
		if (rc != -ENOENT)
			break;
	}
	return rc;
}

static int publish(const char *path, const char *public, struct err *err)
{
	char target[256];
	int rc = public_path(target, sizeof(target), public);

	if (rc == 0)
		rc = make_public(path, target);
	if (rc == -EEXIST) {
		err_set(err, STATUS_BENCH, EEXIST,
			"a network namespace named '%s' exists and is not this lab's", public);
		err_hint(err, "choose another lab name with -n, or remove it: ip netns del %s", public);
	} else if (rc < 0) {
		err_set(err, STATUS_HOST, rc, "%s: %s", target, strerror(-rc));
	}
	return rc;
}

static void unpublish(const char *path, const char *target)
{
	char claim[PATH_MAX];

	if (is_ours(path, target))
		unlink(target);
	if (unlink(claim_path(path, claim)) == 0)
		rmdir(NETNS_PUBLIC_DIR);	/* fails while others use it */
}

int netns_scratch(struct err *err)
{
	int rc;

	if (unshare(CLONE_NEWNET) < 0) {
		rc = err_set(err, STATUS_HOST, errno, "cannot make a network namespace: %s",
			     strerror(errno));
		err_hint(err, "run as root: it takes CAP_SYS_ADMIN");
		return rc;
	}
	rc = loopback_up();
	return rc < 0 ? err_set(err, STATUS_HOST, rc, "loopback: %s", strerror(-rc)) : 0;
}

int netns_create(const char *path, const char *public, struct err *err)
{
	int rc = touch(path, 0);

	if (rc < 0)
		return err_set(err, STATUS_BENCH, rc, "%s: %s", path, strerror(-rc));
	rc = netns_scratch(err);
	if (rc < 0)
		return rc;
	rc = say_nothing();
	if (rc < 0)
		return err_set(err, STATUS_HOST, rc, "IPv6 of the network namespace: %s", strerror(-rc));
	if (mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0)
		return err_set(err, STATUS_HOST, errno, "cannot keep the network namespace at %s: %s",
			       path, strerror(errno));
	return publish(path, public, err);
}

int netns_enter(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return err_set(err, STATUS_BENCH, errno, "cannot enter the lab's network namespace (%s): %s",
			       path, strerror(errno));
	return 0;
}

int netns_remove(const char *path, const char *public, struct err *err)
{
	char target[256];
	int rc = public_path(target, sizeof(target), public);

	if (rc < 0)
		return err_set(err, STATUS_BENCH, rc, "%s: %s", public, strerror(-rc));
	unpublish(path, target);
	if (umount2(path, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	unlink(path);
	return 0;
}
