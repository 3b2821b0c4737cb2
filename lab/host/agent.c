// SPDX-License-Identifier: GPL-2.0
/*
 * agent.c - control of a guest through qemu-guest-agent
 *
 * Programs, their output, and files, by the commands of the agent. A program
 * that runs long is started in one visit to the channel and asked for in
 * others, so that it keeps nobody out meanwhile. Most end at once, and those
 * are waited for in the visit that started them: an agent whose channel has
 * no host sleeps 100 ms before it looks again, so each visit may cost that.
 */
#include "host/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base64.h"
#include "core/util.h"
#include "host/channel.h"
#include "host/vm.h"

#define ALIVE_SLICE_NS INT64_C(500000000)
#define POLL_MS_MIN 10
#define POLL_MS_MAX 30
#define STAY_NS INT64_C(300000000)	/* how long a visit may wait for a program's end */
#define CHUNK 49152			/* bytes of a file in one message */
#define VISIT_CHUNKS 16			/* then others get their turn */
#define CLOSE_LIMIT_MS 3000

int agent_command(const struct job *job, const struct lab *lab, const struct lab_node *node,
		  const char *command, json_t *args, json_t **ret, struct err *err)
{
	struct channel c;
	int rc = channel_begin(&c, job, lab, node, err);

	if (rc < 0) {
		json_decref(args);
		return rc;
	}
	rc = channel_transact(&c, lab, command, args, ret, err);
	channel_close(&c);
	return rc;
}

/* QEMU makes the socket early in its start. */
static int open_early(struct channel *c, const struct job *job, const struct lab *lab,
		      const struct lab_node *node, int64_t limit)
{
	int rc;

	while ((rc = channel_open(c, job, lab, node, limit)) == -ENOENT || rc == -ECONNREFUSED)
		if (!vm_alive(node) || now_ns() > limit || wait_ms(job, 20) < 0)
			break;
	return rc;
}

/*
 * A request that is sent before the agent runs waits in QEMU, so it is sent
 * once, and the connection stays open until the answer: an agent that writes
 * to a host which has gone aborts. The slices are for looking whether the VM
 * still lives.
 */
int agent_wait(const struct job *job, const struct lab *lab, const struct lab_node *node,
	       struct err *err)
{
	int64_t limit = job_limit(job, 24 * 3600 * 1000);
	json_int_t token;
	struct channel c;
	int rc = open_early(&c, job, lab, node, limit);

	if (rc == 0)
		rc = channel_sync_request(&c, &token);
	while (rc == 0) {
		int64_t slice = now_ns() + ALIVE_SLICE_NS;

		c.limit_ns = slice < limit ? slice : limit;
		rc = channel_sync_await(&c, token);
		if (rc != -ETIMEDOUT || now_ns() >= limit || !vm_alive(node))
			break;
		rc = 0;
	}
	channel_close(&c);
	return rc < 0 ? channel_explain(err, rc, lab, node) : 0;
}

/* ---- programs -------------------------------------------------------------------- */

void agent_exit_free(struct agent_exit *e)
{
	free(e->out);
	free(e->err);
	*e = (struct agent_exit){ 0 };
}

/* The protocol has no way to say an argument that is not UTF-8: then NULL. */
static json_t *exec_args(const char *const argv[], const char *input, size_t len, bool capture)
{
	_cleanup_free_ char *text = input ? base64_encode(input, len) : NULL;
	json_t *list = json_array();
	int bad = input && !text;

	for (const char *const *a = argv + 1; *a; a++)
		bad |= json_array_append_new(list, json_string(*a));
	if (bad) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:s,s:o,s:b,s:[s,s,s,s,s,s,s],s:s*}", "path", argv[0], "arg", list,
			 "capture-output", capture, "env",
			 "PATH=/ovslab:" AGENT_HELPER_DIR
			 ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			 "HOME=/root", "TERM=dumb", "OVS_RUNDIR=" AGENT_OVS_DIR,
			 "OVS_LOGDIR=" AGENT_OVS_DIR, "OVS_DBDIR=" AGENT_OVS_DIR,
			 "OVS_SYSCONFDIR=" AGENT_OVS_DIR, "input-data", text);
}

static int no_args(struct err *err)
{
	return err_set(err, STATUS_USAGE, EILSEQ,
		       "an argument is not UTF-8: the guest agent cannot be told");
}

static int exec_pid(const json_t *answer, const char *name, const struct lab_node *node,
		    struct agent_task *ret, struct err *err)
{
	ret->node = node;
	ret->pid = json_integer_value(json_object_get(answer, "pid"));
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	if (ret->pid <= 0)
		return err_set(err, STATUS_BENCH, EBADMSG, "%s: guest-exec gave no pid", node->name);
	return 0;
}

