// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - from a command line to an exit status
 *
 * Owns the order of things: global options, the command, its options, signals,
 * the job, the run, and the one place where an error is printed. With --json,
 * stdout carries data only, and errors stay text on stderr: a consumer looks at
 * the exit status first.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_inject_user.h"
#include "core/lab.h"
#include "core/mangle.h"
#include "core/utf8.h"
#include "core/util.h"
#include "help.h"
#include "progress.h"

#define WHO_MAX 48
#define ECHO_MAX 40			/* of an argument, in a message about it */

/* One invocation: what main() builds up and takes down. */
struct invocation {
	struct session session;
	struct opt_args globals;	/* the command's name and what follows it */
	struct opt_args args;		/* positionals of the command */
	const struct command *cmd;
	const char *family;		/* 'ovslab image --help' */
	char who[WHO_MAX];		/* "inject psh", for messages */
};

/* A message is one line, whatever the argument that it quotes. */
static void one_line(char *text)
{
	for (; (text = strpbrk(text, "\n\t")); text++)
		*text = ' ';
}

static void print_error(const struct invocation *inv, struct err *err)
{
	bool color = use_color(stderr);

	/* guests and logs have a say in it */
	utf8_clean(err->msg, strlen(err->msg));
	utf8_clean(err->hint, strlen(err->hint));
	one_line(err->msg);
	one_line(err->hint);
	if (err->evidence)
		utf8_clean(err->evidence, strlen(err->evidence));
	fflush(stdout);
	fprintf(stderr, "%sovslab:%s %s\n", color ? "\033[1;31m" : "", color ? "\033[0m" : "",
		err->msg);
	if (*err->hint)
		fprintf(stderr, "  %s\n", err->hint);
	else if (err->status == STATUS_USAGE)
		fprintf(stderr, "  see 'ovslab help%s%s'\n", inv->cmd ? " " : "",
			!inv->cmd ? "" : inv->cmd->kind_opts ? inv->who : inv->cmd->name);
	if (err->evidence)
		fputs(err->evidence, stderr);
}

static int exit_status(const struct invocation *inv, int rc, struct err *err)
{
	if (rc >= 0)
		return rc;
	if (!*err->msg)
		err_set(err, STATUS_BENCH, rc, "%s failed: %s", inv->who, strerror(-rc));
	if (err->status == STATUS_OK)
		err->status = STATUS_BENCH;
	print_error(inv, err);
	if (err->status == STATUS_USAGE && inv->cmd && inv->cmd->misused)
		return inv->cmd->misused(inv->globals.argc, inv->globals.argv);
	return wait_signal() ? 128 + wait_signal() : (int)err->status;
}

/* A full disk must not look like success; a reader that left is no news. */
static int close_stdout(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return status;
	if (errno == EPIPE)
		return status ? status : 128 + SIGPIPE;
	fprintf(stderr, "ovslab: cannot write to standard output: %s\n",
		errno ? strerror(errno) : "write error");
	return status ? status : STATUS_BENCH;
}

static int usage(struct err *err, const char *msg, const char *arg)
{
	return err_set(err, STATUS_USAGE, EINVAL, "%s%s%.*s%s%s", msg, arg ? ": '" : "",
		       ECHO_MAX, arg ? arg : "", arg && strlen(arg) > ECHO_MAX ? "..." : "",
		       arg ? "'" : "");
}

static int parse_globals(struct invocation *inv, int argc, char **argv, struct err *err)
{
	struct opt_set sets[] = { { global_opts, &inv->session }, { NULL, NULL } };
	const char *lab = getenv("OVSLAB_LAB");

	inv->session.lab = lab && *lab ? lab : "default";
	return opt_parse(sets, OPT_POSIX, "", argc, argv, &inv->globals, err);
}

/* "inject psh", where psh is a kind; else the command's name */
static void name_command(struct invocation *inv, int argc, char **argv)
{
	bool kind = inv->cmd->flags & CMD_KINDS && argc > 0 && mangle_kind_find(argv[0]);

	snprintf(inv->who, sizeof(inv->who), "%s%s%s", inv->cmd->name, kind ? " " : "",
		 kind ? argv[0] : "");
}

