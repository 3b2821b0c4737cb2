// SPDX-License-Identifier: GPL-2.0
/*
 * channel.c - one visit to a guest agent's channel
 *
 * Theory of operation: the channel is a unix socket on which QEMU listens and
 * serves one client at a time; the others wait in the listen queue. A
 * visit is therefore short: connect, synchronise, commands, answers, close;
 * several ovslab commands, and libvirt when virsh visits, take turns without
 * knowing of each other.
 *
 * Why not through libvirt: an embedded connection excludes every other process
 * for as long as it is open, and opening it takes 50 ms. The protocol is that
 * of qemu's qga/qapi-schema.json: a line of JSON each way. What an earlier
 * client left unread is skipped by guest-sync-delimited, whose answer follows
 * a 0xFF byte.
 */
#include "host/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/util.h"
#include "host/agent.h"
#include "host/domain.h"
#include "host/vm.h"

#define RETRY_MS 10

/* ---- the wire ---------------------------------------------------------------- */

void channel_close(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	*c = (struct channel){ .fd = -1 };
}

/* A listen queue that is full has no event to wait for: ask again. */
static int connect_within(int fd, const struct sockaddr_un *addr, int64_t limit_ns)
{
	while (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0) {
		int rc = errno == EAGAIN ? wait_ms(NULL, RETRY_MS) : -errno;

		if (rc < 0)
			return rc;
		if (now_ns() >= limit_ns)
			return -ETIMEDOUT;
	}
	return 0;
}

int channel_open(struct channel *c, const struct job *job, const struct lab *lab,
		 const struct lab_node *node, int64_t limit_ns)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char path[PATH_MAX];
	int rc;

	*c = (struct channel){ .fd = -1, .job = job, .node = node, .limit_ns = limit_ns };
	if (vm_paused(lab, node))	/* QEMU would take the question, and nobody answer */
		return -EBUSY;
	domain_path(lab, node->name, DOMAIN_AGENT_SOCKET, path, sizeof(path));
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = c->fd < 0 ? -errno : connect_within(c->fd, &addr, limit_ns);
	if (rc < 0)
		channel_close(c);
	return rc;
}

static int channel_send(struct channel *c, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			int rc = wait_fd(c->fd, POLLOUT, c->limit_ns);

			if (rc < 0)
				return rc;
			continue;
		}
		if (n < 0)
			return errno == EPIPE ? -ECONNRESET : -errno;
		data += n;
		len -= n;
	}
	return 0;
}

