/* SPDX-License-Identifier: GPL-2.0 */
/*
 * places.h - the places of a lab at which packets can be touched, by name
 */
#ifndef OVSLAB_RUN_PLACES_H
#define OVSLAB_RUN_PLACES_H

#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/userprog.h"

#define PLACE_GUEST_DEV "eth0"

struct lab_place {
	const struct lab_node *node;
	bool in_guest;			/* else on the host, on the node's tap */
	enum userprog_hook hook;
	const char *dev;		/* eth0, or the tap */
};

/**
 * places_parse() - NODE:egress, NODE:ingress, NODE:xdp, TAP:xdp, TAP:egress
 *
 * Return: 0, or -EINVAL (STATUS_USAGE) with what there is, or why not.
 */
int places_parse(const struct lab *lab, const char *text, struct lab_place *ret, struct err *err);

/** places_name() - the name of a place: "tap-vm1:xdp"; returns @buf */
char *places_name(const struct lab_node *node, bool in_guest, enum userprog_hook hook, char *buf,
		  size_t size);

/**
 * places_mark() - remember that something of a kind was put at a device
 * @what:	"userprog", "netem"
 *
 * To be called before it is put there. Whoever looks for such things need not ask a
 * device (in a guest that takes a tenth of a second) that has no mark.
 */
int places_mark(const struct lab *lab, const struct lab_node *node, bool in_guest, const char *what,
		struct err *err);

bool places_marked(const struct lab *lab, const struct lab_node *node, bool in_guest,
		   const char *what);

#endif
