// SPDX-License-Identifier: GPL-2.0
/*
 * test_attach.c - manglers and probes on real devices, with real TCP
 *
 * Three network namespaces of its own: a sends to b through a Linux bridge in s.
 * They have no name and end with the process. Exit status 77: this machine does
 * not let it.
 *
 *     a: va ---- s: sa =bridge= sb ---- b: vb
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "core/util.h"
#include "frame.h"
#include "host/bpf_load.h"
#include "host/bpf_mangle.h"
#include "host/bpf_probe.h"
#include "host/bpf_tc.h"

#define PORT 5201
#define TURNS 200			/* of each process at one device */

enum { A, B, S, NAMESPACES };

static int ns[NAMESPACES];

static void enter(int which)
{
	assert_int_equal(setns(ns[which], CLONE_NEWNET), 0);
}

/* Test set-up only: one ip(8) command, %d being this process. */
static void ip(int which, const char *command)
{
	char line[256];

	enter(which);
	snprintf(line, sizeof(line), "ip %s", command);
	if (system(line))
		fail_msg("failed: %s", line);
}

static void add_veth(const char *near, int far_ns, const char *far)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "link add %s type veth peer name %s netns /proc/%d/fd/%d", near,
		 far, getpid(), ns[far_ns]);
	ip(S, command);
}

static int make_namespaces(void)
{
	for (int i = 0; i < NAMESPACES; i++) {
		if (unshare(CLONE_NEWNET))
			return errno;
		ns[i] = open("/proc/self/ns/net", O_RDONLY);
		if (ns[i] < 0)
			return errno;
	}
	return 0;
}

static int bench_up(void **state)
{
	add_veth("sa", A, "va");
	add_veth("sb", B, "vb");
	ip(S, "link add wire type bridge stp_state 0 forward_delay 0");
	ip(S, "link set sa master wire up");
	ip(S, "link set sb master wire up");
	ip(S, "link set wire up");
	ip(A, "addr add 198.18.0.1/24 dev va");
	ip(B, "addr add 198.18.0.2/24 dev vb");
	ip(A, "link set va up");
	ip(B, "link set vb up");
	return 0;
}

/* ---- traffic ---- */

static struct sockaddr_in address(const char *host)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, host, &in.sin_addr);
	return in;
}

static void limit(int fd)
{
	struct timeval seconds = { .tv_sec = 20 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &seconds, sizeof(seconds));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &seconds, sizeof(seconds));
}

struct receiver {
	int listen_fd;
	size_t bytes;
	bool damaged;			/* a byte was not what was sent */
};

static uint8_t pattern(size_t at)
{
	return at ^ at >> 8 ^ at >> 16;
}

static void *receive(void *arg)
{
	struct receiver *r = arg;
	_cleanup_close_ int fd = accept(r->listen_fd, NULL, NULL);
	uint8_t buf[65536];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			r->damaged |= buf[i] != pattern(r->bytes++);
	return NULL;
}