/* In a visit that begins here and goes on, if that succeeds. */
static int start_here(struct channel *c, const struct job *job, const struct lab *lab,
		      const struct lab_node *node, const char *const argv[], struct agent_task *ret,
		      struct err *err)
{
	json_t *answer = NULL, *args = exec_args(argv, NULL, 0, true);
	int rc = args ? channel_begin(c, job, lab, node, err) : no_args(err);

	*ret = (struct agent_task){ .lab = lab };
	if (rc < 0) {
		json_decref(args);
		return err_wrap(err, rc, "%s", argv[0]);
	}
	rc = channel_transact(c, lab, "guest-exec", args, &answer, err);
	if (rc == 0)
		rc = exec_pid(answer, argv[0], node, ret, err);
	json_decref(answer);
	if (rc < 0)
		channel_close(c);
	return rc < 0 ? err_wrap(err, rc, "%s", argv[0]) : 0;
}

int agent_start(const struct job *job, const struct lab *lab, const struct lab_node *node,
		const char *const argv[], struct agent_task *ret, struct err *err)
{
	struct channel c;
	int rc = start_here(&c, job, lab, node, argv, ret, err);

	if (rc == 0)
		channel_close(&c);
	return rc;
}

/* As far as all got; *ret_n are open. */
static int open_all(const struct job *job, const struct lab *lab, const struct agent_call calls[],
		    unsigned int n, struct channel c[], unsigned int *ret_n, struct err *err)
{
	json_int_t tokens[LAB_NODES_MAX];
	int rc = 0;

	for (*ret_n = 0; *ret_n < n && rc == 0; (*ret_n)++) {
		unsigned int i = *ret_n;

		rc = channel_open(&c[i], job, lab, calls[i].node, job_limit(job, AGENT_LIMIT_MS));
		if (rc == 0)
			rc = channel_sync_request(&c[i], &tokens[i]);
		if (rc < 0)
			channel_explain(err, rc, lab, calls[i].node);
	}
	for (unsigned int i = 0; i < n && rc == 0; i++) {
		rc = channel_sync_await(&c[i], tokens[i]);
		if (rc < 0)
			rc = channel_explain(err, rc, lab, calls[i].node);
	}
	return rc;
}

static int start_in(struct channel *c, const struct lab *lab, const char *const argv[],
		    struct err *err)
{
	json_t *args = exec_args(argv, NULL, 0, true);

	return args ? channel_send_command(c, lab, "guest-exec", args, err) : no_args(err);
}

int agent_start_all(const struct job *job, const struct lab *lab, const struct agent_call calls[],
		    unsigned int n, struct agent_task ret[], struct err *err)
{
	struct channel c[LAB_NODES_MAX];
	unsigned int n_open;
	int rc = open_all(job, lab, calls, n, c, &n_open, err);

	for (unsigned int i = 0; i < n && rc == 0; i++)
		rc = start_in(&c[i], lab, calls[i].argv, err);
	for (unsigned int i = 0; i < n; i++) {
		json_t *answer = NULL;

		ret[i] = (struct agent_task){ .lab = lab };
		if (rc == 0)
			rc = channel_take_answer(&c[i], lab, "guest-exec", &answer, err);
		if (rc == 0)
			rc = exec_pid(answer, calls[i].argv[0], calls[i].node, &ret[i], err);
		json_decref(answer);
	}
	while (n_open > 0)
		channel_close(&c[--n_open]);
	return rc;
}

static int take_output(const json_t *status, const char *key, char **ret, size_t *ret_len)
{
	const char *text = json_string_value(json_object_get(status, key));

	return base64_decode(text ? text : "", ret, ret_len);
}

static int exit_status(const json_t *status)
{
	const json_t *signo = json_object_get(status, "signal");
	const json_t *code = json_object_get(status, "exitcode");

	if (json_is_integer(signo))
		return 128 + (int)(json_integer_value(signo) & 127);
	return json_is_integer(code) ? (int)(json_integer_value(code) & 255) : -EBADMSG;
}

static int fill_exit(const json_t *status, const struct agent_task *task, struct agent_exit *ret,
		     struct err *err)
{
	struct agent_exit e = { .status = exit_status(status) };
	int rc = e.status < 0 ? e.status : 0;

