// SPDX-License-Identifier: GPL-2.0
/*
 * measure_env.c - on what a measurement is made: versions, the lab's setup, flows
 */
#include "run/measure_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "core/util.h"
#include "host/ovs.h"
#include "host/ovs_cookie.h"
#include "host/versions.h"
#include "host/vm.h"

static void add_lines(struct run_strings *to, char *text)
{
	char *save, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (*line && strncmp(line, "NXST", 4) != 0 && strncmp(line, "OFPST", 5) != 0)
			run_add_string(to, line);
	}
}

/* Without the one that a run that was killed had left. */
static int ask_flows(const struct measure *m, char **ret, struct err *err)
{
	int rc = ovs_flows(m->job, m->lab, ret, err);

	if (rc < 0 || !ovs_touched(*ret))
		return rc;
	free(take_ptr(*ret));
	rc = ovs_touch(m->job, m->lab, false, err);
	return rc == 0 ? ovs_flows(m->job, m->lab, ret, err) : rc;
}

static int fill_flows(struct measure *m, struct err *err)
{
	struct run_environment *env = &m->run->env;
	_cleanup_free_ char *flows = NULL, *config = NULL;
	int rc = ask_flows(m, &flows, err);

	if (rc < 0)
		return rc;
	m->cookies = ovs_has_cookies(flows);
	rc = ovs_tool(m->job, m->lab, &config, err,
		      (const char *const[]){ "ovs-vsctl", "get", "Open_vSwitch", ".", "other_config",
					     NULL });
	if (rc < 0)
		return rc;
	add_lines(&env->flows, flows);
	config[strcspn(config, "\n")] = '\0';
	if (strcmp(config, "{}") != 0)
		run_add_string(&env->other_config, config);
	return 0;
}

static void add_words(struct run_strings *to, char *text)
{
	char *save, *word;

	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		run_add_string(to, word);
}

static void set_known(char **field, const char *text)
{
	run_set(field, *text ? text : NULL);
}

/* What runs is asked now; where it came from stands in the lab. */
static int fill_setup(const struct measure *m, struct err *err)
{
	const struct lab_bench *bench = &m->lab->bench;
	struct run_environment *env = &m->run->env;
	struct run_setup *setup = &env->setup;
	struct lab_ovs ovs;
	int rc = ovs_ask(m->job, m->lab, &ovs, err);

	if (rc < 0)
		return rc;
	set_known(&env->ovs_version, ovs.version);
	set_known(&env->ovs_package, ovs.package);
	set_known(&setup->kernel, ovs.kernel);
	set_known(&setup->kernel_build, ovs.kernel_build);
	set_known(&setup->dispatch, ovs.dispatch);
	add_words(&env->cpus, ovs.cpus);
	setup->handlers = ovs.handlers;
	setup->revalidators = ovs.revalidators;
	if (lab_switch_node(m->lab)) {
		run_set(&setup->ovs_source, bench->ovs);
		run_set(&setup->kernel_source, bench->ovs_kernel);
		run_set(&setup->wire, lab_wire_names[bench->wire]);
		setup->vcpus = bench->switch_vcpus;
		setup->memory_mib = bench->switch_memory_mib;
	}
	return 0;
}

static void fill_pinned(const struct measure *m)
{
	char cpus[256], text[300];

	for (unsigned int i = 0; i < m->lab->n_nodes; i++) {
		const struct lab_node *node = &m->lab->nodes[i];

		if (!vm_pinned(node, cpus, sizeof(cpus)))
			continue;
		snprintf(text, sizeof(text), "%s=%s", node->name, cpus);
		run_add_string(&m->run->env.pinned, text);
	}
}

static void fill_prepared(const struct measure *m)
{
	const struct lab_placement *p = &m->lab->placement;
	struct run_environment *env = &m->run->env;
	char text[96];

	snprintf(text, sizeof(text), "irq=%s", p->irq);
	if (p->irq[0])
		run_add_string(&env->placed, text);
	snprintf(text, sizeof(text), "handlers=%s", p->handlers);
	if (p->handlers[0])
		run_add_string(&env->placed, text);
	if (!m->opts->no_purge)
		run_add_string(&env->prepared, "purge-megaflows");
	if (m->opts->flush_conntrack)
		run_add_string(&env->prepared, "flush-conntrack");
	snprintf(text, sizeof(text), "revalidate-every=%us", m->opts->revalidate_s);
	if (m->opts->revalidate_s)
		run_add_string(&env->prepared, text);
}

static void fill_versions(const struct measure *m)
{
	struct run_environment *env = &m->run->env;
	char text[128];
	struct utsname uts;

	if (uname(&uts) == 0)
		run_set(&env->host_kernel, uts.release);
	run_set(&env->guest_kernel, m->from->kernel);
	if (versions_qemu(m->job, text, sizeof(text)) == 0)
		run_set(&env->qemu_version, text);
	run_set(&env->libvirt_version, vm_libvirt_version(text, sizeof(text)));
}

int measure_environment(struct measure *m, struct err *err)
{
	struct run_environment *env = &m->run->env;
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	run_set(&env->version, OVSLAB_VERSION);
	run_set(&env->lab, m->lab->name);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	run_set(&env->started_at, text);
	run_set(&env->switch_kind, lab_switch_names[m->lab->bench.place]);
	run_set(&env->datapath, lab_datapath_names[m->lab->bench.datapath]);
	run_set(&env->accel, lab_accel_names[m->lab->bench.accel]);
	run_set(&env->offloads, lab_offloads_names[m->lab->bench.offloads]);
	env->vcpus = m->lab->bench.vcpus;
	env->memory_mib = m->lab->bench.memory_mib;
	env->restored = m->lab->saved[0];	/* one that was saved came back from that too */
	if (m->opts->command)
		run_add_string(&env->commands, m->opts->command);
	fill_versions(m);
	fill_pinned(m);
	fill_prepared(m);
	return fill_setup(m, err) ?: fill_flows(m, err);
}
