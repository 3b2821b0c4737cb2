// SPDX-License-Identifier: GPL-2.0
/*
 * lazy.c - libraries whose calls are loaded when the first of them is due
 *
 * What is loaded stays. Which of them there are is their owners' to know.
 */
#include "host/lazy.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

static int missing(const struct lazy_library *lib, struct err *err)
{
	const char *why = dlerror();
	int rc = err_set(err, STATUS_HOST, ENOENT, "%s cannot be loaded: %s", lib->title,
			 why ? why : lib->files[0]);

	err_hint(err, "install it: apt install %s", lib->package);
	return rc;
}

static void *open_any(const char *const files[])
{
	void *handle = NULL;

	for (; *files && !handle; files++)
		handle = dlopen(*files, RTLD_LAZY);
	return handle;
}

int lazy_load(struct lazy_library *lib, struct err *err)
{
	void *handle = lib->handle ? lib->handle : open_any(lib->files);
	int rc;

	if (!handle)
		return missing(lib, err);
	for (const struct lazy_call *c = lib->calls; c->name && !lib->handle; c++) {
		void *call = dlsym(handle, c->name);

		if (!call) {
			rc = missing(lib, err);
			dlclose(handle);
			return rc;
		}
		memcpy(c->slot, &call, sizeof(call));
	}
	lib->handle = handle;
	return 0;
}
