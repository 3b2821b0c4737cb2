// SPDX-License-Identifier: GPL-2.0
/*
 * run_json.c - a run as a JSON document, and back
 *
 * Flat parts are tables of fields, used in both directions; what is derived
 * (ratios, means, shares) is written for the reader and not read back.
 */
#include "report/run_json.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "report/flow_json.h"
#include "report/json.h"
#include "report/reorder_words.h"
#include "report/run_events.h"

#define ENTRIES_MAX 100000u		/* of any list that is read */

#define ENV(name, kind, member) JSON_FIELD(name, kind, struct run_environment, member)
#define FIG(name) JSON_FIELD(#name, JSON_U64, struct reorder_figures, name)

/* Members of the document itself that come from the environment. */
static const struct json_field head_fields[] = {
	ENV("started_at", JSON_TEXT, started_at),
	ENV("lab", JSON_TEXT, lab),
	ENV("switch", JSON_TEXT, switch_kind),
	ENV("datapath", JSON_TEXT, datapath),
	ENV("accel", JSON_TEXT, accel),
	{ 0 }
};

static const struct json_field environment_fields[] = {
	ENV("ovslab_version", JSON_TEXT, version),
	ENV("ovs_version", JSON_TEXT, ovs_version),
	ENV("ovs_package", JSON_TEXT, ovs_package),
	ENV("host_kernel", JSON_TEXT, host_kernel),
	ENV("guest_kernel", JSON_TEXT, guest_kernel),
	ENV("qemu_version", JSON_TEXT, qemu_version),
	ENV("libvirt_version", JSON_TEXT, libvirt_version),
	ENV("offloads", JSON_TEXT, offloads),
	ENV("vcpus", JSON_U64, vcpus),
	ENV("memory_mib", JSON_U64, memory_mib),
	{ 0 }
};

#define SETUP(name, kind, member) JSON_FIELD(name, kind, struct run_setup, member)

static const struct json_field setup_fields[] = {
	SETUP("kernel", JSON_TEXT, kernel),
	SETUP("kernel_build", JSON_TEXT, kernel_build),
	SETUP("dispatch", JSON_TEXT, dispatch),
	SETUP("handlers", JSON_U64, handlers),
	SETUP("revalidators", JSON_U64, revalidators),
	SETUP("ovs_source", JSON_TEXT, ovs_source),
	SETUP("kernel_source", JSON_TEXT, kernel_source),
	SETUP("wire", JSON_TEXT, wire),
	SETUP("vcpus", JSON_U64, vcpus),
	SETUP("memory_mib", JSON_U64, memory_mib),
	{ 0 }
};

static const struct json_field run_fields[] = {
	{ "status", JSON_WORD, offsetof(struct run, status), run_status_names },
	JSON_FIELD("throughput_bps", JSON_DOUBLE, struct run, throughput_bps),
	{ 0 }
};

static const struct json_field traffic_fields[] = {
	JSON_FIELD("kind", JSON_TEXT, struct run_traffic, kind),
	JSON_FIELD("streams", JSON_U64, struct run_traffic, streams),
	JSON_FIELD("seconds", JSON_DOUBLE, struct run_traffic, seconds),
	JSON_FIELD("connections", JSON_U64, struct run_traffic, connections),
	JSON_FIELD("connection_bytes", JSON_U64, struct run_traffic, bytes),
	{ 0 }
};

/* Of bursts; null for other traffic. */
static const struct json_field burst_fields[] = {
	JSON_FIELD("cycles", JSON_U64, struct run_traffic, cycles),
	JSON_FIELD("flows", JSON_U64, struct run_traffic, flows),
	JSON_FIELD("packets", JSON_U64, struct run_traffic, packets),
	JSON_FIELD("payload_bytes", JSON_U64, struct run_traffic, payload_bytes),
	JSON_FIELD("stall", JSON_TEXT, struct run_traffic, stall),
	{ 0 }
};

/* Of connect; null for other traffic. */
static const struct json_field attempts_fields[] = {
	JSON_FIELD("port", JSON_U64, struct run_traffic, port),
	JSON_FIELD("attempts", JSON_U64, struct run_traffic, attempts),
	JSON_FIELD("limit_s", JSON_U64, struct run_traffic, limit_s),
	{ 0 }
};

