/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cmd.h - what a command is, and what it is given
 *
 * One file lab/cmd_NAME.c for each command (words of one family, such as
 * 'image build' and 'image list', share a file), one row in cmd_table.c. A
 * command reads its options, makes one call, prints the result:
 *
 *	static int run_ls(const struct session *s, int argc, char **argv,
 *			  struct err *err)
 *	{
 *		...
 *		if (s->json)
 *			return print_json(doc, err);
 *		printf(...);
 *		return STATUS_OK;
 *	}
 *
 *	const struct command cmd_ls = {
 *		.name = "ls",
 *		.group = GROUP_BENCH,
 *		.summary = "list the labs on this host",
 *		.about = "Prints one line for each lab: its state, switch and nodes.",
 *		.examples = "ovslab ls\novslab ls --json | jq -r '.labs[].name'",
 *		.opts = opts, .config = &config,
 *		.run = run_ls,
 *		.flags = CMD_JSON,
 *	};
 *
 * main.c has parsed the options into .config, checked the number of positional
 * arguments, caught the signals and set up the job before it calls .run, and
 * prints the error afterwards. Nothing else prints errors.
 */
#ifndef OVSLAB_CMD_H
#define OVSLAB_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/err.h"
#include "host/wait.h"
#include "opt.h"

struct mangle_kind;

/** struct session - the global options, and the job at hand */
struct session {
	const char *lab;		/* name: -n, else $OVSLAB_LAB, else "default" */
	bool json;			/* stdout gets one JSON document */
	bool quiet;			/* no progress on stderr */
	unsigned int verbosity;		/* number of -v */
	unsigned int timeout;		/* --timeout, seconds; 0 = the command's default */
	bool help;			/* main.c's: --help and --version */
	bool version;
	struct job job;			/* deadline and progress, ready to be passed on */
};

/* Sections of 'ovslab help', in this order. */
enum command_group {
	GROUP_BENCH,
	GROUP_EXPERIMENT,
	GROUP_IMAGE,
	GROUP_OTHER,
	GROUP_N,
};

#define CMD_JSON	(1U << 0)	/* honours --json; others refuse it */
#define CMD_POSIX	(1U << 1)	/* options end at the first positional; a '--'
					 * right after that is dropped: exec NODE -- CMD */
#define CMD_KINDS	(1U << 2)	/* the first positional is a mangler kind */
#define CMD_KINDS_USER	(1U << 5)	/* ... or bpf, or netem */
#define CMD_HIDDEN	(1U << 3)	/* used by the build; not in help */
#define CMD_ROOT	(1U << 4)	/* refused at once for others than root */

#define ARGS_ANY (-1)			/* no upper limit on positionals */

/**
 * struct command - one row of the command table
 *
 * All text is plain: paragraphs of .about are split by "\n\n" and filled to the
 * width at hand; .examples has one command a line, and a line that starts with
 * '#' explains the one after it.
 */
struct command {
	const char *name;		/* one or two words: "up", "inject show" */
	enum command_group group;
	/*
	 * Synopsis of the positionals, "NODE -- CMD [ARG...]". The words FILE,
	 * DIR, LAB, NODE, TAP, PLACE, KIND, SOURCE, SCENARIO, RUN and COMMAND are completed as such.
	 */
	const char *args;
	int args_min, args_max;		/* how many; ARGS_ANY for no upper limit */
	const char *summary;		/* one line, lower case, no full stop */
	const char *about;
	const char *examples;
	const struct opt *opts;		/* NULL if it has none */
	/*
	 * With CMD_KINDS: options that only this kind takes, for the same config, where it
	 * is the first argument. What it returns is valid until the next call.
	 */
	const struct opt *(*kind_opts)(const struct mangle_kind *kind);
	void *config;			/* struct that they fill, defaults inside */
	unsigned int timeout;		/* default limit in seconds; 0 = none, for
					 * commands that run until they are told */
	unsigned int flags;		/* CMD_... */

