// SPDX-License-Identifier: GPL-2.0
/*
 * inject.c - manglers of a lab
 *
 * Knows places, not programs: attaching is host/bpf_mangle.c, called here for
 * taps and by the guest's helper for nodes.
 */
#include "run/inject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/mangle_counters.h"
#include "core/util.h"
#include "host/bpf_mangle.h"
#include "host/vm.h"
#include "run/guest.h"
#include "run/inject_place.h"

/* Where a lab's VMs leave sums to the device, taps see none to edit or to spoil. */
static int check_sums(const struct lab *lab, const struct mangle_kind *kind,
		      const struct inject_at *at, const char *place, struct err *err)
{
	if (lab->bench.offloads == LAB_OFFLOADS_OFF || inject_at_guest(at->place) ||
	    !mangle_kind_wants_sums(kind, at->place))
		return 0;
	if (at->place == PLACE_TAP_EGRESS)
		err_set(err, STATUS_USAGE, EINVAL,
			"%s cannot work at %s: with offloads on, packets get there without their "
			"checksums, and the VM takes them for right", kind->name, place);
	else
		err_set(err, STATUS_USAGE, EINVAL,
			"%s cannot work at %s: with offloads on, packets leave the VM without their "
			"checksums, which XDP would have to edit", kind->name, place);
	err_hint(err, "take %s of the sender, or a lab of 'ovslab up --offloads off'",
		 mangle_place_name(PLACE_NODE_EGRESS));
	return -EINVAL;
}

int inject_place(const struct lab *lab, const struct mangle_kind *kind, const char **place,
		 enum mangle_place *ret_place, struct err *err)
{
	struct inject_at at;
	const char *why;
	int rc;

	if (!*place)
		*place = kind->default_place;
	rc = inject_at_find(lab, *place, &at, err);
	if (rc < 0)
		return rc;
	why = mangle_kind_why_not(kind, at.place);
	if (why) {
		err_set(err, STATUS_USAGE, EINVAL, "%s cannot work at %s: %s", kind->name, *place, why);
		err_hint(err, "its own place is %s", kind->default_place);
		return -EINVAL;
	}
	rc = check_sums(lab, kind, &at, *place, err);
	if (rc == 0)
		*ret_place = at.place;
	return rc;
}

/* ---- what a guest's helper says: untrusted ----------------------------------------- */

