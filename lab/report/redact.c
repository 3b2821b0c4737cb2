// SPDX-License-Identifier: GPL-2.0
/*
 * redact.c - what a text for the public should not tell
 *
 * Theory of operation
 *
 * At each place each rule is asked in turn how much of the text from there on it knows,
 * and the first that knows some has it: what is private is replaced, what is known to be
 * the lab's is copied whole. Where no rule knows any, the run of letters there is copied, or
 * one character.
 */
#include "report/redact.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/util.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define NAME LETTERS DIGITS "_-"
#define WORD_MAX 256			/* of an address or the name of a host */

/* How much of the text is private: bytes at @p, and what to write instead. */
struct claim {
	size_t len;
	const char *instead;
};

static bool copy_word(const char *p, size_t n, char *buf)
{
	if (n >= WORD_MAX)
		return false;
	memcpy(buf, p, n);
	buf[n] = '\0';
	return true;
}

/* ---- addresses ------------------------------------------------------------------------- */

static struct claim claim_ipv4(const char *p, const struct redact_own *own)
{
	size_t n = strspn(p, DIGITS ".");
	char word[WORD_MAX];
	unsigned char a[4];

	while (n && p[n - 1] == '.')
		n--;
	if (!copy_word(p, n, word) || inet_pton(AF_INET, word, a) != 1)
		return (struct claim){ 0 };
	if (a[0] == 198 && (a[1] & 0xfe) == 18)
		return (struct claim){ n, NULL };
	return (struct claim){ n, "<address>" };
}

static struct claim claim_ipv6(const char *p, const struct redact_own *own)
{
	static const unsigned char lab[] = { 0xfd, 0x00, 0x01, 0x98, 0x00, 0x18 };
	size_t n = strspn(p, HEX ":.");
	unsigned char a[16];
	char word[WORD_MAX];

	while (n && (p[n - 1] == '.' || (p[n - 1] == ':' && (n < 2 || p[n - 2] != ':'))))
		n--;
	if (!copy_word(p, n, word) || inet_pton(AF_INET6, word, a) != 1)
		return (struct claim){ 0 };
	if (!memcmp(a, lab, sizeof(lab)) || n == 2)	/* "::" is any */
		return (struct claim){ n, NULL };
	return (struct claim){ n, "<address>" };
}

static struct claim claim_mac(const char *p, const struct redact_own *own)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? p[i] != ':' : !p[i] || !strchr(HEX, p[i]))
			return (struct claim){ 0 };
	if (p[17] && strchr(HEX ":", p[17]))
		return (struct claim){ 0 };
	return (struct claim){ 17, strncmp(p, "52:54:00:", 9) ? "<mac>" : NULL };
}

/* ---- paths ----------------------------------------------------------------------------- */

static size_t path_length(const char *p)
{
	return strcspn(p, " \t\n'\"`,;|<>()[]{}");
}

static bool begins_path(const char *p, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return n > 1 && !strncmp(p, dir, n) && (!p[n] || strchr("/ \t\n'\"`,;|<>()[]{}:", p[n]));
}

static struct claim claim_path(const char *p, const struct redact_own *own)
{
	static const char *const dirs[] = { "/home", "/root", "/Users", "/var/home", "/export/home" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (begins_path(p, dirs[i]))
			return (struct claim){ path_length(p), "<path>" };
	if (begins_path(p, own->home) || (p[0] == '~' && p[1] == '/'))
		return (struct claim){ path_length(p), "<path>" };
	return (struct claim){ 0 };
}

/* ---- names ----------------------------------------------------------------------------- */

/* Behind "://" and up to a path, with user and port. */
static struct claim claim_url(const char *p, const struct redact_own *own)
{
	size_t scheme = strspn(p, LETTERS DIGITS "+.-"), n;

	if (!scheme || strncmp(p + scheme, "://", 3))
		return (struct claim){ 0 };
	n = strcspn(p + scheme + 3, " \t\n'\"`<>");
	return (struct claim){ scheme + 3 + n, "<url>" };
}

/* user@host; "@name" alone is a scenario that is shipped. */
static struct claim claim_mail(const char *p, const struct redact_own *own)
{
	static const char separators[] = " \t\n'\"`<>()[]{},;=|/@";
	size_t user = strcspn(p, separators), host;

