// SPDX-License-Identifier: GPL-2.0
/*
 * qdisc.c - the root qdisc of a device, as 'tc -s -j qdisc show' tells it
 */
#include "core/qdisc.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static uint64_t number(const json_t *doc, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(doc, key));

	return value > 0 ? value : 0;
}

static int take(const json_t *item, struct root_qdisc *ret)
{
	const char *kind = json_string_value(json_object_get(item, "kind"));
	const char *handle = json_string_value(json_object_get(item, "handle"));
	struct root_qdisc q = {
		.bytes = number(item, "bytes"), .packets = number(item, "packets"),
		.drops = number(item, "drops"), .queued = number(item, "qlen"),
	};

	if (!kind || !handle || (size_t)snprintf(q.kind, sizeof(q.kind), "%s", kind) >= sizeof(q.kind) ||
	    (size_t)snprintf(q.handle, sizeof(q.handle), "%s", handle) >= sizeof(q.handle))
		return -EBADMSG;
	*ret = q;
	return 0;
}

int qdisc_from_json(const char *text, size_t len, struct root_qdisc *ret)
{
	json_t *doc = json_loadb(text, len, 0, NULL), *item;
	int rc = json_is_array(doc) ? -ENOENT : -EBADMSG;
	size_t i;

	json_array_foreach(doc, i, item)
		if (json_is_true(json_object_get(item, "root"))) {
			rc = take(item, ret);
			break;
		}
	json_decref(doc);
	return rc;
}

/* "qdisc netem 6f76: root refcnt 2 limit 1000 delay 10ms\n" */
void qdisc_options(const char *text, char *buf, size_t size)
{
	const char *at = strstr(text, "qdisc netem 6f7"), *refcnt;
	size_t len = at ? strcspn(at, "\n") : 0;

	snprintf(buf, size, "netem");
	refcnt = at ? memmem(at, len, " refcnt ", 8) : NULL;
	if (!refcnt)
		return;
	len -= refcnt + 8 - at;
	at = refcnt + 8;
	while (len && *at != ' ') {	/* the count */
		at++;
		len--;
	}
	while (len && at[len - 1] == ' ')
		len--;
	snprintf(buf, size, "netem%.*s", (int)len, at);
}

bool qdisc_is_default(const struct root_qdisc *q)
{
	return strcmp(q->handle, "0:") == 0;
}

bool qdisc_is_ours(const struct root_qdisc *q)
{
	return strcmp(q->kind, "netem") == 0 && (strcmp(q->handle, QDISC_HANDLE) == 0 ||
						 strcmp(q->handle, QDISC_HANDLE_TURN) == 0);
}
