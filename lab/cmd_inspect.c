// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inspect.c - 'ovslab inspect'
 */
#include "cmd.h"

#include "host/labdir.h"
#include "host/ovs.h"
#include "host/vm.h"
#include "run/bench.h"

/* The state on disk, and beside it what is true right now. */
static json_t *document(const struct job *job, const struct lab *lab)
{
	json_t *doc = lab_to_json(lab), *live = json_object();
	char text[PATH_MAX];

	json_object_set_new(doc, "schema", json_string("ovslab.inspect/1"));
	json_object_set_new(doc, "status", json_string(bench_condition(lab)));
	json_object_set_new(doc, "netns", json_string(labdir_netns(lab, text, sizeof(text))));
	json_object_set_new(doc, "libvirt_uri", json_string(vm_uri(lab, text, sizeof(text))));
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		json_object_set_new(live, lab->nodes[i].name, json_boolean(vm_alive(&lab->nodes[i])));
	json_object_set_new(live, "switch", json_boolean(ovs_alive(job, lab, NULL) == 0));
	json_object_set_new(live, "command_at_work", json_boolean(labdir_locked(lab->name)));
	json_object_set_new(doc, "live", live);
	return doc;
}

static const char *condition_of(const struct lab *lab, const struct lab_node *node)
{
	return !vm_alive(node) ? "DOWN" : vm_paused(lab, node) ? "paused" : "alive";
}

static void print_node(const struct lab *lab, const struct lab_node *node)
{
	printf("  %-6s %-10s %-24s %s\n", node->name, node->addr, node->addr6, condition_of(lab, node));
	fputs("         ", stdout);
	if (node->tap[0])
		printf("%s on br0 port %u, mac %s, ", node->tap, node->ofport, node->mac);
	printf("QEMU pid %d, kernel %s\n", (int)node->pid, node->kernel[0] ? node->kernel : "unknown");
}

static const char *switch_condition(const struct job *job, const struct lab *lab)
{
	const struct lab_node *sw = lab_switch_node(lab);

	if (sw && vm_alive(sw) && vm_paused(lab, sw))
		return "is paused";
	return ovs_alive(job, lab, NULL) == 0 ? "answers" : "does NOT answer";
}

static void print_switch(const struct job *job, const struct lab *lab)
{
	const struct lab_ovs *ovs = &lab->ovs;

	printf("switch   Open vSwitch %s, %s\n", ovs->version[0] ? ovs->version : "unknown",
	       switch_condition(job, lab));
	if (ovs->package[0])
		printf("         package %s\n", ovs->package);
	else if (lab->bench.ovs[0])
		printf("         from %s\n", lab->bench.ovs);
	if (ovs->kernel[0])
		printf("         kernel %s (%s)\n", ovs->kernel, ovs->kernel_build);
	if (ovs->dispatch[0])
		printf("         upcalls %s, %u handlers, %u revalidators\n", ovs->dispatch, ovs->handlers,
		       ovs->revalidators);
	if (ovs->cpus[0])
		printf("         CPUs: %s\n", ovs->cpus);
	for (unsigned int i = 0; i < lab->n_wires; i++)
		printf("         %s: %s to %s, port %u (%s)\n", lab_wire_names[lab->bench.wire],
		       lab->wires[i].tap, lab->wires[i].switch_tap, lab->wires[i].ofport,
		       lab->wires[i].port);
}

static void print_text(const struct job *job, const struct lab *lab)
{
	char text[PATH_MAX];

	printf("lab      %s (%s)\n", lab->name, bench_condition(lab));
	if (lab->trial[0])
		printf("trial    %s, by process %d\n", lab->trial, (int)lab->creator);
	printf("bench    %s datapath, offloads %s, accel %s, %u vCPU and %u MiB each\n",
	       lab_datapath_names[lab->bench.datapath], lab_offloads_names[lab->bench.offloads],
	       lab_accel_names[lab->bench.accel], lab->bench.vcpus, lab->bench.memory_mib);
	if (lab_switch_node(lab))
		printf("         the switch's VM: %u vCPU and %u MiB\n", lab->bench.switch_vcpus,
		       lab->bench.switch_memory_mib);
	if (lab->bench.pins[0])
		printf("         pinned: %s\n", lab->bench.pins);
	printf("why      %s\n         %s\n", lab->why_switch, lab->why_accel);
	if (lab->saved[0])
		printf("saved    %.12s, %s\n", lab->saved, lab->restored ? "restored from it" :
		       "booted, saved as it, and back from that");
	print_switch(job, lab);
	printf("nodes\n");
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		print_node(lab, &lab->nodes[i]);
	printf("netns    %s\n", labdir_netns(lab, text, sizeof(text)));
	printf("libvirt  %s\n", vm_uri(lab, text, sizeof(text)));
	printf("files    %s\n", lab->dir);
	for (unsigned int i = 0; i < lab->n_phases; i++)
		printf("%s%s %.2f s%s", i ? ", " : "phases   ", lab->phases[i].name,
		       lab->phases[i].seconds, i + 1 == lab->n_phases ? "\n" : "");
}

static int run_inspect(const struct session *s, int argc, char **argv, struct err *err)
{
	struct lab lab;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc < 0)
		return rc;
	if (s->json)
		return print_json(document(&s->job, &lab), err);
	print_text(&s->job, &lab);
	return STATUS_OK;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.group = GROUP_BENCH,
	.summary = "show all that is known of a lab",
	.about = "The bench, the nodes with their addresses and processes, where things are, and how "
		 "long each phase of 'up' took. Works while another command runs.",
	.examples = "ovslab inspect\novslab inspect --json | jq '.phases'",
	.timeout = 30,
	.flags = CMD_JSON,
	.run = run_inspect,
};
