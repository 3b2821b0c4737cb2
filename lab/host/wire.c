// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - what joins a node's tap to a port of the switch VM
 *
 * Two kinds: a bridge of two ports, into which libvirt plugs the taps, and a
 * BPF program on both taps that redirects. docs/WIRES.md has what each costs.
 */
#include "host/wire.h"

#include "host/bpf_wire.h"
#include "host/proc.h"

#define IP_LIMIT_MS 10000

/*
 * Forwards from the start, learns nothing of multicast, says nothing itself, and
 * passes link-local frames (LLDP, 802.1X) as far as the kernel lets a bridge.
 */
static int make_bridge(const struct job *job, const char *name, struct err *err)
{
	struct proc_opts opts = { .limit_ms = IP_LIMIT_MS };
	const char *const argv[] = {
		"ip", "link", "add", "name", name, "up", "type", "bridge", "stp_state", "0",
		"forward_delay", "0", "mcast_snooping", "0",
		"group_fwd_mask", "0xfff8", NULL,
	};

	return proc_run(job, &opts, argv, err);
}

int wire_prepare(const struct job *job, const struct lab *lab, struct err *err)
{
	int rc = 0;

	if (lab->bench.wire != LAB_WIRE_BRIDGE)
		return 0;
	for (unsigned int i = 0; i < lab->n_wires && rc == 0; i++)
		rc = make_bridge(job, lab->wires[i].name, err);
	return rc < 0 ? err_wrap(err, rc, "the wires to the switch's VM") : 0;
}

int wire_join(const struct lab *lab, struct err *err)
{
	int rc = 0;

	if (lab->bench.wire != LAB_WIRE_REDIRECT)
		return 0;
	for (unsigned int i = 0; i < lab->n_wires && rc == 0; i++)
		rc = bpf_wire_join(lab->wires[i].tap, lab->wires[i].switch_tap, err);
	return rc < 0 ? err_wrap(err, rc, "the wires to the switch's VM") : 0;
}
