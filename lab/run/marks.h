/* SPDX-License-Identifier: GPL-2.0 */
/*
 * marks.h - which devices of a lab need to be asked for what was put there
 *
 * A mark says that something was there once. Whoever looks for such things need not ask
 * a device (in a guest that takes a tenth of a second) that has none.
 */
#ifndef OVSLAB_RUN_MARKS_H
#define OVSLAB_RUN_MARKS_H

#include <stdbool.h>

#include "core/err.h"
#include "core/lab.h"

/**
 * marks_set() - to be called before it is put there
 * @node:	on its device
 * @in_guest:	... in the guest, else on its tap
 * @what:	"userprog", "netem"
 */
int marks_set(const struct lab *lab, const struct lab_node *node, bool in_guest, const char *what,
	      struct err *err);

/** marks_has() - was such a thing ever put there? */
bool marks_has(const struct lab *lab, const struct lab_node *node, bool in_guest,
	       const char *what);

#endif
