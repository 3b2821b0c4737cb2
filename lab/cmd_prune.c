// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_prune.c - 'ovslab image prune'
 */
#include "cmd.h"

#include "core/util.h"
#include "host/image_prune.h"
#include "host/versions.h"
#include "host/vm.h"
#include "host/warm.h"
#include "report/units.h"

#define IDLE_DAYS 30
#define NS_PER_DAY (INT64_C(86400) * 1000000000)

static struct prune_config {
	bool all, dry_run;
} config;

static const struct opt opts[] = {
	{ "all", 'a', OPT_FLAG(struct prune_config, all),
	  .help = "all images and saved labs, also those that would be used again" },
	{ "dry-run", 0, OPT_FLAG(struct prune_config, dry_run),
	  .help = "say what would be removed, and remove nothing" },
	{ .name = NULL },
};

struct pruned {
	struct image_gone *images;
	struct warm_gone *saved;
	size_t n_images, n_saved;
};

static int prune(const struct session *s, struct pruned *ret, struct err *err)
{
	char qemu[64] = "", libvirt[32];
	struct warm_prune how = { .all = config.all, .dry_run = config.dry_run,
				  .idle_ns = IDLE_DAYS * NS_PER_DAY, .qemu_version = qemu };
	int rc;

	if (versions_qemu(&s->job, qemu, sizeof(qemu)) < 0)
		how.qemu_version = NULL;
	how.libvirt_version = vm_libvirt_version(libvirt, sizeof(libvirt));
	rc = image_prune(config.all, config.dry_run, &ret->images, &ret->n_images, err);
	return rc == 0 ? warm_prune(&how, &ret->saved, &ret->n_saved, err) : rc;
}

static uint64_t freed_bytes(const struct pruned *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n_images; i++)
		sum += p->images[i].busy ? 0 : p->images[i].bytes;
	for (size_t i = 0; i < p->n_saved; i++)
		sum += p->saved[i].busy ? 0 : p->saved[i].bytes;
	return sum;
}

static json_t *to_json(const struct pruned *p)
{
	json_t *images = json_array(), *saved = json_array();

	for (size_t i = 0; i < p->n_images; i++) {
		const struct image_gone *g = &p->images[i];

		json_array_append_new(images, json_pack("{s:s,s:s,s:I,s:b}", "key", g->key, "why",
							g->why, "bytes", (json_int_t)g->bytes,
							"in_use", g->busy));
	}
	for (size_t i = 0; i < p->n_saved; i++) {
		const struct warm_gone *g = &p->saved[i];

		json_array_append_new(saved, json_pack("{s:s,s:s,s:s,s:I,s:b}", "key", g->key, "what",
						       g->what, "why", g->why, "bytes",
						       (json_int_t)g->bytes, "in_use", g->busy));
	}
	return json_pack("{s:s,s:b,s:I,s:o,s:o}", "schema", "ovslab.image-prune/1", "dry_run",
			 config.dry_run, "freed_bytes", (json_int_t)freed_bytes(p), "images", images,
			 "saved_labs", saved);
}

static void print_one(const char *kind, const char *key, const char *why, uint64_t bytes, bool busy)
{
	struct unit_text size;

	if (busy)
		printf("kept %s %.12s: it is in use\n", kind, key);
	else
		printf("%s %s%s%.12s: %s, %s\n", config.dry_run ? "would remove" : "removed", kind,
		       *key ? " " : "", key, why, units_bytes(&size, bytes));
}

static void print_pruned(const struct pruned *p)
{
	struct unit_text size;

	for (size_t i = 0; i < p->n_images; i++)
		print_one(p->images[i].key[0] ? "image" : "scratch of images", p->images[i].key,
			  p->images[i].why, p->images[i].bytes, p->images[i].busy);
	for (size_t i = 0; i < p->n_saved; i++)
		print_one(p->saved[i].key[0] ? "saved lab" : "scratch of saved labs", p->saved[i].key,
			  p->saved[i].why, p->saved[i].bytes, p->saved[i].busy);
	if (p->n_images + p->n_saved == 0)
		printf("nothing to remove\n");
	else
		printf("%s %s\n", config.dry_run ? "would free" : "freed",
		       units_bytes(&size, freed_bytes(p)));
}

static int run_image_prune(const struct session *s, int argc, char **argv, struct err *err)
{
	struct pruned p = { 0 };
	int rc = prune(s, &p, err);

	if (rc == 0 && s->json)
		rc = print_json(to_json(&p), err);
	else if (rc == 0)
		print_pruned(&p);
	free(p.images);
	free(p.saved);
	return rc;
}

const struct command cmd_image_prune = {
	.name = "image prune",
	.group = GROUP_IMAGE,
	.summary = "remove images and saved labs that are of no use any more",
	.about = "Images go that no present recipe gives. Saved labs go that are damaged, that another "
		 "version of ovslab, QEMU or libvirt has saved, and that were not used for "
		 TEXT_OF(IDLE_DAYS) " days. So does what killed commands left behind.\n\n"
		 "What a command is about to boot or to restore stays. Labs that are up do not mind: "
		 "they have read what they need.",
	.examples = "ovslab image prune --dry-run\n"
		    "# all of that space back; the next 'up' builds its image anew\n"
		    "ovslab image prune --all",
	.opts = opts,
	.config = &config,
	.timeout = 60,
	.flags = CMD_ROOT | CMD_JSON,
	.run = run_image_prune,
};
