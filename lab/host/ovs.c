// SPDX-License-Identifier: GPL-2.0
/*
 * ovs.c - the lab's private Open vSwitch
 *
 * Everything is asked and set through ovs-vsctl, ovs-ofctl, ovs-appctl and
 * ovsdb-tool; no OVS library, so any version on the host will do.
 */
#include "host/ovs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/util.h"
#include "host/labdir.h"
#include "host/proc.h"

#define TOOL_LIMIT_MS 20000

static const char *const schema_paths[] = {
	"/usr/share/openvswitch/vswitch.ovsschema",
	"/usr/local/share/openvswitch/vswitch.ovsschema",
};

enum ovs_module ovs_module(void)
{
	static const char *const dry_run[] = { "modprobe", "-n", "-q", "openvswitch", NULL };
	struct proc_opts opts = { .limit_ms = 10000 };

	if (access("/sys/module/openvswitch", F_OK) == 0)
		return OVS_MODULE_LOADED;
	return proc_run(NULL, &opts, dry_run, NULL) == 0 ? OVS_MODULE_LOADABLE : OVS_MODULE_NONE;
}

void ovs_env(const struct lab *lab, struct ovs_env *ret)
{
	static const char *const vars[] = {
		"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR",
	};
	size_t n = ARRAY_SIZE(vars);

	for (size_t i = 0; i < n; i++)
		snprintf(ret->text[i], sizeof(ret->text[i]), "%s=%s/ovs", vars[i], lab->dir);
	snprintf(ret->text[n], sizeof(ret->text[n]), PROC_OWNER_ENV "=%s", lab->id);
	for (size_t i = 0; i <= n; i++)
		ret->rows[i] = ret->text[i];
	ret->rows[n + 1] = NULL;
}

int ovs_tool(const struct job *job, const struct lab *lab, char **ret_out,
	     struct err *err, const char *const argv[])
{
	struct proc_opts opts = { .limit_ms = TOOL_LIMIT_MS, .own_group = true };
	struct ovs_env env;

	ovs_env(lab, &env);
	opts.env = env.rows;
	if (ret_out)
		return proc_output(job, &opts, argv, ret_out, err);
	return proc_run(job, &opts, argv, err);
}

#define OVS_TOOL(job, lab, ret_out, err, ...) \
	ovs_tool(job, lab, ret_out, err, (const char *const[]){ __VA_ARGS__, NULL })

void ovs_log_evidence(const struct lab *lab, struct err *err)
{
	static const char *const logs[] = { "ovs/ovsdb-server.log", "ovs/ovs-vswitchd.log" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		_cleanup_free_ char *text = file_tail(labdir_path(lab, logs[i], path, sizeof(path)),
						      1500);

		err_evidence(err, logs[i], text);
	}
}

/* ---- bring-up ------------------------------------------------------------- */

static int start_database(const struct job *job, const struct lab *lab, struct err *err)
{
	char db[PATH_MAX], remote[PATH_MAX + 8];
	const char *schema = NULL;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(schema_paths) && !schema; i++)
		if (access(schema_paths[i], R_OK) == 0)
			schema = schema_paths[i];
	if (!schema) {
		rc = err_set(err, STATUS_HOST, ENOENT, "%s not found", schema_paths[0]);
		err_hint(err, "install openvswitch-switch");
		return rc;
	}
	labdir_path(lab, "ovs/conf.db", db, sizeof(db));
	snprintf(remote, sizeof(remote), "--remote=punix:%s/ovs/db.sock", lab->dir);
	rc = OVS_TOOL(job, lab, NULL, err, "ovsdb-tool", "create", db, schema);
	if (rc == 0)
		rc = OVS_TOOL(job, lab, NULL, err, "ovsdb-server", db, remote, "--pidfile",
			      "--detach", "--no-chdir", "--log-file", "-vconsole:off");
	if (rc == 0)
		rc = OVS_TOOL(job, lab, NULL, err, "ovs-vsctl", "--no-wait", "init");
	return rc;
}

static int start_switch(const struct job *job, const struct lab *lab, struct err *err)
{
	bool userspace = lab->bench.datapath == LAB_DATAPATH_USERSPACE;
	bool tso = userspace && lab->bench.offloads == LAB_OFFLOADS_ON;
	char db[PATH_MAX];
	int rc = 0;

	snprintf(db, sizeof(db), "unix:%s/ovs/db.sock", lab->dir);
	/* read at start-up only, so it is set before */
	if (tso)
		rc = OVS_TOOL(job, lab, NULL, err, "ovs-vsctl", "--no-wait", "set", "Open_vSwitch", ".",
			      "other_config:userspace-tso-enable=true");
	if (rc == 0)
		rc = OVS_TOOL(job, lab, NULL, err, "ovs-vswitchd", db, "--pidfile", "--detach",
			      "--no-chdir", "--log-file", "-vconsole:off");
	if (rc == 0)
		rc = OVS_TOOL(job, lab, NULL, err, "ovs-vsctl", "--timeout=15", "add-br", OVS_BRIDGE,
			      "--", "set", "bridge", OVS_BRIDGE,
			      userspace ? "datapath_type=netdev" : "datapath_type=system",
			      "fail_mode=standalone");
	return rc;
}

/* ovs-vsctl succeeds also when vswitchd could not make the datapath. */
static int check_bridge(const struct job *job, const struct lab *lab, struct err *err)
{
	_cleanup_free_ char *out = NULL;
	int rc = OVS_TOOL(job, lab, &out, err, "ovs-vsctl", "--timeout=5", "get", "Interface",
			  OVS_BRIDGE, "error");

	if (rc < 0)
		return rc;
	out[strcspn(out, "\n")] = '\0';
	if (strcmp(out, "[]") != 0 && *out)
		return err_set(err, STATUS_BENCH, EIO, "bridge " OVS_BRIDGE ": %s", out);
	return 0;
}

