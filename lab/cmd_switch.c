// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_switch.c - 'ovslab switch show', 'switch restart'
 */
#include "cmd.h"

#include "core/util.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "run/bench.h"

static json_t *document(const struct lab *lab, const struct lab_ovs *ovs)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}",
			 "schema", "ovslab.switch/1", "switch", lab_switch_names[lab->bench.place],
			 "ovs_source", lab->bench.ovs, "kernel_source", lab->bench.ovs_kernel,
			 "datapath", lab_datapath_names[lab->bench.datapath],
			 "ovs_version", ovs->version, "ovs_package", ovs->package,
			 "kernel", ovs->kernel, "kernel_build", ovs->kernel_build, "dispatch",
			 ovs->dispatch, "handlers", (json_int_t)ovs->handlers, "revalidators",
			 (json_int_t)ovs->revalidators);
}

static void print_text(const struct lab *lab, const struct lab_ovs *ovs)
{
	bool in_vm = lab_switch_node(lab);

	printf("Open vSwitch  %s%s%s\n", ovs->version, ovs->package[0] ? ", package " : "",
	       ovs->package);
	printf("datapath      %s\n", lab_datapath_names[lab->bench.datapath]);
	printf("runs          %s, kernel %s (%s)\n", in_vm ? "in a VM" : "on the host", ovs->kernel,
	       ovs->kernel_build);
	if (in_vm)
		printf("made from     %s, kernel %s\n", lab->bench.ovs, lab->bench.ovs_kernel);
	if (ovs->dispatch[0])
		printf("upcalls       %s, to %u handler threads\n", ovs->dispatch, ovs->handlers);
	printf("revalidators  %u\n", ovs->revalidators);
}

static int show(const struct session *s, const struct lab *lab, struct err *err)
{
	struct lab_ovs ovs = { 0 };
	int rc = bench_check(&s->job, lab, err);

	if (rc == 0)
		rc = ovs_ask(&s->job, lab, &ovs, err);
	if (rc < 0)
		return rc;
	if (s->json)
		return print_json(document(lab, &ovs), err);
	print_text(lab, &ovs);
	return STATUS_OK;
}

static int run_switch_show(const struct session *s, int argc, char **argv, struct err *err)
{
	struct lab lab;
	int rc = bench_enter(s->lab, &lab, err);

	return rc < 0 ? rc : show(s, &lab, err);
}

const struct command cmd_switch_show = {
	.name = "switch show",
	.group = GROUP_BENCH,
	.summary = "ask the running switch what it is",
	.about = "Versions with the distribution's patch level, the kernel below it, how that hands "
		 "misses to vswitchd, and how many threads take them: asked now, not remembered.",
	.examples = "ovslab switch show\novslab switch show --json | jq -r .dispatch",
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_switch_show,
};

/* What 'inspect' tells is as of now again. */
static int run_switch_restart(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_close_ int lock = -1;
	struct lab lab;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc == 0)
		rc = labdir_lock(&s->job, s->lab, &lock, err);
	if (rc == 0)
		rc = bench_enter(s->lab, &lab, err);
	if (rc == 0)
		rc = ovs_restart(&s->job, &lab, &lab.ovs, err);
	if (rc == 0)
		rc = labdir_save(&lab, err);
	return rc < 0 ? rc : show(s, &lab, err);
}

const struct command cmd_switch_restart = {
	.name = "switch restart",
	.group = GROUP_BENCH,
	.summary = "end vswitchd and start it again",
	.about = "Bridge, ports and settings stay: they are in the database. Flows that were set by "
		 "OpenFlow go, as they do with any restart. Returns when vswitchd answers and has its "
		 "upcall handlers.",
	.examples = "ovslab exec sw -- ovs-vsctl set Open . other_config:n-handler-threads=1\n"
		    "ovslab switch restart",
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_switch_restart,
};
