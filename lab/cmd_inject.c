// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inject.c - 'ovslab inject KIND', 'inject show', 'inject clear'
 *
 * KIND's options come from the table in core/mangle_opts.h, and are read in core/.
 */
#include "cmd_inject_user.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/mangle.h"
#include "core/util.h"
#include "report/table_text.h"
#include "run/bench.h"
#include "run/inject.h"

/* Options as text: core/mangle_spec.c says what they mean, and what is wrong with them. */
static struct inject_config {
	const char *place;
	const char *value[MANGLE_OPTS];
	bool flag[MANGLE_OPTS];
} config;

/* The table's rows as the command line wants them, those of one scope. */
#define VALUE(id) OPT_STRING(struct inject_config, value[MANGLE_OPT_##id])
#define FLAG(id) OPT_FLAG(struct inject_config, flag[MANGLE_OPT_##id])
#define ROW_V(id, scope, name_, key_, arg_, parser, low, high, field, mode, help_) \
	scope##_ROW(id, name_, key_, VALUE(id), .arg = arg_, .help = help_)
#define ROW_F(id, scope, name_, field, bits, help_) \
	scope##_ROW(id, name_, 0, FLAG(id), .help = help_)

static const struct opt inject_opts[] = {
	{ "at", 0, OPT_STRING(struct inject_config, place), .arg = "PLACE",
	  .fallback = "where the kind belongs",
	  .help = "NODE:egress, NODE:ingress, NODE:xdp, tap-NODE:xdp or tap-NODE:egress" },
#define COMMON_ROW(id, ...) { __VA_ARGS__ },
#define OWN_ROW(id, ...)
	MANGLE_OPTIONS(ROW_V, ROW_F)
#undef COMMON_ROW
#undef OWN_ROW
	{ .name = NULL },
};

static const struct opt own_opts[MANGLE_OPTS] = {
#define COMMON_ROW(id, ...)
#define OWN_ROW(id, ...) [MANGLE_OPT_##id] = { __VA_ARGS__ },
	MANGLE_OPTIONS(ROW_V, ROW_F)
#undef COMMON_ROW
#undef OWN_ROW
};

static const struct opt *kind_opts(const struct mangle_kind *kind)
{
	static struct opt rows[MANGLE_OPTS + 1];
	size_t n = 0;

	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++)
		if (kind->options & 1ULL << o)
			rows[n++] = own_opts[o];
	rows[n] = (struct opt){ .name = NULL };
	return rows;
}

static int make_spec(const struct mangle_kind *kind, struct mangle_spec *ret, struct err *err)
{
	char names[MANGLE_OPTS][24];
	const char *argv[MANGLE_WORDS_MAX] = { kind->name };
	int argc = 1;

	for (enum mangle_option o = 0; o < MANGLE_OPTS; o++) {
		if (!config.flag[o] && !config.value[o])
			continue;
		snprintf(names[o], sizeof(names[o]), "--%s", mangle_option_rows[o].name);
		argv[argc++] = names[o];
		if (config.value[o])
			argv[argc++] = config.value[o];
	}
	return mangle_spec_parse(argc, argv, ret, err);
}

static bool any_lost(const struct injection *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i].report.counters.failed || list[i].report.counters.untracked)
			return true;
	return false;
}

static void print_cells(struct table *t, const struct injection *i, bool lost)
{
	const struct mangle_counters *c = &i->report.counters;

	table_cell(t, "%s", i->place);
	table_cell(t, "%s", mangle_mode_name(i->report.mode));
	table_cell(t, "%" PRIu64, c->seen);
	table_cell(t, "%" PRIu64, c->eligible);
	table_cell(t, "%" PRIu64, c->already);
	table_cell(t, "%" PRIu64, c->mangled);
	table_cell(t, "%" PRIu64, c->cleared);
	if (lost) {
		table_cell(t, "%" PRIu64, c->failed);
		table_cell(t, "%" PRIu64, c->untracked);
	}
	table_cell(t, "%s", i->report.spec.stage.spec);
}

