/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject.h - manglers of a lab: put in place, shown, removed, and their logs
 *
 * A place is NODE:egress, NODE:ingress or NODE:xdp (in the guest, through the helper
 * there), tap-NODE:xdp or tap-NODE:egress (on the host, in the lab's namespace: the caller must
 * be in it).
 */
#ifndef OVSLAB_RUN_INJECT_H
#define OVSLAB_RUN_INJECT_H

#include <jansson.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/mangle.h"
#include "core/mangle_log.h"
#include "host/wait.h"

#define INJECT_PLACES_MAX (MANGLE_PLACES * LAB_NODES_MAX)
#define INJECT_MAX (INJECT_PLACES_MAX * STAGES)

struct injection {
	char place[32];			/* "vm1:egress" */
	struct mangle_report report;
};

/**
 * inject_place() - check a place, and that a kind can work there
 * @place:	NULL takes the kind's default
 * @ret_place:	which one that is
 *
 * Return: 0; -EINVAL with the reason: there is none such, or the kind cannot work there
 * or, for its checksums, not in this lab.
 */
int inject_place(const struct lab *lab, const struct mangle_kind *kind, const char **place,
		 enum mangle_place *ret_place, struct err *err);

/**
 * inject_attach() - load a mangler at a place, behind those that are there
 * @spec:	its .place is what inject_place() said of @place
 * @ret:	what is attached now; may be NULL
 *
 * One of the same kind is replaced, where it is in the order.
 */
int inject_attach(const struct job *job, const struct lab *lab, const char *place,
		  const struct mangle_spec *spec, struct injection *ret, struct err *err);

/**
 * inject_list() - all manglers of the lab with live counters
 * @ret:	room for INJECT_MAX; those of a place are together, in their order
 */
int inject_list(const struct job *job, const struct lab *lab, struct injection *ret,
		unsigned int *ret_n, struct err *err);

/**
 * inject_clear() - remove manglers
 * @kind, @place:	only those that match; NULL matches all
 * @ret_n:	how many were removed
 */
int inject_clear(const struct job *job, const struct lab *lab, const struct mangle_kind *kind,
		 const char *place, unsigned int *ret_n, struct err *err);

/** inject_keeps_log() - does it keep a log? */
bool inject_keeps_log(const struct injection *injection);

/** inject_to_json() - one injection as 'inject show --json' and runs have it */
json_t *inject_to_json(const struct injection *injection);

#endif
