/* SPDX-License-Identifier: GPL-2.0 */
/*
 * util.h - ownership that the compiler cleans up, and other small change
 */
#ifndef OVSLAB_CORE_UTIL_H
#define OVSLAB_CORE_UTIL_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The value of a macro as text. */
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Released at the end of the scope; hand over with take_ptr() or take_fd(). */
#define _cleanup_free_ __attribute__((cleanup(cleanup_freep)))
#define _cleanup_close_ __attribute__((cleanup(cleanup_closep)))
#define _cleanup_fclose_ __attribute__((cleanup(cleanup_fclosep)))

#define take_ptr(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/** path_join() - of a file in a folder, which may end in a slash. Return: 0, or -ENAMETOOLONG */
static inline int path_join(char *buf, size_t size, const char *dir, const char *name)
{
	const char *slash = *dir && dir[strlen(dir) - 1] == '/' ? "" : "/";

	return (size_t)snprintf(buf, size, "%s%s%s", dir, slash, name) < size ? 0 : -ENAMETOOLONG;
}

#endif
