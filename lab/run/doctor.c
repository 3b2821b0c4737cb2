// SPDX-License-Identifier: GPL-2.0
/*
 * doctor.c - can this host run a lab?
 *
 * Each probe is one row: a question, and a function that answers it by trying.
 * To add one, write the function and its row.
 */
#include "run/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/util.h"
#include "host/accel.h"
#include "host/bpf_mangle.h"
#include "host/cachedir.h"
#include "host/image.h"
#include "host/labdir.h"
#include "host/netns.h"
#include "host/ovs.h"
#include "host/proc.h"
#include "host/tap.h"
#include "host/vm.h"
#include "run/bench.h"

#define SCRATCH_TAP "scratch0"
#define DISK_WANTED (UINT64_C(1) << 30)		/* building the image takes about that */
#define LEFT_NAMED 4				/* of the labs that nobody uses */
#define MEMORY_WANTED (UINT64_C(2) << 30)	/* three VMs of 512 MiB, and room */

const char *const doctor_level_names[] = { "ok", "note", "warn", "fail", NULL };

static void say(struct doctor_answer *a, enum doctor_level level, const char *evidence,
		const char *fix)
{
	a->level = level;
	snprintf(a->evidence, sizeof(a->evidence), "%.255s", evidence);
	snprintf(a->fix, sizeof(a->fix), "%.255s", fix ? fix : "");
}

/* A failure as an answer: its message is the evidence, its hint the fix. */
static void say_err(struct doctor_answer *a, enum doctor_level level, struct err *err,
		    const char *fix)
{
	say(a, level, err->msg, err->hint[0] ? err->hint : fix);
	err_reset(err);
}

/* ---- rights ----------------------------------------------------------------------- */

static void ask_root(const struct job *job, struct doctor_answer *ret)
{
	static const struct { int cap; const char *name; } wanted[] = {
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" }, { CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_BPF, "CAP_BPF" }, { CAP_NET_RAW, "CAP_NET_RAW" },
	};
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	char missing[128] = "";

	syscall(SYS_capget, &header, data);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!(data[wanted[i].cap / 32].effective & 1u << wanted[i].cap % 32))
			strcat(strcat(missing, " "), wanted[i].name);
	if (missing[0] || geteuid() != 0) {
		char text[192];

		snprintf(text, sizeof(text), "uid %d%s%s", (int)geteuid(),
			 missing[0] ? ", without" : "", missing);
		say(ret, DOCTOR_FAIL, text, "run ovslab as root");
	} else {
		say(ret, DOCTOR_OK, "uid 0 with all capabilities that it takes", NULL);
	}
}

/* ---- devices and programs, in a scratch namespace ------------------------------------ */

