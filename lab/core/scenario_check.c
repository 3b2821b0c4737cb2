// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_check.c - what no key of a scenario by itself can tell: what goes together
 *
 * The values are right one by one. A mistake is told at the key that asks for what
 * cannot be, in the variant if it stands there, else in the scenario itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/scenario_parts.h"
#include "core/util.h"

#define BURST_PACKETS_MAX 1000000

/* A setup that is going to run, and where in the file it stands. */
struct cell {
	const struct scenario_setup *setup;
	const struct ytree *node;	/* NULL: it is the scenario's own */
	const char *name;		/* NULL likewise */
};

/* ---- places ------------------------------------------------------------------------- */

/* The value at "bench.ovs": the cell's, else the scenario's, NULL if nobody says it. */
static struct ytree *find_in(const struct ytree *node, const char *path)
{
	char step[40];

	while (node && *path) {
		size_t len = strcspn(path, ".");

		snprintf(step, sizeof(step), "%.*s", (int)len, path);
		node = ytree_member(node, step);
		path += len + (path[len] == '.');
	}
	return (struct ytree *)node;
}

static struct ytree *find(const struct scenario_reader *r, const struct cell *cell, const char *path)
{
	struct ytree *node = cell && cell->node ? find_in(cell->node, path) : NULL;

	return node ? node : find_in(r->root, path);
}

static const char *cell_phrase(const struct cell *cell, char *buf, size_t size)
{
	snprintf(buf, size, "%s%.40s%s", cell->name ? "in '" : "", cell->name ? cell->name : "",
		 cell->name ? "', " : "");
	return buf;
}

/* ---- one setup ------------------------------------------------------------------------ */

/* At @node, which asks for what the switch of this cell has not. */
static void misplaced(struct scenario_reader *r, const struct cell *cell, struct ytree *node,
		      unsigned int flags)
{
	const struct lab_bench *bench = &cell->setup->bench;
	char where[64];

	cell_phrase(cell, where, sizeof(where));
	if (flags & SC_FOR_VM && bench->place == LAB_SWITCH_HOST)
		scenario_wrong(r, node, "%s: %sthe switch is on the host, and this is for one in a VM: "
			       "remove it, or write switch: vm", node->key->text, where);
	else if (flags & SC_FOR_KERNEL && bench->datapath == LAB_DATAPATH_USERSPACE)
		scenario_wrong(r, node, "%s: %sthe datapath is userspace, and this is for the "
			       "kernel's: remove it, or write datapath: kernel", node->key->text,
			       where);
	else if (flags & SC_FOR_USERSPACE && bench->datapath != LAB_DATAPATH_USERSPACE)
		scenario_wrong(r, node, "%s: %sthe datapath is not userspace, and this is for that "
			       "one: remove it, or write datapath: userspace", node->key->text, where);
}

/* The keys of these rows that the file has, against this cell's switch. */
static void check_rows(struct scenario_reader *r, const struct cell *cell,
		       const struct scenario_key *keys, const char *path)
{
	char full[80];

	for (const struct scenario_key *key = keys; key->name; key++) {
		struct ytree *node;

		snprintf(full, sizeof(full), "%s.%s", path, key->name);
		node = find(r, cell, full);
		if (node && !node->bad)
			misplaced(r, cell, node, key->flags);
	}
}

static void check_cpu(struct scenario_reader *r, const struct cell *cell, struct ytree *node,
		      unsigned int cpu)
{
	unsigned int n = cell->setup->bench.switch_vcpus;
	char where[64];

	if (node && !node->bad && cpu >= n)
		scenario_wrong(r, node, "placement: %sthe switch has %u CPU%s (0%s%u), and no CPU %u: "
			       "raise bench: switch-vcpus, or choose another",
			       cell_phrase(cell, where, sizeof(where)), n, n == 1 ? "" : "s",
			       n == 1 ? ", not " : " to ", n == 1 ? cpu : n - 1, cpu);
}

static void check_placement(struct scenario_reader *r, const struct cell *cell)
{
	const struct scenario_placement *p = &r->s->placement;
	struct ytree *handlers = find(r, NULL, "placement.handlers");
	unsigned int n = cell->setup->bench.switch_vcpus;
	char where[64];

	if (p->irq >= 0)
		check_cpu(r, cell, find(r, NULL, "placement.irq"), p->irq);
	for (size_t i = 0; i < p->handlers.n; i++)
		check_cpu(r, cell, ytree_item(handlers, i), p->handlers.v[i]);
	if (handlers && !handlers->bad && p->handlers.n > n)
		scenario_wrong(r, handlers, "placement: %sa switch of %u CPUs has %u upcall handlers, "
			       "and %zu are placed", cell_phrase(cell, where, sizeof(where)), n, n,
			       p->handlers.n);
}

