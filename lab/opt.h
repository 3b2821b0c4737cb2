/* SPDX-License-Identifier: GPL-2.0 */
/*
 * opt.h - typed option tables: a row names an option, its type, its place
 *
 * A command keeps its options in one struct whose initial values are the
 * defaults, and describes them by rows. Parsing, range checks, error messages,
 * help, man page and completion all come from the rows:
 *
 *	static const char *const units[] = { "wire", "skb", NULL };
 *
 *	static struct inject_config {
 *		unsigned int ratio;
 *		bool clear;
 *		int units;			// index into units[]
 *	} config = { .ratio = 10 };
 *
 *	static const struct opt opts[] = {
 *		{ "ratio", 'r', OPT_UINT(struct inject_config, ratio),
 *		  .arg = "N", .min = 1, .max = UINT32_MAX,
 *		  .help = "set PSH on 1 of N eligible packets" },
 *		{ "clear", 0, OPT_FLAG(struct inject_config, clear),
 *		  .help = "clear PSH on every packet: the control" },
 *		{ "units", 0, OPT_CHOICE(struct inject_config, units),
 *		  .choices = units, .help = "what the ratio counts" },
 *		{ NULL }
 *	};
 *
 * Option names are never abbreviated: a script must not break when an option
 * is added.
 */
#ifndef OVSLAB_OPT_H
#define OVSLAB_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum opt_type {
	OPT_T_FLAG,		/* bool: --name, no argument */
	OPT_T_STOP,		/* bool: when given, no other option has effect (--help) */
	OPT_T_COUNT,		/* unsigned int: one more for each --name */
	OPT_T_STRING,		/* const char * */
	OPT_T_STRINGS,		/* const char **: repeatable; NULL, or NULL-terminated */
	OPT_T_UINT,		/* unsigned int, decimal */
	OPT_T_U64,		/* uint64_t, decimal or 0x... */
	OPT_T_SIZE,		/* uint64_t, bytes: 512M = 512MiB, 10MB = 10^7 */
	OPT_T_SECONDS,		/* unsigned int, seconds: 10, 10s, 2m, 1h */
	OPT_T_CHOICE,		/* int: index into choices */
};

struct opt {
	const char *name;	/* long name without dashes; NULL ends a table */
	char key;		/* short name or 0 */
	enum opt_type type;	/* these three by the macros below */
	size_t offset;
	size_t size;
	const char *help;	/* one phrase, lower case, no full stop */
	/*
	 * Name of the argument in help; NULL takes one that suits the type.
	 * FILE, DIR, LAB, NODE, TAP, PLACE, KIND and SOURCE are completed as such.
	 */
	const char *arg;
	uint64_t min, max;	/* inclusive, in the type's unit; max 0 = no limit */
	const char *const *choices;	/* NULL-terminated */
	const char *fallback;	/* default as help shows it where the field is 0 or NULL */
};

#define OPT_AT(type_, config_, field_) \
	(type_), offsetof(config_, field_), sizeof(((config_ *)NULL)->field_)
#define OPT_FLAG(config, field) OPT_AT(OPT_T_FLAG, config, field)
#define OPT_STOP(config, field) OPT_AT(OPT_T_STOP, config, field)
#define OPT_COUNT(config, field) OPT_AT(OPT_T_COUNT, config, field)
#define OPT_STRING(config, field) OPT_AT(OPT_T_STRING, config, field)
#define OPT_STRINGS(config, field) OPT_AT(OPT_T_STRINGS, config, field)
#define OPT_UINT(config, field) OPT_AT(OPT_T_UINT, config, field)
#define OPT_U64(config, field) OPT_AT(OPT_T_U64, config, field)
#define OPT_SIZE(config, field) OPT_AT(OPT_T_SIZE, config, field)
#define OPT_SECONDS(config, field) OPT_AT(OPT_T_SECONDS, config, field)
#define OPT_CHOICE(config, field) OPT_AT(OPT_T_CHOICE, config, field)

/** struct opt_set - rows and the struct that they fill */
struct opt_set {
	const struct opt *opts;		/* NULL: no options */
	void *config;
};

/* Options end at the first argument that is none (as 'exec' needs it). */
#define OPT_POSIX (1U << 0)

/** struct opt_args - what is left after the options; owns the strings of both */
struct opt_args {
	int argc;
	char **argv;		/* positional arguments, NULL-terminated */
	void **kept;		/* opt.c's: what to release */
	size_t n_kept;
};

/**
 * opt_parse() - fill configs from a command line
 * @sets:	option tables that apply; ends with a NULL opts and NULL config
 * @flags:	OPT_POSIX or 0
 * @who:	command as the user wrote it, for messages ("inject psh"); "" for
 *		the options before the command
 * @argc:	number of @argv, without the program's name
 * @argv:	arguments
 * @ret_args:	what is left, copied; to be released with opt_args_free() when
 *		the configs are no longer used, also after a failure
 * @err:	on failure says option, value, allowed values and nearest match
 *
 * Return: 0, -EINVAL (STATUS_USAGE) or -ENOMEM
 */
int opt_parse(const struct opt_set *sets, unsigned int flags, const char *who,
	      int argc, char **argv, struct opt_args *ret_args, struct err *err);

/** opt_args_free() - release what opt_parse() returned; zeroed is fine */
void opt_args_free(struct opt_args *args);

/** opt_arg_name() - name of an option's argument in help; NULL for none */
const char *opt_arg_name(const struct opt *opt);

/**
 * opt_default() - an option's value in its config, as the user would write it
 *
 * Return: true, or false if there is nothing to show: a flag, a list, or a
 * field that is 0 or NULL without a .fallback
 */
bool opt_default(const struct opt *opt, const void *config, char *buf, size_t len);

/**
 * opt_check() - find mistakes in tables: names or keys used twice, a field
 * whose size does not suit its type, a choice without choices
 *
 * Return: 0 or -EINVAL with the row named
 */
int opt_check(const struct opt_set *sets, const char *who, struct err *err);

#endif
