/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - what joins a node's tap to a port of the switch VM
 *
 * A wire loses nothing and reorders nothing by itself: packets pass with their
 * offloads as the sender made them. The caller is inside the lab's network
 * namespace; wires go with it.
 */
#ifndef OVSLAB_HOST_WIRE_H
#define OVSLAB_HOST_WIRE_H

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

/** wire_prepare() - make what the taps are plugged into, before the VMs start */
int wire_prepare(const struct job *job, const struct lab *lab, struct err *err);

/** wire_join() - join the taps, once they are there */
int wire_join(const struct lab *lab, struct err *err);

#endif
