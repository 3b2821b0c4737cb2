// SPDX-License-Identifier: GPL-2.0
/*
 * agent_stream.c - a program in a guest, its output passed on as it comes
 *
 * It writes into two files of the guest, which are read in visits to the channel.
 */
#include "host/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "host/agent_parts.h"
#include "host/channel.h"

#define VISIT_CHUNKS 16			/* then others get their turn */

/* Files of one streamed program in the guest, and how they are read. */
struct stream {
	const struct job *job;
	const struct lab *lab;
	const struct lab_node *node;
	char path[2][64];
	int64_t handle[2];
	char *data[2];			/* read in this visit, not yet passed on */
	size_t len[2];
	json_t *ended;			/* the status with which it has */
	bool removed;			/* the files */
	int (*output)(void *arg, int fd, const char *data, size_t len);
	void *arg;
};

static void stream_names(struct stream *s)
{
	static const char *const ends[] = { "out", "err" };

	for (int i = 0; i < 2; i++)
		snprintf(s->path[i], sizeof(s->path[i]), "/run/ovslab-exec.%d.%llx.%s", (int)getpid(),
			 (unsigned long long)now_ns(), ends[i]);
}

static int stream_open(struct stream *s, struct channel *c, struct err *err)
{
	for (int i = 0; i < 2; i++) {
		json_t *answer = NULL;
		int rc = channel_transact(c, s->lab, "guest-file-open",
				  json_pack("{s:s,s:s}", "path", s->path[i], "mode", "w+"), &answer, err);

		if (rc < 0)
			return rc;
		s->handle[i] = json_integer_value(answer);
		json_decref(answer);
	}
	return 0;
}

static int stream_start(struct stream *s, struct channel *c, const char *const argv[],
			const char *input, size_t input_len, struct agent_task *ret,
			struct err *err)
{
	/* a missing program must look as in a shell: status 127 and a message */
	const char *fixed[] = { "/bin/sh", "-c", "o=$1 e=$2; shift 2; exec \"$@\" >>\"$o\" 2>>\"$e\"",
				"sh", s->path[0], s->path[1] };
	size_t n = 0;
	const char **all;
	json_t *answer = NULL, *args;
	int rc;

	while (argv[n])
		n++;
	all = calloc(n + ARRAY_SIZE(fixed) + 1, sizeof(*all));
	if (!all)
		return err_set(err, STATUS_BENCH, ENOMEM, "out of memory");
	memcpy(all, fixed, sizeof(fixed));
	memcpy(all + ARRAY_SIZE(fixed), argv, n * sizeof(*all));
	args = agent_exec_args(all, input, input_len, false);
	rc = args ? channel_transact(c, s->lab, "guest-exec", args, &answer, err) : agent_no_args(err);
	free(all);
	*ret = (struct agent_task){ .lab = s->lab };
	if (rc == 0)
		rc = agent_exec_pid(answer, argv[0], s->node, ret, err);
	json_decref(answer);
	return rc;
}

static int stream_keep(struct stream *s, int i, const char *data, size_t len)
{
	char *more = realloc(s->data[i], s->len[i] + len);

	if (!more)
		return -ENOMEM;
	memcpy(more + s->len[i], data, len);
	s->data[i] = more;
	s->len[i] += len;
	return 0;
}

/* Read what one file has grown by; > 0 if it had. */
static int stream_read(struct stream *s, struct channel *c, int i, struct err *err)
{
	_cleanup_free_ char *data = NULL;
	json_t *answer = NULL;
	size_t len = 0;
	int rc = channel_transact(c, s->lab, "guest-file-read",
			  json_pack("{s:I,s:i}", "handle", (json_int_t)s->handle[i], "count", CHUNK),
			  &answer, err);

	if (rc == 0 && agent_take_output(answer, "buf-b64", &data, &len) < 0)
		rc = err_set(err, STATUS_BENCH, EBADMSG, "%s: guest-file-read gave no base64",
			     s->node->name);
	json_decref(answer);
	if (rc < 0 || len == 0)
		return rc;
	rc = stream_keep(s, i, data, len);
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "out of memory") : 1;
}

/* After the channel is closed: whoever reads our output may take his time. */
static int stream_pass(struct stream *s, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < 2; i++) {
		if (rc == 0 && s->len[i])
			rc = s->output(s->arg, i + 1, s->data[i], s->len[i]);
		free(take_ptr(s->data[i]));
		s->len[i] = 0;
	}
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "output: %s", strerror(-rc)) : 0;
}

/* qemu-ga tells once how a program ended, and forgets it then. */
static int stream_status(struct stream *s, struct channel *c, const struct agent_task *task,
			 struct err *err)
{
	json_t *status = NULL;
	int rc;

	if (s->ended)
		return 0;
	rc = channel_transact(c, s->lab, "guest-exec-status",
		      json_pack("{s:I}", "pid", (json_int_t)task->pid), &status, err);
	if (rc == 0 && json_is_true(json_object_get(status, "exited")))
		s->ended = json_incref(status);
	json_decref(status);
	return rc;
}

