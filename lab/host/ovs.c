// SPDX-License-Identifier: GPL-2.0
/*
 * ovs.c - the lab's Open vSwitch
 *
 * Everything is asked and set through ovs-vsctl, ovs-ofctl and ovs-appctl; no OVS
 * library, so any version will do. Where they run is ovs_place.h's affair.
 */
#include "host/ovs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/labdir.h"
#include "host/ovs_place.h"
#include "host/proc.h"

#define EVIDENCE_MAX 1500
#define HANDLERS_LIMIT_MS 3000
#define HELPER_WORDS_MAX 10
#define COUNT_MAX 65536			/* threads of one program */
/*
 * OVS 3.1.0 counts CPUs only when its clock has passed 10 s, and on a machine
 * with one or two it has no handlers before; a vswitchd that was started then may
 * never get them (upstream: fixed in 3.1.1).
 */
#define HANDLERS_UPTIME_S 10.5
#define EARLY_UPTIME_S 10.0
#define AGE_LIMIT_MS 10000

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

static const struct ovs_place *place_of(const struct lab *lab)
{
	return lab_switch_node(lab) ? &ovs_in_vm : &ovs_on_host;
}

int ovs_tool(const struct job *job, const struct lab *lab, char **ret_out,
	     struct err *err, const char *const argv[])
{
	return place_of(lab)->run(job, lab, argv, ret_out, err);
}

#define OVS_TOOL(job, lab, ret_out, err, ...) \
	ovs_tool(job, lab, ret_out, err, (const char *const[]){ __VA_ARGS__, NULL })

static const char *const daemons[] = { OVS_DATABASE, OVS_SWITCH };

void ovs_log_evidence(const struct lab *lab, struct err *err)
{
	char title[64];

	for (size_t i = 0; err && i < ARRAY_SIZE(daemons); i++) {
		_cleanup_free_ char *text = place_of(lab)->log(lab, daemons[i], EVIDENCE_MAX);

		snprintf(title, sizeof(title), "ovs/%s.log", daemons[i]);
		err_evidence(err, title, text);
	}
}

int ovs_log_path(const struct lab *lab, const char *what, char *buf, size_t size)
{
	const char *daemon = strcmp(what, "switch") == 0 ? OVS_SWITCH :
			     strcmp(what, "ovsdb") == 0 ? OVS_DATABASE : NULL;
	char dir[PATH_MAX];

	if (!daemon)
		return -ENOENT;
	snprintf(buf, size, "%.3900s/%s.log", place_of(lab)->dir(lab, dir, sizeof(dir)), daemon);
	return 0;
}

/* ---- bring-up ------------------------------------------------------------- */

static bool is_userspace(const struct lab *lab)
{
	return lab->bench.datapath == LAB_DATAPATH_USERSPACE;
}

/* Its ports too, where libvirt does not plug them in; @idle_go: at once, until ovs_age_end(). */
static int make_bridge(const struct job *job, const struct lab *lab, bool idle_go,
		       struct err *err)
{
	static const char *const idle[] = { "set", "Open_vSwitch", ".", "other_config:max-idle=1", "--" };
	const char *const bridge[] = {
		"add-br", OVS_BRIDGE, "--", "set", "bridge", OVS_BRIDGE,
		is_userspace(lab) ? "datapath_type=netdev" : "datapath_type=system",
		"fail_mode=standalone",
	};
	const char *argv[16 + 9 * LAB_WIRES_MAX] = { "ovs-vsctl", "--timeout=15" };
	char requests[LAB_WIRES_MAX][32];
	int n = 2;

	for (size_t i = 0; i < ARRAY_SIZE(idle) && idle_go; i++)
		argv[n++] = idle[i];
	for (size_t i = 0; i < ARRAY_SIZE(bridge); i++)
		argv[n++] = bridge[i];

	for (unsigned int i = 0; i < lab->n_wires; i++) {
		const char *const words[] = { "--", "add-port", OVS_BRIDGE, lab->wires[i].port, "--",
					      "set", "Interface", lab->wires[i].port };

		memcpy(argv + n, words, sizeof(words));
		n += ARRAY_SIZE(words);
		snprintf(requests[i], sizeof(requests[i]), "ofport_request=%u", lab->wires[i].ofport);
		argv[n++] = requests[i];
	}
	return ovs_tool(job, lab, NULL, err, argv);
}

/*
 * ovs-vsctl succeeds also when vswitchd could not make the datapath, or open a
 * port: then the interface has an error, a line for each that is asked for.
 */
