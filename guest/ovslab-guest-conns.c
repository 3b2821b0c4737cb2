// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-conns.c - many connections, each with one large write
 *
 * Bulk tools spend a connection's first PSH on a control message. Here every
 * connection brings its first PSH within its data. The write blocks, for a short
 * one would end with a PSH of its own; hence threads, --parallel of them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/limits.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"


struct conn {
	double seconds;			/* connect to "all was read" */
	uint64_t sent;
	uint32_t retransmits;
	int rc;				/* 0 or -errno */
	const char *step;		/* where it failed */
};

struct load {
	struct sockaddr_storage to;
	socklen_t to_len;
	uint64_t connections, bytes, parallel, seconds;
	int64_t deadline_ns;
	atomic_uint_fast64_t next;
	const char *data;
	struct conn *conns;
};

static int give_up(struct conn *c, const char *step)
{
	c->step = step;
	c->rc = -errno;
	return c->rc;
}

/* Every call on the socket ends with the load's deadline. */
static int set_limits(struct load *l, int fd)
{
	int64_t left = l->deadline_ns - now_ns();
	struct timeval limit = { left / 1000000000, left % 1000000000 / 1000 };

	if (left < 1000) {
		errno = ETIMEDOUT;
		return -1;
	}
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ?:
	       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static void read_info(int fd, struct conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		c->retransmits = info.tcpi_total_retrans;
}

static int transfer(struct load *l, int fd, struct conn *c)
{
	ssize_t n;
	char ack;

	if (set_limits(l, fd) ||
	    connect(fd, (struct sockaddr *)&l->to, l->to_len))
		return give_up(c, "connect");
	n = send(fd, l->data, l->bytes, MSG_NOSIGNAL);
	c->sent = n > 0 ? n : 0;
	if (n < 0 || c->sent < l->bytes) {
		errno = n < 0 ? errno : ETIMEDOUT;
		return give_up(c, "send");
	}
	shutdown(fd, SHUT_WR);
	n = recv(fd, &ack, 1, 0);
	if (n == 1)
		return 0;
	errno = n < 0 ? errno : ECONNRESET;
	return give_up(c, "wait for the receiver");
}

static void run_conn(struct load *l, struct conn *c)
{
	_cleanup_close_ int fd = socket(l->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t start = now_ns();

	if (fd < 0) {
		give_up(c, "socket");
		return;
	}
	transfer(l, fd, c);
	c->seconds = (now_ns() - start) / 1e9;
	read_info(fd, c);
}

static void *worker(void *arg)
{
	struct load *l = arg;
	uint64_t i;

	while ((i = atomic_fetch_add(&l->next, 1)) < l->connections) {
		run_conn(l, &l->conns[i]);
		if (l->conns[i].rc == -EAGAIN || l->conns[i].rc == -ETIMEDOUT)
			break;		/* the time is over */
	}
	return NULL;
}

static int run_workers(struct load *l)
{
	pthread_t threads[CONNS_PARALLEL_MAX];
	uint64_t n;
	int rc = 0;

	for (n = 0; n < l->parallel; n++) {
		rc = pthread_create(&threads[n], NULL, worker, l);
		if (rc)
			break;
	}
	for (uint64_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return n ? 0 : -rc;
}

static int set_address(struct sockaddr_storage *to, socklen_t *len, const char *host, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof(*v6);
		return 0;
	}
	return -EINVAL;
}

int guest_address(const char *text, struct sockaddr_storage *ret, socklen_t *ret_len,
		  struct err *err)
{
	char host[64], rest;
	unsigned int port;

	if (!text)
		return err_set(err, STATUS_USAGE, EINVAL,
			       "--connect ADDR:PORT is missing");
	if ((sscanf(text, "[%63[^]]]:%u%c", host, &port, &rest) != 2 &&
	     sscanf(text, "%63[^:]:%u%c", host, &port, &rest) != 2) ||
	    !port || port > 65535 || set_address(ret, ret_len, host, port))
		return err_set(err, STATUS_USAGE, EINVAL,
			       "--connect: '%s' is not ADDR:PORT", text);
	return 0;
}

static json_t *conns_json(const struct load *l, uint64_t *ret_sent,
			  uint64_t *ret_retransmits)
{
	json_t *all = json_array();

	for (uint64_t i = 0; i < l->connections; i++) {
		const struct conn *c = &l->conns[i];

		*ret_sent += c->sent;
		*ret_retransmits += c->retransmits;
		json_array_append_new(all, json_pack("{s:f, s:I, s:I}",
			"seconds", c->seconds, "bytes", (json_int_t)c->sent,
			"retransmits", (json_int_t)c->retransmits));
	}
	return all;
}

static json_t *load_json(const struct load *l, double seconds)
{
	uint64_t sent = 0, retransmits = 0;
	json_t *conns = conns_json(l, &sent, &retransmits);

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:o}",
			 "schema", "ovslab.guest-conns/1",
			 "connections", (json_int_t)l->connections,
			 "parallel", (json_int_t)l->parallel,
			 "bytes_each", (json_int_t)l->bytes,
			 "bytes", (json_int_t)sent,
			 "seconds", seconds, "throughput_bps", sent * 8 / seconds,
			 "retransmits", (json_int_t)retransmits, "conns", conns);
}

