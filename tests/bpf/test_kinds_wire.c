// SPDX-License-Identifier: GPL-2.0
/*
 * test_kinds_wire.c - kinds of manglers on frames that really leave
 *
 * Two taps with vnet headers and a bridge between them, in a namespace of its own,
 * which ends with the process. Frames go in at t0 with complete or partial sums, or to
 * be segmented; t1 has no offloads, so the stack must do all of that before they leave.
 * Exit status 77: this machine does not let it.
 *
 *	send ---> t0 =bridge= t1 ---> receive
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kind_prog.h"

enum place { T0_INGRESS, T1_EGRESS, T0_XDP, PLACES };

static const char *const place_names[] = { "t0 ingress", "t1 egress", "t0 xdp" };

static int in_fd, out_fd;

/* ---- the bench ---- */

static void command(const char *line)
{
	if (system(line))
		fail_msg("failed: %s", line);
}

static int open_tap(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request))
		return -errno;
	return fd;
}

static int make_bench(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	in_fd = open_tap("t0");
	out_fd = open_tap("t1");
	if (in_fd < 0 || out_fd < 0)
		return in_fd < 0 ? in_fd : out_fd;
	return 0;
}

/*
 * Nobody but us sends: no IPv6 on the devices, no multicast queries. And the bridge lets
 * no packet filter see what passes, which would check it, and cut off its padding.
 */
static int bench_up(void **state)
{
	command("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; "
		"echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
		"for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do "
		"if [ -e $f ]; then echo 0 >$f; fi; done; "
		"ip link add b0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0 && "
		"ip link set t0 mtu 9000 master b0 up && ip link set t1 mtu 9000 master b0 up && "
		"ip link set b0 up");
	return 0;
}

struct place_prog {
	struct kind_prog k;
	enum place place;
	int ifindex;
};

/* What a test that failed has left. */
static void clear_hooks(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	bpf_tc_hook_destroy(&hook);
	bpf_xdp_detach(ifindex, XDP_FLAGS_DRV_MODE, NULL);
}

static void attach(struct place_prog *a, enum place place, const struct stage *stages, int n)
{
	LIBBPF_OPTS(bpf_tc_hook, hook);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);
	struct stages on = { .flags = place == T0_INGRESS ? STAGES_INGRESS : 0 };

	a->place = place;
	a->ifindex = on.device = if_nametoindex(place == T1_EGRESS ? "t1" : "t0");
	clear_hooks(if_nametoindex("t0"));
	clear_hooks(if_nametoindex("t1"));
	prog_load(&a->k, place == T0_XDP ? HOOK_XDP : HOOK_TC, &on, stages, n);
	if (place == T0_XDP) {
		assert_int_equal(bpf_xdp_attach(a->ifindex, a->k.fd, XDP_FLAGS_DRV_MODE, NULL), 0);
		return;
	}
	hook.ifindex = a->ifindex;
	hook.attach_point = place == T0_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
	opts.prog_fd = a->k.fd;
	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

static void detach(struct place_prog *a)
{
	clear_hooks(a->ifindex);
	prog_free(&a->k);
}

struct packet {
	struct virtio_net_hdr vnet;
	uint8_t data[sizeof(((struct frame *)0)->data) + 64];
} __attribute__((packed));

static void send_with(const struct frame *f, struct virtio_net_hdr vnet)
{
	static struct packet packet;

	packet.vnet = vnet;
	memcpy(packet.data, f->data, f->len);
	assert_int_equal(write(in_fd, &packet, sizeof(vnet) + f->len), sizeof(vnet) + f->len);
}

static struct virtio_net_hdr partial_vnet(const struct frame *f)
{
	return (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					.csum_start = f->l4,
					.csum_offset = check_at(f) - f->l4 };
}

/* With its sum complete, or left to whoever sends it on. */
static void send_frame(const struct frame *f, bool partial)
{
	struct frame copy = *f;

	if (!partial) {
		send_with(f, (struct virtio_net_hdr){ 0 });
		return;
	}
	frame_make_partial(&copy);
	send_with(&copy, partial_vnet(&copy));
}

/* What leaves next; its offsets are not set. Return: false if nothing does. */
static bool receive(struct frame *f)
{
	struct pollfd ready = { .fd = out_fd, .events = POLLIN };
	static struct packet packet;
	ssize_t n;

	if (poll(&ready, 1, 2000) <= 0)
		return false;
	n = read(out_fd, &packet, sizeof(packet));
	assert_in_range(n, sizeof(packet.vnet) + 14, sizeof(packet.vnet) + sizeof(f->data));
	assert_int_equal(packet.vnet.flags | packet.vnet.gso_type, 0);
	f->len = n - sizeof(packet.vnet);
	memcpy(f->data, packet.data, f->len);
	return true;
}