static int listen_in_b(void)
{
	struct sockaddr_in in = address("198.18.0.2");
	int fd, on = 1, window = 128 * 1024;	/* less than any queue drops */

	enter(B);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	limit(fd);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int connect_from_a(void)
{
	struct sockaddr_in to = address("198.18.0.2");
	int fd;

	enter(A);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	limit(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* A connection from a to b. */
struct line {
	struct receiver r;
	pthread_t thread;
	int fd;
	size_t sent;
};

static void line_open(struct line *l)
{
	*l = (struct line){ .r.listen_fd = listen_in_b() };
	assert_int_equal(pthread_create(&l->thread, NULL, receive, &l->r), 0);
	l->fd = connect_from_a();
}

static void line_send(struct line *l, size_t bytes)
{
	_cleanup_free_ uint8_t *data = malloc(bytes);

	for (size_t i = 0; i < bytes; i++)
		data[i] = pattern(l->sent + i);
	assert_int_equal(send(l->fd, data, bytes, MSG_NOSIGNAL), bytes);
	l->sent += bytes;
}

/* All that was sent has been taken: the mangler has seen it. */
static void line_settle(struct line *l)
{
	int waiting = 1;

	for (int i = 0; i < 2000 && waiting; i++) {
		assert_int_equal(ioctl(l->fd, SIOCOUTQ, &waiting), 0);
		poll(NULL, 0, waiting ? 5 : 0);
	}
	assert_int_equal(waiting, 0);
}

/* Every byte must arrive as it was sent. */
static void line_close(struct line *l)
{
	close(l->fd);
	pthread_join(l->thread, NULL);
	close(l->r.listen_fd);
	assert_int_equal(l->r.bytes, l->sent);
	assert_false(l->r.damaged);
}

static void transfer(size_t bytes)
{
	struct line l;

	line_open(&l);
	line_send(&l, bytes);
	line_close(&l);
}

/* ---- what arrives on the wire ---- */

struct wire {
	int fd;
	pthread_t thread;
	volatile bool stop;
	uint64_t data, psh, bad_sums;	/* TCP data packets */
};

static void look(struct wire *w, const uint8_t *bytes, size_t len)
{
	static struct frame f;

	if (len > sizeof(f.data) || len < 54 || bytes[23] != 6)
		return;
	memcpy(f.data, bytes, len);
	f.family = 4;
	f.proto = 6;
	f.l3 = 14;
	f.l4 = 34;
	f.ip_end = 14 + (bytes[16] << 8 | bytes[17]);
	if (f.ip_end - f.l4 <= (size_t)(f.data[46] >> 4) * 4)
		return;
	w->data++;
	w->psh += !!(frame_tcp_flags(&f) & 8);
	w->bad_sums += !frame_sums_ok(&f);
}

static void *watch(void *arg)
{
	struct wire *w = arg;
	struct pollfd ready = { .fd = w->fd, .events = POLLIN };
	uint8_t buf[70000];
	ssize_t n;

	while (poll(&ready, 1, 100) > 0 || !w->stop)
		while ((n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
			look(w, buf, n);
	return NULL;
}

static void wire_start(struct wire *w)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	int room = 256 << 20;

	enter(B);
	*w = (struct wire){ 0 };
	w->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(w->fd >= 0);
	setsockopt(w->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	at.sll_ifindex = if_nametoindex("vb");
	at.sll_protocol = htons(ETH_P_IP);
	assert_int_equal(bind(w->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, watch, w), 0);
}

/* Returns how many packets the capture lost. */
static unsigned int wire_stop(struct wire *w)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	w->stop = true;
	pthread_join(w->thread, NULL);
	getsockopt(w->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	close(w->fd);
	return stats.tp_drops;
}

static void offload(int which, const char *dev, uint32_t command, bool on)
{
	struct ethtool_value value = { command, on };
	struct ifreq request = { 0 };
	_cleanup_close_ int fd = -1;

	enter(which);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", dev);
	request.ifr_data = (void *)&value;
	assert_int_equal(ioctl(fd, SIOCETHTOOL, &request), 0);
}

/* ---- attach, query, replace, detach ---- */

static struct mangle_spec spec_at(enum mangle_place place, const char *text)
{
	struct mangle_spec spec;
	struct err err = { 0 };

	if (mangle_spec_parse_text(text, &spec, &err))
		fail_msg("%s: %s", text, err.msg);
	spec.place = place;
	return spec;
}

static int attach(const char *dev, enum mangle_place place, const char *text,
		  struct mangle_report *ret)
{
	struct mangle_spec spec = spec_at(place, text);
	struct err err = { 0 };
	int rc = mangle_attach(dev, &spec, false, ret, &err);

	if (rc && rc != -EBUSY && rc != -ENODEV)
		print_message("    %s: %s\n%s\n", text, err.msg, err.evidence ? err.evidence : "");
	err_reset(&err);
	return rc;
}

static int detach(const char *dev, enum mangle_place place, const char *kind)
{
	return mangle_detach(dev, place, kind ? mangle_kind_find(kind) : NULL, NULL);
}

/* What is there, in its order: "psh,ttl". */
static void assert_there(const char *dev, enum mangle_place place, const char *kinds)
{
	struct mangle_report r[STAGES];
	unsigned int n = 0;
	char found[100] = "";

	assert_int_equal(mangle_query(dev, place, r, &n, NULL), 0);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(r[i].index, i);
		assert_int_equal(r[i].spec.place, place);
		strcat(strcat(found, i ? "," : ""), r[i].spec.kind->name);
	}
	assert_string_equal(found, kinds);
}

static struct mangle_report report_of(const char *dev, enum mangle_place place, unsigned int i)
{
	struct mangle_report r[STAGES];
	unsigned int n = 0;

	assert_int_equal(mangle_query(dev, place, r, &n, NULL), 0);
	assert_true(i < n);
	return r[i];
}

static bool has_clsact(const char *dev)
{
	char line[128];

	snprintf(line, sizeof(line), "tc qdisc show dev %s | grep -q clsact", dev);
	return !system(line);
}

/* A spec of each kind that needs more than its name. */
static const char *example_of(const struct mangle_kind *kind)
{
	static const char *const examples[] = {
		"flags --set urg --clear psh", "ecn --ce", "dscp --set 46", "window --set 0 --nth 20",
		"mss --clamp 536", "vlan --push 10", "delay --ms 5 --jitter 2", "reorder --depth 3",
	};
	size_t len = strlen(kind->name);

	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		if (!strncmp(examples[i], kind->name, len) && examples[i][len] == ' ')
			return examples[i];
	return kind->name;
}

static void try_kind(const struct mangle_kind *kind, enum mangle_place place)
{
	const char *text = example_of(kind);
	struct mangle_report report;
	char canonical[STAGE_SPEC_MAX];
	struct mangle_spec spec = spec_at(place, text);

	assert_int_equal(attach("va", place, text, &report), 0);
	assert_ptr_equal(report.spec.kind, kind);
	assert_int_equal(mangle_spec_format(&report.spec, canonical, sizeof(canonical)), 0);
	assert_string_equal(canonical, spec.stage.spec);
	assert_memory_equal(&report.spec.stage, &spec.stage, sizeof(spec.stage));
	assert_int_equal(detach("va", place, NULL), 0);
	assert_there("va", place, "");
}

static void every_kind_attaches(void **state)
{
	enter(A);
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++)
		for (unsigned int place = 1; place & PLACES_ALL; place <<= 1)
			if (kind->number && (kind->places & place))
				try_kind(kind, place);
	assert_false(has_clsact("va"));
}

static void psh_is_replaced(void **state)
{
	struct mangle_report first, second, found;

	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh --ratio 10", &first), 0);
	assert_int_equal(first.mode, MANGLE_MODE_TC);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh --ratio 33 --clear-others --units skb"
				" --seed 18446744073709551615", &second), 0);
	assert_int_not_equal(first.prog_id, second.prog_id);
	assert_there("va", PLACE_NODE_EGRESS, "psh");
	found = report_of("va", PLACE_NODE_EGRESS, 0);
	assert_int_equal(found.prog_id, second.prog_id);
	assert_int_equal(found.spec.stage.trigger.ratio, 33);
	assert_true(found.spec.stage.trigger.seed == UINT64_MAX);
	assert_true(found.spec.stage.flags & STAGE_CLEAR_OTHERS);
	assert_int_equal(found.spec.units, MANGLE_UNITS_SKB);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), -ENOENT);
	assert_false(has_clsact("va"));
}