/* The first failure speaks for all. */
static int check_conns(const struct load *l, struct err *err)
{
	for (uint64_t i = 0; i < l->connections; i++) {
		const struct conn *c = &l->conns[i];
		int rc = c->rc == -EAGAIN ? -ETIMEDOUT : c->rc;

		if (rc)
			return err_set(err, STATUS_BENCH, rc,
				       "connection %" PRIu64 ", %s: %s (%" PRIu64
				       " of %" PRIu64 " bytes sent, limit %" PRIu64 " s)",
				       i, c->step, strerror(-rc), c->sent, l->bytes,
				       l->seconds);
	}
	return 0;
}

static int run_load(struct load *l, json_t **ret, struct err *err)
{
	int64_t start = now_ns();
	int rc;

	l->deadline_ns = start + l->seconds * INT64_C(1000000000);
	rc = run_workers(l);
	if (rc)
		return err_set(err, STATUS_BENCH, rc, "cannot start a thread: %s",
			       strerror(-rc));
	rc = check_conns(l, err);
	if (!rc)
		*ret = load_json(l, (now_ns() - start) / 1e9);
	return rc;
}

int guest_conns(int argc, char **argv, json_t **ret, struct err *err)
{
	struct load l = { .connections = 40, .bytes = 1024 * 1024, .parallel = 1,
			  .seconds = 120 };
	_cleanup_free_ char *data = NULL;
	_cleanup_free_ struct conn *conns = NULL;
	const char *target = NULL;
	const struct guest_opt opts[] = {
		{ "--connect", OPT_TEXT, &target, 0, 0 },
		{ "--connections", OPT_NUMBER, &l.connections, 1, CONNS_CONNECTIONS_MAX },
		{ "--bytes", OPT_NUMBER, &l.bytes, 1, CONNS_BYTES_MAX },
		{ "--parallel", OPT_NUMBER, &l.parallel, 1, CONNS_PARALLEL_MAX },
		{ "--seconds", OPT_NUMBER, &l.seconds, 1, CONNS_SECONDS_MAX },
		{ 0 },
	};
	int rc = guest_options(argc, argv, opts, err) ?:
		 guest_address(target, &l.to, &l.to_len, err);

	if (rc)
		return rc;
	l.data = data = calloc(1, l.bytes);
	l.conns = conns = calloc(l.connections, sizeof(*conns));
	if (!data || !conns)
		return -ENOMEM;
	return run_load(&l, ret, err);
}
