/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario.h - a scenario: what to set up, what to send, what to expect, as plain data
 *
 * A scenario file is YAML and comes from whoever reports a bug, so nothing in it is code,
 * a command, a path of this host or an address. The keys are one table
 * (scenario_keys.h): the reader here, the schema for editors, the template of 'ovslab
 * init' and the man page come from it.
 *
 * A setup is all that variants may differ in. Each variant's is complete: what it does
 * not say is the scenario's own.
 */
#ifndef OVSLAB_CORE_SCENARIO_H
#define OVSLAB_CORE_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/lab.h"
#include "core/mangle.h"
#include "core/mistakes.h"

#define SCENARIO_FORMAT 1
#define SCENARIO_BYTES_MAX (1 << 20)
#define SCENARIO_NAME_MAX 40
#define SCENARIO_OWN "own"		/* as bench.ovs or .ovs_kernel: to be given by scenario_set() */
#define SCENARIO_NODES 3		/* sw, vm1, vm2: who is pinned */
#define SCENARIO_PLACE_MAX 24		/* "tap-vm1:egress" */
#define SCENARIO_GUESTS 2		/* vm1, vm2 */

/* What is known of a scenario; 'shown' is the only one that counts as working. */
enum scenario_state {
	SCENARIO_UNTRIED,		/* written, and not yet validated on any machine */
	SCENARIO_SHOWN,			/* the baseline shows the bug, the fixed variant does not */
	SCENARIO_FIXED_SIDE,		/* only the fixed side was run: the other is the user's tree */
	SCENARIO_NOT_SHOWN,		/* tried, and this bench cannot show it: .seen says why */
};

/* When vswitchd is started in the switch's VM. */
enum scenario_start {
	SCENARIO_START_READY,		/* as 'up' does it: with upcall handlers, else again */
	SCENARIO_START_EARLY,		/* right after boot, and never again: a boot for each run */
	SCENARIO_START_LATE,		/* 10 s after boot, and never again: a boot for each run */
};

enum scenario_kind { SCENARIO_CONNS, SCENARIO_BULK, SCENARIO_BURSTS, SCENARIO_CONNECT };
enum scenario_stall { SCENARIO_STALL_NOTHING, SCENARIO_STALL_VSWITCHD };
enum scenario_verb { SCENARIO_PURGE, SCENARIO_FLUSH };	/* before-run, in this order */
enum scenario_ip { SCENARIO_IPV4, SCENARIO_IPV6 };
enum scenario_proto { SCENARIO_TCP, SCENARIO_UDP };
enum scenario_with {			/* what nftables rejects with */
	SCENARIO_HOST_UNREACHABLE, SCENARIO_PORT_UNREACHABLE, SCENARIO_ADMIN_PROHIBITED,
	SCENARIO_TCP_RESET,
};
enum scenario_better { SCENARIO_BETTER_AUTO, SCENARIO_BETTER_LESS, SCENARIO_BETTER_MORE };

/* Their words; NULL ends. */
extern const char *const scenario_state_names[];
extern const char *const scenario_start_names[];
extern const char *const scenario_kind_names[];
extern const char *const scenario_stall_names[];
extern const char *const scenario_verb_names[];
extern const char *const scenario_ip_names[];
extern const char *const scenario_node_names[];	/* of the .qemu pins */
extern const char *const scenario_proto_names[];
extern const char *const scenario_with_names[];	/* as nftables calls them */
extern const char *const scenario_better_names[];

/* Lists: all of the layout { pointer, number }. */
struct scenario_texts { const char **v; size_t n; };
struct scenario_numbers { unsigned int *v; size_t n; };

struct scenario_settings {
	struct scenario_setting { const char *key, *value; } *v;
	size_t n;
};

struct scenario_setup {
	struct lab_bench bench;		/* as the options of 'up' would make it; .pins too */
	unsigned int start;		/* enum scenario_start */
	struct scenario_settings other_config;	/* of table Open_vSwitch */
	struct scenario_texts openflow;	/* flows of br0, for ovs-ofctl; first all are deleted */
};

struct scenario_cell {
	const char *name;
	struct scenario_setup setup;
};

struct scenario_placement {
	int irq;			/* CPU of the switch's VM that its NICs interrupt; -1: any */
	struct scenario_numbers handlers;	/* CPUs of the upcall handlers, in their order */
	const char *qemu[SCENARIO_NODES];	/* host CPUs of sw, vm1, vm2; NULL: any */
};

struct scenario_reject {		/* nftables, for what comes in */
	unsigned int proto, port, with;
};

struct scenario_guest {
	unsigned int gso_max_segs;	/* of eth0; 0: as it is */
	struct { struct scenario_reject *v; size_t n; } reject;
};

