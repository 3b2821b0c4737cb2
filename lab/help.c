// SPDX-License-Identifier: GPL-2.0
/*
 * help.c - the command tables as help for a person, in at most 80 columns
 */
#include "help.h"

#include <ctype.h>
#include <string.h>

#include "core/mangle.h"
#include "core/util.h"

#define COLUMNS 79
#define OPTION_INDENT 27

const struct help_term help_statuses[] = {
	{ "0", "success, or a verdict as expected" },
	{ "1", "the verdict or the expectation failed" },
	{ "2", "wrong usage, or a bad input file" },
	{ "3", "the bench failed: a VM or OVS died, a time limit passed" },
	{ "4", "this host cannot run it; the message says why and what helps" },
	{ "5", "inconclusive" },
	{ "128+N", "ended by signal N" },
	{ NULL, NULL }
};

const struct help_term help_environment[] = {
	{ "OVSLAB_LAB", "the lab to work on, where -n is not given" },
	{ "OVSLAB_RUNDIR", "running labs, instead of /run/ovslab" },
	{ "OVSLAB_STATEDIR", "kept runs, instead of /var/lib/ovslab" },
	{ "OVSLAB_CACHEDIR", "images, saved labs, probed facts, instead of /var/cache/ovslab" },
	{ "OVSLAB_WARM_MAX", "bytes of all saved labs, instead of 4G; 0 keeps none" },
	{ "OVSLAB_SUITE", "Debian suite that the nodes' image is built from, instead of bookworm" },
	{ "OVSLAB_MIRROR", "mirror of Debian that images are built from" },
	{ "OVSLAB_LIBEXECDIR", "folder of the helper that runs in guests" },
	{ "OVSLAB_DATADIR", "installed data files, instead of PREFIX/share/ovslab" },
	{ "TMPDIR", "where the lists of 'analyze' wait until they are printed, instead of /tmp" },
	{ "NO_COLOR", "print without colours, if set and not empty" },
	{ NULL, NULL }
};

const char *const help_groups[GROUP_N] = {
	[GROUP_BENCH] = "Bench",
	[GROUP_EXPERIMENT] = "Experiment",
	[GROUP_IMAGE] = "Guest image",
	[GROUP_OTHER] = "Other",
};

/* One paragraph, up to "\n\n" or the end, from column @col on; returns what follows. */
static const char *fill_paragraph(FILE *f, unsigned int col, unsigned int indent,
				  const char *text)
{
	const char *end = strstr(text, "\n\n");
	bool first = true;

	if (!end)
		end = text + strlen(text);
	while ((text += strspn(text, " \n")) < end) {
		unsigned int len = strcspn(text, " \n");

		if (!first && col + 1 + len > COLUMNS) {
			fprintf(f, "\n%*s", indent, "");
			col = indent;
			first = true;
		}
		col += fprintf(f, "%s%.*s", first ? "" : " ", (int)len, text);
		first = false;
		text += len;
	}
	putc('\n', f);
	return *end ? end + 2 : end;
}

/* Fill @text from column @col on; further lines begin at @indent. Ends the line. */
static void fill(FILE *f, unsigned int col, unsigned int indent, const char *text)
{
	text = fill_paragraph(f, col, indent, text);
	while (*text) {
		fprintf(f, "\n%*s", indent, "");
		text = fill_paragraph(f, indent, indent, text);
	}
}

/* "  left   text", the text filled from column @indent on. */
static void term(FILE *f, unsigned int indent, const char *left, const char *text)
{
	unsigned int col = fprintf(f, "  %s", left);

	if (col + 2 > indent) {
		putc('\n', f);
		col = 0;
	}
	fprintf(f, "%*s", indent - col, "");
	fill(f, indent, indent, text);
}

static void terms(FILE *f, const char *title, unsigned int indent,
		  const struct help_term *rows)
{
	fprintf(f, "\n%s:\n", title);
	for (; rows->term; rows++)
		term(f, indent, rows->term, rows->meaning);
}

static size_t append(char *buf, size_t len, size_t used, const char *a, const char *b)
{
	int n = used < len ? snprintf(buf + used, len - used, "%s%s", a, b) : 0;

	return used + (n > 0 ? n : 0);
}

void help_option(const struct opt *opt, const void *config, char *buf, size_t len)
{
	size_t used = append(buf, len, 0, opt->help, "");
	char value[128];

	for (int i = 0; opt->choices && opt->choices[i]; i++)
		used = append(buf, len, used, i ? ", " : ": ", opt->choices[i]);
	if (opt->type == OPT_T_STRINGS)
		used = append(buf, len, used, " (may be repeated)", "");
	if (!opt_default(opt, config, value, sizeof(value)))
		return;
	used = append(buf, len, used, " [default: ", value);
	append(buf, len, used, "]", "");
}

/* @own: of a kind, in its list: short names and the column for them are left out */
static void option_rows(FILE *f, const struct opt *opts, const void *config, bool own)
{
	char left[64], key[] = "-x, ", text[512];

	for (; opts->name; opts++) {
		const char *arg = opt_arg_name(opts);

		key[1] = opts->key;
		snprintf(left, sizeof(left), "%s--%s%s%s", own ? "  " : opts->key ? key : "    ",
			 opts->name, arg ? " " : "", arg ? arg : "");
		help_option(opts, config, text, sizeof(text));
		term(f, OPTION_INDENT, left, text);
	}
}

static void options(FILE *f, const char *title, const struct opt *opts, const void *config)
{
	fprintf(f, "\n%s:\n", title);
	option_rows(f, opts, config, false);
}

