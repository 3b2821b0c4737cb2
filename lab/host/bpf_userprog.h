/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_userprog.h - a program of the user's own on a device: put there, found, removed
 *
 * It has any name, so it is known by a note in a folder of ours: the program's id and
 * the time at which it was loaded. Only what matches both is ever replaced or removed.
 */
#ifndef OVSLAB_HOST_BPF_USERPROG_H
#define OVSLAB_HOST_BPF_USERPROG_H

#include "core/err.h"
#include "core/userprog.h"
#include "host/bpf_userobj.h"

struct userprog_place {
	const char *dev;		/* in the current network namespace */
	enum mangle_hook hook;
	const char *dir;		/* where the notes are */
};

/**
 * userprog_attach() - load a program and put it there
 * @o:		its .xdp is set from the place
 * @spec:	what the user typed, for reports
 *
 * A program of the user's that is there is replaced in one step. On tc it runs after
 * our manglers and after the probe: one that returns TC_ACT_OK ends the hook, and the
 * probe would take what it does not see for lost. XDP has room for one program.
 *
 * Return: 0; -EBUSY if a program that is not the user's is there; -EAGAIN if another
 * process is at it; as userobj_load().
 */
int userprog_attach(const struct userprog_place *place, const struct userobj *o, const char *spec,
		    struct userprog *ret, struct err *err);

/** userprog_query() - Return: 0; -ENOENT if no program of the user's is there; another -errno */
int userprog_query(const struct userprog_place *place, struct userprog *ret, struct err *err);

/** userprog_detach() - remove it; as userprog_query() */
int userprog_detach(const struct userprog_place *place, struct err *err);

#endif
