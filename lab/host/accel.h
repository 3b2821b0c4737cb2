/* SPDX-License-Identifier: GPL-2.0 */
/*
 * accel.h - does KVM work here? Proved by booting something, once per host boot
 */
#ifndef OVSLAB_HOST_ACCEL_H
#define OVSLAB_HOST_ACCEL_H

#include <stddef.h>

#include "core/err.h"
#include "host/wait.h"

/**
 * accel_prove_kvm() - boot a kernel under KVM until it looks for its root
 * @kernel:	image to boot
 * @ret_why:	evidence in words: why KVM is used, or why not
 *
 * A /dev/kvm that can be opened proves nothing: nested set-ups exist where a
 * stock kernel hangs or QEMU asserts. The answer is kept in the cache for this
 * boot of the host and this kernel.
 *
 * Return: 0 if it booted; -ENOTSUP (STATUS_HOST) if not; -EINTR
 */
int accel_prove_kvm(const struct job *job, const char *kernel, char *ret_why, size_t size,
		    struct err *err);

#endif
