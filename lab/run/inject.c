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

#include "core/util.h"
#include "host/bpf_mangle.h"
#include "host/vm.h"
#include "run/guest.h"

#define GUEST_DEV "eth0"

struct place {
	const struct lab_node *node;
	bool in_guest;
	enum mangle_hook hook;
};

/* ---- places ------------------------------------------------------------------- */

static int unknown_place(const struct lab *lab, const char *text, struct err *err)
{
	char known[160] = "";

	for (unsigned int i = 0; i < lab->n_vms; i++) {
		size_t n = strlen(known);

		snprintf(known + n, sizeof(known) - n, "%s%s:egress, %s:xdp", i ? ", " : "",
			 lab->nodes[i].name, lab->nodes[i].tap);
	}
	err_set(err, STATUS_USAGE, EINVAL, "'%s' is no place in lab '%s'", text, lab->name);
	err_hint(err, "places are: %s", known);
	return -EINVAL;
}

static int parse_place(const struct lab *lab, const char *text, struct place *ret, struct err *err)
{
	const char *colon = strchr(text, ':');
	char device[32];

	if (!colon || (size_t)(colon - text) >= sizeof(device))
		return unknown_place(lab, text, err);
	snprintf(device, sizeof(device), "%.*s", (int)(colon - text), text);
	ret->node = lab_node_find(lab, device);
	if (ret->node == lab_switch_node(lab))	/* it is what is looked at, not mangled */
		ret->node = NULL;
	ret->in_guest = ret->node;
	if (!ret->node)
		ret->node = lab_tap_owner(lab, device);
	ret->hook = mangle_hook_find(colon + 1);
	if (!ret->node || ret->hook != (ret->in_guest ? MANGLE_TC_EGRESS : MANGLE_XDP))
		return unknown_place(lab, text, err);
	return 0;
}

int inject_place(const struct lab *lab, const struct mangle_kind *kind, const char **place,
		 enum mangle_place *ret_place, struct err *err)
{
	struct place p;
	int rc;

	if (!*place)
		*place = kind->default_place;
	rc = parse_place(lab, *place, &p, err);
	if (rc < 0)
		return rc;
	if (!(kind->places & mangle_place_at(p.in_guest, p.hook))) {
		err_set(err, STATUS_USAGE, EINVAL, "%s cannot work at %s", kind->name, *place);
		err_hint(err, "%s", mangle_kind_why_not(kind, mangle_place_at(p.in_guest, p.hook)));
		return -EINVAL;
	}
	*ret_place = mangle_place_at(p.in_guest, p.hook);
	return 0;
}

/* ---- in guests ------------------------------------------------------------------ */

static int counters_from_json(const json_t *doc, struct mangle_counters *ret)
{
	json_int_t seen, eligible, already, mangled, cleared;

	if (json_unpack((json_t *)doc, "{s:I,s:I,s:I,s:I,s:I}", "seen", &seen, "eligible", &eligible,
			"already", &already, "mangled", &mangled, "cleared", &cleared) < 0)
		return -EBADMSG;
	*ret = (struct mangle_counters){ .seen = seen, .eligible = eligible, .already = already,
					 .mangled = mangled, .cleared = cleared };
	return 0;
}

static int report_from_json(const json_t *doc, struct mangle_report *ret)
{
	*ret = (struct mangle_report){ .mode = MANGLE_MODE_TC };
	ret->prog_id = (uint32_t)json_integer_value(json_object_get(doc, "prog_id"));
	if (mangle_spec_parse_text(json_string_value(json_object_get(doc, "spec")) ?: "", &ret->spec,
				   NULL) < 0)
		return -EBADMSG;
	return counters_from_json(doc, &ret->counters);
}

static int guest_call(const struct job *job, const struct lab *lab, const struct lab_node *node,
		      const char *verb, const struct mangle_spec *spec, json_t **ret, struct err *err)
{
	const char *argv[MANGLE_WORDS_MAX + 8] = { GUEST_HELPER, "mangle", verb, "--dev", GUEST_DEV };
	struct mangle_argv words = { 0 };
	int n = 5;

	if (spec)
		mangle_spec_argv(spec, &words);
	for (int i = 0; i < words.argc; i++)
		argv[n++] = words.argv[i];
	return guest_helper(job, lab, node, argv, ret, err);
}

/* A guest has one hook, so one mangler at most: there is room for no more. */
static int guest_report(const struct lab_node *node, const json_t *doc, struct injection *ret,
			unsigned int *n, struct err *err)
{
	const json_t *list = json_object_get(doc, "manglers");
	struct injection *injection = &ret[*n];

	if (!json_is_array(list) || json_array_size(list) > 1 ||
	    (json_array_size(list) == 1 &&
	     report_from_json(json_array_get(list, 0), &injection->report) < 0))
		return err_set(err, STATUS_BENCH, EBADMSG, "%s: the helper's answer is not understood",
			       node->name);
	if (json_array_size(list) == 0)
		return 0;
	snprintf(injection->place, sizeof(injection->place), "%s:egress", node->name);
	(*n)++;
	return 0;
}

