// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_image.c - 'ovslab image build', 'image list'
 */
#include "cmd.h"

#include <stdio.h>
#include <time.h>

#include "core/lab.h"
#include "core/util.h"
#include "host/image.h"
#include "host/warm.h"
#include "report/table_text.h"
#include "report/units.h"

static const char *text_of(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "unknown";
}

static uint64_t number_of(const json_t *doc, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(doc, key));

	return n > 0 ? (uint64_t)n : 0;
}

/* Modules and userland, as they are booted; images of earlier recipes have one. */
static uint64_t initramfs_bytes(const json_t *manifest)
{
	return number_of(manifest, "modules_bytes") + number_of(manifest, "initrd_bytes");
}

/* 'auto' is 0, so both are one more than what they stand for. */
static const char *const roles[] = { "auto", IMAGE_ROLES, NULL };
static const char *const suites[] = { "auto", LAB_SUITES, NULL };

static struct build_config {
	int role, suite;
} config;

static const struct opt build_opts[] = {
	{ "role", 0, OPT_CHOICE(struct build_config, role), .choices = roles,
	  .help = "what the image is for" },
	{ "suite", 0, OPT_CHOICE(struct build_config, suite), .choices = suites,
	  .help = "Debian suite that it is made from" },
	{ .name = NULL },
};

static struct image_spec asked_spec(void)
{
	struct image_spec spec = { .role = config.suite ? IMAGE_SWITCH : IMAGE_NODE };

	if (config.role)
		spec.role = (enum image_role)(config.role - 1);
	if (config.suite)
		snprintf(spec.suite, sizeof(spec.suite), "%s", suites[config.suite]);
	return spec;
}

static int run_image_build(const struct session *s, int argc, char **argv, struct err *err)
{
	struct image_spec spec = asked_spec();
	struct image image = { 0 };
	struct unit_text size;
	int rc = image_build(&s->job, &spec, &image, err);

	if (rc < 0)
		return rc;
	if (s->json)
		rc = print_json(json_incref(image.manifest), err);
	else
		printf("%s image %.12s: %s, kernel %s, initramfs %s\n",
		       image_role_names[image.spec.role], image.key, image.spec.suite,
		       text_of(image.manifest, "kernel_release"),
		       units_bytes(&size, initramfs_bytes(image.manifest)));
	image_release(&image);
	return rc;
}

const struct command cmd_image_build = {
	.name = "image build",
	.group = GROUP_IMAGE,
	.summary = "build a guest image from Debian packages, unless it is there",
	.about = "Kernel and initramfs are made with mmdebstrap and kept in the cache, under a key "
		 "that is a hash of the recipe: a changed recipe makes a new image. 'ovslab up' does "
		 "this by itself when an image is missing.\n\n"
		 "An image is for the nodes or, with Open vSwitch in it, for a switch that is a VM. "
		 "Role auto is switch where a suite is given, else node. Suite auto is bookworm or "
		 "OVSLAB_SUITE for nodes, trixie for the switch.",
	.examples = "ovslab image build\n"
		    "# a switch with Debian unstable's Open vSwitch and kernel\n"
		    "ovslab image build --suite sid",
	.opts = build_opts,
	.config = &config,
	.timeout = 900,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_image_build,
};

/* Open vSwitch of a switch's image, by its package. */
static const char *ovs_of(const struct image *image)
{
	return image->spec.role != IMAGE_SWITCH ? "-" :
	       text_of(json_object_get(image->manifest, "packages"), "openvswitch-switch");
}

