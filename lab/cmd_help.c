// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_help.c - ovslab help [COMMAND]
 */
#include <errno.h>
#include <string.h>

#include "core/mangle.h"
#include "core/nearest.h"
#include "help.h"

/* A word behind a command, which is neither one of its own nor a kind. */
static int no_subcommand(const struct command *cmd, const char *word, bool kinds, struct err *err)
{
	struct nearest near = { .word = word };
	size_t len = strlen(cmd->name);

	for (const struct command *const *c = commands; *c; c++)
		if (strncmp((*c)->name, cmd->name, len) == 0 && (*c)->name[len] == ' ')
			nearest_offer(&near, (*c)->name + len + 1);
	for (const struct mangle_kind *k = mangle_kinds; kinds && k->name; k++)
		nearest_offer(&near, k->name);
	err_set(err, STATUS_USAGE, EINVAL, "'%s' has no subcommand %s'%.40s'%s%s%s%s%s", cmd->name,
		kinds ? "or kind " : "", word, near.best ? " (did you mean '" : "",
		near.best ? cmd->name : "", near.best ? " " : "", near.best ? near.best : "",
		near.best ? "'?)" : "");
	err_hint(err, "see 'ovslab help %s'", cmd->name);
	return -EINVAL;
}

static int run_help(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct mangle_kind *kind = NULL;
	const struct command *cmd;
	bool kinds;
	int words;

	if (argc == 0) {
		help_overview(stdout, commands);
		return STATUS_OK;
	}
	cmd = command_find(commands, argc, argv, &words);
	kinds = cmd && cmd->flags & CMD_KINDS;
	if (kinds && words + 1 == argc)
		kind = mangle_kind_find(argv[words]);
	if (kind && cmd->kind_opts)
		help_kind(stdout, cmd, kind);
	else if (cmd && words + !!kind < argc)
		return no_subcommand(cmd, argv[words], kinds, err);
	else if (cmd)
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