/* 'exec NODE [--] CMD': what follows NODE is the guest's. */
static int drop_dashes(struct invocation *inv, struct err *err)
{
	struct opt_args *a = &inv->args;

	if (a->argc < 2 || a->argv[1][0] != '-')
		return 0;
	if (strcmp(a->argv[1], "--") != 0) {
		usage(err, "an option after the first argument", a->argv[1]);
		err_hint(err, "options of '%s' go before '%s', and '--' before the rest",
			 inv->cmd->name, a->argv[0]);
		return -EINVAL;
	}
	memmove(a->argv + 1, a->argv + 2, (a->argc - 1) * sizeof(*a->argv));
	a->argc--;
	return 0;
}

/* 'inject --json show' was read as the kind 'show' of 'inject'. */
static int check_split_name(const struct invocation *inv, struct err *err)
{
	char *words[2] = { inv->globals.argv[0], inv->args.argc ? inv->args.argv[0] : NULL };
	int n;

	if (!words[1] || strcmp(words[0], inv->cmd->name) != 0)
		return 0;
	command_find(commands, 2, words, &n);
	if (n < 2)
		return 0;
	usage(err, "an option between the words of a command", inv->globals.argv[1]);
	err_hint(err, "options go before or after '%s %s'", words[0], words[1]);
	return -EINVAL;
}

