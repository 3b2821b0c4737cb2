// SPDX-License-Identifier: GPL-2.0
/*
 * noting.c - which packets went through vswitchd, noted beside a capture of both sides
 */
#include "noting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/input.h"
#include "host/labdir.h"
#include "report/json.h"
#include "report/text.h"
#include "report/upcalls_json.h"

static int name_file(const char *dir, struct noting *n, struct err *err)
{
	if (path_join(n->path, sizeof(n->path), dir, UPCALL_NOTES_FILE) == 0)
		return 0;
	return err_set(err, STATUS_USAGE, ENAMETOOLONG, "%.100s... is too long a path", dir);
}

int noting_begin(const struct job *job, const struct lab *lab, const char *dir, struct noting *n,
		 struct err *err)
{
	int rc = *dir ? name_file(dir, n, err) : 0;

	if (rc < 0 || !n->wanted)
		return rc;
	return upcalls_start(job, lab, UPCALLS_FOR_CAPTURE, &n->upcalls, err);
}

int noting_replace(struct noting *n, struct err *err)
{
	if (unlink(n->path) < 0 && errno != ENOENT)
		return err_set(err, STATUS_USAGE, errno, "%s: %s", n->path, strerror(errno));
	if (!n->wanted || n->upcalls.never)
		n->path[0] = '\0';
	return 0;
}

static int write_file(const struct lab *lab, const struct noting *n, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int rc = f ? upcalls_json_write(f, lab->name, &n->upcalls.notes) : -ENOMEM;

	if (f && fclose(f) == EOF)
		rc = rc ?: -ENOMEM;
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "%s: %s", n->path, strerror(-rc)) :
			file_write(n->path, text, len, err);
}

int noting_end(const struct lab *lab, struct noting *n, struct err *err)
{
	int rc = n->wanted ? upcalls_finish(lab, &n->upcalls, err) : 0;

	return rc == 0 && *n->path ? write_file(lab, n, err) : rc;
}

void noting_release(const struct lab *lab, struct noting *n)
{
	if (n->wanted)
		upcalls_end(lab, &n->upcalls);
}

void noting_print(const struct noting *n)
{
	const struct upcall_notes *notes = &n->upcalls.notes;

	if (!*n->path)
		return;
	text_safe(stdout, n->path);
	if (notes->known) {
		printf(": %" PRIu64 " upcall%s to vswitchd\n", notes->total, text_plural(notes->total));
		return;
	}
	fputs(": which packets went through vswitchd is not known: ", stdout);
	text_safe(stdout, notes->why_not ?: "no reason was given");
	putchar('\n');
}

json_t *noting_json(const struct noting *n)
{
	const struct upcall_notes *notes = &n->upcalls.notes;

	if (!n->wanted)
		return json_null();
	return json_pack("{s:o, s:b, s:o, s:I, s:I}", "path", json_clean(*n->path ? n->path : NULL),
			 "known", notes->known, "why_not", json_clean(notes->why_not), "total",
			 (json_int_t)notes->total, "lost", (json_int_t)notes->lost);
}

/* ---- reading ----------------------------------------------------------------------- */

/* All of it, at most a byte more than a document may have. */
static int read_whole(struct input *in, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *text = malloc(UPCALLS_MAX_BYTES + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		return -ENOMEM;
	while (n > 0 && len <= UPCALLS_MAX_BYTES) {
		n = input_read(in, text + len, UPCALLS_MAX_BYTES + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return (int)n;
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

int noting_load(const struct job *job, const char *name, struct upcall_notes *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct input *in = NULL;
	size_t len = 0;
	int rc = input_open(job, name, &in, err);

	if (rc < 0)
		return rc;
	rc = read_whole(in, &text, &len);
	if (rc == -EINTR || rc == -ETIMEDOUT)
		rc = wait_failed(err, rc, "the end of %s", input_title(name));
	else if (rc < 0)
		rc = err_set(err, STATUS_USAGE, rc, "%s: %s", input_title(name),
			     *input_why(in) ? input_why(in) : strerror(-rc));
	else if ((rc = upcalls_json_read(text, len, ret, err)) < 0)
		err_wrap(err, rc, "%s", input_title(name));
	input_close(in);
	return rc;
}
