// SPDX-License-Identifier: GPL-2.0
/*
 * virt.c - libvirt's calls, loaded when the first of them is due
 */
#include "host/virt.h"

struct virt virt;

int virt_load(struct err *err)
{
#define ROW(name) { #name, &virt.name },
	static const struct lazy_call calls[] = { VIRT_CALLS(ROW) { 0 } };
#undef ROW
	static struct lazy_library library = {
		.title = "libvirt", .package = "libvirt-daemon-system",
		.files = { "libvirt.so.0" }, .calls = calls,
	};

	return lazy_load(&library, err);
}
