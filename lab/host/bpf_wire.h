/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_wire.h - two devices joined by a program that redirects
 */
#ifndef OVSLAB_HOST_BPF_WIRE_H
#define OVSLAB_HOST_BPF_WIRE_H

#include "core/err.h"

/**
 * bpf_wire_join() - send what each device receives out of the other one
 * @a, @b:	names of devices in the caller's network namespace
 *
 * On tc ingress, after the probe. The programs live as long as the devices.
 */
int bpf_wire_join(const char *a, const char *b, struct err *err);

#endif
