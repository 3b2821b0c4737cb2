// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-bursts.c - a burst of UDP packets in some new flows, and who takes them
 *
 * One call sends one burst: a packet of each flow, then the next of each, as fast as
 * they go. Each packet says which one it is, so that it is known again anywhere. The
 * caller gives the source ports: other ones for each burst make its flows new.
 *
 * The sink takes what comes, or the receiver would answer each packet with an ICMP
 * message. It answers a packet of another form, the hello: so the sender knows that it
 * is there, and both have looked up each other's address before a burst.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"

#define MAGIC "ovslab burst"
#define HELLO "ovslab hello"
#define HELLO_TRIES 50
#define HELLO_MS 100
#define UNREACHABLE_TRIES 100
#define SINK_BUFFER (8 << 20)

/* What a packet says, in network byte order. */
struct label {
	char magic[BURSTS_RUN_AT];
	uint32_t run, cycle, flow, number;
};

struct burst {
	struct sockaddr_storage to;
	socklen_t to_len;
	uint64_t flows, packets, payload, first_port, run, cycle;
	int fds[BURSTS_FLOWS_MAX];
};

static int fail(struct err *err, const char *what)
{
	int rc = errno;

	return err_set(err, STATUS_BENCH, rc, "%s: %s", what, strerror(rc));
}

/* ---- the sender ------------------------------------------------------------------------ */

static int open_flow(const struct burst *b, uint16_t port, int *ret, struct err *err)
{
	struct sockaddr_storage from = { .ss_family = b->to.ss_family };
	_cleanup_close_ int fd = socket(from.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (from.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&from)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&from)->sin_port = htons(port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, b->to_len) < 0 ||
	    connect(fd, (const struct sockaddr *)&b->to, b->to_len) < 0)
		return fail(err, "cannot open a flow");
	*ret = take_fd(&fd);
	return 0;
}

/* Again where it was not sent: the queue was full, or an earlier packet was answered by ICMP. */
static int send_packet(struct burst *b, char *data, uint32_t flow, uint32_t number)
{
	struct label label = { MAGIC, htonl((uint32_t)b->run), htonl((uint32_t)b->cycle),
			       htonl(flow), htonl(number) };
	int unreachable = 0;
	ssize_t n;

	memcpy(data, &label, sizeof(label));
	do {
		n = send(b->fds[flow], data, b->payload, 0);
	} while (n < 0 && (errno == EINTR || errno == ENOBUFS || errno == ECONNREFUSED ||
			   (errno == EHOSTUNREACH && unreachable++ < UNREACHABLE_TRIES)));
	return n == (ssize_t)b->payload ? 0 : -errno;
}

static int send_all(struct burst *b, struct err *err)
{
	char data[BURSTS_PAYLOAD_MAX] = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < b->packets && rc == 0; i++)
		for (uint32_t flow = 0; flow < b->flows && rc == 0; flow++)
			rc = send_packet(b, data, flow, i);
	return rc < 0 ? err_set(err, STATUS_BENCH, rc, "send: %s", strerror(-rc)) : 0;
}

static int send_burst(struct burst *b, json_t **ret, struct err *err)
{
	int64_t start;
	uint64_t n = 0;
	int rc = 0;

	for (; n < b->flows && rc == 0; n += rc == 0)
		rc = open_flow(b, (uint16_t)(b->first_port + n), &b->fds[n], err);
	start = now_ns();
	if (rc == 0)
		rc = send_all(b, err);
	if (rc == 0)
		*ret = json_pack("{s:s, s:I, s:f}", "schema", "ovslab.guest-bursts/1", "packets",
				 (json_int_t)(b->flows * b->packets), "seconds",
				 (now_ns() - start) / 1e9);
	while (n > 0)
		close(b->fds[--n]);
	return rc;
}

static json_t *hello_json(int tries, bool answered)
{
	return json_pack("{s:s, s:i, s:b}", "schema", "ovslab.guest-bursts/1", "tries", tries,
			 "answered", answered);
}

