// SPDX-License-Identifier: GPL-2.0
/*
 * virt.c - libvirt's calls, loaded when the first of them is due
 */
#include "host/virt.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#define LIBRARY "libvirt.so.0"

struct virt virt;

static const struct {
	const char *name;
	size_t offset;
} calls[] = {
#define ROW(name) { #name, offsetof(struct virt, name) },
	VIRT_CALLS(ROW)
#undef ROW
};

static int missing(struct err *err)
{
	const char *why = dlerror();

	int rc = err_set(err, STATUS_HOST, ENOENT, "libvirt cannot be loaded: %s", why ? why : LIBRARY);

	err_hint(err, "install it: apt install libvirt-daemon-system");
	return rc;
}

int virt_load(struct err *err)
{
	static void *library;

	if (library)
		return 0;
	library = dlopen(LIBRARY, RTLD_LAZY);
	if (!library)
		return missing(err);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		void *call = dlsym(library, calls[i].name);

		if (!call) {
			missing(err);
			dlclose(library);
			library = NULL;
			return -ENOENT;
		}
		*(void **)((char *)&virt + calls[i].offset) = call;
	}
	return 0;
}
