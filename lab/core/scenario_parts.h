/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario_parts.h - what the files scenario_*.c share
 */
#ifndef OVSLAB_CORE_SCENARIO_PARTS_H
#define OVSLAB_CORE_SCENARIO_PARTS_H

#include "core/scenario.h"
#include "core/scenario_keys.h"
#include "core/ytree.h"

/* A scenario that is being read. */
struct scenario_reader {
	struct scenario *s;
	struct mistakes *m;
	const struct ytree *root;
	bool from_command;		/* paths of this host may be named */
	int rc;				/* -ENOMEM */
};

/* scenario_value.c: one value of a type that is no map or list, into @field */
void scenario_value(struct scenario_reader *r, const struct scenario_key *key,
		    struct ytree *node, void *field);

/*
 * scenario_value.c: what holds if a key is not there, as it would stand in a file
 * @in: the struct of its map as scenario_new() has it, NULL where there is none
 *
 * Returns @buf: "" if the key has to be there, or its absence has no value.
 */
const char *scenario_default(const struct scenario_key *key, const void *in, char *buf, size_t size);

/* scenario_value.c: a number as it would stand in a file: "64K", "10s" */
void scenario_number(const struct scenario_key *key, uint64_t v, char *buf, size_t size);

/* scenario_value.c: a mistake at a node, which is then marked; printf format */
void scenario_wrong(struct scenario_reader *r, struct ytree *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * scenario_inject.c: a mangler as 'ovslab inject' takes it
 * @ret_where: [SCENARIO_WHERE_MAX] kind and place, "psh vm1:egress"
 */
#define SCENARIO_WHERE_MAX 80
int scenario_inject_check(const char *text, char *ret_where, struct err *err);

/* scenario_check.c: what no key by itself can tell */
void scenario_check(struct scenario_reader *r);

#endif
