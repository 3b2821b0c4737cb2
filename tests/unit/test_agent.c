// SPDX-License-Identifier: GPL-2.0
/*
 * test_agent.c - the guest agent's protocol, against peers that mean no good
 *
 * The peer is a child process on a unix socket, as QEMU is for a guest. Each
 * connection first asks for synchronisation; what comes then is looked up in a
 * table. Whatever the peer does, a call must end in time and say why.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "core/base64.h"
#include "core/util.h"
#include "host/agent.h"
#include "host/domain.h"
#include "host/labdir.h"
#include "host/proc.h"

#define LIMIT_MS 800
#define LATE_MS 4000			/* a call that takes longer has missed its limit */

enum manner { POLITE, SILENT, CLOSING, FLOOD_LINES, FLOOD_MARKS, ENDLESS_LINE };

struct answer {
	const char *command;
	const char *text;
};

struct peer {
	struct lab lab;
	int listener;
	pid_t pid;
	unsigned int *visits;		/* counted by the peer */
	int64_t started_ns;
	struct job job;
	struct err err;
};

/* ---- the peer's side ------------------------------------------------------ */

/* False when the client has gone: the peer, as QEMU, serves the next one then. */
static bool say(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

static void repeat(int fd, const char *what, size_t len)
{
	char block[4096];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = what[i % len];
	while (say(fd, block, sizeof(block)))
		;
}

static void misbehave(int fd, enum manner manner)
{
	if (manner == SILENT)
		pause();
	else if (manner == FLOOD_LINES)
		repeat(fd, "x\n{}\n\xff\n\n", 8);
	else if (manner == FLOOD_MARKS)
		repeat(fd, "\xff", 1);
	else if (manner == ENDLESS_LINE)
		repeat(fd, "{\"return\":", 10);
}

static void synchronise(int fd, const json_t *request)
{
	char line[96];
	json_int_t id = json_integer_value(json_object_get(json_object_get(request, "arguments"), "id"));
	int n = snprintf(line, sizeof(line), "left by another\n\xff{\"return\": %lld}\n", (long long)id);

	say(fd, line, n);
}

/* Of several to one command the next one each time, then the last one. How a program ended
 * is told once: a second question is an error. */
static const char *answer_to(const char *command, const struct answer *answers)
{
	static bool told;
	static unsigned int asked;
	bool status = strcmp(command, "guest-exec-status") == 0;

	while (answers->command && strcmp(answers->command, command) != 0)
		answers++;
	for (unsigned int i = 0; status && i < asked; i++)
		if (answers[0].command && answers[1].command && strcmp(answers[1].command, command) == 0)
			answers++;
	asked += status;
	if (status && told)
		return "{\"error\": {\"desc\": \"Invalid parameter 'pid'\"}}";
	told |= status && strstr(answers->text, "\"exited\": true");
	return answers->text;
}

static void reply(int fd, char *line, const struct answer *answers)
{
	json_t *request = json_loads(line + strspn(line, "\xff"), 0, NULL);
	const char *command = json_string_value(json_object_get(request, "execute")), *text;

	if (!command)
		_exit(1);
	if (strcmp(command, "guest-sync-delimited") == 0) {
		synchronise(fd, request);
	} else if ((text = answer_to(command, answers))) {
		say(fd, text, strlen(text));
		say(fd, "\n", 1);
	}
	json_decref(request);
}

static void __attribute__((noreturn))
serve(const struct peer *p, enum manner manner, const struct answer *answers)
{
	for (;; (*p->visits)++) {
		int fd = accept(p->listener, NULL, NULL);
		FILE *f = fdopen(fd, "r");
		char *line = NULL;
		size_t size = 0;

		if (!f)
			_exit(1);
		if (manner != POLITE && manner != CLOSING)
			misbehave(fd, manner);
		while (manner == POLITE && getline(&line, &size, f) > 0)
			reply(fd, line, answers);
		free(line);
		fclose(f);
	}
}

/* ---- our side ---------------------------------------------------------------- */

static const struct lab_node *node(const struct peer *p)
{
	return &p->lab.nodes[0];
}

static void peer_listen(struct peer *p, int backlog)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct proc_id self = proc_self();
	char dir[] = "/tmp/ovslab-test-agent-XXXXXX", path[PATH_MAX];

	*p = (struct peer){ .listener = -1 };
	assert_non_null(mkdtemp(dir));
	lab_init(&p->lab, "test", "id");
	strcpy(p->lab.dir, dir);
	p->lab.nodes[0].pid = self.pid;		/* "the VM": it lives */
	p->lab.nodes[0].pid_start = self.start;
	domain_path(&p->lab, node(p)->name, DOMAIN_AGENT_SOCKET, path, sizeof(path));
	strcpy(addr.sun_path, path);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(p->listener, backlog), 0);
	p->visits = mmap(NULL, sizeof(*p->visits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(p->visits, MAP_FAILED);
	p->started_ns = now_ns();
	p->job.deadline_ns = job_limit(NULL, LIMIT_MS);
}

static void peer_start(struct peer *p, enum manner manner, const struct answer *answers)
{
	static const struct answer none[] = { { NULL, NULL } };

	peer_listen(p, 8);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0)
		serve(p, manner, answers ? answers : none);
}

