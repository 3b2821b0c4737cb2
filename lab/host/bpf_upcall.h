/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_upcall.h - the program that notes which packets go through vswitchd
 *
 * Of the kernel that it runs on: linked into the guest's helper for a switch in a VM.
 * It lives as long as its pins, all in one folder that is on a bpffs.
 */
#ifndef OVSLAB_HOST_BPF_UPCALL_H
#define OVSLAB_HOST_BPF_UPCALL_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/upcall.h"
#include "core/err.h"

/** bpf_upcall_start() - load and attach it; nothing is pinned in @dir yet
 *
 * Return: 0; -EOPNOTSUPP with the reason if this kernel cannot; -errno.
 */
int bpf_upcall_start(const char *dir, struct err *err);

/**
 * bpf_upcall_take() - detach it if it still is attached, and copy notes
 * @after:	number of the last note that is known; 0 for none
 * @to:		[@room]
 * @ret_n:	notes in @to: the ones after @after, up to one that is not whole
 * @ret_noted:	upcalls altogether; the first UPCALLS_MAX of them have notes
 */
int bpf_upcall_take(const char *dir, uint64_t after, struct upcall_note *to, size_t room,
		    size_t *ret_n, uint64_t *ret_noted, struct err *err);

#endif
