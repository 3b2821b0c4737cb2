// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inject_kinds.c - 'ovslab inject kinds': what manglers there are, and where they work
 */
#include "cmd.h"

#include "core/mangle.h"
#include "report/table_text.h"

/* The places where a kind works, or, if that is shorter, where it does not. */
static void print_where(const struct mangle_kind *k)
{
	unsigned int missing = PLACES_ALL & ~k->places;
	bool but = !(missing & (missing - 1));
	const char *before = but ? "all places but " : "only ";

	printf("%-8s ", k->name);
	for (unsigned int i = 0; i < MANGLE_PLACES; i++)
		if ((but ? missing : k->places) & 1u << i) {
			printf("%s%s", before, mangle_place_name(1u << i));
			before = ", ";
		}
	putchar('\n');
}

static int print_table(void)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "KIND", TABLE_LEFT);
	table_column(&t, "UNLESS TOLD", TABLE_LEFT);
	table_column(&t, "WHAT", TABLE_LEFT);
	for (const struct mangle_kind *k = mangle_kinds; k->name; k++) {
		table_cell(&t, "%s", k->name);
		table_cell(&t, "%s", k->default_place);
		table_cell(&t, "%s", k->summary);
	}
	rc = table_print(stdout, &t, 0, false);
	table_free(&t);
	putchar('\n');
	for (unsigned int i = 0; i < MANGLE_PLACES; i++)
		printf("%-16s %s\n", mangle_place_name(1u << i), mangle_place_what(1u << i));
	putchar('\n');
	for (const struct mangle_kind *k = mangle_kinds; k->name; k++)
		if (k->places != PLACES_ALL)
			print_where(k);
	printf("\n'ovslab help inject KIND' tells the options of one. Commands of their own:\n"
	       "'inject bpf' loads a program of yours, 'inject netem' puts netem at NODE:egress.\n");
	return rc;
}

static json_t *option_json(enum mangle_option o)
{
	const struct mangle_option_row *row = &mangle_option_rows[o];

	return json_pack("{s:s,s:s?,s:s}", "option", row->name, "value", row->arg, "help", row->help);
}

static json_t *kind_json(const struct mangle_kind *k)
{
	json_t *places = json_array(), *options = json_array();

	for (unsigned int i = 0; i < MANGLE_PLACES; i++)
		if (k->places & 1u << i)
			json_array_append_new(places, json_string(mangle_place_name(1u << i)));
	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++)
		if (k->options & 1ULL << o)
			json_array_append_new(options, option_json(o));
	return json_pack("{s:s,s:s,s:o,s:s?,s:s,s:I,s:o}", "kind", k->name, "summary", k->summary,
			 "places", places, "elsewhere", k->elsewhere, "default_place",
			 k->default_place, "default_ratio", (json_int_t)k->default_ratio, "options",
			 options);
}

static json_t *place_json(enum mangle_place place)
{
	return json_pack("{s:s,s:s}", "place", mangle_place_name(place), "what",
			 mangle_place_what(place));
}

static json_t *document(void)
{
	json_t *kinds = json_array(), *places = json_array(), *common = json_array();

	for (const struct mangle_kind *k = mangle_kinds; k->name; k++)
		json_array_append_new(kinds, kind_json(k));
	for (unsigned int i = 0; i < MANGLE_PLACES; i++)
		json_array_append_new(places, place_json(1u << i));
	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++)
		if (mangle_option_rows[o].common)
			json_array_append_new(common, option_json(o));
	return json_pack("{s:s,s:o,s:o,s:o}", "schema", "ovslab.inject-kinds/1", "kinds", kinds,
			 "places", places, "common_options", common);
}

static int run_inject_kinds(const struct session *s, int argc, char **argv, struct err *err)
{
	return s->json ? print_json(document(), err) : print_table();
}

const struct command cmd_inject_kinds = {
	.name = "inject kinds",
	.group = GROUP_EXPERIMENT,
	.summary = "list the kinds of manglers, and where they work",
	.about = "Lists the kinds, where each sits without --at, where else it can, and what it "
		 "changes. Where an edit would break checksums, or the switch would never see it, a "
		 "kind does not work; the reason is in 'ovslab help inject KIND' and in the JSON.",
	.examples = "ovslab inject kinds\n"
		    "ovslab inject kinds --json | jq -c '.kinds[] | [.kind, .places]'",
	.timeout = 10,
	.flags = CMD_JSON,
	.run = run_inject_kinds,
};
