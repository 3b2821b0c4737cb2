// SPDX-License-Identifier: GPL-2.0
/*
 * cmd.c - what all commands share: global options, names, checks, JSON
 *
 * Works on any table of commands; the one table is in cmd_table.c.
 */
#include "cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/mangle.h"
#include "core/nearest.h"
#include "core/util.h"
#include "report/text.h"

#define UNFOLDED 100000u		/* columns of a line where there is no terminal */

const struct opt global_opts[] = {
	{ "lab", 'n', OPT_STRING(struct session, lab), .arg = "LAB",
	  .help = "the lab to work on" },
	{ "json", 'j', OPT_FLAG(struct session, json),
	  .help = "print one JSON document" },
	{ "quiet", 'q', OPT_FLAG(struct session, quiet),
	  .help = "show no progress, only errors" },
	{ "verbose", 'v', OPT_COUNT(struct session, verbosity),
	  .help = "say more: each phase with the time at which it began, all figures of a report" },
	{ "timeout", 0, OPT_SECONDS(struct session, timeout), .min = 1, .max = 30 * 86400,
	  .help = "give up after that time", .fallback = "the command's own" },
	{ "help", 'h', OPT_STOP(struct session, help),
	  .help = "explain ovslab, or the command" },
	{ "version", 'V', OPT_STOP(struct session, version), .help = "print the version" },
	{ .name = NULL }
};

/* How many of @argv spell the command's name; 0 if they do not. */
static int words_matched(const char *name, int argc, char **argv)
{
	int words = 0;

	while (words < argc) {
		size_t len = strlen(argv[words]);

		if (len == 0 || strncmp(name, argv[words], len) != 0)
			return 0;
		words++;
		if (name[len] == '\0')
			return words;
		if (name[len] != ' ')
			return 0;
		name += len + 1;
	}
	return 0;
}

const struct command *command_find(const struct command *const *table, int argc,
				   char **argv, int *ret_words)
{
	const struct command *found = NULL;
	int longest = 0;

	for (; *table; table++) {
		int words = words_matched((*table)->name, argc, argv);

		if (words > longest) {
			longest = words;
			found = *table;
		}
	}
	*ret_words = longest;
	return found;
}

static size_t family_length(const char *name)
{
	const char *space = strchr(name, ' ');

	return space ? (size_t)(space - name) : 0;
}

bool command_is_family(const struct command *const *table, const char *word)
{
	for (; *table; table++) {
		size_t len = family_length((*table)->name);

		if (len && len == strlen(word) && strncmp((*table)->name, word, len) == 0)
			return true;
	}
	return false;
}

/* 'image', or 'image' and a word that does not belong to it */
static int family_unknown(const struct command *const *table, int argc, char **argv,
			  struct err *err)
{
	struct nearest near = { .word = argc > 1 ? argv[1] : "" };
	size_t len = strlen(argv[0]);
	char list[256] = "";

	for (; *table; table++) {
		size_t used = strlen(list);

		if (family_length((*table)->name) != len ||
		    strncmp((*table)->name, argv[0], len) != 0)
			continue;
		nearest_offer(&near, (*table)->name + len + 1);
		snprintf(list + used, sizeof(list) - used, "%s'%s'", used ? " or " : "",
			 (*table)->name);
	}
	if (argc < 2 || argv[1][0] == '-')
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' alone is no command: %s",
			       argv[0], list);
	err_set(err, STATUS_USAGE, EINVAL, "unknown command '%s %s'%s%s%s%s%s", argv[0],
		argv[1], near.best ? " (did you mean '" : "", near.best ? argv[0] : "",
		near.best ? " " : "", near.best ? near.best : "", near.best ? "'?)" : "");
	err_hint(err, "there is %s", list);
	return -EINVAL;
}

int command_unknown(const struct command *const *table, int argc, char **argv,
		    struct err *err)
{
	struct nearest near = { .word = argv[0] };

	if (command_is_family(table, argv[0]))
		return family_unknown(table, argc, argv, err);
	for (; *table; table++)
		if (!((*table)->flags & CMD_HIDDEN))
			nearest_offer(&near, (*table)->name);
	err_set(err, STATUS_USAGE, EINVAL, "unknown command '%s'%s%s%s", argv[0],
		near.best ? " (did you mean '" : "", near.best ? near.best : "",
		near.best ? "'?)" : "");
	err_hint(err, "'ovslab help' lists the commands");
	return -EINVAL;
}

int command_check_args(const struct command *cmd, int argc, char **argv,
		       struct err *err)
{
	if (argc < cmd->args_min)
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' needs %s%s", cmd->name,
			       argc ? "more arguments: " : "", cmd->args);
	if (cmd->args_max == ARGS_ANY || argc <= cmd->args_max)
		return 0;
	if (cmd->args_max == 0)
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' takes no argument: '%s'",
			       cmd->name, argv[0]);
	return err_set(err, STATUS_USAGE, EINVAL, "'%s' takes %s: '%s' is one too many",
		       cmd->name, cmd->args, argv[cmd->args_max]);
}

int kind_unknown(const char *name, struct err *err)
{
	struct nearest near = { .word = name };
	char list[256] = "";

	for (const struct mangle_kind *k = mangle_kinds; k->name; k++) {
		size_t used = strlen(list);

		nearest_offer(&near, k->name);
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", k->name);
	}
	nearest_offer(&near, "bpf");	/* commands of their own, kinds of 'inject clear' */
	nearest_offer(&near, "netem");
	err_set(err, STATUS_USAGE, EINVAL, "unknown kind '%s'%s%s%s", name,
		near.best ? " (did you mean '" : "", near.best ? near.best : "",
		near.best ? "'?)" : "");
	err_hint(err, "the kinds are: %s, bpf, netem", list);
	return -EINVAL;
}

bool use_color(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb") != 0 && isatty(fileno(f));
}

unsigned int terminal_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void print_filled(const char *first, const char *fmt, ...)
{
	unsigned int columns = terminal_columns(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	text_fill(stdout, text ? text : "?", first, (unsigned int)strlen(first), columns ? columns : UNFOLDED);
}

int stdout_failed(int rc, struct err *err)
{
	__fpurge(stdout);		/* or it fails again, and is told twice */
	clearerr(stdout);
	if (rc != -EPIPE)
		return err_set(err, STATUS_BENCH, rc, "cannot write to standard output: %s",
			       strerror(-rc));
	err_reset(err);
	return 128 + SIGPIPE;
}

int print_json(json_t *doc, struct err *err)
{
	char *text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;

	json_decref(doc);
	if (!text)
		return err_set(err, STATUS_BENCH, ENOMEM, "cannot write JSON: out of memory");
	puts(text);
	free(text);
	return STATUS_OK;
}

char *command_line(char *buf, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/cmdline", "re");
	char raw[4096];
	size_t n = f ? fread(raw, 1, sizeof(raw) - 1, f) : 0;
	size_t len = snprintf(buf, size, "ovslab");

	raw[n] = '\0';
	for (const char *arg = raw + strlen(raw) + 1; arg < raw + n && len < size; arg += strlen(arg) + 1)
		len += snprintf(buf + len, size - len, " %s", arg);
	return buf;
}
