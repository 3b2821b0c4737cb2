/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - a run: one measurement, with everything that is needed to read it later
 *
 * Plain data that 'measure' fills and that the writers of lab/report/ print.
 * Strings are owned and may be NULL where something is not known.
 */
#ifndef OVSLAB_CORE_RUN_H
#define OVSLAB_CORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attribute.h"
#include "core/mangle.h"
#include "core/reorder.h"

enum run_status {
	RUN_OK,
	RUN_MANGLED_NOTHING,		/* a mangler was injected and changed nothing */
	RUN_NO_TRAFFIC,			/* no data packet entered the switch; connect: no attempt */
	RUN_INJECTIONS_CHANGED,		/* an injection came or went during the run */
	RUN_SWITCH_RESTARTED,		/* its counters began anew, and OpenFlow flows went */
	RUN_TRAFFIC_FAILED,		/* the generator reported a failure: see notes */
};

/* The words of enum run_status; NULL ends. */
extern const char *const run_status_names[];

struct run_strings {
	char **v;
	size_t n;
};

struct run_counter {
	char *name;
	int64_t delta;			/* what the run added to it */
};

struct run_counters {
	struct run_counter *v;
	size_t n;
};

/* The switch, as it answered when the run began. */
struct run_setup {
	char *kernel, *kernel_build;	/* release, and uname -v: with the distribution's version */
	char *dispatch;			/* of misses: "per-cpu", "per-vport" */
	uint64_t handlers, revalidators;	/* threads of vswitchd */
	/* only where it is a VM, else NULL and 0 */
	char *ovs_source, *kernel_source;	/* "debian:trixie", "dir:..." */
	char *wire;			/* "bridge", "redirect" */
	uint64_t vcpus, memory_mib;
};

/* Where it was measured. The host's name is left out: reports get published. */
struct run_environment {
	char *version;			/* of ovslab */
	char *lab;
	char *started_at;		/* ISO 8601, UTC */
	char *switch_kind;		/* "host" or "vm" */
	char *datapath;			/* "kernel" or "userspace" */
	char *accel;			/* "kvm" or "tcg" */
	char *ovs_version, *ovs_package;
	char *host_kernel, *guest_kernel;
	char *qemu_version, *libvirt_version;
	char *offloads;			/* "on" or "off" */
	uint64_t vcpus, memory_mib;	/* of each node */
	bool restored;			/* from a saved lab, and not booted */
	struct run_setup setup;
	struct run_strings pinned;	/* NODE=CPUS that QEMU's threads are kept on */
	struct run_strings placed;	/* "irq=0", "handlers=1,0": as asked, in a switch VM */
	struct run_strings cpus;	/* NAME=CPUS of its threads and interrupts, as they are */
	struct run_strings prepared;	/* before the run: "purge-megaflows" ... */
	struct run_strings flows;	/* OpenFlow, as ovs-ofctl prints them */
	struct run_strings other_config;	/* KEY=VALUE */
	struct run_strings commands;	/* that led here, in order */
};

struct run_traffic {
	char *kind;			/* of traffic_kind_names[] */
	bool ipv6;			/* else IPv4 */
	uint64_t streams;		/* bulk: parallel streams */
	double seconds;			/* bulk: asked for; conns: took */
	uint64_t connections;		/* conns */
	uint64_t bytes;			/* conns: of each connection */
	uint64_t cycles, flows, packets;	/* bursts: how many, new flows in each, packets */
	uint64_t payload_bytes;		/* bursts: of each packet */
	char *stall;			/* bursts: "none" or "vswitchd" */
	uint64_t port, attempts;	/* connect: destination; connections, one after the other */
	uint64_t limit_s;		/* connect: of each */
};

/* connect: how the attempts ended; 0 for other traffic */
struct run_connect {
	uint64_t attempts;		/* the sum of the others */
	uint64_t connected;
	uint64_t unreachable;		/* EHOSTUNREACH, ENETUNREACH */
	uint64_t refused;		/* ECONNREFUSED */
	uint64_t timed_out;		/* no answer within the limit */
	uint64_t other;			/* any other error */
};

