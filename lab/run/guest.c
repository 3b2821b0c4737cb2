// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c - calls of the helper that runs inside a node
 */
#include "run/guest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CLOCK_QUESTIONS 2

/* The helper's own words are a whole message, with what to do, and evidence. */
static int told(const struct lab_node *node, const char *what, const struct agent_exit *e,
		const json_t *doc, struct err *err)
{
	const char *reason = json_string_value(json_object_get(doc, "error"));
	const char *hint = json_string_value(json_object_get(doc, "hint"));
	const char *evidence = json_string_value(json_object_get(doc, "evidence"));
	bool helper = strcmp(what, GUEST_HELPER) == 0;

	err_set(err, helper && e->status == STATUS_USAGE ? STATUS_USAGE : STATUS_BENCH, EREMOTEIO,
		"%s: %s%s%.400s", node->name, helper ? "" : what, helper ? "" : ": ", reason);
	if (hint)
		err_hint(err, "%.400s", hint);
	if (err && evidence && asprintf(&err->evidence, "%.4096s", evidence) < 0)
		err->evidence = NULL;
	return -EREMOTEIO;
}

int guest_json(const struct lab_node *node, const char *what, struct agent_exit *e, json_t **ret,
	       struct err *err)
{
	/* iperf3 repeats members for parallel streams: the last one counts */
	json_t *doc = json_loadb(e->out, e->out_len, 0, NULL);
	const char *reason = json_string_value(json_object_get(doc, "error"));
	int rc = 0;

	if (reason) {
		rc = told(node, what, e, doc, err);
		json_decref(doc);
	} else if (e->status != 0 || !doc) {
		rc = err_set(err, STATUS_BENCH, EREMOTEIO, "%s: %s: ended without an answer", node->name,
			     what);
		err_evidence(err, what, e->err);
		json_decref(doc);
	} else {
		*ret = doc;
	}
	agent_exit_free(e);
	return rc;
}

int guest_garbled(const struct lab_node *node, struct err *err)
{
	return err_set(err, STATUS_BENCH, EBADMSG, "%s: the helper's answer is not understood",
		       node->name);
}

int guest_helper(const struct job *job, const struct lab *lab, const struct lab_node *node,
		 const char *const argv[], json_t **ret, struct err *err)
{
	struct agent_exit e = { 0 };
	int rc = agent_exec(job, lab, node, argv, &e, err);

	return rc < 0 ? rc : guest_json(node, argv[0], &e, ret, err);
}

/* The host's wall clock, and the guest's at the same moment. */
struct clock_pair {
	int64_t host_ns, guest_ns;
	int64_t apart_ns;		/* how long the question took */
};

static int read_clocks(const struct job *job, const struct lab *lab, const struct lab_node *node,
		       struct clock_pair *ret, struct err *err)
{
	int64_t before = wall_ns(), after;
	json_t *answer = NULL;
	int rc = agent_command(job, lab, node, "guest-get-time", NULL, &answer, err);

	after = wall_ns();
	*ret = (struct clock_pair){ before + (after - before) / 2, json_integer_value(answer),
				    after - before };
	json_decref(answer);
	if (rc == 0 && ret->guest_ns <= 0)
		rc = err_set(err, STATUS_BENCH, EBADMSG, "%s: guest-get-time gave no time", node->name);
	return rc;
}

/* The quickest of some questions: a guest that was restored answers the first one late. */
static int compare_clocks(const struct job *job, const struct lab *lab,
			  const struct lab_node *node, struct clock_pair *ret, struct err *err)
{
	int rc = read_clocks(job, lab, node, ret, err);

	for (int i = 1; i < CLOCK_QUESTIONS && rc == 0; i++) {
		struct clock_pair pair;

		rc = read_clocks(job, lab, node, &pair, err);
		if (rc == 0 && pair.apart_ns < ret->apart_ns)
			*ret = pair;
	}
	return rc;
}

/* What sets a node's clock: the helper, and the text of its two numbers. */
struct setting {
	char set[32], at[32];
	const char *argv[8];
};

static int prepare_setting(const struct job *job, const struct lab *lab,
			   const struct lab_node *node, struct setting *ret, struct err *err)
{
	struct clock_pair pair;
	int rc = compare_clocks(job, lab, node, &pair, err);

	if (rc < 0)
		return rc;
	snprintf(ret->set, sizeof(ret->set), "%" PRId64, pair.host_ns);
	snprintf(ret->at, sizeof(ret->at), "%" PRId64, pair.guest_ns);
	memcpy(ret->argv, (const char *const[]){ GUEST_HELPER, "clock", "--set-ns", ret->set, "--at-ns",
						 ret->at, NULL }, 7 * sizeof(ret->argv[0]));
	return 0;
}

int guest_clocks_begin(const struct job *job, const struct lab *lab, struct agent_task tasks[],
		       struct err *err)
{
	struct agent_call calls[LAB_NODES_MAX];
	struct setting settings[LAB_NODES_MAX];
	int rc = 0;

	for (unsigned int i = 0; i < lab->n_nodes && rc == 0; i++) {
		rc = prepare_setting(job, lab, &lab->nodes[i], &settings[i], err);
		calls[i] = (struct agent_call){ &lab->nodes[i], settings[i].argv };
	}
	return rc == 0 ? agent_start_all(job, lab, calls, lab->n_nodes, tasks, err) : rc;
}

static int finish_setting(const struct job *job, struct agent_task *task, struct err *err)
{
	struct agent_exit e = { 0 };
	json_t *doc = NULL;
	int rc = agent_finish(job, task, &e, err);

	if (rc == 0)
		rc = guest_json(task->node, GUEST_HELPER, &e, &doc, err);
	json_decref(doc);
	return rc;
}

int guest_clocks_end(const struct job *job, const struct lab *lab, struct agent_task tasks[],
		     struct err *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < lab->n_nodes && rc == 0; i++)
		rc = finish_setting(job, &tasks[i], err);
	return rc;
}
