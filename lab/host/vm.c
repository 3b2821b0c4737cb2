// SPDX-License-Identifier: GPL-2.0
/*
 * vm.c - the nodes' VMs, through libvirt
 *
 * Theory of operation: the embedded driver needs an event loop and a thread,
 * holds a pid file while it is open (one process per root), and owns the
 * guest agents' sockets meanwhile. So every use of libvirt is one short visit
 * in a child process: open, act, leave. The VMs survive it; opening the same
 * root again finds them. Between visits the agent sockets are free, and the
 * root is free for virsh.
 *
 * libvirt plugs the taps with ovs-vsctl, which finds the lab's switch by
 * OVS_RUNDIR in our environment.
 */
#include "host/vm.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"
#include "host/cachedir.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "host/proc.h"
#include "host/virt.h"

#define LIBVIRT_ROOT "lv"
#define STAND_BACK_NICE 10
#define HURRY_NICE (-15)
#define STATUS_LINES 20		/* of a domain's status file: its state is behind a comment */
#define START_LIMIT_MS 120000	/* the first open on a host probes QEMU */

/* What is enough for root's own QEMU without cgroups, virtlogd or a security driver. */
static const char qemu_conf[] =
	"user = \"root\"\n"
	"group = \"root\"\n"
	"security_driver = \"none\"\n"
	"namespaces = []\n"
	"cgroup_controllers = []\n"
	"remember_owner = 0\n"
	"stdio_handler = \"file\"\n"
	/* which CPU features are missing: two questions then, not one for each of 400 */
	"capability_filters = [ \"cpu-unavailable-features\" ]\n";

char *vm_uri(const struct lab *lab, char *buf, size_t size)
{
	snprintf(buf, size, "qemu:///embed?root=%s/" LIBVIRT_ROOT, lab->dir);
	return buf;
}

/* The answer comes back as the "error". */
static int visit_version(void *arg, struct err *err)
{
	unsigned long v = 0;

	virt.virGetVersion(&v, NULL, NULL);
	return err_set(err, STATUS_OK, EALREADY, "%lu.%lu.%lu", v / 1000000, v / 1000 % 1000, v % 1000);
}

/* In a child, as all of libvirt: it sets up its logging once, by its first call. */
char *vm_libvirt_version(char *buf, size_t size)
{
	struct err answer = { 0 };
	int rc = virt_load(&answer);

	if (rc == 0)
		rc = proc_call(NULL, visit_version, NULL, &answer);
	snprintf(buf, size, "%s", rc == -EALREADY ? answer.msg : "");
	err_reset(&answer);
	return *buf ? buf : NULL;
}

/* ---- the root --------------------------------------------------------------- */

static int make_dir(const char *path, struct err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", path, strerror(errno));
	return 0;
}

char *vm_log_outputs(const char *root, char *buf, size_t size)
{
	snprintf(buf, size, "3:file:%s/libvirt.log", root);
	return buf;
}

/* Probing QEMU takes seconds: all roots share what was learned. */
static int share_capabilities(const char *root, struct err *err)
{
	char shared[PATH_MAX], link[PATH_MAX];
	int rc = cachedir_make("libvirt", shared, sizeof(shared), err);

	if (rc < 0)
		return rc;
	snprintf(link, sizeof(link), "%s/cache", root);
	rc = make_dir(link, err);
	if (rc < 0)
		return rc;
	snprintf(link, sizeof(link), "%s/cache/qemu", root);
	if (symlink(shared, link) < 0 && errno != EEXIST)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", link, strerror(errno));
	return 0;
}

static int make_root(const char *root, struct err *err)
{
	char path[PATH_MAX];
	int rc = make_dir(root, err);

	snprintf(path, sizeof(path), "%s/etc", root);
	if (rc == 0)
		rc = make_dir(path, err);
	snprintf(path, sizeof(path), "%s/etc/qemu.conf", root);
	if (rc == 0)
		rc = file_write(path, qemu_conf, strlen(qemu_conf), err);
	return rc == 0 ? share_capabilities(root, err) : rc;
}

/* ---- a visit ------------------------------------------------------------------ */

static void no_print(void *arg, virErrorPtr error)
{
}

static void *event_loop(void *arg)
{
	for (;;)
		if (virt.virEventRunDefaultImpl() < 0)
			return NULL;
}

static int failed(struct err *err, const char *what)
{
	const char *msg = virt.virGetLastErrorMessage();

	return err_set(err, STATUS_BENCH, EIO, "libvirt: %s: %s", what, msg ? msg : "unknown error");
}