/* ---- attach, list, clear ------------------------------------------------------------ */

int inject_attach(const struct job *job, const struct lab *lab, const char *place,
		  const struct mangle_spec *spec, struct injection *ret, struct err *err)
{
	struct injection list[INJECT_MAX] = { 0 };
	json_t *doc = NULL;
	unsigned int n = 0;
	struct place p;
	int rc = parse_place(lab, place, &p, err);

	if (rc < 0)
		return rc;
	if (p.in_guest) {
		rc = guest_call(job, lab, p.node, "attach", spec, &doc, err);
		if (rc == 0)
			rc = guest_report(p.node, doc, list, &n, err);
		if (rc == 0 && n == 0)
			rc = err_set(err, STATUS_BENCH, EBADMSG, "%s: the helper attached nothing",
				     p.node->name);
		json_decref(doc);
	} else {
		rc = mangle_attach(p.node->tap, spec, &list[0].report, err);
	}
	if (rc == -EINTR)
		err_hint(err, "it may be attached by now: see 'ovslab -n %s inject show'", lab->name);
	if (rc < 0)
		return err_wrap(err, rc, "%s at %s", spec->kind->name, place);
	if (ret) {
		*ret = list[0];
		snprintf(ret->place, sizeof(ret->place), "%s", place);
	}
	return 0;
}

static int list_tap(const struct lab_node *node, struct injection *ret, unsigned int *n,
		    struct err *err)
{
	int rc = mangle_query(node->tap, MANGLE_XDP, &ret[*n].report, err);

	if (rc == -ENOENT || rc == -EBUSY) {	/* nothing of ours */
		err_reset(err);
		return 0;
	}
	if (rc < 0)
		return rc;
	snprintf(ret[*n].place, sizeof(ret[*n].place), "%s:xdp", node->tap);
	(*n)++;
	return 0;
}

int inject_list(const struct job *job, const struct lab *lab, struct injection *ret,
		unsigned int *ret_n, struct err *err)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < lab->n_vms; i++) {
		const struct lab_node *node = &lab->nodes[i];
		json_t *doc = NULL;
		int rc;

		if (!vm_alive(node)) {	/* its tap, and all that was on it, went with it */
			job_progress(job, node->name, "is down: nothing can be on it");
			continue;
		}
		rc = guest_call(job, lab, node, "show", NULL, &doc, err);
		if (rc == 0)
			rc = guest_report(node, doc, ret, &n, err);
		json_decref(doc);
		if (rc == 0)
			rc = list_tap(node, ret, &n, err);
		if (rc < 0)
			return rc;
	}
	*ret_n = n;
	return 0;
}

static int clear_one(const struct job *job, const struct lab *lab, const struct injection *injection,
		     struct err *err)
{
	json_t *doc = NULL;
	struct place p = { 0 };
	int rc = parse_place(lab, injection->place, &p, err);

	if (rc == 0 && p.in_guest)
		rc = guest_call(job, lab, p.node, "clear", NULL, &doc, err);
	else if (rc == 0)
		rc = mangle_detach(p.node->tap, p.hook, err);
	json_decref(doc);
	return rc;
}

int inject_clear(const struct job *job, const struct lab *lab, const struct mangle_kind *kind,
		 const char *place, unsigned int *ret_n, struct err *err)
{
	struct injection list[INJECT_MAX] = { 0 };
	unsigned int n;
	struct place p;
	int rc = place ? parse_place(lab, place, &p, err) : 0;

	if (rc == 0)
		rc = inject_list(job, lab, list, &n, err);
	if (rc < 0)
		return rc;
	*ret_n = 0;
	for (unsigned int i = 0; i < n && rc == 0; i++) {
		if ((kind && list[i].report.spec.kind != kind) ||
		    (place && strcmp(place, list[i].place) != 0))
			continue;
		rc = clear_one(job, lab, &list[i], err);
		(*ret_n)++;
	}
	return rc;
}

json_t *inject_to_json(const struct injection *injection)
{
	const struct mangle_report *r = &injection->report;
	char text[STAGE_SPEC_MAX] = "";

	mangle_spec_format(&r->spec, text, sizeof(text));
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I}", "kind", r->spec.kind->name, "place",
			 injection->place, "spec", text, "mode", mangle_mode_name(r->mode), "seen",
			 (json_int_t)r->counters.seen, "eligible", (json_int_t)r->counters.eligible,
			 "already", (json_int_t)r->counters.already, "mangled",
			 (json_int_t)r->counters.mangled, "cleared", (json_int_t)r->counters.cleared);
}
