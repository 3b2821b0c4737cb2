// SPDX-License-Identifier: GPL-2.0
/*
 * flow_check.c - what OpenFlow has against the flows of a scenario, before a switch is there
 *
 * Theory of operation: what a switch takes depends on its version, and it is asked by its own
 * ovs-ofctl once a lab is up. This host's knows no less if it is not older: what that one
 * refuses is wrong then. Where the switch is newer, or of a version that nobody can tell
 * from here (a suite that moves on, a tree of the user's own), it may know a field more.
 */
#include "run/flow_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lab.h"
#include "core/util.h"
#include "host/ofctl.h"
#include "run/choose.h"

#define LIMIT_MS 10000
#define REFUSALS_MAX 200		/* each takes a call of ovs-ofctl */

struct checker {
	const struct scenario *s;
	struct flow_check *result;
	char version[OFCTL_VERSION_MAX];	/* of ovs-ofctl */
};

/* ---- versions --------------------------------------------------------------------------- */

/* What suites have that are released; of others it changes. */
static const char *ovs_of(const char *source)
{
	static const struct { const char *source, *version; } released[] = {
		{ "debian:bullseye", "2.15" }, { "debian:bookworm", "3.1" }, { "debian:trixie", "3.5" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(released); i++)
		if (strcmp(released[i].source, source) == 0)
			return released[i].version;
	return NULL;
}

/* By major and minor number */
static bool is_newer(const char *a, const char *b)
{
	unsigned int va[2] = { 0 }, vb[2] = { 0 };

	sscanf(a, "%4u.%4u", &va[0], &va[1]);
	sscanf(b, "%4u.%4u", &vb[0], &vb[1]);
	return va[0] != vb[0] ? va[0] > vb[0] : va[1] > vb[1];
}

/* May the switch of a setup know what ovs-ofctl does not? */
static bool may_know_more(const struct checker *c, const struct scenario_setup *setup)
{
	struct lab lab = { .asked = setup->bench };
	struct err unused = { 0 };
	const char *ovs;
	int rc = choose_switch(&lab, &unused);

	err_reset(&unused);
	if (rc < 0 || lab.bench.place == LAB_SWITCH_HOST)
		return false;
	ovs = ovs_of(lab.bench.ovs);
	return !ovs || is_newer(ovs, c->version);
}

static bool has_flow(const struct scenario_setup *setup, const struct scenario_flow *flow)
{
	for (size_t i = 0; i < setup->openflow.n; i++)
		if (setup->openflow.v[i] == flow->text)
			return true;
	return false;
}

/* All the setups that have it; of what no variant has, the scenario's own decides. */
static bool all_may_know_more(const struct checker *c, const struct scenario_flow *flow)
{
	const struct scenario *s = c->s;
	const struct scenario_setup *setup;
	unsigned int users = 0;

	for (size_t i = 0; s->has_variants && i < 2 + s->matrix.n; i++) {
		setup = i < 2 ? &s->variants[i].setup : &s->matrix.v[i - 2].setup;
		if (!has_flow(setup, flow))
			continue;
		users++;
		if (!may_know_more(c, setup))
			return false;
	}
	return users || may_know_more(c, &s->base);
}

/* ---- one flow that is not taken --------------------------------------------------------- */

/* Only a switch knows its ports by name. */
static bool is_of_port_name(const char *why)
{
	return !isdigit((unsigned char)*why) && (strstr(why, "unknown port") || strstr(why, "bad port number") ||
						 strstr(why, "unknown truncate port"));
}

static void tell(struct checker *c, const struct scenario_flow *flow, const char *why)
{
	struct flow_check *r = c->result;

	if (is_of_port_name(why))
		mistakes_add(&r->doubtful, flow->line, flow->column, "openflow: ports go by number, 1 is vm1 "
			     "and 2 is vm2: what names others have is not known before the switch runs (%.250s)",
			     why);
	else if (all_may_know_more(c, flow))
		mistakes_add(&r->doubtful, flow->line, flow->column, "openflow: unless the switch knows more "
			     "than this host's ovs-ofctl %s: %.300s", c->version, why);
	else
		mistakes_add(&r->wrong, flow->line, flow->column, "openflow: ovs-ofctl %s does not take it: "
			     "%.300s", c->version, why);
}

/* ---- all -------------------------------------------------------------------------------- */

/* It stops at the first: again behind that. */
static int read_all(const struct job *job, struct checker *c, const struct scenario_flow **flows,
		    const char **texts, size_t n, struct err *err)
{
	struct flow_check *r = c->result;
	char why[OFCTL_WHY_MAX];
	size_t at = 0, bad;

	for (int i = 0; at < n && i < REFUSALS_MAX && r->wrong.n < MISTAKES_MAX; i++) {
		int rc = ofctl_parse(job, texts + at, n - at, &bad, why, err);

		if (rc < 0)
			return rc;
		if (bad < n - at)
			tell(c, flows[at + bad], why);
		at += bad + 1;
	}
	if (at < n)
		return err_set(err, STATUS_USAGE, E2BIG, "too many of them are not taken, and the rest was "
			       "left out");
	return 0;
}

static int read_list(const struct job *job, struct checker *c, struct err *err)
{
	_cleanup_free_ const struct scenario_flow **flows = NULL;
	_cleanup_free_ const char **texts = NULL;
	size_t n = 0;

	for (const struct scenario_flow *f = c->s->flows; f; f = f->next)
		n++;
	flows = calloc(n + 1, sizeof(*flows));
	texts = calloc(n + 1, sizeof(*texts));
	if (!flows || !texts)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	n = 0;
	for (const struct scenario_flow *f = c->s->flows; f; f = f->next) {
		flows[n] = f;
		texts[n++] = f->text;
	}
	return read_all(job, c, flows, texts, n, err);
}

int flow_check(const struct job *job, const struct scenario *s, struct flow_check *ret,
	       struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(job, LIMIT_MS) };
	struct checker c = { .s = s, .result = ret };
	struct err why = { 0 };
	int rc;

	*ret = (struct flow_check){ .done = true };
	if (!s->flows)
		return 0;
	rc = ofctl_version(&limited, c.version, sizeof(c.version), &why);
	if (rc == 0)
		rc = read_list(&limited, &c, &why);
	ret->done = rc == 0;
	mistakes_sort(&ret->wrong);
	mistakes_sort(&ret->doubtful);
	if (rc == -EINTR || rc == -ENOMEM) {
		err_move(err, &why);
		return rc;
	}
	snprintf(ret->why_not, sizeof(ret->why_not), "%.159s", rc == -ENOENT ? "no ovs-ofctl on this host" :
		 why.msg);
	err_reset(&why);
	return 0;
}