/* In the order of attaching; one that is replaced stays where it is. */
static void several_keep_their_order(enum mangle_place place)
{
	struct mangle_report r;
	struct err err = { 0 };
	struct mangle_spec fifth = spec_at(place, "drop --nth 3");

	assert_int_equal(attach("va", place, "ttl --set 3", &r), 0);
	assert_int_equal(attach("va", place, "dscp --set 46", &r), 0);
	assert_int_equal(r.index, 1);
	assert_int_equal(attach("va", place, "flags --set psh --first --log", &r), 0);
	assert_int_equal(attach("va", place, "ecn --ce --every 5", &r), 0);
	assert_there("va", place, "ttl,dscp,flags,ecn");
	assert_int_equal(mangle_attach("va", &fifth, false, NULL, &err), -ENOSPC);
	assert_non_null(strstr(err.msg, "no more"));
	err_reset(&err);
	assert_int_equal(attach("va", place, "dscp --set 12", &r), 0);
	assert_int_equal(r.index, 1);
	assert_int_equal(r.spec.stage.arg[0], 12);
	assert_there("va", place, "ttl,dscp,flags,ecn");
	assert_int_equal(detach("va", place, "drop"), -ENOENT);
	assert_int_equal(detach("va", place, "dscp"), 0);
	assert_there("va", place, "ttl,flags,ecn");
	assert_int_equal(report_of("va", place, 2).spec.stage.trigger.every, 5);
	assert_int_equal(detach("va", place, "flags"), 0);
	assert_int_equal(detach("va", place, "ecn"), 0);
	assert_there("va", place, "ttl");
	assert_int_equal(detach("va", place, "ttl"), 0);
	assert_there("va", place, "");
}

static void several_at_each_place(void **state)
{
	enter(A);
	several_keep_their_order(PLACE_NODE_EGRESS);
	several_keep_their_order(PLACE_NODE_INGRESS);
	several_keep_their_order(PLACE_NODE_XDP);
	assert_false(has_clsact("va"));
}

/* All three hooks of one device at once, each for itself. */
static void places_do_not_meddle(void **state)
{
	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "ttl --set 3", NULL), 0);
	assert_int_equal(attach("va", PLACE_NODE_INGRESS, "dscp --set 3", NULL), 0);
	assert_int_equal(attach("va", PLACE_NODE_XDP, "ecn --ce", NULL), 0);
	assert_there("va", PLACE_NODE_EGRESS, "ttl");
	assert_there("va", PLACE_NODE_INGRESS, "dscp");
	assert_there("va", PLACE_NODE_XDP, "ecn");
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
	assert_true(has_clsact("va"));
	assert_there("va", PLACE_NODE_INGRESS, "dscp");
	assert_int_equal(detach("va", PLACE_NODE_XDP, NULL), 0);
	assert_int_equal(detach("va", PLACE_NODE_INGRESS, NULL), 0);
	assert_there("va", PLACE_NODE_INGRESS, "");
	assert_false(has_clsact("va"));
}

static void foreign_clsact_stays(void **state)
{
	enter(A);
	assert_int_equal(system("tc qdisc add dev va clsact"), 0);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh", NULL), 0);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
	assert_true(has_clsact("va"));
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

/* A program that does nothing, under a name of its own. */
static int load_stranger(enum bpf_prog_type type, const char *name)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .imm = type == BPF_PROG_TYPE_XDP ? 2 : -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, name, "GPL", pass, ARRAY_SIZE(pass), NULL);

	assert_true(fd >= 0);
	return fd;
}

