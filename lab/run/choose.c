// SPDX-License-Identifier: GPL-2.0
/*
 * choose.c - what 'auto' means on this host, and why
 */
#include "run/choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/accel.h"
#include "host/image.h"
#include "host/ovs.h"
#include "host/versions.h"

#define NO_MODULE "this host's kernel has no openvswitch module loaded"

/* Options that mean a VM: with a switch on the host they would be without effect. */
static bool asks_for_vm(const struct lab_bench *asked)
{
	char cpus[LAB_PINS_MAX];

	return asked->ovs[0] || asked->ovs_kernel[0] || asked->wire != LAB_WIRE_BRIDGE ||
	       asked->switch_vcpus != CHOOSE_SWITCH_VCPUS ||
	       asked->switch_memory_mib != CHOOSE_SWITCH_MIB ||
	       lab_pin(asked->pins, LAB_SWITCH_NAME, cpus, sizeof(cpus));
}

static int check_asked(const struct lab_bench *asked, struct err *err)
{
	int rc = 0;

	if (asked->place == LAB_SWITCH_HOST && asks_for_vm(asked)) {
		rc = err_set(err, STATUS_USAGE, EINVAL,
			     "--ovs, --ovs-kernel, --switch-vcpus, --switch-memory, --wire and a --pin of "
			     LAB_SWITCH_NAME " are for a switch in a VM");
		err_hint(err, "use --switch vm with them");
	} else if (asked->place == LAB_SWITCH_HOST && asked->datapath == LAB_DATAPATH_KERNEL &&
		   ovs_module() == OVS_MODULE_NONE) {
		rc = err_set(err, STATUS_HOST, ENOTSUP, "this host's kernel has no openvswitch module");
		err_hint(err, "use --switch vm, or --datapath userspace");
	}
	return rc;
}

/* The reason stands in the one line that 'up' prints about it. */
static const char *choose_place(struct lab_bench *bench, const struct lab_bench *asked, bool have)
{
	if (asked->place == LAB_SWITCH_HOST && asked->datapath == LAB_DATAPATH_AUTO && !have)
		return "the host as asked; " NO_MODULE;
	if (asked->place != LAB_SWITCH_AUTO)
		return "as asked";
	bench->place = LAB_SWITCH_VM;
	if (asks_for_vm(asked))
		return "what was asked for needs that";
	if (have || asked->datapath == LAB_DATAPATH_USERSPACE)
		bench->place = LAB_SWITCH_HOST;
	if (asked->datapath == LAB_DATAPATH_USERSPACE)
		return "the datapath as asked";
	return have ? "this host's kernel has the openvswitch module loaded" : NO_MODULE;
}

static void choose_datapath(struct lab *lab, bool have)
{
	struct lab_bench *bench = &lab->bench;
	bool kernel = bench->place == LAB_SWITCH_VM || have;

	if (bench->datapath == LAB_DATAPATH_AUTO)
		bench->datapath = kernel ? LAB_DATAPATH_KERNEL : LAB_DATAPATH_USERSPACE;
	if (bench->offloads == LAB_OFFLOADS_AUTO)
		bench->offloads = bench->datapath == LAB_DATAPATH_KERNEL ?
			LAB_OFFLOADS_ON : LAB_OFFLOADS_OFF;
	snprintf(lab->why_datapath, sizeof(lab->why_datapath), "%s datapath%s",
		 lab_datapath_names[bench->datapath],
		 lab->asked.datapath != LAB_DATAPATH_AUTO ? " as asked" :
		 kernel ? "" : ": " NO_MODULE);
}

static void choose_sources(struct lab_bench *bench)
{
	if (!bench->ovs[0])
		snprintf(bench->ovs, sizeof(bench->ovs), "debian:%s", CHOOSE_SUITE);
	if (!bench->ovs_kernel[0])
		snprintf(bench->ovs_kernel, sizeof(bench->ovs_kernel), "%s",
			 strncmp(bench->ovs, "debian:", 7) == 0 ? bench->ovs : "debian:" CHOOSE_SUITE);
}

static void tell(struct lab *lab, const char *reason)
{
	const struct lab_bench *bench = &lab->bench;

	if (bench->place == LAB_SWITCH_VM)
		snprintf(lab->why_switch, sizeof(lab->why_switch),
			 "switch in a VM (Open vSwitch %.30s, kernel %.30s), %s datapath: %s", bench->ovs,
			 bench->ovs_kernel, lab_datapath_names[bench->datapath], reason);
	else
		snprintf(lab->why_switch, sizeof(lab->why_switch), "switch on the host, %s datapath: %s",
			 lab_datapath_names[bench->datapath], reason);
}

int choose_switch(struct lab *lab, struct err *err)
{
	/* one that could be loaded would be loaded for good: that is for who asks for it */
	bool have = ovs_module() == OVS_MODULE_LOADED;
	const char *reason;
	int rc = check_asked(&lab->asked, err);

	if (rc < 0)
		return rc;
	lab->bench = lab->asked;
	reason = choose_place(&lab->bench, &lab->asked, have);
	choose_datapath(lab, have);
	if (lab->bench.place == LAB_SWITCH_VM) {
		choose_sources(&lab->bench);
		lab_add_switch(lab);
	}
	tell(lab, reason);
	return 0;
}

int choose_accel(const struct job *job, struct lab *lab, const char *kernel, struct err *err)
{
	unsigned int *accel = &lab->bench.accel;
	int rc;

	if (*accel == LAB_ACCEL_TCG) {
		snprintf(lab->why_accel, sizeof(lab->why_accel), "TCG as asked");
		return 0;
	}
	rc = accel_prove_kvm(job, kernel, lab->why_accel, sizeof(lab->why_accel), err);
	if (rc == -EINTR || rc == -ETIMEDOUT)
		return rc;
	if (rc < 0 && *accel == LAB_ACCEL_KVM) {
		err_wrap(err, rc, "KVM does not work here");
		err_hint(err, "use --accel tcg");
		return rc;
	}
	*accel = rc < 0 ? LAB_ACCEL_TCG : LAB_ACCEL_KVM;
	return 0;
}
