// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_table.c - the table of commands: adding one is a row here and a file
 *
 * The order inside a group is the order of 'ovslab help'.
 */
#include "cmd.h"

const struct command *const commands[] = {
	&cmd_help,
	&cmd_expand,
	NULL
};
