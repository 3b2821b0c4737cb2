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

static struct lint_config {
	bool schema;
} config;

static const struct opt opts[] = {
	{ "schema", 0, OPT_FLAG(struct lint_config, schema),
	  .help = "print the format as JSON Schema, for editors" },
	{ .name = NULL },
};

static void print_mistakes(const char *path, const struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++) {
		text_safe(stdout, path);
		printf(":%u:%u: ", m->v[i].line, m->v[i].column);
		text_safe(stdout, m->v[i].text);
		putchar('\n');
	}
	if (m->more)
		printf("... and %zu more\n", m->more);
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

static json_t *file_json(const char *path, const struct scenario *s, const struct mistakes *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(list, json_pack("{s:I,s:I,s:o}", "line", (json_int_t)m->v[i].line,
						      "column", (json_int_t)m->v[i].column, "message",
						      json_clean(m->v[i].text)));
	return json_pack("{s:o,s:o,s:b,s:o,s:I}", "file", json_clean(path), "name",
			 json_clean(s ? s->name : NULL), "ok", s != NULL, "mistakes", list, "more",
			 (json_int_t)m->more);
}

/* Return: STATUS_OK, STATUS_USAGE with mistakes, or -errno. */
static int lint(const struct session *s, const char *name, json_t *files, struct err *err)
{
	struct mistakes m = { .n = 0 };
	struct scenario *scenario;
	struct scenario_text text;
	int rc = scenario_load(name, &text, err);

	if (rc < 0)
		return rc;
	rc = scenario_read(text.data, text.size, &scenario, &m);
	if (rc == -ENOMEM)
		err_set(err, STATUS_BENCH, rc, "%s", strerror(ENOMEM));
	else if (s->json)
		json_array_append_new(files, file_json(text.path, scenario, &m));
	else if (scenario)
		print_good(text.path, scenario);
	else
		print_mistakes(text.path, &m);
	scenario_text_free(&text);
	scenario_free(scenario);
	return rc == -EINVAL ? STATUS_USAGE : rc;
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
		 "file:line:column: message, with what to do about it. Nothing is started, and no "
		 "privilege is needed: it is safe on a file from a stranger. Exit status 2 if there are "
		 "mistakes.\n\n"
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
