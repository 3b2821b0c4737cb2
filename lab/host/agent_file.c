// SPDX-License-Identifier: GPL-2.0
/*
 * agent_file.c - files to and from a guest
 */
#include "host/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/util.h"
#include "host/agent_parts.h"
#include "host/channel.h"

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

	if (rc == 0 && agent_take_output(answer, "buf-b64", ret, &len) < 0)
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
