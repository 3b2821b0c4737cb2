/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_load.h - load BPF objects, and recognise our programs in the kernel
 *
 * libbpf's own messages are caught here: they become evidence of a failed load
 * and are never printed.
 */
#ifndef OVSLAB_HOST_BPF_LOAD_H
#define OVSLAB_HOST_BPF_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct bpf_object;

#define BPF_NAME_PREFIX "ovslab_"	/* of every program of ours */

/** bpf_catch_log() - from now on libbpf prints nothing; forgets what it said */
void bpf_catch_log(void);

/** bpf_log() - the end of what libbpf said since then */
const char *bpf_log(void);

/**
 * bpf_failed() - a failure that libbpf has explained: its last lines as evidence
 *
 * Return: -|rc|
 */
int bpf_failed(struct err *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * bpf_load() - load @obj into the kernel
 * @what:	for the message: "psh mangler"
 *
 * Return: 0 or -errno, with the verifier's last lines as evidence.
 */
int bpf_load(struct bpf_object *obj, const char *what, struct err *err);

/** bpf_prog_is_ours() - the program with this id has a name of ours */
bool bpf_prog_is_ours(uint32_t prog_id);

/** bpf_prog_name() - its name in @buf (16 bytes); "" if it is gone */
void bpf_prog_name(uint32_t prog_id, char buf[16]);

/** bpf_ifindex() - Return: the index of @dev, or -ENODEV */
int bpf_ifindex(const char *dev, struct err *err);

#endif
