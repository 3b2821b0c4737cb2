// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_table.c - the table of commands: adding one is a row here and a file
 *
 * The order inside a group is the order of 'ovslab help'.
 */
#include "cmd.h"

const struct command *const commands[] = {
	/* bench */
	&cmd_doctor,
	&cmd_up,
	&cmd_down,
	&cmd_ls,
	&cmd_inspect,
	&cmd_exec,
	&cmd_console,
	&cmd_logs,
	&cmd_switch_show,
	&cmd_switch_restart,
	&cmd_switch_place,
	&cmd_switch_flows,
	&cmd_capture,
	&cmd_env,
	/* experiment */
	&cmd_inject,
	&cmd_inject_bpf,
	&cmd_inject_netem,
	&cmd_inject_show,
	&cmd_inject_clear,
	&cmd_inject_log,
	&cmd_inject_kinds,
	&cmd_measure,
	&cmd_analyze,
	&cmd_run,
	&cmd_validate,
	&cmd_report,
	&cmd_lint,
	&cmd_init,
	&cmd_demo,
	/* image */
	&cmd_image_build,
	&cmd_image_list,
	&cmd_image_prune,
	/* other */
	&cmd_help,
	&cmd_expand,
	NULL
};
