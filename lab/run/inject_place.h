/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject_place.h - places of a lab by name, and the calls of a guest's helper
 *
 * Private to run/.
 */
#ifndef OVSLAB_RUN_INJECT_PLACE_H
#define OVSLAB_RUN_INJECT_PLACE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/mangle.h"
#include "host/wait.h"

#define GUEST_DEV "eth0"

struct inject_at {
	const struct lab_node *node;
	enum mangle_place place;
	char name[32];			/* "tap-vm1:xdp", whatever way it was written */
};

/**
 * inject_at_find() - "vm1:egress", "tap-vm1:xdp"
 *
 * A device alone is where what its node sends passes, before the switch: vm1 is
 * vm1:egress, tap-vm1 is tap-vm1:xdp.
 *
 * Return: 0, or -EINVAL with the reason
 */
int inject_at_find(const struct lab *lab, const char *text, struct inject_at *ret,
		   struct err *err);

/** inject_at_only() - the same, where no place means everywhere; @ret_name: then NULL */
int inject_at_only(const struct lab *lab, const char *text, struct inject_at *ret,
		   const char **ret_name, struct err *err);

/** inject_at_name() - the inverse; returns @buf */
char *inject_at_name(const struct lab_node *node, enum mangle_place place, char *buf,
		     size_t size);

/** inject_at_of() - both, with the name */
struct inject_at inject_at_of(const struct lab_node *node, enum mangle_place place);

/**
 * inject_turn() - one command at a time changes what is injected in a lab: waits for the others
 *
 * What is attached is read, changed and put back: who came in between would be lost.
 *
 * @ret_lock:	closing it ends the turn
 *
 * Return: 0; -ESTALE, -EAGAIN or -ENOENT if @lab was taken down meanwhile; as labdir_lock().
 */
int inject_turn(const struct job *job, const struct lab *lab, int *ret_lock, struct err *err);

/* A list of what is injected; each entry begins with the name of its place. */
struct inject_entries {
	const void *list;
	size_t size;			/* of an entry */
	unsigned int n;
	int (*clear)(const struct job *job, const struct lab *lab, const void *entry, struct err *err);
};

/**
 * inject_clear_entries() - remove those at a place, the last first
 * @place:	as inject_at_name() writes it; NULL: everywhere
 * @ret_n:	how many were removed, also on failure
 *
 * Those of a place are in their order: so none of those that are to go has to move up.
 */
int inject_clear_entries(const struct job *job, const struct lab *lab, const char *place,
			 const struct inject_entries *entries, unsigned int *ret_n, struct err *err);

/** inject_at_guest() - in the node's guest, else on its tap */
static inline bool inject_at_guest(enum mangle_place place)
{
	return place & PLACES_IN_GUEST;
}

/** inject_at_netdev() - the device where it is: GUEST_DEV, or the tap */
const char *inject_at_netdev(const struct inject_at *at);

/**
 * inject_guest_call() - a verb of one of the helper's commands, on the node's device
 * @command:	"mangle", "userprog"
 * @more:	arguments after the device; NULL ends
 */
int inject_guest_call(const struct job *job, const struct lab *lab, const struct lab_node *node,
		      const char *command, const char *verb, const char *const more[], json_t **ret,
		      struct err *err);

#endif