struct run_interval {
	double start_s, seconds;
	double bps;			/* payload, at the receiver */
};

struct run_injection {
	char *kind;			/* "psh" */
	char *place;			/* "vm1:egress" */
	char *spec;			/* "psh --ratio 10": as 'inject' takes it */
	struct mangle_counters counters;	/* deltas of this run */
	bool saturated;			/* more connections than there is state for */
	bool logs;
	uint64_t logged, logged_lost;	/* of its place: events of the run that were read, and not */
};

/* The switch's own counters over the run. */
struct run_switch {
	bool known;
	uint64_t hit, missed, lost;	/* datapath lookups (dpctl/show) */
	uint64_t upcalls;
	struct run_counters coverage;
};

/* What the switch's OpenFlow flows counted in the run. */
struct run_openflow {
	uint64_t cookie_packets;	/* those with a cookie that is not 0 */
};

/* Nearest rank; of no packets, all is 0. */
struct run_times {
	uint64_t packets;
	uint64_t p50_ns, p99_ns, max_ns;
};

/* Bursts: how long packets were inside the switch, tap to tap. Of no packets, not known. */
struct run_transit {
	struct run_times all;
	bool split;			/* it was noted which went through vswitchd: */
	struct run_times upcalled, direct;
	uint64_t untold;		/* packets of which it is not known all the same */
};

/* What the probes themselves say of the run. */
struct run_events {
	uint64_t recorded, dropped;	/* of the event log */
	uint64_t flows_saturated;	/* as in struct observation */
	struct obs_totals in, out;	/* all TCP data at both taps */
	bool listed;			/* who.list was asked for */
};

/* Of TCP and UDP with data, by the kernel's datapath to vswitchd; see who.upcalls. */
struct run_upcalls {
	char *why_not;			/* it is not known which; NULL if it is, or was not asked */
	uint64_t total;			/* in each direction; a packet may have two */
	uint64_t actions;		/* ... by an action, and not by a miss; of those noted */
	uint64_t lost;			/* ... that there was no room to note */
};

struct run {
	enum run_status status;
	struct run_environment env;
	struct run_traffic traffic;
	double throughput_bps;		/* payload, at the receiver */
	struct run_interval *intervals;
	size_t n_intervals;
	struct reorder_result reorder;
	struct run_transit transit;
	struct run_events events;
	struct attribution who;		/* which packets moved */
	struct run_upcalls upcalls;
	struct run_injection *injections;
	size_t n_injections;
	struct run_counters tcp_sender, tcp_receiver;	/* the guests' counters */
	struct run_switch sw;
	struct run_openflow openflow;
	struct run_connect connect;
	struct run_strings also_injected;	/* "vm1:egress: bpf x.c": what counts nothing that we know */
	struct run_strings notes;	/* warnings and remarks for the reader */
};

/* A run and what to call it in a comparison. */
struct run_named {
	const char *name;
	const struct run *run;
};

/** run_set() - replace an owned string by a copy of @text (NULL clears) */
int run_set(char **field, const char *text);

/** run_add_string() - append a copy */
int run_add_string(struct run_strings *s, const char *text);

/** run_add_note() - append a note; printf format */
int run_add_note(struct run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** run_add_counter() - append a counter */
int run_add_counter(struct run_counters *c, const char *name, int64_t delta);

/** run_counter() - the delta of a counter, 0 if it is not listed */
int64_t run_counter(const struct run_counters *c, const char *name);

int run_add_interval(struct run *run, struct run_interval interval);

/** run_add_injection() - append what a mangler counted (strings are copied) */
int run_add_injection(struct run *run, const char *kind, const char *place,
		      const char *spec, const struct mangle_counters *counters);

/** run_judge() - set the status from the figures, unless it already tells a failure */
void run_judge(struct run *run);

/** run_psh_share() - packets with PSH / data packets at a tap, 0 of nothing is 0 */
double run_psh_share(uint64_t psh, uint64_t packets);

/** run_free_strings() - release them; the list itself is not cleared */
void run_free_strings(struct run_strings *s);

/** run_free() - release what @run owns; a zeroed run is an empty one */
void run_free(struct run *run);

#endif
