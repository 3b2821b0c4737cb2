// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c - calls of the helper that runs inside a node
 */
#include "run/guest.h"

#include <errno.h>

int guest_json(const struct lab_node *node, const char *what, struct agent_exit *e, json_t **ret,
	       struct err *err)
{
	/* iperf3 repeats members for parallel streams: the last one counts */
	json_t *doc = json_loadb(e->out, e->out_len, 0, NULL);
	const char *reason = json_string_value(json_object_get(doc, "error"));
	int rc = 0;

	if (e->status != 0 || reason || !doc) {
		rc = err_set(err, STATUS_BENCH, EREMOTEIO, "%s: %s: %.400s", node->name, what,
			     reason ? reason : "ended without an answer");
		if (!reason)
			err_evidence(err, what, e->err);
		json_decref(doc);
	} else {
		*ret = doc;
	}
	agent_exit_free(e);
	return rc;
}

int guest_helper(const struct job *job, const struct lab *lab, const struct lab_node *node,
		 const char *const argv[], json_t **ret, struct err *err)
{
	struct agent_exit e = { 0 };
	int rc = agent_exec(job, lab, node, argv, &e, err);

	return rc < 0 ? rc : guest_json(node, argv[0], &e, ret, err);
}
