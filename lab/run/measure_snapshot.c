// SPDX-License-Identifier: GPL-2.0
/*
 * measure_snapshot.c - everything that counts, before and after, and the difference
 */
#include "run/measure_parts.h"

#include <stdio.h>
#include <string.h>

#include "core/mangle_counters.h"
#include "host/ovs.h"
#include "run/guest.h"

void measure_snapshot_free(struct snapshot *s)
{
	json_decref(s->sender);
	json_decref(s->receiver);
	json_decref(s->sw);
}

static int tcp_counters(const struct measure *m, const struct lab_node *node, json_t **ret,
			struct err *err)
{
	return guest_helper(m->job, m->lab, node,
			    (const char *const[]){ GUEST_HELPER, "counters", NULL }, ret, err);
}

int measure_snapshot(const struct measure *m, struct snapshot *s, struct err *err)
{
	int rc = inject_list(m->job, m->lab, s->injections, &s->n_injections, err);

	if (rc == 0)
		rc = inject_user_lines(m->job, m->lab, s->user, &s->n_user, err);
	if (rc == 0)
		rc = tcp_counters(m, m->from, &s->sender, err);
	if (rc == 0)
		rc = tcp_counters(m, m->to, &s->receiver, err);
	if (rc == 0)
		rc = ovs_counters(m->job, m->lab, &s->sw, err);
	return rc;
}

/* Counters that changed, by name. */
static void counter_deltas(const json_t *before, const json_t *after, struct run_counters *ret)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)after, name, value) {
		json_int_t delta = json_integer_value(value) -
				   json_integer_value(json_object_get(before, name));

		if (delta)
			run_add_counter(ret, name, delta);
	}
}

static uint64_t lookup_delta(const struct measure *m, const char *name)
{
	json_int_t before = json_integer_value(json_object_get(m->before.sw, name));
	json_int_t after = json_integer_value(json_object_get(m->after.sw, name));

	return after > before ? (uint64_t)(after - before) : 0;
}

/* Coverage counters only grow, unless vswitchd began anew. */
static bool began_anew(const struct measure *m)
{
	const json_t *before = json_object_get(m->before.sw, "coverage");
	const json_t *after = json_object_get(m->after.sw, "coverage");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)before, name, value)
		if (json_integer_value(json_object_get(after, name)) < json_integer_value(value))
			return true;
	return false;
}

static void fill_switch(const struct measure *m)
{
	struct run_switch *sw = &m->run->sw;

	if (began_anew(m)) {
		m->run->status = RUN_SWITCH_RESTARTED;
		run_add_note(m->run, "vswitchd was restarted during the run: its counters are left out");
		return;
	}
	sw->known = json_object_get(m->after.sw, "hit");
	sw->hit = lookup_delta(m, "hit");
	sw->missed = lookup_delta(m, "missed");
	sw->lost = lookup_delta(m, "lost");
	sw->upcalls = sw->missed;	/* each miss of the datapath is an upcall */
	counter_deltas(json_object_get(m->before.sw, "coverage"),
		       json_object_get(m->after.sw, "coverage"), &sw->coverage);
}

/* Another one at its place makes a new program, so that its id says nothing. */
static const struct injection *same_injection(const struct snapshot *s, const struct injection *like)
{
	for (unsigned int i = 0; i < s->n_injections; i++) {
		const struct injection *v = &s->injections[i];

		if (strcmp(v->place, like->place) == 0 &&
		    strcmp(v->report.spec.stage.spec, like->report.spec.stage.spec) == 0)
			return v;
	}
	return NULL;
}

/* What is in one snapshot and not in the other makes the run say nothing clear. */
static void note_changes(const struct measure *m, const struct snapshot *of,
			 const struct snapshot *not_in, const char *what)
{
	for (unsigned int i = 0; i < of->n_injections; i++) {
		char spec[STAGE_SPEC_MAX] = "";

		if (same_injection(not_in, &of->injections[i]))
			continue;
		mangle_spec_format(&of->injections[i].report.spec, spec, sizeof(spec));
		run_add_note(m->run, "%s at %s was %s during the run", spec,
			     of->injections[i].place, what);
		m->run->status = RUN_INJECTIONS_CHANGED;
	}
}

static void fill_injections(const struct measure *m)
{
	for (unsigned int i = 0; i < m->after.n_injections; i++) {
		const struct injection *now = &m->after.injections[i];
		const struct injection *before = same_injection(&m->before, now);
		struct mangle_counters counters = now->report.counters;
		char spec[STAGE_SPEC_MAX] = "";

		if (before)
			counters = mangle_counters_since(counters, before->report.counters);
		mangle_spec_format(&now->report.spec, spec, sizeof(spec));
		run_add_injection(m->run, now->report.spec.kind->name, now->place, spec, &counters);
	}
}

static bool has_line(const struct snapshot *s, const struct user_line *like)
{
	for (unsigned int i = 0; i < s->n_user; i++)
		if (strcmp(s->user[i].place, like->place) == 0 && strcmp(s->user[i].spec, like->spec) == 0)
			return true;
	return false;
}

static void note_user_changes(const struct measure *m, const struct snapshot *of,
			      const struct snapshot *not_in, const char *what)
{
	for (unsigned int i = 0; i < of->n_user; i++) {
		if (has_line(not_in, &of->user[i]))
			continue;
		run_add_note(m->run, "%s at %s was %s during the run", of->user[i].spec,
			     of->user[i].place, what);
		m->run->status = RUN_INJECTIONS_CHANGED;
	}
}

/* Programs of the user's own and netem count nothing that a run could tell. */
static void fill_user_lines(const struct measure *m)
{
	char line[sizeof(struct user_line) + 2];

	for (unsigned int i = 0; i < m->after.n_user; i++) {
		snprintf(line, sizeof(line), "%s: %s", m->after.user[i].place, m->after.user[i].spec);
		run_add_string(&m->run->also_injected, line);
	}
	note_user_changes(m, &m->before, &m->after, "removed");
	note_user_changes(m, &m->after, &m->before, "injected");
}

void measure_deltas(const struct measure *m)
{
	counter_deltas(json_object_get(m->before.sender, "counters"),
		       json_object_get(m->after.sender, "counters"), &m->run->tcp_sender);
	counter_deltas(json_object_get(m->before.receiver, "counters"),
		       json_object_get(m->after.receiver, "counters"), &m->run->tcp_receiver);
	fill_switch(m);
	fill_injections(m);
	note_changes(m, &m->before, &m->after, "removed");
	note_changes(m, &m->after, &m->before, "injected");
	fill_user_lines(m);
}