/* In a child: did each program stay where it was put, until it was taken away? */
static int attach_and_detach(uint32_t priority, bool egress)
{
	const struct tc_place place = {
		.dev = "va", .ifindex = if_nametoindex("va"), .egress = egress, .priority = priority,
	};
	int fd = load_stranger(BPF_PROG_TYPE_SCHED_CLS, "a_turn"), rc = 0;
	struct err err = { 0 };
	uint32_t id;

	for (int i = 0; i < TURNS && rc == 0; i++)
		rc = tc_attach(&place, fd, &err) ?: tc_look(&place, &id, &err) ?: tc_detach(&place, &err);
	if (rc)
		print_message("    %s: %s\n", egress ? "egress" : "ingress", err.msg);
	return rc != 0;
}

/* Whoever is the last to go takes clsact along: not from under one who has just come. */
static void processes_do_not_meddle(void **state)
{
	static const uint32_t priorities[] = { TC_PRIORITY_MANGLE, TC_PRIORITY_PROBE };
	int status;

	enter(A);
	for (size_t i = 0; i < ARRAY_SIZE(priorities); i++)
		if (fork() == 0)
			_exit(attach_and_detach(priorities[i], i == 0));
	for (size_t i = 0; i < ARRAY_SIZE(priorities); i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_false(has_clsact("va"));
}

/* Nothing of ours can be done there, and the reason names what is. */
static void assert_refused(const char *dev, enum mangle_place place, const char *text,
			   const char *named)
{
	struct mangle_spec spec = spec_at(place, text);
	struct mangle_report r[STAGES];
	struct mangle_log log;
	struct err err = { 0 };
	unsigned int n = 7;

	assert_int_equal(mangle_attach(dev, &spec, false, NULL, &err), -EBUSY);
	if (!strstr(err.msg, named))
		fail_msg("'%s' does not name %s", err.msg, named);
	err_reset(&err);
	assert_int_equal(mangle_query(dev, place, r, &n, &err), -EBUSY);
	assert_non_null(strstr(err.msg, named));
	err_reset(&err);
	assert_int_equal(mangle_detach(dev, place, NULL, NULL), -EBUSY);
	assert_int_equal(mangle_log_open(dev, place, &log, NULL), -EBUSY);
	assert_int_equal(n, 7);
}

static void stranger_in_xdp(const char *name)
{
	_cleanup_close_ int fd = load_stranger(BPF_PROG_TYPE_XDP, name);
	int dev = if_nametoindex("va");
	char named[40];
	uint32_t id;

	assert_int_equal(bpf_xdp_attach(dev, fd, 1 << 1, NULL), 0);
	assert_int_equal(bpf_xdp_query_id(dev, 0, &id), 0);
	snprintf(named, sizeof(named), "'%s', id %u", name, id);
	assert_refused("va", PLACE_NODE_XDP, "ttl", named);
	assert_int_equal(bpf_xdp_query_id(dev, 0, &id), 0);
	assert_int_not_equal(id, 0);
	assert_int_equal(bpf_xdp_detach(dev, 1 << 1, NULL), 0);
}

/* Also one that has our prefix, or even the name of a mangler, but not our magic. */
static void strangers_are_refused(void **state)
{
	enter(A);
	bpf_catch_log();
	stranger_in_xdp("somebody");
	stranger_in_xdp("ovslab_other");
	stranger_in_xdp("ovslab_mangle_x");
}

/* Somebody's filter on clsact; handle and priority are given. */
static void add_filter(const char *dev, bool egress, uint32_t priority)
{
	_cleanup_close_ int fd = load_stranger(BPF_PROG_TYPE_SCHED_CLS, "somebody");
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = if_nametoindex(dev),
		    .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = priority,
		    .prog_fd = fd);

	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

static bool has_filter(const char *dev, const char *direction, const char *name)
{
	char line[128];

	snprintf(line, sizeof(line), "tc filter show dev %s %s | grep -q %s", dev,
		 direction, name);
	return !system(line);
}

/* Somebody else's filter on the same qdisc outlives our mangler, and the qdisc. */
static void foreign_filter_stays(void **state)
{
	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh", NULL), 0);
	add_filter("va", false, 7);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
	assert_true(has_filter("va", "ingress", "somebody"));
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

static void stranger_in_tc_is_refused(void **state)
{
	enter(A);
	assert_int_equal(system("tc qdisc add dev va clsact"), 0);
	add_filter("va", true, TC_PRIORITY_MANGLE);
	assert_refused("va", PLACE_NODE_EGRESS, "psh", "'somebody', id ");
	assert_true(has_filter("va", "egress", "somebody"));
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

/* One that is no BPF program, at our priority; and a qdisc that has no egress. */
static void other_kinds_are_refused(void **state)
{
	char line[160];

	enter(A);
	snprintf(line, sizeof(line), "tc qdisc add dev va clsact && tc filter add dev va egress "
		 "protocol ip pref %d u32 match u32 0 0 flowid 1:1", TC_PRIORITY_MANGLE);
	if (system(line)) {
		system("tc qdisc del dev va clsact");
		print_message("skip: this kernel has no u32\n");
	} else {
		assert_refused("va", PLACE_NODE_EGRESS, "psh", "kind 'u32'");
		assert_true(has_filter("va", "egress", "u32"));
		assert_int_equal(system("tc qdisc del dev va clsact"), 0);
	}
	assert_int_equal(system("tc qdisc add dev va ingress"), 0);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh", NULL), -EBUSY);
	assert_int_equal(attach("va", PLACE_NODE_INGRESS, "ttl", NULL), -EBUSY);
	assert_int_equal(system("tc qdisc del dev va ingress"), 0);
}

static void no_device(void **state)
{
	struct mangle_report r[STAGES];
	struct probe *probe;
	unsigned int n;

	enter(A);
	assert_int_equal(attach("nope", PLACE_NODE_EGRESS, "psh", NULL), -ENODEV);
	assert_int_equal(mangle_query("nope", PLACE_NODE_XDP, r, &n, NULL), -ENODEV);
	assert_int_equal(probe_start("va", "nope", NULL, &probe, NULL), -ENODEV);
	assert_false(has_clsact("va"));
}

static void xdp_modes(void **state)
{
	struct mangle_spec psh = spec_at(PLACE_NODE_XDP, "flags --set psh");
	struct mangle_report report;
	struct err err = { 0 };

	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_XDP, "ttl", &report), 0);
	assert_int_equal(report.mode, MANGLE_MODE_NATIVE);
	assert_int_equal(attach("va", PLACE_NODE_XDP, "ttl --ratio 4", &report), 0);
	assert_int_equal(report.mode, MANGLE_MODE_NATIVE);
	assert_int_equal(report.spec.stage.trigger.ratio, 4);
	assert_int_equal(mangle_attach("va", &psh, true, &report, NULL), 0);
	assert_int_equal(report.mode, MANGLE_MODE_NATIVE);
	assert_int_equal(detach("va", PLACE_NODE_XDP, NULL), 0);
	enter(S);			/* a bridge knows generic XDP only */
	assert_int_equal(mangle_attach("wire", &psh, true, &report, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "checksums"));
	assert_true(*err.hint);
	err_reset(&err);
	assert_int_equal(attach("wire", PLACE_NODE_XDP, "ttl", &report), 0);
	assert_int_equal(report.mode, MANGLE_MODE_GENERIC);
	assert_int_equal(mangle_attach("wire", &psh, true, &report, NULL), -EOPNOTSUPP);
	assert_int_equal(mangle_attach("wire", &psh, false, &report, NULL), 0);
	assert_int_equal(report.mode, MANGLE_MODE_GENERIC);
	assert_int_equal(detach("wire", PLACE_NODE_XDP, NULL), 0);
	assert_there("wire", PLACE_NODE_XDP, "");
}

/* ---- real TCP ---- */

#define BULK (16 << 20)

/* One transfer with the mangler in the sender; counts agree with the wire. */
static void mangled_transfer(const char *spec, struct wire *w, struct mangle_counters *n)
{
	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, spec, NULL), 0);
	wire_start(w);
	transfer(BULK);
	assert_int_equal(wire_stop(w), 0);
	enter(A);
	*n = report_of("va", PLACE_NODE_EGRESS, 0).counters;
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
	print_message("    data %lu PSH %lu; eligible %lu already %lu mangled %lu cleared %lu\n",
		      (unsigned long)w->data, (unsigned long)w->psh,
		      (unsigned long)n->eligible, (unsigned long)n->already,
		      (unsigned long)n->mangled, (unsigned long)n->cleared);
	assert_true(w->data > 5000);
	assert_int_equal(w->psh, n->already + n->mangled - n->cleared);
}

