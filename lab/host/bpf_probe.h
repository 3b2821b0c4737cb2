/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_probe.h - watch what enters and what leaves the switch
 *
 * Two BPF programs, on tc ingress of one tap and tc egress of another. They see
 * what the kernel sees there and change nothing.
 */
#ifndef OVSLAB_HOST_BPF_PROBE_H
#define OVSLAB_HOST_BPF_PROBE_H

#include "core/err.h"
#include "core/observe.h"

struct probe;

/* Events kept in memory, both points together (84 MB); later ones are dropped
 * and counted. Flows: 16384 at both points, see bpf/flow.h. */
#define PROBE_EVENTS_MAX (2 * 1024 * 1024)

/**
 * probe_start() - attach both probes, in the current network namespace
 * @ingress_dev:	tap of the sender: what enters the switch
 * @egress_dev:		tap of the receiver: what leaves it
 *
 * Probes that a killed run left behind are replaced.
 *
 * Return: 0; -ENODEV; -EBUSY if the place is taken by a filter that is not ours;
 * other -errno. Nothing is attached on failure.
 */
int probe_start(const char *ingress_dev, const char *egress_dev,
		struct probe **ret, struct err *err);

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