static int get_u64(const json_t *doc, const char *name, uint64_t *ret)
{
	const json_t *value = json_object_get(doc, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EBADMSG;
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

static int mode_from_text(const char *text, enum mangle_mode *ret)
{
	return text && mangle_mode_find(text, ret) ? 0 : -EBADMSG;
}

static int spec_from_json(const json_t *doc, struct mangle_spec *ret)
{
	const char *text = json_string_value(json_object_get(doc, "spec"));
	const char *hook = json_string_value(json_object_get(doc, "hook"));
	enum mangle_hook h = hook ? mangle_hook_find(hook) : 0;

	if (!text || !h || mangle_spec_parse_text(text, ret, NULL) < 0)
		return -EBADMSG;
	ret->place = mangle_place_at(true, h);
	return ret->place ? 0 : -EBADMSG;
}

static int report_from_json(const json_t *doc, struct mangle_report *ret)
{
	uint64_t prog_id = 0, index = 0;
	int rc;

	*ret = (struct mangle_report){ .saturated = json_is_true(json_object_get(doc, "saturated")) };
	rc = spec_from_json(doc, &ret->spec) ?:
	     mode_from_text(json_string_value(json_object_get(doc, "mode")), &ret->mode) ?:
	     get_u64(doc, "prog_id", &prog_id) ?: get_u64(doc, "index", &index) ?:
	     get_u64(doc, "log_head", &ret->log_head);
	for (const struct mangle_counter_row *row = mangle_counter_rows; rc == 0 && row->name; row++)
		rc = get_u64(doc, row->name, mangle_counter(&ret->counters, row));
	if (rc || prog_id > UINT32_MAX || index >= STAGES)
		return -EBADMSG;
	ret->prog_id = (uint32_t)prog_id;
	ret->index = (uint32_t)index;
	return 0;
}

/* All that are in its answer; @ret has room for one node's, from @n on. */
static int guest_reports(const struct lab_node *node, const json_t *doc, struct injection *ret,
			 unsigned int *n, struct err *err)
{
	const json_t *list = json_object_get(doc, "manglers"), *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > 3 * STAGES)
		return guest_garbled(node, err);
	json_array_foreach(list, i, item) {
		struct injection *injection = &ret[*n];

		if (report_from_json(item, &injection->report) < 0)
			return guest_garbled(node, err);
		inject_at_name(node, injection->report.spec.place, injection->place,
			       sizeof(injection->place));
		(*n)++;
	}
	return 0;
}

/* ---- attach ---------------------------------------------------------------------------- */

static int attach_in_guest(const struct job *job, const struct lab *lab,
			   const struct lab_node *node, const struct mangle_spec *spec,
			   struct injection *ret, struct err *err)
{
	const char *words[MANGLE_WORDS_MAX + 3] = {
		"--hook", mangle_hook_name(mangle_place_hook(spec->place)),
	};
	struct injection list[3 * STAGES];
	struct mangle_argv spec_words;
	json_t *doc = NULL;
	unsigned int n = 0;
	int rc;

	mangle_spec_argv(spec, &spec_words);
	for (int i = 0; i < spec_words.argc; i++)
		words[2 + i] = spec_words.argv[i];
	rc = inject_guest_call(job, lab, node, "mangle", "attach", words, &doc, err);
	if (rc == 0)
		rc = guest_reports(node, doc, list, &n, err);
	if (rc == 0 && n != 1)
		rc = err_set(err, STATUS_BENCH, EBADMSG, "%s: the helper attached nothing", node->name);
	json_decref(doc);
	if (rc == 0)
		*ret = list[0];
	return rc;
}

int inject_attach(const struct job *job, const struct lab *lab, const char *place,
		  const struct mangle_spec *spec, struct injection *ret, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct injection made = { 0 };
	struct inject_at at;
	int rc = inject_at_find(lab, place, &at, err) ?: inject_turn(job, lab, &turn, err);

	if (rc < 0)
		return rc;
	if (inject_at_guest(at.place))
		rc = attach_in_guest(job, lab, at.node, spec, &made, err);
	else
		rc = mangle_attach(at.node->tap, spec, lab->bench.offloads != LAB_OFFLOADS_OFF,
				   &made.report, err);
	if (rc == -EINTR)
		err_hint(err, "it may be attached by now: see 'ovslab -n %s inject show'", lab->name);
	if (rc < 0)
		return err_wrap(err, rc, "%s at %s", spec->kind->name, place);
	memcpy(made.place, at.name, sizeof(made.place));
	if (ret)
		*ret = made;
	return 0;
}

/* ---- list ------------------------------------------------------------------------------ */

static int list_tap(const struct lab_node *node, enum mangle_place place, struct injection *ret,
		    unsigned int *n, struct err *err)
{
	struct mangle_report reports[STAGES];
	unsigned int found = 0;
	int rc = mangle_query(node->tap, place, reports, &found, err);

	if (rc == -EBUSY) {		/* nothing of ours */
		err_reset(err);
		return 0;
	}
	for (unsigned int i = 0; rc == 0 && i < found; i++) {
		struct injection *injection = &ret[(*n)++];

		injection->report = reports[i];
		inject_at_name(node, place, injection->place, sizeof(injection->place));
	}
	return rc;
}

static int list_node(const struct job *job, const struct lab *lab, const struct lab_node *node,
		     struct injection *ret, unsigned int *n, struct err *err)
{
	static const char *const none[] = { NULL };
	json_t *doc = NULL;
	int rc = inject_guest_call(job, lab, node, "mangle", "show", none, &doc, err);

	if (rc == 0)
		rc = guest_reports(node, doc, ret, n, err);
	json_decref(doc);
	return rc ? rc : list_tap(node, PLACE_TAP_XDP, ret, n, err) ?:
			 list_tap(node, PLACE_TAP_EGRESS, ret, n, err);
}

int inject_list(const struct job *job, const struct lab *lab, struct injection *ret,
		unsigned int *ret_n, struct err *err)
{
	unsigned int n = 0;
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < lab->n_vms; i++) {
		if (vm_alive(&lab->nodes[i]))
			rc = list_node(job, lab, &lab->nodes[i], ret, &n, err);
		else	/* its tap, and all that was on it, went with it */
			job_progress(job, lab->nodes[i].name, "is down: nothing can be on it");
	}
	if (rc == 0)
		*ret_n = n;
	return rc;
}

