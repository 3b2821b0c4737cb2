// SPDX-License-Identifier: GPL-2.0
/*
 * boot.c - what the nodes of a lab boot
 */
#include "run/boot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/image_prune.h"
#include "host/labdir.h"
#include "host/versions.h"
#include "run/choose.h"

/* ---- images: before anything of the lab is made ------------------------------------- */

/* Until boot_release(): QEMU reads the files late. */
static int hold_image(struct boot *boot, const struct image *image, struct err *err)
{
	int fd = image_prune_hold(image);

	if (fd < 0) {
		err_set(err, STATUS_BENCH, fd, "image %.12s was removed just now", image->key);
		err_hint(err, "once more: 'ovslab up' builds it");
		return fd;
	}
	boot->held[boot->n_held++] = fd;
	return 0;
}

static int get_image(const struct job *job, const struct image_spec *spec, struct boot *boot,
		     struct image *ret, struct err *err)
{
	int rc = image_find(spec, ret, err);

	if (rc == -ENOENT) {
		err_reset(err);
		rc = image_build(job, spec, ret, err);
	}
	return rc == 0 ? hold_image(boot, ret, err) : rc;
}

static int get_switch_image(const struct job *job, const char *suite, struct boot *boot,
			    struct image *ret, struct err *err)
{
	struct image_spec spec = { .role = IMAGE_SWITCH };

	snprintf(spec.suite, sizeof(spec.suite), "%s", suite);
	return get_image(job, &spec, boot, ret, err);
}

/* A tree was most likely built here: then the libraries of this host's suite fit it. */
static const char *userland_suite(const struct lab_source *ovs, char *buf, size_t size)
{
	if (ovs->kind == LAB_FROM_DEBIAN)
		return ovs->suite;
	if (versions_suite(buf, size) == 0 && lab_suite_known(buf))
		return buf;
	return CHOOSE_SUITE;
}

static int get_switch_images(const struct job *job, const struct lab_bench *bench, struct boot *boot,
			     struct err *err)
{
	char suite[16];
	int rc = lab_source_parse(bench->ovs, false, &boot->ovs, err);

	if (rc == 0)
		rc = lab_source_parse(bench->ovs_kernel, true, &boot->ovs_kernel, err);
	if (rc == 0)
		rc = get_switch_image(job, userland_suite(&boot->ovs, suite, sizeof(suite)), boot,
				      &boot->sw_image, err);
	if (rc == 0 && boot->ovs_kernel.kind == LAB_FROM_DEBIAN)
		rc = get_switch_image(job, boot->ovs_kernel.suite, boot, &boot->sw_kernel, err);
	return rc;
}

int boot_images(const struct job *job, struct lab *lab, struct boot *boot, struct err *err)
{
	static const struct image_spec nodes = { .role = IMAGE_NODE };
	int rc = 0;

	if (boot->n_held > 0) {		/* a second attempt */
		snprintf(lab->image, sizeof(lab->image), "%s", boot->image.key);
		return 0;
	}
	if (!lab->asked.kernel[0] || !lab->asked.initrd[0]) {
		rc = get_image(job, &nodes, boot, &boot->image, err);
		snprintf(lab->image, sizeof(lab->image), "%s", boot->image.key);
	}
	if (rc == 0 && lab_switch_node(lab))
		rc = get_switch_images(job, &lab->bench, boot, err);
	return rc;
}

void boot_release(struct boot *boot)
{
	image_release(&boot->image);
	image_release(&boot->sw_image);
	image_release(&boot->sw_kernel);
	while (boot->n_held > 0)
		close(boot->held[--boot->n_held]);
}

/* One's own kernel may fail for reasons of its own: it proves nothing. */
const char *boot_proof_kernel(const struct lab *lab, const struct boot *boot)
{
	return boot->image.kernel[0] ? boot->image.kernel : lab->asked.kernel;
}

/* ---- files, in the lab's directory ----------------------------------------------------- */

static void node_cmdline(const struct lab *lab, const struct lab_node *node, char *buf, size_t size)
{
	bool is_switch = node == lab_switch_node(lab);
	int n = snprintf(buf, size, "%s ovslab.node=%s", image_cmdline(), node->name);

	if (!is_switch)
		n += snprintf(buf + n, size - n, " ovslab.addr=%s/24 ovslab.addr6=%s/64", node->addr,
			      node->addr6);
	n += snprintf(buf + n, size - n, " ovslab.hosts=");
	for (unsigned int i = 0; i < lab->n_vms && n < (int)size; i++)
		n += snprintf(buf + n, size - n, "%s%s:%s", i ? "," : "", lab->nodes[i].name,
			      lab->nodes[i].addr);
	if ((is_switch || !lab->bench.initrd[0]) && n < (int)size)
		snprintf(buf + n, size - n, " rdinit=/ovslab/init");
}

static int compose_node(const struct job *job, const struct lab *lab, struct boot *boot,
			struct err *err)
{
	const struct image_compose parts = { .userland = &boot->image, .kernel = &boot->image };
	const struct lab_bench *bench = &lab->bench;
	struct boot_files *files = &boot->node_files;

	snprintf(files->kernel, sizeof(files->kernel), "%s",
		 bench->kernel[0] ? bench->kernel : boot->image.kernel);
	if (bench->initrd[0]) {
		snprintf(files->initrd, sizeof(files->initrd), "%s", bench->initrd);
		return 0;
	}
	return image_compose(job, &parts,
			     labdir_path(lab, "initrd", files->initrd, sizeof(files->initrd)), err);
}

static int compose_switch(const struct job *job, const struct lab *lab, struct boot *boot,
			  struct err *err)
{
	bool own_kernel = boot->ovs_kernel.kind == LAB_FROM_FILE;
	const struct image_compose parts = {
		.userland = &boot->sw_image,
		.kernel = own_kernel ? NULL : &boot->sw_kernel,
		.ovs_tree = boot->ovs.kind == LAB_FROM_DIR ? boot->ovs.path : NULL,
		.modules_dir = own_kernel ? boot->ovs_kernel.modules : NULL,
	};
	struct boot_files *files = &boot->sw_files;

	snprintf(files->kernel, sizeof(files->kernel), "%s",
		 own_kernel ? boot->ovs_kernel.path : boot->sw_kernel.kernel);
	return image_compose(job, &parts,
			     labdir_path(lab, "sw.initrd", files->initrd, sizeof(files->initrd)), err);
}

int boot_compose(const struct job *job, const struct lab *lab, struct boot *boot, struct err *err)
{
	int rc = compose_node(job, lab, boot, err);

	if (rc == 0 && lab_switch_node(lab))
		rc = compose_switch(job, lab, boot, err);
	for (unsigned int i = 0; i < lab->n_nodes && rc == 0; i++) {
		const struct boot_files *files = i < lab->n_vms ? &boot->node_files : &boot->sw_files;

		node_cmdline(lab, &lab->nodes[i], boot->cmdlines[i], sizeof(boot->cmdlines[i]));
		boot->rows[i] = (struct domain_boot){ files->kernel, files->initrd,
						      boot->cmdlines[i] };
	}
	return rc;
}
