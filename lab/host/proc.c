// SPDX-License-Identifier: GPL-2.0
/*
 * proc.c - child processes
 *
 * Theory of operation: a child is forked with SIGINT and SIGTERM back at their
 * defaults, its descriptors replaced and everything from 3 on closed, and then
 * exec'ed; an exec that fails comes back through a close-on-exec pipe as an
 * errno, so "not found" is never mistaken for an exit status. Ends are awaited
 * on a pidfd, which poll(2) understands and which cannot be confused by a
 * reused pid.
 */
#include "host/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/util.h"

#define STDERR_KEPT 4096
#define ENVIRON_MAX (256 * 1024)
#define DRAIN_READS_MAX 64		/* of 16 KiB */

struct sink {
	char *data;
	size_t len, max;
	bool keep_tail;			/* beyond max: keep the end, not an error */
};

/* ---- identity ---------------------------------------------------------- */

int proc_identify(pid_t pid, struct proc_id *ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[1024], *p;
	unsigned long long start;
	char state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return -ESRCH;
	/* the command name may hold spaces and brackets: start at the last one */
	p = strrchr(line, ')');
	if (!p || sscanf(p + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			 " %*s %*s %*s %*s %*s %*s %*s %llu", &state, &start) != 2)
		return -ESRCH;
	if (state == 'Z' || state == 'X')
		return -ESRCH;
	*ret = (struct proc_id){ .pid = pid, .start = start };
	return 0;
}

struct proc_id proc_self(void)
{
	struct proc_id id = { .pid = getpid() };

	proc_identify(id.pid, &id);
	return id;
}

bool proc_alive(const struct proc_id *id)
{
	struct proc_id now;

	return id->pid > 0 && proc_identify(id->pid, &now) == 0 &&
	       now.start == id->start;
}

/* Of one thread: proc(5), Cpus_allowed_list. */
static int thread_cpus(pid_t pid, const char *tid, char *buf, size_t size)
{
	static const char key[] = "Cpus_allowed_list:\t";
	_cleanup_fclose_ FILE *f = NULL;
	char path[320], line[1024];

	snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid, tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(buf, size, "%.*s", (int)size - 1, line + strlen(key));
			return 0;
		}
	return -ESRCH;
}

/* The next thread's entry in an open /proc/PID/task; NULL: no more. */
static const char *next_thread(DIR *dir)
{
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			return entry->d_name;
	return NULL;
}

static DIR *open_threads(const struct proc_id *id)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)id->pid);
	return proc_alive(id) ? opendir(path) : NULL;
}

int proc_cpus(const struct proc_id *id, char *buf, size_t size)
{
	char cpus[256], first[256] = "";
	DIR *dir = open_threads(id);
	int rc = -ESRCH;
	const char *tid;

	while (rc != -EXDEV && (tid = next_thread(dir))) {
		if (thread_cpus(id->pid, tid, cpus, sizeof(cpus)) < 0)
			continue;	/* it has ended meanwhile */
		rc = first[0] && strcmp(first, cpus) != 0 ? -EXDEV : 0;
		memcpy(first, cpus, sizeof(first));
	}
	if (dir)
		closedir(dir);
	if (rc == 0)
		snprintf(buf, size, "%s", first);
	return rc;
}

void proc_nice(const struct proc_id *id, int value)
{
	_cleanup_fclose_ FILE *group = NULL;
	DIR *dir = open_threads(id);
	const char *tid;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/autogroup", (int)id->pid);
	group = dir ? fopen(path, "we") : NULL;
	if (group)
		fprintf(group, "%d", value);
	while ((tid = next_thread(dir)))
		setpriority(PRIO_PROCESS, (id_t)atoi(tid), value);
	if (dir)
		closedir(dir);
}

/* A pidfd of that very process: opened first, compared after, so no race. */
static int open_process(const struct proc_id *id)
{
	_cleanup_close_ int fd = pidfd_open(id->pid, 0);

	if (fd < 0)
		return -errno;
	if (!proc_alive(id))
		return -ESRCH;
	return take_fd(&fd);
}

int proc_signal(const struct proc_id *id, int signo)
{
	_cleanup_close_ int fd = open_process(id);

	if (fd < 0)
		return fd;
	return pidfd_send_signal(fd, signo, NULL, 0) < 0 ? -errno : 0;
}

/* Not wait_fd(): a cancellation is no reason to leave the process behind. */
static bool ends_within(int pidfd, int ms)
{
	int64_t limit = now_ns() + ms * INT64_C(1000000);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int ready;

	do
		ready = poll(&p, 1, ms);
	while (ready < 0 && errno == EINTR && (ms = (int)((limit - now_ns()) / 1000000)) > 0);
	return ready > 0;
}

