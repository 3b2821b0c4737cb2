// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_switch.c - 'ovslab switch show', 'switch restart', 'switch place', 'switch flows'
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "core/utf8.h"
#include "core/util.h"
#include "host/input.h"
#include "host/labdir.h"
#include "host/ovs.h"
#include "run/bench.h"
#include "run/place.h"

#define FLOWS_MAX (1u << 20)		/* bytes of a file of flows */

static json_t *document(const struct lab *lab, const struct lab_ovs *ovs)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:s}",
			 "schema", "ovslab.switch/1", "switch", lab_switch_names[lab->bench.place],
			 "ovs_source", lab->bench.ovs, "kernel_source", lab->bench.ovs_kernel,
			 "datapath", lab_datapath_names[lab->bench.datapath],
			 "ovs_version", ovs->version, "ovs_package", ovs->package,
			 "kernel", ovs->kernel, "kernel_build", ovs->kernel_build, "dispatch",
			 ovs->dispatch, "handlers", (json_int_t)ovs->handlers, "revalidators",
			 (json_int_t)ovs->revalidators, "placed_irq", lab->placement.irq,
			 "placed_handlers", lab->placement.handlers, "cpus", ovs->cpus);
}

static void print_text(const struct lab *lab, const struct lab_ovs *ovs)
{
	bool in_vm = lab_switch_node(lab);

	print_filled("Open vSwitch  ", "%s%s%s", ovs->version, ovs->package[0] ? ", package " : "",
	       ovs->package);
	print_filled("datapath      ", "%s", lab_datapath_names[lab->bench.datapath]);
	print_filled("runs          ", "%s, kernel %s (%s)", in_vm ? "in a VM" : "on the host", ovs->kernel,
	       ovs->kernel_build);
	if (in_vm)
		print_filled("made from     ", "%s, kernel %s", lab->bench.ovs, lab->bench.ovs_kernel);
	if (ovs->dispatch[0])
		print_filled("upcalls       ", "%s, to %u handler threads", ovs->dispatch, ovs->handlers);
	print_filled("revalidators  ", "%u", ovs->revalidators);
	if (lab->placement.irq[0])
		print_filled("asked         ", "receive interrupts on CPU %s", lab->placement.irq);
	if (lab->placement.handlers[0])
		print_filled("asked         ", "handlers on CPUs %s", lab->placement.handlers);
	if (ovs->cpus[0])
		print_filled("CPUs          ", "%s", ovs->cpus);
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
	.about = "Tells the versions with the distribution's patch level, the kernel below it, how that hands "
		 "misses to vswitchd, how many threads take them, and on which CPUs of a VM these and the "
		 "ports' receive interrupts may run: asked now, not remembered.",
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
		rc = place_again(&s->job, &lab, err);
	if (rc == 0)
		rc = labdir_save(&lab, err);
	return rc < 0 ? rc : show(s, &lab, err);
}

const struct command cmd_switch_restart = {
	.name = "switch restart",
	.group = GROUP_BENCH,
	.summary = "end vswitchd and start it again",
	.about = "Bridge, ports and settings stay: they are in the database. Flows that were set by "
		 "OpenFlow go, as they do with any restart; where 'switch place' has put its handlers stays. "
		 "Returns when vswitchd answers and has its upcall handlers.",
	.examples = "ovslab exec sw -- ovs-vsctl set Open . \\\n    other_config:n-handler-threads=1\n"
		    "ovslab switch restart",
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_switch_restart,
};

/* ---- placement ---------------------------------------------------------------------- */

static struct place_config {
	const char *irq, *handlers;
	bool reset;
} place;

static const struct opt place_opts[] = {
	{ "irq", 0, OPT_STRING(struct place_config, irq), .arg = "CPU",
	  .help = "CPU of the ports' receive interrupts" },
	{ "handlers", 0, OPT_STRING(struct place_config, handlers), .arg = "CPU,...",
	  .help = "CPUs of the upcall handlers, in the order of their creation" },
	{ "reset", 0, OPT_FLAG(struct place_config, reset), .help = "anywhere again" },
	{ .name = NULL },
};

static int read_placement(struct lab_placement *ret, struct err *err)
{
	*ret = (struct lab_placement){ 0 };
	if (place.reset == (place.irq || place.handlers))
		return err_set(err, STATUS_USAGE, EINVAL, place.reset ?
			       "--reset goes alone" : "--irq, --handlers, or --reset?");
	if ((place.irq && strlen(place.irq) >= sizeof(ret->irq)) ||
	    (place.handlers && strlen(place.handlers) >= sizeof(ret->handlers)))
		return err_set(err, STATUS_USAGE, E2BIG, "too long a list of CPUs");
	strcpy(ret->irq, place.irq ? place.irq : "");
	strcpy(ret->handlers, place.handlers ? place.handlers : "");
	return 0;
}

