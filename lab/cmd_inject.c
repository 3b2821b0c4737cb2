// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inject.c - 'ovslab inject KIND', 'inject show', 'inject clear'
 */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/util.h"
#include "report/table_text.h"
#include "run/bench.h"
#include "run/inject.h"

static const char *const units[] = { "wire", "skb", NULL };

static struct inject_config {
	const char *place;
	unsigned int ratio;
	uint64_t seed;
	bool clear, clear_others;
	int units;
} config;

static const struct opt inject_opts[] = {
	{ "at", 0, OPT_STRING(struct inject_config, place), .arg = "PLACE",
	  .fallback = "where the kind belongs", .help = "NODE:egress or TAP:xdp" },
	{ "ratio", 'r', OPT_UINT(struct inject_config, ratio), .arg = "N", .min = 1,
	  .max = UINT32_MAX, .fallback = "psh 10, ttl 1", .help = "mangle 1 of N eligible packets" },
	{ "seed", 's', OPT_U64(struct inject_config, seed), .arg = "SEED",
	  .help = "of the random choice" },
	{ "clear-others", 0, OPT_FLAG(struct inject_config, clear_others),
	  .help = "psh: PSH stays only on the chosen packets" },
	{ "clear", 0, OPT_FLAG(struct inject_config, clear),
	  .help = "psh: PSH on no packet at all (the control)" },
	{ "units", 0, OPT_CHOICE(struct inject_config, units), .choices = units,
	  .help = "psh: what the ratio counts, packets on the wire or the stack's buffers" },
	{ .name = NULL },
};

static int make_spec(const struct mangle_kind *kind, struct mangle_spec *ret, struct err *err)
{
	*ret = mangle_spec_default(kind);
	if (config.ratio)
		ret->ratio = config.ratio;
	ret->seed = config.seed;
	ret->clear = config.clear;
	ret->clear_others = config.clear_others;
	ret->units = config.units;
	return mangle_spec_check(ret, err);
}

static int print_table(const struct injection *list, unsigned int n)
{
	static const char *const counts[] = { "SEEN", "ELIGIBLE", "ALREADY", "MANGLED", "CLEARED" };
	struct table t = { 0 };
	int rc;

	table_column(&t, "PLACE", TABLE_LEFT);
	table_column(&t, "INJECTION", TABLE_LEFT);
	table_column(&t, "MODE", TABLE_LEFT);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		table_column(&t, counts[i], TABLE_RIGHT);
	for (unsigned int i = 0; i < n; i++) {
		const struct mangle_counters *c = &list[i].report.counters;
		char spec[256] = "";

		mangle_spec_format(&list[i].report.spec, spec, sizeof(spec));
		table_cell(&t, "%s", list[i].place);
		table_cell(&t, "%s", spec);
		table_cell(&t, "%s", mangle_mode_name(list[i].report.mode));
		table_cell(&t, "%" PRIu64, c->seen);
		table_cell(&t, "%" PRIu64, c->eligible);
		table_cell(&t, "%" PRIu64, c->already);
		table_cell(&t, "%" PRIu64, c->mangled);
		table_cell(&t, "%" PRIu64, c->cleared);
	}
	rc = table_print(stdout, &t, 0, false);
	table_free(&t);
	return rc;
}

static int print_list(const struct session *s, const struct injection *list, unsigned int n,
		      struct err *err)
{
	json_t *rows = json_array();

	for (unsigned int i = 0; i < n; i++)
		json_array_append_new(rows, inject_to_json(&list[i]));
	if (s->json)
		return print_json(json_pack("{s:s,s:s,s:o}", "schema", "ovslab.inject/1", "lab", s->lab,
					    "injections", rows), err);
	json_decref(rows);
	if (n)
		return print_table(list, n);
	printf("no injections; 'ovslab inject psh' makes one\n");
	return STATUS_OK;
}

