/* SPDX-License-Identifier: GPL-2.0 */
/*
 * expand.h - the command tables as parts of the man page and of the completion
 *
 * Each function writes what replaces one marker of a template (cmd_expand.c).
 */
#ifndef OVSLAB_EXPAND_H
#define OVSLAB_EXPAND_H

#include <stdio.h>

#include "cmd.h"

/* expand_man.c: mdoc(7) */
void expand_man_options(FILE *f, const struct command *const *table);
void expand_man_commands(FILE *f, const struct command *const *table);
void expand_man_scenario(FILE *f, const struct command *const *table);
void expand_man_metrics(FILE *f, const struct command *const *table);
void expand_man_kinds(FILE *f, const struct command *const *table);
void expand_man_environment(FILE *f, const struct command *const *table);
void expand_man_statuses(FILE *f, const struct command *const *table);

/* A file as it is, indented. */
void expand_man_example(FILE *f, FILE *example);

/* expand_bash.c: bash functions that answer what may come next */
void expand_bash_tables(FILE *f, const struct command *const *table);

#endif
