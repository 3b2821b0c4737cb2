// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_template.c - a scenario file to begin with: the table of keys, as comments
 *
 * What must be there stands there; the rest is a comment that says what it is for. It is
 * a scenario as it is, and passes 'ovslab lint'.
 */
#include "core/scenario_parts.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 96

static const char *const opening =
	"# A scenario of ovslab: what to set up, what to send, and what to expect of it.\n"
	"# 'ovslab lint FILE' tells what is wrong with it; ovslab-scenario(5) has the keys.\n"
	"# Lines that begin with '#' are what could stand here too.\n\n";

static const char *const flows =
	"openflow:\n"
	"  - \"priority=0,actions=NORMAL\"\n"
	"  - \"priority=100,tcp,tcp_flags=+psh,actions=NORMAL\"\n";

/* "# " and the text in lines of a width, all indented */
static void put_comment(FILE *f, const char *text, int indent)
{
	int col = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (col && col + 1 + len > WIDTH - indent) {
			putc('\n', f);
			col = 0;
		}
		if (!col)
			col = fprintf(f, "%*s#", indent, "") - indent;
		col += fprintf(f, " %.*s", len, text);
		text += len + strspn(text + len, " ");
	}
	putc('\n', f);
}

static void put_choices(FILE *f, const struct scenario_key *key, int indent)
{
	char text[400];
	size_t used = strlen(scenario_key_help(key, text, sizeof(text)));

	for (const char *const *c = key->choices; c && *c && used < sizeof(text); c++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", c == key->choices ? " (" : ", ", *c);
	if (key->choices && used < sizeof(text) - 1)
		strcat(text, ")");
	put_comment(f, text, indent);
}

static void put_keys(FILE *f, const struct scenario_key *keys, int indent, const char *name, bool live);

static void put_key(FILE *f, const struct scenario_key *key, int indent, const char *name, bool live)
{
	bool here = live && key->flags & SC_LIVE;
	const char *example = strcmp(key->name, "name") == 0 && name ? name : key->example;

	put_choices(f, key, indent);
	fprintf(f, "%*s%s%s:", indent, "", here ? "" : "#", key->name);
	if (key->type == SC_MAP) {
		putc('\n', f);
		put_keys(f, key->sub, indent + 2, NULL, here);
	} else {
		fprintf(f, " %s\n", example);
	}
}

static void put_keys(FILE *f, const struct scenario_key *keys, int indent, const char *name, bool live)
{
	for (; keys->name; keys++) {
		/* of the keys of variants there is enough once */
		if (keys->flags & SC_CELL && keys->type == SC_MAP)
			fprintf(f, "%*s#%s: { bench: { ovs: %s, kernel: %s } }\n", indent, "", keys->name,
				strcmp(keys->name, "fixed") ? "trixie" : "sid",
				strcmp(keys->name, "fixed") ? "trixie" : "sid");
		else if (strcmp(keys->name, "openflow") == 0)
			put_comment(f, keys->help, indent), fputs(flows, f);
		else if (strcmp(keys->name, "score") == 0)
			put_comment(f, keys->help, indent), fputs("#score: { metric: reordered }\n", f);
		else
			put_key(f, keys, indent, name, live);
		if (!indent)
			putc('\n', f);
	}
}

char *scenario_template(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(opening, f);
	put_keys(f, scenario_keys, 0, name, true);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