static int print_images(const struct image *images, size_t n)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "IMAGE", TABLE_LEFT);
	table_column(&t, "ROLE", TABLE_LEFT);
	table_column(&t, "SUITE", TABLE_LEFT);
	table_column(&t, "INITRAMFS", TABLE_RIGHT);
	table_column(&t, "BUILT", TABLE_LEFT);
	table_column(&t, "STATE", TABLE_LEFT);
	table_column(&t, "OPEN VSWITCH, KERNEL", TABLE_FOLD);
	for (size_t i = 0; i < n; i++) {
		const json_t *m = images[i].manifest;
		struct unit_text size;

		table_cell(&t, "%.12s", images[i].key);
		table_cell(&t, "%s", image_role_names[images[i].spec.role]);
		table_cell(&t, "%s", images[i].spec.suite);
		table_cell(&t, "%s", units_bytes(&size, initramfs_bytes(m)));
		table_cell(&t, "%.10s", text_of(m, "built_at"));
		table_cell(&t, "%s", images[i].current ? "in use" : "old recipe");
		table_cell(&t, "%s, %s", ovs_of(&images[i]), text_of(m, "kernel_release"));
	}
	rc = table_print(stdout, &t, terminal_columns(STDOUT_FILENO), false);
	table_free(&t);
	return rc;
}

/* ---- saved labs ------------------------------------------------------------------ */

static json_t *saved_rows(const struct warm_item *items, size_t n)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, json_pack("{s:s,s:s,s:s,s:I,s:I,s:s}", "key",
						      items[i].saved.key, "what", items[i].saved.what,
						      "accel", items[i].saved.accel, "bytes",
						      (json_int_t)items[i].saved.bytes, "used_s",
						      (json_int_t)(items[i].used_ns / 1000000000),
						      "broken", items[i].broken));
	return rows;
}

static int print_saved(const struct warm_item *items, size_t n)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "SAVED LAB", TABLE_LEFT);
	table_column(&t, "ACCEL", TABLE_LEFT);
	table_column(&t, "SIZE", TABLE_RIGHT);
	table_column(&t, "USED", TABLE_LEFT);
	table_column(&t, "WHAT", TABLE_FOLD);
	for (size_t i = 0; i < n; i++) {
		time_t used_s = (time_t)(items[i].used_ns / 1000000000);
		struct unit_text size;
		char used[32];
		struct tm tm;

		strftime(used, sizeof(used), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&used_s, &tm));
		table_cell(&t, "%.12s", items[i].saved.key);
		table_cell(&t, "%s", items[i].broken[0] ? "-" : items[i].saved.accel);
		table_cell(&t, "%s", units_bytes(&size, items[i].saved.bytes));
		table_cell(&t, "%s", used);
		table_cell(&t, "%s", items[i].broken[0] ? items[i].broken : items[i].saved.what);
	}
	rc = table_print(stdout, &t, terminal_columns(STDOUT_FILENO), false);
	table_free(&t);
	return rc;
}

static int run_image_list(const struct session *s, int argc, char **argv, struct err *err)
{
	struct warm_item *saved = NULL;
	size_t n, n_saved = 0;
	struct image *images;
	json_t *rows;
	int rc = image_list(&images, &n, err);

	if (rc < 0)
		return rc;
	rc = warm_list(&saved, &n_saved, err);
	if (rc < 0) {
		image_list_free(images, n);
		return rc;
	}
	rows = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, json_pack("{s:b,s:O}", "current", images[i].current, "image",
						      images[i].manifest));
	if (s->json)
		rc = print_json(json_pack("{s:s,s:O,s:o}", "schema", "ovslab.images/1", "images", rows,
					  "saved_labs", saved_rows(saved, n_saved)), err);
	else if (n)
		rc = print_images(images, n);
	else
		printf("no images; 'ovslab image build' makes one\n");
	if (rc == 0 && n_saved && !s->json) {
		putchar('\n');
		rc = print_saved(saved, n_saved);
	}
	json_decref(rows);
	free(saved);
	image_list_free(images, n);
	return rc;
}

const struct command cmd_image_list = {
	.name = "image list",
	.group = GROUP_IMAGE,
	.summary = "list the guest images and the saved labs in the cache",
	.about = "Images that the present recipe gives for their role and suite are marked as in use. "
		 "Saved labs, which 'up --warm' restores, come with their last use; the last used first.",
	.examples = "ovslab image list",
	.timeout = 30,
	.flags = CMD_JSON,
	.run = run_image_list,
};