/* "what it does (vm1:egress, 1 of 10)" */
static const char *kind_text(const struct mangle_kind *k, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s (%s", k->summary, k->default_place);

	if (k->default_ratio > 1)
		n += snprintf(buf + n, size - n, ", 1 of %u", k->default_ratio);
	snprintf(buf + n, size - n, ")");
	return buf;
}

static void kinds(FILE *f, const struct command *cmd)
{
	char text[256];

	fputs("\nKinds, their own options, and where each sits unless told otherwise:\n", f);
	for (const struct mangle_kind *k = mangle_kinds; k->name; k++) {
		term(f, 14, k->name, kind_text(k, text, sizeof(text)));
		if (cmd->kind_opts)
			option_rows(f, cmd->kind_opts(k), cmd->config, true);
	}
}

static void places(FILE *f, const struct mangle_kind *k)
{
	fputs("\nPlaces:\n", f);
	for (unsigned int i = 0; i < MANGLE_PLACES; i++)
		if (k->places & 1u << i)
			term(f, 19, mangle_place_name(1u << i), mangle_place_what(1u << i));
	if (k->elsewhere) {
		fputs("\nNot elsewhere: ", f);
		fill(f, 15, 0, k->elsewhere);
	}
}

static void examples(FILE *f, const char *lines)
{
	fputs("\nExamples:\n", f);
	while (*lines) {
		int len = strcspn(lines, "\n");

		fprintf(f, "  %.*s\n", len, lines);
		lines += len + (lines[len] == '\n');
	}
}

static void group(FILE *f, const struct command *const *table, enum command_group which)
{
	bool titled = false;

	for (; *table; table++) {
		if ((*table)->group != which || (*table)->flags & CMD_HIDDEN)
			continue;
		if (!titled)
			fprintf(f, "\n%s:\n", help_groups[which]);
		titled = true;
		term(f, 17, (*table)->name, (*table)->summary);
	}
}

static void overview_defaults(FILE *f)
{
	static const struct session defaults = { .lab = "default" };

	options(f, "Global options, before or after the command", global_opts, &defaults);
}

void help_overview(FILE *f, const struct command *const *table)
{
	fputs("Usage: ovslab [OPTIONS] COMMAND ...\n\n", f);
	fill(f, 0, 0, "Brings up two VMs on an Open vSwitch bridge, mangles packets with "
	     "eBPF programs, and measures throughput and what the switch reordered.");
	for (unsigned int i = 0; i < GROUP_N; i++)
		group(f, table, i);
	overview_defaults(f);
	terms(f, "Environment", 19, help_environment);
	terms(f, "Exit status", 9, help_statuses);
	fputs("\nExamples:\n"
	      "  ovslab up && ovslab inject psh --ratio 10 && ovslab measure\n"
	      "  ovslab run --list\n"
	      "  ovslab validate @recirc-upcall\n"
	      "  ovslab help measure\n", f);
}

static void relatives(FILE *f, const struct command *const *table, const char *name)
{
	size_t len = strlen(name);
	bool titled = false;

	for (; *table; table++) {
		if (strncmp((*table)->name, name, len) != 0 || (*table)->name[len] != ' ')
			continue;
		if (!titled)
			fputs("\nSee also:\n", f);
		titled = true;
		term(f, 17, (*table)->name, (*table)->summary);
	}
}

static void limits(FILE *f, const struct command *cmd)
{
	if (cmd->timeout)
		fprintf(f, "\nGives up after %u s, or --timeout SECS.\n", cmd->timeout);
	else
		fputs("\nHas no time limit, unless --timeout SECS sets one.\n", f);
	if (cmd->flags & CMD_JSON)
		fputs("Prints one JSON document with --json.\n", f);
	fputs("Global options, environment and exit status: 'ovslab help'.\n", f);
}

void help_summary(const struct command *cmd, char *buf, size_t len)
{
	snprintf(buf, len, "%s.", cmd->summary);
	*buf = (char)toupper((unsigned char)*buf);
}

void help_command(FILE *f, const struct command *const *table, const struct command *cmd)
{
	char text[200];

	fprintf(f, "Usage: ovslab %s%s%s%s\n\n", cmd->name, cmd->opts ? " [OPTIONS]" : "",
		cmd->args ? " " : "", cmd->args ? cmd->args : "");
	help_summary(cmd, text, sizeof(text));
	fill(f, 0, 0, text);
	if (cmd->about) {
		putc('\n', f);
		fill(f, 0, 0, cmd->about);
	}
	if (cmd->flags & CMD_KINDS)
		kinds(f, cmd);
	if (cmd->opts)
		options(f, "Options", cmd->opts, cmd->config);
	if (cmd->examples)
		examples(f, cmd->examples);
	relatives(f, table, cmd->name);
	limits(f, cmd);
}

void help_kind(FILE *f, const struct command *cmd, const struct mangle_kind *kind)
{
	const struct opt *own = cmd->kind_opts(kind);
	char text[256];

	fprintf(f, "Usage: ovslab %s %s [OPTIONS]\n\n", cmd->name, kind->name);
	fill(f, 0, 0, kind_text(kind, text, sizeof(text)));
	places(f, kind);
	if (own->name)
		options(f, "Options of its own", own, cmd->config);
	options(f, "Options that all kinds have", cmd->opts, cmd->config);
	fprintf(f, "\nWhat they mean together, and examples: 'ovslab help %s'.\n", cmd->name);
}

void help_family(FILE *f, const struct command *const *table, const char *word)
{
	size_t len = strlen(word);

	fprintf(f, "Usage: ovslab %s COMMAND ...\n\nCommands:\n", word);
	for (; *table; table++)
		if (strncmp((*table)->name, word, len) == 0 && (*table)->name[len] == ' ')
			term(f, 17, (*table)->name, (*table)->summary);
	fprintf(f, "\n'ovslab help %s COMMAND' explains one.\n", word);
}
