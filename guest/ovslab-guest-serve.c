// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-serve.c - receive what "conns" sends
 *
 * Each connection is read to its end, answered with one byte, and closed: so the
 * sender knows that all was read. With --daemon the command returns as soon as
 * the socket listens, and the result is fetched by "stop": the guest agent can
 * start a process, and can only wait for its end. The daemon holds a lock on its
 * pid file; a pid file without a lock belongs to no process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "core/util.h"
#include "guest/ovslab-guest.h"

#define RECORDS_MAX	65536		/* records kept; later ones only counted */
#define OPEN_MAX	4096		/* at a time */
#define READ_BYTES	(256 * 1024)
#define STOP_MS		10000

struct peer {
	int fd;
	uint16_t port;			/* the sender's */
	uint64_t bytes;
	int64_t start_ns, end_ns;
	struct tcp_info info;		/* at the end */
	bool failed;			/* reset, or cut by the end of the server */
};

struct server {
	int listen_fd, epoll_fd, signal_fd;
	uint64_t port, connections, seconds;
	int64_t deadline_ns;
	struct peer *peers[RECORDS_MAX];
	size_t n_peers, n_open, n_done;
	uint64_t uncounted;		/* connections beyond RECORDS_MAX */
	bool stopped;
	char *buf;
};

static int fail(struct err *err, const char *what)
{
	int rc = errno;

	return err_set(err, STATUS_BENCH, rc, "%s: %s", what, strerror(rc));
}

static int watch(struct server *s, int fd, void *ptr)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = ptr };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int listen_on(struct server *s, struct err *err)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(s->port) };
	int on = 1, off = 0;

	s->listen_fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0)
		return fail(err, "cannot make a socket");
	setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s->listen_fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(s->listen_fd, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(s->listen_fd, OPEN_MAX)) {
		fail(err, "cannot listen");
		return err_wrap(err, -EADDRINUSE, "port %" PRIu64, s->port);
	}
	return 0;
}

static void server_close(struct server *s)
{
	for (size_t i = 0; i < s->n_peers; i++) {
		if (s->peers[i]->fd >= 0)
			close(s->peers[i]->fd);
		free(s->peers[i]);
	}
	cleanup_closep(&s->listen_fd);
	cleanup_closep(&s->epoll_fd);
	cleanup_closep(&s->signal_fd);
	free(s->buf);
	free(s);
}

static void cleanup_server(struct server **s)
{
	if (*s)
		server_close(*s);
}

#define _cleanup_server_ __attribute__((cleanup(cleanup_server)))

static struct server *server_new(void)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s)
		s->listen_fd = s->epoll_fd = s->signal_fd = -1;
	return s;
}

/* To be read from signal_fd; before a fork, so that none comes too early. */
static sigset_t block_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	return mask;
}

/* In the process that serves: epoll sees only the signals of who added the fd. */
static int server_prepare(struct server *s, struct err *err)
{
	struct rlimit files = { OPEN_MAX + 64, OPEN_MAX + 64 };
	sigset_t mask = block_signals();

	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	s->buf = malloc(READ_BYTES);
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!s->buf || s->signal_fd < 0 || s->epoll_fd < 0 ||
	    watch(s, s->signal_fd, &s->signal_fd) ||
	    watch(s, s->listen_fd, &s->listen_fd))
		return fail(err, "cannot prepare to serve");
	s->deadline_ns = now_ns() + s->seconds * INT64_C(1000000000);
	return 0;
}

static void end_peer(struct server *s, struct peer *p, bool failed)
{
	socklen_t len = sizeof(p->info);

	getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, &p->info, &len);
	p->end_ns = now_ns();
	p->failed = failed;
	close(p->fd);
	p->fd = -1;
	s->n_open--;
	s->n_done++;
}

static void accept_peer(struct server *s)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	int fd = accept4(s->listen_fd, (struct sockaddr *)&from, &len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer *p;

	if (fd < 0)
		return;
	p = s->n_peers < RECORDS_MAX && s->n_open < OPEN_MAX ?
	    calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		s->uncounted++;
		close(fd);
		return;
	}
	p->fd = fd;
	p->port = ntohs(from.sin6_port);
	p->start_ns = now_ns();
	s->peers[s->n_peers++] = p;
	s->n_open++;
	if (watch(s, fd, p))
		end_peer(s, p, true);
}

