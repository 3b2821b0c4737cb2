/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject.h - manglers of a lab: put in place, shown, removed
 *
 * A place is NODE:egress (tc in the guest, through the helper there) or
 * TAP:xdp (on the host, in the lab's namespace: the caller must be in it).
 */
#ifndef OVSLAB_RUN_INJECT_H
#define OVSLAB_RUN_INJECT_H

#include <jansson.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/mangle.h"
#include "host/wait.h"

#define INJECT_MAX (2 * LAB_NODES_MAX)	/* one on each hook of each node and tap */

struct injection {
	char place[32];			/* "vm1:egress" */
	struct mangle_report report;
};

/**
 * inject_place() - check a place, and that a kind can work there
 * @place:	NULL takes the kind's default
 * @ret_place:	what sort of place it is
 */
int inject_place(const struct lab *lab, const struct mangle_kind *kind, const char **place,
		 enum mangle_place *ret_place, struct err *err);

/**
 * inject_attach() - load a mangler at a place; one that is there is replaced
 * @ret:	what is attached now; may be NULL
 */
int inject_attach(const struct job *job, const struct lab *lab, const char *place,
		  const struct mangle_spec *spec, struct injection *ret, struct err *err);

/** inject_list() - all manglers of the lab with live counters; @ret has room for INJECT_MAX */
int inject_list(const struct job *job, const struct lab *lab, struct injection *ret,
		unsigned int *ret_n, struct err *err);

/**
 * inject_clear() - remove manglers
 * @kind, @place:	only those that match; NULL matches all
 * @ret_n:	how many were removed
 */
int inject_clear(const struct job *job, const struct lab *lab, const struct mangle_kind *kind,
		 const char *place, unsigned int *ret_n, struct err *err);

/** inject_to_json() - one injection as 'inject show --json' and runs have it */
json_t *inject_to_json(const struct injection *injection);

#endif