static const struct json_field times_fields[] = {
	JSON_FIELD("packets", JSON_U64, struct run_times, packets),
	JSON_FIELD("p50", JSON_U64, struct run_times, p50_ns),
	JSON_FIELD("p99", JSON_U64, struct run_times, p99_ns),
	JSON_FIELD("max", JSON_U64, struct run_times, max_ns),
	{ 0 }
};

static const struct json_field untold_fields[] = {
	JSON_FIELD("untold", JSON_U64, struct run_transit, untold),
	{ 0 }
};

static const struct json_field connect_fields[] = {
	JSON_FIELD("attempts", JSON_U64, struct run_connect, attempts),
	JSON_FIELD("connected", JSON_U64, struct run_connect, connected),
	JSON_FIELD("unreachable", JSON_U64, struct run_connect, unreachable),
	JSON_FIELD("refused", JSON_U64, struct run_connect, refused),
	JSON_FIELD("timed_out", JSON_U64, struct run_connect, timed_out),
	JSON_FIELD("other", JSON_U64, struct run_connect, other),
	{ 0 }
};

static const struct json_field openflow_fields[] = {
	JSON_FIELD("cookie_packets", JSON_U64, struct run_openflow, cookie_packets),
	{ 0 }
};

static const struct json_field interval_fields[] = {
	JSON_FIELD("start_s", JSON_DOUBLE, struct run_interval, start_s),
	JSON_FIELD("seconds", JSON_DOUBLE, struct run_interval, seconds),
	JSON_FIELD("throughput_bps", JSON_DOUBLE, struct run_interval, bps),
	{ 0 }
};

static const struct json_field injection_fields[] = {
	JSON_FIELD("kind", JSON_TEXT, struct run_injection, kind),
	JSON_FIELD("place", JSON_TEXT, struct run_injection, place),
	JSON_FIELD("spec", JSON_TEXT, struct run_injection, spec),
	JSON_FIELD("seen", JSON_U64, struct run_injection, counters.seen),
	JSON_FIELD("eligible", JSON_U64, struct run_injection, counters.eligible),
	JSON_FIELD("already", JSON_U64, struct run_injection, counters.already),
	JSON_FIELD("mangled", JSON_U64, struct run_injection, counters.mangled),
	JSON_FIELD("cleared", JSON_U64, struct run_injection, counters.cleared),
	{ 0 }
};

/* Not in runs from before manglers kept state and a log. */
static const struct json_field injection_more_fields[] = {
	JSON_FIELD("failed", JSON_U64, struct run_injection, counters.failed),
	JSON_FIELD("connections", JSON_U64, struct run_injection, counters.connections),
	JSON_FIELD("untracked", JSON_U64, struct run_injection, counters.untracked),
	JSON_FIELD("saturated", JSON_BOOL, struct run_injection, saturated),
	JSON_FIELD("logs", JSON_BOOL, struct run_injection, logs),
	JSON_FIELD("logged", JSON_U64, struct run_injection, logged),
	JSON_FIELD("logged_lost", JSON_U64, struct run_injection, logged_lost),
	{ 0 }
};

static const struct json_field switch_fields[] = {
	JSON_FIELD("known", JSON_BOOL, struct run_switch, known),
	JSON_FIELD("hit", JSON_U64, struct run_switch, hit),
	JSON_FIELD("missed", JSON_U64, struct run_switch, missed),
	JSON_FIELD("lost", JSON_U64, struct run_switch, lost),
	JSON_FIELD("upcalls", JSON_U64, struct run_switch, upcalls),
	{ 0 }
};

static const struct json_field figure_fields[] = {
	FIG(packets), FIG(reordered), FIG(movers), FIG(retransmitted),
	FIG(ingress_reordered), FIG(lost), FIG(lost_bytes), FIG(duplicated_bytes),
	FIG(unseen_bytes),
	JSON_FIELD("estimated_cuts", JSON_U64, struct reorder_figures, estimated),
	FIG(ingress_packets), FIG(egress_packets), FIG(ingress_wire_packets),
	FIG(egress_wire_packets), FIG(ingress_bytes), FIG(egress_bytes),
	FIG(ingress_psh), FIG(egress_psh),
	{ 0 }
};

static const struct json_field result_fields[] = {
	JSON_FIELD("flows", JSON_U64, struct reorder_result, flows),
	JSON_FIELD("flows_reordered", JSON_U64, struct reorder_result, flows_reordered),
	JSON_FIELD("exact", JSON_BOOL, struct reorder_result, exact),
	{ 0 }
};

