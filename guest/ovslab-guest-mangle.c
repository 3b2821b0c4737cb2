// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-mangle.c - manglers on the devices of this VM
 *
 * Attaching is host/bpf_mangle.c; the device's segmentation goes with it where
 * the ratio counts packets on the wire.
 */
#include <errno.h>
#include <string.h>

#include "core/mangle.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"
#include "host/bpf_mangle.h"

#define SPEC_MAX 24			/* arguments of a spec */

static json_t *report_json(const struct mangle_report *r)
{
	const struct mangle_spec *s = &r->spec;
	const struct mangle_counters *n = &r->counters;

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "kind", s->kind->name, "spec", s->stage.spec,
			 "hook", mangle_hook_name(mangle_place_hook(s->place)),
			 "mode", mangle_mode_name(r->mode),
			 "prog_id", (json_int_t)r->prog_id,
			 "seen", (json_int_t)n->seen,
			 "eligible", (json_int_t)n->eligible,
			 "already", (json_int_t)n->already,
			 "mangled", (json_int_t)n->mangled,
			 "cleared", (json_int_t)n->cleared);
}

static json_t *document(const char *dev, json_t *manglers)
{
	return json_pack("{s:s, s:s, s:I, s:o}", "schema", "ovslab.guest-mangle/1",
			 "dev", dev, "gso_max_segs", (json_int_t)gso_max_segs(dev),
			 "manglers", manglers);
}

/* Takes "--dev DEV" out of the arguments; what is left is the spec. */
static int take_dev(int argc, char **argv, const char **spec, int *ret_n,
		    const char **ret_dev, struct err *err)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--dev") && i + 1 < argc)
			*ret_dev = argv[++i];
		else if (n < SPEC_MAX)
			spec[n++] = argv[i];
		else
			return err_set(err, STATUS_USAGE, EINVAL, "too many arguments");
	}
	if (!*ret_dev)
		return err_set(err, STATUS_USAGE, EINVAL, "--dev DEV is missing");
	*ret_n = n;
	return 0;
}

static bool wants_split(const struct mangle_spec *spec)
{
	return mangle_spec_splits(spec);
}

/* Whether what is attached now needs the split (so a failure must not undo it). */
static bool has_split(const char *dev, enum mangle_hook hook)
{
	struct mangle_report r;

	return !mangle_query(dev, hook, &r, NULL) && wants_split(&r.spec);
}

static int attach_split(const char *dev, const struct mangle_spec *spec,
			struct mangle_report *ret, struct err *err)
{
	int rc = gso_split(dev, err);

	if (rc)
		return rc;
	rc = mangle_attach(dev, spec, ret, err);
	if (rc && !has_split(dev, mangle_place_hook(spec->place)))
		gso_restore(dev, NULL);
	return rc;
}

static int attach(const char *dev, const struct mangle_spec *spec,
		  struct mangle_report *ret, struct err *err)
{
	int rc;

	if (wants_split(spec))
		return attach_split(dev, spec, ret, err);
	rc = mangle_attach(dev, spec, ret, err);
	if (!rc && spec->place == PLACE_NODE_EGRESS)
		rc = gso_restore(dev, err);
	return rc;
}

static int mangle_cmd_attach(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *words[SPEC_MAX], *dev = NULL;
	struct mangle_report report;
	struct mangle_spec spec;
	int n = 0, rc;

	rc = take_dev(argc, argv, words, &n, &dev, err) ?:
	     mangle_spec_parse(n, words, &spec, err) ?:
	     attach(dev, &spec, &report, err);
	if (!rc)
		*ret = document(dev, json_pack("[o]", report_json(&report)));
	return rc;
}

static const enum mangle_hook hooks[] = { MANGLE_TC_EGRESS, MANGLE_XDP };

/* Nothing attached, or not by us, is not a failure of "show". */
static int mangle_cmd_show(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *dev = NULL;
	const struct guest_opt opts[] = { { "--dev", OPT_TEXT, &dev, 0, 0 }, { 0 } };
	json_t *manglers;
	int rc = guest_options(argc, argv, opts, err);

	if (!rc && !dev)
		rc = err_set(err, STATUS_USAGE, EINVAL, "--dev DEV is missing");
	if (rc)
		return rc;
	manglers = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct mangle_report report;

		rc = mangle_query(dev, hooks[i], &report, err);
		if (!rc)
			json_array_append_new(manglers, report_json(&report));
		else if (rc != -ENOENT && rc != -EBUSY)
			break;
	}
	if (rc && rc != -ENOENT && rc != -EBUSY) {
		json_decref(manglers);
		return rc;
	}
	*ret = document(dev, manglers);
	return 0;
}

/* Removes what is at the hook; its last counters are the answer. */
static int clear_hook(const char *dev, enum mangle_hook hook, json_t *manglers,
		      struct err *err)
{
	struct mangle_report report;
	int rc = mangle_query(dev, hook, &report, err) ?:
		 mangle_detach(dev, hook, err);

	if (!rc)
		json_array_append_new(manglers, report_json(&report));
	return rc == -ENOENT ? 0 : rc;
}

static int clear(const char *dev, enum mangle_hook only, json_t *manglers,
		 struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hooks) && !rc; i++)
		if (!only || only == hooks[i])
			rc = clear_hook(dev, hooks[i], manglers, err);
	if (!rc && (!only || only == MANGLE_TC_EGRESS))
		rc = gso_restore(dev, err);
	return rc;
}

static int mangle_cmd_clear(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *dev = NULL, *hook_name = NULL;
	const struct guest_opt opts[] = {
		{ "--dev", OPT_TEXT, &dev, 0, 0 },
		{ "--hook", OPT_TEXT, &hook_name, 0, 0 },
		{ 0 },
	};
	enum mangle_hook hook = 0;
	json_t *manglers;
	int rc = guest_options(argc, argv, opts, err);

	if (rc)
		return rc;
	if (hook_name)
		hook = mangle_hook_find(hook_name);
	if (!dev || (hook_name && !hook))
		return err_set(err, STATUS_USAGE, EINVAL, dev ?
			       "--hook: neither tc-egress nor xdp" :
			       "--dev DEV is missing");
	manglers = json_array();
	rc = clear(dev, hook, manglers, err);
	if (rc)
		json_decref(manglers);
	else
		*ret = document(dev, manglers);
	return rc;
}

int guest_mangle(int argc, char **argv, json_t **ret, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv, json_t **ret, struct err *err);
	} verbs[] = {
		{ "attach", mangle_cmd_attach },
		{ "show", mangle_cmd_show },
		{ "clear", mangle_cmd_clear },
	};

	for (size_t i = 0; argc > 0 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, argv[0]))
			return verbs[i].run(argc - 1, argv + 1, ret, err);
	return err_set(err, STATUS_USAGE, EINVAL, "mangle attach, show or clear?");
}
