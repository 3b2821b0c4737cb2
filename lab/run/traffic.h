/* SPDX-License-Identifier: GPL-2.0 */
/*
 * traffic.h - traffic from one node to another: kinds, options, and TCP
 */
#ifndef OVSLAB_RUN_TRAFFIC_H
#define OVSLAB_RUN_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/lab.h"
#include "core/limits.h"
#include "core/run.h"
#include "host/agent.h"
#include "host/wait.h"

/*
 * bulk: iperf3, which sends a few control bytes with PSH before the bulk.
 * conns: many connections of one large write each, so that the first PSH packet
 * of each has neighbours.
 * bursts: UDP in flows that are new in each burst; run/bursts.h.
 * connect: connections that are opened and closed, without data; run/connect.c.
 */
enum traffic_kind { TRAFFIC_CONNS, TRAFFIC_BULK, TRAFFIC_BURSTS, TRAFFIC_CONNECT };

/* What stands still while a burst is sent. */
enum traffic_stall { STALL_NONE, STALL_VSWITCHD };

enum traffic_ip { TRAFFIC_IP4, TRAFFIC_IP6 };

extern const char *const traffic_kind_names[], *const traffic_stall_names[];
extern const char *const traffic_ip_names[];	/* "4", "6" */

struct traffic_opts {
	int kind;			/* enum traffic_kind */
	int ip;				/* enum traffic_ip; bursts: 4 only */
	unsigned int streams;		/* bulk */
	unsigned int seconds;		/* bulk */
	unsigned int connections;	/* conns */
	unsigned int parallel;		/* conns: open at the same time */
	uint64_t bytes;			/* conns: of each write */
	unsigned int cycles;		/* bursts: how many */
	unsigned int flows;		/* bursts: in each, all new */
	unsigned int packets;		/* bursts: of each flow */
	unsigned int payload;		/* bursts: bytes */
	int stall;			/* bursts: enum traffic_stall */
	unsigned int port;		/* connect */
	unsigned int attempts;		/* connect: one after the other */
};

#define TRAFFIC_DEFAULTS { .streams = TRAFFIC_STREAMS, .seconds = TRAFFIC_SECONDS, \
			   .connections = TRAFFIC_CONNECTIONS, .parallel = TRAFFIC_PARALLEL, \
			   .bytes = TRAFFIC_MIB << 20, .cycles = TRAFFIC_CYCLES, \
			   .flows = TRAFFIC_FLOWS, .packets = TRAFFIC_PACKETS, \
			   .payload = TRAFFIC_PAYLOAD, .attempts = TRAFFIC_ATTEMPTS }

/* How to tell the traffic's own flows from its control connection. */
struct traffic_flows {
	uint16_t dport;
	unsigned int n_sports;		/* 0: all that go to dport */
	uint16_t sports[TRAFFIC_STREAMS_MAX];
};

/**
 * traffic_settle() - end the programs that a killed run left in the guests
 *
 * To be called when it is sure that no other run is under way.
 */
int traffic_settle(const struct job *job, const struct lab *lab, struct err *err);

/**
 * traffic_program() - start a program of the traffic in a node
 *
 * If we are killed, traffic_settle() of the next run ends it, until traffic_forget().
 */
int traffic_program(const struct job *job, const struct lab *lab, const struct lab_node *node,
		    const char *const argv[], struct agent_task *ret, struct err *err);

/** traffic_forget() - all programs have ended */
void traffic_forget(const struct lab *lab);

/**
 * traffic_run() - send TCP, and wait for the end
 * @tick:	called several times a second meanwhile; < 0 ends it
 * @run:	its traffic, throughput and intervals are filled; for connect, its ends
 * @ret_flows:	which flows it consisted of
 *
 * Throughput is payload at the receiver.
 */
int traffic_run(const struct job *job, const struct lab *lab, const struct lab_node *from,
		const struct lab_node *to, const struct traffic_opts *opts,
		int (*tick)(void *arg, struct err *err), void *arg, struct run *run,
		struct traffic_flows *ret_flows, struct err *err);

/** traffic_has() - does a flow belong to the traffic? */
bool traffic_has(const struct traffic_flows *flows, const struct obs_key *key);

#endif
