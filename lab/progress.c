// SPDX-License-Identifier: GPL-2.0
/*
 * progress.c - what a long command is doing, shown to a person
 *
 * Theory of operation: the live lines are a block, and the cursor rests below
 * it. Each change is one write(2) that climbs to the top of the block, rewrites
 * every line and ends below again. So there is no moment at which the cursor is
 * hidden or astray: a command that dies at any point leaves the terminal sane,
 * and nothing needs to be restored by a signal handler.
 */
#include "progress.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/wait.h"

#define ROWS_MAX 16
#define WHO_MAX 24
#define WHAT_MAX 256

struct line {
	char who[WHO_MAX];
	char what[WHAT_MAX];
	double at;			/* seconds since the start when 'what' began */
};

struct progress {
	int fd;
	enum progress_style style;
	unsigned int columns;
	int64_t start_ns;
	struct line lines[ROWS_MAX];
	unsigned int n_lines;
	unsigned int drawn;		/* lines of the block on the screen */
};

struct progress *progress_new(int fd, enum progress_style style, unsigned int columns,
			      int64_t start_ns)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fd = fd;
	p->style = style;
	p->columns = columns ? columns : 80;
	p->start_ns = start_ns;
	return p;
}

void progress_free(struct progress *p)
{
	free(p);
}

/* Progress that cannot be shown is no reason to fail. */
static void emit(const struct progress *p, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(p->fd, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= n;
	}
}

/* Printable text only: guests and logs have a say in some of it. */
static void copy_clean(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; *src && n + 1 < size; src++)
		dst[n++] = (unsigned char)*src < ' ' || *src == 127 ? ' ' : *src;
	dst[n] = '\0';
}

static double elapsed(const struct progress *p)
{
	return (now_ns() - p->start_ns) / 1e9;
}

/* Cut to @columns cells; a UTF-8 continuation byte takes none. */
static size_t cut_at(const char *text, unsigned int columns)
{
	unsigned int cells = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		bool starts = ((unsigned char)text[i] & 0xc0) != 0x80;

		if (starts && cells == columns)
			return i;
		cells += starts;
	}
	return i;
}

static void draw(struct progress *p)
{
	_cleanup_free_ char *block = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	char text[WHO_MAX + WHAT_MAX + 32];
	size_t len;

	f = open_memstream(&block, &len);
	if (!f)
		return;
	if (p->drawn)
		fprintf(f, "\r\033[%uA", p->drawn);
	for (unsigned int i = 0; i < p->n_lines; i++) {
		const struct line *l = &p->lines[i];

		snprintf(text, sizeof(text), "%-8s %6.1f s  %s", l->who, l->at, l->what);
		text[cut_at(text, p->columns - 1)] = '\0';
		fprintf(f, "\033[2K%s\n", text);
	}
	if (fflush(f) == 0)
		emit(p, block, len);
	p->drawn = p->n_lines;
}

static void print_line(const struct progress *p, const char *who, const char *what)
{
	char text[WHO_MAX + WHAT_MAX + 32];
	int n;

	if (p->style == PROGRESS_TIMED)
		n = snprintf(text, sizeof(text), "[%7.3f] %s: %s\n",
			     elapsed(p), who, what);
	else
		n = snprintf(text, sizeof(text), "%s: %s\n", who, what);
	emit(p, text, n);
}

static struct line *line_for(struct progress *p, const char *who)
{
	struct line *l;

	for (unsigned int i = 0; i < p->n_lines; i++)
		if (strcmp(p->lines[i].who, who) == 0)
			return &p->lines[i];
	if (p->n_lines == ROWS_MAX)
		progress_settle(p);
	l = &p->lines[p->n_lines++];
	memcpy(l->who, who, WHO_MAX);
	return l;
}

void progress_report(void *arg, const char *who, const char *what)
{
	struct progress *p = arg;
	char clean_who[WHO_MAX] = "", clean_what[WHAT_MAX] = "";
	struct line *l;

	if (p->style == PROGRESS_SILENT)
		return;
	copy_clean(clean_who, sizeof(clean_who), who);
	copy_clean(clean_what, sizeof(clean_what), what);
	if (p->style != PROGRESS_LIVE) {
		print_line(p, clean_who, clean_what);
		return;
	}
	l = line_for(p, clean_who);
	memcpy(l->what, clean_what, WHAT_MAX);
	l->at = elapsed(p);
	draw(p);
}

/*
 * What changes next is drawn below it: it only has to be seen. Where nobody reads it is
 * left out: a signal handler that waits here could be ended by no signal.
 */
void progress_interject(struct progress *p, const char *text)
{
	struct pollfd room = { .fd = p->fd, .events = POLLOUT };

	if (poll(&room, 1, 0) == 1 && room.revents & POLLOUT)
		emit(p, text, strlen(text));
	p->drawn = 0;
}

void progress_settle(struct progress *p)
{
	if (!p)
		return;
	p->n_lines = 0;
	p->drawn = 0;
}