static bool has_cookie(const struct scenario_texts *flows)
{
	for (size_t i = 0; i < flows->n; i++)
		if (strstr(flows->v[i], "cookie=") && !strstr(flows->v[i], "cookie=0,"))
			return true;
	return false;
}

static void check_setup(struct scenario_reader *r, const struct cell *cell)
{
	struct ytree *sw = find(r, NULL, "placement.qemu.sw");

	check_rows(r, cell, scenario_bench_keys, "bench");
	check_rows(r, cell, scenario_other_config_keys, "ovs.other_config");
	check_rows(r, cell, scenario_key_find(scenario_setup_keys, "ovs")->sub, "ovs");
	check_rows(r, cell, scenario_placement_keys, "placement");
	if (sw && !sw->bad)
		misplaced(r, cell, sw, SC_FOR_VM);
	check_placement(r, cell);
}

/* ---- traffic and injections -------------------------------------------------------------- */

static void check_traffic(struct scenario_reader *r)
{
	const struct scenario_traffic *t = &r->s->traffic;
	struct ytree *traffic = find(r, NULL, "traffic");
	uint64_t packets = (uint64_t)t->cycles * t->flows * t->packets;

	for (const struct scenario_key *key = scenario_traffic_keys; key->name; key++) {
		struct ytree *node = ytree_member(traffic, key->name);
		unsigned int kind = 0;

		if (!node || !key->kinds || key->kinds & 1U << t->kind)
			continue;
		while (!(key->kinds & 1U << kind))
			kind++;
		scenario_wrong(r, node, "%s: this is for kind: %s, and the traffic is %s: remove it, "
			       "or change the kind", key->name, scenario_kind_names[kind],
			       scenario_kind_names[t->kind]);
	}
	if (t->from == t->to)
		scenario_wrong(r, traffic, "traffic: from and to are the same node: write from: vm1 "
			       "and to: vm2, or the other way round");
	if (t->kind == SCENARIO_BURSTS && packets > BURST_PACKETS_MAX)
		scenario_wrong(r, traffic, "traffic: cycles x flows x packets is %llu, more than %d: "
			       "lower one", (unsigned long long)packets, BURST_PACKETS_MAX);
	if (t->kind == SCENARIO_CONNECT && !t->port)
		scenario_wrong(r, traffic, "traffic: kind: connect needs the key 'port'");
}

static void check_inject(struct scenario_reader *r)
{
	const struct ytree *list = find(r, NULL, "inject");
	char where[16][SCENARIO_WHERE_MAX];

	for (size_t i = 0; i < r->s->inject.n; i++) {
		struct ytree *node = ytree_item(list, i);

		scenario_inject_check(r->s->inject.v[i], where[i], NULL);
		for (size_t k = 0; k < i; k++)
			if (strcmp(where[k], where[i]) == 0)
				scenario_wrong(r, node, "inject: %s is here already, and would be "
					       "replaced: keep one", where[i]);
	}
}

static void check_before_run(struct scenario_reader *r)
{
	const struct scenario_numbers *verbs = &r->s->before_run;

	if (verbs->n == 2 && verbs->v[0] == verbs->v[1])
		scenario_wrong(r, ytree_item(find(r, NULL, "before-run"), 1), "before-run: %s is here "
			       "twice", scenario_verb_names[verbs->v[1]]);
}

static void check_guests(struct scenario_reader *r)
{
	for (unsigned int g = 0; g < SCENARIO_GUESTS; g++) {
		const struct scenario_guest *guest = &r->s->guests[g];
		char path[40];

		snprintf(path, sizeof(path), "guests.%s.reject", scenario_node_names[g + 1]);
		for (size_t i = 0; i < guest->reject.n; i++)
			if (guest->reject.v[i].with == SCENARIO_TCP_RESET && guest->reject.v[i].proto != SCENARIO_TCP)
				scenario_wrong(r, ytree_item(find(r, NULL, path), i), "reject: "
					       "tcp-reset is for proto: tcp");
	}
}

/* ---- variants -------------------------------------------------------------------------- */

static bool same_value(const struct scenario_key *key, const char *a, const char *b)
{
	a += key->offset;
	b += key->offset;
	return key->type == SC_SUITE ? strcmp(a, b) == 0 : memcmp(a, b, key->size) == 0;
}