static void read_peer(struct server *s, struct peer *p)
{
	ssize_t n = read(p->fd, s->buf, READ_BYTES);

	if (n > 0)
		p->bytes += n;
	else if (n == 0)
		end_peer(s, p, send(p->fd, "", 1, 0) != 1);
	else if (errno != EAGAIN && errno != EINTR)
		end_peer(s, p, true);
}

static void on_event(struct server *s, void *source)
{
	if (source == &s->signal_fd)
		s->stopped = true;
	else if (source == &s->listen_fd)
		accept_peer(s);
	else
		read_peer(s, source);
}

static void serve_loop(struct server *s)
{
	struct epoll_event events[64];

	while (!s->stopped && !(s->connections && s->n_done >= s->connections)) {
		int64_t left_ms = (s->deadline_ns - now_ns()) / 1000000;
		int n;

		if (left_ms <= 0)
			break;
		n = epoll_wait(s->epoll_fd, events, ARRAY_SIZE(events), left_ms);
		for (int i = 0; i < n; i++)
			on_event(s, events[i].data.ptr);
	}
	for (size_t i = 0; i < s->n_peers; i++)
		if (s->peers[i]->fd >= 0)
			end_peer(s, s->peers[i], true);
}

static json_t *peer_json(const struct peer *p)
{
	return json_pack("{s:i, s:I, s:f, s:b, s:I, s:I}", "port", p->port,
			 "bytes", (json_int_t)p->bytes,
			 "seconds", (p->end_ns - p->start_ns) / 1e9,
			 "failed", p->failed,
			 "rcv_ooopack", (json_int_t)p->info.tcpi_rcv_ooopack,
			 "segs_in", (json_int_t)p->info.tcpi_segs_in);
}

static json_t *server_json(const struct server *s)
{
	json_t *conns = json_array();
	uint64_t bytes = 0, failed = 0;

	for (size_t i = 0; i < s->n_peers; i++) {
		bytes += s->peers[i]->bytes;
		failed += s->peers[i]->failed;
		json_array_append_new(conns, peer_json(s->peers[i]));
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o}",
			 "schema", "ovslab.guest-serve/1",
			 "port", (json_int_t)s->port,
			 "connections", (json_int_t)s->n_peers,
			 "refused", (json_int_t)s->uncounted,
			 "failed", (json_int_t)failed,
			 "bytes", (json_int_t)bytes, "conns", conns);
}

/* ---- in the background ---- */

static void run_path(uint64_t port, const char *suffix, char *buf, size_t size)
{
	snprintf(buf, size, GUEST_RUN_DIR "/serve-%" PRIu64 ".%s", port, suffix);
}

static void detach_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
}

static int run_daemon(struct server *s)
{
	char path[64], *text;
	json_t *doc;
	int rc = server_prepare(s, NULL);

	if (rc)
		return rc;
	detach_stdio();
	serve_loop(s);
	run_path(s->port, "json", path, sizeof(path));
	doc = server_json(s);
	text = doc ? json_dumps(doc, JSON_REAL_PRECISION(12)) : NULL;
	json_decref(doc);
	if (!text)
		return -ENOMEM;
	guest_write(path, text, NULL);
	free(text);
	return 0;
}