static virConnectPtr open_root(const char *root, struct err *err)
{
	char uri[PATH_MAX], outputs[PATH_MAX];
	virConnectPtr conn;
	pthread_t thread;

	snprintf(uri, sizeof(uri), "qemu:///embed?root=%s", root);
	setenv("LIBVIRT_LOG_OUTPUTS", vm_log_outputs(root, outputs, sizeof(outputs)), 1);
	virt.virSetErrorFunc(NULL, no_print);
	if (virt.virEventRegisterDefaultImpl() < 0 ||
	    pthread_create(&thread, NULL, event_loop, NULL) != 0) {
		failed(err, "event loop");
		return NULL;
	}
	conn = virt.virConnectOpen(uri);
	if (!conn)
		failed(err, uri);
	return conn;
}

/* ---- nodes, side by side ---------------------------------------------------------- */

struct visit {
	const struct lab *lab;
	const struct domain_boot *boots;	/* one for each node; NULL when none starts */
	const char *dir;			/* of the saved nodes; NULL when starting */
	const struct lab_node *only;		/* pausing: the one that is meant; NULL: all */
	int (*act)(virConnectPtr conn, const struct visit *v, unsigned int i, struct err *err);
	const char *awaited;
};

/* One node's part of a visit, on a thread of its own. */
struct turn {
	virConnectPtr conn;
	const struct visit *visit;
	pthread_t thread;
	struct err err;
	unsigned int i;
	int rc;
};

static void *take_turn(void *arg)
{
	struct turn *t = arg;

	t->rc = t->visit->act(t->conn, t->visit, t->i, &t->err);
	if (t->rc < 0)
		vm_evidence(t->visit->lab, &t->visit->lab->nodes[t->i], &t->err);
	return NULL;
}

static int begin_turn(struct turn *t)
{
	int rc = pthread_create(&t->thread, NULL, take_turn, t);

	if (rc != 0)
		t->rc = err_set(&t->err, STATUS_BENCH, rc, "thread: %s", strerror(rc));
	return t->rc;
}

/* All nodes at once; the error of the first one that failed is told. */
static int take_turns(virConnectPtr conn, const struct visit *v, struct err *err)
{
	struct turn turns[LAB_NODES_MAX] = { 0 };
	unsigned int n = 0;
	int rc = 0;

	for (; n < v->lab->n_nodes; n++) {
		turns[n] = (struct turn){ .conn = conn, .visit = v, .i = n };
		if (begin_turn(&turns[n]) < 0)
			break;
	}
	for (unsigned int i = 0; i < n; i++)
		pthread_join(turns[i].thread, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(turns); i++) {
		if (turns[i].rc < 0 && rc == 0) {
			rc = turns[i].rc;
			err_move(err, &turns[i].err);
		}
		err_reset(&turns[i].err);
	}
	return rc;
}

static int visit_nodes(void *arg, struct err *err)
{
	const struct visit *v = arg;
	virConnectPtr conn;
	struct ovs_env env;
	char root[PATH_MAX];
	int rc;

	ovs_env(v->lab, &env);
	for (const char **row = env.rows; *row; row++)
		putenv((char *)*row);
	conn = open_root(labdir_path(v->lab, LIBVIRT_ROOT, root, sizeof(root)), err);
	if (!conn)
		return -EIO;
	rc = take_turns(conn, v, err);
	virt.virConnectClose(conn);
	return rc;
}

static int visit(const struct job *job, const struct visit *v, struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(job, START_LIMIT_MS) };
	int rc = virt_load(err);

	if (rc == 0)
		rc = proc_call(&limited, visit_nodes, (void *)v, err);
	return rc == -ETIMEDOUT || rc == -EINTR ? wait_failed(err, rc, "%s", v->awaited) : rc;
}

/* ---- starting ------------------------------------------------------------------- */

static int start_node(virConnectPtr conn, const struct visit *v, unsigned int i, struct err *err)
{
	const struct lab_node *node = &v->lab->nodes[i];
	_cleanup_free_ char *xml = NULL;
	int rc = domain_xml(v->lab, node, &v->boots[i], &xml, err);
	virDomainPtr dom;

	if (rc < 0)
		return rc;
	dom = virt.virDomainDefineXML(conn, xml);
	if (!dom || virt.virDomainCreate(dom) < 0)
		rc = failed(err, node->name);
	if (dom)
		virt.virDomainFree(dom);
	return rc;
}

/* libvirt keeps each QEMU's pid in a file below the root. */
static int find_pid(const struct lab *lab, struct lab_node *node, struct err *err)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[PATH_MAX];
	struct proc_id id;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/" LIBVIRT_ROOT "/run/qemu/%s.pid", lab->dir, node->name);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", &pid) != 1 || proc_identify(pid, &id) < 0) {
		err_set(err, STATUS_BENCH, ESRCH, "%s ended right after its start", node->name);
		vm_evidence(lab, node, err);
		return -ESRCH;
	}
	node->pid = id.pid;
	node->pid_start = id.start;
	return 0;
}