static int check_bridge(const struct job *job, const struct lab *lab, struct err *err)
{
	const char *argv[7 + 5 * LAB_WIRES_MAX] = {
		"ovs-vsctl", "--timeout=5", "get", "Interface", OVS_BRIDGE, "error",
	};
	const char *names[LAB_WIRES_MAX + 1] = { OVS_BRIDGE };
	_cleanup_free_ char *out = NULL;
	char *line, *save;
	int n = 6, rc;

	for (unsigned int i = 0; i < lab->n_wires; i++) {
		const char *const words[] = { "--", "get", "Interface", lab->wires[i].port, "error" };

		memcpy(argv + n, words, sizeof(words));
		n += ARRAY_SIZE(words);
		names[i + 1] = lab->wires[i].port;
	}
	rc = ovs_tool(job, lab, &out, err, argv);
	if (rc < 0)
		return rc;
	line = strtok_r(out, "\n", &save);
	for (unsigned int i = 0; i <= lab->n_wires && line; i++, line = strtok_r(NULL, "\n", &save)) {
		utf8_clean(line, strlen(line));
		if (strcmp(line, "[]") != 0)
			return err_set(err, STATUS_BENCH, EIO, "interface %s: %s", names[i], line);
	}
	return 0;
}

/* ---- what runs --------------------------------------------------------------- */

static void take_text(const json_t *doc, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(doc, key));

	snprintf(buf, size, "%s", text ? text : "");
	utf8_clean(buf, strlen(buf));
}

/* A number that a guest gave. */
static unsigned int take_count(const json_t *doc, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(doc, key));

	return n < 0 || n > COUNT_MAX ? 0 : (unsigned int)n;
}

/* Texts "NAME=CPUS" with a space between them; what does not fit is left out. */
static void take_cpus(const json_t *doc, char *buf, size_t size)
{
	size_t used = 0, i;
	json_t *item;

	*buf = '\0';
	json_array_foreach(json_object_get(doc, "cpus"), i, item) {
		const char *text = json_string_value(item);

		if (!text || used + strlen(text) + 2 > size)
			return;
		used += snprintf(buf + used, size - used, "%s%s", used ? " " : "", text);
	}
	utf8_clean(buf, strlen(buf));
}

int ovs_helper(const struct job *job, const struct lab *lab, const char *const words[],
	       json_t **ret, struct err *err)
{
	_cleanup_free_ char *out = NULL;
	char helper[PATH_MAX], dir[PATH_MAX];
	const char *argv[HELPER_WORDS_MAX + 4];
	int n = 0, rc = place_of(lab)->helper(helper, sizeof(helper), err);

	argv[n++] = helper;
	for (int i = 0; i < HELPER_WORDS_MAX && words[i]; i++)
		argv[n++] = words[i];
	argv[n++] = "--rundir";
	argv[n++] = place_of(lab)->dir(lab, dir, sizeof(dir));
	argv[n] = NULL;
	if (rc == 0)
		rc = ovs_tool(job, lab, &out, err, argv);
	if (rc < 0)
		return rc;
	*ret = json_loads(out, 0, NULL);
	return *ret ? 0 : err_set(err, STATUS_BENCH, EBADMSG, "the helper's answer is not understood");
}

/* The guest helper's view of vswitchd and its kernel. Untrusted. */
static int ask_helper(const struct job *job, const struct lab *lab, struct lab_ovs *ret,
		      double *ret_uptime_s, struct err *err)
{
	char ports[16 * LAB_WIRES_MAX + 1];
	json_t *doc = NULL;
	int rc = ovs_helper(job, lab, (const char *const[]){ "switch", "--nics",
							     lab_ports(lab, ports, sizeof(ports)), NULL },
			    &doc, err);

	if (rc < 0)
		return rc;
	take_text(doc, "version", ret->version, sizeof(ret->version));
	take_text(doc, "kernel", ret->kernel, sizeof(ret->kernel));
	take_text(doc, "kernel_build", ret->kernel_build, sizeof(ret->kernel_build));
	take_text(doc, "dispatch", ret->dispatch, sizeof(ret->dispatch));
	ret->handlers = take_count(doc, "handlers");
	ret->revalidators = take_count(doc, "revalidators");
	if (lab_switch_node(lab))
		take_cpus(doc, ret->cpus, sizeof(ret->cpus));
	*ret_uptime_s = json_number_value(json_object_get(doc, "uptime_s"));
	json_decref(doc);
	return 0;
}

static void learn_package(const struct job *job, const struct lab *lab, struct lab_ovs *ovs)
{
	if (place_of(lab)->package(job, lab, ovs->package, sizeof(ovs->package)) < 0)
		ovs->package[0] = '\0';
}

int ovs_ask(const struct job *job, const struct lab *lab, struct lab_ovs *ret, struct err *err)
{
	struct lab_ovs ovs = { 0 };
	double uptime_s;
	int rc = ask_helper(job, lab, &ovs, &uptime_s, err);

	if (rc < 0)
		return err_wrap(err, rc, "asking the switch what it is");
	learn_package(job, lab, &ovs);
	*ret = ovs;
	return 0;
}

