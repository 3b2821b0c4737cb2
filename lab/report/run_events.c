// SPDX-License-Identifier: GPL-2.0
/*
 * run_events.c - what a run says of its probes and of who moved, as JSON
 */
#include "report/run_events.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/fisher.h"
#include "core/util.h"
#include "report/json.h"

#define SUM(name, member) JSON_FIELD(name, JSON_U64, struct run_events, member)
#define TOTAL(name, member) JSON_FIELD(name, JSON_U64, struct obs_totals, member)
#define EVENT(name, kind, member) JSON_FIELD(name, kind, struct attribute_event, member)
#define UPCALLS(name, kind, member) JSON_FIELD(name, kind, struct run_upcalls, member)
#define CELL(name, member) JSON_FIELD(name, JSON_U64, struct fisher_table, member)

static const struct json_field sum_fields[] = {
	SUM("recorded", recorded), SUM("dropped", dropped),
	SUM("flows_saturated", flows_saturated),
	{ 0 }
};

static const struct json_field total_fields[] = {
	TOTAL("packets", packets), TOTAL("wire_packets", wire_packets),
	TOTAL("bytes", bytes), TOTAL("psh", psh), TOTAL("late", late),
	TOTAL("flows", lives),
	{ 0 }
};

static const struct json_field event_fields[] = {
	EVENT("flow", JSON_U64, flow), EVENT("start_byte", JSON_U64, start),
	EVENT("end_byte", JSON_U64, end), EVENT("packets", JSON_U64, packets),
	EVENT("time_ns", JSON_U64, time_ns), EVENT("extent", JSON_U64, extent),
	EVENT("late_time_ns", JSON_U64, late_ns), EVENT("late", JSON_BOOL, late),
	EVENT("moved", JSON_BOOL, moved), EVENT("psh", JSON_BOOL, psh),
	{ 0 }
};

/* A 2x2 table by the words of its rows and columns. */
#define CELLS(who, effect) { CELL(who "_" effect, with), CELL(who "_not_" effect, with_not), \
			     CELL("others_" effect, without), \
			     CELL("others_not_" effect, without_not), { 0 } }

static const struct json_field table_fields[] = CELLS("mangled", "moved");
static const struct json_field upcalled_late_fields[] = CELLS("upcalled", "late");
static const struct json_field upcalled_moved_fields[] = CELLS("upcalled", "moved");

static const struct json_field upcall_fields[] = {
	UPCALLS("why_not", JSON_TEXT, why_not), UPCALLS("total", JSON_U64, total),
	UPCALLS("actions", JSON_U64, actions), UPCALLS("lost", JSON_U64, lost),
	{ 0 }
};

/* The tables in "upcalls". */
static const struct upcall_table {
	const char *name;
	const struct json_field *fields;
	size_t offset;
} upcall_tables[] = {
	{ "late", upcalled_late_fields, offsetof(struct attribute_upcalls, late) },
	{ "moved", upcalled_moved_fields, offsetof(struct attribute_upcalls, moved) },
	{ "flows", upcalled_late_fields, offsetof(struct attribute_upcalls, flows) },
};

static struct fisher_table *upcall_table(const struct attribute_upcalls *u,
					 const struct upcall_table *row)
{
	return (struct fisher_table *)((char *)u + row->offset);
}

static const struct json_field who_fields[] = {
	{ "by", JSON_WORD, offsetof(struct attribution, by), attribute_by_names },
	{ 0 }
};

/* ---- writing ------------------------------------------------------------- */

static json_t *event_of(const struct attribute_event *e)
{
	_cleanup_json_ json_t *obj = json_of(event_fields, e);

	if (json_add(obj, "displacement", json_integer(e->displacement)) ||
	    json_add(obj, "mangled", json_boolean(e->mangled)) ||
	    json_add(obj, "upcalled", json_boolean(e->upcalled)))
		return NULL;
	return take_ptr(obj);
}

static json_t *list_of(const struct attribution *who)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < who->n_list; i++)
		if (json_array_append_new(list, event_of(&who->list[i])))
			return NULL;
	return take_ptr(list);
}

static json_t *events_of(const struct run *run)
{
	_cleanup_json_ json_t *obj = json_of(sum_fields, &run->events);

	if (json_add(obj, "saturated", json_boolean(run->events.flows_saturated)) ||
	    json_add(obj, "ingress", json_of(total_fields, &run->events.in)) ||
	    json_add(obj, "egress", json_of(total_fields, &run->events.out)) ||
	    json_add(obj, "omitted", json_integer((json_int_t)run->who.omitted)) ||
	    json_add(obj, "list", run->events.listed ? list_of(&run->who) : json_null()))
		return NULL;
	return take_ptr(obj);
}

static json_t *table_of(const struct json_field *fields, const struct fisher_table *t)
{
	_cleanup_json_ json_t *obj = json_of(fields, t);
	struct fisher f = fisher_exact(t);

	if (json_add(obj, "p_two_sided", json_real(f.two_sided)) ||
	    json_add(obj, "p_greater", json_real(f.greater)) ||
	    json_add(obj, "odds_ratio", isfinite(f.odds_ratio) ? json_real(f.odds_ratio) :
							    json_null()))
		return NULL;
	return take_ptr(obj);
}

