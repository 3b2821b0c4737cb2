// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inject_user.c - 'ovslab inject bpf', 'ovslab inject netem'
 *
 * And what 'inject show' and 'inject clear' do with what these two made.
 */
#include "cmd_inject_user.h"

#include <inttypes.h>
#include <string.h>

#include "core/utf8.h"
#include "core/util.h"
#include "report/table_text.h"
#include "run/bench.h"

#define DEFAULT_PLACE "vm1:egress"

static struct user_config {
	const char *place, *section;
	const char **defines;
} config = { .place = DEFAULT_PLACE };

/* ---- what both made, for show and clear ------------------------------------------------ */

bool user_rows_kind(const char *word)
{
	return strcmp(word, "bpf") == 0 || strcmp(word, "netem") == 0;
}

int user_rows_list(const struct session *s, const struct lab *lab, struct user_rows *ret,
		   struct err *err)
{
	int rc = inject_user_list(&s->job, lab, ret->programs, &ret->n_programs, err);

	return rc ? rc : inject_netem_list(&s->job, lab, ret->qdiscs, &ret->n_qdiscs, err);
}

int user_rows_clear(const struct session *s, const struct lab *lab, const char *kind,
		    const char *place, unsigned int *ret_n, struct err *err)
{
	unsigned int programs = 0, qdiscs = 0;
	int rc = 0;

	if (!kind || strcmp(kind, "bpf") == 0)
		rc = inject_user_clear(&s->job, lab, place, &programs, err);
	if (rc == 0 && (!kind || strcmp(kind, "netem") == 0))
		rc = inject_netem_clear(&s->job, lab, place, &qdiscs, err);
	*ret_n = programs + qdiscs;
	return rc;
}

void user_rows_json(json_t *doc, const struct user_rows *rows)
{
	json_t *programs = json_array(), *qdiscs = json_array();

	for (unsigned int i = 0; i < rows->n_programs; i++)
		json_array_append_new(programs, inject_user_to_json(&rows->programs[i]));
	for (unsigned int i = 0; i < rows->n_qdiscs; i++)
		json_array_append_new(qdiscs, inject_netem_to_json(&rows->qdiscs[i]));
	json_object_set_new(doc, "programs", programs);
	json_object_set_new(doc, "qdiscs", qdiscs);
}

static int print_programs(const struct user_rows *rows)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "PLACE", TABLE_LEFT);
	table_column(&t, "MODE", TABLE_LEFT);
	table_column(&t, "SECTION", TABLE_LEFT);
	table_column(&t, "FUNCTION", TABLE_LEFT);
	table_column(&t, "ID", TABLE_RIGHT);
	table_column(&t, "RUNS", TABLE_RIGHT);
	table_column(&t, "PROGRAM", TABLE_FOLD);
	for (unsigned int i = 0; i < rows->n_programs; i++) {
		const struct userprog *p = &rows->programs[i].prog;

		table_cell(&t, "%s", rows->programs[i].place);
		table_cell(&t, "%s", mangle_mode_name(p->mode));
		table_cell(&t, "%s", p->section);
		table_cell(&t, "%s", p->function);
		table_cell(&t, "%" PRIu32, p->prog_id);
		if (p->runs)
			table_cell(&t, "%" PRIu64, p->runs);
		else
			table_cell(&t, "-");
		table_cell(&t, "%s", p->spec);
	}
	rc = table_print(stdout, &t, terminal_columns(STDOUT_FILENO), false);
	table_free(&t);
	return rc;
}

static int print_qdiscs(const struct user_rows *rows)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "PLACE", TABLE_LEFT);
	table_column(&t, "SENT", TABLE_RIGHT);
	table_column(&t, "DROPPED", TABLE_RIGHT);
	table_column(&t, "QUEUED", TABLE_RIGHT);
	table_column(&t, "QDISC", TABLE_FOLD);
	for (unsigned int i = 0; i < rows->n_qdiscs; i++) {
		const struct netem_injection *q = &rows->qdiscs[i];

		table_cell(&t, "%s", q->place);
		table_cell(&t, "%" PRIu64, q->sent);
		table_cell(&t, "%" PRIu64, q->dropped);
		table_cell(&t, "%" PRIu64, q->queued);
		table_cell(&t, "%s", q->spec);
	}
	rc = table_print(stdout, &t, terminal_columns(STDOUT_FILENO), false);
	table_free(&t);
	return rc;
}

int user_rows_print(const struct user_rows *rows)
{
	int rc = rows->n_programs ? print_programs(rows) : 0;

	return rc == 0 && rows->n_qdiscs ? print_qdiscs(rows) : rc;
}

/* ---- inject bpf ---------------------------------------------------------------------------- */

static const struct opt bpf_opts[] = {
	{ "at", 0, OPT_STRING(struct user_config, place), .arg = "PLACE",
	  .help = "NODE:egress, NODE:ingress, NODE:xdp, tap-NODE:xdp or tap-NODE:egress" },
	{ "section", 0, OPT_STRING(struct user_config, section), .arg = "NAME",
	  .fallback = "the only one that suits the place",
	  .help = "section of the program, or its function" },
	{ "define", 'D', OPT_STRINGS(struct user_config, defines), .arg = "NAME=VALUE",
	  .help = "a macro for clang" },
	{ .name = NULL },
};