static void print_saturated(const struct injection *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i].report.saturated)
			printf("%s: more connections than there is room for: the idlest were forgotten, "
			       "and begin anew when they go on\n", list[i].place);
}

static int print_table(const struct injection *list, unsigned int n)
{
	static const char *const counts[] = { "SEEN", "ELIGIBLE", "ALREADY", "MANGLED", "CLEARED",
					      "FAILED", "UNTRACKED" };
	bool lost = any_lost(list, n);
	struct table t = { 0 };
	int rc;

	table_column(&t, "PLACE", TABLE_LEFT);
	table_column(&t, "MODE", TABLE_LEFT);
	for (size_t i = 0; i < ARRAY_SIZE(counts) - (lost ? 0 : 2); i++)
		table_column(&t, counts[i], TABLE_RIGHT);
	table_column(&t, "INJECTION", TABLE_FOLD);
	for (unsigned int i = 0; i < n; i++)
		print_cells(&t, &list[i], lost);
	rc = table_print(stdout, &t, terminal_columns(STDOUT_FILENO), false);
	table_free(&t);
	print_saturated(list, n);
	return rc;
}

/* @user: of 'inject bpf' and 'inject netem'; NULL if it is not about them */
static int print_list(const struct session *s, const struct injection *list, unsigned int n,
		      const struct user_rows *user, struct err *err)
{
	json_t *rows = json_array(), *doc;

	for (unsigned int i = 0; i < n; i++)
		json_array_append_new(rows, inject_to_json(&list[i]));
	doc = json_pack("{s:s,s:s,s:o}", "schema", "ovslab.inject/1", "lab", s->lab, "injections", rows);
	if (user)
		user_rows_json(doc, user);
	if (s->json)
		return print_json(doc, err);
	json_decref(doc);
	if (n)
		print_table(list, n);
	if (user)
		user_rows_print(user);
	if (n || (user && user->n_programs + user->n_qdiscs))
		return STATUS_OK;
	printf("no injections; 'ovslab inject psh' makes one\n");
	return STATUS_OK;
}

static int run_inject(const struct session *s, int argc, char **argv, struct err *err)
{
	const struct mangle_kind *kind = mangle_kind_find(argv[0]);	/* main.c checked it */
	struct injection injection;
	struct mangle_spec spec;
	struct lab lab;
	int rc = make_spec(kind, &spec, err);

	if (rc == 0)
		rc = bench_enter(s->lab, &lab, err);
	if (rc == 0)
		rc = inject_place(&lab, kind, &config.place, &spec.place, err);
	if (rc == 0)
		rc = mangle_spec_check(&spec, err);
	if (rc == 0)
		rc = inject_attach(&s->job, &lab, config.place, &spec, &injection, err);
	if (rc < 0)
		return rc;
	if (s->json)
		return print_list(s, &injection, 1, NULL, err);
	printf("%s: %s (%s)\n", injection.place, injection.report.spec.stage.spec,
	       mangle_mode_name(injection.report.mode));
	return STATUS_OK;
}

