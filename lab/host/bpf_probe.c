// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_probe.c - watch what enters and what leaves the switch
 *
 * Events are gathered in one array while the probes run. At the end it is sorted
 * by flow record and arrival index, the flow records are read from the kernel,
 * and the two points of each flow are put together.
 */
#include "host/bpf_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/flow.h"
#include "bpf/probe.skel.h"
#include "core/util.h"
#include "host/bpf_load.h"
#include "host/bpf_tc.h"

_Static_assert(sizeof(struct obs_key) == sizeof(struct flow_key),
	       "the same fields, except for the point");
_Static_assert((int)OBS_PSH == (int)FLOW_PSH &&
	       (int)OBS_FIRST_PSH == (int)FLOW_FIRST_PSH, "the same flags");

/* The map's value, as bpf/probe.bpf.c has it. */
struct record {
	uint32_t lock, pad;
	struct flow_state state;
};

struct tap {
	struct tc_place place;
	char dev[64];
	bool attached, made_clsact;
};

struct probe {
	struct probe_bpf *skel;
	struct ring_buffer *ring;
	struct tap taps[2];		/* FLOW_IN, FLOW_OUT */
	struct flow_event *events;
	size_t n_events, room;
	uint64_t dropped;
};

/* A flow record with its key. */
struct entry {
	struct flow_key key;
	struct flow_state state;
};

/* ---- gathering events ---- */

static bool make_room(struct probe *probe)
{
	size_t room = probe->room ? 2 * probe->room : 4096;
	struct flow_event *more;

	if (probe->n_events < probe->room)
		return true;
	if (room > PROBE_EVENTS_MAX)
		return false;
	more = reallocarray(probe->events, room, sizeof(*more));
	if (!more)
		return false;
	probe->events = more;
	probe->room = room;
	return true;
}

static int on_event(void *arg, void *data, size_t size)
{
	struct probe *probe = arg;

	if (size != sizeof(struct flow_event) || !make_room(probe))
		probe->dropped++;
	else
		memcpy(&probe->events[probe->n_events++], data, size);
	return 0;
}

int probe_poll(struct probe *probe, int timeout_ms)
{
	return ring_buffer__poll(probe->ring, timeout_ms);
}

/* ---- attaching and detaching ---- */

static int tap_attach(struct tap *tap, int prog_fd, struct err *err)
{
	uint32_t stale;
	int rc = tc_find(&tap->place, &stale, err);

	if (rc && rc != -ENOENT)
		return rc;
	rc = tc_clsact(&tap->place, &tap->made_clsact, err);
	if (rc)
		return rc;
	rc = tc_attach(&tap->place, prog_fd, err);
	tap->attached = !rc;
	return rc;
}

static int tap_detach(struct tap *tap, struct err *err)
{
	int rc = tap->attached ? tc_detach(&tap->place, err) : 0;

	if (tap->made_clsact)
		tc_clsact_drop(&tap->place);
	tap->attached = tap->made_clsact = false;
	return rc;
}

static int tap_init(struct tap *tap, const char *dev, bool egress, struct err *err)
{
	int ifindex = bpf_ifindex(dev, err);

	if (ifindex < 0)
		return ifindex;
	snprintf(tap->dev, sizeof(tap->dev), "%s", dev);
	tap->place = (struct tc_place){ tap->dev, ifindex, egress,
					TC_PRIORITY_PROBE };
	return 0;
}

static int detach(struct probe *probe, struct err *err)
{
	int in = tap_detach(&probe->taps[FLOW_IN], err);
	int out = tap_detach(&probe->taps[FLOW_OUT], err);

	return in ?: out;
}

static void probe_free(struct probe *probe)
{
	ring_buffer__free(probe->ring);
	probe_bpf__destroy(probe->skel);
	free(probe->events);
	free(probe);
}

static int load(struct probe *probe, struct err *err)
{
	int rc;

	bpf_catch_log();
	probe->skel = probe_bpf__open();
	if (!probe->skel)
		return bpf_failed(err, errno, "cannot open the probe");
	rc = bpf_load(probe->skel->obj, "probe", err);
	if (rc)
		return rc;
	probe->ring = ring_buffer__new(bpf_map__fd(probe->skel->maps.events),
				       on_event, probe, NULL);
	if (!probe->ring)
		return bpf_failed(err, errno, "cannot map the probe's events");
	return 0;
}

static int start(struct probe *probe, const char *ingress_dev,
		 const char *egress_dev, struct err *err)
{
	struct tap *in = &probe->taps[FLOW_IN], *out = &probe->taps[FLOW_OUT];

	return tap_init(in, ingress_dev, false, err) ?:
	       tap_init(out, egress_dev, true, err) ?:
	       load(probe, err) ?:
	       tap_attach(in, bpf_program__fd(probe->skel->progs.ovslab_in), err) ?:
	       tap_attach(out, bpf_program__fd(probe->skel->progs.ovslab_out), err);
}

int probe_start(const char *ingress_dev, const char *egress_dev,
		struct probe **ret, struct err *err)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int rc;

	if (!probe)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	rc = start(probe, ingress_dev, egress_dev, err);
	if (rc) {
		detach(probe, NULL);
		probe_free(probe);
		return rc;
	}
	*ret = probe;
	return 0;
}