static json_t *attribution_of(const struct attribution *who)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!who->known)
		return json_null();
	obj = json_object();
	if (json_add(obj, "by", json_string(attribute_by_names[who->by])) ||
	    json_add(obj, "packets", table_of(table_fields, &who->packets)) ||
	    json_add(obj, "flows", table_of(table_fields, &who->flows)))
		return NULL;
	return take_ptr(obj);
}

static json_t *upcalls_of(const struct run *run)
{
	_cleanup_json_ json_t *obj = json_of(upcall_fields, &run->upcalls);
	const struct attribute_upcalls *u = &run->who.upcalls;

	for (size_t i = 0; i < ARRAY_SIZE(upcall_tables); i++) {
		const struct upcall_table *row = &upcall_tables[i];

		if (json_add(obj, row->name, u->known ? table_of(row->fields, upcall_table(u, row)) :
							json_null()))
			return NULL;
	}
	return take_ptr(obj);
}

int run_events_put(json_t *doc, const struct run *run)
{
	return json_add(doc, "events", events_of(run)) ?:
	       json_add(doc, "attribution", attribution_of(&run->who)) ?:
	       json_add(doc, "upcalls", upcalls_of(run));
}

/* ---- reading ------------------------------------------------------------- */

static int bad(struct err *err, const char *what)
{
	return err_set(err, STATUS_USAGE, EBADMSG, "events: %s", what);
}

static int get_event(const json_t *item, struct attribute_event *e, struct err *err)
{
	const json_t *displacement;
	int rc = json_get(item, "events", event_fields, e, err);

	if (rc)
		return rc;
	displacement = json_member(item, "events", "displacement", JSON_INTEGER, err);
	e->displacement = json_integer_value(displacement);
	e->mangled = json_is_true(json_object_get(item, "mangled"));
	e->upcalled = json_is_true(json_object_get(item, "upcalled"));
	return displacement ? 0 : -EBADMSG;
}

static int get_list(const json_t *obj, struct run *run, struct err *err)
{
	const json_t *list = json_object_get(obj, "list"), *item;
	struct attribution *who = &run->who;
	size_t i;
	int rc = 0;

	if (json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > ATTRIBUTE_LIST_MAX)
		return bad(err, "'list' is neither null nor an array that is not too long");
	run->events.listed = true;
	who->list = calloc(json_array_size(list) + 1, sizeof(*who->list));
	if (!who->list)
		return -ENOMEM;
	json_array_foreach(list, i, item)
		rc = rc ?: get_event(item, &who->list[i], err);
	who->n_list = json_array_size(list);
	return rc;
}

static int get_total(const json_t *obj, const char *name, struct obs_totals *ret, struct err *err)
{
	const json_t *total = json_member(obj, "events", name, JSON_OBJECT, err);

	return total ? json_get(total, name, total_fields, ret, err) : -EBADMSG;
}

static int get_events(const json_t *obj, struct run *run, struct err *err)
{
	const json_t *omitted;
	int rc = json_get(obj, "events", sum_fields, &run->events, err) ?:
		 get_total(obj, "ingress", &run->events.in, err) ?:
		 get_total(obj, "egress", &run->events.out, err);

	if (rc)
		return rc;
	omitted = json_member(obj, "events", "omitted", JSON_INTEGER, err);
	if (!omitted)
		return -EBADMSG;
	run->who.omitted = (uint64_t)json_integer_value(omitted);
	return get_list(obj, run, err);
}

static int get_table(const json_t *obj, const char *name, const struct json_field *fields,
		     struct fisher_table *ret, struct err *err)
{
	const json_t *table = json_member(obj, "attribution", name, JSON_OBJECT, err);

	return table ? json_get(table, name, fields, ret, err) : -EBADMSG;
}

/* Runs from before upcalls were noted have none of this. */
static int get_upcalls(const json_t *doc, struct run *run, struct err *err)
{
	const json_t *obj = json_object_get(doc, "upcalls");
	struct attribute_upcalls *u = &run->who.upcalls;
	int rc = obj ? json_get(obj, "upcalls", upcall_fields, &run->upcalls, err) : 0;

	u->known = rc == 0 && json_is_object(json_object_get(obj, "late"));
	for (size_t i = 0; rc == 0 && u->known && i < ARRAY_SIZE(upcall_tables); i++) {
		const struct upcall_table *row = &upcall_tables[i];

		rc = get_table(obj, row->name, row->fields, upcall_table(u, row), err);
	}
	return rc;
}

/* Runs from before mangled packets were told apart have none of this. */
static int get_attribution(const json_t *doc, struct attribution *who, struct err *err)
{
	const json_t *obj = json_object_get(doc, "attribution");

	if (!obj || json_is_null(obj))
		return 0;
	who->known = true;
	return json_get(obj, "attribution", who_fields, who, err) ?:
	       get_table(obj, "packets", table_fields, &who->packets, err) ?:
	       get_table(obj, "flows", table_fields, &who->flows, err);
}

/* Nor the event log. */
int run_events_get(const json_t *doc, struct run *run, struct err *err)
{
	const json_t *events = json_object_get(doc, "events");
	int rc = events ? get_events(events, run, err) : 0;

	return rc ?: get_attribution(doc, &run->who, err) ?: get_upcalls(doc, run, err);
}