/* Returns the locked pid file; the lock lives as long as a process has it open. */
static int lock_pid_file(uint64_t port, struct err *err)
{
	char path[64];
	int fd;

	run_path(port, "pid", path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(err, path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return err_set(err, STATUS_BENCH, EBUSY,
			       "port %" PRIu64 " is being served already", port);
	}
	return fd;
}

static int spawn_daemon(struct server *s, int lock, pid_t *ret, struct err *err)
{
	pid_t pid;

	if (ftruncate(lock, 0))
		return fail(err, "cannot write the pid file");
	block_signals();
	pid = fork();
	if (pid < 0)
		return fail(err, "cannot fork");
	if (!pid)
		_exit(run_daemon(s) ? 1 : 0);
	dprintf(lock, "%d\n", pid);
	*ret = pid;
	return 0;
}

static int serve_daemon(struct server *s, json_t **ret, struct err *err)
{
	_cleanup_close_ int lock = -1;
	char path[64];
	pid_t pid = -1;
	int rc = guest_run_dir(err);

	if (rc)
		return rc;
	lock = lock_pid_file(s->port, err);
	if (lock < 0)
		return lock;
	run_path(s->port, "json", path, sizeof(path));
	unlink(path);
	rc = listen_on(s, err) ?: spawn_daemon(s, lock, &pid, err);
	if (!rc)
		*ret = json_pack("{s:s, s:b, s:I, s:i, s:s}",
				 "schema", "ovslab.guest-serve/1", "ready", 1,
				 "port", (json_int_t)s->port, "pid", pid,
				 "result", path);
	return rc;
}

static int serve_here(struct server *s, const char *ready, json_t **ret,
		      struct err *err)
{
	int rc = listen_on(s, err) ?: server_prepare(s, err);

	if (!rc && ready)
		rc = guest_write(ready, "ready\n", err);
	if (rc)
		return rc;
	serve_loop(s);
	*ret = server_json(s);
	return 0;
}

int guest_serve(int argc, char **argv, json_t **ret, struct err *err)
{
	_cleanup_server_ struct server *s = server_new();
	const char *ready = NULL;
	bool background = false;
	const struct guest_opt opts[] = {
		{ "--port", OPT_NUMBER, s ? &s->port : NULL, 1, 65535 },
		{ "--connections", OPT_NUMBER, s ? &s->connections : NULL, 1, RECORDS_MAX },
		{ "--seconds", OPT_NUMBER, s ? &s->seconds : NULL, 1, 86400 },
		{ "--ready-file", OPT_TEXT, &ready, 0, 0 },
		{ "--daemon", OPT_FLAG, &background, 0, 0 },
		{ 0 },
	};
	int rc;

	if (!s)
		return -ENOMEM;
	s->seconds = 600;
	rc = guest_options(argc, argv, opts, err);
	if (rc)
		return rc;
	if (!s->port)
		return err_set(err, STATUS_USAGE, EINVAL, "--port P is missing");
	return background ? serve_daemon(s, ret, err) :
			    serve_here(s, ready, ret, err);
}

/* ---- stop ---- */

static int end_process(pid_t pid, struct err *err)
{
	_cleanup_close_ int fd = syscall(SYS_pidfd_open, pid, 0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return errno == ESRCH ? 0 : fail(err, "cannot find the server");
	if (syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) && errno != ESRCH)
		return fail(err, "cannot stop the server");
	if (poll(&wait, 1, STOP_MS) != 1)
		return err_set(err, STATUS_BENCH, ETIMEDOUT,
			       "the server (pid %d) did not end in %d s", pid,
			       STOP_MS / 1000);
	return 0;
}

static int stop_daemon(uint64_t port, struct err *err)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64];
	pid_t pid;

	run_path(port, "pid", path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return err_set(err, STATUS_BENCH, ENOENT,
			       "port %" PRIu64 " was not served", port);
	if (!flock(fileno(f), LOCK_EX | LOCK_NB))
		return 0;		/* ended by itself */
	if (fscanf(f, "%d", &pid) != 1)
		return err_set(err, STATUS_BENCH, EPROTO, "%s: no pid", path);
	return end_process(pid, err);
}

int guest_stop(int argc, char **argv, json_t **ret, struct err *err)
{
	uint64_t port = 0;
	const struct guest_opt opts[] = {
		{ "--port", OPT_NUMBER, &port, 1, 65535 }, { 0 },
	};
	char path[64];
	int rc = guest_options(argc, argv, opts, err);

	if (rc)
		return rc;
	if (!port)
		return err_set(err, STATUS_USAGE, EINVAL, "--port P is missing");
	rc = stop_daemon(port, err);
	if (rc)
		return rc;
	run_path(port, "json", path, sizeof(path));
	*ret = json_load_file(path, 0, NULL);
	if (!*ret)
		return err_set(err, STATUS_BENCH, ENOENT,
			       "the server of port %" PRIu64 " left no result", port);
	unlink(path);
	run_path(port, "pid", path, sizeof(path));
	unlink(path);
	return 0;
}