static int try_tun(void *arg, struct err *err)
{
	int fd, rc = netns_scratch(err);

	if (rc < 0)
		return rc;
	fd = tap_open(SCRATCH_TAP, err);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void ask_tun(const struct job *job, struct doctor_answer *ret)
{
	struct err err = { 0 };

	if (proc_call(job, try_tun, NULL, &err) < 0)
		say_err(ret, DOCTOR_FAIL, &err, "load the tun module: modprobe tun");
	else
		say(ret, DOCTOR_OK, "a tap device was made in a scratch namespace", NULL);
}

/* Attach a kind to a scratch tap; how it was attached comes back as the "error". */
static int try_mangler(void *arg, struct err *err)
{
	struct mangle_spec spec = mangle_spec_default(mangle_kind_find(arg));
	struct mangle_report report;
	_cleanup_close_ int fd = -1;
	int rc = netns_scratch(err);

	if (rc == 0)
		rc = fd = tap_open(SCRATCH_TAP, err);
	if (rc >= 0)
		rc = mangle_attach(SCRATCH_TAP, &spec, false, &report, err);
	if (rc < 0)
		return rc;
	return err_set(err, STATUS_OK, EALREADY, "%s", mangle_mode_name(report.mode));
}

static void ask_mangler(const struct job *job, const char *kind, const char *what,
			struct doctor_answer *ret)
{
	struct err err = { 0 };
	char text[192];

	if (proc_call(job, try_mangler, (void *)kind, &err) != -EALREADY) {
		say_err(ret, DOCTOR_FAIL, &err,
			"a kernel with CONFIG_BPF_SYSCALL, CONFIG_NET_CLS_BPF and CONFIG_NET_SCH_INGRESS");
		return;
	}
	snprintf(text, sizeof(text), "%.120s (%.40s mode)", what, err.msg);
	say(ret, DOCTOR_OK, text, NULL);
	err_reset(&err);
}

static void ask_clsact(const struct job *job, struct doctor_answer *ret)
{
	ask_mangler(job, "psh", "a program was loaded and put on a tap's clsact egress", ret);
}

static void ask_xdp(const struct job *job, struct doctor_answer *ret)
{
	ask_mangler(job, "ttl", "a program was loaded and put on a tap's XDP", ret);
}

/* ---- tools ------------------------------------------------------------------------------ */

static void ask_version(const struct job *job, const char *const argv[], const char *fix,
			struct doctor_answer *ret)
{
	struct proc_opts opts = { .limit_ms = 10000 };
	_cleanup_free_ char *out = NULL;
	struct err err = { 0 };

	if (proc_output(job, &opts, argv, &out, &err) < 0) {
		say_err(ret, DOCTOR_FAIL, &err, NULL);
		snprintf(ret->fix, sizeof(ret->fix), "%s", fix);
		return;
	}
	out[strcspn(out, "\n")] = '\0';
	say(ret, DOCTOR_OK, out, NULL);
}

static void ask_ovs(const struct job *job, struct doctor_answer *ret)
{
	ask_version(job, (const char *const[]){ "ovs-vswitchd", "--version", NULL },
		    "for --switch host alone: apt install openvswitch-switch", ret);
	if (ret->level == DOCTOR_FAIL)
		ret->level = DOCTOR_NOTE;
}

static void ask_qemu(const struct job *job, struct doctor_answer *ret)
{
	ask_version(job, (const char *const[]){ "qemu-system-x86_64", "--version", NULL },
		    "install QEMU: apt install qemu-system-x86", ret);
}

static void ask_tcpdump(const struct job *job, struct doctor_answer *ret)
{
	ask_version(job, (const char *const[]){ "tcpdump", "--version", NULL },
		    "install tcpdump: apt install tcpdump", ret);
}

static void ask_gnuplot(const struct job *job, struct doctor_answer *ret)
{
	ask_version(job, (const char *const[]){ "gnuplot", "--version", NULL },
		    "for the plots of 'report' alone: apt install gnuplot-nox", ret);
	if (ret->level == DOCTOR_FAIL)
		ret->level = DOCTOR_NOTE;
}

static void ask_module(const struct job *job, struct doctor_answer *ret)
{
	switch (ovs_module()) {
	case OVS_MODULE_LOADED:
		say(ret, DOCTOR_OK, "loaded: the kernel datapath can be used", NULL);
		break;
	case OVS_MODULE_LOADABLE:
		say(ret, DOCTOR_OK, "can be loaded, by --switch host --datapath kernel; else a VM has it", NULL);
		break;
	case OVS_MODULE_NONE:
		say(ret, DOCTOR_NOTE, "this kernel has none: the switch runs in a VM that has it", NULL);
		break;
	}
}

static void ask_libvirt(const struct job *job, struct doctor_answer *ret)
{
	char root[] = "/tmp/ovslab-doctor-XXXXXX", text[192], version[64];
	struct err err = { 0 };

	if (!mkdtemp(root)) {
		say(ret, DOCTOR_FAIL, strerror(errno), "/tmp must be writable");
		return;
	}
	if (vm_probe_embedded(job, root, version, sizeof(version), &err) < 0) {
		say_err(ret, DOCTOR_FAIL, &err,
			"install libvirt with its QEMU driver: apt install libvirt-daemon-system");
	} else {
		snprintf(text, sizeof(text), "libvirt %s opened it", version);
		say(ret, DOCTOR_OK, text, NULL);
	}
	tree_remove(root);
}

/* ---- virtual machines --------------------------------------------------------------------- */

static const struct image_spec node_image = { .role = IMAGE_NODE };

static void ask_image(const struct job *job, struct doctor_answer *ret)
{
	struct image image = { 0 };
	struct err err = { 0 };
	char text[192];

	if (image_find(&node_image, &image, &err) < 0) {
		say_err(ret, DOCTOR_NOTE, &err, "'ovslab up' builds it; or now: ovslab image build");
		return;
	}
	snprintf(text, sizeof(text), "%.12s is built, kernel %.100s", image.key,
		 json_string_value(json_object_get(image.manifest, "kernel_release")) ?: "unknown");
	say(ret, DOCTOR_OK, text, NULL);
	image_release(&image);
}

static void ask_kvm(const struct job *job, struct doctor_answer *ret)
{
	struct image image = { 0 };
	struct err err = { 0 };
	char why[160];

	if (access("/dev/kvm", F_OK) < 0) {
		say(ret, DOCTOR_NOTE, "no /dev/kvm: the VMs run emulated (TCG), slower but exact",
		    "enable virtualization in the firmware or the outer hypervisor");
		return;
	}
	if (image_find(&node_image, &image, &err) < 0) {
		err_reset(&err);
		say(ret, DOCTOR_NOTE, "/dev/kvm exists; the proof boots the image's kernel, not built yet",
		    "ovslab image build");
		return;
	}
	if (accel_prove_kvm(job, image.kernel, why, sizeof(why), &err) < 0)
		say_err(ret, DOCTOR_NOTE, &err, "the VMs run emulated (TCG): slower, counts are exact");
	else
		say(ret, DOCTOR_OK, why, NULL);
	image_release(&image);
}

/* ---- room ----------------------------------------------------------------------------------- */

static void ask_disk(const struct job *job, struct doctor_answer *ret)
{
	char dir[PATH_MAX], text[PATH_MAX];
	struct statvfs st;
	struct err err = { 0 };
	uint64_t free_bytes;

	/* the nearest folder that exists: asking must not make one */
	snprintf(dir, sizeof(dir), "%s", cachedir());
	while (access(dir, F_OK) < 0 && strrchr(dir, '/') > dir)
		*strrchr(dir, '/') = '\0';
	if (statvfs(dir, &st) < 0) {
		err_set(&err, STATUS_HOST, errno, "%s: %s", dir, strerror(errno));
		say_err(ret, DOCTOR_WARN, &err, NULL);
		return;
	}
	free_bytes = (uint64_t)st.f_bavail * st.f_frsize;
	snprintf(text, sizeof(text), "%.1f GiB free in %.100s",
		 (double)free_bytes / (UINT64_C(1) << 30), dir);
	say(ret, free_bytes < DISK_WANTED ? DOCTOR_WARN : DOCTOR_OK, text,
	    free_bytes < DISK_WANTED ? "building the image takes 1 GiB: make room, or set OVSLAB_CACHEDIR" :
	    NULL);
}

static void ask_memory(const struct job *job, struct doctor_answer *ret)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[256], text[64];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	snprintf(text, sizeof(text), "%.1f GiB available", (double)kib / (1 << 20));
	say(ret, kib << 10 < MEMORY_WANTED ? DOCTOR_WARN : DOCTOR_OK, text,
	    kib << 10 < MEMORY_WANTED ? "give the VMs less: ovslab up --memory 256M --switch-memory 384M" : NULL);
}