	/**
	 * @run: argv holds the positionals only, NULL-terminated
	 *
	 * Return: an exit status >= 0 (enum status; 'exec' returns that of the
	 * guest's command), or -errno with @err filled: then @err's status is
	 * the exit status. A STATUS_USAGE error without a hint gets one that
	 * points to the command's help.
	 */
	int (*run)(const struct session *s, int argc, char **argv, struct err *err);

	/*
	 * NULL, or what a command line that is not understood exits with, where that is not
	 * always STATUS_USAGE; argv holds all words of it.
	 */
	int (*misused)(int argc, char **argv);
};

/* cmd_table.c: every command, in the order of help; ends with NULL */
extern const struct command *const commands[];

/* cmd.c: the global options; they fill a struct session */
extern const struct opt global_opts[];

/**
 * command_find() - the command that the first words name; the longest match wins
 * @table:	ends with NULL
 * @ret_words:	how many of @argv the name took
 *
 * Return: NULL if no command has that name
 */
const struct command *command_find(const struct command *const *table, int argc,
				   char **argv, int *ret_words);

/** command_is_family() - @word is the first of some two-word command ("image") */
bool command_is_family(const struct command *const *table, const char *word);

/** command_unknown() - STATUS_USAGE: no such command, and the nearest that exists */
int command_unknown(const struct command *const *table, int argc, char **argv,
		    struct err *err);

/** command_check_args() - STATUS_USAGE unless the number of positionals is right */
int command_check_args(const struct command *cmd, int argc, char **argv,
		       struct err *err);

/** kind_unknown() - STATUS_USAGE: no such mangler kind, and the nearest that exists */
int kind_unknown(const char *name, struct err *err);

/** use_color() - colours suit @f: a terminal that can, and NO_COLOR is not set */
bool use_color(FILE *f);

/** terminal_columns() - width of the terminal behind @fd, 0 if there is none */
unsigned int terminal_columns(int fd);

/**
 * print_filled() - a line on standard output: @first, and behind it text; printf format
 *
 * On a terminal the text is folded, and its further lines begin below its first one;
 * elsewhere it is one line. Text of others is made safe.
 */
void print_filled(const char *first, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * stdout_failed() - what a command makes of a write to standard output that failed
 * @rc:		-errno of the write
 *
 * Takes the failure over: main() does not tell it again.
 *
 * Return: the status of a reader that left (128 + SIGPIPE, without a message), or @rc
 */
int stdout_failed(int rc, struct err *err);

/**
 * print_json() - print a document to stdout, indented, with a final newline
 * @doc:	taken over, also on failure; NULL counts as out of memory
 * @err:	may be NULL
 *
 * Return: STATUS_OK or -errno, so that a command can 'return print_json(...)'
 */
int print_json(json_t *doc, struct err *err);

/** command_line() - how this process was called, "ovslab measure --json"; returns @buf */
char *command_line(char *buf, size_t size);

/* One line for each command that exists; the rows are in cmd_table.c. */
extern const struct command cmd_analyze;
extern const struct command cmd_capture;
extern const struct command cmd_console;
extern const struct command cmd_demo;
extern const struct command cmd_doctor;
extern const struct command cmd_down;
extern const struct command cmd_env;
extern const struct command cmd_exec;
extern const struct command cmd_image_build;
extern const struct command cmd_image_list;
extern const struct command cmd_image_prune;
extern const struct command cmd_init;
extern const struct command cmd_inject;
extern const struct command cmd_inject_bpf;
extern const struct command cmd_inject_clear;
extern const struct command cmd_inject_kinds;
extern const struct command cmd_inject_log;
extern const struct command cmd_inject_netem;
extern const struct command cmd_inject_show;
extern const struct command cmd_inspect;
extern const struct command cmd_lint;
extern const struct command cmd_logs;
extern const struct command cmd_ls;
extern const struct command cmd_measure;
extern const struct command cmd_report;
extern const struct command cmd_run;
extern const struct command cmd_switch_flows;
extern const struct command cmd_switch_place;
extern const struct command cmd_switch_restart;
extern const struct command cmd_switch_show;
extern const struct command cmd_up;
extern const struct command cmd_validate;

extern const struct command cmd_help;
extern const struct command cmd_expand;

#endif
