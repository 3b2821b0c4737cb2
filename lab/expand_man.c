// SPDX-License-Identifier: GPL-2.0
/*
 * expand_man.c - the command tables as mdoc(7)
 */
#include <string.h>

#include "core/mangle.h"
#include "core/scenario_parts.h"
#include "core/util.h"
#include "expand.h"
#include "help.h"

/* ASCII that readers copy must stay ASCII. NULL: as it is. */
static const char *escape(char c)
{
	static const struct {
		char c;
		const char *escape;
	} escapes[] = {
		{ '\\', "\\e" }, { '\'', "\\(aq" }, { '"', "\\(dq" }, { '`', "\\(ga" },
		{ '^', "\\(ha" }, { '~', "\\(ti" }, { '-', "\\-" }, { 0, NULL }
	};
	int i = 0;

	while (escapes[i].escape && escapes[i].c != c)
		i++;
	return escapes[i].escape;
}

static void put_char(FILE *f, char c)
{
	if (escape(c))
		fputs(escape(c), f);
	else
		putc(c, f);
}

static size_t escaped_length(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += escape(text[i]) ? strlen(escape(text[i])) : 1;
	return n;
}

static void put_text(FILE *f, const char *text, size_t len)
{
	if (len && *text == '.')
		fputs("\\&", f);	/* or it would be a request */
	for (size_t i = 0; i < len; i++)
		put_char(f, text[i]);
}

/* Words, on lines of a length that the sources of pages keep to. */
static void put_words(FILE *f, const char *text, const char *end)
{
	size_t col = 0;

	for (; text < end; text += strspn(text, " ")) {
		size_t len = strcspn(text, " "), room;

		if (len > (size_t)(end - text))
			len = end - text;
		room = escaped_length(text, len);
		if (col)
			putc(col + room > 78 ? '\n' : ' ', f);
		col = col + room > 78 ? 0 : col;
		put_text(f, text, len);
		col += room + 1;
		text += len;
	}
	putc('\n', f);
}

/* Paragraphs, one sentence a line. */
static void prose(FILE *f, const char *text)
{
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		const char *stop = strstr(text, ". ");

		if (stop && stop < end)
			end = stop + 1;
		put_words(f, text, end);
		if (strncmp(end, "\n\n", 2) == 0)
			fputs(".Pp\n", f);
		text = end + strspn(end, " \n");
	}
}

static void quoted(FILE *f, const char *macro, const char *text)
{
	fprintf(f, " %s \"", macro);
	put_text(f, text, strlen(text));
	putc('"', f);
}

static void terms(FILE *f, const char *macro, const struct help_term *rows)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (; rows->term; rows++) {
		fputs(".It", f);
		quoted(f, macro, rows->term);
		putc('\n', f);
		prose(f, rows->meaning);
	}
	fputs(".El\n", f);
}

static void options(FILE *f, const struct opt *opts, const void *config)
{
	char text[512];

	fputs(".Bl -tag -width Ds\n", f);
	for (; opts->name; opts++) {
		const char *arg = opt_arg_name(opts);

		fputs(".It", f);
		if (opts->key)
			fprintf(f, " Fl %c ,", opts->key);
		fputs(" Fl \\-", f);
		put_text(f, opts->name, strlen(opts->name));
		if (arg)
			quoted(f, "Ar", arg);
		putc('\n', f);
		help_option(opts, config, text, sizeof(text));
		prose(f, text);
	}
	fputs(".El\n", f);
}

static void examples(FILE *f, const char *lines)
{
	fputs(".Pp\n.Bd -literal -offset 2n -compact\n", f);
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		put_text(f, lines, len);
		putc('\n', f);
		lines += len + (lines[len] == '\n');
	}
	fputs(".Ed\n", f);
}

