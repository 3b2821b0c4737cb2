// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_image.c - 'ovslab image build', 'image list'
 */
#include "cmd.h"

#include "core/util.h"
#include "host/image.h"
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

static int run_image_build(const struct session *s, int argc, char **argv, struct err *err)
{
	struct image image = { 0 };
	struct unit_text size;
	int rc = image_build(&s->job, &image, err);

	if (rc < 0)
		return rc;
	if (s->json)
		rc = print_json(json_incref(image.manifest), err);
	else
		printf("image %.12s: kernel %s, initramfs %s\n", image.key,
		       text_of(image.manifest, "kernel_release"),
		       units_bytes(&size, number_of(image.manifest, "initrd_bytes")));
	image_release(&image);
	return rc;
}

const struct command cmd_image_build = {
	.name = "image build",
	.group = GROUP_IMAGE,
	.summary = "build the guest image from Debian packages, unless it is there",
	.about = "Kernel and initramfs are made with mmdebstrap and kept in the cache, under a key "
		 "that is a hash of the recipe: a changed recipe makes a new image. 'ovslab up' does "
		 "this by itself when the image is missing.",
	.examples = "ovslab image build",
	.timeout = 900,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_image_build,
};

static int print_images(const struct image *images, size_t n)
{
	struct table t = { 0 };
	int rc;

	table_column(&t, "IMAGE", TABLE_LEFT);
	table_column(&t, "SUITE", TABLE_LEFT);
	table_column(&t, "KERNEL", TABLE_LEFT);
	table_column(&t, "INITRAMFS", TABLE_RIGHT);
	table_column(&t, "BUILT", TABLE_LEFT);
	table_column(&t, "", TABLE_LEFT);
	for (size_t i = 0; i < n; i++) {
		const json_t *m = images[i].manifest;
		struct unit_text size;

		table_cell(&t, "%.12s", images[i].key);
		table_cell(&t, "%s", text_of(m, "suite"));
		table_cell(&t, "%s", text_of(m, "kernel_release"));
		table_cell(&t, "%s", units_bytes(&size, number_of(m, "initrd_bytes")));
		table_cell(&t, "%s", text_of(m, "built_at"));
		table_cell(&t, "%s", images[i].current ? "in use" : "old recipe");
	}
	rc = table_print(stdout, &t, 0, false);
	table_free(&t);
	return rc;
}

static int run_image_list(const struct session *s, int argc, char **argv, struct err *err)
{
	struct image *images;
	json_t *rows;
	size_t n;
	int rc = image_list(&images, &n, err);

	if (rc < 0)
		return rc;
	rows = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, json_pack("{s:b,s:O}", "current", images[i].current, "image",
						      images[i].manifest));
	if (s->json)
		rc = print_json(json_pack("{s:s,s:O}", "schema", "ovslab.images/1", "images", rows), err);
	else if (n)
		rc = print_images(images, n);
	else
		printf("no images; 'ovslab image build' makes one\n");
	json_decref(rows);
	image_list_free(images, n);
	return rc;
}

const struct command cmd_image_list = {
	.name = "image list",
	.group = GROUP_IMAGE,
	.summary = "list the guest images in the cache",
	.about = "The image that the present recipe gives is marked as in use.",
	.examples = "ovslab image list",
	.timeout = 30,
	.flags = CMD_JSON,
	.run = run_image_list,
};