/* ---- putting the result together ---- */

static int compare_events(const void *a, const void *b)
{
	const struct flow_event *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The point is the last difference, so a flow's two records are neighbours. */
static int compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_key));
}

static bool same_flow(const struct flow_key *a, const struct flow_key *b)
{
	return !memcmp(a, b, offsetof(struct flow_key, point));
}

static int read_entries(int map, struct entry **ret, size_t *ret_n)
{
	struct entry *entries = calloc(FLOW_MAX, sizeof(*entries));
	struct flow_key *last = NULL;
	struct record record;
	size_t n = 0;

	if (!entries)
		return -ENOMEM;
	while (n < FLOW_MAX && !bpf_map_get_next_key(map, last, &entries[n].key)) {
		last = &entries[n].key;
		if (bpf_map_lookup_elem_flags(map, last, &record, BPF_F_LOCK))
			break;
		entries[n++].state = record.state;
	}
	qsort(entries, n, sizeof(*entries), compare_entries);
	*ret = entries;
	*ret_n = n;
	return 0;
}

/* The first event of a flow record, or of a later one. */
static size_t events_from(const struct probe *probe, uint32_t flow)
{
	size_t low = 0, high = probe->n_events;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (probe->events[middle].flow < flow)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int copy_events(const struct probe *probe, uint32_t flow,
		       struct obs_point *ret)
{
	size_t from = events_from(probe, flow);
	size_t n = events_from(probe, flow + 1) - from;

	ret->events = calloc(n ?: 1, sizeof(*ret->events));
	if (!ret->events)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct flow_event *e = &probe->events[from + i];

		ret->events[i] = (struct obs_event){
			.index = e->index, .time_ns = e->time_ns, .seq = e->seq,
			.prev_end = e->prev_end, .len = e->len,
			.ip_id = e->ip_id, .flags = e->flags,
		};
	}
	ret->n_events = n;
	return 0;
}

static int fill_point(const struct probe *probe, const struct flow_state *s,
		      struct obs_point *ret)
{
	*ret = (struct obs_point){
		.packets = s->packets, .wire_packets = s->wire_packets,
		.bytes = s->bytes, .psh = s->psh, .late = s->late,
		.first_ns = s->first_ns, .last_ns = s->last_ns,
		.has_psh = s->psh, .first_psh_seq = s->first_psh_seq,
		.last_end = s->next_seq,
	};
	return copy_events(probe, s->id, ret);
}

static void fill_key(const struct flow_key *key, struct obs_key *ret)
{
	*ret = (struct obs_key){ .sport = key->sport, .dport = key->dport,
				 .proto = key->proto, .family = key->family };
	memcpy(ret->saddr, key->saddr, sizeof(ret->saddr));
	memcpy(ret->daddr, key->daddr, sizeof(ret->daddr));
}

static int fill_flows(const struct probe *probe, const struct entry *entries,
		      size_t n, struct observation *obs)
{
	for (size_t i = 0; i < n; i++) {
		const struct flow_key *key = &entries[i].key;
		struct obs_flow *flow;
		int rc;

		if (!i || !same_flow(key, &entries[i - 1].key))
			fill_key(key, &obs->flows[obs->n_flows++].key);
		flow = &obs->flows[obs->n_flows - 1];
		rc = fill_point(probe, &entries[i].state,
				key->point == FLOW_IN ? &flow->in : &flow->out);
		if (rc)
			return rc;
	}
	return 0;
}

static int collect(struct probe *probe, struct observation *ret)
{
	_cleanup_free_ struct entry *entries = NULL;
	struct observation obs = { 0 };
	size_t n;
	int rc;

	rc = read_entries(bpf_map__fd(probe->skel->maps.flows), &entries, &n);
	if (rc)
		return rc;
	if (probe->n_events)
		qsort(probe->events, probe->n_events, sizeof(*probe->events),
		      compare_events);
	obs.flows = calloc(n ?: 1, sizeof(*obs.flows));
	if (!obs.flows)
		return -ENOMEM;
	obs.events_dropped = probe->dropped + probe->skel->bss->losses.events;
	obs.flows_saturated = probe->skel->bss->losses.saturated;
	rc = fill_flows(probe, entries, n, &obs);
	if (rc)
		observation_release(&obs);
	else
		*ret = obs;
	return rc;
}

int probe_stop(struct probe *probe, struct observation *ret, struct err *err)
{
	int rc, taken;

	if (!probe)
		return 0;
	rc = detach(probe, err);
	taken = ring_buffer__consume(probe->ring);
	if (!rc && taken < 0)
		rc = bpf_failed(err, taken, "cannot read the probe's events");
	if (!rc && ret) {
		rc = collect(probe, ret);
		if (rc)
			bpf_failed(err, rc, "cannot read what the probe saw");
	}
	probe_free(probe);
	return rc;
}

void observation_release(struct observation *obs)
{
	for (size_t i = 0; i < obs->n_flows; i++) {
		free(obs->flows[i].in.events);
		free(obs->flows[i].out.events);
	}
	free(obs->flows);
	*obs = (struct observation){ 0 };
}
