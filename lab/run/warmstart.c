// SPDX-License-Identifier: GPL-2.0
/*
 * warmstart.c - a ready lab saved, and another one restored from it
 */
#include "run/warmstart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/util.h"
#include "host/datadir.h"
#include "host/labdir.h"
#include "host/versions.h"
#include "host/vm.h"

#define CONSOLE_SAVED "%s.console.log"
#define STATE_SAVED "lab.json"

/* The domain as it would be in a lab without name and place. */
static void add_domain(struct digest *d, const struct lab *lab, unsigned int i,
		       const struct domain_boot *boot)
{
	const struct domain_boot nowhere = { "/kernel", "/initrd", boot->cmdline };
	_cleanup_free_ struct lab *copy = malloc(sizeof(*copy));
	_cleanup_free_ char *xml = NULL;

	if (!copy && d->rc == 0)
		d->rc = err_set(&d->err, STATUS_BENCH, ENOMEM, "out of memory");
	if (d->rc == 0) {
		*copy = *lab;
		strcpy(copy->dir, "/lab");
		strcpy(copy->id, "id");
		d->rc = domain_xml(copy, &copy->nodes[i], &nowhere, &xml, &d->err);
	}
	digest_text(d, lab->nodes[i].name, xml ? xml : "");
	digest_file(d, "kernel", boot->kernel);
	digest_file(d, "initrd", boot->initrd);
}

/* With KVM a guest sees this host's CPU. */
static void add_cpu(struct digest *d)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192];

	while (f && fgets(line, sizeof(line), f) && *line != '\n')
		if (strncmp(line, "model name", 10) == 0 || strncmp(line, "flags", 5) == 0)
			digest_text(d, "cpu", line);
}

/* What a VM's memory has from this host: devices that QEMU emulates, features of taps. */
static int add_host(struct digest *d, const struct job *job, const struct lab *lab, struct err *err)
{
	char text[PATH_MAX];
	struct utsname host;
	int rc = versions_qemu(job, text, sizeof(text));

	if (rc < 0)
		return err_set(err, STATUS_HOST, rc, "QEMU does not tell its version");
	digest_text(d, "qemu", text);
	vm_libvirt_version(text, sizeof(text));
	digest_text(d, "libvirt", text);
	uname(&host);
	digest_text(d, "host kernel", host.release);
	if (lab->bench.accel == LAB_ACCEL_KVM)
		add_cpu(d);
	/* what this program does to a guest before it is ready */
	digest_file(d, "ovslab", "/proc/self/exe");
	digest_text(d, "datapath", lab_datapath_names[lab->bench.datapath]);
	rc = datadir_helper("ovslab-guest", text, sizeof(text), err);
	digest_file(d, "helper", text);
	return rc;
}

int warmstart_key(const struct job *job, const struct lab *lab, const struct domain_boot boots[],
		  char *ret, struct err *err)
{
	struct digest d;
	int rc, added;

	digest_begin(&d);
	added = add_host(&d, job, lab, err);
	for (unsigned int i = 0; i < lab->n_nodes; i++)
		add_domain(&d, lab, i, &boots[i]);
	rc = digest_end(&d, ret, added < 0 ? NULL : err);
	return added < 0 ? added : rc;
}

/* ---- consoles ----------------------------------------------------------------------- */

/* What a node has said belongs to it, but a lab without it is still whole. */
static void copy_consoles(const struct lab *lab, const char *dir, bool save)
{
	char here[PATH_MAX], there[PATH_MAX];

	for (unsigned int i = 0; i < lab->n_nodes; i++) {
		const char *name = lab->nodes[i].name;

		domain_path(lab, name, DOMAIN_CONSOLE_LOG, here, sizeof(here));
		snprintf(there, sizeof(there), "%.3900s/" CONSOLE_SAVED, dir, name);
		if (save)
			file_copy(here, there, NULL);
		else
			file_copy(there, here, NULL);
	}
}

/* ---- what the guests told --------------------------------------------------------------- */

static int save_state(const struct lab *lab, const char *dir, struct err *err)
{
	char here[PATH_MAX], there[PATH_MAX];

	snprintf(there, sizeof(there), "%.3900s/" STATE_SAVED, dir);
	return file_copy(labdir_path(lab, "state.json", here, sizeof(here)), there, err);
}

/* It is the same kernels and the same vswitchd that go on. */
static int recall(struct lab *lab, const char *dir, struct err *err)
{
	_cleanup_free_ struct lab *then = calloc(1, sizeof(*then));
	char path[PATH_MAX];
	json_t *doc;
	int rc;

	snprintf(path, sizeof(path), "%.3900s/" STATE_SAVED, dir);
	doc = then ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL;
	rc = lab_from_json(then, doc, err);
	json_decref(doc);
	if (rc < 0)
		return err_wrap(err, rc, "%s", path);
	for (unsigned int i = 0; i < lab->n_nodes && i < then->n_nodes; i++)
		memcpy(lab->nodes[i].kernel, then->nodes[i].kernel, sizeof(then->nodes[i].kernel));
	if (lab_switch_node(lab))
		lab->ovs = then->ovs;
	return 0;
}

/* ---- both ways ------------------------------------------------------------------------ */

int warmstart_save(const struct job *job, struct lab *lab, struct warm *w, struct err *err)
{
	struct saved *s = &w->saved;
	size_t n = 0;
	int rc;

	for (unsigned int i = 0; i < lab->n_nodes; i++)
		n += snprintf(s->what + n, sizeof(s->what) - n, "%s%s", i ? " " : "",
			      lab->nodes[i].name);
	snprintf(s->what + n, sizeof(s->what) - n, "; Open vSwitch %s, kernel %s", lab->ovs.version,
		 lab->ovs.kernel);
	snprintf(s->accel, sizeof(s->accel), "%s", lab_accel_names[lab->bench.accel]);
	if (versions_qemu(job, s->qemu_version, sizeof(s->qemu_version)) < 0)
		s->qemu_version[0] = '\0';
	vm_libvirt_version(s->libvirt_version, sizeof(s->libvirt_version));
	rc = vm_save(job, lab, w->dir, err);
	if (rc == 0)
		rc = save_state(lab, w->dir, err);
	if (rc == 0)
		copy_consoles(lab, w->dir, true);
	return rc < 0 ? err_wrap(err, rc, "saving the lab") : 0;
}

int warmstart_restore(const struct job *job, struct lab *lab, const struct domain_boot boots[],
		      const struct warm *w, struct err *err)
{
	int rc = recall(lab, w->dir, err);

	copy_consoles(lab, w->dir, false);
	if (rc == 0)
		rc = vm_restore(job, lab, boots, w->dir, err);
	return rc < 0 ? err_wrap(err, rc, "restoring the saved lab %.12s", w->saved.key) : 0;
}