/* What comes behind everything that was on its way: a frame which no kind touches. */
static void send_marker(void)
{
	struct frame f = { .len = 60 };

	memcpy(f.data, "\x02\0\0\0\0\2\x02\0\0\0\0\1\x88\xb5", 14);
	send_with(&f, (struct virtio_net_hdr){ 0 });
}

static bool is_marker(const struct frame *f)
{
	return f->data[12] == 0x88 && f->data[13] == 0xb5;
}

/* All that leaves before the marker; at most @max frames. */
static int receive_all(struct frame *f, int max)
{
	int n = 0;

	send_marker();
	while (receive(&f[n]) && !is_marker(&f[n]))
		assert_true(++n < max);
	assert_true(is_marker(&f[n]));
	return n;
}

/* The only one, which has the offsets of @as. */
static void receive_one(struct frame *f, const struct frame *as)
{
	static struct frame got[4];

	assert_int_equal(receive_all(got, ARRAY_SIZE(got)), 1);
	*f = *as;
	f->len = got[0].len;
	memcpy(f->data, got[0].data, f->len);
}

/* ---- every kind, complete and partial sums ---- */

typedef void on_frame(struct place_prog *a, struct frame *f, bool partial, const void *arg);

/* XDP knows complete sums only; who completes one adds up padding too. */
static void pass_shapes(struct place_prog *a, const struct frame_shape *shapes, size_t n,
			on_frame *fn, const void *arg)
{
	for (size_t i = 0; i < n; i++) {
		bool never = a->place == T0_XDP || shapes[i].spec.padding;

		for (int partial = 0; partial <= !never; partial++) {
			struct frame f;

			edit_build(&f, &shapes[i].spec);
			fn(a, &f, partial, arg);
		}
	}
}

static void everywhere(struct stage stage, bool udp, on_frame *fn, const void *arg)
{
	for (int place = 0; place < PLACES; place++) {
		struct place_prog a;

		print_message("    %s\n", place_names[place]);
		attach(&a, place, &stage, 1);
		pass_shapes(&a, tcp_shapes, ARRAY_SIZE(tcp_shapes), fn, arg);
		if (udp)
			pass_shapes(&a, udp_shapes, ARRAY_SIZE(udp_shapes), fn, arg);
		assert_int_equal(prog_counted(&a.k, 0).failed, 0);
		detach(&a);
	}
}

static void expect_edit(struct place_prog *a, struct frame *f, bool partial, const void *arg)
{
	const struct edit *edit = arg;
	struct frame got, expected = *f;

	edit->expect(&expected);
	frame_resum(&expected);
	send_frame(f, partial);
	receive_one(&got, f);
	assert_int_equal(got.len, expected.len);
	assert_memory_equal(got.data, expected.data, expected.len);
}

static void edits_fields(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		print_message("    %s\n", edits[i].name);
		everywhere(edits[i].stage, edits[i].ip_only, expect_edit, &edits[i]);
	}
}

static void mss_is_clamped(void **state)
{
	struct stage s = { .kind = STAGE_MSS, .arg = { 536 } };

	for (int place = 0; place < PLACES; place++) {
		struct place_prog a;

		attach(&a, place, &s, 1);
		for (size_t i = 0; i < 4 * ARRAY_SIZE(mss_rows); i++) {
			const struct mss_row *row = &mss_rows[i / 4];
			struct frame f, got, expected;

			build_syn(&f, row, i & 1 ? 6 : 4, 2);
			expected = f;
			if (row->at) {
				put16(expected.data + f.l4 + 20 + row->at, 536);
				frame_resum(&expected);
			}
			send_frame(&f, (i & 2) && place != T0_XDP);
			receive_one(&got, &f);
			assert_memory_equal(got.data, expected.data, expected.len);
		}
		detach(&a);
	}
}

/* @arg: of the payload, while the sum stays that of the intact packet; else of the sum */
static void expect_damage(struct place_prog *a, struct frame *f, bool partial, const void *arg)
{
	int bits = 0;
	struct frame got;

	send_frame(f, partial);
	receive_one(&got, f);
	assert_true(frame_sums_ok(f));
	assert_false(frame_sums_ok(&got));
	if (!arg)
		memcpy(got.data + check_at(f), f->data + check_at(f), 2);
	for (size_t i = 0; i < f->len; i++)
		bits += __builtin_popcount(got.data[i] ^ f->data[i]);
	assert_int_equal(bits, arg ? 1 : 0);
}

static void corrupts_one_bit(void **state)
{
	for (int again = 0; again < 10; again++)
		everywhere((struct stage){ .kind = STAGE_CORRUPT }, true, expect_damage, "a bit");
}

static void spoils_sums(void **state)
{
	everywhere((struct stage){ .kind = STAGE_BADCSUM }, true, expect_damage, NULL);
}