/* Whatever was tried has ended in time. */
static void peer_stop(struct peer *p)
{
	assert_in_range((now_ns() - p->started_ns) / 1000000, 0, LATE_MS);
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	close(p->listener);
	munmap(p->visits, sizeof(*p->visits));
	tree_remove(p->lab.dir);
	err_reset(&p->err);
}

static int run_program(struct peer *p, struct agent_exit *e)
{
	return agent_exec(&p->job, &p->lab, node(p), (const char *const[]){ "true", "x", NULL }, e,
			  &p->err);
}

static const char started[] = "{\"return\": {\"pid\": 7}}";
static const char running[] = "{\"return\": {\"exited\": false}}";

/* The peer counts a visit after we have left it. */
static unsigned int visits_of(const struct peer *p)
{
	unsigned int before;

	do {
		before = *(volatile unsigned int *)p->visits;
		wait_ms(NULL, 50);
	} while (before != *(volatile unsigned int *)p->visits);
	return before;
}

/* ---- tests --------------------------------------------------------------------- */

static void test_program(void **state)
{
	static const struct answer answers[] = {
		{ "guest-exec", started },
		{ "guest-exec-status", "{\"return\": {\"exited\": true, \"exitcode\": 3, "
				       "\"out-data\": \"b3V0\", \"err-data\": \"ZXJy\"}}" },
		{ NULL, NULL },
	};
	struct agent_exit e = { 0 };
	struct peer p;

	peer_start(&p, POLITE, answers);
	assert_int_equal(run_program(&p, &e), 0);
	assert_int_equal(e.status, 3);
	assert_string_equal(e.out, "out");
	assert_string_equal(e.err, "err");
	agent_exit_free(&e);
	peer_stop(&p);
}

/* Each visit may cost 100 ms, so a program that ends soon takes one. */
static void test_one_visit(void **state)
{
	static const struct answer answers[] = {
		{ "guest-exec", started }, { "guest-exec-status", running },
		{ "guest-exec-status", running },
		{ "guest-exec-status", "{\"return\": {\"exited\": true, \"exitcode\": 3}}" },
		{ NULL, NULL },
	};
	struct agent_exit e = { 0 };
	struct peer p;

	peer_start(&p, POLITE, answers);
	assert_int_equal(run_program(&p, &e), 0);
	assert_int_equal(e.status, 3);
	assert_int_equal(visits_of(&p), 1);
	agent_exit_free(&e);
	peer_stop(&p);
}

/* One that goes on keeps nobody out for long. */
static void test_long_program(void **state)
{
	static const struct answer answers[] = {
		{ "guest-exec", started }, { "guest-exec-status", running }, { NULL, NULL },
	};
	struct agent_exit e = { 0 };
	struct peer p;

	peer_start(&p, POLITE, answers);
	assert_int_equal(run_program(&p, &e), -ETIMEDOUT);
	assert_in_range(visits_of(&p), 3, 30);	/* in 800 ms, and 10 for its end */
	peer_stop(&p);
}

