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

#include "core/util.h"
#include "frame.h"
#include "host/bpf_load.h"
#include "host/bpf_mangle.h"
#include "host/bpf_probe.h"
#include "host/bpf_tc.h"

#define PORT 5201

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

static void send_from_a(size_t bytes)
{
	struct sockaddr_in to = address("198.18.0.2");
	_cleanup_free_ uint8_t *data = malloc(bytes);
	_cleanup_close_ int fd = -1;

	for (size_t i = 0; i < bytes; i++)
		data[i] = pattern(i);
	enter(A);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	limit(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, data, bytes, MSG_NOSIGNAL), bytes);
}

/* One connection from a to b; every byte must arrive as it was sent. */
static void transfer(size_t bytes)
{
	struct receiver r = { .listen_fd = listen_in_b() };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, receive, &r), 0);
	send_from_a(bytes);
	pthread_join(thread, NULL);
	close(r.listen_fd);
	assert_int_equal(r.bytes, bytes);
	assert_false(r.damaged);
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

static struct mangle_spec spec_of(const char *kind)
{
	return mangle_spec_default(mangle_kind_find(kind));
}

static void assert_query(const char *dev, enum mangle_hook hook, int expected)
{
	struct mangle_report report;
	struct err err = { 0 };

	assert_int_equal(mangle_query(dev, hook, &report, &err), expected);
	if (expected)
		assert_true(*err.msg);
	err_reset(&err);
}

static bool has_clsact(const char *dev)
{
	char line[128];

	snprintf(line, sizeof(line), "tc qdisc show dev %s | grep -q clsact", dev);
	return !system(line);
}

static void every_kind_attaches(void **state)
{
	enter(A);
	for (const struct mangle_kind *kind = mangle_kinds; kind->name; kind++) {
		struct mangle_spec spec = mangle_spec_default(kind);
		struct mangle_report report;

		assert_int_equal(mangle_attach("va", &spec, &report, NULL), 0);
		assert_ptr_equal(report.spec.kind, kind);
		assert_int_equal(report.spec.ratio, kind->default_ratio);
		assert_int_equal(mangle_detach("va", spec.hook, NULL), 0);
		assert_query("va", spec.hook, -ENOENT);
	}
	assert_false(has_clsact("va"));
}

static void psh_is_replaced(void **state)
{
	struct mangle_spec spec = spec_of("psh");
	struct mangle_report first, second, found;

	enter(A);
	assert_int_equal(mangle_attach("va", &spec, &first, NULL), 0);
	assert_int_equal(first.mode, MANGLE_MODE_TC);
	spec.ratio = 33;
	spec.seed = UINT64_MAX;
	spec.clear_others = true;
	spec.units = MANGLE_UNITS_SKB;
	assert_int_equal(mangle_attach("va", &spec, &second, NULL), 0);
	assert_int_not_equal(first.prog_id, second.prog_id);
	assert_int_equal(mangle_query("va", MANGLE_TC_EGRESS, &found, NULL), 0);
	assert_int_equal(found.prog_id, second.prog_id);
	assert_int_equal(found.spec.ratio, 33);
	assert_true(found.spec.seed == UINT64_MAX);
	assert_true(found.spec.clear_others && !found.spec.clear);
	assert_int_equal(found.spec.units, MANGLE_UNITS_SKB);
	assert_int_equal(mangle_detach("va", MANGLE_TC_EGRESS, NULL), 0);
	assert_int_equal(mangle_detach("va", MANGLE_TC_EGRESS, NULL), -ENOENT);
	assert_false(has_clsact("va"));
}

