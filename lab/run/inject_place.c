// SPDX-License-Identifier: GPL-2.0
/*
 * inject_place.c - places of a lab by name, and the calls of a guest's helper
 */
#include "run/inject_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"
#include "host/labdir.h"
#include "run/guest.h"

#define CALL_WORDS (MANGLE_WORDS_MAX + 16)

static int unknown_place(const struct lab *lab, const char *text, struct err *err)
{
	char known[400] = "";

	for (unsigned int i = 0; i < lab->n_vms; i++) {
		size_t n = strlen(known);

		snprintf(known + n, sizeof(known) - n, "%s%s:egress, :ingress, :xdp, %s:xdp, :egress",
			 i ? ", " : "", lab->nodes[i].name, lab->nodes[i].tap);
	}
	err_set(err, STATUS_USAGE, EINVAL, "'%.80s' is no place in lab '%s'", text, lab->name);
	err_hint(err, "places are: %s", known);
	return -EINVAL;
}

/* A switch that reads its ports through AF_PACKET has the packet before tc sees it. */
static int never_seen(const struct lab_node *node, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL,
		"%s:ingress: " MANGLE_NO_TAP_INGRESS, node->tap);
	err_hint(err, "%s:xdp comes before both, %s:egress is in the guest", node->tap, node->name);
	return -EINVAL;
}

/* Of the device that @text begins with; NULL if it is none that is mangled. */
static const struct lab_node *device_owner(const struct lab *lab, const char *text, size_t len,
					   bool *ret_guest)
{
	const struct lab_node *node;
	char device[32];

	if (len >= sizeof(device))
		return NULL;
	snprintf(device, sizeof(device), "%.*s", (int)len, text);
	node = lab_node_find(lab, device);
	if (node == lab_switch_node(lab))	/* it is what is looked at, not mangled */
		node = NULL;
	*ret_guest = node;
	return node ? node : lab_tap_owner(lab, device);
}

int inject_at_find(const struct lab *lab, const char *text, struct inject_at *ret,
		   struct err *err)
{
	size_t len = strcspn(text, ":");
	bool in_guest = false;
	const struct lab_node *node = device_owner(lab, text, len, &in_guest);
	enum mangle_hook hook = in_guest ? MANGLE_TC_EGRESS : MANGLE_XDP;

	if (text[len])
		hook = mangle_hook_find(text + len + 1);
	if (!node || !hook)
		return unknown_place(lab, text, err);
	if (!mangle_place_at(in_guest, hook))
		return never_seen(node, err);
	*ret = inject_at_of(node, mangle_place_at(in_guest, hook));
	return 0;
}

int inject_at_only(const struct lab *lab, const char *text, struct inject_at *ret,
		   const char **ret_name, struct err *err)
{
	int rc = text ? inject_at_find(lab, text, ret, err) : 0;

	if (rc == 0)
		*ret_name = text ? ret->name : NULL;
	return rc;
}

char *inject_at_name(const struct lab_node *node, enum mangle_place place, char *buf, size_t size)
{
	snprintf(buf, size, "%s:%s", inject_at_guest(place) ? node->name : node->tap,
		 mangle_hook_name(mangle_place_hook(place)));
	return buf;
}

struct inject_at inject_at_of(const struct lab_node *node, enum mangle_place place)
{
	struct inject_at at = { .node = node, .place = place };

	inject_at_name(node, place, at.name, sizeof(at.name));
	return at;
}

const char *inject_at_netdev(const struct inject_at *at)
{
	return inject_at_guest(at->place) ? GUEST_DEV : at->node->tap;
}

/* While another command was waited for, it may have gone, and one of its name may have come. */
static int still_there(const struct lab *lab, struct err *err)
{
	struct lab now;
	int rc = labdir_load_ready(lab->name, &now, err);

	if (rc < 0 || strcmp(now.id, lab->id) == 0)
		return rc;
	return err_set(err, STATUS_BENCH, ESTALE, "lab '%s' is another one by now", lab->name);
}

int inject_turn(const struct job *job, const struct lab *lab, int *ret_lock, struct err *err)
{
	_cleanup_close_ int lock = -1;
	int rc = labdir_lock(job, lab->name, &lock, err) ?: still_there(lab, err);

	if (rc == 0)
		*ret_lock = take_fd(&lock);
	return rc;
}

int inject_clear_entries(const struct job *job, const struct lab *lab, const char *place,
			 const struct inject_entries *entries, unsigned int *ret_n, struct err *err)
{
	int rc = 0;

	*ret_n = 0;
	for (unsigned int i = entries->n; i-- > 0 && rc == 0;) {
		const char *entry = (const char *)entries->list + i * entries->size;

		if (place && strcmp(place, entry) != 0)
			continue;
		rc = entries->clear(job, lab, entry, err);
		*ret_n += rc == 0;
	}
	return rc;
}

int inject_guest_call(const struct job *job, const struct lab *lab, const struct lab_node *node,
		      const char *command, const char *verb, const char *const more[], json_t **ret,
		      struct err *err)
{
	const char *argv[CALL_WORDS + 1] = { GUEST_HELPER, command, verb, "--dev", GUEST_DEV };
	int n = 5;

	for (; *more; more++) {
		if (n == CALL_WORDS)
			return err_set(err, STATUS_USAGE, E2BIG, "%s: too many arguments", verb);
		argv[n++] = *more;
	}
	return guest_helper(job, lab, node, argv, ret, err);
}