const struct command cmd_inject = {
	.name = "inject",
	.group = GROUP_EXPERIMENT,
	.args = "KIND",
	.args_min = 1,
	.args_max = 1,
	.summary = "load an eBPF mangler into a node or onto a tap",
	.about = "Loads a mangler of this kind at its place, behind those that are there: they work in "
		 "the order in which they came. One of the same kind at the same place is replaced, and "
		 "keeps its turn. A device alone is a place too: vm1 is vm1:egress, tap-vm1 is "
		 "tap-vm1:xdp.\n\n"
		 "Which packets: a kind changes what it can change (psh, say, data packets without PSH, "
		 "and no SYN, FIN or RST); of these --match takes some, and one of --ratio, --every, "
		 "--nth and --first chooses among them, within what --after, --between, --limit and "
		 "--duration leave. Per connection means per TCP connection or UDP flow in the "
		 "direction that passes. With --seed the choice depends on nothing but SEED, the "
		 "connection's turn among those to the same server port, and the byte offset: "
		 "so a repeated workload is mangled at the same bytes. What is sent again is treated as "
		 "it was the first time; but what drop, corrupt, truncate or badcsum took by --every, "
		 "--nth, --first or --seed passes then, or the connection would stand still.\n\n"
		 "TCP hands super-packets to tc, and segmentation comes later. So that packets on the "
		 "wire are counted, the device's gso_max_segs is set to 1 for as long as such a "
		 "mangler is at NODE:egress (--units skb leaves it alone).\n\n"
		 "FLOW is written as in ovs-ofctl's flows: ip, ipv6, tcp, tcp6, udp, udp6, icmp, icmp6; "
		 "nw_src, nw_dst, ipv6_src, ipv6_dst with a length or a mask; nw_proto, nw_tos, ip_dscp, "
		 "nw_ecn, nw_ttl, ip_frag; tp_src, tp_dst, tcp_flags=+ack-psh, icmp_type, icmp_code; "
		 "dl_src, dl_dst, dl_type, dl_vlan, dl_vlan_pcp, vlan_tci. Also payload>0, which a shell "
		 "wants quoted.",
	.examples = "ovslab inject psh --ratio 10\n"
		    "# the control: no packet has PSH\n"
		    "ovslab inject psh --clear\n"
		    "# PSH on the first data packet of such a connection, on no other\n"
		    "ovslab inject psh --first --clear-others --match tcp,tp_dst=9000\n"
		    "ovslab inject flags --set psh --clear urg --every 10\n"
		    "# replies of vm2 with random TTLs: ping vm2 from vm1\n"
		    "ovslab inject ttl\n"
		    "ovslab inject ecn --ce --ratio 50 --seed 1\n"
		    "ovslab inject window --set 0 --nth 20\n"
		    "# what vm2 gets from the switch, three packets at most\n"
		    "ovslab inject drop --nth 7 --limit 3 --at tap-vm2:egress\n"
		    "ovslab inject corrupt --between 64K-128K --match 'tcp,payload>0'\n"
		    "ovslab inject delay --ms 5 --jitter 2 --ratio 20\n"
		    "ovslab inject reorder --depth 3 --ratio 100",
	.opts = inject_opts,
	.kind_opts = kind_opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON | CMD_KINDS,
	.run = run_inject,
};

static int run_inject_show(const struct session *s, int argc, char **argv, struct err *err)
{
	struct injection list[INJECT_MAX] = { 0 };
	struct user_rows user = { .n_programs = 0 };
	unsigned int n;
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc == 0)
		rc = inject_list(&s->job, &lab, list, &n, err);
	if (rc == 0)
		rc = user_rows_list(s, &lab, &user, err);
	return rc < 0 ? rc : print_list(s, list, n, &user, err);
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
	const char *user = argc && !kind ? argv[0] : NULL;
	unsigned int n = 0, n_user = 0;
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	if (rc == 0 && !user)
		rc = inject_clear(&s->job, &lab, kind, config.place, &n, err);
	if (rc == 0 && !kind)
		rc = user_rows_clear(s, &lab, user, config.place, &n_user, err);
	if (rc < 0)
		return rc;
	n += n_user;
	if (s->json)
		return print_json(json_pack("{s:s,s:s,s:i}", "schema", "ovslab.inject-clear/1", "lab",
					    s->lab, "cleared", (int)n), err);
	printf("%u injection%s removed\n", n, n == 1 ? "" : "s");
	return STATUS_OK;
}

const struct command cmd_inject_clear = {
	.name = "inject clear",
	.group = GROUP_EXPERIMENT,
	.args = "[KIND|bpf|netem]",
	.args_max = 1,
	.summary = "remove injections, and put back what they had set",
	.about = "Removes all of the lab's manglers, or those of one kind or at one place; others there go "
		 "on as they were. The gso_max_segs that psh had changed is put back. KIND may also be bpf, "
		 "for the programs of 'inject bpf', or netem, whose device gets its default qdisc back.",
	.examples = "ovslab inject clear\novslab inject clear psh\novslab inject clear ttl --at tap-vm2:xdp",
	.opts = clear_opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON | CMD_KINDS | CMD_KINDS_USER,
	.run = run_inject_clear,
};