static void foreign_clsact_stays(void **state)
{
	struct mangle_spec spec = spec_of("psh");

	enter(A);
	assert_int_equal(system("tc qdisc add dev va clsact"), 0);
	assert_int_equal(mangle_attach("va", &spec, NULL, NULL), 0);
	assert_int_equal(mangle_detach("va", spec.hook, NULL), 0);
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

static void stranger_in_xdp(const char *name)
{
	_cleanup_close_ int fd = load_stranger(BPF_PROG_TYPE_XDP, name);
	struct mangle_spec spec = spec_of("ttl");
	int dev = if_nametoindex("va");
	struct err err = { 0 };
	uint32_t id;

	assert_int_equal(bpf_xdp_attach(dev, fd, 1 << 1, NULL), 0);
	assert_int_equal(mangle_attach("va", &spec, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.msg, name));
	assert_int_equal(mangle_detach("va", MANGLE_XDP, NULL), -EBUSY);
	assert_query("va", MANGLE_XDP, -EBUSY);
	assert_int_equal(bpf_xdp_query_id(dev, 0, &id), 0);
	assert_int_not_equal(id, 0);
	assert_int_equal(bpf_xdp_detach(dev, 1 << 1, NULL), 0);
	err_reset(&err);
}

/* Also one that has our prefix, or even the name of a kind, but not our magic. */
static void strangers_are_refused(void **state)
{
	enter(A);
	bpf_catch_log();
	stranger_in_xdp("somebody");
	stranger_in_xdp("ovslab_other");
	stranger_in_xdp("ovslab_ttl");
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
	struct mangle_spec spec = spec_of("psh");

	enter(A);
	assert_int_equal(mangle_attach("va", &spec, NULL, NULL), 0);
	add_filter("va", false, 7);
	assert_int_equal(mangle_detach("va", spec.hook, NULL), 0);
	assert_true(has_filter("va", "ingress", "somebody"));
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

static void stranger_in_tc_is_refused(void **state)
{
	struct mangle_spec spec = spec_of("psh");

	enter(A);
	assert_int_equal(system("tc qdisc add dev va clsact"), 0);
	add_filter("va", true, TC_PRIORITY_MANGLE);
	assert_int_equal(mangle_attach("va", &spec, NULL, NULL), -EBUSY);
	assert_int_equal(mangle_detach("va", MANGLE_TC_EGRESS, NULL), -EBUSY);
	assert_true(has_filter("va", "egress", "somebody"));
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

static void no_device(void **state)
{
	struct mangle_spec spec = spec_of("psh");
	struct probe *probe;

	enter(A);
	assert_int_equal(mangle_attach("nope", &spec, NULL, NULL), -ENODEV);
	assert_query("nope", MANGLE_XDP, -ENODEV);
	assert_int_equal(probe_start("va", "nope", NULL, &probe, NULL), -ENODEV);
	assert_false(has_clsact("va"));
}

static void ttl_modes(void **state)
{
	struct mangle_spec spec = spec_of("ttl");
	struct mangle_report report;

	enter(A);
	assert_int_equal(mangle_attach("va", &spec, &report, NULL), 0);
	assert_int_equal(report.mode, MANGLE_MODE_NATIVE);
	spec.ratio = 4;
	assert_int_equal(mangle_attach("va", &spec, &report, NULL), 0);
	assert_int_equal(report.mode, MANGLE_MODE_NATIVE);
	assert_int_equal(report.spec.ratio, 4);
	assert_int_equal(mangle_detach("va", MANGLE_XDP, NULL), 0);
	enter(S);			/* a bridge knows generic XDP only */
	assert_int_equal(mangle_attach("wire", &spec, &report, NULL), 0);
	assert_int_equal(report.mode, MANGLE_MODE_GENERIC);
	assert_int_equal(mangle_attach("wire", &spec, &report, NULL), 0);
	assert_int_equal(report.mode, MANGLE_MODE_GENERIC);
	assert_int_equal(mangle_detach("wire", MANGLE_XDP, NULL), 0);
	assert_query("wire", MANGLE_XDP, -ENOENT);
}

/* ---- real TCP ---- */

#define BULK (16 << 20)

/* One transfer with the mangler in the sender; counts agree with the wire. */
static void mangled_transfer(const struct mangle_spec *spec, struct wire *w,
			     struct mangle_counters *n)
{
	struct mangle_report report;

	enter(A);
	assert_int_equal(mangle_attach("va", spec, NULL, NULL), 0);
	wire_start(w);
	transfer(BULK);
	assert_int_equal(wire_stop(w), 0);
	enter(A);
	assert_int_equal(mangle_query("va", spec->hook, &report, NULL), 0);
	assert_int_equal(mangle_detach("va", spec->hook, NULL), 0);
	*n = report.counters;
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
	struct mangle_spec spec = spec_of("psh");
	struct mangle_counters n;
	struct wire w;

	mangled_transfer(&spec, &w, &n);
	assert_share(n.mangled, n.eligible);
	spec.clear_others = true;
	mangled_transfer(&spec, &w, &n);
	assert_share(w.psh, w.data);
	spec.clear_others = false;
	spec.clear = true;
	mangled_transfer(&spec, &w, &n);
	assert_int_equal(w.psh, 0);
	assert_true(n.cleared > 0);
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
	struct mangle_spec spec = spec_of("psh");
	struct mangle_counters n;
	struct wire w;

	ip(A, "link set va gso_max_segs 1");
	offload(A, "va", ETHTOOL_STXCSUM, false);
	offload(B, "vb", ETHTOOL_SRXCSUM, false);
	psh_on_real_tcp();
	mangled_transfer(&spec, &w, &n);
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
	struct mangle_spec spec = spec_of("psh");
	struct observation obs;
	struct probe *probe;

	ip(A, "link set va gso_max_segs 1");
	spec.clear_others = true;
	assert_int_equal(mangle_attach("va", &spec, NULL, NULL), 0);
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
	assert_int_equal(mangle_detach("va", spec.hook, NULL), 0);
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
	struct mangle_spec spec = spec_of("psh");
	struct observation obs;
	struct probe *probe;

	ip(A, "link set va gso_max_segs 1");
	enter(A);
	assert_int_equal(mangle_attach("va", &spec, NULL, NULL), 0);
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
	assert_int_equal(mangle_detach("va", spec.hook, NULL), 0);
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
		cmocka_unit_test(foreign_clsact_stays),
		cmocka_unit_test(foreign_filter_stays),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(stranger_in_tc_is_refused),
		cmocka_unit_test(no_device),
		cmocka_unit_test(ttl_modes),
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