static void limits(FILE *f, const struct command *cmd)
{
	if (!cmd->timeout && !(cmd->flags & CMD_JSON))
		return;
	fputs(".Pp\n", f);
	if (cmd->timeout)
		fprintf(f, "Gives up after %u s, or\n.Fl \\-timeout Ar SECS .\n", cmd->timeout);
	if (cmd->flags & CMD_JSON)
		fputs("Prints one JSON document with\n.Fl \\-json .\n", f);
}

static void command(FILE *f, const struct command *cmd)
{
	char text[200];

	fputs(".It", f);
	quoted(f, "Ic", cmd->name);
	if (cmd->opts)
		fputs(" Oo Ar options Oc", f);
	if (cmd->args)
		quoted(f, "Ar", cmd->args);
	putc('\n', f);
	help_summary(cmd, text, sizeof(text));
	prose(f, text);
	if (cmd->about) {
		fputs(".Pp\n", f);
		prose(f, cmd->about);
	}
	limits(f, cmd);
	if (cmd->opts)
		options(f, cmd->opts, cmd->config);
	if (cmd->examples)
		examples(f, cmd->examples);
}

void expand_man_commands(FILE *f, const struct command *const *table)
{
	for (unsigned int g = 0; g < GROUP_N; g++) {
		bool titled = false;

		for (const struct command *const *c = table; *c; c++) {
			if ((*c)->group != g || (*c)->flags & CMD_HIDDEN)
				continue;
			if (!titled)
				fprintf(f, ".Ss %s\n.Bl -tag -width Ds\n", help_groups[g]);
			titled = true;
			command(f, *c);
		}
		if (titled)
			fputs(".El\n", f);
	}
}

void expand_man_options(FILE *f, const struct command *const *table)
{
	static const struct session defaults = { .lab = "default" };

	options(f, global_opts, &defaults);
}

static const struct command *kinds_command(const struct command *const *table)
{
	while (*table && !(*table)->kind_opts)
		table++;
	return *table;
}

static void places(FILE *f, const struct mangle_kind *k)
{
	fputs(".Pp\nWorks at", f);
	for (unsigned int i = 0; i < MANGLE_PLACES; i++) {
		if (!(k->places & 1u << i))
			continue;
		fputs("\n.Cm ", f);
		put_text(f, mangle_place_name(1u << i), strlen(mangle_place_name(1u << i)));
		if (k->places >> (i + 1))
			fputs(" ,", f);
	}
	fputs(" ;\nat\n.Cm ", f);
	put_text(f, k->default_place, strlen(k->default_place));
	fputs("\nunless told otherwise.\n", f);
}

void expand_man_kinds(FILE *f, const struct command *const *table)
{
	const struct command *cmd = kinds_command(table);

	fputs(".Bl -tag -width Ds\n", f);
	for (const struct mangle_kind *k = mangle_kinds; k->name; k++) {
		const struct opt *own = cmd ? cmd->kind_opts(k) : NULL;

		fprintf(f, ".It Cm %s\n", k->name);
		prose(f, k->summary);
		places(f, k);
		if (own && own->name)
			options(f, own, cmd->config);
	}
	fputs(".El\n", f);
}

/* ---- scenario files ------------------------------------------------------------------- */

/* "1 to 64", "128M to 1T" */
static size_t scenario_range(const struct scenario_key *key, char *buf, size_t size)
{
	unsigned int type = key->type == SC_SETTING ? key->item : key->type;
	bool number = type == SC_UINT || type == SC_CPU || type == SC_SIZE || type == SC_MIB ||
		      type == SC_SECONDS;
	char low[32], high[32];

	if (!number || key->max <= key->min)
		return 0;
	scenario_number(key, key->min, low, sizeof(low));
	scenario_number(key, key->max, high, sizeof(high));
	return snprintf(buf, size, ", %s to %s", low, high);
}