static int print_one(const struct session *s, const struct user_rows *rows, struct err *err)
{
	json_t *doc = json_pack("{s:s,s:s,s:[]}", "schema", "ovslab.inject/1", "lab", s->lab, "injections");

	user_rows_json(doc, rows);
	return print_json(doc, err);
}

static void print_program(const struct user_injection *i)
{
	printf("%s: %s: function %s of section %s, program %" PRIu32 " (%s)\n", i->place, i->prog.spec,
	       i->prog.function, i->prog.section, i->prog.prog_id, mangle_mode_name(i->prog.mode));
}

static int run_inject_bpf(const struct session *s, int argc, char **argv, struct err *err)
{
	struct user_request request = { argv[0], config.section, config.defines };
	struct user_rows rows = { .n_programs = 1 };
	_cleanup_free_ char *said = NULL;
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc == 0)
		rc = inject_user_attach(&s->job, &lab, config.place, &request, rows.programs, &said, err);
	if (rc < 0)
		return rc;
	if (said && !s->quiet) {
		utf8_clean(said, strlen(said));
		fputs(said, stderr);
	}
	if (s->json)
		return print_one(s, &rows, err);
	print_program(&rows.programs[0]);
	return STATUS_OK;
}

const struct command cmd_inject_bpf = {
	.name = "inject bpf",
	.group = GROUP_EXPERIMENT,
	.args = "FILE",
	.args_min = 1,
	.args_max = 1,
	.summary = "load an eBPF program of your own into a node or onto a tap",
	.about = "FILE.c is compiled with clang on this host: <linux/...>, <bpf/bpf_helpers.h> and "
		 "ovslab's own \"bpf/pkt.h\" are found. Any other FILE is taken as a compiled object. One "
		 "program of it is loaded: that of a section such as \"tc\", \"classifier\" or \"action\" "
		 "for egress and ingress, and \"xdp\" for XDP. Where there are several, or sections have other "
		 "names, --section says which.\n\n"
		 "One that is there is replaced; anybody else's is not touched. On tc it runs after the "
		 "manglers and the probe of 'measure', so what it does at tap-NODE:egress is no part of the "
		 "switch's figures. XDP takes one program: yours or a mangler. On a tap, XDP sees TCP checksums that the "
		 "VM has left to its device: up --offloads off makes them complete.\n\n"
		 "If the kernel refuses the program, the reason is told in plain words where it is a "
		 "known one, with the part of the verifier's log that matters. Two examples, explained line by "
		 "line, are in bpf/examples of the source, or PREFIX/share/ovslab; docs/EBPF.md walks "
		 "through them.",
	.examples = "ovslab inject bpf bpf/examples/tcp_psh.c -D RATIO=10\n"
		    "ovslab inject bpf bpf/examples/rand_ttl.c --at tap-vm2:xdp\n"
		    "ovslab inject bpf prog.o --section classifier/x --at vm2:ingress\n"
		    "ovslab inject clear bpf",
	.opts = bpf_opts,
	.config = &config,
	.timeout = 120,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_inject_bpf,
};

/* ---- inject netem ---------------------------------------------------------------------------- */

static const struct opt netem_opts[] = {
	{ "at", 0, OPT_STRING(struct user_config, place), .arg = "PLACE",
	  .help = "NODE:egress or tap-NODE:egress" },
	{ .name = NULL },
};

static int run_inject_netem(const struct session *s, int argc, char **argv, struct err *err)
{
	struct user_rows rows = { .n_qdiscs = 1 };
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc == 0)
		rc = inject_netem_attach(&s->job, &lab, config.place, (const char *const *)argv, rows.qdiscs,
					 err);
	if (rc < 0)
		return rc;
	if (s->json)
		return print_one(s, &rows, err);
	printf("%s: %s\n", rows.qdiscs[0].place, rows.qdiscs[0].spec);
	return STATUS_OK;
}

const struct command cmd_inject_netem = {
	.name = "inject netem",
	.group = GROUP_EXPERIMENT,
	.args = "-- ARGS...",
	.args_min = 1,
	.args_max = ARGS_ANY,
	.summary = "delay, lose, duplicate or reorder packets with the kernel's netem",
	.about = "Makes netem the root qdisc of the node's device, with ARGS as tc-netem(8) takes them; "
		 "tc gets them as they are. One that is there is replaced. A root qdisc that is neither the "
		 "kernel's default nor netem of ours is not touched. On a tap, the host's kernel needs "
		 "netem.\n\n"
		 "'inject show' has its counters, 'inject clear netem' brings the default back.",
	.examples = "ovslab inject netem -- delay 10ms 2ms\n"
		    "ovslab inject netem -- loss 1% 25%\n"
		    "ovslab inject netem --at vm2:egress -- delay 5ms reorder 25% 50%",
	.opts = netem_opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON | CMD_POSIX,
	.run = run_inject_netem,
};