static void assert_share(uint64_t part, uint64_t whole)
{
	assert_in_range(part * 1000 / whole, 80, 120);
}

static void psh_on_real_tcp(void)
{
	struct mangle_counters n;
	struct wire w;

	mangled_transfer("psh --ratio 10", &w, &n);
	assert_share(n.mangled, n.eligible);
	mangled_transfer("psh --ratio 10 --clear-others", &w, &n);
	assert_share(w.psh, w.data);
	mangled_transfer("psh --clear", &w, &n);
	assert_int_equal(w.psh, 0);
	assert_true(n.cleared > 0);
}

/* ---- what goes on when others come and go ---- */

static struct mangle_counters counters_of(const char *kind)
{
	struct mangle_report r[STAGES];
	unsigned int n = 0;

	assert_int_equal(mangle_query("va", PLACE_NODE_EGRESS, r, &n, NULL), 0);
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(r[i].spec.kind->name, kind))
			return r[i].counters;
	fail_msg("there is no %s", kind);
	return (struct mangle_counters){ 0 };
}

static void assert_mangled(const char *kind, uint64_t expected)
{
	assert_int_equal(counters_of(kind).mangled, expected);
}

/* Data packets that psh has seen: what else passes is not up to the test. */
static uint64_t data_of_psh(void)
{
	struct mangle_counters n = counters_of("psh");

	return n.eligible + n.already;
}