static int begin_nodes(const struct job *job, struct lab *lab, const struct visit *v,
		       struct err *err)
{
	char root[PATH_MAX];
	int rc = make_root(labdir_path(lab, LIBVIRT_ROOT, root, sizeof(root)), err);

	if (rc == 0)
		rc = visit(job, v, err);
	for (unsigned int i = 0; i < lab->n_nodes && rc == 0; i++)
		rc = find_pid(lab, &lab->nodes[i], err);
	return rc;
}

int vm_start(const struct job *job, struct lab *lab, const struct domain_boot boots[],
	     struct err *err)
{
	struct visit v = { .lab = lab, .boots = boots, .act = start_node,
			   .awaited = "libvirt to start the nodes" };

	return begin_nodes(job, lab, &v, err);
}

/* ---- saving and restoring ----------------------------------------------------------- */

char *vm_saved_path(const char *dir, const struct lab_node *node, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s.save", dir, node->name);
	return buf;
}

/* libvirt writes through a helper, whose last words are all there is of the cause. */
static int save_failed(struct err *err, const struct lab_node *node, const char *dir)
{
	int rc = failed(err, node->name);

	if (!err || !strstr(err->msg, strerror(ENOSPC)))
		return rc;
	err_hint(err, "make room on the file system of %.400s", dir);
	return -ENOSPC;
}

/* A domain that was defined stays so, shut off, unless that is undone. */
static int save_node(virConnectPtr conn, const struct visit *v, unsigned int i, struct err *err)
{
	const struct lab_node *node = &v->lab->nodes[i];
	virDomainPtr dom = virt.virDomainLookupByName(conn, node->name);
	char path[PATH_MAX];
	int rc = 0;

	vm_saved_path(v->dir, node, path, sizeof(path));
	if (!dom || virt.virDomainSaveFlags(dom, path, NULL, VIR_DOMAIN_SAVE_RUNNING) < 0)
		rc = save_failed(err, node, v->dir);
	else if (virt.virDomainIsPersistent(dom) == 1 && virt.virDomainUndefine(dom) < 0)
		rc = failed(err, node->name);
	if (dom)
		virt.virDomainFree(dom);
	return rc;
}

int vm_save(const struct job *job, struct lab *lab, const char *dir, struct err *err)
{
	struct visit v = { .lab = lab, .dir = dir, .act = save_node,
			   .awaited = "libvirt to save the nodes" };
	int rc = visit(job, &v, err);

	for (unsigned int i = 0; i < lab->n_nodes && rc == 0; i++) {
		lab->nodes[i].pid = 0;
		lab->nodes[i].pid_start = 0;
	}
	return rc;
}

static int restore_node(virConnectPtr conn, const struct visit *v, unsigned int i, struct err *err)
{
	const struct lab_node *node = &v->lab->nodes[i];
	_cleanup_free_ char *xml = NULL;
	int rc = domain_xml(v->lab, node, &v->boots[i], &xml, err);
	char path[PATH_MAX];

	if (rc < 0)
		return rc;
	vm_saved_path(v->dir, node, path, sizeof(path));
	if (virt.virDomainRestoreFlags(conn, path, xml, VIR_DOMAIN_SAVE_RUNNING) < 0)
		return failed(err, node->name);
	return 0;
}

int vm_restore(const struct job *job, struct lab *lab, const struct domain_boot boots[],
	       const char *dir, struct err *err)
{
	struct visit v = { .lab = lab, .boots = boots, .dir = dir, .act = restore_node,
			   .awaited = "libvirt to restore the nodes" };

	return begin_nodes(job, lab, &v, err);
}

/* ---- standing still ------------------------------------------------------------------ */

bool vm_paused(const struct lab *lab, const struct lab_node *node)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[PATH_MAX], line[512];

	snprintf(path, sizeof(path), "%s/" LIBVIRT_ROOT "/run/qemu/%s.xml", lab->dir, node->name);
	f = fopen(path, "re");
	for (int i = 0; f && i < STATUS_LINES && fgets(line, sizeof(line), f); i++)
		if (strncmp(line, "<domstatus ", 11) == 0)
			return strstr(line, " state='paused'");
	return false;
}

static int turn_node(virConnectPtr conn, const struct visit *v, unsigned int i, bool pause,
		     struct err *err)
{
	const struct lab_node *node = &v->lab->nodes[i];
	virDomainPtr dom;
	int rc = 0;

	if ((v->only && v->only != node) || vm_paused(v->lab, node) == pause)
		return 0;
	dom = virt.virDomainLookupByName(conn, node->name);
	if (!dom || (pause ? virt.virDomainSuspend : virt.virDomainResume)(dom) < 0)
		rc = failed(err, node->name);
	if (dom)
		virt.virDomainFree(dom);
	return rc;
}

