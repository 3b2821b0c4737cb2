/* SPDX-License-Identifier: GPL-2.0 */
/*
 * redact.h - what a text for the public should not tell of the machine that it is from
 *
 * A guess by the looks of words, and on the careful side: what may be the name of a host
 * or an address is left out.
 */
#ifndef OVSLAB_REPORT_REDACT_H
#define OVSLAB_REPORT_REDACT_H

/* What is known of the reader's machine; each may be NULL. */
struct redact_own {
	const char *host;		/* its name, with or without domain */
	const char *user;
	const char *home;		/* the user's folder */
};

/**
 * redact() - a copy of @text without private words
 *
 * Left out are IP addresses but those of the lab (198.18.0.0/15, fd00:198:18::/48), MAC
 * addresses but those of the lab (52:54:00), names of hosts with a domain, what is before
 * and behind an '@' or behind "://", and paths below /home, /root, /Users or the user's own.
 *
 * Return: to be freed; NULL when out of memory.
 */
char *redact(const char *text, const struct redact_own *own);

#endif