static int run_inject(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct mangle_kind *kind = mangle_kind_find(argv[0]);	/* main.c checked it */
	struct injection injection;
	struct mangle_spec spec;
	char text[256] = "";
	struct lab lab;
	int rc = make_spec(kind, &spec, err);

	if (rc == 0)
		rc = bench_enter(s->lab, &lab, err);
	if (rc == 0)
		rc = inject_place(&lab, kind, &config.place, &spec.hook, err);
	if (rc == 0)
		rc = inject_attach(&s->job, &lab, config.place, &spec, &injection, err);
	if (rc < 0)
		return rc;
	if (s->json)
		return print_list(s, &injection, 1, err);
	mangle_spec_format(&injection.report.spec, text, sizeof(text));
	printf("%s: %s (%s)\n", injection.place, text, mangle_mode_name(injection.report.mode));
	return STATUS_OK;
}

const struct command cmd_inject = {
	.name = "inject",
	.group = GROUP_EXPERIMENT,
	.args = "KIND",
	.args_min = 1,
	.args_max = 1,
	.summary = "load an eBPF mangler into a node or onto a tap",
	.about = "Loads a mangler of this kind at its place; one that is on the same hook is "
		 "replaced.\n\n"
		 "psh, in a node's tc egress: sets TCP's PSH on 1 of N data packets that do not have "
		 "it, and on no SYN, FIN or RST. TCP hands super-packets to tc, of which nearly all "
		 "have PSH already; so that the ratio counts packets on the wire, the device's "
		 "gso_max_segs is set to 1 for as long as the mangler is there (--units skb leaves it "
		 "alone).\n\n"
		 "ttl, on a tap's XDP: gives 1 of N packets that the VM sent a random TTL (IPv4) or "
		 "hop limit (IPv6, except neighbour discovery).",
	.examples = "ovslab inject psh --ratio 10\n"
		    "# the control: no packet has PSH\n"
		    "ovslab inject psh --clear\n"
		    "# replies of vm2 with random TTLs: ping vm2 from vm1\n"
		    "ovslab inject ttl",
	.opts = inject_opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON | CMD_KINDS,
	.run = run_inject,
};

static int run_inject_show(const struct session *s, int argc, char **argv, struct err *err)
{
	struct injection list[INJECT_MAX] = { 0 };
	unsigned int n;
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc == 0)
		rc = inject_list(&s->job, &lab, list, &n, err);
	return rc < 0 ? rc : print_list(s, list, n, err);
}

const struct command cmd_inject_show = {
	.name = "inject show",
	.group = GROUP_EXPERIMENT,
	.summary = "show what is injected where, with live counters",
	.about = "Reads the counters from the BPF maps: packets seen by the mangler, eligible for it, "
		 "left alone because they were already so, mangled, and cleared by --clear or "
		 "--clear-others.",
	.examples = "ovslab inject show\novslab inject show --json | jq '.injections[].mangled'",
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_inject_show,
};

static const struct opt clear_opts[] = {
	{ "at", 0, OPT_STRING(struct inject_config, place), .arg = "PLACE", .fallback = "everywhere",
	  .help = "only what is at this place" },
	{ .name = NULL },
};

static int run_inject_clear(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct mangle_kind *kind = argc ? mangle_kind_find(argv[0]) : NULL;
	unsigned int n;
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc == 0)
		rc = inject_clear(&s->job, &lab, kind, config.place, &n, err);
	if (rc < 0)
		return rc;
	if (s->json)
		return print_json(json_pack("{s:s,s:s,s:i}", "schema", "ovslab.inject-clear/1", "lab",
					    s->lab, "cleared", (int)n), err);
	printf("%u injection%s removed\n", n, n == 1 ? "" : "s");
	return STATUS_OK;
}

const struct command cmd_inject_clear = {
	.name = "inject clear",
	.group = GROUP_EXPERIMENT,
	.args = "[KIND]",
	.args_max = 1,
	.summary = "remove injections, and put back what they had set",
	.about = "Removes all of the lab's manglers, or those of one kind or at one place. The "
		 "gso_max_segs that psh had changed is put back.",
	.examples = "ovslab inject clear\novslab inject clear psh\novslab inject clear --at tap-vm2:xdp",
	.opts = clear_opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON | CMD_KINDS,
	.run = run_inject_clear,
};