static int suspend_node(virConnectPtr conn, const struct visit *v, unsigned int i, struct err *err)
{
	return turn_node(conn, v, i, true, err);
}

static int resume_node(virConnectPtr conn, const struct visit *v, unsigned int i, struct err *err)
{
	return turn_node(conn, v, i, false, err);
}

int vm_suspend(const struct job *job, const struct lab *lab, const struct lab_node *node,
	       struct err *err)
{
	struct visit v = { .lab = lab, .only = node, .act = suspend_node,
			   .awaited = "libvirt to pause the nodes" };

	return visit(job, &v, err);
}

int vm_resume(const struct job *job, const struct lab *lab, const struct lab_node *node,
	      struct err *err)
{
	struct visit v = { .lab = lab, .only = node, .act = resume_node,
			   .awaited = "libvirt to have the nodes go on" };

	return visit(job, &v, err);
}

/* ---- looking ------------------------------------------------------------------------- */

uint64_t vm_resident_bytes(const struct lab *lab)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < lab->n_nodes; i++) {
		_cleanup_fclose_ FILE *f = NULL;
		unsigned long long resident;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/statm", (int)lab->nodes[i].pid);
		f = fopen(path, "re");
		if (f && fscanf(f, "%*u %llu", &resident) == 1)
			pages += resident;
	}
	return pages * sysconf(_SC_PAGESIZE);
}

bool vm_alive(const struct lab_node *node)
{
	struct proc_id id = { .pid = node->pid, .start = node->pid_start };

	return proc_alive(&id);
}

bool vm_ended(const struct lab_node *node, int ms)
{
	int64_t limit = now_ns() + ms * INT64_C(1000000);

	while (vm_alive(node))
		if (now_ns() >= limit || wait_ms(NULL, 20) < 0)
			return !vm_alive(node);
	return true;
}

void vm_stand_back(const struct lab_node *node, bool on)
{
	struct proc_id id = { .pid = node->pid, .start = node->pid_start };

	proc_nice(&id, on ? STAND_BACK_NICE : 0);
}

void vm_hurry(const struct lab_node *node, bool on)
{
	struct proc_id id = { .pid = node->pid, .start = node->pid_start };

	proc_nice(&id, on ? HURRY_NICE : 0);
}

int vm_pinned(const struct lab_node *node, char *buf, size_t size)
{
	struct proc_id id = { .pid = node->pid, .start = node->pid_start }, init;
	char all[256] = "";
	int rc = proc_cpus(&id, buf, size);

	if (rc == -EXDEV)
		snprintf(buf, size, "different ones for its threads");
	else if (rc < 0 || (proc_identify(1, &init) == 0 &&
			    proc_cpus(&init, all, sizeof(all)) == 0 && strcmp(all, buf) == 0))
		return 0;
	return 1;
}

/* libvirt's log of a QEMU begins with its command line, which explains nothing. */
static void drop_command_line(char *log)
{
	char *to = log, *line = log;

	while (*line) {
		size_t len = strcspn(line, "\n");
		bool keep = len == 0 || (line[len - 1] != '\\' && !strstr(line, " is tainted: ") &&
					 strncmp(line, "-msg ", 5) != 0);

		len += line[len] == '\n';
		if (keep) {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
}

void vm_evidence(const struct lab *lab, const struct lab_node *node, struct err *err)
{
	_cleanup_free_ char *console = NULL, *log = NULL;
	char path[PATH_MAX], title[64];

	console = file_tail(domain_path(lab, node->name, DOMAIN_CONSOLE_LOG, path, sizeof(path)),
			    2000);
	snprintf(title, sizeof(title), "console of %s", node->name);
	err_evidence(err, title, console);
	snprintf(path, sizeof(path), "%s/" LIBVIRT_ROOT "/log/qemu/%s.log", lab->dir, node->name);
	log = file_tail(path, 4000);
	if (log)
		drop_command_line(log);
	snprintf(title, sizeof(title), "QEMU's log of %s", node->name);
	err_evidence(err, title, log);
}

/* ---- can it work here? ------------------------------------------------------------ */

static int visit_probe(void *arg, struct err *err)
{
	virConnectPtr conn = open_root(arg, err);

	if (!conn)
		return -EIO;
	virt.virConnectClose(conn);
	return 0;
}

int vm_probe_embedded(const struct job *job, const char *root, char *ret_version,
		      size_t size, struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(job, START_LIMIT_MS) };
	int rc = virt_load(err);

	if (rc == 0)
		rc = make_root(root, err);
	if (rc == 0) {
		rc = proc_call(&limited, visit_probe, (void *)root, err);
		if (rc == -ETIMEDOUT || rc == -EINTR)
			wait_failed(err, rc, "libvirt to open its embedded driver");
	}
	if (rc == 0)
		vm_libvirt_version(ret_version, size);
	return rc;
}
