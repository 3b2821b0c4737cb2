/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject_user.h - programs of the user's own in a lab: put in place, shown, removed
 *
 * The caller is in the lab's network namespace.
 */
#ifndef OVSLAB_RUN_INJECT_USER_H
#define OVSLAB_RUN_INJECT_USER_H

#include <jansson.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/userprog.h"
#include "host/wait.h"

#define INJECT_USER_MAX (5 * LAB_NODES_MAX)	/* one at each place */

struct user_injection {
	char place[32];			/* "tap-vm1:xdp" */
	struct userprog prog;
};

struct user_request {
	const char *file;		/* FILE.c, or an object */
	const char *section;		/* section or function; NULL if there is only one */
	const char *const *defines;	/* of a FILE.c: NAME or NAME=VALUE; NULL */
};

/**
 * inject_user_attach() - compile, load, attach; one of the user's that is there is replaced
 * @ret_said:	clang's warnings, to be freed; NULL if there are none
 */
int inject_user_attach(const struct job *job, const struct lab *lab, const char *place,
		       const struct user_request *request, struct user_injection *ret,
		       char **ret_said, struct err *err);

/** inject_user_list() - all of the lab; @ret has room for INJECT_USER_MAX */
int inject_user_list(const struct job *job, const struct lab *lab, struct user_injection *ret,
		     unsigned int *ret_n, struct err *err);

/**
 * inject_user_clear() - remove them
 * @place:	only there; NULL: everywhere
 * @ret_n:	how many were removed
 */
int inject_user_clear(const struct job *job, const struct lab *lab, const char *place,
		      unsigned int *ret_n, struct err *err);

#define INJECT_LINES_MAX (7 * LAB_NODES_MAX)	/* a qdisc on each egress too */

struct user_line {
	char place[32], spec[USERPROG_SPEC_MAX];
};

/**
 * inject_user_lines() - what 'inject bpf' and 'inject netem' made, for whoever keeps a record
 * @ret:	room for INJECT_LINES_MAX
 */
int inject_user_lines(const struct job *job, const struct lab *lab, struct user_line *ret,
		      unsigned int *ret_n, struct err *err);

/** inject_user_to_json() - one of them as 'inject show --json' has it */
json_t *inject_user_to_json(const struct user_injection *injection);

#endif