static int find_command(struct invocation *inv, int *ret_words, struct err *err)
{
	int argc = inv->globals.argc;
	char **argv = inv->globals.argv;

	inv->cmd = command_find(commands, argc, argv, ret_words);
	if (inv->cmd)
		return 0;
	if (argc == 2 && command_is_family(commands, argv[0]) &&
	    (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		inv->family = argv[0];
		inv->session.help = true;
		return 0;
	}
	return command_unknown(commands, argc, argv, err);
}

/* The kind that the first argument names, if the command takes one */
static const struct mangle_kind *first_kind(const struct command *cmd, int argc, char **argv)
{
	return cmd->flags & CMD_KINDS && argc > 0 ? mangle_kind_find(argv[0]) : NULL;
}

/* Those of the command, of the kind and the global ones; @sets has room for them. */
static void option_sets(struct invocation *inv, int argc, char **argv, struct opt_set *sets)
{
	const struct command *cmd = inv->cmd;
	const struct mangle_kind *kind = first_kind(cmd, argc, argv);

	if (cmd->kind_opts && kind)
		*sets++ = (struct opt_set){ cmd->kind_opts(kind), cmd->config };
	if (cmd->opts)
		*sets++ = (struct opt_set){ cmd->opts, cmd->config };
	*sets++ = (struct opt_set){ global_opts, &inv->session };
	*sets = (struct opt_set){ NULL, NULL };
}

static int parse_command(struct invocation *inv, struct err *err)
{
	int words, argc = inv->globals.argc;
	char **argv = inv->globals.argv;
	struct opt_set sets[4];
	int rc = find_command(inv, &words, err);

	if (rc < 0 || !inv->cmd)
		return rc;
	argc -= words;
	argv += words;
	name_command(inv, argc, argv);
	option_sets(inv, argc, argv, sets);
	rc = opt_parse(sets, inv->cmd->flags & CMD_POSIX ? OPT_POSIX : 0, inv->who, argc, argv,
		       &inv->args, err);
	if (rc < 0 && inv->cmd->kind_opts && !first_kind(inv->cmd, argc, argv))
		err_hint(err, "'ovslab %s %s OPTIONS': the options of a kind come after it",
			 inv->cmd->name, inv->cmd->args);
	if (rc < 0 || inv->session.help || inv->session.version)
		return rc;
	rc = check_split_name(inv, err);
	if (rc == 0 && inv->cmd->flags & CMD_POSIX)
		rc = drop_dashes(inv, err);
	return rc;
}

static int check_session(const struct invocation *inv, struct err *err)
{
	const struct session *s = &inv->session;

	if (!lab_name_valid(s->lab)) {
		usage(err, "not a name for a lab", s->lab);
		err_hint(err, "letters, digits, '-' and '_', at most %d", LAB_NAME_MAX);
		return -EINVAL;
	}
	if (s->quiet && s->verbosity)
		return usage(err, "--quiet and --verbose exclude each other", NULL);
	if (s->json && !(inv->cmd->flags & CMD_JSON))
		return err_set(err, STATUS_USAGE, EINVAL, "'%s' has no --json",
			       inv->cmd->name);
	if (inv->cmd->flags & CMD_KINDS && inv->args.argc &&
	    !mangle_kind_find(inv->args.argv[0]) &&
	    !(inv->cmd->flags & CMD_KINDS_USER && user_rows_kind(inv->args.argv[0])))
		return kind_unknown(inv->args.argv[0], err);
	return command_check_args(inv->cmd, inv->args.argc, inv->args.argv, err);
}

static enum progress_style progress_style(const struct session *s)
{
	const char *term = getenv("TERM");

	if (s->quiet)
		return PROGRESS_SILENT;
	if (s->verbosity)
		return PROGRESS_TIMED;
	if (isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0)
		return PROGRESS_LIVE;
	return PROGRESS_PLAIN;
}

static int refuse_user(const struct command *cmd, struct err *err)
{
	err_set(err, STATUS_HOST, EPERM, "'%s' must be run as root", cmd->name);
	err_hint(err, "sudo ovslab %s ...: it makes namespaces, taps and BPF programs", cmd->name);
	return -EPERM;
}

static struct progress *shown;		/* of the command that runs */

/* In a signal handler */
static void say_at_once(const char *text)
{
	if (shown)
		progress_interject(shown, text);
}

static int run_command(struct invocation *inv, struct err *err)
{
	struct session *s = &inv->session;
	unsigned int limit = s->timeout ? s->timeout : inv->cmd->timeout;
	int64_t start = now_ns();
	struct progress *progress;
	int rc;

	if ((inv->cmd->flags & CMD_ROOT) && geteuid() != 0)
		return refuse_user(inv->cmd, err);
	rc = wait_signals(say_at_once);
	if (rc < 0)
		return err_set(err, STATUS_BENCH, rc, "cannot catch signals: %s",
			       strerror(-rc));
	progress = progress_new(STDERR_FILENO, progress_style(s), terminal_columns(STDERR_FILENO), start);
	if (!progress)
		return -ENOMEM;
	shown = progress;
	s->job.deadline_ns = limit ? start + limit * INT64_C(1000000000) : 0;
	s->job.progress = progress_report;
	s->job.progress_arg = progress;
	rc = inv->cmd->run(s, inv->args.argc, inv->args.argv, err);
	if (rc == -ETIMEDOUT && limit && now_ns() >= s->job.deadline_ns && !err->hint[0])
		err_hint(err, "the limit was %u s: --timeout SECS allows more", limit);
	shown = NULL;
	progress_free(progress);
	return rc;
}

static int print_help(const struct invocation *inv)
{
	if (inv->session.version)
		puts("ovslab " OVSLAB_VERSION);
	else if (inv->cmd && inv->cmd->kind_opts && first_kind(inv->cmd, inv->args.argc, inv->args.argv))
		help_kind(stdout, inv->cmd, first_kind(inv->cmd, inv->args.argc, inv->args.argv));
	else if (inv->cmd)
		help_command(stdout, commands, inv->cmd);
	else if (inv->family)
		help_family(stdout, commands, inv->family);
	else
		help_overview(stdout, commands);
	return STATUS_OK;
}

static int invoke(struct invocation *inv, int argc, char **argv, struct err *err)
{
	const struct session *s = &inv->session;
	int rc = parse_globals(inv, argc, argv, err);

	if (rc == 0 && !s->help && !s->version) {
		if (inv->globals.argc == 0)
			return usage(err, "which command?", NULL);
		rc = parse_command(inv, err);
	}
	if (rc < 0)
		return rc;
	if (s->version || s->help)
		return print_help(inv);
	rc = check_session(inv, err);
	return rc < 0 ? rc : run_command(inv, err);
}

int main(int argc, char **argv)
{
	struct invocation inv = { .who = "ovslab" };
	struct err err = { 0 };
	int status;

	status = exit_status(&inv, invoke(&inv, argc > 0 ? argc - 1 : 0, argv + 1, &err),
			     &err);
	status = close_stdout(status);
	err_reset(&err);
	opt_args_free(&inv.args);
	opt_args_free(&inv.globals);
	return status;
}