static const char *const source_names[] = {
	[REORDER_BY_PROBES] = "probes", [REORDER_BY_CAPTURE] = "capture", NULL
};

static const struct json_field source_fields[] = {
	{ "source", JSON_WORD, offsetof(struct reorder_result, source), source_names },
	{ 0 }
};

static const struct json_field first_psh_fields[] = {
	JSON_FIELD("flows", JSON_U64, struct reorder_result, psh_flows),
	JSON_FIELD("late", JSON_U64, struct reorder_result, psh_late),
	JSON_FIELD("early", JSON_U64, struct reorder_result, psh_early),
	JSON_FIELD("max_displacement_packets", JSON_U64, struct reorder_result,
		   psh_max_displacement),
	{ 0 }
};

static const struct json_field flow_fields[] = {
	JSON_FIELD("exact", JSON_BOOL, struct reorder_flow, exact),
	{ "first_psh", JSON_WORD, offsetof(struct reorder_flow, first_psh), reorder_psh_words },
	JSON_FIELD("displacement_packets", JSON_U64, struct reorder_flow, displacement),
	{ 0 }
};

static const struct json_field extent_fields[] = {
	JSON_FIELD("max", JSON_U64, struct reorder_hist, max),
	JSON_FIELD("packets", JSON_U64, struct reorder_hist, count),
	JSON_FIELD("sum", JSON_U64, struct reorder_hist, sum),
	{ 0 }
};

/* ---- writing ------------------------------------------------------------- */

static json_t *strings_of(const struct run_strings *s)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < s->n; i++)
		if (json_array_append_new(list, json_clean(s->v[i])))
			return NULL;
	return take_ptr(list);
}

static json_t *counters_of(const struct run_counters *c)
{
	_cleanup_json_ json_t *obj = json_object();

	for (size_t i = 0; obj && i < c->n; i++)
		if (json_object_set_new(obj, c->v[i].name,
					json_integer(c->v[i].delta)))
			return NULL;
	return take_ptr(obj);
}

/* A list of @n objects of one table, @size bytes apart. */
static json_t *list_of(const struct json_field *fields, const void *base, size_t n,
		       size_t size)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		if (json_array_append_new(list, json_of(fields,
							(const char *)base + i * size)))
			return NULL;
	return take_ptr(list);
}

static json_t *bucket_of(const struct reorder_hist *h, unsigned int b)
{
	_cleanup_json_ json_t *obj = json_object();

	if (json_add(obj, "from", json_integer((json_int_t)(1ull << b))) ||
	    (b + 1 < REORDER_BUCKETS &&
	     json_add(obj, "to", json_integer((json_int_t)((2ull << b) - 1)))) ||
	    json_add(obj, "packets", json_integer((json_int_t)h->bucket[b])))
		return NULL;
	return take_ptr(obj);
}

static json_t *extent_of(const struct reorder_hist *h)
{
	_cleanup_json_ json_t *obj = json_of(extent_fields, h);
	json_t *buckets = json_array();

	if (json_add(obj, "mean", json_real(reorder_hist_mean(h))) ||
	    json_add(obj, "buckets", buckets))
		return NULL;
	for (unsigned int b = 0; b < REORDER_BUCKETS; b++)
		if (h->bucket[b] && json_array_append_new(buckets, bucket_of(h, b)))
			return NULL;
	return take_ptr(obj);
}

static int put_figures(json_t *obj, const struct reorder_figures *f)
{
	if (!obj || json_put(obj, figure_fields, f))
		return -ENOMEM;
	return json_add(obj, "ratio", json_real(reorder_ratio(f->reordered, f->packets))) ?:
	       json_add(obj, "extent", extent_of(&f->extent));
}

static json_t *flow_of(const struct reorder_flow *flow)
{
	_cleanup_json_ json_t *obj = json_object();
	const struct obs_key *k = &flow->key;

	if (json_add(obj, "protocol", json_string(k->proto == IPPROTO_UDP ? "udp" : "tcp")) ||
	    flow_json_put(obj, k) || json_put(obj, flow_fields, flow) || put_figures(obj, &flow->f))
		return NULL;
	return take_ptr(obj);
}

