// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_inspect.c - 'ovslab inspect'
 */
#include "cmd.h"

#include "core/util.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "host/vm.h"
#include "run/bench.h"

#define BELOW "         "		/* behind the labels */

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
	if (node->tap[0])
		print_filled(BELOW, "%s on br0 port %u, mac %s", node->tap, node->ofport, node->mac);
	print_filled(BELOW, "QEMU pid %d, kernel %s", (int)node->pid,
		     node->kernel[0] ? node->kernel : "unknown");
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

	print_filled("switch   ", "Open vSwitch %s, %s", ovs->version[0] ? ovs->version : "unknown",
	       switch_condition(job, lab));
	if (ovs->package[0])
		print_filled(BELOW, "package %s", ovs->package);
	else if (lab->bench.ovs[0])
		print_filled(BELOW, "from %s", lab->bench.ovs);
	if (ovs->kernel[0])
		print_filled(BELOW, "kernel %s (%s)", ovs->kernel, ovs->kernel_build);
	if (ovs->dispatch[0])
		print_filled(BELOW, "upcalls %s, %u handlers, %u revalidators", ovs->dispatch, ovs->handlers,
		       ovs->revalidators);
	if (ovs->cpus[0])
		print_filled(BELOW, "CPUs: %s", ovs->cpus);
	for (unsigned int i = 0; i < lab->n_wires; i++)
		print_filled(BELOW, "%s: %s to %s, port %u (%s)", lab_wire_names[lab->bench.wire],
		       lab->wires[i].tap, lab->wires[i].switch_tap, lab->wires[i].ofport,
		       lab->wires[i].port);
}

static void print_phases(const struct lab *lab)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return;
	for (unsigned int i = 0; i < lab->n_phases; i++)
		fprintf(f, "%s%s %.2f s", i ? ", " : "", lab->phases[i].name, lab->phases[i].seconds);
	if (fclose(f) == 0 && lab->n_phases)
		print_filled("phases   ", "%s", text);
}

static void print_text(const struct job *job, const struct lab *lab)
{
	char text[PATH_MAX];

	printf("lab      %s (%s)\n", lab->name, bench_condition(lab));
	if (lab->trial[0])
		print_filled("trial    ", "%s, by process %d", lab->trial, (int)lab->creator);
	print_filled("bench    ", "%s datapath, offloads %s, accel %s, %u vCPU and %u MiB each",
	       lab_datapath_names[lab->bench.datapath], lab_offloads_names[lab->bench.offloads],
	       lab_accel_names[lab->bench.accel], lab->bench.vcpus, lab->bench.memory_mib);
	if (lab_switch_node(lab))
		print_filled(BELOW, "the switch's VM: %u vCPU and %u MiB", lab->bench.switch_vcpus,
		       lab->bench.switch_memory_mib);
	if (lab->bench.pins[0])
		print_filled(BELOW, "pinned: %s", lab->bench.pins);
	print_filled("why      ", "%s", lab->why_switch);
	print_filled(BELOW, "%s", lab->why_accel);
	if (lab->saved[0])
		print_filled("saved    ", "%.12s, %s", lab->saved, lab->restored ? "restored from it" :
		       "booted, saved as it, and back from that");
	print_switch(job, lab);
	printf("nodes\n");
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		print_node(lab, &lab->nodes[i]);
	print_filled("netns    ", "%s", labdir_netns(lab, text, sizeof(text)));
	print_filled("libvirt  ", "%s", vm_uri(lab, text, sizeof(text)));
	print_filled("files    ", "%s", lab->dir);
	print_phases(lab);
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
	.about = "Tells the bench, the nodes with their addresses and processes, where things are, and how "
		 "long each phase of 'up' took. Works while another command runs.",
	.examples = "ovslab inspect\novslab inspect --json | jq '.phases'",
	.timeout = 30,
	.flags = CMD_JSON,
	.run = run_inspect,
};
