/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lazy.h - libraries whose calls are loaded when the first of them is due
 *
 * For those that bring others along and that few commands speak to: linked, they
 * would make every command start more slowly, and what does not need them would
 * not run where they are not installed. Who owns one has a table of its calls:
 *
 *	#define CALLS(CALL) CALL(one_call) CALL(another)
 *	static struct { CALLS(LAZY_MEMBER) } lib;
 *	#define ROW(name) { #name, &lib.name },
 *	static const struct lazy_call calls[] = { CALLS(ROW) { 0 } };
 */
#ifndef OVSLAB_HOST_LAZY_H
#define OVSLAB_HOST_LAZY_H

#include "core/err.h"

#define LAZY_MEMBER(name) __typeof__(name) *name;

struct lazy_call {
	const char *name;
	void *slot;			/* the pointer to fill */
};

struct lazy_library {
	const char *title;
	const char *package;		/* Debian's, for the hint */
	const char *files[3];		/* sonames, of which one is loaded; NULL ends them */
	const struct lazy_call *calls;	/* a row without a name ends them */
	void *handle;			/* NULL until it is loaded */
};

/**
 * lazy_load() - load a library, unless it is
 *
 * Return: 0; -ENOENT with a hint if it is not there, or not all of it.
 */
int lazy_load(struct lazy_library *lib, struct err *err);

#endif
