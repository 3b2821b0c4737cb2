/* SPDX-License-Identifier: GPL-2.0 */
/*
 * two.h - two captures of the same traffic, before and behind a switch
 *
 * Theory of operation. Of each data packet its time, frame number, place in the
 * flow and IP ID are kept (24 bytes). At the end each flow's packets at each tap
 * go through the live probe's own code (bpf/flow.h), and what comes out is judged
 * like what the probes see (reorder_two.c): a capture and the probes of one run
 * cannot drift apart. Each packet is known besides, so that what the probes can
 * only estimate is exact, and packets have times.
 *
 * UDP has no sequence numbers: a packet is known by its IP ID or its payload.
 */
#ifndef OVSLAB_CORE_TWO_H
#define OVSLAB_CORE_TWO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/analysis.h"
#include "core/attribute.h"
#include "core/frame.h"

struct two;

enum two_point { TWO_IN, TWO_OUT };	/* ingress tap, egress tap */

/* By what a UDP packet is known at the other tap. */
enum two_id {
	TWO_ID_AUTO,			/* the IP ID where the flow counts it, else: */
	TWO_ID_IPID,
	TWO_ID_PAYLOAD,			/* a hash of what was captured of it, and its length */
};

/* Zeroed, it is the usual. */
struct two_options {
	uint64_t max_packets;		/* at both taps together: 64 Mi, 1.5 GiB */
	uint64_t max_flow_packets;	/* of a flow at one tap: 16 Mi */
	uint64_t max_flows;		/* 4 Mi */
	uint64_t seed;			/* of the hash: what a stranger cannot guess */
	enum two_id id;
	bool rewrites;			/* the switch may change addresses and ports */
	bool clocks_differ;		/* times of the taps do not compare */
	struct reorder_limits limits;	/* as in struct reorder_options */
	struct analysis_sink sink;
};

/**
 * two_new() - begin
 * @opt:	NULL for the usual
 * @ret:	release with two_free()
 *
 * Return: 0, or -ENOMEM.
 */
int two_new(const struct two_options *opt, struct two **ret);
void two_free(struct two *t);

/**
 * two_push() - the next frame at a tap
 *
 * Those of one tap in their order; the taps one after the other, or in turns. A SYN
 * with another initial sequence number begins another flow with the same key.
 *
 * Return: 0, or -ENOMEM.
 */
int two_push(struct two *t, enum two_point point, const struct frame *f);

/* Each packet with payload that the switch handed to vswitchd, as its datapath saw it. */
struct two_upcalls {
	const struct attribute_mark *notes;	/* [n], in any order; key, seq, len and ip_id count */
	size_t n;
	uint64_t from_ns, to_ns;	/* noted was what entered in that time; @to_ns 0: all */
};

/**
 * two_upcalls() - tell packets that went through vswitchd from those that did not
 * @u:		copied; the addresses are those at the ingress tap. May be anybody's
 *
 * Before two_end(). TCP is found by bytes and IP ID, UDP by IP ID and length; where more
 * than one transmission can be meant, ANALYSIS_UNTOLD is said of each of them.
 *
 * Return: 0, or -ENOMEM.
 */
int two_upcalls(struct two *t, const struct two_upcalls *u);

/**
 * two_end() - judge all flows
 * @ret:	large: not for the stack
 *
 * Flows and their events go to the sink. A flow's packets are released as it is judged;
 * nothing can be pushed afterwards.
 *
 * Return: 0, or -ENOMEM.
 */
int two_end(struct two *t, struct analysis *ret);

#endif
