/* SPDX-License-Identifier: GPL-2.0 */
/*
 * err.h - why something failed, for the reader of the message
 *
 * A function that can fail in a way that a user must understand takes a
 * 'struct err *' as its last parameter (NULL is allowed: the reason is then
 * dropped). It is filled where the cause is known, wrapped with context on the
 * way up, and printed once, by main.c.
 */
#ifndef OVSLAB_CORE_ERR_H
#define OVSLAB_CORE_ERR_H

#include <stdarg.h>

/* The exit statuses of the command line: a contract with scripts. */
enum status {
	STATUS_OK = 0,			/* success, or the verdict as expected */
	STATUS_VERDICT = 1,		/* the verdict or expectation failed */
	STATUS_USAGE = 2,		/* wrong usage or bad input file */
	STATUS_BENCH = 3,		/* the bench failed: VM, OVS, timeout */
	STATUS_HOST = 4,		/* this host cannot run it */
	STATUS_INCONCLUSIVE = 5,
};

struct err {
	enum status status;
	char msg[1024];			/* one line: what failed and why */
	char hint[512];			/* what to do about it; "" if unknown */
	char *evidence;			/* log lines that show it; owned, may be NULL */
};

/**
 * err_set() - record a failure
 * @err:	where to record it, or NULL
 * @status:	exit status that this failure maps to
 * @rc:		errno value, of either sign
 * @fmt:	printf format of a message without a trailing full stop
 *
 * Return: -|rc|, so that a caller can write 'return err_set(...)'
 */
int err_set(struct err *err, enum status status, int rc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * err_wrap() - put context in front of a recorded failure ("context: cause")
 *
 * Return: @rc unchanged
 */
int err_wrap(struct err *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * err_too_large() - record that what came from the user is larger than what is taken
 * @what:	"standard input", a file's name
 * @max:	in bytes, whole MiB
 *
 * Return: -EFBIG (STATUS_USAGE)
 */
int err_too_large(struct err *err, const char *what, unsigned int max);

/** err_hint() - say what the user can do about it; replaces an earlier hint */
void err_hint(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** err_evidence() - append lines of a log that explain the failure (copied) */
void err_evidence(struct err *err, const char *title, const char *text);

/** err_move() - hand a recorded failure over; @from is empty afterwards */
void err_move(struct err *to, struct err *from);

/** err_reset() - forget and release; a zeroed struct err needs no init */
void err_reset(struct err *err);

#endif
