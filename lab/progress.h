/* SPDX-License-Identifier: GPL-2.0 */
/*
 * progress.h - what a long command is doing, shown to a person
 *
 * One renderer for struct job's progress callback: a live line for each 'who'
 * on a terminal, plain lines elsewhere.
 */
#ifndef OVSLAB_PROGRESS_H
#define OVSLAB_PROGRESS_H

#include <stdint.h>

enum progress_style {
	PROGRESS_SILENT,		/* nothing */
	PROGRESS_PLAIN,			/* "vm1: booting" */
	PROGRESS_TIMED,			/* "[  3.217] vm1: booting" */
	PROGRESS_LIVE,			/* one line for each who, rewritten in place: the
					 * phase, and when it began */
};

struct progress;

/**
 * progress_new() - a renderer; NULL when out of memory
 * @fd:		where to; not taken over
 * @columns:	width of the terminal, for PROGRESS_LIVE; 0 = 80
 * @start_ns:	CLOCK_MONOTONIC time that counts as 0
 */
struct progress *progress_new(int fd, enum progress_style style, unsigned int columns,
			      int64_t start_ns);

/** progress_report() - struct job's callback; @arg is the renderer */
void progress_report(void *arg, const char *who, const char *what);

/**
 * progress_settle() - leave the live lines as they are and start a new block
 *
 * To be called before anything else is printed to the same terminal while the
 * command goes on. NULL is fine.
 */
void progress_settle(struct progress *p);

/**
 * progress_interject() - a text of whole lines below the live ones; may be called in a signal handler
 * @text:	PIPE_BUF bytes at most. It is left out if writing it would have to wait.
 */
void progress_interject(struct progress *p, const char *text);

/** progress_free() - the last state stays on the screen; NULL is fine */
void progress_free(struct progress *p);

#endif
