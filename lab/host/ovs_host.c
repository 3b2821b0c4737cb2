// SPDX-License-Identifier: GPL-2.0
/*
 * ovs_host.c - an Open vSwitch of the lab's own on the host
 *
 * As ovs-sandbox does it: daemons in the lab's namespace, database, sockets and
 * logs below the lab's directory. libvirt calls ovs-vsctl itself, so it needs
 * the same variables.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/util.h"
#include "host/datadir.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "host/ovs_place.h"
#include "host/proc.h"
#include "host/versions.h"

#define EXIT_LIMIT_MS 5000

static const char *const schema_paths[] = {
	"/usr/share/openvswitch/vswitch.ovsschema",
	"/usr/local/share/openvswitch/vswitch.ovsschema",
};

static int host_run(const struct job *job, const struct lab *lab, const char *const argv[],
		    char **ret_out, struct err *err)
{
	struct proc_opts opts = { .limit_ms = OVS_TOOL_LIMIT_MS, .own_group = true };
	struct ovs_env env;

	ovs_env(lab, &env);
	opts.env = env.rows;
	if (ret_out)
		return proc_output(job, &opts, argv, ret_out, err);
	return proc_run(job, &opts, argv, err);
}

int ovs_exec_on_host(const struct job *job, const struct lab *lab, const char *const argv[], int in,
		     int *ret_status, struct err *err)
{
	struct proc_opts opts = { .in = in, .out = STDOUT_FILENO, .err = STDERR_FILENO };
	struct ovs_env env;
	struct proc_id id;
	int rc, status = 0;

	ovs_env(lab, &env);
	opts.env = env.rows;
	rc = proc_start(&opts, argv, &id, err);
	if (rc < 0)
		return rc;
	rc = proc_wait(&id, job_limit(job, INT_MAX), &status);
	if (rc < 0) {
		proc_stop(&id, EXIT_LIMIT_MS);
		return wait_failed(err, rc, "%s to end", argv[0]);
	}
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

#define HOST_RUN(job, lab, err, ...) \
	host_run(job, lab, (const char *const[]){ __VA_ARGS__, NULL }, NULL, err)

static int host_helper(char *buf, size_t size, struct err *err)
{
	return datadir_helper("ovslab-guest", buf, size, err);
}

static const char *host_dir(const struct lab *lab, char *buf, size_t size)
{
	return labdir_path(lab, "ovs", buf, size);
}

static int host_put(const struct job *job, const struct lab *lab, const char *name, struct err *err)
{
	return 0;			/* it is there */
}

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
	rc = HOST_RUN(job, lab, err, "ovsdb-tool", "create", db, schema);
	if (rc == 0)
		rc = HOST_RUN(job, lab, err, OVS_DATABASE, db, remote, "--pidfile", "--detach",
			      "--no-chdir", "--log-file", "-vconsole:off");
	if (rc == 0)
		rc = HOST_RUN(job, lab, err, "ovs-vsctl", "--no-wait", "init");
	return rc;
}

static int start_switch(const struct job *job, const struct lab *lab, struct err *err)
{
	char db[PATH_MAX];

	snprintf(db, sizeof(db), "unix:%s/ovs/db.sock", lab->dir);
	return HOST_RUN(job, lab, err, OVS_SWITCH, db, "--pidfile", "--detach", "--no-chdir",
			"--log-file", "-vconsole:off");
}

static int host_start(const struct job *job, const struct lab *lab, const char *const config[],
		      struct err *err)
{
	char setting[128];
	int rc = start_database(job, lab, err);

	for (; *config && rc == 0; config++) {
		snprintf(setting, sizeof(setting), "other_config:%s", *config);
		rc = HOST_RUN(job, lab, err, "ovs-vsctl", "--no-wait", "set", "Open_vSwitch", ".",
			      setting);
	}
	return rc == 0 ? start_switch(job, lab, err) : rc;
}

static int daemon_id(const struct lab *lab, const char *daemon, struct proc_id *ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[PATH_MAX];
	int pid;

	snprintf(path, sizeof(path), "%s/ovs/%s.pid", lab->dir, daemon);
	f = fopen(path, "re");
	return f && fscanf(f, "%d", &pid) == 1 ? proc_identify(pid, ret) : -ESRCH;
}

static bool host_running(const struct lab *lab, const char *daemon)
{
	struct proc_id id;

	return daemon_id(lab, daemon, &id) == 0;
}

static int host_restart(const struct job *job, const struct lab *lab, struct err *err)
{
	struct proc_id id;
	int rc = daemon_id(lab, OVS_SWITCH, &id);

	if (rc == 0) {
		HOST_RUN(job, lab, NULL, "ovs-appctl", "-T", "3", "exit");
		rc = proc_stop(&id, EXIT_LIMIT_MS);
		if (rc < 0)
			return err_set(err, STATUS_BENCH, rc, OVS_SWITCH " (pid %d) does not end",
				       (int)id.pid);
	}
	return start_switch(job, lab, err);
}

static int host_package(const struct job *job, const struct lab *lab, char *buf, size_t size)
{
	return versions_package(job, "openvswitch-switch", buf, size);
}

static char *host_log(const struct lab *lab, const char *daemon, size_t max)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/ovs/%s.log", lab->dir, daemon);
	return file_tail(path, max);
}

const struct ovs_place ovs_on_host = {
	.run = host_run,
	.helper = host_helper,
	.dir = host_dir,
	.put = host_put,
	.start = host_start,
	.restart = host_restart,
	.running = host_running,
	.package = host_package,
	.log = host_log,
};
