// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_lint.c - 'ovslab lint'
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "core/scenario.h"
#include "host/scenario_file.h"
#include "report/json.h"
#include "report/text.h"
#include "run/flow_check.h"

static struct lint_config {
	bool schema;
} config;

static const struct opt opts[] = {
	{ "schema", 0, OPT_FLAG(struct lint_config, schema),
	  .help = "print the format as JSON Schema, for editors" },
	{ .name = NULL },
};

static void print_mistakes(const char *path, const struct mistakes *m, const char *level)
{
	for (size_t i = 0; i < m->n; i++) {
		text_safe(stdout, path);
		printf(":%u:%u: %s", m->v[i].line, m->v[i].column, level);
		text_safe(stdout, m->v[i].text);
		putchar('\n');
	}
	if (m->more)
		printf("... and %zu more%s\n", m->more, *level ? ", as warnings" : "");
}

static void print_good(const char *path, const struct scenario *s)
{
	const char *cell, *own = scenario_own(s, &cell);

	text_safe(stdout, path);
	printf(": ok (%s: ", s->name);
	text_safe(stdout, s->summary);
	puts(")");
	if (own)
		printf("  needs --set %s%s%s=%s when it is run\n", cell ? cell : "", cell ? "." : "", own,
		       strcmp(own, "ovs") == 0 ? "dir:TREE" : "file:KERNEL,MODULES");
}

static void print_flows(const struct flow_check *flows)
{
	if (flows->done)
		return;
	fputs(flows->wrong.n + flows->doubtful.n ? "  its flows were not checked to the end: " :
	      "  its flows were not checked: ", stdout);
	text_safe(stdout, flows->why_not);
	putchar('\n');
}

/* All that is known of a file. */
struct linted {
	const char *path;
	struct scenario *scenario;	/* NULL: .mistakes has why */
	struct mistakes mistakes;
	struct flow_check flows;	/* of a scenario without other mistakes */
};

static json_t *mistakes_json(const struct mistakes *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(list, json_pack("{s:I,s:I,s:o}", "line", (json_int_t)m->v[i].line,
						      "column", (json_int_t)m->v[i].column, "message",
						      json_clean(m->v[i].text)));
	return list;
}

static json_t *file_json(const struct linted *l)
{
	const struct mistakes *m = &l->mistakes;

	return json_pack("{s:o,s:o,s:b,s:o,s:I,s:o,s:b}", "file", json_clean(l->path), "name",
			 json_clean(l->scenario ? l->scenario->name : NULL), "ok",
			 l->scenario != NULL && !m->n, "mistakes", mistakes_json(m), "more", (json_int_t)m->more,
			 "warnings", mistakes_json(&l->flows.doubtful), "flows_checked",
			 l->scenario != NULL && l->flows.done);
}

static void print_file(const struct linted *l)
{
	print_mistakes(l->path, &l->mistakes, "");
	print_mistakes(l->path, &l->flows.doubtful, "warning: ");
	if (!l->scenario)
		return;
	if (!l->mistakes.n)
		print_good(l->path, l->scenario);
	print_flows(&l->flows);
}

/* Return: 0, also with mistakes, or -errno. */
static int look(const struct session *s, const struct scenario_text *text, struct linted *l,
		struct err *err)
{
	int rc = scenario_read(text->data, text->size, &l->scenario, &l->mistakes);

	if (rc == -ENOMEM)
		return err_set(err, STATUS_BENCH, rc, "%s", strerror(ENOMEM));
	rc = l->scenario ? flow_check(&s->job, l->scenario, &l->flows, err) : 0;
	if (rc == 0 && l->scenario)
		l->mistakes = l->flows.wrong;
	return rc;
}

/* Return: STATUS_OK, STATUS_USAGE with mistakes, or -errno. */
static int lint(const struct session *s, const char *name, json_t *files, struct err *err)
{
	struct linted l = { .scenario = NULL };
	struct scenario_text text;
	int rc = scenario_load(name, &text, err);

	if (rc < 0)
		return rc;
	l.path = text.path;
	rc = look(s, &text, &l, err);
	if (rc == 0 && s->json)
		json_array_append_new(files, file_json(&l));
	else if (rc == 0)
		print_file(&l);
	if (rc == 0 && l.mistakes.n)
		rc = STATUS_USAGE;
	scenario_text_free(&text);
	scenario_free(l.scenario);
	return rc;
}

static int run_lint(const struct session *s, int argc, char **argv, struct err *err)
{
	int worst = STATUS_OK, rc = 0;
	json_t *files;

	if (config.schema && argc == 0)
		return print_json(scenario_schema(), err);
	if (config.schema || argc == 0)
		return err_set(err, STATUS_USAGE, EINVAL, config.schema ?
			       "--schema is for no file" : "which file?");
	files = json_array();
	for (int i = 0; i < argc && rc >= 0; i++) {
		rc = lint(s, argv[i], files, err);
		worst = rc > worst ? rc : worst;
	}
	if (rc >= 0 && s->json)
		rc = print_json(json_pack("{s:s,s:O}", "schema", "ovslab.lint/1", "files", files), err);
	json_decref(files);
	return rc < 0 ? rc : worst;
}

const struct command cmd_lint = {
	.name = "lint",
	.group = GROUP_EXPERIMENT,
	.args = "[SCENARIO...]",
	.args_max = ARGS_ANY,
	.summary = "say what is wrong with scenario files",
	.about = "Reads scenario files, or shipped scenarios by @NAME, and prints each mistake as "
		 "file:line:column: message, with what to do about it. No lab is started, and no "
		 "privilege is needed: it is safe on a file from a stranger. Exit status 2 if there are "
		 "mistakes.\n\n"
		 "Flows are read by this host's ovs-ofctl, without a switch; where there is none, that is "
		 "told. What it does not take is a warning, and no mistake, if the switch's Open vSwitch "
		 "is or may be newer, or if it is a port's name, which only a switch knows.\n\n"
		 "The format is described in ovslab-scenario(5).",
	.examples = "ovslab lint bug.yml\n"
		    "ovslab lint @psh-split @recirc-upcall\n"
		    "# for an editor's YAML language server\n"
		    "ovslab lint --schema >scenario.json",
	.opts = opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_JSON,
	.run = run_lint,
};
