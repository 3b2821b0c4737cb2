/* SPDX-License-Identifier: GPL-2.0 */
/*
 * prog_run.h - run a BPF program on a made-up frame (BPF_PROG_TEST_RUN)
 */
#ifndef TESTS_PROG_RUN_H
#define TESTS_PROG_RUN_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>

#include "frame.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static inline int try_run(int fd, struct frame *f, struct __sk_buff *ctx, int repeat)
{
	static uint8_t out[sizeof(f->data)];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data,
		    .data_size_in = f->len, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = repeat,
		    .ctx_in = ctx, .ctx_size_in = ctx ? sizeof(*ctx) : 0);
	int rc = bpf_prog_test_run_opts(fd, &opts);

	if (rc)
		return rc;
	assert_int_equal(opts.data_size_out, f->len);
	memcpy(f->data, out, f->len);
	return 0;
}

static inline void run_ctx(int fd, struct frame *f, struct __sk_buff *ctx, int repeat)
{
	assert_int_equal(try_run(fd, f, ctx, repeat), 0);
}

static inline void run(int fd, struct frame *f)
{
	run_ctx(fd, f, NULL, 1);
}

/*
 * A frame that ends early is left alone, wherever it ends. Newer kernels refuse
 * to run an skb without a whole IP header; the parser itself is tried on those
 * lengths by the unit tests.
 */
static inline void truncated(int fd, const struct frame_shape *shape)
{
	struct frame whole, before, after;
	size_t may_refuse;
	int rc;

	frame_build(&whole, &shape->spec);
	may_refuse = whole.l3 + (whole.family == 4 ? 20 : 40);
	for (size_t len = 14; len < whole.ip_end; len++) {
		before = whole;
		before.len = len;
		after = before;
		rc = try_run(fd, &after, NULL, 1);
		assert_true(!rc || (rc == -EINVAL && len < may_refuse));
		assert_memory_equal(after.data, before.data, len);
	}
}

#endif
