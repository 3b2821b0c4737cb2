/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attribute.h - which packets moved inside the switch, and whether it was those
 *		 that were mangled, or those that went through vswitchd
 *
 * Mangled are those that a mangler's log has, or, without a log, those with PSH.
 *
 * "Moved" is: outside a longest increasing subsequence (a mover). A late packet that
 * is none only stood where another one jumped ahead; counted as moved, it would
 * acquit the one that did. For packets that went through vswitchd (upcalled) there is a
 * table of late ones too: that way takes longer and never less long, so a super-packet
 * that is overtaken by few packets is late, and they are the movers.
 */
#ifndef OVSLAB_CORE_ATTRIBUTE_H
#define OVSLAB_CORE_ATTRIBUTE_H

#include "core/fisher.h"
#include "core/reorder.h"

#define ATTRIBUTE_LIST_MAX 100000

/* A packet that is late or moved, or several on end that are so in the same way. */
struct attribute_event {
	uint64_t flow;			/* index in reorder_result.flow */
	uint64_t start, end;		/* bytes in the flow, its lowest one is 0 */
	uint64_t packets;
	uint64_t time_ns;		/* it left; since the first packet entered. Where the
					 * events do not tell: that of its run, before it */
	uint64_t extent;		/* packets, the largest (RFC 4737 4.2.3); 0: not late */
	uint64_t late_ns;		/* likewise (4.3.3) */
	int64_t displacement;		/* RFC 5236: late > 0, early < 0; of the first */
	bool late, moved;
	bool psh;			/* at ingress */
	bool mangled;			/* by attribution.by */
	bool upcalled;			/* if attribution.upcalls.known */
};

/* What makes a packet a mangled one. */
enum attribute_by { ATTRIBUTE_PSH, ATTRIBUTE_LOG };

/* The words of enum attribute_by; NULL ends. */
extern const char *const attribute_by_names[];

#define ATTRIBUTE_NO_OFFSET UINT64_MAX

/* A packet in a mangler's log, before the switch; or an upcall. */
struct attribute_mark {
	struct obs_key key;
	uint32_t seq, len;		/* payload */
	uint64_t offset;		/* in the connection; or ATTRIBUTE_NO_OFFSET */
	uint16_t ip_id;			/* 0: not known */
	bool again;			/* the mangler had seen these bytes before */
	uint8_t command;		/* of an upcall: enum upcall_command; counts for nothing here */
	size_t order;			/* for attribute_two_point() */
};

/* Packets that went through vswitchd; tables as in struct attribution. */
struct attribute_upcalls {
	bool known;
	struct fisher_table late, moved;	/* upcalled, and late; and moved */
	struct fisher_table flows;	/* with such a packet that left, and with a late one */
};

struct attribution {
	bool known;			/* each mangled packet was: else the tables are empty */
	enum attribute_by by;
	struct fisher_table packets;	/* mangled, and moved */
	struct fisher_table flows;	/* with such a packet that left, and with one that moved */
	struct attribute_upcalls upcalls;
	struct attribute_event *list;	/* in order of the flows, then of leaving; owned */
	size_t n_list;
	uint64_t omitted;		/* events beyond ATTRIBUTE_LIST_MAX */
};

struct attribute_options {
	bool (*keep)(const struct obs_flow *flow, void *arg);	/* as in reorder_options */
	void *arg;
	bool list;			/* wanted */
	bool logged;			/* go by @marks, and not by PSH */
	const struct attribute_mark *marks;	/* [n_marks], in any order */
	size_t n_marks;
	bool upcalls_known;		/* all of them are in @upcalls */
	const struct attribute_mark *upcalls;	/* [n_upcalls], in the order of their coming */
	size_t n_upcalls;
};

/**
 * attribute_two_point() - reorder_two_point(), and who it was
 * @obs:	with each_psh, or only first PSH packets are known in the list, and
 *		the tables stay empty unless there is a log
 * @ret:	as reorder_two_point() has it
 * @ret_who:	release with attribution_free(). Flows that are not exact are in no
 *		table and not in the list
 *
 * Return: 0, or -ENOMEM.
 */
int attribute_two_point(const struct observation *obs, const struct attribute_options *opt,
			struct reorder_result *ret, struct attribution *ret_who);
void attribution_free(struct attribution *a);

#endif