/* How many events are in the log, by two readers. */
static void assert_logged(size_t expected)
{
	static struct log_event events[LOG_EVENTS];
	struct mangle_log log;
	struct log_got got;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(mangle_log_open("va", PLACE_NODE_EGRESS, &log, NULL), 0);
		log_read(log.events, log.slots, 0, false, events, LOG_EVENTS, &got);
		assert_int_equal(got.n, expected);
		assert_int_equal(got.lost, 0);
		assert_false(got.more);
		assert_int_equal(report_of("va", PLACE_NODE_EGRESS, 0).log_head, expected);
		mangle_log_close(&log);
	}
}

/*
 * One connection all along. Its first packet is psh's, three in all are ecn's: that stays
 * so whatever others come, go, and move them to another turn.
 */
static void others_go_on(void **state)
{
	const enum mangle_place at = PLACE_NODE_EGRESS;
	struct line l;
	uint64_t data;

	ip(A, "link set va gso_max_segs 1");
	enter(A);
	assert_int_equal(attach("va", at, "ttl --set 9", NULL), 0);
	assert_int_equal(attach("va", at, "psh --first --match tcp --log", NULL), 0);
	assert_int_equal(attach("va", at, "ecn --ce --limit 3 --match tcp --log", NULL), 0);
	line_open(&l);
	line_send(&l, 100000);
	line_settle(&l);
	enter(A);
	assert_mangled("psh", 1);
	assert_mangled("ecn", 3);
	assert_logged(4);
	data = data_of_psh();
	assert_true(data > 60);

	assert_int_equal(attach("va", at, "dscp --set 1", NULL), 0);	/* appended */
	assert_int_equal(data_of_psh(), data);
	assert_logged(4);
	line_send(&l, 100000);
	line_settle(&l);
	enter(A);
	assert_mangled("psh", 1);
	assert_mangled("ecn", 3);
	assert_true(data_of_psh() > data + 60);
	data = data_of_psh();

	assert_int_equal(detach("va", at, "ttl"), 0);	/* all others move up */
	assert_there("va", at, "psh,ecn,dscp");
	assert_int_equal(data_of_psh(), data);
	assert_mangled("ecn", 3);
	assert_logged(4);
	line_send(&l, 100000);
	line_settle(&l);
	enter(A);
	assert_mangled("psh", 1);
	assert_mangled("ecn", 3);
	assert_int_equal(counters_of("psh").connections, 1);

	assert_int_equal(attach("va", at, "psh --first --match tcp --log", NULL), 0);	/* replaced */
	assert_there("va", at, "psh,ecn,dscp");
	assert_int_equal(data_of_psh(), 0);
	assert_mangled("ecn", 3);
	assert_logged(4);
	line_send(&l, 100000);
	line_settle(&l);
	enter(A);
	assert_mangled("psh", 1);
	assert_mangled("ecn", 3);
	assert_logged(5);
	line_close(&l);

	enter(A);
	assert_int_equal(detach("va", at, "psh"), 0);
	assert_int_equal(detach("va", at, "ecn"), 0);	/* the last that logs */
	assert_int_equal(report_of("va", at, 0).log_head, 0);
	assert_int_equal(attach("va", at, "psh --first --match tcp --log", NULL), 0);
	transfer(5000);
	enter(A);
	assert_logged(1);
	assert_int_equal(detach("va", at, NULL), 0);
}

/* ---- the log, while it is written ---- */

struct log_reader {
	struct mangle_log log;
	volatile bool stop;
	uint64_t n, lost, last;
	bool wrong;
};

/* Torn, an event would not have the connection's base: sequence number less offset. */
static void *read_on(void *arg)
{
	static struct log_event events[512];
	static uint32_t base[64];
	struct log_reader *r = arg;
	struct log_got got;
	bool last_look;

	do {
		last_look = r->stop;
		do {
			log_read(r->log.events, r->log.slots, r->last, false, events,
				 ARRAY_SIZE(events), &got);
			for (size_t i = 0; i < got.n; i++) {
				struct log_event *e = &events[i];
				uint32_t b = e->seq - (uint32_t)e->offset;

				r->wrong |= e->dport != PORT || !e->len || e->connection >= 64;
				if (!r->wrong && !base[e->connection])
					base[e->connection] = b;
				r->wrong |= base[e->connection % 64] != b;
			}
			r->n += got.n;
			r->lost += got.lost;
			r->last = got.last;
		} while (got.n);
	} while (!last_look);
	return NULL;
}