static bool same_settings(const struct scenario_settings *a, const struct scenario_settings *b)
{
	for (size_t i = 0; i < a->n; i++) {
		bool found = false;

		for (size_t k = 0; k < b->n; k++)
			found |= !strcmp(a->v[i].key, b->v[k].key) && !strcmp(a->v[i].value, b->v[k].value);
		if (!found)
			return false;
	}
	return a->n == b->n;
}

static bool same_setup(const struct scenario_setup *a, const struct scenario_setup *b)
{
	for (const struct scenario_key *key = scenario_bench_keys; key->name; key++)
		if (!same_value(key, (const char *)&a->bench, (const char *)&b->bench))
			return false;
	for (size_t i = 0; i < a->openflow.n && i < b->openflow.n; i++)
		if (strcmp(a->openflow.v[i], b->openflow.v[i]) != 0)
			return false;
	return a->openflow.n == b->openflow.n && a->start == b->start &&
	       same_settings(&a->other_config, &b->other_config);
}

/* Another cell before this one that is set up alike; NULL if there is none. */
static const char *same_before(const struct cell *cells, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_setup(cells[k].setup, cells[i].setup))
			return cells[k].name;
	return NULL;
}

static void check_cell(struct scenario_reader *r, const struct cell *cells, size_t i)
{
	struct ytree *node = (struct ytree *)cells[i].node;
	const struct ytree *bench = ytree_member(node, "bench");
	const char *same = same_before(cells, i);

	/* 'own' is another tree each time */
	if (same && strcmp(cells[i].setup->bench.ovs, SCENARIO_OWN) &&
	    strcmp(cells[i].setup->bench.ovs_kernel, SCENARIO_OWN))
		scenario_wrong(r, node->key, "%s: it differs in nothing from '%s': change its bench, "
			       "ovs or openflow", cells[i].name, same);
	for (const struct scenario_key *key = scenario_bench_keys; bench && key->name; key++) {
		struct ytree *value = ytree_member(bench, key->name);

		if (value && key->flags & SC_COMMON)
			scenario_wrong(r, value, "%s: this is the same for all variants: it stands in "
				       "the scenario's own bench", key->name);
	}
	if (i > SCENARIO_FIXED && (!strcmp(cells[i].name, "baseline") || !strcmp(cells[i].name, "fixed")))
		scenario_wrong(r, node->key, "matrix: '%s' is the name of a variant: choose another",
			       cells[i].name);
}

/* What is going to run; the caller has room for all of them. */
static size_t list_cells(struct scenario_reader *r, struct cell *cells)
{
	const struct scenario *s = r->s;
	size_t n = 0;

	if (!s->has_variants) {
		cells[0] = (struct cell){ &s->base, NULL, NULL };
		return 1;
	}
	for (size_t i = 0; i < 2; i++)
		cells[n++] = (struct cell){ &s->variants[i].setup,
					    ytree_member(find(r, NULL, "variants"), s->variants[i].name),
					    s->variants[i].name };
	for (size_t i = 0; i < s->matrix.n; i++)
		cells[n++] = (struct cell){ &s->matrix.v[i].setup,
					    ytree_member(find(r, NULL, "matrix"), s->matrix.v[i].name),
					    s->matrix.v[i].name };
	return n;
}

/* ---- expectations ------------------------------------------------------------------------ */

/* Is a cell's figure looked at? @e: NULL for the score, which looks at all. */
static bool asked(const struct scenario_expect *e, const struct cell *cell)
{
	if (!e || !e->variant || !cell->name)
		return true;
	return strcmp(cell->name, e->variant) == 0 ||
	       (scenario_has_ratio(e) && strcmp(cell->name, "baseline") == 0);
}

static void check_metric(struct scenario_reader *r, unsigned int metric, const struct scenario_expect *e,
			 struct ytree *node, const struct cell *cells, size_t n)
{
	const struct scenario_metric *m = &scenario_metrics[metric];
	unsigned int kind = r->s->traffic.kind;

	if (m->kinds && !(m->kinds & 1U << kind))
		scenario_wrong(r, node, "metric: traffic of kind: %s has no '%s'",
			       scenario_kind_names[kind], m->name);
	for (size_t i = 0; m->cookies && i < n; i++)
		if (!node->bad && asked(e, &cells[i]) && !has_cookie(&cells[i].setup->openflow))
			scenario_wrong(r, node, "metric: '%s' counts what flows with a cookie saw, and "
				       "%s%s%shas none: write cookie=1,... before the flow that is "
				       "meant", m->name, cells[i].name ? "'" : "the openflow ",
				       cells[i].name ? cells[i].name : "", cells[i].name ? "' " : "");
}