int proc_stop(const struct proc_id *id, int grace_ms)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	_cleanup_close_ int fd = open_process(id);

	if (fd < 0)
		return fd == -ESRCH ? 0 : fd;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (grace_ms == 0 && signals[i] == SIGTERM)
			continue;
		pidfd_send_signal(fd, signals[i], NULL, 0);
		if (signals[i] == SIGKILL)	/* a stopped one must run to die */
			pidfd_send_signal(fd, SIGCONT, NULL, 0);
		if (ends_within(fd, signals[i] == SIGKILL ? 10000 : grace_ms)) {
			waitpid(id->pid, NULL, WNOHANG);
			return 0;
		}
	}
	return -ETIMEDOUT;
}

/* ---- the owner mark ------------------------------------------------------ */

static bool environ_has(pid_t pid, const char *row)
{
	_cleanup_free_ char *env = malloc(ENVIRON_MAX);
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !env)
		return false;
	while (len < ENVIRON_MAX - 1 &&
	       (n = read(fd, env + len, ENVIRON_MAX - 1 - len)) > 0)
		len += n;
	env[len] = '\0';
	for (size_t i = 0; i < len; i += strlen(env + i) + 1)
		if (strcmp(env + i, row) == 0)
			return true;
	return false;
}

int proc_owned(const char *owner, struct proc_id **ret)
{
	_cleanup_free_ struct proc_id *ids = NULL;
	struct dirent *entry;
	char row[256];
	int n = 0;
	DIR *dir;

	snprintf(row, sizeof(row), PROC_OWNER_ENV "=%s", owner);
	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct proc_id id, *more;
		pid_t pid = atoi(entry->d_name);

		if (!isdigit((unsigned char)entry->d_name[0]) || pid == getpid())
			continue;
		/* identity first: if the pid is reused meanwhile, it differs */
		if (proc_identify(pid, &id) < 0 || !environ_has(pid, row))
			continue;
		more = reallocarray(ids, n + 1, sizeof(*ids));
		if (!more) {
			closedir(dir);
			return -ENOMEM;
		}
		ids = more;
		ids[n++] = id;
	}
	closedir(dir);
	*ret = take_ptr(ids);
	return n;
}

int proc_stop_owned(const char *owner, int grace_ms, struct err *err)
{
	for (int round = 0; round < 5; round++) {
		_cleanup_free_ struct proc_id *ids = NULL;
		int n = proc_owned(owner, &ids);

		if (n <= 0)
			return n;
		for (int i = 0; i < n; i++)
			proc_signal(&ids[i], round ? SIGKILL : SIGTERM);
		for (int i = 0; i < n; i++)
			proc_stop(&ids[i], round ? 0 : grace_ms);
	}
	return err_set(err, STATUS_BENCH, EBUSY,
		       "processes of the lab cannot be ended (look for %s=%s in /proc/*/environ)",
		       PROC_OWNER_ENV, owner);
}

/* ---- starting ------------------------------------------------------------ */

static void child_descriptors(const struct proc_opts *opts, int out, int errfd)
{
	int null = open("/dev/null", O_RDWR);

	dup2(opts->in > 0 ? opts->in : null, 0);
	dup2(out > 0 ? out : null, 1);
	dup2(errfd > 0 ? errfd : null, 2);
}

