/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject_netem.h - netem as the root qdisc of a node or of a tap
 *
 * Delegated to tc as typed. The caller is in the lab's network namespace.
 */
#ifndef OVSLAB_RUN_INJECT_NETEM_H
#define OVSLAB_RUN_INJECT_NETEM_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"
#include "core/lab.h"
#include "host/wait.h"

#define INJECT_NETEM_MAX (2 * LAB_NODES_MAX)	/* egress of each node and tap */
#define INJECT_NETEM_ARGS_MAX 64

struct netem_injection {
	char place[32];			/* "vm1:egress" */
	char spec[256];			/* "netem limit 1000 delay 10ms": as the kernel has it */
	uint64_t sent_bytes, sent, dropped, queued;	/* packets but for the first */
};

/**
 * inject_netem_attach() - make netem the root qdisc; one of ours that is there is replaced
 * @args:	as tc takes them after "netem"; NULL ends
 *
 * A qdisc that is neither the kernel's default nor ours is an error that names it. If
 * tc refuses @args, what was there stays.
 *
 * Return: 0; -EBUSY; -EINVAL (STATUS_USAGE) with tc's words; -EOPNOTSUPP (STATUS_HOST)
 * where the kernel has no netem.
 */
int inject_netem_attach(const struct job *job, const struct lab *lab, const char *place,
			const char *const *args, struct netem_injection *ret, struct err *err);

/** inject_netem_list() - all of the lab; @ret has room for INJECT_NETEM_MAX */
int inject_netem_list(const struct job *job, const struct lab *lab, struct netem_injection *ret,
		      unsigned int *ret_n, struct err *err);

/** inject_netem_clear() - back to the default qdisc; @place NULL: everywhere */
int inject_netem_clear(const struct job *job, const struct lab *lab, const char *place,
		       unsigned int *ret_n, struct err *err);

/** inject_netem_to_json() - one of them as 'inject show --json' has it */
json_t *inject_netem_to_json(const struct netem_injection *injection);

#endif