struct scenario_traffic {
	unsigned int kind;		/* enum scenario_kind */
	unsigned int from, to;		/* 0: vm1, 1: vm2 */
	unsigned int ip;		/* enum scenario_ip */
	unsigned int connections, parallel;	/* conns */
	uint64_t bytes;
	unsigned int streams, seconds;	/* bulk */
	unsigned int cycles, flows, packets, payload, stall;	/* bursts: UDP */
	unsigned int port, attempts;	/* connect: one TCP connection after the other */
};

/* A figure of a run (ovslab.run/1). */
struct scenario_metric {
	const char *name;		/* NULL ends the table */
	const char *path;		/* in the document: "reorder.reordered" */
	const char *help;
	enum { SCENARIO_COUNT, SCENARIO_SHARE, SCENARIO_RATE } unit;
	enum scenario_better better;	/* AUTO: it depends */
	unsigned int kinds;		/* bits by enum scenario_kind: of which traffic */
	bool cookies;			/* wants flows with a cookie */
};

extern const struct scenario_metric scenario_metrics[];

struct scenario_bound {
	bool given;
	double value;
};

struct scenario_expect {
	unsigned int metric;		/* index into scenario_metrics[] */
	const char *variant;		/* also a cell of the matrix; NULL: the scenario as it is */
	struct scenario_bound at_least, at_most;
	struct scenario_bound at_least_ratio, at_most_ratio;	/* of the baseline's figure */
	unsigned int line;		/* in the file */
};

struct scenario_score {
	bool given;
	unsigned int metric;
	unsigned int better;		/* never AUTO after reading */
};

/* A flow of the file, and where it stands. */
struct scenario_flow {
	const char *text;		/* that of a .openflow, the same pointer */
	unsigned int line, column;
	struct scenario_flow *next;
};

struct scenario {
	unsigned int format;
	const char *name, *summary, *about, *affects, *fixed, *seen;
	struct scenario_texts references;
	unsigned int state;
	struct scenario_setup base;
	struct scenario_placement placement;
	struct scenario_guest guests[SCENARIO_GUESTS];
	struct scenario_texts inject;	/* each as 'ovslab inject' takes it */
	struct scenario_numbers before_run;	/* enum scenario_verb */
	unsigned int revalidate_s;	/* change a flow that matches nothing so often; 0: never */
	struct scenario_traffic traffic;
	bool has_variants;
	struct scenario_cell variants[2];	/* baseline, fixed */
	struct { struct scenario_cell *v; size_t n; } matrix;
	struct { struct scenario_expect *v; size_t n; } expect;
	struct scenario_score score;
	unsigned int name_line;		/* in the file */
	struct scenario_flow *flows, *last_flow;	/* of all setups */
	struct arena arena;
};

enum { SCENARIO_BASELINE, SCENARIO_FIXED };

/** scenario_new() - all that a file need not say, and nothing else; NULL when out of memory */
struct scenario *scenario_new(void);

/**
 * scenario_read() - a scenario from the text of its file
 * @ret:	to be released with scenario_free(); NULL if there are mistakes
 * @m:		what is wrong, by place; empty if nothing
 *
 * Return: 0, -EINVAL with mistakes, or -ENOMEM.
 */
int scenario_read(const char *data, size_t size, struct scenario **ret, struct mistakes *m);

void scenario_free(struct scenario *s);

/** scenario_has_ratio() - has it a bound that refers to the baseline's figure? */
bool scenario_has_ratio(const struct scenario_expect *e);

/** scenario_setup_of() - by the name of a variant or matrix cell; NULL name: the base */
const struct scenario_setup *scenario_setup_of(const struct scenario *s, const char *name);

/**
 * scenario_inject_parse() - a line of .inject
 * @ret_place:	SCENARIO_PLACE_MAX bytes: "vm1:egress"
 *
 * Return: 0, or -EINVAL with what is wrong.
 */
int scenario_inject_parse(const char *text, struct mangle_spec *ret, char *ret_place,
			  struct err *err);

/**
 * scenario_own() - the first setup with an Open vSwitch or kernel that the user must name
 * @ret_cell:	its name; NULL for a scenario without variants
 *
 * A scenario with variants is only run by them: its base need not be complete.
 *
 * Return: "ovs" or "kernel", NULL if all is there.
 */
const char *scenario_own(const struct scenario *s, const char **ret_cell);

/**
 * scenario_set() - "[CELL.]KEY=VALUE", from the command line: a key of bench:
 *
 * Without CELL of all setups. Unlike a file, the command line may name paths of this host:
 * ovs=dir:TREE, kernel=file:KERNEL,MODULES.
 *
 * Return: 0, or -EINVAL (STATUS_USAGE).
 */
int scenario_set(struct scenario *s, const char *text, struct err *err);

/** scenario_template() - a new file to begin with, all keys in it; NULL when out of memory */
char *scenario_template(const char *name);

/** scenario_schema() - JSON Schema of the format, for editors; NULL when out of memory */
json_t *scenario_schema(void);

#endif
