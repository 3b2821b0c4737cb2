/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_probe.h - watch what enters and what leaves the switch
 *
 * Two BPF programs, on tc ingress of one tap and tc egress of another. They see
 * what the kernel sees there and change nothing.
 */
#ifndef OVSLAB_HOST_BPF_PROBE_H
#define OVSLAB_HOST_BPF_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/observe.h"

struct probe;

/* Zeroed, it is the usual: room for 16384 flows at both points, see bpf/flow.h. */
struct probe_opts {
	bool each_psh;			/* know each PSH packet at ingress (observe.h) */
	uint32_t flows_max;		/* flow records of both points; 0: FLOW_MAX */
	uint32_t ring_bytes;		/* for events, a power of 2 of whole pages;
					 * 0: FLOW_RING_BYTES */
};

/**
 * probe_start() - attach both probes, in the current network namespace
 * @ingress_dev:	tap of the sender: what enters the switch
 * @egress_dev:		tap of the receiver: what leaves it
 * @opts:		NULL for the usual
 *
 * Probes that a killed run left behind are replaced.
 *
 * Return: 0; -ENODEV; -EBUSY if the place is taken by a filter that is not ours;
 * other -errno. Nothing is attached on failure.
 */
int probe_start(const char *ingress_dev, const char *egress_dev,
		const struct probe_opts *opts, struct probe **ret, struct err *err);

/**
 * probe_poll() - take events out of the kernel's buffer
 * @timeout_ms:	how long to wait for the first one; 0 = do not
 *
 * To be called several times a second while traffic flows.
 *
 * Return: number of events taken, or -errno (-EINTR: a signal came).
 */
int probe_poll(struct probe *probe, int timeout_ms);

/**
 * probe_stop() - detach, and hand over what was seen
 * @probe:	released in any case; NULL is allowed and does nothing
 * @ret:	to be released with observation_release(); NULL throws it away
 *
 * The namespace must be the one of probe_start().
 *
 * Return: 0 or -errno; the probes are detached as far as possible in any case.
 */
int probe_stop(struct probe *probe, struct observation *ret, struct err *err);

/** observation_release() - free what probe_stop() returned, and zero it */
void observation_release(struct observation *obs);

#endif