static void expect_tag(struct place_prog *a, struct frame *f, bool partial, const void *arg)
{
	struct frame got;

	send_frame(f, partial);
	receive_one(&got, f);
	assert_int_equal(got.len, f->len + 4);
	assert_memory_equal(got.data, f->data, 12);
	assert_memory_equal(got.data + 12, "\x81\x00\x60\x0a", 4);
	assert_memory_equal(got.data + 16, f->data + 12, f->len - 12);
}

static void vlan_is_pushed(void **state)
{
	struct stage s = { .kind = STAGE_VLAN, .arg = { VLAN_PUSH, 3 << 13 | 10 } };

	everywhere(s, true, expect_tag, NULL);
}

static void expect_no_tag(struct place_prog *a, struct frame *f, bool partial, const void *arg)
{
	bool tagged = f->l3 > 14;
	struct frame got;

	send_frame(f, partial);
	receive_one(&got, f);
	assert_int_equal(got.len, f->len - tagged * 4);
	assert_memory_equal(got.data, f->data, 12);
	assert_memory_equal(got.data + 12, f->data + 12 + tagged * 4, got.len - 12);
}

static void vlan_is_popped(void **state)
{
	struct stage s = { .kind = STAGE_VLAN, .arg = { VLAN_POP } };

	everywhere(s, true, expect_no_tag, NULL);
}

static void expect_cut(struct place_prog *a, struct frame *f, bool partial, const void *arg)
{
	struct pkt p = { 0 };
	struct frame got;
	size_t len;

	assert_int_equal(pkt_parse(f->data, f->data + f->len, f->len, &p), 0);
	len = f->ip_end - p.payload + p.payload / 2;
	send_frame(f, partial);
	receive_one(&got, f);
	assert_int_equal(got.len, len);
	memcpy(got.data + check_at(f), f->data + check_at(f), partial ? 2 : 0);
	assert_memory_equal(got.data, f->data, len);
}

static void cuts_payload(void **state)
{
	everywhere((struct stage){ .kind = STAGE_TRUNCATE }, true, expect_cut, NULL);
}

static void expect_nothing(struct place_prog *a, struct frame *f, bool partial, const void *arg)
{
	struct frame got[2];

	send_frame(f, partial);
	assert_int_equal(receive_all(got, ARRAY_SIZE(got)), 0);
}

static void drops(void **state)
{
	everywhere((struct stage){ .kind = STAGE_DROP }, true, expect_nothing, NULL);
}

/* ---- dup ---- */

/* Both are as the stage before left them, and neither went through it again. */
static void doubled(struct place_prog *a, struct frame *f, bool partial)
{
	static struct frame got[6];
	struct frame expected = *f;

	ttl_63(&expected);
	frame_resum(&expected);
	send_frame(f, partial);
	assert_int_equal(receive_all(got, ARRAY_SIZE(got)), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(got[i].len, expected.len);
		assert_memory_equal(got[i].data, expected.data, expected.len);
	}
}

static void doubles(void **state)
{
	const struct stage stages[] = {
		{ .kind = STAGE_TTL, .arg = { TTL_DEC, 1 } }, { .kind = STAGE_DUP },
	};

	for (int place = T0_INGRESS; place <= T1_EGRESS; place++) {
		struct place_prog a;

		attach(&a, place, stages, 2);
		for (size_t i = 0; i < 2 * ARRAY_SIZE(tcp_shapes); i++) {
			struct frame f;

			frame_build(&f, &tcp_shapes[i / 2].spec);
			doubled(&a, &f, i % 2 && !tcp_shapes[i / 2].spec.padding);
		}
		assert_int_equal(prog_counted(&a.k, 1).mangled, 2 * ARRAY_SIZE(tcp_shapes));
		assert_int_equal(prog_counted(&a.k, 1).failed, 0);
		/* the marker is seen too, but no copy is */
		assert_int_equal(prog_counted(&a.k, 0).seen, 4 * ARRAY_SIZE(tcp_shapes));
		detach(&a);
	}
}

/* ---- GSO ---- */

enum { GSO_PAYLOAD = 3300, GSO_SIZE = 1000, GSO_SEGMENTS = 4 };

static void send_gso(struct frame *f, int family, int vlans)
{
	struct frame_spec spec = { .family = family, .vlans = vlans, .payload = GSO_PAYLOAD };
	struct virtio_net_hdr vnet;

	edit_build(f, &spec);
	frame_make_partial(f);
	vnet = partial_vnet(f);
	vnet.gso_type = family == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	vnet.gso_size = GSO_SIZE;
	vnet.hdr_len = f->l4 + 20;
	send_with(f, vnet);
}

