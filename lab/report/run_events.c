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

static const struct json_field table_fields[] = {
	CELL("mangled_moved", with), CELL("mangled_not_moved", with_not),
	CELL("others_moved", without), CELL("others_not_moved", without_not),
	{ 0 }
};

static const struct json_field who_fields[] = {
	{ "by", JSON_WORD, offsetof(struct attribution, by), attribute_by_names },
	{ 0 }
};

/* ---- writing ------------------------------------------------------------- */

static json_t *event_of(const struct attribute_event *e)
{
	_cleanup_json_ json_t *obj = json_of(event_fields, e);

	if (json_add(obj, "displacement", json_integer(e->displacement)) ||
	    json_add(obj, "mangled", json_boolean(e->mangled)))
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

static json_t *table_of(const struct fisher_table *t)
{
	_cleanup_json_ json_t *obj = json_of(table_fields, t);
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
	    json_add(obj, "packets", table_of(&who->packets)) ||
	    json_add(obj, "flows", table_of(&who->flows)))
		return NULL;
	return take_ptr(obj);
}

int run_events_put(json_t *doc, const struct run *run)
{
	return json_add(doc, "events", events_of(run)) ?:
	       json_add(doc, "attribution", attribution_of(&run->who));
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

static int get_table(const json_t *obj, const char *name, struct fisher_table *ret,
		     struct err *err)
{
	const json_t *table = json_member(obj, "attribution", name, JSON_OBJECT, err);

	return table ? json_get(table, name, table_fields, ret, err) : -EBADMSG;
}

/* Runs from before there was an event log have none of this. */
int run_events_get(const json_t *doc, struct run *run, struct err *err)
{
	const json_t *events = json_object_get(doc, "events");
	const json_t *who = json_object_get(doc, "attribution");
	int rc = events ? get_events(events, run, err) : 0;

	if (rc || !who || json_is_null(who))
		return rc;
	run->who.known = true;
	return json_get(who, "attribution", who_fields, &run->who, err) ?:
	       get_table(who, "packets", &run->who.packets, err) ?:
	       get_table(who, "flows", &run->who.flows, err);
}
