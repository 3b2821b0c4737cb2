// SPDX-License-Identifier: GPL-2.0
/*
 * expand_bash.c - the command tables as bash functions
 *
 * They answer what may come next, as words; FILE, DIR, LAB and so on stand for
 * what the template's own code finds out when it is asked. Cases rather than
 * associative arrays: completion files are sourced inside a function.
 */
#include <ctype.h>
#include <string.h>

#include "core/lab.h"
#include "core/mangle.h"
#include "expand.h"

static void start(FILE *f, const char *name, const char *comment)
{
	fprintf(f, "# %s\n%s()\n{\n\tcase $1 in\n", comment, name);
}

static void end(FILE *f)
{
	fputs("\tesac\n}\n\n", f);
}

static bool first_of_family(const struct command *const *table, size_t i)
{
	size_t len = strcspn(table[i]->name, " ");

	for (size_t j = 0; j < i; j++)
		if (strcspn(table[j]->name, " ") == len &&
		    strncmp(table[j]->name, table[i]->name, len) == 0)
			return false;
	return true;
}

static void second_words(FILE *f, const struct command *const *table, const char *first)
{
	size_t len = strcspn(first, " ");

	for (; *table; table++)
		if (strncmp((*table)->name, first, len) == 0 && (*table)->name[len] == ' ')
			fprintf(f, "%s ", (*table)->name + len + 1);
}

static void command_words(FILE *f, const struct command *const *table)
{
	start(f, "_ovslab_words", "first words of the commands; second words of $1");
	fputs("\t'') echo '", f);
	for (size_t i = 0; table[i]; i++)
		if (!(table[i]->flags & CMD_HIDDEN) && first_of_family(table, i))
			fprintf(f, "%.*s ", (int)strcspn(table[i]->name, " "), table[i]->name);
	fputs("' ;;\n", f);
	for (size_t i = 0; table[i]; i++) {
		if (!first_of_family(table, i) ||
		    !command_is_family(table, strtok(strdupa(table[i]->name), " ")))
			continue;
		fprintf(f, "\t%.*s) echo '", (int)strcspn(table[i]->name, " "),
			table[i]->name);
		second_words(f, table, table[i]->name);
		fputs("' ;;\n", f);
	}
	end(f);
}

static void option_names(FILE *f, const struct opt *opts)
{
	for (; opts && opts->name; opts++) {
		if (opts->key)
			fprintf(f, "-%c ", opts->key);
		fprintf(f, "--%s ", opts->name);
	}
}

static void all_options(FILE *f, const struct command *const *table)
{
	start(f, "_ovslab_options", "options of the command $1, or of \"COMMAND KIND\"; of none: the global ones");
	fputs("\t'') echo '", f);
	option_names(f, global_opts);
	fputs("' ;;\n", f);
	for (; *table; table++) {
		if ((*table)->flags & CMD_HIDDEN || !(*table)->opts)
			continue;
		fprintf(f, "\t'%s') echo '", (*table)->name);
		option_names(f, (*table)->opts);
		fputs("' ;;\n", f);
		for (const struct mangle_kind *k = mangle_kinds; (*table)->kind_opts && k->name; k++) {
			fprintf(f, "\t'%s %s') echo '", (*table)->name, k->name);
			option_names(f, (*table)->kind_opts(k));
			fputs("' ;;\n", f);
		}
	}
	end(f);
}

static void option_values(FILE *f, const char *command, const struct opt *opts)
{
	for (; opts && opts->name; opts++) {
		if (!opt_arg_name(opts))
			continue;
		fputs("\t", f);
		if (opts->key)
			fprintf(f, "'%s -%c'|", command, opts->key);
		fprintf(f, "'%s --%s') echo '", command, opts->name);
		if (!opts->choices)
			fputs(opt_arg_name(opts), f);
		for (int i = 0; opts->choices && opts->choices[i]; i++)
			fprintf(f, "%s ", opts->choices[i]);
		fputs("' ;;\n", f);
	}
}

static void all_values(FILE *f, const struct command *const *table)
{
	start(f, "_ovslab_value", "values of \"COMMAND OPTION\"; none: it takes no value");
	option_values(f, "", global_opts);
	for (; *table; table++) {
		const struct command *c = *table;
		char words[64];

		if (c->flags & CMD_HIDDEN)
			continue;
		option_values(f, c->name, c->opts);
		for (const struct mangle_kind *k = mangle_kinds; c->kind_opts && k->name; k++) {
			snprintf(words, sizeof(words), "%s %s", c->name, k->name);
			option_values(f, words, c->kind_opts(k));
		}
	}
	end(f);
}

/* "NODE -- CMD [ARG...]" as "NODE CMD ARG..." */
static void positionals(FILE *f, const char *args)
{
	while (*(args += strspn(args, " []"))) {
		size_t len = strcspn(args, " []");

		if (strncmp(args, "--", len) != 0)
			fprintf(f, "%.*s ", (int)len, args);
		args += len;
	}
}

static void all_positionals(FILE *f, const struct command *const *table)
{
	start(f, "_ovslab_args", "positional arguments of the command $1");
	for (; *table; table++) {
		if ((*table)->flags & CMD_HIDDEN || !(*table)->args)
			continue;
		fprintf(f, "\t'%s') echo '", (*table)->name);
		positionals(f, (*table)->args);
		fputs("' ;;\n", f);
	}
	end(f);
}

static void node_places(FILE *f, const struct lab_node *node)
{
	for (unsigned int i = 0; i < MANGLE_PLACES; i++) {
		bool guest = 1u << i & PLACES_IN_GUEST;

		fprintf(f, "%s:%s ", guest ? node->name : node->tap,
			mangle_hook_name(mangle_place_hook(1u << i)));
	}
}

static void things(FILE *f, const struct command *const *table)
{
	struct lab lab;

	lab_init(&lab, "default", "");
	lab_add_switch(&lab);
	start(f, "_ovslab_things", "what NODE, TAP, PLACE, KIND and SOURCE stand for");
	fputs("\tNODE) echo '", f);
	for (unsigned int i = 0; i < lab.n_nodes; i++)
		fprintf(f, "%s ", lab.nodes[i].name);
	fputs("' ;;\n\tTAP) echo '", f);
	for (unsigned int i = 0; i < lab.n_vms; i++)
		fprintf(f, "%s ", lab.nodes[i].tap);
	fputs("' ;;\n\tPLACE) echo '", f);
	for (unsigned int i = 0; i < lab.n_vms; i++)
		node_places(f, &lab.nodes[i]);
	fputs("' ;;\n\tKIND) echo '", f);
	for (const struct mangle_kind *k = mangle_kinds; k->name; k++)
		fprintf(f, "%s ", k->name);
	fputs("' ;;\n\tSOURCE) echo '", f);
	for (const char *const *suite = lab_suites; *suite; suite++)
		fprintf(f, "debian:%s ", *suite);
	fputs("' ;;\n", f);
	end(f);
}

void expand_bash_tables(FILE *f, const struct command *const *table)
{
	command_words(f, table);
	all_options(f, table);
	all_values(f, table);
	all_positionals(f, table);
	things(f, table);
}
