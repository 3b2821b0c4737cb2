// SPDX-License-Identifier: GPL-2.0
/*
 * marks.c - which devices of a lab need to be asked for what was put there
 *
 * Empty files in the lab's directory, which go with it.
 */
#include "run/marks.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "host/labdir.h"

static char *mark_path(const struct lab *lab, const struct lab_node *node, bool in_guest,
		       const char *what, char *buf, size_t size)
{
	char name[80];

	snprintf(name, sizeof(name), "mark-%s-%s", what, in_guest ? node->name : node->tap);
	return labdir_path(lab, name, buf, size);
}

int marks_set(const struct lab *lab, const struct lab_node *node, bool in_guest, const char *what,
	      struct err *err)
{
	char path[PATH_MAX];

	return file_write(mark_path(lab, node, in_guest, what, path, sizeof(path)), "", 0, err);
}

bool marks_has(const struct lab *lab, const struct lab_node *node, bool in_guest,
	       const char *what)
{
	char path[PATH_MAX];

	return access(mark_path(lab, node, in_guest, what, path, sizeof(path)), F_OK) == 0;
}