	if (!user || p[user] != '@')
		return (struct claim){ 0 };
	host = strcspn(p + user + 1, separators);
	return (struct claim){ host ? user + 1 + host : 0, "<user>" };
}

static bool is_among(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcasecmp(word, *list))
			return true;
	return false;
}

/* What follows the last dot of the name of a host, and not that of a file. */
static bool is_domain(const char *last, unsigned int dots, bool is_version)
{
	static const char *const domains[] = {
		"com", "org", "net", "edu", "gov", "mil", "int", "io", "dev", "cloud", "local",
		"localdomain", "lan", "internal", "intern", "intranet", "corp", "home", "test",
		"example", "invalid", "localhost", NULL
	};
	static const char *const files[] = {
		"gz", "xz", "bz2", "zst", "lz4", "so", "ko", "sh", "py", "pl", "yml", "yaml", "json",
		"xml", "html", "txt", "log", "conf", "db", "md", "rst", "deb", "rpm", "tar", "img",
		"pcap", "pcapng", "csv", "bpf", NULL
	};

	if (strspn(last, LETTERS) != strlen(last) || strlen(last) < 2)
		return false;
	return is_among(last, domains) || (dots > 1 && !is_version && !is_among(last, files));
}

static struct claim claim_domain(const char *p, const struct redact_own *own)
{
	size_t n = strspn(p, LETTERS DIGITS "-.");
	unsigned int dots = 0;
	char word[WORD_MAX];

	while (n && (p[n - 1] == '.' || p[n - 1] == '-'))
		n--;
	if (!copy_word(p, n, word))
		return (struct claim){ 0 };
	for (size_t i = 0; i < n; i++)
		dots += word[i] == '.';
	if (!dots || strstr(word, "..") || !is_domain(strrchr(word, '.') + 1, dots,
					word[strspn(word, DIGITS)] == '.'))
		return (struct claim){ 0 };
	return (struct claim){ n, "<host>" };
}

static bool is_word(const char *p, size_t n, const char *word, size_t len)
{
	return len && len == n && !strncasecmp(p, word, n);
}

static struct claim claim_own(const char *p, const struct redact_own *own)
{
	size_t n = strspn(p, NAME);

	if (own->host && is_word(p, n, own->host, strcspn(own->host, ".")))
		return (struct claim){ n, "<host>" };
	if (own->user && strcmp(own->user, "root") && is_word(p, n, own->user, strlen(own->user)))
		return (struct claim){ n, "<user>" };
	return (struct claim){ 0 };
}

/* ---- all of it ------------------------------------------------------------------------- */

static struct claim claim(const char *p, const struct redact_own *own)
{
	static struct claim (*const rules[])(const char *, const struct redact_own *) = {
		claim_path, claim_mac, claim_ipv6, claim_ipv4, claim_url, claim_mail, claim_domain,
		claim_own,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct claim c = rules[i](p, own);

		if (c.len)
			return c;
	}
	return (struct claim){ 0 };
}

/* Rules may begin inside of a word, behind a digit or a hyphen: "v10.0.0.1". */
static size_t until_next(const char *p)
{
	size_t n = strspn(p, LETTERS "_");

	return n ? n : 1;
}

char *redact(const char *text, const struct redact_own *own)
{
	static const struct redact_own nothing;
	char *copy = NULL;
	size_t size;
	FILE *f = open_memstream(&copy, &size);

	if (!f)
		return NULL;
	while (*text) {
		struct claim c = claim(text, own ? own : &nothing);

		if (!c.len)
			c.len = until_next(text);
		else if (c.instead)
			fputs(c.instead, f);
		if (!c.instead)
			fwrite(text, 1, c.len, f);
		text += c.len;
	}
	if (fclose(f) == EOF) {
		free(copy);
		return NULL;
	}
	return copy;
}
