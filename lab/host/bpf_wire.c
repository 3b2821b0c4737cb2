// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_wire.c - two devices joined by a program that redirects
 */
#include "host/bpf_wire.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "bpf/wire.skel.h"
#include "host/bpf_load.h"
#include "host/bpf_tc.h"

static int redirect(const char *from, int ifindex, int peer, struct err *err)
{
	struct tc_place place = { from, ifindex, false, TC_PRIORITY_WIRE };
	struct wire_bpf *skel;
	int rc;

	bpf_catch_log();
	skel = wire_bpf__open();
	if (!skel)
		return bpf_failed(err, errno, "cannot open the wire's program");
	skel->rodata->peer = (uint32_t)peer;
	rc = bpf_load(skel->obj, "wire", err);
	if (rc == 0)
		rc = tc_attach(&place, bpf_program__fd(skel->progs.ovslab_wire), err);
	wire_bpf__destroy(skel);
	return rc;
}

int bpf_wire_join(const char *a, const char *b, struct err *err)
{
	int at_a = bpf_ifindex(a, err), at_b = at_a < 0 ? at_a : bpf_ifindex(b, err);
	int rc = at_b < 0 ? at_b : redirect(a, at_a, at_b, err);

	return rc == 0 ? redirect(b, at_b, at_a, err) : rc;
}