	if (rc == 0)
		rc = take_output(status, "out-data", &e.out, &e.out_len);
	if (rc == 0)
		rc = take_output(status, "err-data", &e.err, &e.err_len);
	if (rc < 0) {
		agent_exit_free(&e);
		return err_set(err, STATUS_BENCH, rc, "%s: how %s ended is not understood",
			       task->node->name, task->name);
	}
	*ret = e;
	return 1;
}

/* > 0 if it has ended */
static int poll_here(struct channel *c, struct agent_task *task, struct agent_exit *ret,
		     struct err *err)
{
	json_t *status = NULL;
	int rc = channel_transact(c, task->lab, "guest-exec-status",
				  json_pack("{s:I}", "pid", (json_int_t)task->pid), &status, err);

	if (rc == 0 && json_is_true(json_object_get(status, "exited"))) {
		task->pid = 0;
		rc = fill_exit(status, task, ret, err);
	}
	json_decref(status);
	return rc;
}

int agent_poll(const struct job *job, struct agent_task *task, struct agent_exit *ret,
	       struct err *err)
{
	struct channel c;
	int rc = channel_begin(&c, job, task->lab, task->node, err);

	if (rc < 0)
		return rc;
	rc = poll_here(&c, task, ret, err);
	channel_close(&c);
	return rc;
}

/* @pause grows from one call to the next. */
static int await_more(const struct job *job, const struct agent_task *task, int *pause,
		      struct err *err)
{
	int rc = wait_ms(job, *pause);

	*pause = *pause * 3 / 2 > POLL_MS_MAX ? POLL_MS_MAX : *pause * 3 / 2;
	return rc < 0 ? wait_failed(err, rc, "%s in %s to end", task->name, task->node->name) : 0;
}

/* > 0 if it has ended within the time that a visit may take */
static int stay(struct channel *c, struct agent_task *task, struct agent_exit *ret,
		struct err *err)
{
	int64_t until = now_ns() + STAY_NS;
	int pause = POLL_MS_MIN, rc = poll_here(c, task, ret, err);

	while (rc == 0 && now_ns() < until)
		rc = await_more(c->job, task, &pause, err) ?: poll_here(c, task, ret, err);
	return rc;
}

int agent_finish(const struct job *job, struct agent_task *task, struct agent_exit *ret,
		 struct err *err)
{
	int rc = 0;

	while (rc == 0) {
		struct channel c;

		rc = channel_begin(&c, job, task->lab, task->node, err);
		if (rc == 0)
			rc = stay(&c, task, ret, err);
		channel_close(&c);
	}
	return rc < 0 ? rc : 0;
}

static int agent_kill(const struct job *job, struct agent_task *task, int signo, struct err *err)
{
	char sig[16], pid[24];

	if (!task->pid)
		return 0;
	snprintf(sig, sizeof(sig), "-%d", signo);
	snprintf(pid, sizeof(pid), "%lld", (long long)task->pid);
	return agent_command(job, task->lab, task->node, "guest-exec",
			     exec_args((const char *const[]){ "kill", sig, pid, NULL }, NULL, 0, false),
			     NULL, err);
}

void agent_end(struct agent_task *task, int signo)
{
	struct job limited = { .deadline_ns = job_limit(NULL, CLOSE_LIMIT_MS) };
	struct agent_exit e = { 0 };

	if (!task->pid)
		return;
	wait_shield(true);
	if (agent_kill(&limited, task, signo, NULL) == 0)
		for (int i = 0; i < 10 && agent_poll(&limited, task, &e, NULL) == 0; i++)
			wait_ms(&limited, POLL_MS_MAX);
	if (task->pid)
		agent_kill(&limited, task, SIGKILL, NULL);
	wait_shield(false);
	agent_exit_free(&e);
}

int agent_exec(const struct job *job, const struct lab *lab, const struct lab_node *node,
	       const char *const argv[], struct agent_exit *ret, struct err *err)
{
	struct agent_task task;
	struct channel c;
	int rc = start_here(&c, job, lab, node, argv, &task, err);

	if (rc < 0)
		return rc;
	rc = stay(&c, &task, ret, err);
	channel_close(&c);
	if (rc == 0)
		rc = agent_finish(job, &task, ret, err);
	if (rc == -ETIMEDOUT || rc == -EINTR)
		agent_end(&task, SIGTERM);
	return rc < 0 ? rc : 0;
}