/* ---- readiness ------------------------------------------------------------------ */

/* Threads appear a moment after the bridge. 1: there, 0: not in that time. */
static int handlers_appear(const struct job *job, const struct lab *lab, struct lab_ovs *ovs,
			   double *ret_uptime_s, struct err *err)
{
	int64_t limit = now_ns() + HANDLERS_LIMIT_MS * INT64_C(1000000);

	for (;;) {
		int rc = ask_helper(job, lab, ovs, ret_uptime_s, err);

		if (rc < 0 || ovs->handlers || is_userspace(lab))
			return rc < 0 ? rc : 1;
		/* before that time no patience helps */
		if (*ret_uptime_s < HANDLERS_UPTIME_S || now_ns() > limit)
			return 0;
		rc = wait_ms(job, 50);
		if (rc < 0)
			return wait_failed(err, rc, "upcall handlers of the switch");
	}
}

static int restart_late(const struct job *job, const struct lab *lab, double uptime_s,
			struct err *err)
{
	int rc = 0;

	job_progress(job, "switch", "no upcall handlers: starting it again at %.1f s of uptime",
		     uptime_s < HANDLERS_UPTIME_S ? HANDLERS_UPTIME_S : uptime_s);
	if (uptime_s < HANDLERS_UPTIME_S)
		rc = wait_ms(job, (int)((HANDLERS_UPTIME_S - uptime_s) * 1000));
	if (rc < 0)
		return wait_failed(err, rc, "the time from which on the switch has upcall handlers");
	return place_of(lab)->restart(job, lab, err);
}

static int await_handlers(const struct job *job, const struct lab *lab, struct lab_ovs *ovs,
			  struct err *err)
{
	double uptime_s;
	int rc = handlers_appear(job, lab, ovs, &uptime_s, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = restart_late(job, lab, uptime_s, err);
	if (rc == 0)
		rc = handlers_appear(job, lab, ovs, &uptime_s, err);
	if (rc == 0)
		rc = err_set(err, STATUS_BENCH, ENODATA,
			     "the switch has no upcall handlers: no packet of a new flow would pass");
	return rc < 0 ? rc : 0;
}

/* What vswitchd must have come to after a start that went @rc. */
static int settle(const struct job *job, const struct lab *lab, int rc, struct lab_ovs *ret,
		  struct err *err)
{
	struct lab_ovs ovs = { 0 };

	if (rc == 0)
		rc = check_bridge(job, lab, err);
	if (rc == 0)
		rc = await_handlers(job, lab, &ovs, err);
	if (rc < 0) {
		ovs_log_evidence(lab, err);
		return err_wrap(err, rc, "Open vSwitch did not start");
	}
	learn_package(job, lab, &ovs);
	*ret = ovs;
	return 0;
}

int ovs_start(const struct job *job, const struct lab *lab, struct lab_ovs *ret, struct err *err)
{
	bool tso = is_userspace(lab) && lab->bench.offloads == LAB_OFFLOADS_ON;
	const char *const config[] = { tso ? "userspace-tso-enable=true" : NULL, NULL };
	int rc = place_of(lab)->start(job, lab, config, err);

	if (rc == 0)
		rc = make_bridge(job, lab, true, err);
	return settle(job, lab, rc, ret, err);
}

int ovs_restart(const struct job *job, const struct lab *lab, struct lab_ovs *ret, struct err *err)
{
	return settle(job, lab, place_of(lab)->restart(job, lab, err), ret, err);
}

/* ---- settings, and a start that is left alone -------------------------------------------- */

/* "KEY=VALUE" of each, behind @prefix; values are data, of any text. */
struct config_rows {
	char text[OVS_CONFIG_MAX][128];
	const char *v[OVS_CONFIG_MAX + 1];
};

static int make_rows(const struct scenario_settings *settings, const char *prefix,
		     struct config_rows *ret, struct err *err)
{
	size_t n = settings ? settings->n : 0;

