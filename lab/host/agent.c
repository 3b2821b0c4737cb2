// SPDX-License-Identifier: GPL-2.0
/*
 * agent.c - control of a guest through qemu-guest-agent
 *
 * Commands of the agent, and programs. A program that runs long is started in one
 * visit to the channel and asked for in others, so that it keeps nobody out meanwhile.
 * Most end at once, and those are waited for in the visit that started them: an agent
 * whose channel has no host sleeps 100 ms before it looks again, so each visit may cost
 * that. Output as it comes is agent_stream.c, files are agent_file.c.
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
#include "host/agent_parts.h"
#include "host/channel.h"
#include "host/vm.h"

#define ALIVE_SLICE_NS INT64_C(500000000)

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
json_t *agent_exec_args(const char *const argv[], const char *input, size_t len, bool capture)
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

int agent_no_args(struct err *err)
{
	return err_set(err, STATUS_USAGE, EILSEQ,
		       "an argument is not UTF-8: the guest agent cannot be told");
}

int agent_exec_pid(const json_t *answer, const char *name, const struct lab_node *node,
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
	json_t *answer = NULL, *args = agent_exec_args(argv, NULL, 0, true);
	int rc = args ? channel_begin(c, job, lab, node, err) : agent_no_args(err);

	*ret = (struct agent_task){ .lab = lab };
	if (rc < 0) {
		json_decref(args);
		return err_wrap(err, rc, "%s", argv[0]);
	}
	rc = channel_transact(c, lab, "guest-exec", args, &answer, err);
	if (rc == 0)
		rc = agent_exec_pid(answer, argv[0], node, ret, err);
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
	json_t *args = agent_exec_args(argv, NULL, 0, true);

	return args ? channel_send_command(c, lab, "guest-exec", args, err) : agent_no_args(err);
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
			rc = agent_exec_pid(answer, calls[i].argv[0], calls[i].node, &ret[i], err);
		json_decref(answer);
	}
	while (n_open > 0)
		channel_close(&c[--n_open]);
	return rc;
}

int agent_take_output(const json_t *status, const char *key, char **ret, size_t *ret_len)
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

int agent_fill_exit(const json_t *status, const struct agent_task *task, struct agent_exit *ret,
		     struct err *err)
{
	struct agent_exit e = { .status = exit_status(status) };
	int rc = e.status < 0 ? e.status : 0;

	if (rc == 0)
		rc = agent_take_output(status, "out-data", &e.out, &e.out_len);
	if (rc == 0)
		rc = agent_take_output(status, "err-data", &e.err, &e.err_len);
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
		rc = agent_fill_exit(status, task, ret, err);
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

int agent_await_more(const struct job *job, const struct agent_task *task, int *pause,
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
		rc = agent_await_more(c->job, task, &pause, err) ?: poll_here(c, task, ret, err);
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
			     agent_exec_args((const char *const[]){ "kill", sig, pid, NULL }, NULL, 0, false),
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
