/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limits.h - bounds and defaults of traffic: those that the command and the helper in
 * the guest agree on, and those that options and scenarios share
 */
#ifndef OVSLAB_CORE_LIMITS_H
#define OVSLAB_CORE_LIMITS_H

#define CONNS_CONNECTIONS_MAX 65536
#define CONNS_BYTES_MAX (64 << 20)	/* one write, kept in the guest's memory */
#define CONNS_PARALLEL_MAX 256		/* a thread each */
#define CONNS_SECONDS_MAX 86400

#define BURSTS_CYCLES_MAX 1000
#define BURSTS_FLOWS_MAX 64
#define BURSTS_PACKETS_MAX 10000	/* of a flow in one burst */
#define BURSTS_BURST_MAX 20000		/* packets of one burst: a capture holds that many */
#define BURSTS_PAYLOAD_MIN 32		/* room for what a packet says of itself */
#define BURSTS_PAYLOAD_MAX 1400		/* no fragments */
#define BURSTS_RUN_AT 12		/* where a packet says of which run it is, 4 bytes */
#define BURSTS_PORT 9001		/* the receiver's */
#define BURSTS_PORT_FIRST 20000		/* the senders', new ones in each burst: below those */
#define BURSTS_PORTS 12000		/* that the kernel gives away by itself */

#define CONNECT_ATTEMPTS_MAX 1000
/*
 * Of each. A SYN is sent again after 1 s, and by then a kernel that limits its ICMP errors
 * to one a second may answer once more. After 3 s one gives up a neighbour that it does not
 * find, and says of it what an ICMP error says.
 */
#define CONNECT_LIMIT_S 2

#define TRAFFIC_STREAMS_MAX 128
#define TRAFFIC_SECONDS_MAX 86400

/* What is sent unless it is said. Plain numbers, so that help can quote them. */
#define TRAFFIC_STREAMS 1
#define TRAFFIC_SECONDS 10
#define TRAFFIC_CONNECTIONS 40
#define TRAFFIC_PARALLEL 1
#define TRAFFIC_MIB 1
#define TRAFFIC_CYCLES 10
#define TRAFFIC_FLOWS 2
#define TRAFFIC_PACKETS 100
#define TRAFFIC_PAYLOAD 64
#define TRAFFIC_ATTEMPTS 10

#endif
