// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_init.c - 'ovslab init'
 */
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core/scenario.h"
#include "core/util.h"
#include "host/scenario_file.h"

static struct init_config {
	const char *from;
} config;

static const struct opt opts[] = {
	{ "from", 0, OPT_STRING(struct init_config, from), .arg = "FILE", .fallback = "a template",
	  .help = "begin with a copy of this scenario, a file or @NAME" },
	{ .name = NULL },
};

/* "/tmp/My bug.yml" as a scenario's name: "my-bug" */
static void name_of(const char *path, char *buf, size_t size)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t n = 0;

	for (; *base && *base != '.' && n + 1 < size; base++) {
		unsigned char c = tolower((unsigned char)*base);
		bool good = (c >= 'a' && c <= 'z') || isdigit(c);

		if (good || (n && buf[n - 1] != '-'))
			buf[n++] = good ? c : '-';
	}
	while (n && buf[n - 1] == '-')
		n--;
	buf[n] = '\0';
	if (!n)
		snprintf(buf, size, "my-bug");
}

/* Never over a file that is there. */
static FILE *create(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), rc = -errno;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (f)
		return f;
	if (fd >= 0)
		close(fd);
	err_set(err, STATUS_USAGE, rc, "%s: %s", path, strerror(-rc));
	if (rc == -EEXIST)
		err_hint(err, "it is left as it is: choose another name");
	return NULL;
}

/* The text with another name on the line that has it, and where it is from. */
static void put_renamed(FILE *f, const struct scenario_text *text, const char *from,
			unsigned int name_line, const char *name)
{
	const char *end = text->data + text->size;
	unsigned int line = 1;

	fprintf(f, "# Made from %s.\n", from);
	for (const char *at = text->data; at < end; line++) {
		const char *newline = memchr(at, '\n', end - at);
		size_t len = newline ? (size_t)(newline + 1 - at) : (size_t)(end - at);

		if (line == name_line)
			fprintf(f, "name: %s\n", name);
		else
			fwrite(at, 1, len, f);
		at += len;
	}
}

/* The file is closed. */
static int finish(FILE *f, const char *path, struct err *err)
{
	int rc = ferror(f) ? -EIO : 0;

	if (fclose(f) != 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	unlink(path);
	return err_set(err, STATUS_BENCH, rc, "%s: %s", path, strerror(-rc));
}

static int write_copy(const char *path, const char *name, struct err *err)
{
	struct scenario *scenario = NULL;
	struct scenario_text text;
	int rc = scenario_open(config.from, &scenario, err);
	FILE *f;

	if (rc == 0)
		rc = scenario_load(config.from, &text, err);
	if (rc == 0) {
		f = create(path, err);
		if (f)
			put_renamed(f, &text, config.from, scenario->name_line, name);
		rc = f ? finish(f, path, err) : -EEXIST;
		scenario_text_free(&text);
	}
	scenario_free(scenario);
	return rc;
}

static int write_template(const char *path, const char *name, struct err *err)
{
	_cleanup_free_ char *text = scenario_template(name);
	FILE *f;

	if (!text)
		return err_set(err, STATUS_BENCH, ENOMEM, "%s", strerror(ENOMEM));
	f = create(path, err);
	if (!f)
		return -EEXIST;
	fputs(text, f);
	return finish(f, path, err);
}

static int run_init(const struct session *s, int argc, char **argv, struct err *err)
{
	char name[SCENARIO_NAME_MAX + 1];
	int rc;

	name_of(argv[0], name, sizeof(name));
	rc = config.from ? write_copy(argv[0], name, err) : write_template(argv[0], name, err);
	if (rc < 0)
		return rc;
	if (!s->quiet)
		fprintf(stderr, "wrote %s; check it with: ovslab lint %s\n", argv[0], argv[0]);
	return STATUS_OK;
}

const struct command cmd_init = {
	.name = "init",
	.group = GROUP_EXPERIMENT,
	.args = "FILE",
	.args_min = 1, .args_max = 1,
	.summary = "write a scenario file to begin with",
	.about = "Writes a file in which what must be there stands, and all else as comments that say what "
		 "it is for; or a copy of a scenario, under the file's name. A file that exists is never "
		 "overwritten.",
	.examples = "ovslab init bug.yml\novslab init bug.yml --from @first-psh",
	.opts = opts,
	.config = &config,
	.timeout = 60,
	.run = run_init,
};
