/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_userobj.h - an object file of the user's own: which program of it, and into the kernel
 *
 * What the kernel says of a program that it refuses is told in plain words, see
 * core/verifier.h.
 */
#ifndef OVSLAB_HOST_BPF_USEROBJ_H
#define OVSLAB_HOST_BPF_USEROBJ_H

#include <stdbool.h>

#include "core/err.h"

struct bpf_object;
struct bpf_program;

struct userobj {
	const char *path;		/* of the ELF file, at most USERPROG_OBJECT_MAX bytes */
	const char *name;		/* what the user calls it, for messages */
	const char *section;		/* of the program, or its function; NULL: the only one */
	bool xdp;			/* it goes onto XDP, else onto tc */
};

/**
 * userobj_load() - load the one program of an object that is asked for
 * @ret_obj:	to be closed with bpf_object__close()
 * @ret_prog:	the program, in @ret_obj; its section may be an old one ("action")
 *
 * Nothing of the object is pinned, whatever it says.
 *
 * Return: 0; -ENOENT, -EINVAL, -EFBIG, -EACCES (STATUS_USAGE) for an object that has
 * no such program, several, is too large, or is refused.
 */
int userobj_load(const struct userobj *o, struct bpf_object **ret_obj,
		 struct bpf_program **ret_prog, struct err *err);

#endif
