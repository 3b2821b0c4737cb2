// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_help.c - ovslab help [COMMAND]
 */
#include "help.h"

static int run_help(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct command *cmd;
	int words;

	if (argc == 0) {
		help_overview(stdout, commands);
		return STATUS_OK;
	}
	cmd = command_find(commands, argc, argv, &words);
	if (cmd && (words == argc || cmd->flags & CMD_KINDS))
		help_command(stdout, commands, cmd);
	else if (argc == 1 && command_is_family(commands, argv[0]))
		help_family(stdout, commands, argv[0]);
	else
		return command_unknown(commands, argc, argv, err);
	return STATUS_OK;
}

const struct command cmd_help = {
	.name = "help",
	.group = GROUP_OTHER,
	.args = "[COMMAND]",
	.args_max = ARGS_ANY,
	.summary = "explain ovslab, or one command",
	.about = "Without an argument lists the commands, the global options, the "
		 "environment and the exit statuses. 'ovslab COMMAND --help' is the same "
		 "as 'ovslab help COMMAND'.",
	.examples = "ovslab help\novslab help inject",
	.run = run_help,
};