/* Asks until it is answered. A switch that loses all is no error, a receiver that is not there is. */
static int hello(const struct burst *b, json_t **ret, struct err *err)
{
	struct timeval limit = { .tv_usec = HELLO_MS * 1000 };
	_cleanup_close_ int fd = -1;
	bool refused = false;
	char answer[32];
	int rc = open_flow(b, 0, &fd, err);

	if (rc < 0)
		return rc;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 1; i <= HELLO_TRIES; i++) {
		errno = 0;
		if (send(fd, HELLO, sizeof(HELLO), 0) == sizeof(HELLO) &&
		    recv(fd, answer, sizeof(answer), 0) == sizeof(HELLO)) {
			*ret = hello_json(i, true);
			return *ret ? 0 : -ENOMEM;
		}
		refused = errno == ECONNREFUSED;
		if (refused || errno == EHOSTUNREACH)	/* at once: nobody listens, or nobody is there */
			usleep(HELLO_MS * 1000);
	}
	if (refused)
		return err_set(err, STATUS_BENCH, ECONNREFUSED, "the receiver does not listen after %d s",
			       HELLO_TRIES * HELLO_MS / 1000);
	*ret = hello_json(HELLO_TRIES, false);
	return *ret ? 0 : -ENOMEM;
}

int guest_bursts(int argc, char **argv, json_t **ret, struct err *err)
{
	struct burst b = { .flows = 2, .packets = 100, .payload = 64, .first_port = BURSTS_PORT_FIRST };
	const char *target = NULL;
	bool only_hello = false;
	const struct guest_opt opts[] = {
		{ "--connect", OPT_TEXT, &target, 0, 0 },
		{ "--hello", OPT_FLAG, &only_hello, 0, 0 },
		{ "--flows", OPT_NUMBER, &b.flows, 1, BURSTS_FLOWS_MAX },
		{ "--packets", OPT_NUMBER, &b.packets, 1, BURSTS_PACKETS_MAX },
		{ "--payload", OPT_NUMBER, &b.payload, BURSTS_PAYLOAD_MIN, BURSTS_PAYLOAD_MAX },
		{ "--first-port", OPT_NUMBER, &b.first_port, 1, 65535 - BURSTS_FLOWS_MAX },
		{ "--run", OPT_NUMBER, &b.run, 0, UINT32_MAX },
		{ "--cycle", OPT_NUMBER, &b.cycle, 0, UINT32_MAX },
		{ 0 },
	};
	int rc = guest_options(argc, argv, opts, err) ?:
		 guest_address(target, &b.to, &b.to_len, err);

	_Static_assert(sizeof(struct label) <= BURSTS_PAYLOAD_MIN, "the label fits");
	if (rc < 0)
		return rc;
	return only_hello ? hello(&b, ret, err) : send_burst(&b, ret, err);
}

/* ---- the sink --------------------------------------------------------------------------- */

static int open_sink(uint16_t port, struct err *err)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	_cleanup_close_ int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval tick = { .tv_sec = 1 };
	int off = 0, room = SINK_BUFFER;

	if (fd < 0)
		return fail(err, "cannot make a socket");
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return fail(err, "cannot listen");
	return take_fd(&fd);
}

int guest_sink(int argc, char **argv, json_t **ret, struct err *err)
{
	uint64_t port = 0, seconds = 600, packets = 0;
	const struct guest_opt opts[] = {
		{ "--port", OPT_NUMBER, &port, 1, 65535 },
		{ "--seconds", OPT_NUMBER, &seconds, 1, CONNS_SECONDS_MAX },
		{ 0 },
	};
	int rc = guest_options(argc, argv, opts, err);
	_cleanup_close_ int fd = rc == 0 ? open_sink((uint16_t)port, err) : -1;
	int64_t limit = now_ns() + (int64_t)seconds * INT64_C(1000000000);

	if (rc < 0 || fd < 0)
		return rc < 0 ? rc : fd;
	while (now_ns() < limit) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		char data[BURSTS_PAYLOAD_MAX];
		ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

		if (n == sizeof(HELLO) && memcmp(data, HELLO, sizeof(HELLO)) == 0)
			sendto(fd, HELLO, sizeof(HELLO), 0, (struct sockaddr *)&from, len);
		else if (n > 0)
			packets++;
	}
	*ret = json_pack("{s:s, s:I}", "schema", "ovslab.guest-sink/1", "packets",
			 (json_int_t)packets);
	return *ret ? 0 : -ENOMEM;
}
