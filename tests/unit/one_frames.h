/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one_frames.h - segments as rows, and a log of what the one-point analysis says
 */
#ifndef TEST_ONE_FRAMES_H
#define TEST_ONE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/one.h"

struct seg {
	uint32_t us;			/* since the beginning; 0: 10 after the last */
	uint8_t reply;			/* in the other direction */
	uint32_t seq, ack;
	uint32_t len;
	uint8_t flags;			/* 0: ACK */
	uint16_t id;
	uint32_t ts;			/* 0: none */
	uint32_t sack[2];		/* the first block */
	uint16_t sport;			/* 0: 1000 */
	uint8_t proto;			/* 0: TCP */
	uint8_t family;			/* 0: 4 */
	bool no_window;
	const char *want;		/* class and evidence, see CLASSES; NULL: in order */
};

static const char CLASSES[] = "RETDLA";	/* by enum analysis_class */
static const char EVIDENCES[] = "PKITABN";	/* by enum analysis_evidence */

#define LOG_EVENTS 20000

struct log {
	struct one *one;
	struct one_options opt;
	struct analysis a;
	struct analysis_event *event;	/* [LOG_EVENTS] */
	size_t n_events;
	struct analysis_flow flow[64];	/* the first ones */
	size_t n_flows;
	uint64_t number, us;
};

static inline void log_event(void *arg, const struct analysis_event *e)
{
	struct log *log = arg;

	if (log->n_events < LOG_EVENTS)
		log->event[log->n_events++] = *e;
}

static inline void log_flow(void *arg, const struct analysis_flow *f)
{
	struct log *log = arg;

	if (log->n_flows < sizeof(log->flow) / sizeof(log->flow[0]))
		log->flow[log->n_flows] = *f;
	log->n_flows++;
}

static inline struct log *log_new(const struct one_options *opt)
{
	struct log *log = calloc(1, sizeof(*log));

	log->event = calloc(LOG_EVENTS, sizeof(*log->event));
	log->opt = *opt;
	log->opt.sink = (struct analysis_sink){
		.flow = log_flow, .event = log_event, .arg = log,
	};
	log->one = one_new(&log->opt);
	return log;
}

static inline void log_free(struct log *log)
{
	one_free(log->one);
	free(log->event);
	free(log);
}

static inline struct frame seg_frame(const struct seg *s)
{
	struct frame f = {
		.kind = s->proto == 17 ? FRAME_UDP : FRAME_TCP,
		.key = {
			.saddr = { 10, 0, 0, 1 }, .daddr = { 10, 0, 0, 2 },
			.sport = s->sport ? s->sport : 1000, .dport = 80,
			.proto = s->proto ? s->proto : 6, .family = s->family ? s->family : 4,
		},
		.seq = s->seq, .ack = s->ack, .len = s->len, .ip_id = s->id,
		.tcp_flags = s->flags ? s->flags : 16,
		.window = s->no_window ? 0 : 1000,
		.has_ts = s->ts, .tsval = s->ts,
		.n_sack = s->sack[1] ? 1 : 0,
		.sack_start = { s->sack[0] }, .sack_end = { s->sack[1] },
	};
	struct obs_key k = f.key;

	if (s->reply) {
		memcpy(f.key.saddr, k.daddr, sizeof(k.daddr));
		memcpy(f.key.daddr, k.saddr, sizeof(k.saddr));
		f.key.sport = k.dport;
		f.key.dport = k.sport;
	}
	return f;
}

static inline int log_push(struct log *log, const struct seg *s)
{
	struct frame f = seg_frame(s);

	log->us = s->us ? s->us : log->us + 10;
	f.time_ns = log->us * 1000;
	f.number = ++log->number;
	return one_push(log->one, &f);
}

/* What is said of a frame: "RI", ...; "" if nothing, "??" if more than one thing. */
static inline const char *log_said(const struct log *log, uint64_t number)
{
	static char said[3];

	said[0] = 0;
	for (size_t i = 0; i < log->n_events; i++) {
		const struct analysis_event *e = &log->event[i];

		if (e->frame != number)
			continue;
		if (said[0])
			return "??";
		said[0] = CLASSES[e->what];
		said[1] = EVIDENCES[e->evidence];
		said[2] = 0;
	}
	return said;
}

static inline const struct analysis_event *log_find(const struct log *log, uint64_t number)
{
	for (size_t i = 0; i < log->n_events; i++)
		if (log->event[i].frame == number)
			return &log->event[i];
	return NULL;
}

#endif