static void child_signals(const struct proc_opts *opts)
{
	sigset_t none;

	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (opts->own_group || wait_shielded())	/* whom Ctrl-C does not concern */
		setpgid(0, 0);
	if (opts->die_with_us)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void extend_path(void)
{
	const char *path = getenv("PATH");
	char longer[4096];

	snprintf(longer, sizeof(longer), "%s:/usr/sbin:/sbin:/usr/bin:/bin",
		 path ? path : "");
	setenv("PATH", longer, 1);
}

static void __attribute__((noreturn))
child_exec(const struct proc_opts *opts, const char *const argv[], int status_fd)
{
	extend_path();
	for (const char *const *row = opts->env; row && *row; row++)
		putenv((char *)*row);
	/* keeps the status pipe, which is close-on-exec */
	close_range(3, status_fd - 1, 0);
	close_range(status_fd + 1, ~0U, 0);
	execvp(argv[0], (char *const *)argv);
	if (write(status_fd, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

static int spawn(const struct proc_opts *opts, const char *const argv[],
		 int out, int errfd, struct proc_id *ret, struct err *err)
{
	int status[2], failure = 0;
	pid_t parent = getpid(), pid;
	ssize_t n;

	if (pipe2(status, O_CLOEXEC) < 0)
		return err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		child_signals(opts);
		if (opts->die_with_us && getppid() != parent)
			_exit(126);
		child_descriptors(opts, out, errfd);
		child_exec(opts, argv, status[1]);
	}
	close(status[1]);
	if (pid < 0) {
		close(status[0]);
		return err_set(err, STATUS_BENCH, errno, "fork: %s", strerror(errno));
	}
	do
		n = read(status[0], &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	close(status[0]);
	if (n == sizeof(failure)) {
		waitpid(pid, NULL, 0);
		err_set(err, STATUS_HOST, failure, "cannot run %s: %s", argv[0],
			strerror(failure));
		if (failure == ENOENT)
			err_hint(err, "install it: 'ovslab doctor' names the package");
		return -failure;
	}
	*ret = (struct proc_id){ .pid = pid };
	proc_identify(pid, ret);
	return 0;
}

int proc_text(const char *text, size_t len, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("text", MFD_CLOEXEC);

	while (fd >= 0 && len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			break;
		text += n;
		len -= (size_t)n;
	}
	if (fd < 0 || len || lseek(fd, 0, SEEK_SET) < 0)
		return err_set(err, STATUS_BENCH, errno, "cannot keep a text for a program: %s",
			       strerror(errno));
	return take_fd(&fd);
}

int proc_start(const struct proc_opts *opts, const char *const argv[],
	       struct proc_id *ret, struct err *err)
{
	return spawn(opts, argv, opts->out, opts->err, ret, err);
}

/* ---- running to the end -------------------------------------------------- */

static int sink_add(struct sink *s, const char *data, size_t len)
{
	char *more;

	if (s->keep_tail && len > s->max) {
		data += len - s->max;
		len = s->max;
	}
	if (s->keep_tail && s->len + len > s->max) {
		size_t drop = s->len + len - s->max;

		memmove(s->data, s->data + drop, s->len - drop);
		s->len -= drop;
	}
	if (s->len + len > s->max)
		return -EFBIG;
	more = realloc(s->data, s->len + len + 1);
	if (!more)
		return -ENOMEM;
	s->data = more;
	memcpy(s->data + s->len, data, len);
	s->len += len;
	s->data[s->len] = '\0';
	return 0;
}

/* Read what there is; 1 at the end of file. */
static int sink_fill(struct sink *s, int fd)
{
	char buf[16384];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n == 0)
		return 1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return sink_add(s, buf, n);
}

/* What a pipe can hold, and no more: a daemon left behind may go on writing. */
static void drain(struct sink *s, int fd)
{
	for (int i = 0; fd >= 0 && i < DRAIN_READS_MAX; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0 || sink_fill(s, fd) != 0)
			return;
	}
}

/*
 * Collect output until the process ends. The end is the pidfd's, not that of
 * the pipes: a daemon that the program left behind may hold those for ever.
 */
static int collect(int pidfd, int out, int errfd, struct sink *to_out,
		   struct sink *to_err, int64_t limit)
{
	for (;;) {
		int fds[3] = { pidfd, out, errfd }, rc;
		struct pollfd p[3];

		for (int i = 0; i < 3; i++)
			p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		rc = wait_fds(p, 3, limit);
		if (rc < 0)
			return rc;
		if (p[1].revents && (rc = sink_fill(to_out, out)) != 0) {
			if (rc < 0)
				return rc;
			out = -1;
		}
		if (p[2].revents && sink_fill(to_err, errfd) != 0)
			errfd = -1;
		if (p[0].revents) {
			drain(to_out, out);
			drain(to_err, errfd);
			return 0;
		}
	}
}

static int report_exit(int status, const char *const argv[],
		       const struct sink *said, struct err *err)
{
	char line[512] = "";

	for (const char *const *a = argv; *a && strlen(line) + strlen(*a) + 2 < sizeof(line); a++) {
		if (a != argv)
			strcat(line, " ");
		strcat(line, *a);
	}
	if (WIFSIGNALED(status))
		err_set(err, STATUS_BENCH, ECHILD, "'%s' was ended by signal %d (%s)",
			line, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		err_set(err, STATUS_BENCH, ECHILD, "'%s' exited with status %d",
			line, WEXITSTATUS(status));
	err_evidence(err, argv[0], said->data);
	return -ECHILD;
}

static int run(const struct job *job, const struct proc_opts *opts,
	       const char *const argv[], struct sink *out, struct err *err)
{
	struct sink said = { .max = STDERR_KEPT, .keep_tail = true };
	int po[2] = { -1, -1 }, pe[2] = { -1, -1 }, status = 0, rc;
	int64_t limit = job_limit(job, opts->limit_ms ? opts->limit_ms : 24 * 3600 * 1000);
	_cleanup_close_ int pidfd = -1;
	struct proc_id id;

	if ((out && pipe2(po, O_CLOEXEC) < 0) ||
	    (!opts->err && pipe2(pe, O_CLOEXEC) < 0)) {
		rc = err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
		goto cleanup;
	}
	rc = spawn(opts, argv, out ? po[1] : opts->out, opts->err ? opts->err : pe[1], &id, err);
	if (rc < 0)
		goto cleanup;
	pidfd = pidfd_open(id.pid, 0);
	rc = pidfd < 0 ? -errno : collect(pidfd, po[0], pe[0], out ? out : &said, &said, limit);
	if (rc < 0)
		proc_stop(&id, 2000);
	waitpid(id.pid, &status, rc < 0 ? WNOHANG : 0);
	if (rc == -EFBIG)
		err_set(err, STATUS_BENCH, EFBIG, "%s wrote more than %u MiB", argv[0],
			PROC_OUTPUT_MAX >> 20);
	else if (rc < 0)
		wait_failed(err, rc, "%s to end", argv[0]);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		rc = report_exit(status, argv, &said, err);
cleanup:
	for (int i = 0; i < 2; i++) {
		if (po[i] >= 0)
			close(po[i]);
		if (pe[i] >= 0)
			close(pe[i]);
	}
	free(said.data);
	return rc;
}

int proc_run(const struct job *job, const struct proc_opts *opts,
	     const char *const argv[], struct err *err)
{
	static const struct proc_opts none;

	return run(job, opts ? opts : &none, argv, NULL, err);
}

int proc_output(const struct job *job, const struct proc_opts *opts,
		const char *const argv[], char **ret_out, struct err *err)
{
	static const struct proc_opts none;
	struct sink out = { .max = PROC_OUTPUT_MAX };
	int rc = run(job, opts ? opts : &none, argv, &out, err);

	if (rc == 0 && !out.data)
		out.data = strdup("");
	if (rc < 0) {
		free(out.data);
		return rc;
	}
	*ret_out = out.data;
	return 0;
}

int proc_wait(const struct proc_id *id, int64_t limit_ns, int *ret_status)
{
	_cleanup_close_ int fd = pidfd_open(id->pid, 0);
	int rc;

	if (fd < 0)
		return -errno;
	rc = wait_fd(fd, POLLIN, limit_ns);
	if (rc < 0)
		return rc;
	return waitpid(id->pid, ret_status, 0) < 0 ? -errno : 0;
}

/* ---- a function in a process of its own ----------------------------------- */

static void __attribute__((noreturn))
call_child(int fd, int (*fn)(void *, struct err *), void *arg)
{
	struct err err = { 0 };
	FILE *f = fdopen(fd, "w");
	int rc = fn(arg, &err);

	if (!f)
		_exit(1);
	fwrite(&rc, sizeof(rc), 1, f);
	fwrite(&err, offsetof(struct err, evidence), 1, f);
	if (err.evidence)
		fputs(err.evidence, f);
	fflush(f);
	_exit(0);
}

static int call_result(const struct sink *in, struct err *err)
{
	size_t fixed = sizeof(int) + offsetof(struct err, evidence);
	int rc;

	if (in->len < fixed)
		return err_set(err, STATUS_BENCH, EPIPE, "a child process of ovslab ended early");
	memcpy(&rc, in->data, sizeof(rc));
	if (rc < 0 && err) {
		err_reset(err);
		memcpy(err, in->data + sizeof(int), offsetof(struct err, evidence));
		if (in->len > fixed)
			err->evidence = strdup(in->data + fixed);
	}
	return rc;
}

int proc_call(const struct job *job, int (*fn)(void *arg, struct err *err),
	      void *arg, struct err *err)
{
	static const struct proc_opts opts = { .die_with_us = true };
	struct sink answer = { .max = 1 << 20 }, none = { .max = 0 };
	_cleanup_close_ int pidfd = -1;
	struct proc_id id = { 0 };
	pid_t parent = getpid();
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, STATUS_BENCH, errno, "pipe: %s", strerror(errno));
	fflush(NULL);
	id.pid = fork();
	if (id.pid == 0) {
		child_signals(&opts);
		if (getppid() != parent)
			_exit(1);
		setpgid(0, 0);		/* Ctrl-C is the parent's to handle */
		close(fds[0]);
		call_child(fds[1], fn, arg);
	}
	close(fds[1]);
	if (id.pid < 0) {
		close(fds[0]);
		return err_set(err, STATUS_BENCH, errno, "fork: %s", strerror(errno));
	}
	proc_identify(id.pid, &id);
	pidfd = pidfd_open(id.pid, 0);
	rc = pidfd < 0 ? -errno : collect(pidfd, fds[0], -1, &answer, &none,
					  job_limit(job, 24 * 3600 * 1000));
	close(fds[0]);
	if (rc < 0)
		proc_stop(&id, 0);
	waitpid(id.pid, NULL, rc < 0 ? WNOHANG : 0);
	rc = rc < 0 ? wait_failed(err, rc, "a child process of ovslab") :
	     call_result(&answer, err);
	free(answer.data);
	return rc;
}