static json_t *first_psh_of(const struct reorder_result *r)
{
	_cleanup_json_ json_t *obj = json_of(first_psh_fields, r);

	if (json_add(obj, "moved", json_integer((json_int_t)(r->psh_late + r->psh_early))))
		return NULL;
	return take_ptr(obj);
}

static json_t *reorder_of(const struct reorder_result *r)
{
	_cleanup_json_ json_t *obj = json_object();
	json_t *flows = json_array();

	if (put_figures(obj, &r->f) || json_put(obj, result_fields, r) ||
	    json_put(obj, source_fields, r) ||
	    json_add(obj, "first_psh", first_psh_of(r))) {
		json_decref(flows);
		return NULL;
	}
	if (json_add(obj, "per_flow", flows))
		return NULL;
	for (uint64_t i = 0; i < r->flows; i++)
		if (json_array_append_new(flows, flow_of(&r->flow[i])))
			return NULL;
	return take_ptr(obj);
}

static json_t *traffic_of(const struct run_traffic *t)
{
	_cleanup_json_ json_t *obj = json_of(traffic_fields, t);

	if (json_add(obj, "ip", json_integer(t->ipv6 ? 6 : 4)) ||
	    json_add(obj, "bursts", t->cycles ? json_of(burst_fields, t) : json_null()) ||
	    json_add(obj, "connect", t->attempts ? json_of(attempts_fields, t) : json_null()))
		return NULL;
	return take_ptr(obj);
}

static json_t *share_of(const struct reorder_figures *f)
{
	_cleanup_json_ json_t *obj = json_object();

	if (json_add(obj, "ingress", json_real(run_psh_share(f->ingress_psh,
							     f->ingress_packets))) ||
	    json_add(obj, "egress", json_real(run_psh_share(f->egress_psh,
							    f->egress_packets))))
		return NULL;
	return take_ptr(obj);
}

static json_t *environment_of(const struct run_environment *e)
{
	_cleanup_json_ json_t *obj = json_of(environment_fields, e);

	if (json_add(obj, "switch", json_of(setup_fields, &e->setup)) ||
	    json_add(obj, "restored", json_boolean(e->restored)) ||
	    json_add(obj, "pinned", strings_of(&e->pinned)) ||
	    json_add(obj, "placed", strings_of(&e->placed)) ||
	    json_add(obj, "cpus", strings_of(&e->cpus)) ||
	    json_add(obj, "before_run", strings_of(&e->prepared)) ||
	    json_add(obj, "flows", strings_of(&e->flows)) ||
	    json_add(obj, "other_config", strings_of(&e->other_config)) ||
	    json_add(obj, "commands", strings_of(&e->commands)))
		return NULL;
	return take_ptr(obj);
}

static json_t *switch_of(const struct run_switch *s)
{
	_cleanup_json_ json_t *obj = json_of(switch_fields, s);

	if (json_add(obj, "coverage", counters_of(&s->coverage)))
		return NULL;
	return take_ptr(obj);
}

static json_t *tcp_of(const struct run *run)
{
	_cleanup_json_ json_t *obj = json_object();

	if (json_add(obj, "sender", counters_of(&run->tcp_sender)) ||
	    json_add(obj, "receiver", counters_of(&run->tcp_receiver)))
		return NULL;
	return take_ptr(obj);
}

static json_t *injections_of(const struct run *run)
{
	_cleanup_json_ json_t *list = list_of(injection_fields, run->injections, run->n_injections,
					      sizeof(*run->injections));

	for (size_t i = 0; list && i < run->n_injections; i++)
		if (json_put(json_array_get(list, i), injection_more_fields, &run->injections[i]))
			return NULL;
	return take_ptr(list);
}

static json_t *transit_of(const struct run_transit *t)
{
	_cleanup_json_ json_t *obj = NULL;

	if (!t->all.packets)
		return json_null();
	obj = json_of(times_fields, &t->all);
	if (json_add(obj, "upcalled", t->split ? json_of(times_fields, &t->upcalled) : json_null()) ||
	    json_add(obj, "direct", t->split ? json_of(times_fields, &t->direct) : json_null()) ||
	    json_put(obj, untold_fields, t))
		return NULL;
	return take_ptr(obj);
}

static json_t *connect_of(const struct run_connect *c)
{
	return c->attempts ? json_of(connect_fields, c) : json_null();
}

