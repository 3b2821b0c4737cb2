/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kind_prog.h - load the mangler program of either hook with a few stages
 */
#ifndef TESTS_KIND_PROG_H
#define TESTS_KIND_PROG_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "bpf/stage.h"		/* what the skeletons are made of */
#include "bpf/mangle_tc.skel.h"
#include "bpf/mangle_xdp.skel.h"
#include "kind_edits.h"

enum hook { HOOK_TC, HOOK_XDP, HOOKS };

static const char *const hook_names[] = { "tc", "xdp" };

struct kind_prog {
	struct mangle_tc_bpf *tc;	/* one of the two */
	struct mangle_xdp_bpf *xdp;
	const struct bpf_map *counters;
	int fd;
};

/* @on: what the stages share: device, flags */
static inline void prog_load(struct kind_prog *k, enum hook hook, const struct stages *on,
			     const struct stage *stages, int n)
{
	struct stages *knobs;

	*k = (struct kind_prog){ 0 };
	if (hook == HOOK_TC) {
		k->tc = mangle_tc_bpf__open();
		assert_non_null(k->tc);
		knobs = (struct stages *)&k->tc->rodata->knobs;
	} else {
		k->xdp = mangle_xdp_bpf__open();
		assert_non_null(k->xdp);
		knobs = (struct stages *)&k->xdp->rodata->knobs;
	}
	if (on) {
		knobs->device = on->device;
		knobs->flags = on->flags;
	}
	knobs->n = n;
	for (int i = 0; i < n; i++)
		knobs->stage[i] = stages[i];
	if (hook == HOOK_TC) {
		assert_int_equal(mangle_tc_bpf__load(k->tc), 0);
		k->fd = bpf_program__fd(k->tc->progs.ovslab_mangle_tc);
		k->counters = k->tc->maps.counters;
	} else {
		assert_int_equal(mangle_xdp_bpf__load(k->xdp), 0);
		k->fd = bpf_program__fd(k->xdp->progs.ovslab_mangle_xdp);
		k->counters = k->xdp->maps.counters;
	}
}

static inline void prog_free(struct kind_prog *k)
{
	mangle_tc_bpf__destroy(k->tc);
	mangle_xdp_bpf__destroy(k->xdp);
}

/* Of one stage, over all CPUs. */
static inline struct stage_counters prog_counted(const struct kind_prog *k, uint32_t stage)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct stage_counters *all = calloc(cpus, sizeof(*all));
	struct stage_counters sum = { 0 };
	__u64 *to = (__u64 *)&sum;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(k->counters), &stage, all), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		for (size_t i = 0; i < sizeof(sum) / sizeof(*to); i++)
			to[i] += ((__u64 *)&all[cpu])[i];
	return sum;
}

/*
 * Runs the program on a frame, which becomes what is left of it; its offsets stay.
 *
 * Return: the program's; negative if the kernel refuses such a frame
 */
static inline int prog_pass_ctx(const struct kind_prog *k, struct frame *f,
				struct __sk_buff *ctx)
{
	static uint8_t out[sizeof(f->data) + 64];
	struct __sk_buff ctx_out = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data,
		    .data_size_in = f->len, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);
	int rc;

	if (ctx) {
		opts.ctx_in = ctx;
		opts.ctx_out = &ctx_out;
		opts.ctx_size_in = opts.ctx_size_out = sizeof(*ctx);
	}
	rc = bpf_prog_test_run_opts(k->fd, &opts);
	if (rc)
		return rc;
	assert_in_range(opts.data_size_out, 0, sizeof(f->data));
	memcpy(f->data, out, opts.data_size_out);
	f->len = opts.data_size_out;
	if (ctx)
		*ctx = ctx_out;
	return opts.retval;
}

static inline int prog_pass(const struct kind_prog *k, struct frame *f)
{
	return prog_pass_ctx(k, f, NULL);
}

/* Exit status for a test that may not load programs here; 0 if it may. */
static inline int prog_may_load(void)
{
	struct mangle_tc_bpf *skel = mangle_tc_bpf__open_and_load();
	int rc = skel ? 0 : errno;

	mangle_tc_bpf__destroy(skel);
	return rc == EPERM ? 77 : 0;
}

#endif