	if (n > OVS_CONFIG_MAX)
		return err_set(err, STATUS_USAGE, E2BIG, "more than %d settings", OVS_CONFIG_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct scenario_setting *s = &settings->v[i];
		int len = snprintf(ret->text[i], sizeof(ret->text[i]), "%s%s=%s", prefix, s->key, s->value);

		if (len >= (int)sizeof(ret->text[i]))
			return err_set(err, STATUS_USAGE, E2BIG, "other_config: %.40s is too long", s->key);
		ret->v[i] = ret->text[i];
	}
	ret->v[n] = NULL;
	return 0;
}

int ovs_configure(const struct job *job, const struct lab *lab,
		  const struct scenario_settings *settings, struct err *err)
{
	const char *argv[OVS_CONFIG_MAX + 6] = { "ovs-vsctl", "--timeout=15", "set", "Open_vSwitch", "." };
	struct config_rows rows;
	int rc = make_rows(settings, "other_config:", &rows, err);

	if (rc < 0 || !rows.v[0])
		return rc;
	memcpy(argv + 5, rows.v, settings->n * sizeof(rows.v[0]));
	return ovs_tool(job, lab, NULL, err, argv);
}

static int await_uptime(const struct job *job, const struct lab *lab, double s, struct err *err)
{
	double now_s;
	int rc = ovs_uptimes(job, lab, NULL, &now_s, err);

	if (rc == 0 && now_s < s)
		rc = wait_ms(job, (int)((s - now_s) * 1000) + 1);
	return rc == -ETIMEDOUT || rc == -EINTR ? wait_failed(err, rc, "%.1f s of the switch's uptime", s) : rc;
}

int ovs_start_once(const struct job *job, const struct lab *lab, bool late,
		   const struct scenario_settings *early, struct lab_ovs *ret, struct err *err)
{
	struct config_rows rows;
	struct lab_ovs ovs = { 0 };
	double uptime_s;
	int rc = make_rows(early, "", &rows, err);

	if (rc == 0 && late)
		rc = await_uptime(job, lab, HANDLERS_UPTIME_S, err);
	if (rc == 0)
		rc = place_of(lab)->start(job, lab, rows.v, err);
	if (rc == 0)
		rc = make_bridge(job, lab, false, err);
	if (rc == 0)
		rc = ovs_uptimes(job, lab, NULL, &uptime_s, err);
	if (rc == 0 && !late && uptime_s >= EARLY_UPTIME_S) {
		err_set(err, STATUS_BENCH, ETIME, "the switch was ready %.1f s after the boot of its VM, and "
			"early is before %.0f s", uptime_s, EARLY_UPTIME_S);
		err_hint(err, "the host is too slow for it, or has too much else to do");
		return -ETIME;
	}
	if (rc == 0)
		rc = ask_helper(job, lab, &ovs, &uptime_s, err);
	if (rc < 0) {
		ovs_log_evidence(lab, err);
		return err_wrap(err, rc, "Open vSwitch did not start");
	}
	learn_package(job, lab, &ovs);
	*ret = ovs;
	return 0;
}

/* ---- ageing ------------------------------------------------------------------------ */

/* Those that packets made; a datapath keeps none of its own. */
static int await_no_flows(const struct job *job, const struct lab *lab, struct err *err)
{
	struct job limited = { .deadline_ns = job_limit(job, AGE_LIMIT_MS) };
	int rc;

	for (;;) {
		_cleanup_free_ char *flows = NULL;

		rc = OVS_TOOL(job, lab, &flows, err, "ovs-appctl", "dpctl/dump-flows");
		if (rc < 0)
			return rc;
		if (!strstr(flows, "in_port("))
			return 0;
		rc = wait_ms(&limited, 50);
		if (rc < 0) {
			utf8_clean(flows, strlen(flows));
			err_evidence(err, "dpctl/dump-flows", flows);
			return wait_failed(err, rc, "idle megaflows to age");
		}
	}
}

int ovs_age_end(const struct job *job, const struct lab *lab, struct err *err)
{
	int rc = await_no_flows(job, lab, err);

	if (rc == 0)
		rc = OVS_TOOL(job, lab, NULL, err, "ovs-vsctl", "--no-wait", "remove", "Open_vSwitch",
			      ".", "other_config", "max-idle");
	return rc;
}

/* ---- state ----------------------------------------------------------------- */

bool ovs_running(const struct lab *lab, const char **ret_gone)
{
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		if (place_of(lab)->running(lab, daemons[i]))
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
			err_hint(err, "start afresh, with the options it had: ovslab -n %s down; ovslab -n %s up",
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

int ovs_flush_conntrack(const struct job *job, const struct lab *lab, struct err *err)
{
	return OVS_TOOL(job, lab, NULL, err, "ovs-appctl", "dpctl/flush-conntrack");
}

int ovs_set_flows(const struct job *job, const struct lab *lab, const char *flows,
		  struct err *err)
{
	char path[PATH_MAX], dir[PATH_MAX];
	int rc = file_write(labdir_path(lab, "ovs/flows.txt", path, sizeof(path)), flows,
			    strlen(flows), err);

	if (rc == 0)
		rc = place_of(lab)->put(job, lab, "flows.txt", err);
	snprintf(path, sizeof(path), "%.3900s/flows.txt", place_of(lab)->dir(lab, dir, sizeof(dir)));
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
