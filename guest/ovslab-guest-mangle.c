// SPDX-License-Identifier: GPL-2.0
/*
 * ovslab-guest-mangle.c - manglers on the devices of this VM
 *
 * Attaching is host/bpf_mangle.c; what the device needs for it goes with it
 * (ovslab-guest-dev.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/base64.h"
#include "core/mangle.h"
#include "core/mangle_counters.h"
#include "core/util.h"
#include "guest/ovslab-guest.h"
#include "host/bpf_mangle.h"

#define SPEC_MAX MANGLE_WORDS_MAX	/* arguments of a spec */
#define LOG_MAX 4096			/* events of one answer */

static const enum mangle_place places[] = { PLACE_NODE_EGRESS, PLACE_NODE_INGRESS, PLACE_NODE_XDP };

/* All manglers of a device. */
struct manglers {
	struct mangle_report v[STAGES * ARRAY_SIZE(places)];
	unsigned int n;
};

/* ---- documents ------------------------------------------------------------------ */

static json_t *report_json(const struct mangle_report *r)
{
	struct mangle_counters counters = r->counters;
	char text[STAGE_SPEC_MAX] = "";
	json_t *doc;

	mangle_spec_format(&r->spec, text, sizeof(text));
	doc = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b}",
			"hook", mangle_hook_name(mangle_place_hook(r->spec.place)),
			"spec", text, "mode", mangle_mode_name(r->mode),
			"prog_id", (json_int_t)r->prog_id, "index", (json_int_t)r->index,
			"log_head", (json_int_t)r->log_head, "saturated", (int)r->saturated);
	for (const struct mangle_counter_row *row = mangle_counter_rows; row->name; row++)
		json_object_set_new(doc, row->name,
				    json_integer((json_int_t)*mangle_counter(&counters, row)));
	return doc;
}

static json_t *document(const char *dev, const struct mangle_report *reports, unsigned int n)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < n; i++)
		json_array_append_new(list, report_json(&reports[i]));
	return json_pack("{s:s, s:s, s:I, s:o}", "schema", "ovslab.guest-mangle/2",
			 "dev", dev, "gso_max_segs", (json_int_t)gso_max_segs(dev),
			 "manglers", list);
}

/* ---- arguments ------------------------------------------------------------------ */

static int hook_place(const char *text, enum mangle_place *ret, struct err *err)
{
	enum mangle_hook hook;
	int rc = guest_hook(text, &hook, err);

	if (rc == 0)
		*ret = mangle_place_at(true, hook);
	return rc;
}

struct words {
	const char *dev, *hook;
	const char *spec[SPEC_MAX];
	int n;
};

/* Takes "--dev DEV" and "--hook HOOK" out of the arguments; what is left is the spec. */
static int take_words(int argc, char **argv, struct words *ret, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--dev") && i + 1 < argc)
			ret->dev = argv[++i];
		else if (!strcmp(argv[i], "--hook") && i + 1 < argc)
			ret->hook = argv[++i];
		else if (ret->n < SPEC_MAX)
			ret->spec[ret->n++] = argv[i];
		else
			return err_set(err, STATUS_USAGE, EINVAL, "too many arguments");
	}
	return guest_need_dev(ret->dev, err);
}

/* ---- what is there, and what it needs ----------------------------------------------- */

/* What is not ours is left out. */
static int query_all(const char *dev, struct manglers *ret, struct err *err)
{
	ret->n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		unsigned int n = 0;
		int rc = mangle_query(dev, places[i], ret->v + ret->n, &n, err);

		if (rc == -EBUSY)
			err_reset(err);
		else if (rc)
			return rc;
		ret->n += rc ? 0 : n;
	}
	return 0;
}

static void add_needs(struct dev_needs *needs, const struct mangle_spec *spec)
{
	needs->split |= mangle_spec_splits(spec);
	needs->fq |= spec->kind->needs_fq;
	needs->sums |= spec->place == PLACE_NODE_EGRESS &&
		       mangle_kind_wants_sums(spec->kind, spec->place);
}

/* Back to what those need that are there. */
static int settle(const char *dev, struct err *err)
{
	struct dev_needs needs = { 0 };
	struct manglers all;
	int rc = query_all(dev, &all, err);

	for (unsigned int i = 0; rc == 0 && i < all.n; i++)
		add_needs(&needs, &all.v[i].spec);
	return rc ? rc : dev_restore(dev, &needs, err);
}

/* ---- verbs ---------------------------------------------------------------------------- */

static int attach(const char *dev, const struct mangle_spec *spec, struct mangle_report *ret,
		  struct err *err)
{
	struct dev_needs needs = { 0 };
	int rc;

	add_needs(&needs, spec);
	rc = dev_prepare(dev, &needs, err) ?:
	     mangle_attach(dev, spec, dev_sums_partial(dev), ret, err);
	if (rc)
		settle(dev, NULL);
	return rc ? rc : settle(dev, err);
}

static int mangle_cmd_attach(int argc, char **argv, json_t **ret, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct words words = { 0 };
	struct mangle_report report;
	struct mangle_spec spec;
	int rc = take_words(argc, argv, &words, err) ?:
		 mangle_spec_parse(words.n, words.spec, &spec, err);

	if (rc == 0 && words.hook)
		rc = hook_place(words.hook, &spec.place, err);
	if (rc == 0)
		rc = guest_turn(&turn, err) ?: attach(words.dev, &spec, &report, err);
	if (rc == 0)
		*ret = document(words.dev, &report, 1);
	return rc;
}

