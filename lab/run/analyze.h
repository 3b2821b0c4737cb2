/* SPDX-License-Identifier: GPL-2.0 */
/*
 * analyze.h - captures, or a list of ranks, through the analysers of core/
 */
#ifndef OVSLAB_RUN_ANALYZE_H
#define OVSLAB_RUN_ANALYZE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/analysis.h"
#include "core/err.h"
#include "core/two.h"
#include "host/wait.h"

#define ANALYZE_INPUTS_MAX 2

/* One of: @ingress and @egress; @capture; @ranks. The other two are NULL. */
struct analyze_opts {
	const char *ingress, *egress;	/* file names; "-" is the standard input */
	const char *capture;
	const char *ranks;		/* "1 2 4 5 3" (core/ranks.h) */
	bool either_way;		/* which of the two is the ingress is a guess: if most
					 * packets go the other way, it is turned round; an
					 * error where a pipe would have to be read again */
	enum two_id id;
	bool rewrites, clocks_differ;	/* as in struct two_options */
	unsigned int threshold;		/* DT and BT of RFC 5236; 0 = the usual */
	unsigned int port;		/* only flows from or to it; 0 = all. With @rewrites
					 * only the ingress is asked */
	const struct two_upcalls *upcalls;	/* two captures: as two_upcalls(); NULL: not known */
	struct analysis_sink sink;
	void (*again)(void *arg);	/* @sink's: forget what it got. For @either_way */
};

/* Large: not for the stack. */
struct analyze_result {
	struct analysis a;
	struct analysis_input inputs[ANALYZE_INPUTS_MAX];	/* names are the caller's */
	char damage[ANALYZE_INPUTS_MAX][384];	/* what ended the reading of an input; or "" */
	size_t n_inputs;
};

/**
 * analyze_run() - read, judge, hand flows and events to the sink, and sum up
 *
 * Damage within a file is no error: what is before it is judged, and told in @ret.
 * Reading the standard input may be ended by Ctrl-C: what came until then counts.
 *
 * Return: 0; -errno with STATUS_USAGE if an input cannot be read at all or @ranks is no
 * list of ranks; -ENOMEM; -EINTR, -ETIMEDOUT.
 */
int analyze_run(const struct job *job, const struct analyze_opts *opts,
		struct analyze_result *ret, struct err *err);

/* What is in a folder; "" for what is not. */
struct analyze_folder {
	char one[4096], two[4096];	/* captures; *@two is "" where there is but one */
	char upcalls[4096];		/* notes of upcalls */
};

/**
 * analyze_folder() - the captures that belong together in a folder
 *
 * tap-vm1 and tap-vm2, as 'capture' names them; else those that are there, if they
 * are no more than two.
 *
 * Return: 0, or -errno with STATUS_USAGE if it is not clear which, or there are none.
 */
int analyze_folder(const char *dir, struct analyze_folder *ret, struct err *err);

/** analyze_is_folder() - whether @name is one */
bool analyze_is_folder(const char *name);

#endif