/* ---- leftovers ------------------------------------------------------------------------------- */

static void ask_labs(const struct job *job, struct doctor_answer *ret)
{
	char text[256] = "", fix[256] = "";
	unsigned int all = 0, left = 0;
	char **names = NULL;
	struct err err = { 0 };

	if (labdir_list(&names, &err) < 0) {
		say_err(ret, DOCTOR_WARN, &err, NULL);
		return;
	}
	for (char **n = names; *n; n++, all++) {
		size_t used = strlen(text), cured = strlen(fix);

		if (!bench_is_left(*n) || ++left > LEFT_NAMED)
			continue;
		snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "left by a command that "
			 "was killed, or could not take them down: ", *n);
		snprintf(fix + cured, sizeof(fix) - cured, "%sovslab -n %s down", cured ? "; " : "", *n);
	}
	labdir_list_free(names);
	if (!left)
		snprintf(text, sizeof(text), "%u lab%s, and none without an owner", all, all == 1 ? "" : "s");
	else if (left > LEFT_NAMED)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", and %u more", left - LEFT_NAMED);
	say(ret, left ? DOCTOR_WARN : DOCTOR_OK, text, fix);
}

const struct doctor_probe doctor_probes[] = {
	{ "root", "may it make namespaces, taps and BPF programs?", ask_root },
	{ "tun", "can a tap device be made?", ask_tun },
	{ "clsact", "can BPF be loaded and put on tc egress?", ask_clsact },
	{ "xdp", "does XDP work on a tap?", ask_xdp },
	{ "ovs", "is Open vSwitch installed?", ask_ovs },
	{ "openvswitch.ko", "has the kernel an OVS datapath?", ask_module },
	{ "qemu", "is QEMU installed?", ask_qemu },
	{ "libvirt", "does libvirt's embedded QEMU driver start?", ask_libvirt },
	{ "tcpdump", "is tcpdump installed?", ask_tcpdump },
	{ "gnuplot", "is gnuplot installed?", ask_gnuplot },
	{ "image", "is the guest image built?", ask_image },
	{ "kvm", "does KVM boot a kernel?", ask_kvm },
	{ "disk", "is there room for images?", ask_disk },
	{ "memory", "is there memory for three VMs?", ask_memory },
	{ "labs", "are there labs that nobody uses?", ask_labs },
	{ .name = NULL },
};

void doctor_ask(const struct job *job, const struct doctor_probe *probe,
		struct doctor_answer *ret)
{
	*ret = (struct doctor_answer){ 0 };
	probe->ask(job, ret);
}