static void log_is_whole(void **state)
{
	struct log_reader r = { 0 };
	pthread_t thread;
	uint64_t mangled;

	ip(A, "link set va gso_max_segs 1");
	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "dscp --set 46 --match tcp,payload>0"
				" --log", NULL), 0);
	assert_int_equal(mangle_log_open("va", PLACE_NODE_EGRESS, &r.log, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
	for (int i = 0; i < 3; i++)
		transfer(BULK);
	r.stop = true;
	pthread_join(thread, NULL);
	enter(A);
	mangled = counters_of("dscp").mangled;
	print_message("    %lu events, %lu lost\n", (unsigned long)r.n, (unsigned long)r.lost);
	assert_true(mangled > 2 * LOG_EVENTS);
	assert_false(r.wrong);
	assert_int_equal(r.last, mangled);
	assert_int_equal(r.n + r.lost, mangled);
	mangle_log_close(&r.log);

	r = (struct log_reader){ .stop = true };	/* who comes too late has the end of it */
	assert_int_equal(mangle_log_open("va", PLACE_NODE_EGRESS, &r.log, NULL), 0);
	read_on(&r);
	assert_int_equal(r.n, LOG_EVENTS);
	assert_int_equal(r.lost, mangled - LOG_EVENTS);
	mangle_log_close(&r.log);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
	assert_int_equal(mangle_log_open("va", PLACE_NODE_EGRESS, &r.log, NULL), -ENOENT);
}

/* The time is over, and nothing is mangled any more; also after a change of others. */
static void duration_ends(void **state)
{
	uint64_t before;

	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "ttl --set 9 --duration 1s", NULL), 0);
	transfer(3000);
	enter(A);
	assert_true(counters_of("ttl").mangled > 0);
	poll(NULL, 0, 1100);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "dscp --set 1", NULL), 0);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "ecn --ce", NULL), 0);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, "dscp"), 0);
	before = counters_of("ttl").mangled;
	transfer(3000);
	enter(A);
	assert_mangled("ttl", before);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
}

/* The sum does not cover the header yet; the receiver trusts the device. */
static void psh_partial_checksum(void **state)
{
	ip(A, "link set va gso_max_segs 1");
	psh_on_real_tcp();
}

/* The sum is completed behind the mangler; the receiver checks it, and so do we. */
static void psh_software_checksum(void **state)
{
	struct mangle_counters n;
	struct wire w;

	ip(A, "link set va gso_max_segs 1");
	offload(A, "va", ETHTOOL_STXCSUM, false);
	offload(B, "vb", ETHTOOL_SRXCSUM, false);
	psh_on_real_tcp();
	mangled_transfer("psh", &w, &n);
	assert_int_equal(w.bad_sums, 0);
	offload(A, "va", ETHTOOL_STXCSUM, true);
	offload(B, "vb", ETHTOOL_SRXCSUM, true);
}

static void drain(struct probe *probe)
{
	int n;

	while ((n = probe_poll(probe, 0)) > 0)
		;
	assert_int_equal(n, 0);
}

static void assert_flow(const struct obs_flow *f, size_t bytes)
{
	assert_int_equal(f->key.family, 4);
	assert_int_equal(f->key.dport, PORT);
	assert_memory_equal(f->key.saddr, "\xc6\x12\0\1", 4);
	assert_true(f->in.bytes >= bytes && f->out.bytes >= bytes);
	assert_true(f->in.n_events >= 1 && f->out.n_events >= 1);
	assert_int_equal(f->in.events[0].index, 0);
	assert_true(f->in.has_psh && f->out.has_psh);
	assert_true(f->in.last_ns >= f->in.first_ns);
	for (size_t i = 1; i < f->in.n_events; i++)
		assert_true(f->in.events[i].index > f->in.events[i - 1].index);
}

/* Both taps of the switch, with the mangler at work in the sender. */
static void probe_sees_both_taps(void **state)
{
	struct observation obs;
	struct probe *probe;

	ip(A, "link set va gso_max_segs 1");
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh --clear-others", NULL), 0);
	enter(S);
	assert_int_equal(probe_start("sa", "sb", NULL, &probe, NULL), 0);
	transfer(BULK);
	enter(S);
	drain(probe);
	assert_int_equal(probe_stop(probe, &obs, NULL), 0);
	assert_int_equal(obs.n_flows, 1);
	assert_int_equal(obs.events_dropped + obs.flows_saturated, 0);
	assert_flow(&obs.flows[0], BULK);
	assert_int_equal(obs.flows[0].in.bytes, obs.flows[0].out.bytes);
	assert_int_equal(obs.flows[0].in.packets, obs.flows[0].in.wire_packets);
	assert_share(obs.flows[0].in.psh, obs.flows[0].in.packets);
	assert_int_equal(obs.flows[0].in.psh, obs.flows[0].out.psh);
	observation_release(&obs);
	assert_false(has_clsact("sa") || has_clsact("sb"));
	enter(A);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
}

/* GSO packets: fewer of them than the wire carries. */
static void probe_counts_wire_packets(void **state)
{
	struct observation obs;
	struct probe *probe;

	ip(A, "link set va gso_max_segs 65535");
	enter(S);
	assert_int_equal(probe_start("sa", "sb", NULL, &probe, NULL), 0);
	transfer(BULK);
	enter(S);
	assert_int_equal(probe_stop(probe, &obs, NULL), 0);
	assert_int_equal(obs.n_flows, 1);
	assert_true(obs.flows[0].in.packets * 4 < obs.flows[0].in.wire_packets);
	assert_in_range(obs.flows[0].in.wire_packets, BULK / 1460, BULK / 1200);
	observation_release(&obs);
}