int agent_run(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      const char *const argv[], char **ret_out, struct err *err)
{
	struct agent_exit e = { 0 };
	int rc = agent_exec(job, lab, node, argv, &e, err);

	if (rc == 0 && e.status != 0) {
		rc = err_set(err, STATUS_BENCH, ECHILD, "%s: '%s' exited with status %d",
			     node->name, argv[0], e.status);
		err_evidence(err, argv[0], e.err_len ? e.err : e.out);
	}
	if (rc == 0 && ret_out)
		*ret_out = take_ptr(e.out);
	agent_exit_free(&e);
	return rc;
}

/* ---- streaming --------------------------------------------------------------------- */

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
	args = exec_args(all, input, input_len, false);
	rc = args ? channel_transact(c, s->lab, "guest-exec", args, &answer, err) : no_args(err);
	free(all);
	*ret = (struct agent_task){ .lab = s->lab };
	if (rc == 0)
		rc = exec_pid(answer, argv[0], s->node, ret, err);
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

	if (rc == 0 && take_output(answer, "buf-b64", &data, &len) < 0)
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
		rc = fill_exit(s->ended, task, &e, err);
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
		 exec_args((const char *const[]){ "rm", "-f", s->path[0], s->path[1], NULL },
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
		rc = await_more(s->job, task, &pause, err) ?:
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
	if (rc < 0)
		agent_end(&task, rc == -EINTR ? SIGINT : SIGTERM);
	wait_shield(true);
	stream_close(&s);
	wait_shield(false);
	json_decref(s.ended);
	return rc < 0 ? rc : 0;
}

/* ---- files --------------------------------------------------------------------------- */

static int put_chunks(struct channel *c, const struct lab *lab, FILE *f, json_int_t handle,
		      struct err *err)
{
	char buf[CHUNK];
	size_t n;
	int rc = 0;

	while (rc == 0 && (n = fread(buf, 1, sizeof(buf), f)) > 0) {
		_cleanup_free_ char *text = base64_encode(buf, n);

		rc = channel_transact(c, lab, "guest-file-write",
			      json_pack("{s:I,s:s}", "handle", handle, "buf-b64", text), NULL, err);
	}
	return rc == 0 && ferror(f) ? err_set(err, STATUS_BENCH, EIO, "cannot be read") : rc;
}

int agent_put(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      const char *src, const char *dest, bool exec, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(src, "re");
	json_t *answer = NULL;
	json_int_t handle;
	struct channel c;
	int rc;

	if (!f)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", src, strerror(errno));
	rc = channel_begin(&c, job, lab, node, err);
	if (rc < 0)
		return rc;
	rc = channel_transact(&c, lab, "guest-file-open", json_pack("{s:s,s:s}", "path", dest, "mode", "w"),
		      &answer, err);
	if (rc == 0) {
		handle = json_integer_value(answer);
		rc = put_chunks(&c, lab, f, handle, err);
		if (rc == 0)
			rc = channel_transact(&c, lab, "guest-file-close", json_pack("{s:I}", "handle", handle),
				      NULL, err);
	}
	json_decref(answer);
	channel_close(&c);
	if (rc == 0 && exec)
		rc = agent_run(job, lab, node, (const char *const[]){ "chmod", "755", dest, NULL },
			       NULL, err);
	return rc < 0 ? err_wrap(err, rc, "copying %s to %s", src, node->name) : 0;
}

static int get_bytes(struct channel *c, const struct lab *lab, json_int_t handle, size_t max,
		     char **ret, struct err *err)
{
	json_t *answer = NULL;
	size_t len;
	int rc = channel_transact(c, lab, "guest-file-read",
				  json_pack("{s:I,s:I}", "handle", handle, "count", (json_int_t)max),
				  &answer, err);

	if (rc == 0 && take_output(answer, "buf-b64", ret, &len) < 0)
		rc = err_set(err, STATUS_BENCH, EBADMSG, "%s: guest-file-read gave no base64",
			     c->node->name);
	json_decref(answer);
	return rc;
}

int agent_get(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      const char *path, size_t max, char **ret, struct err *err)
{
	json_t *answer = NULL;
	json_int_t handle;
	struct channel c;
	int rc = channel_begin(&c, job, lab, node, err);

	if (rc < 0)
		return rc;
	rc = channel_transact(&c, lab, "guest-file-open", json_pack("{s:s,s:s}", "path", path, "mode", "r"),
			      &answer, err);
	if (rc == 0) {
		handle = json_integer_value(answer);
		rc = get_bytes(&c, lab, handle, max < AGENT_GET_MAX ? max : AGENT_GET_MAX, ret, err);
		channel_transact(&c, lab, "guest-file-close", json_pack("{s:I}", "handle", handle), NULL,
				 NULL);
	}
	json_decref(answer);
	channel_close(&c);
	return rc;
}