json_t *run_to_json(const struct run *run)
{
	_cleanup_json_ json_t *doc = json_document(RUN_SCHEMA);

	if (!doc || json_put(doc, run_fields, run) ||
	    json_put(doc, head_fields, &run->env) ||
	    json_add(doc, "traffic", traffic_of(&run->traffic)) ||
	    json_add(doc, "throughput_intervals",
		     list_of(interval_fields, run->intervals, run->n_intervals,
			     sizeof(*run->intervals))) ||
	    json_add(doc, "reorder", reorder_of(&run->reorder)) ||
	    json_add(doc, "transit_ns", transit_of(&run->transit)) ||
	    run_events_put(doc, run) ||
	    json_add(doc, "psh_share", share_of(&run->reorder.f)) ||
	    json_add(doc, "injections", injections_of(run)) ||
	    json_add(doc, "also_injected", strings_of(&run->also_injected)) ||
	    json_add(doc, "tcp", tcp_of(run)) ||
	    json_add(doc, "switch_counters", switch_of(&run->sw)) ||
	    json_add(doc, "openflow", json_of(openflow_fields, &run->openflow)) ||
	    json_add(doc, "connect", connect_of(&run->connect)) ||
	    json_add(doc, "environment", environment_of(&run->env)) ||
	    json_add(doc, "notes", strings_of(&run->notes)))
		return NULL;
	return take_ptr(doc);
}

int run_write(FILE *f, const struct run *run)
{
	_cleanup_json_ json_t *doc = run_to_json(run);

	return doc ? json_print(f, doc) : -ENOMEM;
}

/* ---- reading ------------------------------------------------------------- */

static int bad(struct err *err, const char *where, const char *why)
{
	return err_set(err, STATUS_USAGE, EBADMSG, "%s: %s", where, why);
}

static const json_t *list_in(const json_t *obj, const char *where, const char *name,
			     struct err *err)
{
	const json_t *list = json_member(obj, where, name, JSON_ARRAY, err);

	if (list && json_array_size(list) > ENTRIES_MAX) {
		bad(err, name, "too many entries");
		return NULL;
	}
	return list;
}

static int read_strings(const json_t *obj, const char *where, const char *name,
			struct run_strings *ret, struct err *err)
{
	const json_t *list = list_in(obj, where, name, err), *item;
	size_t i;
	int rc = list ? 0 : -EBADMSG;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);

		if (!text || json_string_length(item) > JSON_TEXT_MAX ||
		    !json_text_ok(text))
			return bad(err, name, "must hold strings without control "
				   "characters");
		rc = rc ?: run_add_string(ret, text);
	}
	return rc;
}

static int read_counters(const json_t *obj, const char *where, const char *name,
			 struct run_counters *ret, struct err *err)
{
	const json_t *counters = json_member(obj, where, name, JSON_OBJECT, err), *item;
	const char *key;
	int rc = counters ? 0 : -EBADMSG;

	if (counters && json_object_size(counters) > ENTRIES_MAX)
		return bad(err, name, "too many entries");
	json_object_foreach((json_t *)counters, key, item) {
		if (!json_is_integer(item) || !json_text_ok(key))
			return bad(err, name, "must hold integers under plain names");
		rc = rc ?: run_add_counter(ret, key, json_integer_value(item));
	}
	return rc;
}

static int read_intervals(const json_t *doc, struct run *run, struct err *err)
{
	const json_t *list = list_in(doc, "run", "throughput_intervals", err), *item;
	size_t i;
	int rc = list ? 0 : -EBADMSG;

	json_array_foreach(list, i, item) {
		struct run_interval v = { 0 };

		rc = rc ?: json_get(item, "interval", interval_fields, &v, err);
		rc = rc ?: run_add_interval(run, v);
	}
	return rc;
}

/* Runs that were kept before 'inject bpf' came do not have it. */
static int read_also_injected(const json_t *doc, struct run *run, struct err *err)
{
	if (!json_object_get(doc, "also_injected"))
		return 0;
	return read_strings(doc, "run", "also_injected", &run->also_injected, err);
}

static int read_injections(const json_t *doc, struct run *run, struct err *err)
{
	const json_t *list = list_in(doc, "run", "injections", err), *item;
	struct run_injection *v;
	size_t i;
	int rc = list ? 0 : -EBADMSG;

	json_array_foreach(list, i, item) {
		rc = rc ?: run_add_injection(run, NULL, NULL, NULL,
					     &(struct mangle_counters){ 0 });
		if (rc)
			return rc;
		v = &run->injections[run->n_injections - 1];
		rc = json_get(item, "injection", injection_fields, v, err);
		if (rc == 0 && json_object_get(item, "failed"))
			rc = json_get(item, "injection", injection_more_fields, v, err);
	}
	return rc;
}