static int mangle_cmd_show(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *dev = NULL;
	const struct guest_opt opts[] = { { "--dev", OPT_TEXT, &dev, 0, 0 }, { 0 } };
	struct manglers all;
	int rc = guest_options(argc, argv, opts, err) ?: guest_need_dev(dev, err) ?:
		 query_all(dev, &all, err);

	if (rc == 0)
		*ret = document(dev, all.v, all.n);
	return rc;
}

/* Those that go; their last counters are the answer. */
static unsigned int select_those(struct manglers *all, enum mangle_place place,
				 const struct mangle_kind *kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < all->n; i++)
		if ((!place || all->v[i].spec.place == place) &&
		    (!kind || all->v[i].spec.kind == kind))
			all->v[n++] = all->v[i];
	return n;
}

static int clear(const char *dev, enum mangle_place place, const struct mangle_kind *kind,
		 struct manglers *ret, struct err *err)
{
	int rc = query_all(dev, ret, err);

	if (rc == 0)
		ret->n = select_those(ret, place, kind);
	for (unsigned int i = 0; rc == 0 && i < ret->n; i++)
		rc = mangle_detach(dev, ret->v[i].spec.place, ret->v[i].spec.kind, err);
	return rc ? rc : settle(dev, err);
}

static int mangle_cmd_clear(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *dev = NULL, *hook = NULL, *kind_name = NULL;
	const struct guest_opt opts[] = {
		{ "--dev", OPT_TEXT, &dev, 0, 0 },
		{ "--hook", OPT_TEXT, &hook, 0, 0 },
		{ "--kind", OPT_TEXT, &kind_name, 0, 0 },
		{ 0 },
	};
	_cleanup_close_ int turn = -1;
	const struct mangle_kind *kind = NULL;
	enum mangle_place place = 0;
	struct manglers gone;
	int rc = guest_options(argc, argv, opts, err) ?: guest_need_dev(dev, err);

	if (rc == 0 && hook)
		rc = hook_place(hook, &place, err);
	if (rc == 0 && kind_name) {
		kind = mangle_kind_find(kind_name);
		if (!kind)
			rc = err_set(err, STATUS_USAGE, EINVAL, "there is no mangler '%s'", kind_name);
	}
	if (rc == 0)
		rc = guest_turn(&turn, err) ?: clear(dev, place, kind, &gone, err);
	if (rc == 0)
		*ret = document(dev, gone.v, gone.n);
	return rc;
}

/* ---- the log ---------------------------------------------------------------------------- */

/* The events travel as they are, in base64: an answer of 4096 is then 0.5 MB. */
static int log_json(const struct mangle_log *log, const struct log_event *events,
		    const struct log_got *got, json_t **ret)
{
	_cleanup_free_ char *text = base64_encode(events, got->n * sizeof(*events));

	if (!text)
		return -ENOMEM;
	*ret = json_pack("{s:s, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:s}",
			 "schema", "ovslab.guest-mangle-log/1", "id", (json_int_t)log->id,
			 "n", (json_int_t)got->n, "last", (json_int_t)got->last,
			 "lost", (json_int_t)got->lost, "more", (int)got->more,
			 "monotonic_ns", (json_int_t)now_ns(),
			 "unix_ns", (json_int_t)wall_ns(), "events", text);
	return *ret ? 0 : -ENOMEM;
}

static int read_log(const char *dev, enum mangle_place place, uint64_t from, uint64_t max,
		    bool finished, json_t **ret, struct err *err)
{
	_cleanup_free_ struct log_event *events = calloc(max, sizeof(*events));
	struct mangle_log log = { 0 };
	struct log_got got = { .last = from };
	int rc = events ? mangle_log_open(dev, place, &log, err) : -ENOMEM;

	if (rc == 0)
		log_read(log.events, log.slots, from, finished, events, max, &got);
	if (rc == -ENOENT) {		/* an empty one */
		err_reset(err);
		rc = 0;
	}
	if (rc == 0)
		rc = log_json(&log, events, &got, ret);
	mangle_log_close(&log);
	return rc;
}

static int mangle_cmd_log(int argc, char **argv, json_t **ret, struct err *err)
{
	const char *dev = NULL, *hook = NULL;
	uint64_t from = 0, max = LOG_MAX;
	bool finished = false;
	const struct guest_opt opts[] = {
		{ "--dev", OPT_TEXT, &dev, 0, 0 },
		{ "--hook", OPT_TEXT, &hook, 0, 0 },
		{ "--from", OPT_NUMBER, &from, 0, INT64_MAX },
		{ "--max", OPT_NUMBER, &max, 1, LOG_MAX },
		{ "--finished", OPT_FLAG, &finished, 0, 0 },
		{ 0 },
	};
	enum mangle_place place = 0;
	int rc = guest_options(argc, argv, opts, err) ?: guest_need_dev(dev, err) ?:
		 hook_place(hook, &place, err);

	return rc ? rc : read_log(dev, place, from, max, finished, ret, err);
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
		{ "log", mangle_cmd_log },
	};

	for (size_t i = 0; argc > 0 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, argv[0]))
			return verbs[i].run(argc - 1, argv + 1, ret, err);
	return err_set(err, STATUS_USAGE, EINVAL, "mangle attach, show, clear or log?");
}