static int channel_fill(struct channel *c)
{
	char chunk[65536], *more;
	int rc = wait_fd(c->fd, POLLIN, c->limit_ns);
	ssize_t n;

	if (rc < 0)
		return rc;
	n = recv(c->fd, chunk, sizeof(chunk), 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	if (c->len + n > AGENT_REPLY_MAX)
		return -EFBIG;
	more = realloc(c->buf, c->len + n);
	if (!more)
		return -ENOMEM;
	c->buf = more;
	memcpy(c->buf + c->len, chunk, n);
	c->len += n;
	return 0;
}

/* One line, without its newline, to be freed. */
static int channel_line(struct channel *c, char **ret)
{
	size_t seen = 0;

	for (;;) {
		char *end = c->len > seen ? memchr(c->buf + seen, '\n', c->len - seen) : NULL;
		int rc;

		if (end) {
			size_t n = end - c->buf;

			*ret = strndup(c->buf, n);
			c->len -= n + 1;
			memmove(c->buf, end + 1, c->len);
			return *ret ? 0 : -ENOMEM;
		}
		seen = c->len;
		rc = channel_fill(c);
		if (rc < 0)
			return rc;
	}
}

static int channel_request(struct channel *c, const char *command, json_t *args, bool delimited)
{
	json_t *doc = json_pack("{s:s,s:O*}", "execute", command, "arguments", args);
	_cleanup_free_ char *text = json_dumps(doc, JSON_COMPACT);
	int rc = 0;

	json_decref(doc);
	if (!text)
		return -ENOMEM;
	if (delimited)
		rc = channel_send(c, "\xff", 1);
	if (rc == 0)
		rc = channel_send(c, text, strlen(text));
	return rc == 0 ? channel_send(c, "\n", 1) : rc;
}

/* Ask for a token, so that what answers an earlier client can be told apart. */
int channel_sync_request(struct channel *c, json_int_t *ret_token)
{
	json_int_t token = (json_int_t)getpid() << 20 | (now_ns() & 0xfffff);
	json_t *args = json_pack("{s:I}", "id", token);
	int rc = channel_request(c, "guest-sync-delimited", args, true);

	json_decref(args);
	*ret_token = token;
	return rc;
}

/* Skip everything until the token comes. */
int channel_sync_await(struct channel *c, json_int_t token)
{
	for (;;) {
		_cleanup_free_ char *line = NULL;
		json_t *doc;
		char *mark;
		bool ours;
		int rc = channel_line(c, &line);

		if (rc < 0)
			return rc;
		mark = strrchr(line, '\xff');
		doc = json_loads(mark ? mark + 1 : line, 0, NULL);
		ours = doc && json_integer_value(json_object_get(doc, "return")) == token;
		json_decref(doc);
		if (ours)
			return 0;
	}
}

static int channel_sync(struct channel *c)
{
	json_int_t token;
	int rc = channel_sync_request(c, &token);

	return rc == 0 ? channel_sync_await(c, token) : rc;
}

static int channel_answer(struct channel *c, const char *command, json_t **ret, struct err *err)
{
	_cleanup_free_ char *line = NULL;
	json_t *doc, *value, *error;
	int rc = channel_line(c, &line);

	if (rc < 0)
		return rc;
	doc = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	value = json_object_get(doc, "return");
	error = json_object_get(doc, "error");
	if (error) {
		const char *desc = json_string_value(json_object_get(error, "desc"));

		rc = err_set(err, STATUS_BENCH, EREMOTEIO, "%s: guest agent: %.300s",
			     c->node->name, desc ? desc : "unknown error");
	} else if (!value) {
		rc = err_set(err, STATUS_BENCH, EBADMSG,
			     "%s: the guest agent's answer to %s is not understood",
			     c->node->name, command);
	} else if (ret) {
		*ret = json_incref(value);
	}
	json_decref(doc);
	return rc;
}

/* ---- what went wrong ---------------------------------------------------------- */

static int is_paused(struct err *err, const struct lab *lab, const struct lab_node *node)
{
	char uri[PATH_MAX];

	err_set(err, STATUS_BENCH, EBUSY, "%s is paused", node->name);
	if (lab->trial[0])
		err_hint(err, "lab '%s' is of a trial (%s), and goes on when it is its turn", lab->name,
			 lab->trial);
	else
		err_hint(err, "have it go on: virsh -c '%s' resume %s", vm_uri(lab, uri, sizeof(uri)),
			 node->name);
	return -EBUSY;
}

int channel_explain(struct err *err, int rc, const struct lab *lab, const struct lab_node *node)
{
	if (rc == -EREMOTEIO || rc == -EBADMSG)
		return rc;		/* said already */
	if (node->pid && vm_ended(node, rc == -ECONNRESET ? VM_END_MS : 0)) {
		err_set(err, STATUS_BENCH, ESRCH, "%s is down: its VM has ended", node->name);
		vm_evidence(lab, node, err);
		err_hint(err, "start afresh, with the options it had: ovslab -n %s down; ovslab -n %s up", lab->name,
			 lab->name);
		return -ESRCH;
	}
	if (rc == -EBUSY || (rc == -ETIMEDOUT && vm_paused(lab, node)))
		return is_paused(err, lab, node);
	if (rc == -ETIMEDOUT || rc == -EINTR) {
		wait_failed(err, rc, "%s's guest agent to answer", node->name);
		if (rc == -ETIMEDOUT)
			vm_evidence(lab, node, err);
		return rc;
	}
	if (rc == -EFBIG)
		return err_set(err, STATUS_BENCH, rc, "%s: the guest agent's answer is larger than %u MiB",
			       node->name, AGENT_REPLY_MAX >> 20);
	return err_set(err, STATUS_BENCH, rc, "%s: guest agent: %s", node->name, strerror(-rc));
}

/* ---- transactions --------------------------------------------------------------- */

int channel_begin(struct channel *c, const struct job *job, const struct lab *lab,
		  const struct lab_node *node, struct err *err)
{
	int rc = channel_open(c, job, lab, node, job_limit(job, AGENT_LIMIT_MS));

	if (rc == 0)
		rc = channel_sync(c);
	if (rc < 0) {
		rc = channel_explain(err, rc, lab, node);
		channel_close(c);
	}
	return rc;
}

int channel_send_command(struct channel *c, const struct lab *lab, const char *command,
			 json_t *args, struct err *err)
{
	int rc;

	c->limit_ns = job_limit(c->job, AGENT_LIMIT_MS);
	rc = channel_request(c, command, args, false);
	json_decref(args);
	return rc < 0 ? channel_explain(err, rc, lab, c->node) : 0;
}

int channel_take_answer(struct channel *c, const struct lab *lab, const char *command, json_t **ret,
			struct err *err)
{
	int rc = channel_answer(c, command, ret, err);

	return rc < 0 ? channel_explain(err, rc, lab, c->node) : 0;
}

int channel_transact(struct channel *c, const struct lab *lab, const char *command, json_t *args,
		     json_t **ret, struct err *err)
{
	int rc = channel_send_command(c, lab, command, args, err);

	return rc == 0 ? channel_take_answer(c, lab, command, ret, err) : rc;
}