static void test_manners(void **state)
{
	static const struct {
		enum manner manner;
		int rc;
	} rows[] = {
		{ SILENT, -ETIMEDOUT }, { CLOSING, -ECONNRESET }, { FLOOD_LINES, -ETIMEDOUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct agent_exit e = { 0 };
		struct peer p;

		peer_start(&p, rows[i].manner, NULL);
		assert_int_equal(run_program(&p, &e), rows[i].rc);
		assert_true(p.err.msg[0]);
		peer_stop(&p);
	}
}

/* Too much, or too late: which of them comes first is the machine's speed. */
static void test_endless_line(void **state)
{
	static const enum manner manners[] = { FLOOD_MARKS, ENDLESS_LINE };

	for (size_t i = 0; i < ARRAY_SIZE(manners); i++) {
		struct agent_exit e = { 0 };
		struct peer p;
		int rc;

		peer_start(&p, manners[i], NULL);
		rc = run_program(&p, &e);
		assert_true(rc == -EFBIG || rc == -ETIMEDOUT);
		assert_true(p.err.msg[0]);
		peer_stop(&p);
	}
}

/* As libvirt notes it: below the comment that each of its files begins with. */
static void note_state(const struct peer *p, const char *state)
{
	static const char *const folders[] = { "lv", "lv/run", "lv/run/qemu" };
	char path[PATH_MAX], text[256];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		mkdir(labdir_path(&p->lab, folders[i], path, sizeof(path)), 0755);
	snprintf(text, sizeof(text), "<!--\nWARNING: of its own, state='paused'\n-->\n\n"
		 "<domstatus state='%s' reason='user' pid='1'>\n", state);
	labdir_path(&p->lab, "lv/run/qemu/vm1.xml", path, sizeof(path));
	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

/* A question to a VM that stands still is not waited for. */
static void test_paused(void **state)
{
	static const struct answer answers[] = { { "guest-exec", started }, { NULL, NULL } };
	struct agent_task task;
	struct peer p;

	peer_start(&p, POLITE, answers);
	note_state(&p, "running");
	assert_int_equal(agent_start(&p.job, &p.lab, node(&p), (const char *const[]){ "true", NULL },
				     &task, &p.err), 0);
	note_state(&p, "paused");
	assert_int_equal(agent_start(&p.job, &p.lab, node(&p), (const char *const[]){ "true", NULL },
				     &task, &p.err), -EBUSY);
	assert_non_null(strstr(p.err.msg, "vm1 is paused"));
	assert_non_null(strstr(p.err.hint, "virsh"));
	err_reset(&p.err);
	strcpy(p.lab.trial, "first-psh");
	assert_int_equal(agent_wait(&p.job, &p.lab, node(&p), &p.err), -EBUSY);
	assert_non_null(strstr(p.err.hint, "first-psh"));
	peer_stop(&p);
}

static void test_wait_flooded(void **state)
{
	struct peer p;

	peer_start(&p, FLOOD_LINES, NULL);
	assert_int_equal(agent_wait(&p.job, &p.lab, node(&p), &p.err), -ETIMEDOUT);
	peer_stop(&p);
}

static void test_queue_full(void **state)
{
	struct agent_exit e = { 0 };
	struct sockaddr_un addr;
	socklen_t len = sizeof(addr);
	int fds[8], n = 0;
	struct peer p;

	peer_listen(&p, 0);
	assert_int_equal(getsockname(p.listener, (struct sockaddr *)&addr, &len), 0);
	do {
		assert_true(n < (int)ARRAY_SIZE(fds));
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	} while (connect(fds[n++], (struct sockaddr *)&addr, len) == 0);
	assert_int_equal(run_program(&p, &e), -ETIMEDOUT);
	while (n > 0)
		close(fds[--n]);
	peer_stop(&p);
}

static void test_bad_starts(void **state)
{
	static const char *const texts[] = {
		"", "{}", "[1, 2", "[]", "7", "\"x\"", "{\"return\": {}}", "{\"return\": []}",
		"{\"return\": {\"pid\": \"7\"}}", "{\"return\": {\"pid\": -5}}",
		"{\"return\": {\"pid\": 99999999999999999999}}", "{\"error\": 5}",
		"{\"error\": {\"desc\": 5}}", "{\"error\": {\"desc\": \"\\u001b[2J\"}}",
		"{\"return\": 1, \"return\": 2}", "{\"return\": {\"pid\": 7}", "\xff\xff\xff",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct answer answers[] = { { "guest-exec", texts[i] }, { NULL, NULL } };
		struct agent_exit e = { 0 };
		struct peer p;
		int rc;

		peer_start(&p, POLITE, answers);
		rc = run_program(&p, &e);
		if (rc != -EBADMSG && rc != -EREMOTEIO)
			fail_msg("%s: %d", texts[i], rc);
		assert_true(p.err.msg[0]);
		peer_stop(&p);
	}
}

static void test_bad_ends(void **state)
{
	static const struct {
		const char *text;
		int rc, status;
	} rows[] = {
		{ "{\"return\": {\"exited\": true}}", -EBADMSG, 0 },
		{ "{\"return\": {\"exited\": true, \"exitcode\": \"0\"}}", -EBADMSG, 0 },
		{ "{\"return\": {\"exited\": \"yes\", \"exitcode\": 0}}", -ETIMEDOUT, 0 },
		{ "{\"return\": {\"exited\": true, \"exitcode\": 0, \"out-data\": \"!!!!\"}}",
		  -EBADMSG, 0 },
		{ "{\"return\": {\"exited\": true, \"exitcode\": 0, \"out-data\": 5}}", 0, 0 },
		{ "{\"return\": {\"exited\": true, \"exitcode\": -1}}", 0, 255 },
		{ "{\"return\": {\"exited\": true, \"exitcode\": 1099511627777}}", 0, 1 },
		{ "{\"return\": {\"exited\": true, \"signal\": 9}}", 0, 137 },
		{ "{\"return\": {\"exited\": true, \"signal\": 2147483647}}", 0, 255 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct answer answers[] = { { "guest-exec", started },
						  { "guest-exec-status", rows[i].text },
						  { NULL, NULL } };
		struct agent_exit e = { 0 };
		struct peer p;
		int rc;

		peer_start(&p, POLITE, answers);
		rc = run_program(&p, &e);
		if (rc != rows[i].rc || e.status != rows[i].status)
			fail_msg("%s: %d, status %d", rows[i].text, rc, e.status);
		agent_exit_free(&e);
		peer_stop(&p);
	}
}

static void test_large_output(void **state)
{
	enum { SIZE = 6 << 20 };
	static const char head[] = "{\"return\": {\"exited\": true, \"exitcode\": 0, \"out-data\": \"";
	char *text = malloc(sizeof(head) + SIZE + 8);
	const struct answer answers[] = { { "guest-exec", started },
					  { "guest-exec-status", text }, { NULL, NULL } };
	struct agent_exit e = { 0 };
	struct peer p;

	assert_non_null(text);
	strcpy(text, head);
	memset(text + sizeof(head) - 1, 'A', SIZE);
	strcpy(text + sizeof(head) - 1 + SIZE, "\"}}");
	peer_start(&p, POLITE, answers);
	p.job.deadline_ns = job_limit(NULL, LATE_MS);
	assert_int_equal(run_program(&p, &e), 0);
	assert_int_equal(e.out_len, SIZE / 4 * 3);
	agent_exit_free(&e);
	peer_stop(&p);
	free(text);
}

static void test_argument_not_utf8(void **state)
{
	static const struct answer answers[] = { { "guest-exec", started }, { NULL, NULL } };
	struct agent_exit e = { 0 };
	struct peer p;

	peer_start(&p, POLITE, answers);
	assert_int_equal(agent_exec(&p.job, &p.lab, node(&p),
				    (const char *const[]){ "rm", "\xff", "x", NULL }, &e, &p.err),
			 -EILSEQ);
	assert_int_equal(p.err.status, STATUS_USAGE);
	peer_stop(&p);
}

struct heard {
	size_t len[3];
};

static int hear(void *arg, int fd, const char *data, size_t len)
{
	struct heard *h = arg;

	h->len[fd] += len;
	return 0;
}

#define STREAM_ANSWERS(status, read) { \
	{ "guest-file-open", "{\"return\": 1000}" }, { "guest-exec", started }, \
	{ "guest-exec-status", status }, { "guest-file-read", read }, \
	{ "guest-file-close", "{\"return\": {}}" }, { NULL, NULL } }

static int stream(struct peer *p, struct heard *h, int *ret_status)
{
	return agent_stream(&p->job, &p->lab, node(p), (const char *const[]){ "yes", NULL }, NULL, 0,
			    hear, h, ret_status, &p->err);
}

static void test_stream(void **state)
{
	static const struct answer answers[] =
		STREAM_ANSWERS("{\"return\": {\"exited\": true, \"exitcode\": 2}}",
			       "{\"return\": {\"count\": 0, \"buf-b64\": \"\", \"eof\": true}}");
	struct heard h = { 0 };
	struct peer p;
	int status = -1;

	peer_start(&p, POLITE, answers);
	assert_int_equal(stream(&p, &h, &status), 0);
	assert_int_equal(status, 2);
	assert_int_equal(h.len[1] + h.len[2], 0);
	peer_stop(&p);
}

static void test_stream_one_visit(void **state)
{
	static const struct answer answers[] = {
		{ "guest-file-open", "{\"return\": 1000}" }, { "guest-exec", started },
		{ "guest-exec-status", running }, { "guest-exec-status", running },
		{ "guest-exec-status", "{\"return\": {\"exited\": true, \"exitcode\": 2}}" },
		{ "guest-file-read", "{\"return\": {\"count\": 0, \"buf-b64\": \"\", \"eof\": true}}" },
		{ "guest-file-close", "{\"return\": {}}" }, { NULL, NULL },
	};
	struct heard h = { 0 };
	struct peer p;
	int status = -1;

	peer_start(&p, POLITE, answers);
	assert_int_equal(stream(&p, &h, &status), 0);
	assert_int_equal(status, 2);
	assert_int_equal(visits_of(&p), 1);
	peer_stop(&p);
}

static void test_stream_endless(void **state)
{
	static const struct answer answers[] =
		STREAM_ANSWERS("{\"return\": {\"exited\": true, \"exitcode\": 0}}",
			       "{\"return\": {\"count\": 3, \"buf-b64\": \"b3V0\", \"eof\": false}}");
	struct heard h = { 0 };
	struct peer p;
	int status = -1;

	peer_start(&p, POLITE, answers);
	assert_int_equal(stream(&p, &h, &status), -ETIMEDOUT);
	assert_true(h.len[1] > 0 && h.len[2] > 0);
	peer_stop(&p);
}

static void test_stream_garbage(void **state)
{
	static const struct answer answers[] =
		STREAM_ANSWERS("{\"return\": {\"exited\": true, \"exitcode\": 0}}",
			       "{\"return\": {\"count\": 3, \"buf-b64\": \"?\"}}");
	struct heard h = { 0 };
	struct peer p;
	int status = -1;

	peer_start(&p, POLITE, answers);
	assert_int_equal(stream(&p, &h, &status), -EBADMSG);
	assert_true(p.err.msg[0]);
	peer_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_one_visit),
		cmocka_unit_test(test_long_program),
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_paused),
		cmocka_unit_test(test_wait_flooded),
		cmocka_unit_test(test_queue_full),
		cmocka_unit_test(test_bad_starts),
		cmocka_unit_test(test_bad_ends),
		cmocka_unit_test(test_large_output),
		cmocka_unit_test(test_argument_not_utf8),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_one_visit),
		cmocka_unit_test(test_stream_endless),
		cmocka_unit_test(test_stream_garbage),
	};

	alarm(120);		/* a call that hangs is a failure too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