static int read_bucket(const json_t *item, struct reorder_hist *h, struct err *err)
{
	json_int_t from = json_integer_value(json_object_get(item, "from"));
	json_int_t packets = json_integer_value(json_object_get(item, "packets"));

	for (unsigned int b = 0; b < REORDER_BUCKETS; b++) {
		if (from != (json_int_t)(1ull << b) || packets < 0)
			continue;
		h->bucket[b] = (uint64_t)packets;
		return 0;
	}
	return bad(err, "extent", "a bucket is not one of those that the schema lists");
}

static int read_figures(const json_t *obj, const char *where, struct reorder_figures *f,
			struct err *err)
{
	const json_t *extent, *buckets, *item;
	size_t i;
	int rc = json_get(obj, where, figure_fields, f, err);

	if (rc)
		return rc;
	extent = json_member(obj, where, "extent", JSON_OBJECT, err);
	if (!extent || json_get(extent, "extent", extent_fields, &f->extent, err))
		return -EBADMSG;
	buckets = json_member(extent, "extent", "buckets", JSON_ARRAY, err);
	if (!buckets)
		return -EBADMSG;
	json_array_foreach(buckets, i, item)
		rc = rc ?: read_bucket(item, &f->extent, err);
	return rc;
}

static int read_flow(const json_t *obj, struct reorder_flow *flow, struct err *err)
{
	const char *protocol = json_string_value(json_object_get(obj, "protocol"));
	struct obs_key *k = &flow->key;

	k->proto = protocol && !strcmp(protocol, "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	if (flow_json_get(obj, k))
		return bad(err, "per_flow", "an address or a port is not valid");
	return json_get(obj, "per_flow", flow_fields, flow, err) ?:
	       read_figures(obj, "per_flow", &flow->f, err);
}

static int read_flows(const json_t *obj, struct reorder_result *r, struct err *err)
{
	const json_t *list = list_in(obj, "reorder", "per_flow", err), *item;
	size_t i;
	int rc = 0;

	if (!list)
		return -EBADMSG;
	if (json_array_size(list) != r->flows)
		return bad(err, "reorder", "'flows' does not count 'per_flow'");
	r->flow = calloc(json_array_size(list) + 1, sizeof(*r->flow));
	if (!r->flow)
		return -ENOMEM;
	json_array_foreach(list, i, item)
		rc = rc ?: read_flow(item, &r->flow[i], err);
	return rc;
}

static int read_reorder(const json_t *doc, struct reorder_result *r, struct err *err)
{
	const json_t *obj = json_member(doc, "run", "reorder", JSON_OBJECT, err);
	const json_t *psh;
	int rc = obj ? read_figures(obj, "reorder", &r->f, err) : -EBADMSG;

	rc = rc ?: json_get(obj, "reorder", result_fields, r, err);
	if (rc == 0 && json_object_get(obj, "source"))	/* older runs: the probes */
		rc = json_get(obj, "reorder", source_fields, r, err);
	psh = rc ? NULL : json_member(obj, "reorder", "first_psh", JSON_OBJECT, err);
	if (!psh)
		return rc ?: -EBADMSG;
	rc = json_get(psh, "first_psh", first_psh_fields, r, err);
	return rc ?: read_flows(obj, r, err);
}

/* Runs from before the switch could be a VM have none of this. */
static int read_setup(const json_t *obj, struct run_environment *e, struct err *err)
{
	const json_t *setup = json_object_get(obj, "switch");
	int rc = setup ? json_get(setup, "switch", setup_fields, &e->setup, err) : 0;

	if (rc == 0 && json_object_get(obj, "pinned"))
		rc = read_strings(obj, "environment", "pinned", &e->pinned, err);
	if (rc == 0 && json_object_get(obj, "before_run"))
		rc = read_strings(obj, "environment", "placed", &e->placed, err) ?:
		     read_strings(obj, "environment", "cpus", &e->cpus, err) ?:
		     read_strings(obj, "environment", "before_run", &e->prepared, err);
	e->restored = json_is_true(json_object_get(obj, "restored"));
	return rc;
}

static int read_environment(const json_t *doc, struct run_environment *e, struct err *err)
{
	const json_t *obj = json_member(doc, "run", "environment", JSON_OBJECT, err);

	if (!obj)
		return -EBADMSG;
	return json_get(doc, "run", head_fields, e, err) ?:
	       json_get(obj, "environment", environment_fields, e, err) ?:
	       read_setup(obj, e, err) ?:
	       read_strings(obj, "environment", "flows", &e->flows, err) ?:
	       read_strings(obj, "environment", "other_config", &e->other_config, err) ?:
	       read_strings(obj, "environment", "commands", &e->commands, err);
}

static int read_counted(const json_t *doc, struct run *run, struct err *err)
{
	const json_t *tcp = json_member(doc, "run", "tcp", JSON_OBJECT, err);
	const json_t *sw = tcp ? json_member(doc, "run", "switch_counters",
					     JSON_OBJECT, err) : NULL;

	if (!sw)
		return -EBADMSG;
	return read_counters(tcp, "tcp", "sender", &run->tcp_sender, err) ?:
	       read_counters(tcp, "tcp", "receiver", &run->tcp_receiver, err) ?:
	       json_get(sw, "switch_counters", switch_fields, &run->sw, err) ?:
	       read_counters(sw, "switch_counters", "coverage", &run->sw.coverage, err);
}

/* An object that may be null, or missing in older runs. */
static int read_part(const json_t *obj, const char *name, const struct json_field *fields,
		     void *base, struct err *err)
{
	const json_t *part = json_object_get(obj, name);

	return part && !json_is_null(part) ? json_get(part, name, fields, base, err) : 0;
}

/* Older runs have one distribution. */
static int read_transit(const json_t *doc, struct run_transit *t, struct err *err)
{
	const json_t *obj = json_object_get(doc, "transit_ns"), *upcalled = json_object_get(obj, "upcalled");
	int rc = read_part(doc, "transit_ns", times_fields, &t->all, err);

	t->split = upcalled && !json_is_null(upcalled);
	if (rc || !t->split)
		return rc;
	return read_part(obj, "upcalled", times_fields, &t->upcalled, err) ?:
	       read_part(obj, "direct", times_fields, &t->direct, err) ?:
	       json_get(obj, "transit_ns", untold_fields, t, err);
}

static int read_traffic(const json_t *doc, struct run_traffic *t, struct err *err)
{
	const json_t *obj = json_member(doc, "run", "traffic", JSON_OBJECT, err);

	if (!obj)
		return -EBADMSG;
	t->ipv6 = json_integer_value(json_object_get(obj, "ip")) == 6;
	return json_get(obj, "traffic", traffic_fields, t, err) ?:
	       read_part(obj, "bursts", burst_fields, t, err) ?:
	       read_part(obj, "connect", attempts_fields, t, err);
}

static int read_run(const json_t *doc, struct run *run, struct err *err)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));

	if (!schema || strcmp(schema, RUN_SCHEMA))
		return bad(err, "run", "'schema' is not '" RUN_SCHEMA "'");
	return json_get(doc, "run", run_fields, run, err) ?:
	       read_environment(doc, &run->env, err) ?:
	       read_traffic(doc, &run->traffic, err) ?:
	       read_intervals(doc, run, err) ?:
	       read_reorder(doc, &run->reorder, err) ?:
	       run_events_get(doc, run, err) ?:
	       read_injections(doc, run, err) ?:
	       read_also_injected(doc, run, err) ?:
	       read_counted(doc, run, err) ?:
	       read_part(doc, "openflow", openflow_fields, &run->openflow, err) ?:
	       read_transit(doc, &run->transit, err) ?:
	       read_part(doc, "connect", connect_fields, &run->connect, err) ?:
	       read_strings(doc, "run", "notes", &run->notes, err);
}

int run_from_json(const json_t *doc, struct run *ret, struct err *err)
{
	struct run run = { 0 };
	int rc = read_run(doc, &run, err);

	if (rc)
		run_free(&run);
	else
		*ret = run;
	return rc;
}

int run_read(FILE *f, struct run *ret, struct err *err)
{
	_cleanup_json_ json_t *doc = NULL;
	int rc = json_load_limited(f, RUN_MAX_BYTES, &doc, err);

	return rc ?: run_from_json(doc, ret, err);
}