int ovs_start(const struct job *job, const struct lab *lab, struct err *err)
{
	char dir[PATH_MAX];
	int rc;

	if (mkdir(labdir_path(lab, "ovs", dir, sizeof(dir)), 0755) < 0)
		return err_set(err, STATUS_BENCH, errno, "%s: %s", dir, strerror(errno));
	rc = start_database(job, lab, err);
	if (rc == 0)
		rc = start_switch(job, lab, err);
	if (rc == 0)
		rc = check_bridge(job, lab, err);
	if (rc < 0) {
		ovs_log_evidence(lab, err);
		err_wrap(err, rc, "Open vSwitch did not start");
	}
	return rc;
}

/* ---- state ----------------------------------------------------------------- */

int ovs_version(const struct job *job, const struct lab *lab, char *buf, size_t size,
		struct err *err)
{
	_cleanup_free_ char *out = NULL;
	const char *p;
	int rc = OVS_TOOL(job, lab, &out, err, "ovs-appctl", "version");

	if (rc < 0)
		return rc;
	/* ovs-vswitchd (Open vSwitch) 3.1.0 */
	p = strrchr(out, ')');
	snprintf(buf, size, "%s", p && p[1] ? p + 2 : out);
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static const char *const daemons[] = { "ovsdb-server", "ovs-vswitchd" };

static bool daemon_running(const struct lab *lab, const char *name)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[PATH_MAX];
	struct proc_id id;
	int pid;

	snprintf(path, sizeof(path), "%s/ovs/%s.pid", lab->dir, name);
	f = fopen(path, "re");
	return f && fscanf(f, "%d", &pid) == 1 && proc_identify(pid, &id) == 0;
}

bool ovs_running(const struct lab *lab, const char **ret_gone)
{
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		if (daemon_running(lab, daemons[i]))
			continue;
		if (ret_gone)
			*ret_gone = daemons[i];
		return false;
	}
	return true;
}

int ovs_alive(const struct job *job, const struct lab *lab, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		int rc = OVS_TOOL(job, lab, NULL, err, "ovs-appctl", "-T", "3", "-t", daemons[i],
				  "version");

		if (rc < 0) {
			err_set(err, STATUS_BENCH, rc, "the lab's %s does not answer", daemons[i]);
			ovs_log_evidence(lab, err);
			err_hint(err, "start afresh: ovslab -n %s down; ovslab -n %s up",
				 lab->name, lab->name);
			return rc;
		}
	}
	return 0;
}

int ovs_set_port(const struct job *job, const struct lab *lab, const char *tap,
		 unsigned int ofport, struct err *err)
{
	char request[32];

	snprintf(request, sizeof(request), "ofport_request=%u", ofport);
	return OVS_TOOL(job, lab, NULL, err, "ovs-vsctl", "--timeout=10", "set", "Interface", tap,
			request);
}

/* ---- flows ------------------------------------------------------------------ */

int ovs_purge(const struct job *job, const struct lab *lab, struct err *err)
{
	return OVS_TOOL(job, lab, NULL, err, "ovs-appctl", "revalidator/purge");
}

int ovs_set_flows(const struct job *job, const struct lab *lab, const char *flows,
		  struct err *err)
{
	char path[PATH_MAX];
	int rc = file_write(labdir_path(lab, "ovs/flows.txt", path, sizeof(path)), flows,
			    strlen(flows), err);

	if (rc == 0)
		rc = OVS_TOOL(job, lab, NULL, err, "ovs-ofctl", "--bundle", "replace-flows",
			      OVS_BRIDGE, path);
	return rc == 0 ? ovs_purge(job, lab, err) : rc;
}

int ovs_flows(const struct job *job, const struct lab *lab, char **ret, struct err *err)
{
	return OVS_TOOL(job, lab, ret, err, "ovs-ofctl", "--no-stats", "dump-flows", OVS_BRIDGE);
}

/* ---- counters ---------------------------------------------------------------- */

static void parse_lookups(const char *text, json_t *obj)
{
	static const char *const keys[] = { "hit", "missed", "lost" };
	const char *line = strstr(text, "lookups:");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *p = line ? strstr(line, keys[i]) : NULL;

		if (p && p[strlen(keys[i])] == ':')
			json_object_set_new(obj, keys[i],
					    json_integer(strtoll(p + strlen(keys[i]) + 1, NULL, 10)));
	}
}

/* netlink_sent   0.0/sec  0.000/sec  0.0000/sec   total: 42 */
static void parse_coverage(char *text, json_t *obj)
{
	char *save, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *total = strstr(line, "total: ");
		size_t len = strcspn(line, " \t");

		if (!total || len == 0 || len > 63)
			continue;
		line[len] = '\0';
		json_object_set_new(obj, line, json_integer(strtoll(total + 7, NULL, 10)));
	}
}

int ovs_counters(const struct job *job, const struct lab *lab, json_t **ret,
		 struct err *err)
{
	_cleanup_free_ char *lookups = NULL, *coverage = NULL;
	json_t *obj, *events;
	int rc = OVS_TOOL(job, lab, &lookups, err, "ovs-appctl", "dpctl/show");

	if (rc == 0)
		rc = OVS_TOOL(job, lab, &coverage, err, "ovs-appctl", "coverage/show");
	if (rc < 0)
		return rc;
	obj = json_object();
	events = json_object();
	parse_lookups(lookups, obj);
	parse_coverage(coverage, events);
	json_object_set_new(obj, "coverage", events);
	*ret = obj;
	return 0;
}
