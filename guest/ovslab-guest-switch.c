// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-switch.c - what the switch is: vswitchd's version and threads, its
 * kernel, and how that hands misses to vswitchd
 *
 * The dispatch mode is what vswitchd asked the kernel for and the kernel agreed
 * to: user feature OVS_DP_F_DISPATCH_UPCALL_PER_CPU of a datapath (Linux commit
 * b83d23a2a38b, 5.15; OVS 2.16), read by generic netlink. Threads are told by the
 * names that vswitchd gives them. The version is asked on vswitchd's control
 * socket, as 'ovs-appctl version' does it (JSON-RPC, RFC 7047 section 4).
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/util.h"
#include "guest/ovslab-guest.h"

/* linux/openvswitch.h, of which older headers lack the last */
#define DATAPATH_FAMILY "ovs_datapath"
#define DATAPATH_VERSION 2
#define DP_CMD_GET 3
#define DP_ATTR_USER_FEATURES 5
#define DP_F_DISPATCH_UPCALL_PER_CPU (1 << 3)
#define DATAPATH_HEADER 4		/* struct ovs_header */

struct request {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char room[64];
};

/* ---- generic netlink -------------------------------------------------------------- */

static const struct nlattr *find_attr(const char *at, size_t left, int type)
{
	while (left >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		size_t len = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > left)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if (len > left)
			return NULL;
		at += len;
		left -= len;
	}
	return NULL;
}

/* An attribute with @size bytes of the first answer to @request; 0 or -errno. */
static int ask(int fd, struct request *request, size_t header, int type, void *ret, size_t size)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *head = (const struct nlmsghdr *)buf;
	size_t skip = NLMSG_HDRLEN + GENL_HDRLEN + header;
	const struct nlattr *attr;
	ssize_t n;

	if (send(fd, request, request->head.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(head, (unsigned int)n) || head->nlmsg_type == NLMSG_ERROR ||
	    head->nlmsg_type == NLMSG_DONE || head->nlmsg_len < skip)
		return -ENOENT;
	attr = find_attr(buf + skip, head->nlmsg_len - skip, type);
	if (!attr || attr->nla_len < NLA_HDRLEN + size)
		return -ENOENT;
	memcpy(ret, (const char *)attr + NLA_HDRLEN, size);
	return 0;
}

static int family_id(int fd, uint16_t *ret)
{
	struct request r = {
		.head = { .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST },
		.genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
	};
	struct nlattr attr = { NLA_HDRLEN + sizeof(DATAPATH_FAMILY), CTRL_ATTR_FAMILY_NAME };

	memcpy(r.room, &attr, sizeof(attr));
	memcpy(r.room + NLA_HDRLEN, DATAPATH_FAMILY, sizeof(DATAPATH_FAMILY));
	r.head.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN + NLA_ALIGN(attr.nla_len);
	return ask(fd, &r, 0, CTRL_ATTR_FAMILY_ID, ret, sizeof(*ret));
}

/* Of the first datapath: a lab's switch has one. */
static int user_features(int fd, uint16_t family, uint32_t *ret)
{
	struct request r = {
		.head = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			  .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN + DATAPATH_HEADER },
		.genl = { .cmd = DP_CMD_GET, .version = DATAPATH_VERSION },
	};

	return ask(fd, &r, DATAPATH_HEADER, DP_ATTR_USER_FEATURES, ret, sizeof(*ret));
}

/* "" where there is no kernel datapath. */
static const char *dispatch(void)
{
	struct timeval limit = { .tv_sec = 2 };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	uint32_t features = 0;
	uint16_t family;

	if (fd < 0)
		return "";
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (family_id(fd, &family) < 0 || user_features(fd, family, &features) < 0)
		return "";
	return features & DP_F_DISPATCH_UPCALL_PER_CPU ? "per-cpu" : "per-vport";
}

/* ---- threads ------------------------------------------------------------------------ */

/*
 * OVS 3.1.0 that found no CPUs when it began never tells the kernel of the handlers
 * that it starts later: they get no packet. Its log since it was opened tells.
 */
static bool began_without_handlers(const char *rundir)
{
	_cleanup_fclose_ FILE *f = NULL;
	char line[512];
	bool without = false;

	snprintf(line, sizeof(line), "%.400s/ovs-vswitchd.log", rundir);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strstr(line, "|opened log file "))
			without = false;
		else if (strstr(line, " n-handler-threads to 0,"))
			without = true;
	}
	return without;
}

/* ---- vswitchd ------------------------------------------------------------------------ */

/* One request and its answer, a new reference; NULL if there is none in time. */
static json_t *control(const struct sockaddr_un *addr, const char *request)
{
	struct timeval limit = { .tv_sec = 10 };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return NULL;
	return json_loadfd(fd, JSON_DISABLE_EOF_CHECK, NULL);
}

/* "ovs-vswitchd (Open vSwitch) 3.1.0": its last word; lines may follow it */
static int version_of(const char *text, char *buf, size_t size)
{
	const char *at = text ? strchr(text, ')') : NULL;

	if (!at || at[1] != ' ')
		return -EBADMSG;
	snprintf(buf, size, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
	return 0;
}

static int ask_version(const char *rundir, int pid, char *buf, size_t size, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	json_t *answer;
	int rc;

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/ovs-vswitchd.%d.ctl", rundir, pid) >=
	    (int)sizeof(addr.sun_path))
		return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%s is too long a path", rundir);
	answer = control(&addr, "{\"id\":0,\"method\":\"version\",\"params\":[]}");
	rc = version_of(json_string_value(json_object_get(answer, "result")), buf, size);
	json_decref(answer);
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "ovs-vswitchd does not tell its version on %s",
				addr.sun_path) : 0;
}

int guest_switch(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *rundir = GUEST_OVS_DIR, *nics = "";
	const struct guest_opt opts[] = {
		{ "--rundir", OPT_TEXT, &rundir, 0, 0 },
		{ "--nics", OPT_TEXT, &nics, 0, 0 },
		{ 0 },
	};
	struct ovs_threads threads = { 0 };
	struct utsname kernel;
	json_int_t handlers;
	char version[128];
	int pid, rc = guest_options(argc, argv, opts, err);

	if (rc == 0)
		rc = guest_vswitchd(rundir, &pid, err);
	if (rc == 0)
		rc = ovs_threads_read(pid, &threads, err);
	if (rc == 0)
		rc = ask_version(rundir, pid, version, sizeof(version), err);
	if (rc < 0)
		return rc;
	handlers = began_without_handlers(rundir) ? 0 : threads.handlers;
	uname(&kernel);
	*ret = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:f}",
			 "schema", "ovslab.guest-switch/1", "version", version,
			 "kernel", kernel.release,
			 "kernel_build", kernel.version, "dispatch", dispatch(),
			 "handlers", handlers, "revalidators", (json_int_t)threads.revalidators,
			 "cpus", place_read(pid, &threads, nics),
			 "uptime_s", now_ns() / 1e9);
	return *ret ? 0 : -ENOMEM;
}