static void check_bounds(struct scenario_reader *r, const struct scenario_expect *e, struct ytree *node)
{
	const struct scenario_metric *m = &scenario_metrics[e->metric];
	const struct scenario_bound *bounds[] = { &e->at_least, &e->at_most };

	if (!scenario_has_ratio(e) && !e->at_least.given && !e->at_most.given)
		scenario_wrong(r, node, "expect: nothing is expected of '%s': add at-least or at-most",
			       m->name);
	if ((e->at_least.given && e->at_most.given && e->at_least.value > e->at_most.value) ||
	    (e->at_least_ratio.given && e->at_most_ratio.given &&
	     e->at_least_ratio.value > e->at_most_ratio.value))
		scenario_wrong(r, node, "expect: at-least is more than at-most: nothing is both");
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (!bounds[i]->given)
			continue;
		if (m->unit == SCENARIO_COUNT && bounds[i]->value != (double)(uint64_t)bounds[i]->value)
			scenario_wrong(r, node, "expect: '%s' is a count: write a whole number, or "
				       "at-most-ratio for a share of the baseline's", m->name);
		if (m->unit == SCENARIO_SHARE && bounds[i]->value > 1)
			scenario_wrong(r, node, "expect: '%s' is a share: 0 to 1", m->name);
	}
	if (scenario_has_ratio(e) && !r->s->has_variants)
		scenario_wrong(r, node, "expect: a ratio is one to the baseline, and there are no "
			       "variants");
	else if (scenario_has_ratio(e) && e->variant && !strcmp(e->variant, "baseline"))
		scenario_wrong(r, node, "expect: a ratio is one to the baseline, and this is the "
			       "baseline: write at-least or at-most");
}

static void check_variant(struct scenario_reader *r, const char *name, struct ytree *item,
			  const struct cell *cells, size_t n)
{
	struct ytree *node = ytree_member(item, "variant");
	struct nearest near = { .word = name ? name : "" };

	if (!name && r->s->has_variants)
		scenario_wrong(r, item, "expect: of which variant? Add variant: baseline, or variant: "
			       "fixed");
	if (!name)
		return;
	if (!r->s->has_variants) {
		scenario_wrong(r, node, "variant: the scenario has no variants: remove it, or add them");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(cells[i].name, name) == 0)
			return;
		nearest_offer(&near, cells[i].name);
	}
	scenario_wrong(r, node, "variant: there is no '%.40s'%s%s%s", name, near.best ? "; did you "
		       "mean '" : "", near.best ? near.best : " among the variants and in the matrix",
		       near.best ? "'?" : "");
}

static void check_expect(struct scenario_reader *r, const struct cell *cells, size_t n)
{
	const struct ytree *list = find(r, NULL, "expect");

	for (size_t i = 0; i < r->s->expect.n; i++) {
		const struct scenario_expect *e = &r->s->expect.v[i];
		struct ytree *item = ytree_item(list, i);

		check_metric(r, e->metric, e, ytree_member(item, "metric"), cells, n);
		check_variant(r, e->variant, item, cells, n);
		check_bounds(r, e, item);
	}
}

static void check_score(struct scenario_reader *r, const struct cell *cells, size_t n)
{
	const struct scenario_score *score = &r->s->score;
	struct ytree *node = find(r, NULL, "score");
	const struct scenario_metric *m = &scenario_metrics[score->metric];

	if (!score->given)
		return;
	if (!r->s->has_variants)
		scenario_wrong(r, node, "score: 'validate' compares variants, and there are none: add "
			       "variants, or remove it");
	if (m->unit != SCENARIO_COUNT)
		scenario_wrong(r, node, "score: '%s' is no count: throughput has a verdict of its own",
			       m->name);
	if (score->better == SCENARIO_BETTER_AUTO)
		scenario_wrong(r, node, "score: is more or less of '%s' better? Add better: more, or "
			       "better: less", m->name);
	check_metric(r, score->metric, NULL, ytree_member(node, "metric"), cells, n);
}

void scenario_check(struct scenario_reader *r)
{
	struct cell cells[2 + 16];
	size_t n = list_cells(r, cells);
	struct ytree *matrix = find(r, NULL, "matrix");

	if (matrix && !r->s->has_variants)
		scenario_wrong(r, matrix, "matrix: it extends variants, and there are none: add variants");
	check_traffic(r);
	check_inject(r);
	check_before_run(r);
	check_guests(r);
	for (size_t i = 0; i < n; i++) {
		check_setup(r, &cells[i]);
		if (r->s->has_variants)
			check_cell(r, cells, i);
	}
	check_expect(r, cells, n);
	check_score(r, cells, n);
}