static int run_switch_place(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_close_ int lock = -1;
	struct lab_placement placement;
	struct lab lab;
	int rc = read_placement(&placement, err);

	if (rc == 0)
		rc = labdir_load(s->lab, &lab, err);
	if (rc == 0)
		rc = labdir_lock(&s->job, s->lab, &lock, err);
	if (rc == 0)
		rc = bench_enter(s->lab, &lab, err);
	if (rc == 0)
		rc = place.reset ? place_reset(&s->job, &lab, err) :
		     place_set(&s->job, &lab, &placement, err);
	if (rc == 0)
		rc = ovs_ask(&s->job, &lab, &lab.ovs, err);
	if (rc == 0)
		rc = labdir_save(&lab, err);
	return rc < 0 ? rc : show(s, &lab, err);
}

const struct command cmd_switch_place = {
	.name = "switch place",
	.group = GROUP_BENCH,
	.summary = "put the switch's interrupts and handlers on CPUs of its VM",
	.about = "Which CPU receives a packet decides which handler of vswitchd gets it when it misses, and "
		 "whether two of them work at the same time; some bugs need an adverse placement. The "
		 "handlers are given in the order of their creation: with the per-CPU dispatch the first "
		 "has what misses on CPU 0. Receive packet steering (RPS) of the ports is switched off.\n\n"
		 "It stays: 'switch restart' and each 'measure' put them there again, and a run tells both "
		 "what was asked for and where they were. QEMU's own threads on the host are placed by 'up "
		 "--pin'.",
	.examples = "# the first handler away from where packets come in\n"
		    "ovslab switch place --irq 0 --handlers 1,0\n"
		    "ovslab switch place --reset",
	.opts = place_opts,
	.config = &place,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_switch_place,
};

/* ---- OpenFlow ------------------------------------------------------------------------ */

static int read_flows(const struct session *s, const char *name, char **ret, struct err *err)
{
	_cleanup_free_ char *text = calloc(1, FLOWS_MAX + 1);
	struct input *in = NULL;
	size_t len = 0;
	ssize_t n = 1;
	int rc = text ? input_open(&s->job, name, &in, err) : -ENOMEM;

	while (rc == 0 && n > 0 && len <= FLOWS_MAX) {
		n = input_read(in, text + len, FLOWS_MAX + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (rc == 0 && n < 0)
		rc = err_set(err, STATUS_USAGE, (int)-n, "%s: %s", input_title(name), input_why(in));
	else if (rc == 0 && len > FLOWS_MAX)
		rc = err_set(err, STATUS_USAGE, EFBIG, "%s: longer than %u bytes", input_title(name),
			     FLOWS_MAX);
	else if (rc == 0 && strlen(text) != len)
		rc = err_set(err, STATUS_USAGE, EBADMSG, "%s: no text", input_title(name));
	input_close(in);
	if (rc == 0)
		*ret = take_ptr(text);
	return rc;
}

/* A tool that failed, beside a switch that answers: the flows are no good. */
static int replace_flows(const struct session *s, const struct lab *lab, const char *flows,
			 const char *name, struct err *err)
{
	int rc = ovs_set_flows(&s->job, lab, flows, err);

	if (rc != -ECHILD || ovs_alive(&s->job, lab, NULL) < 0)
		return rc;
	err->status = STATUS_USAGE;
	err_hint(err, "flows are written as in ovs-ofctl(8), one a line; nothing was changed");
	return err_wrap(err, rc, "%s is refused", input_title(name));
}

static int run_switch_flows(const struct session *s, int argc, char **argv, struct err *err)
{
	_cleanup_free_ char *flows = NULL;
	struct lab lab;
	int rc = argc ? read_flows(s, argv[0], &flows, err) : 0;

	if (rc == 0)
		rc = bench_enter(s->lab, &lab, err);
	if (rc == 0 && argc)
		return replace_flows(s, &lab, flows, argv[0], err);
	if (rc == 0)
		rc = ovs_flows(&s->job, &lab, &flows, err);
	if (rc < 0)
		return rc;
	utf8_clean(flows, strlen(flows));	/* a guest wrote it */
	fputs(flows, stdout);
	return STATUS_OK;
}

const struct command cmd_switch_flows = {
	.name = "switch flows",
	.group = GROUP_BENCH,
	.args = "[FILE]",
	.args_max = 1,
	.summary = "replace the switch's OpenFlow tables, or print them",
	.about = "Without FILE, prints the flows that there are. FILE has one flow a line, in the syntax of "
		 "ovs-ofctl(8); '-' is the standard input. All flows of before go, in one transaction, and the megaflows are purged: narrower ones of "
		 "the old flows would live on otherwise. 'priority=0,actions=NORMAL' is what a new lab has.",
	.examples = "echo 'priority=0,actions=NORMAL' | ovslab switch flows -\n"
		    "ovslab switch flows",
	.timeout = 60,
	.flags = CMD_ROOT,
	.run = run_switch_flows,
};
