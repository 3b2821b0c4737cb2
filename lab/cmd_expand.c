// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_expand.c - ovslab expand FILE: the tables, put into man page and completion
 *
 * Used by the build. Copies a template to stdout; a line that is a comment with
 * one marker, '.\" @commands@' or '# @tables@', is replaced by what the tables
 * say: neither pages nor completion can disagree with what the command accepts.
 * Since every build runs it, it also checks the option tables.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/util.h"
#include "expand.h"

static const struct marker {
	const char *line;
	void (*expand)(FILE *f, const struct command *const *table);
} markers[] = {
	{ ".\\\" @options@\n", expand_man_options },
	{ ".\\\" @commands@\n", expand_man_commands },
	{ ".\\\" @kinds@\n", expand_man_kinds },
	{ ".\\\" @scenario@\n", expand_man_scenario },
	{ ".\\\" @metrics@\n", expand_man_metrics },
	{ ".\\\" @environment@\n", expand_man_environment },
	{ ".\\\" @statuses@\n", expand_man_statuses },
	{ "# @tables@\n", expand_bash_tables },
};

static const struct marker *find_marker(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(markers); i++)
		if (strcmp(markers[i].line, line) == 0)
			return &markers[i];
	return NULL;
}

/* '.\" @example FILE@': FILE stands beside the template; tests look at it by itself. */
static int expand_example(const char *line, const char *path, bool *ret_done, struct err *err)
{
	_cleanup_fclose_ FILE *example = NULL;
	char name[64], beside[PATH_MAX];
	const char *slash = strrchr(path, '/');

	*ret_done = sscanf(line, ".\\\" @example %63[a-z.-]@", name) == 1;
	if (!*ret_done)
		return 0;
	snprintf(beside, sizeof(beside), "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, name);
	example = fopen(beside, "re");
	if (!example)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", beside, strerror(errno));
	expand_man_example(stdout, example);
	return 0;
}

static int check_tables(struct err *err)
{
	static struct session globals;
	int rc = 0;

	for (const struct command *const *c = commands; *c && rc == 0; c++) {
		struct opt_set sets[] = { { global_opts, &globals },
					  { (*c)->opts, (*c)->config }, { NULL, NULL } };

		rc = opt_check(sets, (*c)->name, err);
	}
	return rc;
}

static int expand(FILE *template, const char *path, struct err *err)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, template) > 0) {
		const struct marker *m = find_marker(line);
		bool done;
		int rc = expand_example(line, path, &done, err);

		if (rc < 0)
			return rc;
		if (done)
			continue;
		if (m)
			m->expand(stdout, commands);
		else if (strstr(line, " @") && strstr(line, "@\n"))
			return err_set(err, STATUS_USAGE, EINVAL, "%s: unknown marker: %.*s",
				       path, (int)strcspn(line, "\n"), line);
		else
			fputs(line, stdout);
	}
	return STATUS_OK;
}

static int run_expand(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_fclose_ FILE *template = fopen(argv[0], "re");
	int rc;

	if (!template)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", argv[0], strerror(errno));
	rc = check_tables(err);
	return rc < 0 ? rc : expand(template, argv[0], err);
}

const struct command cmd_expand = {
	.name = "expand",
	.group = GROUP_OTHER,
	.args = "FILE",
	.args_min = 1, .args_max = 1,
	.summary = "fill a template of the man page or of the completion",
	.run = run_expand,
	.flags = CMD_HIDDEN,
};
