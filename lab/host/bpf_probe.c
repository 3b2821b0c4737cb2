// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_probe.c - watch what enters and what leaves the switch
 *
 * What the ring buffer brings is gathered while the probes run (bpf_lives.c). At
 * the end the flow records and the totals are read from the kernel.
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
#include "host/bpf_lives.h"
#include "host/bpf_load.h"
#include "host/bpf_tc.h"
#include "host/wait.h"

struct tap {
	struct tc_place place;
	char dev[64];
	bool attached;
};

struct probe {
	struct probe_bpf *skel;
	struct ring_buffer *ring;
	struct tap taps[2];		/* FLOW_IN, FLOW_OUT */
	struct lives lives;
	bool each_psh;
};

static int on_record(void *arg, void *data, size_t size)
{
	lives_take(arg, data, size);
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
	rc = tc_attach(&tap->place, prog_fd, err);
	tap->attached = !rc;
	return rc;
}

static int tap_detach(struct tap *tap, struct err *err)
{
	int rc = tap->attached ? tc_detach(&tap->place, err) : 0;

	tap->attached = false;
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
	lives_free(&probe->lives);
	free(probe);
}

/* An LRU map gives records away before it is full: each CPU holds some back. */
static int set_knobs(struct probe *probe, const struct probe_opts *opts)
{
	uint32_t flows = opts->flows_max ? opts->flows_max : FLOW_MAX;
	uint32_t spare = FLOW_CPU_SPARE * (uint32_t)libbpf_num_possible_cpus();

	probe->each_psh = opts->each_psh;
	probe->skel->rodata->knobs.each_psh = opts->each_psh;
	probe->skel->rodata->knobs.out_ifindex = (uint32_t)probe->taps[FLOW_OUT].place.ifindex;
	return bpf_map__set_max_entries(probe->skel->maps.flows, flows + spare) ?:
	       bpf_map__set_max_entries(probe->skel->maps.events,
					opts->ring_bytes ? opts->ring_bytes : FLOW_RING_BYTES);
}

static int load(struct probe *probe, const struct probe_opts *opts, struct err *err)
{
	int rc;

	bpf_catch_log();
	probe->skel = probe_bpf__open();
	if (!probe->skel)
		return bpf_failed(err, errno, "cannot open the probe");
	rc = set_knobs(probe, opts);
	if (rc)
		return bpf_failed(err, rc, "cannot set the probe's bounds");
	rc = bpf_load(probe->skel->obj, "probe", err);
	if (rc)
		return rc;
	probe->ring = ring_buffer__new(bpf_map__fd(probe->skel->maps.events),
				       on_record, &probe->lives, NULL);
	if (!probe->ring)
		return bpf_failed(err, errno, "cannot map the probe's events");
	return 0;
}

/* One device for both cannot tell the program where it is. */
static int program(const struct probe *probe, enum flow_point point)
{
	const struct tap *taps = probe->taps;

	if (taps[FLOW_IN].place.ifindex != taps[FLOW_OUT].place.ifindex)
		return bpf_program__fd(probe->skel->progs.ovslab_both);
	return bpf_program__fd(point == FLOW_IN ? probe->skel->progs.ovslab_in :
						  probe->skel->progs.ovslab_out);
}

static int start(struct probe *probe, const char *ingress_dev,
		 const char *egress_dev, const struct probe_opts *opts, struct err *err)
{
	struct tap *in = &probe->taps[FLOW_IN], *out = &probe->taps[FLOW_OUT];

	return tap_init(in, ingress_dev, false, err) ?:
	       tap_init(out, egress_dev, true, err) ?:
	       load(probe, opts, err) ?:
	       tap_attach(in, program(probe, FLOW_IN), err) ?:
	       tap_attach(out, program(probe, FLOW_OUT), err);
}

int probe_start(const char *ingress_dev, const char *egress_dev,
		const struct probe_opts *opts, struct probe **ret, struct err *err)
{
	static const struct probe_opts usual;
	struct probe *probe = calloc(1, sizeof(*probe));
	int rc;

	if (!probe)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	rc = start(probe, ingress_dev, egress_dev, opts ? opts : &usual, err);
	if (rc) {
		detach(probe, NULL);
		probe_free(probe);
		return rc;
	}
	*ret = probe;
	return 0;
}

/* ---- the end ---- */

static void read_records(int map, uint64_t end_ns, struct lives *lives)
{
	struct flow_key key, *last = NULL;
	struct flow_record record;

	while (!bpf_map_get_next_key(map, last, &key)) {
		last = &key;
		if (bpf_map_lookup_elem(map, &key, &record))
			continue;
		record.state.last_ns = end_ns;
		lives_add(lives, &key, &record.state);
	}
}

static void add_totals(struct flow_totals *sum, const struct flow_totals *t)
{
	sum->packets += t->packets;
	sum->wire_packets += t->wire_packets;
	sum->bytes += t->bytes;
	sum->psh += t->psh;
	sum->late += t->late;
	sum->lives += t->lives;
	sum->unrecorded += t->unrecorded;
	sum->events += t->events;
	sum->dropped += t->dropped;
}

static int read_totals(int map, uint32_t point, struct flow_totals *ret)
{
	int cpus = libbpf_num_possible_cpus(), rc;
	_cleanup_free_ struct flow_totals *all = NULL;

	if (cpus < 0)
		return cpus;
	all = calloc((size_t)cpus, sizeof(*all));
	if (!all)
		return -ENOMEM;
	rc = bpf_map_lookup_elem(map, &point, all);
	*ret = (struct flow_totals){ 0 };
	for (int i = 0; rc == 0 && i < cpus; i++)
		add_totals(ret, &all[i]);
	return rc;
}

static int collect(struct probe *probe, struct observation *ret)
{
	int map = bpf_map__fd(probe->skel->maps.totals);
	struct flow_totals totals[2];
	int rc = read_totals(map, FLOW_IN, &totals[FLOW_IN]) ?:
		 read_totals(map, FLOW_OUT, &totals[FLOW_OUT]);

	if (rc)
		return rc;
	read_records(bpf_map__fd(probe->skel->maps.flows), (uint64_t)now_ns(), &probe->lives);
	rc = lives_collect(&probe->lives, totals, ret);
	if (rc == 0)
		ret->each_psh = probe->each_psh;
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
