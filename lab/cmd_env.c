// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_env.c - 'ovslab env'
 */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "host/labdir.h"
#include "host/ovs.h"
#include "host/proc.h"
#include "host/vm.h"

static void add(json_t *vars, const char *name, const char *value)
{
	json_object_set_new(vars, name, json_string(value));
}

/* What points the tools to the lab; the owner mark is for its own processes alone. */
static json_t *variables(const struct lab *lab)
{
	json_t *vars = json_object();
	struct ovs_env env;
	char text[PATH_MAX], root[PATH_MAX];

	add(vars, "OVSLAB_LAB", lab->name);
	ovs_env(lab, &env);
	/* also of a switch in a VM: there is nothing at that path, and the host's is left alone */
	for (const char **row = env.rows; *row; row++) {
		const char *eq = strchr(*row, '=');
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(eq - *row), *row);
		if (strcmp(name, PROC_OWNER_ENV) != 0)
			add(vars, name, eq + 1);
	}
	add(vars, "LIBVIRT_DEFAULT_URI", vm_uri(lab, text, sizeof(text)));
	labdir_path(lab, "lv", root, sizeof(root));
	add(vars, "LIBVIRT_LOG_OUTPUTS", vm_log_outputs(root, text, sizeof(text)));
	add(vars, "OVSLAB_NETNS", labdir_netns(lab, text, sizeof(text)));
	return vars;
}

/* In single quotes, where only they themselves are special to a shell. */
static void print_export(const char *name, const char *value)
{
	printf("export %s='", name);
	for (; *value; value++)
		if (*value == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*value);
	puts("'");
}

static int run_env(const struct session *s, int argc, char **argv, struct err *err)
{
	struct lab lab;
	const char *name;
	json_t *vars, *value;
	int rc = labdir_load(s->lab, &lab, err);

	if (rc < 0)
		return rc;
	vars = variables(&lab);
	if (s->json)
		return print_json(json_pack("{s:s,s:o}", "schema", "ovslab.env/1", "variables", vars), err);
	if (lab_switch_node(&lab))
		job_progress(&s->job, "env", "the switch is in a VM: run OVS's tools by 'ovslab exec sw -- ...'");
	json_object_foreach(vars, name, value)
		print_export(name, json_string_value(value));
	json_decref(vars);
	return STATUS_OK;
}

const struct command cmd_env = {
	.name = "env",
	.group = GROUP_BENCH,
	.summary = "print variables that point OVS's tools and virsh to a lab",
	.about = "With these in the environment ovs-vsctl, ovs-ofctl, ovs-appctl and virsh talk to the "
		 "lab. virsh list, dumpxml and dominfo work with them; consoles and guest commands go "
		 "by 'ovslab console' and 'ovslab exec', because libvirt's embedded driver is open "
		 "for just one call of virsh. The taps are in the network namespace $OVSLAB_NETNS: reach them with "
		 "'ip netns exec'. Where the switch is a VM, OVS's tools are run in it instead: "
		 "'ovslab exec sw -- ovs-vsctl show'.",
	.examples = "eval \"$(ovslab env)\"; virsh list\n"
		    "# where the switch runs on the host\n"
		    "ovs-vsctl show; ovs-ofctl dump-flows br0\n"
		    "ip netns exec $OVSLAB_NETNS tcpdump -ni tap-vm1",
	.flags = CMD_JSON,
	.run = run_env,
};