/* What the value must be, between what bounds, and what holds without it. */
static void scenario_type(FILE *f, const struct scenario_key *key, const void *in)
{
	char text[600], value[40];
	size_t used = snprintf(text, sizeof(text), "It is %s", scenario_type_phrase(key));

	for (const char *const *c = key->choices; c && *c && used < sizeof(text); c++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", c == key->choices ? ": " : ", ", *c);
	if (used < sizeof(text))
		used += scenario_range(key, text + used, sizeof(text) - used);
	if (*scenario_default(key, in, value, sizeof(value)) && used < sizeof(text))
		used += snprintf(text + used, sizeof(text) - used, "; without it %s", value);
	if (key->flags & SC_REQUIRED && used < sizeof(text))
		used += snprintf(text + used, sizeof(text) - used, "; it must be there");
	if (used < sizeof(text) - 1)
		strcat(text, ".");
	prose(f, text);
}

static void scenario_example(FILE *f, const struct scenario_key *key)
{
	fputs("Such as\n.Li", f);
	quoted(f, "", key->example);
	fputs(" .\n", f);
}

static void scenario_rows(FILE *f, const struct scenario_key *keys, const char *in);

/* @in: the struct of its map, as it is without the file; @twin: the row before has the same keys */
static void scenario_row(FILE *f, const struct scenario_key *key, const char *in, bool twin)
{
	bool one = in && key->type == SC_MAP && !(key->flags & SC_CELL);
	char text[600];
	size_t len;

	fputs(".It", f);
	quoted(f, "Cm", key->name);
	putc('\n', f);
	len = strlen(scenario_key_help(key, text, sizeof(text) - 2));
	strcpy(text + len, ".");
	prose(f, text);
	if (!key->sub)
		scenario_type(f, key, in);
	if ((key->type == SC_LIST || key->type == SC_NAMED) && key->example)
		scenario_example(f, key);
	if (key->sub && twin && !(key->flags & SC_CELL))
		prose(f, "It has the same keys.");
	else if (key->sub && !(key->flags & SC_CELL))
		scenario_rows(f, key->sub, one ? in + key->offset : NULL);
}

static void scenario_rows(FILE *f, const struct scenario_key *keys, const char *in)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (const struct scenario_key *key = keys; key->name; key++)
		scenario_row(f, key, in, key != keys && key->sub && key->sub == key[-1].sub);
	fputs(".El\n", f);
}

void expand_man_scenario(FILE *f, const struct command *const *table)
{
	struct scenario *defaults = scenario_new();

	scenario_rows(f, scenario_keys, (const char *)defaults);
	scenario_free(defaults);
}

/* Which way is better, and of which traffic. */
static void metric_row(FILE *f, const struct scenario_metric *m)
{
	static const char *const better[] = { "", "; less is better", "; more is better" };
	char text[400];
	size_t used = snprintf(text, sizeof(text), "%s%s.", m->help, better[m->better]);

	for (unsigned int kind = 0, n = 0; m->kinds && scenario_kind_names[kind]; kind++)
		if (m->kinds & 1U << kind && used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - used, "%s%s",
					 n++ ? ", " : " With traffic of kind: ", scenario_kind_names[kind]);
	if (m->kinds && used < sizeof(text) - 1)
		strcat(text, ".");
	fputs(".It", f);
	quoted(f, "Cm", m->name);
	putc('\n', f);
	prose(f, text);
}

void expand_man_metrics(FILE *f, const struct command *const *table)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (const struct scenario_metric *m = scenario_metrics; m->name; m++)
		metric_row(f, m);
	fputs(".El\n", f);
}

void expand_man_example(FILE *f, FILE *example)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t len;

	fputs(".Bd -literal -offset 2n\n", f);
	while ((len = getline(&line, &size, example)) > 0) {
		put_text(f, line, len - (line[len - 1] == '\n'));
		putc('\n', f);
	}
	fputs(".Ed\n", f);
}

void expand_man_environment(FILE *f, const struct command *const *table)
{
	terms(f, "Ev", help_environment);
}

void expand_man_statuses(FILE *f, const struct command *const *table)
{
	terms(f, "Cm", help_statuses);
}