/* ---- clear ----------------------------------------------------------------------------- */

static int clear_one(const struct job *job, const struct lab *lab, const void *entry, struct err *err)
{
	const struct injection *injection = entry;
	const struct mangle_spec *spec = &injection->report.spec;
	const char *const words[] = { "--hook", mangle_hook_name(mangle_place_hook(spec->place)),
				      "--kind", spec->kind->name, NULL };
	struct inject_at at;
	json_t *doc = NULL;
	int rc = inject_at_find(lab, injection->place, &at, err);

	if (rc == 0 && inject_at_guest(at.place))
		rc = inject_guest_call(job, lab, at.node, "mangle", "clear", words, &doc, err);
	else if (rc == 0)
		rc = mangle_detach(at.node->tap, at.place, spec->kind, err);
	json_decref(doc);
	return rc;
}

static unsigned int keep_kind(struct injection *list, unsigned int n, const struct mangle_kind *kind)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++)
		if (!kind || list[i].report.spec.kind == kind)
			list[kept++] = list[i];
	return kept;
}

int inject_clear(const struct job *job, const struct lab *lab, const struct mangle_kind *kind,
		 const char *place, unsigned int *ret_n, struct err *err)
{
	_cleanup_close_ int turn = -1;
	struct injection list[INJECT_MAX];
	struct inject_entries entries = { list, sizeof(*list), .clear = clear_one };
	struct inject_at at;
	int rc = inject_at_only(lab, place, &at, &place, err) ?: inject_turn(job, lab, &turn, err);

	if (rc == 0)
		rc = inject_list(job, lab, list, &entries.n, err);
	if (rc < 0)
		return rc;
	entries.n = keep_kind(list, entries.n, kind);
	return inject_clear_entries(job, lab, place, &entries, ret_n, err);
}

bool inject_keeps_log(const struct injection *injection)
{
	return injection->report.spec.stage.flags & STAGE_LOG;
}

json_t *inject_to_json(const struct injection *injection)
{
	struct mangle_report r = injection->report;
	char text[STAGE_SPEC_MAX] = "";
	json_t *doc;

	mangle_spec_format(&r.spec, text, sizeof(text));
	doc = json_pack("{s:s,s:s,s:s,s:s,s:I}", "kind", r.spec.kind->name, "place",
			injection->place, "spec", text, "mode", mangle_mode_name(r.mode), "order",
			(json_int_t)r.index + 1);
	for (const struct mangle_counter_row *row = mangle_counter_rows; row->name; row++)
		json_object_set_new(doc, row->name,
				    json_integer((json_int_t)*mangle_counter(&r.counters, row)));
	json_object_set_new(doc, "saturated", json_boolean(r.saturated));
	json_object_set_new(doc, "logs", json_boolean(inject_keeps_log(injection)));
	json_object_set_new(doc, "log_events", json_integer((json_int_t)r.log_head));
	return doc;
}
