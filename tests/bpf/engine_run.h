/* SPDX-License-Identifier: GPL-2.0 */
/*
 * engine_run.h - load the engine with stages, and pass packets of connections
 *
 * What each kind does to a packet is tested elsewhere; here it is psh, ttl and drop that
 * show who was chosen. Include cmocka's headers first.
 */
#ifndef TESTS_ENGINE_RUN_H
#define TESTS_ENGINE_RUN_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/stage.h"		/* what the skeletons are made of */
#include "bpf/mangle_tc.skel.h"
#include "core/util.h"
#include "frame.h"
#include "prog_run.h"

enum { TTL_SET = 1 };

#define SIGMAS	6.5		/* chance fails these once in 10^10 times */
#define MSS	100

/* ---- programs ---- */

static inline struct stage psh_stage(struct trigger trigger)
{
	return (struct stage){ .kind = STAGE_FLAGS, .flags = STAGE_DATA_ONLY,
			       .arg = { PSH }, .trigger = trigger };
}

static inline struct stage ttl_stage(uint32_t ttl)
{
	return (struct stage){ .kind = STAGE_TTL, .arg = { TTL_SET, ttl } };
}

static inline struct mangle_tc_bpf *load(const struct stage *stages, int n)
{
	struct mangle_tc_bpf *skel = mangle_tc_bpf__open();

	assert_non_null(skel);
	skel->rodata->knobs.n = n;
	memcpy(skel->rodata->knobs.stage, stages, n * sizeof(*stages));
	assert_int_equal(mangle_tc_bpf__load(skel), 0);
	return skel;
}

static inline struct mangle_tc_bpf *load_one(struct stage stage)
{
	return load(&stage, 1);
}

static inline struct stage_counters counters(const struct bpf_map *map, uint32_t at)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct stage_counters *all = calloc(cpus, sizeof(*all));
	struct stage_counters sum = { 0 };
	__u64 *to = (__u64 *)&sum;

	assert_non_null(all);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &at, all), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		for (size_t i = 0; i < sizeof(sum) / sizeof(*to); i++)
			to[i] += ((__u64 *)&all[cpu])[i];
	return sum;
}

static inline struct stage_counters counted(const struct mangle_tc_bpf *skel, uint32_t at)
{
	return counters(skel->maps.counters, at);
}

/* ---- packets ---- */

/* Return: what the program said */
static inline int pass_fd(int fd, struct frame *f)
{
	uint8_t out[sizeof(f->data)];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data, .data_size_in = f->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_true(opts.data_size_out <= sizeof(out));
	memcpy(f->data, out, opts.data_size_out);
	f->len = opts.data_size_out;
	return opts.retval;
}

static inline int pass(const struct mangle_tc_bpf *skel, struct frame *f)
{
	return pass_fd(bpf_program__fd(skel->progs.ovslab_mangle_tc), f);
}

/* One side of a TCP connection. */
struct stream {
	const struct mangle_tc_bpf *skel;
	struct frame_spec like;
	uint16_t port;
	uint32_t isn;
};

/* Passes a packet at an offset; Return: whether it has PSH then. */
static inline bool send_at(const struct stream *s, uint32_t offset, int payload, uint8_t flags)
{
	struct frame_spec spec = s->like;
	struct frame f;

	spec.seq = s->isn + !(flags & SYN) + offset;
	spec.sport = s->port;
	spec.payload = payload;
	spec.tcp_flags = flags;
	frame_build(&f, &spec);
	assert_int_equal(pass(s->skel, &f), TC_ACT_UNSPEC);
	assert_true(frame_sums_ok(&f));
	return frame_tcp_flags(&f) & PSH;
}

static inline void open_stream(const struct stream *s)
{
	send_at(s, 0, 0, SYN);
	send_at(s, 0, 0, ACK);
}

/* Sends @n packets of MSS bytes and notes which have PSH. */
static inline unsigned int send_many(const struct stream *s, int n, bool *has)
{
	unsigned int with = 0;

	for (int i = 0; i < n; i++) {
		has[i] = send_at(s, i * MSS, MSS, ACK);
		with += has[i];
	}
	return with;
}

static inline int can_load(void)
{
	struct mangle_tc_bpf *skel = mangle_tc_bpf__open_and_load();
	int rc = skel ? 0 : errno;

	mangle_tc_bpf__destroy(skel);
	return rc;
}

/* Return: exit status; 77 if this machine does not let it */
#define ENGINE_RUN(TESTS) ({							\
	int cannot = can_load();						\
										\
	if (cannot == EPERM)							\
		printf("skip: no right to load BPF programs: %s\n", strerror(cannot));	\
	cannot == EPERM ? 77 : cmocka_run_group_tests(TESTS, NULL, NULL);	\
})

#endif
