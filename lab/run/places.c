// SPDX-License-Identifier: GPL-2.0
/*
 * places.c - the places of a lab at which packets can be touched, by name
 */
#include "run/places.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/labdir.h"

static int unknown(const struct lab *lab, const char *text, struct err *err)
{
	char known[320] = "";

	for (unsigned int i = 0; i < lab->n_vms; i++) {
		const struct lab_node *node = &lab->nodes[i];
		size_t n = strlen(known);

		snprintf(known + n, sizeof(known) - n, "%s%s:egress, %s:ingress, %s:xdp, %s:xdp, %s:egress",
			 i ? ", " : "", node->name, node->name, node->name, node->tap, node->tap);
	}
	err_set(err, STATUS_USAGE, EINVAL, "'%.80s' is no place in lab '%s'", text, lab->name);
	err_hint(err, "places are: %s", known);
	return -EINVAL;
}

static int unseen(const struct lab_node *node, struct err *err)
{
	err_set(err, STATUS_USAGE, EINVAL, "%s:ingress is of no use: a switch in user space reads the tap "
		"before tc ingress", node->tap);
	err_hint(err, "%s:xdp is what the node sent, before the switch sees it", node->tap);
	return -EINVAL;
}

static bool find_hook(const char *word, enum userprog_hook *ret)
{
	for (int i = 0; userprog_hook_names[i]; i++)
		if (strcmp(word, userprog_hook_names[i]) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

int places_parse(const struct lab *lab, const char *text, struct lab_place *ret, struct err *err)
{
	const char *colon = strchr(text, ':');
	struct lab_place place = { 0 };
	char device[32];

	if (!colon || (size_t)(colon - text) >= sizeof(device) || !find_hook(colon + 1, &place.hook))
		return unknown(lab, text, err);
	snprintf(device, sizeof(device), "%.*s", (int)(colon - text), text);
	place.node = lab_node_find(lab, device);
	if (place.node == lab_switch_node(lab))	/* it is what is looked at, not mangled */
		place.node = NULL;
	place.in_guest = place.node;
	place.dev = PLACE_GUEST_DEV;
	if (!place.node) {
		place.node = lab_tap_owner(lab, device);
		if (!place.node)
			return unknown(lab, text, err);
		place.dev = place.node->tap;
		if (place.hook == USERPROG_INGRESS)
			return unseen(place.node, err);
	}
	*ret = place;
	return 0;
}

char *places_name(const struct lab_node *node, bool in_guest, enum userprog_hook hook, char *buf,
		  size_t size)
{
	snprintf(buf, size, "%s:%s", in_guest ? node->name : node->tap, userprog_hook_names[hook]);
	return buf;
}

static char *mark_path(const struct lab *lab, const struct lab_node *node, bool in_guest,
		       const char *what, char *buf, size_t size)
{
	char name[80];

	snprintf(name, sizeof(name), "mark-%s-%s", what, in_guest ? node->name : node->tap);
	return labdir_path(lab, name, buf, size);
}

int places_mark(const struct lab *lab, const struct lab_node *node, bool in_guest, const char *what,
		struct err *err)
{
	char path[PATH_MAX];

	return file_write(mark_path(lab, node, in_guest, what, path, sizeof(path)), "", 0, err);
}

bool places_marked(const struct lab *lab, const struct lab_node *node, bool in_guest,
		   const char *what)
{
	char path[PATH_MAX];

	return access(mark_path(lab, node, in_guest, what, path, sizeof(path)), F_OK) == 0;
}