/* Nobody drains a ring that is too small: it is said, and the totals are right. */
static void probe_says_what_it_dropped(void **state)
{
	const struct probe_opts opts = { .each_psh = true, .ring_bytes = 4096 };
	struct observation obs;
	struct probe *probe;

	ip(A, "link set va gso_max_segs 1");
	enter(A);
	assert_int_equal(attach("va", PLACE_NODE_EGRESS, "psh", NULL), 0);
	enter(S);
	assert_int_equal(probe_start("sa", "sb", &opts, &probe, NULL), 0);
	transfer(BULK);
	enter(S);
	assert_int_equal(probe_stop(probe, &obs, NULL), 0);
	print_message("    kept %lu, dropped %lu\n", (unsigned long)obs.events,
		      (unsigned long)obs.events_dropped);
	assert_true(obs.each_psh && obs.events > 0 && obs.events < 4096 / 48 + 1);
	assert_true(obs.events_dropped + obs.events > obs.in.psh);
	assert_true(obs.in.bytes >= BULK);
	assert_int_equal(obs.in.bytes, obs.flows[0].in.bytes);
	assert_int_equal(obs.in.psh, obs.out.psh);
	observation_release(&obs);
	enter(A);
	assert_int_equal(detach("va", PLACE_NODE_EGRESS, NULL), 0);
}

/* What a killed run left behind is replaced, and then gone. */
static void probe_replaces_leftovers(void **state)
{
	struct probe *killed, *probe;

	enter(S);
	assert_int_equal(probe_start("sa", "sb", NULL, &killed, NULL), 0);
	assert_int_equal(probe_start("sa", "sb", NULL, &probe, NULL), 0);
	assert_int_equal(probe_stop(probe, NULL, NULL), 0);
	assert_false(has_filter("sa", "ingress", "ovslab"));
	assert_false(has_filter("sb", "egress", "ovslab"));
	probe_stop(killed, NULL, NULL);
}

/* ---- a tap whose frames are not linear ---- */

static int open_tap(void)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	strcpy(request.ifr_name, "t0");
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	return fd;
}

/* Only the Ethernet header is linear: the rest must be pulled in to be seen. */
static void probe_reads_fragmented_skbs(void **state)
{
	static struct { struct virtio_net_hdr vnet; uint8_t data[9000]; }
		__attribute__((packed)) packet;
	struct frame_spec spec = { .payload = 3000, .tcp_flags = 0x18 };
	_cleanup_close_ int fd = -1;
	struct observation obs;
	struct probe *probe;
	struct frame f;

	enter(S);
	fd = open_tap();
	if (fd < 0) {
		print_message("skip: /dev/net/tun: %s\n", strerror(errno));
		skip();
	}
	ip(S, "link set t0 mtu 9500 up");
	frame_build(&f, &spec);
	memcpy(packet.data, f.data, f.len);
	put16(packet.data + f.l3 + 2, sizeof(packet.data) - f.l3);
	packet.vnet.hdr_len = 14;
	assert_int_equal(probe_start("t0", "t0", NULL, &probe, NULL), 0);
	assert_int_equal(write(fd, &packet, sizeof(packet)), sizeof(packet));
	assert_int_equal(probe_stop(probe, &obs, NULL), 0);
	assert_int_equal(obs.n_flows, 1);
	assert_int_equal(obs.flows[0].in.bytes, sizeof(packet.data) - f.l4 - 20);
	assert_int_equal(obs.flows[0].in.psh, 1);
	assert_int_equal(obs.flows[0].out.packets, 0);
	observation_release(&obs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_attaches),
		cmocka_unit_test(psh_is_replaced),
		cmocka_unit_test(several_at_each_place),
		cmocka_unit_test(places_do_not_meddle),
		cmocka_unit_test(foreign_clsact_stays),
		cmocka_unit_test(processes_do_not_meddle),
		cmocka_unit_test(foreign_filter_stays),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(stranger_in_tc_is_refused),
		cmocka_unit_test(other_kinds_are_refused),
		cmocka_unit_test(no_device),
		cmocka_unit_test(xdp_modes),
		cmocka_unit_test(others_go_on),
		cmocka_unit_test(log_is_whole),
		cmocka_unit_test(duration_ends),
		cmocka_unit_test(psh_partial_checksum),
		cmocka_unit_test(psh_software_checksum),
		cmocka_unit_test(probe_sees_both_taps),
		cmocka_unit_test(probe_counts_wire_packets),
		cmocka_unit_test(probe_says_what_it_dropped),
		cmocka_unit_test(probe_replaces_leftovers),
		cmocka_unit_test(probe_reads_fragmented_skbs),
	};
	int rc = make_namespaces();

	if (rc == EPERM) {
		printf("skip: no right to make network namespaces: %s\n", strerror(rc));
		return 77;
	}
	return cmocka_run_group_tests(tests, bench_up, NULL);
}