/* Sends one, receives its segments; @extra: bytes that came in front of layer 3. */
static int pass_gso(struct frame *segments, int max, int way, int extra)
{
	struct frame f;
	int n;

	send_gso(&f, way & 1 ? 6 : 4, way & 2 ? 1 : 0);
	n = receive_all(segments, max);
	for (int i = 0; i < n; i++) {
		struct frame *s = &segments[i];

		s->family = f.family;
		s->proto = 6;
		s->fragment = false;
		s->l3 = f.l3 + extra;
		s->l4 = f.l4 + extra;
		s->ip_end = s->len;
	}
	return n;
}

/* PSH and FIN go to the last segment, CWR to the first: tcp_gso_segment(). */
static uint32_t segment_flags(uint32_t flags, int segment)
{
	if (segment)
		flags &= ~128;
	return segment == GSO_SEGMENTS - 1 ? flags : flags & ~(8 | 1);
}

static void gso_edit(const struct edit *edit, const struct frame *segments)
{
	for (int i = 0; i < GSO_SEGMENTS; i++) {
		uint32_t field = edit->field(&segments[i]);
		struct frame expected = segments[i];

		edit->expect(&expected);
		assert_true(frame_sums_ok(&segments[i]));
		if (edit->stage.kind == STAGE_FLAGS)
			assert_int_equal(field, segment_flags(edit->field(&expected), i));
		else
			assert_int_equal(field, edit->expect == ttl_63 ? 63 :
						edit->field(&expected));
	}
}

static void gso_is_edited(void **state)
{
	static struct frame segments[8];

	for (size_t i = 0; i < 2 * ARRAY_SIZE(edits); i++) {
		const struct edit *edit = &edits[i / 2];
		struct place_prog a;

		attach(&a, i % 2, &edit->stage, 1);
		for (int way = 0; way < 4; way++) {
			assert_int_equal(pass_gso(segments, 8, way, 0), GSO_SEGMENTS);
			gso_edit(edit, segments);
		}
		assert_int_equal(prog_counted(&a.k, 0).mangled, 4);
		detach(&a);
	}
}

/* What becomes of a GSO frame, by kind. */
static const struct gso_row {
	const char *name;
	struct stage stage;
	int segments, extra;
	bool refused, sums_wrong;
} gso_rows[] = {
	{ "corrupt", { .kind = STAGE_CORRUPT }, GSO_SEGMENTS, 0, true, false },
	{ "truncate", { .kind = STAGE_TRUNCATE }, GSO_SEGMENTS, 0, true, false },
	{ "badcsum", { .kind = STAGE_BADCSUM }, GSO_SEGMENTS, 0, false, true },
	{ "vlan", { .kind = STAGE_VLAN, .arg = { VLAN_PUSH, 9 } }, GSO_SEGMENTS, 4, false, false },
	{ "dup", { .kind = STAGE_DUP }, 2 * GSO_SEGMENTS, 0, false, false },
	{ "drop", { .kind = STAGE_DROP }, 0, 0, false, false },
};

static void gso_by_kind(void **state)
{
	static struct frame segments[12];

	for (size_t i = 0; i < 2 * ARRAY_SIZE(gso_rows); i++) {
		const struct gso_row *row = &gso_rows[i / 2];
		struct place_prog a;

		print_message("    %s %s\n", row->name, place_names[i % 2]);
		attach(&a, i % 2, &row->stage, 1);
		for (int way = 0; way < 4; way++) {
			int n = pass_gso(segments, ARRAY_SIZE(segments), way, row->extra);

			assert_int_equal(n, row->segments);
			for (int k = 0; k < n; k++) {
				assert_int_equal(frame_sums_ok(&segments[k]), !row->sums_wrong);
				if (row->extra)
					assert_memory_equal(segments[k].data + 12,
							    "\x81\x00\x00\x09", 4);
			}
		}
		assert_int_equal(prog_counted(&a.k, 0).mangled, row->refused ? 0 : 4);
		assert_int_equal(prog_counted(&a.k, 0).failed, row->refused ? 4 : 0);
		detach(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_fields),
		cmocka_unit_test(mss_is_clamped),
		cmocka_unit_test(corrupts_one_bit),
		cmocka_unit_test(spoils_sums),
		cmocka_unit_test(vlan_is_pushed),
		cmocka_unit_test(vlan_is_popped),
		cmocka_unit_test(cuts_payload),
		cmocka_unit_test(drops),
		cmocka_unit_test(doubles),
		cmocka_unit_test(gso_is_edited),
		cmocka_unit_test(gso_by_kind),
	};
	int rc = make_bench();

	libbpf_set_print(NULL);
	if (rc == -EPERM || rc == -ENOENT || rc == -ENODEV) {
		printf("skip: no namespace with taps: %s\n", strerror(-rc));
		return 77;
	}
	return cmocka_run_group_tests(tests, bench_up, NULL);
}