/* As much as one visit may take; *ret_left: there may be more. */
static int stream_fetch(struct stream *s, struct channel *c, bool *ret_grew, bool *ret_left,
			struct err *err)
{
	int rc = 0;

	for (int i = 0; i < 2 && rc >= 0; i++) {
		int chunks = 0;

		while (chunks < VISIT_CHUNKS && (rc = stream_read(s, c, i, err)) > 0)
			chunks++;
		*ret_grew |= chunks > 0;
		*ret_left |= chunks == VISIT_CHUNKS;
	}
	return rc < 0 ? rc : 0;
}

/* Status first, so that what is read after an end is complete. */
static int stream_look(struct stream *s, struct channel *c, const struct agent_task *task,
		       bool *ret_grew, bool *ret_left, struct err *err)
{
	int rc = stream_status(s, c, task, err);

	return rc == 0 ? stream_fetch(s, c, ret_grew, ret_left, err) : rc;
}

/* After a visit: > 0 if the program has ended and all of its output is passed on. */
static int stream_after(struct stream *s, const struct agent_task *task, int rc, bool left,
			int *ret_status, struct err *err)
{
	struct agent_exit e = { 0 };
	int passed = stream_pass(s, rc < 0 ? NULL : err);

	if (rc == 0)
		rc = passed;
	if (rc == 0 && s->ended && !left)
		rc = agent_fill_exit(s->ended, task, &e, err);
	if (rc > 0)
		*ret_status = e.status;
	agent_exit_free(&e);
	return rc;
}

static void stream_remove(struct stream *s, struct channel *c)
{
	for (int i = 0; i < 2; i++)
		if (s->handle[i] > 0)
			channel_transact(c, s->lab, "guest-file-close",
				 json_pack("{s:I}", "handle", (json_int_t)s->handle[i]), NULL, NULL);
	channel_transact(c, s->lab, "guest-exec",
		 agent_exec_args((const char *const[]){ "rm", "-f", s->path[0], s->path[1], NULL },
			   NULL, 0, false), NULL, NULL);
	s->removed = true;
}

static void stream_close(struct stream *s)
{
	struct job limited = { .deadline_ns = job_limit(NULL, CLOSE_LIMIT_MS) };
	struct channel c;

	if (s->removed || channel_begin(&c, &limited, s->lab, s->node, NULL) < 0)
		return;
	stream_remove(s, &c);
	channel_close(&c);
}

/* Until the program has ended; one that is not @young is left to pass on what it has said. */
static int stream_stay(struct stream *s, struct channel *c, const struct agent_task *task,
		       bool young, bool *ret_left, struct err *err)
{
	int64_t until = now_ns() + STAY_NS;
	bool grew = false;
	int pause = POLL_MS_MIN, rc = stream_look(s, c, task, &grew, ret_left, err);

	while (rc == 0 && !s->ended && !*ret_left && (young || !grew) && now_ns() < until)
		rc = agent_await_more(s->job, task, &pause, err) ?:
		     stream_look(s, c, task, &grew, ret_left, err);
	if (rc == 0 && s->ended && !*ret_left)
		stream_remove(s, c);
	return rc;
}

static int stream_visit(struct stream *s, struct agent_task *task, int *ret_status, struct err *err)
{
	struct channel c;
	bool left = false;
	int rc = channel_begin(&c, s->job, s->lab, s->node, err);

	if (rc < 0)
		return rc;
	rc = stream_stay(s, &c, task, false, &left, err);
	channel_close(&c);
	return stream_after(s, task, rc, left, ret_status, err);
}

int agent_stream(const struct job *job, const struct lab *lab, const struct lab_node *node,
		 const char *const argv[], const char *input, size_t input_len,
		 int (*output)(void *arg, int fd, const char *data, size_t len), void *arg,
		 int *ret_status, struct err *err)
{
	struct stream s = { .job = job, .lab = lab, .node = node, .output = output, .arg = arg };
	struct agent_task task = { 0 };
	struct channel c;
	bool left = false;
	int rc = channel_begin(&c, job, lab, node, err);

	if (rc < 0)
		return rc;
	stream_names(&s);
	rc = stream_open(&s, &c, err);
	if (rc == 0)
		rc = stream_start(&s, &c, argv, input, input_len, &task, err);
	if (rc == 0)
		rc = stream_stay(&s, &c, &task, true, &left, err);
	channel_close(&c);
	rc = stream_after(&s, &task, rc, left, ret_status, err);
	while (rc == 0)
		rc = stream_visit(&s, &task, ret_status, err);
	if (rc < 0 && !s.ended)
		agent_end(&task, rc == -EINTR ? SIGINT : SIGTERM);
	wait_shield(true);
	stream_close(&s);
	wait_shield(false);
	json_decref(s.ended);
	return rc < 0 ? rc : 0;
}
