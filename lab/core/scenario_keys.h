/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario_keys.h - the keys of a scenario file: one table
 *
 * A row names a key, its type, where its value goes and what help says of it. From the
 * rows come the reader (scenario_read.c), the schema for editors (scenario_schema.c), the
 * template (scenario_template.c) and the man page. Rows are read in the order of the
 * table, whatever that of the file is: setups before the variants that begin as copies.
 */
#ifndef OVSLAB_CORE_SCENARIO_KEYS_H
#define OVSLAB_CORE_SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scenario_type {
	SC_TEXT,		/* const char *: any text */
	SC_LINE,		/* const char *: one line of it */
	SC_NAME,		/* const char *: a-z, 0-9 and '-' */
	SC_CHOICE,		/* unsigned int: index into .choices */
	SC_METRIC,		/* unsigned int: index into scenario_metrics[] */
	SC_UINT,		/* unsigned int */
	SC_CPU,			/* int */
	SC_SIZE,		/* uint64_t, bytes */
	SC_MIB,			/* unsigned int, from a size */
	SC_SECONDS,		/* unsigned int */
	SC_BOUND,		/* struct scenario_bound */
	SC_SUITE,		/* char[.size]: "debian:SUITE", or SCENARIO_OWN */
	SC_CPUS,		/* const char *: "0-1,3" */
	SC_FLOW,		/* const char *: an OpenFlow flow */
	SC_INJECT,		/* const char *: what 'ovslab inject' takes */
	SC_SETTING,		/* appended to struct scenario_settings; of type .item */
	SC_MAP,			/* struct with the rows .sub */
	SC_LIST,		/* { pointer, number }: of .item, or of maps with .sub */
	SC_NAMED,		/* the same, of maps with .sub by names of the user's own; each
				 * struct begins with its name */
	SC_TYPES,
};

#define SC_REQUIRED	(1U << 0)
#define SC_COMMON	(1U << 1)	/* the same for all variants */
#define SC_FOR_VM	(1U << 2)	/* only where the switch is a VM */
#define SC_FOR_KERNEL	(1U << 3)	/* only with that datapath */
#define SC_FOR_USERSPACE (1U << 4)
#define SC_CELL		(1U << 5)	/* a struct scenario_cell: begins as the base */
#define SC_LIVE		(1U << 6)	/* stands in the template, and not as a comment */

struct scenario_key {
	const char *name;		/* NULL ends a table */
	enum scenario_type type, item;
	size_t offset, size;		/* in the struct of its map; lists: size of one */
	uint64_t min, max;		/* lists: how many at most */
	const char *const *choices;
	const struct scenario_key *sub;
	unsigned int flags;
	unsigned int kinds;		/* bits by enum scenario_kind; 0: any traffic */
	const char *help;		/* phrases, lower case, no full stop */
	const char *example;		/* as it stands in a file */
};

extern const struct scenario_key scenario_keys[];

/* A word that is tried, and what to write instead. */
struct scenario_word {
	const struct scenario_key *keys;	/* of which map */
	const char *word, *instead;
};

extern const struct scenario_key scenario_bench_keys[];
extern const struct scenario_key scenario_setup_keys[];	/* of variants and matrix */
extern const struct scenario_key scenario_other_config_keys[];
extern const struct scenario_key scenario_traffic_keys[];
extern const struct scenario_key scenario_placement_keys[];
extern const struct scenario_word scenario_words[];	/* a NULL word ends */

/** scenario_key_find() - the row of a key, NULL if there is none */
const struct scenario_key *scenario_key_find(const struct scenario_key *keys, const char *name);

/** scenario_key_help() - its help, with the kinds of traffic that it is for; returns @buf */
const char *scenario_key_help(const struct scenario_key *key, char *buf, size_t size);

/** scenario_type_phrase() - what a value of this row must be: "a size, such as 64K" */
const char *scenario_type_phrase(const struct scenario_key *key);

#endif
