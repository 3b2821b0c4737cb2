/* SPDX-License-Identifier: GPL-2.0 */
/*
 * help.h - the command tables as help for a person
 *
 * Also holds the tables that help and man page share: exit statuses and
 * environment variables.
 */
#ifndef OVSLAB_HELP_H
#define OVSLAB_HELP_H

#include <stdio.h>

#include "cmd.h"

/* A term and what it means; a table of them ends with a NULL term. */
struct help_term {
	const char *term;
	const char *meaning;
};

extern const struct help_term help_statuses[];
extern const struct help_term help_environment[];
extern const char *const help_groups[GROUP_N];

/** help_overview() - 'ovslab help': the commands by group, the global options */
void help_overview(FILE *f, const struct command *const *table);

/** help_command() - 'ovslab help COMMAND'; @table names its relatives */
void help_command(FILE *f, const struct command *const *table, const struct command *cmd);

/** help_summary() - what a command does, as a sentence */
void help_summary(const struct command *cmd, char *buf, size_t len);

/** help_kind() - 'ovslab help inject psh': one kind of mangler, and its options */
void help_kind(FILE *f, const struct command *cmd, const struct mangle_kind *kind);

/** help_family() - 'ovslab help image': the commands that begin with @word */
void help_family(FILE *f, const struct command *const *table, const char *word);

/**
 * help_option() - what help says of an option: phrase, choices, range, default
 * @config:	where the default is; NULL to leave it out
 */
void help_option(const struct opt *opt, const void *config, char *buf, size_t len);

#endif
