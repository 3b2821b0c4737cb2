/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inject_log.h - the logs of a lab's manglers
 *
 * Each place has one. Reading takes nothing away, so there may be any number of readers.
 */
#ifndef OVSLAB_RUN_INJECT_LOG_H
#define OVSLAB_RUN_INJECT_LOG_H

#include "core/err.h"
#include "core/lab.h"
#include "core/mangle_log.h"
#include "host/wait.h"
#include "run/inject.h"

#define INJECT_LOG_PAGE 4096		/* events of one look, at most */

/* A reader of a place's log. */
struct inject_log {
	char place[32];
	uint64_t after;			/* serial of the last event that it has had */
	uint64_t lost;			/* events that were overwritten before it looked */
	int64_t unix_ns;		/* what makes of an event's time one of that machine's wall
					 * clock; a guest's was set to the host's, and is off by a
					 * millisecond or two */
	uint64_t id;			/* which log that was; 0: none yet */
	bool stuck;			/* at an event that is not whole */
};

/**
 * inject_log_read() - the next events of a place
 * @log:	.place is given, the rest is 0 at first, or .after is where to begin
 * @to:		room for INJECT_LOG_PAGE
 * @ret_n:	0 if there are none, also if nothing logs there
 * @ret_more:	there are some already
 *
 * A log that began anew (all of its place was cleared meanwhile) is read from its
 * beginning.
 */
int inject_log_read(const struct job *job, const struct lab *lab, struct inject_log *log,
		    struct log_event *to, size_t *ret_n, bool *ret_more, struct err *err);

/* An event, and what is known of it besides. */
struct inject_event {
	struct log_event e;
	const char *place;		/* of its reader */
	const struct mangle_kind *kind;	/* of the mangler at that turn, if it is one such */
	int64_t unix_ns;
};

/* Readers of several places, and their manglers when it began. */
struct inject_logs {
	struct inject_log log[INJECT_PLACES_MAX];
	unsigned int n;
	struct injection list[INJECT_MAX];
	unsigned int n_list;
};

/**
 * inject_logs_open() - readers of all places that log, or of one
 * @place:	NULL for all
 */
int inject_logs_open(const struct job *job, const struct lab *lab, const char *place,
		     struct inject_logs *ret, struct err *err);

/**
 * inject_logs_read() - all events that are there by now, by their time
 * @ret:	to be freed
 */
int inject_logs_read(const struct job *job, const struct lab *lab, struct inject_logs *logs,
		     struct inject_event **ret, size_t *ret_n, struct err *err);

/** inject_logs_lost() - how many events were overwritten before they were read */
uint64_t inject_logs_lost(const struct inject_logs *logs);

#endif
